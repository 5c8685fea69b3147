"""The cache of a client: closing it, and several event loops, one after the other and at once."""

from __future__ import annotations

import asyncio
import threading

import pytest

from hashrange.errors import ClientClosed

from .servers import HOUR, NOW
from .steered import MINUTE, World, settle


# ── close, and loops ─────────────────────────────────────────────────────────────────────────────────────────────────
async def test_close_cancels_what_is_under_way() -> None:
    world = World()
    world.source.gate = asyncio.Event()
    caller = asyncio.create_task(world.get())
    await settle()
    await world.cache.close()
    with pytest.raises(ClientClosed) as caught:
        await caller
    assert caught.value.sent is False
    assert asyncio.all_tasks() == {asyncio.current_task()}
    with pytest.raises(ClientClosed):
        await world.get()
    await world.cache.close()


async def test_close_leaves_what_is_held_and_renews_no_more() -> None:
    world = World()
    await world.get()
    await world.cache.close()
    world.clock.now = NOW + 46 * MINUTE
    assert world.current() == 1
    await settle()
    assert world.source.fetches == 1


async def test_close_waits_for_the_background_task() -> None:
    world = World()
    await world.get()
    world.source.gate = asyncio.Event()
    world.clock.now = NOW + 46 * MINUTE
    assert world.current() == 1
    await settle()
    await world.cache.close()
    assert asyncio.all_tasks() == {asyncio.current_task()}


def test_serves_one_loop_after_the_other() -> None:
    world = World()
    assert asyncio.run(world.get()) == 1
    world.clock.now += HOUR
    assert asyncio.run(world.get()) == 2

    async def leave_a_renewal_behind() -> None:
        world.source.gate = asyncio.Event()
        world.clock.now += 46 * MINUTE
        assert world.current() == 2
        await settle()

    asyncio.run(leave_a_renewal_behind())  # ending, the loop cancels its tasks
    world.source.gate = None
    world.clock.now += 5 * MINUTE
    assert asyncio.run(world.get()) == 4


def test_a_loop_that_died_with_its_task_is_forgotten() -> None:
    world = World()
    world.source.gate = asyncio.Event()
    dead = asyncio.new_event_loop()
    flights: list[asyncio.Task[int | None]] = []

    async def begin() -> None:
        flights.append(asyncio.create_task(world.get()))
        await settle()

    dead.run_until_complete(begin())
    dead.close()
    world.source.gate = None
    assert asyncio.run(world.get()) == 2
    asyncio.run(world.cache.close())


def test_close_reaches_a_flight_of_another_loop() -> None:
    world = World()
    started, ended = threading.Event(), threading.Event()
    outcome: list[BaseException] = []

    async def wait_for_ever() -> None:
        world.source.gate = asyncio.Event()
        world.source.during = started.set
        try:
            await world.get()
        except ClientClosed as error:
            outcome.append(error)
        ended.set()

    thread = threading.Thread(target=lambda: asyncio.run(wait_for_ever()))
    thread.start()
    assert started.wait(10)
    asyncio.run(world.cache.close())
    assert ended.wait(10)
    thread.join()
    assert len(outcome) == 1


def test_two_loops_at_once_have_a_flight_each() -> None:
    world = World()
    barrier = threading.Barrier(2, timeout=10)
    world.source.during = barrier.wait  # each of the two fetches waits for the other one
    found: list[int | None] = []
    threads = [threading.Thread(target=lambda: found.append(asyncio.run(world.get()))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found, key=str) == [1, 2]


def test_without_a_loop_the_old_ones_are_given() -> None:
    world = World()
    asyncio.run(world.get())
    world.clock.now = NOW + 46 * MINUTE
    assert world.current() == 1
    assert world.source.fetches == 1
