"""Each family of columns in each type of attribute: what drivers give, what stands in the item, what comes back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from hashrange.errors import ConfigurationError
from hashrange.migration.contract.model import AttributeType
from hashrange.migration.conventions import Conventions
from hashrange.migration.errors import ContractError, RowRefused
from tests.migration_contracts import column_mapping, mapping_of, row

D = Decimal
NOON = datetime(2026, 8, 27, 12, 0, 5, tzinfo=UTC)
FINE = NOON.replace(microsecond=120_000)
MILLIS = Conventions(fraction_digits=3)


@pytest.mark.parametrize(
    ("declared", "type_", "raw", "field", "attribute"),
    [
        # integers: ids are decimal text without padding
        ("INT", "N", 7, 7, 7),
        ("INT", "S", 7, 7, "7"),
        ("INT", "S", -7, -7, "-7"),
        ("INT", "S", "007", 7, "7"),
        ("INT", "N", True, 1, 1),
        ("INT", "N", D("7.00"), 7, 7),
        ("INT", "N", 7.0, 7, 7),
        ("INT", "BOOL", 1, 1, True),
        ("BIGINT UNSIGNED", "S", 2**64 - 1, 2**64 - 1, "18446744073709551615"),
        ("BIGINT", "N", -(2**63), -(2**63), -(2**63)),
        # decimals: exact
        ("DECIMAL(10,2)", "N", D("1999.90"), D("1999.90"), D("1999.90")),
        ("DECIMAL(10,2)", "S", D("1999.9"), D("1999.90"), "1999.90"),
        ("DECIMAL(10,2)", "S", "1999.9", D("1999.90"), "1999.90"),
        ("DECIMAL(10,2)", "N", 1999.99, D("1999.99"), D("1999.99")),
        ("DECIMAL(10,2)", "N", 5, D("5.00"), D("5.00")),
        ("DECIMAL(10,2)", "S", D("-0.10"), D("-0.10"), "-0.10"),
        ("DECIMAL(65,30)", "N", D("1e-8"), D("1E-8"), D("1E-8")),
        ("NUMERIC(5)", "S", D("12"), D("12"), "12"),
        # floats: the digits of their repr
        ("DOUBLE", "N", 0.1, 0.1, D("0.1")),
        ("DOUBLE", "N", 1e22, 1e22, D("1e22")),
        ("DOUBLE", "S", 1e300, 1e300, "1e+300"),
        ("DOUBLE", "N", "2.5", 2.5, D("2.5")),
        ("FLOAT", "N", 3, 3.0, D("3.0")),
        ("FLOAT", "N", D("1.5"), 1.5, D("1.5")),
        # truth
        ("TINYINT(1)", "BOOL", 1, True, True),
        ("BOOLEAN", "BOOL", 0, False, False),
        ("BOOLEAN", "BOOL", "1", True, True),
        ("BOOLEAN", "BOOL", True, True, True),
        ("TINYINT(1)", "N", 5, 5, 5),
        ("TINYINT(1)", "S", 1, 1, "1"),
        ("BIT(1)", "BOOL", b"\x01", True, True),
        ("BIT(1)", "N", b"\x00", False, 0),
        ("BIT(1)", "S", 1, True, "1"),
        # bits
        ("BIT(12)", "N", b"\x0f\x01", 0xF01, 0xF01),
        ("BIT(12)", "S", 3841, 3841, "3841"),
        ("BIT(12)", "B", b"\x0f\x01", 3841, b"\x0f\x01"),
        # text: "null" is a text, and so is the empty one
        ("VARCHAR(10)", "S", "null", "null", "null"),
        ("VARCHAR(10)", "S", "NULL", "NULL", "NULL"),
        ("VARCHAR(10)", "S", "", "", ""),
        ("VARCHAR(10)", "S", "a'\"\\\0 ☃ 𝄞", "a'\"\\\0 ☃ 𝄞", "a'\"\\\0 ☃ 𝄞"),
        ("VARCHAR(10)", "S", b"caf\xc3\xa9", "café", "café"),
        ("VARCHAR(10)", "S", 12, "12", "12"),
        ("TEXT", "B", "é", "é", b"\xc3\xa9"),
        ("VARCHAR(10)", "N", "12.5", "12.5", D("12.5")),
        ("VARCHAR(10)", "N", "0", "0", D(0)),
        # enums: index 0 is the empty text
        ("ENUM('new','old')", "S", "new", "new", "new"),
        ("ENUM('new','old')", "S", "NEW", "new", "new"),
        ("ENUM('new','old')", "S", "", "", ""),
        # sets: in the order of their declaration where order shows
        ("SET('b','a')", "SS", "a,b", {"a", "b"}, {"a", "b"}),
        ("SET('b','a')", "SS", {"a"}, {"a"}, {"a"}),
        ("SET('b','a')", "SS", ["a", "b"], {"a", "b"}, {"a", "b"}),
        ("SET('b','a')", "SS", b"a", {"a"}, {"a"}),
        ("SET('b','a')", "S", "a,b", {"a", "b"}, "b,a"),
        ("SET('b','a')", "S", "", set(), ""),
        ("SET('b','a')", "L", "a,b", {"a", "b"}, ["b", "a"]),
        # dates and times: canonical, in UTC
        ("DATE", "S", date(2026, 8, 27), date(2026, 8, 27), "2026-08-27"),
        ("DATE", "S", "2026-08-27", date(2026, 8, 27), "2026-08-27"),
        ("DATE", "S", datetime(2026, 8, 27), date(2026, 8, 27), "2026-08-27"),
        ("DATE", "S", date(1, 1, 1), date(1, 1, 1), "0001-01-01"),
        ("DATE", "N", date(1970, 1, 2), date(1970, 1, 2), 86_400),
        ("DATE", "N", date(1969, 12, 31), date(1969, 12, 31), -86_400),
        ("TIMESTAMP", "S", datetime(2026, 8, 27, 12, 0, 5), NOON, "2026-08-27T12:00:05Z"),
        ("TIMESTAMP", "S", "2026-08-27 12:00:05", NOON, "2026-08-27T12:00:05Z"),
        ("TIMESTAMP", "S", "2026-08-27T12:00:05.000Z", NOON, "2026-08-27T12:00:05Z"),
        ("TIMESTAMP", "S", NOON.astimezone(timezone(timedelta(hours=5))), NOON, "2026-08-27T12:00:05Z"),
        ("TIMESTAMP", "N", NOON, NOON, 1_787_832_005),
        ("DATETIME", "S", datetime(2026, 8, 27, 12, 0, 5), NOON, "2026-08-27T12:00:05Z"),
        ("DATETIME", "S", date(2026, 8, 27), NOON.replace(hour=0, second=0), "2026-08-27T00:00:00Z"),
        ("TIME", "S", timedelta(hours=26, minutes=5), timedelta(hours=26, minutes=5), "26:05:00"),
        ("TIME", "S", timedelta(hours=-1), timedelta(hours=-1), "-01:00:00"),
        ("TIME", "S", "838:59:59", timedelta(hours=838, minutes=59, seconds=59), "838:59:59"),
        ("TIME", "S", "-00:00:01", timedelta(seconds=-1), "-00:00:01"),
        ("TIME", "S", time(1, 2, 3), timedelta(hours=1, minutes=2, seconds=3), "01:02:03"),
        ("TIME", "N", timedelta(minutes=-2), timedelta(minutes=-2), -120),
        ("YEAR", "N", 2026, 2026, 2026),
        ("YEAR", "S", 0, 0, "0000"),
        # bytes
        ("BLOB", "B", b"\x00\xff", b"\x00\xff", b"\x00\xff"),
        ("VARBINARY(9)", "B", bytearray(b"x"), b"x", b"x"),
        ("BLOB", "B", memoryview(b"x"), b"x", b"x"),
        ("BLOB", "B", b"", b"", b""),
        # JSON: exact numbers, one text
        ("JSON", "M", '{"b": 1.10, "a": [null]}', {"b": D("1.10"), "a": [None]}, {"b": D("1.1"), "a": [None]}),
        ("JSON", "L", "[1, 2]", [1, 2], [1, 2]),
        ("JSON", "L", b"[]", [], []),
        ("JSON", "S", '{"b": 1.10, "a": "é"}', {"a": "é", "b": D("1.10")}, '{"a":"é","b":1.10}'),
        ("JSON", "S", '"text"', "text", '"text"'),
        ("JSON", "S", {"a": 0.1}, {"a": D("0.1")}, '{"a":0.1}'),
        ("JSON", "S", str(10**29 + 1), 10**29 + 1, str(10**29 + 1)),
    ],
)  # fmt: skip
def test_a_value_there_and_back(declared: str, type_: AttributeType, raw: Any, field: Any, attribute: Any) -> None:
    mapping = column_mapping(declared, type_)
    record = mapping.record(row(v=raw))
    assert record == {"A": field, "id": 1}
    assert type(record["A"]) is type(field)
    item = mapping.to_item(record)
    assert item == {"PK": "T#1", "A": attribute}
    assert type(item["A"]) is type(attribute)
    assert mapping.from_item(item) == record
    assert mapping.to_item(mapping.from_item(item)) == item


@pytest.mark.parametrize(
    ("declared", "type_", "raw", "attribute"),
    [
        ("TIMESTAMP(3)", "S", FINE, "2026-08-27T12:00:05.120Z"),
        ("TIMESTAMP(3)", "S", NOON, "2026-08-27T12:00:05.000Z"),
        ("TIMESTAMP(3)", "N", FINE, D("1787832005.12")),
        ("TIME(3)", "S", timedelta(milliseconds=-1), "-00:00:00.001"),
        ("TIME(3)", "N", timedelta(milliseconds=1), D("0.001")),
    ],
)
def test_fractions_of_a_second_are_as_the_conventions_say(
    declared: str, type_: AttributeType, raw: Any, attribute: Any
) -> None:
    mapping = column_mapping(declared, type_, conventions=MILLIS)
    record = mapping.record(row(v=raw))
    item = mapping.to_item(record)
    assert item["A"] == attribute
    assert mapping.from_item(item) == record


def test_null_is_left_out_and_comes_back() -> None:
    mapping = column_mapping("VARCHAR(9)", "S")
    record = mapping.record(row(v=None))
    assert mapping.to_item(record) == {"PK": "T#1"}
    assert mapping.from_item({"PK": "T#1"}) == record == {"A": None, "id": 1}


def test_null_may_be_stored() -> None:
    mapping = column_mapping("VARCHAR(9)", "S", conventions=Conventions(nulls="null"))
    assert mapping.to_item({"id": 1, "A": None}) == {"PK": "T#1", "A": None}
    assert mapping.from_item({"PK": "T#1", "A": None}) == {"id": 1, "A": None}
    assert mapping.stores_null("A")
    assert not mapping.stores_null("PK")


def test_an_attribute_of_type_null_holds_nothing_else() -> None:
    mapping = column_mapping("INT", "NULL", conventions=Conventions(nulls="null"))
    assert mapping.to_item({"id": 1, "A": None}) == {"PK": "T#1", "A": None}
    with pytest.raises(RowRefused, match="it is not NULL"):
        mapping.to_item({"id": 1, "A": 5})


@pytest.mark.parametrize(("declared", "back"), [("SET('a') NOT NULL", set()), ("SET('a') NULL", None)])
def test_an_empty_set_is_left_out(declared: str, back: Any) -> None:
    """Where the column may be NULL, it cannot be told from one."""
    mapping = column_mapping(declared, "SS", conventions=Conventions(nulls="null"))
    item = mapping.to_item({"id": 1, "A": set()})
    assert item == {"PK": "T#1"}
    assert mapping.from_item(item) == {"id": 1, "A": back}


# ── time zones, zero dates ───────────────────────────────────────────────────────────────────────────────────────────
BERLIN = Conventions(time_zone="Europe/Berlin")


def test_a_datetime_is_in_the_zone_of_the_conventions_and_a_timestamp_in_utc() -> None:
    naive = datetime(2026, 8, 27, 14, 0, 5)
    assert column_mapping("DATETIME", "S", conventions=BERLIN).record(row(v=naive))["A"] == NOON
    assert column_mapping("TIMESTAMP", "S", conventions=BERLIN).record(row(v=naive))["A"] == NOON.replace(hour=14)


def test_a_time_that_clocks_skipped_is_refused_and_one_that_came_twice_is_the_first() -> None:
    mapping = column_mapping("DATETIME", "S", conventions=BERLIN)
    with pytest.raises(RowRefused, match="there was no such time in Europe/Berlin"):
        mapping.record(row(v=datetime(2026, 3, 29, 2, 30)))
    assert mapping.record(row(v=datetime(2026, 10, 25, 2, 30)))["A"] == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_what_is_out_of_range_in_utc_is_refused() -> None:
    mapping = column_mapping("DATETIME", "S", conventions=Conventions(time_zone="Asia/Tokyo"))
    with pytest.raises(RowRefused, match="out of the range of dates"):
        mapping.record(row(v=datetime(1, 1, 1)))


@pytest.mark.parametrize("raw", ["0000-00-00", "0000-00-00 00:00:00", "0000-00-00 00:00:00.000000"])
def test_zero_dates_may_be_null(raw: str) -> None:
    conventions = Conventions(zero_dates="null")
    for declared in ("DATE", "DATETIME", "TIMESTAMP"):
        assert column_mapping(declared, "S", conventions=conventions).record(row(v=raw))["A"] is None
    with pytest.raises(RowRefused, match="its month or day is 00"):
        column_mapping("DATE", "S", conventions=conventions).record(row(v="2026-00-00"))


# ── without a schema ─────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("type_", "raw", "field", "attribute"),
    [
        ("S", "x", "x", "x"),
        ("S", 7, "7", "7"),
        ("S", True, "1", "1"),
        ("S", D("1.50"), "1.50", "1.50"),
        ("S", 0.5, "0.5", "0.5"),
        ("S", b"x", "x", "x"),
        ("S", date(2026, 1, 2), "2026-01-02", "2026-01-02"),
        ("S", datetime(2026, 1, 2, 3), "2026-01-02T03:00:00Z", "2026-01-02T03:00:00Z"),
        ("S", timedelta(hours=30), "30:00:00", "30:00:00"),
        ("S", {"b", "a"}, "a,b", "a,b"),
        ("S", {"b": 1, "a": 2}, '{"a":2,"b":1}', '{"a":2,"b":1}'),
        ("N", 7, D(7), D(7)),
        ("N", "1.50", D("1.50"), D("1.50")),
        ("N", 0.1, D("0.1"), D("0.1")),
        ("BOOL", 1, True, True),
        ("B", b"x", b"x", b"x"),
        ("SS", "a,b", {"a", "b"}, {"a", "b"}),
        ("NS", "1,2.5", {D(1), D("2.5")}, {D(1), D("2.5")}),
        ("NS", "[1, 2]", {D(1), D(2)}, {D(1), D(2)}),
        ("NS", [1], {D(1)}, {D(1)}),
        ("M", '{"a": 1}', {"a": 1}, {"a": 1}),
        ("L", "[1]", [1], [1]),
    ],
)
def test_without_a_schema_the_attributes_type_tells(type_: AttributeType, raw: Any, field: Any, attribute: Any) -> None:
    mapping = mapping_of({"A": (type_, "v")})
    record = mapping.record(row(v=raw))
    assert record["A"] == field
    item = mapping.to_item(record)
    assert item["A"] == attribute
    assert mapping.from_item(item) == record


@pytest.mark.parametrize("raw", ["[[1]]", "x", "[true", 5, '["a"]', "[null]"])
def test_what_is_no_set_of_numbers(raw: Any) -> None:
    with pytest.raises(RowRefused):
        mapping_of({"A": ("NS", "v")}).record(row(v=raw))


def test_without_a_schema_a_zone_needs_one() -> None:
    with pytest.raises(RowRefused, match="DATETIME or a TIMESTAMP"):
        mapping_of({"A": ("S", "v")}, conventions=BERLIN).record(row(v=datetime(2026, 1, 1)))


@pytest.mark.parametrize(
    ("declared", "type_", "may_be"),
    [
        ("VARCHAR(9)", "BOOL", "it may be S, N, B"),
        ("VARCHAR(9)", "M", "json-parse"),
        ("INT", "B", "it may be N, S, BOOL"),
        ("BLOB", "S", "it may be B"),
        ("JSON", "N", "it may be M, L, S"),
        ("JSON", "SS", "it may be M, L, S"),
        ("ENUM('a')", "N", "it may be S"),
        ("DATE", "BOOL", "it may be S, N"),
        ("INT", "BS", "it may be"),
    ],
)
def test_a_column_that_has_no_form_in_its_attribute_is_refused_when_compiling(
    declared: str, type_: AttributeType, may_be: str
) -> None:
    with pytest.raises(ContractError, match=may_be) as caught:
        column_mapping(declared, type_)
    assert "Things.A: v is of type" in str(caught.value)


def test_a_zone_that_nobody_knows() -> None:
    with pytest.raises(ConfigurationError, match="'Mars/Olympus' is not a time zone"):
        column_mapping("DATETIME", "S", conventions=Conventions(time_zone="Mars/Olympus"))
