"""Transactions over repositories: a checkout, all or nothing, once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hashrange import Attr, ConditionFailed, TransactionCanceled, UniqueViolation, ValidationError
from hashrange.migration.access import AccessLayer

from .shop import cart, category, customer, opened, order, product


async def stocked(layer: AccessLayer) -> None:
    """A customer with two lines in the cart, and products for them."""
    await layer.customers.create(customer(layer, 1))
    for number, stock in ((1, 3), (2, 1)):
        await layer.products.create(product(layer, number, stock=stock))
        await layer.carts.create(cart(layer, number))


async def checkout(layer: AccessLayer, number: int, quantity: int = 1) -> None:
    async with layer.transaction(token=f"checkout-{number}") as tx:
        tx.create(layer.orders, order(layer, number))
        for one in (1, 2):
            await tx.decrease(layer.products, {"id": one}, "stock", quantity)
            tx.delete(layer.carts, {"email": "c1@example.com", "product_id": one})
        await tx.increase(layer.customers, {"email": "c1@example.com"}, "order_count")
        assert tx.action_count == 6
        assert repr(tx) == "<LayerTransaction 6 actions>"


async def test_a_checkout_happens_as_a_whole() -> None:
    async with opened() as layer:
        await stocked(layer)
        await checkout(layer, 1)
        assert [one.stock async for one in layer.products.scan()] in ([2, 0], [0, 2])
        assert await layer.carts.count_by_email("c1@example.com") == 0
        assert (await layer.customers.get(email="c1@example.com")).order_count == 1
        assert (await layer.orders.find_by_order_id(1)).total == Decimal("19.00")


async def test_what_is_sold_out_stops_all_of_it() -> None:
    async with opened() as layer:
        await stocked(layer)
        with pytest.raises(ConditionFailed, match="too little stock: 1, and 2 are wanted"):
            await checkout(layer, 1, quantity=2)
        assert await layer.orders.count_by_scan() == 0
        await checkout(layer, 1)
        with pytest.raises(ConditionFailed, match="too little stock: 0"):
            await checkout(layer, 2)
        assert await layer.orders.count_by_scan() == 1


async def test_what_changes_between_reading_and_writing_stops_it() -> None:
    async with opened() as layer:
        await stocked(layer)

        async def raced() -> None:
            async with layer.transaction() as tx:
                await tx.decrease(layer.products, {"id": 1}, "stock", 2)
                tx.create(layer.orders, order(layer, 1))
                await layer.products.decrease({"id": 1}, "stock", 2)

        with pytest.raises(TransactionCanceled):
            await raced()
        assert (await layer.products.get(id=1)).stock == 1
        assert await layer.orders.count_by_scan() == 0


async def test_updates_deletes_and_checks_go_together() -> None:
    async with opened(guards=True) as layer:
        await stocked(layer)
        await layer.categories.create(top := category(layer, 1))
        async with layer.transaction() as tx:
            changed = await tx.update(
                layer.products, {"sku": "SKU-1"}, {"name": "Lamp", "sku": "NEW"}, owner={"merchant_id": 1}
            )
            assert (changed.name, changed.sku) == ("Lamp", "NEW")
            await tx.update(layer.carts, cart(layer, 1), {"product_id": 9})  # another key
            await tx.update(layer.customers, {"customer_id": 1}, {"points": 0})  # nothing changes: it is checked
            await tx.delete_read(layer.categories, top, expected={"name": "Category 1"})
            tx.check(layer.products, {"id": 2}, Attr("stock") == 1)
        assert (await layer.products.find_by_sku("NEW")).name == "Lamp"
        assert [one.product_id async for one in layer.carts.scan()] == [2, 9]
        assert await layer.categories.table.scan().count() == 0

        async def refused(**options: object) -> None:
            async with layer.transaction() as tx:
                tx.check(layer.products, {"id": 3})

        with pytest.raises(TransactionCanceled):
            await refused()


async def test_guards_are_part_of_it() -> None:
    async with opened(guards=True) as layer:
        await stocked(layer)

        async def taken() -> None:
            async with layer.transaction() as tx:
                tx.create(layer.orders, order(layer, 1))
                tx.create(layer.customers, customer(layer, 2, login="login1"))

        with pytest.raises(UniqueViolation, match="another item has the same login"):
            await taken()
        async with layer.transaction() as tx:
            with pytest.raises(ValidationError, match="delete_read"):
                tx.delete(layer.customers, {"email": "c1@example.com"})
            with pytest.raises(ValidationError, match="must be a whole number"):
                await tx.decrease(layer.products, {"id": 1}, "stock", 0)
        assert await layer.orders.count_by_scan() == 0


async def test_a_token_makes_it_once() -> None:
    async with opened() as layer:
        await layer.customers.create(customer(layer, 1))
        for _ in range(3):
            async with layer.transaction(token="welcome-1") as tx:
                await tx.increase(layer.customers, {"email": "c1@example.com"}, "points", 50)
        assert (await layer.customers.get(email="c1@example.com")).points == 50
