"""date-format, number-format and json-parse: what they make, whether it can be undone, and what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal

import pytest

from hashrange.migration.contract.model import AttributeType, Transformed
from hashrange.migration.conventions import Conventions
from hashrange.migration.errors import ContractError, RowRefused
from hashrange.migration.expressions.nodes import Column
from tests.migration_contracts import column_mapping, mapping_of, row, schema_of

D = Decimal
V = Column("v")
AT = datetime(2026, 8, 7, 9, 5, 3, 120_000)
NOT_READ = object()

Kind = Literal["date-format", "number-format", "json-parse"]


def there_and_back(
    declared: str, type_: AttributeType, value: Transformed, raw: Any, conventions: Conventions
) -> tuple[Any, Any]:
    """What the attribute holds, and what is read from it: NOT_READ where it is not readable."""
    mapping = column_mapping(declared, type_, value=value, conventions=conventions)
    record = mapping.record(row(v=raw))
    item = mapping.to_item(record)
    name = next(name for name in mapping.fields if name != "id")
    if not mapping.fields[name].readable:
        assert name not in mapping.from_item(item)
        return item["A"], NOT_READ
    assert mapping.from_item(item) == record
    return item["A"], record[name]


MICROS = Conventions(fraction_digits=6)


@pytest.mark.parametrize(
    ("declared", "raw", "format_", "source_format", "type_", "attribute", "readable"),
    [
        ("DATE", date(2026, 8, 7), "YYYY-MM-DD", None, "S", "2026-08-07", True),
        ("DATE", date(2026, 8, 7), "DD.MM.YYYY", "date", "S", "07.08.2026", True),
        ("DATE", date(2026, 8, 7), "dd/MM/yyyy", None, "S", "07/08/2026", True),
        ("DATE", date(2026, 8, 7), "%d/%m/%Y", None, "S", "07/08/2026", True),
        ("DATE", date(2026, 8, 7), "YYYYMMDD", None, "S", "20260807", True),
        ("DATE", date(2026, 8, 7), "YYYY-MM", None, "S", "2026-08", False),
        ("DATE", date(2026, 8, 7), "YY-MM-DD", None, "S", "26-08-07", False),
        ("DATE", date(2026, 8, 7), None, None, "S", "2026-08-07", True),
        ("DATE", date(2026, 8, 7), "epoch", None, "N", 1_786_060_800, True),
        ("TIMESTAMP", AT.replace(microsecond=0), "YYYY-MM-DD", "timestamp", "S", "2026-08-07", False),
        ("TIMESTAMP", AT.replace(microsecond=0), "YYYY-MM-DDTHH:mm:ssZ", None, "S", "2026-08-07T09:05:03Z", True),
        ("TIMESTAMP", AT.replace(microsecond=0), "%Y-%m-%d %H:%i:%s", None, "S", "2026-08-07 09:05:03", True),
        ("TIMESTAMP", AT.replace(microsecond=0), "%Y%%%m%d %T", None, "S", "2026%0807 09:05:03", True),
        ("TIMESTAMP", AT.replace(microsecond=0), "'on 'YYYYMMDD-HHmmss", None, "S", "on 20260807-090503", True),
        ("TIMESTAMP", AT.replace(microsecond=0), "HH 'o''clock'", None, "S", "09 o'clock", False),
        ("TIMESTAMP", AT.replace(microsecond=0), "HH:mm", None, "S", "09:05", False),
        ("TIMESTAMP", AT.replace(microsecond=0), "iso8601", None, "S", "2026-08-07T09:05:03.000000Z", True),
        ("TIMESTAMP(3)", AT, "YYYY-MM-DD HH:mm:ss", None, "S", "2026-08-07 09:05:03", False),
        ("TIMESTAMP(3)", AT, "YYYY-MM-DD HH:mm:ss.SSS", None, "S", "2026-08-07 09:05:03.120", True),
        ("TIMESTAMP(6)", AT, "%Y-%m-%d %T.%f", None, "S", "2026-08-07 09:05:03.120000", True),
        ("TIMESTAMP(6)", AT, "YYYY-MM-DD HH:mm:ss.SS", None, "S", "2026-08-07 09:05:03.12", False),
        ("TIMESTAMP(3)", AT, "epoch", None, "N", D("1786093503.12"), True),
        ("TIMESTAMP(3)", AT, "epoch-ms", None, "N", 1_786_093_503_120, True),
        ("TIMESTAMP(3)", AT, "epoch-ms", None, "S", "1786093503120", True),
        ("DATETIME", AT.replace(microsecond=0), "YYYY", None, "S", "2026", False),
        ("INT", 1_786_093_503, "YYYY-MM-DD HH:mm:ss", "epoch", "S", "2026-08-07 09:05:03", True),
        ("INT", 1_786_093_503, "iso8601", "timestamp", "S", "2026-08-07T09:05:03.000000Z", True),
        ("BIGINT", 1_786_093_503_120, "YYYY-MM-DD HH:mm:ss.SSS", "epoch-ms", "S", "2026-08-07 09:05:03.120", True),
        ("BIGINT", 1_786_093_503_120, "epoch", "epoch-ms", "N", D("1786093503.12"), True),
        ("DECIMAL(16,3)", D("1786093503.120"), "epoch-ms", "epoch", "N", 1_786_093_503_120, True),
        ("CHAR(10)", "07.08.2026", "YYYY-MM-DD", "DD.MM.YYYY", "S", "2026-08-07", True),
        ("CHAR(10)", "07.08.2026", "MM", "DD.MM.YYYY", "S", "08", False),
        ("CHAR(20)", "2026-08-07 09:05:03", "epoch", "YYYY-MM-DD HH:mm:ss", "N", 1_786_093_503, True),
    ],
)  # fmt: skip
def test_a_date_format(
    declared: str,
    raw: Any,
    format_: str | None,
    source_format: str | None,
    type_: AttributeType,
    attribute: Any,
    readable: bool,
) -> None:
    value = Transformed("date-format", V, format_, source_format)
    found, read = there_and_back(declared, type_, value, raw, MICROS)
    assert found == attribute
    assert type(found) is type(attribute)
    assert (read is not NOT_READ) is readable


@pytest.mark.parametrize(
    ("declared", "raw", "format_", "type_", "attribute", "readable"),
    [
        ("DECIMAL(10,2)", D("1999.90"), "0.00", "S", "1999.90", True),
        ("DECIMAL(10,2)", D("1999.90"), "0.000", "S", "1999.900", True),
        ("DECIMAL(10,2)", D("1999.90"), "#,##0.00", "S", "1,999.90", True),
        ("DECIMAL(12,2)", D("-1234567.5"), "#,##0.##", "S", "-1,234,567.5", True),
        ("DECIMAL(10,2)", D("5"), "0.##", "S", "5", True),
        ("DECIMAL(10,2)", D("0.5"), "#.00", "S", ".50", True),
        ("DECIMAL(10,2)", D("-0.5"), "#.00", "S", "-.50", True),
        ("DECIMAL(10,2)", D("0"), "#.##", "S", "0", True),
        ("DECIMAL(10,2)", D("7.5"), "000.0", "S", "007.5", False),
        ("DECIMAL(10,2)", D("2.25"), "0.0", "S", "2.3", False),
        ("DECIMAL(10,2)", D("-2.25"), "0.0", "N", D("-2.3"), False),
        ("DECIMAL(10,2)", D("-0.01"), "0.0", "S", "0.0", False),
        ("DECIMAL(10,2)", D("2.25"), "0.00", "N", D("2.25"), True),
        ("DECIMAL(10,2)", D("2.25"), None, "N", D("2.25"), True),
        ("INT", 7, "00000", "S", "00007", True),
        ("INT", -7, "000", "S", "-007", True),
        ("INT", 1234567, "#,###", "S", "1,234,567", True),
        ("INT", 7, "0.00", "S", "7.00", True),
        ("DOUBLE", 2.675, "0.00", "S", "2.68", False),
        ("BIT(8)", 5, "000", "S", "005", True),
        ("YEAR", 2026, "0,000", "S", "2,026", True),
        ("VARCHAR(9)", "12.5", "0.00", "S", "12.50", False),
    ],
)
def test_a_number_format(
    declared: str, raw: Any, format_: str | None, type_: AttributeType, attribute: Any, readable: bool
) -> None:
    found, read = there_and_back(declared, type_, Transformed("number-format", V, format_), raw, MICROS)
    assert found == attribute
    assert type(found) is type(attribute)
    assert (read is not NOT_READ) is readable


@pytest.mark.parametrize(
    ("declared", "raw", "type_", "attribute"),
    [
        ("JSON", '{"a": 1.50}', "M", {"a": D("1.5")}),
        ("JSON", "[1]", "L", [1]),
        ("JSON", '{"b":1,"a":2}', "S", '{"a":2,"b":1}'),
        ("TEXT", '{"a": 1.50}', "M", {"a": D("1.5")}),
        ("TEXT", "[1]", "L", [1]),
        ("TEXT", " [1, 2] ", "S", "[1,2]"),
    ],
)
def test_json_parse(declared: str, raw: Any, type_: AttributeType, attribute: Any) -> None:
    found, read = there_and_back(declared, type_, Transformed("json-parse", V), raw, MICROS)
    assert found == attribute
    assert read is not NOT_READ  # a text that is nothing but JSON is one in the record


def test_a_text_that_is_used_as_it_is_too_stays_text() -> None:
    parsed = Transformed("json-parse", V)
    mapping = mapping_of({"A": ("M", parsed), "raw": ("S", "v")}, schema_of("v TEXT"))
    record = mapping.record(row(v='{ "a": 1 }'))
    assert record == {"id": 1, "raw": '{ "a": 1 }'}
    item = mapping.to_item(record)
    assert item == {"PK": "T#1", "A": {"a": 1}, "raw": '{ "a": 1 }'}
    assert mapping.from_item(item) == record
    assert "A" not in mapping.to_item({"id": 1, "raw": "null"})
    with pytest.raises(RowRefused, match="the text is no JSON"):
        mapping.to_item({"id": 1, "raw": "{"})


@pytest.mark.parametrize(
    ("declared", "type_", "kind", "format_", "source_format", "reason"),
    [
        ("DATE", "S", "date-format", "YYYY-MMM-DD", None, "'MMM' in the date format 'YYYY-MMM-DD' has no meaning"),
        ("DATE", "S", "date-format", "YYYY-WW", None, "'W' in the date format"),
        ("DATE", "S", "date-format", "%Y-%j", None, "'%j' in the date format"),
        ("DATE", "S", "date-format", "%Y-%", None, "'%' in the date format"),
        ("DATETIME", "S", "date-format", "HH:MM:ss MM", None, "'MM' stands twice"),
        ("DATETIME", "S", "date-format", "YYYY-MM-DD HH:MM:SS", None, "'MM' stands twice.* mm are minutes"),
        ("DATETIME", "S", "date-format", "SSSSSSS", None, "has no meaning"),
        ("DATE", "S", "date-format", "--", None, "no letters that stand for a part"),
        ("DATE", "S", "date-format", "", None, None),
        ("DATE", "N", "date-format", "YYYYMMDD", None, "makes text, and the attribute is of type N"),
        ("DATE", "B", "date-format", "epoch", None, "an epoch is a number or text"),
        ("DATE", "S", "date-format", "YYYY", "epoch", "does not go with a date"),
        ("INT", "S", "date-format", "YYYY", None, "of a number it is epoch or epoch-ms"),
        ("TEXT", "S", "date-format", "YYYY", None, "of a text it is a date format"),
        ("TEXT", "S", "date-format", "YYYY", "MM-DD", "at least YYYY, MM and DD"),
        ("TEXT", "S", "date-format", "YYYY", "soon", "has no meaning"),
        ("TIME", "S", "date-format", "HH", None, "does not go with a time"),
        ("DECIMAL(9,2)", "S", "number-format", "$0.00", None, "the number format '\\$0.00' has no meaning"),
        ("DECIMAL(9,2)", "S", "number-format", "0.#0", None, "has no meaning"),
        ("DECIMAL(9,2)", "S", "number-format", "0#", None, "has no meaning"),
        ("DECIMAL(9,2)", "S", "number-format", ",", None, "has no meaning"),
        ("DECIMAL(9,2)", "S", "number-format", "", None, "has no meaning"),
        ("DECIMAL(9,2)", "S", "number-format", "0.00", "hex", "source_format 'hex' has no meaning"),
        ("DECIMAL(9,2)", "B", "number-format", "0.00", None, "makes text or a number"),
        ("DATE", "S", "number-format", "0.00", None, "for numbers, and the column is a date"),
        ("BLOB", "M", "json-parse", None, None, "not M of a blob"),
        ("TEXT", "N", "json-parse", None, None, "a text has no form in an attribute of type N"),
        ("JSON", "M", "json-parse", "yaml", None, "knows no format 'yaml'"),
        ("JSON", "N", "json-parse", None, None, "a json has no form in an attribute of type N"),
    ],
)
def test_a_transformation_that_means_nothing_is_refused(
    declared: str, type_: AttributeType, kind: Kind, format_: str | None, source_format: str | None, reason: str | None
) -> None:
    value = Transformed(kind, V, format_, source_format)
    if reason is None:  # an empty format is none
        assert there_and_back(declared, type_, value, date(2026, 8, 7), MICROS)[0] == "2026-08-07"
        return
    with pytest.raises(ContractError, match=rf"(?i)Things\.A: .*{reason}"):
        column_mapping(declared, type_, value=value)


@pytest.mark.parametrize(
    ("declared", "value", "raw", "reason"),
    [
        ("CHAR(10)", Transformed("date-format", V, "YYYY", "DD.MM.YYYY"), "7.8.2026", "does not have the format"),
        ("CHAR(10)", Transformed("date-format", V, "YYYY", "DD.MM.YYYY"), "31.02.2026", "does not exist"),
        ("BIGINT", Transformed("date-format", V, "YYYY", "epoch"), 10**18, "out of range"),
        ("VARCHAR(9)", Transformed("number-format", V, "0.00"), "many", "the text is no number"),
        ("TIMESTAMP(3)", Transformed("date-format", V, "iso8601"), AT, "more than 0 digits of fractions"),
    ],
)
def test_a_value_that_does_not_go_into_the_format(declared: str, value: Transformed, raw: Any, reason: str) -> None:
    mapping = column_mapping(declared, "S", value=value)
    with pytest.raises(RowRefused, match=reason):
        mapping.to_item(mapping.record(row(v=raw)))


@pytest.mark.parametrize(
    ("value", "type_", "stored", "reason"),
    [
        (Transformed("date-format", V, "YYYY-MM-DD"), "S", "07.08.2026", "does not have the format"),
        (Transformed("date-format", V, "YYYY-MM-DD"), "S", 5, "it is stored as N"),
        (Transformed("date-format", V, "epoch"), "N", "5", "it is stored as S"),
        (Transformed("date-format", V, "epoch"), "S", "x", "no number"),
    ],
)
def test_what_another_program_stored_is_told(
    value: Transformed, type_: AttributeType, stored: Any, reason: str
) -> None:
    with pytest.raises(RowRefused, match=reason):
        column_mapping("DATE", type_, value=value).from_item({"PK": "T#1", "A": stored})


@pytest.mark.parametrize(
    ("value", "raw", "field", "attribute"),
    [
        (Transformed("date-format", V, "YYYY"), datetime(2026, 1, 2), datetime(2026, 1, 2, tzinfo=UTC), "2026"),
        (Transformed("date-format", V, "YYYY", "date"), date(2026, 1, 2), date(2026, 1, 2), "2026"),
        (Transformed("date-format", V, "YYYY", "epoch"), 0, 0, "1970"),
        (Transformed("date-format", V, "YYYY", "YYYYMMDD"), "20260102", "20260102", "2026"),
        (Transformed("number-format", V, "0.0"), 5, D(5), "5.0"),
    ],
)
def test_without_a_schema_the_transformation_tells_the_type(
    value: Transformed, raw: Any, field: Any, attribute: str
) -> None:
    mapping = mapping_of({"A": ("S", value)})
    record = mapping.record(row(v=raw))
    assert record["v"] == field
    assert mapping.to_item(record)["A"] == attribute


def test_without_a_schema_a_date_that_is_stored_as_it_is_too() -> None:
    mapping = mapping_of({"on": ("S", "v"), "A": ("S", Transformed("date-format", V, "DD.MM.YYYY"))})
    for raw, text in ((date(2026, 1, 2), "2026-01-02"), (datetime(2026, 1, 2), "2026-01-02T00:00:00Z")):
        record = mapping.record(row(v=raw))
        assert record["on"] == text
        assert mapping.to_item(record)["A"] == "02.01.2026"
