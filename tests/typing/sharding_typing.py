"""What type checkers must know about sharding, hot keys and pacing: checked by mypy and pyright, never run."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, assert_type

from hashrange import (
    CapacityMonitor,
    CapacityReport,
    Config,
    HotKey,
    HotKeys,
    HotKeyWarning,
    Item,
    Key,
    MergedQuery,
    Observer,
    Pacer,
    Page,
    Sharded,
    ShardedKey,
    ShardedPutResult,
    Table,
    UpdateResult,
    between,
)


@dataclass
class Post:
    SK: str


@dataclass
class Draft:
    SK: str


MYPY = False  # which mypy takes for True
KEY = ShardedKey("FEED", shards=4, separator="#")


async def sharding(posts: Table[Post], plain: Table[Item]) -> None:
    feed = Sharded(posts)
    assert_type(feed, Sharded[Post])
    put = await feed.put_item_sharded(Post("1"), KEY, "suffix", index="by_day", return_old=True)
    assert_type(put, ShardedPutResult[Post])
    assert_type(put.key, Key)
    assert_type(put.old_item, Post | None)
    await feed.put_item_sharded({"SK": "1"}, KEY, suffix=7)

    query = feed.query_sharded(KEY, between("1", "2"), limit=3, descending=True)
    assert_type(query, MergedQuery[Post])
    assert_type(feed.query_sharded(KEY, model=Draft), MergedQuery[Draft])
    assert_type(await query.page(), Page[Post])
    assert_type(await query.first(), Post | None)
    assert_type([post async for post in query], list[Post])
    assert_type(MergedQuery.of([posts.query("a"), posts.query("b")], limit=3), MergedQuery[Post])

    assert_type(await Sharded(plain).add_sharded(KEY, "views", 2, sort="1"), UpdateResult[dict[str, Any]])
    assert_type(await feed.sum_sharded(KEY, "views", sort="1"), int | Decimal | float)
    assert_type(KEY.keys, list[str])
    assert_type(KEY.key_for(b"suffix"), str)

    if not MYPY:
        await feed.put_item_sharded(Draft("1"), KEY)  # pyright: ignore[reportArgumentType]
        feed.query_sharded("FEED")  # pyright: ignore[reportArgumentType]
        await query  # pyright: ignore[reportGeneralTypeIssues]


def listen(warning: HotKeyWarning) -> None:
    assert_type(warning.table, str | None)


async def watching() -> None:
    hot, monitor = HotKeys(on_warning=listen), CapacityMonitor(table="app", write_units=800)
    observers: tuple[Observer, ...] = (hot, monitor)
    Config(region="eu-west-1", observers=observers)
    assert_type(hot.top(20, by="throttled"), list[HotKey])
    assert_type(monitor.report(), CapacityReport)
    assert_type(monitor.should_backoff(), bool)
    pacer = Pacer(monitor, rate=100)
    await pacer.wait(25)
    assert_type(pacer.over([1, 2]), AsyncIterator[int])
    async for number in pacer.over(range(3)):
        assert_type(number, int)
    async with pacer as same:
        assert_type(same, Pacer)
