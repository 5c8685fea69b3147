"""A shop of four entities, as the tests of single-table design have it; in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from hashrange import BoundSingleTable, DynamoDB, Entity, GlobalIndex, SingleTable


class Status(StrEnum):
    OPEN = "open"
    SHIPPED = "shipped"


@dataclass
class User:
    id: str
    name: str
    email: str | None = None


@dataclass
class Order:
    user_id: str
    id: int
    status: Status
    placed_at: datetime
    total: int = 0


@dataclass
class OrderItem:
    user_id: str
    order_id: int
    line: int
    sku: str


@dataclass
class Product:
    sku: str
    name: str


INDEXES = {"GSI1": GlobalIndex("GSI1PK", "GSI1SK"), "GSI2": GlobalIndex("GSI2PK", "GSI2SK")}
USERS = Entity(User, pk="USER#{id}", sk="PROFILE", indexes={"GSI1": ("EMAIL#{email}", "USER#{id}")}, unique=("email",))
ORDERS = Entity(
    Order,
    pk="USER#{user_id}",
    sk="ORDER#{id:08d}",
    indexes={
        "GSI1": ("STATUS#{status}", "{placed_at:%Y-%m-%d}#{user_id}#{id:08d}"),
        "GSI2": ("USER#{user_id}", "{status}#{placed_at}"),
    },
)
ITEMS = Entity(OrderItem, pk="USER#{user_id}", sk="ORDER#{order_id:08d}#ITEM#{line:03d}")
PRODUCTS = Entity(Product, pk="PRODUCT#{sku}", sk="INFO")
ENTITIES: tuple[Entity[Any], ...] = (USERS, ORDERS, ITEMS, PRODUCTS)
SHOP = SingleTable("shop", ENTITIES, indexes=INDEXES)

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
DAY = timedelta(days=1)


def order(number: int, user_id: str = "1", status: Status = Status.OPEN) -> Order:
    """The order of that number, placed so many days after a Monday."""
    return Order(user_id, number, status, MONDAY + number * DAY, 100 * number)


@asynccontextmanager
async def opened(definition: SingleTable = SHOP, **config: Any) -> AsyncIterator[BoundSingleTable]:
    """A single table in a world of its own."""
    async with DynamoDB.in_memory([definition.create_table_request()], **config) as db:
        yield definition.bind(db)
