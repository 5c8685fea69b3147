"""Stores that follow late: when changes are seen, in which order, and what becomes of them when they are copied."""

from __future__ import annotations

import random

from hashrange.simulator.state.replica import Lag, Lags, LateStore, followed
from hashrange.simulator.state.store import Record, Store
from tests.fakes import Chance, FakeClock


def record(sort: str, body: bytes = b"{}") -> Record:
    return Record(b"p", sort.encode(), b"", body, len(body))


def late(*delays: float, seconds: float = 10.0) -> tuple[LateStore, FakeClock]:
    """A late store, and its clock. ``delays`` are shares of ``seconds``."""
    clock = FakeClock()
    return LateStore(Store(), Lag(seconds, clock, Chance(*delays))), clock


def sorts(store: Store) -> list[str]:
    return [each.sort.decode() for each in store.records(b"p")]


def test_a_change_is_seen_when_it_is_due() -> None:
    store, clock = late(0.5)
    store.change(None, record("a"))
    for now, seen in ((0.0, []), (4.9, []), (5.0, ["a"])):
        store.catch_up(now)
        assert sorts(store) == seen
    assert (store.count, store.size) == (1, 2)
    assert clock.monotonic() == 0.0


def test_no_change_overtakes_another() -> None:
    store, _ = late(0.9, 0.0, 0.5)
    old, new = record("a"), record("b", b'{"v":1}')
    store.change(None, old)
    store.change(old, new)
    store.change(None, record("c"))
    assert store.waiting_count == 3
    store.catch_up(8.9)
    assert sorts(store) == []
    store.catch_up(9.0)
    assert sorts(store) == ["b", "c"]
    assert store.waiting_count == 0


def test_a_record_moves_at_once() -> None:
    store, _ = late(0.1)
    store.change(None, record("a"))
    store.change(record("a"), record("b"))
    seen = []
    for now in (0.5, 1.0, 1.5):
        store.catch_up(now)
        seen.append(sorts(store))
    assert seen == [[], ["b"], ["b"]]
    store.change(record("b"), None)
    store.catch_up()
    assert sorts(store) == []
    assert (store.count, store.size) == (0, 0)


def test_the_lag_is_drawn_evenly() -> None:
    clock = FakeClock()
    delays = []
    for seed in range(500):
        lag = Lag(4.0, clock, random.Random(seed))
        delays.append(lag.due())
    assert all(0 <= delay < 4 for delay in delays)
    assert 1.8 < sum(delays) / len(delays) < 2.2


def test_a_copy_waits_for_the_same_and_changes_independently() -> None:
    store, clock = late(0.5, 0.2)
    store.change(None, record("a"))
    twin = store.copy()
    store.change(None, record("b"))
    twin.change(None, record("c"))
    assert (repr(store), repr(twin)) == (
        "<LateStore of 0 items, 2 changes behind>",
        "<LateStore of 0 items, 2 changes behind>",
    )
    for each in (store, twin):
        each.catch_up(5.0)
    assert (sorts(store), sorts(twin)) == (["a", "b"], ["a", "c"])
    clock.advance(1)
    twin.change(None, record("d"))
    assert (store.waiting_count, twin.waiting_count) == (0, 1)


def test_a_store_becomes_late_and_is_late_no_more() -> None:
    clock = FakeClock()
    lags = Lags(clock, Chance(0.5))
    store = Store()
    store.put(record("a"))
    assert followed(store, 0, lags) is store
    behind = followed(store, 10, lags)
    behind.change(None, record("b"))
    assert sorts(behind) == ["a"]
    assert followed(behind, 2, lags) is behind
    behind.change(None, record("c"))
    clock.advance(5)
    assert isinstance(behind, LateStore)
    behind.catch_up(clock.monotonic())
    assert sorts(behind) == ["a", "b", "c"]
    behind.change(record("a"), None)
    settled = followed(behind, 0, lags)
    assert type(settled) is Store
    assert sorts(settled) == ["b", "c"]
    assert settled.count == 2
    assert [each.sort for each in settled.scan()] == [b"b", b"c"]
