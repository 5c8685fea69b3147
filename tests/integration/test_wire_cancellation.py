"""A call cancelled at each of its awaits in turn, on real sockets: nothing is left, and the next call works.

The awaits of a first call: credentials, the trust store, name resolution, TCP, a proxy's CONNECT, TLS, the exchange;
of a later one: the queue of the pool, the exchange. Each is cancelled while it waits, and when it has just ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from hashrange.auth.credentials import Credentials, Secret
from hashrange.auth.refresh import CredentialCache
from hashrange.clock import SYSTEM_CLOCK
from hashrange.wire.connection import State
from hashrange.wire.dial import Origin, open_connection, tls_context
from hashrange.wire.endpoints import resolve_endpoint
from hashrange.wire.fetch import fetch
from hashrange.wire.http_transport import HttpTransport
from hashrange.wire.transport import Request, Response
from tests.loops import on_each_loop, settle
from tests.suspensions import When, for_each_suspension
from tests.wire_servers import (
    OK,
    Peer,
    Served,
    answering,
    proxying,
    server_tls,
    serving,
    trusted_by_the_machine,
    trusting,
)

PATIENCE = 5.0
WAYS: tuple[When, ...] = ("waiting", "woken")


class Unhurried:
    """A provider that lets others go first."""

    name = "unhurried"

    async def fetch(self) -> Credentials:
        await settle(2)
        return Credentials("AKIDEXAMPLE", Secret("hush/secret"))


def transport_to(host: str, port: int, scheme: str, proxy: str | None = None) -> HttpTransport:
    endpoint = resolve_endpoint("eu-west-1", endpoint_url=f"{scheme}://{host}:{port}")
    return HttpTransport(
        endpoint,
        CredentialCache(Unhurried()),
        SYSTEM_CLOCK,
        user_agent="hashrange/test",
        proxy=proxy,
        max_connections=1,
        connect_timeout=PATIENCE,
    )


def call(transport: HttpTransport) -> Coroutine[Any, Any, Response]:
    return transport.send(Request("GetItem", b"{}", PATIENCE, "table"))


async def assert_at_rest(transport: HttpTransport) -> None:
    """Nothing is busy, opening or waiting; and no task is left, but a handler of the servers."""
    await settle()
    text = repr(transport)
    assert "no pool" in text or ("0 busy, 0 opening of 1, 0 waiting" in text), text


async def assert_all_gone(*servers: Served) -> None:
    """No socket is left open."""
    for server in servers:
        await server.all_gone()


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    trusted_by_the_machine(monkeypatch, tmp_path)


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("when", WAYS)
@pytest.mark.parametrize(("scheme", "by_proxy"), [("http", False), ("https", False), ("https", True)])
@on_each_loop
async def test_a_first_call(scheme: str, by_proxy: bool, when: When) -> None:
    async with (
        serving(answering(OK), tls=server_tls() if scheme == "https" else None) as server,
        serving(proxying()) as proxy,
    ):
        transports: list[HttpTransport] = []

        def make_body() -> Coroutine[Any, Any, Response]:
            url = f"http://{proxy.authority}" if by_proxy else None
            transports.append(transport_to("localhost", server.port, scheme, url))
            return call(transports[-1])

        async def after() -> None:
            await assert_at_rest(transports[-1])
            assert (await call(transports[-1])).status == 200
            await transports[-1].close()
            await assert_all_gone(server, proxy)

        suspensions = await for_each_suspension(make_body, after, when)
        assert suspensions >= (3 if scheme == "http" else 4)


@pytest.mark.parametrize("when", WAYS)
@on_each_loop
async def test_a_later_call(when: When) -> None:
    async with serving(answering(OK)) as server:
        transport = transport_to(server.host, server.port, "http")
        await call(transport)

        async def after() -> None:
            await assert_at_rest(transport)
            assert (await call(transport)).status == 200

        assert await for_each_suspension(lambda: call(transport), after, when) == 1
        await transport.close()
        await assert_all_gone(server)


@pytest.mark.parametrize("when", WAYS)
@on_each_loop
async def test_a_call_that_waits_for_another(when: When) -> None:
    go = asyncio.Event()

    async def answering_when_told(peer: Peer) -> None:
        while True:
            await peer.request()
            await go.wait()
            peer.send(OK)

    async with serving(answering_when_told) as server:
        transport = transport_to(server.host, server.port, "http")
        go.set()
        await call(transport)
        others: list[asyncio.Task[Response]] = []

        async def second() -> Response:
            go.clear()
            others[:] = [asyncio.create_task(call(transport)) for _ in range(2)]
            await settle(1)
            assert "1 busy, 0 opening of 1, 1 waiting" in repr(transport)
            asyncio.get_running_loop().call_soon(go.set)
            return await call(transport)

        async def after() -> None:
            go.set()
            assert {response.status for response in await asyncio.gather(*others)} == {200}
            await assert_at_rest(transport)
            assert (await call(transport)).status == 200

        assert await for_each_suspension(second, after, when) == 3  # our own, the queue, the exchange
        await transport.close()
        await assert_all_gone(server)


@pytest.mark.parametrize("when", WAYS)
@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("by_proxy", [False, True])
@on_each_loop
async def test_opening_a_connection(secure: bool, by_proxy: bool, when: When) -> None:
    """Cancelled, it leaves no socket; the server sees at once that the client has gone, and need not say goodbye."""

    async def waiting_for_the_end(peer: Peer) -> None:
        await peer.gone()

    tls = trusting(tls_context()) if secure else None
    async with (
        serving(waiting_for_the_end, tls=server_tls() if secure else None) as server,
        serving(proxying()) as proxy,
    ):
        origin = Origin("localhost", server.port, tls, f"http://{proxy.authority}" if by_proxy else None)

        async def dial() -> None:
            connection = await open_connection(origin, PATIENCE)
            assert connection.state is State.IDLE
            connection.close()

        suspensions = await for_each_suspension(dial, lambda: assert_all_gone(server, proxy), when)
        assert suspensions >= 1 + secure + by_proxy


@contextlib.contextmanager
def rude_tls_server() -> Iterator[tuple[int, list[str]]]:
    """A port whose TLS server says nothing after the handshake, not even goodbye; and how its connections ended."""
    ends: list[str] = []

    def serve_one(peer: socket.socket) -> None:
        peer.settimeout(PATIENCE)
        try:
            secured = server_tls().wrap_socket(peer, server_side=True)
        except OSError:
            ends.append("in the handshake")
            return
        with socket.socket(fileno=secured.detach()) as raw:
            raw.settimeout(PATIENCE / 5)
            try:
                while raw.recv(65_536):
                    pass
                ends.append("closed")
            except ConnectionError:
                ends.append("reset")
            except TimeoutError:
                ends.append("left open")

    def serve() -> None:
        with contextlib.suppress(OSError):  # until the listener is shut down
            while True:
                peers.submit(serve_one, listener.accept()[0])

    with (
        ThreadPoolExecutor() as peers,
        ThreadPoolExecutor(1) as accepting,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        accepting.submit(serve)
        try:
            yield listener.getsockname()[1], ends
        finally:
            listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("when", WAYS)
@on_each_loop
async def test_a_cancelled_connection_does_not_wait_for_a_goodbye(when: When) -> None:
    with rude_tls_server() as (port, ends):
        origin = Origin("127.0.0.1", port, trusting(tls_context()))

        async def dial() -> None:
            (await open_connection(origin, PATIENCE)).close()

        assert await for_each_suspension(dial, settle, when) >= 2
    assert ends
    assert "left open" not in ends


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("when", WAYS)
@pytest.mark.parametrize("scheme", ["http", "https"])
@on_each_loop
async def test_fetching(scheme: str, when: When) -> None:
    async with serving(answering(OK), tls=server_tls() if scheme == "https" else None) as server:
        url = f"{scheme}://localhost:{server.port}/"

        def get() -> Coroutine[Any, Any, tuple[int, bytes]]:
            return fetch("GET", url, {}, timeout=PATIENCE)

        async def after() -> None:
            await assert_all_gone(server)
            assert await get() == (200, b"{}")
            await assert_all_gone(server)

        assert await for_each_suspension(get, after, when) >= 2
