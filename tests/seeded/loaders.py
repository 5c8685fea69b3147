"""Those who write many items of their own by batches, over two tables.

A batch tells of every operation whether it was acknowledged; what it does not list as failed was, even where its block
failed or was cancelled. Must not know how a batch works.
"""

from __future__ import annotations

import math
from typing import Any, Final

from hashrange import Key, Table
from hashrange.errors import BatchError, DynamoDBError
from hashrange.types import BatchFailure

from .effects import Register, Status
from .keepers import Item, content_of, settle, wait_until_writable
from .workers import Worker
from .world import EXPECTED, World

_ITEMS: Final = 60
_INTERRUPTED_SHARE: Final = 0.1


class Interrupted(Exception):
    """The block of a batch failed."""


class Loader(Worker):
    """Loads some of its items, and looks."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world, name)
        self._places: list[tuple[Table[Item], Key]] = []
        for number in range(_ITEMS):
            table, key = (world.app, Key(name, f"{number:03}")) if number % 3 else (world.rows, Key(f"{name}-{number}"))
            self._places.append((table, key))
            world.registers[table.name, key] = Register(f"{table.name} {name} {number}")

    async def step(self) -> None:
        places = self.chance.sample(self._places, self.chance.randint(1, _ITEMS))
        if not self.world.weather.late:  # in order on one key, unless a late request may overtake
            places += self.chance.choices(places, k=self.chance.choice((0, 0, 5)))
        await wait_until_writable(self.world, self._registers(places))
        timeout = self.chance.choice((None, None, 1.0, 5.0))
        batch = self.world.db.batch(concurrency=self.chance.randint(1, 6), timeout=timeout)
        given: list[tuple[Register, int]] = []
        what = f"{self.operation()} loads {len(places)}"
        within = math.inf if timeout is None else timeout  # None: each request has the client's
        outcome = await self.ask(what, lambda: self._load(batch, places, given), within=within)
        told = outcome.value if outcome.status == "done" else batch.failed
        if told != batch.failed:
            self.world.journal.find(f"{what}: the error tells something else than the batch")
        self._settle(given, batch.failed, lingers=outcome.lingers or bool(batch.failed))
        if batch.report.processed + batch.report.replaced + len(batch.failed) != len(given):
            self.world.journal.find(f"{what}: {len(given)} were given, and the report says {batch.report}")
        await self._look(places)

    def _registers(self, places: list[tuple[Table[Item], Key]]) -> list[Register]:
        return [self.world.registers[table.name, key] for table, key in places]

    async def _load(
        self, batch: Any, places: list[tuple[Table[Item], Key]], given: list[tuple[Register, int]]
    ) -> tuple[BatchFailure, ...]:
        """Put or delete all of them; what failed, as the error tells it."""
        interrupted_at = self.chance.randrange(len(places)) if self.chance.random() < _INTERRUPTED_SHARE else None
        try:
            async with batch:
                for at, (table, key) in enumerate(places):
                    if at == interrupted_at:
                        raise Interrupted
                    await self._give(batch, table, key, given)
        except Interrupted:
            return ()
        except BatchError as error:
            return error.failed
        return ()

    async def _give(self, batch: Any, table: Table[Item], key: Key, given: list[tuple[Register, int]]) -> None:
        register = self.world.registers[table.name, key]
        number = register.next_number
        item: Item | None = None
        if self.chance.random() < 0.7:
            keys = {"id": key.partition} if key.sort is None else {"PK": key.partition, "SK": key.sort}
            item = {**keys, **content_of(self, number)}
        assert register.begin(item) == number
        given.append((register, number))
        room = batch.delete(table, key) if item is None else batch.put(table, item)
        if self.chance.random() < 0.5:
            await room

    def _settle(self, given: list[tuple[Register, int]], failed: tuple[BatchFailure, ...], *, lingers: bool) -> None:
        failures = {failure.number: failure for failure in failed}
        last = {register.name: at for at, (register, _) in enumerate(given, 1)}
        for at, (register, number) in enumerate(given, 1):
            failure = failures.get(at)
            status: Status
            if failure is None:  # an earlier one on the same key may have been replaced, unsent
                status = "done" if last[register.name] == at else "ambiguous"
            else:
                status = "ambiguous" if failure.reason.maybe_applied else "refused"
                self._check_reason(register, failure.reason)
            settle(self.world, register, number, status, lingers=lingers)

    def _check_reason(self, register: Register, reason: DynamoDBError) -> None:
        if not isinstance(reason, EXPECTED) and type(reason) is not DynamoDBError:  # that one: it was not sent
            self.world.journal.find(f"{register.name}: {type(reason).__name__}: {reason}")

    async def _look(self, places: list[tuple[Table[Item], Key]]) -> None:
        """What was acknowledged just now must be there."""
        registers = self._registers(places)
        floors = [register.floor for register in registers]
        read = await self.ask(f"{self.operation()} looks", lambda: self.world.db.batch_get(places, consistent=True))
        unread = set() if read.value is None else {(table.name, key) for table, key in read.value.unprocessed}
        for (table, key), register, floor, item in zip(places, registers, floors, read.value or (), strict=False):
            if (table.name, key) not in unread:
                self.world.check(self.name, register.observe(item, floor))
