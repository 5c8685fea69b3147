"""What Query and Scan share: indexes that cannot be read, and which of several mistakes is told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulated_items import INDEXED, World, item
from tests.simulated_queries import INVALID, START_KEY, filled

from . import table_world

NO_INDEX = "The table does not have the specified index: none"
CONSISTENT = "Consistent reads are not supported on global secondary indexes"
SCALAR = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "
ON_KEY = "Filter Expression can only contain non-primary key attributes: Primary key attribute: "
SELECT_ALL = (
    INVALID + "Select type ALL_ATTRIBUTES is not supported for global secondary index by-gn "
    "because its projection type is not ALL"
)
NOT_PROJECTED = INVALID + "Global secondary index by-gn does not project [extra]"
FILTER_NOT_PROJECTED = INVALID + "Secondary index {} does not project one or more filter attributes: [extra]"


# ── indexes that are being built ─────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def backfilling() -> table_world.World:
    """A table whose index "new" is being filled for 10 seconds."""
    world = table_world.World(lifecycle=10.0)
    world.create()
    world.do(
        "UpdateTable",
        TableName=table_world.NAME,
        AttributeDefinitions=[{"AttributeName": "g", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "new",
                    "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            }
        ],
    )
    return world


READS: dict[str, dict[str, Any]] = {
    "Query": {
        "TableName": table_world.NAME,
        "IndexName": "new",
        "KeyConditionExpression": "g = :g",
        "ExpressionAttributeValues": {":g": {"S": "x"}},
    },
    "Scan": {"TableName": table_world.NAME, "IndexName": "new"},
}


@pytest.mark.parametrize("operation", READS)
def test_an_index_is_read_once_it_is_filled(backfilling: table_world.World, operation: str) -> None:
    request = READS[operation]
    refused = "Cannot read from backfilling global secondary index: new"
    assert backfilling.refusal(operation, **request) == refused
    # what is wrong with the request for any state of the index comes first
    assert backfilling.refusal(operation, **request, ConsistentRead=True) == CONSISTENT
    assert backfilling.refusal(operation, **(request | {"IndexName": "none"})) == NO_INDEX
    assert backfilling.refusal(operation, **request, Select="SPECIFIC_ATTRIBUTES").startswith("Must specify the")
    # and what is wrong with it for this index comes afterwards
    assert backfilling.refusal(operation, **request, ExclusiveStartKey={}) == refused
    assert backfilling.refusal(operation, **request, Select="ALL_ATTRIBUTES") == refused
    backfilling.clock.advance(10.0)
    assert backfilling.do(operation, **request)["Count"] == 0
    assert backfilling.refusal(operation, **request, ExclusiveStartKey={}) == START_KEY


# ── which mistake is told ────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture(scope="module")
def world() -> World:
    return filled()


def message(world: World, operation: str, **request: Any) -> str:
    values = {":x": "x", ":n": 1}
    if operation == "Query":
        request.setdefault("KeyConditionExpression", "g = :x" if "by-g" in request.get("IndexName", "") else "pk = :x")
    given = {name: value for name, value in values.items() if name in str(request)}
    if given:
        request["ExpressionAttributeValues"] = item(**given)
    return world.message(operation, TableName=INDEXED, **request)


@pytest.mark.parametrize(
    ("request_", "of_query", "of_scan"),
    [
        (
            {"IndexName": "by-gn", "ProjectionExpression": "sk.a", "FilterExpression": "g = :x"},
            f"{SCALAR}Key: sk",
            f"{SCALAR}Key: sk",
        ),
        (
            {"IndexName": "by-gn", "ProjectionExpression": "n[0], extra"},
            f"{SCALAR}IndexKey: n",
            f"{SCALAR}IndexKey: n",
        ),
        (
            {"IndexName": "by-gn", "ProjectionExpression": "extra", "FilterExpression": "g = :x"},
            f"{ON_KEY}g",
            NOT_PROJECTED,
        ),
        (
            {"IndexName": "by-gn", "Select": "ALL_ATTRIBUTES", "FilterExpression": "g = :x"},
            f"{ON_KEY}g",
            SELECT_ALL,
        ),
        (
            {"IndexName": "by-gn", "Select": "ALL_ATTRIBUTES", "FilterExpression": "sk.a = :x"},
            SELECT_ALL,
            SELECT_ALL,
        ),
        (
            {"IndexName": "by-gn", "ProjectionExpression": "extra", "FilterExpression": "sk.a = :x"},
            f"{SCALAR}Key: sk",
            f"{SCALAR}Key: sk",
        ),
        (
            {"IndexName": "by-gn", "ProjectionExpression": "extra", "FilterExpression": "t[0] = :x"},
            f"{SCALAR}IndexKey: t",
            f"{SCALAR}IndexKey: t",
        ),
        (
            {"IndexName": "by-gn", "ProjectionExpression": "extra", "FilterExpression": "extra = :x"},
            NOT_PROJECTED,
            NOT_PROJECTED,
        ),
    ],
)
def test_two_mistakes(world: World, request_: dict[str, Any], of_query: str, of_scan: str) -> None:
    assert message(world, "Query", **request_) == of_query
    assert message(world, "Scan", **request_) == of_scan


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (
            {"IndexName": "by-gn", "ProjectionExpression": "g", "FilterExpression": "extra = :x"},
            FILTER_NOT_PROJECTED.format("by-gn"),
        ),
        (
            {"IndexName": "by-t", "FilterExpression": "extra = :x AND sk.a = :x"},
            f"{SCALAR}Key: sk",
        ),
        (
            {"IndexName": "by-t", "FilterExpression": "extra = :x AND pk = :x"},
            f"{ON_KEY}pk",
        ),
        (
            {"IndexName": "by-t", "ProjectionExpression": "extra", "FilterExpression": "extra = :x"},
            FILTER_NOT_PROJECTED.format("by-t"),
        ),
    ],
)
def test_two_mistakes_of_a_query(world: World, request_: dict[str, Any], expected: str) -> None:
    assert message(world, "Query", **request_) == expected


@pytest.mark.parametrize(
    ("index", "select", "expected"),
    [
        (None, "ALL_ATTRIBUTES", {"pk", "sk", "g", "n", "t", "kept", "extra"}),
        ("by-g", "ALL_ATTRIBUTES", {"pk", "sk", "g", "n", "t", "kept", "extra"}),
        ("by-g", "ALL_PROJECTED_ATTRIBUTES", {"pk", "sk", "g", "n", "t", "kept", "extra"}),
        ("by-gn", "ALL_PROJECTED_ATTRIBUTES", {"pk", "sk", "g", "n"}),
        ("by-n", "ALL_ATTRIBUTES", {"pk", "sk", "g", "n", "t", "kept", "extra"}),
        ("by-t", "ALL_ATTRIBUTES", {"pk", "sk", "g", "n", "t", "kept", "extra"}),
        ("by-t", "ALL_PROJECTED_ATTRIBUTES", {"pk", "sk", "t", "kept"}),
        (None, "COUNT", None),
        ("by-gn", "COUNT", None),
        ("by-t", "COUNT", None),
    ],
)
@pytest.mark.parametrize("operation", ["Query", "Scan"])
def test_what_is_selected(
    world: World, operation: str, index: str | None, select: str, expected: set[str] | None
) -> None:
    request: dict[str, Any] = {"TableName": INDEXED, "Select": select} | ({} if index is None else {"IndexName": index})
    if operation == "Query":
        name, value = ("g", "x") if index in ("by-g", "by-gn") else ("pk", "p")
        request |= {
            "KeyConditionExpression": f"{name} = :v",
            "ExpressionAttributeValues": {":v": {"S": value}},
        }
    answer = world(operation, **request)
    assert answer["Count"] == answer["ScannedCount"] > 1
    if expected is None:
        assert "Items" not in answer
    else:
        assert set().union(*answer["Items"]) == expected


@pytest.mark.parametrize("operation", ["Query", "Scan"])
@pytest.mark.parametrize("projection", ["ProjectionExpression", "AttributesToGet"])
def test_a_projection_stands_beside_specific_attributes_only(world: World, operation: str, projection: str) -> None:
    request: dict[str, Any] = {
        "TableName": INDEXED,
        projection: ["kept"] if projection == "AttributesToGet" else "kept",
    }
    if operation == "Query":
        request["KeyConditions"] = {"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "p"}]}}
    assert set().union(*world(operation, **request, Select="SPECIFIC_ATTRIBUTES")["Items"]) == {"kept"}
    for select, called in (
        ("ALL_ATTRIBUTES", "ALL_ATTRIBUTES"),
        ("ALL_PROJECTED_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"),
        ("COUNT", "only the Count"),
    ):
        refused = f"Cannot specify the {projection} when choosing to get {called}"
        assert world.message(operation, **request, Select=select) == refused
