"""New ids: above those of the source, never the same twice, in blocks or one by one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hashrange import ConfigurationError, DynamoDB, ValidationError
from hashrange.migration.access import IdAllocator


async def test_ids_begin_above_those_of_the_source() -> None:
    async with DynamoDB.in_memory(["counters"]) as db:
        ids = IdAllocator(db.table("counters", "PK", "SK"), "orders")
        with pytest.raises(ConfigurationError, match="the counter 'orders' in table 'counters' was not seeded"):
            await ids.allocate()
        assert await ids.seed(above=981_204) == 981_205
        assert [await ids.allocate() for _ in range(3)] == [981_205, 981_206, 981_207]
        assert await ids.seed(above=10) == 981_208  # it is further on
        assert await ids.seed(above=2_000_000) == 2_000_001
        assert await ids.allocate() == 2_000_001
        others = IdAllocator(db.table("counters", "PK", "SK"), "users")
        assert await others.seed(above=0) == 1
        assert await others.allocate() == 1
        assert repr(ids) == "<IdAllocator 'orders' in 'counters', blocks of 1>"


async def test_nobody_gets_an_id_that_another_has() -> None:
    async with DynamoDB.in_memory(["counters"]) as db:
        table = db.table("counters", "PK", "SK")
        await IdAllocator(table, "orders").seed(above=100)
        processes = [IdAllocator(table, "orders", block=block) for block in (1, 3, 10)]
        given = await asyncio.gather(*(one.allocate() for one in processes for _ in range(20)))
        assert len(set(given)) == 60
        assert min(given) == 101


async def test_a_block_costs_one_write() -> None:
    async with DynamoDB.in_memory(["counters"]) as db:
        table = db.table("counters", "PK", "SK")
        ids = IdAllocator(table, "orders", block=10)
        await ids.seed(above=0)
        with db.track() as usage:
            assert [await ids.allocate() for _ in range(20)] == list(range(1, 21))
        assert usage.calls == 2


@pytest.mark.parametrize("block", [0, True, 1.5, 2_000_000])
async def test_what_is_no_block_is_refused(block: Any) -> None:
    async with DynamoDB.in_memory(["counters"]) as db:
        with pytest.raises(ValidationError, match="block is"):
            IdAllocator(db.table("counters", "PK", "SK"), "orders", block=block)
        ids = IdAllocator(db.table("counters", "PK", "SK"), "orders")
        with pytest.raises(ValidationError, match="above is"):
            await ids.seed(above=-1)
