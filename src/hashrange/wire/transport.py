"""The seam between a call and how its bytes travel.

A transport takes an operation's name and a JSON body, and gives a status and a JSON body. Real sockets, the embedded
simulator, a cassette and injected faults are all transports; nothing above this line knows which one it has.
"""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from ..errors import DynamoDBError


class Request(Struct):
    """One attempt of one call.

    Attributes:
        operation: the service's name of it, for example ``GetItem``.
        body: JSON, UTF-8.
        timeout: seconds that this attempt may take, connecting included.
        table: the table's name for faults, cassettes and metrics; None where there is none, or several.
    """

    operation: str
    body: bytes
    timeout: float
    table: str | None = None


class Response(Struct):
    """The answer to one attempt; any HTTP status.

    Attributes:
        status: HTTP status.
        body: JSON, UTF-8.
        request_id: the service's id of the request, where it gave one.
        server_time: the Date header as seconds since the epoch, only on answers with status 400 and above.
        connect, wait: seconds spent on getting a connection (waiting for a free one, opening one), and on the exchange.
        origin: only for the transport that made it (see ``Transport.repair``).
    """

    status: int
    body: bytes
    request_id: str | None = None
    server_time: float | None = None
    connect: float = 0.0
    wait: float = 0.0
    origin: object = None


class Transport(Protocol):
    """Carries requests. ``send`` may be called by many tasks at once and may be cancelled at any await."""

    async def send(self, request: Request) -> Response:
        """Carry one request.

        Raises:
            NetworkError: no valid answer came; ``sent`` tells whether the request may have been applied.
            AuthenticationError: there are no credentials to sign with.
        """
        ...

    def repair(self, error: DynamoDBError, response: Response) -> bool:
        """After an authentication error: whether something was mended (credentials, clock), so that the same request
        may be sent once more. Transports that sign nothing answer False.
        """
        ...

    async def close(self) -> None:
        """Free everything that is held. Idempotent."""
        ...
