"""Tokens → what they say: the grammar, every syntax error with its token and its neighbours, redundant parentheses."""

from __future__ import annotations

import pytest

from hashrange.simulator.language.ast import (
    Action,
    Arithmetic,
    Between,
    Comparison,
    Condition,
    Function,
    In,
    Junction,
    Not,
    Path,
    ValueRef,
)
from hashrange.simulator.language.fault import Fault
from hashrange.simulator.language.parser import parse_condition, parse_projection, parse_update
from tests.simulated_language import detail, syntax

REDUNDANT = "The expression has redundant parentheses;"
A, B, C = (Comparison("=", Path((name,)), ValueRef(":v")) for name in "abc")


# ── conditions ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = :v", A),
        ("a = :v OR b = :v AND c = :v", Junction("OR", (A, Junction("AND", (B, C))))),
        ("a = :v AND b = :v AND c = :v", Junction("AND", (A, B, C))),
        ("a = :v or b = :v oR c = :v", Junction("OR", (A, B, C))),
        ("(a = :v OR b = :v) AND c = :v", Junction("AND", (Junction("OR", (A, B)), C))),
        ("NOT a = :v AND b = :v", Junction("AND", (Not(A), B))),
        ("NOT (a = :v AND b = :v)", Not(Junction("AND", (A, B)))),
        ("NOT NOT a = :v", Not(Not(A))),
        ("not (not a = :v)", Not(Not(A))),
        ("a BETWEEN :v AND b AND c = :v", Junction("AND", (Between(Path(("a",)), ValueRef(":v"), Path(("b",))), C))),
        ("a IN (:v)", In(Path(("a",)), (ValueRef(":v"),))),
        ("a in (:v, b,:w)", In(Path(("a",)), (ValueRef(":v"), Path(("b",)), ValueRef(":w")))),
        ("(a) = :v", A),
        ("a = (:v)", A),
        ("(a = :v)", A),
        ("((a) = (:v))", A),
        ("((a = :v) AND (b = :v))", Junction("AND", (A, B))),
        ("a IN ((:v))", In(Path(("a",)), (ValueRef(":v"),))),
        ("size(a) > :v", Comparison(">", Function("size", (Path(("a",)),)), ValueRef(":v"))),
        ("(size(a)) > :v", Comparison(">", Function("size", (Path(("a",)),)), ValueRef(":v"))),
        ("contains(a, :v)", Function("contains", (Path(("a",)), ValueRef(":v")))),
        ("(contains(a, (:v)))", Function("contains", (Path(("a",)), ValueRef(":v")))),
        ("foo (a)", Function("foo", (Path(("a",)),))),
        (":v<>:w", Comparison("<>", ValueRef(":v"), ValueRef(":w"))),
        ("a . b [ 0 ] [12].#c = :v", Comparison("=", Path(("a", "b", 0, 12, "#c")), ValueRef(":v"))),
        ("a.size = :v", Comparison("=", Path(("a", "size")), ValueRef(":v"))),
        ("\na\t=\r:v ", A),
    ],
)
def test_conditions(text: str, expected: Condition) -> None:
    assert parse_condition(text).root == expected


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a = :v", 1),
        ("a = :v AND b = :v OR c = :v", 5),
        ("NOT NOT a = :v", 3),
        ("a BETWEEN :v AND :w", 1),
        ("a IN (:v, :w)", 1),
        ("size(a) = size(b)", 3),
        ("contains(a, :v)", 1),
        ("((a = :v) AND b = :v)", 3),
    ],
)
def test_operators_are_counted(text: str, count: int) -> None:
    assert parse_condition(text).operators == count


