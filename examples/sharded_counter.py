"""A counter and a feed that get more writes than one partition key takes: spread over shards, read as one.

Run it with ``python examples/sharded_counter.py``. It runs against the DynamoDB that comes with hashrange, inside this
process; with ``--env`` against the one that the environment names. The table that it makes is deleted at the end.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
from dataclasses import dataclass
from typing import Any

from hashrange import CapacityMonitor, DynamoDB, HotKeys, HotKeyWarning, Key, Pacer, Sharded, ShardedKey, Update

VIEWS = ShardedKey("VIEWS", shards=5)
FEED = ShardedKey("FEED", shards=5)


@dataclass
class Post:
    SK: str  # the sort key: when it was written; the partition key is the shard's, and not part of the model
    text: str


def warned(warning: HotKeyWarning) -> None:
    print(f"warning  {warning.kind} of {warning.key}")  # whether there is one depends on how fast this machine is


async def count_views(db: DynamoDB, table: str, hot: HotKeys) -> None:
    plain, counters = db.table(table), Sharded(db.table(table))
    for _ in range(900):
        await plain.update_item(Key("VIEWS", "2026-11"), Update().add("views", 1))
    print("hottest ", [(key.key, key.units) for key in hot.top(1)])

    hot.clear()
    await asyncio.gather(*(counters.add_sharded(VIEWS, "views", sort="2026-11") for _ in range(900)))
    spread = hot.top(10)
    print(f"sharded  {len(spread)} keys, the hottest with {'less' if spread[0].units < 300 else 'more'} than a third")
    print("views   ", await counters.sum_sharded(VIEWS, "views", sort="2026-11"))


async def write_and_read_a_feed(db: DynamoDB, table: str, monitor: CapacityMonitor) -> None:
    feed = Sharded(db.table(table, model=Post))
    pacer = Pacer(monitor, rate=1_000)
    async for minute in pacer.over(range(40)):
        post = Post(f"2026-11-21T09:{minute:02d}", f"post {minute}")
        await feed.put_item_sharded(post, FEED, suffix=post.SK)  # the same post always goes to the same shard

    latest = feed.query_sharded(FEED, descending=True, limit=3)
    first = await latest.page()
    print("latest  ", [post.text for post in first.items])
    second = await latest.page(first.cursor)
    print("then    ", [post.text for post in second.items])
    print("in order", [post.text async for post in feed.query_sharded(FEED)] == [f"post {n}" for n in range(40)])
    print(f"paced    at {'full' if pacer.rate >= 1_000 else 'less'} speed, {monitor.report().throttled} throttled")


async def main(*options: str) -> None:
    name = f"hashrange-sharded-{secrets.token_hex(4)}"
    hot, monitor = HotKeys(on_warning=warned), CapacityMonitor()
    watched: dict[str, Any] = {"observers": (hot, monitor), "capacity": "total"}
    async with DynamoDB.auto(**watched) if "--env" in options else DynamoDB.in_memory(**watched) as db:
        await create_table(db, name)
        try:
            await count_views(db, name, hot)
            await write_and_read_a_feed(db, name, monitor)
        finally:
            await db.call("DeleteTable", {"TableName": name})


async def create_table(db: DynamoDB, name: str) -> None:
    """Tables are made by your infrastructure; here a raw call does it."""
    keys = {"PK": "HASH", "SK": "RANGE"}
    definition = {
        "TableName": name,
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in keys],
        "KeySchema": [{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()],
        "BillingMode": "PAY_PER_REQUEST",
    }
    await db.call("CreateTable", definition)
    while (await db.describe_table(name)).status != "ACTIVE":  # noqa: ASYNC110 - only asking tells
        await asyncio.sleep(0.5)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
