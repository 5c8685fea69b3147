"""The newest wording, through the engine: what is prefixed, what is unwrapped, and what stays as it was."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.simulator.engine import Engine
from hashrange.simulator.errors import ApiError

PREFIX = "1 validation error detected: "
ITEM = {"PK": {"S": "a"}, "SK": {"S": "b"}}
KEY_CONDITION = {"KeyConditionExpression": "PK = :p", "ExpressionAttributeValues": {":p": {"S": "a"}}}


def message(wording: Any, operation: str, request: dict[str, Any]) -> str:
    engine = Engine(["app"], wording=wording)
    with pytest.raises(ApiError) as caught:
        engine.execute(operation, {"TableName": "app", **request})
    assert caught.value.name == "ValidationException"
    return str(caught.value.message)


BAD_CONDITION = {"ConditionExpression": "a = "}
UNUSED = {"ConditionExpression": "attribute_exists(PK)", "ExpressionAttributeNames": {"#a": "a"}}
MIXED = {"ConditionExpression": "a = b", "Expected": {"a": {"Exists": False}}}


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("PutItem", {"Item": ITEM, **BAD_CONDITION}),
        ("UpdateItem", {"Key": ITEM, "UpdateExpression": "SET "}),
        ("UpdateItem", {"Key": ITEM, "UpdateExpression": "SET a = b", **BAD_CONDITION}),
        ("PutItem", {"Item": ITEM, **MIXED}),
        ("PutItem", {"Item": ITEM, "ExpressionAttributeValues": {":a": {"S": "a"}}}),
        ("PutItem", {"Item": ITEM, **UNUSED}),
        ("DeleteItem", {"Key": ITEM, **UNUSED}),
        ("PutItem", {"Item": ITEM, "ReturnValues": "ALL_NEW"}),
        ("PutItem", {"Item": ITEM | {"a": {"NULL": False}}}),
        ("PutItem", {"Item": ITEM | {"a": {"SS": []}}}),
        ("PutItem", {"Item": ITEM | {"a": {"SS": ["b", "b"]}}}),
        ("PutItem", {"Item": ITEM | {"a": {"BS": ["Yg==", "Yg=="]}}}),
        ("Query", {**KEY_CONDITION, "Select": "ALL_PROJECTED_ATTRIBUTES"}),
        ("Query", {**KEY_CONDITION, "Select": "SPECIFIC_ATTRIBUTES"}),
        ("Query", {**KEY_CONDITION, "Select": "COUNT", "ProjectionExpression": "a"}),
    ],
)
def test_some_messages_have_got_a_prefix(operation: str, request_: dict[str, Any]) -> None:
    classic = message("classic", operation, request_)
    assert not classic.startswith(PREFIX)
    assert message("2026", operation, request_) == PREFIX + classic


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("DeleteItem", {"Key": ITEM, **BAD_CONDITION}),
        ("DeleteItem", {"Key": ITEM, **MIXED}),
        ("PutItem", {"Item": ITEM | {"a": {"N": "x"}}}),
        ("PutItem", {"Item": {"PK": {"S": "a"}}}),
        ("PutItem", {"Item": ITEM | {"a": {}}}),
        ("PutItem", {"Item": ITEM, "ExpressionAttributeNames": {"#a": "a"}}),
        ("UpdateItem", {"Key": ITEM, "UpdateExpression": "SET PK = SK"}),
        ("Scan", {"FilterExpression": "a ="}),
        ("Scan", {"Select": "SPECIFIC_ATTRIBUTES"}),
        ("Query", {"KeyConditionExpression": "PK ="}),
    ],
)
def test_others_are_as_they_were(operation: str, request_: dict[str, Any]) -> None:
    assert message("2026", operation, request_) == message("classic", operation, request_)


@pytest.mark.parametrize(
    ("value", "newest"),
    [
        ({"NULL": False}, "One or more parameter values were invalid: Null attribute value types must have the value"),
        ({"SS": []}, PREFIX + "One or more parameter values were invalid: An string set  may not be empty"),
        ({"N": "x"}, "ExpressionAttributeValues contains invalid value: The parameter cannot be converted"),
    ],
)
def test_values_of_expressions_have_lost_their_wrapping(value: dict[str, Any], newest: str) -> None:
    request = {"Item": ITEM, "ConditionExpression": "a = :v", "ExpressionAttributeValues": {":v": value}}
    assert message("2026", "PutItem", request).startswith(newest)
    assert message("classic", "PutItem", request).startswith("ExpressionAttributeValues contains invalid value: ")
    assert message("2026", "DeleteItem", request | {"Key": ITEM}).startswith("ExpressionAttributeValues contains")


def test_key_conditions_are_named() -> None:
    request = {"KeyConditionExpression": "PK = :p AND PK = :p", "ExpressionAttributeValues": {":p": {"S": "a"}}}
    classic = message("classic", "Query", request)
    assert classic == "KeyConditionExpressions must only contain one condition per key"
    assert message("2026", "Query", request) == f"Invalid KeyConditionExpression: {classic}"


def test_a_batch_of_no_tables() -> None:
    for operation in ("BatchGetItem", "BatchWriteItem"):
        assert message("classic", operation, {"RequestItems": {}}) == (
            f"The requestItems parameter is required for {operation}"
        )
    assert message("2026", "BatchWriteItem", {"RequestItems": {}}) == message(
        "classic", "BatchWriteItem", {"RequestItems": {}}
    )
    assert message("2026", "BatchGetItem", {"RequestItems": {}}) == (
        f"{PREFIX}Value at 'RequestItems' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1"
    )


def test_other_errors_are_the_same() -> None:
    with pytest.raises(ApiError) as caught:
        Engine(wording="2026").execute("GetItem", {"TableName": "app", "Key": ITEM})
    assert (caught.value.name, caught.value.message) == ("ResourceNotFoundException", "Requested resource not found")
