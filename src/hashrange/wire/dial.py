"""Opening a connection: name resolution, TCP, a proxy's CONNECT, TLS; in that order and under one timeout.

Must not know requests, signatures or the pool.
"""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from ..errors import ConnectFailed
from .connection import Connection, State

#: seconds after which the next address of a host is tried beside the first one (RFC 8305, "Happy Eyeballs")
_NEXT_ADDRESS_DELAY = 0.25
_PROXY_ANSWER_MAX_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a connection leads: host, port, the TLS context (None: plain TCP) and the URL of a proxy, if any."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    proxy: str | None = None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}" + (" through a proxy" if self.proxy else "")


class Dial(Protocol):
    """Opens a connection to one origin; the pool's only way to the network."""

    async def __call__(self, timeout: float) -> Connection: ...


def dialer(origin: Origin) -> Dial:
    """A ``Dial`` for the origin."""

    async def dial(timeout: float) -> Connection:
        return await open_connection(origin, timeout)

    return dial


async def open_connection(origin: Origin, timeout: float) -> Connection:
    """An IDLE connection to the origin.

    Raises:
        ConnectFailed: it could not be opened within ``timeout`` seconds; says at which stage, and why.
    """
    stage = ["connecting"]
    try:
        async with asyncio.timeout(timeout):
            if origin.proxy is None:
                return await _connect(origin.host, origin.port, origin.tls)
            return await _connect_through(origin.proxy, origin, stage)
    except TimeoutError:
        raise ConnectFailed(f"no connection to {origin} within {timeout:g} s while {stage[-1]}") from None
    except (OSError, ssl.SSLError) as error:
        hint = "the server's certificate is not trusted" if isinstance(error, ssl.SSLCertVerificationError) else None
        raise ConnectFailed(f"no connection to {origin} while {stage[-1]}: {error}", hint=hint) from error


async def _connect(host: str, port: int, tls: ssl.SSLContext | None) -> Connection:
    loop = asyncio.get_running_loop()
    options: dict[str, Any] = {"server_hostname": host} if tls is not None else {}
    if isinstance(loop, asyncio.BaseEventLoop):  # uvloop tries one address after the other and has no such option
        options["happy_eyeballs_delay"] = _NEXT_ADDRESS_DELAY
    _, connection = await loop.create_connection(lambda: Connection(loop), host, port, ssl=tls, **options)
    return connection


async def _connect_through(proxy: str, origin: Origin, stage: list[str]) -> Connection:
    loop = asyncio.get_running_loop()
    url = urlsplit(proxy)
    stage.append("connecting to the proxy")
    transport, tunnel = await loop.create_connection(lambda: _Tunnel(loop), url.hostname or "", url.port or 80)
    try:
        stage.append("waiting for the proxy's answer to CONNECT")
        await tunnel.connect(transport, origin, _proxy_authorization(url.username, url.password))
        connection = Connection(loop)
        transport.set_protocol(connection)
        if origin.tls is not None:
            stage.append("starting TLS through the proxy")
            secured = await loop.start_tls(transport, connection, origin.tls, server_hostname=origin.host)
            if secured is None or secured.is_closing():
                raise ConnectFailed(f"the proxy closed the tunnel to {origin.host}")
            connection.connection_made(secured)
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
        if self._answer.done():
            return
        if b"\r\n\r\n" in self._received:
            self._answer.set_result(self._received.split(b"\r\n", 1)[0])
        elif len(self._received) > _PROXY_ANSWER_MAX_BYTES:
            self._answer.set_exception(ConnectFailed("the proxy's answer to CONNECT has no end"))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._answer.done():
            self._answer.set_exception(ConnectFailed("the proxy closed the connection"))
            self._answer.exception()  # nobody may be waiting yet


def tls_context() -> ssl.SSLContext:
    """TLS 1.2 or newer, certificates and host names checked against the machine's trust store."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
