"""A whole backfill over SQLite and an in-memory table: what is written, counted, refused, and left for the next run."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hashrange import CircuitOpen, ConfigurationError, DynamoDB, Key, ServiceUnavailable, Update
from hashrange.migration.backfill import Backfill, Counts, Options, Progress, Report, paced
from hashrange.migration.errors import AlreadyRunning, MigrationError, SourceLost
from hashrange.migration.source.sql import Snapshot, SqlSource
from hashrange.migration.state.file_store import FileStore
from hashrange.migration.state.lease import Lease
from hashrange.simulator.engine import Engine
from hashrange.testing import FakeClock, FaultPlan, Rule, reset_after, throttle, unavailable
from tests.shop_source import create_tables, file_source, orders, shop_mappings
from tests.unit.migration.backfill.copying import MADE, Shop, broken


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    source = file_source(tmp_path, orders(40))
    async with DynamoDB.in_memory() as db:
        await create_tables(db, MADE)
        found = Shop(tmp_path, db, source)
        yield found
        await found.state.close()
        found.source.close()
    source.close()


READ = {"customers": 2, "carts": 2, "orders": 43, "products": 3, "categories": 4}


def counts(report: Report, name: str) -> dict[str, int]:
    return {repository: getattr(found, name) for repository, found in report.entities.items()}


# ── what is written ──────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "options", [{}, {"page_rows": 7}, {"page_rows": 1}, {"chunk_rows": 10, "parallel": 4}, {"concurrency": 1}]
)
async def test_every_row_becomes_its_item(shop: Shop, options: dict[str, Any]) -> None:
    report = await shop.backfill(**options).run()
    assert counts(report, "read") == counts(report, "written") == READ
    items = await shop.items()
    assert len(items) == sum(READ.values())
    order = items["Customers", "ada@example.com", "ORDER#2026-03-05T14:30:01Z#5"]
    assert (order["order_id"], order["line_count"], order["total"]) == (5, 2, Decimal("2024.99"))
    assert items["Categories", "computers", "laptops"]["trail"] == "Electronics > Computers > Laptops"
    assert (report.resumed, report.files) == (False, ())


async def test_only_chosen_entities_are_copied_in_the_given_order(shop: Shop) -> None:
    report = await shop.backfill().run(["products", "carts"])
    assert counts(report, "written") == {"products": 3, "carts": 2}
    assert list(report.entities) == ["products", "carts"]
    with pytest.raises(ConfigurationError, match="no entity of the name 'prodcts'"):
        await shop.backfill().run(["prodcts"])


async def test_a_backfill_that_is_done_does_nothing_more(shop: Shop) -> None:
    await shop.backfill().run()
    report = await shop.backfill().run()
    assert (counts(report, "written"), report.resumed) == (READ, True)


async def test_what_is_there_stays_and_is_counted(shop: Shop) -> None:
    await shop.backfill().run()
    table = shop.db.table("Products", "PK", "SK")
    await table.update_item(Key("1", "#META"), Update().set("stock", 99))
    await shop.state.close()
    shop.state = FileStore(shop.folder / "another")
    report = await shop.backfill().run()
    assert counts(report, "written") == dict.fromkeys(READ, 0)
    assert counts(report, "present") == READ
    assert counts(report, "different") == {**dict.fromkeys(READ, 0), "products": 1}
    assert (await shop.items())["Products", "1", "#META"]["stock"] == 99


@pytest.mark.parametrize(
    ("stored_at", "wins"),
    [("2026-03-06T07:59:59Z", True), ("2026-03-06T08:00:00Z", False), ("2026-03-07T00:00:00Z", False), (None, False)],
)
async def test_in_mode_newer_the_newer_item_wins(shop: Shop, stored_at: str | None, wins: bool) -> None:
    table = shop.db.table("Products", "PK", "SK")
    there = {"PK": "1", "SK": "#META", "stock": 99, **({} if stored_at is None else {"updated_at": stored_at})}
    await table.put_item(there)
    report = await shop.backfill(mode="newer", newer_by={"products": "updated_at"}).run(["products"])
    assert report.entities["products"].written == (3 if wins else 2)
    assert (await shop.items())["Products", "1", "#META"]["stock"] == (3 if wins else 99)


async def test_mode_newer_needs_an_attribute_of_each_entity(shop: Shop) -> None:
    with pytest.raises(ConfigurationError, match=r"entity CART \(carts\) has no attribute 'updated_at'"):
        await shop.backfill(mode="newer", newer_by="updated_at").run()
    assert await shop.items() == {}


# ── progress ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_progress_is_told_after_each_page(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    told: list[tuple[str, int, int, int]] = []

    def tell(progress: Progress) -> None:
        told.append((progress.entity, progress.counts.written, progress.done, progress.total))

    with caplog.at_level(logging.INFO, logger="hashrange.migration"):
        await shop.backfill(page_rows=20, on_progress=tell).run(["orders", "products"])
    assert told == [("ORDER", 20, 20, 46), ("ORDER", 40, 40, 46), ("ORDER", 43, 43, 46), ("Products", 3, 46, 46)]
    records = [vars(record) for record in caplog.records if record.name == "hashrange.migration"]
    assert [(one["entity"], one["table"], one["rows"], one["written"]) for one in records] == [
        ("ORDER", "Customers", 20, 20), ("ORDER", "Customers", 20, 20), ("ORDER", "Customers", 3, 3),
        ("Products", "Products", 3, 3),
    ]  # fmt: skip
    assert "ada@" not in caplog.text


# ── refused rows ─────────────────────────────────────────────────────────────────────────────────────────────────────
async def with_rows(shop: Shop, rows: dict[str, list[dict[str, Any]]]) -> None:
    folder = shop.folder / "rows"
    folder.mkdir()
    shop.source = file_source(folder, rows)


async def test_rows_without_an_item_are_set_aside_with_the_reason(shop: Shop) -> None:
    await with_rows(shop, broken(3))
    report = await shop.backfill(page_rows=4).run(["orders"])
    assert report.entities["orders"] == Counts(read=23, written=20, refused=3)
    assert report.files == (str(shop.folder / "refused" / "orders.jsonl"),)
    found = shop.refused()
    assert [one["row"] for one in found] == [{"id": 1_000}, {"id": 1_001}, {"id": 1_002}]
    assert {(one["table"], one["entity"], one["attribute"]) for one in found} == {("Customers", "ORDER", "PK")}
    assert "NULL" in found[0]["reason"]


async def test_an_item_over_400_kb_is_refused_and_the_others_are_written(shop: Shop) -> None:
    rows = orders(0)
    rows["products"][1]["description"] = "x" * 420_000
    await with_rows(shop, rows)
    report = await shop.backfill().run(["products"])
    assert report.entities["products"] == Counts(read=3, written=2, refused=1)
    (refused,) = shop.refused("products")
    assert refused["row"] == {"id": 12}
    assert "more than 409600" in refused["reason"]
    assert "xxx" not in json.dumps(refused)


async def test_too_many_refused_rows_end_the_run_and_nothing_is_twice(shop: Shop) -> None:
    await with_rows(shop, broken(8))
    with pytest.raises(MigrationError, match="4 rows were refused, more than 3"):
        await shop.backfill(page_rows=1, refused_max=3).run(["orders"])
    report = await shop.backfill(page_rows=1, refused_max=8).run(["orders"])
    assert report.entities["orders"] == Counts(read=23, written=15, refused=8)
    assert [one["row"]["id"] for one in shop.refused()] == list(range(1_000, 1_008))


async def test_a_folder_that_cannot_be_written_is_named(shop: Shop) -> None:
    await with_rows(shop, broken(1))
    (shop.folder / "refused").write_text("a file")
    with pytest.raises(MigrationError, match="refused"):
        await shop.backfill().run(["orders"])


# ── trouble ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_throttling_and_lost_answers_change_nothing(tmp_path: Path) -> None:
    rules = [
        Rule(throttle(), operations="PutItem", nth={2, 5, 6, 7, 30}),
        Rule(reset_after(), operations="PutItem", nth={3, 9, 20, 41}),
    ]
    source = file_source(tmp_path, orders(40))
    clock = FakeClock()
    async with DynamoDB.in_memory(transport=lambda inner: FaultPlan(inner, rules), clock=clock) as db:
        await create_tables(db, MADE)
        shop = Shop(tmp_path, db, source)
        report = await shop.backfill(page_rows=10).run(["orders"])
        assert report.entities["orders"] == Counts(read=43, written=43)
        assert len(await shop.items()) == 43
        await shop.state.close()
    source.close()


async def test_an_outage_ends_the_run_and_the_next_one_goes_on(tmp_path: Path) -> None:
    source, engine = file_source(tmp_path, orders(40)), Engine()
    async with DynamoDB.in_memory(engine=engine) as db:
        await create_tables(db, MADE)
    outage = Rule(unavailable(), operations="PutItem", nth=set(range(25, 1_000)))
    async with DynamoDB.in_memory(
        engine=engine, transport=lambda inner: FaultPlan(inner, [outage]), clock=FakeClock()
    ) as db:
        shop = Shop(tmp_path, db, source)
        with pytest.raises((ServiceUnavailable, CircuitOpen)):
            await shop.backfill(page_rows=10, concurrency=2).run(["orders"])
        await shop.state.close()
    async with DynamoDB.in_memory(engine=engine) as db:
        shop = Shop(tmp_path, db, source)
        assert len(await shop.items()) == 24
        report = await shop.backfill().run(["orders"])
        assert report.entities["orders"] == Counts(read=43, written=39, present=4)
        assert len(await shop.items()) == 43
        await shop.state.close()
    source.close()


async def test_a_lost_connection_is_made_anew_and_nothing_is_lost(shop: Shop) -> None:
    losing = Losing(shop.source, [2, 3])
    shop.source = losing
    report = await shop.backfill(page_rows=5, clock=Pausing(FakeClock())).run(["orders"])
    assert report.entities["orders"] == Counts(read=43, written=43)
    assert losing.opened == 4  # for the plan, and thrice for rows
    assert len(await shop.items()) == 43


class Losing(SqlSource):
    """Loses its connection before the so-manieth query of a snapshot; in turn."""

    def __init__(self, source: SqlSource, queries: list[int]) -> None:
        super().__init__(source.engine)
        self._schema, self._queries = source.schema(), queries
        self.opened = 0

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        self.opened += 1
        with super().snapshot() as snapshot:
            if self._queries and self.opened > 1:  # the first is for planning
                yield _Failing(snapshot, self._queries.pop(0))
            else:
                yield snapshot


class _Failing(Snapshot):
    def __init__(self, snapshot: Snapshot, queries: int) -> None:
        super().__init__(snapshot.connection, snapshot.source)
        self._left = queries

    def rows(self, statement: Any) -> list[Any]:
        self._left -= 1
        if self._left < 0:
            raise SourceLost("the connection to the source database was lost")
        return super().rows(statement)


async def test_a_source_that_stays_away_ends_the_run_after_so_many_tries(shop: Shop) -> None:
    shop.source, clock = Losing(shop.source, [0] * 4), FakeClock()
    with pytest.raises(SourceLost, match=r"4 times in a row.*goes on where it stopped"):
        await shop.backfill(reconnects=3, clock=Pausing(clock)).run(["orders"])
    assert clock.sleeps == [0.5, 1.0, 2.0]
    report = await shop.backfill().run(["orders"])
    assert report.entities["orders"].written == 43


class Pausing:
    """A clock that never waits, but for the renewal of leases, which would go on without end."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.monotonic, self.time = clock.monotonic, clock.time

    async def sleep(self, seconds: float) -> None:
        if seconds == 10.0:
            await asyncio.Event().wait()
        await self._clock.sleep(seconds)


