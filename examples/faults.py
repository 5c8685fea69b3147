"""How a program behaves when DynamoDB does not: throttled, cut off in the middle of a write, overtaken.

It runs against the DynamoDB inside this process, on a clock that nobody waits for, and needs nothing else.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from hashrange import AmbiguousWrite, Attr, ConditionFailed, DynamoDB, Item, Key, Table, Update
from hashrange.simulator import Engine
from hashrange.testing import (
    CassetteMiss,
    FakeClock,
    Fault,
    Recorder,
    Replayer,
    Script,
    condition_failed,
    reset_after,
    reset_before,
    scenarios,
    success,
)

KEY = Key("STOCK", "book")


class Warehouse:
    """One article, and a client whose next requests meet the given faults."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.engine = Engine(["app"], clock=self.clock)

    def client(self, *faults: Fault) -> DynamoDB:
        return DynamoDB.in_memory(engine=self.engine, transport=lambda inner: Script(faults, inner, clock=self.clock))

    async def free(self) -> int:
        """How many are there, read without faults."""
        item = await self.client().table("app").get_item(KEY, consistent=True)
        return 0 if item is None else int(item["free"])


async def take_one(stock: Table[Item]) -> str:
    """Take one, if there is one: and say what is known afterwards."""
    try:
        await stock.update_item(KEY, Update().add("free", -1), condition=Attr("free") >= 1)
    except AmbiguousWrite:
        return "unknown"
    except ConditionFailed:
        return "sold out"
    return "taken"


async def throttled(warehouse: Warehouse) -> None:
    stock = warehouse.client(*scenarios.throttle_then_succeed(3)).table("app")
    await stock.put_item({"PK": "STOCK", "SK": "book", "free": 10})
    print(f"throttled 3 times: stored after {len(warehouse.clock.sleeps)} delays, in no time")


async def cut_off(warehouse: Warehouse) -> None:
    for fault in (reset_before(sent=False), reset_before(), reset_after()):
        before = await warehouse.free()
        outcome = await take_one(warehouse.client(fault, success()).table("app"))
        print(f"{fault!r:26} {outcome:8} {before - await warehouse.free()} gone")


async def overtaken(warehouse: Warehouse) -> None:
    outcome = await take_one(warehouse.client(condition_failed({"free": 0})).table("app"))
    print(f"overtaken: {outcome}, {await warehouse.free()} left")


async def recorded(warehouse: Warehouse) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "stock.jsonl")
        async with DynamoDB.in_memory(engine=warehouse.engine, transport=lambda inner: Recorder(inner, path)) as db:
            item = await db.table("app").get_item(KEY)
        async with DynamoDB.in_memory(transport=lambda _: Replayer(path)) as db:
            again = await db.table("app").get_item(KEY)
            print(f"replayed: {again == item}")
            try:
                await db.table("app").get_item(Key("STOCK", "pen"))
            except CassetteMiss as miss:
                print(f"never recorded: {miss.nearest[0].differences[0]}")


async def main() -> None:
    warehouse = Warehouse()
    await throttled(warehouse)
    await cut_off(warehouse)
    await overtaken(warehouse)
    await recorded(warehouse)


if __name__ == "__main__":
    asyncio.run(main())
