"""An entity's mapping: keys and their limits, sizes, partial items, changes, and what belongs to which entity."""

from __future__ import annotations

import pickle
from decimal import Decimal
from typing import Any

import pytest

from hashrange.codec import item_size
from hashrange.key import Key
from hashrange.migration.contract.model import Attribute, Contract, FromColumn, Index, TableContract, Undefined
from hashrange.migration.conventions import Conventions
from hashrange.migration.errors import ContractError, RowRefused
from hashrange.migration.expressions.nodes import Column
from hashrange.migration.mapping.entity import EntityMapping, mappings, same_value
from tests.migration_contracts import (
    Attributes,
    column_mapping,
    contract_of,
    entity,
    formatted,
    mapping_of,
    row,
    schema_of,
)

BY_V = (Index("ByV", "V"),)


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def keyed(declared: str = "TEXT", **options: Any) -> EntityMapping:
    attributes: Attributes = {"PK": ("S", "p"), "SK": ("S", "s"), "V": ("S", "v")}
    schema = schema_of(f"p {declared}, s {declared}, v {declared}")
    return mapping_of(attributes, schema, keys=False, indexes=BY_V, **options)


@pytest.mark.parametrize(
    ("record", "attribute", "reason"),
    [
        ({"p": None, "s": "s", "v": "v"}, "PK", "a part of the table's key is NULL"),
        ({"p": "p", "s": None, "v": "v"}, "SK", "a part of the table's key is NULL"),
        ({"p": "", "s": "s", "v": "v"}, "PK", "key attribute 'PK' is empty"),
        ({"p": "p", "s": "", "v": "v"}, "SK", "key attribute 'SK' is empty"),
        ({"p": "p", "s": "s", "v": ""}, "V", "key attribute 'V' is empty"),
        ({"p": "é" * 1025, "s": "s", "v": "v"}, "PK", "is 2050 bytes long; at most 2048"),
        ({"p": "p", "s": "s" * 1025, "v": "v"}, "SK", "is 1025 bytes long; at most 1024"),
        ({"p": "p", "s": "s", "v": "v" * 2049}, "V", "is 2049 bytes long; at most 2048"),
    ],
)
def test_a_key_that_dynamodb_would_not_take_is_refused(record: dict[str, Any], attribute: str, reason: str) -> None:
    mapping = keyed()
    with pytest.raises(RowRefused, match=reason) as caught:
        mapping.to_item({"id": 1, **record})
    assert caught.value.attribute == attribute
    assert caught.value.row == {"id": 1}


def test_keys_as_long_as_dynamodb_takes_them() -> None:
    item = keyed().to_item({"p": "é" * 1024, "s": "s" * 1024, "v": "v" * 2048})
    assert (len(item["PK"]), len(item["SK"]), len(item["V"])) == (1024, 1024, 2048)


def test_an_index_leaves_out_what_is_null() -> None:
    mapping = keyed(conventions=Conventions(nulls="null"))
    record = {"p": "p", "s": "s", "v": None}
    assert mapping.to_item(record) == {"PK": "p", "SK": "s"}  # never NULL: the write would be refused
    assert mapping.index_key("ByV", record) is None
    assert mapping.index_key("ByV", {"v": "x"}) == {"V": "x"}


def test_an_index_that_another_entity_fills_leaves_this_one_out() -> None:
    mapping = mapping_of({}, schema_of("v INT"), indexes=BY_V)
    assert mapping.index_fields == {"ByV": ((), ())}
    assert mapping.index_key("ByV", {"id": 1}) is None
    with pytest.raises(KeyError):
        mapping.index_key("Nowhere", {"id": 1})


