"""The hottest partition keys, what is warned of, and how much memory and trouble that takes."""

from __future__ import annotations

import logging
import tracemalloc
from collections import Counter
from itertools import accumulate
from random import Random
from typing import Any

import pytest

from hashrange.errors import (
    ConditionFailed,
    ConfigurationError,
    ProvisionedThroughputExceeded,
    ServiceUnavailable,
    ThroughputError,
)
from hashrange.expressions import Update
from hashrange.key import Key
from hashrange.schema import GlobalIndex
from hashrange.telemetry.events import AttemptFailed, CallFinished, CircuitChanged
from hashrange.telemetry.hot_keys import CONSUMED_COUNTERS, THROTTLED_COUNTERS, HotKeys, HotKeyWarning
from tests.fakes import FakeClock, FakeTransport, answer, client, failure


class Watch:
    """Hot keys on a fake clock, and what they warned of."""

    def __init__(self, **options: Any) -> None:
        self.clock = FakeClock()
        self.warnings: list[HotKeyWarning] = []
        self.hot = HotKeys(clock=self.clock, on_warning=self.warnings.append, **options)

    def call(self, key: Any, units: float = 1.0, operation: str = "PutItem", **changes: Any) -> None:
        capacity = {"ConsumedCapacity": {"TableName": "app", "CapacityUnits": units}} if units else {}
        self.hot.call_finished(finished(key, operation, answer=capacity, **changes))

    def spend(self, key: Any, rate: int, seconds: float, operation: str = "PutItem") -> None:
        for _ in range(int(rate * seconds)):
            self.call(key, 1.0, operation)
            self.clock.advance(1 / rate)

    @property
    def kinds(self) -> list[str]:
        return [warning.kind for warning in self.warnings]


def finished(key: Any, operation: str = "PutItem", **changes: Any) -> CallFinished:
    settings: dict[str, Any] = {
        "table": "app", "error": None, "attempts": 1, "elapsed": 0.01, "request_id": "R", "answer": {},
        "connect": 0.0, "wait": 0.0, "decode": 0.0,
    }  # fmt: skip
    return CallFinished(**{**settings, **changes}, operation=operation, key=key)


def throttled(key: Any, error: ThroughputError | ServiceUnavailable | None = None) -> AttemptFailed:
    return AttemptFailed("PutItem", "app", 1, error or ProvisionedThroughputExceeded("slow down"), 0.1, key=key)


# ── counting ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_keys_are_counted_by_consumed_units() -> None:
    watch = Watch()
    watch.call(Key("A", "1"), 2.0)
    watch.call(Key("A", "2"), 0.5, "GetItem")
    watch.call("A", 4.0, "Query")  # of a query, the event's key is the partition's value
    watch.call(Key("B"), 1.0)
    watch.call("B", 2.5, "Query", index="by_day")
    found = [(one.table, one.index, one.key, one.units, one.error, one.share) for one in watch.hot.top()]
    assert found == [
        ("app", None, "A", 6.5, 0.0, 0.65),
        ("app", "by_day", "B", 2.5, 0.0, 0.25),
        ("app", None, "B", 1.0, 0.0, 0.1),
    ]
    assert [one.key for one in watch.hot.top(1)] == ["A"]
    watch.hot.clear()
    assert watch.hot.top() == []


def test_without_reported_capacity_calls_are_counted() -> None:
    watch = Watch()
    for _ in range(3):
        watch.call(Key("A"), 0)
    watch.call(Key("B"), 0, "GetItem")
    assert [(one.key, one.units) for one in watch.hot.top()] == [("A", 3.0), ("B", 1.0)]


def test_calls_without_one_key_are_not_counted() -> None:
    watch = Watch()
    watch.call(None, 5.0, "Scan")
    watch.hot.attempt_failed(throttled(None))
    assert (watch.hot.top(), watch.hot.top(by="throttled")) == ([], [])


def test_a_failed_condition_consumes_and_other_failures_do_not() -> None:
    watch = Watch()
    watch.call(Key("A"), 0, error=ConditionFailed("no"))
    watch.call(Key("B"), 0, error=ServiceUnavailable("gone"))
    assert [(one.key, one.units) for one in watch.hot.top()] == [("A", 1.0)]


