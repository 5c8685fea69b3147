"""What type checkers must know about batches: checked by mypy and pyright, never run."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, assert_type

from hashrange import (
    Batch,
    BatchError,
    BatchFailure,
    BatchGetResult,
    BatchReport,
    ConsumedCapacity,
    DynamoDB,
    Item,
    Key,
    Table,
    TablesBatch,
    TablesBatchGetResult,
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
USER = User("a", "b")
MYPY = False  # which mypy takes for True


async def reading(db: DynamoDB, users: Table[User], plain: Table[Item]) -> None:
    found = await users.batch_get([KEY], consistent=True, concurrency=2, timeout=3.0)
    assert_type(found, BatchGetResult[User])
    assert_type(found[0], User | None)
    assert_type(found.unprocessed, tuple[Key, ...])
    assert_type(found.consumed, ConsumedCapacity | None)
    assert_type(await users.batch_get((KEY for _ in range(3)), model=Order), BatchGetResult[Order])
    assert_type(await plain.batch_get([KEY], projection=["PK"]), BatchGetResult[Item])
    several = await db.batch_get([(users, KEY), (plain, KEY)])
    assert_type(several, TablesBatchGetResult)
    assert_type(several.unprocessed, tuple[tuple[Table[Any], Key], ...])


async def writing(db: DynamoDB, users: Table[User], plain: Table[Item]) -> None:
    async with users.batch(concurrency=4, on_duplicate="error", timeout=60) as batch:
        assert_type(batch, Batch[User])
        await batch.put(USER, ttl=timedelta(days=1))
        batch.put({"PK": "a", "SK": "b"})
        await batch.delete(KEY)
        batch.delete(KEY)
    assert_type(batch.report, BatchReport)
    assert_type(batch.failed, tuple[BatchFailure, ...])
    async with db.batch() as several:
        assert_type(several, TablesBatch)
        several.put(users, USER)
        await several.delete(plain, KEY)
    assert_type(await users.batch_write([USER, {"PK": "a"}], [KEY]), BatchReport)
    assert_type(await db.batch_write([(users, USER), (plain, {"PK": "a"})], [(plain, KEY)]), BatchReport)


def failing(error: BatchError) -> None:
    for failed in error.failed:
        assert_type(failed, BatchFailure)
        assert_type(failed.key, Key)


async def mistakes_that_mypy_sees(users: Table[User], batch: Batch[User], several: TablesBatch) -> None:
    batch.put(Order("a", "b"))  # type: ignore[arg-type]
    batch.delete("a")  # type: ignore[arg-type]
    several.delete(KEY, users)  # type: ignore[arg-type]
    users.batch(on_duplicate="first")  # type: ignore[arg-type]
    await users.batch_get(KEY)  # type: ignore[call-overload]
    await users.batch_write([Order("a", "b")])  # type: ignore[list-item]


if not MYPY:

    async def mistakes_that_pyright_sees(users: Table[User], batch: Batch[User], several: TablesBatch) -> None:
        batch.put(Order("a", "b"))  # pyright: ignore[reportArgumentType]
        batch.delete("a")  # pyright: ignore[reportArgumentType]
        several.delete(KEY, users)  # pyright: ignore[reportArgumentType]
        users.batch(on_duplicate="first")  # pyright: ignore[reportArgumentType]
        await users.batch_get(KEY)  # pyright: ignore[reportArgumentType]
        await users.batch_write([Order("a", "b")])  # pyright: ignore[reportArgumentType]
