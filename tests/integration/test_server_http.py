"""The HTTP server over real sockets: what good clients get, and that no bad one hurts it or the others."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
import struct
from collections.abc import AsyncIterator
from typing import Any, NoReturn
from zlib import crc32

import msgspec
import pytest

from hashrange.simulator.engine import Engine
from hashrange.simulator.http_connection import Limits
from hashrange.simulator.server import Server
from tests.loops import on_each_loop

SIGNED = "AWS4-HMAC-SHA256 Credential=me/20270115/r/dynamodb/aws4_request, SignedHeaders=host, Signature=a"
PATIENCE_SECONDS = 20.0
CREATE = {
    "TableName": "app",
    "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "PK", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
KEY = {"PK": {"S": "a"}}
#: as large as an answer to GetItem gets
LARGE = {**KEY, "text": {"S": "x" * 400_000}}


def encode(operation: str, payload: Any, *headers: str) -> bytes:
    """A request's bytes; a payload of bytes is the body itself."""
    body = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
    lines = [
        "POST / HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/x-amz-json-1.0",
        f"X-Amz-Target: DynamoDB_20120810.{operation}",
        "X-Amz-Date: 20270115T080000Z",
        f"Authorization: {SIGNED}",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Client:
    """A client that may be as wrong as it likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def receive(self) -> tuple[int, bytes]:
        """The next answer: its status and its body, whose checksum and length are right."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("ascii")
            first, *lines = head.split("\r\n")[:-2]
            headers = dict(line.lower().split(": ", 1) for line in lines)
            if headers.get("transfer-encoding") == "chunked":
                assert await self.reader.readuntil(b"\r\n\r\n") == b"0\r\n\r\n"
                return int(first.split(" ")[1]), b""
            body = await self.reader.readexactly(int(headers["content-length"]))
        assert int(headers.get("x-amz-crc32", crc32(body))) == crc32(body)
        return int(first.split(" ")[1]), body

    async def ask(self, operation: str, payload: Any, *headers: str) -> tuple[int, Any]:
        self.send(encode(operation, payload, *headers))
        status, body = await self.receive()
        return status, msgspec.json.decode(body) if body else None

    async def ended(self) -> bytes:
        """What still comes until the server has ended the connection."""
        rest = b""
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                while data := await self.reader.read(65_536):
                    rest += data
        return rest

    async def flood(self) -> NoReturn:
        """Send, whatever the server says."""
        while True:
            self.send(b"more")
            await self.writer.drain()
            await asyncio.sleep(0)

    def reset(self) -> None:
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


@contextlib.asynccontextmanager
async def connected(server: Server) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection(server.host, server.port)
    try:
        yield Client(reader, writer)
    finally:
        writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@contextlib.asynccontextmanager
async def serving(**settings: Any) -> AsyncIterator[Server]:
    """A server with one table and one item; it must be as it was when all is over."""
    engine = Engine([CREATE])
    async with Server(engine, **settings) as server:
        async with connected(server) as client:
            assert await client.ask("PutItem", {"TableName": "app", "Item": LARGE}) == (200, {})
        yield server
        if not server.stopping:
            async with connected(server) as client:
                assert await client.ask("GetItem", {"TableName": "app", "Key": KEY}) == (200, {"Item": LARGE})
                assert (await client.ask("Scan", {"TableName": "app", "Select": "COUNT"}))[1]["Count"] == 1
    assert server.connections == set()


async def nobody_left(server: Server) -> None:
    """Return when the server has noticed that its clients are gone."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while server.connections:  # noqa: ASYNC110 - nothing tells us
            await asyncio.sleep(0)


def short(**seconds: float) -> Limits:
    """Limits that a test need not wait for."""
    times = {"idle_timeout": 60.0, "request_timeout": 60.0, "write_timeout": 60.0, "linger_timeout": 60.0}
    return Limits(**times | seconds)  # type: ignore[arg-type]


# ── good clients ─────────────────────────────────────────────────────────────────────────────────────────────────────
@on_each_loop
async def test_requests_and_answers_on_one_connection() -> None:
    async with serving() as server, connected(server) as client:
        assert server.endpoint_url == f"http://127.0.0.1:{server.port}"
        client.send(b"GET / HTTP/1.1\r\n\r\n")
        assert await client.receive() == (200, b"healthy: dynamodb.us-east-1.amazonaws.com ")
        assert await client.ask("GetItem", {"TableName": "app", "Key": KEY}) == (200, {"Item": LARGE})
        assert await client.ask("GetItem", {"TableName": "app", "Key": {"PK": {"S": "b"}}}) == (200, {})
        assert await client.ask("GetItem", {"TableName": "app", "Key": KEY}, "Connection: close") == (
            200,
            {"Item": LARGE},
        )
        assert await client.ended() == b""


@on_each_loop
async def test_pipelined_requests() -> None:
    async with serving() as server, connected(server) as client:
        for number in range(200):
            client.send(encode("GetItem", {"TableName": f"app{number}", "Key": KEY}))
            client.send(encode("GetItem", {"TableName": "app", "Key": {"PK": {"S": str(number)}}}))
        for _ in range(200):
            status, body = await client.receive()
            assert (status, b"ResourceNotFound" in body) == (400, True)
            assert await client.receive() == (200, b"{}")


@on_each_loop
async def test_large_answers_to_a_slow_reader() -> None:
    async with serving() as server, connected(server) as client:
        for _ in range(40):
            client.send(encode("GetItem", {"TableName": "app", "Key": KEY}))
        async with connected(server) as other:
            assert await other.ask("GetItem", {"TableName": "app", "Key": {"PK": {"S": "b"}}}) == (200, {})
        for _ in range(40):
            status, body = await client.receive()
            assert (status, len(body) > 400_000) == (200, True)


@on_each_loop
async def test_a_client_that_closes_its_side_gets_its_answers() -> None:
    async with serving() as server, connected(server) as client:
        for _ in range(20):
            client.send(encode("GetItem", {"TableName": "app", "Key": KEY}))
        client.writer.write_eof()
        for _ in range(20):
            assert (await client.receive())[0] == 200
        assert await client.ended() == b""


@on_each_loop
async def test_a_client_that_waits_to_be_told_to_go_on() -> None:
    async with serving() as server, connected(server) as client:
        whole = encode("GetItem", {"TableName": "app", "Key": {"PK": {"S": "b"}}}, "Expect: 100-continue")
        head, _, body = whole.partition(b"\r\n\r\n")
        client.send(head + b"\r\n\r\n")
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await client.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.send(body)
        assert await client.receive() == (200, b"{}")


@on_each_loop
async def test_a_body_of_many_chunks() -> None:
    async with serving() as server, connected(server) as client:
        item = {"PK": {"S": "a"}, "text": {"S": "y" * 100_000}}
        head = encode("PutItem", b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
        body = msgspec.json.encode({"TableName": "app", "Item": item})
        client.send(
            head + b"".join(b"3e8\r\n%s\r\n" % body[at : at + 1000].ljust(1000) for at in range(0, len(body), 1000))
        )
        client.send(b"0\r\n\r\n")
        assert await client.receive() == (200, b"{}")
        assert await client.ask("GetItem", {"TableName": "app", "Key": KEY}) == (200, {"Item": item})
        assert await client.ask("PutItem", {"TableName": "app", "Item": LARGE}) == (200, {})


# ── bad input ────────────────────────────────────────────────────────────────────────────────────────────────────────
@on_each_loop
async def test_garbage() -> None:
    async with serving() as server:
        for garbage in (b"\x16\x03\x01\x02\x00\x01\x00", b"\x00" * 1000, b"hello\r\n\r\n", b"GET / HTTP/1.1\nA: b\n\n"):
            async with connected(server) as client:
                client.send(garbage)
                assert (await client.receive())[0] == 400
                client.send(b"and more")
                client.writer.write_eof()
                assert await client.ended() == b""


DEEP = b'{"TableName":' + b"[" * 10_000 + b"]" * 10_000 + b"}"
BARE = {"__type": "com.amazon.coral.service#SerializationException"}


@on_each_loop
async def test_bad_bodies() -> None:
    unknown = {"__type": "com.amazon.coral.service#UnknownOperationException"}
    async with serving() as server, connected(server) as client:
        for body in (b"", b"nonsense", b"\xff\xff", b"[]", DEEP, b'{"TableName":"\xc3\x28"}', b'{"TableName":"app"'):
            assert await client.ask("DeleteTable", body) == (400, BARE)
        assert await client.ask("Nonsense", b"{}") == (400, unknown)
        assert await client.ask("ListStreams", b"{}") == (400, unknown)
        status, answer = await client.ask("DeleteTable", b'{"TableName":' + b"9" * 1_000_000 + b"}")
        assert (status, answer["Message"]) == (400, "NUMBER_VALUE cannot be converted to String")
        status, answer = await client.ask("DeleteItem", b'{"TableName":"app","Key":{"PK":{"S":1e999}}}')
        assert (status, answer["Message"]) == (400, "DECIMAL_VALUE cannot be converted to String")


@on_each_loop
async def test_a_body_over_the_limit() -> None:
    async with serving() as server:
        async with connected(server) as client:
            client.send(encode("PutItem", b"").replace(b"Content-Length: 0", b"Content-Length: 104857600"))
            assert await client.receive() == (413, b"")
        async with connected(server) as client:  # one that sends it all before it reads
            client.send(encode("PutItem", b"").replace(b"Content-Length: 0", b"Content-Length: 104857600"))
            for _ in range(100):
                client.send(bytes(1024 * 1024))
                await client.writer.drain()
            assert await client.receive() == (413, b"")
        async with connected(server) as client:
            client.send(encode("PutItem", b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked"))
            for _ in range(17):
                client.send(b"100000\r\n" + bytes(1024 * 1024) + b"\r\n")
            assert await client.receive() == (413, b"")


@on_each_loop
async def test_a_head_without_an_end() -> None:
    async with serving() as server, connected(server) as client:
        client.send(b"GET / HTTP/1.1\r\n")
        for number in range(100):
            client.send(b"X-%d: %s\r\n" % (number, b"a" * 4096))
        assert (await client.receive())[0] == 431


# ── clients that are slow, silent or gone ────────────────────────────────────────────────────────────────────────────
@on_each_loop
async def test_a_silent_client_is_left() -> None:
    async with serving(limits=short(idle_timeout=0.05)) as server, connected(server) as client:
        assert await client.ended() == b""


@on_each_loop
async def test_a_request_that_never_ends() -> None:
    async with serving(limits=short(request_timeout=0.05)) as server, connected(server) as client:
        client.send(encode("GetItem", {"TableName": "app", "Key": KEY})[:-1])
        assert await client.ended() == b""


@on_each_loop
async def test_a_client_that_takes_no_answers() -> None:
    async with serving(limits=short(write_timeout=0.05)) as server, connected(server) as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        sent = encode("GetItem", {"TableName": "app", "Key": KEY}) * 200
        client.send(sent)
        async with connected(server) as other:
            while len(server.connections) > 1:
                assert (await other.ask("GetItem", {"TableName": "app", "Key": {"PK": {"S": "b"}}}))[0] == 200


@on_each_loop
async def test_a_refused_client_that_goes_on_for_ever() -> None:
    async with serving(limits=short(linger_timeout=0.05)) as server, connected(server) as client:
        client.send(b"\x00")
        assert (await client.receive())[0] == 400
        with pytest.raises(ConnectionError):
            await client.flood()
    assert server.connections == set()


@on_each_loop
async def test_clients_that_are_suddenly_gone() -> None:
    async with serving() as server:
        whole = encode("GetItem", {"TableName": "app", "Key": KEY})
        for data in (b"", whole[:20], whole[:-1], whole * 20):
            async with connected(server) as client:
                client.send(data)
                await client.writer.drain()
                client.reset()


@on_each_loop
async def test_many_idle_connections_do_not_keep_others_from_working() -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    count = min(1_000, (most - 100) // 2)
    async with contextlib.AsyncExitStack() as stack:
        server = await stack.enter_async_context(serving())
        for _ in range(count):
            await stack.enter_async_context(connected(server))
        async with connected(server) as client:
            assert (await client.ask("GetItem", {"TableName": "app", "Key": KEY}))[0] == 200
            assert len(server.connections) == count + 1
        await stack.pop_all().aclose()


@on_each_loop
async def test_there_is_room_for_so_many_and_no_more() -> None:
    async with serving(limits=Limits(connections_max_count=2)) as server:
        async with connected(server) as one, connected(server) as two:
            for client in (one, two):
                assert (await client.ask("GetItem", {"TableName": "app", "Key": KEY}))[0] == 200
            async with connected(server) as three:
                assert await three.ended() == b""
            assert (await one.ask("GetItem", {"TableName": "app", "Key": KEY}))[0] == 200
        await nobody_left(server)


# ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@on_each_loop
async def test_stopping_finishes_what_is_under_way() -> None:
    async with serving() as server, connected(server) as idle, connected(server) as busy:
        assert (await idle.ask("GetItem", {"TableName": "app", "Key": KEY}))[0] == 200
        whole = encode("GetItem", {"TableName": "app", "Key": KEY})
        busy.send(whole + whole[:-1])
        assert (await busy.receive())[0] == 200
        stopping = asyncio.create_task(server.stop())
        assert await idle.ended() == b""
        with pytest.raises(OSError):
            await asyncio.open_connection(server.host, server.port)
        busy.send(whole[-1:])
        assert (await busy.receive())[0] == 200
        assert await busy.ended() == b""
        await stopping
        await server.stop()


@on_each_loop
async def test_stopping_waits_for_nobody_for_ever() -> None:
    async with serving() as server, connected(server) as busy:
        busy.send(encode("GetItem", {"TableName": "app", "Key": KEY})[:-1])
        await busy.writer.drain()
        await server.stop(grace=0.05)
        assert await busy.ended() == b""


@on_each_loop
async def test_a_port_that_is_taken() -> None:
    async with serving() as server:
        with pytest.raises(OSError):
            await Server(Engine(), port=server.port).start()


def test_a_server_says_where_it_is() -> None:
    assert repr(Server(Engine(), host="::1", port=80)) == "<Server http://[::1]:80: not started, 0 connections>"
