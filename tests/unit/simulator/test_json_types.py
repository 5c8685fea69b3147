"""JSON of the wrong type, and attribute values on their fast and slow ways."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.simulator.errors import ApiError
from hashrange.simulator.json_types import attribute_value, blob, boolean, item

NUMBER_TO_STRING = "NUMBER_VALUE cannot be converted to String"
NOT_EXPECTED = "Start of structure or map found where not expected"
MAP_OF_VALUES = (
    "Unrecognized collection type java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>"
)
VALUE_CLASS = "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue"


def refusal(convert: Any, *arguments: Any) -> str | None:
    with pytest.raises(ApiError) as caught:
        convert(*arguments)
    assert caught.value.name == "SerializationException"
    return caught.value.message


@pytest.mark.parametrize(
    "value",
    [
        {"S": "text"},
        {"S": ""},
        {"N": "not a number, which is not looked at here"},
        {"B": ""},
        {"B": "AAEC"},
        {"BOOL": False},
        {"NULL": True},
        {"SS": []},
        {"NS": ["1", "1"]},
        {"BS": ["AA==", "AAEC"]},
        {"L": []},
        {"L": [{"S": "a"}, {"L": [{"N": "1"}]}]},
        {"M": {}},
        {"M": {"a": {"S": "x"}, "b": {"M": {"c": {"BOOL": True}}}}},
        {},
    ],
)
def test_a_value_of_the_right_types_stays_the_same_object(value: dict[str, Any]) -> None:
    assert attribute_value(value) is value if value else attribute_value(value) == {}
    whole = {"name": {"S": "a"}, "value": value}
    assert item(whole) == whole
    if value:
        assert item(whole) is whole


@pytest.mark.parametrize(
    ("found", "converted"),
    [
        ({"S": "a", "X": 1}, {"S": "a"}),
        ({"X": 1}, {}),
        ({"S": None}, {}),
        ({"S": "a", "N": None}, {"S": "a"}),
        ({"N": "1", "S": "a"}, {"S": "a", "N": "1"}),
        ({"BOOL": "Yes"}, {"BOOL": True}),
        ({"NULL": "0"}, {"NULL": False}),
        ({"SS": ["a", None, "b"]}, {"SS": ["a", "b"]}),
        ({"BS": [None]}, {"BS": []}),
        ({"L": [None, {"S": "a"}]}, {"L": [{}, {"S": "a"}]}),
        ({"L": [{"BOOL": "true"}]}, {"L": [{"BOOL": True}]}),
        ({"M": {"a": {"S": "b"}, "c": None}}, {"M": {"a": {"S": "b"}, "c": {}}}),
        ({"M": {"a": {"Z": "b"}}}, {"M": {"a": {}}}),
    ],
)
def test_unknown_and_null_types_are_dropped_and_booleans_converted(
    found: dict[str, Any], converted: dict[str, Any]
) -> None:
    before = repr(found)
    assert attribute_value(found) == converted
    assert item({"a": found}) == {"a": converted}
    assert repr(found) == before, "the request itself is not changed"


def test_an_item_keeps_its_order_where_something_changes() -> None:
    assert list(item({"z": {"S": "1"}, "b": {"BOOL": "1"}, "a": {"S": "2"}})) == ["z", "b", "a"]


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ({"S": 1}, NUMBER_TO_STRING),
        ({"N": 1}, NUMBER_TO_STRING),
        ({"N": -2.3}, "DECIMAL_VALUE cannot be converted to String"),
        ({"S": True}, "TRUE_VALUE cannot be converted to String"),
        ({"S": False}, "FALSE_VALUE cannot be converted to String"),
        ({"S": []}, "Unrecognized collection type class java.lang.String"),
        ({"S": {}}, NOT_EXPECTED),
        ({"B": True}, "only base-64-encoded strings are convertible to bytes"),
        ({"B": 1.5}, "only base-64-encoded strings are convertible to bytes"),
        ({"B": []}, "Unrecognized collection type class java.nio.ByteBuffer"),
        ({"B": {}}, NOT_EXPECTED),
        ({"BOOL": "maybe"}, "Unexpected token received from parser"),
        ({"BOOL": 1}, "NUMBER_VALUE cannot be converted to Boolean"),
        ({"NULL": 1.5}, "DECIMAL_VALUE cannot be converted to Boolean"),
        ({"NULL": []}, "Unrecognized collection type class java.lang.Boolean"),
        ({"NULL": {}}, NOT_EXPECTED),
        ({"SS": "a"}, "Unexpected field type"),
        ({"NS": {}}, NOT_EXPECTED),
        ({"NS": [1]}, NUMBER_TO_STRING),
        ({"BS": ["A"]}, "Base64 encoded length is expected a multiple of 4 bytes but found: 1"),
        ({"L": 1}, "Unexpected field type"),
        ({"L": {}}, NOT_EXPECTED),
        ({"L": ["a"]}, "Unexpected value type in payload"),
        ({"L": [[]]}, VALUE_CLASS),
        ({"L": [{"S": 1}]}, NUMBER_TO_STRING),
        ({"M": True}, "Unexpected field type"),
        ({"M": []}, MAP_OF_VALUES),
        ({"M": {"a": 1}}, "Unexpected value type in payload"),
        ({"M": {"a": []}}, VALUE_CLASS),
        ({"N": 1, "S": 1.5}, "DECIMAL_VALUE cannot be converted to String"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(found: dict[str, Any], message: str) -> None:
    assert refusal(attribute_value, found) == message
    assert refusal(item, {"first": {"S": "a"}, "second": found}) == message


@pytest.mark.parametrize(
    ("found", "as_field", "as_element"),
    [
        ("a", "Unexpected field type", "Unexpected value type in payload"),
        (1, "Unexpected field type", "Unexpected value type in payload"),
        (True, "Unexpected field type", "Unexpected value type in payload"),
        ([], VALUE_CLASS, VALUE_CLASS),
    ],
)
def test_the_text_depends_on_where_a_value_stands(found: Any, as_field: str, as_element: str) -> None:
    assert refusal(attribute_value, found) == as_field
    assert refusal(item, {"a": found}) == as_element


@pytest.mark.parametrize(("found", "message"), [([], MAP_OF_VALUES), (1, "Unexpected field type")])
def test_an_item_is_a_map(found: Any, message: str) -> None:
    assert refusal(item, found) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A", "Base64 encoded length is expected a multiple of 4 bytes but found: 1"),
        ("AAAAA", "Base64 encoded length is expected a multiple of 4 bytes but found: 5"),
        ("AB==", "Invalid last non-pad Base64 character dectected"),
        ("AAB=", "Invalid last non-pad Base64 character dectected"),
        ("A===", "Invalid last non-pad Base64 character dectected"),
        ("====", "Invalid last non-pad Base64 character dectected"),
        ("A=AA", "Invalid last non-pad Base64 character dectected"),
        ("AA-_", "Invalid last non-pad Base64 character dectected"),
        ("AA A", "Invalid last non-pad Base64 character dectected"),
        ("äöüß", "Invalid last non-pad Base64 character dectected"),
    ],
)
def test_binary_is_canonical_base64(text: str, message: str) -> None:
    assert refusal(blob, text) == message


@pytest.mark.parametrize("text", ["", "AA==", "AAA=", "AAAA", "+/+/"])
def test_canonical_base64_stays_text(text: str) -> None:
    assert blob(text) == text


@pytest.mark.parametrize(
    ("found", "converted"),
    [(True, True), (False, False), *((text, True) for text in ("true", "TRUE", "1", "yes", "Yes"))]
    + [(text, False) for text in ("false", "False", "0", "no", "NO")],
)
def test_some_texts_are_booleans(found: Any, converted: bool) -> None:
    assert boolean(found) is converted


def test_very_deep_values_are_left_to_the_check_of_values() -> None:
    value: dict[str, Any] = {"S": 1}
    for _ in range(200):
        value = {"M": {"a": value}}
    assert attribute_value(value) is value
    value = {"S": 1}
    for _ in range(200):
        value = {"L": [value]}
    assert attribute_value(value) == value


def test_a_wrong_type_inside_the_allowed_depth_is_found() -> None:
    value: dict[str, Any] = {"S": 1}
    for _ in range(31):
        value = {"L": [value]}
    assert refusal(attribute_value, value) == NUMBER_TO_STRING
