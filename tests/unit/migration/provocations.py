"""For every code of a finding, the smallest input that provokes it; most are the shop with one thing changed."""

from __future__ import annotations

import json
from typing import Any, Final

from msgspec import Struct

from hashrange.migration.check import check, read_patterns
from hashrange.migration.contract.load import load_contract
from hashrange.migration.findings import Findings
from hashrange.migration.source.ddl import parse_ddl
from hashrange.migration.source.schema import NO_SCHEMA
from tests.shop_contract import ABSENT, CONTRACT, DDL, LEGACY, PATTERNS, changed

CUSTOMER, CART, ORDER = (f"/tables/0/entities/{number}" for number in range(3))
PRODUCTS, CATEGORIES = "/tables/1", "/tables/2"


class Given(Struct, frozen=True):
    """What is checked; ``ddl`` None: without a schema."""

    contract: str | bytes = CONTRACT
    ddl: str | None = DDL
    overrides: str | None = None
    patterns: str | None = None


def found(given: Given, *, relaxed: bool = False) -> Findings:
    """Everything that a whole check finds."""
    schema = NO_SCHEMA if given.ddl is None else parse_ddl(given.ddl)
    loaded = load_contract(
        given.contract, mode="relaxed" if relaxed else "strict", schema=schema, overrides=given.overrides
    )
    if loaded.contract is not None:
        patterns = None if given.patterns is None else read_patterns(given.patterns, loaded.findings)
        check(loaded.contract, schema, loaded.findings, patterns=patterns)
    return loaded.findings


def attribute(of: str, name: str) -> str:
    """The pointer of an attribute of the shop."""
    node = json.loads(CONTRACT)
    for step in of.split("/")[1:]:
        node = node[int(step)] if isinstance(node, list) else node[step]
    number = next(at for at, one in enumerate(node["attributes"]) if one["name"] == name)
    return f"{of}/attributes/{number}"


def shop(*changes: tuple[str, Any], ddl: str | None = DDL) -> Given:
    """The shop with some values changed."""
    text = CONTRACT
    for pointer, value in changes:
        text = changed(text, pointer, value)
    return Given(text, ddl)


def join(of: str, name: str, **fields: Any) -> Given:
    """The shop with some fields of an attribute's join changed."""
    return shop(*((f"{attribute(of, name)}/join/{field}", value) for field, value in fields.items()))


