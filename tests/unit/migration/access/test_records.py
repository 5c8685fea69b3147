"""The classes of records: their names, fields and types, what their repr shows, and the way back to fields."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest

from hashrange import InvalidExpression
from hashrange.migration.access.records import Records, class_name, eval_type, python_name, record_shape
from hashrange.migration.contract.load import load_contract
from hashrange.migration.mapping.entity import EntityMapping, mappings

from .shop import shop


def mapping(repository: str) -> EntityMapping:
    contract, schema = shop()
    return mappings(contract, schema=schema).by_repository[repository]


def single(table: str) -> EntityMapping:
    """An entity of a table of this name."""
    attribute = {"name": "id", "type": "S", "source_table": "t", "source_column": "id"}
    contract = {"table": table, "type": "single-entity", "source_table": "t", "pk": "id", "attributes": [attribute]}
    return next(iter(mappings(load_contract({"tables": [contract]}).require())))


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("Products", "Product"), ("Categories", "Category"), ("ORDER_LINES", "OrderLine"), ("Addresses", "Address"),
        ("Boxes", "Box"), ("Status", "Status"), ("shop-users", "ShopUser"), ("Press", "Press"), ("2024", "Entity2024"),
    ],
)  # fmt: skip
def test_a_class_is_named_for_one_of_them(table: str, name: str) -> None:
    assert class_name(single(table)) == name


def test_an_entity_names_its_class() -> None:
    assert [class_name(mapping(one)) for one in ("customers", "carts", "orders")] == ["Customer", "Cart", "Order"]


@pytest.mark.parametrize(
    ("name", "python"),
    [("email", "email"), ("class", "class_"), ("limit", "limit_"), ("day#id", "day_id"), ("2nd", "f_2nd"), ("", "f_")],
)
def test_a_field_has_a_name_that_python_takes(name: str, python: str) -> None:
    assert python_name(name) == python


def test_fields_have_the_types_of_their_columns() -> None:
    shape = record_shape(mapping("carts"))
    assert {one.name: one.annotation for one in shape.fields} == {
        "email": "str",
        "product_id": "int",
        "id": "int",
        "customer_id": "int",
        "quantity": "int",
        "product_name": "str",
        "products_price": "Decimal | None",  # nothing stored tells it: None in what is read
        "category_name": "str | None",
        "added_at": "datetime",
    }
    assert [one.name for one in shape.fields if not one.required] == ["products_price", "category_name"]


def test_a_record_is_frozen_and_hides_secrets() -> None:
    records: Records[Any] = Records(mapping("customers"))
    values = dict.fromkeys((one.name for one in records.shape.fields), 1)
    one = records.model(**values, password_hash="swordfish") if "password_hash" not in values else records.model(
        **{**values, "password_hash": "swordfish"}
    )  # fmt: skip
    assert "swordfish" not in repr(one)
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.email = "other"
    with pytest.raises(TypeError, match="missing"):
        records.model()


def test_values_are_told_by_the_names_of_python_or_of_the_mapping() -> None:
    records: Records[Any] = Records(mapping("carts"))
    assert records.values({"product_id": "7", "quantity": 2}) == {"product_id": 7, "quantity": 2}
    with pytest.raises(InvalidExpression, match="CART has no field 'colour'"):
        records.values({"colour": 1})
    with pytest.raises(InvalidExpression, match="int is no record of it"):
        records.values(3)


def test_an_id_that_is_text_without_a_schema_may_be_a_number() -> None:
    records: Records[Any] = Records(single("Things"))
    assert records.values({"id": 7}) == {"id": "7"}


def test_types_are_what_their_texts_say() -> None:
    assert eval_type("list[dict[str, Any]]") == list[dict[str, Any]]
    assert eval_type("set[Decimal] | None") == set[Decimal] | None
