"""Conditions: their text, their parentheses, their placeholders, and what is refused before sending."""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from functools import reduce
from typing import Any
from uuid import uuid4

import pytest

from hashrange import limits
from hashrange.errors import InvalidExpression, TypeMismatch, ValidationError
from hashrange.expressions import Attr, Condition, Raw

from .rendering import rendered, text_of

A, B, C, D = (Attr(name).exists() for name in "abcd")
SHOWN = {name: f"attribute_exists({name})" for name in "abcd"}


def untyped(*steps: str | int) -> Any:
    """An Attr of which type checkers see no mistakes."""
    return Attr(*steps)


# ── comparisons and functions ────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (Attr("a") == "x", "#n0 = :v0"),
        (Attr("a") != "x", "#n0 <> :v0"),
        (Attr("a") < 1, "#n0 < :v0"),
        (Attr("a") <= 1, "#n0 <= :v0"),
        (Attr("a") > 1, "#n0 > :v0"),
        (Attr("a") >= 1, "#n0 >= :v0"),
        (Attr("a") == Attr("b"), "#n0 = #n1"),
        (Attr("a") < Attr("b", 0), "#n0 < #n1[0]"),
        (Attr("a").between(1, 2), "#n0 BETWEEN :v0 AND :v1"),
        (Attr("a").between(1, 1), "#n0 BETWEEN :v0 AND :v0"),
        (Attr("a").between(Attr("b"), Attr("c")), "#n0 BETWEEN #n1 AND #n2"),
        (Attr("a").between(1, Attr("c").size()), "#n0 BETWEEN :v0 AND size(#n1)"),
        (Attr("a").is_in(["x", "y", "x"]), "#n0 IN (:v0, :v1, :v0)"),
        (Attr("a").is_in(("x",)), "#n0 IN (:v0)"),
        (Attr("a").is_in([Attr("b"), 1, None, [1]]), "#n0 IN (#n1, :v0, :v1, :v2)"),
        (Attr("a").exists(), "attribute_exists(#n0)"),
        (Attr("a").not_exists(), "attribute_not_exists(#n0)"),
        (Attr("a").has_type("SS"), "attribute_type(#n0, :v0)"),
        (Attr("a").begins_with("x"), "begins_with(#n0, :v0)"),
        (Attr("a").begins_with(b"x"), "begins_with(#n0, :v0)"),
        (Attr("a").begins_with(Attr("b")), "begins_with(#n0, #n1)"),
        (Attr("a").contains("x"), "contains(#n0, :v0)"),
        (Attr("a").contains([1]), "contains(#n0, :v0)"),
        (Attr("a").contains(Attr("b")), "contains(#n0, #n1)"),
        (Attr("a").contains(Attr("b").size()), "contains(#n0, size(#n1))"),
        (Attr("a").size() > 3, "size(#n0) > :v0"),
        (Attr("a").size() == Decimal(3), "size(#n0) = :v0"),
        (Attr("a").size() != Attr("b"), "size(#n0) <> #n1"),
        (Attr("a").size() >= Attr("b").size(), "size(#n0) >= size(#n1)"),
        (Attr("a").size().between(1, 2), "size(#n0) BETWEEN :v0 AND :v1"),
        (Attr("a").size().is_in([1, 2]), "size(#n0) IN (:v0, :v1)"),
        (Attr("a").size() < Attr("a"), "size(#n0) < #n0"),
        (Attr("a") == Attr("a", "b"), "#n0 = #n0.#n1"),
    ],
)
def test_text(condition: Condition, text: str) -> None:
    assert text_of(condition) == text


def test_values_are_encoded() -> None:
    class Status(Enum):
        OPEN = "open"

    condition = Attr("a").is_in([Status.OPEN, 1.5, b"x", True, None])  # type: ignore[list-item]
    assert list(rendered(condition).values.values()) == [
        {"S": "open"},
        {"N": "1.5"},
        {"B": "eA=="},
        {"BOOL": True},
        {"NULL": True},
    ]


def test_python_may_turn_a_comparison_round() -> None:
    assert text_of(Attr("a") > 5) == "#n0 > :v0"
    assert text_of(Attr("a") <= 5) == "#n0 <= :v0"
    turned: Any = "x" == Attr("a")  # noqa: SIM300
    assert text_of(turned) == "#n0 = :v0"


@pytest.mark.parametrize("name", ["a.b", "my-attr", "#x", ":v0", "ßü", "a space", "size", "AND", "select", "0"])
def test_odd_and_reserved_names(name: str) -> None:
    found = rendered(Attr(name).begins_with("x") & (Attr("m", name) == 1))
    assert found.text == "begins_with(#n0, :v0) AND #n1.#n0 = :v1"
    assert found.names == {"#n0": name, "#n1": "m"}


