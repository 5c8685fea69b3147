"""Things with makers, cities and parts: the tables that the tests of joins and of texts look into."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from hashrange.migration.contract.model import AttributeType, Value
from hashrange.migration.mapping.entity import EntityMapping
from tests.migration_contracts import hop, mapping_of, schema_of
from tests.migration_rows import row_of

D = Decimal
SCHEMA = schema_of(
    """CREATE TABLE things (id INT NOT NULL PRIMARY KEY, name VARCHAR(50) NOT NULL, a INT, b VARCHAR(9),
       price DECIMAL(9,2), made TIMESTAMP NULL, flag TINYINT(1) NOT NULL, state ENUM('on','off') NOT NULL,
       boss_id INT, local DATETIME)""",
    """CREATE TABLE makers (a INT NOT NULL, b VARCHAR(9) NOT NULL, title VARCHAR(50) NOT NULL, city_id INT,
       PRIMARY KEY (a, b))""",
    "CREATE TABLE cities (id INT NOT NULL PRIMARY KEY, title VARCHAR(50), people INT)",
    """CREATE TABLE parts (id INT NOT NULL PRIMARY KEY, thing_id INT, label VARCHAR(9), cost DECIMAL(9,2), made DATE,
       ok BOOLEAN, extra JSON, picture BLOB, tags SET('x','y'), weight DOUBLE)""",
)
THING: dict[str, Any] = {
    "id": 1, "name": "One", "a": 1, "b": "x", "price": D("2.50"), "made": datetime(2026, 1, 2, 3, 4, 5), "flag": 1,
    "state": "on", "boss_id": 2, "local": datetime(2026, 7, 1, 12),
}  # fmt: skip
TABLES: dict[str, list[dict[str, Any]]] = {
    "things": [THING, {**THING, "id": 2, "name": "Boss", "boss_id": None, "a": 9, "price": None}],
    "makers": [{"a": 1, "b": "x", "title": "Maker", "city_id": 5}, {"a": 2, "b": "x", "title": "Lost", "city_id": 6}],
    "cities": [{"id": 5, "title": "Ulm", "people": 126_000}],
    "parts": [
        {"id": 1, "thing_id": 1, "label": "p", "cost": D("1.10"), "made": date(2026, 1, 1), "ok": 1,
         "extra": '{"z": 0.1}', "picture": b"\x00", "tags": "y,x", "weight": 0.5},
        {"id": 2, "thing_id": 1, "label": None, "cost": D("2.20"), "made": None, "ok": None, "extra": None,
         "picture": None, "tags": None, "weight": None},
    ],
}  # fmt: skip
MAKER = hop("makers", "makers.a = things.a AND makers.b = things.b")
CITY = hop("cities", "cities.id = makers.city_id")
PARTS = hop("parts", "parts.thing_id = things.id")


def mapped(type_: AttributeType, value: Value | str, **options: Any) -> EntityMapping:
    return mapping_of({"A": (type_, value)}, SCHEMA, **options)


def made(type_: AttributeType, value: Value | str, own: dict[str, Any] | None = None, **options: Any) -> Any:
    mapping = mapped(type_, value, **options)
    return mapping.to_item(mapping.record(row_of(mapping.needs, TABLES, own or THING))).get("A")
