"""What all expressions have in common: limits, repr, equality, sharing of one allocator."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from hashrange import limits
from hashrange.errors import InvalidExpression
from hashrange.expressions import Attr, KeyCondition, Placeholders, Projection, Raw, SortCondition, Update, begins_with
from hashrange.expressions.expression import Expression
from hashrange.key import KeySchema

from .rendering import rendered, text_of

CONDITION = (Attr("a", "b", 0) == "x") & (Attr("tags").size() > 3)

EVERY_KIND: list[tuple[Expression, str, str]] = [
    (CONDITION, "Condition(a.b[0] = 'x' AND size(tags) > 3)", "a.b[0] = ? AND size(tags) > ?"),
    (Attr("a.b", "c"), "Attr(`a.b`.c)", "`a.b`.c"),
    (Attr("a").size(), "Size(size(a))", "size(a)"),
    (Attr("a").if_not_exists(0), "IfNotExists(if_not_exists(a, 0))", "if_not_exists(a, ?)"),
    (Attr("a") + 1, "Arithmetic(a + 1)", "a + ?"),
    (Attr("a").list_append([1]), "ListAppend(list_append(a, [1]))", "list_append(a, ?)"),
    (
        Update().set("name", "Bob").add("visits", 1).remove("nickname"),
        "Update(SET name = 'Bob' REMOVE nickname ADD visits 1)",
        "SET name = ? REMOVE nickname ADD visits ?",
    ),
    (Update(), "Update()", ""),
    (Projection("a", Attr("b").c), "Projection(a, b.c)", "a, b.c"),
    (
        Raw("#a > :b", names={"#a": "size"}, values={":b": 3}),
        "Raw(size > 3)",
        "size > ?",
    ),
    (begins_with("ORDER#"), "SortCondition(begins_with('ORDER#'))", "begins_with(?)"),
    (
        KeyCondition(KeySchema("PK", "SK"), "USER#1", begins_with("ORDER#")),
        "KeyCondition(PK = 'USER#1' AND begins_with(SK, 'ORDER#'))",
        "PK = ? AND begins_with(SK, ?)",
    ),
]
IDS = [type(expression).__name__ for expression, _, _ in EVERY_KIND]


@pytest.mark.parametrize(("expression", "shown", "redacted"), EVERY_KIND, ids=IDS)
def test_repr_shows_names_and_values_and_redaction_hides_values(
    expression: Expression, shown: str, redacted: str
) -> None:
    assert repr(expression) == shown
    assert expression.describe(redact=True) == redacted
    assert shown == f"{shown.partition('(')[0]}({expression.describe()})"


def test_repr_is_not_replaced_text() -> None:
    """Values that look like placeholders, and more of them than one digit can number."""
    condition = Attr("#n1").is_in([f":v{number}" for number in range(12)]) & (Attr(":v0") == "#n0")
    alternatives = ", ".join(f"':v{number}'" for number in range(12))
    assert condition.describe() == f"`#n1` IN ({alternatives}) AND `:v0` = '#n0'"


@pytest.mark.parametrize(("expression", "shown", "redacted"), EVERY_KIND, ids=IDS)
def test_expressions_copy_and_pickle(expression: Expression, shown: str, redacted: str) -> None:
    for twin in (copy.copy(expression), copy.deepcopy(expression), pickle.loads(pickle.dumps(expression))):
        assert type(twin) is type(expression)
        assert repr(twin) == shown


@pytest.mark.parametrize(("expression", "shown", "redacted"), EVERY_KIND, ids=IDS)
def test_expressions_have_no_attributes_to_set(expression: Any, shown: str, redacted: str) -> None:
    assert not hasattr(expression, "__dict__")
    with pytest.raises(AttributeError):
        expression.anything = 1


def test_equality_is_that_of_what_is_sent() -> None:
    assert (Attr("a") == 1).same_as(Attr("a") == 1.0)
    assert not (Attr("a") == 1).same_as(Attr("a") == True)  # noqa: E712 - True is a value here
    assert not (Attr("a") == 1).same_as(Attr("b") == 1)
    assert not (Attr("a") == 1).same_as("a")
    assert not Raw("a").same_as(Projection("a"))
    assert Update().set("a", 1) == Update().set("a", 1)
    assert Update().set("a", 1) != Update().set("a", 2)
    assert len({Update().set("a", 1), Update().set("a", 1.0), Update().set("b", 1)}) == 2
    assert Attr("a").same_as(Attr("a"))
    conditions = [Attr("a").exists(), Attr("a").not_exists()]
    assert Attr("a").exists() in conditions
    assert hash(conditions[0]) == hash(Attr("a").exists())


def test_one_allocator_for_all_expressions_of_a_request() -> None:
    placeholders = Placeholders()
    update = Update().set("status", "open").add("version", 1)
    condition = (Attr("version") == 1) & (Attr("status") != "open") & Attr("id").exists()
    assert update.render(placeholders) == "SET #n0 = :v0 ADD #n1 :v1"
    assert condition.render(placeholders) == "#n1 = :v1 AND #n0 <> :v0 AND attribute_exists(#n2)"
    assert placeholders.names == {"#n0": "status", "#n1": "version", "#n2": "id"}
    assert placeholders.values == {":v0": {"S": "open"}, ":v1": {"N": "1"}}


def test_a_value_is_taken_as_it_is_when_the_expression_is_built() -> None:
    tags = ["a"]
    update = Update().set("tags", tags)
    tags.append("b")
    assert rendered(update).values == {":v0": {"L": [{"S": "a"}]}}


def test_rendering_twice_gives_the_same() -> None:
    assert rendered(CONDITION) == rendered(CONDITION)


def test_length_limit() -> None:
    longest = Raw("a" * limits.EXPRESSION_MAX_BYTES)
    assert len(text_of(longest)) == limits.EXPRESSION_MAX_BYTES
    for too_long in (Raw("a" * (limits.EXPRESSION_MAX_BYTES + 1)), Raw("é" * 2_049)):
        with pytest.raises(InvalidExpression, match=r"409[78] bytes; at most 4096"):
            text_of(too_long)
    wide = Update()
    for number in range(400):
        wide = wide.set(f"attribute{number}", number)
    with pytest.raises(InvalidExpression, match="at most 4096"):
        text_of(wide)


def test_sort_conditions_render_only_with_the_name_of_a_key() -> None:
    condition: SortCondition = begins_with("a")
    assert condition.text_for("SK", Placeholders()) == "begins_with(#n0, :v0)"
    with pytest.raises(InvalidExpression, match="no expression by itself"):
        condition.render(Placeholders())