# ── and, or, not ─────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (A & B & C, "a AND b AND c"),
        (A & (B & C), "a AND b AND c"),
        ((A & B) & (C & D), "a AND b AND c AND d"),
        (A | B | C, "a OR b OR c"),
        (A | (B | C), "a OR b OR c"),
        (A & B | C, "a AND b OR c"),
        (A | B & C, "a OR b AND c"),
        ((A | B) & C, "(a OR b) AND c"),
        (A & (B | C), "a AND (b OR c)"),
        ((A | B) & (C | D), "(a OR b) AND (c OR d)"),
        ((A & B) | (C & D), "a AND b OR c AND d"),
        (~A, "NOT a"),
        (~~A, "a"),
        (~~~A, "NOT a"),
        (~A & B, "NOT a AND b"),
        (~(A & B), "NOT (a AND b)"),
        (~(A | B), "NOT (a OR b)"),
        (~~(A | B) & C, "(a OR b) AND c"),
        (~(~A & B), "NOT (NOT a AND b)"),
        ((A | B & (C | D)) & ~(A | B), "(a OR b AND (c OR d)) AND NOT (a OR b)"),
    ],
)
def test_parentheses_stand_only_where_precedence_needs_them(condition: Condition, text: str) -> None:
    for name, shown in SHOWN.items():
        text = " ".join(
            shown.join(("(" * word.count("("), ")" * word.count(")"))) if word.strip("()") == name else word
            for word in text.split(" ")
        )
    assert condition.describe() == text


def test_between_needs_no_parentheses() -> None:
    condition, shown = Attr("a").between(1, 2), "a BETWEEN 1 AND 2"
    assert (condition & ~condition | condition).describe() == f"{shown} AND NOT {shown} OR {shown}"


def test_deep_nesting() -> None:
    condition = A
    for _ in range(49):
        condition = ~((condition | B) & C)
    text = text_of(condition)
    assert text.count("(") == text.count(")")
    assert "((" not in text.replace("attribute_exists(", "").replace("NOT ((", "")


def test_combining_makes_new_conditions() -> None:
    joined = A & B
    assert (joined & C).describe() == f"{joined.describe()} AND {SHOWN['c']}"
    assert joined.describe() == f"{SHOWN['a']} AND {SHOWN['b']}"


@pytest.mark.parametrize("join", [operator.and_, operator.or_])
def test_at_most_300_operators(join: Callable[[Condition, Condition], Condition]) -> None:
    leaf = Attr("a").exists()
    largest = reduce(join, [leaf] * 150)  # 150 functions, 149 words
    assert text_of(~largest).startswith("NOT ")
    with pytest.raises(InvalidExpression, match="more than 300 operators"):
        ~join(~largest, leaf)
    with pytest.raises(InvalidExpression, match="more than 300 operators"):
        reduce(join, [leaf] * 151)


def test_every_function_and_operator_counts() -> None:
    sizes = Attr("a").size().between(Attr("b").size(), Attr("c").size())  # four
    assert text_of(reduce(operator.or_, [sizes] * 60))
    with pytest.raises(InvalidExpression, match="more than 300 operators"):
        reduce(operator.or_, [sizes] * 61)


def test_a_chain_of_thousands_is_refused_and_does_not_exhaust_the_stack() -> None:
    condition: Condition = A
    with pytest.raises(InvalidExpression, match="more than 300 operators"):  # noqa: PT012
        for number in range(5_000):
            condition = condition & B if number % 2 else condition | B


# ── bad input ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_condition_has_no_truth_value() -> None:
    attempts: list[Callable[[], object]] = [
        lambda: bool(A),
        lambda: A and B,
        lambda: A or B,
        lambda: not A,
        lambda: B if A else C,
        lambda: 1 < Attr("a") < 5,
        lambda: Attr("a") in [Attr("b"), Attr("c")],
    ]
    for attempt in attempts:
        with pytest.raises(InvalidExpression, match="no truth value") as refused:
            attempt()
        assert "& | ~" in str(refused.value)


@pytest.mark.parametrize("other", [True, None, "x", 1, Attr("a")])
def test_only_conditions_are_joined(other: Any) -> None:
    attempts: list[Callable[[], object]] = [lambda: A & other, lambda: A | other, lambda: other & A, lambda: other | A]
    for attempt in attempts:
        with pytest.raises(InvalidExpression, match="& "):
            attempt()


