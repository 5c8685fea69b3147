"""From fields to key conditions: every order that a condition is about is found, and no other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hashrange import InvalidExpression, begins_with, between, ge, gt, le, lt
from hashrange.migration.access.key_ranges import key_range
from hashrange.migration.mapping.entity import EntityMapping, mappings

from .shop import opened, order, product, shop

DAY = timedelta(days=1)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
TIMES = [MONDAY, MONDAY + DAY, MONDAY + DAY, MONDAY + 2 * DAY, MONDAY + 10 * DAY]


def mapping(repository: str) -> EntityMapping:
    contract, schema = shop()
    return mappings(contract, schema=schema).by_repository[repository]


CONDITIONS: list[tuple[Any, Any]] = [
    (ge(MONDAY + DAY), lambda at: at >= MONDAY + DAY),
    (gt(MONDAY + DAY), lambda at: at > MONDAY + DAY),
    (le(MONDAY + DAY), lambda at: at <= MONDAY + DAY),
    (lt(MONDAY + DAY), lambda at: at < MONDAY + DAY),
    (between(MONDAY + DAY, MONDAY + 2 * DAY), lambda at: MONDAY + DAY <= at <= MONDAY + 2 * DAY),
    (begins_with("2026-03-0"), lambda at: at.day < 10),
    (MONDAY + DAY, lambda at: at == MONDAY + DAY),
]


@pytest.mark.parametrize("number", range(len(CONDITIONS)))
@pytest.mark.parametrize("by", ["email", "status"])
async def test_a_condition_on_the_first_field_finds_what_it_says(number: int, by: str) -> None:
    condition, holds = CONDITIONS[number]
    async with opened() as layer:
        for one, at in enumerate(TIMES, 1):
            await layer.orders.create(order(layer, one, placed_at=at))
        if by == "email":  # in the middle of ORDER#{placed_at}#{id}
            found = layer.orders.list_by_email("c1@example.com", placed_at=condition)
        else:  # the whole sort key
            found = layer.orders.list_by_status("pending", placed_at=condition)
        wanted = {one for one, at in enumerate(TIMES, 1) if holds(at)}
        assert {one.order_id async for one in found} == wanted
        assert await found.count() == len(wanted)


async def test_the_last_field_may_have_a_condition_where_it_sorts() -> None:
    async with opened() as layer:
        await layer.orders.create(order(layer, 5, placed_at=MONDAY))
        with pytest.raises(InvalidExpression, match="its text in the key does not sort as its values do"):
            layer.orders.query(email="c1@example.com", placed_at=MONDAY, order_id=ge(5))
        found = layer.orders.query(email="c1@example.com", placed_at=MONDAY, order_id=5)
        assert (await found.one()).order_id == 5


async def test_text_is_found_by_its_beginning_and_in_ranges() -> None:
    async with opened() as layer:
        for number, name in enumerate(("Lamp", "Laptop", "Lute", "lamp"), 1):
            await layer.products.create(product(layer, number, name=name, sku=f"S{number}"))
        listing = layer.products.list_by_category_id
        assert [one.name async for one in listing(7)] == ["Lamp", "Laptop", "Lute", "lamp"]
        assert [one.name async for one in listing(7, name=begins_with("La"))] == ["Lamp", "Laptop"]
        assert [one.name async for one in listing(7, name=lt("Laptop"))] == ["Lamp"]
        assert [one.name async for one in listing(7, name=gt("Laptop"))] == ["Lute", "lamp"]
        assert [one.name async for one in listing(7, name="Lute", descending=True)] == ["Lute"]


def test_what_a_sort_key_begins_with() -> None:
    orders = mapping("orders")
    found = key_range(orders, None, {"email": "a"})
    assert (found.partition, str(found.sort)) == ("a", str(begins_with("ORDER#")))
    found = key_range(orders, None, {"email": "a", "placed_at": MONDAY})
    assert str(found.sort) == str(begins_with("ORDER#2026-03-02T00:00:00Z#"))
    found = key_range(orders, None, {"email": "a", "placed_at": MONDAY, "order_id": 7})
    assert found.sort == "ORDER#2026-03-02T00:00:00Z#7"
    assert key_range(mapping("customers"), None, {"email": "a"}).sort == "#PROFILE"


def test_a_condition_stands_last() -> None:
    with pytest.raises(InvalidExpression, match="only the last field"):
        key_range(mapping("orders"), None, {"email": "a", "placed_at": ge(MONDAY), "order_id": 3})
