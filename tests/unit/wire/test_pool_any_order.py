"""Calls come, end, break and are cancelled in any order: the pool's book is right after each event."""

from __future__ import annotations

import asyncio

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from hashrange.wire.connection import Connection, State
from hashrange.wire.pool import AGE_MAX_SECONDS
from tests.loops import VirtualLoop, settle

from .hand_dial import IDLE_TIMEOUT, assert_empty, pool_of


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
