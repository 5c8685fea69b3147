"""Requests on items with two mistakes: the one that the service finds first is told, whatever the other is.

For each operation, mistakes stand in the service's order; every two of them that a request can have together are tried.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from itertools import combinations
from typing import Any, Final, TypeAlias

import pytest

from tests.simulated_items import INDEXED, World, item

Request: TypeAlias = dict[str, Any]
#: what makes the mistake, and how the message begins
Mistake: TypeAlias = tuple[Callable[[Request], None], str]

IPV: Final = "One or more parameter values were invalid: "
BAD_NUMBER: Final = {"N": "x"}
MIX: Final = "Can not use both expression and non-expression parameters in the same request: "
NESTED: Final = "Key attributes must be scalars; "
NOT_FOUND: Final = "Requested resource not found"
KEY_MISMATCH: Final = "The provided key element does not match the schema"
CONDITION_FAILED: Final = "The conditional request failed"


def member(*path: str, value: Any) -> Callable[[Request], None]:
    """What gives a member of a request a value; the structures around it are made as needed."""

    def change(request: Request) -> None:
        for step in path[:-1]:
            request = request.setdefault(step, {})
        request[path[-1]] = value

    return change


def text(name: str, value: str) -> Callable[[Request], None]:
    """What adds to an expression."""

    def change(request: Request) -> None:
        before = request.get(name)
        request[name] = value if before is None else f"{before} AND {value}"

    return change


ENVELOPE: Final[Mistake] = member("ReturnConsumedCapacity", value="x"), "1 validation error detected: "
EMPTY_NAME: Final[Mistake] = (
    member("ExpressionAttributeNames", "#", value="x"),
    "ExpressionAttributeNames contains invalid key: ",
)
BAD_VALUE: Final[Mistake] = (
    member("ExpressionAttributeValues", ":b", value=BAD_NUMBER),
    "ExpressionAttributeValues contains invalid value: ",
)
UNUSED_NAME: Final[Mistake] = (
    member("ExpressionAttributeNames", "#u", value="u"),
    "Value provided in ExpressionAttributeNames unused in expressions: ",
)
UNUSED_VALUE: Final[Mistake] = (
    member("ExpressionAttributeValues", ":u", value={"S": "u"}),
    "Value provided in ExpressionAttributeValues unused in expressions: ",
)
NO_TABLE: Final[Mistake] = member("TableName", value="nowhere"), NOT_FOUND
BAD_KEY: Final[Mistake] = member("Key", "sk", value={"N": "1"}), KEY_MISMATCH
BAD_KEY_VALUE: Final[Mistake] = member("Key", "pk", value=BAD_NUMBER), "The parameter cannot be converted to a numeric"
RETURN_VALUES: Final[Mistake] = member("ReturnValues", value="ALL_NEW"), "ReturnValues can only be ALL_OLD or NONE"
BAD_CONDITION: Final[Mistake] = text("ConditionExpression", "size(a)"), "Invalid ConditionExpression: "
NESTED_CONDITION: Final[Mistake] = text("ConditionExpression", "attribute_exists(pk.a)"), NESTED
FALSE_CONDITION: Final[Mistake] = text("ConditionExpression", "attribute_exists(nope)"), CONDITION_FAILED
BAD_EXPECTED: Final[Mistake] = member("Expected", "a", value={}), f"{IPV}Value must be provided when Exists is null"
FALSE_EXPECTED: Final[Mistake] = member("Expected", "z", value={"Value": {"S": "z"}}), CONDITION_FAILED
BAD_INDEX_KEY: Final[Mistake] = (
    member("Item", "g", value={"N": "1"}),
    f"{IPV}Type mismatch for Index Key g Expected: S Actual: N IndexName: by-g",
)

PLACE: Final = {"TableName": INDEXED, "Key": item(pk="a", sk="b")}
PUT: Final = {"TableName": INDEXED, "Item": item(pk="a", sk="b")}

ITEM_MISTAKES: Final[list[Mistake]] = [
    (member("Item", "v", value=BAD_NUMBER), "The parameter cannot be converted to a numeric value: x"),
    RETURN_VALUES,
    (member("Item", "large", value={"S": "x" * 409_600}), "Item size has exceeded the maximum allowed size"),
]
PUT_KEYS: Final[list[Mistake]] = [
    NO_TABLE,
    (member("Item", "sk", value={"N": "1"}), f"{IPV}Type mismatch for key sk expected: S actual: N"),
    BAD_INDEX_KEY,
]
WITH_CONDITION: Final = {"ConditionExpression": "attribute_not_exists(nope)"}
WITH_UPDATE: Final = {"UpdateExpression": "REMOVE q"}
ORDERS: Final[dict[str, tuple[str, Request, list[Mistake]]]] = {
    "put with a condition": ("PutItem", PUT | WITH_CONDITION, [
        ENVELOPE, (member("Expected", value={}), MIX), *ITEM_MISTAKES, EMPTY_NAME, BAD_VALUE, BAD_CONDITION,
        UNUSED_NAME, UNUSED_VALUE, *PUT_KEYS, FALSE_CONDITION,
    ]),
    "put as of old": ("PutItem", PUT, [
        ENVELOPE, (member("ExpressionAttributeNames", value={}), "ExpressionAttributeNames can only be"),
        (member("ExpressionAttributeValues", value={}), "ExpressionAttributeValues can only be"),
        *ITEM_MISTAKES, BAD_EXPECTED, *PUT_KEYS, FALSE_EXPECTED,
    ]),
    "update": ("UpdateItem", PLACE | WITH_UPDATE, [
        ENVELOPE, (member("AttributeUpdates", value={}), MIX), BAD_KEY_VALUE, EMPTY_NAME, BAD_VALUE,
        (member("UpdateExpression", value="REMOVE"), "Invalid UpdateExpression: "), BAD_CONDITION, UNUSED_NAME,
        UNUSED_VALUE, NO_TABLE, BAD_KEY, NESTED_CONDITION,
        (member("UpdateExpression", value="SET pk = q, q.r = sk.a"), f"{IPV}Cannot update attribute pk. "),
        (member("UpdateExpression", value="SET q.r = sk.a"), NESTED), FALSE_CONDITION,
        (member("UpdateExpression", value="SET q.r = sk"), "The document path provided in the update expression"),
    ]),
    "update as of old": ("UpdateItem", PLACE, [
        ENVELOPE, BAD_KEY_VALUE,
        (member("AttributeUpdates", "a", value={}), f"{IPV}Only DELETE action is allowed"), BAD_EXPECTED, NO_TABLE,
        BAD_KEY, (member("AttributeUpdates", "pk", value={"Value": {"S": "x"}}), f"{IPV}Cannot update attribute pk. "),
        (member("AttributeUpdates", "g", value={"Value": {"N": "1"}}), f"{IPV}Type mismatch for Index Key g "),
        FALSE_EXPECTED,
        (member("AttributeUpdates", "s", value={"Action": "ADD", "Value": {"N": "1"}}), "Type mismatch for attribute"),
    ]),
    "delete": ("DeleteItem", PLACE | WITH_CONDITION, [
        ENVELOPE, (member("Expected", value={}), MIX), BAD_KEY_VALUE, RETURN_VALUES, EMPTY_NAME, BAD_VALUE,
        BAD_CONDITION, UNUSED_NAME, UNUSED_VALUE, NO_TABLE, BAD_KEY, NESTED_CONDITION, FALSE_CONDITION,
    ]),
    "delete as of old": ("DeleteItem", PLACE, [
        ENVELOPE, BAD_KEY_VALUE, RETURN_VALUES, BAD_EXPECTED, NO_TABLE, BAD_KEY, FALSE_EXPECTED,
    ]),
    "get": ("GetItem", PLACE | {"ProjectionExpression": "a"}, [
        ENVELOPE, (member("AttributesToGet", value=["a", "a"]), MIX), BAD_KEY_VALUE, EMPTY_NAME,
        (member("ProjectionExpression", value="a,"), "Invalid ProjectionExpression: "), UNUSED_NAME, NO_TABLE,
        (member("ProjectionExpression", value="pk.a"), NESTED), BAD_KEY,
    ]),
    "get as of old": ("GetItem", PLACE, [
        ENVELOPE, (member("ExpressionAttributeNames", value={}), "ExpressionAttributeNames can only be"), BAD_KEY_VALUE,
        (member("AttributesToGet", value=["a", "a"]), f"{IPV}Duplicate value in attribute name: a"), NO_TABLE, BAD_KEY,
    ]),
}  # fmt: skip


@pytest.fixture(scope="module")
def world() -> World:
    world = World()
    world.put(INDEXED, pk="a", sk="b", s="text")
    return world


def answer(world: World, operation: str, base: Request, *mistakes: Mistake) -> str:
    request = deepcopy(base)
    for change, _ in mistakes:
        change(request)
    return str(world.refused(operation, **request).message)


@pytest.mark.parametrize("name", ORDERS)
def test_each_mistake_is_one(world: World, name: str) -> None:
    operation, base, mistakes = ORDERS[name]
    for mistake in mistakes:
        assert answer(world, operation, base, mistake).startswith(mistake[1])


@pytest.mark.parametrize("name", ORDERS)
def test_of_two_mistakes_the_first_is_told(world: World, name: str) -> None:
    operation, base, mistakes = ORDERS[name]
    for first, second in combinations(mistakes, 2):
        # in both orders of making them; where both are about one member, the later takes the other away
        together = {answer(world, operation, base, *pair) for pair in ((first, second), (second, first))}
        assert any(message.startswith(first[1]) for message in together), (first[1], second[1], together)
        assert all(message.startswith((first[1], second[1])) for message in together), (first[1], together)
