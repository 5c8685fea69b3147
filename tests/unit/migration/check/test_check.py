"""What the checks say of the shop and of contracts that are almost right: the cases that one example a code leaves
out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hashrange.migration.check import cascades, copies, read_patterns, unique_keys
from hashrange.migration.check.sizes import typical_bytes
from hashrange.migration.contract.load import load_contract
from hashrange.migration.findings import Findings
from hashrange.migration.source.ddl import parse_ddl
from tests.shop_contract import CONTRACT, DDL, OVERRIDES, PATTERNS, changed
from tests.unit.migration.provocations import (
    CART,
    CATEGORIES,
    CUSTOMER,
    ORDER,
    PRODUCTS,
    Given,
    attribute,
    found,
    join,
    patterns,
    shop,
)

SCHEMA = parse_ddl(DDL)
SHOP = load_contract(CONTRACT, overrides=OVERRIDES).require()


def messages(given: Given, code: str) -> list[str]:
    return [one.message for one in found(given) if one.code == code]


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_key_through_a_unique_column_of_another_table_is_unique() -> None:
    assert messages(shop(), "key-not-unique") == [], "carts: the customer's e-mail address and the product"
    plain = DDL.replace("    UNIQUE KEY one_email (email)\n", "    KEY one_email (email)\n")
    (first, *rest) = messages(Given(ddl=plain), "key-not-unique")
    assert "two rows of customers can have the same key in Customers/CUSTOMER" in first
    assert any("Customers/CART" in one for one in rest), "two customers with one address share their carts"
    assert not any("Customers/ORDER" in one for one in rest), "the order's id is in its sort key"


def test_a_key_that_a_condition_makes_needs_columns_that_are_never_null() -> None:
    by_name = (f"{attribute(CATEGORIES, 'SK')}/source_column", "name")
    pairs = DDL.replace("UNIQUE KEY one_slug (slug),", "UNIQUE KEY one_slug (slug), UNIQUE KEY once (parent_id, name),")
    assert len(messages(shop(by_name, ddl=pairs), "key-not-unique")) == 1, "two roots of one name: MySQL allows it"
    strict = pairs.replace("parent_id  INT          NULL", "parent_id  INT      NOT NULL")
    assert messages(shop(by_name, ddl=strict), "key-not-unique") == []


def test_a_nullable_key_is_less_bad_where_it_has_a_default() -> None:
    line = "placed_at   TIMESTAMP     NOT NULL DEFAULT CURRENT_TIMESTAMP"
    for instead, severity in (("NULL", "error"), ("DEFAULT CURRENT_TIMESTAMP", "warning")):
        ddl = DDL.replace(line, f"placed_at   TIMESTAMP {instead}")
        said = [one for one in found(Given(ddl=ddl)) if one.code == "nullable-key"]
        assert [one.severity for one in said] == [severity]
        assert "orders.placed_at is NULL" in said[0].message


def test_a_null_value_of_empty_text_is_no_key() -> None:
    given = shop((f"{CATEGORIES}/pk", "parent_name"), (f"{attribute(CATEGORIES, 'parent_name')}/join/null_value", ""))
    said = [one for one in found(given) if one.code == "empty-key" and one.severity == "error"]
    assert "Categories.parent_name" in said[0].message


def test_the_bytes_of_keys() -> None:
    for length, too_long in ((255, False), (256, True)):
        ddl = DDL.replace("slug       VARCHAR(60) ", f"slug       VARCHAR({length + 1 if too_long else 256}) ")
        assert bool([one for one in messages(Given(ddl=ddl), "key-too-long") if "SK" in one]) is too_long


# ── columns ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("name", "type_", "fits"),
    [
        ("price", "S", True), ("price", "BOOL", False), ("name", "B", False), ("tags", "S", True), ("tags", "L", False),
        ("thumbnail", "S", False), ("released_on", "N", True), ("released_on", "M", False), ("stock", "NS", False),
        ("listing", "N", False), ("details", "L", True), ("category_name", "N", False), ("weight_kg", "S", True),
    ],
)  # fmt: skip
def test_types(name: str, type_: str, fits: bool) -> None:
    said = messages(shop((f"{attribute(PRODUCTS, name)}/type", type_)), "type-mismatch")
    assert (said == []) is fits
    assert all(f"Products.{name}" in one for one in said)


@pytest.mark.parametrize(
    ("name", "type_", "fits"), [("lines", "M", False), ("lines", "S", True), ("buyer", "L", False)]
)
def test_types_of_documents(name: str, type_: str, fits: bool) -> None:
    assert (messages(shop((f"{attribute(ORDER, name)}/type", type_)), "type-mismatch") == []) is fits


def test_a_json_column_that_is_text_wants_json_parse() -> None:
    one = {"name": "spec", "type": "M", "source_table": "products", "source_column": "description"}
    said = [x for x in found(shop((f"{PRODUCTS}/attributes/-", one))) if x.code == "type-mismatch"]
    assert "json-parse" in said[0].fix


def test_what_is_not_there_is_named_with_what_is_near() -> None:
    ddl = DDL.replace("    points        BIGINT ", "    point         BIGINT ")
    (one,) = [one for one in found(Given(ddl=ddl)) if one.code == "unknown-column"]
    assert one.message == "table customers has no column points, which attribute points needs"
    assert one.fix == "did you mean point?"
    said = [one for one in found(Given(ddl="CREATE TABLE product (id INT)")) if one.code == "unknown-table"]
    assert next(one.fix for one in said if "products" in one.message) == "did you mean product?"


def test_embedded_rows_are_not_lost() -> None:
    assert not [
        one for one in found(shop()) if one.code in ("lost-id", "unmapped-column") and "order_lines" in one.message
    ]
    less = {
        "type": "array", "limit": 5, "order_by": "order_lines.quantity",
        "select_columns": {"no": "order_lines.quantity"},
    }  # fmt: skip
    of = (f"{attribute(ORDER, name)}/join/construction" for name in ("lines", "preview"))
    said = list(found(shop(*((pointer, less) for pointer in of))))
    assert {one.message.split()[0] for one in said if one.code == "lost-id"} == {"order_lines.line_no,"}
    assert {one.message.split()[0] for one in said if one.code == "unmapped-column"} >= {"order_lines.unit_price"}


def test_many_rows_for_one() -> None:
    given = join(ORDER, "buyer", target_table="order_lines", join_condition="order_lines.order_id = orders.id",
                 construction={"type": "object", "select_columns": {"quantity": "order_lines.quantity"}})  # fmt: skip
    (said,) = messages(given, "many-rows")
    assert (
        said == "Customers/ORDER.buyer joins by order_lines.order_id, which many rows of order_lines may have in common"
    )


# ── copies ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_copies_and_how_their_items_are_found() -> None:
    seen = {(one.entity, one.attribute, one.source_table): (one.columns, one.found_by) for one in copies(SHOP)}
    assert seen["CART", "product_name", "products"] == (("name",), None)
    assert seen["CART", "category_name", "categories"] == (("name",), None)
    assert seen["CART", "PK", "customers"] == (("email",), "the table's key")
    assert seen["ORDER", "lines", "order_lines"][1] == "index ById"
    assert seen["CUSTOMER", "spent", "orders"] == (("total",), "index ById")
    assert seen["Products", "category_name", "categories"] == (("name",), "index ByCategory")
    assert seen["Products", "merchant_login", "customers"] == (("login",), "index ByMerchant")
    assert seen["Categories", "parent_name", "categories"] == (("name",), "the table's key")
    assert {one.attribute for one in copies(SHOP) if one.in_key} == {"PK"}


def test_cascades_and_how_they_are_served() -> None:
    seen = {(one.parent, one.child, one.entity): (one.on_delete, one.found_by) for one in cascades(SHOP, SCHEMA)}
    assert seen == {
        ("customers", "carts", "CART"): ("cascade", "the table's key"),
        ("customers", "orders", "ORDER"): ("cascade", "the table's key"),
        ("customers", "products", "Products"): ("cascade", "index ByMerchant"),
        ("categories", "products", "Products"): ("restrict", "index ByCategory"),
        ("categories", "categories", "Categories"): ("set null", "the table's key"),
        ("products", "carts", "CART"): ("cascade", None),
        ("products", "order_lines", "ORDER"): ("restrict", None),
        ("orders", "order_lines", "ORDER"): ("cascade", "the item itself"),
    }


def test_unique_keys_and_what_enforces_them() -> None:
    seen = {(one.source_table, one.columns): one.enforced_by for one in unique_keys(SHOP, SCHEMA)}
    assert seen == {
        ("customers", ("login",)): "guard",
        ("customers", ("email",)): "key",
        ("carts", ("customer_id", "product_id")): "key",
        ("products", ("sku",)): "guard",
        ("categories", ("slug",)): "guard",
    }


def test_columns_that_move_items() -> None:
    said = messages(shop(), "key-moves")
    assert any(one.startswith("customers.email is in the key of Customers/CUSTOMER, Customers/CART,") for one in said)
    assert {one.split()[0] for one in said} == {"customers.email", "categories.slug", "categories.parent_id"}


def test_an_id_that_is_only_a_sort_key_finds_nothing() -> None:
    given = shop((f"{CATEGORIES}/gsis/0", {"index_name": "Tree", "pk": "parent_id", "sk": "category_id"}))
    (said,) = messages(given, "no-read-by-id")
    assert "categories.id; Tree has it only as its sort key" in said


def test_sizes() -> None:
    sizes = {name: typical_bytes(one, SCHEMA) for name, one in SHOP.tables["Customers"].entities.items()}
    assert 200 < sizes["CART"] < sizes["ORDER"] < 1500
    said = messages(shop(("/tables/0/estimated_item_size_bytes", 40)), "estimated-size")
    assert "CART about" in said[0]


# ── structure ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("format_", "alike"),
    [
        ("CART#{product_id}", False), ("ORDER#{product_id}", True), ("ORD{product_id}", True), ("{product_id}", True),
        ("ORDER2#{product_id}", False), ("#PROFILE", True), ("#PROF{product_id}", True),
        ("#PROFILED{product_id}", False),
    ],
)  # fmt: skip
def test_entities_are_told_apart_by_their_sort_keys(format_: str, alike: bool) -> None:
    given = shop((f"{attribute(CART, 'SK')}/transformation/format", format_), (f"{CART}/sk_template", format_))
    assert bool(messages(given, "entities-alike")) is alike


def test_entities_may_be_told_apart_by_their_partition_keys() -> None:
    given = [
        {"entity_type": name, "source_table": "customers", "pk_template": f"{name}#{{id}}", "sk_template": "#META",
         "attributes": [{"name": "id", "type": "N", "source_table": "customers", "source_column": "id"}]}
        for name in ("A", "B")
    ]  # fmt: skip
    table = {"table": "Both", "type": "multi-entity", "pk": "PK", "sk": "SK", "entities": given, "satisfies": []}
    assert messages(Given(json.dumps({"tables": [table]}), None), "entities-alike") == []


@pytest.mark.parametrize(
    "index",
    [
        {"index_name": "ByName", "pk": "name", "projection": "INCLUDE"},
        {"index_name": "ByName", "pk": "name", "projection": "KEYS_ONLY", "projected_attributes": ["sku"]},
        {"index_name": "ByName", "pk": "name", "projection": "INCLUDE", "projected_attributes": ["sku"] * 101},
    ],
)
def test_projections(index: dict[str, Any]) -> None:
    assert len(messages(shop((f"{PRODUCTS}/gsis/-", index)), "projection")) == 1


# ── patterns ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("pattern", "served"),
    [
        ({"table": "Products", "by": ["id"]}, True),
        ({"table": "Products", "by": ["PK"]}, True),
        ({"table": "Products", "index": "ByCategory", "by": ["GSI1PK", "name"]}, True),
        ({"table": "Products", "index": "ByMerchant", "by": ["category_id"]}, False),
        ({"table": "Products", "by": ["stock"]}, False),
        ({"table": "Customers", "by": ["customers_id"]}, None),
        ({"table": "Customers", "by": ["email"]}, True),
        ({"table": "Customers", "by": ["customer_id"]}, True),
        ({"table": "Categories", "by": ["parent_id"]}, True),
        ({"table": "Categories", "index": "ByCategoryId", "by": ["id"]}, True),
        ({"table": "Categories", "by": ["name"]}, False),
    ],
)
def test_patterns(pattern: dict[str, Any], served: bool | None) -> None:
    said = [one.code for one in found(patterns(AP1=pattern)) if one.severity == "error"]
    assert said == {True: [], False: ["pattern-unserved"], None: ["pattern-unknown-name"]}[served]


def test_an_index_by_parent_and_id_does_not_serve_a_read_by_id() -> None:
    """As in a real contract: the id is the sort key of an index whose partition key is the parent's."""
    text = changed(CONTRACT, f"{CATEGORIES}/gsis/0", {"index_name": "GSI1", "pk": "parent_id", "sk": "category_id"})
    told = json.dumps({**json.loads(PATTERNS), "AP10": {"table": "Categories", "index": "GSI1", "by": ["category_id"]}})
    (said,) = messages(Given(text, patterns=told), "pattern-unserved")
    assert said == (
        "AP10 reads Categories by category_id, and GSI1 is read by parent_id, made of parent_id "
        "(it is only the sort key there)"
    )


