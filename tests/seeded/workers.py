"""Those who write what others write too: counters, shelves, documents, claims and locks.

Each write leaves the name of its operation behind, so that the model can say of every one whether it was applied, and
how often. Must not know how the network fails.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from random import Random
from typing import Any, Final, TypeVar

from hashrange import Attr, Key, Raw, Update
from hashrange.errors import ConditionFailed

from .effects import Effects
from .weather import LIFE_MAX_SECONDS
from .world import COUNTERS, DOCUMENTS, SHELVES, Outcome, World

T = TypeVar("T")

_PAUSE_MEAN_SECONDS: Final = 0.5
_CLAIM_SHARED_BY: Final = 3
_LOCKS: Final = 2
_RELEASES_MAX: Final = 200


class Worker:
    """Does its steps, one after the other.

    Args:
        world: where.
        name: its own.
    """

    def __init__(self, world: World, name: str) -> None:
        self.world, self.name = world, name
        self.chance = Random(f"{name} {world.seed}")
        self._operations = 0

    async def run(self) -> None:
        for _ in range(self.world.weather.steps):
            await self.world.clock.sleep(self.chance.expovariate(1 / _PAUSE_MEAN_SECONDS))
            await self.step()

    async def step(self) -> None:
        raise AssertionError("a worker has a step")

    def operation(self) -> str:
        """The name of the next operation."""
        self._operations += 1
        return f"{self.name}/{self._operations}"

    async def ask(self, what: str, make: Callable[[], Coroutine[Any, Any, T]], **options: Any) -> Outcome[T]:
        """Make a call, and lose patience now and then."""
        patience = self.chance.expovariate(1.0) if self.chance.random() < self.world.weather.impatience else None
        return await self.world.ask(what, make, patience=patience, **options)

    async def write(
        self, effects: Effects, operation: str, what: str, make: Callable[[], Coroutine[Any, Any, T]]
    ) -> Outcome[T]:
        """Make a call that leaves the operation's name behind."""
        effects.begin(operation)
        outcome = await self.ask(f"{operation} {what}", make)
        effects.settle(operation, outcome.status)
        return outcome


class Counter(Worker):
    """Counts: never sent twice, so an unanswered count is reported, and counted once or not."""

    async def step(self) -> None:
        world, operation, number = self.world, self.operation(), self.chance.randrange(COUNTERS)
        update = self._update(operation)
        outcome = await self.write(
            world.counters[number], operation, f"counts {number}",
            lambda: world.app.update_item(
                Key(f"counter#{number}", "counter"), update, returns="all_new", retry_ambiguous=world.retry_ambiguous
            ),
        )  # fmt: skip
        if outcome.value is not None:
            item = outcome.value.item or {}
            if operation not in item["names"] or item["n"] != len(item["names"]):
                world.journal.find(f"{operation}: the counter is {item['n']} after {sorted(item['names'])}")

    def _update(self, operation: str) -> Update | Raw:
        how = self.chance.randrange(3)
        if how == 0:
            return Update().add("n", 1).add("names", {operation})
        if how == 1:
            return Update().increment("n", start=0).add("names", {operation})
        return Raw(
            "SET n = if_not_exists(n, :zero) + :one ADD #names :names",
            {"#names": "names"},
            {":zero": 0, ":one": 1, ":names": {operation}},
        )


class Buyer(Worker):
    """Takes from a shelf while there is something on it."""

    async def step(self) -> None:
        world, operation, number = self.world, self.operation(), self.chance.randrange(SHELVES)
        outcome = await self.write(
            world.shelves[number], operation, f"buys from {number}",
            lambda: world.app.update_item(
                Key(f"shelf#{number}", "shelf"),
                Update().add("free", -1).add("names", {operation}),
                condition=Attr("free") >= 1,
            ),
        )  # fmt: skip
        error = outcome.error
        if isinstance(error, ConditionFailed) and (error.maybe_applied or error.item["free"] >= 1):
            world.journal.find(f"{operation}: refused by {error.item}, maybe_applied: {error.maybe_applied}")


