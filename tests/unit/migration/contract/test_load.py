"""Contracts to models: formats, hybrids, what each kind of value becomes, strict and relaxed mode."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hashrange.migration.contract.load import CONTRACT_MAX_BYTES, Loaded, load_contract
from hashrange.migration.contract.model import (
    Aggregate,
    Attribute,
    Computed,
    Construction,
    Contract,
    Formatted,
    FromColumn,
    Hop,
    Lookup,
    Transformed,
    Undefined,
    Value,
)
from hashrange.migration.errors import ContractError
from hashrange.migration.expressions.nodes import Arithmetic, Case, Column, Comparison, IsNull, Literal
from hashrange.migration.source.ddl import parse_ddl
from tests.shop_contract import ABSENT, CONTRACT, DDL, LEGACY, LEGACY_AS_SCHEMA, OVERRIDES, changed
from tests.unit.migration.provocations import CART, CATEGORIES, PRODUCTS, attribute

SHOP = load_contract(CONTRACT).require()


def equal(left: str, right: str) -> Comparison:
    (one, first), (two, second) = left.split("."), right.split(".")
    return Comparison("=", Column(first, one), Column(second, two))


def value_of(contract: Contract, table: str, entity: str, name: str) -> Value:
    return contract.tables[table].entities[entity].attributes[name].value


def meaning(contract: Contract) -> dict[str, Any]:
    """A contract without its places and format."""
    return {
        name: (
            table.kind, table.pk, table.sk, table.satisfies, table.estimated_item_bytes,
            {one.name: (one.pk, one.sk, one.projection, one.projected) for one in table.indexes.values()},
            {
                entity.name: (entity.source_table, {
                    one.name: (one.type, one.value, one.denormalized, one.justification)
                    for one in entity.attributes.values()
                })
                for entity in table.entities.values()
            },
        )
        for name, table in contract.tables.items()
    }  # fmt: skip


# ── formats ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_both_formats_say_the_same() -> None:
    legacy, schema = load_contract(LEGACY).require(), load_contract(LEGACY_AS_SCHEMA).require()
    assert (legacy.format, schema.format) == ("legacy", "schema")
    assert meaning(legacy) == meaning(schema)


def test_the_list_without_its_wrapper() -> None:
    bare = load_contract(json.dumps(json.loads(CONTRACT)["tables"])).require()
    assert bare.format == "schema-list"
    assert meaning(bare) == meaning(SHOP)


def test_one_table_without_its_wrapper() -> None:
    loaded = load_contract(json.dumps(json.loads(CONTRACT)["tables"][1]))
    assert loaded.require().format == "fragment"
    assert [one.code for one in loaded.findings] == ["fragment"]


def test_hybrids_are_taken_and_said() -> None:
    mixed = json.loads(CONTRACT)
    table = mixed["tables"][1]
    table["attributes"] = {one.pop("name"): one for one in table["attributes"]}
    table["gsis"] = [{"name": one.pop("index_name"), **one} for one in table["gsis"]]
    loaded = load_contract(json.dumps(mixed))
    assert meaning(loaded.require()) == meaning(SHOP)
    assert [one.code for one in loaded.findings] == ["mixed-format"]


def test_a_path_text_bytes_and_python_values(tmp_path: Path) -> None:
    path = tmp_path / "contract.json"
    path.write_text(CONTRACT, encoding="utf-8")
    sources: list[Any] = [path, str(path), CONTRACT.encode(), json.loads(CONTRACT)]
    assert all(meaning(load_contract(source).require()) == meaning(SHOP) for source in sources)
    with pytest.raises(FileNotFoundError):
        load_contract(tmp_path / "nothing.json")


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "contract.json"
    with path.open("wb") as file:
        file.truncate(CONTRACT_MAX_BYTES + 1)
    assert "the file is larger than" in str(load_contract(path).findings.errors[0])


@pytest.mark.parametrize(
    ("document", "tool"),
    [
        ({"TableName": "t", "KeySchema": []}, "a CreateTable request or a DescribeTable answer of AWS"),
        ([{"TableName": "t", "KeySchema": []}], "a CreateTable request"),
        ({"tables": [{"TableName": "t", "KeySchema": []}], "items": {}}, "a data model of the DynamoDB MCP server"),
        ({"ModelName": "m", "DataModel": []}, "a NoSQL Workbench model"),
        ({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {}}, "a CloudFormation template"),
        ({"$schema": "x", "definitions": {}}, "a JSON schema"),
        ({"rules": [{"rule-type": "selection"}]}, "a table mapping of AWS DMS"),
        ({"format": "onetable:1.1.0", "models": {}, "indexes": {}}, "a OneTable schema"),
    ],
)
def test_files_of_other_tools_are_refused_by_name(document: Any, tool: str) -> None:
    loaded = load_contract(document)
    assert loaded.contract is None
    (one,) = loaded.findings.errors
    assert one.code == "other-format"
    assert tool in one.message
    with pytest.raises(ContractError, match="no migration contract"):
        loaded.require()


@pytest.mark.parametrize(
    "document", ["7", "null", '"x"', "[]", "{}", '{"tables": {}}', '{"tables": []}', '{"Table": 1}']
)
def test_what_is_no_contract(document: str) -> None:
    loaded = load_contract(document.encode())
    assert loaded.contract is None
    assert [one.code for one in loaded.findings] == ["no-contract"]


def test_a_legacy_row_for_an_index() -> None:
    rows = json.loads(LEGACY)
    listed = {"table": "ByCategory", "type": "GSI", "pk": "category_id", "sk": "name", "attributes": {}}
    loaded = load_contract([*rows, listed])
    assert list(loaded.require().tables) == ["Products", "Orders"]
    assert [one.code for one in loaded.findings] == ["gsi-row"]
    assert load_contract([*rows, {**listed, "pk": "price"}]).findings.errors[0].code == "gsi-row"


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────
_PRODUCT = Hop("products", "products", (equal("products.id", "carts.product_id"),))
_CATEGORY = Hop("categories", "categories", (equal("categories.id", "products.category_id"),))
_PARENT = Hop("categories", "parent", (equal("parent.id", "categories.parent_id"),))


@pytest.mark.parametrize(
    ("table", "entity", "name", "value"),
    [
        ("Customers", "CUSTOMER", "PK", FromColumn(Column("email", "customers"))),
        ("Customers", "CUSTOMER", "SK", Formatted(("#PROFILE",))),
        ("Customers", "CUSTOMER", "GSI1PK", Formatted(("CUSTOMER#", Column("id", "customers")))),
        ("Customers", "CUSTOMER", "spent", Aggregate(
            Hop("orders", "orders", (equal("orders.customer_id", "customers.id"),)), "SUM", Column("total", "orders"),
        )),
        ("Customers", "CART", "product_name", Lookup((_PRODUCT,), (Column("name", "products"),))),
        ("Customers", "CART", "line_total", Lookup(
            (_PRODUCT,), (Arithmetic("*", Column("price", "products"), Column("quantity", "carts")),),
        )),
        ("Customers", "CART", "category_name", Lookup((_PRODUCT, _CATEGORY), (Column("name", "categories"),))),
        ("Customers", "CART", "label", Lookup(
            (_PRODUCT, _CATEGORY), (Column("name", "products"), Column("name", "categories")), separator=" in ",
        )),
        ("Customers", "ORDER", "buyer", Construction(
            Hop("customers", "customers", (equal("customers.id", "orders.customer_id"),)), "object",
            (("login", Column("login", "customers")), ("nickname", Column("nickname", "customers"))),
        )),
        ("Customers", "ORDER", "preview", Construction(
            Hop("order_lines", "order_lines", (equal("order_lines.order_id", "orders.id"),)), "array",
            (("product_id", Column("product_id", "order_lines")), ("unit_price", Column("unit_price", "order_lines"))),
            limit=2, order_by=((Column("unit_price", "order_lines"), True),),
        )),
        ("Products", "Products", "tax_rate", Lookup(
            (Hop("tax_rates", "tax_rates", (
                equal("tax_rates.country", "products.origin"), equal("tax_rates.tax_class", "products.tax_class"),
            )),), (Column("rate", "tax_rates"),),
        )),
        ("Products", "Products", "availability", Computed(Case(
            (
                (Comparison("=", Column("stock", "products"), Literal(0)), Literal("sold out")),
                (Comparison("<", Column("stock", "products"), Literal(5)), Literal("few left")),
            ),
            Literal("in stock"),
        ))),
        ("Products", "Products", "released", Transformed(
            "date-format", Column("released_on", "products"), "DD.MM.YYYY",
        )),
        ("Products", "Products", "details", Transformed("json-parse", Column("details", "products"))),
        ("Categories", "Categories", "PK", Lookup(
            (_PARENT,), (Literal("ROOT"),), condition=IsNull(Column("parent_id", "categories")),
            otherwise=Column("slug", "parent"),
        )),
        ("Categories", "Categories", "parent_name", Lookup(
            (_PARENT,), (Column("name", "parent"),), null_value="(none)",
        )),
        ("Categories", "Categories", "children_count", Aggregate(
            Hop("categories", "child", (equal("child.parent_id", "categories.id"),)), "COUNT", Column("id", "child"),
        )),
    ],
)  # fmt: skip
def test_every_kind_of_value(table: str, entity: str, name: str, value: Value) -> None:
    assert value_of(SHOP, table, entity, name) == value


def with_product(**fields: Any) -> tuple[Loaded, Attribute]:
    """The shop with an attribute "new" of products."""
    one = {"name": "new", "type": "S", "source_table": "products", "source_column": "category_id", **fields}
    loaded = load_contract(changed(CONTRACT, f"{PRODUCTS}/attributes/-", one), mode="relaxed")
    assert loaded.contract is not None
    return loaded, loaded.contract.tables["Products"].entities["Products"].attributes["new"]


@pytest.mark.parametrize(
    ("transformation", "value"),
    [
        ({"type": "string-format", "format": "{sku}/{name}"},
         Formatted((Column("sku", "products"), "/", Column("name", "products")))),
        ({"type": "static", "value": "x"}, Formatted(("x",))),
        ({"type": "template", "template": "P{id}"}, Formatted(("P", Column("id", "products")))),
        ({"type": "number-format"}, Transformed("number-format", Column("category_id", "products"))),
        ({"type": "date-format", "format": "YYYY", "source_format": "epoch"},
         Transformed("date-format", Column("category_id", "products"), "YYYY", "epoch")),
    ],
)  # fmt: skip
def test_transformations(transformation: dict[str, str], value: Value) -> None:
    loaded, found = with_product(transformation=transformation)
    assert found.value == value
    assert not loaded.findings.errors


@pytest.mark.parametrize(
    ("join", "value"),
    [
        # bare columns: of the joined table where they are selected, of the own one where they are tested
        ({"type": "foreign-key", "join_condition": "categories.id = products.category_id", "select_column": "name"},
         Lookup((_CATEGORY,), (Column("name", "categories"),))),
        ({"type": "foreign-key", "join_condition": "PRODUCTS.category_id = Categories.id", "select_column": "name"},
         Lookup((_CATEGORY,), (Column("name", "categories"),))),
        ({"type": "foreign-key", "join_alias": "c", "join_condition": "c.id = products.category_id",
          "select_column": "CONCAT(c.name, '!')"}, None),
        ({"type": "foreign-key", "join_condition": "categories.id = products.category_id AND categories.slug = 'x'",
          "select_column": "name"},
         Lookup((Hop("categories", "categories", (
             equal("categories.id", "products.category_id"),
             Comparison("=", Column("slug", "categories"), Literal("x")),
         )),), (Column("name", "categories"),))),
        ({"type": "conditional", "condition": "stock > 0", "join_condition": "categories.id = products.category_id",
          "select_column": "name", "else_value": "Anonymous"},
         Lookup((_CATEGORY,), (Column("name", "categories"),), otherwise=Literal("Anonymous"),
                condition=Comparison(">", Column("stock", "products"), Literal(0)))),
        ({"type": "conditional", "condition": "stock > 0", "join_condition": "categories.id = products.category_id",
          "select_column": "name", "else_value": "products.name"},
         Lookup((_CATEGORY,), (Column("name", "categories"),), otherwise=Column("name", "products"),
                condition=Comparison(">", Column("stock", "products"), Literal(0)))),
        ({"local_column": "category_id", "source_column": "id"}, None),
    ],
)  # fmt: skip
def test_joins(join: dict[str, str], value: Value | None) -> None:
    target = {} if "local_column" in join else {"target_table": "categories"}
    loaded, found = with_product(join={**target, **join}, denormalized=True, justification="x")
    assert not loaded.findings.errors
    assert isinstance(found.value, Lookup)
    assert value is None or found.value == value


def test_null_value_may_be_quoted() -> None:
    join = {"type": "self-join", "join_alias": "p", "join_condition": "p.id = products.category_id"}
    for given, text in (("'none'", "none"), ("", ""), ("'it''s'", "it's"), (0, "0")):
        _, found = with_product(join={**join, "select_column": "p.name", "null_value": given})
        assert isinstance(found.value, Lookup)
        assert found.value.null_value == text


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def lines(**changes: Any) -> Loaded:
    """A table of which only templates say the keys."""
    entity = {
        "entity_type": "LINE", "source_table": "order_lines", "pk_template": "ORDER#{order_id}",
        "sk_template": "LINE#{line_no}",
        "attributes": [{"name": "quantity", "type": "N", "source_table": "order_lines", "source_column": "quantity"}],
    }  # fmt: skip
    entity |= changes
    table = {"table": "Lines", "type": "multi-entity", "pk": "PK", "sk": "SK", "entities": [entity], "satisfies": []}
    return load_contract({"tables": [{**table, "estimated_item_size_bytes": 9}]}, schema=parse_ddl(DDL))


def test_keys_of_templates_alone() -> None:
    contract = lines().require()
    attributes = contract.tables["Lines"].entities["LINE"].attributes
    assert attributes["PK"].value == Formatted(("ORDER#", Column("order_id", "order_lines")))
    assert attributes["SK"].value == Formatted(("LINE#", Column("line_no", "order_lines")))
    assert attributes["PK"].synthetic
    assert attributes["PK"].type == "S"
    assert not attributes["quantity"].synthetic


def test_a_template_may_name_an_attribute_that_is_joined() -> None:
    login = {
        "name": "status", "type": "S", "source_table": "order_lines", "source_column": "order_id", "denormalized": True,
        "justification": "x", "join": {
            "type": "foreign-key", "target_table": "orders", "join_condition": "orders.id = order_lines.order_id",
            "select_column": "orders.status",
        },
    }  # fmt: skip
    contract = lines(pk_template="{status}", sk_template="S#{status}", attributes=[login]).require()
    attributes = contract.tables["Lines"].entities["LINE"].attributes
    assert attributes["PK"].value == attributes["status"].value
    key = attributes["SK"].value
    assert isinstance(key, Lookup)
    assert "Concat" in repr(key.select)


def test_composite_names_of_keys() -> None:
    text = changed(changed(CONTRACT, f"{PRODUCTS}/sk", "merchant_id#sku"), f"{PRODUCTS}/gsis/1/sk", "name#created_at")
    loaded = load_contract(text)
    attributes = loaded.require().tables["Products"].entities["Products"].attributes
    assert attributes["merchant_id#sku"].value == Formatted(
        (Column("merchant_id", "products"), "#", Column("sku", "products"))
    )
    assert [one.code for one in loaded.findings] == ["composite-key-name"] * 2
    missing = load_contract(changed(CONTRACT, f"{PRODUCTS}/sk", "sku#activity_id"))
    assert "there is no activity_id" in missing.findings.errors[0].message


def test_a_key_without_a_source_stays_undefined() -> None:
    loaded = load_contract(changed(CONTRACT, f"{PRODUCTS}/pk", "nothing"))
    assert loaded.contract is not None
    value = value_of(loaded.contract, "Products", "Products", "nothing")
    assert isinstance(value, Undefined)
    assert value.reason == loaded.findings.errors[0].message


@pytest.mark.parametrize(
    ("template", "code"),
    [
        ("{user_email}", "template-unresolved"),
        ("{customer_id}", "template-differs"),
        ("U#{email}", "template-differs"),
        ("{email}", None),
    ],
)
def test_a_template_beside_a_key_attribute(template: str, code: str | None) -> None:
    text = changed(CONTRACT, f"{CART}/pk_template", template)
    for mode, severity in (("strict", "error"), ("relaxed", "repair")):
        loaded = load_contract(text, mode="relaxed" if mode == "relaxed" else "strict")
        assert [(one.code, one.severity) for one in loaded.findings] == ([] if code is None else [(code, severity)])
    assert value_of(loaded.require(), "Customers", "CART", "PK") == value_of(SHOP, "Customers", "CART", "PK")


# ── strict and relaxed ───────────────────────────────────────────────────────────────────────────────────────────────
def relaxed(pointer: str, value: Any) -> Contract:
    """The shop with one thing changed, which strict mode refuses and relaxed mode mends."""
    text = changed(CONTRACT, pointer, value)
    with pytest.raises(ContractError):
        load_contract(text).require()
    loaded = load_contract(text, mode="relaxed")
    assert loaded.findings.count("repair") == 1
    assert meaning(loaded.require()) == meaning(load_contract(text, mode="relaxed", schema=parse_ddl(DDL)).require())
    return loaded.require()


def test_a_self_join_without_an_alias_is_mended() -> None:
    of = attribute(CATEGORIES, "PK")
    assert value_of(relaxed(f"{of}/join/join_alias", ABSENT), "Categories", "Categories", "PK") == value_of(
        SHOP, "Categories", "Categories", "PK"
    )
    plain = {
        "type": "foreign-key", "target_table": "categories", "join_condition": "categories.id = categories.parent_id",
        "select_column": "categories.name",
    }  # fmt: skip
    contract = relaxed(f"{attribute(CATEGORIES, 'parent_name')}/join", plain)
    mended = value_of(contract, "Categories", "Categories", "parent_name")
    alias = "joined_categories"
    assert mended == Lookup(
        (Hop("categories", alias, (equal(f"{alias}.id", "categories.parent_id"),)),), (Column("name", alias),)
    )


def test_a_self_join_that_means_another_table_is_mended() -> None:
    join = {
        "type": "self-join", "join_alias": "up", "join_condition": "up.id = products.category_id",
        "select_column": "up.name", "null_value": "",
    }  # fmt: skip
    mended = relaxed(f"{attribute(PRODUCTS, 'category_name')}/join", join)
    assert value_of(mended, "Products", "Products", "category_name") == Lookup(
        (Hop("categories", "up", (equal("up.id", "products.category_id"),)),), (Column("name", "up"),), null_value=""
    )


def test_a_tautology_is_the_same_row() -> None:
    join = {
        "type": "json-construction", "target_table": "orders", "join_condition": "orders.id = orders.id",
        "construction": {"type": "object", "select_columns": {"total": "orders.total"}},
    }  # fmt: skip
    of = attribute("/tables/0/entities/2", "buyer")
    mended = value_of(relaxed(f"{of}/join", join), "Customers", "ORDER", "buyer")
    assert isinstance(mended, Construction)
    assert mended.same_row
    assert mended.outputs == (("total", Column("total", "orders")),)


def test_what_no_rule_mends_is_undefined_in_relaxed_mode() -> None:
    calculation = {
        "type": "aggregate", "target_table": "categories", "join_condition": "categories.parent_id = categories.id",
        "operation": "COUNT", "select_column": "categories.id",
    }  # fmt: skip
    text = changed(CONTRACT, f"{attribute(CATEGORIES, 'children_count')}/calculation", calculation)
    loaded = load_contract(text, mode="relaxed")
    assert loaded.contract is not None
    value = value_of(loaded.contract, "Categories", "Categories", "children_count")
    assert isinstance(value, Undefined)
    assert "children_count" in value.reason
    with pytest.raises(ContractError, match="self-aggregate") as caught:
        loaded.require()
    assert caught.value.findings == loaded.findings.errors
    assert caught.value.hint is not None
    overrides = {"Categories": {"children_count": {"calculation": {**calculation, "join_alias": "child",
        "join_condition": "child.parent_id = categories.id", "select_column": "child.id"}}}}  # fmt: skip
    told = load_contract(text, overrides=overrides).require()
    assert value_of(told, "Categories", "Categories", "children_count") == value_of(
        SHOP, "Categories", "Categories", "children_count"
    )


def test_the_message_names_the_first_errors_only() -> None:
    text = CONTRACT.replace('"type": "S"', '"type": "X"')
    with pytest.raises(ContractError, match=r"and \d+ more"):
        load_contract(text).require()


def test_the_place_of_an_expression_is_its_column() -> None:
    text = changed(CONTRACT, f"{attribute(CART, 'line_total')}/join/select_column", "products.price * SLEEP(1)")
    (one,) = load_contract(text).findings.errors
    line = text.splitlines()[one.place.line - 1]
    assert line[one.place.column - 1 :].startswith("SLEEP")
    assert one.place.pointer.endswith("/select_column")


def test_overrides_are_as_good_as_files(tmp_path: Path) -> None:
    path = tmp_path / "overrides.json"
    path.write_text(OVERRIDES, encoding="utf-8")
    ways: list[Any] = [OVERRIDES, path, json.loads(OVERRIDES)]
    values = [
        value_of(load_contract(CONTRACT, overrides=one).require(), "Categories", "Categories", "level") for one in ways
    ]
    assert len(set(map(repr, values))) == 1
    assert "Recursive" in repr(values[0])
