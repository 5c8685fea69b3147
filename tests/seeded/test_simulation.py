"""The loop in virtual time: it repeats itself, and tells who waits for ever."""

from __future__ import annotations

import asyncio

import pytest

from .simulation import EPOCH, Deadlock, LoopClock, Unfinished, run_simulated


def test_time_passes_only_where_all_wait() -> None:
    clock = LoopClock()
    order: list[tuple[str, float]] = []

    async def wait(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        order.append((name, clock.monotonic() - 1_000.0))

    async def main() -> float:
        await asyncio.gather(wait("long", 86_400.0), wait("short", 0.5), wait("none", -1.0))
        return clock.time()

    assert run_simulated(main) == EPOCH + 87_400.0
    assert order == [("none", 0.0), ("short", 0.5), ("long", 86_400.0)]


def test_a_deadlock_names_those_who_wait() -> None:
    async def first(lock: asyncio.Lock) -> None:
        await lock.acquire()

    async def main() -> None:
        lock = asyncio.Lock()
        await lock.acquire()
        await asyncio.create_task(first(lock), name="the first")

    with pytest.raises(Deadlock, match=r"^nobody can run; waiting are main \(in .*\), the first \(in Lock\.acquire\)$"):
        run_simulated(main)


def test_a_task_that_is_left_is_named() -> None:
    tasks = []

    async def main() -> None:
        tasks.append(asyncio.create_task(asyncio.sleep(3_600.0), name="forgotten"))

    with pytest.raises(Unfinished, match=r"^tasks are left: forgotten \(in sleep\)$"):
        run_simulated(main)


def test_an_error_that_nobody_looks_at_is_told() -> None:
    async def fail() -> None:
        raise ValueError("unseen")

    async def main() -> None:
        task = asyncio.create_task(fail())
        await asyncio.sleep(1.0)
        del task

    with pytest.raises(Unfinished, match="unseen"):
        run_simulated(main)
