"""Repositories of a contract on every target: entity by entity, then together; at run time and generated."""

from __future__ import annotations

import asyncio
import importlib
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hashrange import ConditionFailed, DynamoDB, TransactionCanceled, UniqueViolation
from hashrange.migration.access import AccessLayer, IdAllocator
from hashrange.migration.conventions import Conventions
from hashrange.migration.generate import generated_package, write_files
from hashrange.migration.tables.request import create_table_requests
from tests.migration_script import script
from tests.unit.migration.access.shop import NOON, cart, category, customer, order, product, shop

from .conftest import MakeTable, delete_table, wait_for_status


@pytest.fixture
async def prefix(db: DynamoDB) -> AsyncIterator[str]:
    """The contract's tables, under names of this test."""
    made = f"t{uuid.uuid4().hex[:12]}-"
    contract, _ = shop()
    requests = create_table_requests(contract, Conventions(table_prefix=made))
    for request in requests:
        await db.call("CreateTable", request)
        await wait_for_status(db, request["TableName"], "ACTIVE")
    yield made
    for request in requests:
        await delete_table(db, request["TableName"])


@pytest.fixture
def layer(db: DynamoDB, prefix: str) -> AccessLayer:
    """A layer with guards."""
    contract, schema = shop()
    return AccessLayer(contract, db, schema=schema, conventions=Conventions(table_prefix=prefix), guards=True)


