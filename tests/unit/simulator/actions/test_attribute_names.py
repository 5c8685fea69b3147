"""Names that no attribute can have, empty or too large ones, wherever a request may have one; and what comes first."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.simulated_items import SIMPLE, World, item

IPV: Final = "One or more parameter values were invalid: "
EMPTY: Final = "Empty attribute name"
TOO_LARGE: Final = "Attribute name is too large, must be less than 65536 bytes"
EMPTY_SET: Final = f"{IPV}An string set  may not be empty"
NO_VALUE: Final = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
LARGE: Final = "é" * 32_768
X: Final = {"S": "x"}
NO_SET: Final[dict[str, Any]] = {"SS": []}
KEY: Final = {"pk": {"S": "a"}}


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        ({"": X}, EMPTY),
        ({"": {}}, NO_VALUE),
        ({"": NO_SET}, EMPTY_SET),
        ({"": X, "z": NO_SET}, EMPTY),
        ({"z": NO_SET, "": X}, EMPTY_SET),
        ({"m": {"M": {"": X, "b": NO_SET}}}, EMPTY),
        ({"m": {"M": {"": {"N": "x"}}}}, "The parameter cannot be converted to a numeric value: x"),
        ({LARGE: X}, TOO_LARGE),
        ({"m": {"L": [{"M": {LARGE: X}}]}}, TOO_LARGE),
    ],
)
def test_items_have_names_which_are_checked_after_their_values(
    world: World, attributes: dict[str, Any], text: str
) -> None:
    assert world.message("PutItem", TableName=SIMPLE, Item=KEY | attributes) == text
    requests = {SIMPLE: [{"PutRequest": {"Item": KEY | attributes}}]}
    assert world.message("BatchWriteItem", RequestItems=requests) == text
    put = {"Put": {"TableName": SIMPLE, "Item": KEY | attributes}}
    assert world.message("TransactWriteItems", TransactItems=[put]) == text


def test_the_largest_name(world: World) -> None:
    assert world("PutItem", TableName=SIMPLE, Item=KEY | {LARGE[:-1] + "x": X}) == {}


@pytest.mark.parametrize(
    ("updates", "text"),
    [
        ({"": {}}, EMPTY),
        ({"": {"Action": "DELETE"}}, EMPTY),
        ({"": {"Value": NO_SET}}, EMPTY),
        ({LARGE: {"Value": X}}, TOO_LARGE),
        ({"b": {}, "": {"Value": X}}, f"{IPV}Only DELETE action is allowed when no attribute value is specified"),
    ],
)
def test_attribute_updates_have_names_which_are_checked_first(world: World, updates: dict[str, Any], text: str) -> None:
    assert world.message("UpdateItem", TableName=SIMPLE, Key=KEY, AttributeUpdates=updates) == text


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ({"": {"Value": X}}, EMPTY),
        ({"": {"Exists": False}}, EMPTY),
        ({"": {"ComparisonOperator": "NULL"}}, EMPTY),
        ({"": {"Value": X}, "b": {}}, EMPTY),
        ({LARGE: {"Value": X}}, TOO_LARGE),
        ({"": {"Value": {}}}, NO_VALUE),
        ({"": {}}, f"{IPV}Value must be provided when Exists is null for Attribute: "),
    ],
)
def test_expected_has_names_which_are_checked_last(world: World, expected: dict[str, Any], text: str) -> None:
    assert world.message("PutItem", TableName=SIMPLE, Item=KEY, Expected=expected) == text
    for operation in ("UpdateItem", "DeleteItem"):
        assert world.message(operation, TableName=SIMPLE, Key=KEY, Expected=expected) == text


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([""], EMPTY),
        (["", ""], EMPTY),
        (["a", "a", ""], f"{IPV}Duplicate value in attribute name: a"),
    ],
)
def test_attributes_to_get_have_names(world: World, names: list[str], text: str) -> None:
    assert world.message("GetItem", TableName=SIMPLE, Key=KEY, AttributesToGet=names) == text
    wanted = {SIMPLE: {"Keys": [KEY], "AttributesToGet": names}}
    assert world.message("BatchGetItem", RequestItems=wanted) == text


@pytest.mark.parametrize(("name", "text"), [("", EMPTY), (LARGE, TOO_LARGE)])
def test_values_of_expressions_have_names(world: World, name: str, text: str) -> None:
    values = {"ExpressionAttributeValues": {":v": {"L": [{"M": {name: X}}]}}}
    asked: dict[str, Any] = {"TableName": SIMPLE, "Key": item(pk="a"), "UpdateExpression": "SET v = :v", **values}
    assert (
        world.message("UpdateItem", **asked) == f"ExpressionAttributeValues contains invalid value: {text} for key :v"
    )
