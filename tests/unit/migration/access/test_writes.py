"""Create, put, update, delete: items are the contract's, what is derived follows, conditions hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from hashrange import Attr, ConditionFailed, ConfigurationError, DynamoDB, ItemTooLarge, Key, Update, ValidationError
from hashrange.migration.access import AccessLayer, Repository
from hashrange.migration.errors import NotInContract, RowRefused

from .shop import NOON, cart, category, customer, opened, order, product, shop


async def test_an_item_holds_the_contracts_attributes_and_nothing_else() -> None:
    async with opened() as layer:
        await layer.carts.create(cart(layer, 7))
        item = await layer.carts.table.scan().one()
        assert item == {
            "PK": "c1@example.com",
            "SK": "CART#7",
            "GSI1PK": "CART#107",
            "customer_id": "1",
            "product_id": "7",
            "quantity": 2,
            "product_name": "Product 7",
            "line_total": 19,
            "category_name": "Books",
            "label": "Product 7 in Books",
            "added_at": "2026-03-02T12:00:00Z",
        }


async def test_what_is_refused_is_refused_before_it_is_sent() -> None:
    async with opened() as layer:
        for record, said in (
            (customer(layer, 1, email=""), "'PK' is empty"),
            (customer(layer, 1, email=None), "NULL"),
            (product(layer, 1, description="x" * 410_000), "409600"),
        ):
            repository = layer.products if record.__class__.__name__ == "Product" else layer.customers
            with pytest.raises(RowRefused, match=said):
                await repository.create(record)
        assert await layer.customers.count_by_scan() == await layer.products.count_by_scan() == 0


async def test_put_is_as_good_twice_as_once_and_the_newer_one_stays() -> None:
    async with opened() as layer:
        old, new = customer(layer, 1), customer(layer, 1, nickname="Ada", updated_at=NOON + timedelta(hours=1))
        assert await layer.customers.put(new, newer_by="updated_at")
        assert await layer.customers.put(new, newer_by="updated_at")
        assert not await layer.customers.put(old, newer_by="updated_at")
        assert (await layer.customers.get(email=old.email)).nickname == "Ada"
        assert await layer.customers.put(old)
        assert (await layer.customers.get(email=old.email)).nickname is None
        with pytest.raises(ConditionFailed) as failed:
            await layer.customers.put(new, condition=Attr("points") > 5)
        assert failed.value.item.login == "login1"
        with pytest.raises(NotInContract, match="no attribute holds"):
            await layer.products.put(product(layer, 1), newer_by="id")
        with pytest.raises(ValidationError, match="the record has none"):
            await layer.customers.put(new, newer_by="birthday")


async def test_an_update_carries_everything_that_is_made_of_a_field() -> None:
    async with opened() as layer:
        await layer.products.create(product(layer, 1))
        changed = await layer.products.update(
            {"id": 1}, {"name": "Lamp", "price": Decimal("3.50"), "stock": 0, "category_id": 8, "description": "x"}
        )
        assert (changed.name, changed.price, changed.stock) == ("Lamp", Decimal("3.50"), 0)
        item = await layer.products.table.scan().one()
        assert (item["listing"], item["price_label"], item["availability"]) == ("SKU-1: Lamp", "3.50", "sold out")
        assert (item["GSI1PK"], item["GSI1SK"], item["description"]) == ("8", "Lamp", "x")
        assert await layer.products.list_by_category_id(7).all() == []
        assert [one.id async for one in layer.products.list_by_category_id(8)] == [1]
        await layer.products.update({"id": 1}, {"description": None})
        assert "description" not in await layer.products.table.scan().one()
        assert (await layer.products.update({"sku": "SKU-1"}, {})).name == "Lamp"


async def test_an_update_needs_what_cannot_be_read_back() -> None:
    async with opened() as layer:
        await layer.carts.create(cart(layer, 7))
        with pytest.raises(NotInContract, match="'line_total' is made of 'products_price', too"):
            await layer.carts.update(cart(layer, 7), {"quantity": 3})
        await layer.carts.update(cart(layer, 7), {"quantity": 3, "products_price": Decimal("9.50")})
        assert (await layer.carts.table.scan().one())["line_total"] == Decimal("28.50")


async def test_expected_values_and_owners_must_hold() -> None:
    async with opened() as layer:
        await layer.products.create(product(layer, 1, merchant_id=7))
        changed = await layer.products.update({"id": 1}, {"stock": 5}, owner={"merchant_id": 7}, expected={"stock": 10})
        assert changed.stock == 5
        for options, said in (
            ({"owner": {"merchant_id": 8}}, "it has another owner: 'merchant_id' has another value"),
            ({"expected": {"stock": 10}}, "it is not as expected: 'stock' has another value"),
            ({"condition": Attr("stock") > 5}, "conditional"),
        ):
            with pytest.raises(ConditionFailed, match=said) as failed:
                await layer.products.update({"id": 1}, {"stock": 4}, **options)
            assert failed.value.item.stock == 5
            with pytest.raises(ConditionFailed):
                await layer.products.delete({"id": 1}, **options)
        assert (await layer.products.get(id=1)).stock == 5
        await layer.carts.create(cart(layer, 7))
        with pytest.raises(NotInContract, match="cannot be compared"):
            await layer.carts.update(cart(layer, 7), {"quantity": 1}, expected={"products_price": 1})
        assert await layer.products.delete({"id": 1}, owner={"merchant_id": 7})
        assert not await layer.products.delete({"id": 1}, owner={"merchant_id": 7})


async def test_a_condition_without_a_change_is_still_a_condition() -> None:
    async with opened() as layer:
        await layer.products.create(product(layer, 1))
        await layer.products.update({"id": 1}, {"stock": 10}, condition=Attr("stock") == 10)
        with pytest.raises(ConditionFailed):
            await layer.products.update({"id": 1}, {"stock": 10}, condition=Attr("stock") == 11)


async def test_a_key_changes_in_one_transaction() -> None:
    async with opened() as layer:
        await layer.orders.create(order(layer, 5))
        await layer.orders.table.update_item(
            (await layer.orders.table.scan().map(lambda item: Key(item["PK"], item["SK"])).one()),
            Update().set("note", "kept"),
        )
        moved = await layer.orders.update(order(layer, 5), {"placed_at": NOON})
        assert moved.placed_at == NOON
        item = await layer.orders.table.scan().one()
        assert (item["SK"], item["GSI2SK"]) == ("ORDER#2026-03-02T12:00:00Z#5", "2026-03-02T12:00:00Z")
        assert item["note"] == "kept"  # an attribute that the contract does not know goes with it
        await layer.orders.create(order(layer, 5))
        with pytest.raises(ConditionFailed, match="there is a record of Order with the new key") as taken:
            await layer.orders.update(order(layer, 5), {"placed_at": NOON})
        assert taken.value.item.placed_at == NOON
        assert await layer.orders.count_by_scan() == 2


async def test_an_item_that_becomes_too_large_is_refused() -> None:
    async with opened() as layer:
        await layer.products.create(product(layer, 1))
        with pytest.raises(ItemTooLarge, match="with these changes the item has"):
            await layer.products.update({"id": 1}, {"description": "x" * 409_600})


async def test_deleting_says_whether_there_was_something() -> None:
    async with opened() as layer:
        await layer.categories.create(top := category(layer, 1))
        assert await layer.categories.delete(top)
        assert not await layer.categories.delete(top)
        assert not await layer.categories.delete(id=1)


async def test_many_are_read_at_once_in_their_order() -> None:
    async with opened() as layer:
        for number in range(1, 131):
            await layer.products.create(product(layer, number))
        found = await layer.products.get_many([{"id": number} for number in (130, 999, *range(1, 120))])
        assert [None if one is None else one.id for one in found] == [130, None, *range(1, 120)]


async def test_a_subclass_adds_access_patterns_of_its_own() -> None:
    class Orders(Repository[Any]):
        async def open_total(self, email: str) -> Decimal:
            """AP3: what a customer has not paid yet."""
            return sum(
                [one.total async for one in self.list_by_email(email, filter=Attr("status") == "pending")], Decimal(0)
            )

    async with opened(repositories={"orders": Orders}) as layer:
        await layer.orders.create(order(layer, 5))
        await layer.orders.create(order(layer, 6, status="paid"))
        assert await layer.orders.open_total("c1@example.com") == Decimal("19.00")
        assert layer["orders"] is layer.orders
        assert repr(layer) == "<AccessLayer of customers, carts, orders, products, categories>"
        with pytest.raises(AttributeError, match="the contract has no repository 'invoices'; there are customers"):
            _ = layer.invoices
        contract, schema = shop()
        async with DynamoDB.in_memory(numbers="float") as floats:
            with pytest.raises(ConfigurationError, match="which loses digits"):
                AccessLayer(contract, floats, schema=schema)
        with pytest.raises(ConfigurationError, match="no repository 'invoices'"):
            AccessLayer(contract, layer.db, schema=schema, repositories={"invoices": Orders})


async def test_a_record_is_replaced_as_any_dataclass() -> None:
    async with opened() as layer:
        one = customer(layer, 1)
        await layer.customers.create(one)
        await layer.customers.put(replace(one, points=7))
        assert (await layer.customers.get(one)).points == 7
