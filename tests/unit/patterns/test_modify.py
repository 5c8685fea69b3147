"""``modify``: functions of all kinds, conflicts, ends, and a counter that is exact however answers get lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from hashrange.client import DynamoDB
from hashrange.errors import (
    ConnectionLost,
    DeadlineExceeded,
    DynamoDBError,
    ItemNotFound,
    ValidationError,
    VersionConflict,
)
from hashrange.key import Key
from hashrange.patterns.versioning import Versioned
from hashrange.simulator.engine import Engine
from hashrange.testing import (
    FakeClock,
    FaultPlan,
    Rule,
    Script,
    internal_error,
    reset_after,
    reset_before,
    scenarios,
    timeout_after,
    timeout_before,
)
from hashrange.types import Item
from tests.fakes import Chance
from tests.suspensions import When, for_each_suspension

KEY = Key("COUNT", "visits")
ZERO: Item = {"PK": "COUNT", "SK": "visits", "n": 0}
FOREVER = 1e9


@dataclass
class Count:
    PK: str
    SK: str
    n: int = 0
    note: str | None = None
    version: int = 0


def plus_one(item: Item) -> Item:
    item["n"] += 1
    return item


def zero() -> Item:
    return dict(ZERO)


class World:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.engine = Engine(["app"], clock=self.clock)
        self.db = DynamoDB.in_memory(engine=self.engine, randomness=Chance(0.5))
        self.table = self.db.table("app")
        self.counts = Versioned(self.table)

    def through(self, around: Callable[[Any], Any], **config: Any) -> Versioned[Item]:
        db = DynamoDB.in_memory(engine=self.engine, randomness=Chance(0.25), transport=around, **config)
        return Versioned(db.table("app"))

    def faulty(self, *rules: Rule, seed: int = 0, **config: Any) -> Versioned[Item]:
        return self.through(lambda inner: FaultPlan(inner, rules, seed=seed, clock=self.clock), **config)

    def contended(self, times: int) -> Versioned[Item]:
        """Somebody else writes before each of the first writes."""
        return self.through(
            lambda inner: Script(
                [*scenarios.optimistic_lock_retry(ZERO | {"version": 9}, times)], inner, operations={"PutItem"}
            )
        )

    async def n(self) -> int:
        item = await self.table.get_item(KEY, consistent=True)
        return -1 if item is None else int(item["n"])


@pytest.fixture
def world() -> World:
    return World()


# ── functions ────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_it_reads_applies_and_writes(world: World) -> None:
    await world.counts.put_versioned(ZERO, None)
    assert await world.counts.modify(KEY, plus_one) == ZERO | {"n": 1, "version": 2}
    assert await world.counts.modify(KEY, lambda item: item | {"n": 7}) == ZERO | {"n": 7, "version": 3}
    reads = [call for call in world.engine.calls("GetItem") if b'"ConsistentRead":true' in call.body]
    assert len(reads) == 2


async def test_a_coroutine_function(world: World) -> None:
    async def later(item: Item) -> Item:
        await asyncio.sleep(0)
        return plus_one(item)

    async def made() -> Item:
        return zero()

    assert (await world.counts.modify(KEY, later, create=made))["n"] == 1


async def test_none_changes_nothing(world: World) -> None:
    await world.counts.put_versioned(ZERO, None)
    assert await world.counts.modify(KEY, lambda item: None) == ZERO | {"version": 1}
    assert len(world.engine.calls("PutItem")) == 1


async def test_changed_and_returned_none_is_a_mistake(world: World) -> None:
    await world.counts.put_versioned(ZERO, None)

    def forgetful(item: Item) -> None:
        item["n"] += 1

    with pytest.raises(ValidationError, match="changed the item and returned None"):
        await world.counts.modify(KEY, forgetful)
    assert await world.n() == 0


async def test_where_there_is_no_item(world: World) -> None:
    with pytest.raises(ItemNotFound, match="create="):
        await world.counts.modify(KEY, plus_one)
    assert await world.counts.modify(KEY, plus_one, create=zero) == ZERO | {"n": 1, "version": 1}
    other = Key("COUNT", "other")
    made = await world.counts.modify(other, lambda item: None, create=lambda: {**ZERO, "SK": "other"})
    assert made["version"] == 1, "what create makes is written, changed or not"


async def test_with_a_model_what_it_does_not_know_is_kept(world: World) -> None:
    await world.table.put_item(ZERO | {"version": 4, "other": {"a"}, "note": "old"})
    counts: Versioned[Count] = Versioned(world.db.table("app", model=Count))

    def change(count: Count) -> Count:
        assert count.version == 4
        count.n, count.note = 5, None
        return count

    assert await counts.modify(KEY, change) == Count("COUNT", "visits", 5, None, 5)
    stored = await world.table.get_item(KEY)
    assert stored is not None
    stored.pop("version_marks")
    assert stored == ZERO | {"n": 5, "version": 5, "other": {"a"}}


async def test_an_item_without_a_version_gets_one(world: World) -> None:
    await world.table.put_item(ZERO)
    assert await world.counts.modify(KEY, plus_one) == ZERO | {"n": 1, "version": 1}


async def test_the_key_stays(world: World) -> None:
    await world.counts.put_versioned(ZERO, None)
    with pytest.raises(ValidationError, match="changed the item's key"):
        await world.counts.modify(KEY, lambda item: item | {"SK": "other"})


async def test_an_error_of_the_function_is_the_callers(world: World) -> None:
    await world.counts.put_versioned(ZERO, None)
    with pytest.raises(ZeroDivisionError):
        await world.counts.modify(KEY, lambda item: item | {"n": 1 // item["n"]})


@pytest.mark.parametrize("attempts", [0, -1, 1.5, True, "3"])
async def test_attempts_are_counted(world: World, attempts: Any) -> None:
    with pytest.raises(ValidationError, match="max_attempts"):
        await world.counts.modify(KEY, plus_one, max_attempts=attempts)


# ── conflicts ────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_after_a_conflict_it_reads_anew(world: World) -> None:
    await world.counts.put_versioned(ZERO, None)
    seen: list[int] = []

    def change(item: Item) -> Item:
        seen.append(item["version"])
        return plus_one(item)

    assert (await world.contended(2).modify(KEY, change))["n"] == 1
    assert seen == [1, 1, 1]
    assert world.clock.sleeps == [0.0125, 0.025], "base * 2^n * (1 + chance)"


async def test_it_gives_up_after_so_many_conflicts(world: World) -> None:
    await world.counts.put_versioned(ZERO, None)
    with pytest.raises(VersionConflict) as caught:
        await world.contended(9).modify(KEY, plus_one, max_attempts=3)
    assert (caught.value.expected, caught.value.found, caught.value.maybe_applied) == (1, 9, False)
    assert len(world.clock.sleeps) == 2


async def test_it_gives_up_when_its_time_is_up(world: World) -> None:
    await world.counts.put_versioned(ZERO, None)
    with pytest.raises(DeadlineExceeded, match="after 3 attempts") as caught:
        await world.contended(9).modify(KEY, plus_one, timeout=0.05)
    assert isinstance(caught.value.__cause__, VersionConflict)
    assert sum(world.clock.sleeps) < 0.05


# ── lost answers ─────────────────────────────────────────────────────────────────────────────────────────────────────
LOSSES = [
    Rule(reset_after(), "PutItem", probability=0.15),
    Rule(timeout_after(), "PutItem", probability=0.1),
    Rule(reset_before(), "PutItem", probability=0.1),
    Rule(timeout_before(), "PutItem", probability=0.05),
    Rule(internal_error(), "PutItem", probability=0.05),
]


@pytest.mark.parametrize("seed", range(5))
async def test_a_counter_is_exact(world: World, seed: int) -> None:
    """Twenty workers, each of its own client; two of five writes lose their answer or never arrive."""

    async def worker(number: int) -> None:
        counts = world.faulty(*LOSSES, seed=seed * 100 + number, circuit=None)
        for _ in range(10):
            await counts.modify(KEY, plus_one, create=zero, max_attempts=1_000, timeout=FOREVER)

    await asyncio.gather(*map(worker, range(20)))
    assert await world.n() == 200


async def test_what_is_said_is_true_even_where_time_runs_out(world: World) -> None:
    """Whoever is told success has counted once; whoever is told a sure failure has not counted."""
    counts = world.faulty(*LOSSES, *[Rule(timeout_after(), "PutItem", probability=0.9)], seed=1, circuit=None)
    ends: list[str] = []

    async def worker() -> None:
        for _ in range(15):
            try:
                await counts.modify(KEY, plus_one, create=zero, max_attempts=3)
            except DynamoDBError as error:
                ends.append("unknown" if error.maybe_applied else "failed")
            else:
                ends.append("counted")

    await asyncio.gather(*(worker() for _ in range(6)))
    counted, unknown = ends.count("counted"), ends.count("unknown")
    assert counted <= await world.n() <= counted + unknown
    assert {"counted", "unknown"} <= set(ends)


async def test_a_lost_write_is_found_by_reading(world: World) -> None:
    """All attempts of the first write fail, and the first of them was applied."""
    await world.counts.put_versioned(ZERO, None)
    counts = world.faulty(
        Rule(reset_after(), "PutItem", nth=1), Rule(reset_before(), "PutItem", nth={2, 3, 4, 5}), circuit=None
    )
    assert (await counts.modify(KEY, plus_one))["n"] == 1
    assert await world.n() == 1


async def test_a_write_that_never_arrived_is_written_anew(world: World) -> None:
    await world.counts.put_versioned(ZERO, None)
    counts = world.faulty(Rule(reset_before(), "PutItem", nth={1, 2, 3}), circuit=None)
    assert (await counts.modify(KEY, plus_one))["n"] == 1
    assert await world.n() == 1


async def test_where_nobody_knows_it_says_so(world: World) -> None:
    """The answers are lost, and somebody else replaces the item without marks meanwhile."""
    await world.counts.put_versioned(ZERO, None)

    class Replacing(FaultPlan):
        async def send(self, request: Any) -> Any:
            if request.operation == "GetItem" and len(self.log) == 3:
                await world.table.put_item(ZERO | {"version": 50})
            return await super().send(request)

    counts = world.through(
        lambda inner: Replacing(inner, [Rule(reset_after(), "PutItem", nth={1, 2, 3})], clock=world.clock), circuit=None
    )
    with pytest.raises(ConnectionLost) as caught:
        await counts.modify(KEY, plus_one)
    assert (caught.value.operation, caught.value.maybe_applied) == ("PutItem", True)


async def test_an_error_while_looking_says_that_it_may_have_been_applied(world: World) -> None:
    await world.counts.put_versioned(ZERO, None)
    counts = world.faulty(
        Rule(reset_before(), "PutItem", nth={1, 2, 3}),
        Rule(reset_before(), "GetItem", nth=set(range(2, 20))),
        circuit=None,
    )
    with pytest.raises(ConnectionLost) as caught:
        await counts.modify(KEY, plus_one)
    assert caught.value.operation == "GetItem"
    assert caught.value.maybe_applied


# ── cancellation ─────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("when", ["waiting", "woken"])
async def test_cancelled_at_any_await_the_count_is_whole(world: World, when: When) -> None:
    await world.counts.put_versioned(ZERO, None)
    before = 0

    async def change(item: Item) -> Item:
        await asyncio.sleep(0)
        return plus_one(item)

    async def body() -> None:
        nonlocal before
        before = await world.n()
        world.clock.sleeps.clear()
        await world.contended(1).modify(KEY, change)

    async def after() -> None:
        assert await world.n() - before in (0, 1)
        assert (await world.counts.modify(KEY, plus_one))["n"] == await world.n()

    assert await for_each_suspension(body, after, when) >= 3
