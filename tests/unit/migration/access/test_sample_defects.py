"""What a published sample of hand-written repositories did wrong, each as a test that ours do it right."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from hashrange import (
    Attr,
    BatchError,
    ConditionFailed,
    ConfigurationError,
    DynamoDB,
    DynamoDBError,
    Key,
    ResourceNotFound,
)
from hashrange.clock import SystemClock
from hashrange.migration.access import AccessLayer
from hashrange.migration.contract.load import load_contract
from hashrange.migration.mapping.entity import mappings
from hashrange.migration.source.schema import NO_SCHEMA
from hashrange.testing import FakeClock, FaultPlan, Rule, partial_batch

from .shop import NOON, cart, category, customer, opened, order, product, shop

#: a user with an embedded profile, and its orders: as small as the defects need
CONTRACT: dict[str, Any] = {
    "tables": [
        {
            "table": "Users",
            "type": "single-entity",
            "source_table": "users",
            "pk": "PK",
            "sk": "SK",
            "attributes": [
                {"name": "PK", "type": "S", "source_table": "users", "source_column": "email"},
                {
                    "name": "SK", "type": "S", "source_table": "users", "source_column": "id",
                    "transformation": {"type": "string-format", "format": "#META"},
                },
                {"name": "user_id", "type": "S", "source_table": "users", "source_column": "id"},
                {
                    "name": "profile_data", "type": "M", "source_table": "users", "source_column": "id",
                    "join": {
                        "type": "json-construction", "target_table": "profiles",
                        "join_condition": "profiles.user_id = users.id",
                        "construction": {"type": "object", "select_columns": {"first_name": "profiles.first_name"}},
                    },
                },
                {"name": "visits", "type": "N", "source_table": "users", "source_column": "visits"},
            ],
        }
    ]
}  # fmt: skip


async def test_products_are_written_under_the_key_that_they_are_read_by() -> None:
    """One wrote PRODUCT#7 and swapped two indexes, and read 7."""
    contract, schema = shop()
    keys = mappings(contract, schema=schema).by_repository["products"]
    async with opened() as layer:
        await layer.products.create(one := product(layer, 7, category_id=3, merchant_id=5))
        item = await layer.products.table.get_item(Key("7", "#META"))
        assert item is not None
        values = layer.products.records.values(one)
        assert {
            **item,
            **(keys.index_key("ByCategory", values) or {}),
            **(keys.index_key("ByMerchant", values) or {}),
        } == item
        assert (item["GSI1PK"], item["merchant_id"]) == ("3", "5")
        assert await layer.products.get(id=7) is not None


async def test_an_update_makes_no_ghost_of_what_is_not_there() -> None:
    async with opened() as layer:
        for one, changes in (
            (customer(layer, 1), {"points": 3}),
            (cart(layer, 1), {"added_at": NOON}),
            (order(layer, 1), {"status": "paid"}),
            (product(layer, 1), {"stock": 3}),
            (category(layer, 1), {"name": "x"}),
        ):
            repository = next(each for each in layer if isinstance(one, each.model))
            with pytest.raises(ConditionFailed, match="there is no record of"):
                await repository.update(one, changes)
            assert await repository.table.scan().count() == 0


async def test_a_new_email_is_a_new_key_not_a_set_of_pk() -> None:
    async with opened() as layer:
        await layer.customers.create(customer(layer, 1))
        await layer.customers.update({"customer_id": 1}, {"email": "new@example.com"})
        assert [one.email async for one in layer.customers.scan()] == ["new@example.com"]


async def test_a_part_of_a_document_is_changed_where_there_was_none() -> None:
    """SET profile_data.first_name fails where there is no profile_data."""
    async with opened(load_contract(CONTRACT).require(), schema=NO_SCHEMA) as layer:
        users = layer.users
        await users.create(users.model(email="a@x", user_id="1", visits=Decimal(1)))
        assert (await users.get(email="a@x")).profile_data is None
        changed = await users.update({"email": "a@x"}, {"profile_data": {"first_name": "Ada"}})
        assert changed.profile_data == {"first_name": "Ada"}


async def test_a_create_does_not_replace_what_is_there() -> None:
    async with opened() as layer:
        await layer.customers.create(customer(layer, 1, nickname="Ada"))
        with pytest.raises(ConditionFailed):
            await layer.customers.create(customer(layer, 1))
        assert (await layer.customers.get(email="c1@example.com")).nickname == "Ada"