def test_the_parent_s_id_is_not_the_id() -> None:
    """The same where the partition key is computed: ROOT, or the id of the parent's row."""
    one = json.loads(CONTRACT)["tables"][2]["attributes"][0]
    key = {**one, "name": "GSI1PK", "join": {**one["join"], "else_value": "parent.id"}}
    text = changed(CONTRACT, f"{CATEGORIES}/gsis/0", {"index_name": "GSI1", "pk": "GSI1PK", "sk": "category_id"})
    text = changed(text, f"{CATEGORIES}/attributes/-", key)
    for by, served in ((["category_id"], False), (["id"], False), (["parent_id"], True), (["GSI1PK"], True)):
        told = json.dumps({**json.loads(PATTERNS), "AP10": {"table": "Categories", "index": "GSI1", "by": by}})
        assert (messages(Given(text, patterns=told), "pattern-unserved") == []) is served, by


def test_a_pattern_may_need_no_database() -> None:
    assert messages(patterns(AP99=None), "pattern-unclaimed") == []


@pytest.mark.parametrize("text", ["[]", '{"AP1": 7}', '{"AP1": {"table": "Customers"}}', '{"AP1": {"by": ["x"]}}'])
def test_patterns_that_are_none(text: str) -> None:
    findings = Findings()
    assert read_patterns(text.encode(), findings) == ()
    assert len(findings.errors) == 1
    assert findings.errors[0].place.document == "patterns"