def column(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": "S", "source_table": "products", "source_column": "name", **more}


def products(*attributes: dict[str, Any], ddl: str = DDL) -> Given:
    """The shop with more attributes of products."""
    return shop(*((f"{PRODUCTS}/attributes/-", one) for one in attributes), ddl=ddl)


def patterns(**changes: Any) -> Given:
    return Given(patterns=json.dumps({**json.loads(PATTERNS), **changes}))


def without_line(line: str, instead: str = "") -> str:
    assert line in DDL
    return DDL.replace(line, instead)


_LOOKUP: Final = {"type": "foreign-key", "target_table": "categories", "select_column": "categories.name"}
_TEMPLATES: Final = json.dumps(
    {"tables": [{
        "table": "Lines", "type": "multi-entity", "pk": "PK", "sk": "SK", "satisfies": [],
        "estimated_item_size_bytes": 100, "entities": [{
            "entity_type": "LINE", "source_table": "order_lines", "pk_template": "ORDER#{order}",
            "sk_template": "LINE#{line_no}", "attributes": [],
        }],
    }]},
)  # fmt: skip
_COMPOSITE: Final = changed(
    changed(CONTRACT, f"{PRODUCTS}/sk", "merchant_id#created_at"), f"{PRODUCTS}/estimated_item_size_bytes", 900
)

PROVOCATIONS: Final[dict[str, Given]] = {
    "json-encoding": Given(b'{"tables": "\xff"}'),
    "json-syntax": Given('{"tables": [}'),
    "json-comment": Given(f"// the shop\n{CONTRACT}"),
    "json-comma": Given(CONTRACT.replace('"satisfies": ["AP9", "AP10"],', '"satisfies": ["AP9", "AP10",],')),
    "json-duplicate": Given(CONTRACT.replace('"sk": "SK",', '"sk": "SK", "sk": "SK",', 1)),
    "no-contract": Given('{"products": []}'),
    "other-format": Given('{"ModelName": "Shop", "DataModel": []}'),
    "fragment": Given(json.dumps(json.loads(LEGACY)[0])),
    "mixed-format": Given(json.dumps({"tables": json.loads(LEGACY)})),
    "missing-field": shop((f"{PRODUCTS}/attributes", ABSENT)),
    "unknown-field": shop((f"{PRODUCTS}/owner_team", "shop")),
    "misspelt-field": shop((f"{PRODUCTS}/satisfies", ABSENT), (f"{PRODUCTS}/satisfys", ["AP6"])),
    "synonym": shop((f"{PRODUCTS}/gsis/0/index_name", ABSENT), (f"{PRODUCTS}/gsis/0/name", "ByCategory")),
    "wrong-type": shop((f"{PRODUCTS}/gsis", {"ByCategory": "category_id"})),
    "unknown-value": shop((f"{attribute(PRODUCTS, 'name')}/type", "DATE")),
    "misspelt-value": shop((f"{attribute(PRODUCTS, 'name')}/type", "string")),
    "duplicate-table": shop((f"{CATEGORIES}/table", "Products")),
    "duplicate-index": shop((f"{PRODUCTS}/gsis/1/index_name", "ByCategory")),
    "duplicate-entity": shop((f"{CART}/entity_type", "ORDER")),
    "duplicate-attribute": shop((f"{attribute(PRODUCTS, 'name')}/name", "sku")),
    "bad-name": shop((f"{PRODUCTS}/table", "P!")),
    "other-kind": shop((f"{PRODUCTS}/entities", [{"entity_type": "X"}])),
    "multi-without-attributes": shop(("/tables/0/attributes", ABSENT)),
    "keys-not-named": shop(("/tables/0/pk", ABSENT), ("/tables/0/sk", ABSENT)),
    "same-key-twice": shop((f"{PRODUCTS}/sk", "PK")),
    "gsi-row": Given(json.dumps([*json.loads(LEGACY), {"table": "ByName", "type": "GSI", "pk": "name"}])),
    "too-many-indexes": shop(
        *((f"{PRODUCTS}/gsis/-", {"index_name": f"More{number}", "pk": "sku"}) for number in range(18))
    ),
    "projection": shop((f"{PRODUCTS}/gsis/0/projection", "INCLUDE")),
    "projected-unknown": shop(("/tables/0/gsis/2/projected_attributes", ["colour"])),
    "no-satisfies": shop((f"{PRODUCTS}/satisfies", ABSENT)),
    "no-estimated-size": shop((f"{PRODUCTS}/estimated_item_size_bytes", ABSENT)),
    "key-without-source": shop((f"{PRODUCTS}/pk", "product_code")),
    "composite-key-name": Given(_COMPOSITE),
    "template-unresolved": Given(_TEMPLATES),
    "template-differs": shop((f"{CART}/sk_template", "BASKET#{product_id}")),
    "template-spelling": shop((f"{ORDER}/sk_template", "ORDER#{placed_at}#{order_id}")),
    "index-key-incomplete": shop((attribute(ORDER, "GSI2SK"), ABSENT), (f"{CART}/attributes/-", {
        "name": "GSI2SK", "type": "S", "source_table": "carts", "source_column": "added_at",
    })),
    "key-type": shop((f"{attribute(PRODUCTS, 'sku')}/type", "BOOL")),
    "key-types-differ": shop((f"{attribute(ORDER, 'GSI1PK')}/type", "N")),
    "entities-alike": shop(
        (f"{attribute(CART, 'SK')}/transformation/format", "ORDER#{product_id}"),
        (f"{CART}/sk_template", "ORDER#{product_id}"),
    ),
    "key-not-unique": shop((f"{attribute(CATEGORIES, 'SK')}/source_column", "name")),
    "nullable-key": Given(ddl=without_line("placed_at   TIMESTAMP     NOT NULL DEFAULT CURRENT_TIMESTAMP",
                                           "placed_at   TIMESTAMP     NULL")),
    "sparse-index": Given(ddl=without_line("login         VARCHAR(40)  NOT NULL", "login         VARCHAR(40)")),
    "empty-key": shop(),
    "key-too-long": Given(ddl=without_line("slug       VARCHAR(60) ", "slug       VARCHAR(600) ")),
    "numbers-as-text": shop(),
    "time-in-key": shop(),
    "collation": shop(),
    "key-moves": shop(),
    "two-sources": shop((f"{attribute(CART, 'SK')}/calculation", {"type": "case", "cases": []})),
    "several-columns": shop((f"{attribute(PRODUCTS, 'name')}/source_column", ["name", "sku"])),
    "no-source-column": shop((f"{attribute(CART, 'SK')}/source_column", ABSENT)),
    "other-table-without-join": shop((f"{attribute(PRODUCTS, 'name')}/source_table", "categories")),
    "expression": join(CART, "line_total", select_column="SLEEP(10)"),
    "undeclared-name": join(CART, "line_total", select_column="prices.price"),
    "undeclared-alias": join(CATEGORIES, "PK", else_value="elsewhere.slug"),
    "else-value-ambiguous": join(CATEGORIES, "PK", else_value="slug"),
    "bare-column": join(ORDER, "lines", construction={
        "type": "array", "limit": 5, "order_by": "line_no", "select_columns": {"quantity": "quantity"},
    }),
    "bare-column-in-join": join(CART, "product_name", join_condition="products.id = product_id"),
    "join-alias-missing": join(CATEGORIES, "PK", join_alias=ABSENT),
    "join-tautology": shop((f"{CUSTOMER}/attributes/-", {
        "name": "profile", "type": "M", "source_table": "customers", "source_column": "id",
        "join": {"type": "json-construction", "target_table": "customers",
                 "join_condition": "customers.id = customers.id",
                 "construction": {"type": "object", "select_columns": {"nickname": "customers.nickname"}}},
    })),
    "join-one-sided": join(CART, "product_name", join_condition="products.id = products.category_id"),
    "self-join-of-another-table": products(column("trail", join={
        "type": "self-join", "join_alias": "up", "join_condition": "up.id = products.category_id",
        "select_column": "up.name",
    })),
    "self-aggregate": shop((f"{attribute(CATEGORIES, 'children_count')}/calculation", {
        "type": "aggregate", "target_table": "categories", "join_condition": "categories.parent_id = categories.id",
        "operation": "COUNT", "select_column": "categories.id",
    })),
    "calculation-undefined": products(column("age", calculation={"type": "date-math"})),
    "transformation-extension": products(column("kind", transformation={"type": "static", "value": "PRODUCT"})),
    "format-braces": products(column("odd", transformation={"type": "string-format", "format": "{name"})),
    "format-names-attribute": shop((f"{attribute(ORDER, 'SK')}/transformation/format", "ORDER#{placed_at}#{order_id}")),
    "same-calculation": shop((f"{attribute(CATEGORIES, 'product_count')}/calculation", {
        "type": "aggregate", "target_table": "categories", "join_alias": "child",
        "join_condition": "child.parent_id = categories.id", "operation": "COUNT", "select_column": "child.id",
    })),
    "path-of-one-step": shop((f"{attribute(PRODUCTS, 'category_name')}/name", "category_path")),
    "no-justification": shop((f"{attribute(PRODUCTS, 'category_name')}/justification", ABSENT)),
    "denormalized-without-join": products(column("title", denormalized=True, justification="x")),
    "copy-not-flagged": shop((f"{attribute(PRODUCTS, 'category_name')}/denormalized", ABSENT)),
    "unbounded-array": shop((f"{attribute(ORDER, 'lines')}/join/construction/limit", ABSENT)),
    "unordered-array": shop((f"{attribute(ORDER, 'lines')}/join/construction/order_by", ABSENT)),
    "type-mismatch": shop((f"{attribute(PRODUCTS, 'name')}/type", "N")),
    "ddl-syntax": Given(ddl="CREATE TABLE products (id INT"),
    "unknown-table": Given(ddl=without_line("CREATE TABLE tax_rates", "CREATE TABLE taxes")),
    "unknown-column": Given(ddl=without_line("    stock       INT           NOT NULL DEFAULT 0,\n")),
    "many-rows": join(PRODUCTS, "category_name", join_condition="categories.parent_id = products.category_id"),
    "aggregates-fan-out": shop(),
    "lost-id": shop((attribute(CART, "GSI1PK"), ABSENT)),
    "unmapped-column": shop((attribute(PRODUCTS, "description"), ABSENT)),
    "unmapped-rights": shop((attribute(CUSTOMER, "is_admin"), ABSENT)),
    "unmapped-table": shop(),
    "number-too-precise": Given(ddl=without_line("price       DECIMAL(10,2)", "price       DECIMAL(65,2)")),
    "value-too-large": Given(ddl=without_line("thumbnail   BLOB", "thumbnail   LONGBLOB")),
    "estimated-size": shop(("/tables/0/estimated_item_size_bytes", 4096)),
    "unique-unenforced": shop(),
    "copy-without-index": shop(),
    "cascade-unserved": shop(),
    "no-read-by-id": shop((attribute(CART, "GSI1PK"), ABSENT)),
    "pattern-twice": shop((f"{PRODUCTS}/satisfies", ["AP1", "AP6", "AP7", "AP8"])),
    "pattern-gap": shop((f"{PRODUCTS}/satisfies", ["AP6", "AP8"])),
    "pattern-undescribed": Given(patterns='{"AP1": null}'),
    "pattern-unclaimed": patterns(AP77={"table": "Products", "by": ["id"]}),
    "pattern-unknown-name": patterns(AP6={"table": "Product", "by": ["id"]}),
    "pattern-unserved": patterns(AP6={"table": "Products", "by": ["price"]}),
    "projection-lacks": patterns(AP8={"table": "Products", "index": "BySku", "by": ["sku"], "needs": ["price"]}),
    "override-unknown": Given(overrides='{"Categories": {"levle": {"hook": "recursive-depth"}}}'),
    "hook-outside-overrides": shop((f"{attribute(CATEGORIES, 'level')}/hook", {"hook": "recursive-depth"})),
}  # fmt: skip

#: said by the command line only
OF_THE_COMMAND_LINE: Final = frozenset({"ddl-without-tables"})
