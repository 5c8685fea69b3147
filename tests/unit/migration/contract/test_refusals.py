"""What a contract may get wrong, field by field: which code, what is said, and where."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hashrange.migration.contract.load import load_contract
from hashrange.migration.contract.model import Lookup, Undefined
from hashrange.migration.expressions.nodes import Column, Comparison
from hashrange.migration.source.ddl import parse_ddl
from tests.shop_contract import ABSENT, CONTRACT, DDL, LEGACY, changed
from tests.unit.migration.provocations import CART, CATEGORIES, CUSTOMER, ORDER, PRODUCTS, attribute

NAME, STOCK, SK = (attribute(PRODUCTS, name) for name in ("name", "availability", "SK"))
BUYER, LINES = attribute(ORDER, "buyer"), attribute(ORDER, "lines")
PARENT, LABEL, ROOT = attribute(CATEGORIES, "parent_name"), attribute(CART, "label"), attribute(CATEGORIES, "PK")
FK, SPENT = attribute(CART, "product_name"), attribute(CUSTOMER, "spent")


@pytest.mark.parametrize(
    ("pointer", "value", "code", "said"),
    [
        # tables
        (PRODUCTS, 7, "wrong-type", "table 2 is a number, not an object"),
        (PRODUCTS, {}, "missing-field", "table 2 has no fields"),
        (f"{PRODUCTS}/table", ABSENT, "missing-field", "table 2 has no table"),
        (f"{PRODUCTS}/table", "", "wrong-type", "table is empty text, not text"),
        (f"{PRODUCTS}/table", None, "missing-field", "table 2 has no table"),
        (f"{PRODUCTS}/pk", ABSENT, "missing-field", "table Products has no pk"),
        (f"{PRODUCTS}/pk", ["PK"], "wrong-type", "table Products: pk is an array, not text"),
        (f"{PRODUCTS}/type", "several", "unknown-value", "table Products: type is 'several'"),
        (f"{PRODUCTS}/type", "single_entity", "misspelt-value", "table Products: type is 'single_entity'"),
        (f"{PRODUCTS}/source_table", ABSENT, "missing-field", "table Products has no source_table"),
        (f"{PRODUCTS}/attributes", [], "missing-field", "table Products has no attributes"),
        (f"{PRODUCTS}/estimated_item_size_bytes", "big", "wrong-type", "is no number of bytes"),
        (f"{PRODUCTS}/satisfies", "AP6", "wrong-type", "table Products: satisfies is text, not an array"),
        (f"{PRODUCTS}/satisfies", [6], "wrong-type", "table Products: satisfies is a number, not text"),
        # indexes
        (f"{PRODUCTS}/gsis/0/pk", ABSENT, "missing-field", "index ByCategory of table Products has no pk"),
        (f"{PRODUCTS}/gsis/0/sk", "GSI1PK", "same-key-twice", "pk and sk of index ByCategory of table"),
        (f"{PRODUCTS}/gsis/0/projection", "SOME", "unknown-value", "projection is 'SOME'"),
        (f"{PRODUCTS}/gsis/0/sk", "sku#colour", "key-without-source", "there is no colour"),
        # entities
        ("/tables/0/entities", [], "missing-field", "table Customers has no entities"),
        (f"{CART}/entity_type", ABSENT, "missing-field", "entity 2 of table Customers has no entity_type"),
        (f"{CART}/source_table", ABSENT, "missing-field", "entity CART has no source_table"),
        (f"{CART}/attributes", ABSENT, "missing-field", "entity CART has no attributes"),
        (f"{CART}/sk_template", 7, "wrong-type", "entity CART: sk_template is a number, not text"),
        # attributes
        (NAME, "name", "wrong-type", "an attribute of table Products is text, not an object"),
        (f"{NAME}/name", ABSENT, "missing-field", "an attribute of table Products has no name"),
        (f"{NAME}/type", ABSENT, "missing-field", "attribute name has no type"),
        (f"{NAME}/source_table", ABSENT, "missing-field", "attribute name has no source_table"),
        (f"{NAME}/source_column", ABSENT, "missing-field", "attribute name has no source_column"),
        (f"{NAME}/source_column", "", "wrong-type", "attribute name: source_column is empty text"),
        (f"{NAME}/denormalized", "yes", "wrong-type", "attribute name: denormalized is text, not true or false"),
        (f"{NAME}/join", "customers", "wrong-type", "the join of attribute name is text, not an object"),
        (f"{NAME}/join", {}, "missing-field", "the join of attribute name has no type"),
        (f"{NAME}/join", {"type": "foregin-key"}, "misspelt-value", "type is 'foregin-key'"),
        (f"{NAME}/transformation", {"type": "upper"}, "unknown-value", "type is 'upper'"),
        (f"{NAME}/transformation", {"type": "string-format"}, "missing-field", "has no format"),
        (f"{NAME}/calculation", {"type": "concat"}, "calculation-undefined", "is of type concat"),
        (f"{attribute(PRODUCTS, 'price_label')}/source_column", ["price", "stock"], "several-columns", "needs one"),
        # joins
        (f"{FK}/join/target_table", ABSENT, "missing-field", "has no target_table"),
        (f"{FK}/join/join_condition", ABSENT, "missing-field", "has no join_condition"),
        (f"{FK}/join/join_condition", "", "wrong-type", "join_condition is empty text"),
        (f"{FK}/join/join_condition", "products.id > carts.product_id", "expression", "'products.id > carts.product"),
        (f"{FK}/join/join_condition", "prods.id = carts.product_id", "undeclared-name", "prods, which is neither"),
        (f"{FK}/join/join_condition", "products.id = 5", "join-one-sided", "does not compare a column of products"),
        (f"{FK}/join/join_condition", "products.id = carts.product_id AND carts.id = 5", "join-one-sided", "constant"),
        (f"{FK}/join/join_condition", "id = id", "join-one-sided", "which table each column is of is not said"),
        (f"{FK}/join/join_condition", "id = product_id", "bare-column-in-join", "a column has no table"),
        (f"{FK}/join/join_condition", "product_id = id", "bare-column-in-join", "a column has no table"),
        (f"{FK}/join/join_condition", "id = carts.product_id", "bare-column-in-join", "a column has no table"),
        (f"{FK}/join/select_column", "customers.email", "undeclared-name", "but customers is not joined here"),
        (f"{FK}/join/select_column", "nobody.email", "undeclared-name", "but nobody is neither a table nor an alias"),
        (f"{PARENT}/join/join_alias", ABSENT, "missing-field", "has no join_alias"),
        (f"{PARENT}/join/join_alias", "categories", "join-alias-missing", "parent is used but not declared"),
        (f"{PARENT}/join/null_value", [], "wrong-type", "null_value is an array"),
        (f"{ROOT}/join/else_value", ABSENT, "missing-field", "has no else_value"),
        (f"{ROOT}/join/else_value", True, "wrong-type", "else_value is true"),
        (f"{ROOT}/join/else_value", "CONCAT(", "expression", "CONCAT("),
        (f"{ROOT}/join/condition", "elsewhere.x IS NULL", "undeclared-name", "condition names elsewhere.x"),
        (f"{ROOT}/join", {
            "type": "conditional", "target_table": "categories", "condition": "parent_id IS NULL",
            "join_condition": "a.id = b.parent_id", "select_column": "'ROOT'", "else_value": "a.slug",
        }, "undeclared-name", "a and b are not declared"),
        (f"{LABEL}/join/joins", [], "missing-field", "has no joins"),
        (f"{LABEL}/join/chain_separator", 7, "wrong-type", "chain_separator is not text"),
        (f"{LABEL}/join/joins/1/target_table", "carts", "join-alias-missing", "categories is used but not"),
        (f"{LABEL}/join/joins/0", {
            "target_table": "carts", "join_condition": "carts.id = carts.id", "select_column": "carts.id",
        }, "join-one-sided", "stays at the same row"),
        (f"{BUYER}/join/construction", ABSENT, "missing-field", "has no construction"),
        (f"{BUYER}/join/construction/type", "tuple", "unknown-value", "type is 'tuple'"),
        (f"{BUYER}/join/construction/select_columns", [], "wrong-type", "is an array, not an object with members"),
        (f"{LINES}/join/construction/limit", 0, "wrong-type", "limit is not a whole number above 0"),
        (f"{LINES}/join/construction/order_by", "RAND()", "expression", "order_by 'RAND()'"),
        (f"{LINES}/join/construction/order_by", "orders.id", "undeclared-name", "is not by a column of order_lines"),
        # calculations
        (f"{SPENT}/calculation/operation", "MEDIAN", "unknown-value", "operation is 'MEDIAN'"),
        (f"{SPENT}/calculation/operation", "sum", "misspelt-value", "operation is 'sum'"),
        (f"{SPENT}/calculation/select_column", "DISTINCT total", "expression", "'DISTINCT total'"),
        (f"{attribute(CATEGORIES, 'children_count')}/calculation/join_condition", "categories.id = categories.id",
         "join-one-sided", "does not compare a column of child"),
        (f"{STOCK}/calculation/cases", [], "missing-field", "has no cases"),
        (f"{STOCK}/calculation/cases/0/then", ABSENT, "missing-field", "case 1 of the calculation of attribute"),
        (f"{STOCK}/calculation/cases/0/when", "stock BETWEEN 1 AND 2", "expression", "stock BETWEEN 1 AND 2"),
        (f"{SK}/transformation/format", "#{", "format-braces", "'#{'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_and_placed(pointer: str, value: Any, code: str, said: str) -> None:
    loaded = load_contract(changed(CONTRACT, pointer, value))
    (one, *_) = [one for one in loaded.findings.errors if one.code == code]
    assert said in one.message
    parent = pointer.rpartition("/")[0]
    assert one.place.pointer.startswith((pointer, parent)) or value is ABSENT or parent.startswith(one.place.pointer)
    assert one.place.line > 0


def test_a_value_that_is_no_text_may_stand_in_a_case() -> None:
    loaded = load_contract(changed(CONTRACT, f"{STOCK}/calculation/else", 7))
    assert "Literal(value=7)" in repr(
        loaded.require().tables["Products"].entities["Products"].attributes["availability"]
    )


def test_an_aggregate_of_the_same_row() -> None:
    calculation = {
        "type": "aggregate", "target_table": "customers", "join_condition": "customers.id = customers.id",
        "operation": "SUM", "select_column": "customers.points",
    }  # fmt: skip
    loaded = load_contract(changed(CONTRACT, f"{SPENT}/calculation", calculation), mode="relaxed")
    assert "self-aggregate" in [one.code for one in loaded.findings.errors]


@pytest.mark.parametrize(
    ("source_column", "condition", "joined", "own"),
    [
        ("parent_id", "categories.id = categories.parent_id", "id", "parent_id"),
        ("parent_id", "categories.parent_id = categories.id", "id", "parent_id"),
        ("slug", "categories.parent_id = categories.id", "id", "parent_id"),
        ("slug", "categories.slug = categories.name", "name", "slug"),
        ("parent_id", "categories.slug = categories.name", None, None),
    ],
)
@pytest.mark.parametrize("ddl", [DDL, ""])
def test_which_side_of_a_self_join_is_the_joined_row(
    ddl: str, source_column: str, condition: str, joined: str | None, own: str | None
) -> None:
    join = {"type": "foreign-key", "target_table": "categories", "join_condition": condition, "select_column": "name"}
    text = changed(changed(CONTRACT, f"{PARENT}/join", join), f"{PARENT}/source_column", source_column)
    loaded = load_contract(text, mode="relaxed", schema=parse_ddl(ddl))
    assert loaded.contract is not None
    value = loaded.contract.tables["Categories"].entities["Categories"].attributes["parent_name"].value
    if joined is None or own is None:
        assert isinstance(value, Undefined)
        assert "cannot be told" in value.reason
        return
    assert isinstance(value, Lookup)
    assert value.hops[0].on == (Comparison("=", Column(joined, "joined_categories"), Column(own, "categories")),)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"table": "ByName", "type": "GSI", "pk": "name"}, "is no index that a table lists"),
        ({"type": "Table"}, "table 3 has no table"),
    ],
)
def test_legacy_rows(row: dict[str, Any], said: str) -> None:
    assert said in load_contract([*json.loads(LEGACY), row]).findings.errors[0].message


def test_a_legacy_join_to_the_own_table_gets_an_alias() -> None:
    rows = json.loads(LEGACY)
    rows[1]["attributes"]["previous"] = {
        "type": "N", "source_table": "orders", "source_column": "total", "denormalized": True, "justification": "x",
        "join": {"local_column": "previous_id", "source_column": "id"},
    }  # fmt: skip
    value = load_contract(rows).require().tables["Orders"].entities["Orders"].attributes["previous"].value
    assert isinstance(value, Lookup)
    assert value.hops[0].alias == "joined_orders"
    assert value.select == (Column("total", "joined_orders"),)