@pytest.fixture(scope="module")
def dal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The generated package."""
    folder: Path = tmp_path_factory.mktemp("generated")
    contract, schema = shop()
    write_files(generated_package(contract, package="shop_dal", schema=schema), folder / "shop_dal")
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module("shop_dal")
    finally:
        sys.path.remove(str(folder))
        for name in [name for name in sys.modules if name.split(".")[0] == "shop_dal"]:
            del sys.modules[name]


LINE = {"line_no": 1, "product_id": 7, "quantity": 2, "unit_price": 3, "amount": 6}


# ── entity by entity ─────────────────────────────────────────────────────────────────────────────────────────────────
async def test_customers(layer: AccessLayer) -> None:
    customers = layer.customers
    await customers.create(customer(layer, 1))
    with pytest.raises(UniqueViolation):
        await customers.create(customer(layer, 2, login="login1"))
    with pytest.raises(ConditionFailed):
        await customers.create(customer(layer, 1))
    assert (await customers.get(email="c1@example.com", consistent=True)).customer_id == 1
    assert (await customers.find_by_login("login1")).email == "c1@example.com"
    assert (await customers.update({"customer_id": 1}, {"login": "ada", "nickname": "Ada"})).login == "ada"
    assert (await customers.update({"customer_id": 1}, {"email": "new@example.com"})).email == "new@example.com"
    await customers.create(customer(layer, 2, login="login1"))
    await customers.increase({"customer_id": 2}, "points", 3)
    with pytest.raises(ConditionFailed, match="too little points: 3"):
        await customers.decrease({"customer_id": 2}, "points", 4)
    assert await customers.count_by_scan() == 2
    assert await customers.delete(email="new@example.com")
    assert await customers.table.scan().count() == 2  # the other one, and its guard


async def test_carts(layer: AccessLayer) -> None:
    for number in range(1, 31):
        await layer.carts.put(cart(layer, number))
    listing = layer.carts.list_by_email("c1@example.com", limit=7)
    page = await listing.page()
    assert len(page.items) == 7
    rest = [one async for one in layer.carts.list_by_email("c1@example.com", cursor=page.cursor)]
    assert {one.product_id for one in (*page.items, *rest)} == set(range(1, 31))
    assert (await layer.carts.find_by_id(107)).product_id == 7
    await layer.carts.update({"id": 107}, {"quantity": 9, "products_price": 2})
    assert (await layer.carts.get(email="c1@example.com", product_id=7)).quantity == 9
    assert await layer.carts.delete(email="c1@example.com", product_id=7)
    assert await layer.carts.count_by_email("c1@example.com") == 29


async def test_orders(layer: AccessLayer) -> None:
    for number in (1, 2, 3):
        await layer.orders.create(order(layer, number, lines=[LINE]))
    assert [one.order_id async for one in layer.orders.list_by_email("c1@example.com", descending=True)] == [3, 2, 1]
    paid = await layer.orders.update({"order_id": 2}, {"status": "paid"}, expected={"status": "pending"})
    assert paid.status == "paid"
    assert [one.order_id async for one in layer.orders.list_by_status("pending")] == [1, 3]
    assert (await layer.orders.list_by_status("paid").one()).lines == [LINE]
    await layer.orders.update(order(layer, 1), {"placed_at": NOON.replace(day=9)})
    assert [one.order_id async for one in layer.orders.list_by_email("c1@example.com")] == [2, 3, 1]


async def test_products(layer: AccessLayer) -> None:
    for number in (1, 2):
        await layer.products.create(
            product(layer, number, stock=3, thumbnail=b"\x00\xff", created_at=NOON.replace(day=number))
        )
    found = await layer.products.find_by_sku("SKU-2")
    assert (found.id, found.thumbnail, found.tags) == (2, b"\x00\xff", {"new"})
    results = await asyncio.gather(
        *(layer.products.decrease({"id": 1}, "stock") for _ in range(6)), return_exceptions=True
    )
    assert sum(one is None for one in results) == 3
    assert (await layer.products.get(id=1)).stock == 0
    with pytest.raises(ConditionFailed, match="another owner"):
        await layer.products.update({"id": 1}, {"name": "Lamp"}, owner={"merchant_id": 2})
    with pytest.raises(UniqueViolation):
        await layer.products.update({"id": 1}, {"sku": "SKU-2"})
    assert [one.id async for one in layer.products.list_by_merchant_id(1)] == [1, 2]


async def test_categories(layer: AccessLayer) -> None:
    await layer.categories.create(top := category(layer, 1))
    await layer.categories.create(category(layer, 2, top))
    await layer.categories.update_with_copies({"id": 1}, {"slug": "books", "name": "Books"})
    (child,) = await layer.categories.list_by_parent_id_and_categories_slug(1, "books").all()
    assert (child.id, child.parent_name) == (2, "Books")
    await layer.categories.delete_with_children(id=1)
    assert [(one.id, one.parent_id) async for one in layer.categories.scan()] == [(2, None)]


# ── together ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_checkout_is_all_or_nothing(layer: AccessLayer) -> None:
    await layer.customers.create(customer(layer, 1))
    await layer.products.create(product(layer, 1, stock=1))
    await layer.carts.create(cart(layer, 1))

    async def checkout(number: int) -> None:
        async with layer.transaction(token=f"checkout-{number}") as tx:
            tx.create(layer.orders, order(layer, number))
            await tx.decrease(layer.products, {"id": 1}, "stock")
            tx.delete(layer.carts, cart(layer, 1))
            await tx.increase(layer.customers, {"email": "c1@example.com"}, "order_count")

    results = await asyncio.gather(*(checkout(number) for number in range(1, 5)), return_exceptions=True)
    assert sum(one is None for one in results) == 1
    assert all(one is None or isinstance(one, (ConditionFailed, TransactionCanceled)) for one in results)
    assert await layer.orders.count_by_scan() == 1
    assert (await layer.customers.get(email="c1@example.com")).order_count == 1


async def test_a_partition_moves_and_is_deleted_with_everything_in_it(layer: AccessLayer) -> None:
    await layer.customers.create(customer(layer, 1))
    for number in range(1, 61):
        await layer.carts.create(cart(layer, number))
    moved = await layer.customers.move_partition({"customer_id": 1}, {"email": "new@example.com"})
    assert (moved.counts, moved.staged) == ({"customers": 1, "carts": 60}, True)
    assert await layer.carts.count_by_email("new@example.com") == 60
    done = await layer.customers.delete_with_children(email="new@example.com", leave=("products.carts",))
    assert done.counts == {"customers": 1, "carts": 60}
    assert await layer.customers.table.scan().count() == 0


async def test_ids_go_on_above_those_of_the_source(db: DynamoDB, make_table: MakeTable) -> None:
    table = db.table(await make_table(), "PK", "SK")
    await IdAllocator(table, "orders").seed(above=1_000)
    others = [IdAllocator(table, "orders", block=block) for block in (1, 5)]
    given = await asyncio.gather(*(one.allocate() for one in others for _ in range(10)))
    assert (len(set(given)), min(given)) == (20, 1_001)


@pytest.mark.parametrize("guards", [False, True])
async def test_generated_source_does_what_run_time_does(db: DynamoDB, prefix: str, dal: Any, guards: bool) -> None:
    async def in_memory() -> list[Any]:
        contract, schema = shop()
        async with DynamoDB.in_memory(create_table_requests(contract)) as memory:
            return await script(AccessLayer(contract, memory, schema=schema, guards=guards))

    assert await script(dal.Layer(db, table_prefix=prefix, guards=guards)) == await in_memory()
