"""UpdateItem: what it does to an item, what it answers, what it refuses, and in which order."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest

from tests.simulated_items import INDEXED, KEY_MISMATCH, NOT_FOUND, SIMPLE, SORTED, World, item

IPV: Final = "One or more parameter values were invalid: "
KEY_UPDATED: Final = f"{IPV}Cannot update attribute pk. This attribute is part of the key"

S = {name: {"S": name} for name in "abcxyz"}
OLD = item(
    n=5, s="abc", l={"L": [S["a"], S["b"], S["c"]]}, m={"M": {"a": {"N": "1"}}}, ss={"SS": ["a", "b"]}, ns={"NS": ["1"]}
)
VALUES = {
    ":1": {"N": "1"},
    ":x": S["x"],
    ":y": S["y"],
    ":l": {"L": [S["z"]]},
    ":ss": {"SS": ["a", "c"]},
    ":ab": {"SS": ["a", "b"]},
    ":ns": {"NS": ["1", "2"]},
}


def letters(text: str) -> dict[str, Any]:
    return {"L": [S[letter] for letter in text]}


@pytest.fixture
def world() -> World:
    world = World()
    world.put(SIMPLE, pk="a", **OLD)
    return world


def request(expression: str, **more: Any) -> dict[str, Any]:
    """An update of the item, with the values it uses."""
    texts = expression + " " + more.get("ConditionExpression", "")
    used = {name: VALUES[name] for name in re.findall(r":\w+", texts) if name in VALUES}
    values = {"ExpressionAttributeValues": used} if used else {}
    return {"TableName": SIMPLE, "Key": item(pk="a"), "UpdateExpression": expression, **values, **more}


# ── items that are not there ─────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("expression", [None, "REMOVE x", "DELETE x :ss"])
def test_an_update_makes_an_item_of_the_key(world: World, expression: str | None) -> None:
    asked = request(expression or "")
    if expression is None:
        del asked["UpdateExpression"]
    asked["Key"] = item(pk="new")
    assert world("UpdateItem", **asked, ReturnValues="ALL_NEW") == {"Attributes": item(pk="new")}
    assert world.get(SIMPLE, pk="new") == item(pk="new")


def test_a_missing_item_has_its_key(world: World) -> None:
    asked = request("SET x = pk, y = if_not_exists(n, :1)") | {"Key": item(pk="new")}
    assert world("UpdateItem", **asked) == {}
    assert world.get(SIMPLE, pk="new") == item(pk="new", x="new", y=1)


def test_a_condition_sees_nothing_of_a_missing_item(world: World) -> None:
    asked = request("SET x = :x", ConditionExpression="attribute_exists(pk)") | {"Key": item(pk="new")}
    assert world.refused("UpdateItem", **asked).name == "ConditionalCheckFailedException"


# ── what is returned ─────────────────────────────────────────────────────────────────────────────────────────────────
NESTED = {"M": {"a": {"N": "1"}, "b": {"M": {"c": {"N": "2"}, "d": {"N": "3"}}}}}


@pytest.mark.parametrize(
    ("expression", "old", "new"),
    [
        ("SET n = :1, x = :x", {"n": {"N": "5"}}, {"n": {"N": "1"}, "x": S["x"]}),
        ("SET x = :x", None, {"x": S["x"]}),
        ("REMOVE n", {"n": {"N": "5"}}, None),
        ("REMOVE nope", None, None),
        ("SET m.b.c = :x", {"m": {"M": {"b": {"M": {"c": {"N": "2"}}}}}}, {"m": {"M": {"b": {"M": {"c": S["x"]}}}}}),
        ("SET m.z = :x", None, {"m": {"M": {"z": S["x"]}}}),
        ("SET l[2] = :x, l[0] = :y", {"l": letters("ac")}, {"l": letters("yx")}),
        ("SET l[9] = :x", None, None),
        ("REMOVE l[0]", {"l": letters("a")}, {"l": letters("b")}),
        ("ADD n :1 DELETE ss :ab", {"n": {"N": "5"}, "ss": {"SS": ["a", "b"]}}, {"n": {"N": "6"}}),
        ("SET n = n", {"n": {"N": "5"}}, {"n": {"N": "5"}}),
    ],
)
def test_updated_attributes_are_the_named_paths(
    world: World, expression: str, old: dict[str, Any] | None, new: dict[str, Any] | None
) -> None:
    for returned, expected in (("UPDATED_OLD", old), ("UPDATED_NEW", new)):
        world.put(SIMPLE, pk="a", **{**OLD, "m": NESTED})
        answer = world("UpdateItem", **request(expression, ReturnValues=returned))
        assert answer == ({} if expected is None else {"Attributes": expected}), returned


def test_whole_items_are_returned_as_they_were_and_are(world: World) -> None:
    assert world("UpdateItem", **request("SET n = :1", ReturnValues="ALL_OLD")) == {"Attributes": item(pk="a", **OLD)}
    answer = world("UpdateItem", **request("SET n = :1", ReturnValues="ALL_NEW"))
    assert answer == {"Attributes": item(pk="a", **{**OLD, "n": {"N": "1"}})}
    assert world("UpdateItem", **request("SET n = :1", ReturnValues="NONE")) == {}
    fresh = {"Key": item(pk="new")}
    assert world("UpdateItem", **request("SET n = :1", ReturnValues="ALL_OLD") | fresh) == {}


@pytest.mark.parametrize("returned", ["UPDATED_OLD", "UPDATED_NEW"])
def test_without_an_update_nothing_is_updated(world: World, returned: str) -> None:
    assert world("UpdateItem", TableName=SIMPLE, Key=item(pk="a"), ReturnValues=returned) == {}


# ── the older way ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_attribute_updates_put_add_and_delete(world: World) -> None:
    updates = {
        "n": {"Value": {"N": "1"}, "Action": "ADD"},
        "s": {"Action": "DELETE"},
        "l": {"Value": {"L": [S["z"]]}, "Action": "ADD"},
        "ss": {"Value": {"SS": ["a"]}, "Action": "DELETE"},
        "new": {"Value": S["x"]},
    }
    asked: dict[str, Any] = {"TableName": SIMPLE, "Key": item(pk="a"), "AttributeUpdates": updates}
    answer = world("UpdateItem", **asked, ReturnValues="UPDATED_NEW")
    new = {"n": {"N": "6"}, "l": letters("abcz"), "ss": {"SS": ["b"]}, "new": S["x"]}
    assert answer == {"Attributes": new}
    answer = world("UpdateItem", **asked, ReturnValues="UPDATED_OLD")
    assert answer == {"Attributes": new}


def test_attribute_updates_respect_keys_types_and_expected(world: World) -> None:
    asked: dict[str, Any] = {"TableName": SIMPLE, "Key": item(pk="a")}
    assert world.message("UpdateItem", **asked, AttributeUpdates={"pk": {"Value": S["x"]}}) == KEY_UPDATED
    added = {"s": {"Value": {"N": "1"}, "Action": "ADD"}}
    assert world.message("UpdateItem", **asked, AttributeUpdates=added) == "Type mismatch for attribute to update"
    error = world.refused("UpdateItem", **asked, AttributeUpdates=added, Expected={"n": {"Value": {"N": "4"}}})
    assert error.name == "ConditionalCheckFailedException", "the condition is looked at first"


# ── capacity ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_update_costs_as_much_as_the_larger_image(world: World) -> None:
    world.put(SIMPLE, pk="a", v="x" * 3000)
    asked = request("SET v = :x", ReturnConsumedCapacity="INDEXES")
    assert world("UpdateItem", **asked)["ConsumedCapacity"] == {
        "TableName": SIMPLE,
        "CapacityUnits": 3.0,
        "Table": {"CapacityUnits": 3.0},
    }
    assert world("UpdateItem", **asked)["ConsumedCapacity"]["CapacityUnits"] == 1.0, "what changes nothing is a write"


def test_an_update_moves_an_item_from_one_place_of_an_index_to_another(world: World) -> None:
    world.put(INDEXED, pk="a", sk="b", g="x", n=1)
    asked: dict[str, Any] = {"TableName": INDEXED, "Key": item(pk="a", sk="b"), "ReturnConsumedCapacity": "INDEXES"}
    moved = world("UpdateItem", **asked, UpdateExpression="SET g = :g", ExpressionAttributeValues={":g": S["y"]})[
        "ConsumedCapacity"
    ]
    assert moved["GlobalSecondaryIndexes"] == {"by-g": {"CapacityUnits": 2.0}, "by-gn": {"CapacityUnits": 2.0}}
    assert moved["LocalSecondaryIndexes"] == {"by-n": {"CapacityUnits": 1.0}}
    gone = world("UpdateItem", **asked, UpdateExpression="REMOVE g")["ConsumedCapacity"]
    assert gone["CapacityUnits"] == 4.0
    table = world.engine.catalog.table(INDEXED)
    assert [store.count for store in map(table.index_store, table.indexes)] == [0, 0, 1, 0]


# ── refusals, in the order of the service ────────────────────────────────────────────────────────────────────────────
def refusal(world: World, expression: str, **changes: Any) -> str:
    return world.message("UpdateItem", **request(expression, **changes))


def test_constraints_are_collected_in_the_service_s_order(world: World) -> None:
    message = world.message(
        "UpdateItem",
        TableName="abc;",
        ReturnConsumedCapacity="x",
        ReturnItemCollectionMetrics="x",
        ReturnValues="x",
        ConditionalOperator="x",
        Expected={"a": {"ComparisonOperator": "x"}},
        AttributeUpdates={"a": {"Action": "x"}},
    )
    assert message.startswith("8 validation errors detected: ")
    assert re.findall(r" at '([^']+)'", message) == [
        "returnConsumedCapacity",
        "tableName",
        "returnItemCollectionMetrics",
        "returnValues",
        "key",
        "conditionalOperator",
        "expected.a.member.comparisonOperator",
        "attributeUpdates.a.member.action",
    ]


def test_expressions_and_older_parameters_exclude_each_other(world: World) -> None:
    older = {"AttributeUpdates": {}, "Expected": {}, "ConditionalOperator": "AND"}
    assert refusal(world, "", ConditionExpression="", Key={"x": {}}, **older) == (
        "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: "
        "{AttributeUpdates, Expected, ConditionalOperator} "
        "Expression parameters: {UpdateExpression, ConditionExpression}"
    )


def test_values_need_an_expression(world: World) -> None:
    asked: dict[str, Any] = {"TableName": SIMPLE, "Key": {"x": {}}, "ExpressionAttributeValues": {}}
    assert world.message("UpdateItem", **asked) == (
        "ExpressionAttributeValues can only be specified when using expressions: "
        "UpdateExpression and ConditionExpression are null"
    )


def test_key_values_attribute_updates_and_expected_come_in_this_order(world: World) -> None:
    asked: dict[str, Any] = {"TableName": "nowhere", "Expected": {"a": {}}}
    bad_key = {"pk": {"N": "x"}}
    bad_update: dict[str, Any] = {"a": {}}
    assert world.message("UpdateItem", **asked, Key=bad_key, AttributeUpdates=bad_update) == (
        "The parameter cannot be converted to a numeric value: x"
    )
    assert world.message("UpdateItem", **asked, Key=item(pk="a"), AttributeUpdates=bad_update) == (
        f"{IPV}Only DELETE action is allowed when no attribute value is specified"
    )
    assert world.message("UpdateItem", **asked, Key=item(pk="a")) == (
        f"{IPV}Value must be provided when Exists is null for Attribute: a"
    )


def test_the_update_is_checked_before_the_condition_and_both_before_what_is_unused(world: World) -> None:
    values = {"ExpressionAttributeValues": {":a": S["x"], ":b": S["y"]}}
    nowhere = {"TableName": "nowhere", **values}
    assert refusal(world, "SET a", ConditionExpression="b", **nowhere).startswith("Invalid UpdateExpression: ")
    assert refusal(world, "REMOVE a", ConditionExpression="b", **nowhere).startswith("Invalid ConditionExpression: ")
    assert refusal(world, "SET q = :a", ConditionExpression="q <> :a", **nowhere) == (
        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:b}"
    )
    error = world.refused("UpdateItem", **request("SET q = :a", ConditionExpression="q <> :b", **nowhere))
    assert (error.name, error.message) == ("ResourceNotFoundException", NOT_FOUND)


def test_a_key_fits_the_schema(world: World) -> None:
    assert refusal(world, "SET pk = :x", Key=item(pk=1)) == KEY_MISMATCH
    assert refusal(world, "SET pk = :x", TableName=SORTED) == KEY_MISMATCH
    assert refusal(world, "SET pk = :x", Key=item(pk="")) == (
        "One or more parameter values are not valid. "
        "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk"
    )


def test_changes_of_keys_come_before_the_condition(world: World) -> None:
    assert refusal(world, "SET pk = :x", ConditionExpression="attribute_exists(nope)") == KEY_UPDATED
    sorted_key: dict[str, Any] = {"TableName": SORTED, "Key": item(pk="a", sk="b")}
    assert refusal(world, "SET sk = :x, pk = :y", **sorted_key) == KEY_UPDATED, "in the schema's order"


@pytest.mark.parametrize(
    ("expression", "end"),
    [("SET q = pk.a", "Key: pk"), ("SET g.a = :x", "IndexKey: g"), ("SET q = g.a", "IndexKey: g")],
)
def test_keys_have_no_parts(world: World, expression: str, end: str) -> None:
    asked = {"TableName": INDEXED, "Key": item(pk="a", sk="b"), "ConditionExpression": "attribute_exists(nope)"}
    assert refusal(world, expression, **asked) == (
        f"Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: {end}"
    )


def test_the_condition_comes_before_what_the_item_makes_of_the_update(world: World) -> None:
    failed = world.refused("UpdateItem", **request("SET nope.a = :x", ConditionExpression="attribute_exists(nope)"))
    assert failed.name == "ConditionalCheckFailedException"
    asked = request("SET n = :1", ConditionExpression="n < :1", ReturnValuesOnConditionCheckFailure="ALL_OLD")
    error = world.refused("UpdateItem", **asked)
    assert b'"n":{"N":"5"}' in bytes(error.members["Item"])


EMPTY_UPDATED = (
    "One or more parameter values are not valid. The update expression attempted to update a secondary index key to a "
    "value that is not supported. The AttributeValue for a key attribute cannot contain an empty "
)


@pytest.mark.parametrize("condition", ["attribute_exists(nope)", "attribute_not_exists(nope)"])
@pytest.mark.parametrize(
    ("expression", "values", "text"),
    [
        ("SET g = :v", {":v": {"N": "1"}},
         f"{IPV}Type mismatch for Index Key g Expected: S Actual: N IndexName: by-g"),
        ("ADD g :v", {":v": {"N": "1"}}, f"{IPV}Type mismatch for Index Key g Expected: S Actual: N IndexName: by-g"),
        ("SET g = :v", {":v": {"S": ""}}, f"{EMPTY_UPDATED}string value."),
        ("SET t = :v", {":v": {"B": ""}}, f"{EMPTY_UPDATED}binary value."),
        ("SET g = :v", {":v": {"S": "x" * 2049}}, (f"{IPV}Size limit exceeded for Index Key g Actual Size: 2049 bytes "
                                                  "Max Size: 2048 bytes IndexName: by-g")),
    ],
)  # fmt: skip
def test_index_keys_given_by_the_request_are_checked_before_the_condition(
    world: World, expression: str, values: dict[str, Any], text: str, condition: str
) -> None:
    world.put(INDEXED, pk="a", sk="b")
    asked = {"TableName": INDEXED, "Key": item(pk="a", sk="b"), "UpdateExpression": expression}
    values = {"ExpressionAttributeValues": values, "ConditionExpression": condition}
    assert world.message("UpdateItem", **asked, **values) == text


def test_index_keys_that_the_item_gives_are_checked_afterwards(world: World) -> None:
    world.put(INDEXED, pk="a", sk="b", s="", v=1, g="g")
    asked: dict[str, Any] = {"TableName": INDEXED, "Key": item(pk="a", sk="b")}
    assert world.message("UpdateItem", **asked, UpdateExpression="SET g = v") == (
        f"{IPV}Type mismatch for Index Key g Expected: S Actual: N IndexName: by-g"
    )
    assert world.message("UpdateItem", **asked, UpdateExpression="SET g = s") == f"{EMPTY_UPDATED}string value."
    failed = world.refused(
        "UpdateItem", **asked, UpdateExpression="SET g = v", ConditionExpression="attribute_exists(nope)"
    )
    assert failed.name == "ConditionalCheckFailedException"


def test_the_result_is_not_nested_too_deeply(world: World) -> None:
    value: dict[str, Any] = S["x"]
    for _ in range(31):
        value = {"L": [value]}
    asked: dict[str, Any] = {"TableName": SIMPLE, "Key": item(pk="a"), "ExpressionAttributeValues": {":v": value}}
    assert world("UpdateItem", **asked, UpdateExpression="SET q = :v") == {}
    too_deep = (
        "Nesting Levels have exceeded supported limits: "
        "Attributes in the item have nested levels beyond supported limit"
    )
    assert world.message("UpdateItem", **asked, UpdateExpression="SET m.a = :v") == too_deep
    asked["ExpressionAttributeValues"] = {":v": {"L": [value]}}
    assert world.message("UpdateItem", **asked, UpdateExpression="SET q = :v") == too_deep
    assert world("UpdateItem", **asked, ConditionExpression="q <> :v") == {}, "what is not stored may be deeper"


@pytest.mark.parametrize(
    ("expression", "extra"),
    [
        ("SET v = :v", 3 + 19 - 3),
        ("SET v = :v, w = :w", 3 + 2 * 19 - 3),
        ("SET v = :v REMOVE n", 3 + 19 + 2 - 3),
        ("SET v = :v ADD n :w", 3 + 2 * 19 - 3),
        ("SET v = :v, l[0] = :w", 3 + 2 * 19 + 1 - 3),
        ("SET v = :v, n = n + :w", 3 + 2 * 19 + 50 - 3),
    ],
)
def test_an_updated_item_is_measured_with_its_update(world: World, expression: str, extra: int) -> None:
    """The key is ``pk`` and ``a``, 3 bytes; the rest of the item is made to fill what is left."""
    w = {":w": {"N": "1"}} if ":w" in expression else {}

    def asked(size: int) -> dict[str, Any]:
        values = {":v": {"S": "x" * size}, **w}
        return {"TableName": SIMPLE, "Key": item(pk="a"), "UpdateExpression": expression,
                "ExpressionAttributeValues": values}  # fmt: skip

    def put() -> None:
        world.put(SIMPLE, pk="a", n=5, l={"L": [{"N": "1"}]})

    put()
    world("UpdateItem", **asked(0))
    rest = world.engine.catalog.table(SIMPLE).size_bytes  # without v's content
    put()
    largest = 409_600 - rest - extra
    assert world("UpdateItem", **asked(largest)) == {}
    put()
    assert world.message("UpdateItem", **asked(largest + 1)) == (
        "Item size to update has exceeded the maximum allowed size"
    )


def test_an_item_collection_has_a_largest_size(world: World) -> None:
    table = world.engine.catalog.table(INDEXED)
    world.put(INDEXED, pk="a", sk="b")
    table.collection_max_bytes = 100
    asked = {"TableName": INDEXED, "Key": item(pk="a", sk="b"), "ExpressionAttributeValues": {":v": {"S": "x" * 100}}}
    error = world.refused("UpdateItem", **asked, UpdateExpression="SET v = :v")
    assert (error.name, error.message) == ("ItemCollectionSizeLimitExceededException", "Collection size exceeded.")


def test_metrics_tell_the_item_collection(world: World) -> None:
    asked = {"TableName": INDEXED, "Key": item(pk="a", sk="b"), "ReturnItemCollectionMetrics": "SIZE"}
    metrics = {"ItemCollectionKey": item(pk="a"), "SizeEstimateRangeGB": [0.0, 1.0]}
    assert world("UpdateItem", **asked) == {"ItemCollectionMetrics": metrics}
