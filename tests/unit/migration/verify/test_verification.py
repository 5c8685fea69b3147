"""Both sides of a shop are compared, whole and by a sample: whatever differs is found, named, and can be mended."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hashrange.client import DynamoDB
from hashrange.errors import ConfigurationError
from hashrange.expressions import Update
from hashrange.key import Key
from hashrange.migration.backfill import Backfill
from hashrange.migration.contract.load import load_contract
from hashrange.migration.source.sql import SqlSource
from hashrange.migration.state.file_store import FileStore
from hashrange.migration.tables.request import create_table_requests
from hashrange.migration.verify import Pattern, Report, Verification, repair
from tests import shop_contract as shop
from tests.shop_source import file_source, shop_mappings

CONTRACT = load_contract(shop.CONTRACT, overrides=shop.OVERRIDES).require()
MAPPINGS = shop_mappings()
TABLES = create_table_requests(CONTRACT)
ADA = "ada@example.com"


@pytest.fixture
def source(tmp_path: Path) -> Iterator[SqlSource]:
    found = file_source(tmp_path)
    yield found
    found.close()


@pytest.fixture
async def db(source: SqlSource, tmp_path: Path) -> AsyncIterator[DynamoDB]:
    """A client of tables that hold what the source does."""
    async with DynamoDB.in_memory(TABLES) as client:
        state = FileStore(tmp_path / "state")
        await Backfill(source, MAPPINGS, client, state).run()
        await state.close()
        yield client


async def verified(source: SqlSource, db: DynamoDB, **options: Any) -> Report:
    return await Verification(source, MAPPINGS, db, **options).run()


def change(source: SqlSource, statement: str) -> None:
    with source.engine.begin() as connection:
        connection.execute(sa.text(statement))


def found(report: Report) -> list[tuple[str, str, dict[str, Any]]]:
    return [(one.kind, one.entity, one.key) for one in report.discrepancies]


async def test_what_was_backfilled_agrees(source: SqlSource, db: DynamoDB) -> None:
    report = await verified(source, db)
    assert (report.ok, report.integrity, report.discrepancies) == (True, 1.0, [])
    counts = {one.repository: (one.rows, one.compared, one.items, one.matched, one.extra) for one in report.entities}
    assert counts["orders"] == (3, 3, 3, 3, 0)
    assert counts["customers"] == (2, 2, 2, 2, 0)
    assert report.unrecognised == {}
    assert sum(one.tried for one in report.patterns) > 10
    assert not any(one.failed for one in report.patterns)


async def test_a_missing_item(source: SqlSource, db: DynamoDB) -> None:
    await db.table("Customers").delete_item(Key(ADA, "CART#12"))
    report = await verified(source, db)
    assert found(report) == [("missing", "CART", {"PK": ADA, "SK": "CART#12"})]
    assert report.discrepancies[0].row == {"id": 10}
    assert not report.ok
    failed = {one.name: one.examples for one in report.patterns if one.failed}
    assert failed == {
        "carts: table by email, product_id": (f"PK='{ADA}': 1 missing, 0 too many",),
        "carts: ById by id": ("GSI1PK='CART#10': 1 missing, 0 too many",),
    }


async def test_a_different_item_says_which_attribute(source: SqlSource, db: DynamoDB) -> None:
    update = Update().set("quantity", "2").set("note", "by hand").remove("product_name")
    await db.table("Customers").update_item(Key(ADA, "CART#1"), update)
    [one] = (await verified(source, db)).discrepancies
    assert (one.kind, {str(each) for each in one.attributes}) == (
        "different",
        {
            "quantity: 2 (N) was expected, '2' is there",
            "note: nothing was expected, 'by hand' is there",
            "product_name: 'Laptop 13' was expected, nothing is there",
        },
    )


async def test_secrets_are_compared_and_not_shown(source: SqlSource, db: DynamoDB) -> None:
    await db.table("Customers").update_item(Key(ADA, "#PROFILE"), Update().set("password_hash", "stolen"))
    [one] = (await verified(source, db)).discrepancies
    assert [str(each) for each in one.attributes] == ["password_hash: (hidden) was expected, (hidden) is there"]


async def test_an_extra_item_and_one_of_nobody(source: SqlSource, db: DynamoDB) -> None:
    table = db.table("Customers")
    cart = await table.get_item(Key(ADA, "CART#1"))
    assert cart is not None
    await table.put_item({**cart, "SK": "CART#99", "product_id": "99", "GSI1PK": "CART#77"})
    await table.put_item({"PK": "UNIQUE#x", "SK": "UNIQUE"})
    report = await verified(source, db)
    assert found(report) == [("extra", "CART", {"PK": ADA, "SK": "CART#99"})]
    assert report.unrecognised == {"Customers": 1}


async def test_two_rows_that_make_one_item(source: SqlSource, db: DynamoDB) -> None:
    change(source, "UPDATE categories SET slug = 'garden' WHERE id = 1")
    report = await verified(source, db)
    [one] = [one for one in report.discrepancies if one.kind == "collision"]
    assert (one.entity, one.row) == ("Categories", {"id": "1, 2"})


async def test_spaces_in_json_text_are_no_difference(source: SqlSource, db: DynamoDB) -> None:
    orders = [item async for item in db.table("Customers").query(ADA) if "preview" in item]
    for order in orders:
        await db.table("Customers").put_item({**order, "preview": order["preview"].replace(":", " : ")})
    assert (await verified(source, db)).ok


async def test_a_sample_is_the_same_rows_each_time(source: SqlSource, db: DynamoDB) -> None:
    half = await verified(source, db, sample=0.5)
    again = await verified(source, db, sample=0.5)
    compared = sum(one.compared for one in half.entities)
    assert 0 < compared < sum(one.rows for one in half.entities)
    assert [one.compared for one in half.entities] == [one.compared for one in again.entities]
    assert half.ok
    assert {(one.items, one.extra) for one in half.entities} == {(None, None)}


async def test_a_sample_finds_what_is_in_it(source: SqlSource, db: DynamoDB) -> None:
    await db.table("Customers").delete_item(Key(ADA, "CART#12"))
    whole = await verified(source, db, sample=1.0)
    assert found(whole) == [("missing", "CART", {"PK": ADA, "SK": "CART#12"})]


async def test_repair_mends_what_it_may(source: SqlSource, db: DynamoDB) -> None:
    table = db.table("Customers")
    cart = await table.get_item(Key(ADA, "CART#1"))
    assert cart is not None
    await table.delete_item(Key(ADA, "CART#12"))
    await table.put_item({**cart, "quantity": 5})
    await table.put_item({**cart, "SK": "CART#99", "GSI1PK": "CART#99"})
    report = await verified(source, db)
    done = await repair(db, report.discrepancies)
    assert (done.written, done.deleted, done.left) == (2, 0, 1)
    report = await verified(source, db)
    assert [one.kind for one in report.discrepancies] == ["extra"]
    assert (await repair(db, report.discrepancies, delete_extra=True)).deleted == 1
    assert (await verified(source, db)).ok


async def test_repair_writes_over_nothing_that_has_changed_since(source: SqlSource, db: DynamoDB) -> None:
    table = db.table("Customers")
    await table.update_item(Key(ADA, "CART#1"), Update().set("quantity", 5))
    await table.delete_item(Key(ADA, "CART#12"))
    report = await verified(source, db)
    await table.update_item(Key(ADA, "CART#1"), Update().set("quantity", 6))
    await table.put_item({"PK": ADA, "SK": "CART#12", "quantity": 1})
    done = await repair(db, report.discrepancies)
    assert (done.written, done.changed) == (0, 2)
    item = await table.get_item(Key(ADA, "CART#1"))
    assert item is not None
    assert item["quantity"] == 6


async def test_what_was_written_meanwhile_is_no_discrepancy(source: SqlSource, db: DynamoDB) -> None:
    """Both sides are written down, then the application changes them: the second look finds what they are now."""
    table = db.table("Customers")

    def meanwhile(progress: Any) -> None:
        if (progress.side, progress.name) == ("table", "Customers"):
            change(source, "UPDATE carts SET quantity = 7 WHERE id = 9")
            change(source, "DELETE FROM carts WHERE id = 10")

    await table.update_item(Key(ADA, "CART#1"), Update().set("quantity", 7))
    await table.delete_item(Key(ADA, "CART#12"))
    item = await table.get_item(Key(ADA, "CART#1"))
    assert item is not None
    report = await verified(source, db, on_progress=meanwhile, partitions=0)
    carts = next(one for one in report.entities if one.repository == "carts")
    # the total of a line follows the quantity, which was changed by hand only
    assert [str(each) for one in report.discrepancies for each in one.attributes] == [
        "line_total: Decimal('13999.93') was expected, Decimal('3999.98') is there"
    ]
    assert (carts.missing, carts.different, carts.rows) == (0, 1, 1)


async def test_an_empty_table_is_said_so(source: SqlSource) -> None:
    async with DynamoDB.in_memory(TABLES) as db:
        report = await verified(source, db)
    assert {one.missing == one.rows for one in report.entities} == {True}
    assert report.integrity == 0.0


async def test_a_table_that_is_not_there(source: SqlSource) -> None:
    async with DynamoDB.in_memory() as db:
        with pytest.raises(ConfigurationError, match="there is no table 'Customers' at http://localhost"):
            await verified(source, db)


async def test_rows_that_cannot_be_items_are_counted(source: SqlSource, db: DynamoDB) -> None:
    change(source, "UPDATE customers SET email = '' WHERE id = 4")
    report = await verified(source, db)
    customers = next(one for one in report.entities if one.repository == "customers")
    assert (customers.refused, customers.ok) == (1, False)


async def test_only_so_many_are_listed(source: SqlSource, db: DynamoDB) -> None:
    for product in ("1", "12", "13"):
        await db.table("Products").delete_item(Key(product, "#META"))
    report = await verified(source, db, listed_max=1)
    assert ([one.kind for one in report.discrepancies], report.unlisted) == (["missing"], 2)


async def test_an_applications_own_patterns(source: SqlSource, db: DynamoDB) -> None:
    async def logins() -> list[str]:
        with source.snapshot() as snapshot:
            return [row[0] for row in snapshot.rows(sa.text("SELECT login FROM customers ORDER BY id"))]

    async def of_table() -> list[str]:
        return [item["login"] async for item in db.table("Customers").scan() if "login" in item]

    async def nobody() -> list[str]:
        return []

    report = await verified(source, db, patterns=[Pattern("AP2", logins, nobody), Pattern("none", nobody, nobody)])
    outcome = {one.name: (one.failed, one.examples) for one in report.patterns[-2:]}
    assert outcome == {"AP2": (1, ("2 of the source, 0 of the table",)), "none": (0, ())}
    assert sorted(await of_table()) == sorted(await logins())


@pytest.mark.parametrize("options", [{"sample": 0}, {"sample": 1.5}, {"listed_max": -1}, {"partitions": -1}])
def test_settings_are_checked(source: SqlSource, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        Verification(source, MAPPINGS, DynamoDB.in_memory(), **options)
