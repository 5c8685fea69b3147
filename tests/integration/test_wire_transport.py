"""The transport over real sockets: a server that behaves, servers that do not, and deadlines at every stage.

After each test the pool's ``repr`` shows that no connection is lost track of, and the next call works.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import ssl
import threading
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from hashrange.auth.credentials import Credentials, Provider, Secret
from hashrange.auth.refresh import CredentialCache
from hashrange.auth.static import Static
from hashrange.clock import SYSTEM_CLOCK, Clock
from hashrange.errors import (
    AttemptTimeout,
    AuthenticationError,
    BadResponse,
    ClientClosed,
    ConnectFailed,
    ConnectionLost,
    DynamoDBError,
    NetworkError,
    TokenExpired,
)
from hashrange.wire.dial import tls_context
from hashrange.wire.endpoints import resolve_endpoint
from hashrange.wire.http_transport import HttpTransport
from hashrange.wire.transport import Request, Response
from tests.fakes import FakeClock
from tests.loops import LoopFactory, each_loop, on_each_loop, run_clean, settle
from tests.wire_servers import (
    OK,
    Handler,
    Peer,
    Served,
    answer,
    answering,
    authority,
    closing,
    first_answering,
    free_port,
    proxying,
    resetting,
    server_tls,
    serving,
    serving_in_thread,
    silent,
    trusting,
)

PATIENCE = 5.0  # where it should succeed
HASTE = 0.1  # where the end of the time is the subject
KEYS = Static("AKIDEXAMPLE", "hush/secret")


def transport_of(
    authority: str, scheme: str = "http", provider: Provider = KEYS, clock: Clock = SYSTEM_CLOCK, **options: Any
) -> HttpTransport:
    endpoint = resolve_endpoint("eu-west-1", endpoint_url=f"{scheme}://{authority}")
    options = {"connect_timeout": PATIENCE, "max_connections": 4} | options
    return HttpTransport(endpoint, CredentialCache(provider, clock), clock, user_agent="hashrange/test", **options)


@contextlib.asynccontextmanager
async def client_of(server: Served, scheme: str = "http", **options: Any) -> AsyncIterator[HttpTransport]:
    """A transport to the server; afterwards nothing of it may be busy, opening or waiting."""
    transport = transport_of(server.authority, scheme, **options)
    try:
        yield transport
        await settle()
        assert_at_rest(transport)
    finally:
        await transport.close()


def assert_at_rest(transport: HttpTransport) -> None:
    text = repr(transport)
    assert "0 busy, 0 opening" in text or "no pool" in text, text
    assert "0 waiting" in text or "no pool" in text, text


async def call(transport: HttpTransport, timeout: float = PATIENCE, body: bytes = b"{}") -> Response:
    return await transport.send(Request("GetItem", body, timeout, "table"))


async def failure(transport: HttpTransport, timeout: float = PATIENCE) -> NetworkError:
    with pytest.raises(NetworkError) as caught:
        await call(transport, timeout)
    return caught.value


async def until(condition: Callable[[], bool]) -> None:
    """Return when it holds; what makes it hold is already on its way."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - what is looked at tells nobody when it changes
            await asyncio.sleep(0)


# ── a server that behaves ────────────────────────────────────────────────────────────────────────────────────────────
@on_each_loop
async def test_calls_in_a_row_share_a_connection() -> None:
    async with serving(answering(answer(b'{"a":1}'), OK)) as server, client_of(server) as client:
        first, second = await call(client, body=b'{"Key":1}'), await call(client)
        assert (first.status, first.body, first.request_id) == (200, b'{"a":1}', "A0B1")
        assert (second.status, second.body) == (200, b"{}")
        assert first.server_time is None
        assert first.connect >= 0 < first.wait
        assert len(server.peers) == 1
        received = server.requests[0]
        assert (received.method, received.target, received.body) == ("POST", "/", b'{"Key":1}')
        assert received.headers["host"] == server.authority
        assert received.headers["x-amz-target"] == "DynamoDB_20120810.GetItem"
        assert received.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
        assert repr(client) == (
            f"<HttpTransport http://{server.authority}: <Pool 1 idle, 0 busy, 0 opening of 4, 0 waiting>>"
        )


CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nx-amz-crc32: 2745614147\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"
)
HTML = b"<html><body>503 Service Temporarily Unavailable</body></html>"


@pytest.mark.parametrize(
    ("data", "status", "body", "idle"),
    [
        pytest.param(CHUNKED, 200, b"{}", 1, id="chunked"),
        pytest.param(answer(headers={"Connection": "close"}), 200, b"{}", 0, id="connection: close"),
        pytest.param(
            b"HTTP/1.1 503 Unavailable\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%b" % (len(HTML), HTML),
            503,
            HTML,
            1,
            id="503 in HTML",
        ),
        pytest.param(
            b"HTTP/1.1 503 Unavailable\r\nConnection: close\r\n\r\n" + HTML, 503, HTML, 0, id="503, until the end"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, b"", 1, id="no body, no checksum"),
        pytest.param(answer(b"[" + b"1," * 500_000 + b"1]"), 200, b"[" + b"1," * 500_000 + b"1]", 1, id="1 MB"),
    ],
)
@on_each_loop
async def test_answers_of_every_kind(data: bytes, status: int, body: bytes, idle: int) -> None:
    then = closing if b"close" in data.lower() else silent
    async with serving(first_answering(data, then), answering(OK)) as server, client_of(server) as client:
        response = await call(client)
        assert (response.status, response.body) == (status, body)
        assert f"<Pool {idle} idle, 0 busy" in repr(client)


@on_each_loop
async def test_a_large_request_arrives_whole() -> None:
    body = b"x" * 4_000_000
    async with serving(answering(OK)) as server, client_of(server) as client:
        await call(client, body=body)
        assert server.requests[0].body == body


@on_each_loop
async def test_many_calls_over_few_connections() -> None:
    async def handle(peer: Peer) -> None:
        while True:
            request = await peer.request()
            peer.send(answer(request.body))

    async with serving(handle) as server, client_of(server, max_connections=4) as client:
        bodies = [b'{"n":%d}' % number for number in range(200)]
        responses = await asyncio.gather(*(call(client, body=body) for body in bodies))
        assert [response.body for response in responses] == bodies
        assert len(server.peers) == 4
        assert "<Pool 4 idle, 0 busy, 0 opening of 4, 0 waiting>" in repr(client)


@on_each_loop
async def test_many_calls_over_connections_that_break() -> None:
    """Each connection carries three calls and is reset at the fourth, which fails; nothing is lost track of."""

    async def handle(peer: Peer) -> None:
        for _ in range(3):
            await peer.request()
            peer.send(OK)
        await peer.request()
        peer.reset()

    async with serving(handle) as server, client_of(server, max_connections=4) as client:
        outcomes = await asyncio.gather(*(call(client) for _ in range(200)), return_exceptions=True)
        failures = [each for each in outcomes if isinstance(each, BaseException)]
        assert all(isinstance(each, ConnectionLost) and each.sent for each in failures)
        assert sum(isinstance(each, Response) for each in outcomes) == 200 - len(failures)
        assert 48 <= len(failures) <= 50


