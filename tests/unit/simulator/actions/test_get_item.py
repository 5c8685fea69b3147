"""GetItem: what it answers, what it refuses, and in which order."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulated_items import INDEXED, KEY_MISMATCH, NOT_FOUND, SIMPLE, SORTED, TYPED, World, item

KEY = item(pk="a", sk="b")
DOCUMENT: dict[str, Any] = {
    "M": {"k": {"S": "v"}, "l": {"L": [{"N": "0"}, {"N": "1"}, {"M": {"x": {"N": "2"}, "y": {"N": "3"}}}]}}
}


@pytest.fixture
def world() -> World:
    world = World()
    world.put(SORTED, pk="a", sk="b", n=5, doc=DOCUMENT)
    return world


def refusal(world: World, **changes: Any) -> str:
    return world.message("GetItem", **{"TableName": SORTED, "Key": KEY, **changes})


def test_an_item_is_answered_as_it_was_put(world: World) -> None:
    assert world("GetItem", TableName=SORTED, Key=KEY) == {"Item": item(pk="a", sk="b", n=5, doc=DOCUMENT)}


def test_a_missing_item_is_no_member_at_all(world: World) -> None:
    assert world("GetItem", TableName=SORTED, Key=item(pk="a", sk="c")) == {}


def test_the_table_may_be_named_by_its_arn(world: World) -> None:
    arn = f"arn:aws:dynamodb:us-east-1:123456789012:table/{SORTED}"
    answer = world("GetItem", TableName=arn, Key=KEY, ReturnConsumedCapacity="TOTAL")
    assert answer["Item"]["n"] == {"N": "5"}
    assert answer["ConsumedCapacity"]["TableName"] == arn


def test_keys_are_compared_by_value(world: World) -> None:
    world.put(TYPED, n={"N": "1.50"}, b={"B": "AP8="}, x="y")
    assert world.get(TYPED, n={"N": "15e-1"}, b={"B": "AP8="}) == item(n={"N": "1.5"}, b={"B": "AP8="}, x="y")


@pytest.mark.parametrize(
    ("projection", "found"),
    [
        ("n", {"n": {"N": "5"}}),
        ("nope", {}),
        ("doc.k", {"doc": {"M": {"k": {"S": "v"}}}}),
        ("doc.l[2], doc.l[0]", {"doc": {"M": {"l": {"L": [{"N": "0"}, DOCUMENT["M"]["l"]["L"][2]]}}}}),
        ("doc.l[2].y, doc.l[2].x", {"doc": {"M": {"l": {"L": [{"M": {"y": {"N": "3"}, "x": {"N": "2"}}}]}}}}),
        ("doc.l[9], doc.k.x, n[0]", {}),
        ("#d.#d, pk", {"pk": {"S": "a"}}),
    ],
)
def test_a_projection_leaves_what_it_names(world: World, projection: str, found: dict[str, Any]) -> None:
    names = {"ExpressionAttributeNames": {"#d": "doc"}} if "#" in projection else {}
    answer = world("GetItem", TableName=SORTED, Key=KEY, ProjectionExpression=projection, **names)
    assert answer == {"Item": found}


def test_attributes_to_get_are_names_not_paths(world: World) -> None:
    answer = world("GetItem", TableName=SORTED, Key=KEY, AttributesToGet=["n", "doc.k"])
    assert answer == {"Item": {"n": {"N": "5"}}}


@pytest.mark.parametrize(("size", "units"), [(0, 0.5), (4096, 0.5), (4097, 1.0), (8193, 1.5)])
def test_capacity_goes_by_the_whole_item(world: World, size: int, units: float) -> None:
    if size:
        world.put(SIMPLE, pk="a", v="x" * (size - len("pk") - len("a") - len("v")))
    request: dict[str, Any] = {"TableName": SIMPLE, "Key": item(pk="a"), "ProjectionExpression": "pk"}
    usual = world("GetItem", **request, ReturnConsumedCapacity="TOTAL")
    assert usual["ConsumedCapacity"] == {"TableName": SIMPLE, "CapacityUnits": units}
    strong = world("GetItem", **request, ReturnConsumedCapacity="INDEXES", ConsistentRead=True)
    assert strong["ConsumedCapacity"] == {
        "TableName": SIMPLE,
        "CapacityUnits": units * 2,
        "Table": {"CapacityUnits": units * 2},
    }
    assert "ConsumedCapacity" not in world("GetItem", **request, ReturnConsumedCapacity="NONE")


# ── refusals, in the order of the service ────────────────────────────────────────────────────────────────────────────
def test_constraints_are_collected_in_the_service_s_order(world: World) -> None:
    assert world.message("GetItem", TableName="a;", AttributesToGet=[], ReturnConsumedCapacity="all") == (
        "5 validation errors detected: "
        "Value 'all' at 'returnConsumedCapacity' failed to satisfy constraint: "
        "Member must satisfy enum value set: [INDEXES, TOTAL, NONE]; "
        "Value '[]' at 'attributesToGet' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1; "
        "Value 'a;' at 'tableName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; "
        "Value 'a;' at 'tableName' failed to satisfy constraint: "
        "Member must have length greater than or equal to 3; "
        "Value null at 'key' failed to satisfy constraint: Member must not be null"
    )


def test_expressions_and_older_parameters_exclude_each_other(world: World) -> None:
    assert refusal(world, AttributesToGet=["a"], ProjectionExpression="", Key={"x": {}}) == (
        "Can not use both expression and non-expression parameters in the same request: "
        "Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}"
    )


def test_names_need_an_expression(world: World) -> None:
    expected = "ExpressionAttributeNames can only be specified when using expressions"
    assert refusal(world, ExpressionAttributeNames={}, Key={"x": {}}) == expected
    assert refusal(world, ExpressionAttributeNames={"#a": "a"}, AttributesToGet=["a", "a"]) == expected


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({}, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
        ({"Z": "a"}, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
        ({"N": "x"}, "The parameter cannot be converted to a numeric value: x"),
        ({"N": ""}, "The parameter cannot be converted to a numeric value"),
        ({"SS": []}, "One or more parameter values were invalid: An string set  may not be empty"),
        (
            {"S": "a", "N": "1"},
            (
                "Supplied AttributeValue has more than one datatypes set, "
                "must contain exactly one of the supported datatypes"
            ),
        ),
    ],
)
def test_a_key_s_values_are_checked_before_the_table_is_looked_up(world: World, value: Any, text: str) -> None:
    assert refusal(world, TableName="nowhere", Key={"pk": value}, AttributesToGet=["a", "a"]) == text


def test_attributes_to_get_are_distinct(world: World) -> None:
    assert refusal(world, TableName="nowhere", AttributesToGet=["a", "b", "a"]) == (
        "One or more parameter values were invalid: Duplicate value in attribute name: a"
    )


@pytest.mark.parametrize(
    ("expression", "names", "text"),
    [
        ("#a", {}, "ExpressionAttributeNames must not be empty"),
        ("", {"a": "b"}, 'ExpressionAttributeNames contains invalid key: Syntax error; key: "a"'),
        ("", {"#a!": "b"}, 'ExpressionAttributeNames contains invalid key: Syntax error; key: "#a!"'),
        ("", {"#": "b"}, 'ExpressionAttributeNames contains invalid key: Syntax error; key: "#"'),
        (
            "",
            {"#" + "a" * 255: "b"},
            ("ExpressionAttributeNames contains invalid key: "
            "The expression attribute map contains a key that is too long; size of key: 256"),
        ),
        ("", {"#a": ""}, "ExpressionAttributeNames contains invalid value: Empty attribute name for key #a"),
        (
            "",
            {"#a": "x" * 65_536},
            ("ExpressionAttributeNames contains invalid value: "
            "Attribute name is too large, must be less than 65536 bytes for key #a"),
        ),
        ("", {f"#{n:02}": "x" * 65_535 for n in range(33)}, "ExpressionAttributeNames exceeds max size"),
        ("", {"#a": "a"}, "Invalid ProjectionExpression: The expression can not be empty;"),
        ("a,", {"#a": "a"}, 'Invalid ProjectionExpression: Syntax error; token: "<EOF>", near: ","'),
        ("abort", {"#a": "a"}, ("Invalid ProjectionExpression: Attribute name is a reserved keyword; "
                               "reserved keyword: abort")),
        ("#b", {"#a": "a"}, ("Invalid ProjectionExpression: An expression attribute name used in the document path "
                            "is not defined; attribute name: #b")),
        ("a, a.b", {"#a": "a"}, ("Invalid ProjectionExpression: Two document paths overlap with each other; must "
                                "remove or rewrite one of these paths; path one: [a], path two: [a, b]")),
        ("a", {"#b": "b", "#c": "c"}, ("Value provided in ExpressionAttributeNames unused in expressions: "
                                      "keys: {#b, #c}")),
    ],
)  # fmt: skip
def test_names_then_the_projection_then_unused_names(
    world: World, expression: str, names: dict[str, str], text: str
) -> None:
    request = {"TableName": "nowhere", "ProjectionExpression": expression, "ExpressionAttributeNames": names}
    assert refusal(world, **request) == text


def test_an_unknown_table_comes_after_all_that_needs_none(world: World) -> None:
    error = world.refused("GetItem", TableName="nowhere", Key={"x": {"N": "1"}})
    assert (error.name, error.message) == ("ResourceNotFoundException", NOT_FOUND)


@pytest.mark.parametrize(
    "key",
    [
        {},
        item(pk="a"),
        item(pk="a", sk="b", x="c"),
        item(pk="a", x="b"),
        item(pk=1, sk="b"),
        item(pk="a", sk={"B": "AAAA"}),
        item(pk={"M": {}}, sk="b"),
        item(pk={"NULL": True}, sk="b"),
    ],
)
def test_a_key_fits_the_schema(world: World, key: dict[str, Any]) -> None:
    assert refusal(world, Key=key) == KEY_MISMATCH


@pytest.mark.parametrize(
    ("table", "key", "text"),
    [
        (SORTED, item(pk="", sk="b"), "cannot contain an empty string value. Key: pk"),
        (SORTED, item(pk="a", sk=""), "cannot contain an empty string value. Key: sk"),
        (TYPED, item(n=1, b={"B": ""}), "cannot contain an empty binary value. Key: b"),
    ],
)
def test_keys_are_not_empty(world: World, table: str, key: dict[str, Any], text: str) -> None:
    assert refusal(world, TableName=table, Key=key) == (
        f"One or more parameter values are not valid. The AttributeValue for a key attribute {text}"
    )


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (item(pk="x" * 2049, sk="b"), "Size of hashkey has exceeded the maximum size limit of2048 bytes"),
        (item(pk="é" * 1025, sk="b"), "Size of hashkey has exceeded the maximum size limit of2048 bytes"),
        (item(pk="a", sk="x" * 1025), "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"),
    ],
)
def test_keys_are_not_too_large(world: World, key: dict[str, Any], text: str) -> None:
    assert refusal(world, Key=key) == f"One or more parameter values were invalid: {text}"


def test_the_largest_keys_are_accepted(world: World) -> None:
    assert world.get(SORTED, pk="é" * 1024, sk="x" * 1024) is None


@pytest.mark.parametrize(
    ("table", "path", "end"),
    [(SORTED, "pk.a", "Key: pk"), (SORTED, "sk[0]", "Key: sk"), (INDEXED, "g.a", "IndexKey: g")],
)
def test_keys_have_no_parts(world: World, table: str, path: str, end: str) -> None:
    assert refusal(world, TableName=table, ProjectionExpression=path, Key=item(x="y")) == (
        f"Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: {end}"
    )
