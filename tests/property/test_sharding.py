"""Any items over any shards: an even spread, one order, and cursors that miss and repeat nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hashrange.patterns.sharding import ShardedKey
from hashrange.types import WireItem
from tests.shards import Shards, item, sharded, text


@settings(deadline=None, max_examples=60)
@given(
    base=st.text(min_size=1, max_size=30).filter(lambda text: "#SHARD#" not in text),
    shards=st.integers(1, 40),
    seed=st.integers(0, 2**32),
    numbered=st.booleans(),
)
def test_sharded_key_distribution(base: str, shards: int, seed: int, numbered: bool) -> None:
    """Random shards and those of suffixes are as even as throwing dice: within six deviations of the mean."""
    key, chance, count = ShardedKey(base, shards), Random(seed), 100 * shards
    suffixes = range(seed, seed + count) if numbered else (chance.randbytes(8) for _ in range(count))
    for drawn in (Counter(key.random_key(chance) for _ in range(count)), Counter(map(key.key_for, suffixes))):
        assert set(drawn) <= set(key.keys)
        assert all(abs(drawn[each] - 100) <= 60 for each in key.keys), drawn
    assert key.key_for(seed) == ShardedKey(base, shards).key_for(str(seed))


def of_kind(kind: str, number: int) -> dict[str, str]:
    return {"N": str(number)} if kind == "N" else text(f"{number:03d}")


@settings(deadline=None, max_examples=60)
@given(data=st.data(), shards=st.integers(1, 6), page_max=st.integers(1, 7), kind=st.sampled_from("SN"))
def test_walking_in_pages_is_sorting(data: st.DataObject, shards: int, page_max: int, kind: str) -> None:
    key = ShardedKey("FEED", shards)
    descending = data.draw(st.booleans())
    sorts = [sorted(data.draw(st.sets(st.integers(0, 60), max_size=25))) for _ in range(shards)]
    rows: list[list[WireItem]] = [
        [item(shard, of_kind(kind, sort), sort, key) for sort in found] for shard, found in enumerate(sorts)
    ]
    feed = sharded(Shards(rows, key, page_max=page_max))
    expected = sorted((sort, shard) for shard, found in enumerate(sorts) for sort in found)
    if descending:
        expected.reverse()
    keys = [(sort, key.key(shard)) for sort, shard in expected]

    async def walk() -> None:
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            limit = data.draw(st.none() | st.integers(1, 20))
            page = await feed.query_sharded(key, limit=limit, descending=descending, cursor=cursor).page()
            found += page.items
            cursor = page.cursor
            if cursor is None:
                break
            assert limit is None or len(page.items) == limit
        assert [(row["n"], row["PK"]) for row in found] == keys
        assert [(row["n"], row["PK"]) async for row in feed.query_sharded(key, descending=descending)] == keys

    asyncio.run(walk())
