"""One connection on a byte stream in memory: answers of every kind, and peers that break the rules."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashrange.errors import AttemptTimeout, BadResponse, ConnectionLost, NetworkError
from hashrange.wire.connection import (
    ANSWER_MAX_BYTES,
    HEADERS_MAX_BYTES,
    HEADERS_MAX_COUNT,
    Connection,
    HttpAnswer,
    State,
)
from tests.loops import in_virtual_time, settle, virtual_loop

from .byte_stream import OK, REQUEST, answered, assert_ended, connected, failed, started

# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────
CHUNKED = (
    b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\n3;note=x\r\n:1}\r\n0\r\nX-Trailer: late\r\n\r\n'
)
ANSWERS = [
    pytest.param(OK, 200, {b"content-length": b"2"}, b"{}", State.IDLE, id="plain"),
    pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", 200, {}, b"", State.IDLE, id="no body"),
    pytest.param(CHUNKED, 200, {b"x-trailer": b"late"}, b'{"a":1}', State.IDLE, id="chunked"),
    pytest.param(
        b"HTTP/1.1 400 Bad Request\r\nX-AMZN-RequestId: A1\r\nx-empty:\r\nContent-Length: 3\r\n\r\n{ }",
        400,
        {b"x-amzn-requestid": b"A1", b"x-empty": b"", b"content-length": b"3"},
        b"{ }",
        State.IDLE,
        id="header names in any case",
    ),
    pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" + OK, 200, {b"content-length": b"2"}, b"{}", State.IDLE, id="100"),
    pytest.param(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\nX-Once: a\r\n\r\n" + OK,
        200,
        {b"content-length": b"2"},
        b"{}",
        State.IDLE,
        id="100, 103",
    ),
    pytest.param(
        b"HTTP/1.1 503 Slow Down\r\nConnection: close\r\nContent-Length: 6\r\n\r\n<html>",
        503,
        {b"connection": b"close"},
        b"<html>",
        State.CLOSED,
        id="connection: close",
    ),
    pytest.param(
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, {b"content-length": b"2"}, b"{}", State.CLOSED, id="1.0"
    ),
    pytest.param(
        b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}",
        200,
        {b"connection": b"keep-alive"},
        b"{}",
        State.IDLE,
        id="1.0 keep-alive",
    ),
    pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", 204, {}, b"", State.IDLE, id="204"),
    pytest.param(
        b"HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n" + b"x" * 70_000,
        200,
        {},
        b"x" * 70_000,
        State.IDLE,
        id="long",
    ),
]


@pytest.mark.parametrize(("data", "status", "headers", "body", "state"), ANSWERS)
@pytest.mark.parametrize("piece_bytes", [1, 7, 1_000_000])
@in_virtual_time
async def test_an_answer_is_whole_however_it_is_cut(
    data: bytes, status: int, headers: dict[bytes, bytes], body: bytes, state: State, piece_bytes: int
) -> None:
    pieces = [data[start : start + piece_bytes] for start in range(0, len(data), piece_bytes)]
    answer, connection, stream = await answered(*pieces)
    assert (answer.status, answer.body) == (status, body)
    assert answer.headers.items() >= headers.items()
    assert b"link" not in answer.headers
    assert connection.state is state
    assert stream.written == [REQUEST]
    assert stream.aborted is (state is State.CLOSED)


@settings(deadline=None, max_examples=40)
@given(cuts=st.lists(st.integers(min_value=1, max_value=len(CHUNKED) - 1), max_size=6, unique=True))
@in_virtual_time
async def test_cutting_anywhere_makes_no_difference(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(CHUNKED)]
    answer, connection, _ = await answered(*(CHUNKED[start:end] for start, end in pairwise(edges)))
    assert answer.body == b'{"a":1}'
    assert connection.state is State.IDLE


@in_virtual_time
async def test_one_exchange_after_the_other() -> None:
    connection, stream = connected()
    for number in range(3):
        exchange = await started(connection)
        assert repr(connection) == "<Connection busy>"
        virtual_loop().advance(1)
        stream.feed(f"HTTP/1.1 200 OK\r\nX-{number}: x\r\nContent-Length: 1\r\n\r\n{number}".encode())
        answer = await exchange
        assert answer.body == str(number).encode()
        assert set(answer.headers) == {f"x-{number}".encode(), b"content-length"}
        assert connection.state is State.IDLE
        assert connection.idle_since == virtual_loop().time()
    assert stream.written == [REQUEST] * 3
    connection.close()
    assert_ended(connection, stream)


UNTIL_EOF = b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n"


@pytest.mark.parametrize("pieces", [[b'{"Code": "Success"}'], [b'{"Code":', b' "Success"}']])
@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
@in_virtual_time
async def test_a_body_without_a_length_ends_with_the_connection(pieces: list[bytes], version: bytes) -> None:
    connection, stream = connected()
    exchange = await started(connection)
    stream.feed(UNTIL_EOF.replace(b"1.0", version), *pieces)
    await settle()
    assert not exchange.done()
    stream.feed_eof()
    answer = await exchange
    assert (answer.status, answer.body) == (200, b'{"Code": "Success"}')
    assert_ended(connection, stream)


@in_virtual_time
async def test_a_body_without_a_length_is_not_whole_after_a_reset() -> None:
    connection, stream = connected()
    exchange = await started(connection)
    stream.feed(UNTIL_EOF, b'{"Code":')
    stream.reset()
    await failed(exchange, ConnectionLost)
    assert_ended(connection, stream)


@in_virtual_time
async def test_cancelled_when_a_body_without_a_length_ends() -> None:
    connection, stream = connected()
    exchange = await started(connection)
    stream.feed(UNTIL_EOF, b"{}")
    exchange.cancel()
    stream.feed_eof()
    with pytest.raises(asyncio.CancelledError):
        await exchange
    assert_ended(connection, stream)


# ── a peer that breaks the rules ─────────────────────────────────────────────────────────────────────────────────────
GARBAGE = [
    pytest.param(b"\x00\x01\x02\x03", id="binary"),
    pytest.param(b"SSH-2.0-OpenSSH_9.6\r\n", id="SSH"),
    pytest.param(b"\x15\x03\x01\x00\x02\x02\x16", id="TLS"),
    pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="a request"),
    pytest.param(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00", id="HTTP/2"),
    pytest.param(b"HTTP/1.1 two hundred\r\n\r\n", id="status in words"),
    pytest.param(b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", id="header without colon"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n{}", id="length in words"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}", id="negative length"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", id="two lengths"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n{}", id="length beyond numbers"),
    pytest.param(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}", id="chunked, and a length"
    ),
    pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}", id="chunk size not a number"),
    pytest.param(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n", id="another protocol"
    ),
]


@pytest.mark.parametrize("data", GARBAGE)
@pytest.mark.parametrize("one_by_one", [False, True])
@in_virtual_time
async def test_garbage_is_a_bad_response(data: bytes, one_by_one: bool) -> None:
    connection, stream = connected()
    exchange = await started(connection)
    stream.feed(*([data[at : at + 1] for at in range(len(data))] if one_by_one else [data]))
    error = await failed(exchange, BadResponse)
    assert error.sent
    assert_ended(connection, stream)


@settings(deadline=None, max_examples=150)
@given(data=st.lists(st.binary(max_size=40) | st.sampled_from([OK, CHUNKED, b"\r\n", b"HTTP/1.1 "]), max_size=5))
@in_virtual_time
async def test_whatever_comes_an_exchange_ends_in_an_answer_or_a_network_error(data: list[bytes]) -> None:
    connection, stream = connected()
    exchange = await started(connection)
    stream.feed(*data)
    try:
        answer = await exchange
    except NetworkError:
        assert_ended(connection, stream)
    else:
        assert isinstance(answer, HttpAnswer)


def headers_of(count: int) -> bytes:
    return b"".join(b"x-%d: y\r\n" % number for number in range(count))


@pytest.mark.parametrize("one_by_one", [False, True])
@in_virtual_time
async def test_a_flood_of_headers(one_by_one: bool) -> None:
    connection, stream = connected()
    exchange = await started(connection)
    data = b"HTTP/1.1 200 OK\r\n" + headers_of(HEADERS_MAX_COUNT + 1) + b"Content-Length: 2\r\n\r\n{}"
    stream.feed(*(data.splitlines(keepends=True) if one_by_one else [data]))
    error = await failed(exchange, BadResponse)
    assert f"{HEADERS_MAX_COUNT} headers" in str(error)
    assert_ended(connection, stream)


@in_virtual_time
async def test_as_many_headers_as_allowed() -> None:
    data = b"HTTP/1.1 200 OK\r\n" + headers_of(HEADERS_MAX_COUNT - 1) + b"Content-Length: 2\r\n\r\n{}"
    answer, connection, _ = await answered(data)
    assert len(answer.headers) == HEADERS_MAX_COUNT
    assert connection.state is State.IDLE


@in_virtual_time
async def test_a_body_without_an_end() -> None:
    connection, stream = connected()
    exchange = await started(connection)
    piece = b"400000\r\n" + b"x" * 0x400000 + b"\r\n"
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    stream.feed(head, *[piece] * (ANSWER_MAX_BYTES // len(piece) + 1))
    error = await failed(exchange, BadResponse)
    assert f"longer than {ANSWER_MAX_BYTES} bytes" in str(error)
    assert_ended(connection, stream)


@pytest.mark.parametrize("piece", [b"x" * 1_000, b"\r\nx: y", b"\r\n\r\nHTTP/1.1 100 Continue\r\nx: y"])
@in_virtual_time
async def test_headers_without_an_end(piece: bytes) -> None:
    connection, stream = connected()
    exchange = await started(connection)
    stream.feed(b"HTTP/1.1 100 Continue\r\nX-Endless: ", *[piece] * (HEADERS_MAX_BYTES // len(piece) + 2))
    error = await failed(exchange, BadResponse)
    assert f"headers are longer than {HEADERS_MAX_BYTES} bytes" in str(error)
    assert_ended(connection, stream)


@pytest.mark.parametrize("piece_bytes", [1_000, 256 * 1024])
@in_virtual_time
async def test_a_long_body_is_not_taken_for_headers(piece_bytes: int) -> None:
    body = b"x" * (4 * HEADERS_MAX_BYTES)
    data = b"HTTP/1.1 200 OK\r\nX-Long: %b\r\nContent-Length: %d\r\n\r\n" % (b"y" * 60_000, len(body)) + body
    answer, connection, _ = await answered(*(data[at : at + piece_bytes] for at in range(0, len(data), piece_bytes)))
    assert answer.body == body
    assert connection.state is State.IDLE


@in_virtual_time
async def test_the_limit_counts_each_answer_for_itself() -> None:
    connection, stream = connected()
    body = b"x" * (ANSWER_MAX_BYTES * 2 // 3)
    for _ in range(2):
        exchange = await started(connection)
        stream.feed(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body), body)
        assert (await exchange).body == body
    assert connection.state is State.IDLE


SURPLUS = [
    pytest.param(OK, id="a second answer"),
    pytest.param(b"HTTP/1.1 200 OK\r\nX-Poison: 1\r\n", id="the beginning of a second answer"),
    pytest.param(b"HTTP/1.1 2", id="a few bytes of a second answer"),
    pytest.param(b"}", id="one byte too many"),
    pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n", id="an interim answer"),
]


@pytest.mark.parametrize("surplus", SURPLUS)
@pytest.mark.parametrize("pieces", [1, 2])
@in_virtual_time
async def test_more_than_one_answer_gives_the_first_and_ends_the_connection(surplus: bytes, pieces: int) -> None:
    connection, stream = connected()
    exchange = await started(connection)
    stream.feed(*([OK + surplus] if pieces == 1 else [OK, surplus]))
    answer = await exchange
    assert (answer.status, answer.headers, answer.body) == (200, {b"content-length": b"2"}, b"{}")
    assert_ended(connection, stream)


@pytest.mark.parametrize("surplus", SURPLUS)
@in_virtual_time
async def test_data_that_nobody_asked_for_ends_an_idle_connection(surplus: bytes) -> None:
    connection, stream = connected()
    gone: list[Connection] = []
    connection.on_idle_close = gone.append
    stream.feed(surplus)
    assert_ended(connection, stream)
    assert gone == [connection]


@in_virtual_time
async def test_a_length_that_is_too_short_cuts_the_body_and_ends_the_connection() -> None:
    connection, stream = connected()
    exchange = await started(connection)
    stream.feed(b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{"a":1}')
    assert (await exchange).body == b'{"'
    assert_ended(connection, stream)


@in_virtual_time
async def test_the_rest_of_a_cut_body_is_never_the_next_answer() -> None:
    connection, stream = connected()
    exchange = await started(connection)
    stream.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    await exchange
    exchange = await started(connection)
    stream.feed(b'"a":1}' + OK)
    await failed(exchange, BadResponse)
    assert_ended(connection, stream)


@in_virtual_time
async def test_a_length_that_is_too_long_waits_until_the_time_is_up() -> None:
    connection, stream = connected()
    exchange = await started(connection)
    stream.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}")
    error = await failed(exchange, AttemptTimeout)
    assert error.sent
    assert_ended(connection, stream)