# text → the token that cannot stand there → the text around it; as the service answers
CONDITION_FAULTS = [
    ("a = = :a", "=", "= = :a"),
    ("a = :a b", "b", ":a b"),
    ("a", "<EOF>", "a"),
    ("a = :a AND", "<EOF>", "AND"),
    ("()", ")", "()"),
    ("a ! b", "!", "a ! b"),
    ("!!!", "!", "!!"),
    ("a != :a", "!", "a !="),
    ("a == :a", "=", "== :a"),
    ("a = 1", "1", "= 1"),
    ("a = 'x'", "'", "= 'x"),
    ('"a" = :a', '"', '"a'),
    ("a.b. = :a", "=", ". = :a"),
    ("a[ = :a", "=", "[ = :a"),
    ("# = :a", "#", "# ="),
    ("a = :", ":", "= :"),
    ("a = :a)", ")", ":a)"),
    ("(a = :a", "<EOF>", ":a"),
    ("a IN ()", ")", "()"),
    ("a IN :a", ":a", "IN :a"),
    ("a BETWEEN :a OR :b", "OR", ":a OR :b"),
    ("size() = :a", ")", "() ="),
    ("a = b = c", "=", "b = c"),
    ("GI-1 = :a", "-", "GI-1"),
    ("1a = :a", "1", "1a"),
    ("_a = :a", "_", "_a"),
    ("attribute_exists a", "a", "attribute_exists a"),
    ("attribute_exists()", ")", "()"),
    ("   ", "<EOF>", "   "),
    ("a = ", "<EOF>", "= "),
    (" >= a", ">=", " >= a"),
    (" = ", "=", " = "),
    ("a b ", "b", "a b "),
    ("AND", "AND", "AND"),
    ("a.and = :a", "and", ".and ="),
    ("a.1 = :a", "1", ".1 ="),
    ("a.:v = :a", ":v", ".:v ="),
    ("a[:n] = :a", ":n", "[:n]"),
    ("a[01] = :a", "1", "01]"),
    ("a[-1] = :a", "-", "[-1"),
    ("a[0 = :a", "=", "0 = :a"),
    ("a.size(b) = :a", "(", "size(b"),
    ("a[0](b) = :a", "(", "](b"),
    ("(a)", "<EOF>", ")"),
    ("(:a) AND b = :a", "AND", ") AND b"),
    ("NOT a", "<EOF>", "a"),
    ("NOT (a)", "<EOF>", ")"),
    ("(NOT a)", ")", "a)"),
    ("(a = :a) = :b", "=", ") = :b"),
    ("a = (b = c)", "=", "b = c"),
    ("a = NOT b", "NOT", "= NOT b"),
    ("a BETWEEN :a", "<EOF>", ":a"),
    ("a IN (:a", "<EOF>", ":a"),
    ("a IN (:a,)", ")", ",)"),
    ("a IN (b = c)", "=", "b = c"),
    ("size(a b) = :a", "b", "a b)"),
    ("size(a = b)", "=", "a = b"),
    ("SET a = :a", "SET", "SET a"),
    ("a\x0c= :a", "\x0c", "a\x0c="),
    ("a = é", "é", "= é"),
]


@pytest.mark.parametrize(("text", "token", "around"), CONDITION_FAULTS)
def test_syntax_errors_of_conditions(text: str, token: str, around: str) -> None:
    assert detail(text) == syntax(token, around)


# ── updates ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def sections(text: str) -> dict[str, tuple[Action, ...]]:
    return {section.word: section.actions for section in parse_update(text).sections}


def test_all_sections_in_any_order_and_case() -> None:
    found = sections("remove a, b.c[0] SET d = :v, e=f Delete g :w add h :v, #i :v")
    assert found == {
        "REMOVE": (Action(Path(("a",)), None), Action(Path(("b", "c", 0)), None)),
        "SET": (Action(Path(("d",)), ValueRef(":v")), Action(Path(("e",)), Path(("f",)))),
        "DELETE": (Action(Path(("g",)), ValueRef(":w")),),
        "ADD": (Action(Path(("h",)), ValueRef(":v")), Action(Path(("#i",)), ValueRef(":v"))),
    }