async def test_a_product_is_changed_and_deleted_by_its_owner_only() -> None:
    async with opened() as layer:
        await layer.products.create(product(layer, 1, merchant_id=5))
        for call in (
            layer.products.update({"id": 1}, {"stock": 0}, owner={"merchant_id": 6}),
            layer.products.delete({"id": 1}, owner={"merchant_id": 6}),
        ):
            with pytest.raises(ConditionFailed, match="another owner"):
                await call
        assert (await layer.products.get(id=1)).stock == 10


async def test_stock_is_never_sold_twice_and_its_absence_is_said() -> None:
    async with opened() as layer:
        await layer.products.create(product(layer, 1, stock=5))
        results = await asyncio.gather(
            *(layer.products.decrease({"id": 1}, "stock") for _ in range(12)), return_exceptions=True
        )
        assert sum(one is None for one in results) == 5
        assert {type(one) for one in results if one is not None} == {ConditionFailed}
        assert (await layer.products.get(id=1)).stock == 0


async def test_lists_do_not_end_at_one_megabyte() -> None:
    async with opened() as layer:
        for number in range(1, 13):
            await layer.products.create(product(layer, number, description="x" * 120_000))
        assert await layer.products.list_by_category_id(7).count() == 12
        assert len(await layer.products.list_by_category_id(7).all()) == 12
        assert len([one async for one in layer.products.scan()]) == 12
        pages = [page async for page in layer.products.list_by_category_id(7).pages()]
        assert len(pages) > 1
        assert pages[0].cursor is not None
        rest = layer.products.list_by_category_id(7, cursor=pages[0].cursor)
        assert len(pages[0].items) + await rest.count() == 12


async def test_a_new_shipping_date_keeps_the_rest_of_an_order() -> None:
    """One wrote it by PutItem of a few attributes."""
    async with opened() as layer:
        await layer.orders.create(order(layer, 5, lines=[{"line_no": 1}], line_count=1))
        before = await layer.orders.table.scan().one()
        await layer.orders.update({"order_id": 5}, {"shipped_on": NOON.date()})
        after = await layer.orders.table.scan().one()
        assert after == {**before, "shipped_on": "2026-03-02"}


async def test_two_that_add_a_line_to_an_order_lose_none() -> None:
    """One read a list as text, and wrote it whole over another's."""
    async with opened() as layer:
        await layer.orders.create(order(layer, 5))

        async def add(line: int) -> None:
            while True:
                found = await layer.orders.get(order(layer, 5), consistent=True)
                lines = [*found.lines, {"line_no": line}]
                try:
                    await layer.orders.update(found, {"lines": lines}, expected={"lines": found.lines})
                except ConditionFailed:
                    continue
                return

        await asyncio.gather(*map(add, range(5)))
        lines = (await layer.orders.get(order(layer, 5))).lines
        assert sorted(int(one["line_no"]) for one in lines) == list(range(5))


class NoSleep(SystemClock):
    async def sleep(self, seconds: float) -> None:
        raise AssertionError(f"slept {seconds} s")


async def test_what_was_written_is_read_without_waiting_for_an_index() -> None:
    async with opened(clock=NoSleep()) as layer:
        await layer.customers.create(one := customer(layer, 1))
        assert (await layer.customers.get(one, consistent=True)).login == "login1"
        await layer.customers.update(one, {"login": "ada"})
        assert (await layer.customers.get(one, consistent=True)).login == "ada"


async def test_index_keys_are_those_of_the_contract() -> None:
    """One wrote ORDER#5 where the contract says 5, or the other way round."""
    contract, schema = shop()
    async with opened() as layer:
        records = (customer(layer, 1), cart(layer, 2), order(layer, 3), product(layer, 4), category(layer, 5))
        for mapping, record in zip(mappings(contract, schema=schema), records, strict=True):
            repository = layer[mapping.repository]
            await repository.create(record)
            (item,) = (
                await repository.table.scan()
                .map(
                    lambda one, mapping=mapping: one if mapping.recognises(one) else None  # type: ignore[misc]
                )
                .all()
            )
            assert item == mapping.to_item(repository.records.values(record))


