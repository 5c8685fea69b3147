"""Which region a call may go to: the whole table, for every choice of the settings."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.resilience.routing import Routes, may_go_on_elsewhere
from hashrange.types import Reads, WriteFailover

#: the nearest one is not home
REGIONS = ("eu-west-1", "us-east-1", "ap-south-1")
HOME = "us-east-1"
HOME_FIRST = ("us-east-1", "eu-west-1", "ap-south-1")

READS: list[tuple[str, dict[str, Any]]] = [
    ("GetItem", {}),
    ("GetItem", {"ConsistentRead": False}),
    ("Query", {"IndexName": "GSI1"}),
    ("Scan", {"Segment": 0}),
    ("BatchGetItem", {"RequestItems": {"app": {"Keys": []}, "b": {"ConsistentRead": False}}}),
    ("BatchGetItem", {}),
    ("BatchGetItem", {"RequestItems": [1]}),
    ("BatchGetItem", {"RequestItems": {"app": 1}}),
]
CONSISTENT_READS: list[tuple[str, dict[str, Any]]] = [
    ("GetItem", {"ConsistentRead": True}),
    ("Query", {"ConsistentRead": True}),
    ("Scan", {"ConsistentRead": True}),
    ("BatchGetItem", {"RequestItems": {"app": {"Keys": []}, "b": {"ConsistentRead": True}}}),
    ("TransactGetItems", {}),
]
WRITES = ["PutItem", "UpdateItem", "DeleteItem"]
AT_HOME = ["BatchWriteItem", "TransactWriteItems", "ExecuteStatement", "CreateTable", "DescribeTable", "Unknown"]


def regions(
    operation: str, payload: dict[str, Any], reads: Reads = "nearest", write_failover: WriteFailover = "never"
) -> tuple[str, ...]:
    return Routes(REGIONS, HOME, reads, write_failover).regions(operation, payload)


@pytest.mark.parametrize(("operation", "payload"), READS)
def test_eventually_consistent_reads_go_anywhere(operation: str, payload: dict[str, Any]) -> None:
    assert regions(operation, payload) == REGIONS
    assert regions(operation, payload, "home") == HOME_FIRST
    assert regions(operation, payload, "nearest", "next") == REGIONS


@pytest.mark.parametrize(("operation", "payload"), [*CONSISTENT_READS, *((name, {}) for name in WRITES)])
def test_writes_go_home_and_so_do_reads_that_must_see_them(operation: str, payload: dict[str, Any]) -> None:
    assert regions(operation, payload) == (HOME,)
    assert regions(operation, payload, "home") == (HOME,)
    assert regions(operation, payload, "nearest", "next") == HOME_FIRST


@pytest.mark.parametrize("operation", AT_HOME)
@pytest.mark.parametrize("write_failover", ["never", "next"])
def test_what_may_not_be_done_elsewhere_stays_at_home(operation: str, write_failover: WriteFailover) -> None:
    assert regions(operation, {"ConsistentRead": True}, "nearest", write_failover) == (HOME,)


@pytest.mark.parametrize("operation", [*WRITES, "BatchWriteItem", "TransactWriteItems", "Unknown"])
def test_no_write_goes_on_elsewhere(operation: str) -> None:
    assert not may_go_on_elsewhere(operation)


@pytest.mark.parametrize("operation", ["GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems"])
def test_reads_may_go_on_elsewhere(operation: str) -> None:
    assert may_go_on_elsewhere(operation)
