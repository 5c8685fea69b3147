"""How an exchange ends without an answer: the peer goes away, the time is up, this side has enough."""

from __future__ import annotations

import asyncio

import pytest

from hashrange.errors import AttemptTimeout, BadResponse, ClientClosed, ConnectionLost, NetworkError
from hashrange.wire.connection import Connection, State
from tests.loops import in_virtual_time, on_each_loop, settle, virtual_loop

from .byte_stream import OK, REQUEST, TIMEOUT, assert_ended, connected, failed, started

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