async def test_an_outage_is_no_empty_list_and_no_false() -> None:
    contract, schema = shop()
    async with DynamoDB.in_memory() as db:  # there are no tables
        layer = AccessLayer(contract, db, schema=schema)
        calls: tuple[Callable[[], Any], ...] = (
            lambda: layer.customers.get(email="a"),
            lambda: layer.customers.exists(email="a"),
            lambda: layer.customers.find_by_login("a"),
            lambda: layer.carts.list_by_email("a").all(),
            lambda: layer.carts.count_by_email("a"),
            lambda: layer.products.scan().all(),
            lambda: layer.customers.delete(email="a"),
        )
        for call in calls:
            with pytest.raises(ResourceNotFound):
                await call()


async def test_what_was_not_read_is_not_missing() -> None:
    """A key that DynamoDB left unread is not one without an item."""
    clock = FakeClock()
    async with opened(
        clock=clock, transport=partial(FaultPlan, rules=[Rule(partial_batch(count=1))], clock=clock)
    ) as layer:
        await layer.products.create(product(layer, 1))
        with pytest.raises(BatchError, match="1 of the records were not read"):
            await layer.products.get_many([{"id": 1}])


async def test_a_cart_has_every_attribute_in_its_type() -> None:
    """One left price and product name out, and stored the product's id as a number."""
    async with opened() as layer:
        await layer.carts.create(cart(layer, 7))
        item = await layer.carts.table.scan().one()
        contract, _ = shop()
        declared = contract.tables["Customers"].entities["CART"].attributes
        kinds: dict[str, tuple[type, ...]] = {"S": (str,), "N": (int, Decimal)}
        assert item.keys() == declared.keys()
        assert all(isinstance(item[name], kinds[one.type]) for name, one in declared.items())


async def test_ids_of_the_source_are_kept() -> None:
    """In a dual write the source gives the id; one made new ones up."""
    async with opened() as layer:
        await layer.products.create(product(layer, 4711))
        await layer.categories.put(category(layer, 815))
        assert (await layer.products.get(id=4711)).id == 4711
        assert (await layer.categories.find_by_id(815)).id == 815


async def test_a_wrong_setting_is_an_error_and_no_empty_client() -> None:
    contract, schema = shop()
    with pytest.raises(ConfigurationError):
        DynamoDB.in_memory(timeout=-1)
    with pytest.raises(ConfigurationError, match="the client is of type dict"):
        AccessLayer(contract, {}, schema=schema)  # type: ignore[arg-type]


async def test_a_renamed_category_leaves_no_child_behind() -> None:
    async with opened() as layer:
        await layer.categories.create(top := category(layer, 1))
        await layer.categories.create(category(layer, 2, top))
        with pytest.raises(DynamoDBError, match="update_with_copies"):
            await layer.categories.update(top, {"slug": "books"})
        await layer.categories.update_with_copies(top, {"slug": "books"})
        assert {item["PK"] async for item in layer.categories.table.scan()} == {"ROOT", "books"}


async def test_a_new_key_is_written_with_the_old_one_deleted_or_not_at_all() -> None:
    async with opened() as layer:
        await layer.orders.create(order(layer, 5))
        await layer.orders.create(order(layer, 5, placed_at=NOON + timedelta(days=9)))
        before = await layer.orders.table.scan().all()
        with pytest.raises(ConditionFailed):
            await layer.orders.update(order(layer, 5), {"placed_at": NOON + timedelta(days=9)})
        assert await layer.orders.table.scan().all() == before
        with layer.db.track() as usage:
            await layer.orders.update(order(layer, 5), {"placed_at": NOON + timedelta(days=11)})
        assert usage.calls == 2  # a read, and one transaction


async def test_counters_lose_nothing() -> None:
    async with opened() as layer:
        await layer.customers.create(customer(layer, 1))
        await layer.products.create(product(layer, 1, stock=0))
        await asyncio.gather(
            *(layer.customers.increase({"email": "c1@example.com"}, "points") for _ in range(30)),
            *(layer.products.increase({"id": 1}, "stock") for _ in range(10)),
        )
        assert (await layer.customers.get(email="c1@example.com")).points == 30
        assert (await layer.products.get(id=1)).stock == 10


async def test_orders_by_status_are_those_of_everybody() -> None:
    """One looked into the partition of user 0."""
    async with opened() as layer:
        for number in range(1, 4):
            await layer.orders.create(order(layer, number, email=f"c{number}@example.com"))
        await layer.orders.update({"order_id": 2}, {"status": "paid"})
        assert [one.order_id async for one in layer.orders.list_by_status("pending")] == [1, 3]
        assert [one.order_id async for one in layer.orders.list_by_status("paid", filter=Attr("order_id") > 0)] == [2]