# ── servers that do not ──────────────────────────────────────────────────────────────────────────────────────────────
HALF_BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"
MISBEHAVIOURS = [
    pytest.param(b"", closing, ConnectionLost, "closed the connection", id="closes"),
    pytest.param(b"", resetting, ConnectionLost, "reset", id="resets"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-", closing, ConnectionLost, "in the middle", id="closes in the headers"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-", resetting, ConnectionLost, "in the middle|reset", id="resets there"),
    pytest.param(HALF_BODY, closing, ConnectionLost, "in the middle", id="closes in the body"),
    pytest.param(HALF_BODY, resetting, ConnectionLost, "in the middle|reset", id="resets in the body"),
    pytest.param(b"\x15\x03\x01\x00\x02\x02\x0a", silent, BadResponse, "does not speak HTTP", id="garbage"),
    pytest.param(b"HTTP/1.1 200 OK\r\n" + b"A" * 70_000, closing, ConnectionLost, "in the middle", id="huge header"),
    pytest.param(
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"x-%d: %b\r\n" % (n, b"y" * 100) for n in range(1_000)) + b"\r\n",
        silent,
        BadResponse,
        "more than 128 headers",
        id="flood of headers",
    ),
    pytest.param(answer(crc=12345), silent, BadResponse, "checksum", id="wrong checksum"),
    pytest.param(
        OK.replace(b"x-amz-crc32: ", b"x-amz-crc32: zz"), silent, BadResponse, "checksum", id="checksum in words"
    ),
    pytest.param(
        OK.replace(b"x-amz-crc32: ", b"x-amz-crc32: " + b"9" * 5_000),
        silent,
        BadResponse,
        "checksum",
        id="checksum of 5,000 digits",
    ),
    pytest.param(OK[:-2] + b"[]", silent, BadResponse, "checksum", id="damaged body"),
]


@pytest.mark.parametrize(("data", "then", "error", "message"), MISBEHAVIOURS)
@on_each_loop
async def test_a_server_that_misbehaves(data: bytes, then: Handler, error: type[NetworkError], message: str) -> None:
    async with serving(first_answering(data, then), answering(OK)) as server, client_of(server) as client:
        with pytest.raises(error, match=message) as caught:
            await call(client)
        assert caught.value.sent
        await settle()
        assert_at_rest(client)
        if server.peers[0].requests and "checksum" not in message:
            assert (await call(client)).status == 200
            assert len(server.peers) == 2, "the broken connection is not used again"


@pytest.mark.parametrize(
    "data", [b"", b"HTTP/1.1 200 OK\r\n", HALF_BODY], ids=["no answer", "half the headers", "half the body"]
)
@on_each_loop
async def test_a_server_that_is_slow(data: bytes) -> None:
    async with serving(first_answering(data, silent), answering(OK)) as server, client_of(server) as client:
        with pytest.raises(AttemptTimeout) as caught:
            await call(client, HASTE)
        assert caught.value.sent
        assert (await call(client)).status == 200
        assert len(server.peers) == 2


@pytest.mark.parametrize("end", [closing, resetting])
@on_each_loop
async def test_a_server_that_ends_an_idle_connection_is_noticed_before_the_next_call(end: Handler) -> None:
    async with serving(first_answering(OK, end), answering(OK)) as server, client_of(server) as client:
        await call(client)
        await until(lambda: "0 idle, 0 busy" in repr(client))
        assert (await call(client)).status == 200
        assert len(server.peers) == 2


@pytest.mark.parametrize("end", [closing, resetting])
@on_each_loop
async def test_a_server_that_ends_an_idle_connection_just_as_it_is_used(end: Handler) -> None:
    async def handle(peer: Peer) -> None:
        await peer.request()
        peer.send(OK)
        await peer.request()
        await end(peer)

    async with serving(handle, answering(OK)) as server, client_of(server) as client:
        await call(client)
        with pytest.raises(ConnectionLost) as caught:
            await call(client)
        assert caught.value.sent, "it may have been applied"
        assert (await call(client)).status == 200
        assert len(server.peers) == 2


@on_each_loop
async def test_idle_connections_are_closed_in_time() -> None:
    async with serving(answering(OK)) as server, client_of(server, idle_timeout=0.05) as client:
        await call(client)
        await server.all_gone()
        assert "0 idle, 0 busy" in repr(client)


