"""A layer over the shop's tables in memory, and records of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from hashrange import DynamoDB
from hashrange.migration.access import AccessLayer
from hashrange.migration.contract.load import load_contract
from hashrange.migration.contract.model import Contract
from hashrange.migration.source.ddl import parse_ddl
from hashrange.migration.source.schema import SourceSchema
from hashrange.migration.tables.request import create_table_requests
from tests.shop_contract import CONTRACT, DDL, OVERRIDES

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@cache
def shop() -> tuple[Contract, SourceSchema]:
    """The shop's contract and schema."""
    schema = parse_ddl(DDL)
    return load_contract(CONTRACT, schema=schema, overrides=OVERRIDES).require(), schema


@asynccontextmanager
async def opened(
    contract: Contract | None = None, /, *, engine: Any = None, **options: Any
) -> AsyncIterator[AccessLayer]:
    """Every table of a contract, and a layer over them."""
    ours, schema = shop()
    options.setdefault("schema", schema)
    chosen = ours if contract is None else contract
    config = {name: options.pop(name) for name in ("clock", "randomness", "observers", "transport") if name in options}
    async with DynamoDB.in_memory(create_table_requests(chosen), engine=engine, **config) as db:
        yield AccessLayer(chosen, db, **options)


def customer(layer: AccessLayer, number: int, **fields: Any) -> Any:
    given: dict[str, Any] = {
        "email": f"c{number}@example.com",
        "customer_id": number,
        "login": f"login{number}",
        "password_hash": "x" * 8,
        "points": 0,
        "is_merchant": False,
        "is_admin": False,
        "order_count": 0,
        "created_at": NOON,
        "updated_at": NOON,
    }
    return layer.customers.model(**{**given, **fields})


def cart(layer: AccessLayer, product: int, email: str = "c1@example.com", **fields: Any) -> Any:
    given: dict[str, Any] = {
        "email": email,
        "product_id": product,
        "id": 100 + product,
        "customer_id": 1,
        "quantity": 2,
        "product_name": f"Product {product}",
        "products_price": Decimal("9.50"),
        "category_name": "Books",
        "added_at": NOON,
    }
    if "id" not in layer.carts.model.__dataclass_fields__:
        del given["id"]
    return layer.carts.model(**{**given, **fields})


def order(layer: AccessLayer, number: int, email: str = "c1@example.com", **fields: Any) -> Any:
    given: dict[str, Any] = {
        "email": email,
        "placed_at": NOON.replace(day=min(number, 28)),
        "order_id": number,
        "status": "pending",
        "customer_id": 1,
        "total": Decimal("19.00"),
        "is_gift": False,
        "lines": [],
        "preview": [],
        "line_count": 0,
        "updated_at": NOON,
    }
    return layer.orders.model(**{**given, **fields})


def product(layer: AccessLayer, number: int, **fields: Any) -> Any:
    given: dict[str, Any] = {
        "id": number,
        "sku": f"SKU-{number}",
        "merchant_id": 1,
        "merchant_login": "login1",
        "category_id": 7,
        "category_name": "Books",
        "tax_rate": Decimal("0.070"),
        "origin": "de",
        "tax_class": "low",
        "name": f"Product {number}",
        "price": Decimal("9.50"),
        "stock": 10,
        "tags": {"new"},
        "created_at": NOON,
        "updated_at": NOON,
    }
    return layer.products.model(**{**given, **fields})


def category(layer: AccessLayer, number: int, parent: Any = None, **fields: Any) -> Any:
    given: dict[str, Any] = {
        "parent_id": None if parent is None else parent.id,
        "categories_slug": None if parent is None else parent.slug,
        "slug": f"category-{number}",
        "id": number,
        "parent_name": None if parent is None else parent.name,
        "name": f"Category {number}",
        "level": 0 if parent is None else parent.level + 1,
        "trail": f"Category {number}",
        "children_count": 0,
        "product_count": 0,
        "created_at": NOON,
    }
    return layer.categories.model(**{**given, **fields})
