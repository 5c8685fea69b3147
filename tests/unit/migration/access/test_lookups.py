"""Which look-ups the keys of a contract serve, by name; and what is said about the others."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange import InvalidExpression, Key, MissingRequiredKey
from hashrange.migration.access.lookups import methods
from hashrange.migration.errors import NotInContract
from hashrange.migration.mapping.entity import mappings
from hashrange.migration.source.schema import NO_SCHEMA

from .shop import cart, category, customer, opened, order, product, shop
from .variants import with_categories_by_parent, without_cart_ids

KEY = ["get_by_key", "exists_by_key", "update_by_key", "delete_by_key"]


def test_every_key_and_index_is_a_method() -> None:
    contract, schema = shop()
    found = {one.repository: list(methods(one, schema)) for one in mappings(contract, schema=schema)}
    assert found == {
        "customers": [*KEY, "find_by_customer_id", "find_by_login"],
        "carts": [*KEY, "list_by_email", "count_by_email", "find_by_id"],
        "orders": [*KEY, "list_by_email", "count_by_email", "find_by_order_id", "list_by_status", "count_by_status"],
        "products": [
            *KEY, "list_by_category_id", "count_by_category_id", "list_by_merchant_id", "count_by_merchant_id",
            "find_by_sku",
        ],
        "categories": [
            *KEY, "list_by_parent_id_and_categories_slug", "count_by_parent_id_and_categories_slug", "find_by_id",
        ],
    }  # fmt: skip


def test_without_a_schema_nothing_but_a_key_is_unique() -> None:
    contract, _ = shop()
    customers = mappings(contract).by_repository["customers"]
    assert list(methods(customers, NO_SCHEMA)) == [
        *KEY, "list_by_customer_id", "count_by_customer_id", "list_by_login", "count_by_login",
    ]  # fmt: skip


async def test_every_method_finds_what_it_names() -> None:
    async with opened() as layer:
        ada, book, line, bought = customer(layer, 1), product(layer, 7), cart(layer, 7), order(layer, 5)
        top = category(layer, 1)
        for repository, record in zip(layer, (ada, line, bought, book, top), strict=True):
            await repository.create(record)
        read = [await one.scan().one() for one in layer]
        assert [await layer.customers.find_by_customer_id(1), await layer.customers.find_by_login("login1")] == [
            read[0], read[0]
        ]  # fmt: skip
        assert await layer.carts.get_by_key("c1@example.com", 7) == read[1]
        assert await layer.carts.list_by_email("c1@example.com").all() == [read[1]]
        assert await layer.carts.find_by_id(id=107) == read[1]
        assert await layer.orders.find_by_order_id(5) == read[2]
        assert await layer.orders.list_by_status("pending").all() == [read[2]]
        assert await layer.orders.count_by_status("paid") == 0
        assert await layer.products.list_by_category_id(7).all() == [read[3]]
        assert await layer.products.list_by_merchant_id(1, limit=5).page() is not None
        assert await layer.products.find_by_sku("SKU-7") == read[3]
        assert await layer.products.find_by_sku("SKU-8") is None
        assert await layer.categories.list_by_parent_id_and_categories_slug(None, None).all() == [read[4]]
        assert await layer.categories.exists_by_key(None, None, "category-1")
        changed = await layer.carts.update_by_key("c1@example.com", 7, {"added_at": read[2].placed_at})
        assert changed.added_at == read[2].placed_at
        assert await layer.carts.delete_by_key("c1@example.com", 7)
        assert not await layer.carts.delete_by_key("c1@example.com", 7)


async def test_ids_are_numbers_in_and_out_and_text_in_the_item() -> None:
    async with opened() as layer:
        await layer.products.create(product(layer, 7))
        found = await layer.products.get(id=7)
        assert (found.id, found.category_id, type(found.id)) == (7, 7, int)
        item = await layer.products.table.scan().one()
        assert (item["PK"], item["category_id"], item["GSI1PK"]) == ("7", "7", "7")


def refused(call: Any) -> str:
    with pytest.raises(NotInContract) as raised:
        call()
    return str(raised.value)


async def test_a_look_up_without_a_key_says_at_once_what_would_be_needed() -> None:
    async with opened() as layer:
        said = refused(lambda: layer.customers.find_by_nickname)
        assert "CUSTOMER cannot be looked up by nickname: it is the partition key of neither the table nor" in said
        assert "needed: a global index whose partition key is made of nickname" in said
        said = refused(lambda: layer.carts.list_by_product_id)
        assert "the table's key has it only under email" in said
        said = refused(lambda: layer.products.find_by_name)
        assert "index ByCategory has it only under category_id" in said
        assert not hasattr(layer.carts, "find_by_product_id")
        with pytest.raises(AttributeError, match="has no method 'frobnicate'; its look-ups are get_by_key"):
            layer.carts.frobnicate()


async def test_an_id_that_is_stored_nowhere_is_said_to_be() -> None:
    """A cart's own id, where neither an attribute nor a key has it."""
    async with opened(without_cart_ids()) as layer:
        said = refused(lambda: layer.carts.find_by_id)
        assert "the contract stores carts.id in no attribute and no key" in said
        with pytest.raises(NotInContract, match=r"CART cannot be looked up by id"):
            await layer.carts.get(id=9)
        await layer.carts.create(cart(layer, 7))
        with pytest.raises(NotInContract, match="'id' cannot be changed: the contract stores it in no attribute"):
            await layer.carts.update(cart(layer, 7), {"id": 10})


async def test_a_category_by_its_id_under_another_partition_is_refused() -> None:
    """An index of (parent, id): the id alone finds nothing."""
    async with opened(with_categories_by_parent()) as layer:
        assert "index ByParent has it only under parent_id" in refused(lambda: layer.categories.find_by_id)
        with pytest.raises(NotInContract, match="only under parent_id"):
            await layer.categories.get(id=7)


async def test_keys_that_do_not_fit_are_refused() -> None:
    async with opened() as layer:
        for call, error, said in (
            (lambda: layer.carts.get(email="a"), InvalidExpression, "'product_id' is missing"),
            (lambda: layer.carts.get({"email": "a"}, product_id=7), InvalidExpression, "not both"),
            (lambda: layer.carts.get(), InvalidExpression, "give a key"),
            (lambda: layer.carts.delete(Key("a", "#PROFILE")), InvalidExpression, "not the key of a Cart"),
            (lambda: layer.carts.update(None, {}), InvalidExpression, "give a key"),
            (lambda: layer.customers.get(email="a", points=3), InvalidExpression, "'points' is not part of it"),
            (lambda: layer.orders.query("Nowhere").all(), NotInContract, "not in an index 'Nowhere'"),
            (lambda: layer.carts.query("ByLogin").all(), NotInContract, "it is in ById"),
            (lambda: layer.orders.query("ByStatus").all(), MissingRequiredKey, "'status' is missing"),
            (lambda: layer.orders.query(email="a", total=3).all(), InvalidExpression, "'total' is part of neither"),
            (lambda: layer.orders.query(email="a", order_id=3).all(), InvalidExpression, "'placed_at' stands before"),
        ):
            with pytest.raises(error, match=said):
                await call()  # type: ignore[no-untyped-call]
