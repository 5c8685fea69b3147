"""The checks that operations share, each by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hashrange.simulator.errors import ApiError
from hashrange.simulator.language.check import check_condition, check_update
from hashrange.simulator.requests import (
    check_batch_put_keys,
    check_expression_mix,
    check_key,
    check_put_keys,
    check_scalar_keys,
    check_unused,
    checked_attributes_to_get,
    checked_item,
    checked_size,
    has_nested_paths,
    paths_of,
    placeholders_of,
)
from hashrange.simulator.shapes import ITEM, convert, structure
from hashrange.simulator.state.keys import KeySchema
from hashrange.simulator.state.table import Table
from tests.simulated_items import KEY_MISMATCH, indexed, item, keys

QUERY = (
    ("AttributesToGet", "QueryFilter", "ConditionalOperator", "KeyConditions"),
    ("ProjectionExpression", "FilterExpression", "KeyConditionExpression"),
)
MIXED = "Can not use both expression and non-expression parameters in the same request: "
VALUES = "ExpressionAttributeValues can only be specified when using expressions: "


def message(check: Callable[..., Any], *args: Any) -> str | None:
    """The message of the ValidationException that a check raises; None where it raises nothing."""
    try:
        check(*args)
    except ApiError as error:
        return error.message if error.name == "ValidationException" else f"not a ValidationException: {error}"
    return None


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ("", None),
        ("KeyConditions QueryFilter", None),
        ("KeyConditions FilterExpression", None),
        ("KeyConditions ProjectionExpression ExpressionAttributeNames", None),
        (
            "KeyConditionExpression KeyConditions",
            f"{MIXED}Non-expression parameters: {{KeyConditions}} Expression parameters: {{KeyConditionExpression}}",
        ),
        (
            "KeyConditions ConditionalOperator QueryFilter AttributesToGet FilterExpression ProjectionExpression",
            (
                f"{MIXED}Non-expression parameters: {{AttributesToGet, QueryFilter, ConditionalOperator}} "
                "Expression parameters: {ProjectionExpression, FilterExpression}"
            ),
        ),
        ("ExpressionAttributeNames", "ExpressionAttributeNames can only be specified when using expressions"),
        (
            "ExpressionAttributeNames ExpressionAttributeValues",
            "ExpressionAttributeNames can only be specified when using expressions",
        ),
        (
            "ProjectionExpression ExpressionAttributeValues",
            f"{VALUES}FilterExpression and KeyConditionExpression are null",
        ),
        ("FilterExpression ExpressionAttributeValues", None),
    ],
)
def test_parameters_exclude_each_other(names: str, text: str | None) -> None:
    assert message(check_expression_mix, {key: {} for key in names.split()}, *QUERY) == text


def test_values_without_the_only_expression_that_uses_them() -> None:
    request: dict[str, Any] = {"ExpressionAttributeValues": {}}
    assert message(check_expression_mix, request, (), ("FilterExpression",)) == f"{VALUES}FilterExpression is null"
    assert message(check_expression_mix, request, (), ()) is None, "an operation without values has no such member"


def test_names_and_values_are_taken_in_their_normal_form() -> None:
    request: dict[str, Any] = {
        "ExpressionAttributeNames": {"#a": "a b", "#_1": "é"},
        "ExpressionAttributeValues": {":a": {"N": "1.0"}, ":_1": {"SS": ["b", "a"]}},
    }
    found = placeholders_of(request)
    assert found.names == {"#a": "a b", "#_1": "é"}
    assert found.values == {":a": {"N": "1"}, ":_1": {"SS": ["a", "b"]}}
    assert request["ExpressionAttributeValues"][":a"] == {"N": "1.0"}, "the request stays as it is"


@pytest.mark.parametrize("placeholder", ["", "a", "##a", "#a b", "#", "#é", "#a\n", "#" + "a" * 255, ":a"])
def test_names_of_placeholders_are_words(placeholder: str) -> None:
    text = message(placeholders_of, {"ExpressionAttributeNames": {placeholder: "a"}})
    assert text is not None
    assert text.startswith("ExpressionAttributeNames contains invalid key: ")


def test_all_keys_of_values_are_checked_before_any_value() -> None:
    request = {"ExpressionAttributeValues": {":a": {"N": "x"}, "b": {"S": "x"}}}
    assert message(placeholders_of, request) == (
        'ExpressionAttributeValues contains invalid key: Syntax error; key: "b"'
    )


def test_names_and_values_have_2_mb_together() -> None:
    names = {"#a": "x" * 60_000}
    largest = 2 * 1024 * 1024 - len("#a") - 60_000 - len(":v")
    request: dict[str, Any] = {"ExpressionAttributeNames": names}
    request["ExpressionAttributeValues"] = {":v": {"S": "x" * largest}}
    assert message(placeholders_of, request) is None
    request["ExpressionAttributeValues"] = {":v": {"S": "x" * (largest + 1)}}
    assert message(placeholders_of, request) == "ExpressionAttributeValues exceeds max size"


@pytest.mark.parametrize("content", [{"S": "x"}, {"L": 5}, {"N": ["x"]}, 7, None, []])
def test_values_have_a_depth_before_their_types_are_unknown(content: Any) -> None:
    value: Any = content
    for _ in range(300):
        value = {"L": [{"M": {"k": value}}]}
    request = convert(
        structure("Request", ExpressionAttributeValues=ITEM), {"ExpressionAttributeValues": {":v": value}}
    )
    assert message(placeholders_of, request) == (
        "ExpressionAttributeValues contains invalid value: Nesting Levels have exceeded supported limits: "
        "Attributes in the item have nested levels beyond supported limit for key :v"
    )


def test_what_no_expression_uses_is_refused_names_first() -> None:
    request = {
        "ExpressionAttributeNames": {"#a": "a", "#b": "b"},
        "ExpressionAttributeValues": {":a": {"S": "a"}, ":b": {"S": "b"}},
    }
    found = placeholders_of(request)
    check_condition("#a = :b", found)
    assert (
        message(check_unused, found) == "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}"
    )
    check_condition("#b = :b", found)
    assert message(check_unused, found) == (
        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:a}"
    )
    check_condition("#b = :a", found)
    assert message(check_unused, found) is None


def test_attributes_to_get_become_paths() -> None:
    assert checked_attributes_to_get({}) is None
    assert checked_attributes_to_get({"AttributesToGet": ["a.b", "c"]}) == [("a.b",), ("c",)]
    assert message(checked_attributes_to_get, {"AttributesToGet": ["a", "b", "b", "a"]}) == (
        "One or more parameter values were invalid: Duplicate value in attribute name: b"
    )


def test_items_are_normal_and_measured() -> None:
    assert checked_item({"a": {"N": "01.0"}}) == {"a": {"N": "1"}}
    assert message(checked_item, {"a": {"N": "x"}}) == "The parameter cannot be converted to a numeric value: x"
    assert checked_size(item(a="b")) == 2
    assert message(checked_size, item(a="x" * 409_600)) == "Item size has exceeded the maximum allowed size"


SCHEMA = KeySchema(keys("pk", "n"), {"pk": "B", "n": "N"})
IPV = "One or more parameter values were invalid: "


@pytest.mark.parametrize(
    ("key", "looked_up", "put"),
    [
        (item(pk={"B": "AA=="}, n=0), None, None),
        (item(n=0), KEY_MISMATCH, f"{IPV}Missing the key pk in the item"),
        (item(pk={"B": "AA=="}, n="0"), KEY_MISMATCH, f"{IPV}Type mismatch for key n expected: N actual: S"),
        (item(pk={"B": "AA=="}, n=0, x="y"), KEY_MISMATCH, None),
        (item(pk={"B": "AAAA" * 682 + "AAA="}, n={"N": "9" * 38}), None, None),
    ],
)
def test_keys_are_looked_up_and_put_by_different_texts(
    key: dict[str, Any], looked_up: str | None, put: str | None
) -> None:
    assert message(check_key, SCHEMA, key) == looked_up
    assert message(check_put_keys, SCHEMA, key) == put
    assert message(check_batch_put_keys, SCHEMA, key) == (KEY_MISMATCH if put else None)


@pytest.mark.parametrize("check", [check_key, check_put_keys, check_batch_put_keys])
def test_contents_of_keys_are_refused_alike(check: Callable[..., None]) -> None:
    large = item(pk={"B": "AAAA" * 683}, n=1)
    assert message(check, SCHEMA, large) == f"{IPV}Size of hashkey has exceeded the maximum size limit of2048 bytes"
    assert message(check, SCHEMA, item(pk={"B": ""}, n=1)) == (
        "One or more parameter values are not valid. "
        "The AttributeValue for a key attribute cannot contain an empty binary value. Key: pk"
    )
    texts = KeySchema(keys("n", "sk"), {"n": "N", "sk": "S"})
    assert message(check, texts, item(n=1, sk="é" * 513)) == (
        f"{IPV}Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
    )
    assert message(check, texts, item(n=1, sk="é" * 512)) is None


def test_paths_into_keys_are_refused_those_of_the_table_first() -> None:
    table = Table(indexed())
    nested = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "
    assert message(check_scalar_keys, table, [("pk",), ("x", "pk"), ("g",)]) is None
    assert message(check_scalar_keys, table, [("g", 0), ("sk", "a"), ("pk", 0)]) == f"{nested}Key: pk"
    assert message(check_scalar_keys, table, [("t", 0), ("g", "a")]) == f"{nested}IndexKey: g"


def test_the_paths_of_expressions() -> None:
    values = {":v": {"N": "1"}, ":t": {"S": "S"}}
    found = placeholders_of({"ExpressionAttributeNames": {"#a": "a.b"}, "ExpressionAttributeValues": values})
    source = "NOT (#a[0].c = b.c OR size(d) BETWEEN :v AND e) AND attribute_type(f, :t)"
    source += " AND g IN (h, :v) AND contains(i, j[1])"
    assert paths_of(check_condition(source, found)) == [
        ("a.b", 0, "c"), ("b", "c"), ("d",), ("e",), ("f",), ("g",), ("h",), ("i",), ("j", 1),
    ]  # fmt: skip
    changes = check_update("SET #a = if_not_exists(b, c.d) + e REMOVE f[0] ADD g :v", found)
    assert [paths_of(change) for change in changes] == [[("a.b",), ("b",), ("c", "d"), ("e",)], [("f", 0)], [("g",)]]


@pytest.mark.parametrize(("source", "nested"), [("", False), ("a = b", False), ("a.b", True), ("a[0]", True)])
def test_whether_an_expression_may_have_nested_paths(source: str, nested: bool) -> None:
    assert has_nested_paths(source) is nested