@on_each_loop
async def test_a_request_that_cannot_be_written_costs_no_connection() -> None:
    async with serving(answering(OK)) as server, client_of(server) as client:
        with pytest.raises(UnicodeEncodeError):
            await client.send(Request("GetÏtem", b"{}", PATIENCE))
        assert "<Pool 1 idle, 0 busy" in repr(client)
        assert (await call(client)).status == 200
        assert len(server.peers) == len(server.requests) == 1


# ── deadlines, stage by stage ────────────────────────────────────────────────────────────────────────────────────────
class Slow:
    """A provider that gives nothing until it is told to."""

    name = "slow"

    def __init__(self) -> None:
        self.go = asyncio.Event()

    async def fetch(self) -> Credentials:
        await self.go.wait()
        return Credentials("AKIDEXAMPLE", Secret("hush/secret"))


@on_each_loop
async def test_a_deadline_while_credentials_are_fetched() -> None:
    provider = Slow()
    async with serving(answering(OK)) as server, client_of(server, provider=provider) as client:
        with pytest.raises(AuthenticationError, match=r"no credentials within 0\.1 s"):
            await call(client, HASTE)
        provider.go.set()
        assert (await call(client)).status == 200


@contextlib.contextmanager
def busy_threads() -> Iterator[threading.Event]:
    """The loop's threads are all busy until the event is set."""
    go = threading.Event()
    executor = ThreadPoolExecutor(1)
    asyncio.get_running_loop().set_default_executor(executor)
    executor.submit(go.wait, PATIENCE)
    try:
        yield go
    finally:
        go.set()


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
    """The machine's trust store is one that knows the servers of these tests."""
    authority().cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)


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


@pytest.mark.parametrize("data", [b"", b"HTTP/1.1 200 OK\r\n", HALF_BODY])
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


# ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@on_each_loop
async def test_closing_is_idempotent_and_final() -> None:
    async with serving(answering(OK)) as server:
        client = transport_of(server.authority)
        await call(client)
        await client.close()
        await client.close()
        await server.all_gone()
        with pytest.raises(ClientClosed) as caught:
            await call(client)
        assert not caught.value.sent
        assert "no pool" in repr(client)


@on_each_loop
async def test_closing_before_anything_was_sent() -> None:
    client = transport_of("127.0.0.1:1")
    await client.close()
    with pytest.raises(ClientClosed) as caught:
        await call(client)
    assert not caught.value.sent


@on_each_loop
async def test_closing_with_calls_under_way() -> None:
    async with serving(silent) as server:
        client = transport_of(server.authority, max_connections=2)
        calls = [asyncio.create_task(call(client)) for _ in range(5)]
        await until(lambda: "2 busy, 0 opening of 2, 3 waiting" in repr(client))
        await settle()
        await client.close()
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(each) for each in outcomes] == [ClientClosed] * 5
        assert [isinstance(each, ClientClosed) and each.sent for each in outcomes] == [True] * 2 + [False] * 3
        await server.all_gone()


@on_each_loop
async def test_closing_while_a_call_connects() -> None:
    async with serving(silent) as server:
        client = transport_of(server.authority, "https", ssl_context=tls_context(), connect_timeout=HASTE)
        connecting = asyncio.create_task(call(client))
        await until(lambda: bool(server.peers))
        await client.close()
        with pytest.raises(NetworkError) as caught:
            await connecting
        assert not caught.value.sent
        await server.all_gone()


@on_each_loop
async def test_closing_while_a_call_waits_for_credentials() -> None:
    async with serving(silent) as server:
        client = transport_of(server.authority, provider=Slow())
        waiting = asyncio.create_task(call(client))
        await settle()
        await client.close()
        with pytest.raises(ClientClosed) as caught:
            await waiting
        assert not caught.value.sent
        assert server.peers == []


