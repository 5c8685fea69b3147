"""Every text of the subset is its tree; every other is refused at the character where it leaves the subset."""

from __future__ import annotations

import pickle
from decimal import Decimal

import pytest

from hashrange.migration.expressions.nodes import (
    Arithmetic,
    Case,
    Column,
    Comparison,
    Concat,
    Expression,
    IsNull,
    Literal,
    Logic,
    Not,
)
from hashrange.migration.expressions.parse import ExpressionError, parse, parse_conditions, parse_order_by
from hashrange.migration.findings import Place

A, B, C = Column("a"), Column("b"), Column("c")
ONE = Literal(1)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a", A),
        ("  a\n", A),
        ("users.email", Column("email", "users")),
        ("`order`.`key`", Column("key", "order")),
        ("`odd``name`", Column("odd`name")),
        ("größe", Column("größe")),
        ("t.desc", Column("desc", "t")),
        ("t.case", Column("case", "t")),
        ("'text'", Literal("text")),
        ("'it''s'", Literal("it's")),
        (r"'a\'b\n\\ \%'", Literal("a'b\n\\ \\%")),
        ('"say ""so"""', Literal('say "so"')),
        ("''", Literal("")),
        ("12", Literal(12)),
        ("12.50", Literal(Decimal("12.50"))),
        (".5", Literal(Decimal("0.5"))),
        ("5.", Literal(Decimal(5))),
        ("-3", Literal(-3)),
        ("+3", Literal(3)),
        ("-a", Arithmetic("-", Literal(0), A)),
        ("NULL", Literal(None)),
        ("true", Literal(True)),
        ("False", Literal(False)),
        ("CONCAT(a, ' ', b)", Concat((A, Literal(" "), B))),
        ("concat (a)", Concat((A,))),
        ("a + b * c", Arithmetic("+", A, Arithmetic("*", B, C))),
        ("(a + b) * c", Arithmetic("*", Arithmetic("+", A, B), C)),
        ("a - b - c", Arithmetic("-", Arithmetic("-", A, B), C)),
        ("a / b / c", Arithmetic("/", Arithmetic("/", A, B), C)),
        ("a - -1", Arithmetic("-", A, Literal(-1))),
        ("a = 1", Comparison("=", A, ONE)),
        ("a <> 1", Comparison("<>", A, ONE)),
        ("a != 1", Comparison("<>", A, ONE)),
        ("a<=1", Comparison("<=", A, ONE)),
        ("a>=1", Comparison(">=", A, ONE)),
        ("a + 1 > b", Comparison(">", Arithmetic("+", A, ONE), B)),
        ("a IS NULL", IsNull(A)),
        ("a is not null", IsNull(A, negated=True)),
        ("NOT a", Not(A)),
        ("NOT NOT a = 1", Not(Not(Comparison("=", A, ONE)))),
        ("a AND b AND c", Logic("AND", (A, B, C))),
        ("a OR b AND c", Logic("OR", (A, Logic("AND", (B, C))))),
        ("(a OR b) AND c", Logic("AND", (Logic("OR", (A, B)), C))),
        ("NOT a AND b", Logic("AND", (Not(A), B))),
        ("CASE WHEN a THEN 1 END", Case(((A, ONE),))),
        (
            "case when a = 1 then 'x' when b then c else 'y' end",
            Case(((Comparison("=", A, ONE), Literal("x")), (B, C)), Literal("y")),
        ),
    ],
)
def test_a_text_is_its_tree(text: str, tree: Expression) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("", 0, "a value is expected, and the text ends"),
        ("a LIKE 'x'", 2, "nothing more is expected, and 'LIKE' stands here"),
        ("a IN (1, 2)", 2, "nothing more is expected, and 'IN'"),
        ("a BETWEEN 1 AND 2", 2, "nothing more is expected, and 'BETWEEN'"),
        ("a b", 2, "nothing more is expected, and 'b'"),
        ("IFNULL(a, b)", 0, "the function IFNULL is not supported"),
        ("a + NOW()", 4, "the function NOW is not supported"),
        ("s.f(a)", 0, "the function s.f is not supported"),
        ("(SELECT 1)", 8, ") is expected, and '1' stands here"),
        ("a -- b", 2, "comments are not supported"),
        ("a /* b */", 2, "comments are not supported"),
        ("a # b", 2, "comments are not supported"),
        ("'open", 0, "the ' is never closed"),
        ("`open", 0, "the ` is never closed"),
        ("a ; DROP TABLE t", 2, "';' is not supported"),
        ("a || b", 2, "'|' is not supported"),
        ("a & b", 2, "'&' is not supported"),
        ("@a", 0, "'@' is not supported"),
        ("?", 0, "'?' is not supported"),
        ("a.b.c", 0, "a column is written name or table.name"),
        ("a.", 2, "the name of a column is expected"),
        ("1e3", 0, "a number with an exponent is not supported"),
        ("(a", 2, ") is expected, and the text ends"),
        ("a)", 1, "nothing more is expected"),
        ("CONCAT()", 7, "a value is expected"),
        ("CONCAT(a", 8, ") is expected"),
        ("a IS 1", 5, "NULL is expected"),
        ("a = b = c", 6, "nothing more is expected"),
        ("CASE a WHEN 1 THEN 2 END", 5, "WHEN is expected"),
        ("CASE WHEN a 1 END", 12, "THEN is expected"),
        ("CASE WHEN a THEN 1", 18, "END is expected"),
        ("AND a", 0, "a value is expected"),
        ("a +", 3, "a value is expected"),
        ("(" * 60 + "a" + ")" * 60, 50, "nested deeper than 50 levels"),
        ("NOT " * 60 + "a", 200, "nested deeper than 50 levels"),
        ("- " * 60 + "a", 100, "nested deeper than 50 levels"),
        ("a" * 20_001, 20_000, "more than 20000"),
    ],
)
def test_what_is_not_of_the_subset_is_refused_where_it_stands(text: str, offset: int, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text, at=Place("/tables/0", 3, 7))
    assert message in caught.value.message
    assert caught.value.offset == offset
    assert caught.value.at == Place("/tables/0", 3, 7)
    assert f"at column {offset + 1} of" in str(caught.value)


