"""Write sharding, hot keys and the capacity monitor on every target."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from hashrange.expressions import Attr, begins_with, between
from hashrange.key import Key
from hashrange.merged import MergedQuery
from hashrange.patterns.capacity import CapacityMonitor
from hashrange.patterns.sharding import Sharded, ShardedKey
from hashrange.schema import GlobalIndex
from hashrange.telemetry.hot_keys import HotKeys

from .conftest import Connect, MakeTable

KEY = ShardedKey("FEED", shards=4)
Row = dict[str, Any]

NUMBERED = {
    "AttributeDefinitions": [
        {"AttributeName": "PK", "AttributeType": "S"},
        {"AttributeName": "SK", "AttributeType": "N"},
        {"AttributeName": "day", "AttributeType": "S"},
        {"AttributeName": "score", "AttributeType": "N"},
    ],
    "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by_day",
            "KeySchema": [
                {"AttributeName": "day", "KeyType": "HASH"},
                {"AttributeName": "score", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}


async def walk(query: MergedQuery[Row]) -> list[Row]:
    """All items, page by page, with a cursor from each to the next."""
    found: list[Row] = []
    cursor: str | None = None
    while True:
        page = await query.page(cursor)
        found += page.items
        cursor = page.cursor
        if cursor is None:
            return found


async def test_items_of_all_shards_come_in_order(connect: Connect, make_table: MakeTable) -> None:
    name = await make_table()
    async with connect(randomness=Random(3), cursor_key="secret") as db:
        feed = Sharded(db.table(name))
        sorts = [f"{letter}{number:02d}" for number in range(20) for letter in "aäZ\U0001f600"]
        Random(5).shuffle(sorts)
        for number, sort in enumerate(sorts):
            put = await feed.put_item_sharded({"SK": sort, "n": number}, KEY, suffix=sort if number % 2 else None)
            assert put.key.partition in KEY.keys
        expected = sorted(sorts, key=str.encode)
        assert [row["SK"] async for row in feed.query_sharded(KEY, page_size=7)] == expected
        assert [row["SK"] for row in await feed.query_sharded(KEY, descending=True).all()] == expected[::-1]
        assert [row["SK"] for row in await walk(feed.query_sharded(KEY, limit=9))] == expected
        one_page = await feed.query_sharded(KEY, begins_with("ä"), limit=5, consistent=True).page()
        assert [row["SK"] for row in one_page.items] == [f"ä{number:02d}" for number in range(5)]
        assert await feed.query_sharded(KEY).count() == 80
        few = feed.query_sharded(KEY, filter=Attr("n") < 10, limit=3, page_size=3)
        assert len(await walk(few)) == 10
        assert await feed.query_sharded(ShardedKey("NOBODY")).all() == []


@pytest.mark.parametrize("descending", [False, True])
async def test_numbers_are_ordered_by_value_on_an_index(
    connect: Connect, make_table: MakeTable, descending: bool
) -> None:
    name = await make_table(**NUMBERED)
    async with connect() as db:
        table = db.table(name, indexes={"by_day": GlobalIndex("day", "score")})
        days = Sharded(table, randomness=Random(1))
        scores = [score for score in (-20, -3, 0, 1, 2, 10, 100) for _ in range(6)]
        for number, score in enumerate(scores):
            await days.put_item_sharded({"PK": f"P{number % 5}", "SK": number, "score": score}, KEY, index="by_day")
        expected = scores[::-1] if descending else scores
        query = days.query_sharded(KEY, index="by_day", descending=descending, limit=4)
        found = await walk(query)
        assert [row["score"] for row in found] == expected
        assert sorted(row["SK"] for row in found) == list(range(len(scores)))  # none twice, none missing
        some = days.query_sharded(KEY, between(0, 10), index="by_day", projection=["SK"])
        assert len(await some.all()) == 24


async def test_a_counter_over_shards(connect: Connect, make_table: MakeTable) -> None:
    name = await make_table()
    async with connect(randomness=Random(2)) as db:
        counters = Sharded(db.table(name))
        assert await counters.sum_sharded(KEY, "views", sort="2026") == 0
        for _ in range(20):
            await counters.add_sharded(KEY, "views", sort="2026")
        await counters.add_sharded(KEY, "views", -3, sort="2026", suffix="user-7")
        assert await counters.sum_sharded(KEY, "views", sort="2026", consistent=True) == 17
        assert await counters.query_sharded(KEY).count() > 1


async def test_what_a_client_consumes_is_seen(connect: Connect, make_table: MakeTable) -> None:
    name = await make_table()
    hot, monitor = HotKeys(), CapacityMonitor(table=name)
    async with connect(observers=(hot, monitor), capacity="total") as db:
        table = db.table(name)
        for number in range(3):
            await table.put_item({"PK": "A", "SK": str(number)})
        await table.get_item(Key("B", "1"), consistent=True)
        await table.query("A", consistent=True).all()
    assert [(one.table, one.key, one.units) for one in hot.top()] == [(name, "A", 4.0), (name, "B", 1.0)]
    found = monitor.report()
    assert (found.attempts, found.throttled) == (5, 0)
    assert found.write_units == pytest.approx(found.read_units * 1.5)
    assert not monitor.should_backoff()
