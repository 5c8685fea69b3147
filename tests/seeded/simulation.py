"""Virtual time for a whole system: one loop, whose time jumps to the next timer when nobody can run.

The order in which tasks run follows from the program alone, so a seeded program repeats itself. A system in which all
wait for each other ends with the names of the tasks that wait. Must not know what is simulated.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from tests.loops import Stuck, VirtualLoop, settle

T = TypeVar("T")

EPOCH: Final = 1_800_000_000.0  # seconds since the epoch when the loop's time is 0: January 2027


class Deadlock(AssertionError):
    """Every task waits for another one."""


class Unfinished(AssertionError):
    """The system ended with tasks that still run, or somebody complained to the loop."""


class LoopClock:
    """The time of the running loop, for the client and for the engine."""

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    def time(self) -> float:
        return EPOCH + self.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


def run_simulated(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a system in virtual time.

    Raises:
        Deadlock: all of its tasks wait, and no timer is set.
        Unfinished: it left a task behind, or an error that nobody looked at.
    """
    complaints: list[str] = []
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        loop = runner.get_loop()
        loop.set_exception_handler(lambda _, context: complaints.append(f"{context}"))
        try:
            result = runner.run(_without_rest(main))
        except Stuck:
            waiting = sorted(map(_where, asyncio.all_tasks(loop)))
            raise Deadlock(f"nobody can run; waiting are {', '.join(waiting)}") from None
    if complaints:
        raise Unfinished(f"the loop heard complaints: {complaints}")
    return result


async def _without_rest(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    task = asyncio.current_task()
    assert task is not None
    task.set_name("main")
    result = await main()
    await settle()
    left = asyncio.all_tasks() - {task}
    if left:
        raise Unfinished(f"tasks are left: {', '.join(sorted(map(_where, left)))}")
    return result


def _where(task: asyncio.Task[Any]) -> str:
    """A task's name, and the function in which it waits."""
    innermost = task.get_coro()
    while (inner := getattr(innermost, "cr_await", None)) is not None and hasattr(inner, "cr_await"):
        innermost = inner
    return f"{task.get_name()} (in {getattr(innermost, '__qualname__', '?')})"