def test_patterns_from_a_file(tmp_path: Any) -> None:
    path = tmp_path / "patterns.json"
    path.write_text(PATTERNS, encoding="utf-8")
    ways: list[Any] = [path, str(path), PATTERNS, json.loads(PATTERNS)]
    assert len({len(read_patterns(one, Findings())) for one in ways}) == 1


# ── overrides ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("overrides", "code", "fix"),
    [
        ({"Category": {}}, "override-unknown", "did you mean Categories?"),
        ({"Customers": {"spent": {}}}, "override-unknown", "use one of Customers/CUSTOMER"),
        ({"Customers/CUSTOMER": {"spend": {"source_column": "id"}}}, "override-unknown", "the contract has to name it"),
        ({"Categories": {"level": {"parent": "parent_id"}}}, "missing-field", "one of hook, join"),
        (
            {"Categories": {"level": {"hook": "recursive-deep", "parent": "parent_id"}}},
            "misspelt-value",
            "recursive-depth",
        ),
        (
            {"Categories": {"level": {"hook": "magic", "parent": "parent_id"}}},
            "unknown-value",
            "one of recursive-depth",
        ),
        ({"Categories": {"level": {"hook": "recursive-depth"}}}, "missing-field", "name the column"),
        ({"Categories": {"trail": {"hook": "recursive-path", "parent": "parent_id"}}}, "missing-field", "of the names"),
        ({"Categories": 7}, "wrong-type", '{"attribute": {...}}'),
        ([], "wrong-type", '{"Table": {"attribute": {...}}}'),
    ],
)
def test_overrides_that_cannot_be_followed(overrides: Any, code: str, fix: str) -> None:
    said = found(Given(overrides=json.dumps(overrides))).errors
    assert [one.code for one in said] == [code]
    assert fix in said[0].fix
    assert said[0].place.document == "overrides"


def test_an_override_of_an_entity() -> None:
    overrides = {"Customers/CUSTOMER": {"points": {"calculation": {
        "type": "aggregate", "target_table": "orders", "join_condition": "orders.customer_id = customers.id",
        "operation": "COUNT", "select_column": "*",
    }}}}  # fmt: skip
    contract = load_contract(CONTRACT, overrides=overrides).require()
    assert "COUNT" in repr(contract.tables["Customers"].entities["CUSTOMER"].attributes["points"].value)
    assert CUSTOMER.endswith("/0")
