"""Tables are made once, compared ever after, and never at AWS without leave."""

from __future__ import annotations

import pytest

from hashrange.auth.static import Static
from hashrange.client import DynamoDB
from hashrange.config import Config
from hashrange.errors import DeadlineExceeded
from hashrange.migration.conventions import Conventions
from hashrange.migration.errors import MigrationError
from hashrange.migration.tables.live import compare_tables, ensure_tables
from hashrange.migration.tables.request import create_table_request
from hashrange.testing import FakeClock, FaultPlan, Rule, timeout_after
from hashrange.wire.transport import Transport
from tests.fakes import FakeTransport, answer, client

from .contracts import BY_STATUS, BY_TOTAL, SHOP, contract, table


async def test_tables_are_made_and_then_left_alone() -> None:
    async with DynamoDB.in_memory() as db:
        first = await ensure_tables(SHOP, db)
        assert [(one.table, one.action) for one in first] == [("Orders", "created"), ("Sessions", "created")]
        again = await ensure_tables(SHOP, db)
        assert [(one.action, one.differences) for one in again] == [("unchanged", ()), ("unchanged", ())]
        assert await compare_tables(SHOP, db) == ()


async def test_the_prefix_is_part_of_the_name() -> None:
    async with DynamoDB.in_memory() as db:
        [made] = await ensure_tables(contract(table()), db, conventions=Conventions(table_prefix="test."))
        assert made.table == "test.Orders"
        [missing] = await compare_tables(contract(table()), db)
        assert str(missing) == "Orders: table: the contract says one, there is none"


async def test_missing_indexes_are_added_when_told() -> None:
    wanted = contract(table(indexes=(BY_STATUS, BY_TOTAL)))
    async with DynamoDB.in_memory([create_table_request(table())]) as db:
        [left] = await ensure_tables(wanted, db)
        assert (left.action, len(left.differences)) == ("differs", 2)
        [mended] = await ensure_tables(wanted, db, add_indexes=True)
        assert (mended.action, mended.differences) == ("indexes added", ())


async def test_a_table_with_other_keys_is_left_as_it_is() -> None:
    async with DynamoDB.in_memory([create_table_request(table(sk=None))]) as db:
        [outcome] = await ensure_tables(contract(table(indexes=(BY_STATUS,))), db, add_indexes=True)
        assert outcome.action == "differs"
        assert {one.remedy for one in outcome.differences} == {"rebuild", "add-index"}


async def test_extra_indexes_are_no_fault() -> None:
    async with DynamoDB.in_memory([create_table_request(table(indexes=(BY_TOTAL,)))]) as db:
        [outcome] = await ensure_tables(contract(table()), db)
        assert (outcome.action, outcome.differences[0].remedy) == ("unchanged", "extra")


@pytest.mark.parametrize("region", ["eu-west-1", "cn-north-1"])
async def test_aws_needs_leave(region: str) -> None:
    async with DynamoDB(Config(region=region, credentials=Static("id", "secret"))) as db:
        with pytest.raises(MigrationError, match="is AWS, where tables cost money"):
            await ensure_tables(SHOP, db)


async def test_a_create_whose_answer_was_lost_is_no_error() -> None:
    def losing(inner: Transport) -> FaultPlan:
        return FaultPlan(inner, [Rule(timeout_after(), "CreateTable", nth=1)], clock=FakeClock())

    async with DynamoDB.in_memory(transport=losing, clock=FakeClock()) as db:
        [outcome] = await ensure_tables(contract(table()), db)
        assert outcome.action == "unchanged"
        assert await compare_tables(contract(table()), db) == ()


async def test_it_waits_for_the_indexes_too_and_no_longer_than_told() -> None:
    live = create_table_request(table(indexes=(BY_STATUS,)))
    live["TableStatus"], live["GlobalSecondaryIndexes"][0]["IndexStatus"] = "ACTIVE", "CREATING"
    clock = FakeClock()
    async with client(FakeTransport(answer({"Table": live}), repeat=True), clock=clock) as db:
        with pytest.raises(DeadlineExceeded, match=r"table 'Orders' is ACTIVE after 5 s"):
            await ensure_tables(contract(table(indexes=(BY_STATUS,))), db, aws=True, timeout=5.0)
    assert clock.sleeps == [1.0] * 5