def test_keys_are_counted_by_throttled_attempts() -> None:
    hot = Watch().hot
    for key in ("A", Key("B", "1"), Key("B", "2")):
        hot.attempt_failed(throttled(key))
    hot.attempt_failed(throttled("A", ServiceUnavailable("gone")))
    assert [(one.key, one.units) for one in hot.top(by="throttled")] == [("B", 2.0), ("A", 1.0)]
    assert hot.top() == []
    assert repr(hot) == "<HotKeys of 0 units, 3 throttled>"
    hot.circuit_changed(CircuitChanged("closed", "open"))


@pytest.mark.parametrize("key", ["x" * 64, b"x" * 64, 10**37, "é"])
def test_keys_of_common_length_are_kept(key: Any) -> None:
    watch = Watch()
    watch.call(Key(key))
    assert watch.hot.top()[0].key == key


@pytest.mark.parametrize(("one", "other"), [("x" * 2_000 + "1", "x" * 2_000 + "2"), (b"x" * 65, b"x" * 66)])
def test_long_keys_are_told_apart_and_shortened(one: Any, other: Any) -> None:
    watch = Watch()
    for key in (one, other, other):
        watch.call(Key(key))
    found = watch.hot.top()
    assert [one.units for one in found] == [2.0, 1.0]
    assert all(len(one.key) < 64 and one.key.startswith(other[:40]) for one in found)


def test_the_top_20_of_a_skewed_workload_is_right() -> None:
    weights = list(accumulate(1 / (rank + 1) ** 1.1 for rank in range(20_000)))
    drawn = Random(2).choices(range(20_000), cum_weights=weights, k=60_000)
    watch = Watch(share=None)
    for number in drawn:
        watch.call(Key(f"USER#{number}"), 1.0, "GetItem")
        watch.clock.advance(0.001)
    exact = [(f"USER#{number}", count) for number, count in Counter(drawn).most_common(20)]
    assert [(one.key, one.units) for one in watch.hot.top(20)] == exact


def test_the_memory_is_bounded() -> None:
    """At most 1 MB, also with as many of the longest keys as there can be."""
    hot = HotKeys(share=None, shape_load=None)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(3 * CONSUMED_COUNTERS):
            key = Key(f"{number:06d}" + "\U0001f600" * 100)
            hot.call_finished(finished(key, answer={"ConsumedCapacity": {"CapacityUnits": 1.5}}))
            hot.attempt_failed(throttled(key))
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert len(hot.top(10_000)) == CONSUMED_COUNTERS
    assert len(hot.top(10_000, by="throttled")) == THROTTLED_COUNTERS
    assert taken <= 1_000_000


# ── warnings ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("operation", "rate", "kind", "limit"),
    [("PutItem", 850, "write_limit", 1_000), ("GetItem", 2_500, "read_limit", 3_000)],
)
def test_a_key_that_nears_a_partitions_limit(operation: str, rate: int, kind: str, limit: int) -> None:
    watch = Watch(share=None, shape_load=None)
    watch.spend(Key("HOT"), rate, 3.0, operation)
    (warning,) = watch.warnings
    assert (warning.kind, warning.table, warning.key, warning.limit) == (kind, "app", "HOT", limit)
    assert 0.8 * limit <= warning.value <= rate * 1.01


@pytest.mark.parametrize(("operation", "rate"), [("PutItem", 700), ("GetItem", 2_300)])
def test_a_key_within_its_limit_is_not_warned_of(operation: str, rate: int) -> None:
    watch = Watch(share=None, shape_load=None)
    watch.spend(Key("WARM"), rate, 3.0, operation)
    assert watch.warnings == []


def test_the_second_slides() -> None:
    watch = Watch(share=None, shape_load=None)
    watch.clock.advance(0.5)
    watch.spend(Key("HOT"), 1_000, 1.2)  # no second of the clock sees more than 700
    assert watch.kinds == ["write_limit"]


def test_what_was_long_ago_does_not_count() -> None:
    watch = Watch(share=None, shape_load=None)
    for _ in range(10):
        watch.spend(Key("BURST"), 1_000, 0.5)
        watch.clock.advance(3)
    assert watch.warnings == []


def test_a_warning_is_repeated_after_a_while() -> None:
    watch = Watch(share=None, shape_load=None, repeat_after=5.0)
    watch.spend(Key("HOT"), 1_000, 11.0)
    assert watch.kinds == ["write_limit"] * 3
    quiet = Watch(share=None, shape_load=None)
    quiet.spend(Key("HOT"), 1_000, 11.0)
    assert quiet.kinds == ["write_limit"]