SUM = Arithmetic("+", Path(("b",)), ValueRef(":v"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("b + :v", SUM),
        ("(b + :v)", SUM),
        ("(b) + (:v)", SUM),
        ("((b) + (:v))", SUM),
        ("(b) + :v", SUM),
        (":v - b", Arithmetic("-", ValueRef(":v"), Path(("b",)))),
        ("(b)", Path(("b",))),
        ("f(b, :v)", Function("f", (Path(("b",)), ValueRef(":v")))),
        ("(f((b), :v))", Function("f", (Path(("b",)), ValueRef(":v")))),
        ("f(g(b), :v)", Function("f", (Function("g", (Path(("b",)),)), ValueRef(":v")))),
        ("f(b) + g(c)", Arithmetic("+", Function("f", (Path(("b",)),)), Function("g", (Path(("c",)),)))),
    ],
)
def test_right_sides(text: str, expected: object) -> None:
    assert sections(f"SET a = {text}")["SET"][0].operand == expected


UPDATE_FAULTS = [
    ("SET", "<EOF>", "SET"),
    ("SET a", "<EOF>", "a"),
    ("SET a =", "<EOF>", "="),
    ("SET a = :a,", "<EOF>", ","),
    ("SET a = :a b = :b", "b", ":a b ="),
    ("REMOVE :a", ":a", "REMOVE :a"),
    ("ADD a b", "b", "a b"),
    ("ADD a :a, b", "<EOF>", "b"),
    ("ADD hits : incr", ":", "hits : incr"),
    ("DELETE a = :a", "=", "a = :a"),
    ("FOO a", "FOO", "FOO a"),
    ("a = :a", "a", "a ="),
    ("SET a = :a + :b + :a", "+", ":b + :a"),
    ("SET a = (:a + :b) - :a", "-", ") - :a"),
    ("SET a = list_append(:a, :b + :a)", "+", ":b + :a"),
    ("SET a = -:a", "-", "= -:a"),
    ("SET (a) = :a", "(", "SET (a"),
    ("SET a + :a = :b", "+", "a + :a"),
    ("SET _x = :v", "_", "SET _x"),
    ("SET l[-1] = :v", "-", "[-1"),
    ("SET l[01] = :v", "1", "01]"),
    ("  ", "<EOF>", "  "),
    ("SET SET a = :v", "SET", "SET SET a"),
    ("SET a = :v REMOVE", "<EOF>", "REMOVE"),
    ("REMOVE a b", "b", "a b"),
    ("REMOVE size(a)", "(", "size(a"),
    ("SET a = b = c", "=", "b = c"),
    ("SET a = (b", "<EOF>", "b"),
    ("SET a = ((b + c) - d)", "-", ") - d"),
    ("ADD a (:v)", "(", "a (:v"),
    ("AND a", "AND", "AND a"),
]


@pytest.mark.parametrize(("text", "token", "around"), UPDATE_FAULTS)
def test_syntax_errors_of_updates(text: str, token: str, around: str) -> None:
    assert detail(text, "Update") == syntax(token, around)


# ── projections ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_projections() -> None:
    assert parse_projection("a, b.c [ 1 ],#d").paths == (Path(("a",)), Path(("b", "c", 1)), Path(("#d",)))


PROJECTION_FAULTS = [
    ("a b", "b", "a b"),
    (",", ",", ","),
    ("(a)", "(", "(a"),
    ("a,,b", ",", ",,b"),
    ("a[b]", "b", "[b]"),
    ("a[0", "<EOF>", "0"),
    ("size(a)", "(", "size(a"),
    ("a,", "<EOF>", ","),
    (":a", ":a", ":a"),
    ("a.", "<EOF>", "."),
]


@pytest.mark.parametrize(("text", "token", "around"), PROJECTION_FAULTS)
def test_syntax_errors_of_projections(text: str, token: str, around: str) -> None:
    assert detail(text, "Projection") == syntax(token, around)


