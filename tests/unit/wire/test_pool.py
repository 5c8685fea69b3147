"""The pool: connections from opening to use, and calls that wait for one; in memory, with a dial by hand."""

from __future__ import annotations

import asyncio

import pytest

from hashrange.errors import AttemptTimeout, ConnectFailed
from hashrange.wire.connection import Connection
from tests.loops import in_virtual_time, settle, virtual_loop

from .hand_dial import acquiring, assert_empty, assert_fails, exchange, lend, pool_of, state


@in_virtual_time
async def test_a_connection_from_opening_to_use_to_rest_to_the_end() -> None:
    pool, dial = pool_of()
    assert state(pool) == "0 idle, 0 busy, 0 opening of 2, 0 waiting"
    assert pool.take() is None
    call = await acquiring(pool)
    assert state(pool) == "0 idle, 0 busy, 1 opening of 2, 0 waiting"
    opened = dial.succeed()
    assert await call is opened
    assert state(pool) == "0 idle, 1 busy, 0 opening of 2, 0 waiting"
    await exchange(opened, dial.stream(opened))
    pool.release(opened)
    assert state(pool) == "1 idle, 0 busy, 0 opening of 2, 0 waiting"
    assert pool.take() is opened
    assert state(pool) == "0 idle, 1 busy, 0 opening of 2, 0 waiting"
    pool.release(opened)
    assert await pool.acquire(1.0) is opened
    pool.release(opened)
    pool.close()
    assert dial.stream(opened).aborted
    assert_empty(pool)


@in_virtual_time
async def test_the_connection_used_last_is_used_first() -> None:
    pool, dial = pool_of(3)
    first, second, third = await lend(pool, dial, 3)
    for connection in (second, first, third):
        pool.release(connection)
    assert [pool.take(), pool.take(), pool.take(), pool.take()] == [third, first, second, None]
    pool.close()


@in_virtual_time
async def test_opening_takes_no_longer_than_the_call_and_the_configuration_allow() -> None:
    pool, dial = pool_of(connect_timeout=1.0)
    calls = [await acquiring(pool, timeout) for timeout in (5.0, 0.25)]
    assert dial.timeouts == [1.0, 0.25]
    for call in calls:
        call.cancel()
    await settle()
    assert state(pool) == "0 idle, 0 busy, 0 opening of 2, 0 waiting"


# ── waiting ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@in_virtual_time
async def test_waiters_are_served_in_the_order_they_came() -> None:
    pool, dial = pool_of(1)
    (only,) = await lend(pool, dial, 1)
    calls = [await acquiring(pool) for _ in range(4)]
    assert state(pool) == "0 idle, 1 busy, 0 opening of 1, 4 waiting"
    for served, call in enumerate(calls, 1):
        pool.release(only)
        assert pool.take() is None, "what a waiter has been given is not taken by a newcomer"
        await settle()
        assert [each.done() for each in calls] == [True] * served + [False] * (4 - served)
        assert await call is only
        assert state(pool) == f"0 idle, 1 busy, 0 opening of 1, {4 - served} waiting"
    pool.release(only)
    assert state(pool) == "1 idle, 0 busy, 0 opening of 1, 0 waiting"
    pool.close()


@in_virtual_time
async def test_a_newcomer_does_not_overtake() -> None:
    pool, dial = pool_of(1)
    (only,) = await lend(pool, dial, 1)
    waiting = await acquiring(pool)
    pool.release(only)
    newcomer = await acquiring(pool)
    assert await waiting is only
    assert not newcomer.done()
    pool.release(only)
    assert await newcomer is only
    pool.close()


@in_virtual_time
async def test_a_broken_connection_makes_room_for_a_waiter_to_open_one() -> None:
    pool, dial = pool_of(1)
    (broken,) = await lend(pool, dial, 1)
    calls = [await acquiring(pool), await acquiring(pool)]
    broken.close()
    pool.release(broken)
    await settle()
    assert state(pool) == "0 idle, 0 busy, 1 opening of 1, 1 waiting"
    opened = dial.succeed()
    assert await calls[0] is opened
    pool.release(opened)
    assert await calls[1] is opened
    pool.close()
    assert state(pool) == "0 idle, 1 busy, 0 opening of 1, 0 waiting, closed"
    pool.release(opened)
    assert_empty(pool, 1)


@in_virtual_time
async def test_a_failed_dial_wakes_the_next_waiter_to_try() -> None:
    pool, dial = pool_of(1)
    calls = [await acquiring(pool) for _ in range(3)]
    assert state(pool) == "0 idle, 0 busy, 1 opening of 1, 2 waiting"
    for failing in calls[:2]:
        dial.fail()
        await assert_fails(failing, ConnectFailed, "refused")
    assert state(pool) == "0 idle, 0 busy, 1 opening of 1, 0 waiting"
    opened = dial.succeed()
    assert await calls[2] is opened
    pool.release(opened)
    pool.close()
    assert_empty(pool, 1)


