"""A backfill that is cut off anywhere: the next run makes it whole, and nothing is there twice."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path
from typing import Any

import pytest

from hashrange import DynamoDB, Key
from hashrange.migration.source.sql import SqlSource
from hashrange.migration.state.file_store import FileStore
from hashrange.migration.state.table_store import TableStore
from tests.shop_source import create_tables, file_source
from tests.suspensions import for_each_suspension
from tests.unit.migration.backfill.copying import MADE, Shop, broken


class Interrupted:
    """Runs a backfill that is cut off somewhere, then the next one, and looks at what both have done together."""

    def __init__(self, folder: Path, db: DynamoDB, source: SqlSource, kind: str) -> None:
        self._folder, self._db, self._source, self._kind = folder, db, source, kind
        self._runs = 0

    def _shop(self) -> Shop:
        found = Shop(self._folder / f"run{self._runs}", self._db, self._source)
        found.folder.mkdir(exist_ok=True)
        if self._kind == "table":
            found.state = TableStore(self._db.table("state", "PK", "SK"), f"run {self._runs}")
        else:
            found.state = FileStore(found.folder / "state")
        return found

    async def run(self) -> None:
        shop = self._shop()
        try:
            await shop.backfill(page_rows=12, concurrency=3).run(["orders", "carts"])
        finally:
            await asyncio.shield(shop.state.close())

    async def check(self) -> None:
        shop = self._shop()
        report = await shop.backfill(page_rows=12).run(["orders", "carts"])
        total = report.total
        assert (total.read, total.written + total.present, total.different, total.refused) == (25, 23, 0, 2)
        assert len(await shop.items()) == 23
        assert [one["row"]["id"] for one in shop.refused()] == [1_000, 1_001]
        self._runs += 1
        await shop.state.close()
        for table, partition, sort in await shop.items():
            await self._db.table(table, "PK", "SK").delete_item(Key(partition, sort))


@pytest.mark.parametrize("when", ["waiting", "woken"])
@pytest.mark.parametrize("kind", ["file", "table"])
async def test_wherever_it_is_cancelled_the_next_run_makes_it_whole(tmp_path: Path, when: Any, kind: str) -> None:
    source = file_source(tmp_path, broken(2))
    async with DynamoDB.in_memory(["state"]) as db:
        await create_tables(db, MADE)
        work = Interrupted(tmp_path, db, source, kind)
        assert await for_each_suspension(work.run, work.check, when) >= 4
    source.close()


class Cutting:
    """A transport that cuts a task off at a request: before it is carried out, or after."""

    def __init__(self, beneath: Any) -> None:
        self._beneath = beneath
        self.task: asyncio.Task[None] | None = None
        self.left, self.after = 0, False

    async def send(self, request: Any) -> Any:
        task, self.left = self.task, self.left - 1
        if task is not None and self.left == 0 and not self.after:
            task.cancel()
            await asyncio.sleep(0)
        found = await self._beneath.send(request)
        if task is not None and self.left == 0 and self.after:
            task.cancel()
        await asyncio.sleep(0)
        return found

    def repair(self, error: Any, response: Any) -> bool:
        return bool(self._beneath.repair(error, response))

    async def close(self) -> None:
        await self._beneath.close()


@pytest.mark.parametrize("after", [False, True])
async def test_whichever_request_it_is_cut_off_at_the_next_run_makes_it_whole(tmp_path: Path, after: bool) -> None:
    source, cutting = file_source(tmp_path, broken(2)), []

    def over(inner: Any) -> Any:
        cutting.append(Cutting(inner))
        return cutting[-1]

    async with DynamoDB.in_memory(["state"], transport=over) as db:
        await create_tables(db, MADE)
        work, cut = Interrupted(tmp_path, db, source, "table"), cutting[-1]
        for number in itertools.count(1):
            cut.left, cut.after = number, after
            cut.task = asyncio.create_task(work.run())
            (outcome,) = await asyncio.gather(cut.task, return_exceptions=True)
            cut.task = None
            assert outcome is None or isinstance(outcome, asyncio.CancelledError)
            await work.check()
            if outcome is None:  # it had no request of this number
                assert number > 40
                break
    source.close()
