"""Every join, calculation and kind of text: which rows they need, and what they make of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from hashrange.migration.contract.model import (
    Aggregate,
    AttributeType,
    Construction,
    Lookup,
    Recursive,
)
from hashrange.migration.conventions import Conventions
from hashrange.migration.errors import ContractError, RowRefused
from hashrange.migration.expressions.nodes import Column
from hashrange.migration.expressions.parse import parse, parse_order_by
from tests.migration_contracts import hop, mapping_of
from tests.migration_rows import row_of
from tests.migration_things import CITY, MAKER, PARTS, SCHEMA, TABLES, THING, made, mapped

D = Decimal


# ── lookups ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("own", "value", "result"),
    [
        ({}, Lookup((MAKER,), (parse("makers.title"),)), "Maker"),
        ({"a": 7}, Lookup((MAKER,), (parse("makers.title"),)), None),
        ({"a": None}, Lookup((MAKER,), (parse("makers.title"),)), None),
        ({"a": 7}, Lookup((MAKER,), (parse("makers.title"),), null_value="nobody"), "nobody"),
        ({}, Lookup((MAKER,), (parse("title"),)), "Maker"),
        ({}, Lookup((MAKER,), (parse("CONCAT(makers.title, ' of ', things.name)"),)), "Maker of One"),
        ({"a": 7}, Lookup((MAKER,), (parse("CONCAT(makers.title, '!')"),), null_value="-"), "-"),
        ({}, Lookup((MAKER, CITY), (parse("cities.title"),)), "Ulm"),
        ({"a": 2}, Lookup((MAKER, CITY), (parse("cities.title"),)), None),
        ({}, Lookup((MAKER, CITY), (parse("title"),)), "Ulm"),
        ({}, Lookup((MAKER, CITY), (parse("makers.title"), parse("cities.title")), " > "), "Maker > Ulm"),
        ({}, Lookup((MAKER, CITY), (parse("title"), parse("title")), ", "), "Maker, Ulm"),
        ({"a": 2}, Lookup((MAKER, CITY), (parse("makers.title"), parse("cities.title")), " > "), "Lost"),
        ({"a": 7}, Lookup((MAKER, CITY), (parse("makers.title"), parse("cities.title")), " > "), None),
        ({"a": 7}, Lookup((MAKER, CITY), (parse("makers.title"), parse("cities.people")), " > ", "none"), "none"),
        ({}, Lookup((MAKER, CITY), (parse("makers.title"), parse("cities.people")), " > "), "Maker > 126000"),
    ],
)  # fmt: skip
def test_a_lookup(own: dict[str, Any], value: Lookup, result: str | None) -> None:
    assert made("S", value, {**THING, **own}) == result


BOSS = hop("things", "boss.id = things.boss_id", "boss")


@pytest.mark.parametrize(
    ("select", "otherwise", "results"),
    [
        ("'TOP'", "boss.name", ("Boss", "TOP")),
        ("'TOP'", "'below'", ("below", "TOP")),
        ("'TOP'", None, (None, "TOP")),
        ("things.name", "boss.name", ("Boss", "Boss")),
        ("NULL", "boss.id", ("2", None)),
    ],
)
def test_a_conditional(select: str, otherwise: str | None, results: tuple[Any, Any]) -> None:
    value = Lookup(
        (BOSS,),
        (parse(select),),
        condition=parse("things.boss_id IS NULL"),
        otherwise=None if otherwise is None else parse(otherwise),
    )
    assert tuple(made("S", value, own) for own in TABLES["things"]) == results


def test_numbers_of_lookups_are_numbers() -> None:
    assert made("N", Lookup((MAKER, CITY), (parse("cities.people"),))) == 126_000
    assert made("N", Lookup((MAKER, CITY), (parse("cities.people"),), null_value="0"), {**THING, "a": 7}) == 0
    assert made("N", Lookup((MAKER, CITY), (parse("cities.people / 7"),))) == D("18000.0000")
    assert made("BOOL", Lookup((MAKER,), (parse("makers.title = 'MAKER'"),))) is True  # its collation ignores case


def test_one_way_is_one_need_whatever_its_alias() -> None:
    other = hop("things", "things.boss_id = chief.id", "chief")
    mapping = mapping_of(
        {
            "A": ("S", Lookup((BOSS,), (parse("boss.name"),))),
            "B": ("S", Lookup((other,), (parse("chief.state"),))),
            "C": ("S", Lookup((MAKER, CITY), (parse("makers.title"), parse("cities.title")), " ")),
        },
        SCHEMA,
    )
    assert [(one.id, one.columns) for one in mapping.needs.lookups] == [
        ("A", ((0, "name"), (0, "state"))),
        ("C", ((0, "title"),)),
        ("C_2", ((1, "title"),)),
    ]
    assert mapping.needs.columns == ("id", "boss_id", "a", "b")
    assert list(mapping.fields) == ["id", "A", "B", "makers_title", "cities_title", "boss_id", "a", "b"]
    assert [name for name, field in mapping.fields.items() if not field.readable] == [
        "makers_title", "cities_title", "boss_id", "a", "b",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (Lookup((MAKER,), (parse("makers.nothing"),)), "the table 'makers' has no column 'nothing'"),
        (Lookup((MAKER,), (parse("cities.title"),)), "'cities' is neither the own table nor joined here"),
        (Lookup((CITY, MAKER), (parse("makers.title"),)), "makers.city_id names a table that is not joined there"),
        (Lookup((hop("makers", "makers.x = things.a"),), (parse("makers.title"),)), "has no column 'x'"),
        (Lookup((hop("makers", "makers.a = things.x"),), (parse("makers.title"),)), "has no column 'x'"),
        (Lookup((MAKER,), ()), "the join selects nothing"),
        (Lookup((MAKER,), (parse("a"), parse("b"))), "has no separator"),
        (Lookup((MAKER,), (parse("makers.title"),), null_value="x"), "the constant 'x' is none of type N"),
    ],
)
def test_a_lookup_that_cannot_be_followed(value: Lookup, reason: str) -> None:
    with pytest.raises(ContractError, match=reason) as caught:
        mapped("N" if value.null_value else "S", value)
    assert "Things.A" in str(caught.value)


# ── embedded rows ────────────────────────────────────────────────────────────────────────────────────────────────────
def collected(shape: Any, *outputs: tuple[str, str], **options: Any) -> Construction:
    return Construction(PARTS, shape, tuple((name, parse(text)) for name, text in outputs), **options)


EVERYTHING = collected(
    "array", ("no", "id"), ("label", "parts.label"), ("cost", "cost"), ("twice", "parts.cost * 2"), ("made", "made"),
    ("ok", "ok"), ("extra", "extra"), ("tags", "tags"), ("weight", "weight"), ("of", "things.name"),
    ("on", "things.made"),
)  # fmt: skip
FIRST: dict[str, Any] = {
    "no": 1, "label": "p", "cost": D("1.10"), "twice": D("2.20"), "made": "2026-01-01", "ok": True,
    "extra": {"z": D("0.1")}, "tags": ["x", "y"], "weight": D("0.5"), "of": "One", "on": "2026-01-02T03:04:05Z",
}  # fmt: skip
SECOND: dict[str, Any] = {"no": 2, "cost": D("2.20"), "twice": D("4.40"), "of": "One", "on": "2026-01-02T03:04:05Z"}


def test_embedded_rows_in_a_list() -> None:
    assert made("L", EVERYTHING) == [FIRST, SECOND]
    assert made("L", EVERYTHING, {**THING, "id": 7}) == []


def test_embedded_rows_with_their_nulls() -> None:
    found = made("L", EVERYTHING, conventions=Conventions(nulls="null"))
    assert found[1] == {**dict.fromkeys(FIRST), **SECOND}


def test_embedded_rows_in_text_keep_order_and_nulls() -> None:
    value = collected("array", ("no", "id"), ("label", "label"), ("cost", "cost"), ("extra", "extra"))
    assert made("S", value) == (
        '[{"no":1,"label":"p","cost":1.10,"extra":{"z":0.1}},{"no":2,"label":null,"cost":2.20,"extra":null}]'
    )
    assert made("S", value, {**THING, "id": 7}) == "[]"


def test_order_and_limit_are_the_readers() -> None:
    value = collected("array", ("no", "id"), order_by=parse_order_by("parts.cost DESC"), limit=1)
    assert made("L", value) == [{"no": 2}]
    mapping = mapped("L", value)
    assert (mapping.needs.collections[0].value, mapping.needs.collections[0].columns) == (value, ("id",))


def test_an_object_is_of_one_row_or_not_there() -> None:
    value = collected("object", ("no", "id"), ("picture", "picture"))
    assert made("M", value) == {"no": 1, "picture": b"\x00"}
    assert made("M", value, {**THING, "id": 7}) is None
    with pytest.raises(RowRefused, match="bytes have no form in JSON"):
        made("S", value)


@pytest.mark.parametrize("type_", ["L", "S"])
def test_embedded_rows_come_back(type_: AttributeType) -> None:
    mapping = mapped(type_, EVERYTHING)
    record = mapping.record(row_of(mapping.needs, TABLES, THING))
    assert mapping.from_item(mapping.to_item(record))["A"] == record["A"]
    assert record["A"][1]["label"] is None
    assert mapping.from_item({"PK": "T#1"})["A"] == []


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ({}, "dict is given, and list is expected"),
        ([1], "int is given, and dict is expected"),
        ([{"other": 1}], "a name that the contract's construction does not"),
        ([{"no": date(2026, 1, 1), "label": {1}}], "set has no form in JSON"),
        ([{"no": D("NaN")}], "Decimal has no form in JSON"),
    ],
)
def test_a_records_rows_that_have_no_form(field: Any, reason: str) -> None:
    with pytest.raises(RowRefused, match=reason):
        mapped("L", EVERYTHING).to_item({"id": 1, "A": field})


@pytest.mark.parametrize(
    ("type_", "stored"), [("L", "[]"), ("L", [1]), ("S", "{"), ("S", "{}"), ("S", "[1]"), ("S", []), ("L", {})]
)
def test_stored_rows_of_another_form_are_told(type_: AttributeType, stored: Any) -> None:
    with pytest.raises(RowRefused, match=r"stored as|no JSON"):
        mapped(type_, EVERYTHING).from_item({"PK": "T#1", "A": stored})


def test_an_object_of_the_own_row_is_made_of_its_fields() -> None:
    value = Construction(
        hop("things", "things.id = things.id"),
        "object",
        (
            ("n", parse("things.name")), ("p", parse("price")), ("at", parse("made")), ("x", parse("price * 2")),
            ("f", parse("flag")),
        ),
        same_row=True,
    )  # fmt: skip
    types: tuple[AttributeType, ...] = ("M", "S")
    for type_ in types:
        mapping = mapped(type_, value)
        record = mapping.record(row_of(mapping.needs, TABLES, THING))
        assert record == {
            "id": 1, "name": "One", "price": D("2.50"), "made": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "flag": 1,
        }  # fmt: skip
        assert mapping.from_item(mapping.to_item(record)) == record
        with pytest.raises(RowRefused, match=r"something else than a map|is stored as"):
            mapping.from_item({"PK": "T#1", "A": [] if type_ == "M" else "[]"})
    assert made("M", value) == {"n": "One", "p": D("2.50"), "at": "2026-01-02T03:04:05Z", "x": D("5.00"), "f": 1}
    assert made("S", value) == '{"n":"One","p":2.50,"at":"2026-01-02T03:04:05Z","x":5.00,"f":1}'


@pytest.mark.parametrize(
    ("type_", "value", "reason"),
    [
        ("M", collected("array", ("no", "id")), "makes a list, and the attribute is of type M"),
        ("L", collected("object", ("no", "id")), "makes an object, and the attribute is of type L"),
        ("L", collected("array"), "not one or more different names"),
        ("L", collected("array", ("no", "id"), ("no", "label")), "not one or more different names"),
        ("L", collected("array", ("no", "nothing")), "the table 'parts' has no column 'nothing'"),
        ("L", collected("array", ("no", "id"), order_by=((Column("nothing"), False),)), "no column 'nothing'"),
    ],
)
def test_a_construction_that_cannot_be_followed(type_: AttributeType, value: Construction, reason: str) -> None:
    with pytest.raises(ContractError, match=reason):
        mapped(type_, value)


# ── numbers over other rows ──────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("operation", "operand", "type_", "result", "python"),
    [
        ("COUNT", "parts.id", "N", 2, "int"),
        ("COUNT", "label", "N", 1, "int"),
        ("SUM", "cost", "N", D("3.30"), "Decimal"),
        ("SUM", "cost", "S", "3.30", "Decimal"),
        ("SUM", "parts.id", "N", 3, "int"),
        ("SUM", "weight", "N", D("0.5"), "float"),
        ("SUM", "cost * 2", "N", D("6.60"), "Decimal"),
        ("AVG", "cost", "N", D("1.65"), "Decimal"),
        ("MIN", "cost", "S", "1.10", "Decimal"),
        ("MAX", "made", "S", "2026-01-01", "date"),
        ("MAX", "label", "S", "p", "str"),
    ],
)
def test_an_aggregate(operation: Any, operand: str, type_: AttributeType, result: Any, python: str) -> None:
    value = Aggregate(PARTS, operation, parse(operand))
    assert made(type_, value) == result
    mapping = mapped(type_, value)
    assert mapping.fields["A"].type == python
    assert mapping.fields["A"].nullable is (operation != "COUNT")
    assert not mapping.fields["A"].from_own_row
    nothing = made(type_, value, {**THING, "id": 7})
    assert nothing == (0 if operation == "COUNT" else None)


def test_without_a_schema_an_extreme_is_what_its_attribute_says() -> None:
    mapping = mapping_of({"A": ("S", Aggregate(PARTS, "MAX", parse("parts.made")))})
    assert mapping.to_item(mapping.record(row_of(mapping.needs, TABLES, THING)))["A"] == "2026-01-01"
    assert mapping_of({"A": ("N", Aggregate(PARTS, "MAX", parse("cost")))}).fields["A"].type == "Decimal"


def test_what_no_contract_can_say() -> None:
    assert [made("N", Recursive("depth", "boss_id"), own) for own in TABLES["things"]] == [1, 0]
    assert [made("S", Recursive("path", "boss_id", "name", "/"), own) for own in TABLES["things"]] == [
        "Boss/One",
        "Boss",
    ]
    assert made("S", Recursive("path", "boss_id", "name", includes_self=False)) == "Boss"
    with pytest.raises(ContractError, match="a path needs the name"):
        mapped("S", Recursive("path", "boss_id"))
    with pytest.raises(ContractError, match="no column 'nothing'"):
        mapped("N", Recursive("depth", "nothing"))
