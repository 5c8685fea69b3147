"""The client in a world with throughput and disorder, as users have it: it waits, asks again, and loses nothing."""

from __future__ import annotations

import random
from typing import Any

import pytest

from hashrange import DynamoDB, Key
from hashrange.errors import ThroughputError
from hashrange.resilience.retry import RetryPolicy
from hashrange.simulator import Disorder, Engine, Throughput
from tests.fakes import FakeClock
from tests.simulated_trouble import TABLE, table


def engine(declared: Any, **trouble: Any) -> Engine:
    return Engine([declared], clock=FakeClock(), randomness=random.Random(11), **trouble)


async def test_a_batch_is_written_as_fast_as_the_table_can() -> None:
    world = engine(table(50, 5), throughput=Throughput(burst_seconds=0))
    began = world.clock.monotonic()
    async with DynamoDB.in_memory(engine=world, randomness=random.Random(1)) as db:
        report = await db.table(TABLE).batch_write([{"PK": f"p{number}", "SK": "s"} for number in range(60)])
    assert report.processed == 60
    assert world.catalog.table(TABLE).item_count == 60
    assert world.clock.monotonic() - began >= 7  # 60 units, of which 5 were there and 25 may be owed


async def test_what_is_left_unprocessed_is_sent_again() -> None:
    world = engine(TABLE, disorder=Disorder(unprocessed=0.2))
    async with DynamoDB.in_memory(engine=world, randomness=random.Random(1)) as db:
        app = db.table(TABLE)
        report = await app.batch_write([{"PK": f"p{number}", "SK": "s", "n": number} for number in range(300)])
        assert (report.processed, report.unprocessed) == (300, 0)
        assert report.retried > 30
        found = await app.batch_get([Key(f"p{number}", "s") for number in range(300)])
    assert sorted(item["n"] for item in found if item is not None) == list(range(300))


async def test_a_busy_item_is_waited_for() -> None:
    world = engine(TABLE, disorder=Disorder(transaction_seconds=0.2))
    async with DynamoDB.in_memory(engine=world, randomness=random.Random(1)) as db:
        async with db.transaction() as transaction:
            transaction.put(db.table(TABLE), {"PK": "a", "SK": "1"})
        await db.table(TABLE).put_item({"PK": "a", "SK": "1", "v": 2})
        assert await db.table(TABLE).get_item(Key("a", "1")) == {"PK": "a", "SK": "1", "v": 2}
    assert {call.error for call in world.calls("PutItem")} == {"TransactionConflictException", None}


@pytest.mark.parametrize("declared", [table(5, 1), TABLE])
async def test_the_errors_are_what_the_client_knows(declared: Any) -> None:
    limits = Throughput(burst_seconds=0, on_demand_write_units=1)
    world = engine(declared, throughput=limits)
    async with DynamoDB.in_memory(engine=world, retry=RetryPolicy.none()) as db:
        app = db.table(TABLE)
        await app.put_item({"PK": "a", "SK": "1"})
        with pytest.raises(ThroughputError) as caught:
            await app.put_item({"PK": "a", "SK": "1"})
    (reason,) = caught.value.reasons
    assert reason["resource"].endswith(f"table/{TABLE}")
