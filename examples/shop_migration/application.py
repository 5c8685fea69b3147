"""The shop's application while it migrates: it sells and restocks as ever, and writes through a ``DualLayer``.

That layer writes MySQL first, then the item that MySQL's row makes. What comes from other rows (an order's lines, how
many products a category has) is MySQL's to change; ``refresh`` makes the items follow. Must not know the migration.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

import sqlalchemy as sa

from examples.shop_migration.rows import Shop
from hashrange.migration.dual import DualLayer


class Application:
    """Some customers and clerks at work.

    Args:
        dual: both sides.
        engine: MySQL, for statements of the application's own.
        shop: what there was at the beginning.
    """

    def __init__(self, dual: DualLayer, engine: sa.Engine, shop: Shop) -> None:
        self._dual, self._engine, self._shop = dual, engine, shop
        self.done: dict[str, int] = {}
        self._new_products: list[Any] = []

    async def work(self, number: int, is_over: Callable[[], bool], least: int) -> None:
        """One worker: does one thing after the other until it is over, and at least so many things.

        Args:
            number: of the worker; decides what it does.
            is_over: asked after each.
            least: how many things at least.
        """
        chance = Random(number)
        things = (self._price, self._price, self._stock, self._order, self._ship, self._new, self._gone)
        done = 0
        while done < least or not is_over():
            thing = chance.choice(things)
            name = thing.__name__.removeprefix("_")
            try:
                await thing(chance)
            except (
                TimeoutError
            ):  # nobody knows whether MySQL has it; the repair queue makes the item say what its row does
                name = "given up"
            self.done[name] = self.done.get(name, 0) + 1
            done += 1

    async def read(self, count: int) -> int:
        """Read orders and products by their ids. Returns how many were there."""
        chance = Random(count)
        found = 0
        for _ in range(count):
            order = await self._dual.orders.get(order_id=1 + chance.randrange(self._shop.orders))
            product = await self._dual.products.get(id=1 + chance.randrange(self._shop.products))
            found += (order is not None) + (product is not None)
        return found

    # ── what they do ─────────────────────────────────────────────────────────────────────────────────────────────────
    async def _price(self, chance: Random) -> None:
        price = Decimal(chance.randrange(100, 50_000)) / 100
        await self._dual.products.update({"id": self._product(chance)}, {"price": price, "updated_at": _now()})

    async def _stock(self, chance: Random) -> None:
        await self._dual.products.update({"id": self._product(chance)}, {"stock": chance.randrange(50)})

    async def _ship(self, chance: Random) -> None:
        order = 1 + chance.randrange(self._shop.orders)
        await self._dual.orders.update({"order_id": order}, {"status": "shipped", "updated_at": _now()})

    async def _order(self, chance: Random) -> None:
        """The order is a row of its own; its lines are not, and are in its item: so it is refreshed behind them."""
        customer, product = 1 + chance.randrange(self._shop.customers), self._product(chance)
        placed = _now()
        record = {
            "customer_id": customer, "status": "pending", "total": Decimal("3.50"), "placed_at": placed,
            "updated_at": placed,
        }  # fmt: skip
        made = await self._dual.orders.create(record)
        line = {"order": made.order_id, "product": product}
        statement = "INSERT INTO order_lines VALUES (:order, 1, :product, 1, '3.50')"
        await asyncio.to_thread(self._run, statement, line)
        await self._dual.orders.refresh(order_id=made.order_id)

    async def _new(self, chance: Random) -> None:
        """A category says how many products it has: it is refreshed, too."""
        category = 4 + chance.randrange(5)
        number = chance.randrange(10**12)
        record = {
            "sku": f"NEW-{number:012d}", "category_id": category, "name": f"New product {number}",
            "price": Decimal("9.90"), "stock": 3, "tags": {"new"}, "updated_at": _now(),
        }  # fmt: skip
        try:
            self._new_products.append(await self._dual.products.create(record))
        finally:
            await self._dual.categories.refresh(id=category)

    async def _gone(self, chance: Random) -> None:
        """Only what nobody has ordered yet can go."""
        if self._new_products:
            product = self._new_products.pop(0)
            try:
                await self._dual.products.delete({"id": product.id})
            finally:
                await self._dual.categories.refresh(id=product.category_id)

    def _product(self, chance: Random) -> int:
        return 1 + chance.randrange(self._shop.products)

    def _run(self, statement: str, values: dict[str, Any]) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.text(statement), values)


def _now() -> datetime:
    """MySQL's TIMESTAMP has no fraction of a second."""
    return datetime.now(UTC).replace(microsecond=0)
