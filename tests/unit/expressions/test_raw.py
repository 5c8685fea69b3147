"""Raw: placeholders of its own, combination with builders, bad input."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.errors import InvalidExpression, TypeMismatch, ValidationError
from hashrange.expressions import Attr, Condition, Placeholders, Raw, Update

from .rendering import rendered, text_of


def test_placeholders_go_through_the_allocator() -> None:
    raw = Raw("attribute_exists(#x) AND #y.#x[0] > :low", names={"#x": "a", "#y": "b"}, values={":low": 1})
    found = rendered(raw)
    assert found.text == "attribute_exists(#n0) AND #n1.#n0[0] > :v0"
    assert found.names == {"#n0": "a", "#n1": "b"}
    assert found.values == {":v0": {"N": "1"}}


@pytest.mark.parametrize("raw_first", [True, False])
def test_no_placeholder_of_raw_text_can_collide(raw_first: bool) -> None:
    """Whatever they are called, and in whatever order they are rendered."""
    raw = Raw("#n0 = :v0 AND #n1 <> :v1", names={"#n0": "one", "#n1": "two"}, values={":v0": "x", ":v1": "y"})
    other = Raw("#n0 = :v0", names={"#n0": "three"}, values={":v0": "z"})
    builder = (Attr("four") == "w") & (Attr("two") == "x")
    placeholders = Placeholders()
    texts = [one.render(placeholders) for one in ((raw, other, builder) if raw_first else (builder, other, raw))]
    assert texts == (
        ["#n0 = :v0 AND #n1 <> :v1", "#n2 = :v2", "#n3 = :v3 AND #n1 = :v0"]
        if raw_first
        else ["#n0 = :v0 AND #n1 = :v1", "#n2 = :v2", "#n3 = :v1 AND #n1 <> :v3"]
    )
    assert len(placeholders.names) == 4
    assert len(placeholders.values) == 4


def test_longer_placeholders_are_no_mixture_of_shorter_ones() -> None:
    raw = Raw("#a = :a AND #ab = :ab", names={"#a": "x", "#ab": "y"}, values={":a": 1, ":ab": 2})
    assert raw.describe() == "x = 1 AND y = 2"


def test_text_without_placeholders_stays_as_it_is() -> None:
    assert text_of(Raw("  a  <  b ")) == "  a  <  b "


A = Attr("a").exists()


@pytest.mark.parametrize(
    ("combined", "text"),
    [
        (A & Raw("x = y"), "A AND x = y"),
        (A & Raw("x = y OR y = z"), "A AND (x = y OR y = z)"),
        (A & Raw("x = y or y = z"), "A AND (x = y or y = z)"),
        (A & Raw("x = y AND y = z"), "A AND x = y AND y = z"),
        (A | Raw("x = y AND y = z"), "A OR x = y AND y = z"),
        (A | Raw("x = y OR y = z"), "A OR x = y OR y = z"),
        (A & Raw("(x = y OR y = z)"), "A AND (x = y OR y = z)"),
        (A & Raw("(x = y) OR (y = z)"), "A AND ((x = y) OR (y = z))"),
        (A & Raw("x BETWEEN y AND z"), "A AND x BETWEEN y AND z"),
        (A & Raw("NOT x = y"), "A AND NOT x = y"),
        (~Raw("x = y"), "NOT x = y"),
        (~Raw("x BETWEEN y AND z"), "NOT x BETWEEN y AND z"),
        (~Raw("x between y and z and a = b"), "NOT (x between y and z and a = b)"),
        (~Raw("x = y AND y = z"), "NOT (x = y AND y = z)"),
        (~Raw("NOT x = y"), "NOT NOT x = y"),
        (~Raw("contains(x, y) OR x IN (y, z)"), "NOT (contains(x, y) OR x IN (y, z))"),
        (~Raw("size(x) > y"), "NOT size(x) > y"),
        (Raw("#or = z", names={"#or": "w"}) & A, "w = z AND A"),
        (Raw("x = y OR y = z") & Raw("z = y"), "(x = y OR y = z) AND z = y"),
    ],
)
def test_parentheses_stand_only_where_precedence_needs_them(combined: Condition, text: str) -> None:
    assert combined.describe() == text.replace("A AND", "attribute_exists(a) AND").replace(
        "A OR", "attribute_exists(a) OR"
    ).replace("AND A", "AND attribute_exists(a)")


def test_operators_of_the_text_count() -> None:
    hundred = Raw(" OR ".join(["size(x) > y", "NOT x IN (y, z)"] * 17))  # 4 operators for each two, 33 for OR
    assert text_of(hundred | hundred)
    with pytest.raises(InvalidExpression, match="more than 300 operators"):
        hundred | hundred | hundred | hundred


def test_raw_is_an_update_too() -> None:
    raw = Raw("SET #a = if_not_exists(#a, :zero) + :one", {"#a": "visits"}, {":zero": 0, ":one": 1})
    assert text_of(raw) == "SET #n0 = if_not_exists(#n0, :v0) + :v1"
    assert not Update().set("x", Raw("y")).replay_safe


@pytest.mark.parametrize("text", ["", "  ", None, 5, b"a = b"])
def test_text_is_needed(text: Any) -> None:
    with pytest.raises(InvalidExpression, match="needs text"):
        Raw(text)


@pytest.mark.parametrize(
    ("text", "names", "values", "reason"),
    [
        ("#a = :b", {}, {}, "uses #a, :b, which it does not define"),
        ("#a = :b AND #a = :c", {"#a": "a"}, {":b": 1}, "uses :c, which"),
        ("# = 1", {}, {}, "uses #, which"),
        ("a = b", {"#a": "a"}, {}, "defines #a and does not use it"),
        ("#a = :ab", {"#a": "a"}, {":ab": 1, ":a": 2}, "defines :a and does not use it"),
        ("#a = b", {"a": "a"}, {}, "'a' is not a placeholder"),
        ("#a = b", {":a": "a"}, {}, "':a' is not a placeholder"),
        ("a = :b", {}, {"#b": 1}, "'#b' is not a placeholder"),
        ("#a-b = c", {"#a-b": "a"}, {}, "'#a-b' is not a placeholder"),
        ("#a = b", {1: "a"}, {}, "1 is not a placeholder"),
        ("#a = b", {"#a": ""}, {}, "empty name"),
        ("#a = b", {"#a": 5}, {}, "not a name"),
    ],
)
def test_refused_definitions(text: str, names: Any, values: Any, reason: str) -> None:
    with pytest.raises(InvalidExpression, match=reason):
        Raw(text, names=names, values=values)


def test_values_are_checked() -> None:
    with pytest.raises(TypeMismatch, match=r":b: object has no DynamoDB type"):
        Raw("a = :b", values={":b": object()})  # type: ignore[dict-item]
    with pytest.raises(ValidationError, match=r":b\[0\]: the set is empty"):
        Raw("a = :b", values={":b": [set()]})


def test_repr_shows_names_and_values() -> None:
    raw = Raw("#a > :v1 AND #b = :v10", {"#a": "size", "#b": "a.b"}, {":v1": 1, ":v10": "x"})
    assert repr(raw) == "Raw(size > 1 AND `a.b` = 'x')"
    assert raw.describe(redact=True) == "size > ? AND `a.b` = ?"


def test_a_dotted_name_is_one_name() -> None:
    assert rendered(Raw("#a = b", {"#a": "x.y"})).names == {"#n0": "x.y"}