def test_keys_may_be_numbers_and_bytes() -> None:
    attributes: Attributes = {"PK": ("N", "id"), "SK": ("B", "b"), "V": ("N", "v")}
    mapping = mapping_of(attributes, schema_of("b VARBINARY(16) NOT NULL, v DECIMAL(5,2)"), keys=False, indexes=BY_V)
    record = {"id": 7, "b": b"\x01", "v": Decimal("1.50")}
    assert mapping.key(record) == Key(7, b"\x01")
    assert mapping.to_item(record) == {"PK": 7, "SK": b"\x01", "V": Decimal("1.50")}
    assert mapping.from_item({"PK": Decimal(7), "SK": b"\x01"}) == {**record, "v": None}
    with pytest.raises(RowRefused, match="'SK' is empty"):
        mapping.to_item({**record, "b": b""})


def test_a_key_needs_the_fields_of_the_key_only() -> None:
    mapping = keyed("VARCHAR(99) NOT NULL")
    assert mapping.key_fields == ("p", "s")
    assert mapping.key({"p": "p", "s": "s"}) == Key("p", "s")
    assert mapping.attribute_value("PK", {"p": "p"}) == "p"
    for missing in ({"p": "p"}, {"p": "p", "s": None}, {"p": "p", "s": "s" * 1025}):
        with pytest.raises(RowRefused) as caught:
            mapping.key(missing)
        assert caught.value.attribute == "SK"
    with pytest.raises(KeyError):
        mapping.attribute_value("Nothing", {"p": "p"})


def test_a_field_that_must_be_there_is_missed_by_name() -> None:
    mapping = column_mapping("INT NOT NULL", "N")
    with pytest.raises(RowRefused, match="the record has no field 'A'") as caught:
        mapping.to_item({"id": 1})
    assert caught.value.attribute == "A"


def test_what_the_source_did_not_deliver_is_missed_by_name() -> None:
    with pytest.raises(RowRefused, match="the source has not delivered 'v'"):
        column_mapping("INT", "N").record(row())


# ── folded keys ──────────────────────────────────────────────────────────────────────────────────────────────────────
FOLDED = Conventions(fold_keys=True)


def test_keys_of_text_that_ignores_case_may_be_folded() -> None:
    mapping = keyed("VARCHAR(50) NOT NULL", conventions=FOLDED)
    item = mapping.to_item({"p": "Ada@X", "s": "É", "v": "MiX"})
    assert item == {"PK": "ada@x", "SK": "é", "V": "mix"}
    assert mapping.key({"p": "ADA@x", "s": "E\u0301"}) == mapping.key({"p": "ada@X", "s": "\u00e9"})
    assert mapping.from_item(item) == {"p": "ada@x", "s": "é", "v": "mix"}  # equal for MySQL
    assert keyed("VARCHAR(50) NOT NULL").to_item({"p": "A", "s": "B", "v": "C"}) == {"PK": "A", "SK": "B", "V": "C"}


def test_text_that_heeds_case_is_never_folded_nor_are_literals() -> None:
    attributes: Attributes = {"PK": ("S", formatted("USER#{p}")), "SK": ("S", "b"), "name": ("S", "p")}
    schema = schema_of("p VARCHAR(50) NOT NULL, b VARCHAR(50) COLLATE utf8mb4_bin NOT NULL")
    mapping = mapping_of(attributes, schema, keys=False, conventions=FOLDED)
    record = {"name": "ADA", "b": "Bin"}
    item = mapping.to_item(record)
    assert item == {"PK": "USER#ada", "SK": "Bin", "name": "ADA"}
    assert mapping.from_item(item) == record  # the name's own case is in an attribute of its own
    assert mapping.from_item({"PK": "USER#ada", "SK": "Bin"}, partial=True) == {"name": "ada", "b": "Bin"}


