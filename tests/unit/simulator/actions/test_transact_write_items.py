"""TransactWriteItems: all or nothing, why it is cancelled, and what keys it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulated_items import (
    CONDITION_FAILED,
    INDEXED,
    KEY_MISMATCH,
    SIMPLE,
    SORTED,
    World,
    cancellation,
    item,
)
from tests.transacted_items import ONE, check, delete, put, update

IPV = "One or more parameter values were invalid: "
NONE = {"Code": "None"}
EMPTY = "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty "


@pytest.fixture
def world() -> World:
    world = World()
    world.put(SIMPLE, pk="a", n=5)
    return world


def run(world: World, *elements: dict[str, Any], **more: Any) -> dict[str, Any]:
    return world("TransactWriteItems", TransactItems=list(elements), **more)


def refusal(world: World, *elements: dict[str, Any], **more: Any) -> str:
    return world.message("TransactWriteItems", TransactItems=list(elements), **more)


def reasons(world: World, *elements: dict[str, Any]) -> list[dict[str, Any]]:
    return cancellation(world.refused("TransactWriteItems", TransactItems=list(elements)))


# ── all ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_all_kinds_of_elements_are_applied_together(world: World) -> None:
    world.put(SORTED, pk="p", sk="old")
    world.put(SIMPLE, pk="checked", n=1)
    answer = run(
        world,
        put(pk="new", v={"NS": ["2", "1.0"]}),
        update("SET n = n + :one", pk="a"),
        delete(SORTED, pk="p", sk="old"),
        check("n = :one", pk="checked", extra=ONE),
    )
    assert answer == {}
    assert world.get(SIMPLE, pk="new") == item(pk="new", v={"NS": ["1", "2"]})
    assert world.get(SIMPLE, pk="a") == item(pk="a", n=6)
    assert world.get(SORTED, pk="p", sk="old") is None
    assert world.get(SIMPLE, pk="checked") == item(pk="checked", n=1)


def test_names_and_values_without_an_expression_are_accepted(world: World) -> None:
    idle = {"ExpressionAttributeNames": {"#a": "a"}, "ExpressionAttributeValues": {":a": {"S": "a"}}}
    assert run(world, put(pk="new", extra=idle), delete(pk="a", extra=idle)) == {}


def test_capacity_is_doubled_for_tables_but_not_for_indexes(world: World) -> None:
    world.put(SIMPLE, pk="checked", v="x" * 2000)
    answer = run(
        world,
        put(pk="new", v="x" * 1500),
        update("REMOVE x", pk="none"),
        check("attribute_exists(v)", pk="checked"),
        delete(pk="nobody"),
        put(INDEXED, pk="a", sk="b", g="x", n=1),
        ReturnConsumedCapacity="INDEXES",
    )

    def arm(units: float) -> dict[str, float]:
        return {"CapacityUnits": units, "WriteCapacityUnits": units}

    assert answer["ConsumedCapacity"] == [
        {"TableName": SIMPLE, **arm(12.0), "Table": arm(12.0)},
        {
            "TableName": INDEXED,
            **arm(5.0),
            "Table": arm(2.0),
            "GlobalSecondaryIndexes": {"by-g": arm(1.0), "by-gn": arm(1.0)},
            "LocalSecondaryIndexes": {"by-n": arm(1.0)},
        },
    ]
    total = run(world, put(pk="new"), ReturnConsumedCapacity="TOTAL")
    assert total["ConsumedCapacity"] == [{"TableName": SIMPLE, **arm(4.0)}], "1.5 KB were there before"


def test_metrics_are_for_what_is_written(world: World) -> None:
    answer = run(
        world,
        put(INDEXED, pk="a", sk="b"),
        put(INDEXED, pk="a", sk="c"),
        check("attribute_not_exists(pk)", INDEXED, pk="b", sk="b"),
        put(pk="new"),
        ReturnItemCollectionMetrics="SIZE",
    )
    metrics = {"ItemCollectionKey": item(pk="a"), "SizeEstimateRangeGB": [0.0, 1.0]}
    assert answer == {"ItemCollectionMetrics": {INDEXED: [metrics]}}


# ── or nothing ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_one_failed_condition_cancels_all(world: World) -> None:
    told = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    failed = {"Code": "ConditionalCheckFailed", "Message": CONDITION_FAILED}
    assert reasons(
        world,
        put(pk="new"),
        check("attribute_not_exists(pk)", pk="a", extra=told),
        check("attribute_exists(pk)", pk="nobody", extra=told),
        put(pk="b"),
    ) == [NONE, {**failed, "Item": item(pk="a", n=5)}, failed, NONE]


@pytest.mark.parametrize("kind", ["Put", "Update", "Delete"])
def test_every_kind_has_a_condition(world: World, kind: str) -> None:
    guard = {"ConditionExpression": "attribute_not_exists(pk)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    guarded = {
        "Put": put(pk="a", extra=guard),
        "Update": update("REMOVE n", pk="a", extra=guard),
        "Delete": delete(pk="a", extra=guard),
    }
    (reason,) = reasons(world, guarded[kind])
    assert reason == {"Code": "ConditionalCheckFailed", "Message": CONDITION_FAILED, "Item": item(pk="a", n=5)}


def test_all_elements_are_tried_and_their_failures_told(world: World) -> None:
    world.put(SIMPLE, pk="s", s="text", big={"N": "9" * 38})
    found = reasons(
        world,
        update("SET pk = :one", pk="1"),
        update("SET x.y = :one", pk="2"),
        update("SET x = y", pk="3"),
        update("ADD s :one", pk="s"),
        check("attribute_exists(n)", pk="a"),
        update("SET g = :one", INDEXED, pk="a", sk="b"),
        put(INDEXED, pk="a", sk="c", n="text"),
    )
    assert [reason["Code"] for reason in found] == [*["ValidationError"] * 4, "None", *["ValidationError"] * 2]
    assert [reason.get("Message") for reason in found] == [
        f"{IPV}Cannot update attribute pk. This attribute is part of the key",
        "The document path provided in the update expression is invalid for update",
        "The provided expression refers to an attribute that does not exist in the item",
        "An operand in the update expression has an incorrect data type",
        None,
        f"{IPV}Type mismatch for Index Key g Expected: S Actual: N IndexName: by-g",
        f"{IPV}Type mismatch for Index Key n Expected: N Actual: S IndexName: by-gn",
    ]


def test_results_have_limits(world: World) -> None:
    world.put(SIMPLE, pk="big", v="x" * 300_000, n={"N": "9" + "0" * 125})
    value: dict[str, Any] = {"S": "x"}
    for _ in range(32):
        value = {"L": [value]}
    large = {"ExpressionAttributeValues": {":v": {"S": "x" * 109_700}}}
    deep = {"ExpressionAttributeValues": {":v": value}}
    huge = {"ExpressionAttributeValues": {":v": {"N": "9" + "0" * 125}}}
    found = reasons(
        world,
        update("SET w = :v", pk="big", extra=large),
        update("SET w = :v", pk="deep", extra=deep),
        check("w <> :v", pk="other", extra=deep),
    )
    assert [reason.get("Message") for reason in found] == [
        "Item size to update has exceeded the maximum allowed size",
        (
            "Nesting Levels have exceeded supported limits: "
            "Attributes in the item have nested levels beyond supported limit"
        ),
        None,
    ]
    (overflow,) = reasons(world, update("SET n = n + :v", pk="big", extra=huge))
    assert overflow == {
        "Code": "ValidationError",
        "Message": "Number overflow. Attempting to store a number with magnitude larger than supported range",
    }


def test_an_update_is_measured_without_the_update(world: World) -> None:
    values = {"ExpressionAttributeValues": {":v": {"S": "x" * (409_600 - len("pkav"))}}}
    fits = update("SET v = :v REMOVE n", pk="a", extra=values)
    assert run(world, fits) == {}
    assert world.message("UpdateItem", **fits["Update"]) == "Item size to update has exceeded the maximum allowed size"


def test_an_item_collection_has_a_largest_size(world: World) -> None:
    world.engine.catalog.table(INDEXED).collection_max_bytes = 2 * 97
    writes = [put(INDEXED, pk="a", sk=str(number), v="x" * 90) for number in range(3)]
    exceeded = {"Code": "ItemCollectionSizeLimitExceeded", "Message": "Collection size exceeded."}
    assert reasons(world, put(pk="new"), *writes) == [NONE, NONE, NONE, exceeded]


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("element", "text"),
    [
        (put(), f"{IPV}Missing the key pk in the item"),
        (put(pk=1), f"{IPV}Type mismatch for key pk expected: S actual: N"),
        (delete(pk=1), KEY_MISMATCH),
        (delete(x="a"), KEY_MISMATCH),
        (update("REMOVE pk", pk={"M": {}}), KEY_MISMATCH),
        (check("attribute_exists(pk.a)", pk="a", sk="b"), KEY_MISMATCH),
        (put(pk="x" * 2049), f"{IPV}Size of hashkey has exceeded the maximum size limit of2048 bytes"),
    ],
)
def test_the_first_key_that_does_not_fit_cancels(world: World, element: dict[str, Any], text: str) -> None:
    failing = check("attribute_not_exists(pk)", pk="a")
    expected = [NONE, {"Code": "ValidationError", "Message": text}, NONE, NONE]
    assert reasons(world, failing, element, element, failing) == expected


@pytest.mark.parametrize(
    ("element", "text"),
    [
        (put(pk=""), f"{EMPTY}string value. Key: pk"),
        (delete(pk=""), f"{EMPTY}string value. Key: pk"),
        (update("REMOVE n", pk=""), f"{EMPTY}string value. Key: pk"),
        (check("attribute_exists(n)", pk=""), f"{EMPTY}string value. Key: pk"),
        (delete("Typed", n=1, b={"B": ""}), f"{EMPTY}binary value. Key: b"),
        (
            put(INDEXED, pk="a", sk="b", g=""),
            (
                "One or more parameter values are not valid. A value specified for a secondary index key is not "
                "supported. The AttributeValue for a key attribute cannot contain an empty string value. "
                "IndexName: by-g, IndexKey: g"
            ),
        ),
        (
            update("SET g = :e", INDEXED, pk="a", sk="b", extra={"ExpressionAttributeValues": {":e": {"S": ""}}}),
            (
                "One or more parameter values are not valid. The update expression attempted to update a secondary "
                "index key to a value that is not supported. "
                "The AttributeValue for a key attribute cannot contain an empty string value."
            ),
        ),
        (
            check("attribute_exists(pk.a)", pk="a"),
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: pk",
        ),
    ],
)
def test_empty_keys_and_paths_into_keys_are_refused_as_a_whole(
    world: World, element: dict[str, Any], text: str
) -> None:
    assert refusal(world, check("attribute_not_exists(pk)", pk="a"), element) == text


def test_an_item_stands_in_one_element_only(world: World) -> None:
    expected = "Transaction request cannot include multiple operations on one item"
    assert refusal(world, put(pk="x"), check("attribute_exists(pk)", pk="a"), delete(pk="x")) == expected
    arn = f"arn:aws:dynamodb:us-east-1:123456789012:table/{SIMPLE}"
    assert refusal(world, update("REMOVE n", pk="a"), update("REMOVE m", arn, pk="a")) == expected
    assert run(world, put(pk="x"), put(SORTED, pk="x", sk="x"), put(SORTED, pk="x", sk="y")) == {}