def test_a_key_that_takes_too_much_of_its_tables_load() -> None:
    watch = Watch(share=0.3, shape_load=None)
    for number in range(600):
        watch.call(Key("HOT" if number % 3 == 0 else f"{number}"), 1.0, "GetItem")
        watch.clock.advance(0.005)
    (warning,) = watch.warnings
    assert (warning.kind, warning.key, warning.limit) == ("share", "HOT", 0.3)
    assert 0.3 <= warning.value <= 0.4
    assert str(warning).startswith(
        f"a partition key of table 'app' takes {warning.value:.0%} of its load; more than 30%"
    )


def test_a_warning_of_one_kind_does_not_hide_another() -> None:
    watch = Watch(shape_load=None)
    watch.spend(Key("ONLY"), 1_000, 3.0)
    assert watch.kinds == ["share", "write_limit"]


def test_a_share_of_little_is_not_warned_of() -> None:
    watch = Watch(share=0.3, shape_load=None)
    watch.spend(Key("ONLY"), 90, 5.0)
    assert watch.warnings == []


def test_what_is_counted_up_under_load_is_warned_of_once() -> None:
    watch = Watch(share=None)
    for number in range(3_000):
        watch.call(Key(f"ORDER#{number}"))
        watch.clock.advance(0.002)
    (warning,) = watch.warnings
    assert (warning.kind, warning.table, warning.key) == ("sequential", "app", None)
    assert "written in table 'app' are counted up" in str(warning)


def test_reads_and_slow_writes_of_what_is_counted_up_are_not_warned_of() -> None:
    watch = Watch(share=None)
    for number in range(3_000):
        watch.call(Key(f"ORDER#{number}"), operation="GetItem")
        watch.call(Key(f"ITEM#{number}"))
        watch.clock.advance(0.02)
    assert watch.warnings == []


def test_a_warning_is_logged_without_the_key(caplog: pytest.LogCaptureFixture) -> None:
    hot = HotKeys(clock=FakeClock(), share=None, shape_load=None)
    with caplog.at_level(logging.WARNING, logger="hashrange"):
        for _ in range(900):
            hot.call_finished(finished(Key("ada@example.org"), answer={"ConsumedCapacity": {"CapacityUnits": 1.0}}))
    (record,) = caplog.records
    said = "a partition key of table 'app' takes 800 write units a second; a partition serves 1000"
    assert record.getMessage() == said
    assert "ada@" not in str(record.__dict__) + repr(hot)


def test_more_tables_than_are_watched_are_still_counted() -> None:
    watch = Watch(share=0.1, shape_load=None)
    for number in range(150):
        watch.call(Key("A"), 1.0, "GetItem", table=f"table-{number}")
    watch.call(Key("A"), 500.0, "GetItem", table="table-149")
    assert watch.hot.top(1)[0].table == "table-149"
    assert watch.warnings == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"warn_at": 0}, "warn_at is 0; it must be a number greater than 0, at most 1"),
        ({"warn_at": 1.1}, "warn_at is 1.1"),
        ({"share": 1.5}, "share is 1.5"),
        ({"share": True}, "share is True"),
        ({"shape_load": -1}, "shape_load is -1; it must be a number greater than 0"),
        ({"repeat_after": None}, "repeat_after is None"),
    ],
)
def test_arguments_that_cannot_be(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        HotKeys(**options)


# ── in a client ──────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_client_tells_its_hot_keys() -> None:
    hot = HotKeys(clock=FakeClock())
    cost = {"ConsumedCapacity": {"TableName": "app", "CapacityUnits": 3.0}}
    slow = failure("ProvisionedThroughputExceededException", "slow down")
    transport = FakeTransport(answer(cost), slow, answer(cost), answer(cost | {"Items": [], "Count": 0}))
    table = client(transport, observers=(hot,), capacity="total").table("app", indexes={"by_day": GlobalIndex("day")})
    await table.get_item(Key("A", "1"))
    await table.update_item(Key("A", "1"), Update().add("n", 1))
    await table.query("today", index="by_day").all()
    assert [(one.index, one.key, one.units) for one in hot.top()] == [(None, "A", 6.0), ("by_day", "today", 3.0)]
    assert [(one.key, one.units) for one in hot.top(by="throttled")] == [("A", 1.0)]
