"""Values that a column, a record or an attribute cannot have are refused by name, whoever gives them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from hashrange.migration.contract.model import AttributeType
from hashrange.migration.conventions import Conventions
from hashrange.migration.errors import RowRefused
from tests.migration_contracts import column_mapping, row

D = Decimal
NOON = datetime(2026, 8, 27, 12, 0, 5, tzinfo=UTC)
FINE = NOON.replace(microsecond=120_000)
MILLIS = Conventions(fraction_digits=3)


# ── what a column could not have ─────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("declared", "type_", "raw", "reason"),
    [
        ("INT", "N", "7x", "it is no integer"),
        ("INT", "N", 7.5, "it is no integer"),
        ("INT", "N", D("7.5"), "it is no integer"),
        ("INT", "N", D("1e999999"), "it is no integer"),
        ("INT", "N", "9" * 5000, "it is no integer"),
        ("INT", "N", 2**64, "larger than any integer of MySQL"),
        ("INT", "N", b"7", "bytes is given, and int is expected"),
        ("DECIMAL(10,2)", "N", "1,5", "the text is no number"),
        ("DECIMAL(10,2)", "N", D("1.005"), r"more than 2 decimals, which is what decimal\(10, ?2\) holds"),
        ("DECIMAL(10,2)", "N", D("NaN"), "no NaN"),
        ("DECIMAL(10,2)", "N", D("1e500"), "more digits than any DECIMAL"),
        ("DOUBLE", "N", float("inf"), "no NaN and no infinity"),
        ("DOUBLE", "N", "1e9999", "no NaN and no infinity"),
        ("DOUBLE", "N", 10**400, "out of the range of a DOUBLE"),
        ("BOOLEAN", "BOOL", 2, "neither 0 nor 1"),
        ("BOOLEAN", "BOOL", "yes", "neither 0 nor 1"),
        ("BOOLEAN", "BOOL", b"\x02", "neither 0 nor 1"),
        ("BIT(3)", "N", b"\x08", r"does not fit into bit\(3\)"),
        ("TEXT", "S", b"\xff", "no text in UTF-8"),
        ("TEXT", "S", "\ud800", "lone surrogate"),
        ("TEXT", "S", 1.5, "float is given, and str is expected"),
        ("ENUM('a')", "S", "b", "none of the ENUM's values"),
        ("SET('a')", "SS", "a,b", "a value that the SET does not"),
        ("SET('a')", "SS", 3, "a set of str is expected"),
        ("SET('a')", "SS", [["a"]], "list is given, and a set of str is expected"),
        ("DATE", "S", "27.08.2026", "the text is no date"),
        ("DATE", "S", "2026-02-30", "a date that does not exist"),
        ("DATE", "S", "2026-02-00", "its month or day is 00"),
        ("DATE", "S", "0000-00-00", "MySQL's zero date"),
        ("DATE", "S", NOON.replace(tzinfo=None), "a time of day"),
        ("DATE", "S", 5, "int is no date"),
        ("DATETIME", "S", "0000-00-00 00:00:00", "MySQL's zero date"),
        ("DATETIME", "S", 1787832005, "int is no date and time"),
        ("TIME", "S", "839:00:00", "out of the range of TIME"),
        ("TIME", "S", "25:61:00", "it is no TIME"),
        ("TIME", "S", 5, "it is no TIME"),
        ("YEAR", "N", 1900, "a YEAR is 0"),
        ("BLOB", "B", "text", "str is given, and bytes is expected"),
        ("JSON", "M", "{", "the text is no JSON"),
        ("JSON", "M", '{"a": NaN}', "JSON has no NaN"),
        ("JSON", "M", "[" * 100_000, "the text is no JSON"),
        ("JSON", "M", '{"a": %s}' % ("9" * 5000), "the text is no JSON"),
        ("JSON", "M", {"a": {1, 2}}, "set has no form in JSON"),
        ("JSON", "M", {1: 2}, "a name in the JSON is of type int"),
    ],
)
def test_a_drivers_value_that_the_column_could_not_have(
    declared: str, type_: AttributeType, raw: Any, reason: str
) -> None:
    mapping = column_mapping(declared, type_)
    with pytest.raises(RowRefused, match=reason) as caught:
        mapping.record(row(v=raw))
    assert (caught.value.entity, caught.value.attribute, caught.value.row) == ("THING", "A", {"id": 1})


@pytest.mark.parametrize(
    ("declared", "type_", "field", "reason"),
    [
        ("INT", "N", "7", "str is given, and int is expected"),
        ("INT", "N", True, "bool is given, and int is expected"),
        ("INT", "S", 10**30, "larger than any integer"),
        ("INT", "BOOL", 2, "neither 0 nor 1"),
        ("DECIMAL(65,30)", "N", D("1234567890.123456789012345678901234567891"), "more than 38"),
        ("DOUBLE", "N", 1e126, "out of range"),
        ("DOUBLE", "N", 1e-131, "out of range"),
        ("DECIMAL(10,2)", "N", 1.5, "float is given, and Decimal is expected"),
        ("BOOLEAN", "BOOL", 1, "int is given, and bool is expected"),
        ("VARCHAR(9)", "N", "007", "would not come back"),
        ("VARCHAR(9)", "N", "1.50", "would not come back"),
        ("VARCHAR(9)", "N", "", "the text is no number"),
        ("VARCHAR(9)", "N", "٣", "the text is no number"),
        ("VARCHAR(9)", "S", "\udfff", "lone surrogate"),
        ("ENUM('a')", "S", "A", "none of the ENUM's values"),
        ("SET('a')", "SS", ["a"], "list is given"),
        ("SET('a')", "SS", {1}, "int is given"),
        ("DATE", "S", NOON, "datetime is given, and date is expected"),
        ("TIMESTAMP", "S", NOON.replace(tzinfo=None), "without a time zone"),
        ("TIMESTAMP", "S", FINE, "more than 0 digits of fractions"),
        ("TIMESTAMP", "N", FINE, "more than 0 digits of fractions"),
        ("TIME", "S", timedelta(microseconds=1), "more than 0 digits"),
        ("TIME", "S", timedelta(hours=839), "out of the range"),
        ("BLOB", "B", "x", "bytes is expected"),
        ("JSON", "M", [1], "the JSON is L, and the attribute is M"),
        ("JSON", "L", {}, "the JSON is M, and the attribute is L"),
        ("JSON", "M", {"": 1}, "not non-empty text"),
        ("JSON", "M", {"a": D("1e126")}, "out of range"),
        ("JSON", "M", {"a": {"b": b"x"}}, "bytes has no form in JSON"),
        ("JSON", "S", {"a": "\ud800"}, "it has no JSON text"),
    ],
)
def test_a_records_value_that_has_no_form(declared: str, type_: AttributeType, field: Any, reason: str) -> None:
    with pytest.raises(RowRefused, match=reason) as caught:
        column_mapping(declared, type_).to_item({"id": 1, "A": field})
    assert caught.value.row == {"id": 1}
    if len(repr(field)) > 6:
        assert repr(field) not in str(caught.value)


def test_json_is_nested_as_deep_as_dynamodb_allows() -> None:
    mapping = column_mapping("JSON", "L")
    deep: list[Any] = []
    for _ in range(30):
        deep = [deep]
    assert mapping.from_item(mapping.to_item({"id": 1, "A": deep}))["A"] == deep
    with pytest.raises(RowRefused, match="nested deeper than 32 levels"):
        mapping.to_item({"id": 1, "A": [deep]})
    for _ in range(200):
        deep = [deep]
    with pytest.raises(RowRefused, match="nested deeper than"):
        mapping.to_item({"id": 1, "A": deep})


# ── what another program stored ──────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("declared", "type_", "stored", "reason"),
    [
        ("INT", "N", "7", "it is stored as S, and the contract says N"),
        ("INT", "N", True, "it is stored as BOOL, and the contract says N"),
        ("INT", "N", D("7.5"), "no integer"),
        ("INT", "S", 7, "it is stored as N, and the contract says S"),
        ("INT", "S", "07", "no integer in decimal digits"),
        ("INT", "S", "x", "no integer in decimal digits"),
        ("INT", "S", "٣", "no integer in decimal digits"),
        ("BOOLEAN", "BOOL", 1, "it is stored as N, and the contract says BOOL"),
        ("BOOLEAN", "BOOL", "true", "it is stored as S, and the contract says BOOL"),
        ("DECIMAL(9,2)", "N", "1.50", "it is stored as S, and the contract says N"),
        ("DECIMAL(9,2)", "S", "1,50", "no number in decimal digits"),
        ("VARCHAR(9)", "S", 7, "it is stored as N, and the contract says S"),
        ("BLOB", "B", "x", "it is stored as S, and the contract says B"),
        ("SET('a')", "SS", ["a"], "it is stored as L, and the contract says SS"),
        ("JSON", "M", "{}", "it is stored as S, and the contract says M"),
        ("JSON", "S", "{", "no JSON"),
        ("TIMESTAMP", "S", "yesterday", "no date and time"),
        ("TIMESTAMP", "S", "2026-08-27 12:00:05", "without a zone"),
        ("TIMESTAMP", "N", 10**40, "out of range"),
        ("TIMESTAMP", "N", D("0.0000001"), "more than 6 digits"),
        ("DATE", "S", "x", "no date"),
        ("DATE", "N", 5, "no midnight"),
        ("TIME", "S", "5", "no TIME"),
        ("YEAR", "S", "26", "no year of four digits"),
        ("DOUBLE", "S", "x", "no number"),
        ("TEXT", "B", b"\xff", "no text in UTF-8"),
        ("BIT(1)", "N", 2, "neither 0 nor 1"),
    ],
)
def test_what_another_program_stored_is_told_not_guessed(
    declared: str, type_: AttributeType, stored: Any, reason: str
) -> None:
    with pytest.raises(RowRefused, match=reason) as caught:
        column_mapping(declared, type_).from_item({"PK": "T#1", "A": stored})
    assert (caught.value.attribute, caught.value.row) == ("A", {"PK": "T#1"})


@pytest.mark.parametrize(
    ("declared", "type_", "stored", "field"),
    [
        ("TIMESTAMP", "S", "2026-08-27T12:00:05.120Z", FINE),
        ("TIMESTAMP", "S", "2026-08-27T14:00:05+02:00", NOON),
        ("DECIMAL(9,2)", "N", 5, D("5.00")),
        ("DECIMAL(9,2)", "N", 1.5, D("1.50")),
        ("DECIMAL(9,2)", "N", D("1.234"), D("1.234")),
        ("DOUBLE", "N", D("0.1"), 0.1),
        ("ENUM('a')", "S", "new", "new"),
    ],
)
def test_what_can_be_understood_is_read(declared: str, type_: AttributeType, stored: Any, field: Any) -> None:
    found = column_mapping(declared, type_).from_item({"PK": "T#1", "A": stored})["A"]
    assert found == field
    assert str(found) == str(field)