# ── parentheses ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "text",
    [
        "((a = :v))",
        "((a)) = :v",
        "a = ((:v))",
        "NOT ((a = :v))",
        "b = :v AND ((a = :v))",
        "a IN (((:v)))",
        "a BETWEEN ((:v)) AND :w",
        "size(((a))) = :v",
        "contains(((a)), :v)",
        "((contains(a, :v)))",
        "((size(a))) = :v",
    ],
)
def test_redundant_parentheses_in_conditions(text: str) -> None:
    assert detail(text) == REDUNDANT


@pytest.mark.parametrize(
    "text", ["((b))", "((b + :v))", "((b)) + :v", "b + ((:v))", "f(((b)))", "(((b) + :v))", "(f(((b))))"]
)
def test_redundant_parentheses_in_updates(text: str) -> None:
    assert detail(f"SET a = {text}", "Update") == REDUNDANT


@pytest.mark.parametrize(
    "text",
    [
        "((a = :v)) AND",
        "((a)) =",
        "((a)) BETWEEN",
        "((a)) IN b",
        "a = ((b)) c",
        "a IN (((:v)) b",
        "a BETWEEN ((:v)) AND",
        "((a) = ((b)) ",
        "(((a)) = :v",
        "((size(a))) b",
        "((contains(a, :v))) AND",
        "contains(((a)), :v) b",
        "a = size(((b))",
        "(size(((a))) = ",
        "((a)) = :v AND size = foo(b)",
    ],
)
def test_redundant_parentheses_are_told_as_soon_as_it_is_clear_what_they_hold(text: str) -> None:
    assert detail(text) == REDUNDANT


@pytest.mark.parametrize(
    ("text", "token", "around"),
    [
        ("((a))", "<EOF>", ")"),
        ("((a)) AND b = :v", "AND", ") AND b"),
        ("((a)) :v", ":v", ") :v"),
        ("((a)))", ")", "))"),
        ("NOT ((a)) b", "b", ") b"),
        ("((a = :v", "<EOF>", ":v"),
        ("((a = :v)", "<EOF>", ")"),
        ("a = ((b)", "<EOF>", ")"),
        ("a = :v :w ((a))", ":w", ":v :w ("),
        ("contains(((a)), :v", "<EOF>", ":v"),
        ("contains(size(((a))) b", "b", ") b"),
        ("(contains(((a)), :v) b", "b", ") b"),
        ("(size(((a)) b", "b", ") b"),
        ("((contains(a, :v)) AND", "<EOF>", "AND"),
    ],
)
def test_a_syntax_error_before_that_is_told_first(text: str, token: str, around: str) -> None:
    assert detail(text) == syntax(token, around)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SET a = ((b)) c", REDUNDANT),
        ("SET a = ((b)) + ", REDUNDANT),
        ("SET a = list_append(((b)), c) d", REDUNDANT),
        ("SET a = ((b)", syntax("<EOF>", ")")),
        ("SET a = list_append(((b)), c", syntax("<EOF>", "c")),
        ("SET a = list_append(if_not_exists(((b)), c) d", syntax("d", ") d")),
        ("SET a = (list_append(((b)), c) d", syntax("d", ") d")),
    ],
)
def test_the_same_in_updates(text: str, expected: str) -> None:
    assert detail(text, "Update") == expected


# ── depth ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("count", [10, 5_000])
def test_nesting_costs_no_stack(count: int) -> None:
    with pytest.raises(Fault) as unclosed:
        parse_condition("(" * count)
    assert unclosed.value.detail == syntax("<EOF>", "(")
    with pytest.raises(Fault):
        parse_condition("size(" * count)
    nested = parse_condition("(" * count + "a = :v" + " AND b = :v)" * count)
    assert nested.operators == 2 * count + 1
    assert parse_condition("NOT " * count + "a = :v").operators == count + 1
    assert parse_update("SET a = " + "f(" * count + "b" + ")" * count).operators == count