async def test_two_at_once_the_second_is_refused(shop: Shop) -> None:
    async with Lease(shop.state, "backfill"):
        with pytest.raises(AlreadyRunning, match="another backfill is at work"):
            await shop.backfill().run()
    assert await shop.items() == {}
    await shop.backfill().run()


async def test_tables_that_are_not_the_contracts_are_refused_before_anything_is_read(shop: Shop) -> None:
    await shop.db.call("DeleteTable", {"TableName": "Categories"})
    with pytest.raises(ConfigurationError, match="there is no table 'Categories'"):
        await shop.backfill().run()
    keys = {"AttributeName": "PK", "AttributeType": "N"}
    await shop.db.call(
        "CreateTable",
        {
            "TableName": "Categories", "AttributeDefinitions": [keys], "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}],
        },
    )  # fmt: skip
    with pytest.raises(ConfigurationError, match=r"'Categories' has the keys .*'N'.*; the contract says"):
        await shop.backfill().run()
    assert await shop.db.table("Products", "PK", "SK").scan().count() == 0


async def test_the_state_of_another_contract_is_refused(shop: Shop) -> None:
    await shop.backfill().run(["carts"])
    other = Backfill(shop.source, shop_mappings(nulls="null"), shop.db, shop.state)
    with pytest.raises(ConfigurationError, match="another contract, other conventions"):
        await other.run(["carts"])


async def test_a_speed_limit_is_kept(tmp_path: Path) -> None:
    source, clock = file_source(tmp_path, orders(40)), FakeClock()
    monitor, pacer = paced(10, clock=clock)
    async with DynamoDB.in_memory(observers=(monitor,), capacity="total", clock=clock) as db:
        await create_tables(db, MADE)
        shop = Shop(tmp_path, db, source)
        await shop.backfill(pacer=pacer, concurrency=1).run(["orders"])
        assert clock.monotonic() >= 4.0  # 43 items of one unit each, ten a second
        await shop.state.close()
    source.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "always"}, {"mode": "newer"}, {"newer_by": "x"}, {"page_rows": 0}, {"parallel": 1.5},
        {"refused_max": -1}, {"lease_seconds": 0}, {"tombstone_seconds": float("inf")},
    ],
)  # fmt: skip
def test_settings_are_checked(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        Options(**wrong)