@on_each_loop
async def test_closing_while_the_trust_store_is_read() -> None:
    async with serving(silent) as server:
        client = transport_of(server.authority, "https")
        with busy_threads() as go:
            waiting = asyncio.create_task(call(client))
            await settle()
            await client.close()
            go.set()
            with pytest.raises(ClientClosed) as caught:
                await waiting
        assert not caught.value.sent
        assert server.peers == []


@on_each_loop
async def test_a_close_that_is_cancelled_has_closed_the_sockets() -> None:
    async with serving(answering(OK)) as server:
        client = transport_of(server.authority)
        await call(client)
        end = asyncio.create_task(client.close())
        asyncio.get_running_loop().call_soon(end.cancel)
        await asyncio.wait([end])
        await server.all_gone()
        await client.close()


# ── several loops ────────────────────────────────────────────────────────────────────────────────────────────────────
@each_loop
def test_one_client_under_one_loop_after_the_other(loop_factory: LoopFactory) -> None:
    """As a client at module level is used by several ``asyncio.run``; nobody closes it."""
    with serving_in_thread(answering(OK)) as server:
        client = transport_of(server.authority)

        async def work() -> None:
            responses = await asyncio.gather(*(call(client) for _ in range(3)))
            assert {response.status for response in responses} == {200}
            assert "<Pool 3 idle" in repr(client)

        for round_number in (1, 2, 3):
            run_clean(loop_factory, work)
            assert "no pool" in repr(client), "the loop's end closes its pool"
            assert len(server.peers) == 3 * round_number
        run_clean(loop_factory, client.close)


@each_loop
def test_a_loop_that_ends_amid_calls(loop_factory: LoopFactory) -> None:
    with serving_in_thread(silent) as server:
        client = transport_of(server.authority, max_connections=2)

        async def work() -> None:
            for _ in range(4):
                calls.append(asyncio.create_task(call(client)))
            await until(lambda: "2 busy, 0 opening of 2, 2 waiting" in repr(client))

        calls: list[asyncio.Task[Response]] = []
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(work())
        assert all(each.cancelled() for each in calls)
        assert "no pool" in repr(client)


@each_loop
def test_one_client_under_two_loops_at_once(loop_factory: LoopFactory) -> None:
    with serving_in_thread(answering(OK)) as server:
        client = transport_of(server.authority, max_connections=2)
        together = threading.Barrier(2)

        async def work() -> None:
            for _ in range(30):
                together.wait(PATIENCE)  # both threads come to the change of loops again and again
                responses = await asyncio.gather(*(call(client) for _ in range(3)))
                assert {response.status for response in responses} == {200}

        def run() -> None:
            with asyncio.Runner(loop_factory=loop_factory) as runner:
                runner.run(work())

        with ThreadPoolExecutor(2) as threads:
            for outcome in [threads.submit(run), threads.submit(run)]:
                outcome.result(30.0)
        assert "no pool" in repr(client)
        assert len(server.peers) == 4


def test_pools_of_loops_that_nobody_ended_well_are_forgotten() -> None:
    with serving_in_thread(answering(OK)) as server, warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # sockets that are left to the garbage collector
        client = transport_of(server.authority)
        for _ in range(3):
            loop = asyncio.new_event_loop()
            loop.run_until_complete(call(client))
            assert repr(client).count("<Pool") == 1
            loop.close()
        del loop, client
        gc.collect()


# ── mending ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def refusing(code: str, date: str | None = None) -> bytes:
    """An error of the service."""
    body = b'{"__type":"com.amazonaws#%b"}' % code.encode()
    return answer(body, status=400, headers=None if date is None else {"Date": date})


class Rotating:
    """A provider that gives other keys every time."""

    name = "rotating"

    def __init__(self) -> None:
        self.given: list[Credentials] = []

    async def fetch(self) -> Credentials:
        self.given.append(Credentials(f"AKID{len(self.given)}", Secret("hush"), Secret(f"token-{len(self.given)}")))
        return self.given[-1]