# ── sizes ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("character", ["x", "é", "☃", "𝄞"])
def test_an_item_has_400_kb_at_most_to_the_byte(character: str) -> None:
    mapping = column_mapping("LONGTEXT", "S")
    width = len(character.encode())
    room = 409_600 - len("PK") - len("T#1") - len("A")
    text = character * (room // width) + "x" * (room % width)
    item = mapping.to_item({"id": 1, "A": text})
    assert item_size(item) == 409_600
    with pytest.raises(RowRefused, match="the item has 409601 bytes, more than 409600"):
        mapping.to_item({"id": 1, "A": f"{text}x"})


def test_documents_and_bytes_count_too() -> None:
    with pytest.raises(RowRefused, match="more than 409600"):
        column_mapping("JSON", "L").to_item({"id": 1, "A": ["x" * 100] * 4100})
    with pytest.raises(RowRefused, match="more than 409600"):
        column_mapping("LONGBLOB", "B").to_item({"id": 1, "A": bytes(409_600)})


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_of_a_part_of_an_item_only_what_is_there_is_read() -> None:
    attributes: Attributes = {"name": ("S", "name"), "tags": ("SS", "tags"), "note": ("S", "note")}
    mapping = mapping_of(attributes, schema_of("name TEXT NOT NULL, tags SET('a') NOT NULL, note TEXT"))
    assert mapping.from_item({"PK": "T#1", "name": "n"}, partial=True) == {"id": 1, "name": "n"}
    assert mapping.from_item({"PK": "T#1", "note": None}, partial=True) == {"id": 1, "note": None}
    assert mapping.from_item({"PK": "T#1", "name": "n"}) == {"id": 1, "name": "n", "tags": set(), "note": None}


def test_what_is_never_null_has_to_be_there() -> None:
    mapping = column_mapping("INT NOT NULL", "N")
    with pytest.raises(RowRefused, match="it is not there, and never NULL in the source") as caught:
        mapping.from_item({"PK": "T#1"})
    assert (caught.value.attribute, caught.value.row) == ("A", {"PK": "T#1"})


def test_a_second_way_serves_where_the_first_is_not_there() -> None:
    attributes: Attributes = {"number": ("N", "id"), "V": ("S", "id")}
    mapping = mapping_of(attributes, schema_of("v INT"), indexes=BY_V)
    assert mapping.from_item({"PK": "T#1", "V": "1"}, partial=True) == {"number": 1}
    assert mapping.from_item({"PK": "T#1"}, partial=True) == {"number": 1}


# ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def changing() -> EntityMapping:
    attributes: Attributes = {
        "SK": ("S", formatted("N#{name}#{id}")),
        "name": ("S", "name"),
        "label": ("S", formatted("{name} ({note})")),
        "note": ("S", "note"),
        "price": ("N", "price"),
        "tags": ("SS", "tags"),
    }
    schema = schema_of("name VARCHAR(50) NOT NULL, note TEXT, price DECIMAL(9,2), tags SET('a','b')")
    return mapping_of(attributes, schema)


OLD: dict[str, Any] = {"id": 1, "name": "n", "note": "x", "price": Decimal("1.50"), "tags": {"a"}}


@pytest.mark.parametrize(
    ("changes", "attributes"),
    [
        ({}, {}),
        ({"name": "n"}, {}),
        ({"price": Decimal("1.5")}, {}),
        ({"price": Decimal(2)}, {"price": Decimal("2.00")}),
        ({"name": "m"}, {"SK": "N#m#1", "name": "m", "label": "m (x)"}),
        ({"note": None}, {"label": None, "note": None}),
        ({"note": ""}, {"label": "n ()", "note": ""}),
        ({"tags": set()}, {"tags": None}),
        ({"tags": {"a", "b"}, "price": None}, {"tags": {"a", "b"}, "price": None}),
    ],
)
def test_changed_attributes_are_those_whose_value_changes(changes: dict[str, Any], attributes: dict[str, Any]) -> None:
    assert changing().changed(changes, OLD) == attributes


def test_a_change_that_makes_no_item_is_refused() -> None:
    mapping = changing()
    with pytest.raises(RowRefused, match=r"THING.SK of row id=1: a part of the table's key is NULL"):
        mapping.changed({"name": None}, OLD)
    with pytest.raises(RowRefused, match="more than 2 decimals"):
        mapping.changed({"price": Decimal("0.001")}, OLD)
    with pytest.raises(KeyError):
        mapping.changed({"nobody": 1}, OLD)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1, Decimal("1.0"), True),
        (1, True, False),
        (False, 0, False),
        ({"a": [1, True]}, {"a": [Decimal(1), True]}, True),
        ({"a": [1]}, {"a": [True]}, False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ([1], [1, 2], False),
        ("1", 1, False),
        (None, None, True),
        (b"a", b"a", True),
        ({"a"}, {"a"}, True),
    ],
)
def test_same_values_are_those_that_dynamodb_stores_as_one(one: Any, other: Any, same: bool) -> None:
    assert same_value(one, other) is same
    assert same_value(other, one) is same


