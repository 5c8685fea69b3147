"""Deletions are kept under the item's key, whatever its type and length, and can be revoked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from hashrange import Key
from hashrange.migration.state.file_store import FileStore
from hashrange.migration.state.tombstones import Tombstones


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[FileStore]:
    found = FileStore(tmp_path / "state")
    yield found
    await found.close()


KEYS = [
    Key("a"),
    Key("a", "b"),
    Key("5", 5),
    Key(Decimal("1.5"), "x"),
    Key(b"\x00\xff", "é/"),
    Key("x" * 600, "y" * 1_000),
]


async def test_every_key_has_a_tombstone_of_its_own(store: FileStore) -> None:
    tombstones = Tombstones(store, "Orders")
    for number, key in enumerate(KEYS):
        await tombstones.bury(key, 100.0 + number)
    for number, key in enumerate(KEYS):
        found = await tombstones.read(key)
        assert found is not None
        assert (found.key, found.deleted_at, found.revived) == (key, 100.0 + number, False)
    assert {one.key async for one in tombstones.all()} == set(KEYS)
    assert await tombstones.read(Key("5", "5")) is None
    assert [one async for one in Tombstones(store, "Order").all()] == []


async def test_what_is_created_again_is_revived_and_may_be_deleted_again(store: FileStore) -> None:
    tombstones, key = Tombstones(store, "Orders"), Key("a", "b")
    await tombstones.revive(key)
    assert await tombstones.read(key) is None  # it was never deleted
    states = []
    for step in (tombstones.bury(key, 1.0), tombstones.revive(key), tombstones.bury(key, 2.0)):
        await step
        found = await tombstones.read(key)
        assert found is not None
        states.append((found.deleted_at, found.revived, found.version))
    assert states == [(1.0, False, 1), (1.0, True, 2), (2.0, False, 3)]


async def test_all_that_change_it_at_once_come_through(store: FileStore) -> None:
    tombstones, key = Tombstones(store, "Orders"), Key("a")
    await asyncio.gather(*(tombstones.bury(key, float(number)) for number in range(10)))
    found = await tombstones.read(key)
    assert found is not None
    assert found.version == 10
