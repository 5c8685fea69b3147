"""The window of the monitor, when it says to slow down, and how a pacer's speed follows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from hashrange.errors import ConfigurationError, ConnectionLost, Throttling
from hashrange.patterns.capacity import CapacityMonitor, CapacityReport, Pacer
from hashrange.telemetry.events import AttemptFailed, CallFinished, CircuitChanged
from tests.fakes import FakeClock, FakeTransport, answer, client, failure


def done(operation: str = "PutItem", units: float = 1.0, table: str = "app", **more: Any) -> CallFinished:
    reported = {"ConsumedCapacity": {"TableName": table, "CapacityUnits": units}} if units else {}
    return CallFinished(operation, table, None, 1, 0.01, "R", reported | more, 0.0, 0.0, 0.0)


def slowed(table: str = "app", error: Any = None) -> AttemptFailed:
    return AttemptFailed("PutItem", table, 1, error or Throttling("slow down"), 0.1)


def monitor(**options: Any) -> tuple[CapacityMonitor, FakeClock]:
    clock = FakeClock()
    return CapacityMonitor(clock=clock, **options), clock


# ── the monitor ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_new_monitor_has_seen_nothing() -> None:
    watch, _ = monitor()
    assert watch.report() == CapacityReport(0, 0, 0.0, 0.0, 0.0)
    assert not watch.should_backoff()
    assert repr(watch).startswith("<CapacityMonitor CapacityReport(")


def test_units_a_second_are_averaged_over_the_window() -> None:
    watch, clock = monitor(window=10.0)
    for _ in range(20):
        watch.call_finished(done(units=4.0))
        watch.call_finished(done("Query", units=1.5))
        clock.advance(1.0)
    assert watch.report().read_units == pytest.approx(1.5, rel=0.06)
    assert watch.report().write_units == pytest.approx(4.0, rel=0.06)
    clock.advance(4.0)
    assert watch.report().write_units == pytest.approx(2.0, rel=0.06)
    clock.advance(60.0)
    assert watch.report() == CapacityReport()


def test_a_young_monitor_averages_over_its_life() -> None:
    watch, clock = monitor(window=10.0)
    watch.call_finished(done(units=6.0))
    clock.advance(2.0)
    assert watch.report().write_units == 3.0


def test_the_throttle_rate_is_of_attempts() -> None:
    watch, _ = monitor()
    for _ in range(3):
        watch.attempt_failed(slowed())
    watch.attempt_failed(slowed(error=ConnectionLost("reset")))
    for _ in range(8):
        watch.call_finished(done())
    assert watch.report() == CapacityReport(12, 3, 0.25, 0.0, 16.0)
    assert watch.should_backoff()


def test_what_a_batch_leaves_undone_was_throttled() -> None:
    watch, _ = monitor()
    watch.call_finished(done("BatchWriteItem", UnprocessedItems={"app": [{}]}))
    watch.call_finished(done("BatchGetItem", UnprocessedKeys={"app": {}}))
    watch.call_finished(done("BatchGetItem", UnprocessedKeys={}))
    assert (watch.report().attempts, watch.report().throttled) == (3, 2)


def test_failures_for_good_are_counted_once() -> None:
    watch, _ = monitor()
    error = Throttling("slow down")
    watch.attempt_failed(slowed(error=error))
    watch.call_finished(CallFinished("PutItem", "app", error, 1, 0.1, "R", {}, 0.0, 0.0, 0.0))
    watch.circuit_changed(CircuitChanged("closed", "open"))
    assert (watch.report().attempts, watch.report().throttled) == (1, 1)


def test_one_throttle_among_few_attempts_is_no_reason() -> None:
    watch, _ = monitor()
    watch.attempt_failed(slowed())
    for count in range(1, 10):
        assert watch.report().attempts == count
        assert not watch.should_backoff()
        watch.call_finished(done())
    assert watch.should_backoff()


def test_another_tables_calls_do_not_count() -> None:
    watch, _ = monitor(table="app")
    for _ in range(20):
        watch.attempt_failed(slowed("other"))
        watch.call_finished(done(table="other"))
    assert watch.report() == CapacityReport()


@pytest.mark.parametrize(("operation", "limit"), [("PutItem", "write_units"), ("Scan", "read_units")])
def test_too_much_consumed_is_a_reason(operation: str, limit: str) -> None:
    watch, clock = monitor(**{limit: 100.0})
    clock.advance(10.0)
    for _ in range(9):
        watch.call_finished(done(operation, units=100.0))
    assert not watch.should_backoff()
    watch.call_finished(done(operation, units=100.0))
    assert watch.should_backoff()
    clock.advance(10.0)
    assert not watch.should_backoff()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"window": 0}, "window is 0; it must be a number greater than 0"),
        ({"window": float("nan")}, "window is nan"),
        ({"throttle_rate": 1}, "throttle_rate is 1; it must be a number from 0 to less than 1"),
        ({"throttle_rate": -0.1}, "throttle_rate is -0.1"),
        ({"read_units": 0}, "read_units is 0"),
        ({"write_units": "5"}, "write_units is '5'"),
    ],
)
def test_a_monitor_that_cannot_be(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        CapacityMonitor(**options)


# ── the pacer ────────────────────────────────────────────────────────────────────────────────────────────────────────
def paced(**options: Any) -> tuple[Pacer, CapacityMonitor, FakeClock]:
    watch, clock = monitor()
    return Pacer(watch, clock=clock, **options), watch, clock


async def test_work_goes_at_the_rate() -> None:
    pacer, _, clock = paced(rate=10.0, every=1_000.0)
    for _ in range(21):
        await pacer.wait()
    assert clock.monotonic() == pytest.approx(2.0)
    assert all(seconds == pytest.approx(0.1) for seconds in clock.sleeps)
    await pacer.wait(30)
    await pacer.wait()
    assert clock.monotonic() == pytest.approx(5.1)


async def test_what_is_due_very_soon_is_not_slept_for() -> None:
    pacer, _, clock = paced(rate=1_000.0, every=1_000.0)
    for _ in range(1_001):
        await pacer.wait()
    assert clock.monotonic() == pytest.approx(1.0, abs=0.006)
    assert len(clock.sleeps) <= 200


async def test_idle_time_is_not_saved_up() -> None:
    pacer, _, clock = paced(rate=10.0, every=1_000.0)
    clock.advance(60.0)
    for _ in range(11):
        await pacer.wait()
    assert clock.monotonic() == pytest.approx(61.0)


async def test_tasks_that_wait_together_go_one_after_the_other() -> None:
    pacer, _, clock = paced(rate=10.0, every=1_000.0)
    order: list[int] = []

    async def work(number: int) -> None:
        async with pacer:
            order.append(number)

    await asyncio.gather(*map(work, range(5)))
    assert order == [0, 1, 2, 3, 4]
    assert len(clock.sleeps) == 4


async def test_throttling_halves_the_rate_and_quiet_raises_it() -> None:
    pacer, watch, clock = paced(rate=100.0, least=20.0, most=120.0)
    for _ in range(10):
        watch.attempt_failed(slowed())
    rates = []
    for _ in range(4):
        clock.advance(1.0)
        await pacer.wait(0)
        await pacer.wait(0)  # the speed changes once in a while only
        rates.append(pacer.rate)
    assert rates == [50.0, 25.0, 20.0, 20.0]
    clock.advance(20.0)
    for _ in range(30):
        clock.advance(1.0)
        await pacer.wait(0)
    assert pacer.rate == 120.0
    assert repr(pacer) == "<Pacer 120 a second>"


async def test_pieces_of_any_kind() -> None:
    pacer, _, clock = paced(rate=10.0)

    async def rows() -> AsyncIterator[int]:
        for number in range(3):
            yield number

    assert [piece async for piece in pacer.over(rows())] == [0, 1, 2]
    assert [piece async for piece in pacer.over("ab")] == ["a", "b"]
    assert clock.monotonic() == pytest.approx(0.4)


async def test_leaving_the_pieces_early_ends_them() -> None:
    pacer, _, _ = paced(rate=10.0)
    pieces = pacer.over(iter(range(10)))
    assert await anext(pieces) == 0
    assert await anext(pieces) == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"rate": 0}, "rate is 0"),
        ({"least": -1}, "least is -1"),
        ({"every": None}, "every is None"),
        ({"rate": 5, "least": 10}, r"rate is 5; it must be from least \(10\) to most \(10000\)"),
    ],
)
def test_a_pacer_that_cannot_be(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        paced(**options)


@pytest.mark.parametrize("pieces", [-1, float("inf"), float("nan"), "2", True])
async def test_pieces_that_cannot_be(pieces: Any) -> None:
    pacer, _, _ = paced()
    with pytest.raises(ConfigurationError, match="pieces is"):
        await pacer.wait(pieces)


# ── in a client ──────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_client_that_is_throttled_is_slowed_down() -> None:
    clock = FakeClock()
    watch = CapacityMonitor(clock=clock)
    pacer = Pacer(watch, rate=10.0, every=0.6, clock=clock)
    slow = failure("ThrottlingException", "slow down")
    cost = answer({"ConsumedCapacity": {"TableName": "app", "CapacityUnits": 2.0}})
    transport = FakeTransport(*[slow, cost] * 10)
    table = client(transport, observers=(watch,), clock=clock, capacity="total").table("app")
    for number in range(10):
        await pacer.wait()
        await table.put_item({"PK": "A", "SK": str(number)})
    found = watch.report()
    assert (found.attempts, found.throttled, found.throttle_rate) == (20, 10, 0.5)
    assert found.write_units > 0
    assert pacer.rate < 10.0
