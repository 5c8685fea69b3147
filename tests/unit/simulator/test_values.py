"""Attribute values: which are refused and how, their normal forms, equality, order, and sizes."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.simulator.values import (
    InvalidValue,
    begins_with,
    canonical,
    canonical_item,
    compare,
    contains,
    item_size,
    kind,
    length,
    number,
    stored_size,
    stored_size_bound,
    value_size,
)

INVALID = "One or more parameter values were invalid: "
OVERFLOW = "Number overflow. Attempting to store a number with magnitude larger than supported range"
UNDERFLOW = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
TOO_LONG = "Attempting to store more than 38 significant digits in a Number"
TOO_DEEP = (
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
)
EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
SEVERAL = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
NOT_A_NUMBER = "The parameter cannot be converted to a numeric value"


def refusal(value: dict[str, Any]) -> str:
    with pytest.raises(InvalidValue) as caught:
        canonical(value)
    return caught.value.text


def nested(levels: int, innermost: dict[str, Any]) -> dict[str, Any]:
    """A value in so many containers."""
    for number_of_level in range(levels):
        innermost = {"L": [innermost]} if number_of_level % 2 else {"M": {"k": innermost}}
    return innermost


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", "0"),
        ("5", "5"),
        ("1E2", "100"),
        ("1e-3", "0.001"),
        (".5", "0.5"),
        ("5.", "5"),
        ("+5", "5"),
        ("-0", "0"),
        ("-0.00", "0"),
        ("0e999999999999", "0"),
        ("1.50", "1.5"),
        ("-1.50", "-1.5"),
        ("007", "7"),
        ("1e+5", "100000"),
        ("1e000000000000000000005", "100000"),
        ("-.5e-1", "-0.05"),
        ("120e-1", "12"),
        ("1234.5678e2", "123456.78"),
        ("1234.5678e4", "12345678"),
        ("1234.5678e6", "1234567800"),
        ("9" * 38, "9" * 38),
        ("9" * 38 + "0" * 88, "9" * 38 + "0" * 88),
        (f"{'9' * 38}e88", "9" * 38 + "0" * 88),
        ("1e-130", "0." + "0" * 129 + "1"),
        ("-1e125", "-1" + "0" * 125),
        ("0." + "0" * 5000 + "1e5001", "1"),
        ("1" + "0" * 5000 + "e-5000", "1"),
    ],
)
def test_numbers_have_one_form(text: str, expected: str) -> None:
    assert number(text) == expected
    assert canonical({"N": text}) == {"N": expected}
    assert canonical({"M": {"a": {"L": [{"N": text}]}}}) == {"M": {"a": {"L": [{"N": expected}]}}}
    assert canonical({"NS": [text]}) == {"NS": [expected]}
    assert number(expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        "abc",
        "1e",
        "e5",
        "1.2.3",
        "--1",
        "+-1",
        " 1",
        "1 ",
        "1_0",
        "0x10",
        "NaN",
        "Infinity",
        "-",
        ".",
        "-.",
        "1e5.0",
        "١",
    ],
)
def test_what_is_no_number(text: str) -> None:
    assert refusal({"N": text}) == f"{NOT_A_NUMBER}: {text}"
    assert refusal({"NS": [text]}) == f"{NOT_A_NUMBER}: {text}"


def test_an_empty_number() -> None:
    assert refusal({"N": ""}) == NOT_A_NUMBER


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1e126", OVERFLOW),
        ("-1e126", OVERFLOW),
        ("1" + "0" * 126, OVERFLOW),
        ("1e99999999999999999999", OVERFLOW),
        ("1e-131", UNDERFLOW),
        ("-0.1e-130", UNDERFLOW),
        ("1e-99999999999999999999", UNDERFLOW),
        ("1" * 39, TOO_LONG),
        ("1" * 38 + ".1", TOO_LONG),
        ("1." + "0" * 37 + "1", TOO_LONG),
        ("1" * 39 + "e100", OVERFLOW),
        ("1" * 39 + "e-200", UNDERFLOW),
    ],
)
def test_numbers_have_a_range(text: str, expected: str) -> None:
    assert refusal({"N": text}) == expected
    assert refusal({"NS": ["1", text]}) == expected


def test_a_long_text_is_refused_in_time_that_grows_with_its_length() -> None:
    assert refusal({"N": "1" * 1_000_000 + "x"}).endswith("x")
    assert refusal({"N": "1" * 1_000_000}) == OVERFLOW


# ── other values ─────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({}, EMPTY),
        ({"X": "a"}, EMPTY),
        ({"S": "a", "N": "1"}, SEVERAL),
        ({"S": "a", "BOOL": True}, SEVERAL),
        ({"S": "a", "N": "x"}, f"{NOT_A_NUMBER}: x"),
        ({"L": [{}], "N": "x"}, f"{NOT_A_NUMBER}: x"),
        ({"SS": [], "NULL": False}, INVALID + "Null attribute value types must have the value of true"),
        ({"L": [{}], "SS": []}, INVALID + "An string set  may not be empty"),
        ({"L": [{"S": "a", "N": "1"}]}, SEVERAL),
        ({"M": {"a": {"N": "x"}}, "L": [{}]}, f"{NOT_A_NUMBER}: x"),
        ({"NULL": False}, INVALID + "Null attribute value types must have the value of true"),
        ({"SS": []}, INVALID + "An string set  may not be empty"),
        ({"NS": []}, INVALID + "An number set  may not be empty"),
        ({"BS": []}, INVALID + "Binary sets should not be empty"),
        ({"SS": ["a", "b", "a"]}, INVALID + "Input collection [a, b, a] contains duplicates."),
        ({"NS": ["1", "1.0"]}, "Input collection contains duplicates"),
        ({"NS": ["1", "1", "x"]}, f"{NOT_A_NUMBER}: x"),
        ({"BS": ["AA==", "AA=="]}, INVALID + "Input collection [AA==, AA==]of type BS contains duplicates."),
        ({"L": [{"M": {"a": {"SS": []}}}]}, INVALID + "An string set  may not be empty"),
    ],
)
def test_what_is_no_value(value: dict[str, Any], expected: str) -> None:
    assert refusal(value) == expected


@pytest.mark.parametrize(
    ("value", "alone"),
    [
        ({"N": "x"}, True),
        ({"N": "1e126"}, True),
        ({"NS": ["1", "1"]}, True),
        ({"NS": []}, True),
        ({"SS": ["a", "a"]}, True),
        ({"BS": ["AA==", "AA=="]}, True),
        ({}, False),
        ({"SS": []}, False),
        ({"NULL": False}, False),
    ],
)
def test_which_texts_stand_alone(value: dict[str, Any], alone: bool) -> None:
    with pytest.raises(InvalidValue) as caught:
        canonical(value)
    assert caught.value.stands_alone is alone


@pytest.mark.parametrize(
    "value",
    [
        {"S": ""},
        {"B": ""},
        {"BOOL": False},
        {"NULL": True},
        {"L": []},
        {"M": {}},
        {"SS": [""]},
        {"BS": [""]},
        {"M": {"a": {"S": ""}}},
        {"S": "a\0b"},
    ],
)
def test_values_that_are_as_they_were(value: dict[str, Any]) -> None:
    assert canonical(value) == value


def test_unknown_types_beside_a_known_one_do_not_matter() -> None:
    assert canonical({"S": "a", "X": "b"}) == {"S": "a"}


def test_sets_have_one_order() -> None:
    assert canonical({"SS": ["b", "a", "é", "B"]}) == {"SS": ["B", "a", "b", "é"]}
    assert canonical({"NS": ["10", "9.0", "-1"]}) == {"NS": ["-1", "9", "10"]}
    assert canonical({"BS": ["/w==", "AA==", ""]}) == {"BS": ["", "AA==", "/w=="]}


def test_depth() -> None:
    assert canonical(nested(31, {"S": "x"})) == nested(31, {"S": "x"})
    assert refusal(nested(32, {"S": "x"})) == TOO_DEEP
    assert refusal(nested(31, {"L": [{"S": "x"}]})) == TOO_DEEP


def test_an_items_values_are_all_checked() -> None:
    item: dict[str, dict[str, Any]] = {"a": {"S": "x"}, "b": {"N": "1.0"}, "c": {"N": "2.0"}, "d": {"BOOL": True}}
    assert canonical_item(item) == {**item, "b": {"N": "1"}, "c": {"N": "2"}}
    assert item["b"] == {"N": "1.0"}, "what is given stays as it was"
    clean = {"a": {"S": "x"}, "b": {"N": "1"}}
    assert canonical_item(clean) is clean
    with pytest.raises(InvalidValue):
        canonical_item({"a": {"N": "1.0"}, "b": {}})


# ── comparing ────────────────────────────────────────────────────────────────────────────────────────────────────────
EQUAL: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"N": "1"}, {"N": "1.0"}),
    ({"NS": ["1", "2.0"]}, {"NS": ["2", "1"]}),
    ({"SS": ["a", "b"]}, {"SS": ["b", "a"]}),
    ({"L": [{"N": "1e1"}]}, {"L": [{"N": "10"}]}),
    ({"M": {"a": {"N": "1"}, "b": {"S": "x"}}}, {"M": {"b": {"S": "x"}, "a": {"N": "1.0"}}}),
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_equal_values_have_equal_forms(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"S": "1"}, {"N": "1"}),
        ({"L": [{"S": "a"}, {"S": "b"}]}, {"L": [{"S": "b"}, {"S": "a"}]}),
        ({"SS": ["a"]}, {"S": "a"}),
        ({"S": "a"}, {"S": "A"}),
        ({"BOOL": True}, {"NULL": True}),
        ({"NS": ["1"]}, {"SS": ["1"]}),
    ],
)
def test_different_values_have_different_forms(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert canonical(one) != canonical(other)


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        ({"N": "-2"}, {"N": "-1"}),
        ({"N": "9"}, {"N": "10"}),
        ({"N": "-1"}, {"N": "0.5"}),
        ({"S": "B"}, {"S": "a"}),
        ({"S": "a"}, {"S": "aa"}),
        ({"S": "ｚ"}, {"S": "😀"}),
        ({"S": ""}, {"S": "a"}),
        ({"B": "AP8="}, {"B": "/w=="}),
        ({"B": "AA=="}, {"B": "AAA="}),
    ],
)
def test_order(lower: dict[str, Any], higher: dict[str, Any]) -> None:
    assert compare(lower, higher) == -1
    assert compare(higher, lower) == 1
    assert compare(lower, lower) == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"S": "1"}, {"N": "1"}),
        ({"BOOL": True}, {"BOOL": True}),
        ({"NULL": True}, {"NULL": True}),
        ({"SS": ["a"]},) * 2,
    ],
)
def test_what_has_no_order(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert compare(one, other) is None


def test_prefixes() -> None:
    assert begins_with({"S": "abc"}, {"S": "ab"})
    assert begins_with({"S": "abc"}, {"S": ""})
    assert not begins_with({"S": "abc"}, {"S": "b"})
    assert begins_with({"B": "AP8B"}, {"B": "AP8="})
    assert not begins_with({"B": "AP8B"}, {"B": "/w=="})
    assert not begins_with({"S": "abc"}, {"B": "AP8="})
    assert not begins_with({"N": "123"}, {"N": "1"})


def test_contents() -> None:
    assert contains({"S": "abc"}, {"S": "bc"})
    assert contains({"B": "AP8B"}, {"B": "/wE="})
    assert contains({"SS": ["a", "b"]}, {"S": "b"})
    assert contains({"NS": ["1"]}, {"N": "1"})
    assert contains({"BS": ["AA=="]}, {"B": "AA=="})
    assert contains({"L": [{"SS": ["a"]}]}, {"SS": ["a"]})
    assert not contains({"SS": ["a"]}, {"SS": ["a"]})
    assert not contains({"SS": ["ab"]}, {"S": "a"})
    assert not contains({"NS": ["1"]}, {"S": "1"})
    assert not contains({"M": {"a": {"S": "b"}}}, {"S": "a"})
    assert not contains({"N": "12"}, {"N": "1"})
    assert not contains({"BOOL": True}, {"BOOL": True})
    assert not contains({"L": [{"L": [{"S": "a"}]}]}, {"S": "a"})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"S": "abc"}, 3),
        ({"S": "é"}, 1),
        ({"S": "😀"}, 2),
        ({"S": ""}, 0),
        ({"B": "AP8="}, 2),
        ({"B": ""}, 0),
        ({"SS": ["a", "b"]}, 2),
        ({"L": []}, 0),
        ({"M": {"a": {"S": "b"}}}, 1),
        ({"N": "12"}, None),
        ({"BOOL": True}, None),
        ({"NULL": True}, None),
    ],
)
def test_length(value: dict[str, Any], expected: int | None) -> None:
    assert length(value) == expected
    assert kind(value) == next(iter(value))


# ── sizes ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"S": "é"}, 2),
        ({"S": ""}, 0),
        ({"B": "AP8="}, 2),
        ({"B": "AP8B"}, 3),
        ({"B": ""}, 0),
        ({"N": "0"}, 1),
        ({"N": "1"}, 2),
        ({"N": "-1"}, 3),
        ({"N": "10"}, 2),
        ({"N": "12"}, 2),
        ({"N": "123"}, 3),
        ({"N": "1.5"}, 3),
        ({"N": "0.0000001"}, 2),
        ({"N": "1" + "0" * 125}, 2),
        ({"N": "0." + "0" * 129 + "1"}, 2),
        ({"N": "1001"}, 3),
        ({"N": "100.01"}, 4),
        ({"N": "-0.5"}, 3),
        ({"N": "9" * 38}, 20),
        ({"BOOL": False}, 1),
        ({"NULL": True}, 1),
        ({"SS": ["a", "é"]}, 3),
        ({"NS": ["1", "12"]}, 4),
        ({"BS": ["AP8=", ""]}, 2),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}]}, 6),
        ({"M": {}}, 3),
        ({"M": {"k": {"N": "1"}}}, 7),
        ({"M": {"k": {"L": [{"NULL": True}]}}}, 3 + 1 + 1 + 3 + 1 + 1),
    ],
)
def test_sizes(value: dict[str, Any], expected: int) -> None:
    assert value_size(value) == expected
    assert item_size({"ab": value}) == 2 + expected
    assert item_size({"é": value, "c": {"S": "x"}}) == 2 + expected + 2


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"a": {"S": "x"}}, 2 + (1 + 1 + 1) + 18),
        ({"long name": {"S": "x"}}, 2 + (1 + 1 + 1) + 18),
        ({"a": {"S": "x" * 127}}, 2 + (1 + 127 + 1) + 18),
        ({"a": {"S": "x" * 128}}, 2 + (1 + 128 + 2) + 18),
        ({"a": {"S": "x" * 16384}}, 2 + (1 + 16384 + 3) + 6 * 18),
        ({"a": {"S": "x"}, "sk": {"S": "yy"}}, 2 + (1 + 1 + 1) + 18 + 3),
        ({"a": {"S": "x" * 3068}, "sk": {"S": "yy"}}, 2 + (1 + 3068 + 2) + 2 * (18 + 3)),
        ({"a": {"S": "x" * 3067}, "sk": {"S": "yy"}}, 2 + (1 + 3067 + 2) + 1 * (18 + 3)),
        ({"a": {"N": "0"}}, 2 + (1 + 1 + 1) + 18),
        ({"a": {"N": "12"}}, 2 + (1 + 1 + 2) + 18),
        ({"a": {"N": "123"}}, 2 + (1 + 1 + 3) + 18),
        ({"a": {"N": "150"}}, 2 + (1 + 1 + 3) + 18),
        ({"a": {"N": "1.5"}}, 2 + (1 + 1 + 3) + 18),
        ({"a": {"N": "-0.05"}}, 2 + (1 + 1 + 3) + 18),
        ({"a": {"BOOL": True}, "b": {"NULL": True}, "c": {"B": "AP8="}}, 2 + (1 + 1) + (1 + 0) + (1 + 2 + 1) + 18),
        ({"a": {"SS": ["x", "yy"]}, "b": {"NS": ["1"]}, "c": {"BS": [""]}}, 2 + (1 + 6) + (1 + 4) + (1 + 2) + 18),
        ({"a": {"L": [{"S": "x"}, {"NULL": True}]}}, 2 + (1 + 3 + (1 + 2) + 1) + 18),
        ({"a": {"M": {"name": {"S": "x"}}}}, 2 + (1 + 3 + (2 + 2)) + 18),
    ],
)
def test_stored_sizes(item: dict[str, Any], expected: int) -> None:
    assert stored_size(item, "sk") == expected
    assert stored_size(item, "sk") <= stored_size_bound(1, item_size(item))
