"""A transport around another one that loses answers: the request arrives and is carried out, and nobody hears of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from hashrange.client import DynamoDB
from hashrange.errors import AttemptTimeout, BadResponse, ConnectFailed, ConnectionLost, DynamoDBError
from hashrange.simulator.engine import Engine
from hashrange.types import Item
from hashrange.wire.transport import Request, Response, Transport
from tests.fakes import Chance, FakeClock, failure

#: what the caller sees in place of an answer, made anew for each request
Loss: TypeAlias = Callable[[], "DynamoDBError | Response"]


def unsent(error: Any) -> DynamoDBError:
    """The error of a request of which nothing was sent."""
    error.sent = False
    found: DynamoDBError = error
    return found


#: the request may have arrived
LOSSES: dict[str, Loss] = {
    "ConnectionLost": lambda: ConnectionLost("reset"),
    "AttemptTimeout": lambda: AttemptTimeout("no answer within 5 s"),
    "BadResponse": lambda: BadResponse("the checksum is wrong", status=200),
    "HTTP 500": lambda: failure("InternalServerError", status=500),
    "HTTP 502": lambda: Response(502, b"<html>Bad Gateway</html>"),
    "not JSON": lambda: Response(200, b'{"Attrib'),
}
#: it has not
UNSENT: dict[str, Loss] = {
    "ConnectFailed": lambda: ConnectFailed("refused"),
    "AttemptTimeout, unsent": lambda: unsent(AttemptTimeout("all 64 connections are in use")),
    "ConnectionLost, unsent": lambda: unsent(ConnectionLost("reset before anything was sent")),
    "HTTP 503": lambda: failure("ServiceUnavailable", status=503),
    "throttled": lambda: failure("ThrottlingException"),
}


class Losing:
    """Each request meets the next step: ``(whether it arrives, what the caller sees)``; afterwards all goes well."""

    def __init__(self, transport: Transport, *steps: tuple[bool, Loss]) -> None:
        self._transport, self.steps = transport, list(steps)
        self.requests: list[Request] = []

    async def send(self, request: Request) -> Response:
        self.requests.append(request)
        if not self.steps:
            return await self._transport.send(request)
        arrives, loss = self.steps.pop(0)
        if arrives:
            await self._transport.send(request)
        seen = loss()
        if isinstance(seen, DynamoDBError):
            raise seen
        return seen

    def repair(self, error: DynamoDBError, response: Response) -> bool:
        return False

    async def close(self) -> None:
        await self._transport.close()


class World:
    """A client over the simulator, with a table ``app``, whose answers get lost.

    Attributes:
        quiet: a client of the same table that loses nothing.
    """

    def __init__(self, *steps: tuple[bool, Loss], **config: Any) -> None:
        self.engine = Engine(["app"])
        self.clock = FakeClock()
        self._made: list[Losing] = []
        self._before = 0

        def around(inner: Transport) -> Transport:
            self._made.append(Losing(inner, *steps))
            return self._made[0]

        config = {"randomness": Chance(), **config}
        self.db = DynamoDB.in_memory(engine=self.engine, clock=self.clock, transport=around, **config)
        self.quiet = DynamoDB.in_memory(engine=self.engine)
        self.app, self.table = self.db.table("app"), self.quiet.table("app")

    async def prepare(self, item: Item) -> None:
        """Store an item; what was called for it does not count."""
        await self.table.put_item(item)
        self._before = len(self.engine.calls())

    @property
    def sent(self) -> list[str]:
        """The operations that were sent, arrived or not."""
        return [request.operation for request in self._made[0].requests]

    def arrived(self, operation: str) -> int:
        """How many requests of an operation were carried out without an error."""
        return self.outcomes(operation).count(None)

    def outcomes(self, operation: str) -> list[str | None]:
        """The error, or None, of every request of an operation that arrived."""
        return [call.error for call in self.engine.calls()[self._before :] if call.operation == operation]
