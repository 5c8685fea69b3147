"""The language of shapes: conversion of requests, and collected violations."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.simulator.errors import ApiError
from hashrange.simulator.shapes import (
    ATTRIBUTE_VALUE,
    CONTROL_TABLE_NAME,
    INDEX_NAME,
    ITEM,
    NAMES,
    RETURN_CONSUMED_CAPACITY,
    TABLE_NAME,
    Shape,
    Structure,
    Wording,
    alone_in_2026,
    anything,
    blob,
    boolean,
    check,
    convert,
    double,
    integer,
    list_of,
    long,
    map_of,
    required,
    required_unless,
    reworded_in_2026,
    string,
    structure,
    unprinted_in_2026,
)

PATTERN = "[a-zA-Z0-9_.-]+"
PARAMETERIZED = (
    "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class java.lang.Class "
    "(sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and java.lang.Class are in module java.base of "
    "loader 'bootstrap')"
)
INNER = structure("Inner", A=string(), B=long())


def holding(shape: Shape) -> Structure:
    return structure("Request", Member=shape)


def refusal(shape: Shape, found: Any) -> str | None:
    with pytest.raises(ApiError) as caught:
        convert(holding(shape), {"Member": found})
    assert caught.value.name == "SerializationException"
    return caught.value.message


def violations(shape: Structure, value: dict[str, Any], wording: Wording = "classic") -> str:
    with pytest.raises(ApiError) as caught:
        check(shape, value, wording)
    assert caught.value.name == "ValidationException"
    assert caught.value.message is not None
    return caught.value.message


def violation(shape: Shape, value: Any, wording: Wording = "classic") -> str:
    return violations(holding(shape), {"Member": value}, wording).removeprefix("1 validation error detected: ")


# ── JSON types ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("shape", "token", "java"),
    [
        (string(), "String", "java.lang.String"),
        (integer(), "Integer", "java.lang.Integer"),
        (long(), "Long", "java.lang.Long"),
        (double(), "Double", "java.lang.Double"),
        (boolean(), "Boolean", "java.lang.Boolean"),
    ],
)
def test_scalars_of_the_wrong_type(shape: Shape, token: str, java: str) -> None:
    assert refusal(shape, []) == f"Unrecognized collection type class {java}"
    assert refusal(shape, {}) == "Start of structure or map found where not expected"
    if token != "Boolean":
        assert refusal(shape, True) == f"TRUE_VALUE cannot be converted to {token}"
        assert refusal(shape, False) == f"FALSE_VALUE cannot be converted to {token}"
    if token in ("String", "Boolean"):
        assert refusal(shape, 23) == f"NUMBER_VALUE cannot be converted to {token}"
        assert refusal(shape, -2.3) == f"DECIMAL_VALUE cannot be converted to {token}"
    else:
        assert refusal(shape, "23") == f"STRING_VALUE cannot be converted to {token}"


@pytest.mark.parametrize(
    ("shape", "found", "converted"),
    [
        (integer(), 7, 7),
        (integer(), 7.9, 7),
        (long(), -7.1, -8),
        (double(), 7.9, 7.9),
        (boolean(), "YES", True),
        (boolean(), "0", False),
        (string(), "", ""),
        (blob(), "AAEC", "AAEC"),
        (list_of(string()), [], []),
        (list_of(string()), ["a", None], ["a", None]),
        (map_of(INNER), {"x": {"B": 1.5, "C": 1}}, {"x": {"B": 1}}),
        (INNER, {"A": "a", "B": None, "Z": 1}, {"A": "a"}),
        (ITEM, {"a": {"S": "b", "Q": 1}}, {"a": {"S": "b"}}),
        (ATTRIBUTE_VALUE, {"BOOL": "no"}, {"BOOL": False}),
        (anything(), [1, {"a": None}], [1, {"a": None}]),
    ],
)
def test_what_is_taken(shape: Shape, found: Any, converted: Any) -> None:
    assert convert(holding(shape), {"Member": found}) == {"Member": converted}


@pytest.mark.parametrize("number", [float("inf"), float("nan")])
def test_numbers_that_json_does_not_have_are_refused_too(number: float) -> None:
    assert refusal(integer(), number) == "DECIMAL_VALUE cannot be converted to Integer"


@pytest.mark.parametrize("found", [True, 23, -2.3, "a"])
def test_collections_and_structures_want_theirs(found: Any) -> None:
    collections: list[Shape] = [list_of(INNER), ITEM, map_of(string())]
    structures: list[Shape] = [INNER, ATTRIBUTE_VALUE]
    for shape in collections + structures:
        assert refusal(shape, found) == "Unexpected field type"
    for inner in structures:
        assert refusal(list_of(inner), [found]) == "Unexpected value type in payload"
        assert refusal(map_of(inner), {"a": found}) == "Unexpected value type in payload"
    for inner in collections:
        assert refusal(list_of(inner), [found]) == PARAMETERIZED
        assert refusal(map_of(inner), {"a": found}) == PARAMETERIZED


@pytest.mark.parametrize(
    ("shape", "found", "named"),
    [
        (NAMES, [], "java.util.Map<java.lang.String, java.lang.String>"),
        (ITEM, [], "java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>"),
        (map_of(INNER), [], "java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.Inner>"),
        (
            map_of(list_of(INNER)),
            [],
            "java.util.Map<java.lang.String, java.util.List<com.amazonaws.dynamodb.v20120810.Inner>>",
        ),
        (INNER, [], "class com.amazonaws.dynamodb.v20120810.Inner"),
        (list_of(INNER), [[]], "class com.amazonaws.dynamodb.v20120810.Inner"),
        (list_of(ITEM), [[]], "java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>"),
        (blob(), [], "class java.nio.ByteBuffer"),
    ],
)
def test_an_array_in_the_wrong_place_names_the_class(shape: Shape, found: Any, named: str) -> None:
    assert refusal(shape, found) == f"Unrecognized collection type {named}"


@pytest.mark.parametrize("shape", [list_of(string()), map_of(list_of(string())), string(), blob()])
def test_an_object_in_the_wrong_place(shape: Shape) -> None:
    found: dict[str, Any] = {"a": {}} if "Map" in shape.java else {}
    assert refusal(shape, found) == "Start of structure or map found where not expected"


def test_unknown_members_go_and_null_is_absence() -> None:
    shape = structure("Request", A=string(), B=string())
    assert convert(shape, {"B": "b", "A": None, "X": {"y": 1}}) == {"B": "b"}


def test_a_request_in_which_nothing_changes_is_the_same_object() -> None:
    shape = structure("Request", TableName=TABLE_NAME, Item=required(ITEM))
    request = {"TableName": "users", "Item": {"a": {"S": "b"}, "n": {"N": "1"}}}
    assert convert(shape, request) is request


def test_a_request_is_never_changed_itself() -> None:
    shape = structure("Request", A=boolean(), B=list_of(integer()))
    request = {"B": [1.5], "A": "yes", "C": 1}
    assert convert(shape, request) == {"A": True, "B": [1]}
    assert request == {"B": [1.5], "A": "yes", "C": 1}


def test_the_first_wrong_type_in_the_order_of_members_is_told() -> None:
    shape = structure("Request", A=string(), B=structure("Inner", X=string(), Y=integer()), C=string())
    with pytest.raises(ApiError) as caught:
        convert(shape, {"C": 1, "B": {"Y": "1", "X": True}})
    assert caught.value.message == "TRUE_VALUE cannot be converted to String"


@pytest.mark.parametrize("found", [[], "a", 1, None])
def test_a_request_is_an_object(found: Any) -> None:
    with pytest.raises(ApiError) as caught:
        convert(structure("Request"), found)
    assert caught.value.answer() == {"__type": "com.amazon.coral.service#SerializationException"}


# ── constraints ──────────────────────────────────────────────────────────────────────────────────────────────────────
LONGER, SHORTER = "Member must have length greater than or equal to", "Member must have length less than or equal to"
NOT_NULL = "Member must not be null"


@pytest.mark.parametrize(
    ("shape", "value", "subject", "constraint"),
    [
        (integer(1, 5), 0, "'0' at 'member'", "Member must have value greater than or equal to 1"),
        (integer(1, 5), 6, "'6' at 'member'", "Member must have value less than or equal to 5"),
        (string(2), "a", "'a' at 'member'", f"{LONGER} 2"),
        (string(None, 2), "abc", "'abc' at 'member'", f"{SHORTER} 2"),
        (string(None, 1), "😀", "'😀' at 'member'", f"{SHORTER} 1"),
        (string(enum=("A", "B")), "C", "'C' at 'member'", "Member must satisfy enum value set: [A, B]"),
        (
            string(pattern=PATTERN),
            "a;",
            "'a;' at 'member'",
            f"Member must satisfy regular expression pattern: {PATTERN}",
        ),
        (list_of(string(), 1), [], "'[]' at 'member'", f"{LONGER} 1"),
        (list_of(string(), 1, 2), ["a", "b", "c"], "'[a, b, c]' at 'member'", f"{SHORTER} 2"),
        (
            list_of(string(1, 3)),
            ["a", ""],
            "'[a, ]' at 'member'",
            f"Member must satisfy constraint: [{SHORTER} 3, {LONGER} 1]",
        ),
        (list_of(INNER), [{}, None], "null at 'member.2.member'", NOT_NULL),
        (list_of(string(1)), ["a", None], "null at 'member.2.member'", NOT_NULL),
        (map_of(INNER), {"k": None}, "null at 'member.k.member'", NOT_NULL),
        (map_of(string(), 1), {}, "'{}' at 'member'", f"{LONGER} 1"),
        (list_of(INNER, 2), [{"A": "x", "B": 5}], "'[Inner(a=x, b=5)]' at 'member'", f"{LONGER} 2"),
        (list_of(INNER, 2), [{}], "'[Inner(a=null, b=null)]' at 'member'", f"{LONGER} 2"),
        (list_of(boolean(), 2), [True], "'[true]' at 'member'", f"{LONGER} 2"),
        (
            list_of(structure("Outer", A=INNER, B=NAMES, C=list_of(INNER), D=ITEM), 2),
            [{"B": {"x": "y"}}],
            "'[Outer(a=null, b={x=y}, c=null, d=null)]' at 'member'",
            f"{LONGER} 2",
        ),
        (
            list_of(structure("Outer", B=NAMES), 2),
            [{}],
            "'[Outer(b=null)]' at 'member'",
            f"{LONGER} 2",
        ),
        (list_of(list_of(INNER), 2), [[]], "'[[]]' at 'member'", f"{LONGER} 2"),
        (
            map_of(ITEM, 2),
            {"k": {"a": {"S": "b"}}},
            "'{k={a=AttributeValue(s=b)}}' at 'member'",
            f"{LONGER} 2",
        ),
    ],
)
def test_one_violation(shape: Shape, value: Any, subject: str, constraint: str) -> None:
    assert violation(shape, value) == f"Value {subject} failed to satisfy constraint: {constraint}"


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        (string(1, 2), "😀"),
        (string(enum=("A", "B")), "A"),
        (integer(1, 5), 5),
        (INDEX_NAME, "a.b"),
        (map_of(string(), 0, 1), {}),
        (list_of(string(1)), ["a"]),
        (TABLE_NAME, "arn:aws:dynamodb:us-east-1:123456789012:table/users"),
        (CONTROL_TABLE_NAME, "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/users"),
        (RETURN_CONSUMED_CAPACITY, None),
    ],
)
@pytest.mark.parametrize("wording", ["classic", "2026"])
def test_what_meets_its_constraints(shape: Shape, value: Any, wording: Wording) -> None:
    check(holding(shape), {} if value is None else {"Member": value}, wording)


def test_deep_values_are_not_printed() -> None:
    deep: dict[str, Any] = {"S": "x"}
    for _ in range(900):
        deep = {"M": {"a": deep}}
    message = violation(list_of(ITEM, 2), [{"k": deep}])
    assert message.startswith("Value '[{k=AttributeValue(m=...)}]' at 'member' failed")


def test_all_violations_of_a_member_are_told_in_order() -> None:
    assert violations(holding(INDEX_NAME), {"Member": ";"}) == (
        "2 validation errors detected: "
        "Value ';' at 'member' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {PATTERN}; "
        "Value ';' at 'member' failed to satisfy constraint: Member must have length greater than or equal to 3"
    )


def test_violations_come_depth_first_in_the_order_of_members() -> None:
    element = structure("Element", AttributeName=required(string()), KeyType=required(string(enum=("HASH", "RANGE"))))
    shape = structure(
        "Request",
        Limit=integer(1),
        KeySchema=required(list_of(element, 1, 2)),
        Expected=map_of(structure("Expectation", ComparisonOperator=string(enum=("EQ", "NE")))),
        TableName=TABLE_NAME,
    )
    request = {"Expected": {"Ab": {"ComparisonOperator": "X"}}, "KeySchema": [{}, {"KeyType": "Q"}], "Limit": -1}
    paths = [
        ("'-1'", "limit", "Member must have value greater than or equal to 1"),
        ("null", "keySchema.1.member.attributeName", "Member must not be null"),
        ("null", "keySchema.1.member.keyType", "Member must not be null"),
        ("null", "keySchema.2.member.attributeName", "Member must not be null"),
        ("'Q'", "keySchema.2.member.keyType", "Member must satisfy enum value set: [HASH, RANGE]"),
        ("'X'", "expected.Ab.member.comparisonOperator", "Member must satisfy enum value set: [EQ, NE]"),
        ("null", "tableName", "Member must not be null"),
    ]
    texts = [f"Value {value} at '{path}' failed to satisfy constraint: {text}" for value, path, text in paths]
    assert violations(shape, request) == f"7 validation errors detected: {'; '.join(texts)}"


def test_at_most_ten_violations_are_told() -> None:
    shape = structure("Request", **{f"M{number}": required(string()) for number in range(12)})
    message = violations(shape, {})
    assert message.startswith("10 validation errors detected: Value null at 'm0' ")
    assert message.endswith("Value null at 'm9' failed to satisfy constraint: Member must not be null")


def test_constraints_of_a_maps_keys_and_values() -> None:
    keys = map_of(list_of(INNER), 1, 25, key=string(3, 255, PATTERN), value_constraints=(1, 25))
    assert violations(holding(keys), {"Member": {"ok.": [{}], "a;": []}}) == (
        "2 validation errors detected: "
        "Value '{ok.=[Inner(a=null, b=null)], a;=[]}' at 'member' failed to satisfy constraint: "
        "Map keys must satisfy constraint: [Member must have length less than or equal to 255, "
        "Member must have length greater than or equal to 3, "
        f"Member must satisfy regular expression pattern: {PATTERN}]; "
        "Value '{ok.=[Inner(a=null, b=null)], a;=[]}' at 'member' failed to satisfy constraint: "
        "Map value must satisfy constraint: [Member must have length less than or equal to 25, "
        "Member must have length greater than or equal to 1]"
    )


def test_a_member_may_be_missing_where_another_is_there() -> None:
    shape = structure("Request", A=required_unless(string(), "B"), B=string())
    check(shape, {"B": "b"})
    assert violations(shape, {}).endswith("Value null at 'a' failed to satisfy constraint: Member must not be null")


def test_making_a_shape_required_leaves_the_other_as_it_was() -> None:
    plain = string()
    assert required(plain).required
    assert not plain.required


# ── names of tables ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_tables_name_for_items() -> None:
    shape = structure("Request", TableName=TABLE_NAME)
    prefix = "failed to satisfy constraint: Member must"
    assert violations(shape, {}) == f"1 validation error detected: Value null at 'tableName' {prefix} not be null"
    assert violations(shape, {"TableName": "a;"}) == (
        "2 validation errors detected: "
        f"Value 'a;' at 'tableName' {prefix} satisfy regular expression pattern: {PATTERN}; "
        f"Value 'a;' at 'tableName' {prefix} have length greater than or equal to 3"
    )
    long_name = "a" * 256
    assert violations(shape, {"TableName": long_name}).endswith("have length less than or equal to 255")


def test_a_tables_name_for_items_in_the_newest_wording() -> None:
    shape = structure("Request", TableName=TABLE_NAME)
    check(shape, {"TableName": "a;"}, "2026")
    assert violations(shape, {"TableName": ""}, "2026").endswith("have length greater than or equal to 1")
    assert violations(shape, {"TableName": "a" * 256}, "2026").endswith("have length less than or equal to 255")


def test_a_tables_name_for_operations_on_tables() -> None:
    shape = structure("Request", Limit=integer(1), TableName=CONTROL_TABLE_NAME)
    length = "TableName must be at least 3 characters long and at most 255 characters long"
    missing = "The parameter 'TableName' is required but was not present in the request"
    assert violations(shape, {"Limit": 0}) == missing
    assert violations(shape, {"Limit": 0, "TableName": "a;"}) == length
    assert violations(shape, {"TableName": "a" * 256}) == length
    assert violations(shape, {"TableName": "abc;"}).endswith(f"regular expression pattern: {PATTERN}")
    newest = violations(shape, {"TableName": "ab"}, "2026")
    assert newest == (
        "1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: "
        "Member must have length greater than or equal to 3"
    )


# ── the newest wording ───────────────────────────────────────────────────────────────────────────────────────────────
def test_some_violations_are_told_without_their_value() -> None:
    keys = unprinted_in_2026(list_of(ITEM, 1))
    shape = structure("Request", RequestItems=map_of(structure("Keys", Keys=keys)), Limit=unprinted_in_2026(integer(1)))
    request = {"RequestItems": {"tbl": {"Keys": []}}, "Limit": 0}
    assert violations(shape, request, "2026") == (
        "2 validation errors detected: "
        "Value at 'RequestItems.tbl.member.Keys' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1; "
        "Value at 'Limit' failed to satisfy constraint: Member must have value greater than or equal to 1"
    )
    assert "Value '0' at 'limit'" in violations(shape, request)


def test_some_members_are_answered_alone() -> None:
    shape = alone_in_2026(
        structure("Request", A=string(enum=("X",)), B=string(enum=("Y",)), TableName=TABLE_NAME), "TableName", "B"
    )
    request = {"A": "1", "B": "2"}
    assert violations(shape, request).startswith("3 validation errors detected")
    assert violations(shape, request, "2026").startswith("1 validation error detected: Value null at 'tableName'")
    request["TableName"] = "users"
    assert violations(shape, request, "2026").startswith("1 validation error detected: Value '2' at 'b'")
    assert violations(shape, {"A": "1", "TableName": "users"}, "2026").startswith(
        "1 validation error detected: Value '1'"
    )


def test_a_request_may_have_another_order() -> None:
    first, second = required(string()), required(integer(1))
    shape = reworded_in_2026(structure("Request", A=first, B=second), structure("Request", B=second, A=first))
    assert violations(shape, {}).index("'a'") < violations(shape, {}).index("'b'")
    assert violations(shape, {}, "2026").index("'b'") < violations(shape, {}, "2026").index("'a'")
