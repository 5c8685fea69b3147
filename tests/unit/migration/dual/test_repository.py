"""A repository on two sides, phase by phase: what is written where, what is read, and what a failure leaves."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hashrange import ConditionFailed, Key
from hashrange.migration.dual import DualWriteFailed, PhaseRefused, ReadMismatch, SqlRepository
from hashrange.migration.errors import MigrationError, NotInContract, StateConflict

from .shop import CART, SCHEMA, Shop, opened

NOW = datetime(2026, 3, 5, tzinfo=UTC)
CART_KEY = Key("mueller@example.com", "CART#13")
ORDER_KEY = Key("ada@example.com", "ORDER#2026-03-05T14:30:01Z#5")


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with opened(tmp_path) as found:
        yield found


# ── phases ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_in_phase_1_only_mysql_is_written(shop: Shop) -> None:
    dual = shop.layer()
    made = await dual.carts.create(CART)
    assert (made.id, made.product_name, made.email) == (11, "Hose", "mueller@example.com")
    assert await shop.item("carts", CART_KEY) is None
    assert await dual.carts.get(id=11) == made


@pytest.mark.parametrize("phase", [2, 3, 4])
async def test_both_sides_are_written_with_the_id_that_mysql_gave(shop: Shop, phase: int) -> None:
    await shop.phase(phase)
    dual = shop.layer()
    made = await dual.carts.create(CART)
    item = await shop.item("carts", CART_KEY)
    assert item is not None
    assert (item["GSI1PK"], item["quantity"], item["product_name"]) == (f"CART#{made.id}", 1, "Hose")
    changed = await dual.carts.update({"id": made.id}, {"quantity": 7})
    assert changed.quantity == 7
    assert ((await shop.item("carts", CART_KEY)) or {})["quantity"] == 7
    assert (await dual.carts.get(id=made.id)).quantity == 7
    assert await dual.carts.delete({"id": made.id}) is True
    assert await shop.item("carts", CART_KEY) is None
    assert await dual.carts.delete({"id": made.id}) is False
    assert await shop.pending(dual) == []
    assert (dual.statistics.total().writes, dual.statistics.total().failed_writes) == (3, 0)


async def test_an_update_puts_the_whole_item_of_a_row_that_was_not_copied(shop: Shop) -> None:
    await shop.phase(2)
    await shop.layer().orders.update({"order_id": 5}, {"total": Decimal("1.50")})
    item = await shop.item("orders", ORDER_KEY)
    assert item is not None
    assert (item["total"], item["status"], len(item["lines"])) == (Decimal("1.5"), "paid", 2)


async def test_an_update_of_the_key_moves_the_item_and_buries_the_old_one(shop: Shop) -> None:
    await shop.phase(2)
    dual = shop.layer()
    made = await dual.carts.create(CART)
    await dual.carts.update({"id": made.id}, {"product_id": 1})
    assert await shop.item("carts", CART_KEY) is None
    assert (await shop.item("carts", Key("mueller@example.com", "CART#1")) or {})["quantity"] == 1


async def test_what_is_not_there_is_not_changed(shop: Shop) -> None:
    await shop.phase(2)
    with pytest.raises(ConditionFailed, match="there is no ORDER with this key"):
        await shop.layer().orders.update({"order_id": 999}, {"total": 1})
    assert await shop.pending(shop.layer()) == []


async def test_what_mysql_refuses_is_written_nowhere(shop: Shop) -> None:
    await shop.phase(2)
    dual = shop.layer()
    await dual.carts.create(CART)
    with pytest.raises(MigrationError, match="UNIQUE"):
        await dual.carts.create(CART | {"quantity": 5})
    assert (await shop.item("carts", CART_KEY) or {})["quantity"] == 1
    assert await shop.pending(dual) == []


async def test_refresh_follows_what_others_have_changed(shop: Shop) -> None:
    await shop.phase(2)
    dual = shop.layer()
    await dual.orders.refresh(order_id=5)
    with shop.source.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM order_lines WHERE order_id = 5")
    assert await dual.orders.refresh(order_id=5) is True
    assert (await shop.item("orders", ORDER_KEY) or {})["lines"] == []
    assert await dual.orders.refresh(order_id=77) is False


# ── a second side that fails ─────────────────────────────────────────────────────────────────────────────────────────
async def test_a_write_that_dynamodb_does_not_take_counts_and_is_repaired(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    await shop.phase(2)
    dual = shop.layer()
    shop.broken.tables.add("Customers")
    with caplog.at_level(logging.INFO), dual.layer.correlated("request-7"):
        made = await dual.carts.create(CART)
    assert made.id == 11
    (record,) = [one for one in caplog.records if "it will be repaired" in one.message]
    assert (record.__dict__["row_key"], record.__dict__["correlation_id"]) == ({"id": 11}, "request-7")
    assert "mueller" not in caplog.text
    (reason,) = await shop.pending(dual)
    assert reason.startswith("ServiceUnavailable")
    assert dual.statistics.total().failed_writes == 1
    shop.clock.advance(120)
    assert (await dual.repair_pending()).failed == 1  # still broken
    shop.broken.tables.clear()
    assert (await dual.repair_pending()).waiting == 1
    shop.clock.advance(120)
    assert (await dual.repair_pending()).done == 1
    assert await shop.item("carts", CART_KEY) is not None
    assert await shop.pending(dual) == []


async def test_what_cannot_be_repaired_is_set_aside_with_its_reason(shop: Shop) -> None:
    await shop.phase(2)
    dual = shop.layer()
    shop.broken.tables.add("Customers")
    await dual.carts.create(CART)
    for _ in range(12):
        shop.clock.advance(1_000)
        await dual.repair_pending()
    assert await dual.queue.count() == (0, 1)
    assert [one.reason async for one in dual.queue.aside()] == ["ServiceUnavailable: it is broken"]
    shop.broken.tables.clear()
    shop.clock.advance(1_000)  # the circuit was open
    assert await dual.queue.again() == 1
    assert (await dual.repair_pending()).done == 1
    assert await dual.queue.count() == (0, 0)


@pytest.mark.parametrize("operation", ["create", "update", "delete"])
async def test_a_write_is_undone_where_that_is_the_policy(tmp_path: Path, operation: str) -> None:
    async with opened(tmp_path, on_failure="compensate") as shop:
        await shop.phase(2)
        dual = shop.layer()
        made = None if operation == "create" else await dual.carts.create(CART)
        shop.broken.tables.add("Customers")
        writes: dict[str, Any] = {
            "create": lambda: dual.carts.create(CART),
            "update": lambda: dual.carts.update({"id": 11}, {"quantity": 9}),
            "delete": lambda: dual.carts.delete({"id": 11}),
        }
        with pytest.raises(DualWriteFailed, match="was undone") as caught:
            await writes[operation]()
        assert caught.value.undone
        row = await dual.carts.primary.get(id=11)
        assert (row or {}).get("quantity") == (None if made is None else 1)
        shop.broken.tables.clear()
        shop.clock.advance(1_000)
        assert (await dual.repair_pending()).done == 1
        assert ((await shop.item("carts", CART_KEY)) is None) == (operation == "create")


async def test_nothing_is_written_where_the_repair_queue_cannot_be(shop: Shop) -> None:
    await shop.phase(2)
    dual = shop.layer()
    await dual.phases.for_write()
    shop.state.refuses = True
    with pytest.raises(StateConflict):
        await dual.carts.create(CART)
    assert await SqlRepository(shop.source, shop.access.carts.mapping, schema=SCHEMA).get(id=11) is None


# ── dual reads ───────────────────────────────────────────────────────────────────────────────────────────────────────
async def _with_a_mismatch(shop: Shop) -> Any:
    await shop.phase(3)
    dual = shop.layer()
    await dual.customers.refresh(customer_id=3)
    table = shop.access.customers.table
    item = await table.get_item(Key("ada@example.com", "#PROFILE")) or {}
    await table.put_item(item | {"points": 1, "password_hash": "scrypt:other"})
    return dual


async def test_both_sides_are_compared_and_mysql_counts(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    dual = await _with_a_mismatch(shop)
    found = await dual.customers.get(login="ada")
    assert found.points == 120
    (mismatch,) = dual.statistics.mismatches
    assert {one.name: (one.expected, one.found) for one in mismatch.differences} == {
        "points": ("120", "1"), "password_hash": ("(hidden)", "(hidden)")
    }  # fmt: skip
    assert "different are password_hash, points" in caplog.text
    assert "scrypt" not in caplog.text
    await dual.customers.refresh(customer_id=3)
    await dual.customers.get(login="ada")
    assert (dual.statistics.total().compared, dual.statistics.total().mismatches) == (2, 1)


async def test_a_mismatch_is_raised_where_that_is_the_policy(tmp_path: Path) -> None:
    async with opened(tmp_path, on_mismatch="raise") as shop:
        dual = await _with_a_mismatch(shop)
        with pytest.raises(ReadMismatch) as caught:
            await dual.customers.get(login="ada")
        assert caught.value.attributes == ("password_hash", "points")


async def test_a_record_that_one_side_lacks_is_a_mismatch(shop: Shop) -> None:
    await shop.phase(3)
    dual = shop.layer()
    assert (await dual.orders.get(order_id=5)).total == Decimal("2024.99")
    assert [one.lacking for one in dual.statistics.mismatches] == ["table"]
    assert await dual.orders.get(order_id=999) is None
    assert dual.statistics.total().mismatches == 1


async def test_only_a_share_of_reads_is_compared(tmp_path: Path) -> None:
    async with opened(tmp_path, compared_share=0.0) as shop:
        await shop.phase(3)
        dual = shop.layer()
        await dual.orders.get(order_id=5)
        assert dual.statistics.total().compared == 0


async def test_other_reads_are_compared_too(shop: Shop) -> None:
    await shop.phase(3)
    dual = shop.layer()

    async def one() -> list[dict[str, Any]]:
        return [{"order_id": 5, "total": Decimal("2.0")}]

    async def other(total: str) -> list[dict[str, Any]]:
        return [{"order_id": 5, "total": Decimal(total)}]

    assert await dual.orders.read("of_ada", one, lambda: other("2")) == await one()
    await dual.orders.read("of_ada", one, lambda: other("3"))
    assert (dual.statistics.total().compared, dual.statistics.total().mismatches) == (2, 1)


# ── phase 5, and back ────────────────────────────────────────────────────────────────────────────────────────────────
async def test_in_phase_5_mysql_is_not_written_and_there_is_no_way_back(shop: Shop) -> None:
    await shop.phase(5)
    dual = shop.layer()
    order = {"order_id": 70, "customer_id": 3, "email": "ada@example.com", "status": "paid", "total": Decimal(3)}
    order |= {"is_gift": False, "placed_at": NOW, "updated_at": NOW, "line_count": 0}
    await dual.orders.create(order | {"lines": [], "preview": [], "buyer": None})
    assert await dual.orders.primary.get(order_id=70) is None
    with pytest.raises(PhaseRefused, match="MySQL lacks what was written since"):
        await shop.control.set(4, force=True)


async def test_mysql_follows_in_phase_5_where_that_was_asked_for(shop: Shop) -> None:
    await shop.phase(4)
    dual = shop.layer()
    await dual.orders.refresh(order_id=5)
    await shop.phase(5, reverse=True)
    key = {"email": "ada@example.com", "placed_at": (await dual.orders.get(order_id=5)).placed_at, "order_id": 5}
    await dual.orders.update(key, {"status": "cancelled"})
    row = await dual.orders.primary.get(order_id=5)
    assert row is not None
    assert row["status"] == "cancelled"
    assert await dual.orders.delete(key) is True
    assert await dual.orders.primary.get(order_id=5) is None
    with pytest.raises(PhaseRefused, match="1 writes wait"):  # whether it is nowhere, an index tells some time later
        await shop.control.set(4, force=True)
    shop.clock.advance(60)
    assert (await dual.repair_pending()).done == 1
    await shop.phase(4)
    assert await dual.phases.for_write() == 4


async def test_a_worker_in_phase_4_waits_while_phase_5_takes_effect(shop: Shop) -> None:
    await shop.phase(4)
    dual = shop.layer()
    await dual.orders.refresh(order_id=5)
    change = await shop.control.set(5)
    shop.clock.advance(2)
    assert await dual.phases.for_read() == 4
    assert await dual.phases.for_write() == 5  # waited
    assert shop.clock.time() >= change.effective_at


async def test_asking_for_what_the_keys_do_not_serve_says_so(shop: Shop) -> None:
    await shop.phase(4)
    with pytest.raises(NotInContract):
        await shop.layer().orders.get(total=3, is_gift=True)
