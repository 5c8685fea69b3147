"""Opening a connection: name resolution, TCP, a proxy's CONNECT, TLS; in that order and under one timeout.

Must not know requests, signatures or the pool.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from base64 import b64encode
from typing import Protocol, TypeVar

from msgspec import Struct

from ..errors import ConnectFailed
from .connection import Connection, State, read_buffer
from .tcp import open_socket

P = TypeVar("P", bound=asyncio.BaseProtocol)

_PROXY_ANSWER_MAX_BYTES = 16 * 1024


class Origin(Struct, frozen=True):
    """Where a connection leads: host, port, the TLS context (None: plain TCP) and the URL of a proxy, if any."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    proxy: str | None = None

    def __repr__(self) -> str:
        return f"<Origin {self}>"  # a proxy's user and password are secrets

    def __str__(self) -> str:
        return f"{self.host}:{self.port}" + (" through a proxy" if self.proxy else "")


class Dial(Protocol):
    """Opens a connection to one origin; the pool's only way to the network."""

    async def __call__(self, timeout: float) -> Connection: ...


def dialer(origin: Origin) -> Dial:
    """A ``Dial`` for the origin, for one event loop: its connections share a buffer."""
    buffer = read_buffer()

    async def dial(timeout: float) -> Connection:
        return await open_connection(origin, timeout, buffer)

    return dial


async def open_connection(origin: Origin, timeout: float, buffer: memoryview | None = None) -> Connection:
    """An IDLE connection to the origin.

    Raises:
        ConnectFailed: it could not be opened within ``timeout`` seconds; says at which stage, and why.
    """
    stage = ["connecting"]
    if timeout <= 0:
        raise ConnectFailed(f"no connection to {origin}: no time was left to open one")
    try:
        async with asyncio.timeout(timeout):
            if origin.proxy is None:
                return await _connect(origin, stage, buffer)
            return await _connect_through(origin.proxy, origin, stage, buffer)
    except TimeoutError:
        raise ConnectFailed(f"no connection to {origin} within {timeout:g} s while {stage[-1]}") from None
    except (OSError, ValueError) as error:  # ValueError: a text that cannot be a host name
        hint = "the server's certificate is not trusted" if isinstance(error, ssl.SSLCertVerificationError) else None
        raise ConnectFailed(f"no connection to {origin} while {stage[-1]}: {error}", hint=hint) from error


async def take_over(sock: socket.socket, protocol: P) -> tuple[asyncio.Transport, P]:
    """A transport for a connected socket, to which it belongs from now on, even if this fails."""
    loop = asyncio.get_running_loop()
    try:
        transport, _ = await loop.create_connection(lambda: protocol, sock=sock)
    finally:
        # uvloop closes the descriptor itself, and where the peer's reset comes early it does not tell the socket: that
        # would close the same number again when it is collected, and by then it can be anything else in this program
        if not isinstance(loop, asyncio.BaseEventLoop):
            sock.detach()
    return transport, protocol


async def start_tls(transport: asyncio.Transport, connection: Connection, tls: ssl.SSLContext, host: str) -> None:
    """Speak TLS on a connection from now on. Not left to ``create_connection``: uvloop's has two futures for the end of
    the connection, and complains of the one that nobody waits for when it is cancelled at that moment.

    Raises:
        OSError: the handshake failed; the transport must be aborted then.
    """
    secured: asyncio.Transport | None = None
    if not transport.is_closing():  # or else the loop would wait for an answer
        loop = asyncio.get_running_loop()
        secured = await loop.start_tls(transport, connection, tls, server_hostname=host)
    if secured is None or secured.is_closing():
        raise ConnectionResetError("the peer closed the connection")
    connection.connection_made(secured)


async def _connect(origin: Origin, stage: list[str], buffer: memoryview | None) -> Connection:
    sock = await open_socket(origin.host, origin.port)
    transport, connection = await take_over(sock, Connection(asyncio.get_running_loop(), buffer))
    if origin.tls is not None:
        stage.append("starting TLS")
        try:
            await start_tls(transport, connection, origin.tls, origin.host)
        except BaseException:
            transport.abort()  # at once: the loop would say goodbye by TLS first, and wait for an answer
            raise
    return connection


async def _connect_through(proxy: str, origin: Origin, stage: list[str], buffer: memoryview | None) -> Connection:
    from urllib.parse import urlsplit  # slow to import, and few programs need it

    loop = asyncio.get_running_loop()
    url = urlsplit(proxy)
    stage.append("connecting to the proxy")
    sock = await open_socket(url.hostname or "", url.port or 80)
    transport, tunnel = await take_over(sock, _Tunnel(loop))
    try:
        stage.append("waiting for the proxy's answer to CONNECT")
        await tunnel.connect(transport, origin, _proxy_authorization(url.username, url.password))
        if transport.is_closing():
            raise ConnectFailed(f"the proxy closed the tunnel to {origin.host}")
        connection = Connection(loop, buffer)
        transport.set_protocol(connection)
        if origin.tls is not None:
            stage.append("starting TLS through the proxy")
            await start_tls(transport, connection, origin.tls, origin.host)
        else:
            connection.connection_made(transport)
    except BaseException:
        transport.abort()
        raise
    if connection.state is not State.IDLE:
        raise ConnectFailed(f"the tunnel to {origin.host} was closed at once")
    return connection


def _proxy_authorization(user: str | None, password: str | None) -> str:
    if user is None:
        return ""
    from urllib.parse import unquote

    token = b64encode(f"{unquote(user)}:{unquote(password or '')}".encode()).decode()
    return f"Proxy-Authorization: Basic {token}\r\n"


class _Tunnel(asyncio.Protocol):
    """Speaks CONNECT to a proxy; afterwards the transport belongs to a ``Connection``."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._answer: asyncio.Future[bytes] = loop.create_future()
        self._received = b""

    async def connect(self, transport: asyncio.WriteTransport, origin: Origin, authorization: str) -> None:
        host = f"[{origin.host}]" if ":" in origin.host else origin.host
        target = f"{host}:{origin.port}"
        transport.write(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{authorization}\r\n".encode("ascii"))
        status_line = await self._answer
        words = status_line.split(b" ", 2)
        if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or words[1] != b"200":
            answer = status_line[:100].decode("latin-1")
            raise ConnectFailed(f"the proxy refused a tunnel to {target}: {answer}")

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, surplus = self._received.partition(b"\r\n\r\n")
        if surplus:
            self._fail("the proxy talks into the tunnel")
        elif end:
            if not self._answer.done():
                self._answer.set_result(head.split(b"\r\n", 1)[0])
        elif len(self._received) > _PROXY_ANSWER_MAX_BYTES:
            self._fail("the proxy's answer to CONNECT has no end")

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail("the proxy closed the connection")

    def _fail(self, message: str) -> None:
        if not self._answer.done():
            self._answer.set_exception(ConnectFailed(message))
            self._answer.exception()  # nobody may be waiting yet


def tls_context() -> ssl.SSLContext:
    """TLS 1.2 or newer, certificates and host names checked against the machine's trust store."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
