"""Those who keep items of their own: one writer for each item, one write at a time, and many readers.

A writer that lost an answer waits until no request of it can arrive any more, and then reads what is stored: nobody can
call a request back. What readers see must be the last acknowledged version, or a later one.
"""

from __future__ import annotations

import math
from typing import Any, Final

from hashrange import Attr, Key, Table, Update
from hashrange.errors import ConditionFailed

from .effects import Register
from .weather import LIFE_MAX_SECONDS
from .workers import Worker
from .world import World

_ITEMS: Final = 5
_GROUPS: Final = 3

Item = dict[str, Any]


class Keeper(Worker):
    """Writes items of its own in every way."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world, name)
        self.keys = [Key(name, f"item#{number}") for number in range(_ITEMS)]
        for key in self.keys:
            world.registers["app", key] = Register(f"{name} {key.sort!r}")

    async def step(self) -> None:
        key = self.chance.choice(self.keys)
        register = self.world.registers["app", key]
        await wait_until_writable(self.world, [register])
        if not register.is_certain and not await self._look(key, register):
            return
        kind = self.chance.choice(("put", "put", "update", "update", "delete"))
        conditional = self.chance.random() < 0.5
        number = register.next_number
        after, make = getattr(self, f"_{kind}")(key, register, number, conditional)
        assert register.begin(after) == number
        outcome = await self.ask(f"{self.operation()} {kind} {register.name} version {number}", make)
        settle(self.world, register, number, outcome.status, lingers=outcome.lingers)
        if isinstance(outcome.error, ConditionFailed) and not (kind == "delete" and outcome.error.maybe_applied):
            self.world.journal.find(f"{register.name} version {number}: refused by {outcome.error.item}")

    async def _look(self, key: Key, register: Register) -> bool:
        """Find out what is stored, where a write was ambiguous."""
        read = await self.ask(f"{self.operation()} looks", lambda: self.world.app.get_item(key, consistent=True))
        if read.status == "done":
            self.world.check(self.name, register.resolve(read.value))
        return read.status == "done"

    def _condition(self, register: Register, *, conditional: bool) -> Any:
        if not conditional:
            return None
        return Attr("PK").not_exists() if register.item is None else Attr("version") == register.item["version"]

    def _put(self, key: Key, register: Register, number: int, conditional: bool) -> tuple[Item, Any]:
        item = {"PK": key.partition, "SK": key.sort, **content_of(self, number)}
        condition = self._condition(register, conditional=conditional)
        return item, lambda: self.world.app.put_item(item, condition=condition)

    def _update(self, key: Key, register: Register, number: int, conditional: bool) -> tuple[Item, Any]:
        there = register.item or {"PK": key.partition, "SK": key.sort}
        update = Update().set("version", number).set("touched", number).remove("stamp")
        item = {**there, "version": number, "touched": number}
        item.pop("stamp", None)
        condition = self._condition(register, conditional=conditional)
        return item, lambda: self.world.app.update_item(key, update, condition=condition)

    def _delete(self, key: Key, register: Register, number: int, conditional: bool) -> tuple[None, Any]:
        condition = self._condition(register, conditional=conditional and register.item is not None)
        return None, lambda: self.world.app.delete_item(key, condition=condition)


class Reader(Worker):
    """Reads others' items in every way."""

    async def step(self) -> None:
        await getattr(self, self.chance.choice(("_get", "_batch_get", "_query", "_query_index", "_scan")))()

    def _place(self) -> tuple[tuple[str, Key], Register]:
        return self.chance.choice(list(self.world.registers.items()))

    def _table(self, name: str) -> Table[Item]:
        return self.world.app if name == "app" else self.world.rows

    async def _get(self) -> None:
        (table, key), register = self._place()
        consistent = self.chance.random() < 0.7
        floor = register.floor if consistent else 0
        read = await self.ask(
            f"{self.operation()} gets {register.name}",
            lambda: self._table(table).get_item(key, consistent=consistent),
        )
        if read.status == "done":
            self.world.check(self.name, register.observe(read.value, floor))

    async def _batch_get(self) -> None:
        places = [self._place() for _ in range(self.chance.randint(1, 120))]
        floors = [register.floor for _, register in places]
        requests = [(self._table(table), key) for (table, key), _ in places]
        read = await self.ask(
            f"{self.operation()} gets {len(places)}", lambda: self.world.db.batch_get(requests, consistent=True)
        )
        if read.value is None:
            return
        unread = {(table.name, key) for table, key in read.value.unprocessed}
        for (place, register), floor, item in zip(places, floors, read.value, strict=True):
            if place not in unread:
                self.world.check(self.name, register.observe(item, floor))

    async def _query(self) -> None:
        owner = str(self._place()[0][1].partition)
        floors = {
            key: register.floor
            for (table, key), register in self.world.registers.items()
            if (table, key.partition) == ("app", owner)
        }
        timeout = self.chance.choice((None, 2.0, 20.0))  # None: each page has the client's
        size, prefetch = self.chance.randint(2, 40), self.chance.random() < 0.5
        query = self.world.app.query(owner, consistent=True, page_size=size, timeout=timeout, prefetch=prefetch)
        within = math.inf if timeout is None else timeout
        read = await self.ask(f"{self.operation()} queries {owner}", query.all, within=within)
        if read.value is None:
            return
        found = {Key(item["PK"], item["SK"]): item for item in read.value}
        if len(found) != len(read.value) or list(found) != sorted(found, key=lambda key: str(key.sort)):
            self.world.journal.find(f"{self.name}: the items of {owner} are not in order: {list(found)}")
        for key, floor in floors.items():
            self.world.check(self.name, self.world.registers["app", key].observe(found.get(key), floor))

    async def _scan(self) -> None:
        floors = {key: register.floor for (table, key), register in self.world.registers.items() if table == "app"}
        scan = self.world.app.scan(segments=self.chance.randint(1, 4), consistent=True, page_size=30)
        read = await self.ask(f"{self.operation()} scans", scan.all, within=math.inf)
        if read.value is None:
            return
        found = {Key(item["PK"], item["SK"]): item for item in read.value}
        if len(found) != len(read.value):
            self.world.journal.find(f"{self.name}: a scan gave an item twice")
        for key, floor in floors.items():
            self.world.check(self.name, self.world.registers["app", key].observe(found.get(key), floor))

    async def _query_index(self) -> None:
        group = f"group#{self.chance.randrange(_GROUPS)}"
        read = await self.ask(
            f"{self.operation()} queries {group}",
            lambda: self.world.app.query(group, index="by_group", limit=20).all(),
            within=math.inf,
        )
        for item in read.value or ():
            register = self.world.registers["app", Key(item["PK"], item["SK"])]
            if item["group"] != group:
                self.world.journal.find(f"{self.name}: {item} is not of {group}")
            self.world.check(self.name, register.observe(item, 0))


def content_of(worker: Worker, number: int) -> Item:
    """What a version of an item has besides its key."""
    chance = worker.chance
    content: Item = {"version": number, "text": "x" * chance.randrange(40), "owner": worker.name}
    if chance.random() < 0.7:
        content |= {"group": f"group#{chance.randrange(_GROUPS)}", "stamp": f"{number:05}"}
    elif chance.random() < 0.5:
        content["stamp"] = f"{number:05}"
    return content


def settle(world: World, register: Register, number: int, status: Any, *, lingers: bool) -> None:
    world.check(register.name, register.settle(number, status))
    if lingers and world.weather.late:
        register.writable_at = world.clock.monotonic() + LIFE_MAX_SECONDS


async def wait_until_writable(world: World, registers: list[Register]) -> None:
    wait = max(register.writable_at for register in registers) - world.clock.monotonic()
    if wait > 0:
        await world.clock.sleep(wait)
