"""Cancels a coroutine at its first suspension, at its second, and so on, until it gets through.

Every place at which a coroutine waits is a place at which it can be cancelled, in two ways: while it waits, and when
what it waited for has come but it has not run yet. Both must leave nothing behind.
"""

from __future__ import annotations

import asyncio
import types
from collections.abc import Callable, Coroutine, Generator
from typing import Any, Literal, TypeVar

T = TypeVar("T")
When = Literal["waiting", "woken"]

SUSPENSIONS_MAX = 200


@types.coroutine
def _counted(body: Coroutine[Any, Any, T], at_suspension: Callable[[int, Any], None]) -> Generator[Any, Any, T]:
    """The body, with a call of ``at_suspension(number, future)`` whenever it is about to wait for a future."""
    number, error = 0, None
    while True:
        try:
            future = body.send(None) if error is None else body.throw(error)
        except StopIteration as end:
            result: T = end.value
            return result
        number += 1
        at_suspension(number, future)
        error = None
        try:
            yield future
        except BaseException as thrown:  # handed on into the body
            error = thrown


async def cancelled_at(body: Coroutine[Any, Any, T], number: int, when: When) -> T:
    """The body's result; or CancelledError, because it has been cancelled at its so-manieth suspension."""

    def at_suspension(count: int, future: Any) -> None:
        if count != number:
            return
        if when == "woken" and future is not None:
            future.add_done_callback(lambda _: task.cancel())  # runs before the task's own wake-up
        else:
            asyncio.get_running_loop().call_soon(task.cancel)

    async def run() -> T:
        return await _counted(body, at_suspension)

    task = asyncio.create_task(run())
    return await task


async def for_each_suspension(
    make_body: Callable[[], Coroutine[Any, Any, T]], after: Callable[[], Coroutine[Any, Any, None]], when: When
) -> int:
    """Cancel the body at each of its suspensions in turn; ``after`` checks what is left each time.

    Returns:
        how many suspensions there are.
    """
    for number in range(1, SUSPENSIONS_MAX):
        try:
            await cancelled_at(make_body(), number, when)
        except asyncio.CancelledError:
            await after()
        else:
            await after()
            return number - 1
    raise AssertionError(f"the body still suspends after {SUSPENSIONS_MAX} times")
