"""Numbers that are counted: in place where they stand alone, with what is made of them where they do not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hashrange import ConditionFailed, Update, ValidationError
from hashrange.migration.errors import NotInContract

from .shop import customer, opened, order, product


async def test_stock_is_counted_with_what_is_made_of_it() -> None:
    async with opened() as layer:
        await layer.products.create(product(layer, 1, stock=6))
        assert not layer.products.counts_in_place("stock")
        await layer.products.decrease({"id": 1}, "stock", 4)
        item = await layer.products.table.scan().one()
        assert (item["stock"], item["availability"]) == (2, "few left")
        with pytest.raises(ConditionFailed, match="the Product has too little stock: 2, and 3 are wanted") as failed:
            await layer.products.decrease({"sku": "SKU-1"}, "stock", 3)
        assert failed.value.item.stock == 2
        await layer.products.increase({"id": 1}, "stock", 40)
        assert (await layer.products.table.scan().one())["availability"] == "in stock"
        with pytest.raises(ValidationError, match="no token can stand for it"):
            await layer.products.decrease({"id": 1}, "stock", token="one")


async def test_a_number_that_stands_alone_is_counted_in_place() -> None:
    async with opened() as layer:
        await layer.customers.create(customer(layer, 1, points=5))
        key = {"email": "c1@example.com"}
        assert layer.customers.counts_in_place("points")
        await layer.customers.decrease(key, "points", 2)
        with pytest.raises(ConditionFailed, match="too little points: 3, and 3 are wanted"):
            await layer.customers.decrease(key, "points", 3, not_below=1)
        await layer.customers.decrease(key, "points", 2, not_below=1)
        await layer.customers.increase(key, "points", 10, token="once")
        await layer.customers.increase(key, "points", 10, token="once")
        assert (await layer.customers.get(key)).points == 11
        await layer.orders.create(order(layer, 5))
        await layer.orders.increase({"order_id": 5}, "total", Decimal("0.50"))
        assert (await layer.orders.find_by_order_id(5)).total == Decimal("19.50")


@pytest.mark.parametrize("field", ["points", "stock"])
async def test_a_number_that_is_missing_is_said_to_be(field: str) -> None:
    async with opened() as layer:
        repository, record = (
            (layer.customers, customer(layer, 1)) if field == "points" else (layer.products, product(layer, 1))
        )
        with pytest.raises(ConditionFailed, match=r"there is no record of (Customer|Product) with this key"):
            await repository.decrease(record, field)
        await repository.create(record)
        await repository.table.update_item(repository.key(record), Update().remove(field))
        with pytest.raises(Exception, match=r"has no points|never NULL in the source"):
            await repository.decrease(record, field)
        assert field not in await repository.table.scan().one()


@pytest.mark.parametrize("by", [0, -1, True, 1.5, "1"])
async def test_what_is_no_amount_is_refused(by: Any) -> None:
    async with opened() as layer:
        with pytest.raises(ValidationError, match="it must be a whole number or a Decimal over 0"):
            await layer.customers.decrease({"email": "a"}, "points", by)


async def test_what_is_no_number_is_refused() -> None:
    async with opened() as layer:
        with pytest.raises(NotInContract, match="'nickname' is no number"):
            await layer.customers.increase({"email": "a"}, "nickname")
        with pytest.raises(NotInContract, match="no attribute holds 'id' just as it is"):
            await layer.products.increase({"id": 1}, "id")
