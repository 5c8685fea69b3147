"""The transport over real sockets: a server that behaves, and servers that do not.

After each test the pool's ``repr`` shows that no connection is lost track of, and the next call works.
"""

from __future__ import annotations

import asyncio
import gzip

import pytest

from hashrange.errors import AttemptTimeout, BadResponse, ConnectionLost, NetworkError
from hashrange.wire.dial import tls_context
from hashrange.wire.transport import Request, Response
from tests.loops import on_each_loop, settle
from tests.wire_clients import HASTE, PATIENCE, assert_at_rest, call, client_of, until
from tests.wire_servers import (
    OK,
    Handler,
    Peer,
    answer,
    answering,
    closing,
    first_answering,
    resetting,
    server_tls,
    serving,
    silent,
    trusting,
)


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
        pytest.param(
            answer(gzip.compress(b'{"Item":{}}'), headers={"Content-Encoding": "gzip"}),
            200,
            b'{"Item":{}}',
            1,
            id="gzip",
        ),
        pytest.param(answer(b"", headers={"Content-Encoding": "gzip"}), 200, b"", 1, id="nothing in gzip"),
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


@pytest.mark.parametrize("scheme", ["http", "https"])
@on_each_loop
async def test_long_answers_that_come_at_once_do_not_mix(scheme: str) -> None:
    """Connections share what they read into."""

    async def handle(peer: Peer) -> None:
        while True:
            request = await peer.request()
            peer.send(answer(request.body * 50_000))

    secure = scheme == "https"
    async with (
        serving(handle, tls=server_tls() if secure else None) as server,
        client_of(server, scheme, ssl_context=trusting(tls_context()) if secure else None) as client,
    ):
        bodies = [b"%06d" % number for number in range(40)]
        responses = await asyncio.gather(*(call(client, body=body) for body in bodies))
        assert [response.body for response in responses] == [body * 50_000 for body in bodies]


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
        assert 47 <= len(failures) <= 50  # at the end, up to four connections have not come to their fourth call


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
