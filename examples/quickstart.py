"""A small shop on DynamoDB: users and orders in one table, and an index to find orders by status.

Run it with ``make demo``. It runs against the DynamoDB that comes with hashrange, inside this process; with ``--env``
against the one that the environment names (``DYNAMODB_LOCAL=true`` for a local one, ``AWS_REGION`` and credentials for
the service). The table that it makes is deleted at the end.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import textwrap
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum

from hashrange import (
    Attr,
    ConditionFailed,
    DynamoDB,
    DynamoDBError,
    GlobalIndex,
    Key,
    Table,
    Update,
    begins_with,
)


class Status(Enum):
    OPEN = "open"
    PAID = "paid"
    SHIPPED = "shipped"


@dataclass
class User:
    PK: str
    SK: str
    name: str
    email: str
    joined: datetime
    visits: int = 0
    nickname: str | None = None


@dataclass
class Order:
    PK: str
    SK: str
    number: int
    status: Status
    total: Decimal
    placed: datetime


def title(text: str) -> None:
    print(f"\n── {text} " + "─" * max(0, 76 - len(text)))


async def create_table(db: DynamoDB, name: str) -> None:
    """Tables are made by your infrastructure; here a raw call does it."""
    text = [{"AttributeName": attribute, "AttributeType": "S"} for attribute in ("PK", "SK", "status", "placed")]
    await db.call(
        "CreateTable",
        {
            "TableName": name,
            "AttributeDefinitions": text,
            "KeySchema": [
                {"AttributeName": "PK", "KeyType": "HASH"},
                {"AttributeName": "SK", "KeyType": "RANGE"},
            ],
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": "by-status",
                    "KeySchema": [
                        {"AttributeName": "status", "KeyType": "HASH"},
                        {"AttributeName": "placed", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )
    while (await db.describe_table(name)).status != "ACTIVE":  # noqa: ASYNC110 - only asking tells
        await asyncio.sleep(0.5)


async def put_and_get(users: Table[User]) -> None:
    title("put, conditional put, get")
    ada = User("USER#1", "PROFILE", "Ada Lovelace", "ada@example.org", datetime(2026, 1, 31, 12, tzinfo=UTC))
    await users.put_item(ada, condition=Attr("PK").not_exists())
    print("put      Ada, only because nobody was there")
    try:
        await users.put_item(ada, condition=Attr("PK").not_exists())
    except ConditionFailed as error:
        print(f"refused  a second Ada: {error.message}; there is {error.item.name!r}")
    print(f"get      {await users.get_item(Key('USER#1', 'PROFILE'))}")
    print(f"get      {await users.get_item(Key('USER#2', 'PROFILE'))}  (nobody has that key)")


async def update(users: Table[User]) -> None:
    title("update")
    change = Update().set("nickname", "Countess").add("visits", 1).set("name", "Ada King")
    print(f"change   {change}")
    done = await users.update_item(Key("USER#1", "PROFILE"), change, condition=Attr("visits") < 10, returns="all_new")
    assert done.item is not None
    print(f"now      {done.item.name}, called {done.item.nickname}, {done.item.visits} visit")


async def write_orders(orders: Table[Order]) -> None:
    title("orders of two users")
    for number in range(1, 13):
        order = Order(
            PK=f"USER#{1 + number % 2}",
            SK=f"ORDER#{number:04d}",
            number=number,
            status=(Status.OPEN, Status.PAID, Status.SHIPPED)[number % 3],
            total=Decimal(number) * Decimal("9.99"),
            placed=datetime(2026, 2, 1, tzinfo=UTC) + timedelta(days=number),
        )
        await orders.put_item(order)
    print("put      12 orders")


async def queries(orders: Table[Order]) -> None:
    title("query by prefix: the orders of user 1, latest first")
    async for order in orders.query("USER#1", begins_with("ORDER#"), descending=True, limit=3):
        print(f"         {order.number:>3}  {order.total:>7.2f}  {order.status.value:<8} {order.placed:%d %b %Y}")

    title("query an index: shipped orders, by date")
    async for order in orders.query("shipped", index="by-status"):
        print(f"         {order.number:>3}  {order.PK}  {order.placed:%d %b %Y}")

    title("filtered scan: orders over 90")
    expensive = await orders.scan(filter=Attr("total").exists() & (Attr("total") > 90)).all()
    print(f"         {', '.join(f'{order.number} ({order.total:.2f})' for order in expensive)}")

    title("pages with a cursor that fits into a URL")
    query = orders.query("USER#2", begins_with("ORDER#"), limit=4)
    cursor = None
    while True:
        page = await query.page(cursor)
        print(f"page     {[order.number for order in page.items]}  next: {(page.cursor or 'none')[:40]}")
        cursor = page.cursor
        if cursor is None:
            break


async def errors(db: DynamoDB, users: Table[User]) -> None:
    title("what errors look like")
    large = User("USER#3", "PROFILE", "x" * 450_000, "", datetime.now(UTC))
    for attempt in (
        users.put_item(large),
        users.update_item(Key("USER#1", "PROFILE"), Update().set("PK", "USER#9")),
        db.table("no-such-table").get_item(Key("USER#1", "PROFILE")),
    ):
        try:
            await attempt
        except DynamoDBError as error:
            print(textwrap.fill(f"{type(error).__name__}: {error}", 100, subsequent_indent="    "))


async def main(*options: str) -> None:
    name = f"hashrange-quickstart-{secrets.token_hex(4)}"
    client = DynamoDB.auto(capacity="total") if "--env" in options else DynamoDB.in_memory(capacity="total")
    async with client as db:
        print(f"a small shop on {db!r}")
        await create_table(db, name)
        try:
            indexes = {"by-status": GlobalIndex("status", "placed")}
            users = db.table(name, model=User, indexes=indexes)
            orders = db.table(name, model=Order, indexes=indexes)
            with db.track() as usage:
                await put_and_get(users)
                await update(users)
                await write_orders(orders)
                await queries(orders)
                await errors(db, users)
            title("what it cost")
            print(f"         {usage.calls} calls, {usage.read_units:g} read units, {usage.write_units:g} write units")
        finally:
            await db.call("DeleteTable", {"TableName": name})


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
