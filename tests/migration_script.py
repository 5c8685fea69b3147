"""Operations on the shop's repositories, one after another, and what each gave: equal layers give the same."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import asdict, is_dataclass
from decimal import Decimal
from typing import Any

from hashrange import Attr, DynamoDBError, begins_with, ge
from hashrange.migration.access import AccessLayer, FamilyResult
from tests.unit.migration.access.shop import NOON, cart, category, customer, order, product


async def script(layer: AccessLayer) -> list[Any]:
    """Run all of it on empty tables; what is raised is part of the outcome."""
    outcomes: list[Any] = []

    async def did(what: Awaitable[Any]) -> None:
        try:
            outcomes.append(_plain(await what))
        except DynamoDBError as error:
            outcomes.append((type(error).__name__, error.message))

    await _customers(layer, did)
    await _carts_and_orders(layer, did)
    await _products_and_categories(layer, did)
    await _together(layer, did)
    for one in layer:
        found = [_plain(record) async for record in one.scan()]
        outcomes.append((one.name, sorted(found, key=str), await one.count_by_scan()))
    return outcomes


async def _customers(layer: Any, did: Any) -> None:
    customers = layer.customers
    for number in (1, 2):
        await did(customers.create(customer(layer, number)))
    await did(customers.create(customer(layer, 1)))
    await did(customers.get_by_key("c1@example.com", consistent=True))
    await did(customers.find_by_login("login2"))
    await did(customers.find_by_customer_id(2))
    await did(customers.exists_by_key("nobody@example.com"))
    await did(customers.update_by_key("c1@example.com", {"login": "ada", "nickname": "Ada"}))
    await did(customers.update_by_key("c1@example.com", {"points": 1}, owner={"customer_id": 9}))
    await did(customers.update_by_key("nobody@example.com", {"points": 1}))
    await did(customers.increase({"customer_id": 1}, "points", 5))
    await did(customers.decrease({"customer_id": 1}, "points", 6))
    await did(customers.put(customer(layer, 2, points=3), newer_by="updated_at"))


async def _carts_and_orders(layer: Any, did: Any) -> None:
    for number in (1, 2, 3):
        await did(layer.carts.create(cart(layer, number)))
        await did(layer.orders.create(order(layer, number)))
    await did(layer.carts.list_by_email("c1@example.com", descending=True).all())
    await did(layer.carts.count_by_email("c1@example.com"))
    await did(layer.carts.find_by_id(102))
    await did(layer.carts.update_by_key("c1@example.com", 1, {"quantity": 5}))
    await did(layer.carts.update_by_key("c1@example.com", 1, {"quantity": 5, "products_price": Decimal(2)}))
    await did(layer.orders.list_by_email("c1@example.com", placed_at=ge(NOON.replace(day=2))).all())
    await did(layer.orders.list_by_status("pending", limit=2).all())
    await did(layer.orders.update_by_key("c1@example.com", NOON.replace(day=1), 1, {"status": "paid"}))
    await did(layer.orders.update({"order_id": 2}, {"placed_at": NOON}))
    await did(layer.orders.list_by_status("pending", filter=Attr("order_id") > 2).all())
    await did(layer.orders.count_by_status("paid"))
    await did(layer.orders.delete_by_key("c1@example.com", NOON.replace(day=3), 3))


async def _products_and_categories(layer: Any, did: Any) -> None:
    top = category(layer, 7)
    await did(layer.categories.create(top))
    await did(layer.categories.create(category(layer, 8, top)))
    await did(layer.categories.list_by_parent_id_and_categories_slug(7, "category-7").all())
    await did(layer.categories.find_by_id(8))
    for number in (1, 2):
        await did(layer.products.create(product(layer, number)))
    await did(layer.products.find_by_sku("SKU-2"))
    await did(layer.products.list_by_category_id(7, name=begins_with("Product")).all())
    await did(layer.products.update_by_key(1, {"name": "Lamp", "stock": 3}, expected={"stock": 10}))
    await did(layer.products.decrease({"id": 1}, "stock", 4))
    await did(layer.products.get_many([{"id": 2}, {"id": 9}, {"id": 1}]))
    await did(layer.categories.update_with_copies({"id": 7}, {"name": "Books", "slug": "books"}))
    await did(layer.categories.delete_with_children({"id": 7}))


async def _together(layer: Any, did: Any) -> None:
    async def checkout(number: int, quantity: int) -> int:
        async with layer.transaction(token=f"checkout-{number}") as tx:
            tx.create(layer.orders, order(layer, number))
            await tx.decrease(layer.products, {"id": 2}, "stock", quantity)
            tx.delete(layer.carts, {"email": "c1@example.com", "product_id": 2})
        return number

    await did(checkout(10, 4))
    await did(checkout(11, 40))
    await did(layer.customers.move_partition({"customer_id": 1}, {"email": "new@example.com"}))
    await did(layer.customers.delete_with_children(email="new@example.com"))
    await did(layer.customers.delete_with_children(email="new@example.com", leave=("products",)))


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, FamilyResult):
        return value
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
