"""The pool: what the ledger decides, as a table; what the pool does, with connections in memory and a dial by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from hashrange.errors import AttemptTimeout, ClientClosed, ConnectFailed, ConnectionLost, NetworkError
from hashrange.wire.connection import Connection, HttpAnswer, State
from hashrange.wire.pool import AGE_MAX_SECONDS, Ledger, Pool
from tests.loops import VirtualLoop, in_virtual_time, settle, virtual_loop

from .byte_stream import ByteStream

IDLE_TIMEOUT = 15.0
NOW = 1_000.0


# ── the ledger ───────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(eq=False)
class Entry:
    """What the ledger sees of a connection: its name is its age and idleness in seconds at ``NOW``."""

    idle: float = 0.0
    age: float = 0.0
    state: State = State.IDLE

    def __post_init__(self) -> None:
        self.idle_since, self.opened_at = NOW - self.idle, NOW - self.age


def ledger_of(*idle: Entry, busy: Sequence[Entry] = (), opening: int = 0, limit: int = 4) -> Ledger[Entry]:
    ledger: Ledger[Entry] = Ledger(limit, IDLE_TIMEOUT)
    ledger.idle, ledger.busy, ledger.opening = list(idle), set(busy), opening
    return ledger


FRESH = Entry()
FRESH_TOO = Entry(idle=IDLE_TIMEOUT - 0.001, age=AGE_MAX_SECONDS - 0.001)
STALE = [
    pytest.param(Entry(idle=IDLE_TIMEOUT), id="idle too long"),
    pytest.param(Entry(age=AGE_MAX_SECONDS), id="too old"),
    pytest.param(Entry(state=State.CLOSED), id="closed"),
    pytest.param(Entry(state=State.BUSY), id="in the middle of something"),
    pytest.param(Entry(state=State.OPENING), id="not open yet"),
]


def test_the_connection_used_last_is_taken_first() -> None:
    ledger = ledger_of(FRESH_TOO, FRESH)
    assert ledger.take(NOW) == (FRESH, [])
    assert ledger.take(NOW) == (FRESH_TOO, [])
    assert ledger.take(NOW) == (None, [])
    assert ledger.busy == {FRESH, FRESH_TOO}


@pytest.mark.parametrize("stale", STALE)
def test_a_stale_connection_is_never_taken_and_is_to_be_closed(stale: Entry) -> None:
    ledger = ledger_of(FRESH, stale)
    assert ledger.take(NOW) == (FRESH, [stale])
    assert (ledger.idle, ledger.busy) == ([], {FRESH})
    ledger = ledger_of(stale)
    assert ledger.take(NOW) == (None, [stale])
    assert (ledger.idle, ledger.busy) == ([], set())


@pytest.mark.parametrize("stale", STALE)
def test_a_stale_connection_is_not_used_again(stale: Entry) -> None:
    ledger = ledger_of(busy=[stale, FRESH])
    assert not ledger.give_back(stale, NOW)
    assert ledger.give_back(FRESH, NOW)
    assert (ledger.idle, ledger.busy) == ([], set())


def test_what_has_expired() -> None:
    stale = [Entry(idle=IDLE_TIMEOUT + 1), Entry(age=AGE_MAX_SECONDS)]
    ledger = ledger_of(stale[0], FRESH_TOO, stale[1], FRESH)
    assert ledger.expired(NOW) == stale
    assert ledger.idle == [FRESH_TOO, FRESH]
    assert ledger.expired(NOW) == []


@pytest.mark.parametrize(
    ("idle", "busy", "opening", "may_open"),
    [
        (0, 0, 0, True),
        (1, 1, 1, True),
        (0, 3, 0, True),
        (0, 4, 0, False),
        (4, 0, 0, False),
        (0, 0, 4, False),
        (1, 2, 1, False),
        (2, 2, 2, False),
    ],
)
def test_how_many_there_may_be(idle: int, busy: int, opening: int, may_open: bool) -> None:
    ledger = ledger_of(*(Entry() for _ in range(idle)), busy=[Entry() for _ in range(busy)], opening=opening, limit=4)
    assert ledger.may_open() is may_open
    assert repr(ledger) == f"{idle} idle, {busy} busy, {opening} opening of 4"


class LedgerMachine(RuleBasedStateMachine):
    """Uses a ledger as a pool does, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.ledger: Ledger[Entry] = Ledger(3, IDLE_TIMEOUT)
        self.lent: list[Entry] = []
        self.returned: list[Entry] = []  # oldest first

    @precondition(lambda self: self.ledger.may_open())
    @rule()
    def begin_to_open(self) -> None:
        self.ledger.opening += 1

    @precondition(lambda self: self.ledger.opening)
    @rule(succeeds=st.booleans())
    def end_to_open(self, succeeds: bool) -> None:
        self.ledger.opening -= 1
        if succeeds:
            entry = Entry()
            entry.idle_since = entry.opened_at = self.now
            self.ledger.busy.add(entry)
            self.lent.append(entry)

    @rule()
    def take(self) -> None:
        taken, stale = self.ledger.take(self.now)
        fresh = [entry for entry in self.returned if self.fresh(entry)]
        assert taken is (fresh[-1] if fresh else None)
        gone = {*stale, taken}
        assert all(not self.fresh(entry) for entry in stale)
        self.returned = [entry for entry in self.returned if entry not in gone]
        if taken is not None:
            self.lent.append(taken)

    @precondition(lambda self: self.lent)
    @rule(data=st.data(), reusable=st.booleans())
    def give_back(self, data: st.DataObject, reusable: bool) -> None:
        entry = data.draw(st.sampled_from(self.lent))
        self.lent.remove(entry)
        entry.idle_since = self.now
        entry.state = State.IDLE if reusable else State.CLOSED
        assert self.ledger.give_back(entry, self.now) is self.fresh(entry)
        if self.fresh(entry):
            self.ledger.idle.append(entry)
            self.returned.append(entry)

    @precondition(lambda self: self.returned)
    @rule(data=st.data())
    def peer_closes(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self.returned)).state = State.CLOSED

    @rule(seconds=st.sampled_from([0.0, 1.0, IDLE_TIMEOUT - 1, IDLE_TIMEOUT, AGE_MAX_SECONDS]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def expire(self) -> None:
        gone = self.ledger.expired(self.now)
        assert gone == [entry for entry in self.returned if not self.fresh(entry)]
        self.returned = [entry for entry in self.returned if entry not in gone]

    def fresh(self, entry: Entry) -> bool:
        in_time = self.now - entry.idle_since < IDLE_TIMEOUT and self.now - entry.opened_at < AGE_MAX_SECONDS
        return in_time and entry.state is State.IDLE

    @invariant()
    def the_book_is_right(self) -> None:
        assert self.ledger.idle == self.returned
        assert self.ledger.busy == set(self.lent)
        assert self.ledger.busy.isdisjoint(self.ledger.idle)
        assert len(self.lent) + len(self.returned) + self.ledger.opening <= 3


def test_the_ledger_keeps_its_book_in_any_order_of_events() -> None:
    run_state_machine_as_test(LedgerMachine, settings=settings(deadline=None, max_examples=60))


# ── a pool, and a dial that the test turns ───────────────────────────────────────────────────────────────────────────
class HandDial:
    """Keeps every dial under way until the test says how it ends."""

    def __init__(self) -> None:
        self.under_way: list[asyncio.Future[Connection]] = []
        self.timeouts: list[float] = []
        self.streams: dict[Connection, ByteStream] = {}

    async def __call__(self, timeout: float) -> Connection:
        self.timeouts.append(timeout)
        dial: asyncio.Future[Connection] = asyncio.get_running_loop().create_future()
        self.under_way.append(dial)
        try:
            return await dial
        finally:
            self.under_way.remove(dial)

    def new(self) -> Connection:
        """An open connection, as a dial would give it."""
        connection = Connection(asyncio.get_running_loop())
        stream = self.streams[connection] = ByteStream(connection)
        connection.connection_made(stream)
        return connection

    def succeed(self, at: int = 0) -> Connection:
        connection = self.new()
        self.under_way[at].set_result(connection)
        return connection

    def fail(self, at: int = 0, reason: str = "refused") -> None:
        self.under_way[at].set_exception(ConnectFailed(reason))

    def stream(self, connection: Connection) -> ByteStream:
        return self.streams[connection]


def pool_of(
    limit: int = 2, waiters: int = 10, idle_timeout: float = IDLE_TIMEOUT, connect_timeout: float = 1.0
) -> tuple[Pool, HandDial]:
    dial = HandDial()
    pool = Pool(
        dial, max_connections=limit, max_waiters=waiters, idle_timeout=idle_timeout, connect_timeout=connect_timeout
    )
    return pool, dial


async def acquiring(pool: Pool, timeout: float = 5.0) -> asyncio.Task[Connection]:
    """A call that has asked for a connection and waits."""
    call = asyncio.create_task(pool.acquire(timeout))
    await settle()
    return call


async def lend(pool: Pool, dial: HandDial, count: int) -> list[Connection]:
    """So many connections, opened and busy."""
    calls = [await acquiring(pool) for _ in range(count)]
    for _ in range(len(dial.under_way)):
        dial.succeed()
        await settle()
    return [await call for call in calls]


def state(pool: Pool) -> str:
    return repr(pool).removeprefix("<Pool ").removesuffix(">")


def assert_empty(pool: Pool, limit: int = 2) -> None:
    assert state(pool) == f"0 idle, 0 busy, 0 opening of {limit}, 0 waiting, closed"
    assert virtual_loop().timers() == []


async def assert_fails(call: asyncio.Task[Connection], error: type[NetworkError], text: str = ".") -> None:
    """The call has ended with this error, and nothing was sent for it."""
    await settle()
    assert call.done()
    with pytest.raises(error, match=text) as caught:
        await call
    assert not caught.value.sent


async def exchange(connection: Connection, stream: ByteStream) -> HttpAnswer:
    task = asyncio.create_task(connection.exchange(b"GET / HTTP/1.1\r\n\r\n", 5.0))
    await settle()
    stream.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    return await task


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


# ── any order of events ──────────────────────────────────────────────────────────────────────────────────────────────
class PoolMachine(RuleBasedStateMachine):
    """Calls come, end, break and are cancelled in any order; the book must be right after each."""

    LIMIT = 2
    MAX_WAITERS = 3

    def __init__(self) -> None:
        super().__init__()
        self.loop = VirtualLoop()
        self.runner = asyncio.Runner(loop_factory=lambda: self.loop)
        self.runner.get_loop()
        self.runner.run(self._start())
        self.calls: list[asyncio.Task[Connection]] = []  # in the order they came
        self.lent: list[Connection] = []

    async def _start(self) -> None:
        self.pool, self.dial = pool_of(self.LIMIT, self.MAX_WAITERS)

    def settle(self) -> None:
        self.runner.run(settle())
        for call in [each for each in self.calls if each.done()]:
            self.calls.remove(call)
            if not call.cancelled() and call.exception() is None:
                connection = call.result()
                assert connection not in self.lent, "no connection is lent twice"
                self.lent.append(connection)

    async def _acquire(self, timeout: float) -> None:
        self.calls.append(asyncio.create_task(self.pool.acquire(timeout)))

    @rule(timeout=st.sampled_from([1.0, 5.0]))
    def call_comes(self, timeout: float) -> None:
        self.runner.run(self._acquire(timeout))

    @rule()
    def call_takes(self) -> None:
        connection = self.runner.run(self._take())
        if connection is not None:
            assert connection not in self.lent
            assert connection.state is State.IDLE
            self.lent.append(connection)

    async def _take(self) -> Connection | None:
        return self.pool.take()

    @precondition(lambda self: self.lent)
    @rule(data=st.data(), broken=st.booleans())
    def call_ends(self, data: st.DataObject, broken: bool) -> None:
        connection = data.draw(st.sampled_from(self.lent))
        self.lent.remove(connection)
        self.runner.run(self._release(connection, broken))

    async def _release(self, connection: Connection, broken: bool) -> None:
        if broken:
            connection.close()
        self.pool.release(connection)

    @precondition(lambda self: self.lent and self.calls)
    @rule(data=st.data(), broken=st.booleans())
    def call_ends_and_another_is_cancelled(self, data: st.DataObject, broken: bool) -> None:
        connection, call = data.draw(st.sampled_from(self.lent)), data.draw(st.sampled_from(self.calls))
        self.lent.remove(connection)

        async def both() -> None:
            await self._release(connection, broken)
            call.cancel()

        self.runner.run(both())

    @precondition(lambda self: self.calls)
    @rule(data=st.data())
    def call_is_cancelled(self, data: st.DataObject) -> None:
        call = data.draw(st.sampled_from(self.calls))
        self.loop.call_soon(call.cancel)
        self.settle()

    @precondition(lambda self: self.dial.under_way)
    @rule(data=st.data(), succeeds=st.booleans(), cut=st.booleans())
    def dial_ends(self, data: st.DataObject, succeeds: bool, cut: bool) -> None:
        at = data.draw(st.integers(min_value=0, max_value=len(self.dial.under_way) - 1))

        async def end() -> None:
            if not succeeds:
                self.dial.fail(at)
                return
            connection = self.dial.succeed(at)
            if cut:
                self.dial.stream(connection).feed_eof()

        self.runner.run(end())

    @precondition(lambda self: self.dial.streams)
    @rule(data=st.data())
    def peer_closes(self, data: st.DataObject) -> None:
        stream = data.draw(st.sampled_from(list(self.dial.streams.values())))

        async def close() -> None:
            if not stream.is_closing():
                stream.feed_eof()

        self.runner.run(close())

    @rule(seconds=st.sampled_from([0.5, 2.0, IDLE_TIMEOUT, AGE_MAX_SECONDS]))
    def time_passes(self, seconds: float) -> None:
        self.runner.run(asyncio.sleep(seconds))

    @invariant()
    def the_book_is_right(self) -> None:
        self.settle()
        idle, busy, opening, waiting = numbers(repr(self.pool))
        assert idle + busy + opening <= self.LIMIT
        assert busy == len(self.lent)
        assert opening == len(self.dial.under_way)
        assert opening + waiting == len(self.calls)
        assert waiting <= self.MAX_WAITERS
        if waiting:
            assert idle == 0, "nobody waits beside an idle connection"
            assert busy + opening == self.LIMIT, "nobody waits where a connection may be opened"
        open_ones = [each for each, stream in self.dial.streams.items() if not stream.is_closing()]
        assert len(open_ones) == idle + sum(each.state is State.IDLE for each in self.lent), "no socket is forgotten"

    def teardown(self) -> None:
        async def end() -> None:
            for call in self.calls:
                call.cancel()
            await settle()
            for connection in self.lent:
                self.pool.release(connection)
            self.pool.close()
            await settle()
            assert_empty(self.pool, self.LIMIT)
            assert all(stream.is_closing() for stream in self.dial.streams.values())

        self.settle()
        self.runner.run(end())
        self.runner.close()
        super().teardown()


def numbers(text: str) -> tuple[int, int, int, int]:
    """idle, busy, opening and waiting of a pool's repr."""
    words = text.replace(",", " ").replace(">", " ").split()
    idle, busy, opening, waiting = (
        int(words[words.index(word) - 1]) for word in ("idle", "busy", "opening", "waiting")
    )
    return idle, busy, opening, waiting


def test_the_pool_keeps_its_book_in_any_order_of_events() -> None:
    run_state_machine_as_test(PoolMachine, settings=settings(deadline=None, max_examples=60, stateful_step_count=40))
