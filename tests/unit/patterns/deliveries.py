"""Machines that get the same events: one table, and what each has done of the work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
import pydantic

from hashrange.client import DynamoDB
from hashrange.key import Key
from hashrange.patterns.idempotency import Idempotency
from hashrange.simulator.engine import Engine
from hashrange.testing import (
    FakeClock,
    FaultPlan,
    Rule,
)
from hashrange.types import Item
from tests.fakes import Chance

NOW = 1_800_000_000
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
NO_WAIT = timedelta(0)


@dataclass
class Receipt:
    number: int
    total: float


class PydanticEvent(pydantic.BaseModel):
    id: str


class StructEvent(msgspec.Struct):
    id: str


class World:
    """One table for any number of machines; the work that they did stands in ``done``."""

    def __init__(self) -> None:
        self.clock = FakeClock(NOW)
        self.engine = Engine(["app"], clock=self.clock)
        self.done: list[Any] = []
        self.table = self.machine_table()
        self.once = Idempotency(self.table, lease=MINUTE, ttl=DAY)

    def machine_table(self, *rules: Rule, seed: int = 0) -> Any:
        db = DynamoDB.in_memory(
            engine=self.engine,
            randomness=Chance(0.5),
            circuit=None,
            timeout=1e6,  # every sleep of any task moves the clock of all
            transport=lambda inner: FaultPlan(inner, rules, seed=seed, clock=self.clock),
        )
        return db.table("app", ttl_attribute="until")

    def machine(self, *rules: Rule, seed: int = 0, **options: Any) -> Idempotency:
        return Idempotency(self.machine_table(*rules, seed=seed), **{"lease": MINUTE, "ttl": DAY, **options})

    def handler(
        self, idempotency: Idempotency, work: Callable[[Any], Awaitable[Any]] | None = None, **options: Any
    ) -> Callable[[Any], Awaitable[Any]]:
        """What a machine runs: notes the event, and does the work."""

        @idempotency.once(key=lambda event: event["id"], name="handle", **options)
        async def handle(event: Any) -> Any:
            self.done.append(event)
            await asyncio.sleep(0)
            return {"number": len(self.done)} if work is None else await work(event)

        return handle

    async def record(self, key: str = "handle#1") -> Item | None:
        found: Item | None = await self.table.get_item(Key(f"IDEMPOTENCY#{key}", "RECORD"), consistent=True)
        return found


EVENT = {"id": "1", "amount": 5}


class Gate:
    """Work that ends when it is told to."""

    def __init__(self) -> None:
        self.begun, self.open = asyncio.Event(), asyncio.Event()

    async def work(self, event: Any) -> Any:
        self.begun.set()
        await self.open.wait()
        return "worked"
