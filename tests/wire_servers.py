"""Servers on loopback that do what a test says, right or wrong, in the test's own event loop; and their certificates.

A handler is a coroutine over a ``Peer``, the server's end of one connection. Leaving ``serving`` ends every connection
and handler; what a handler asserted in vain is raised there.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import select
import socket
import ssl
import struct
import threading
import warnings
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn, TypeAlias
from zlib import crc32

import pytest
import trustme

from tests.loops import settle


@dataclass(frozen=True)
class Received:
    """A request as it came. Header names are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Peer:
    """The server's end of one connection.

    Attributes:
        requests: what has come.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.requests: list[Received] = []

    async def request(self) -> Received:
        """The next request, whole.

        Raises:
            EOFError, ConnectionError: the client is gone.
        """
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("ascii")
        line, *fields = head.split("\r\n")[:-2]
        method, target, version = line.split(" ")
        assert version == "HTTP/1.1"
        pairs = [each.split(": ", 1) for each in fields]
        headers = {name.lower(): value for name, value in pairs}
        assert len(headers) == len(pairs), f"a header came twice: {fields}"
        body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        self.requests.append(Received(method, target, headers, body))
        return self.requests[-1]

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def gone(self) -> None:
        """Return when the client has ended the connection; never, if it does not."""
        with contextlib.suppress(ConnectionError):
            while await self.reader.read(65_536):
                pass


Handler: TypeAlias = Callable[[Peer], Awaitable[None]]


@dataclass
class Served:
    """A server that runs."""

    host: str
    port: int
    peers: list[Peer] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)
    handlers: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def authority(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def requests(self) -> list[Received]:
        """What has come, on every connection."""
        return [request for peer in self.peers for request in peer.requests]

    async def all_gone(self) -> None:
        """Return when no connection is left; that is, when the client has ended those that a handler waits on."""
        async with asyncio.timeout(5.0):
            while self.handlers:
                await asyncio.wait(self.handlers)


@contextlib.asynccontextmanager
async def serving(
    *handlers: Handler, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[Served]:
    """A server: its first connection is for the first handler, and so on; the last handler gets all others."""
    served: Served

    async def run(peer: Peer, handler: Handler) -> None:
        try:
            await handler(peer)
            await peer.writer.drain()
        except (EOFError, ConnectionError):
            pass  # the client has left
        except AssertionError as failure:
            served.failures.append(failure)
        finally:
            peer.writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer)
        handler = handlers[min(len(served.peers), len(handlers) - 1)]
        served.peers.append(peer)
        task = asyncio.create_task(run(peer, handler))
        served.handlers.add(task)
        task.add_done_callback(served.handlers.discard)

    server = await asyncio.start_server(accept, host, 0, ssl=tls)
    served = Served(host, server.sockets[0].getsockname()[1])
    try:
        yield served
    finally:
        await settle()  # asyncio forgets a connection that it accepts while the server closes
        server.close()
        for task in list(served.handlers):
            task.cancel()
        for peer in served.peers:
            peer.writer.transport.abort()
        if served.handlers:
            await asyncio.wait(served.handlers)
        await settle()
        for failure in served.failures:
            raise failure


@contextlib.contextmanager
def serving_in_thread(*handlers: Handler) -> Iterator[Served]:
    """A server with a loop of its own, for tests that use several loops."""
    started, stop = threading.Event(), asyncio.Event()
    found: list[tuple[Served, asyncio.AbstractEventLoop]] = []

    async def serve() -> None:
        async with serving(*handlers) as served:
            found.append((served, asyncio.get_running_loop()))
            started.set()
            await stop.wait()

    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(asyncio.run, serve())
        assert started.wait(5.0)
        served, loop = found[0]
        try:
            yield served
        finally:
            loop.call_soon_threadsafe(stop.set)
            running.result(5.0)


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def answer(
    body: bytes = b"{}", *, status: int = 200, crc: int | None = None, headers: Mapping[str, str] | None = None
) -> bytes:
    """An answer as DynamoDB gives it; ``crc`` is the checksum's value where it is not the right one."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", "Content-Type: application/x-amz-json-1.0"]
    lines += [f"x-amz-crc32: {crc32(body) if crc is None else crc}", "x-amzn-RequestId: A0B1"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + body


OK = answer()


def answering(*answers: bytes) -> Handler:
    """Gives these answers in turn, the last one for ever."""

    async def handle(peer: Peer) -> None:
        while True:
            await peer.request()
            peer.send(answers[min(len(peer.requests), len(answers)) - 1])

    return handle


async def silent(peer: Peer) -> None:
    """Takes whatever comes and never answers."""
    await peer.gone()


def first_answering(data: bytes, then: Handler) -> Handler:
    """Takes a request, sends ``data``, and goes on as ``then``."""

    async def handle(peer: Peer) -> None:
        await peer.request()
        peer.send(data)
        await then(peer)

    return handle


async def closing(peer: Peer) -> None:
    """Closes the connection."""


async def resetting(peer: Peer) -> None:
    """Resets the connection, when what was sent before has been taken by the kernel."""
    await peer.writer.drain()
    peer.reset()


# ── a proxy ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def proxying(user: str | None = None, password: str = "") -> Handler:
    """A proxy that understands CONNECT, and nothing else; it wants to know who comes where ``user`` is given."""

    async def handle(peer: Peer) -> None:
        request = await peer.request()
        assert request.method == "CONNECT"
        assert request.headers["host"] == request.target
        expected = None if user is None else "Basic " + b64encode(f"{user}:{password}".encode()).decode()
        if request.headers.get("proxy-authorization") != expected:
            peer.send(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        host, _, port = request.target.rpartition(":")
        reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
        peer.send(b"HTTP/1.1 200 Connection established\r\nX-Proxy: test\r\n\r\n")
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_pump(peer.reader, writer))
                group.create_task(_pump(reader, peer.writer))
        except* _Ended:
            pass
        finally:
            writer.transport.abort()

    return handle


class _Ended(Exception):
    """One side has ended the tunnel."""


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> NoReturn:
    with contextlib.suppress(ConnectionError):
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()
    raise _Ended


# ── certificates ─────────────────────────────────────────────────────────────────────────────────────────────────────
@functools.cache
def authority() -> trustme.CA:
    """Who signs the certificates; only ``trusting`` knows it."""
    return trustme.CA()


@functools.cache
def server_tls(*names: str, version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    """A server's context with a certificate for these names; it speaks ``version`` only, where one is given."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert(*(names or ("localhost", "127.0.0.1", "::1"))).configure_cert(context)
    if version is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # old versions are what it is for
            context.minimum_version = context.maximum_version = version
            context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def trusted_by_the_machine(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Makes the machine's trust store one that knows the certificates of ``server_tls`` only."""
    authority().cert_pem.write_to_path(folder / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "ca.pem"))
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)


def trusting(context: ssl.SSLContext) -> ssl.SSLContext:
    """The client's context, made to trust the certificates of ``server_tls``."""
    authority().configure_trust(context)
    return context


@contextlib.contextmanager
def free_port() -> Iterator[int]:
    """A port on which nobody listens, and that nobody else gets meanwhile."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


@contextlib.contextmanager
def black_hole() -> Iterator[int]:
    """The port of a socket whose queue is full: the kernel drops what comes, as a firewall does."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(8):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            if not select.select([], [filler], [], 0.02)[1]:
                yield listener.getsockname()[1]
                return
        pytest.skip("this kernel queues connections without a limit")
