"""Both stores keep the same promises: durable entries, versions that must be named, keys in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hashrange import ConfigurationError, DynamoDB
from hashrange.migration.errors import MigrationError, StateConflict
from hashrange.migration.state.file_store import FileStore
from hashrange.migration.state.store import Entry, Store
from hashrange.migration.state.table_store import TableStore
from hashrange.testing import FaultPlan, Rule, reset_after


@pytest.fixture(params=["file", "table"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    if request.param == "file":
        file = FileStore(tmp_path / "state.db")
        yield file
        await file.close()
    else:
        async with DynamoDB.in_memory(["state"]) as db:
            yield TableStore(db.table("state", "PK", "SK"), "shop")


VALUES = [None, True, 0, -1.5, "text", "", [1, [2, {}]], {"after": ["a", 1], "done": False, "ümlaut": "№"}]


async def test_an_entry_is_read_as_it_was_written(store: Store) -> None:
    for number, value in enumerate(VALUES):
        assert await store.write(f"k{number}", value, version=None) == 1
        assert await store.read(f"k{number}") == Entry(value, 1)
    assert await store.read("k") is None


async def test_versions_count_up(store: Store) -> None:
    assert await store.write("k", "one", version=None) == 1
    assert await store.write("k", "two", version=1) == 2
    assert await store.read("k") == Entry("two", 2)


@pytest.mark.parametrize("version", [None, 2, 7])
async def test_a_write_for_another_version_is_refused_and_changes_nothing(store: Store, version: int | None) -> None:
    await store.write("k", "one", version=None)
    with pytest.raises(StateConflict, match="'k' was changed meanwhile"):
        await store.write("k", "two", version=version)
    with pytest.raises(StateConflict):
        await store.write("other", "two", version=version or 1)
    assert await store.read("k") == Entry("one", 1)
    assert await store.read("other") is None


async def test_a_delete_names_its_version(store: Store) -> None:
    await store.write("k", "one", version=None)
    with pytest.raises(StateConflict):
        await store.delete("k", version=2)
    await store.delete("k", version=1)
    assert await store.read("k") is None
    with pytest.raises(StateConflict):
        await store.delete("k", version=1)


async def test_a_scan_gives_the_keys_below_a_prefix_in_order(store: Store) -> None:
    names = [f"a/{number:04d}" for number in range(507)]
    for name in [*reversed(names), "a", "b/1", "a0", "á/1", "A/1"]:
        await store.write(name, name, version=None)
    assert [key async for key, _ in store.scan("a/")] == names
    assert [entry async for _, entry in store.scan("b/")] == [Entry("b/1", 1)]
    assert [key async for key, _ in store.scan("c")] == []


async def test_of_many_that_write_the_same_entry_one_succeeds(store: Store) -> None:
    results = await asyncio.gather(*(store.write("k", "same", version=None) for _ in range(8)), return_exceptions=True)
    assert sorted(map(type, results), key=str) == sorted([int, *[StateConflict] * 7], key=str)


@pytest.mark.parametrize("key", ["", "x" * 513])
async def test_a_key_has_1_to_512_characters(store: Store, key: str) -> None:
    with pytest.raises(ConfigurationError, match="1 to 512"):
        await store.write(key, 1, version=None)


# ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_file_keeps_entries_for_the_next_process(tmp_path: Path) -> None:
    first, second = FileStore(tmp_path / "state"), FileStore(tmp_path / "state")
    await first.write("k", "one", version=None)
    assert await second.read("k") == Entry("one", 1)
    await second.write("k", "two", version=1)
    with pytest.raises(StateConflict):
        await first.write("k", "mine", version=1)
    await first.close()
    await second.close()
    again = FileStore(tmp_path / "state")
    assert await again.read("k") == Entry("two", 2)
    await again.close()


async def test_what_is_no_store_is_said_with_its_path(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no database " * 100)
    store = FileStore(path)
    with pytest.raises(MigrationError, match=r"notes\.txt"):
        await store.read("k")
    await store.close()
    assert path.read_text().startswith("no database")


# ── the table ────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_namespaces_do_not_see_each_other() -> None:
    async with DynamoDB.in_memory(["state"]) as db:
        table = db.table("state", "PK", "SK")
        one, other = TableStore(table, "one"), TableStore(table, "other")
        await one.write("k", 1, version=None)
        await other.write("k", 2, version=None)
        assert [key async for key, _ in one.scan("")] == ["k"]
        assert (await one.read("k"), await other.read("k")) == (Entry(1, 1), Entry(2, 1))


async def test_lost_answers_are_no_conflicts() -> None:
    rules = [Rule(reset_after(), operations="PutItem", nth=1), Rule(reset_after(), operations="DeleteItem", nth=1)]
    async with DynamoDB.in_memory(["state"], transport=lambda inner: FaultPlan(inner, rules)) as db:
        store = TableStore(db.table("state", "PK", "SK"), "shop")
        assert await store.write("k", "one", version=None) == 1
        await store.delete("k", version=1)
        assert await store.read("k") is None


async def test_a_table_without_a_sort_key_is_refused() -> None:
    async with DynamoDB.in_memory() as db:
        with pytest.raises(ConfigurationError, match="no sort key"):
            TableStore(db.table("state", "PK", None), "shop")
        with pytest.raises(ConfigurationError, match="namespace"):
            TableStore(db.table("state", "PK", "SK"), "")