def test_it_says_what_is_supported() -> None:
    with pytest.raises(ExpressionError, match=r"CONCAT\(\.\.\.\).* and CASE WHEN"):
        parse("LOWER(a)")


def test_its_error_pickles() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse("a LIKE b")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.offset, again.text) == (str(caught.value), 2, "a LIKE b")


def test_conditions_are_equalities_joined_by_and() -> None:
    assert parse_conditions("u.id = o.user_id AND u.tenant = o.tenant AND u.kind = 'x'") == (
        Comparison("=", Column("id", "u"), Column("user_id", "o")),
        Comparison("=", Column("tenant", "u"), Column("tenant", "o")),
        Comparison("=", Column("kind", "u"), Literal("x")),
    )


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("a.x < b.x", 0),
        ("a.x = b.x OR a.y = b.y", 10),
        ("a.x = b.x AND a.y IS NULL", 14),
        ("a.x = b.x + 1", 0),
        ("a.x = NULL", 0),
        ("1 = 1", 0),
        ("a.x", 0),
        ("", 0),
    ],
)
def test_other_conditions_join_nothing(text: str, offset: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_conditions(text)
    assert caught.value.offset == offset


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("a", ((A, False),)),
        ("t.a DESC", ((Column("a", "t"), True),)),
        ("ORDER BY a asc, b desc", ((A, False), (B, True))),
    ],
)
def test_an_order_is_columns_with_a_direction(text: str, order: tuple[tuple[Column, bool], ...]) -> None:
    assert parse_order_by(text) == order


@pytest.mark.parametrize(("text", "offset"), [("a + 1", 2), ("'a'", 0), ("a DESC b", 7), ("ORDER a", 6), ("", 0)])
def test_what_is_no_order(text: str, offset: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_order_by(text)
    assert caught.value.offset == offset
