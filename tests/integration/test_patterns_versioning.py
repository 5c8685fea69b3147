"""Optimistic locking on every server: versions, conflicts, counters that lose answers, models."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
from msgspec.structs import replace

from hashrange import (
    DynamoDB,
    Item,
    Key,
    RetryPolicy,
    RetryRule,
    Table,
    Update,
    ValidationError,
    VersionConflict,
    Versioned,
)
from hashrange.testing import FaultPlan, Rule, reset_after, reset_before

from .conftest import Connect, MakeTable

KEY = Key("DOC#1", "TEXT")
DOC: Item = {"PK": "DOC#1", "SK": "TEXT", "n": 0}


@dataclass
class Doc:
    PK: str
    SK: str
    n: int = 0
    version: int = 0


@pytest.fixture
async def table(db: DynamoDB, make_table: MakeTable) -> Table[Item]:
    return db.table(await make_table())


def plus_one(item: Item) -> Item:
    return item | {"n": item["n"] + 1}


async def test_from_the_first_version_to_the_last(table: Table[Item]) -> None:
    docs = Versioned(table)
    assert await docs.put_versioned(DOC, None) == DOC | {"version": 1}
    assert await docs.update_versioned(KEY, Update().add("n", 4), 1) == DOC | {"n": 4, "version": 2}
    assert await docs.put_versioned(DOC | {"n": 5}, 2) == DOC | {"n": 5, "version": 3}
    assert await docs.modify(KEY, plus_one) == DOC | {"n": 6, "version": 4}
    for write in (
        docs.put_versioned(DOC, None),
        docs.put_versioned(DOC, 3),
        docs.update_versioned(KEY, Update().add("n", 1), 3),
        docs.delete_versioned(KEY, 3),
    ):
        with pytest.raises(VersionConflict) as caught:
            await write
        assert (caught.value.found, caught.value.item) == (4, DOC | {"n": 6, "version": 4})
    await docs.delete_versioned(KEY, 4)
    with pytest.raises(VersionConflict) as caught:
        await docs.update_versioned(KEY, Update().add("n", 1), 4)
    assert caught.value.item is None


async def test_models(table: Table[Item]) -> None:
    docs = Versioned(table.with_model(Doc))
    doc = await docs.put_versioned(Doc("DOC#1", "TEXT"), None)
    await docs.put_versioned(doc, doc.version)
    with pytest.raises(VersionConflict) as caught:
        await docs.put_versioned(doc, doc.version)
    assert caught.value.item == Doc("DOC#1", "TEXT", 0, 2)


async def test_an_item_without_a_version(table: Table[Item]) -> None:
    docs = Versioned(table)
    await table.put_item(DOC)
    assert (await docs.modify(KEY, plus_one))["version"] == 1
    with pytest.raises(VersionConflict):
        await docs.put_versioned(DOC, 0)
    await table.put_item(DOC | {"version": "seven"})
    with pytest.raises(ValidationError, match="the stored version is of type str"):
        await docs.put_versioned(DOC, 7)


async def test_a_counter_is_exact_though_answers_get_lost(connect: Connect, table: Table[Item]) -> None:
    """Eight workers with clients of their own; a third of the writes lose their answer or do not arrive."""
    rules = [Rule(reset_after(), "PutItem", probability=0.2), Rule(reset_before(), "PutItem", probability=0.15)]

    async def work(number: int) -> None:
        async with losing(connect, rules, number) as db:
            counts = Versioned(db.table(table.name))
            for _ in range(5):
                await counts.modify(KEY, plus_one, create=lambda: dict(DOC), max_attempts=200)

    await asyncio.gather(*map(work, range(8)))
    stored = await table.get_item(KEY, consistent=True)
    assert stored is not None
    assert (stored["n"], stored["version"]) == (40, 40)


def losing(connect: Connect, rules: list[Rule], seed: int) -> DynamoDB:
    """Another client of the same server, whose requests meet faults."""
    retry = replace(RetryPolicy.default(), network=RetryRule(10, 0.001))  # nobody wants to wait
    quiet = connect(retry=retry, circuit=None)
    return DynamoDB(quiet.config, transport=FaultPlan(quiet._transport, rules, seed=seed))
