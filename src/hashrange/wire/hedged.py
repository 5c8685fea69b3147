"""Hedged reads: a second attempt beside one that is slow; the first answer wins and the other is cancelled.

A transport around another one. Must not know retries, or what is in a body.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Final, TypeVar

from ..clock import Clock
from ..errors import DynamoDBError, NetworkError
from .transport import Request, Response, Transport

T = TypeVar("T")

#: reads that are answered at once, so that a second one costs little
HEDGED: Final = frozenset({"GetItem", "BatchGetItem"})


class Hedged:
    """Sends some reads twice where the first attempt takes long.

    Args:
        transport: what carries both attempts.
        after: seconds until the second attempt, which has what is left of the first one's time.
        clock: measures them.
    """

    __slots__ = ("_after", "_clock", "_transport")

    def __init__(self, transport: Transport, after: float, clock: Clock) -> None:
        self._transport, self._after, self._clock = transport, after, clock

    def __repr__(self) -> str:
        return f"<Hedged after {self._after:g} s {self._transport!r}>"

    async def send(self, request: Request) -> Response:
        if request.operation not in HEDGED or request.timeout <= self._after:
            return await self._transport.send(request)
        first = _started(self._transport.send(request))
        timer = _started(self._clock.sleep(self._after))
        racers = [first]
        try:
            await asyncio.wait((first, timer), return_when=asyncio.FIRST_COMPLETED)
            if first.done():
                return first.result()
            time_left = request.timeout - self._after
            second = Request(request.operation, request.body, time_left, request.table)
            racers.append(_started(self._transport.send(second)))
            return await _first_answer(racers)
        finally:
            await _end([timer, *racers])

    def repair(self, error: DynamoDBError, response: Response) -> bool:
        return self._transport.repair(error, response)

    async def close(self) -> None:
        await self._transport.close()


def _started(body: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """A task whose error is no complaint of asyncio's, even if nobody asks for it any more."""
    task = asyncio.create_task(body)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task


async def _first_answer(racers: Sequence[asyncio.Task[Response]]) -> Response:
    """The first answer that arrives, be it an error of the service. Of a network that fails, only the last one counts:
    it may still carry the other."""
    waiting: set[asyncio.Task[Response]] = set(racers)
    while True:
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finished = [racer for racer in racers if racer in done]
        for racer in finished:
            if not isinstance(racer.exception(), NetworkError):
                return racer.result()
        if not waiting:
            return finished[-1].result()


async def _end(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Cancel what is still running, and wait until it has let go of its connection."""
    running = [task for task in tasks if task.cancel()]
    if running:
        await asyncio.wait(running)