@in_virtual_time
async def test_a_cancelled_waiter_leaves_the_queue() -> None:
    pool, dial = pool_of(1)
    (only,) = await lend(pool, dial, 1)
    first, second, third = [await acquiring(pool) for _ in range(3)]
    second.cancel()
    await settle()
    assert state(pool) == "0 idle, 1 busy, 0 opening of 1, 2 waiting"
    first.cancel()  # and, before it notices, it is its turn
    pool.release(only)
    assert await third is only
    assert first.cancelled()
    assert second.cancelled()
    pool.release(only)
    pool.close()
    assert_empty(pool, 1)


@in_virtual_time
async def test_a_waiter_cancelled_after_it_was_given_a_connection_passes_it_on() -> None:
    pool, dial = pool_of(1)
    (only,) = await lend(pool, dial, 1)
    first, second = await acquiring(pool), await acquiring(pool)
    pool.release(only)
    first.cancel()
    assert await second is only
    assert first.cancelled()
    pool.release(only)
    assert state(pool) == "1 idle, 0 busy, 0 opening of 1, 0 waiting"
    pool.close()


@in_virtual_time
async def test_a_waiter_cancelled_after_it_was_given_the_right_to_open_passes_it_on() -> None:
    pool, dial = pool_of(1)
    (broken,) = await lend(pool, dial, 1)
    first, second = await acquiring(pool), await acquiring(pool)
    broken.close()
    pool.release(broken)
    first.cancel()
    await settle()
    assert first.cancelled()
    assert state(pool) == "0 idle, 0 busy, 1 opening of 1, 0 waiting"
    opened = dial.succeed()
    assert await second is opened
    pool.close()
    pool.release(opened)
    assert_empty(pool, 1)


@in_virtual_time
async def test_a_call_cancelled_while_it_opens_passes_the_place_on() -> None:
    pool, dial = pool_of(1)
    first, second = await acquiring(pool), await acquiring(pool)
    first.cancel()
    await settle()
    assert state(pool) == "0 idle, 0 busy, 1 opening of 1, 0 waiting"
    second.cancel()
    await settle()
    assert state(pool) == "0 idle, 0 busy, 0 opening of 1, 0 waiting"
    assert dial.under_way == []


@in_virtual_time
async def test_a_connection_closed_after_it_was_given_to_a_waiter_is_replaced() -> None:
    pool, dial = pool_of(1)
    (only,) = await lend(pool, dial, 1)
    call = await acquiring(pool)
    pool.release(only)
    dial.stream(only).feed_eof()
    await settle()
    assert state(pool) == "0 idle, 0 busy, 1 opening of 1, 0 waiting"
    opened = dial.succeed()
    assert await call is opened
    pool.close()
    pool.release(opened)
    assert_empty(pool, 1)


@in_virtual_time
async def test_too_many_waiters_are_refused_at_once() -> None:
    pool, dial = pool_of(1, waiters=2)
    (only,) = await lend(pool, dial, 1)
    calls = [await acquiring(pool), await acquiring(pool)]
    refused = await acquiring(pool)
    await assert_fails(refused, AttemptTimeout, "all 1 connections are in use and 2 calls are waiting")
    for call in calls:
        pool.release(only)
        assert await call is only
    pool.release(only)
    pool.close()
    assert_empty(pool, 1)


@in_virtual_time
async def test_no_waiters_at_all() -> None:
    pool, dial = pool_of(1, waiters=0)
    await lend(pool, dial, 1)
    await assert_fails(await acquiring(pool), AttemptTimeout, "0 calls are waiting")
    pool.close()


@in_virtual_time
async def test_a_waiter_waits_no_longer_than_its_time() -> None:
    pool, dial = pool_of(1)
    (only,) = await lend(pool, dial, 1)
    patient, hasty = await acquiring(pool, 3.0), await acquiring(pool, 1.0)
    before = virtual_loop().time()
    with pytest.raises(AttemptTimeout, match="none of the 1 connections became free in 1 s") as caught:
        await hasty
    assert not caught.value.sent
    assert virtual_loop().time() == pytest.approx(before + 1.0)
    assert state(pool) == "0 idle, 1 busy, 0 opening of 1, 1 waiting"
    pool.release(only)
    assert await patient is only
    pool.close()


@in_virtual_time
async def test_a_waiter_whose_time_is_up_as_it_is_served_passes_the_connection_on() -> None:
    pool, dial = pool_of(1)
    (only,) = await lend(pool, dial, 1)
    hasty, patient = await acquiring(pool, 1.0), await acquiring(pool, 3.0)
    virtual_loop().call_later(1.0, pool.release, only)  # set after the waiter's own timer: runs right behind it
    await assert_times_out(hasty)
    assert await patient is only
    pool.release(only)
    assert state(pool) == "1 idle, 0 busy, 0 opening of 1, 0 waiting"
    pool.close()


async def assert_times_out(call: asyncio.Task[Connection]) -> None:
    with pytest.raises(AttemptTimeout) as caught:
        await call
    assert not caught.value.sent


@in_virtual_time
async def test_opening_after_waiting_takes_what_is_left_of_the_time() -> None:
    pool, dial = pool_of(1, connect_timeout=10.0)
    (broken,) = await lend(pool, dial, 1)
    call = await acquiring(pool, 3.0)
    virtual_loop().advance(1.0)
    broken.close()
    pool.release(broken)
    await settle()
    assert dial.timeouts[-1] == pytest.approx(2.0)
    call.cancel()
    await settle()
