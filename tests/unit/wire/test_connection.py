"""One connection on a byte stream in memory: every way in which an exchange can go, and what is left after it."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashrange.errors import AttemptTimeout, BadResponse, ClientClosed, ConnectionLost, NetworkError
from hashrange.wire.connection import ANSWER_MAX_BYTES, HEADERS_MAX_COUNT, Connection, HttpAnswer, State
from tests.loops import in_virtual_time, on_each_loop, settle, virtual_loop

from .byte_stream import ByteStream, connected

REQUEST = b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
TIMEOUT = 5.0


async def started(connection: Connection, timeout: float = TIMEOUT) -> asyncio.Task[HttpAnswer]:
    """An exchange that has sent its request and waits."""
    exchange = asyncio.create_task(connection.exchange(REQUEST, timeout))
    await asyncio.sleep(0)
    return exchange


async def answered(*pieces: bytes) -> tuple[HttpAnswer, Connection, ByteStream]:
    connection, stream = connected()
    exchange = await started(connection)
    stream.feed(*pieces)
    return await exchange, connection, stream


async def failed(exchange: asyncio.Task[HttpAnswer], error: type[NetworkError]) -> NetworkError:
    with pytest.raises(error) as caught:
        await exchange
    return caught.value


def assert_ended(connection: Connection, stream: ByteStream) -> None:
    """Closed, for good, and without a timer."""
    assert connection.state is State.CLOSED
    assert stream.is_closing()
    assert virtual_loop().timers() == []


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


MEBIBYTE = 1024 * 1024


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"400000\r\n" + b"x" * 4 * MEBIBYTE + b"\r\n"),
        (b"HTTP/1.1 200 OK\r\nX-Endless: ", b"x" * 4 * MEBIBYTE),
    ],
    ids=["chunks", "header"],
)
@in_virtual_time
async def test_an_answer_without_an_end(head: bytes, piece: bytes) -> None:
    connection, stream = connected()
    exchange = await started(connection)
    stream.feed(head, *[piece] * (ANSWER_MAX_BYTES // len(piece) + 1))
    error = await failed(exchange, BadResponse)
    assert f"longer than {ANSWER_MAX_BYTES} bytes" in str(error)
    assert_ended(connection, stream)


@in_virtual_time
async def test_the_limit_counts_each_answer_for_itself() -> None:
    connection, stream = connected()
    body = b"x" * (ANSWER_MAX_BYTES // 2)
    for _ in range(3):
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


# ── a peer that goes away ────────────────────────────────────────────────────────────────────────────────────────────
#: what has come, and whether that is a part of the answer
PARTS = [
    pytest.param(b"", False, id="before the answer"),
    pytest.param(b"HTT", True, id="in the status line"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-", True, id="in the headers"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", True, id="before the body"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{", True, id="in the body"),
    pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", True, id="between chunks"),
    pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n", True, id="after an interim answer"),
]
PART_BYTES = [pytest.param(part.values[0], id=part.id) for part in PARTS]


@pytest.mark.parametrize(("part", "in_the_middle"), PARTS)
@pytest.mark.parametrize("how", ["eof", "reset"])
@in_virtual_time
async def test_the_peer_ends_it(part: bytes, in_the_middle: bool, how: str) -> None:
    connection, stream = connected()
    exchange = await started(connection)
    if part:
        stream.feed(part)
    stream.reset() if how == "reset" else stream.feed_eof()
    error = await failed(exchange, ConnectionLost)
    assert ("in the middle of its answer" in str(error)) is in_the_middle
    assert ("Connection reset by peer" in str(error)) is (how == "reset")
    assert error.sent
    assert_ended(connection, stream)


@pytest.mark.parametrize("how", ["eof", "reset"])
@in_virtual_time
async def test_an_idle_connection_tells_that_it_has_ended(how: str) -> None:
    connection, stream = connected()
    gone: list[Connection] = []
    connection.on_idle_close = gone.append
    stream.reset() if how == "reset" else stream.feed_eof()
    await settle()
    assert_ended(connection, stream)
    assert gone == [connection]


@in_virtual_time
async def test_after_the_peers_eof_it_is_closed_at_once() -> None:
    """Not only when the loop tells that the socket is gone: until then somebody could use it."""
    connection, stream = connected()
    stream.feed_eof()
    assert connection.state is State.CLOSED
    with pytest.raises(ConnectionLost) as caught:
        await connection.exchange(REQUEST, TIMEOUT)
    assert not caught.value.sent
    assert stream.written == []


@in_virtual_time
async def test_nothing_is_sent_on_a_socket_that_is_closing() -> None:
    """A reset is seen by the transport one round of the loop before it tells us."""
    connection, stream = connected()
    stream.reset()
    with pytest.raises(ConnectionLost) as caught:
        await connection.exchange(REQUEST, TIMEOUT)
    assert not caught.value.sent
    assert stream.written == []
    await settle()
    assert_ended(connection, stream)


@in_virtual_time
async def test_a_peer_that_speaks_before_it_is_asked() -> None:
    connection, stream = connected()
    stream.feed(b"220 mail.example.com ESMTP\r\n")
    assert_ended(connection, stream)
    with pytest.raises(ConnectionLost) as caught:
        await connection.exchange(REQUEST, TIMEOUT)
    assert not caught.value.sent


# ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("part", PART_BYTES)
@in_virtual_time
async def test_the_time_is_up(part: bytes) -> None:
    connection, stream = connected()
    exchange = await started(connection)
    if part:
        stream.feed(part)
    before = virtual_loop().time()
    error = await failed(exchange, AttemptTimeout)
    assert virtual_loop().time() == pytest.approx(before + TIMEOUT)
    assert error.sent
    assert_ended(connection, stream)


@in_virtual_time
async def test_slow_bytes_do_not_move_the_deadline() -> None:
    connection, stream = connected()
    exchange = await started(connection)
    before = virtual_loop().time()
    for at in range(len(OK) - 1):
        stream.feed(OK[at : at + 1])
        await asyncio.sleep(TIMEOUT / 20)
        if exchange.done():
            break
    await failed(exchange, AttemptTimeout)
    assert virtual_loop().time() < before + TIMEOUT * 1.1


@pytest.mark.parametrize("timeout", [0.0, -1.0])
@in_virtual_time
async def test_without_time_left_nothing_is_sent(timeout: float) -> None:
    connection, stream = connected()
    with pytest.raises(AttemptTimeout) as caught:
        await connection.exchange(REQUEST, timeout)
    assert not caught.value.sent
    assert stream.written == []
    assert connection.state is State.IDLE, "it was not used, and can be used by the next"
    assert virtual_loop().timers() == []


@pytest.mark.parametrize(("first", "second"), [(10.0, 1.0), (1.0, 10.0), (5.0, 5.0)])
@in_virtual_time
async def test_each_exchange_has_its_own_deadline(first: float, second: float) -> None:
    """The timer is armed once and moved lazily; a shorter deadline must still come in time, a longer one not early."""
    connection, stream = connected()
    exchange = await started(connection, first)
    virtual_loop().advance(0.5)
    stream.feed(OK)
    await exchange
    before = virtual_loop().time()
    exchange = await started(connection, second)
    await failed(exchange, AttemptTimeout)
    assert virtual_loop().time() == pytest.approx(before + second)
    assert_ended(connection, stream)


@in_virtual_time
async def test_the_timer_of_an_exchange_that_has_ended_does_nothing() -> None:
    connection, stream = connected()
    exchange = await started(connection, 1.0)
    stream.feed(OK)
    await exchange
    await asyncio.sleep(2.0)
    assert connection.state is State.IDLE
    assert virtual_loop().timers() == []
    exchange = await started(connection, 1.0)
    stream.feed(OK)
    assert (await exchange).body == b"{}"


@on_each_loop
async def test_a_deadline_that_is_as_good_as_now_does_not_disturb_the_next() -> None:
    """uvloop gives a handle without a time for what is due within half a millisecond."""
    connection, stream = connected()
    for timeout in (0.0001, TIMEOUT, 0.0001, TIMEOUT):
        exchange = await started(connection, timeout)
        stream.feed(OK)
        assert (await exchange).body == b"{}"
    connection.close()


@in_virtual_time
async def test_many_exchanges_need_one_timer() -> None:
    connection, stream = connected()
    for _ in range(10):
        exchange = await started(connection)
        stream.feed(OK)
        await exchange
        assert len(virtual_loop().timers()) == 1
    connection.close()
    assert_ended(connection, stream)


# ── this side ends it ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("part", PART_BYTES)
@in_virtual_time
async def test_a_cancelled_exchange_closes_the_connection(part: bytes) -> None:
    connection, stream = connected()
    exchange = await started(connection)
    if part:
        stream.feed(part)
    exchange.cancel()
    with pytest.raises(asyncio.CancelledError):
        await exchange
    assert_ended(connection, stream)
    assert stream.aborted


@in_virtual_time
async def test_cancelled_when_the_answer_has_come_but_is_not_taken() -> None:
    connection, stream = connected()
    gone: list[Connection] = []
    connection.on_idle_close = gone.append
    exchange = await started(connection)
    stream.feed(OK)
    exchange.cancel()
    with pytest.raises(asyncio.CancelledError):
        await exchange
    assert_ended(connection, stream)


@in_virtual_time
async def test_cancelled_when_the_failure_has_come_but_is_not_taken() -> None:
    connection, stream = connected()
    exchange = await started(connection)
    stream.feed(b"garbage")
    exchange.cancel()
    with pytest.raises(asyncio.CancelledError):
        await exchange
    assert_ended(connection, stream)


@pytest.mark.parametrize("error", [None, ClientClosed("the client was closed")])
@in_virtual_time
async def test_closing_fails_the_exchange(error: NetworkError | None) -> None:
    connection, stream = connected()
    exchange = await started(connection)
    connection.close(error)
    connection.close()
    caught = await failed(exchange, ConnectionLost if error is None else ClientClosed)
    assert caught.sent
    assert_ended(connection, stream)
    assert stream.aborted


@in_virtual_time
async def test_closing_is_silent_where_nobody_waits() -> None:
    connection, stream = connected()
    connection.close()
    connection.close()
    await settle()
    assert_ended(connection, stream)


@in_virtual_time
async def test_a_busy_connection_cannot_be_used_and_is_not_disturbed() -> None:
    connection, stream = connected()
    exchange = await started(connection)
    with pytest.raises(ConnectionLost) as caught:
        await connection.exchange(REQUEST, TIMEOUT)
    assert not caught.value.sent
    stream.feed(OK)
    assert (await exchange).body == b"{}"
    assert stream.written == [REQUEST]


@pytest.mark.parametrize("opening", [True, False])
@in_virtual_time
async def test_a_connection_that_is_not_open_cannot_be_used(opening: bool) -> None:
    connection = Connection(asyncio.get_running_loop())
    if not opening:
        connection.close()
    with pytest.raises(ConnectionLost) as caught:
        await connection.exchange(REQUEST, TIMEOUT)
    assert not caught.value.sent
    assert connection.state is (State.OPENING if opening else State.CLOSED)


@in_virtual_time
async def test_repr_shows_the_state_and_nothing_else() -> None:
    connection, stream = connected()
    seen = [repr(connection)]
    exchange = await started(connection)
    seen.append(repr(connection))
    stream.feed(b"garbage")
    await failed(exchange, BadResponse)
    assert [*seen, repr(connection)] == ["<Connection idle>", "<Connection busy>", "<Connection closed>"]
