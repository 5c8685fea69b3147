"""Idempotency on every server: one work for many deliveries, results, leases, payloads."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import pytest

from hashrange import (
    DynamoDB,
    FailedBefore,
    Idempotency,
    IdempotencyMismatch,
    InProgress,
    Item,
    LeaseLost,
    Table,
)
from hashrange.testing import FakeClock

from .conftest import Connect, MakeTable

MINUTE = timedelta(minutes=1)


@dataclass
class Receipt:
    number: int
    total: float


@pytest.fixture
async def table(db: DynamoDB, make_table: MakeTable) -> Table[Item]:
    return db.table(await make_table(), ttl_attribute="until")


async def test_many_deliveries_one_work(table: Table[Item]) -> None:
    worked: list[str] = []
    idempotency = Idempotency(table)

    @idempotency.once(key=lambda event: event["id"], payload=lambda event: event["total"], model=Receipt)
    async def charge(event: Item) -> Receipt:
        worked.append(event["id"])
        await asyncio.sleep(0)
        return Receipt(len(worked), event["total"])

    results = await asyncio.gather(*(charge({"id": "1", "total": 9.5}) for _ in range(8)))
    assert results == [Receipt(1, 9.5)] * 8
    assert worked == ["1"]
    with pytest.raises(IdempotencyMismatch):
        await charge({"id": "1", "total": 10.0})
    assert await charge({"id": "2", "total": 10.0}) == Receipt(2, 10.0)


async def test_failures(table: Table[Item]) -> None:
    for keep in (False, True):
        idempotency = Idempotency(table, keep_failures=keep, prefix=f"{keep}#")
        with pytest.raises(ZeroDivisionError):
            async with idempotency.guard("a"):
                raise ZeroDivisionError("why")
        if keep:
            with pytest.raises(FailedBefore, match="why"):
                await idempotency.guard("a").__aenter__()
        else:
            async with idempotency.guard("a") as run:
                assert not run.replayed


async def test_a_lease_that_is_over_is_taken_over(connect: Connect, table: Table[Item]) -> None:
    clock = FakeClock()
    async with connect(clock=clock) as machine:
        idempotency = Idempotency(
            machine.table(table.name, ttl_attribute="until"), lease=MINUTE, wait=timedelta(0), ttl=timedelta(days=999)
        )

        async def slow() -> None:
            async with idempotency.guard("a"):
                with pytest.raises(InProgress):
                    await idempotency.guard("a").__aenter__()
                clock.advance(60)
                async with idempotency.guard("a") as other:
                    other.result = "other"

        with pytest.raises(LeaseLost):
            await slow()
        async with idempotency.guard("a") as run:
            assert (run.replayed, run.result) == (True, "other")
