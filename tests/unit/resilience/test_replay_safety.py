"""Which requests change nothing the second time, which operations write, and which failures leave it open."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.errors import (
    AttemptTimeout,
    BadResponse,
    ClientClosed,
    ConditionFailed,
    ConnectFailed,
    ConnectionLost,
    DynamoDBError,
    InternalServerError,
    ServiceUnavailable,
    Throttling,
    TransactionConflict,
    ValidationError,
    error_from_wire,
)
from hashrange.resilience.replay_safety import is_replay_safe, is_write, may_have_applied

READS = [
    "GetItem",
    "BatchGetItem",
    "TransactGetItems",
    "Query",
    "Scan",
    "DescribeTable",
    "DescribeTimeToLive",
    "DescribeLimits",
    "ListTables",
    "ListTagsOfResource",
    "GetResourcePolicy",
    "GetRecords",
    "SearchVectors",
]
WRITES = [
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "BatchWriteItem",
    "TransactWriteItems",
    "CreateTable",
    "DeleteTable",
    "UpdateTable",
    "UpdateTimeToLive",
    "TagResource",
    "ExecuteStatement",
    "BatchExecuteStatement",
    "ExecuteTransaction",
    "RestoreTableToPointInTime",
    "SomethingNew",
    "Getaway",  # starts like a read, and is another word
    "ScanAndDelete",
    "QueryAndDelete",
]


@pytest.mark.parametrize("operation", READS)
def test_reads_change_nothing(operation: str) -> None:
    assert not is_write(operation)
    assert is_replay_safe(operation, {})
    assert not may_have_applied(operation, ConnectionLost())


@pytest.mark.parametrize("operation", WRITES)
def test_what_is_not_known_to_read_writes(operation: str) -> None:
    assert is_write(operation)
    assert may_have_applied(operation, ConnectionLost())


# ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("operation", "payload", "safe"),
    [
        ("PutItem", {"Item": {}}, True),
        ("DeleteItem", {"Key": {}}, True),
        ("BatchWriteItem", {"RequestItems": {}}, True),
        ("TransactWriteItems", {"ClientRequestToken": "t"}, True),
        ("TransactWriteItems", {"TransactItems": []}, False),
        ("TransactWriteItems", {"ClientRequestToken": None}, False),
        ("TransactWriteItems", {"ClientRequestToken": ""}, False),
        ("ExecuteTransaction", {"ClientRequestToken": "t"}, True),
        ("ExecuteTransaction", {}, False),
        ("ImportTable", {"ClientToken": "t"}, True),
        ("ImportTable", {"ClientRequestToken": "t"}, False),
        ("ExportTableToPointInTime", {"ClientToken": "t"}, True),
        ("ExecuteStatement", {"Statement": "SELECT * FROM a"}, False),
        ("CreateTable", {}, False),
        ("SomethingNew", {"ClientRequestToken": "t"}, False),
        ("UpdateItem", {"Key": {}}, True),  # it makes an item where there is none, and else does nothing
        ("UpdateItem", {"UpdateExpression": None}, False),
        ("UpdateItem", {"UpdateExpression": 3}, False),
        ("UpdateItem", {"AttributeUpdates": {}}, True),
        ("UpdateItem", {"AttributeUpdates": {"a": {"Value": {"N": "1"}}}}, True),
        ("UpdateItem", {"AttributeUpdates": {"a": {"Action": "PUT"}, "b": {"Action": "DELETE"}}}, True),
        ("UpdateItem", {"AttributeUpdates": {"a": {"Action": "PUT"}, "b": {"Action": "ADD"}}}, False),
        ("UpdateItem", {"AttributeUpdates": {"a": "?"}}, False),
        ("UpdateItem", {"AttributeUpdates": {}, "UpdateExpression": "ADD a :b"}, False),
    ],
)
def test_what_a_request_tells(operation: str, payload: dict[str, Any], safe: bool) -> None:
    assert is_replay_safe(operation, payload) is safe


SAFE = [
    "SET a = :v",
    "set a=:v",
    "  SET #a = :v  ",
    "SET a = :v, #b.c.#d = :w",
    "SET\na\t=\n:v ,b=:w",
    "REMOVE a",
    "REMOVE a, #b.c , d",
    "SET a = :v REMOVE b",
    "REMOVE b SET a = :v",
    "remove b\nSet a = :v",
    "SET remove = :set",
]
UNSAFE = [
    "",
    "   ",
    "ADD a :v",
    "DELETE a :v",
    "SET a = :v ADD b :w",
    "SET a = :v REMOVE b ADD c :w",
    "SET a = :v DELETE b :w",
    "SET a = a + :v",
    "SET a = :v + :w",
    "SET a = :v - b",
    "SET a = :v, b = b + :w",
    "SET a = b",
    "SET a = #b",
    "SET a = if_not_exists(a, :v)",
    "SET a = list_append(a, :v)",
    "SET a = (:v)",
    "SET a[0] = :v",
    "SET a[0].b = :v",
    "SET a.b[9] = :v",
    "SET a = :v, b[9] = :w",
    "REMOVE a[0]",
    "REMOVE a, b[0]",
    "SET a = :v REMOVE b SET c = :w",
    "SETa = :v",
    "SET a = :v,",
    "SET a = :v; ADD b :v",
    "SET a = :v\x00",
    "REMOVE",
    "a = :v",
]


@pytest.mark.parametrize("text", SAFE)
def test_plain_sets_and_removes_change_nothing_the_second_time(text: str) -> None:
    assert is_replay_safe("UpdateItem", {"UpdateExpression": text})


@pytest.mark.parametrize("text", UNSAFE)
def test_any_other_text_may(text: str) -> None:
    assert not is_replay_safe("UpdateItem", {"UpdateExpression": text})


# ── failures ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def unsent(error: Any) -> DynamoDBError:
    error.sent = False
    found: DynamoDBError = error
    return found


@pytest.mark.parametrize(
    ("error", "open_"),
    [
        (ConnectionLost(), True),
        (AttemptTimeout(), True),
        (BadResponse(), True),
        (ClientClosed(), True),
        (InternalServerError(status=500), True),
        (error_from_wire(500, {"__type": "x#Unheard"}), True),
        (error_from_wire(502, None), True),  # of a gateway, which may have sent the request on
        (error_from_wire(504, None), True),
        (ConnectFailed(), False),
        (unsent(ConnectionLost()), False),
        (unsent(AttemptTimeout()), False),
        (unsent(ClientClosed()), False),
        (ServiceUnavailable(status=503), False),
        (Throttling(status=400), False),
        (TransactionConflict(status=400), False),
        (ConditionFailed(status=400), False),
        (ValidationError(status=400), False),
    ],
    ids=repr,
)
def test_which_failures_leave_open_whether_a_write_was_applied(error: DynamoDBError, open_: bool) -> None:
    assert may_have_applied("PutItem", error) is open_
    assert not may_have_applied("GetItem", error)
