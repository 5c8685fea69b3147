"""Deletes with children, moves of partitions, copies that are kept: as far as the keys can do it, in stages beyond."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange import ConditionFailed, TransactionCanceled, ValidationError
from hashrange.migration.access import AccessLayer
from hashrange.migration.errors import NotInContract

from .shop import cart, category, customer, opened, order, product


async def family(layer: AccessLayer, carts: int = 2, orders: int = 2) -> Any:
    """A customer with carts and orders."""
    await layer.customers.create(one := customer(layer, 1))
    for number in range(1, carts + 1):
        await layer.carts.create(cart(layer, number))
    for number in range(1, orders + 1):
        await layer.orders.create(order(layer, number))
    return one


NO_CARTS_BY_PRODUCT = ("products.carts",)


async def test_a_partition_is_deleted_in_one_transaction() -> None:
    async with opened(guards=True) as layer:
        await family(layer)
        await layer.customers.create(customer(layer, 2))
        done = await layer.customers.delete_with_children(email="c1@example.com", leave=NO_CARTS_BY_PRODUCT)
        assert (done.counts, done.staged) == ({"customers": 1, "carts": 2, "orders": 2}, False)
        assert await layer.customers.table.scan().count() == 2  # the other customer, and its guard
        with pytest.raises(ConditionFailed, match="there is no record of Customer"):
            await layer.customers.delete_with_children(email="c1@example.com", leave=NO_CARTS_BY_PRODUCT)


async def test_a_large_partition_is_deleted_in_stages() -> None:
    async with opened(guards=True) as layer:
        await family(layer, carts=120)
        done = await layer.customers.delete_with_children(customer_id=1, leave=NO_CARTS_BY_PRODUCT)
        assert (done.counts["carts"], done.staged) == (120, True)
        assert await layer.customers.table.scan().count() == 0


async def test_a_cascade_that_no_key_finds_is_refused_before_anything_is_done() -> None:
    async with opened() as layer:
        await family(layer)
        with pytest.raises(NotInContract, match=r"no key of the contract finds carts \(CART, by carts.product_id\)"):
            await layer.customers.delete_with_children(email="c1@example.com")
        assert await layer.customers.table.scan().count() == 5


async def test_rows_of_other_tables_are_found_by_their_index() -> None:
    async with opened() as layer:
        await family(layer, carts=0, orders=0)
        for number in (1, 2):
            await layer.products.create(product(layer, number))
        await layer.products.create(product(layer, 3, merchant_id=9))
        done = await layer.customers.delete_with_children(email="c1@example.com", leave=NO_CARTS_BY_PRODUCT)
        assert (done.counts, done.staged) == ({"products": 2, "customers": 1}, True)
        assert [one.id async for one in layer.products.scan()] == [3]


async def test_what_restricts_is_asked_first() -> None:
    async with opened() as layer:
        await layer.categories.create(category(layer, 7))
        await layer.products.create(product(layer, 1, category_id=7))
        with pytest.raises(ConditionFailed, match="the Category is still referred to by products") as refused:
            await layer.categories.delete_with_children(id=7)
        assert refused.value.item.id == 1
        await layer.categories.delete_with_children(id=7, leave=("categories.products",))
        assert await layer.categories.count_by_scan() == 0
        assert await layer.products.count_by_scan() == 1


async def test_children_of_a_category_become_roots() -> None:
    async with opened(guards=True) as layer:
        await layer.categories.create(top := category(layer, 1))
        for number in (2, 3):
            await layer.categories.create(category(layer, number, top))
        done = await layer.categories.delete_with_children(id=1)
        assert done.counts == {"categories": 3}
        roots = await layer.categories.list_by_parent_id_and_categories_slug(None, None).all()
        assert [(one.id, one.parent_id) for one in roots] == [(2, None), (3, None)]
        assert {item["PK"] async for item in layer.categories.table.scan() if "owner" not in item} == {"ROOT"}


async def test_a_single_record_deletes_nothing_else() -> None:
    async with opened() as layer:
        await family(layer)
        done = await layer.carts.delete_with_children(email="c1@example.com", product_id=1)
        assert done.counts == {"carts": 1}
        assert await layer.customers.table.scan().count() == 4


async def test_an_owner_must_be_the_owner() -> None:
    async with opened() as layer:
        await family(layer)
        for call in (
            layer.customers.delete_with_children(email="c1@example.com", owner={"customer_id": 9}, leave=("products",)),
            layer.customers.move_partition({"email": "c1@example.com"}, {"email": "x"}, owner={"customer_id": 9}),
        ):
            with pytest.raises(ConditionFailed, match="another owner"):
                await call
        assert await layer.customers.table.scan().count() == 5


# ── moves ────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_partition_moves_with_everything_in_it() -> None:
    async with opened(guards=True) as layer:
        await family(layer)
        with pytest.raises(ValidationError, match="other items lie in the old one"):
            await layer.customers.update({"email": "c1@example.com"}, {"email": "new@example.com"})
        done = await layer.customers.move_partition({"customer_id": 1}, {"email": "new@example.com", "points": 3})
        assert (done.counts, done.staged) == ({"customers": 1, "carts": 2, "orders": 2}, False)
        assert (await layer.customers.get(email="new@example.com")).points == 3
        assert await layer.customers.get(email="c1@example.com") is None
        assert [one.product_id async for one in layer.carts.list_by_email("new@example.com")] == [1, 2]
        assert (await layer.orders.find_by_order_id(1)).email == "new@example.com"


async def test_a_large_partition_moves_in_stages_and_can_be_finished() -> None:
    async with opened(guards=True) as layer:
        await family(layer, carts=60, orders=0)
        arguments: Any = ({"email": "c1@example.com"}, {"email": "new@example.com"})
        failing, before = layer.carts.stored.add_move, 0

        def interrupted(*given: Any) -> None:
            nonlocal before
            before += 1
            if before > 55:
                raise KeyError("the process ends here")
            failing(*given)

        layer.carts.stored.add_move = interrupted
        with pytest.raises(KeyError):
            await layer.customers.move_partition(*arguments)
        layer.carts.stored.add_move = failing
        assert await layer.carts.count_by_email("new@example.com") == 50  # one transaction of two
        assert await layer.carts.count_by_scan() == 60
        done = await layer.customers.move_partition(*arguments)
        assert (done.counts, done.staged) == ({"carts": 10}, True)
        assert await layer.carts.count_by_email("new@example.com") == 60
        assert (await layer.customers.move_partition(*arguments)).counts == {}
        with pytest.raises(ConditionFailed, match="there is no record of Customer"):
            await layer.customers.move_partition({"email": "nobody@x"}, {"email": "other@x"})


async def test_items_that_are_large_move_a_few_at_a_time() -> None:
    async with opened() as layer:
        await family(layer, carts=0, orders=0)
        for number in range(1, 13):
            await layer.orders.create(order(layer, number, buyer={"login": "x" * 200_000, "nickname": None}))
        moved = await layer.customers.move_partition({"customer_id": 1}, {"email": "new@example.com"})
        assert (moved.counts, moved.staged) == ({"customers": 1, "orders": 12}, True)
        assert await layer.orders.count_by_email("new@example.com") == 12


async def test_a_partition_does_not_move_onto_another() -> None:
    async with opened() as layer:
        await family(layer)
        await layer.customers.create(customer(layer, 2))
        with pytest.raises(TransactionCanceled):
            await layer.customers.move_partition({"customer_id": 1}, {"email": "c2@example.com"})
        assert await layer.carts.count_by_email("c1@example.com") == 2
        for changes in ({"points": 3}, {"email": "c1@example.com"}):
            with pytest.raises(ValidationError, match="move no partition"):
                await layer.customers.move_partition({"customer_id": 1}, changes)


# ── copies ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_renamed_category_takes_its_children_and_products_with_it() -> None:
    async with opened() as layer:
        await layer.categories.create(top := category(layer, 7))
        await layer.categories.create(category(layer, 2, top))
        await layer.products.create(product(layer, 1, category_id=7, category_name="Category 7"))
        with pytest.raises(ValidationError, match=r"keys of categories .* are made of 'slug', too"):
            await layer.categories.update({"id": 7}, {"slug": "books"})
        done = await layer.categories.update_with_copies({"id": 7}, {"slug": "books", "name": "Books"})
        assert (done.counts, done.staged) == ({"categories": 2, "products": 1}, True)
        children = await layer.categories.list_by_parent_id_and_categories_slug(7, "books").all()
        assert [(one.id, one.parent_name) for one in children] == [(2, "Books")]
        assert (await layer.products.get(id=1)).category_name == "Books"
        assert (await layer.categories.find_by_id(7)).slug == "books"
        again = await layer.categories.update_with_copies({"id": 7}, {"slug": "books", "name": "Books"})
        assert again.counts == {"categories": 1}


async def test_copies_that_no_key_finds_are_said_to_be() -> None:
    async with opened() as layer:
        await layer.products.create(product(layer, 1))
        with pytest.raises(NotInContract, match=r"carts \(CART, by carts.product_id\) \(no key finds them\)"):
            await layer.products.update_with_copies({"id": 1}, {"name": "Lamp"})
        assert (await layer.products.get(id=1)).name == "Product 1"
        await layer.products.update_with_copies({"id": 1}, {"name": "Lamp"}, leave=("carts",))
        assert (await layer.products.get(id=1)).name == "Lamp"
        await layer.customers.create(customer(layer, 1))
        with pytest.raises(NotInContract, match=r"orders.buyer \(not a plain copy\)"):
            await layer.customers.update_with_copies({"customer_id": 1}, {"login": "ada"}, leave=("products",))
        with pytest.raises(ValidationError, match="move_partition"):
            await layer.customers.update_with_copies({"customer_id": 1}, {"email": "a@x"})
