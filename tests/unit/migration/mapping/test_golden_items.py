"""Whole items, attribute by attribute, of rows of a shop: people, carts, orders, products, a tree of categories.

Written by hand from what each join, calculation and transformation means; nothing here is computed by what it tests.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import pytest

from hashrange.migration.contract.model import (
    Aggregate,
    Computed,
    Construction,
    Contract,
    Index,
    Lookup,
    Recursive,
    TableContract,
)
from hashrange.migration.conventions import Conventions
from hashrange.migration.expressions.nodes import Column
from hashrange.migration.expressions.parse import parse
from hashrange.migration.mapping.entity import EntityMapping, Mappings, mappings
from tests.migration_contracts import Attributes, entity, formatted, hop, schema_of
from tests.migration_rows import rows_of

AT: Final = datetime(2025, 8, 27, 10, 11, 12)
AT_TEXT: Final = "2025-08-27T10:11:12Z"
SCHEMA: Final = schema_of(
    """CREATE TABLE people (id INT PRIMARY KEY AUTO_INCREMENT, login VARCHAR(50) NOT NULL UNIQUE,
       email VARCHAR(100) NOT NULL UNIQUE, secret VARCHAR(255) NOT NULL, first VARCHAR(50), last VARCHAR(50),
       sells BOOLEAN DEFAULT FALSE, made TIMESTAMP NOT NULL)""",
    """CREATE TABLE kinds (id INT PRIMARY KEY, name VARCHAR(100) NOT NULL, parent_id INT NULL,
       FOREIGN KEY (parent_id) REFERENCES kinds (id))""",
    """CREATE TABLE wares (id INT PRIMARY KEY, seller_id INT NOT NULL, kind_id INT NOT NULL, name VARCHAR(200) NOT NULL,
       about TEXT, price DECIMAL(10,2) NOT NULL, stock INT NOT NULL, made TIMESTAMP NOT NULL,
       FOREIGN KEY (seller_id) REFERENCES people (id), FOREIGN KEY (kind_id) REFERENCES kinds (id))""",
    """CREATE TABLE baskets (id INT PRIMARY KEY, person_id INT NOT NULL, ware_id INT NOT NULL, amount INT NOT NULL,
       made TIMESTAMP NOT NULL, UNIQUE KEY (person_id, ware_id),
       FOREIGN KEY (person_id) REFERENCES people (id), FOREIGN KEY (ware_id) REFERENCES wares (id))""",
    """CREATE TABLE buys (id INT PRIMARY KEY, person_id INT NOT NULL, total DECIMAL(10,2) NOT NULL,
       state ENUM('open','done') NOT NULL, made TIMESTAMP NOT NULL, FOREIGN KEY (person_id) REFERENCES people (id))""",
    """CREATE TABLE buy_lines (id INT PRIMARY KEY, buy_id INT NOT NULL, ware_id INT NOT NULL, amount INT NOT NULL,
       paid DECIMAL(10,2) NOT NULL, FOREIGN KEY (buy_id) REFERENCES buys (id))""",
)
ROWS: Final[dict[str, list[dict[str, Any]]]] = {
    "people": [
        {"id": 3, "login": "jane", "email": "jane@example.com", "secret": "x1", "first": "Jane", "last": None,
         "sells": 0, "made": AT},
    ],
    "kinds": [
        {"id": 1, "name": "Electronics", "parent_id": None},
        {"id": 7, "name": "Laptops", "parent_id": 1},
    ],
    "wares": [
        {"id": 1, "seller_id": 3, "kind_id": 7, "name": "Laptop", "about": None, "price": Decimal("1999.99"),
         "stock": 15, "made": AT},
    ],
    "baskets": [{"id": 9, "person_id": 3, "ware_id": 1, "amount": 2, "made": AT}],
    "buys": [
        {"id": 5, "person_id": 3, "total": Decimal("1999.99"), "state": "open", "made": AT},
        {"id": 6, "person_id": 3, "total": Decimal("0.00"), "state": "done", "made": AT},
    ],
    "buy_lines": [{"id": 1, "buy_id": 5, "ware_id": 1, "amount": 1, "paid": Decimal("1999.99")}],
}  # fmt: skip


def column(text: str) -> Column:
    found = parse(text)
    assert isinstance(found, Column)
    return found


BUYER: Final = Lookup((hop("people", "people.id = baskets.person_id"),), (column("people.email"),))
WARE: Final = hop("wares", "wares.id = baskets.ware_id")
PARENT: Final = hop("kinds", "parent.id = kinds.parent_id", "parent")
ABOVE: Final = hop("kinds", "above.id = kinds.parent_id", "above")
IS_ROOT: Final = parse("parent_id IS NULL")

PERSON: Final[Attributes] = {
    "PK": ("S", "email"),
    "SK": ("S", formatted("#META")),
    "login": ("S", "login"),
    "email": ("S", "email"),
    "secret": ("S", "secret"),
    "profile": (
        "M",
        Construction(
            hop("people", "people.id = people.id"),
            "object",
            (("first", column("first")), ("last", column("last"))),
            same_row=True,
        ),
    ),
    "sells": ("BOOL", "sells"),
    "made": ("S", "made"),
    "GSI1PK": ("S", "id"),
    "GSI1SK": ("S", "id"),
    "GSI2PK": ("S", "login"),
    "GSI2SK": ("S", "login"),
}
BASKET: Final[Attributes] = {
    "PK": ("S", BUYER),
    "SK": ("S", formatted("CART#{ware_id}")),
    "ware_id": ("S", "ware_id"),
    "amount": ("N", "amount"),
    "price": ("N", Lookup((WARE,), (column("wares.price"),))),
    "ware_name": ("S", Lookup((WARE,), (column("wares.name"),))),
    "made": ("S", "made"),
}
BUY: Final[Attributes] = {
    "PK": ("S", Lookup((hop("people", "people.id = buys.person_id"),), (column("people.email"),))),
    "SK": ("S", formatted("ORDER#{made}#{id}")),
    "person_id": ("S", "person_id"),
    "order_state": ("S", "state"),
    "total": ("N", "total"),
    "lines": (
        "S",
        Construction(
            hop("buy_lines", "buy_lines.buy_id = buys.id"),
            "array",
            (("ware_id", column("ware_id")), ("amount", column("amount")), ("paid", column("paid"))),
        ),
    ),
    "made": ("S", "made"),
    "order_id": ("S", "id"),
    "GSI1PK": ("S", "id"),
    "GSI1SK": ("S", "id"),
}
WARES: Final[Attributes] = {
    "PK": ("S", "id"),
    "SK": ("S", formatted("#META")),
    "seller_id": ("S", "seller_id"),
    "kind_id": ("S", "kind_id"),
    "kind_path": (
        "S",
        Lookup((hop("kinds", "k.id = wares.kind_id", "k"),), (column("k.name"),), null_value=""),
    ),
    "ware_name": ("S", "name"),
    "about": ("S", "about"),
    "price": ("N", "price"),
    "stock": ("N", "stock"),
    "GSI1PK": ("S", "kind_id"),
    "GSI1SK": ("S", "name"),
}
KIND: Final[Attributes] = {
    "PK": ("S", Lookup((PARENT,), (parse("'ROOT'"),), condition=IS_ROOT, otherwise=parse("parent.name"))),
    "SK": ("S", "name"),
    "kind_id": ("S", "id"),
    "parent_id": ("S", "parent_id"),
    "parent_name": ("S", Lookup((PARENT,), (column("parent.name"),))),
    "path": ("S", Lookup((ABOVE,), (column("above.name"),), null_value="")),
    "level": ("N", Recursive("depth", "parent_id")),
    "trail": ("S", Recursive("path", "parent_id", "name")),
    "children": ("N", Aggregate(hop("kinds", "child.parent_id = kinds.id", "child"), "COUNT", column("child.id"))),
    "ware_count": ("N", Aggregate(hop("wares", "wares.kind_id = kinds.id"), "COUNT", column("wares.id"))),
    "size": ("S", Computed(parse("CASE WHEN CONCAT(name, '') = 'Laptops' THEN 'small' ELSE 'large' END"))),
    "GSI1PK": ("S", Lookup((PARENT,), (parse("'ROOT'"),), condition=IS_ROOT, otherwise=parse("parent.id"))),
    "GSI1SK": ("S", "id"),
}  # fmt: skip


def contract() -> Contract:
    first, second = Index("GSI1", "GSI1PK", "GSI1SK"), Index("GSI2", "GSI2PK", "GSI2SK")
    people = [
        entity("USER", "people", PERSON, pk_template="{email}", sk_template="#META"),
        entity("CART", "baskets", BASKET, pk_template="{user_email}", sk_template="CART#{ware_id}"),
        entity("ORDER", "buys", BUY, pk_template="{user_email}", sk_template="ORDER#{made}#{order_id}"),
    ]
    tables = [
        TableContract(
            "People", "multi-entity", "PK", "SK", {"GSI1": first, "GSI2": second}, {one.name: one for one in people}
        ),
        TableContract(
            "Wares", "single-entity", "PK", "SK", {"GSI1": first}, {"Wares": entity("Wares", "wares", WARES)}
        ),
        TableContract("Kinds", "single-entity", "PK", "SK", {"GSI1": first}, {"Kinds": entity("Kinds", "kinds", KIND)}),
    ]
    return Contract({one.name: one for one in tables}, "schema")


@pytest.fixture(scope="module")
def shop() -> Mappings:
    return mappings(contract(), schema=SCHEMA)


GOLDEN: Final[dict[str, list[dict[str, Any]]]] = {
    "people": [
        {
            "PK": "jane@example.com",
            "SK": "#META",
            "login": "jane",
            "email": "jane@example.com",
            "secret": "x1",
            "profile": {"first": "Jane"},
            "sells": False,
            "made": AT_TEXT,
            "GSI1PK": "3",
            "GSI1SK": "3",
            "GSI2PK": "jane",
            "GSI2SK": "jane",
        }
    ],
    "baskets": [
        {
            "PK": "jane@example.com",
            "SK": "CART#1",
            "ware_id": "1",
            "amount": 2,
            "price": Decimal("1999.99"),
            "ware_name": "Laptop",
            "made": AT_TEXT,
        }
    ],
    "buys": [
        {
            "PK": "jane@example.com",
            "SK": f"ORDER#{AT_TEXT}#5",
            "person_id": "3",
            "order_state": "open",
            "total": Decimal("1999.99"),
            "lines": '[{"ware_id":1,"amount":1,"paid":1999.99}]',
            "made": AT_TEXT,
            "order_id": "5",
            "GSI1PK": "5",
            "GSI1SK": "5",
        },
        {
            "PK": "jane@example.com",
            "SK": f"ORDER#{AT_TEXT}#6",
            "person_id": "3",
            "order_state": "done",
            "total": Decimal("0.00"),
            "lines": "[]",
            "made": AT_TEXT,
            "order_id": "6",
            "GSI1PK": "6",
            "GSI1SK": "6",
        },
    ],
    "wares": [
        {
            "PK": "1",
            "SK": "#META",
            "seller_id": "3",
            "kind_id": "7",
            "kind_path": "Laptops",
            "ware_name": "Laptop",
            "price": Decimal("1999.99"),
            "stock": 15,
            "GSI1PK": "7",
            "GSI1SK": "Laptop",
        }
    ],
    "kinds": [
        {
            "PK": "ROOT",
            "SK": "Electronics",
            "kind_id": "1",
            "path": "",
            "level": 0,
            "trail": "Electronics",
            "children": 1,
            "ware_count": 0,
            "size": "large",
            "GSI1PK": "ROOT",
            "GSI1SK": "1",
        },
        {
            "PK": "Electronics",
            "SK": "Laptops",
            "kind_id": "7",
            "parent_id": "1",
            "parent_name": "Electronics",
            "path": "Electronics",
            "level": 1,
            "trail": "Electronics > Laptops",
            "children": 0,
            "ware_count": 1,
            "size": "small",
            "GSI1PK": "1",
            "GSI1SK": "7",
        },
    ],
}


@pytest.mark.parametrize("repository", list(GOLDEN))
def test_rows_become_these_items(shop: Mappings, repository: str) -> None:
    mapping = shop.by_repository[repository]
    items = [mapping.to_item(mapping.record(row)) for row in rows_of(mapping.needs, ROWS)]
    assert items == GOLDEN[repository]
    assert [list(item) for item in items] == [list(item) for item in GOLDEN[repository]]  # the contract's order


@pytest.mark.parametrize("repository", list(GOLDEN))
def test_items_come_back_as_records(shop: Mappings, repository: str) -> None:
    mapping = shop.by_repository[repository]
    for row in rows_of(mapping.needs, ROWS):
        record = mapping.record(row)
        back = mapping.from_item(mapping.to_item(record))
        assert back == {name: value for name, value in record.items() if mapping.fields[name].readable}


def test_ids_come_back_as_integers_and_what_has_no_place_is_told(shop: Mappings) -> None:
    read = {name: mapping.from_item(GOLDEN[name][0]) for name, mapping in shop.by_repository.items()}
    assert (read["people"]["id"], read["buys"]["order_id"], read["wares"]["id"], read["kinds"]["kind_id"]) == (
        3,
        5,
        1,
        1,
    )
    baskets = shop.by_repository["baskets"].fields
    assert not baskets["id"].readable
    assert baskets["id"].attributes == ()
    assert not baskets["person_id"].readable  # it only leads to the e-mail address


def test_fields_have_the_names_that_the_contract_gives_them(shop: Mappings) -> None:
    names = {name: list(mapping.fields) for name, mapping in shop.by_repository.items()}
    assert names["people"] == ["email", "login", "secret", "first", "last", "sells", "made", "id"]
    assert names["baskets"] == ["user_email", "ware_id", "amount", "price", "ware_name", "made", "id", "person_id"]
    assert names["buys"] == ["user_email", "made", "order_id", "person_id", "order_state", "total", "lines"]
    assert names["kinds"] == [
        "parent_id", "parent_name", "name", "kind_id", "level", "trail", "children", "ware_count",
    ]  # fmt: skip


def test_fields_have_the_types_of_their_columns(shop: Mappings) -> None:
    def types(repository: str) -> dict[str, tuple[str, bool]]:
        fields = shop.by_repository[repository].fields.values()
        return {field.name: (field.type, field.nullable) for field in fields}

    assert types("people")["sells"] == ("bool", True)
    assert types("people")["made"] == ("datetime", False)
    assert types("baskets")["user_email"] == ("str", False)  # a foreign key that is never NULL
    assert types("buys")["total"] == ("Decimal", False)
    assert types("buys")["lines"] == ("list[dict[str, Any]]", False)
    assert types("kinds")["parent_name"] == ("str", True)
    assert types("kinds")["level"] == ("int", False)
    assert shop.by_repository["buys"].record(rows_of(shop.by_repository["buys"].needs, ROWS)[0])["made"] == AT.replace(
        tzinfo=UTC
    )


def test_what_a_source_has_to_deliver(shop: Mappings) -> None:
    basket, kind = shop.by_repository["baskets"].needs, shop.by_repository["kinds"].needs
    assert (basket.table, basket.key) == ("baskets", ("id",))
    assert basket.columns == ("id", "person_id", "ware_id", "amount", "made")
    assert [(one.id, one.columns) for one in basket.lookups] == [
        ("PK", ((0, "email"),)),
        ("price", ((0, "price"), (0, "name"))),
    ]
    # one way, whatever the contract's aliases are; the parent's id is the own column by the foreign key
    assert [(one.id, one.columns) for one in kind.lookups] == [("PK", ((0, "name"),))]
    assert [one.id for one in kind.aggregates] == ["children", "ware_count"]
    assert [one.id for one in kind.recursions] == ["level", "trail"]
    assert [(one.id, one.columns) for one in shop.by_repository["buys"].needs.collections] == [
        ("lines", ("ware_id", "amount", "paid"))
    ]


def test_keys_and_what_they_are_made_of(shop: Mappings) -> None:
    buys, people = shop.by_repository["buys"], shop.by_repository["people"]
    assert buys.key_fields == ("user_email", "made", "order_id")
    assert buys.sort_prefix == "ORDER#"
    assert buys.index_fields["GSI1"] == (("order_id",), ("order_id",))
    assert people.sort_prefix == "#META"
    assert people.index_key("GSI2", {"login": "jane"}) == {"GSI2PK": "jane", "GSI2SK": "jane"}
    assert buys.index_key("GSI2", {"order_id": 5}) is None
    assert [mapping.repository for mapping in shop] == ["people", "baskets", "buys", "wares", "kinds"]


def test_items_are_recognised_by_their_keys(shop: Mappings) -> None:
    for repository, items in GOLDEN.items():
        table = shop.by_repository[repository].table
        there: list[EntityMapping] = [mapping for mapping in shop if mapping.table is table]
        for item in items:
            assert [one.repository for one in there if one.recognises(item)] == [repository]


def test_nulls_of_documents_are_stored_where_the_conventions_say_so() -> None:
    mapping = mappings(contract(), schema=SCHEMA, conventions=Conventions(nulls="null")).by_repository["people"]
    (row,) = rows_of(mapping.needs, ROWS)
    item = mapping.to_item(mapping.record(row))
    assert item["profile"] == {"first": "Jane", "last": None}
    assert mapping.from_item(item)["last"] is None


def test_without_a_schema_the_items_are_the_same() -> None:
    plain = mappings(contract())
    for repository, items in GOLDEN.items():
        mapping = plain.by_repository[repository]
        found = [mapping.to_item(mapping.record(row)) for row in rows_of(mapping.needs, ROWS)]
        assert found == items
