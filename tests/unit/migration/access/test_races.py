"""Writers at the same time, in orders that a seed chooses: nothing is lost, nothing is there twice."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from hashrange import ConditionFailed, DynamoDBError, TransactionCanceled, UniqueViolation
from hashrange.testing import FakeClock, FaultPlan, Rule, reset_after, reset_before
from hashrange.wire.transport import Request, Response, Transport

from .shop import NOON, cart, customer, opened, order, product

SEEDS = range(25)


class Shuffled:
    """A transport on which a seed decides whose request comes first."""

    def __init__(self, inner: Transport, seed: int) -> None:
        self._inner, self._random = inner, Random(seed)

    async def send(self, request: Request) -> Response:
        for _ in range(self._random.randrange(8)):
            await asyncio.sleep(0)
        return await self._inner.send(request)

    def repair(self, error: DynamoDBError, response: Response) -> bool:
        return self._inner.repair(error, response)

    async def close(self) -> None:
        await self._inner.close()


def shuffled(seed: int) -> Any:
    return lambda inner: Shuffled(inner, seed)


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_key_change_and_an_update_lose_nothing(seed: int) -> None:
    async with opened(transport=shuffled(seed)) as layer:
        await layer.orders.create(order(layer, 5))
        later = NOON + timedelta(days=20)

        async def tried(changes: dict[str, Any]) -> bool:
            try:
                await layer.orders.update(order(layer, 5), changes)
            except ConditionFailed:
                return False
            return True

        moved, paid, gift = await asyncio.gather(
            tried({"placed_at": later}), tried({"status": "paid"}), tried({"is_gift": True})
        )
        assert moved
        (one,) = await layer.orders.scan().all()
        assert (one.placed_at, one.status == "paid", one.is_gift) == (later, paid, gift)


@pytest.mark.parametrize("seed", SEEDS)
async def test_stock_is_what_was_not_sold(seed: int) -> None:
    async with opened(transport=shuffled(seed)) as layer:
        await layer.products.create(product(layer, 1, stock=7))
        amounts = [1, 2, 3, 1, 2]
        results = await asyncio.gather(
            *(layer.products.decrease({"id": 1}, "stock", amount) for amount in amounts), return_exceptions=True
        )
        sold = sum(amount for amount, result in zip(amounts, results, strict=True) if result is None)
        item = await layer.products.table.scan().one()
        assert item["stock"] == 7 - sold >= 0
        assert item["availability"] == ("sold out" if not item["stock"] else "few left")


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_lost_answer_is_not_taken_for_anothers_sale(seed: int) -> None:
    clock = FakeClock()

    def losing(inner: Transport) -> Transport:
        write = "TransactWriteItems"
        rules = [Rule(reset_after(), write, probability=0.3), Rule(reset_before(), write, probability=0.2)]
        return FaultPlan(Shuffled(inner, seed), rules, seed=seed, clock=clock)

    async with opened(transport=losing, clock=clock) as layer:
        await layer.products.create(product(layer, 1, stock=20))
        results = await asyncio.gather(
            *(layer.products.decrease({"id": 1}, "stock") for _ in range(6)), return_exceptions=True
        )
        sure = sum(result is None for result in results)
        unsure = sum(getattr(result, "maybe_applied", False) for result in results)
        sold = 20 - (await layer.products.table.scan().one())["stock"]
        assert sure <= sold <= sure + unsure
        assert sure


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_login_has_one_owner(seed: int) -> None:
    async with opened(guards=True, transport=shuffled(seed)) as layer:
        await layer.customers.create(customer(layer, 1))
        await layer.customers.create(customer(layer, 2))

        async def tried(what: Any) -> bool:
            try:
                await what
            except (UniqueViolation, ConditionFailed):
                return False
            return True

        results = await asyncio.gather(
            tried(layer.customers.update({"email": "c1@example.com"}, {"login": "ada"})),
            tried(layer.customers.update({"email": "c2@example.com"}, {"login": "ada"})),
            tried(layer.customers.create(customer(layer, 3, login="ada"))),
            tried(layer.customers.put(customer(layer, 4, login="ada"))),
        )
        assert sum(results) == 1
        logins = [one.login async for one in layer.customers.scan()]
        guards = [
            item["PK"].rpartition("#")[2]
            async for item in layer.customers.table.scan()
            if layer.customers.stored.is_guard(item)
        ]
        assert sorted(logins) == sorted(guards)
        assert logins.count("ada") == 1


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_partition_moves_while_it_is_written(seed: int) -> None:
    async with opened(transport=shuffled(seed)) as layer:
        await layer.customers.create(customer(layer, 1))
        for number in range(1, 4):
            await layer.carts.create(cart(layer, number))

        async def move() -> bool:
            try:
                await layer.customers.move_partition({"email": "c1@example.com"}, {"email": "new@example.com"})
            except TransactionCanceled:
                return False
            return True

        async def change(number: int) -> bool:
            try:
                await layer.carts.update(cart(layer, number), {"quantity": 9, "products_price": 1})
            except DynamoDBError:
                return False
            return True

        moved, *changed = await asyncio.gather(move(), change(1), change(2))
        quantities = {one.product_id: one.quantity async for one in layer.carts.scan()}
        assert quantities == {1: 9 if changed[0] else 2, 2: 9 if changed[1] else 2, 3: 2}
        emails = {one.email async for one in layer.carts.scan()}
        assert emails == {"new@example.com" if moved else "c1@example.com"}