def test_forgotten_parentheses_are_explained() -> None:
    attempts: list[Callable[[], object]] = [
        lambda: untyped("a") == 1 & untyped("b") == 2,
        lambda: untyped("a") & untyped("b"),
        lambda: ~untyped("a"),
        lambda: untyped("a") | A,
        lambda: 1 | untyped("b"),
    ]
    for attempt in attempts:
        with pytest.raises(InvalidExpression, match="put each comparison in parentheses"):
            attempt()


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (lambda: untyped("a") < True, "a: < cannot take a value of type BOOL"),
        (lambda: untyped("a") >= None, "a: >= cannot take a value of type NULL"),
        (lambda: untyped("a") > [1], "a: > cannot take a value of type L"),
        (lambda: untyped("a") <= {1}, "a: <= cannot take a value of type NS"),
        (lambda: untyped("a") < {"b": 1}, "a: < cannot take a value of type M"),
        (lambda: untyped("a").between(None, 1), "a: between cannot take a value of type NULL"),
        (lambda: untyped("a").between(1, "x"), "a: the bounds are of types N and S"),
        (lambda: untyped("a").between(2, 1), "a: the lower bound is above the upper bound"),
        (lambda: untyped("a").between(Decimal("1.10"), 1.05), "a: the lower bound is above"),
        (lambda: untyped("a").between("b", "a"), "a: the lower bound is above"),
        (lambda: untyped("a").between("\U0001f600", "\uffff"), "a: the lower bound is above"),
        (lambda: untyped("a").between(b"\xff", b"\x7f"), "a: the lower bound is above"),
        (lambda: untyped("a").is_in([]), "a: is_in\\(\\) has no alternatives"),
        (lambda: untyped("a").is_in(range(101)), "a: is_in\\(\\) has more than 100 alternatives"),
        (lambda: untyped("a").is_in("xyz"), "not str"),
        (lambda: untyped("a").is_in(b"xyz"), "not bytes"),
        (lambda: untyped("a").is_in(1), "not int"),
        (lambda: untyped("a").is_in(untyped("b")), "not Attr"),
        (lambda: untyped("a").has_type("string"), "a: 'string' is not an attribute type"),
        (lambda: untyped("a").has_type(str), "is not an attribute type"),
        (lambda: untyped("a").begins_with(1), r"a: begins_with\(\) cannot take a value of type N"),
        (lambda: untyped("a").begins_with(["x"]), r"a: begins_with\(\) cannot take a value of type L"),
        (lambda: untyped("a").size() == "x", r"size\(a\): a comparison cannot take a value of type S"),
        (lambda: untyped("a").size().is_in([1, None]), r"size\(a\): a comparison cannot take a value of type NULL"),
        (lambda: untyped("a").size().between("a", "b"), r"size\(a\): a comparison cannot take a value of type S"),
        (lambda: untyped("a") == untyped("a"), "= has a on both sides"),
        (lambda: untyped("a").b != untyped("a", "b"), r"<> has a\.b on both sides"),
        (lambda: untyped("a").size() < untyped("a").size(), r"< has size\(a\) on both sides"),
        (lambda: untyped("a").between(untyped("a"), 1), "between has a on both sides"),
        (lambda: untyped("a").between(1, untyped("a")), "between has a on both sides"),
        (lambda: untyped("a").is_in([1, untyped("a")]), "is_in has a on both sides"),
        (lambda: untyped("a").contains(untyped("a")), "contains has a on both sides"),
        (lambda: untyped("a").begins_with(untyped("a")), "begins_with has a on both sides"),
        (lambda: untyped("a") == A, r"attribute_exists\(a\) cannot stand beside a here"),
        (lambda: untyped("a") == untyped("b") + 1, r"b \+ \? cannot stand beside a here"),
        (lambda: untyped("a").begins_with(untyped("b").size()), r"size\(b\) cannot stand beside a here"),
        (lambda: untyped("a") == Raw("b"), "b cannot stand beside a here"),
    ],
)
def test_refused_before_sending(build: Callable[[], object], reason: str) -> None:
    with pytest.raises(InvalidExpression, match=reason) as refused:
        build()
    assert refused.value.hint


@pytest.mark.parametrize(
    ("value", "error", "reason"),
    [
        (float("nan"), ValidationError, "prices.net: nan"),
        (set(), ValidationError, "prices.net: the set is empty"),
        ([{"a": {1, "x"}}], TypeMismatch, r"prices\.net\[0\]\.a: the set holds"),
        (uuid4(), TypeMismatch, "prices.net: UUID has no DynamoDB type"),
        (10**39 + 1, ValidationError, "prices.net: .* 38 significant digits"),
    ],
)
def test_values_that_dynamodb_does_not_have_are_named_by_their_path(
    value: Any, error: type[Exception], reason: str
) -> None:
    for build in (
        lambda: Attr("prices").net == value,
        lambda: Attr("prices").net.is_in(["x", value]),
        lambda: Attr("prices").net.contains(value),
    ):
        with pytest.raises(error, match=reason):
            build()


def test_endless_alternatives_are_refused() -> None:
    def forever() -> Any:
        while True:
            yield 1

    with pytest.raises(InvalidExpression, match="more than 100"):
        Attr("a").is_in(forever())
    assert text_of(Attr("a").is_in(range(limits.IN_MAX_OPERANDS))).count(":v") == limits.IN_MAX_OPERANDS


def test_messages_hold_no_values() -> None:
    secret = "correct horse"
    attempts: list[Callable[[], object]] = [
        lambda: Attr("a").between(secret + "b", secret + "a"),
        lambda: Attr("a") == (Attr("b") == secret),
        lambda: Attr("a").is_in(secret),
        lambda: (Attr("a") == secret) and A,
        lambda: (Attr("a") == secret) & secret,  # type: ignore[operator]
    ]
    for attempt in attempts:
        with pytest.raises(InvalidExpression) as refused:
            attempt()
        assert secret not in repr(refused.value)
