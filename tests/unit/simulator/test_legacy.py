"""The parameters from before expressions: their texts, which mistake is told, and what they mean."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from hashrange.simulator.errors import ApiError
from hashrange.simulator.language.key_condition import AttributeCondition
from hashrange.simulator.legacy import attribute_updates, conditions, expected_condition, filter_predicate
from hashrange.simulator.values import canonical_item

INVALID = "One or more parameter values were invalid: "
S: dict[str, Any] = {"S": "x"}
TYPES: dict[str, dict[str, Any]] = {
    "S": {"S": "x"},
    "N": {"N": "1"},
    "B": {"B": "AP8="},
    "SS": {"SS": ["a"]},
    "NS": {"NS": ["1"]},
    "BS": {"BS": ["AP8="]},
    "BOOL": {"BOOL": True},
    "NULL": {"NULL": True},
    "L": {"L": []},
    "M": {"M": {}},
}
ITEM = canonical_item(
    {
        "n": {"N": "5"},
        "s": {"S": "abc"},
        "b": {"B": "AP8="},
        "ss": {"SS": ["a", "b"]},
        "ns": {"NS": ["1", "2"]},
        "l": {"L": [{"S": "a"}]},
        "t": {"BOOL": True},
        "a.b": {"S": "dotted"},
    }
)


def condition(operator: str, *values: dict[str, Any]) -> dict[str, Any]:
    return {"ComparisonOperator": operator, "AttributeValueList": list(values)}


def message(caught: pytest.ExceptionInfo[ApiError]) -> str:
    assert caught.value.name == "ValidationException"
    return caught.value.message or ""


# ── Expected ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def expected_refusal(**expected: Any) -> str:
    with pytest.raises(ApiError) as caught:
        expected_condition(expected, None)
    return message(caught)


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (
            {"Value": S, "AttributeValueList": [S]},
            INVALID + "Value and AttributeValueList cannot be used together for Attribute: a",
        ),
        (
            {"Value": S, "AttributeValueList": [S], "ComparisonOperator": "EQ", "Exists": True},
            INVALID + "Value and AttributeValueList cannot be used together for Attribute: a",
        ),
        (
            {"ComparisonOperator": "EQ", "Exists": False},
            INVALID + "Exists and ComparisonOperator cannot be used together for Attribute: a",
        ),
        (
            {"ComparisonOperator": "LT"},
            INVALID + "Value or AttributeValueList must be used with ComparisonOperator: LT for Attribute: a",
        ),
        (
            condition("EQ"),
            INVALID + "Invalid number of argument(s) for the EQ ComparisonOperator",
        ),
        (
            {"ComparisonOperator": "NULL", "Value": S},
            INVALID + "Invalid number of argument(s) for the NULL ComparisonOperator",
        ),
        (
            {"ComparisonOperator": "BETWEEN", "Value": S},
            INVALID + "Invalid number of argument(s) for the BETWEEN ComparisonOperator",
        ),
        (
            condition("IN", S, {"N": "1"}),
            INVALID + "AttributeValues inside AttributeValueList must be of same type",
        ),
        (
            condition("BETWEEN", {"S": "b"}, {"S": "a"}),
            "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound",
        ),
        (
            {"AttributeValueList": [S]},
            INVALID + "AttributeValueList can only be used with a ComparisonOperator for Attribute: a",
        ),
        (
            {"AttributeValueList": [], "Exists": False},
            INVALID + "AttributeValueList can only be used with a ComparisonOperator for Attribute: a",
        ),
        ({}, INVALID + "Value must be provided when Exists is null for Attribute: a"),
        ({"Exists": True}, INVALID + "Value must be provided when Exists is true for Attribute: a"),
        ({"Exists": False, "Value": S}, INVALID + "Value cannot be used when Exists is false for Attribute: a"),
        ({"Value": {}}, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
        ({"Exists": True, "Value": {"N": "x"}}, "The parameter cannot be converted to a numeric value: x"),
        (condition("LT", {"SS": []}), INVALID + "An string set  may not be empty"),
        (condition("LT", {"SS": ["a"]}), INVALID + "ComparisonOperator LT is not valid for SS AttributeValue type"),
    ],
)
def test_what_cannot_be_expected(wanted: dict[str, Any], text: str) -> None:
    assert expected_refusal(a=wanted) == text


def test_the_first_attribute_with_a_mistake_is_told() -> None:
    assert expected_refusal(a={"Value": S}, b={}, c={"Exists": True}).endswith("Exists is null for Attribute: b")


@pytest.mark.parametrize(
    ("wanted", "holds"),
    [
        ({"n": {"Value": {"N": "5.0"}}}, True),
        ({"n": {"Value": {"N": "6"}}}, False),
        ({"n": {"Exists": True, "Value": {"N": "5"}}}, True),
        ({"nope": {"Exists": False}}, True),
        ({"n": {"Exists": False}}, False),
        ({"n": {"ComparisonOperator": "GE", "Value": {"N": "5"}}}, True),
        ({"n": condition("GT", {"N": "5"})}, False),
        ({"a.b": {"Value": {"S": "dotted"}}}, True),
        ({"n": {"Value": {"N": "5"}}, "nope": {"Value": S}}, False),
        ({"ss": {"Value": {"SS": ["b", "a"]}}}, True),
        ({"name": {"Exists": False}}, True),  # reserved words are names like others
    ],
)
def test_what_is_expected(wanted: dict[str, Any], holds: bool) -> None:
    matches = expected_condition(wanted, None)
    assert matches is not None
    assert matches(ITEM) is holds


def test_nothing_is_expected() -> None:
    assert expected_condition(None, None) is None
    assert expected_condition({}, None) is None


def test_how_conditions_are_joined() -> None:
    one_holds = {"n": {"Value": {"N": "5"}}, "s": {"Value": S}, "l": {"Exists": False}}
    for operator, holds in ((None, False), ("AND", False), ("OR", True)):
        matches = expected_condition(one_holds, operator)
        assert matches is not None
        assert matches(ITEM) is holds
    none_holds = {"n": {"Value": {"N": "6"}}, "s": {"Value": S}}
    matches = expected_condition(none_holds, "OR")
    assert matches is not None
    assert matches(ITEM) is False


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (None, "ConditionalOperator cannot be used without Filter or Expected"),
        ({}, "ConditionalOperator cannot be used without Filter or Expected"),
        (
            {"a": {"Exists": False}},
            "ConditionalOperator can only be used when Filter or Expected has two or more elements",
        ),
        ({"a": {}}, INVALID + "Value must be provided when Exists is null for Attribute: a"),
    ],
)
def test_an_operator_needs_two_conditions(expected: dict[str, Any] | None, text: str) -> None:
    for operator in ("AND", "OR"):
        with pytest.raises(ApiError) as caught:
            expected_condition(expected, operator)
        assert message(caught) == text


# ── conditions of Query and Scan ─────────────────────────────────────────────────────────────────────────────────────
def refusal(operator: str, *values: dict[str, Any]) -> str:
    with pytest.raises(ApiError) as caught:
        conditions({"a": condition(operator, *values)})
    return message(caught)


def test_conditions_keep_their_order_and_are_canonical() -> None:
    found = conditions({"b": condition("EQ", {"N": "1.0"}), "a": {"ComparisonOperator": "NOT_NULL"}})
    assert found == (AttributeCondition("b", "EQ", ({"N": "1"},)), AttributeCondition("a", "NOT_NULL"))
    assert conditions(None) == ()


@pytest.mark.parametrize(
    ("operator", "counts"),
    [
        *(
            (operator, {1})
            for operator in ["EQ", "NE", "LE", "LT", "GE", "GT", "CONTAINS", "NOT_CONTAINS", "BEGINS_WITH"]
        ),
        ("NULL", {0}),
        ("NOT_NULL", {0}),
        ("BETWEEN", {2}),
        ("IN", {1, 2, 3}),
    ],
)
def test_counts_of_arguments(operator: str, counts: set[int]) -> None:
    for count in range(4):
        if count in counts:
            assert len(conditions({"a": condition(operator, *[S] * count)})[0].arguments) == count
        else:
            text = f"{INVALID}Invalid number of argument(s) for the {operator} ComparisonOperator"
            assert refusal(operator, *[S] * count) == text


@pytest.mark.parametrize(
    ("operators", "allowed"),
    [
        ("EQ NE", "S N B SS NS BS BOOL NULL L M"),
        ("LE LT GE GT IN BETWEEN", "S N B"),
        ("CONTAINS NOT_CONTAINS", "S N B BOOL NULL"),
        ("BEGINS_WITH", "S B"),
    ],
)
def test_types_of_arguments(operators: str, allowed: str) -> None:
    for operator in operators.split():
        for letters, value in TYPES.items():
            values = [value, value] if operator == "BETWEEN" else [value]
            if letters in allowed.split():
                assert conditions({"a": condition(operator, *values)})
            else:
                text = f"{INVALID}ComparisonOperator {operator} is not valid for {letters} AttributeValue type"
                assert refusal(operator, *values) == text


def test_which_mistake_of_a_condition_is_told() -> None:
    assert refusal("EQ", {"SS": []}, S) == INVALID + "An string set  may not be empty"
    count = INVALID + "Invalid number of argument(s) for the EQ ComparisonOperator"
    assert refusal("EQ", S, {"N": "1"}) == count
    types = INVALID + "AttributeValues inside AttributeValueList must be of same type"
    assert refusal("BETWEEN", {"SS": ["a"]}, S) == types
    assert refusal("BETWEEN", {"SS": ["b"]}, {"SS": ["a"]}).startswith(f"{INVALID}ComparisonOperator BETWEEN is not")
    inverted = "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
    assert refusal("BETWEEN", {"N": "10"}, {"N": "9"}) == inverted


@pytest.mark.parametrize(
    ("name", "wanted", "holds"),
    [
        ("n", condition("EQ", {"N": "5.0"}), True),
        ("n", condition("NE", {"N": "5.0"}), False),
        ("n", condition("LT", {"N": "10"}), True),
        ("n", condition("LE", {"N": "5"}), True),
        ("n", condition("GT", {"N": "10"}), False),
        ("n", condition("GE", {"N": "-1"}), True),
        ("n", condition("GE", {"S": "1"}), False),
        ("n", condition("NE", {"S": "5"}), True),
        ("n", condition("BETWEEN", {"N": "5"}, {"N": "6"}), True),
        ("n", condition("IN", {"N": "4"}, {"N": "5"}), True),
        ("s", condition("IN", {"S": "x"}), False),
        ("s", condition("BEGINS_WITH", {"S": "ab"}), True),
        ("b", condition("BEGINS_WITH", {"B": "AA=="}), True),
        ("s", condition("CONTAINS", {"S": "bc"}), True),
        ("ss", condition("CONTAINS", {"S": "a"}), True),
        ("ns", condition("CONTAINS", {"N": "2.0"}), True),
        ("l", condition("CONTAINS", {"S": "a"}), True),
        ("l", condition("NOT_CONTAINS", {"S": "b"}), True),
        ("ss", condition("NOT_CONTAINS", {"S": "a"}), False),
        ("n", condition("NOT_CONTAINS", {"S": "a"}), True),
        ("ss", condition("EQ", {"SS": ["b", "a"]}), True),
        ("t", condition("EQ", {"BOOL": True}), True),
        ("n", condition("NOT_NULL"), True),
        ("n", condition("NULL"), False),
        ("nope", condition("NULL"), True),
        ("nope", condition("NOT_NULL"), False),
        ("nope", condition("NE", {"N": "5"}), True),
        ("nope", condition("NOT_CONTAINS", {"S": "a"}), True),
        *(
            ("nope", condition(operator, S), False)
            for operator in ("EQ", "LT", "LE", "GT", "GE", "CONTAINS", "BEGINS_WITH", "IN")
        ),
        ("nope", condition("BETWEEN", S, S), False),
    ],
)
def test_what_conditions_mean(name: str, wanted: dict[str, Any], holds: bool) -> None:
    matches = filter_predicate(conditions({name: wanted}), None)
    assert matches is not None
    assert matches(ITEM) is holds


# ── AttributeUpdates ─────────────────────────────────────────────────────────────────────────────────────────────────
def update(action: str | None = None, value: dict[str, Any] | None = None) -> dict[str, Any]:
    return {name: given for name, given in (("Action", action), ("Value", value)) if given is not None}


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (update(), INVALID + "Only DELETE action is allowed when no attribute value is specified"),
        (update("PUT"), INVALID + "Only DELETE action is allowed when no attribute value is specified"),
        (update("ADD"), INVALID + "Only DELETE action is allowed when no attribute value is specified"),
        (update("ADD", {"N": "x"}), "The parameter cannot be converted to a numeric value: x"),
        (update("PUT", {}), "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
        *(
            (update("ADD", TYPES[letters]), f"{INVALID}ADD action is not supported for the type {letters}")
            for letters in ("S", "B", "BOOL", "NULL", "M")
        ),
        *(
            (
                update("DELETE", TYPES[letters]),
                f"{INVALID}DELETE action with value is not supported for the type {letters}",
            )
            for letters in ("S", "N", "B", "BOOL", "NULL", "L", "M")
        ),
    ],
)
def test_what_is_no_update(wanted: dict[str, Any], text: str) -> None:
    with pytest.raises(ApiError) as caught:
        attribute_updates({"good": update("DELETE"), "a": wanted})
    assert message(caught) == text


@pytest.mark.parametrize(
    ("updates", "changed"),
    [
        ({"n": update(None, S)}, {"n": S}),
        ({"new": update("PUT", {"N": "1.0"})}, {"new": {"N": "1"}}),
        ({"n": update("DELETE")}, {"n": None}),
        ({"nope": update("DELETE")}, {}),
        ({"n": update("ADD", {"N": "-2.5"})}, {"n": {"N": "2.5"}}),
        ({"new": update("ADD", {"N": "3"})}, {"new": {"N": "3"}}),
        ({"ss": update("ADD", {"SS": ["c", "a"]})}, {"ss": {"SS": ["a", "b", "c"]}}),
        ({"new": update("ADD", {"NS": ["1"]})}, {"new": {"NS": ["1"]}}),
        ({"l": update("ADD", {"L": [{"N": "1"}]})}, {"l": {"L": [{"S": "a"}, {"N": "1"}]}}),
        ({"new": update("ADD", {"L": [{"N": "1"}]})}, {"new": {"L": [{"N": "1"}]}}),
        ({"ss": update("DELETE", {"SS": ["b", "c"]})}, {"ss": {"SS": ["a"]}}),
        ({"ss": update("DELETE", {"SS": ["b", "a"]})}, {"ss": None}),
        ({"nope": update("DELETE", {"SS": ["b"]})}, {}),
        ({"a.b": update("PUT", S), "name": update("PUT", S)}, {"a.b": S, "name": S}),
    ],
)
def test_updates(updates: dict[str, Any], changed: dict[str, Any]) -> None:
    before = deepcopy(ITEM)
    checked = attribute_updates(updates)
    expected = {**ITEM, **changed}
    assert checked.apply(ITEM) == {name: value for name, value in expected.items() if value is not None}
    assert before == ITEM
    assert checked.names == tuple(updates)


@pytest.mark.parametrize(
    "updates",
    [
        {"s": update("ADD", {"N": "1"})},
        {"ss": update("ADD", {"NS": ["1"]})},
        {"n": update("ADD", {"L": []})},
        {"ns": update("DELETE", {"SS": ["a"]})},
        {"s": update("DELETE", {"SS": ["a"]})},
    ],
)
def test_the_stored_type_must_fit(updates: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as caught:
        attribute_updates(updates).apply(ITEM)
    assert message(caught) == "Type mismatch for attribute to update"


def test_a_sum_keeps_to_the_range_of_numbers() -> None:
    item = canonical_item({"n": {"N": "9e125"}})
    with pytest.raises(ApiError) as caught:
        attribute_updates({"n": update("ADD", {"N": "9e125"})}).apply(item)
    assert message(caught).startswith("Number overflow.")


def test_no_updates() -> None:
    assert attribute_updates(None).apply(ITEM) == ITEM
    assert attribute_updates({}).names == ()
