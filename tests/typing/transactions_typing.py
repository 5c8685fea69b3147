"""What type checkers must know about transactions: checked by mypy and pyright, never run.

Mistakes that must be seen stand at the end, once for each checker: a comment that ignores one is itself reported where
it is not needed.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, assert_never, assert_type

from hashrange import (
    Attr,
    CancellationCode,
    CancellationReason,
    ConsumedCapacity,
    DynamoDB,
    Item,
    Key,
    Raw,
    Table,
    TransactGetResult,
    Transaction,
    TransactionAction,
    TransactionCanceled,
    Update,
)


@dataclass
class User:
    PK: str
    SK: str


@dataclass
class Order:
    PK: str
    SK: str


KEY = Key("USER#1", "PROFILE")


async def writes(db: DynamoDB, users: Table[User], plain: Table[Item]) -> None:
    assert_type(db.transaction(), Transaction)
    async with db.transaction(token="order-981", retry_conflicts=False, timeout=3) as tx:
        assert_type(tx, Transaction)
        tx.put(users, User("a", "b"), condition=Attr("PK").not_exists(), ttl=timedelta(days=1))
        tx.put(users, {"PK": "a", "SK": "b"})
        tx.put(plain, {"PK": "a"}, condition=Raw("attribute_exists(PK)"))
        tx.update(users, KEY, Update().add("visits", 1), condition=Attr("visits") < 3)
        tx.update(plain, KEY, Raw("REMOVE a"))
        tx.check(users, KEY, Attr("visits") < 3)
        tx.delete(users, KEY, condition=Attr("visits") < 3)
    assert_type(tx.token, str | None)
    assert_type(tx.consumed, ConsumedCapacity | None)


async def reads(db: DynamoDB, users: Table[User], orders: Table[Order]) -> None:
    got = await db.transact_get([(users, KEY), (users, Key("USER#2", "PROFILE"))], timeout=3)
    assert_type(got, TransactGetResult[User | None])
    assert_type(got[0], User | None)
    assert_type(got.consumed, ConsumedCapacity | None)
    assert_type(await db.transact_get((users, KEY) for _ in range(3)), TransactGetResult[User | None])
    named = await db.transact_get([(users, KEY, ["name"])])
    assert_type(named, TransactGetResult[User | None])
    items: list[User | None] = got
    print(items)
    mixed: list[Any] = await db.transact_get([(users, KEY), (orders, KEY, ["name"])])
    print(mixed)


def reasons(error: TransactionCanceled) -> str:
    assert_type(error.reasons, list[CancellationReason])
    reason = error.reasons[0]
    assert_type(reason.action, TransactionAction | None)
    assert_type(reason.code, CancellationCode)
    assert_type(reason.message, str)
    code = reason.code
    if code is CancellationCode.none or code is CancellationCode.condition_failed:
        return code.value
    if code is CancellationCode.conflict or code is CancellationCode.throttled:
        return "later"
    if code is CancellationCode.provisioned_throughput or code is CancellationCode.too_large:
        return "less"
    if code is CancellationCode.validation or code is CancellationCode.duplicate_item:
        return "otherwise"
    if code is CancellationCode.access_denied or code is CancellationCode.unknown:
        return reason.service_code
    assert_never(code)


# ── mistakes ─────────────────────────────────────────────────────────────────────────────────────────────────────────
MYPY = False  # which mypy takes for True


async def mistakes_that_mypy_sees(db: DynamoDB, users: Table[User], tx: Transaction) -> None:
    tx.check(users, KEY)  # type: ignore[call-arg]
    tx.update(users, KEY)  # type: ignore[call-arg]
    tx.delete("app", KEY)  # type: ignore[arg-type]
    tx.delete(users, "USER#1")  # type: ignore[arg-type]
    tx.put(users, User("a", "b"), ttl=60)  # type: ignore[arg-type]
    tx.put(users, Order("a", "b"))  # type: ignore[misc]
    await tx  # type: ignore[misc]
    with tx:  # type: ignore[attr-defined]
        pass
    db.transaction("order-981")  # type: ignore[call-arg]
    await db.transact_get([KEY])  # type: ignore[arg-type]


if not MYPY:

    async def mistakes_that_pyright_sees(db: DynamoDB, users: Table[User], tx: Transaction) -> None:
        tx.check(users, KEY)  # pyright: ignore[reportCallIssue]
        tx.update(users, KEY)  # pyright: ignore[reportCallIssue]
        tx.delete("app", KEY)  # pyright: ignore[reportArgumentType]
        tx.delete(users, "USER#1")  # pyright: ignore[reportArgumentType]
        tx.put(users, User("a", "b"), ttl=60)  # pyright: ignore[reportArgumentType]
        tx.put(users, Order("a", "b"))  # pyright: ignore[reportArgumentType]
        await tx  # pyright: ignore[reportGeneralTypeIssues]
        with tx:  # pyright: ignore[reportGeneralTypeIssues]
            pass
        db.transaction("order-981")  # pyright: ignore[reportCallIssue]
        await db.transact_get([KEY])  # pyright: ignore[reportArgumentType, reportCallIssue]
