"""Which of two mistakes in one expression is told."""

from __future__ import annotations

import pytest

from tests.simulated_faults import (
    count,
    fault,
    misused,
    needs_path,
    not_distinct,
    operand_type,
    overlap,
    reserved,
    undefined_name,
    undefined_value,
)
from tests.simulated_language import syntax


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abort = :s AND", syntax("<EOF>", "AND")),
        ("foo(a) = :s b", syntax("b", ":s b")),
        ("abort = :s AND foo(a)", reserved("abort")),
        ("foo(a) AND abort = :s", "Invalid function name; function: foo"),
        ("foo(abort)", "Invalid function name; function: foo"),
        ("a = contains(abort, :s)", misused("contains")),
        ("size(a) AND abort = :s", misused("size")),
        ("abort = :s AND size(a)", reserved("abort")),
        ("a = :no AND abort = :s", reserved("abort")),
        ("#no = :s AND size(a)", misused("size")),
        ("a[4294967295].abort = :s", "List index is not within the allowable range; index: [4294967295]"),
        ("abort[4294967295] = :s", reserved("abort")),
        ("a < :t AND b = :no", operand_type("<", "BOOL")),
        ("b = :no AND a < :t", undefined_value(":no")),
        ("a < :t AND #no = :s", operand_type("<", "BOOL")),
        ("#no < :t", undefined_name("#no")),
        (":no = #no", undefined_value(":no")),
        ("a = a AND size(b, c) = :n", not_distinct("=", "[a]")),
        ("size(:no, b) = :n", undefined_value(":no")),
        ("size(b, c) < :t", count("size", 2)),
        ("a BETWEEN a AND :t", operand_type("BETWEEN", "BOOL")),
        ("a BETWEEN :x AND :s OR b < :t", "The BETWEEN operator requires upper bound"),
    ],
)
def test_which_mistake_of_a_condition_is_told(text: str, expected: str) -> None:
    assert fault(text).startswith(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SET abort = :s, b", syntax("<EOF>", "b")),
        ("SET a = foo(b), abort = :s", "Invalid function name; function: foo"),
        ("SET abort = foo(a)", reserved("abort")),
        ("SET a = size(b) SET c = :s", "The function is not allowed in an update expression; function: size"),
        ("SET a = :s SET abort = :s", reserved("abort")),
        ("SET a = :s SET b = :s REMOVE abort", 'The "SET" section can only be used once in an update expression;'),
        ("SET #no = :s SET b = :s", 'The "SET" section can only be used once in an update expression;'),
        ("SET a = :s, a = :s, #no = :s", undefined_name("#no")),
        ("SET #no = :s, a = :s, a = :s", overlap("[a]", "[a]")),
        ("SET a = #no, a = :s", overlap("[a]", "[a]")),
        ("SET a = :no, a = :s", overlap("[a]", "[a]")),
        ("SET #no1 = :s, #no2 = :s", undefined_name("#no2")),
        ("SET a = :no1, b = :no2", undefined_value(":no2")),
        ("SET a = :no1 + :no2", undefined_value(":no1")),
        ("SET a = :s + :s ADD b :s", "Incorrect operand type for operator or function; operator: ADD"),
        ("ADD b :s SET a = :s + :s", operand_type("+", "S")),
        ("SET a = :no ADD b :s", "Incorrect operand type for operator or function; operator: ADD"),
        ("ADD b :s SET a = :no", undefined_value(":no")),
        ("SET a = list_append(:s, :no)", undefined_value(":no")),
        ("SET a = if_not_exists(:s, :no)", undefined_value(":no")),
        ("SET a = :s + :no", undefined_value(":no")),
        ("SET a = list_append(if_not_exists(:s, :n), :n)", needs_path("if_not_exists")),
    ],
)
def test_which_mistake_of_an_update_is_told(text: str, expected: str) -> None:
    assert fault(text, "Update").startswith(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abort, b c", syntax("c", "b c")),
        ("#no, abort", reserved("abort")),
        ("#no1, #no2", undefined_name("#no2")),
        ("#no, a, a", overlap("[a]", "[a]")),
        ("a, a, #no", undefined_name("#no")),
    ],
)
def test_which_mistake_of_a_projection_is_told(text: str, expected: str) -> None:
    assert fault(text, "Projection") == expected