# ── several entities ─────────────────────────────────────────────────────────────────────────────────────────────────
SHARED = schema_of("v TEXT, made TIMESTAMP NOT NULL", "CREATE TABLE others (id INT PRIMARY KEY)")
SHAPES: dict[str, Attributes] = {
    "META": {"PK": ("S", formatted("{id}")), "SK": ("S", formatted("#META"))},
    "EVENT": {"PK": ("S", formatted("{id}")), "SK": ("S", formatted("EVENT#{made}#{id}"))},
    "EVENTS": {"PK": ("S", formatted("{id}")), "SK": ("S", formatted("EVENT#{v}"))},
    "REST": {"PK": ("S", formatted("{id}")), "SK": ("S", "v")},
}


def shaped() -> dict[str, EntityMapping]:
    entities = [entity(name, "things", attributes) for name, attributes in SHAPES.items()]
    return {one.name: one for one in mappings(contract_of(*entities), schema=SHARED)}


@pytest.mark.parametrize(
    ("partition", "sort", "owner"),
    [
        ("1", "#META", "META"),
        ("1", "#METAL", "REST"),
        ("1", "EVENT#2026-01-01T00:00:00Z#1", "EVENT"),
        ("1", "EVENT#x", "EVENTS"),
        ("1", "anything", "REST"),
        ("x", "#META", "META"),  # not as it should be, but whose it is is clear
        ("1", 5, None),
        ("1", None, None),
        (1, "#META", None),
        ("UNIQUE#THING#v#x", "UNIQUE", None),  # a guard
    ],
)
def test_an_item_belongs_to_the_most_particular_shape(partition: Any, sort: Any, owner: str | None) -> None:
    item = {"PK": partition, "SK": sort}
    assert [name for name, one in shaped().items() if one.recognises(item)] == ([] if owner is None else [owner])


def test_of_a_table_without_sort_key_a_guard_is_known_by_its_owner() -> None:
    mapping = mapping_of({"PK": ("S", "v")}, SHARED, keys=False)
    assert mapping.recognises({"PK": "UNIQUE#x"})
    assert not mapping.recognises({"PK": "UNIQUE#x", "owner": {"PK": "y"}})


def test_entities_that_share_a_source_have_repositories_of_their_own() -> None:
    entities = [entity("Open", "things", SHAPES["META"]), entity("Done", "things", SHAPES["REST"])]
    other = entity("Other", "others", {"PK": ("S", "id"), "SK": ("S", formatted("#OTHER"))})
    found = mappings(contract_of(*entities, other), schema=SHARED)
    assert list(found.by_repository) == ["things_open", "things_done", "others"]
    assert found.of("Things", "Done") is found.by_repository["things_done"]
    assert len(found) == 3
    assert repr(found) == "<Mappings: things_open, things_done, others>"
    assert repr(found.of("Things", "Open")) == "<EntityMapping Things/Open of things>"
    with pytest.raises(KeyError):
        found.of("Things", "Nobody")


def test_names_and_types_are_those_of_contract_and_conventions() -> None:
    mapping = mapping_of({"A": ("N", "v")}, schema_of("v INT"), conventions=Conventions(table_prefix="staging-"))
    assert (mapping.table_name, mapping.name, mapping.repository) == ("staging-Things", "THING", "things")
    assert mapping.attribute_type("A") == "N"
    assert (mapping.prefix("PK"), mapping.prefix("A"), mapping.sort_prefix) == ("T#", "", "")
    with pytest.raises(KeyError):
        mapping.attribute_type("B")


