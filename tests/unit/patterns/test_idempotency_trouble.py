"""Idempotency among many: waiting, leases, lost answers, cancellation."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from hashrange.client import DynamoDB
from hashrange.errors import (
    DeadlineExceeded,
    IdempotencyError,
    InProgress,
    LeaseLost,
    NetworkError,
)
from hashrange.patterns.idempotency import Idempotency
from hashrange.testing import (
    FaultPlan,
    Rule,
    reset_after,
    reset_before,
    timeout_after,
)
from tests.fakes import turns
from tests.suspensions import When, for_each_suspension

from .deliveries import DAY, EVENT, MINUTE, NO_WAIT, Gate, World


@pytest.fixture
def world() -> World:
    return World()


# ── while another delivery is at work ────────────────────────────────────────────────────────────────────────────────
async def test_it_does_not_wait_where_it_should_not(world: World) -> None:
    gate = Gate()
    first = asyncio.ensure_future(world.handler(world.once, gate.work)(EVENT))
    await gate.begun.wait()
    with pytest.raises(InProgress, match=r"another delivery is at work .*table 'app'") as caught:
        await world.handler(world.machine(wait=NO_WAIT))(EVENT)
    assert isinstance(caught.value, IdempotencyError)
    assert world.clock.sleeps == []
    gate.open.set()
    assert await first == "worked"


async def test_it_waits_for_the_result(world: World) -> None:
    gate = Gate()
    first = asyncio.ensure_future(world.handler(world.once, gate.work)(EVENT))
    await gate.begun.wait()
    second = asyncio.ensure_future(world.handler(world.machine(wait=DAY))(EVENT))
    await turns(20)
    assert world.clock.sleeps
    gate.open.set()
    assert [await first, await second] == ["worked", "worked"]
    assert len(world.done) == 1
    assert world.clock.sleeps[:2] == sorted(world.clock.sleeps[:2]), "it looks less and less often"


async def test_it_waits_for_so_long(world: World) -> None:
    gate = Gate()
    first = asyncio.ensure_future(world.handler(world.once, gate.work)(EVENT))
    await gate.begun.wait()
    with pytest.raises(InProgress):
        await world.handler(world.machine(wait=timedelta(seconds=3)))(EVENT)
    assert sum(world.clock.sleeps) == pytest.approx(3)
    gate.open.set()
    assert await first == "worked"


async def test_of_many_at_once_one_works(world: World) -> None:
    results = await asyncio.gather(*(world.handler(world.machine())(EVENT) for _ in range(20)))
    assert results == [{"number": 1}] * 20
    assert len(world.done) == 1


# ── leases ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_who_died_is_taken_over_when_the_lease_is_over(world: World) -> None:
    """The first delivery never comes back."""
    await world.machine().guard("handle#1").__aenter__()
    later = world.handler(world.machine(wait=NO_WAIT))
    world.clock.advance(59)
    with pytest.raises(InProgress):
        await later(EVENT)
    world.clock.advance(1)
    assert await later(EVENT) == {"number": 1}


async def test_waiting_ends_with_the_lease(world: World) -> None:
    await world.machine().guard("handle#1").__aenter__()
    assert await world.handler(world.machine(wait=timedelta(hours=1)))(EVENT) == {"number": 1}
    assert sum(world.clock.sleeps) == pytest.approx(60)


async def test_whose_lease_was_lost_stores_nothing(world: World) -> None:
    gate = Gate()
    first = asyncio.ensure_future(world.handler(world.once, gate.work)(EVENT))
    await gate.begun.wait()
    world.clock.advance(60)
    second = world.handler(world.machine())
    assert await second(EVENT) == {"number": 2}
    gate.open.set()
    with pytest.raises(LeaseLost, match="lease"):
        await first
    assert await second(EVENT) == {"number": 2}


async def test_whose_lease_was_lost_does_not_remove_the_others_record(world: World) -> None:
    gate = Gate()

    async def failing(event: Any) -> Any:
        await gate.work(event)
        raise ZeroDivisionError

    for keep in (False, True):
        world.done.clear()
        gate.begun, gate.open = asyncio.Event(), asyncio.Event()
        event = {"id": f"keep-{keep}"}
        first = asyncio.ensure_future(world.handler(world.machine(keep_failures=keep), failing)(event))
        await gate.begun.wait()
        world.clock.advance(60)
        assert await world.handler(world.machine())(event) == {"number": 2}
        gate.open.set()
        with pytest.raises(ZeroDivisionError):
            await first
        assert await world.handler(world.machine())(event) == {"number": 2}


async def test_a_lease_that_is_over_is_still_ones_own_while_nobody_wants_it(world: World) -> None:
    async def slow(event: Any) -> Any:
        world.clock.advance(3600)
        return "slow"

    handle = world.handler(world.once, slow)
    assert [await handle(EVENT), await handle(EVENT)] == ["slow", "slow"]
    assert len(world.done) == 1


async def test_a_lease_can_be_extended(world: World) -> None:
    async with world.once.guard("a") as run:
        world.clock.advance(50)
        await run.extend()
        world.clock.advance(50)
        with pytest.raises(InProgress):
            async with world.machine(wait=NO_WAIT).guard("a"):
                pass
        run.result = 1
    assert (await world.record("a") or {})["result"] == 1


async def test_a_lost_lease_cannot_be_extended(world: World) -> None:
    async def slow() -> None:
        async with world.once.guard("a") as run:
            world.clock.advance(60)
            async with world.machine().guard("a") as other:
                other.result = 2
            await run.extend()

    with pytest.raises(LeaseLost):
        await slow()
    assert (await world.record("a") or {})["result"] == 2


# ── lost answers ─────────────────────────────────────────────────────────────────────────────────────────────────────
LOSSES = [
    Rule(reset_after(), ("PutItem", "DeleteItem"), probability=0.25),
    Rule(timeout_after(), "PutItem", probability=0.1),
    Rule(reset_before(), probability=0.15),
]


@pytest.mark.parametrize("nth", [1, 2])
async def test_a_lost_answer_changes_nothing(world: World, nth: int) -> None:
    handle = world.handler(world.machine(Rule(reset_after(), "PutItem", nth=nth)))
    assert [await handle(EVENT), await handle(EVENT)] == [{"number": 1}] * 2
    assert len(world.done) == 1


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_is_lost_nothing_is_done_twice_within_a_lease(world: World, seed: int) -> None:
    """Six events, each delivered to four machines until one delivery returns; answers get lost, and work fails."""

    async def work(event: Any) -> Any:
        if sum(one == event for one in world.done) == 1:
            raise ZeroDivisionError
        ended.setdefault(event["id"], []).append(world.clock.time())
        return event["id"]

    ended: dict[str, list[float]] = {}
    lease = timedelta(hours=4)

    async def deliver(number: int, event: Any) -> Any:
        machine = world.machine(*LOSSES, seed=seed * 1_000 + number, lease=lease, wait=timedelta(hours=5))
        handle = world.handler(machine, work)
        for _ in range(100):
            try:
                return await handle(event)
            except (ZeroDivisionError, NetworkError, DeadlineExceeded, InProgress):
                await asyncio.sleep(0)
        raise AssertionError("it never ended")

    events = [{"id": str(number)} for number in range(6)]
    deliveries = [(number, event) for number, event in enumerate(events * 4)]
    results = await asyncio.gather(*(deliver(number, event) for number, event in deliveries))
    assert results == [event["id"] for _, event in deliveries]
    for times in ended.values():
        assert all(later - earlier >= lease.total_seconds() for earlier, later in pairwise(times))


async def test_a_record_that_cannot_be_removed_ends_with_its_lease(world: World) -> None:
    async def failing(event: Any) -> Any:
        if len(world.done) == 1:
            raise ZeroDivisionError
        return "fine"

    handle = world.handler(world.machine(Rule(reset_before(), "DeleteItem"), wait=NO_WAIT), failing)
    with pytest.raises(ZeroDivisionError):
        await handle(EVENT)
    with pytest.raises(InProgress):
        await handle(EVENT)
    world.clock.advance(60)
    assert await handle(EVENT) == "fine"


# ── cancellation ─────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("when", ["waiting", "woken"])
async def test_cancelled_at_any_await(world: World, when: When, complaints: list[dict[str, Any]]) -> None:
    """Work that was done to its end is never done again; other work is, and at once: no lease is left behind."""
    ended: list[Any] = []

    async def work(event: Any) -> Any:
        await asyncio.sleep(0)
        ended.append(event)
        return "first"

    class Yielding(FaultPlan):
        async def send(self, request: Any) -> Any:
            await asyncio.sleep(0)
            try:
                return await super().send(request)
            finally:
                await asyncio.sleep(0)

    db = DynamoDB.in_memory(engine=world.engine, transport=lambda inner: Yielding(inner, []))
    idempotency = Idempotency(db.table("app", ttl_attribute="until"), lease=MINUTE, wait=NO_WAIT)
    number = 0

    async def body() -> None:
        nonlocal number
        number += 1
        ended.clear()
        await world.handler(idempotency, work)({"id": str(number)})

    async def after() -> None:
        async def again(event: Any) -> Any:
            return "second"

        done = bool(ended)
        result = await world.handler(world.machine(wait=NO_WAIT), again)({"id": str(number)})
        assert result == ("first" if done else "second")

    assert await for_each_suspension(body, after, when) >= 5
    assert complaints == []


async def test_cancelled_twice_while_the_result_is_stored_the_lease_ends_it(world: World) -> None:
    class Stuck(FaultPlan):
        puts = 0

        async def send(self, request: Any) -> Any:
            if request.operation == "PutItem":
                self.puts += 1
                if self.puts == 2:
                    stuck.set()
                    await asyncio.Event().wait()
            return await super().send(request)

    stuck = asyncio.Event()
    db = DynamoDB.in_memory(engine=world.engine, transport=lambda inner: Stuck(inner, []))
    handle = world.handler(Idempotency(db.table("app", ttl_attribute="until"), lease=MINUTE))
    task = asyncio.ensure_future(handle(EVENT))
    await stuck.wait()
    for _ in range(2):
        task.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task
    world.clock.advance(60)
    assert await world.handler(world.machine(wait=NO_WAIT))(EVENT) == {"number": 2}
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == 1
