"""Single-table design on every target: keys, indexes, ranges, collections, unique fields, the table's definition."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from hashrange import (
    Attr,
    BoundSingleTable,
    ConditionFailed,
    DynamoDB,
    Entity,
    GlobalIndex,
    LocalIndex,
    SingleTable,
    TransactionCanceled,
    UniqueViolation,
    Update,
    between,
    ge,
    gt,
    le,
    lt,
)

from .conftest import Connect, MakeTable


@dataclass
class User:
    id: str
    name: str
    email: str | None = None


@dataclass
class Order:
    user_id: str
    id: int
    status: str
    placed_at: datetime
    total: Decimal = Decimal(0)


@dataclass
class Reading:
    device: str
    at: int
    day: date
    value: Decimal


SHOP = SingleTable(
    "shop",
    [
        Entity(User, pk="USER#{id}", sk="PROFILE", indexes={"GSI1": ("EMAIL#{email}", "USER")}, unique=("email",)),
        Entity(
            Order,
            pk="USER#{user_id}",
            sk="ORDER#{id:04d}",
            indexes={"GSI1": ("STATUS#{status}", "{placed_at:%Y-%m-%d}#{id:04d}"), "LSI1": "{placed_at}"},
        ),
    ],
    indexes={"GSI1": GlobalIndex("GSI1PK", "GSI1SK"), "LSI1": LocalIndex("LSI1SK")},
)
READINGS = SingleTable(
    "readings",
    [Entity(Reading, pk="{device}", sk="{at}", indexes={"by_day": "DAY#{day}"})],
    partition_key="device",
    sort_key="at",
    indexes={"by_day": GlobalIndex("day_key")},
)
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def order(number: int, status: str = "open") -> Order:
    return Order("1", number, status, MONDAY + timedelta(days=number), Decimal("1.5") * number)


async def made(db: DynamoDB, make_table: MakeTable, definition: SingleTable) -> BoundSingleTable:
    """A table made by the definition's own request."""
    request = definition.create_table_request()
    del request["TableName"]
    return definition.bind(db, name=await make_table(**request))


@pytest.fixture
async def shop(db: DynamoDB, make_table: MakeTable) -> BoundSingleTable:
    return await made(db, make_table, SHOP)


async def test_the_table_is_as_it_was_defined(shop: BoundSingleTable, db: DynamoDB) -> None:
    table = await db.load_table(shop.table.name)
    assert table.schema.keys == SHOP.schema.keys
    assert dict(table.schema.indexes) == dict(SHOP.schema.indexes)


async def test_items_come_back_as_they_were_put(shop: BoundSingleTable) -> None:
    users, orders = shop.entity(User), shop.entity(Order)
    await users.put(User("1", "Ada", "a@x"))
    for number in range(5):
        await orders.put(order(number))
    assert await users.get(id="1", consistent=True) == User("1", "Ada", "a@x")
    assert await users.query(email="a@x").one() == User("1", "Ada", "a@x")
    assert await orders.get(user_id="1", id=3) == order(3)
    assert (await orders.delete(user_id="1", id=3, return_old=True)).old_item == order(3)
    assert await orders.get(user_id="1", id=3) is None
    assert [one async for one in shop.collection(user_id="1")] == [
        *(order(number) for number in (0, 1, 2, 4)),
        User("1", "Ada", "a@x"),
    ]


@pytest.mark.parametrize(
    ("fields", "numbers"),
    [
        ({"user_id": "1", "id": between(2, 4)}, [2, 3, 4]),
        ({"user_id": "1", "id": gt(5)}, [6, 7]),
        ({"user_id": "1", "id": le(1)}, [0, 1]),
        ({"user_id": "1", "index": "primary", "descending": True, "limit": 2}, [7, 6]),
        ({"status": "open", "placed_at": ge(MONDAY + timedelta(days=3))}, [3, 5, 7]),
        ({"status": "open", "placed_at": MONDAY + timedelta(days=3)}, [3]),
        ({"user_id": "1", "placed_at": lt(MONDAY + timedelta(days=2))}, [0, 1]),
        ({"user_id": "1", "index": "LSI1", "consistent": True}, list(range(8))),
        ({"status": "shipped", "filter": Attr("total") > 4}, [4, 6]),
    ],
)
async def test_ranges(shop: BoundSingleTable, fields: dict[str, Any], numbers: list[int]) -> None:
    orders = shop.entity(Order)
    await shop.entity(User).put(User("1", "Ada"))
    await asyncio.gather(*(orders.put(order(number, "open" if number % 2 else "shipped")) for number in range(8)))
    query = orders.query(**fields)
    assert [one.id for one in await query.all()] == numbers
    assert await query.count() == len(numbers)


async def test_pages_of_a_collection(shop: BoundSingleTable) -> None:
    for number in range(7):
        await shop.entity(Order).put(order(number))
        await shop.table.put_item({"PK": "USER#1", "SK": f"ORDER#{number:04d}#NOTE", "text": "of nobody"})
    await shop.entity(User).put(User("1", "Ada"))
    found: list[Any] = []
    cursor: str | None = None
    while True:
        page = await shop.collection(user_id="1", limit=3).page(cursor)
        found += page.items
        cursor = page.cursor
        if cursor is None:
            break
        assert len(page.items) == 3
    assert found == [*map(order, range(7)), User("1", "Ada")]


