"""A backfill beside an application that deletes and creates: in whatever order, both sides agree at the end.

The application keeps the order of steps that ``state/tombstones.py`` asks for; the order in which requests of both
arrive is shuffled by a seed, and in half of the runs the backfill is cut off on the way and begun again.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from hashrange import DynamoDB, Key, Table
from hashrange.clock import SYSTEM_CLOCK
from hashrange.migration.backfill import Backfill, Options
from hashrange.migration.backfill.graves import Graves
from hashrange.migration.source.files import FileSource
from hashrange.migration.source.reader import Reader
from hashrange.migration.state.table_store import TableStore
from hashrange.migration.state.tombstones import Tombstones
from hashrange.types import Item
from tests.shop_source import create_tables, file_source, orders, shop_mappings

MADE = shop_mappings()
ORDERS = MADE.by_repository["orders"]
TABLE = "Customers"


class Shuffled:
    """A transport on which requests overtake each other."""

    def __init__(self, beneath: Any, chance: random.Random, copying: asyncio.Event) -> None:
        self._beneath, self._chance, self._copying = beneath, chance, copying

    async def send(self, request: Any) -> Any:
        if request.operation == "PutItem" and b'"TableName":"Customers"' in request.body:
            self._copying.set()  # the snapshot is older than what the application does from now on
        await self._wait()
        found = await self._beneath.send(request)
        await self._wait()
        return found

    async def _wait(self) -> None:
        for _ in range(self._chance.choice((0, 0, 1, 3, 9, 30))):
            await asyncio.sleep(0)

    def repair(self, error: Any, response: Any) -> bool:
        return bool(self._beneath.repair(error, response))

    async def close(self) -> None:
        await self._beneath.close()


class Application:
    """Writes to its own database, which is a dict here, and to the table; one task for each item.

    Args:
        rows: what its database holds: what the backfill has a snapshot of.
    """

    def __init__(
        self, table: Table[Item], tombstones: Tombstones, rows: dict[Key, Item], chance: random.Random
    ) -> None:
        self._table, self._tombstones, self._chance = table, tombstones, chance
        self.rows = dict(rows)

    async def work(self, key: Key, first: Item) -> None:
        for _ in range(self._chance.randrange(4)):
            for _ in range(self._chance.choice((0, 0, 3, 10, 60))):
                await asyncio.sleep(0)
            if key in self.rows and self._chance.random() < 0.7:
                await self._delete(key)
            else:
                again = self._chance.choice((first, {**first, "status": f"changed {self._chance.random()}"}))
                await self._write(key, again)

    async def _delete(self, key: Key) -> None:
        del self.rows[key]
        await self._tombstones.bury(key, 1.0)
        await self._table.delete_item(key)

    async def _write(self, key: Key, item: Item) -> None:
        self.rows[key] = item
        await self._tombstones.revive(key)
        await self._table.put_item(item)


def snapshot(source: FileSource) -> dict[Key, Item]:
    with source.snapshot() as found:
        items = [
            ORDERS.to_item(ORDERS.record(row)) for page in Reader(found, ORDERS.needs).pages() for row in page.rows
        ]
    return {Key(item["PK"], item["SK"]): item for item in items}


async def race(source: FileSource, rows: dict[Key, Item], seed: int) -> None:
    chance = random.Random(seed)
    copying = asyncio.Event()
    async with DynamoDB.in_memory(["state"], transport=lambda inner: Shuffled(inner, chance, copying)) as db:
        await create_tables(db, MADE)
        table, state = db.table(TABLE, "PK", "SK"), TableStore(db.table("state", "PK", "SK"), "shop")
        application = Application(table, Tombstones(state, TABLE), rows, chance)
        options = Options(page_rows=4, concurrency=3, tombstone_seconds=chance.choice((1e-9, 1e-3, 60.0)))

        async def copy() -> None:
            await Backfill(source, MADE, db, state, options).run(["orders"])

        async def interrupted() -> None:
            task = asyncio.create_task(copy())
            for _ in range(chance.randrange(200)):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        async def whole() -> None:
            if seed % 2:
                await interrupted()
            await copy()

        async def work(key: Key, item: Item) -> None:
            if seed % 3:
                await copying.wait()
            await application.work(key, item)

        await asyncio.gather(whole(), *(work(key, item) for key, item in rows.items()))
        stored = {Key(item["PK"], item["SK"]): item async for item in table.scan(consistent=True)}
        assert stored == application.rows, f"seed {seed}"


@pytest.mark.parametrize("seeds", [range(at, at + 20) for at in range(0, 100, 20)], ids=str)
async def test_both_sides_agree_whatever_the_order(tmp_path: Path, seeds: range) -> None:
    source = file_source(tmp_path, orders(9))
    rows = snapshot(source)
    assert len(rows) == 12
    for seed in seeds:
        await race(source, rows, seed)
    source.close()


async def test_what_an_interrupted_run_brought_back_is_taken_away_by_the_next(tmp_path: Path) -> None:
    source = file_source(tmp_path, orders(0))
    rows = snapshot(source)
    async with DynamoDB.in_memory(["state"]) as db:
        await create_tables(db, MADE)
        table, state = db.table(TABLE, "PK", "SK"), TableStore(db.table("state", "PK", "SK"), "shop")
        tombstones = Tombstones(state, TABLE)
        deleted, created, never = rows
        # the run before put all three, and was killed before it looked; meanwhile:
        for key in (deleted, created):
            await tombstones.bury(key, 1.0)
        await tombstones.revive(created)
        for item in rows.values():
            await table.put_item(item)
        report = await Backfill(source, MADE, db, state).run(["orders"])
        assert {Key(item["PK"], item["SK"]) async for item in table.scan()} == {created, never}
        assert report.entities["orders"].deleted == 1
    source.close()


class Meanwhile:
    """A transport that lets something happen right before the first request of an operation."""

    def __init__(self, beneath: Any) -> None:
        self._beneath = beneath
        self.operation = ""
        self.happens: Callable[[], Awaitable[None]] | None = None

    async def send(self, request: Any) -> Any:
        if request.operation == self.operation and self.happens is not None:
            happens, self.happens = self.happens, None
            await happens()
        return await self._beneath.send(request)

    def repair(self, error: Any, response: Any) -> bool:
        return bool(self._beneath.repair(error, response))

    async def close(self) -> None:
        await self._beneath.close()


@pytest.mark.parametrize("operation", ["GetItem", "DeleteItem"])
@pytest.mark.parametrize("content", ["same", "other"])
async def test_an_item_that_is_created_in_that_moment_stays(operation: str, content: str) -> None:
    made: list[Meanwhile] = []

    def over(inner: Any) -> Any:
        made.append(Meanwhile(inner))
        return made[-1]

    async with DynamoDB.in_memory(["items", "state"], transport=over) as db:
        table, state = db.table("items", "PK", "SK"), TableStore(db.table("state", "PK", "SK"), "shop")
        tombstones, key = Tombstones(state, "items"), Key("a", "b")
        item = {"PK": "a", "SK": "b", "value": "brought back"}
        await tombstones.bury(key, 1.0)
        await table.put_item(item)  # by the backfill
        created = item if content == "same" else {**item, "value": "new"}

        async def create() -> None:
            await tombstones.revive(key)
            await table.put_item(created)

        made[-1].operation, made[-1].happens = operation, create
        await Graves(table, tombstones, seconds=1.0, clock=SYSTEM_CLOCK).look_at_all()
        assert made[-1].happens is None
        assert await table.get_item(key, consistent=True) == created
