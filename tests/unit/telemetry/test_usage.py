"""Consumed capacity in every shape that the service reports, and trackers: nested, across tasks, after errors."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hashrange.telemetry.usage import TRACKERS, ConsumedCapacity, Usage, consumed_capacity


# ── what the service reports ─────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("answer", [{}, {"ConsumedCapacity": None}, {"ConsumedCapacity": {}}, {"ConsumedCapacity": []}])
def test_nothing_reported_is_none(answer: dict[str, Any]) -> None:
    assert consumed_capacity("GetItem", answer) is None


@pytest.mark.parametrize("operation", ["GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems"])
def test_total_of_a_read(operation: str) -> None:
    found = consumed_capacity(operation, {"ConsumedCapacity": {"TableName": "app", "CapacityUnits": 0.5}})
    assert found == ConsumedCapacity("app", read_units=0.5)


@pytest.mark.parametrize("operation", ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"])
def test_total_of_a_write(operation: str) -> None:
    found = consumed_capacity(operation, {"ConsumedCapacity": {"TableName": "app", "CapacityUnits": 2}})
    assert found == ConsumedCapacity("app", write_units=2.0)


def test_reads_and_writes_told_apart_win_over_the_operation() -> None:
    reported = {"TableName": "app", "CapacityUnits": 7.0, "ReadCapacityUnits": 2.0, "WriteCapacityUnits": 5.0}
    expected = ConsumedCapacity("app", read_units=2.0, write_units=5.0)
    assert consumed_capacity("TransactWriteItems", {"ConsumedCapacity": [reported]}) == expected


def test_indexes() -> None:
    reported = {
        "TableName": "app",
        "CapacityUnits": 6.0,
        "Table": {"CapacityUnits": 1.0},
        "GlobalSecondaryIndexes": {"GSI1": {"CapacityUnits": 2.0}, "GSI2": {"CapacityUnits": 2.5}},
        "LocalSecondaryIndexes": {"LSI1": {"CapacityUnits": 0.5}},
    }
    assert consumed_capacity("PutItem", {"ConsumedCapacity": reported}) == ConsumedCapacity(
        "app", write_units=6.0, table_units=1.0, indexes={"GSI1": 2.0, "GSI2": 2.5, "LSI1": 0.5}
    )


def test_several_tables_are_summed() -> None:
    parts = [
        {"TableName": "a", "CapacityUnits": 1.0, "LocalSecondaryIndexes": {"L": {"CapacityUnits": 0.5}}},
        {"TableName": "b", "CapacityUnits": 2.0},
        {"TableName": "a", "CapacityUnits": 4.0, "LocalSecondaryIndexes": {"L": {"CapacityUnits": 0.25}}},
    ]
    found = consumed_capacity("BatchGetItem", {"ConsumedCapacity": parts})
    assert found == ConsumedCapacity("a,b", read_units=7.0, indexes={"L": 0.75})


def test_adding_to_nothing_keeps_the_name() -> None:
    assert (ConsumedCapacity("") + ConsumedCapacity("a", 1.0)).table == "a"


# ── adding up ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_usage_adds_up() -> None:
    usage = Usage()
    usage.add(1, 0.5, ConsumedCapacity("a", 1.0, 2.0), failed=False)
    usage.add(4, 0.25, None, failed=True)
    usage.add(0, 0.0, None, failed=True)
    expected = Usage(calls=3, failed_calls=2, retries=3, read_units=1.0, write_units=2.0, elapsed=0.75)
    assert usage == expected
    assert repr(usage) == ("Usage(calls=3, failed_calls=2, retries=3, read_units=1.0, write_units=2.0, elapsed=0.75)")


def _one_call() -> None:
    for usage in TRACKERS.get():
        usage.add(1, 0.0, None, failed=False)


def test_trackers_nest() -> None:
    with Usage() as outer:
        _one_call()
        with Usage() as inner:
            _one_call()
        _one_call()
    _one_call()
    assert (outer.calls, inner.calls) == (3, 1)
    assert TRACKERS.get() == ()


def test_trackers_with_the_same_sums_are_not_the_same() -> None:
    with Usage() as outer:
        with Usage():
            pass
        _one_call()
    assert outer.calls == 1


def test_a_tracker_closes_when_its_body_raises() -> None:
    usage = Usage()

    def body() -> None:
        with usage:
            _one_call()
            raise KeyError

    with pytest.raises(KeyError):
        body()
    _one_call()
    assert usage.calls == 1


def test_a_tracker_can_go_on_later() -> None:
    usage = Usage()
    for _ in range(2):
        with usage:
            _one_call()
    assert usage.calls == 2


def test_a_tracker_that_is_open_is_not_opened_twice() -> None:
    with Usage() as usage:
        with pytest.raises(RuntimeError, match="already open"):
            usage.__enter__()
        _one_call()
    assert usage.calls == 1
    assert TRACKERS.get() == ()


async def test_trackers_count_the_tasks_started_inside_and_no_others() -> None:
    entered = asyncio.Event()

    async def stranger() -> None:
        await entered.wait()
        _one_call()

    async def member() -> None:
        await asyncio.sleep(0)
        _one_call()

    outside = asyncio.create_task(stranger())
    with Usage() as usage:
        entered.set()
        await asyncio.gather(outside, member(), member(), member())
    assert usage.calls == 3


async def test_each_task_has_its_own_tracker() -> None:
    async def handler(calls: int) -> int:
        with Usage() as usage:
            for _ in range(calls):
                await asyncio.sleep(0)
                _one_call()
        return usage.calls

    assert await asyncio.gather(*(handler(n) for n in range(5))) == [0, 1, 2, 3, 4]
