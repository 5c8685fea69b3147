"""A shop in one table: users, orders, their items, products. Plain dataclasses, reached by what they are about.

Run it with ``python examples/single_table_shop.py``. It runs against the DynamoDB that comes with hashrange, inside
this process; with ``--env`` against the one that the environment names. The table that it makes is deleted at the end.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from hashrange import (
    Attr,
    BoundSingleTable,
    DynamoDB,
    Entity,
    GlobalIndex,
    SingleTable,
    TransactionCanceled,
    UniqueViolation,
    Update,
    between,
    ge,
)


# ── the models: nothing in them knows of DynamoDB ────────────────────────────────────────────────────────────────────
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
    number: int
    placed_at: datetime
    status: Status = Status.OPEN


@dataclass
class OrderItem:
    user_id: str
    number: int
    line: int
    sku: str
    count: int


@dataclass
class Product:
    sku: str
    name: str
    in_stock: int


# ── the table: how their keys are made ───────────────────────────────────────────────────────────────────────────────
SHOP = SingleTable(
    "shop",
    [
        Entity(
            User,
            pk="USER#{id}",
            sk="PROFILE",
            indexes={"GSI1": ("EMAIL#{email}", "USER")},  # a user without an email is not in it
            unique=("email",),
        ),
        Entity(
            Order,
            pk="USER#{user_id}",
            sk="ORDER#{number:06d}",
            indexes={"GSI1": ("ORDERS#{status}", "{placed_at:%Y-%m-%d}#{number:06d}")},
        ),
        Entity(OrderItem, pk="USER#{user_id}", sk="ORDER#{number:06d}#ITEM#{line:03d}"),
        Entity(Product, pk="PRODUCT#{sku}", sk="INFO"),
    ],
    indexes={"GSI1": GlobalIndex("GSI1PK", "GSI1SK")},
)

MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


async def sign_up(shop: BoundSingleTable) -> None:
    users = shop.entity(User)
    await users.put(User("ada", "Ada Lovelace", "ada@example.org"))
    await users.put(User("bob", "Bob", "bob@example.org"))
    try:
        await users.put(User("eve", "Eve", "ada@example.org"))
    except UniqueViolation as error:
        print(f"refused   {error.entity}.{error.fields[0]} belongs to {error.item['owner']['PK']}")
    await users.update(Update().set("email", "ada@lovelace.example"), id="ada")
    print("by email ", await users.query(email="ada@lovelace.example").one())


async def place_order(shop: BoundSingleTable, order: Order, *lines: tuple[str, int]) -> None:
    """The order, its items and the stock: all of it, or nothing.

    Raises:
        TransactionCanceled: the order was placed before, or there is not enough of something.
    """
    async with shop.transaction(token=f"order-{order.number}") as tx:
        tx.put(order, condition=Attr("PK").not_exists())
        for line, (sku, count) in enumerate(lines, 1):
            tx.put(OrderItem(order.user_id, order.number, line, sku, count))
            tx.update(Product, Update().add("in_stock", -count), condition=Attr("in_stock") >= count, sku=sku)


async def sell(shop: BoundSingleTable) -> None:
    products, orders = shop.entity(Product), shop.entity(Order)
    for product in (Product("pen", "Fountain pen", 12), Product("ink", "Blue ink", 5)):
        await products.put(product)
    await place_order(shop, Order("ada", 1, MONDAY), ("pen", 1), ("ink", 2))
    await place_order(shop, Order("bob", 2, MONDAY + timedelta(days=1)), ("pen", 2))
    await place_order(shop, Order("ada", 3, MONDAY + timedelta(days=3)), ("ink", 1))
    try:
        await place_order(shop, Order("bob", 4, MONDAY + timedelta(days=4)), ("pen", 1), ("ink", 99))
    except TransactionCanceled as error:
        print("refused  ", *(reason.item for reason in error.reasons if reason.item))

    shipped = await orders.get(user_id="ada", number=1)
    assert shipped is not None
    await orders.update(Update().set("status", Status.SHIPPED), old=shipped)  # moves it in the index, too


async def ask(shop: BoundSingleTable) -> None:
    orders, items = shop.entity(Order), shop.entity(OrderItem)
    for status in Status:
        numbers = [order.number async for order in orders.query(status=status)]
        print(f"{status:9}", numbers)
    midweek = orders.query(status="open", placed_at=between(MONDAY, MONDAY + timedelta(days=2)))
    print("till Wed ", [order.number async for order in midweek])
    newest = orders.query(status="open", placed_at=ge(MONDAY), descending=True, limit=1)
    print("newest   ", (await newest.one()).number)
    print("of ada   ", [order.number async for order in orders.query(user_id="ada")])
    print("items of 1", [(item.sku, item.count) async for item in items.query(user_id="ada", number=1)])

    print("\nthe whole account of ada, in one query")
    async for thing in shop.collection(User, Order, OrderItem, user_id="ada"):
        match thing:
            case Order():
                print(f"  order {thing.number}, {thing.placed_at:%d %b}, {thing.status}")
            case OrderItem():
                print(f"    {thing.count} x {thing.sku}")
            case User():
                print(f"  {thing.name} <{thing.email}>")


async def main(*options: str) -> None:
    async with DynamoDB.auto() if "--env" in options else DynamoDB.in_memory() as db:
        shop = SHOP.bind(db, name=f"hashrange-shop-{secrets.token_hex(4)}")
        await create_table(shop)
        try:
            await sign_up(shop)
            await sell(shop)
            await ask(shop)
            print(f"\n{shop.describe()}")
        finally:
            await db.call("DeleteTable", {"TableName": shop.table.name})


async def create_table(shop: BoundSingleTable) -> None:
    """Tables are made by your infrastructure (``SHOP.cloudformation()``); here a raw call does it."""
    await shop.db.call("CreateTable", shop.create_table_request())
    while (await shop.db.describe_table(shop.table.name)).status != "ACTIVE":  # noqa: ASYNC110 - only asking tells
        await asyncio.sleep(0.5)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
