"""Connections that end while a pool has them, and the end of the pool itself."""

from __future__ import annotations

import asyncio

import pytest

from hashrange.errors import ClientClosed, ConnectFailed, ConnectionLost
from hashrange.wire.connection import State
from hashrange.wire.pool import AGE_MAX_SECONDS, Pool
from tests.loops import in_virtual_time, settle, virtual_loop

from .hand_dial import HandDial, acquiring, assert_empty, assert_fails, exchange, lend, pool_of, state


# ── connections that end ─────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("how", ["eof", "reset", "data"])
@in_virtual_time
async def test_an_idle_connection_that_the_peer_ends_is_never_handed_out(how: str) -> None:
    pool, dial = pool_of(2)
    stays, goes = await lend(pool, dial, 2)
    pool.release(stays)
    pool.release(goes)
    stream = dial.stream(goes)
    if how == "data":
        stream.feed(b"HTTP/1.1 408 Request Timeout\r\n")
    else:
        stream.reset() if how == "reset" else stream.feed_eof()
    await settle()
    assert state(pool) == "1 idle, 0 busy, 0 opening of 2, 0 waiting"
    assert pool.take() is stays
    assert pool.take() is None
    pool.close()


@in_virtual_time
async def test_a_peers_eof_is_noticed_before_the_loop_tells_of_the_end() -> None:
    pool, dial = pool_of(1)
    (only,) = await lend(pool, dial, 1)
    pool.release(only)
    dial.stream(only).feed_eof()
    assert pool.take() is None
    assert state(pool) == "0 idle, 0 busy, 0 opening of 1, 0 waiting"


@in_virtual_time
async def test_a_connection_that_is_closed_as_soon_as_it_is_open_costs_one_call_nothing_but_an_error() -> None:
    pool, dial = pool_of(1)
    call = await acquiring(pool)
    connection = dial.succeed()
    dial.stream(connection).feed_eof()
    assert await call is connection
    with pytest.raises(ConnectionLost) as caught:
        await connection.exchange(b"GET / HTTP/1.1\r\n\r\n", 1.0)
    assert not caught.value.sent
    pool.release(connection)
    assert state(pool) == "0 idle, 0 busy, 0 opening of 1, 0 waiting"


@in_virtual_time
async def test_idle_connections_are_closed_when_their_time_is_over() -> None:
    pool, dial = pool_of(3, idle_timeout=10.0)
    connections = await lend(pool, dial, 3)
    for connection in connections:
        pool.release(connection)
        await exchange_through(pool, dial)
        await asyncio.sleep(4.0)
    # released at 0, 4 and 8; now it is 12, and the first one's time was over at 10
    assert state(pool) == "2 idle, 0 busy, 0 opening of 3, 0 waiting"
    assert dial.stream(connections[0]).aborted
    await asyncio.sleep(3.0)
    assert state(pool) == "1 idle, 0 busy, 0 opening of 3, 0 waiting"
    await asyncio.sleep(4.0)
    assert state(pool) == "0 idle, 0 busy, 0 opening of 3, 0 waiting"
    assert all(stream.aborted for stream in dial.streams.values())
    await asyncio.sleep(60.0)
    assert virtual_loop().timers() == [], "nothing is left to wait for"


async def exchange_through(pool: Pool, dial: HandDial) -> None:
    connection = pool.take()
    assert connection is not None
    await exchange(connection, dial.stream(connection))
    pool.release(connection)


@in_virtual_time
async def test_an_idle_connection_whose_time_is_over_is_not_handed_out_even_if_nobody_closed_it_yet() -> None:
    pool, dial = pool_of(2, idle_timeout=10.0)
    for connection in await lend(pool, dial, 2):
        pool.release(connection)
    virtual_loop().advance(10.0)
    assert pool.take() is None
    assert all(stream.aborted for stream in dial.streams.values())
    assert state(pool) == "0 idle, 0 busy, 0 opening of 2, 0 waiting"


@in_virtual_time
async def test_a_connection_is_given_up_when_it_is_old_however_busy_it_is() -> None:
    pool, dial = pool_of(1, idle_timeout=10.0)
    (only,) = await lend(pool, dial, 1)
    started = virtual_loop().time()
    while only.state is State.IDLE:
        await exchange(only, dial.stream(only))
        pool.release(only)
        await asyncio.sleep(5.0)
        if pool.take() is None:
            break
    assert virtual_loop().time() - started == pytest.approx(AGE_MAX_SECONDS, abs=5.0)
    assert dial.stream(only).aborted
    assert state(pool) == "0 idle, 0 busy, 0 opening of 1, 0 waiting"


# ── the end of the pool ──────────────────────────────────────────────────────────────────────────────────────────────
@in_virtual_time
async def test_closing_ends_everything_that_is_under_way() -> None:
    pool, dial = pool_of(4)
    resting, lent, busy = await lend(pool, dial, 3)
    opening = await acquiring(pool)
    waiting = await acquiring(pool)
    pool.release(resting)
    assert await waiting is resting
    waiting = await acquiring(pool)
    under_way = asyncio.create_task(busy.exchange(b"GET / HTTP/1.1\r\n\r\n", 5.0))
    await settle()
    assert state(pool) == "0 idle, 3 busy, 1 opening of 4, 1 waiting"

    pool.close()
    pool.close()
    await assert_fails(waiting, ClientClosed)
    with pytest.raises(ClientClosed) as caught:
        await under_way
    assert caught.value.sent, "its request was on its way"
    late = dial.succeed()
    await assert_fails(opening, ClientClosed)
    assert dial.stream(late).aborted
    assert state(pool) == "0 idle, 3 busy, 0 opening of 4, 0 waiting, closed"
    for connection in (resting, lent, busy):
        pool.release(connection)
    assert_empty(pool, 4)
    assert all(stream.aborted for stream in dial.streams.values())


@in_virtual_time
async def test_closing_ends_what_is_idle() -> None:
    pool, dial = pool_of(2)
    for connection in await lend(pool, dial, 2):
        pool.release(connection)
    assert len(virtual_loop().timers()) == 1
    pool.close()
    assert_empty(pool)
    assert all(stream.aborted for stream in dial.streams.values())


@pytest.mark.parametrize("full", [False, True])
@in_virtual_time
async def test_after_closing_nothing_is_opened_and_nobody_waits(full: bool) -> None:
    pool, dial = pool_of(1)
    lent = await lend(pool, dial, 1) if full else []
    pool.close()
    assert pool.take() is None
    await assert_fails(await acquiring(pool), ClientClosed)
    assert dial.under_way == []
    for connection in lent:
        pool.release(connection)
    assert_empty(pool, 1)


@in_virtual_time
async def test_closing_after_a_waiter_was_given_a_connection() -> None:
    pool, dial = pool_of(1)
    (only,) = await lend(pool, dial, 1)
    call = await acquiring(pool)
    pool.release(only)
    pool.close()
    await assert_fails(call, ClientClosed)
    assert_empty(pool, 1)


@in_virtual_time
async def test_closing_after_a_waiter_was_given_the_right_to_open() -> None:
    pool, dial = pool_of(1)
    (broken,) = await lend(pool, dial, 1)
    call = await acquiring(pool)
    broken.close()
    pool.release(broken)
    pool.close()
    await assert_fails(call, ClientClosed)
    assert dial.under_way == []
    assert_empty(pool, 1)


@in_virtual_time
async def test_a_dial_that_fails_after_closing() -> None:
    pool, dial = pool_of(1)
    call = await acquiring(pool)
    pool.close()
    dial.fail()
    await assert_fails(call, ConnectFailed)
    assert_empty(pool, 1)
