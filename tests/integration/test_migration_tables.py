"""The contract's tables on every target: made once, equal to the contract ever after, and mended by missing indexes."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import pytest

from hashrange.client import DynamoDB
from hashrange.migration.contract.load import load_contract
from hashrange.migration.conventions import Conventions
from hashrange.migration.tables import ensure_tables
from hashrange.migration.tables.live import compare_tables
from hashrange.migration.tables.request import create_table_requests
from tests import shop_contract as shop
from tests.integration.conftest import delete_table

CONTRACT = load_contract(shop.CONTRACT, overrides=shop.OVERRIDES).require()


@pytest.fixture
async def conventions(db: DynamoDB) -> AsyncIterator[Conventions]:
    """A prefix that no other test has; its tables are deleted in the end."""
    chosen = Conventions(table_prefix=f"test-{uuid.uuid4().hex}-")
    yield chosen
    there = set((await db.call("ListTables", {}))["TableNames"])
    for name in CONTRACT.tables:
        if chosen.table_prefix + name in there:
            await delete_table(db, chosen.table_prefix + name)


async def test_tables_are_made_once_and_are_the_contracts(db: DynamoDB, conventions: Conventions) -> None:
    made = await ensure_tables(CONTRACT, db, conventions=conventions)
    assert {one.action for one in made} == {"created"}
    assert await compare_tables(CONTRACT, db, conventions=conventions) == ()
    again = await ensure_tables(CONTRACT, db, conventions=conventions)
    assert {(one.action, one.differences) for one in again} == {("unchanged", ())}


async def test_missing_indexes_are_added_one_after_the_other(db: DynamoDB, conventions: Conventions) -> None:
    request = create_table_requests(CONTRACT, conventions)[0]
    keys = {one["AttributeName"] for one in request["KeySchema"]}
    bare = {name: value for name, value in request.items() if name != "GlobalSecondaryIndexes"}
    bare["AttributeDefinitions"] = [one for one in request["AttributeDefinitions"] if one["AttributeName"] in keys]
    await db.call("CreateTable", bare)
    outcome = (await ensure_tables(CONTRACT, db, conventions=conventions, add_indexes=True))[0]
    assert (outcome.action, outcome.differences) == ("indexes added", ())
