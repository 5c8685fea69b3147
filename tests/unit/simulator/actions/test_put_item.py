"""PutItem: what it stores and answers, what it refuses, and in which order."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hashrange.simulator.state.definitions import IndexDefinition, TableDefinition
from tests.simulated_items import CONDITION_FAILED, INDEXED, NOT_FOUND, SIMPLE, SORTED, TYPED, World, item, keys

ITEM = item(pk="a", sk="b", n=5)
IPV = "One or more parameter values were invalid: "
DEEPEST = 31  # containers around a scalar


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {"S": "x"}
    for level in range(levels):
        value = {"L": [value]} if level % 2 else {"M": {"k": value}}
    return value


@pytest.fixture
def world() -> World:
    return World()


def refusal(world: World, **changes: Any) -> str:
    return world.message("PutItem", **{"TableName": SORTED, "Item": ITEM, **changes})


# ── what is stored ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_item_is_stored_in_its_normal_form(world: World) -> None:
    written = {
        "N": {"N": "-0.0"}, "E": {"N": "1E2"}, "F": {"N": "+1.50"}, "NS": {"NS": ["10", "9.0"]},
        "SS": {"SS": ["b", "a"]}, "BS": {"BS": ["/w==", "AA=="]}, "M": {"M": {"k": {"N": "01"}}},
        "L": {"L": [{"N": "1e-3"}, {"S": ""}, {"NULL": True}]}, "B": {"B": ""}, "T": {"BOOL": False},
    }  # fmt: skip
    stored = {
        "N": {"N": "0"}, "E": {"N": "100"}, "F": {"N": "1.5"}, "NS": {"NS": ["9", "10"]},
        "SS": {"SS": ["a", "b"]}, "BS": {"BS": ["AA==", "/w=="]}, "M": {"M": {"k": {"N": "1"}}},
        "L": {"L": [{"N": "0.001"}, {"S": ""}, {"NULL": True}]}, "B": {"B": ""}, "T": {"BOOL": False},
    }  # fmt: skip
    assert world("PutItem", TableName=SIMPLE, Item=item(pk="a", **written)) == {}
    assert world.get(SIMPLE, pk="a") == item(pk="a", **stored)


def test_an_item_is_replaced_as_a_whole(world: World) -> None:
    world.put(SIMPLE, pk="a", x="1", y="2")
    answer = world("PutItem", TableName=SIMPLE, Item=item(pk="a", x="3"), ReturnValues="ALL_OLD")
    assert answer == {"Attributes": item(pk="a", x="1", y="2")}
    assert world.get(SIMPLE, pk="a") == item(pk="a", x="3")


@pytest.mark.parametrize("returned", ["ALL_OLD", "NONE"])
def test_a_new_item_has_no_old_attributes(world: World, returned: str) -> None:
    assert world("PutItem", TableName=SIMPLE, Item=item(pk="a"), ReturnValues=returned) == {}


def test_items_of_one_partition_stand_beside_each_other(world: World) -> None:
    for sort in ("b", "a", "c"):
        world.put(SORTED, pk="p", sk=sort)
    assert [world.get(SORTED, pk="p", sk=sort) for sort in "abc"] == [item(pk="p", sk=sort) for sort in "abc"]


# ── conditions ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_condition_is_evaluated_on_the_stored_item(world: World) -> None:
    request: dict[str, Any] = {"TableName": SIMPLE, "ConditionExpression": "attribute_not_exists(pk)"}
    assert world("PutItem", **request, Item=item(pk="a", v=1)) == {}
    error = world.refused("PutItem", **request, Item=item(pk="a", v=2))
    assert (error.name, error.message, error.members) == ("ConditionalCheckFailedException", CONDITION_FAILED, {})
    request = {
        "TableName": SIMPLE,
        "ConditionExpression": "v = :one",
        "ExpressionAttributeValues": {":one": {"N": "1.0"}},
    }
    assert world("PutItem", **request, Item=item(pk="a", v=2)) == {}
    assert world.get(SIMPLE, pk="a") == item(pk="a", v=2)


def test_a_failed_condition_tells_the_item_if_asked(world: World) -> None:
    world.put(SIMPLE, pk="a", v=1)
    request: dict[str, Any] = {"TableName": SIMPLE, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    error = world.refused("PutItem", **request, Item=item(pk="a"), ConditionExpression="attribute_exists(x)")
    assert bytes(error.members["Item"]) == b'{"pk":{"S":"a"},"v":{"N":"1"}}'
    error = world.refused("PutItem", **request, Item=item(pk="b"), ConditionExpression="attribute_exists(x)")
    assert error.members == {}, "there is none"


def test_expected_is_the_older_condition(world: World) -> None:
    expected = {"pk": {"Exists": False}}
    assert world("PutItem", TableName=SIMPLE, Item=item(pk="a"), Expected=expected) == {}
    error = world.refused("PutItem", TableName=SIMPLE, Item=item(pk="a"), Expected=expected)
    assert error.name == "ConditionalCheckFailedException"
    either = {"pk": {"Exists": False}, "x": {"ComparisonOperator": "NULL"}}
    assert world("PutItem", TableName=SIMPLE, Item=item(pk="a"), Expected=either, ConditionalOperator="OR") == {}


# ── capacity and metrics ─────────────────────────────────────────────────────────────────────────────────────────────
def put_units(world: World, size: int) -> float:
    body = item(pk="a", v="x" * (size - len("pkav")))
    answer = world("PutItem", TableName=SIMPLE, Item=body, ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"]["TableName"] == SIMPLE
    return float(answer["ConsumedCapacity"]["CapacityUnits"])


def test_capacity_goes_by_the_larger_image(world: World) -> None:
    assert put_units(world, 1024) == 1.0
    assert put_units(world, 1025) == 2.0
    assert put_units(world, 100) == 2.0, "an overwrite of 1025 bytes"
    assert put_units(world, 3072) == 3.0
    assert put_units(world, 100) == 3.0, "3 KB shrunk"
    assert put_units(world, 100) == 1.0


def test_indexes_are_charged_for_what_changes_in_them(world: World) -> None:
    def units(**attributes: Any) -> tuple[float, dict[str, float], dict[str, float]]:
        answer = world(
            "PutItem", TableName=INDEXED, Item=item(pk="a", sk="b", **attributes), ReturnConsumedCapacity="INDEXES"
        )
        used = answer["ConsumedCapacity"]
        arms = [
            {name: arm["CapacityUnits"] for name, arm in used.get(kind, {}).items()}
            for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
        ]
        assert used["CapacityUnits"] == used["Table"]["CapacityUnits"] + sum(map(sum, (arm.values() for arm in arms)))
        return used["CapacityUnits"], arms[0], arms[1]

    assert units() == (1.0, {}, {})
    assert units(g="x") == (2.0, {"by-g": 1.0}, {})
    assert units(g="x") == (1.0, {}, {}), "an identical put"
    assert units(g="x", n=1) == (4.0, {"by-g": 1.0, "by-gn": 1.0}, {"by-n": 1.0})
    assert units(g="x", n={"N": "1.0"}) == (1.0, {}, {}), "1 and 1.0 are the same"
    assert units(g="y", n=1) == (6.0, {"by-g": 2.0, "by-gn": 2.0}, {"by-n": 1.0})
    assert units(g="y", n=1, z="z") == (3.0, {"by-g": 1.0}, {"by-n": 1.0}), "keys-only entries do not see z"
    assert units(n=1, z="z") == (4.0, {"by-g": 1.0, "by-gn": 1.0}, {"by-n": 1.0}), "gone by g, changed by n"
    assert units() == (2.0, {}, {"by-n": 1.0})
    assert units(t={"B": "AA=="}, kept="k", other="o") == (2.0, {}, {"by-t": 1.0})
    assert units(t={"B": "AA=="}, kept="k", other="p") == (1.0, {}, {}), "not projected"
    assert units(t={"B": "AA=="}, kept="l", other="p") == (2.0, {}, {"by-t": 1.0})


def test_item_collection_metrics_are_for_tables_with_local_indexes(world: World) -> None:
    answer = world("PutItem", TableName=INDEXED, Item=ITEM, ReturnItemCollectionMetrics="SIZE")
    assert answer == {"ItemCollectionMetrics": {"ItemCollectionKey": item(pk="a"), "SizeEstimateRangeGB": [0.0, 1.0]}}
    assert world("PutItem", TableName=SORTED, Item=ITEM, ReturnItemCollectionMetrics="SIZE") == {}
    assert world("PutItem", TableName=INDEXED, Item=ITEM, ReturnItemCollectionMetrics="NONE") == {}


def test_an_item_collection_has_a_largest_size(world: World) -> None:
    table = world.engine.catalog.table(INDEXED)
    world.put(INDEXED, pk="a", sk="1", n=1, v="x" * 1000)
    table.collection_max_bytes = 4 * 1010  # the item and its entry in "by-n", twice
    world.put(INDEXED, pk="a", sk="2", v="x" * 1000)
    error = world.refused("PutItem", TableName=INDEXED, Item=item(pk="a", sk="2", n=1, v="x" * 1100))
    assert (error.name, error.message) == ("ItemCollectionSizeLimitExceededException", "Collection size exceeded.")
    world.put(INDEXED, pk="b", sk="2", n=1, v="x" * 1100)
    world.put(INDEXED, pk="a", sk="2", n=1, v="x" * 900)


# ── refusals, in the order of the service ────────────────────────────────────────────────────────────────────────────
def test_constraints_are_collected_in_the_service_s_order(world: World) -> None:
    message = world.message(
        "PutItem",
        TableName="a;",
        ReturnConsumedCapacity="x",
        ReturnItemCollectionMetrics="x",
        ReturnValues="x",
        ConditionalOperator="x",
        Expected={"a": {"ComparisonOperator": "x"}},
    )
    assert message.startswith("8 validation errors detected: ")
    assert re.findall(r" at '([^']+)'", message) == [
        "returnConsumedCapacity",
        "tableName",
        "tableName",
        "item",
        "conditionalOperator",
        "expected.a.member.comparisonOperator",
        "returnValues",
        "returnItemCollectionMetrics",
    ]


def test_expressions_and_older_parameters_exclude_each_other(world: World) -> None:
    assert refusal(world, Expected={}, ConditionalOperator="OR", ConditionExpression="", Item={"x": {}}) == (
        "Can not use both expression and non-expression parameters in the same request: "
        "Non-expression parameters: {Expected, ConditionalOperator} Expression parameters: {ConditionExpression}"
    )


def test_names_and_values_need_an_expression(world: World) -> None:
    assert refusal(world, ExpressionAttributeNames={"#a": "a"}, ExpressionAttributeValues={}) == (
        "ExpressionAttributeNames can only be specified when using expressions"
    )
    assert refusal(world, ExpressionAttributeValues={}, Item={"x": {}}) == (
        "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"NULL": False}, f"{IPV}Null attribute value types must have the value of true"),
        ({"NS": []}, f"{IPV}An number set  may not be empty"),
        ({"BS": []}, f"{IPV}Binary sets should not be empty"),
        ({"SS": ["a", "b", "a"]}, f"{IPV}Input collection [a, b, a] contains duplicates."),
        ({"NS": ["1", "1.0"]}, "Input collection contains duplicates"),
        ({"BS": ["AA==", "AA=="]}, f"{IPV}Input collection [AA==, AA==]of type BS contains duplicates."),
        ({"N": "1e126"}, "Number overflow. Attempting to store a number with magnitude larger than supported range"),
        ({"N": "1e-131"}, "Number underflow. Attempting to store a number with magnitude smaller than supported range"),
        ({"N": "1" * 39}, "Attempting to store more than 38 significant digits in a Number"),
        ({"M": {"": {"S": "x"}}}, "Empty attribute name"),
        ({"L": [{"M": {"k": {}}}]}, ("Supplied AttributeValue is empty, must contain exactly one of the supported "
                                    "datatypes")),
        (nested(DEEPEST + 1), ("Nesting Levels have exceeded supported limits: "
                              "Attributes in the item have nested levels beyond supported limit")),
    ],
)  # fmt: skip
def test_values_are_checked_before_all_else_of_the_item(world: World, value: Any, text: str) -> None:
    assert refusal(world, TableName="nowhere", Item=item(v=value), ReturnValues="ALL_NEW") == text


def test_attribute_names_are_neither_empty_nor_too_large(world: World) -> None:
    assert refusal(world, Item={**ITEM, "": {"S": "x"}}) == "Empty attribute name"
    too_large = "Attribute name is too large, must be less than 65536 bytes"
    assert refusal(world, Item={**ITEM, "x" * 65_536: {"S": "x"}}) == too_large
    assert refusal(world, Item={**ITEM, "l": {"L": [{"M": {"é" * 32_768: {"S": "x"}}}]}}) == too_large
    world("PutItem", TableName=SORTED, Item={**ITEM, "x" * 65_535: {"S": "x"}})


def test_the_deepest_item_is_accepted(world: World) -> None:
    world.put(SIMPLE, pk="a", v=nested(DEEPEST))
    assert world.get(SIMPLE, pk="a") == item(pk="a", v=nested(DEEPEST))


@pytest.mark.parametrize("returned", ["ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"])
def test_only_the_old_item_can_be_returned(world: World, returned: str) -> None:
    large = item(pk="a", v="x" * 409_600)
    assert refusal(world, ReturnValues=returned, Item=large) == "ReturnValues can only be ALL_OLD or NONE"


def test_an_item_has_a_largest_size(world: World) -> None:
    world.put(SIMPLE, pk="a", v="x" * (409_600 - len("pkav")))
    too_large = item(pk="a", v="x" * (409_600 - len("pkav") + 1))
    expected = "Item size has exceeded the maximum allowed size"
    assert refusal(world, TableName="nowhere", Item=too_large, Expected={"a": {}}) == expected
    assert refusal(world, TableName="nowhere", Item=too_large, ConditionExpression="") == expected


def test_expected_is_checked_before_expressions_and_the_table(world: World) -> None:
    assert refusal(world, TableName="nowhere", Expected={"a": {}}) == (
        f"{IPV}Value must be provided when Exists is null for Attribute: a"
    )
    assert refusal(world, TableName="nowhere", ConditionalOperator="OR") == (
        "ConditionalOperator cannot be used without Filter or Expected"
    )


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (
            {"ExpressionAttributeNames": {}, "ExpressionAttributeValues": {}},
            "ExpressionAttributeNames must not be empty",
        ),
        ({"ExpressionAttributeValues": {}}, "ExpressionAttributeValues must not be empty"),
        (
            {"ExpressionAttributeValues": {":a": {"N": "x"}, "b": {"S": "x"}}},
            'ExpressionAttributeValues contains invalid key: Syntax error; key: "b"',
        ),
        (
            {"ExpressionAttributeValues": {":a": {"N": "x"}}},
            (
                "ExpressionAttributeValues contains invalid value: "
                "The parameter cannot be converted to a numeric value: x for key :a"
            ),
        ),
        (
            {"ExpressionAttributeValues": {":a": {"SS": ["a", "a"]}}},
            (
                f"ExpressionAttributeValues contains invalid value: {IPV}Input collection [a, a] contains duplicates. "
                "for key :a"
            ),
        ),
        (
            {"ExpressionAttributeValues": {":" + "a" * 255: {"S": "x"}}},
            (
                "ExpressionAttributeValues contains invalid key: "
                "The expression attribute map contains a key that is too long; size of key: 256"
            ),
        ),
        (
            {"ExpressionAttributeValues": {f":{n}": {"S": "x" * 400_000} for n in range(6)}},
            "ExpressionAttributeValues exceeds max size",
        ),
        ({"ConditionExpression": ""}, "Invalid ConditionExpression: The expression can not be empty;"),
        ({"ConditionExpression": "a"}, 'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "a"'),
        (
            {"ConditionExpression": "size(a)"},
            (
                "Invalid ConditionExpression: "
                "The function is not allowed to be used this way in an expression; function: size"
            ),
        ),
        (
            {"ConditionExpression": "a = :b"},
            (
                "Invalid ConditionExpression: "
                "An expression attribute value used in expression is not defined; attribute value: :b"
            ),
        ),
        (
            {"ExpressionAttributeNames": {"#b": "b"}, "ExpressionAttributeValues": {":b": {"S": "b"}}},
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}",
        ),
        (
            {"ExpressionAttributeValues": {":b": {"S": "b"}, ":c": {"S": "c"}}},
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:b, :c}",
        ),
    ],
)
def test_names_values_the_condition_then_what_is_unused(world: World, request_: dict[str, Any], text: str) -> None:
    assert refusal(world, TableName="nowhere", **{"ConditionExpression": "attribute_exists(a)", **request_}) == text


def test_values_of_a_condition_may_be_nested_more_deeply(world: World) -> None:
    values = {":v": nested(60)}
    request: dict[str, Any] = {"ConditionExpression": "v <> :v", "ExpressionAttributeValues": values}
    assert world("PutItem", TableName=SORTED, Item=ITEM, **request) == {}


def test_an_unknown_table_comes_after_all_that_needs_none(world: World) -> None:
    error = world.refused("PutItem", TableName="nowhere", Item=item(x="y"))
    assert (error.name, error.message) == ("ResourceNotFoundException", NOT_FOUND)


EMPTY = "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty "


@pytest.mark.parametrize(
    ("table", "body", "text"),
    [
        (SORTED, item(), f"{IPV}Missing the key pk in the item"),
        (SORTED, item(pk="a"), f"{IPV}Missing the key sk in the item"),
        (SORTED, item(pk=1, sk=1), f"{IPV}Type mismatch for key pk expected: S actual: N"),
        (SORTED, item(pk="a", sk={"M": {}}), f"{IPV}Type mismatch for key sk expected: S actual: M"),
        (TYPED, item(n={"NULL": True}, b=1), f"{IPV}Type mismatch for key n expected: N actual: NULL"),
        (SORTED, item(pk="", sk=""), f"{EMPTY}string value. Key: pk"),
        (SORTED, item(pk="", sk=1), f"{EMPTY}string value. Key: pk"),
        (TYPED, item(n=1, b={"B": ""}), f"{EMPTY}binary value. Key: b"),
        (SORTED, item(pk="x" * 2049, sk=1), f"{IPV}Size of hashkey has exceeded the maximum size limit of2048 bytes"),
        (
            SORTED,
            item(pk="x", sk="x" * 1025),
            f"{IPV}Aggregated size of all range keys has exceeded the size limit of 1024 bytes",
        ),
    ],
)
def test_keys_of_the_table_are_checked_in_their_order(
    world: World, table: str, body: dict[str, Any], text: str
) -> None:
    assert refusal(world, TableName=table, Item=body, ConditionExpression="attribute_exists(pk.a)") == text


EMPTY_INDEXED = (
    "One or more parameter values are not valid. A value specified for a secondary index key is not supported. "
    "The AttributeValue for a key attribute cannot contain an empty "
)


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        ({"g": {"N": "1"}}, f"{IPV}Type mismatch for Index Key g Expected: S Actual: N IndexName: by-g"),
        ({"n": {"S": "1"}}, f"{IPV}Type mismatch for Index Key n Expected: N Actual: S IndexName: by-gn"),
        ({"t": {"L": []}}, f"{IPV}Type mismatch for Index Key t Expected: B Actual: L IndexName: by-t"),
        ({"t": "", "g": {"N": "1"}}, f"{IPV}Type mismatch for Index Key g Expected: S Actual: N IndexName: by-g"),
        ({"g": ""}, f"{EMPTY_INDEXED}string value. IndexName: by-g, IndexKey: g"),
        ({"t": {"B": ""}}, f"{EMPTY_INDEXED}binary value. IndexName: by-t, IndexKey: t"),
        (
            {"g": "x" * 2049},
            f"{IPV}Size limit exceeded for Index Key g Actual Size: 2049 bytes Max Size: 2048 bytes IndexName: by-g",
        ),
        (
            {"t": {"B": "AAAA" * 342}},
            f"{IPV}Size limit exceeded for Index Key t Actual Size: 1026 bytes Max Size: 1024 bytes IndexName: by-t",
        ),
    ],
)
def test_keys_of_indexes_are_checked_where_they_are_there(world: World, attributes: dict[str, Any], text: str) -> None:
    body = item(pk="a", sk="b", **attributes)
    assert refusal(world, TableName=INDEXED, Item=body, ConditionExpression="attribute_exists(zz)") == text


def test_indexes_are_looked_at_by_name_global_ones_first() -> None:
    indexes = [
        IndexDefinition("local-a", keys("pk", "x"), is_global=False),
        IndexDefinition("z-index", keys("x")),
        IndexDefinition("b-index", keys("y", "x")),
    ]
    types = {"pk": "S", "sk": "S", "x": "S", "y": "S"}
    world = World(TableDefinition("Many", keys("pk", "sk"), types, {index.name: index for index in indexes}))
    body = item(pk="a", sk="b", x=1)
    assert world.message("PutItem", TableName="Many", Item=body).endswith("IndexName: b-index")


def test_a_condition_does_not_look_into_keys(world: World) -> None:
    assert refusal(world, ConditionExpression="attribute_exists(pk.a)") == (
        "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: pk"
    )
