"""A deadline at every stage of a call, and calls over TLS and through proxies, on real sockets."""

from __future__ import annotations

import asyncio
import ssl
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from hashrange.errors import AttemptTimeout, AuthenticationError, ConnectFailed, ConnectionLost
from hashrange.wire.dial import tls_context
from tests.loops import on_each_loop
from tests.wire_clients import HASTE, Slow, assert_at_rest, busy_threads, call, client_of, failure, transport_of, until
from tests.wire_servers import (
    OK,
    Handler,
    answering,
    closing,
    first_answering,
    free_port,
    proxying,
    resetting,
    server_tls,
    serving,
    silent,
    trusted_by_the_machine,
    trusting,
)


# ── deadlines, stage by stage ────────────────────────────────────────────────────────────────────────────────────────
@on_each_loop
async def test_a_deadline_while_credentials_are_fetched() -> None:
    provider = Slow()
    async with serving(answering(OK)) as server, client_of(server, provider=provider) as client:
        with pytest.raises(AuthenticationError, match=r"no credentials within 0\.1 s"):
            await call(client, HASTE)
        provider.go.set()
        assert (await call(client)).status == 200


@on_each_loop
async def test_a_deadline_while_the_trust_store_is_read() -> None:
    async with serving(silent) as server, client_of(server, "https") as client:
        with busy_threads():
            error = await failure(client, HASTE)
            assert isinstance(error, AttemptTimeout)
            assert not error.sent
        assert server.peers == []


@on_each_loop
async def test_a_deadline_while_connecting() -> None:
    async with serving(silent) as server:
        async with client_of(server, "https", ssl_context=tls_context()) as client:
            error = await failure(client, HASTE)
            assert isinstance(error, ConnectFailed)
            assert not error.sent
        async with client_of(server, "https", ssl_context=tls_context(), connect_timeout=HASTE) as client:
            assert isinstance(await failure(client), ConnectFailed)
        await server.all_gone()


@on_each_loop
async def test_a_deadline_while_waiting_for_a_connection() -> None:
    async with serving(silent) as server, client_of(server, max_connections=1) as client:
        busy = asyncio.create_task(call(client))
        await until(lambda: bool(server.peers))
        error = await failure(client, HASTE)
        assert isinstance(error, AttemptTimeout)
        assert not error.sent
        assert "none of the 1 connections became free" in str(error)
        busy.cancel()
        await asyncio.wait([busy])
        await server.all_gone()


@pytest.mark.parametrize("timeout", [0.0, -1.0])
@on_each_loop
async def test_without_time_left_nothing_is_sent(timeout: float) -> None:
    async with serving(answering(OK)) as server, client_of(server) as client:
        with pytest.raises(AuthenticationError):
            await call(client, timeout)
        await call(client)
        assert not (await failure(client, timeout)).sent
        assert len(server.requests) == 1
        assert (await call(client)).status == 200


@on_each_loop
async def test_nobody_listens() -> None:
    with free_port() as port:
        client = transport_of(f"127.0.0.1:{port}")
        outcomes = await asyncio.gather(*(call(client) for _ in range(50)), return_exceptions=True)
        assert all(isinstance(each, ConnectFailed) and not each.sent for each in outcomes)
        assert_at_rest(client)
        await client.close()


# ── TLS and proxies ──────────────────────────────────────────────────────────────────────────────────────────────────
class Watched(ThreadPoolExecutor):
    """Keeps what was done in its threads."""

    def __init__(self) -> None:
        super().__init__(4)
        self.done: list[Future[Any]] = []

    def submit(self, *args: Any, **options: Any) -> Future[Any]:
        self.done.append(super().submit(*args, **options))
        return self.done[-1]


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    trusted_by_the_machine(monkeypatch, tmp_path)


@pytest.mark.usefixtures("trusted")
@on_each_loop
async def test_the_trust_store_is_read_once_however_many_calls_come_first() -> None:
    threads = Watched()
    asyncio.get_running_loop().set_default_executor(threads)
    async with serving(answering(OK), tls=server_tls()) as server, client_of(server, "https") as client:
        responses = await asyncio.gather(*(call(client) for _ in range(50)))
        assert {response.status for response in responses} == {200}
        contexts = [each.result() for each in threads.done if isinstance(each.result(), ssl.SSLContext)]
        assert contexts
        assert len(set(map(id, contexts))) == 1
        assert len(server.peers) <= 4


@on_each_loop
async def test_the_machines_trust_store_does_not_know_everybody() -> None:
    async with serving(silent, tls=server_tls()) as server, client_of(server, "https") as client:
        error = await failure(client)
        assert isinstance(error, ConnectFailed)
        assert error.hint == "the server's certificate is not trusted"


@pytest.mark.parametrize("end", [closing, resetting])
@on_each_loop
async def test_a_server_that_ends_an_idle_connection_over_tls(end: Handler) -> None:
    async with (
        serving(first_answering(OK, end), answering(OK), tls=server_tls()) as server,
        client_of(server, "https", ssl_context=trusting(tls_context())) as client,
    ):
        await call(client)
        await until(lambda: "0 idle, 0 busy" in repr(client))
        assert (await call(client)).status == 200
        assert len(server.peers) == 2


@pytest.mark.parametrize("data", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"])
@pytest.mark.parametrize("end", [closing, resetting])
@on_each_loop
async def test_a_server_that_ends_a_call_over_tls(data: bytes, end: Handler) -> None:
    async with (
        serving(first_answering(data, end), answering(OK), tls=server_tls()) as server,
        client_of(server, "https", ssl_context=trusting(tls_context())) as client,
    ):
        with pytest.raises(ConnectionLost) as caught:
            await call(client)
        assert caught.value.sent
        assert (await call(client)).status == 200
        assert len(server.peers) == 2


@on_each_loop
async def test_calls_over_tls_through_a_proxy() -> None:
    tls = trusting(tls_context())
    async with serving(answering(OK), tls=server_tls()) as server, serving(proxying("user", "pass word")) as proxy:
        url = f"http://user:pass%20word@{proxy.authority}"
        async with client_of(server, "https", ssl_context=tls, proxy=url, max_connections=2) as client:
            responses = await asyncio.gather(*(call(client) for _ in range(20)))
            assert {response.status for response in responses} == {200}
            assert len(proxy.peers) == len(server.peers) == 2
            assert "pass" not in repr(client)
