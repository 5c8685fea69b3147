"""The seam between a call and how its bytes travel.

A transport takes an operation's name and a JSON body, and gives a status and a JSON body. Real sockets, the embedded
simulator, a cassette and injected faults are all transports; nothing above this line knows which one it has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from msgspec import Struct

from ..errors import ConfigurationError, DynamoDBError


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
        pool_wait: seconds of ``connect`` that were spent waiting for a free connection.
    """

    status: int
    body: bytes
    request_id: str | None = None
    server_time: float | None = None
    connect: float = 0.0
    wait: float = 0.0
    origin: object = None
    pool_wait: float = 0.0


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


#: puts something around a transport
Wrapper: TypeAlias = Callable[[Transport], Transport]


def chosen_transport(given: Transport | Wrapper | None, default: Callable[[], Transport]) -> Transport:
    """The transport that a caller wants: the default one, another in its place, or something around the default one.

    Raises:
        ConfigurationError: ``given`` is no transport and makes none.
    """
    if given is None:
        return default()
    found: Any = given
    if not _is_transport(found):
        if not callable(found):
            raise _no_transport("transport", found)
        found = found(default())
        if not _is_transport(found):
            raise _no_transport("what transport= returned", found)
    transport: Transport = found
    return transport


def _is_transport(thing: object) -> bool:
    """A class is none, although it has the methods of its objects: as a function it makes one."""
    return hasattr(thing, "send") and not isinstance(thing, type)


def _no_transport(what: str, thing: object) -> ConfigurationError:
    kind = f"the class {thing.__name__}" if isinstance(thing, type) else f"of type {type(thing).__name__}"
    return ConfigurationError(
        f"{what} is {kind}; it must be a transport, with send(), repair() and close()",
        hint="give a transport, or a function that puts one around another",
    )
