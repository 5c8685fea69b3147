"""Expressions, constants and texts with columns in them: what they make, in which types, and what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hashrange.migration.contract.model import AttributeType, Computed, Formatted, Value
from hashrange.migration.conventions import Conventions
from hashrange.migration.errors import ContractError, RowRefused
from hashrange.migration.expressions.parse import parse
from tests.migration_contracts import formatted
from tests.migration_things import TABLES, made, mapped

D = Decimal


@pytest.mark.parametrize(
    ("type_", "value", "result"),
    [
        ("S", Computed(parse("CASE WHEN price > 2 THEN 'dear' ELSE 'cheap' END")), "dear"),
        ("S", Computed(parse("CASE WHEN price > 3 THEN 'dear' END")), None),
        ("S", Computed(parse("CASE WHEN state = 'ON' THEN name ELSE b END")), "One"),
        ("S", Computed(parse("CASE WHEN flag THEN price END")), "2.50"),
        ("S", Computed(parse("CASE WHEN flag THEN made END")), "2026-01-02T03:04:05Z"),
        ("N", Computed(parse("CASE WHEN flag THEN price * 3 ELSE 0 END")), D("7.50")),
        ("N", Computed(parse("price / 3")), D("0.833333")),
        ("BOOL", Computed(parse("price > 2 AND NOT state = 'off'")), True),
        ("BOOL", Computed(parse("CASE WHEN flag THEN 0 ELSE 1 END")), False),
        ("S", Computed(parse("CASE WHEN made >= '2026-01-02 03:04:05' THEN 'late' ELSE 'early' END")), "late"),
        ("S", Computed(parse("CONCAT(made, '|', price, '|', flag)")), "2026-01-02T03:04:05Z|2.50|1"),
        ("S", Computed(parse("'always'")), "always"),
        ("N", Computed(parse("-5")), -5),
        ("S", formatted("#META"), "#META"),
        ("S", formatted("{name}/{price}/{made}"), "One/2.50/2026-01-02T03:04:05Z"),
        ("S", formatted("{name}"), "One"),
        ("N", formatted("{a}"), 1),
        ("N", formatted("1{a}"), D(11)),
        ("B", formatted("{name}!"), b"One!"),
        ("N", formatted("42"), D(42)),
        ("BOOL", formatted("true"), True),
        ("BOOL", formatted("0"), False),
        ("B", formatted("ab"), b"ab"),
        ("L", formatted("[]"), []),
        ("M", Formatted(('{"a": 1}',)), {"a": 1}),
        ("S", Formatted(("a", parse("'b'"), "c")), "abc"),
        ("S", Formatted(("x", parse("price * 2"))), "x5.00"),
        ("S", Formatted((parse("CASE WHEN flag THEN 'y' END"), "!")), "y!"),
        ("S", Formatted(()), ""),
    ],
)
def test_a_computed_value(type_: AttributeType, value: Value, result: Any) -> None:
    found = made(type_, value)
    assert found == result
    assert type(found) is type(result)


def test_a_text_with_a_null_in_it_is_null() -> None:
    assert made("S", formatted("{name}/{price}"), TABLES["things"][1]) is None


@pytest.mark.parametrize(
    ("type_", "value", "reason"),
    [
        ("N", formatted("#META"), "the constant '#META' is none of type N"),
        ("M", formatted("[]"), "is none of type M"),
        ("BOOL", formatted("yes"), "is none of type BOOL"),
        ("SS", formatted("x"), "is none of type SS"),
        ("BOOL", formatted("x{a}"), "a text has no form in an attribute of type BOOL"),
        ("M", Computed(parse("price * 2")), "a computed value has no form in an attribute of type M"),
        ("S", Computed(parse("parts.cost")), "'parts' is neither the own table"),
    ],
)
def test_a_text_or_expression_that_cannot_be_followed(type_: AttributeType, value: Value, reason: str) -> None:
    with pytest.raises(ContractError, match=reason):
        mapped(type_, value)


@pytest.mark.parametrize(
    ("type_", "text", "reason"),
    [
        ("N", "CONCAT(name, '')", "str is given, and a number is expected"),
        ("BOOL", "a + 1", "neither 0 nor 1"),
        ("BOOL", "CONCAT(name, '')", "a truth value is expected"),
        ("S", "made + 1", "datetime is no number"),
    ],
)
def test_a_result_that_has_no_form_is_refused_when_it_comes(type_: AttributeType, text: str, reason: str) -> None:
    with pytest.raises(RowRefused, match=reason) as caught:
        made(type_, Computed(parse(text)))
    assert caught.value.row == {"id": 1}


def test_literals_are_in_the_zone_of_the_column_they_are_compared_with() -> None:
    berlin = Conventions(time_zone="Europe/Berlin")
    value = Computed(parse("CASE WHEN local = '2026-07-01 12:00:00' THEN local ELSE 'no' END"))
    assert made("S", value, conventions=berlin) == "2026-07-01T10:00:00Z"
    assert made("S", Computed(parse("CONCAT(local, '')")), conventions=berlin) == "2026-07-01T10:00:00Z"
