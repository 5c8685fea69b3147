"""The simulator as a transport of the client: the same bytes as over a socket, without one.

Owns latency and fairness to other tasks. Must not know operations.
"""

from __future__ import annotations

import asyncio
from typing import Final

from ..errors import AttemptTimeout, ClientClosed
from ..wire.transport import Request, Response
from .endpoint import handle
from .engine import Engine

#: a call suspends nothing of itself; a loop of calls must not keep others from running
CALLS_BETWEEN_YIELDS: Final = 64


class InProcess:
    """Carries requests to an engine in the same process.

    Args:
        engine: who answers.
        latency: seconds that every request takes, on the engine's clock; half of it before the engine sees the request.
            A request that takes longer than its timeout fails as it would on a network: applied or not.
    """

    __slots__ = ("_closed", "_sent", "engine", "latency")

    def __init__(self, engine: Engine, *, latency: float = 0.0) -> None:
        self.engine, self.latency = engine, latency
        self._sent = 0
        self._closed = False

    def __repr__(self) -> str:
        return f"<InProcess {self.engine!r}>"

    async def send(self, request: Request) -> Response:
        self._sent += 1
        if self.latency:
            return await self._send_slowly(request)
        if self._sent % CALLS_BETWEEN_YIELDS == 0:
            await asyncio.sleep(0)
        return self._answer(request)

    def repair(self, error: object, response: Response) -> bool:
        return False

    async def close(self) -> None:
        self._closed = True

    async def _send_slowly(self, request: Request) -> Response:
        sleep, half = self.engine.clock.sleep, self.latency / 2
        if request.timeout < half:
            await sleep(max(0.0, request.timeout))
            raise AttemptTimeout("no whole answer came in time")
        await sleep(half)
        response = self._answer(request)
        if request.timeout < self.latency:
            await sleep(request.timeout - half)
            raise AttemptTimeout("no whole answer came in time")
        await sleep(half)
        response.wait = self.latency
        return response

    def _answer(self, request: Request) -> Response:
        if self._closed:
            error = ClientClosed("the client was closed")
            error.sent = False
            raise error
        status, body = handle(self.engine, request.operation, request.body)
        return Response(status, body, self.engine.request_id())
