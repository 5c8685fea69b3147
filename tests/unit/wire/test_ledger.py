"""What the ledger of a pool decides, as a table of cases and in any order of events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from hashrange.wire.connection import State
from hashrange.wire.pool import AGE_MAX_SECONDS, Ledger

from .hand_dial import IDLE_TIMEOUT

NOW = 1_000.0


@dataclass(eq=False)
class Entry:
    """What the ledger sees of a connection; ``idle`` and ``age`` are its seconds at ``NOW``."""

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
