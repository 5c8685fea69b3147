"""Event loops for tests: asyncio's, uvloop's, and one whose time is a number. And what must hold when a test is over.

A test's coroutine is run in a new loop by a decorator, and fails if it leaves a task, if anybody complained to the loop
("exception was never retrieved"), or if a socket was left to the garbage collector.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import inspect
import selectors
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import pytest
import uvloop

LoopFactory: TypeAlias = Callable[[], asyncio.AbstractEventLoop]
AsyncTest: TypeAlias = Callable[..., Awaitable[None]]
SyncTest: TypeAlias = Callable[..., None]

LOOPS: dict[str, LoopFactory] = {"asyncio": asyncio.SelectorEventLoop, "uvloop": uvloop.new_event_loop}


#: gives a test the argument ``loop_factory``
each_loop = pytest.mark.parametrize("loop_factory", LOOPS.values(), ids=LOOPS.keys())


def on_each_loop(test: AsyncTest) -> SyncTest:
    """Runs the test on asyncio and on uvloop."""

    def run(loop_factory: LoopFactory, **arguments: Any) -> None:
        run_clean(loop_factory, lambda: test(**arguments))

    functools.update_wrapper(run, test)
    parameter = inspect.Parameter("loop_factory", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    signature = inspect.signature(test)
    run.__dict__["__signature__"] = signature.replace(parameters=[parameter, *signature.parameters.values()])
    parametrized: SyncTest = each_loop(run)
    return parametrized


def in_virtual_time(test: AsyncTest) -> SyncTest:
    """Runs the test on a ``VirtualLoop``."""

    @functools.wraps(test)
    def run(*args: Any, **arguments: Any) -> None:
        run_clean(VirtualLoop, lambda: test(*args, **arguments))

    return run


def run_clean(loop_factory: LoopFactory, body: Callable[[], Awaitable[None]]) -> None:
    """Run the body in a new loop, and see that it leaves nothing."""
    complaints: list[dict[str, Any]] = []
    gc.disable()  # what the body makes stays in the youngest generation, which is quickly searched
    try:
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.get_loop().set_exception_handler(lambda _, context: complaints.append(context))
            runner.run(_without_rest(body))
        gc.collect(0)  # here a socket or a task that was forgotten warns, and a warning is an error
    finally:
        gc.enable()
    assert complaints == [], f"the loop heard complaints: {complaints}"


async def _without_rest(body: Callable[[], Awaitable[None]]) -> None:
    await body()
    await settle()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not left, f"tasks are left: {left}"


async def settle(rounds: int = 10) -> None:
    """Let all run that can run without waiting."""
    for _ in range(rounds):
        await asyncio.sleep(0)


# ── a loop without real time ─────────────────────────────────────────────────────────────────────────────────────────
class Stuck(RuntimeError):
    """Every task waits, no timer is set, and no byte will come."""


class _Selector(selectors.SelectSelector):
    advance: Callable[[float], None]

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise Stuck("nothing will ever happen again")
        self.advance(timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its time starts at 1,000 seconds and jumps to the next timer when there is nothing else to do.

    For code that only waits for timers, futures and bytes that a test feeds. Waiting for ever is an error, not a hang.
    """

    def __init__(self) -> None:
        self._now = 1_000.0
        selector = _Selector()
        selector.advance = self.advance
        super().__init__(selector)

    def time(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        """Let time pass without running anything."""
        self._now += seconds

    def timers(self) -> list[asyncio.TimerHandle]:
        """The timers that are set."""
        scheduled: Any = vars(self)["_scheduled"]
        return [timer for timer in scheduled if not timer.cancelled()]


def virtual_loop() -> VirtualLoop:
    """The loop of the test that runs in virtual time."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop
