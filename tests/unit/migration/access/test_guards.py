"""Unique columns kept by guard items: which they are, that they follow every write, and that lists never show them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hashrange import ConditionFailed, ConfigurationError, InvalidKey, UniqueViolation
from hashrange.migration.access import AccessLayer
from hashrange.migration.conventions import Conventions
from hashrange.migration.errors import NotInContract

from .shop import category, customer, opened, order, product, shop


async def guards(layer: AccessLayer) -> set[tuple[str, str]]:
    """What is guarded, and by whom."""
    found: set[tuple[str, str]] = set()
    for table in {one.table.name: one.table for one in layer}.values():
        async for item in table.scan():
            if str(item["PK"]).startswith("UNIQUE#"):
                found.add((item["PK"], item["owner"]["PK"]))
    return found


async def test_what_a_key_implies_needs_no_guard() -> None:
    async with opened(guards=True) as layer:
        assert {one.name: one.stored.unique for one in layer} == {
            "customers": (("login",),),  # email is the key
            "carts": (),  # customer and product make the key
            "orders": (),
            "products": (("sku",),),
            "categories": (("SK",),),  # a slug is unique in all, its key only under a parent
        }
    async with opened() as layer:
        assert not any(one.stored.has_guards for one in layer)


async def test_two_records_cannot_have_one_value() -> None:
    async with opened(guards=True) as layer:
        await layer.customers.create(customer(layer, 1))
        with pytest.raises(UniqueViolation) as refused:
            await layer.customers.create(customer(layer, 2, login="login1"))
        assert (refused.value.entity, refused.value.fields) == ("CUSTOMER", ("login",))
        with pytest.raises(ConditionFailed, match="there is a record of Customer with this key"):
            await layer.customers.create(customer(layer, 1, login="other"))
        await layer.customers.create(customer(layer, 2))
        with pytest.raises(UniqueViolation):
            await layer.customers.update({"customer_id": 2}, {"login": "login1"})
        with pytest.raises(UniqueViolation):
            await layer.customers.put(customer(layer, 3, login="login1"))
        assert await guards(layer) == {
            ("UNIQUE#CUSTOMER#login#login1", "c1@example.com"),
            ("UNIQUE#CUSTOMER#login#login2", "c2@example.com"),
        }


async def test_guards_follow_every_write() -> None:
    async with opened(guards=True) as layer:
        customers = layer.customers
        one = customer(layer, 1)
        await customers.put(one)
        await customers.put(one)
        await customers.update(one, {"login": "ada"})
        assert await guards(layer) == {("UNIQUE#CUSTOMER#login#ada", "c1@example.com")}
        await customers.update(one, {"points": 4})
        await customers.move_partition({"email": "c1@example.com"}, {"email": "new@example.com"})
        assert await guards(layer) == {("UNIQUE#CUSTOMER#login#ada", "new@example.com")}
        await customers.update({"email": "new@example.com"}, {"email": "old@example.com", "login": "bea"})
        assert await guards(layer) == {("UNIQUE#CUSTOMER#login#bea", "old@example.com")}
        assert await customers.delete(email="old@example.com", owner={"customer_id": 1})
        assert await guards(layer) == set()
        assert not await customers.delete(email="old@example.com")


async def test_lists_and_counts_do_not_show_guards() -> None:
    async with opened(guards=True) as layer:
        await layer.categories.create(top := category(layer, 1))
        await layer.categories.create(category(layer, 2, top))
        await layer.products.create(product(layer, 1))
        await layer.customers.create(customer(layer, 1))
        assert len(await guards(layer)) == 4
        for one in layer:
            assert await one.count_by_scan() == len(await one.scan().all())
        assert {one.id async for one in layer.categories.scan()} == {1, 2}
    contract, schema = shop()
    plain = AccessLayer(contract, layer.db, schema=schema)  # of another process, that has no guards of its own
    assert plain.categories.stored.is_guard({"PK": "UNIQUE#x#y#z", "SK": "UNIQUE", "owner": {"PK": "1", "SK": "2"}})
    assert not plain.categories.stored.is_guard({"PK": "UNIQUE#x#y#z", "SK": "UNIQUE", "name": "a category"})


async def test_a_record_that_would_look_like_a_guard_is_refused() -> None:
    async with opened(guards=True) as layer:
        with pytest.raises(InvalidKey, match="begins with 'UNIQUE#', as guards"):
            await layer.customers.create(customer(layer, 1, email="UNIQUE#x"))


async def test_further_fields_can_be_unique() -> None:
    async with opened(guards={"orders": [("customer_id", "total")], "products": [["id"]]}) as layer:
        assert layer.orders.stored.unique == (("customer_id", "total"),)
        assert layer.products.stored.unique == (("sku",), ("PK",))
        await layer.orders.create(order(layer, 5))
        with pytest.raises(UniqueViolation):
            await layer.orders.create(order(layer, 6))
        await layer.orders.create(order(layer, 7, total=7))
        contract, schema = shop()
        for wrong, error, said in (
            ({"orders": [("colour",)]}, NotInContract, "no field 'colour' to be unique"),
            ({"carts": [("products_price",)]}, NotInContract, "no attribute holds 'products_price' just as it is"),
            ({"nobody": []}, ConfigurationError, "no repository 'nobody'"),
        ):
            with pytest.raises(error, match=said):
                AccessLayer(contract, layer.db, schema=schema, guards=wrong)


async def test_a_folded_key_is_what_is_unique() -> None:
    """Where MySQL takes Ada and ADA for one login, so do the guards."""
    async with opened(guards=True, conventions=Conventions(fold_keys=True)) as layer:
        await layer.customers.create(customer(layer, 1, login="Ada"))
        with pytest.raises(UniqueViolation):
            await layer.customers.create(customer(layer, 2, login="ADA"))


async def test_of_two_that_create_the_same_login_at_once_one_succeeds() -> None:
    async with opened(guards=True) as layer:

        async def create(number: int) -> bool:
            try:
                await layer.customers.create(customer(layer, number, login="ada"))
            except UniqueViolation:
                return False
            return True

        assert sum(await asyncio.gather(*map(create, range(1, 21)))) == 1
        assert await layer.customers.count_by_scan() == len(await guards(layer)) == 1


async def test_updates_of_one_login_at_once_leave_one_guard() -> None:
    async with opened(guards=True) as layer:
        await layer.customers.create(customer(layer, 1))
        names = [f"name{number}" for number in range(8)]
        results: list[Any] = await asyncio.gather(
            *(layer.customers.update({"email": "c1@example.com"}, {"login": name}) for name in names),
            return_exceptions=True,
        )
        assert any(not isinstance(one, Exception) for one in results)
        now = (await layer.customers.get(email="c1@example.com")).login
        assert await guards(layer) == {(f"UNIQUE#CUSTOMER#login#{now}", "c1@example.com")}
