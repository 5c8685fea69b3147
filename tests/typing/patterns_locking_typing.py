"""What type checkers must know of versions, times to live and idempotency: checked by mypy and pyright, never run."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, assert_type

from hashrange import (
    DynamoDB,
    Idempotency,
    Item,
    Key,
    Query,
    Table,
    TimeToLive,
    Update,
    VersionConflict,
    Versioned,
)


@dataclass
class User:
    PK: str
    SK: str
    version: int = 0


KEY = Key("USER#1", "PROFILE")
USER = User("a", "b")


async def versions(table: Table[User], plain: Table[Item]) -> None:
    users = Versioned(table)
    assert_type(users, Versioned[User])
    assert_type(await users.put_versioned(USER, None), User)
    assert_type(await users.put_versioned({"PK": "a", "SK": "b"}, 3), User)
    assert_type(await users.update_versioned(KEY, Update().set("a", 1), 3), User)
    assert_type(await users.modify(KEY, rename), User)
    assert_type(await users.modify(KEY, rename_later, create=lambda: USER, max_attempts=3, timeout=1.0), User)
    assert_type(await users.modify(KEY, lambda user: None), User)
    await users.delete_versioned(KEY, 3)
    assert_type(await Versioned(plain, "rev", marks=None).modify(KEY, lambda item: item | {"n": 1}), Item)
    error = VersionConflict()
    assert_type(error.expected, int | None)
    assert_type(error.found, int | None)
    await users.put_versioned(USER, "3")  # type: ignore[arg-type]
    await users.put_versioned(USER)  # type: ignore[call-arg]
    await users.delete_versioned(KEY, None)  # type: ignore[arg-type]
    await users.modify(KEY, count)  # type: ignore[arg-type]


def rename(user: User) -> User | None:
    return user


async def rename_later(user: User) -> User:
    return user


def count(user: User) -> int:
    return user.version


async def times(table: Table[User]) -> None:
    sessions = TimeToLive(table)
    assert_type(sessions.query_active("a", min_remaining=timedelta(hours=1)), Query[User])
    assert_type(sessions.expires_at(timedelta(hours=1)), int)
    assert_type(sessions.remaining(USER), timedelta | None)
    assert_type(await sessions.renew(KEY, timedelta(hours=1)), User | None)
    assert_type(await table.get_item(KEY, hide_expired=True), User | None)
    assert_type(await table.query("a").execute_after_write(datetime.now(UTC), timedelta(seconds=1)), list[User])
    assert_type(await table.query("a").execute_after_write(1.5, 1), list[User])
    await sessions.renew(KEY, 60)  # type: ignore[arg-type]


async def models(db: DynamoDB, plain: Table[Item]) -> None:
    users = plain.with_model(User)
    assert_type(users, Table[User])
    assert_type(users.to_item(USER), Item)
    assert_type(users.from_item({"PK": "a"}), User)
    assert_type(users.config.timeout, float)


async def idempotency(table: Table[Item]) -> None:
    once = Idempotency(table, ttl=timedelta(days=1), lease=timedelta(minutes=1), wait=timedelta(0))

    @once.once(key=lambda event, loud: event["id"], payload=lambda event, loud: event, model=User)
    async def handle(event: dict[str, Any], loud: bool) -> User:
        return USER

    assert_type(await handle({"id": "1"}, loud=True), User)
    await handle({"id": "1"})  # type: ignore[call-arg]
    async with once.guard("a", payload={"a": 1}) as run:
        assert_type(run.replayed, bool)
        assert_type(await run.extend(), None)