# ── what cannot be followed ──────────────────────────────────────────────────────────────────────────────────────────
def test_what_is_undefined_is_refused_by_name() -> None:
    with pytest.raises(ContractError, match=r"Things\.A: what it holds is not defined: nobody says what") as caught:
        mapping_of({"A": ("S", Undefined("nobody says what"))}, schema_of("v INT"))
    assert "overrides" in str(caught.value)


def test_of_several_entities_the_right_one_is_named() -> None:
    good = entity("GOOD", "things", SHAPES["META"])
    bad = entity("BAD", "things", {**SHAPES["REST"], "A": ("S", "nothing")})
    with pytest.raises(ContractError, match=r"Things/BAD\.A: the table 'things' has no column 'nothing'"):
        mappings(contract_of(good, bad), schema=SHARED)


def test_a_table_that_the_schema_does_not_have() -> None:
    with pytest.raises(ContractError, match="the schema has no table 'ghosts'"):
        mappings(contract_of(entity("G", "ghosts", SHAPES["META"])), schema=SHARED)


def test_a_key_that_no_attribute_defines() -> None:
    with pytest.raises(ContractError, match="no attribute defines the key 'SK'"):
        mappings(contract_of(entity("G", "things", {"PK": ("S", "id")})), schema=SHARED)


def test_a_key_of_a_type_that_keys_cannot_have() -> None:
    with pytest.raises(ContractError, match="it is a key, and of type BOOL"):
        mapping_of({"V": ("BOOL", "v")}, schema_of("v BOOLEAN"), indexes=BY_V)


def test_columns_are_found_in_any_case_and_qualified_by_the_own_table_only() -> None:
    schema = schema_of("Name TEXT")
    mapping = mapping_of({"A": ("S", FromColumn(Column("NAME", "Things")))}, schema)
    assert mapping.needs.columns == ("id", "Name")
    with pytest.raises(ContractError, match=r"users\.Name: 'users' is neither the own table nor joined here"):
        mapping_of({"A": ("S", FromColumn(Column("Name", "users")))}, schema)


def test_without_a_primary_key_a_unique_one_tells_rows_apart() -> None:
    schema = schema_of("CREATE TABLE things (id INT NOT NULL, a INT NOT NULL, b INT NOT NULL, UNIQUE KEY (a, b))")
    mapping = mapping_of({"A": ("N", "a")}, schema)
    assert mapping.needs.key == ("a", "b")
    assert mapping.needs.columns == ("a", "b", "id")
    assert list(mapping.fields) == ["id", "A", "b"]
    bare = mapping_of({"A": ("N", "a")}, schema_of("CREATE TABLE things (id INT NOT NULL, a INT)"))
    assert bare.needs.key == ("id",)


def test_refusals_pickle_with_what_they_know() -> None:
    with pytest.raises(RowRefused) as caught:
        keyed().to_item({"id": 1, "p": "", "s": "s", "v": "v"})
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.entity, again.row, again.attribute, again.reason, str(again)) == (
        "THING",
        {"id": 1},
        "PK",
        caught.value.reason,
        str(caught.value),
    )


def test_attributes_that_are_no_words_of_python_have_fields_that_are() -> None:
    made = {
        name: Attribute(name, "S", "things", (column,), FromColumn(Column(column)))
        for name, column in (("PK", "id"), ("first-name", "a"), ("class", "b"), ("2nd", "c"), ("first_name", "d"))
    }
    one = entity("T", "things", {})
    table = TableContract("T", "single-entity", "PK", None, {}, {"T": type(one)("T", "things", made)})
    (mapping,) = mappings(Contract({"T": table}, "schema"))
    assert list(mapping.fields) == ["id", "first_name", "class_", "_2nd", "first_name_2"]