def keys_of(server: Served) -> list[str]:
    """Whose signature each request has."""
    return [request.headers["authorization"].partition("Credential=")[2][:5] for request in server.requests]


@on_each_loop
async def test_an_expired_token_is_replaced() -> None:
    provider = Rotating()
    async with (
        serving(answering(refusing("ExpiredTokenException"), OK)) as server,
        client_of(server, provider=provider) as client,
    ):
        refused = await call(client)
        assert client.repair(TokenExpired("expired"), refused)
        assert (await call(client)).status == 200
        assert keys_of(server) == ["AKID0", "AKID1"]
        assert [request.headers["x-amz-security-token"] for request in server.requests] == ["token-0", "token-1"]
        assert client.repair(TokenExpired("a straggler of the old ones"), refused)
        assert (await call(client)).status == 200
        assert keys_of(server) == ["AKID0", "AKID1", "AKID1"], "the new ones are kept"


def dates_of(server: Served) -> list[str]:
    return [request.headers["x-amz-date"] for request in server.requests]


@on_each_loop
async def test_a_wrong_clock_is_corrected_by_the_servers() -> None:
    clock = FakeClock(1_785_578_400.0)  # 20260801T100000Z
    ahead = refusing("InvalidSignatureException", "Sat, 01 Aug 2026 10:20:00 GMT")
    async with serving(answering(ahead, ahead, OK)) as server, client_of(server, clock=clock) as client:
        error = AuthenticationError("signature not yet current")
        first, straggler = await asyncio.gather(call(client), call(client))
        assert first.server_time == pytest.approx(1_785_578_400.0 + 1_200)
        assert client.repair(error, first)
        assert client.repair(error, straggler), "it was signed by the wrong clock too: sending again makes sense"
        corrected = await call(client)
        assert corrected.status in (200, 400)
        assert sorted(dates_of(server)) == ["20260801T100000Z", "20260801T100000Z", "20260801T102000Z"]


@on_each_loop
async def test_a_clock_that_was_corrected_is_not_blamed_again() -> None:
    clock = FakeClock(1_785_578_400.0)
    ahead = refusing("InvalidSignatureException", "Sat, 01 Aug 2026 10:20:00 GMT")
    async with serving(answering(ahead)) as server, client_of(server, clock=clock) as client:
        error = AuthenticationError("the signature does not match")
        assert client.repair(error, await call(client))
        assert not client.repair(error, await call(client))
        assert dates_of(server) == ["20260801T100000Z", "20260801T102000Z"]


@pytest.mark.parametrize(
    ("date", "server_time"),
    [
        ("Sat, 01 Aug 2026 10:03:59 GMT", 1_785_578_639.0),
        ("yesterday", None),
        ("", None),
        ("Sat, 01 Aug 2026 10:00:00 -0000", 1_785_578_400.0),
        ("Sat, 01 Aug 2026 10:00:00", 1_785_578_400.0),
        ("Fri, 31 Dec 9999 25:00:00 GMT", None),
        ("Fri, 99 Xyz 2026 10:00:00 GMT", None),
        ("Sat, 01 Aug 2026 10:20:00 +9999999999999", None),
    ],
)
@on_each_loop
async def test_a_clock_is_not_blamed_without_reason(date: str, server_time: float | None) -> None:
    clock = FakeClock(1_785_578_400.0)
    refusal = refusing("InvalidSignatureException", date)
    async with serving(answering(refusal)) as server, client_of(server, clock=clock) as client:
        response = await call(client)
        assert response.server_time == server_time
        assert not client.repair(AuthenticationError("no"), response)


@on_each_loop
async def test_what_is_not_about_authentication_is_not_mended() -> None:
    ahead = refusing("ValidationException", "Sat, 01 Aug 2026 10:20:00 GMT")
    async with serving(answering(ahead)) as server, client_of(server) as client:
        assert not client.repair(DynamoDBError("no"), await call(client))
