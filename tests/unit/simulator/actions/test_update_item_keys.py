"""UpdateItem and keys: what is refused of changes to the table's key and to keys of indexes, and what comes first."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.simulated_items import INDEXED, KEY_MISMATCH, World, cancellation, item
from tests.transacted_items import update

IPV: Final = "One or more parameter values were invalid: "
KEY: Final = f"{IPV}Cannot update attribute pk. This attribute is part of the key"
NESTED: Final = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "
EMPTY: Final = (
    "One or more parameter values are not valid. The update expression attempted to update a secondary index key to a "
    "value that is not supported. The AttributeValue for a key attribute cannot contain an empty string value."
)
MISMATCH: Final = f"{IPV}Type mismatch for Index Key g Expected: S Actual: N IndexName: by-g"
PLACE: Final[dict[str, Any]] = {"TableName": INDEXED, "Key": item(pk="a", sk="b")}
VALUES: Final = {":n": {"N": "1"}, ":e": {"S": ""}, ":bs": {"BS": ["AAA="]}}


@pytest.fixture
def world() -> World:
    world = World()
    world.put(INDEXED, pk="a", sk="b")
    return world


def request(expression: str, condition: str | None = None) -> dict[str, Any]:
    texts = f"{expression} {condition}"
    used = {name: value for name, value in VALUES.items() if name in texts.replace(",", " ").split()}
    found = {**PLACE, "UpdateExpression": expression}
    found |= {"ExpressionAttributeValues": used} if used else {}
    return found if condition is None else found | {"ConditionExpression": condition}


@pytest.mark.parametrize(
    ("expression", "condition", "text"),
    [
        ("SET g = :n, pk = :n", None, KEY),
        ("SET g = :e, pk = :n", None, KEY),
        ("SET g.a = :n, pk = :n", None, KEY),
        ("SET g.a = :n, pk.a = :n", None, KEY),
        ("SET q = sk.a, pk = :n", None, KEY),
        ("SET q = g.a REMOVE pk", None, KEY),
        ("ADD pk :n SET g = :e", None, KEY),
        ("SET pk = :n", "attribute_exists(pk.a)", f"{NESTED}Key: pk"),
        ("SET g = :n", "attribute_exists(g.a)", f"{NESTED}IndexKey: g"),
        ("SET g = :e, q = sk.a", None, f"{NESTED}Key: sk"),
        ("SET g = :n, q = t.a", None, f"{NESTED}IndexKey: t"),
        ("SET g = :n", "attribute_exists(nope)", MISMATCH),
        ("SET g = :e", "attribute_exists(nope)", EMPTY),
        ("SET q = nope, g = :n", None, MISMATCH),
    ],
)
def test_of_several_mistakes_about_keys_one_is_told(
    world: World, expression: str, condition: str | None, text: str
) -> None:
    assert world.message("UpdateItem", **request(expression, condition)) == text


def test_a_key_that_does_not_fit_comes_before_all_of_them(world: World) -> None:
    asked = request("SET g.a = :n, pk = :n", "attribute_exists(pk.a)") | {"Key": item(pk="a", sk=1)}
    assert world.message("UpdateItem", **asked) == KEY_MISMATCH


def test_in_a_transaction_a_change_of_the_key_cancels_and_paths_into_keys_do_not(world: World) -> None:
    error = world.refused("TransactWriteItems", TransactItems=[update("SET pk = :one", INDEXED, pk="a", sk="b")])
    assert cancellation(error) == [{"Code": "ValidationError", "Message": KEY}]
    nested = update("SET q = pk.a, g = :one", INDEXED, pk="a", sk="b")
    assert world.message("TransactWriteItems", TransactItems=[nested]) == f"{NESTED}Key: pk"
    mismatch = update("SET g = :one", INDEXED, pk="a", sk="b")
    error = world.refused("TransactWriteItems", TransactItems=[mismatch])
    assert cancellation(error) == [{"Code": "ValidationError", "Message": MISMATCH}]


@pytest.mark.parametrize("action", ["PUT", "ADD", "DELETE"])
def test_the_older_way_refuses_a_set_for_the_key_of_an_index(world: World, action: str) -> None:
    updates = {"t": {"Action": action, "Value": VALUES[":bs"]}}
    assert world.message("UpdateItem", **PLACE, AttributeUpdates=updates) == (
        f"{IPV}Type mismatch for Index Key t Expected: B Actual: BS IndexName: by-t"
    )


def test_deleting_from_a_missing_key_of_an_index_changes_nothing(world: World) -> None:
    assert world("UpdateItem", **request("DELETE t :bs")) == {}
    assert world("UpdateItem", **PLACE, AttributeUpdates={"t": {"Action": "DELETE"}}) == {}
    assert world.get(INDEXED, pk="a", sk="b") == item(pk="a", sk="b")


def test_the_older_way_tells_the_key_first(world: World) -> None:
    updates = {"g": {"Value": {"N": "1"}}, "pk": {"Value": {"S": "x"}}}
    assert world.message("UpdateItem", **PLACE, AttributeUpdates=updates) == KEY
    del updates["pk"]
    assert world.message("UpdateItem", **PLACE, AttributeUpdates=updates) == MISMATCH
