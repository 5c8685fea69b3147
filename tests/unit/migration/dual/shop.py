"""The shop on two sides for one test: a database in a file, tables in memory, a state in a file, and a clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hashrange import DynamoDB, ServiceUnavailable
from hashrange.migration.access import AccessLayer
from hashrange.migration.contract.load import load_contract
from hashrange.migration.dual import DualLayer, Gates, Options, PhaseControl, Rules, Timing
from hashrange.migration.errors import StateConflict
from hashrange.migration.source.ddl import parse_ddl
from hashrange.migration.source.sql import SqlSource
from hashrange.migration.state.file_store import FileStore
from hashrange.migration.tables import ensure_tables
from tests import shop_contract
from tests.fakes import FakeClock
from tests.seeded.shop_database import shop_database

SCHEMA = parse_ddl(shop_contract.DDL)
CONTRACT = load_contract(shop_contract.CONTRACT, schema=SCHEMA, overrides=shop_contract.OVERRIDES).require()
CART = {"customer_id": 4, "product_id": 13, "quantity": 1, "added_at": shop_contract.ROWS["carts"][0]["added_at"]}


class Broken:
    """A transport that is broken while it should be: no write of an item arrives in its table."""

    def __init__(self, inner: Any) -> None:
        self._inner, self.tables = inner, set[str]()

    async def send(self, request: Any) -> Any:
        if request.operation in ("PutItem", "DeleteItem") and any(
            f'"{one}"'.encode() in request.body for one in self.tables
        ):
            raise ServiceUnavailable("it is broken")
        return await self._inner.send(request)

    def repair(self, error: Any, response: Any) -> bool:
        return bool(self._inner.repair(error, response))

    async def close(self) -> None:
        await self._inner.close()


class State(FileStore):
    """A state that takes no more writes while ``refuses``."""

    refuses = False

    async def write(self, key: str, value: Any, *, version: int | None) -> int:
        if self.refuses:
            raise StateConflict("it refuses")
        return await super().write(key, value, version=version)


class Shop:
    """Everything that a test needs; ``phase`` goes to a phase, step by step, and waits until all follow it."""

    def __init__(self, folder: Path, db: DynamoDB, broken: Broken, clock: FakeClock, **options: Any) -> None:
        self.source, self.state = SqlSource(f"sqlite:///{folder / 'shop.sqlite'}"), State(folder / "state")
        self.db, self.broken, self.clock = db, broken, clock
        self.options = Options(
            **{"timing": Timing(poll_seconds=1, age_max_seconds=5, write_seconds=20), "repairs": Rules(), **options}
        )
        gates = Gates(write_hours=0, writes_min=0, read_hours=0, reads_min=0, stable_hours=0)
        self.control = PhaseControl(self.state, gates=gates, timing=self.options.timing, clock=clock)
        self.access = AccessLayer(CONTRACT, db, schema=SCHEMA)

    def layer(self, **given: Any) -> DualLayer:
        """A worker."""
        return DualLayer(self.access, self.source, self.state, self.options, clock=self.clock, **given)

    async def phase(self, number: int, **given: Any) -> None:
        now = await self.control.standing()
        step = 1 if number > now.phase else -1
        for wanted in range(now.phase + step, number + step, step):
            change = await self.control.set(wanted, **given)
            self.clock.advance(change.settled_at - self.clock.time() + 1)

    async def item(self, repository: str, key: Any) -> dict[str, Any] | None:
        return await self.access[repository].table.get_item(key, consistent=True)

    async def pending(self, layer: DualLayer) -> list[str]:
        return [one.reason async for one in layer.queue.pending()]


@asynccontextmanager
async def opened(folder: Path, **options: Any) -> AsyncIterator[Shop]:
    """A shop, closed at the end."""
    shop_database(folder / "shop.sqlite")
    clock, made = FakeClock(), list[Broken]()

    def wrap(inner: Any) -> Broken:
        made.append(Broken(inner))
        return made[0]

    async with DynamoDB.in_memory(transport=wrap, clock=clock) as db:
        await ensure_tables(CONTRACT, db)
        shop = Shop(folder, db, made[0], clock, **options)
        try:
            yield shop
        finally:
            await shop.state.close()
            shop.source.close()
