"""A shop that moves while it is open: a database, tables behind a bad network, a backfill that is killed now and then,
and workers that write both sides and are killed, too; all from one seed.

In the end, when every request has arrived and what was left undone is repaired, both sides must hold the same. Owns
this world. Must not know how two sides are kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections import Counter as Tally
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, Final

from sqlalchemy import create_engine

from hashrange import DynamoDB
from hashrange.errors import ConditionFailed, DynamoDBError
from hashrange.migration.access import AccessLayer
from hashrange.migration.backfill import Backfill
from hashrange.migration.backfill import Options as BackfillOptions
from hashrange.migration.contract.load import load_contract
from hashrange.migration.dual import (
    DualLayer,
    DualWriteFailed,
    Options,
    PhaseControl,
    PhaseUnknown,
    Rules,
    SourceRows,
    SqlRepository,
    Timing,
)
from hashrange.migration.errors import MigrationError
from hashrange.migration.source.ddl import parse_ddl
from hashrange.migration.source.sql import SqlSource
from hashrange.migration.state.table_store import TableStore
from hashrange.simulator import Engine, TableSpec
from tests import shop_contract as shop
from tests.shop_source import create_tables

from .journal import Journal
from .network import Network
from .shop_database import OnePreparingWriter, OneWriter, shop_database
from .simulation import LoopClock
from .weather import LIFE_MAX_SECONDS, Weather

ENTITIES: Final = ("carts", "orders")
_BEGIN: Final = datetime(2026, 3, 5, 12, tzinfo=UTC)
_CUSTOMERS: Final = (3, 4)
_PRODUCTS: Final = (1, 12, 13)
_ORDERS_AT_FIRST: Final = 12
_KILLED_SHARE: Final = 0.15
_BACKFILLS_MAX: Final = 30


class TwoSides:
    """Everything that a seed makes.

    Args:
        folder: for the database.
        seed: of all chance.
        weather: of the network.
        dual: options of the dual layer.
        wrap: put around the layer's parts by tests of this test, which break something: given each new DualLayer.
    """

    def __init__(
        self,
        folder: Path,
        seed: int,
        weather: Weather,
        *,
        policy: str = "repair",
        wrap: Callable[[DualLayer], None] = lambda layer: None,
    ) -> None:
        self.seed, self.weather, self.journal, self.clock = seed, weather, Journal(), LoopClock()
        self.chance, self._folder, self._wrap = Random(f"two sides {seed}"), folder, wrap
        path = folder / "shop.sqlite"
        shop_database(path)
        self.source = SqlSource(create_engine(f"sqlite:///{path}", connect_args={"timeout": 0}))
        self.schema = parse_ddl(shop.DDL)
        self.contract = load_contract(shop.CONTRACT, schema=self.schema, overrides=shop.OVERRIDES).require()
        self.engine = Engine([TableSpec("state")], clock=self.clock, randomness=Random(f"engine {seed}"))
        self.network = Network(self.engine, weather, seed, self.journal)
        self.db = self._client(lambda _: self.network, **weather.config)
        self.outside = self._client(lambda transport: transport)
        newer_by = {"orders": "updated_at"} if seed % 2 else None
        self.options = Options(
            on_failure="compensate" if policy == "compensate" else "repair", newer_by=newer_by,
            timing=Timing(poll_seconds=1.0, age_max_seconds=60.0, write_seconds=40.0),
            repairs=Rules(grace_seconds=45.0, settle_seconds=LIFE_MAX_SECONDS + 1, attempts_max=1_000),
        )  # fmt: skip
        self.prepares = bool(seed % 3)
        self.writing = asyncio.Lock()
        self.counts: Tally[str] = Tally()
        self.numbers = 0
        self.ids: dict[str, list[int]] = {name: [row["id"] for row in shop.ROWS[name]] for name in ENTITIES}

    def _client(self, wrap: Any, **config: Any) -> DynamoDB:
        chance = Random(f"client {self.seed}")
        return DynamoDB.in_memory(engine=self.engine, transport=wrap, randomness=chance, **config)

    def state(self, db: DynamoDB) -> TableStore:
        return TableStore(db.table("state"), "shop")

    def layer(self, db: DynamoDB) -> DualLayer:
        """A worker's own: its memory is gone when it is killed."""
        access = AccessLayer(self.contract, db, schema=self.schema)
        kind = OnePreparingWriter if self.prepares else OneWriter
        primaries = {
            name: kind(
                SqlRepository(self.source, access.mappings.by_repository[name], schema=self.schema), self.writing
            )
            for name in ENTITIES
        }
        layer = DualLayer(
            access, self.source, self.state(db), self.options, primaries=primaries, clock=self.clock,
            randomness=Random(f"layer {self.seed}"),
        )  # fmt: skip
        self._wrap(layer)
        return layer

    # ── a life ───────────────────────────────────────────────────────────────────────────────────────────────────────
    async def live(self) -> list[str]:
        """From the first write to both sides until nothing is left to do. Returns what is wrong then."""
        mappings = AccessLayer(self.contract, self.outside, schema=self.schema).mappings
        await create_tables(self.outside, mappings)
        await self._fill()
        control = PhaseControl(self.state(self.outside), timing=self.options.timing, clock=self.clock)
        change = await control.set(2)
        await self.clock.sleep(change.settled_at - self.clock.time())
        async with asyncio.TaskGroup() as group:
            group.create_task(self._backfill_until_done(), name="backfill")
            group.create_task(self._repair_now_and_then(), name="repairs")
            for number in range(3):
                group.create_task(self._worker(number), name=f"worker {number}")
        await self.clock.sleep(LIFE_MAX_SECONDS + 1)  # until nothing can arrive any more
        self.network.fair = True
        await self._repair_all()
        await self._verify_what_is_in_doubt()
        return await self._differences()

    async def _fill(self) -> None:
        with contextlib.closing(sqlite3.connect(self._folder / "shop.sqlite")) as base:
            for at in range(_ORDERS_AT_FIRST):
                placed = (_BEGIN + timedelta(hours=at)).replace(tzinfo=None).isoformat(" ")
                done = base.execute(
                    "INSERT INTO orders (customer_id, status, total, is_gift, placed_at, updated_at) "
                    "VALUES (?, 'paid', '10.00', 0, ?, ?)",
                    (_CUSTOMERS[at % 2], placed, placed),
                )
                self.ids["orders"].append(int(done.lastrowid or 0))
            base.commit()

    async def _backfill_until_done(self) -> None:
        """Backfill, killed now and then, and again until it comes to its end; where the weather does not let it, over a
        good network at last."""
        what = "backfill"
        for attempt in range(_BACKFILLS_MAX):
            db = self.db if attempt < _BACKFILLS_MAX // 2 else self.outside
            task = asyncio.create_task(self._backfill(db))
            patience = self.chance.uniform(0.1, 5.0) if self.chance.random() < 0.5 and attempt < 6 else None
            await asyncio.wait((task,), timeout=patience)
            if not task.done():
                self.counts[f"{what} killed"] += 1
                task.cancel()
                await asyncio.wait((task,))
            if task.cancelled():
                continue
            error = task.exception()
            if error is None:
                return
            if not isinstance(error, DynamoDBError):
                raise error
            self.counts[f"{what} {type(error).__name__}"] += 1
            await self.clock.sleep(self.chance.uniform(1.0, 20.0))
        raise AssertionError(f"{what} never comes to its end: {self.counts}")

    async def _backfill(self, db: DynamoDB) -> None:
        options = BackfillOptions(
            page_rows=self.chance.choice((1, 3, 10)), tombstone_seconds=0.5, lease_seconds=5.0, concurrency=3,
            refused_folder=self._folder / "refused",
        )  # fmt: skip
        made = AccessLayer(self.contract, db, schema=self.schema).mappings
        run = Backfill(self.source, made, db, self.state(db), options, schema=self.schema, clock=self.clock)
        await run.run(ENTITIES)

    async def _repair_now_and_then(self) -> None:
        layer = self.layer(self.db)
        for _ in range(8):
            await self.clock.sleep(self.chance.uniform(5.0, 30.0))
            with contextlib.suppress(DynamoDBError):
                await layer.repair_pending()

    async def _repair_all(self) -> None:
        layer = self.layer(self.db)
        for _ in range(100):
            await self.clock.sleep(60.0)
            with contextlib.suppress(DynamoDBError):  # a circuit may be open still
                await layer.repair_pending()
                if not [one async for one in layer.queue.pending()]:
                    return
        raise AssertionError("the repair queue is never empty")

    async def _verify_what_is_in_doubt(self) -> None:
        """A primary that does not tell its writes before it commits may leave a create of which nobody knows the row:
        then the entity is verified, as the entry says; that is, each row without an item gets one."""
        layer = self.layer(self.db)
        async for aside in layer.queue.aside():
            if aside.row_key is None and not self.prepares:
                self.counts["creates in doubt"] += 1
                for row_key in self._row_keys(aside.repository):
                    await layer[aside.repository].refresh(id=row_key[0])

    def _row_keys(self, name: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(self._folder / "shop.sqlite")) as base:
            return [tuple(row) for row in base.execute(f"SELECT id FROM {name}")]

    # ── workers ──────────────────────────────────────────────────────────────────────────────────────────────────────
    async def _worker(self, number: int) -> None:
        layer = self.layer(self.db)
        for step in range(self.weather.steps):
            await self.clock.sleep(self.chance.uniform(0.0, 2.0))
            name, write = self._write(layer)
            task = asyncio.create_task(write, name=f"{number}.{step} {name}")
            patience = self.chance.uniform(0.0, 3.0) if self.chance.random() < _KILLED_SHARE else None
            await asyncio.wait((task,), timeout=patience)
            if not task.done():
                self.counts["worker killed"] += 1
                task.cancel()
                await asyncio.wait((task,))
                layer = self.layer(self.db)
            self._count(name, task)

    def _count(self, name: str, task: asyncio.Task[Any]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is None:
            self.counts[f"{name} {'killed' if task.cancelled() else 'done'}"] += 1
            return
        if not isinstance(error, (MigrationError, ConditionFailed, DualWriteFailed, PhaseUnknown, DynamoDBError)):
            raise error
        self.counts[f"{name} {type(error).__name__}"] += 1

    def _write(self, layer: DualLayer) -> tuple[str, Any]:
        chance = self.chance
        entity = chance.choice(ENTITIES)
        repository = layer[entity]
        kind = chance.choice(("create", "update", "update", "update", "delete", "recreate"))
        ids = self.ids[entity]
        key = {"id": chance.choice(ids[-8:])} if entity == "carts" else {"order_id": chance.choice(ids[-8:])}
        if kind == "create":
            return f"{entity} create", self._create(layer, entity)
        if kind == "update":
            changes = self._cart_changes() if entity == "carts" else self._order_changes()
            return f"{entity} update", repository.update(key, changes)
        if kind == "delete":
            return f"{entity} delete", repository.delete(key)
        return f"{entity} recreate", self._recreate(layer, entity, key)

    async def _create(self, layer: DualLayer, entity: str) -> None:
        record = self._cart() if entity == "carts" else self._order()
        made = await layer[entity].create(record)
        self.ids[entity].append(made.id if entity == "carts" else made.order_id)

    async def _recreate(self, layer: DualLayer, entity: str, key: Mapping[str, Any]) -> None:
        """Delete a row, and make another one whose item has the same key (or the same row again)."""
        found = await layer[entity].primary.get(**key)
        if found is None:
            return
        await layer[entity].delete(key)
        if entity == "carts":
            record = self._cart() | {"customer_id": found["customer_id"], "product_id": found["product_id"]}
        else:
            record = self._order() | {name: found[name] for name in ("order_id", "customer_id", "placed_at")}
        made = await layer[entity].create(record)
        self.ids[entity].append(made.id if entity == "carts" else made.order_id)

    def _cart(self) -> dict[str, Any]:
        self.numbers += 1
        return {
            "customer_id": self.chance.choice(_CUSTOMERS), "product_id": self.chance.choice(_PRODUCTS),
            "quantity": self.numbers, "added_at": _BEGIN,
        }  # fmt: skip

    def _cart_changes(self) -> dict[str, Any]:
        self.numbers += 1
        changes: dict[str, Any] = {"quantity": self.numbers}
        if self.chance.random() < 0.4:  # another key, maybe one that was another row's a moment ago
            changes["product_id"] = self.chance.choice(_PRODUCTS)
        return changes

    def _order(self) -> dict[str, Any]:
        self.numbers += 1
        return {
            "customer_id": self.chance.choice(_CUSTOMERS), "status": "pending", "total": Decimal(self.numbers),
            "is_gift": False, "placed_at": self._some_time(), "updated_at": self._now(),
        }  # fmt: skip

    def _order_changes(self) -> dict[str, Any]:
        self.numbers += 1
        changes: dict[str, Any] = {"total": Decimal(self.numbers), "updated_at": self._now()}
        if self.chance.random() < 0.3:
            changes["placed_at"] = self._some_time()
        return changes

    def _some_time(self) -> datetime:
        return _BEGIN + timedelta(hours=self.chance.randrange(4))

    def _now(self) -> datetime:
        """Whole seconds, as MySQL's TIMESTAMP has them: two changes often have the same."""
        return _BEGIN + timedelta(seconds=int(self.clock.monotonic()))

    # ── at the end ───────────────────────────────────────────────────────────────────────────────────────────────────
    async def _differences(self) -> list[str]:
        access = AccessLayer(self.contract, self.outside, schema=self.schema)
        queue = self.layer(self.outside).queue
        findings = [
            f"set aside: {one.repository} {one.reason}"
            async for one in queue.aside()
            if self.prepares or one.row_key is not None
        ]
        for name in ENTITIES:
            mapping = access.mappings.by_repository[name]
            rows = SourceRows(self.source, mapping, schema=self.schema)
            expected = {one.key: one.item for one in await rows.look(self._row_keys(name))}
            table = access[name].table
            stored = {access[name].stored.key_of(item): item async for item in table.scan() if mapping.recognises(item)}
            findings += [f"{name} {key}: missing" for key in expected if key not in stored]
            findings += [f"{name} {key}: extra" for key in stored if key not in expected]
            findings += [
                f"{name} {key}: {expected[key]} became {stored[key]}"
                for key in expected
                if key in stored and expected[key] != stored[key]
            ]
        return findings

    async def close(self) -> None:
        await self.db.close()
        await self.outside.close()
        self.source.engine.dispose()
