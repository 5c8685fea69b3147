"""Two sides with a MariaDB: ids from AUTO_INCREMENT, times in UTC, rows locked while their write is announced."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from hashrange import DynamoDB, Key
from hashrange.migration.access import AccessLayer
from hashrange.migration.contract.load import load_contract
from hashrange.migration.dual import DualLayer, PhaseControl, Timing
from hashrange.migration.errors import MigrationError
from hashrange.migration.source.ddl import parse_ddl
from hashrange.migration.source.sql import SqlSource
from hashrange.migration.state.file_store import FileStore
from hashrange.migration.tables import ensure_tables
from tests import shop_contract as shop
from tests.fakes import FakeClock
from tests.mariadb import Database, mariadb, mariadb_server

__all__ = ["mariadb", "mariadb_server"]  # fixtures


async def test_both_sides_of_a_mariadb_hold_the_same(mariadb: Database, tmp_path: Path) -> None:
    mariadb.script(shop.DDL)
    for table in shop.TABLES:
        mariadb.insert(table, shop.ROWS[table])
    schema = parse_ddl(shop.DDL)
    contract = load_contract(shop.CONTRACT, schema=schema, overrides=shop.OVERRIDES).require()
    source, state, clock = SqlSource(mariadb.url), FileStore(tmp_path / "state"), FakeClock()
    timing = Timing(write_seconds=20)
    async with DynamoDB.in_memory() as db:
        await ensure_tables(contract, db)
        control = PhaseControl(state, timing=timing, clock=clock)
        await control.set(2)
        dual = DualLayer(AccessLayer(contract, db, schema=schema), source, state, clock=clock)
        placed = shop.ROWS["orders"][0]["placed_at"]
        made = await dual.orders.create(
            {"customer_id": 3, "status": "paid", "total": Decimal("9.90"), "placed_at": placed}
        )
        key = Key("ada@example.com", f"ORDER#2026-03-05T14:30:01Z#{made.order_id}")
        item = await dual.orders.secondary.table.get_item(key)
        assert item is not None
        assert (item["total"], item["order_id"], item["is_gift"]) == (Decimal("9.9"), made.order_id, False)
        assert (await dual.orders.get(order_id=made.order_id)) == made
        # workers that change one row, one after the other by its lock, and its item as the last of them did
        await asyncio.gather(
            *(dual.orders.update({"order_id": made.order_id}, {"total": Decimal(number)}) for number in range(8))
        )
        row = await dual.orders.primary.get(order_id=made.order_id)
        assert ((await dual.orders.secondary.table.get_item(key)) or {})["total"] == row["total"]
        with pytest.raises(MigrationError, match="foreign key"):
            await dual.orders.create({"customer_id": 999, "status": "paid", "total": 1})
        assert await dual.orders.delete({"order_id": made.order_id})
        assert await dual.orders.secondary.table.get_item(key) is None
        assert [one async for one in dual.queue.pending()] == []
    await state.close()
    source.close()
