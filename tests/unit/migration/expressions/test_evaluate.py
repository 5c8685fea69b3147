"""Expressions compute what MySQL computes: NULL is no truth value, decimals are exact, collations are heeded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from hashrange.migration.expressions.evaluate import NotComputable, columns, compiled
from hashrange.migration.expressions.nodes import Column
from hashrange.migration.expressions.parse import parse

D = Decimal


def value(text: str, *, folding: frozenset[str] = frozenset(), **row: Any) -> Any:
    def read(column: Column) -> Any:
        return lambda there: there[column.name]

    return compiled(parse(text), read, ignores_case=lambda column: column.name in folding)(row)


# ── three values ─────────────────────────────────────────────────────────────────────────────────────────────────────
T, F, N = True, False, None


@pytest.mark.parametrize(
    ("a", "b", "both", "either"),
    [
        (T, T, T, T),
        (T, F, F, T),
        (T, N, N, T),
        (F, T, F, T),
        (F, F, F, F),
        (F, N, F, N),
        (N, T, N, T),
        (N, F, F, N),
        (N, N, N, N),
    ],
)
def test_and_and_or_have_three_values(a: Any, b: Any, both: Any, either: Any) -> None:
    assert value("a AND b", a=a, b=b) is both
    assert value("a OR b", a=a, b=b) is either


@pytest.mark.parametrize(("a", "negated"), [(T, F), (F, T), (N, N), (0, T), (2, F), ("0", T), ("1x", F), ("x", T)])
def test_not_has_three_values(a: Any, negated: Any) -> None:
    assert value("NOT a", a=a) is negated


@pytest.mark.parametrize(
    "text", ["a = b", "a <> b", "a < b", "a <= b", "a > b", "a >= b", "a + b", "a / b", "CONCAT(b, a)"]
)
def test_null_makes_null(text: str) -> None:
    assert value(text, a=None, b=1) is None
    assert value(text, a=1, b=None) is None


def test_is_null_is_never_null() -> None:
    assert value("a IS NULL", a=None) is True
    assert value("a IS NULL", a=0) is False
    assert value("a IS NOT NULL", a=None) is False
    assert value("a IS NOT NULL", a="") is True


def test_a_case_takes_the_first_condition_that_is_true() -> None:
    text = "CASE WHEN a > 10 THEN 'many' WHEN a > 0 THEN 'some' END"
    assert [value(text, a=a) for a in (11, 1, 0, None)] == ["many", "some", None, None]
    assert value("CASE WHEN a THEN 1 ELSE b END", a=None, b="else") == "else"


def test_what_is_not_chosen_is_not_computed() -> None:
    assert value("CASE WHEN a = 1 THEN 'x' ELSE CONCAT(b) END", a=1, b=object()) == "x"


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("text", "a", "b", "result"),
    [
        ("a + b", 1, 2, 3),
        ("a + b", D("0.1"), D("0.2"), D("0.3")),
        ("a + b", D("1.50"), 1, D("2.50")),
        ("a - b", D("1.5"), D("0.25"), D("1.25")),
        ("a * b", D("1999.99"), 3, D("5999.97")),
        ("a * b", D("1.25"), D("1.10"), D("1.3750")),
        ("a / b", 1, 3, D("0.3333")),
        ("a / b", 2, 3, D("0.6667")),
        ("a / b", -2, 3, D("-0.6667")),
        ("a / b", D("1999.99"), 3, D("666.663333")),
        ("a / b", D("1.0"), D("0.125"), D("8.00000")),
        ("a / b", 1, 0, None),
        ("a / b", 1, D("0.00"), None),
        ("a / b", 1.0, 0, None),
        ("a + b", 0.5, D("0.25"), 0.75),
        ("a * b", True, 7, 7),
        ("a + b", "1.5", 1, D("2.5")),
        ("a + b", " 12abc", 1, 13),
        ("a + b", "abc", 1, 1),
        ("a + b", b"\x01\x00", 1, 257),
        ("a * b", 10**20, 10**20, 10**40),
    ],
)
def test_arithmetic_is_mysqls(text: str, a: Any, b: Any, result: Any) -> None:
    found = value(text, a=a, b=b)
    assert found == result
    assert str(found) == str(result)  # the scale, too


@pytest.mark.parametrize(
    ("text", "a", "b"),
    [
        ("a * b", 10**40, 10**40),
        ("a + b", D("9E+64"), D("9E+64")),
        ("a + b", D("1E+999999"), 1),
        ("a - b", 10**400, 1),
        ("a * b", 1e300, 1e300),
        ("a + b", date(2026, 1, 1), 1),
        ("a + b", D("NaN"), 1),
        ("a + b", [], 1),
    ],
)
def test_what_has_no_result_is_refused(text: str, a: Any, b: Any) -> None:
    with pytest.raises(NotComputable):
        value(text, a=a, b=b)


# ── comparison ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("a", "b"),
    [
        (1, D("1.00")),
        (True, 1),
        ("1", 1),
        ("1.0", D("1")),
        (0.1, D("0.1")),
        (b"\x01", 1),
        (b"ab", "ab"),
        ("x", 0),  # a text that is no number is 0
        (date(2026, 1, 2), "2026-01-02"),
        (date(2026, 1, 2), datetime(2026, 1, 2)),
        (datetime(2026, 1, 2, 3, 4, 5), "2026-01-02 03:04:05"),
        (datetime(2026, 1, 2, 3, 4, tzinfo=UTC), datetime(2026, 1, 2, 5, 4, tzinfo=timezone(timedelta(hours=2)))),
        (timedelta(hours=26), "26:00:00"),
        (time(1, 2, 3), timedelta(hours=1, minutes=2, seconds=3)),
    ],
)
def test_equal_is_what_mysql_takes_for_equal(a: Any, b: Any) -> None:
    assert value("a = b", a=a, b=b) is True
    assert value("b = a", a=a, b=b) is True
    assert value("a <> b", a=a, b=b) is False
    assert value("a <= b", a=a, b=b) is True


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (1, 2),
        ("a", "b"),
        ("B", "a"),
        ("10", 9.5),
        (D("0.1"), D("0.11")),
        (date(2026, 1, 1), "2026-01-02"),
        (b"a", b"b"),
    ],
)
def test_less_is_what_mysql_takes_for_less(a: Any, b: Any) -> None:
    less = (a, b) if a != "10" else (b, a)
    assert value("a < b", a=less[0], b=less[1]) is True
    assert value("a >= b", a=less[0], b=less[1]) is False


@pytest.mark.parametrize(("a", "b"), [("Ada", "aDA"), ("José", "JOSE"), ("straße", "STRASSE"), ("Ä", "a")])
def test_case_and_accents_count_where_the_collation_says_so(a: str, b: str) -> None:
    both = frozenset({"a", "b"})
    assert value("a = b", folding=both, a=a, b=b) is True
    assert value("a = b", folding=frozenset({"a"}), a=a, b=b) is False
    assert value("a = b", a=a, b=b) is False
    assert value("'x' = 'X'") is False


def test_a_literal_is_compared_in_its_columns_collation() -> None:
    assert value("a = 'PAID'", folding=frozenset({"a"}), a="paid") is True
    assert value("a = 'PAID'", a="paid") is False


@pytest.mark.parametrize(
    ("a", "b"), [(date(2026, 1, 1), "soon"), (date(2026, 1, 1), 5), (timedelta(1), date(2026, 1, 1)), ({}, 1)]
)
def test_what_cannot_be_compared_is_refused(a: Any, b: Any) -> None:
    with pytest.raises(NotComputable):
        value("a = b", a=a, b=b)


# ── text ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("a", "text"),
    [
        ("x", "x"),
        (7, "7"),
        (True, "1"),
        (D("1.50"), "1.50"),
        (D("1E+3"), "1000"),
        (0.1, "0.1"),
        (b"x", "x"),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, 3, 4, 5), "2026-01-02 03:04:05"),
        (timedelta(days=-1), "-24:00:00"),
        (timedelta(hours=101, microseconds=5), "101:00:00.000005"),
        (time(1, 2), "01:02:00"),
    ],
)
def test_concat_makes_text_as_mysql_does(a: Any, text: str) -> None:
    assert value("CONCAT('<', a, '>')", a=a) == f"<{text}>"


@pytest.mark.parametrize("a", [b"\xff", [], {}, D("NaN")])
def test_what_has_no_text_is_refused(a: Any) -> None:
    with pytest.raises(NotComputable):
        value("CONCAT(a)", a=a)


def test_the_text_of_values_can_be_ones_own() -> None:
    def read(column: Column) -> Callable[[Any], Any]:
        return lambda row: row

    compute = compiled(parse("CONCAT(a, '!')"), read, ignores_case=lambda column: False, text=repr)
    assert compute(5) == "5!"
    assert compute("x") == "x!"


def test_a_column_is_read_once_when_compiling_and_errors_come_out() -> None:
    asked: list[str] = []

    def read(column: Column) -> Any:
        asked.append(column.name)
        if column.name == "missing":
            raise LookupError(column.name)
        return lambda row: row

    compute = compiled(parse("a + 1"), read, ignores_case=lambda column: False)
    assert [compute(1), compute(2)] == [2, 3]
    assert asked == ["a"]
    with pytest.raises(LookupError):
        compiled(parse("missing IS NULL"), read, ignores_case=lambda column: False)


def test_columns_are_those_that_stand_in_it() -> None:
    text = "CASE WHEN NOT t.a = 1 THEN CONCAT(b, 'x') WHEN c IS NULL AND d THEN e + 2 ELSE f END"
    assert [column.name for column in columns(parse(text))] == ["a", "b", "c", "d", "e", "f"]
