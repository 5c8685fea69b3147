"""Throughput by itself: its figures, buckets, what measures a demand, and how many partitions are remembered."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.simulator.state.definitions import IndexDefinition, TableDefinition
from hashrange.simulator.state.definitions import Throughput as Units
from hashrange.simulator.throughput import PARTITIONS_MAX_COUNT, Bucket, Demand, Meter, Throughput, throttled

ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/app"


def definition(read: int = 2, write: int = 5, **members: Any) -> TableDefinition:
    index = IndexDefinition("gsi", (("g", "HASH"),), throughput=Units(3, 1))
    types = {"PK": "S", "g": "S"}
    return TableDefinition(
        "app", (("PK", "HASH"),), types, {"gsi": index}, ARN, throughput=Units(read, write), **members
    )


def on_demand(**limits: int) -> TableDefinition:
    index = IndexDefinition("gsi", (("g", "HASH"),), on_demand=limits)
    return TableDefinition(
        "app", (("PK", "HASH"),), {}, {"gsi": index}, ARN, billing_mode="PAY_PER_REQUEST", on_demand=limits
    )


def let_through(throughput: Throughput, demand: Demand, now: float = 0.0, meter: Meter | None = None) -> int:
    """How many times a demand is let through at one moment; 10,000 stands for ever."""
    meter = Meter() if meter is None else meter
    for count in range(10_000):
        if meter.shortage(throughput, demand, now) is not None:
            return count
        meter.charge(throughput, [demand], now)
    return 10_000


# ── figures ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("figures", "complaint"),
    [
        ({"provisioned": 1}, "provisioned is True or False, not 1"),
        ({"partition_read_units": 0}, "partition_read_units is a positive number or None, not 0"),
        ({"partition_write_units": -1}, "partition_write_units is a positive number or None, not -1"),
        ({"on_demand_read_units": True}, "on_demand_read_units is a positive number or None, not True"),
        ({"on_demand_write_units": "5"}, "on_demand_write_units is a positive number or None, not '5'"),
        ({"on_demand_write_units": float("nan")}, "on_demand_write_units is a positive number or None, not nan"),
        ({"burst_seconds": -1}, "burst_seconds is 0 or more, not -1"),
        ({"burst_seconds": None}, "burst_seconds is 0 or more, not None"),
    ],
)
def test_figures_that_mean_nothing(figures: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=f"^{complaint}$"):
        Throughput(**figures)


def test_figures_that_mean_no_limit() -> None:
    free = Throughput(provisioned=False, partition_read_units=None, partition_write_units=None)
    for is_write in (True, False):
        assert let_through(free, Demand(definition(), None, is_write, b"p", 1.0)) == 10_000
        assert let_through(free, Demand(on_demand(), None, is_write, b"p", 1.0)) == 10_000


# ── buckets ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("level", "at", "now", "filled"),
    [
        (10.0, 0.0, 0.0, 10.0),
        (0.0, 0.0, 3.0, 6.0),
        (-8.0, 0.0, 3.0, -2.0),
        (9.0, 0.0, 3.0, 10.0),
        (50.0, 0.0, 0.0, 10.0),  # the limit has become smaller
        (4.0, 5.0, 3.0, 4.0),  # a clock that goes back gives nothing, and takes nothing
    ],
)
def test_a_bucket_fills(level: float, at: float, now: float, filled: float) -> None:
    bucket = Bucket(level, at)
    assert bucket.fill(2.0, 10.0, now) == filled == bucket.level


def test_a_copy_of_a_bucket_changes_independently() -> None:
    bucket = Bucket(1.0, 0.0)
    twin = bucket.copy()
    twin.level = 5.0
    assert (repr(bucket), repr(twin)) == ("Bucket(1)", "Bucket(5)")


# ── what measures a demand ───────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("table", "index", "is_write", "count"),
    [
        (definition(), None, False, 2),
        (definition(), None, True, 5),
        (definition(), "gsi", False, 3),
        (definition(), "gsi", True, 1),
        (definition(0, 0), None, True, 10_000),  # defined without figures, which a request cannot do
        (on_demand(), None, False, 7),
        (on_demand(), "gsi", True, 8),
        (on_demand(MaxReadRequestUnits=4, MaxWriteRequestUnits=40), None, False, 4),
        (on_demand(MaxReadRequestUnits=4, MaxWriteRequestUnits=40), "gsi", True, 8),
        (on_demand(MaxReadRequestUnits=-1), None, False, 7),  # a maximum that was removed
    ],
)
def test_tables_and_indexes_carry_their_own(
    table: TableDefinition, index: str | None, is_write: bool, count: int
) -> None:
    throughput = Throughput(on_demand_read_units=7, on_demand_write_units=8, burst_seconds=0)
    assert let_through(throughput, Demand(table, index, is_write, None, 1.0)) == count


def test_each_has_its_own_bucket() -> None:
    throughput, meter = Throughput(burst_seconds=0), Meter()
    counts = [
        let_through(throughput, Demand(definition(), index, is_write, None, 1.0), meter=meter)
        for index in (None, "gsi")
        for is_write in (False, True)
    ]
    assert counts == [2, 5, 3, 1]


def test_a_burst_is_saved_for_so_long() -> None:
    throughput, meter = Throughput(burst_seconds=10), Meter()
    write = Demand(definition(), None, is_write=True, units=1.0)
    assert let_through(throughput, write, 0.0, meter) == 50
    assert let_through(throughput, write, 2.0, meter) == 10
    assert let_through(throughput, write, 1_000.0, meter) == 50


def test_what_is_let_through_may_overdraw() -> None:
    throughput, meter = Throughput(burst_seconds=0), Meter()
    big = Demand(definition(), None, is_write=True, units=12.0)
    assert [let_through(throughput, big, now, meter) for now in (0.0, 1.0, 1.4, 1.5)] == [1, 0, 0, 1]


def test_new_figures_hold_at_once() -> None:
    throughput, meter = Throughput(burst_seconds=0), Meter()
    assert let_through(throughput, Demand(definition(), None, True, None, 1.0), 0.0, meter) == 5
    assert let_through(throughput, Demand(definition(write=50), None, True, None, 1.0), 1.0, meter) == 50
    assert let_through(throughput, Demand(definition(write=1), None, True, None, 1.0), 9.0, meter) == 1


# ── partitions ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_each_partition_key_carries_only_so_much() -> None:
    throughput, meter = Throughput(partition_write_units=3, partition_read_units=4), Meter()
    counts = [
        let_through(throughput, Demand(on_demand(), index, is_write, partition, 1.0), meter=meter)
        for partition in (b"a", b"b")
        for index in (None, "gsi")
        for is_write in (True, False)
    ]
    assert counts == [3, 4] * 4
    # a partition saves no burst
    assert let_through(throughput, Demand(on_demand(), None, True, b"a", 1.0), 1_000.0, meter) == 3


def test_full_partitions_are_forgotten_first_then_the_oldest() -> None:
    throughput, meter = Throughput(partition_write_units=1), Meter()

    def write(number: int, now: float) -> None:
        meter.charge(throughput, [Demand(on_demand(), None, True, b"%d" % number, 2.0)], now)

    for number in range(PARTITIONS_MAX_COUNT):
        write(number, 0.0 if number < PARTITIONS_MAX_COUNT - 10 else 9.0)
    write(-1, 9.0)
    assert meter.partition_count == 11
    for number in range(PARTITIONS_MAX_COUNT):
        write(number, 9.0)
    assert meter.partition_count <= PARTITIONS_MAX_COUNT
    latest = Demand(on_demand(), None, True, b"%d" % (PARTITIONS_MAX_COUNT - 1))
    assert meter.shortage(throughput, latest, 9.0) is not None


def test_an_index_that_is_gone_is_forgotten() -> None:
    throughput, meter = Throughput(burst_seconds=0, partition_write_units=1), Meter()
    write = Demand(definition(), "gsi", True, b"p", 1.0)
    assert let_through(throughput, write, meter=meter) == 1
    assert let_through(throughput, Demand(definition(), None, True, b"p", 1.0), meter=meter) == 1
    meter.forget("gsi")
    assert repr(meter) == "<Meter of 1 limits and 1 partitions>"
    assert let_through(throughput, write, meter=meter) == 1


def test_a_copy_of_a_meter_changes_independently() -> None:
    throughput, meter = Throughput(burst_seconds=0, partition_write_units=2), Meter()
    write = Demand(definition(), None, True, b"p", 1.0)
    meter.charge(throughput, [write], 0.0)
    twin = meter.copy()
    assert let_through(throughput, write, meter=twin) == 1
    assert let_through(throughput, write, meter=meter) == 1
    assert let_through(throughput, write, meter=twin) == 0


# ── errors ───────────────────────────────────────────────────────────────────────────────────────────────────────────
_PROVISIONED = "The level of configured provisioned throughput for "
_PROVISIONED_TABLE = _PROVISIONED + (
    "the table was exceeded. Consider increasing your provisioning level with the UpdateTable API."
)
_PROVISIONED_INDEX = _PROVISIONED + (
    "one or more global secondary indexes of the table was exceeded. Consider increasing your provisioning level for "
    "the under-provisioned global secondary indexes with the UpdateTable API."
)
_ON_DEMAND_TABLE = (
    "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your table or "
    "index so please try again shortly. If exceptions persist, check if you have a hot key: "
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html"
)
_ON_DEMAND_INDEX = (
    "Throughput exceeds the current capacity for one or more global secondary indexes. "
    "DynamoDB is automatically scaling your index so please try again shortly."
)
_MAXIMUM = "Throughput exceeds the maximum OnDemandThroughput configured on table or index"


@pytest.mark.parametrize(
    ("table", "index", "is_write", "partition", "message", "reason"),
    [
        (definition(), None, False, None, _PROVISIONED_TABLE, "TableReadProvisionedThroughputExceeded"),
        (definition(), "gsi", True, None, _PROVISIONED_INDEX, "IndexWriteProvisionedThroughputExceeded"),
        (definition(500), None, False, b"p", _PROVISIONED_TABLE, "TableReadKeyRangeThroughputExceeded"),
        (on_demand(), None, True, None, _ON_DEMAND_TABLE, "TableWriteAccountLimitExceeded"),
        (on_demand(), "gsi", False, None, _ON_DEMAND_INDEX, "IndexReadAccountLimitExceeded"),
        (on_demand(MaxReadRequestUnits=1), None, False, None, _MAXIMUM, "TableReadMaxOnDemandThroughputExceeded"),
    ],
)
def test_the_error_says_what_has_run_out(
    table: TableDefinition, index: str | None, is_write: bool, partition: bytes | None, message: str, reason: str
) -> None:
    throughput = Throughput(
        on_demand_read_units=9, on_demand_write_units=9, partition_read_units=10, partition_write_units=10
    )
    meter = Meter()
    demand = Demand(table, index, is_write, partition, 5_000.0)
    meter.charge(throughput, [demand], 0.0)
    error = meter.shortage(throughput, demand, 0.0)
    assert error is not None
    assert error.message == message
    body = error.answer()
    resource = ARN if index is None else f"{ARN}/index/gsi"
    if table.billing_mode == "PROVISIONED":
        assert body["__type"] == "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"
        assert body["ThrottlingReasons"] == [{"reason": reason, "resource": resource}]
    else:
        assert body["__type"] == "com.amazon.coral.availability#ThrottlingException"
        assert body["throttlingReasons"] == [{"reason": reason, "resource": resource}]


def test_several_demands_are_refused_together() -> None:
    throughput, meter = Throughput(burst_seconds=0), Meter()
    table = Demand(definition(), None, True, None, 1.0)
    index = Demand(definition(), "gsi", True, None, 1.0)
    meter.require(throughput, [table, index], 0.0)
    meter.charge(throughput, [table, index], 0.0)
    meter.require(throughput, [table], 0.0)
    with pytest.raises(Exception, match="global secondary indexes"):
        meter.require(throughput, [table, index], 0.0)


def test_the_error_of_a_table_that_could_do_nothing() -> None:
    assert throttled(definition(), is_write=True).message == _PROVISIONED_TABLE
    assert throttled(on_demand(), is_write=False).message == _ON_DEMAND_TABLE
