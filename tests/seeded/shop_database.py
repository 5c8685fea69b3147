"""The shop's database in a file, for many readers and one writer at a time, and repositories that wait for one another.

Must not know who uses it.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from hashrange.migration.dual import SqlRepository
from tests import shop_contract as shop

#: what the shop needs of its schema, for SQLite; one row a product and customer, as in MySQL
_SQLITE: Final = """
    CREATE TABLE customers (id INTEGER PRIMARY KEY, login, email, password_hash, nickname, birthday, points,
        is_merchant, is_admin, created_at, updated_at);
    CREATE TABLE categories (id INTEGER PRIMARY KEY, slug, name, parent_id, created_at);
    CREATE TABLE tax_rates (country, tax_class, rate, PRIMARY KEY (country, tax_class));
    CREATE TABLE products (id INTEGER PRIMARY KEY, sku, merchant_id, category_id, name, description, price, stock,
        weight_kg, tags, details, thumbnail, released_on, origin, tax_class, created_at, updated_at);
    CREATE TABLE carts (id INTEGER PRIMARY KEY AUTOINCREMENT, customer_id, product_id, quantity, added_at,
        UNIQUE (customer_id, product_id));
    CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, customer_id, status, total, is_gift, shipped_on,
        placed_at, updated_at);
    CREATE TABLE order_lines (order_id, line_no, product_id, quantity, unit_price, PRIMARY KEY (order_id, line_no));
"""


def shop_database(path: Path) -> None:
    """The shop's rows in a file of SQLite, in which one may write while others read what was before."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as base:
        base.execute("PRAGMA journal_mode = WAL")
        base.executescript(_SQLITE)
        for table, rows in shop.ROWS.items():
            for row in rows:
                marks = ", ".join("?" * len(row))
                base.execute(
                    f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})",
                    [_stored(value) for value in row.values()],
                )


def _stored(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return str(value) if value is not None and not isinstance(value, (int, float, str, bytes)) else value


class OneWriter:
    """A primary that lets one write at a time: SQLite has no locks of rows."""

    def __init__(self, inner: SqlRepository, lock: asyncio.Lock) -> None:
        self._inner, self._lock = inner, lock

    async def create(self, record: Any) -> Any:
        async with self._lock:
            return await self._inner.create(record)

    async def get(self, **key: Any) -> Any:
        return await self._inner.get(**key)

    async def update(self, key: Mapping[str, Any], changes: Mapping[str, Any]) -> Any:
        async with self._lock:
            return await self._inner.update(key, changes)

    async def delete(self, key: Mapping[str, Any]) -> Any:
        async with self._lock:
            return await self._inner.delete(key)


class OnePreparingWriter(OneWriter):
    """The same, and it tells its writes before it commits."""

    async def create_prepared(self, record: Any, prepared: Any) -> Any:
        async with self._lock:
            return await self._inner.create_prepared(record, prepared)

    async def update_prepared(self, key: Mapping[str, Any], changes: Mapping[str, Any], prepared: Any) -> Any:
        async with self._lock:
            return await self._inner.update_prepared(key, changes, prepared)

    async def delete_prepared(self, key: Mapping[str, Any], prepared: Any) -> Any:
        async with self._lock:
            return await self._inner.delete_prepared(key, prepared)