async def test_updates_move_items_in_their_indexes(shop: BoundSingleTable) -> None:
    users, orders = shop.entity(User), shop.entity(Order)
    await orders.put(order(1))
    done = await orders.update(
        Update().set("status", "shipped").add("total", 1), old=order(1), returns="all_new", condition=Attr("total") < 9
    )
    assert done.item == Order("1", 1, "shipped", order(1).placed_at, Decimal("2.5"))
    assert await orders.query(status="open").count() == 0
    assert await orders.query(status="shipped").one() == done.item
    with pytest.raises(ConditionFailed) as stale:
        await orders.update(Update().set("status", "open"), user_id="1", id=1, placed_at=MONDAY)
    assert stale.value.item == done.item
    with pytest.raises(ConditionFailed):
        await orders.update(Update().set("total", 1), user_id="1", id=9)
    await users.put(User("2", "Bob", "b@x"))
    await users.update(Update().remove("email"), id="2")
    assert await users.query(email="b@x").count() == 0


async def test_unique_fields(shop: BoundSingleTable) -> None:
    users = shop.entity(User)
    await users.put(User("1", "Ada", "a@x"))
    with pytest.raises(UniqueViolation) as refused:
        await users.put(User("2", "Bob", "a@x"))
    assert (refused.value.entity, refused.value.fields) == ("User", ("email",))
    assert refused.value.item["owner"] == {"PK": "USER#1", "SK": "PROFILE"}
    await users.put(User("2", "Bob", "b@x"))
    with pytest.raises(UniqueViolation):
        await users.update(Update().set("email", "a@x"), id="2")
    await users.update(Update().set("email", "c@x"), id="1")
    await users.update(Update().set("email", "a@x"), id="2")
    await users.delete(id="1")
    await users.delete(id="2")
    assert await shop.table.scan().count() == 0


async def test_one_of_many_gets_a_unique_value(shop: BoundSingleTable) -> None:
    users = shop.entity(User)

    async def sign_up(number: int) -> bool:
        try:
            await users.put(User(str(number), "Ada", "a@x"))
        except UniqueViolation:
            return False
        return True

    won = await asyncio.gather(*map(sign_up, range(6)))
    assert sum(won) == 1
    assert await users.query(email="a@x").one() == User(str(won.index(True)), "Ada", "a@x")


async def test_transactions(shop: BoundSingleTable) -> None:
    async with shop.transaction(token="sign-up-1") as tx:
        tx.put(User("1", "Ada", "a@x"))
        tx.put(order(1))
    async with shop.transaction() as tx:
        tx.update(Order, Update().set("status", "shipped"), old=order(1))
        tx.delete(User, old=User("1", "Ada", "a@x"))
        tx.put(User("2", "Ada", "b@x"))
    assert await shop.entity(Order).query(status="shipped").count() == 1

    async def again() -> None:
        async with shop.transaction() as tx:
            tx.put(order(2))
            tx.put(order(1), condition=Attr("PK").not_exists())

    with pytest.raises(TransactionCanceled) as canceled:
        await again()
    assert [reason.item for reason in canceled.value.reasons] == [None, order(1, "shipped")]
    assert await shop.entity(Order).get(user_id="1", id=2) is None


async def test_a_table_whose_keys_are_fields_of_the_model(db: DynamoDB, make_table: MakeTable) -> None:
    readings = (await made(db, make_table, READINGS)).entity(Reading)
    for at in (9, 10, 100):
        await readings.put(Reading("d1", at, date(2026, 1, 2), Decimal(at) / 4))
    assert [one.at async for one in readings.query(device="d1")] == [9, 10, 100]
    assert [one.at async for one in readings.query(device="d1", at=ge(10))] == [10, 100]
    assert await readings.get(device="d1", at=9) == Reading("d1", 9, date(2026, 1, 2), Decimal("2.25"))
    await readings.update(Update().set("day", "2026-01-03"), device="d1", at=100)
    assert [one.at async for one in readings.query(day=date(2026, 1, 3))] == [100]


async def test_a_table_that_was_there_before(shop: BoundSingleTable, connect: Connect) -> None:
    """Without a type attribute, items that another program wrote are told apart by their keys."""
    stored = {"PK": "USER#7", "SK": "PROFILE", "id": "7", "name": "Old"}
    await shop.table.put_item(stored)
    await shop.table.put_item({"PK": "USER#7", "SK": "SETTINGS", "theme": "dark"})
    assert await shop.collection(User, Order, id="7").all() == [User("7", "Old")]
    everything = await shop.collection(user_id="7", unknown="dict").all()
    assert everything == [User("7", "Old"), {"PK": "USER#7", "SK": "SETTINGS", "theme": "dark"}]
    typed = SingleTable(
        "shop",
        SHOP.entities,
        indexes={"GSI1": ("GSI1PK", "GSI1SK"), "LSI1": LocalIndex("LSI1SK")},
        type_attribute="kind",
    )
    async with connect() as db:
        app = typed.bind(db, name=shop.table.name)
        assert await app.entity(User).get(id="7") == User("7", "Old")
        await app.entity(User).put(User("7", "New"))
        assert await shop.table.get_item(app.entity(User).key(id="7")) == {**stored, "name": "New", "kind": "User"}
