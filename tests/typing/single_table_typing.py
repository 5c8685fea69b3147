"""What type checkers must know about single-table design: checked by mypy and pyright, never run.

Mistakes that must be seen stand at the end, once for each checker: a comment that ignores one is itself reported where
it is not needed.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_type

from hashrange import (
    AccessPattern,
    AccessPatterns,
    BoundSingleTable,
    DeleteResult,
    DynamoDB,
    Entity,
    EntityKey,
    EntityTable,
    EntityTransaction,
    GlobalIndex,
    Item,
    Key,
    Page,
    PutResult,
    Query,
    SingleTable,
    Table,
    Update,
    UpdateResult,
    between,
    ge,
)

MYPY = False  # mypy takes it for true


@dataclass
class User:
    id: str


@dataclass
class Order:
    user_id: str
    placed_at: datetime


USERS = Entity(User, pk="USER#{id}", sk="PROFILE", unique=("id", ("id",)))
ORDERS = Entity(Order, pk="USER#{user_id}", sk="ORDER#{placed_at}", indexes={"GSI1": ("ORDERS", "{placed_at}")})
SHOP = SingleTable("shop", [USERS, ORDERS], indexes={"GSI1": GlobalIndex("GSI1PK", "GSI1SK")})
NOW = datetime(2026, 1, 1)


async def entities(db: DynamoDB, user: User) -> None:
    assert_type(USERS, Entity[User])
    app = SHOP.bind(db, name="shop-dev")
    assert_type(app, BoundSingleTable)
    users = app.entity(User)
    assert_type(users, EntityTable[User])
    assert_type(app.entity(ORDERS), EntityTable[Order])
    assert_type(users.table, Table[Item])
    assert_type(await users.get(id="1", consistent=True), User | None)
    assert_type(await users.put(user, return_old=True), PutResult[User])
    assert_type(await users.update(Update().set("a", 1), id="1"), UpdateResult[User])
    assert_type(await users.update(Update().set("a", 1), old=user, returns="all_new"), UpdateResult[User])
    assert_type(await users.update(Update().set("a", 1), id="1", returns="updated_new"), UpdateResult[Item])
    assert_type(await users.delete(id="1"), DeleteResult[User])
    assert_type(users.key(id="1"), Key)
    assert_type(users.key_of(user), Key)


async def queries(app: BoundSingleTable) -> None:
    query = app.entity(Order).query(user_id="1", placed_at=between(NOW, NOW), limit=5)
    assert_type(query, Query[Order])
    assert_type(await query.page(), Page[Order])
    assert_type([one async for one in app.entity(Order).query(user_id="1", placed_at=ge(NOW))], list[Order])
    assert_type(query.map(lambda one: one.user_id or None), Query[str])
    assert_type(app.collection(User, Order, id="1"), Query[User | Order])
    assert_type(await app.collection(User, Order, Order, id="1").all(), list[User | Order])
    assert_type(app.collection(id="1"), Query[Any])
    assert_type(app.collection(User, Order, unknown="dict", id="1"), Query[Any])


async def transactions(app: BoundSingleTable, user: User) -> None:
    async with app.transaction(token="t") as tx:
        assert_type(tx, EntityTransaction)
        tx.put(user, old=user)
        tx.put(user, entity=app.entity(User))
        tx.update(Order, Update().set("a", 1), user_id="1", placed_at=NOW)
        tx.delete(app.entity(User), old=user)


def descriptions() -> None:
    assert_type(SHOP.describe(), AccessPatterns)
    assert_type(SHOP.describe()[0], AccessPattern)
    assert_type(SHOP.describe().markdown(), str)
    assert_type(SHOP.cloudformation(), dict[str, Any])
    assert_type(EntityKey("USER", "1").child("ORDER", "2").key, Key)


# ── mistakes ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async def mistakes_that_mypy_sees(app: BoundSingleTable, tx: EntityTransaction, user: User, order: Order) -> None:
    users = app.entity(User)
    await users.put(order)  # type: ignore[arg-type]
    await users.put({"id": "1"})  # type: ignore[arg-type]
    await users.query(id="1")  # type: ignore[misc]
    Entity("User", pk="X")  # type: ignore[arg-type]
    tx.put(user, entity=app.entity(Order))  # type: ignore[misc]


if not MYPY:

    async def mistakes_that_pyright_sees(
        app: BoundSingleTable, tx: EntityTransaction, user: User, order: Order
    ) -> None:
        users = app.entity(User)
        await users.put(order)  # pyright: ignore[reportArgumentType]
        await users.put({"id": "1"})  # pyright: ignore[reportArgumentType]
        await users.query(id="1")  # pyright: ignore[reportGeneralTypeIssues]
        Entity("User", pk="X")  # pyright: ignore[reportArgumentType]
        tx.put(user, entity=app.entity(Order))  # pyright: ignore[reportArgumentType]
