"""DeleteItem: what it removes and answers, what it refuses, and in which order."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.simulated_items import CONDITION_FAILED, INDEXED, KEY_MISMATCH, NOT_FOUND, SIMPLE, SORTED, World, item

IPV = "One or more parameter values were invalid: "


@pytest.fixture
def world() -> World:
    world = World()
    world.put(SIMPLE, pk="a", n=5)
    return world


def refusal(world: World, **changes: Any) -> str:
    return world.message("DeleteItem", **{"TableName": SIMPLE, "Key": item(pk="a"), **changes})


def test_an_item_is_removed(world: World) -> None:
    assert world("DeleteItem", TableName=SIMPLE, Key=item(pk="a")) == {}
    assert world.get(SIMPLE, pk="a") is None
    assert world.engine.catalog.table(SIMPLE).item_count == 0


def test_the_old_item_is_returned_if_there_was_one(world: World) -> None:
    asked: dict[str, Any] = {"TableName": SIMPLE, "Key": item(pk="a"), "ReturnValues": "ALL_OLD"}
    assert world("DeleteItem", **asked) == {"Attributes": item(pk="a", n=5)}
    assert world("DeleteItem", **asked) == {}


def test_one_of_several_in_a_partition_is_removed(world: World) -> None:
    for sort in "abc":
        world.put(SORTED, pk="p", sk=sort)
    world("DeleteItem", TableName=SORTED, Key=item(pk="p", sk="b"))
    assert [world.get(SORTED, pk="p", sk=sort) is None for sort in "abc"] == [False, True, False]


def test_a_condition_is_evaluated_even_where_there_is_no_item(world: World) -> None:
    asked: dict[str, Any] = {"TableName": SIMPLE, "Key": item(pk="new")}
    assert world("DeleteItem", **asked, ConditionExpression="attribute_not_exists(pk)") == {}
    error = world.refused(
        "DeleteItem",
        **asked,
        ConditionExpression="attribute_exists(pk)",
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
    assert (error.name, error.message, error.members) == ("ConditionalCheckFailedException", CONDITION_FAILED, {})


def test_a_failed_condition_keeps_the_item_and_tells_it_if_asked(world: World) -> None:
    asked: dict[str, Any] = {"TableName": SIMPLE, "Key": item(pk="a"), "ConditionExpression": "n < :n"}
    asked["ExpressionAttributeValues"] = {":n": {"N": "5"}}
    assert world.refused("DeleteItem", **asked).members == {}
    error = world.refused("DeleteItem", **asked, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert bytes(error.members["Item"]) == b'{"pk":{"S":"a"},"n":{"N":"5"}}'


def test_expected_is_the_older_condition(world: World) -> None:
    asked: dict[str, Any] = {"TableName": SIMPLE, "Key": item(pk="a")}
    error = world.refused("DeleteItem", **asked, Expected={"n": {"Value": {"N": "4"}}})
    assert error.name == "ConditionalCheckFailedException"
    assert world("DeleteItem", **asked, Expected={"n": {"Value": {"N": "5.0"}}}) == {}


def test_a_delete_costs_as_much_as_the_old_item(world: World) -> None:
    world.put(SIMPLE, pk="a", v="x" * 2500)
    asked: dict[str, Any] = {"TableName": SIMPLE, "Key": item(pk="a"), "ReturnConsumedCapacity": "TOTAL"}
    assert world("DeleteItem", **asked)["ConsumedCapacity"] == {"TableName": SIMPLE, "CapacityUnits": 3.0}
    assert world("DeleteItem", **asked)["ConsumedCapacity"] == {"TableName": SIMPLE, "CapacityUnits": 1.0}


def test_entries_of_indexes_go_with_the_item(world: World) -> None:
    world.put(INDEXED, pk="a", sk="b", g="x", n=1, t={"B": "AA=="})
    answer = world(
        "DeleteItem",
        TableName=INDEXED,
        Key=item(pk="a", sk="b"),
        ReturnConsumedCapacity="INDEXES",
        ReturnItemCollectionMetrics="SIZE",
    )
    one = {"CapacityUnits": 1.0}
    assert answer["ConsumedCapacity"] == {
        "TableName": INDEXED,
        "CapacityUnits": 5.0,
        "Table": one,
        "GlobalSecondaryIndexes": {"by-g": one, "by-gn": one},
        "LocalSecondaryIndexes": {"by-n": one, "by-t": one},
    }
    assert answer["ItemCollectionMetrics"]["ItemCollectionKey"] == item(pk="a")
    assert all(contents[-1] == b"0 0" for name, contents in world.contents().items() if name.startswith(INDEXED))


# ── refusals, in the order of the service ────────────────────────────────────────────────────────────────────────────
def test_constraints_are_collected_in_the_service_s_order(world: World) -> None:
    message = world.message(
        "DeleteItem",
        TableName="abc;",
        ReturnConsumedCapacity="x",
        ReturnItemCollectionMetrics="x",
        ReturnValues="x",
        ConditionalOperator="x",
        Expected={"a": {"ComparisonOperator": "x"}},
        ReturnValuesOnConditionCheckFailure="x",
    )
    assert message.startswith("8 validation errors detected: ")
    assert re.findall(r" at '([^']+)'", message) == [
        "returnConsumedCapacity",
        "tableName",
        "returnValues",
        "returnItemCollectionMetrics",
        "key",
        "conditionalOperator",
        "expected.a.member.comparisonOperator",
        "returnValuesOnConditionCheckFailure",
    ]


def test_expressions_and_older_parameters_exclude_each_other(world: World) -> None:
    assert refusal(world, Expected={}, ConditionExpression="", Key={"x": {}}) == (
        "Can not use both expression and non-expression parameters in the same request: "
        "Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}"
    )


def test_the_rest_is_checked_in_this_order(world: World) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        (
            {"ExpressionAttributeValues": {}},
            "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null",
        ),
        ({"Key": {"pk": {"NULL": False}}}, f"{IPV}Null attribute value types must have the value of true"),
        ({"ReturnValues": "ALL_NEW"}, "ReturnValues can only be ALL_OLD or NONE"),
        ({"Expected": {"a": {}}}, f"{IPV}Value must be provided when Exists is null for Attribute: a"),
    ]
    asked: dict[str, Any] = {"TableName": "nowhere"}
    for change, _ in reversed(wrong):
        asked |= change
    for change, text in wrong:
        assert refusal(world, **asked) == text
        for name in change:
            del asked[name]
    error = world.refused("DeleteItem", **asked, Key={"x": {"S": ""}})
    assert (error.name, error.message) == ("ResourceNotFoundException", NOT_FOUND)


@pytest.mark.parametrize("key", [{}, item(x="a"), item(pk="a", sk="b"), item(pk=1)])
def test_a_key_fits_the_schema(world: World, key: dict[str, Any]) -> None:
    assert refusal(world, Key=key, ConditionExpression="attribute_exists(pk.a)") == KEY_MISMATCH


def test_a_key_is_neither_empty_nor_too_large(world: World) -> None:
    assert refusal(world, Key=item(pk="")) == (
        "One or more parameter values are not valid. "
        "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk"
    )
    assert refusal(world, Key=item(pk="x" * 2049)) == (
        f"{IPV}Size of hashkey has exceeded the maximum size limit of2048 bytes"
    )


def test_a_condition_does_not_look_into_keys(world: World) -> None:
    assert refusal(
        world, ConditionExpression="n = :n AND pk[0] = :n", ExpressionAttributeValues={":n": {"N": "9"}}
    ) == ("Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: pk")
