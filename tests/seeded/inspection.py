"""What must be true when all is over, seen by a client without a network.

The table is what the model says; every index is what its table makes of it; counts and sizes are those of the items.
"""

from __future__ import annotations

from typing import Any

from hashrange import DynamoDB, Key, item_size
from hashrange.simulator import Disorder

from .bankers import account
from .world import ACCOUNTS, BALANCE_AT_FIRST, FREE_AT_FIRST, INDEXES, World

Item = dict[str, Any]


async def inspect(world: World) -> None:
    """Write down what is wrong with a world in which nobody works any more."""
    world.engine.disorder, world.engine.throughput = Disorder(), None
    async with world.outside() as db:
        app, rows = world.tables_of(db)
        items = await app.scan(consistent=True).all()
        stored = {("app", Key(item["PK"], item["SK"])): item for item in items}
        others = await rows.scan(consistent=True).all()
        receipts = {item["id"]: item for item in others}
        _registers(world, stored, receipts)
        _shared(world, {key: item for (_, key), item in stored.items()})
        _bank(world, {key: item for (_, key), item in stored.items()}, receipts)
        await _tables(world, db, {"app": items, "rows": others})
        await _indexes(world, db, items)


def _registers(world: World, stored: dict[tuple[str, Key], Item], rows: dict[str, Item]) -> None:
    for (table, key), register in world.registers.items():
        item = stored.get((table, key)) if table == "app" else rows.pop(str(key.partition), None)
        world.check("in the end", register.judge(item))


def _shared(world: World, stored: dict[Key, Item]) -> None:
    for number, effects in enumerate(world.counters):
        item = stored.get(Key(f"counter#{number}", "counter"), {"n": 0, "names": ()})
        world.check(f"counter {number}", effects.judge(item["names"]))
        if item["n"] != len(item["names"]):
            world.journal.find(f"counter {number} is {item['n']} after {len(item['names'])} operations")
    for number, effects in enumerate(world.shelves):
        item = stored.get(Key(f"shelf#{number}", "shelf"), {"free": 0})
        names = item.get("names", ())
        world.check(f"shelf {number}", effects.judge(names))
        if item["free"] != FREE_AT_FIRST - len(names) or item["free"] < 0:
            world.journal.find(f"shelf {number} has {item['free']} after {len(names)} operations")
    for number, effects in enumerate(world.documents):
        item = stored.get(Key(f"document#{number}", "document"), {"version": 0, "trail": ()})
        world.check(f"document {number}", effects.judge(item["trail"]))
        if item["version"] != len(item["trail"]):
            world.journal.find(f"document {number} is version {item['version']} after {item['trail']}")
    for number, effects in world.claims.items():
        claim = stored.get(Key(f"claim#{number}", "claim"))
        world.check(f"claim {number}", effects.judge([] if claim is None else [claim["owner"]]))
    for key in stored:
        if str(key.partition).startswith("lock#"):
            world.journal.find(f"{key} is there, and everybody has given back what they had")


def _bank(world: World, stored: dict[Key, Item], receipts: dict[str, Item]) -> None:
    world.check("transfers", world.transfers.judge(list(receipts)))
    balances = dict.fromkeys(range(ACCOUNTS), BALANCE_AT_FIRST)
    for receipt in receipts.values():
        if "amount" in receipt:  # or else it is none, which was found already
            balances[receipt["from"]] -= receipt["amount"]
            balances[receipt["to"]] += receipt["amount"]
    for number, balance in balances.items():
        found = stored.get(account(number), {}).get("balance")
        if found != balance:
            world.journal.find(f"account {number} has {found}, and by the receipts {balance}")


async def _tables(world: World, db: DynamoDB, tables: dict[str, list[Item]]) -> None:
    for name, items in tables.items():
        described = (await db.call("DescribeTable", {"TableName": name}))["Table"]
        told = described["ItemCount"], described["TableSizeBytes"]
        if told != (len(items), sum(map(item_size, items))):
            world.journal.find(f"table {name} says that it has {told} items and bytes")
        for index in (*described.get("GlobalSecondaryIndexes", ()), *described.get("LocalSecondaryIndexes", ())):
            declared: Any = INDEXES[index["IndexName"]]
            entries = _entries(declared, items)
            if (index["ItemCount"], index["IndexSizeBytes"]) != (len(entries), sum(map(item_size, entries))):
                world.journal.find(f"index {index['IndexName']} says that it has {index['ItemCount']} items")


async def _indexes(world: World, db: DynamoDB, items: list[Item]) -> None:
    app, _ = world.tables_of(db)
    for name, declared in INDEXES.items():
        found = await app.scan(index=name).all()
        if _sorted(found) != _sorted(_entries(declared, items)):
            world.journal.find(f"index {name} is not what the table makes of it")
        for partition in sorted({str(item[getattr(declared, "partition_key", "PK")]) for item in found}):
            stamps = [item["stamp"] for item in await app.query(partition, index=name).all()]
            if stamps != sorted(stamps):
                world.journal.find(f"index {name} is not in order")


def _entries(declared: Any, items: list[Item]) -> list[Item]:
    """The items that an index has."""
    names = [getattr(declared, "partition_key", "PK"), declared.sort_key]
    return [item for item in items if all(name in item for name in names)]


def _sorted(items: list[Item]) -> list[Item]:
    return sorted(items, key=lambda item: (item["PK"], item["SK"]))