class Editor(Worker):
    """Reads a document and writes it back under its version, with its own name in the trail."""

    async def step(self) -> None:
        world, operation, number = self.world, self.operation(), self.chance.randrange(DOCUMENTS)
        key = Key(f"document#{number}", "document")
        read = await self.ask(f"{operation} reads {key}", lambda: world.app.get_item(key, consistent=True))
        if read.value is None:
            return
        version, trail = read.value["version"], [*read.value["trail"], operation]
        if len(trail) != version + 1:
            world.journal.find(f"{operation}: version {version} of {key} has the trail {read.value['trail']}")
        condition = Attr("version") == version
        document = {"PK": key.partition, "SK": key.sort, "version": version + 1, "trail": trail}
        if self.chance.random() < 0.5:
            await self.write(
                world.documents[number], operation, f"puts {key}",
                lambda: world.app.put_item(document, condition=condition),
            )  # fmt: skip
        else:
            update = Update().set("version", version + 1).set("trail", trail)
            await self.write(
                world.documents[number], operation, f"updates {key}",
                lambda: world.app.update_item(key, update, condition=condition),
            )  # fmt: skip


class Claimer(Worker):
    """Wants to be the first; several want the same."""

    async def step(self) -> None:
        world, operation = self.world, self.operation()
        number = self._operations // _CLAIM_SHARED_BY
        item = {"PK": f"claim#{number}", "SK": "claim", "owner": operation}
        outcome = await self.write(
            world.claims.setdefault(number, Effects()), operation, f"claims {number}",
            lambda: world.app.put_item(item, condition=Attr("PK").not_exists()),
        )  # fmt: skip
        if isinstance(outcome.error, ConditionFailed) and outcome.error.item is None:
            world.journal.find(f"{operation}: refused because of nothing")


class Locker(Worker):
    """Takes a lock, holds it for a while, gives it back: nobody else may hold it meanwhile."""

    async def step(self) -> None:
        world, operation, number = self.world, self.operation(), self.chance.randrange(_LOCKS)
        item = {"PK": f"lock#{number}", "SK": "lock", "owner": operation}
        taken = await self.ask(
            f"{operation} locks {number}",
            lambda: world.app.put_item(item, condition=Attr("PK").not_exists()),
        )
        if taken.status == "refused" and not taken.lingers:
            return
        if taken.status == "done":
            if (other := world.holders.get(number)) is not None:
                world.journal.find(f"{operation} holds lock {number}, which {other} holds")
            world.holders[number] = operation
            await world.clock.sleep(self.chance.expovariate(1.0))
            del world.holders[number]
            await self._release(number, operation, sure=True)
        if world.weather.late and (taken.lingers or taken.status != "done"):
            await world.clock.sleep(LIFE_MAX_SECONDS)  # its put may arrive now, when it has been given back
            await self._release(number, operation, sure=False)
        elif taken.status != "done":
            await self._release(number, operation, sure=False)

    async def _release(self, number: int, operation: str, *, sure: bool) -> None:
        """Give a lock back; it takes as many calls as it takes.

        Args:
            sure: whether it is held for sure, so that somebody else must have taken it away where it is not there.
        """
        world, unknown = self.world, False
        for _ in range(_RELEASES_MAX):
            outcome = await world.ask(
                f"{operation} unlocks {number}",
                lambda: world.app.delete_item(Key(f"lock#{number}", "lock"), condition=Attr("owner") == operation),
            )
            if outcome.status == "done":
                return
            unknown = unknown or outcome.status == "ambiguous"
            if isinstance(outcome.error, ConditionFailed):
                if sure and not unknown:
                    world.journal.find(f"{operation} had lock {number} and finds {outcome.error.item}")
                return
            await world.clock.sleep(5.0)
        world.journal.find(f"{operation} cannot give lock {number} back")
