"""An entity's operations against the simulator: what is written beside the model's fields, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypedDict

import msgspec
import pydantic
import pytest

from hashrange import (
    Attr,
    ConditionFailed,
    DynamoDBError,
    Entity,
    GlobalIndex,
    InvalidExpression,
    InvalidKey,
    ItemDecodeError,
    ItemNotFound,
    Key,
    MissingRequiredKey,
    Raw,
    SingleTable,
    UniqueViolation,
    Update,
    between,
    ge,
    lt,
)

from .shop import DAY, ENTITIES, INDEXES, MONDAY, SHOP, Order, OrderItem, Product, Status, User, opened, order


# ── one item ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_what_is_stored_beside_the_fields() -> None:
    async with opened() as app:
        await app.entity(Order).put(order(3))
        stored = await app.table.get_item(Key("USER#1", "ORDER#00000003"))
    placed_at = "2026-01-08T00:00:00.000000Z"
    assert stored == {
        "PK": "USER#1",
        "SK": "ORDER#00000003",
        "GSI1PK": "STATUS#open",
        "GSI1SK": "2026-01-08#1#00000003",
        "GSI2PK": "USER#1",
        "GSI2SK": f"open#{placed_at}",
        "user_id": "1",
        "id": 3,
        "status": "open",
        "placed_at": placed_at,
        "total": 300,
    }


async def test_what_is_put_comes_back() -> None:
    async with opened() as app:
        orders = app.entity(Order)
        assert await orders.get(user_id="1", id=3) is None
        done = await orders.put(order(3))
        assert done.old_item is None
        assert await orders.get(user_id="1", id=3, consistent=True) == order(3)
        changed = order(3, status=Status.SHIPPED)
        assert (await orders.put(changed, return_old=True)).old_item == order(3)
        gone = await orders.delete(user_id="1", id=3, return_old=True)
        assert gone.old_item == changed
        assert (await orders.delete(user_id="1", id=3, return_old=True)).old_item is None


async def test_conditions_and_the_item_that_is_there() -> None:
    async with opened() as app:
        orders = app.entity(Order)
        await orders.put(order(3), condition=Attr("PK").not_exists())
        for attempt in (
            orders.put(order(3), condition=Attr("PK").not_exists()),
            orders.update(Update().set("total", 1), condition=Attr("total") < 5, user_id="1", id=3),
            orders.delete(condition=Attr("total") < 5, user_id="1", id=3),
        ):
            with pytest.raises(ConditionFailed) as failed:
                await attempt
            assert failed.value.item == order(3)


async def test_an_item_that_does_not_fit_its_model() -> None:
    async with opened() as app:
        orders = app.entity(Order)
        await app.table.put_item({"PK": "USER#1", "SK": "ORDER#00000001", "id": "one"})
        with pytest.raises(ItemDecodeError) as refused:
            await orders.get(user_id="1", id=1)
        assert (refused.value.operation, refused.value.key) == ("GetItem", Key("USER#1", "ORDER#00000001"))
        with pytest.raises(ConditionFailed) as failed:
            await orders.put(order(1), condition=Attr("PK").not_exists())
        assert failed.value.item["id"] == "one"
        with pytest.raises(ItemDecodeError) as replaced:
            await orders.put(order(1), return_old=True)
        assert replaced.value.maybe_applied


@pytest.mark.parametrize(
    ("fields", "error", "reason"),
    [
        ({"user_id": "1"}, MissingRequiredKey, "template 'ORDER#{id:08d}': field 'id' has no value"),
        ({"user_id": None, "id": 1}, MissingRequiredKey, "field 'user_id' has no value"),
        ({"user_id": "1", "id": 1, "total": 5}, InvalidExpression, "'total' is not part of the key"),
        ({"user_id": "1#2", "id": 1}, InvalidKey, "contains '#'"),
        ({"user_id": 1, "id": 1}, InvalidKey, "is of type int, not str"),
    ],
)
async def test_refused_keys(fields: dict[str, Any], error: type[Exception], reason: str) -> None:
    async with opened() as app:
        orders = app.entity(Order)
        for attempt in (orders.get(**fields), orders.delete(**fields)):
            with pytest.raises(error, match=reason) as refused:
                await attempt
            assert "on table 'shop'" in str(refused.value)


async def test_refused_objects() -> None:
    async with opened() as app:
        with pytest.raises(InvalidKey, match=r"entity 'Product'.*contains '#'"):
            await app.entity(Product).put(Product("a#b", "A"))
        with pytest.raises(DynamoDBError, match="PutItem on table 'shop'"):
            await app.entity(Product).put("pen")  # type: ignore[arg-type]


async def test_keys_for_operations_of_the_table() -> None:
    async with opened() as app:
        orders = app.entity(Order)
        assert orders.key(user_id="1", id=2) == orders.key_of(order(2)) == Key("USER#1", "ORDER#00000002")
        assert repr(orders) == "<EntityTable Order in 'shop'>"


# ── updates ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_an_update_changes_the_index_with_its_fields() -> None:
    async with opened() as app:
        orders = app.entity(Order)
        await orders.put(order(3))
        update = Update().set("status", Status.SHIPPED).add("total", 1)
        done = await orders.update(update, user_id="1", id=3, placed_at=order(3).placed_at, returns="all_new")
        assert done.item == Order("1", 3, Status.SHIPPED, order(3).placed_at, 301)
        assert await orders.query(status="open").all() == []
        assert await orders.query(status="shipped").all() == [done.item]
        assert await orders.query(user_id="1", status="shipped").all() == [done.item]
        changed = await orders.update(Update().set("total", 5), user_id="1", id=3, returns="updated_new")
        assert changed.item == {"total": 5}
        before = await orders.update(Update().set("total", 6), user_id="1", id=3, returns="all_old")
        assert before.item is not None
        assert before.item.total == 5
        assert (await orders.update(Update().set("total", 7), user_id="1", id=3)).item is None


async def test_an_update_may_be_given_the_item_as_it_was_read() -> None:
    async with opened() as app:
        orders = app.entity(Order)
        await orders.put(order(3))
        await orders.update(Update().set("status", "shipped"), old=order(3))
        assert [one.id async for one in orders.query(status="shipped")] == [3]
        with pytest.raises(ConditionFailed):
            await orders.update(Update().set("status", "shipped"), old=order(3, user_id="2"))


async def test_what_is_given_for_an_index_must_be_what_is_stored() -> None:
    async with opened() as app:
        orders = app.entity(Order)
        await orders.put(order(3))
        update = Update().set("status", "shipped")
        with pytest.raises(ConditionFailed) as failed:
            await orders.update(update, user_id="1", id=3, placed_at=MONDAY)
        assert failed.value.item == order(3)
        with pytest.raises(MissingRequiredKey, match="of index 'GSI1': the update changes the key, which also needs"):
            await orders.update(update, user_id="1", id=3)


async def test_an_update_makes_no_item() -> None:
    async with opened() as app:
        with pytest.raises(ConditionFailed) as failed:
            await app.entity(Order).update(Update().set("total", 1), user_id="1", id=3)
        assert failed.value.item is None
        assert await app.table.scan().count() == 0


@pytest.mark.parametrize(
    ("update", "fields", "reason"),
    [
        (Raw("REMOVE total"), {}, "raw text does not tell"),
        (Update().set("GSI1PK", "x"), {}, "'GSI1PK' is written by its templates"),
        (Update().remove("PK"), {}, "'PK' is written by its templates"),
        (Update().set("id", 5), {}, "field 'id' is part of the item's key"),
        (Update().set("status", Attr("other")), {"placed_at": MONDAY}, "'status' is part of a key of an index"),
        (Update().set(Attr("status").a, 1), {"placed_at": MONDAY}, "'status' is part of a key of an index"),
        (Update().set("total", 1), {"placed_at": MONDAY}, "'placed_at' is given, and is neither part of the key"),
        (Update().set("status", "lost"), {"placed_at": MONDAY}, "is none of open, shipped"),
        (Update().set("status", "open"), {"placed_at": "x"}, "is no text of a datetime"),
    ],
)
async def test_refused_updates(update: Any, fields: dict[str, Any], reason: str) -> None:
    async with opened() as app:
        with pytest.raises(DynamoDBError, match=reason) as refused:
            await app.entity(Order).update(update, user_id="1", id=3, **fields)
        assert "'Order'" in str(refused.value)
        assert "UpdateItem on table 'shop'" in str(refused.value)


# ── sparse indexes ───────────────────────────────────────────────────────────────────────────────────────────────────
class Task(pydantic.BaseModel):
    id: str
    due: str | None = None
    owner: str | None = None


TASKS = SingleTable(
    "tasks",
    [
        Entity(
            Task,
            pk="TASK#{id}",
            indexes={"due": ("TASKS", "{due}"), "owned": ("OWNER#{owner}", "{id}"), "both": ("TASKS", "{owner}")},
        )
    ],
    sort_key=None,
    indexes={
        "due": GlobalIndex("tasks", "due_key"),
        "owned": GlobalIndex("o1", "o2"),
        "both": GlobalIndex("tasks", "o3"),
    },
    type_attribute="type",
)


async def test_what_is_none_is_not_in_the_index() -> None:
    async with opened(TASKS) as app:
        tasks = app.entity(Task)
        await tasks.put(Task(id="1"))
        assert await app.table.get_item(Key("TASK#1")) == {"PK": "TASK#1", "id": "1", "type": "Task"}
        await tasks.put(Task(id="2", due="mon"))
        assert await tasks.query(index="due").all() == [Task(id="2", due="mon")]
        assert await tasks.query(owner="ann", index="owned").all() == []


async def test_an_update_puts_an_item_into_an_index_and_out_of_it() -> None:
    async with opened(TASKS) as app:
        tasks = app.entity(Task)
        await tasks.put(Task(id="1"))
        await tasks.update(Update().set("due", "mon"), id="1")
        await tasks.update(Update().set("owner", "ann"), id="1")
        there = {"PK": "TASK#1", "id": "1", "type": "Task", "due": "mon", "owner": "ann"}
        of_owner = {"o1": "OWNER#ann", "o2": "1", "o3": "ann"}
        assert await app.table.get_item(Key("TASK#1")) == {**there, "tasks": "TASKS", "due_key": "mon", **of_owner}
        assert len(await tasks.query(index="due").all()) == len(await tasks.query(index="both").all()) == 1
        await tasks.update(Update().remove("due"), id="1")
        assert await tasks.query(index="due").all() == []
        assert len(await tasks.query(index="both").all()) == 1, "it shares an attribute with the index that was left"
        await tasks.update(Update().set("owner", None), id="1")
        assert await tasks.query(index="both").all() == await tasks.query(owner="ann", index="owned").all() == []


async def test_the_type_attribute_is_not_part_of_the_model() -> None:
    class Strict(pydantic.BaseModel, extra="forbid"):
        id: str

    table = SingleTable("strict", [Entity(Strict, pk="S#{id}", sk="X", unknown="error")], type_attribute="type")
    async with opened(table) as app:
        strict = app.entity(Strict)
        await strict.put(Strict(id="1"))
        assert await strict.get(id="1") == Strict(id="1")
        with pytest.raises(InvalidExpression, match="'type' is written"):
            await strict.update(Update().set("type", "x"), id="1")
        await app.table.update_item(Key("S#1", "X"), Update().set("more", 1))
        with pytest.raises(ItemDecodeError, match="more"):
            await strict.get(id="1")


# ── queries ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_ranges_read_what_they_say() -> None:
    async with opened() as app:
        orders = app.entity(Order)
        for number in range(8):
            await orders.put(order(number, status=Status.OPEN if number % 2 else Status.SHIPPED))
        day = MONDAY + 4 * DAY

        async def numbers(**fields: Any) -> list[int]:
            return [one.id async for one in orders.query(**fields)]

        assert await numbers(user_id="1", id=between(2, 4)) == [2, 3, 4]
        assert await numbers(user_id="1", id=lt(2)) == [0, 1]
        assert await numbers(status="open", placed_at=ge(day)) == [5, 7]
        assert await numbers(status="shipped", placed_at=ge(day), descending=True) == [6, 4]
        assert await numbers(user_id="1", status="open", placed_at=between(MONDAY, day)) == [1, 3]
        assert await numbers(status="open", filter=Attr("total") > 300) == [5, 7]


async def test_items_of_others_in_the_same_range_are_left_out() -> None:
    async with opened() as app:
        orders = app.entity(Order)
        for number in range(5):
            await orders.put(order(number))
            await app.entity(OrderItem).put(OrderItem("1", number, 1, "pen"))
        await app.table.put_item({"PK": "USER#1", "SK": "ORDER#odd"})
        query = orders.query(user_id="1", index="primary", limit=3)
        assert [one.id async for one in query] == [0, 1, 2]
        assert await orders.query(user_id="1", index="primary").count() == 5
        page = await query.page()
        assert (page.count, [one.id for one in page.items]) == (3, [0, 1, 2])
        rest = await query.page(page.cursor)
        assert ([one.id for one in rest.items], rest.cursor) == ([3, 4], None)
        assert await orders.query(user_id="1", index="primary", descending=True).first() == order(4)
        with pytest.raises(ItemNotFound):
            await orders.query(user_id="2", index="primary").one()


async def test_a_query_is_bound_to_its_index() -> None:
    async with opened() as app:
        orders = app.entity(Order)
        for number in range(2):
            await orders.put(order(number))
        cursor = (await orders.query(user_id="1", index="GSI2", limit=1).page()).cursor
        assert cursor is not None
        with pytest.raises(DynamoDBError, match="another query"):
            await orders.query(user_id="1", index="primary", limit=1).page(cursor)
        with pytest.raises(DynamoDBError, match=r"goes with no index.*Query on table 'shop'"):
            orders.query(total=5)


# ── collections ──────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_collection_gives_each_item_as_its_model_in_order() -> None:
    async with opened() as app:
        everything = [order(1), OrderItem("1", 1, 1, "pen"), order(2), User("1", "Ada", "a@x")]
        for one in (*everything, order(9, "2"), Product("1", "Pen")):
            await app.entity(type(one)).put(one)
        await app.table.put_item({"PK": "USER#1", "SK": "#odd"})
        assert await app.collection(user_id="1").all() == everything
        assert await app.collection(User, Order, id="1").all() == [everything[0], *everything[2:]]
        assert await app.collection(user_id="1", unknown="dict").all() == [{"PK": "USER#1", "SK": "#odd"}, *everything]
        assert await app.collection(user_id="1", sort=between("ORDER#", "ORDER$"), limit=2).all() == everything[:2]
        assert await app.collection(user_id="1", descending=True).first() == everything[-1]
        assert await app.collection(User, Order, index="GSI1", status="open").all() == [
            order(1),
            order(2),
            order(9, "2"),
        ]
        page = await app.collection(user_id="1", limit=3).page()
        assert page.items == everything[:3]
        assert (await app.collection(user_id="1", limit=3).page(page.cursor)).items == everything[3:]


@pytest.mark.parametrize(
    ("types", "options", "reason"),
    [
        ((User, Product), {"id": "1", "sku": "1"}, "id, sku makes no partition key; there are 'USER#{id}' of User; "),
        ((), {}, "nothing makes no partition key"),
        ((), {"user_id": None}, "user_id makes no partition key"),
        ((User,), {"id": "1", "unknown": "keep"}, "must be 'skip' or 'dict'"),
        ((User,), {"id": "1", "index": "GSI2"}, "makes no partition key; there are none"),
        ((int,), {"id": "1"}, "table 'shop' has no entity of int; its entities are User, Order"),
    ],
)
async def test_refused_collections(types: tuple[Any, ...], options: dict[str, Any], reason: str) -> None:
    async with opened() as app:
        with pytest.raises(DynamoDBError, match=reason):
            app.collection(*types, **options)


async def test_a_collection_of_several_partitions_is_refused() -> None:
    class Team(TypedDict):
        id: str

    table = SingleTable("shop", [*ENTITIES, Entity(Team, pk="TEAM#{id}", sk="X")], indexes=INDEXES)
    async with opened(table) as app:
        with pytest.raises(DynamoDBError, match=r"several partition keys: 'USER#\{id}' of User; 'TEAM#\{id}' of"):
            app.collection(id="1")
        await app.entity(Team).put({"id": "1"})
        assert await app.collection(Team, id="1").all() == [{"id": "1"}]


# ── tables that were there before ────────────────────────────────────────────────────────────────────────────────────
async def test_items_without_the_type_attribute_are_told_apart_by_their_keys() -> None:
    typed = SingleTable("shop", ENTITIES, indexes=INDEXES, type_attribute="kind")
    async with opened(typed) as app:
        old = SHOP.bind(app.db)
        await old.entity(Order).put(order(1))
        await app.entity(Order).put(order(2))
        assert (
            await app.collection(user_id="1").all() == await old.collection(user_id="1").all() == [order(1), order(2)]
        )
        await app.table.update_item(Key("USER#1", "ORDER#00000002"), Update().set("kind", "Invoice"))
        assert await app.collection(user_id="1").all() == [order(1)]


async def test_a_time_to_live_is_stored_with_the_item() -> None:
    table = SingleTable("app", [Entity(Product, pk="P#{sku}", sk="X")], ttl_attribute="until")
    async with opened(table) as app:
        products = app.entity(Product)
        await products.put(Product("a", "A"), ttl=timedelta(hours=1))
        stored = await app.table.get_item(Key("P#a", "X"))
        assert stored is not None
        assert isinstance(stored["until"], int)
        await app.table.update_item(Key("P#a", "X"), Update().set("until", 1_000_000_000))
        assert await products.get(sku="a") == Product("a", "A")
        assert await products.get(sku="a", hide_expired=True) is None
        assert await products.query(sku="a", hide_expired=True).all() == []


async def test_the_end_of_an_item_in_a_template() -> None:
    """A datetime in the TTL attribute is stored as epoch seconds, and compared as such."""

    @dataclass
    class Session:
        id: str
        ends: datetime | None
        kind: str

    table = SingleTable(
        "sessions",
        [Entity(Session, pk="S#{id}", sk="X", indexes={"GSI1": ("{kind}", "{ends:%Y-%m-%d}"), "GSI2": "K#{kind}"})],
        indexes={"GSI1": GlobalIndex("GSI1PK", "GSI1SK"), "GSI2": "GSI2PK"},
        ttl_attribute="ends",
    )
    async with opened(table) as app:
        sessions = app.entity(Session)
        await sessions.put(Session("1", MONDAY, "a"))
        await sessions.update(Update().set("kind", "b"), old=Session("1", MONDAY, "a"))
        assert await sessions.query(kind="b", ends=MONDAY).all() == [Session("1", MONDAY, "b")]
        await sessions.update(Update().set("ends", int((MONDAY + DAY).timestamp())), id="1", kind="b")
        assert await sessions.query(kind="b", ends=MONDAY + DAY).count() == 1
        await sessions.put(Session("2", None, "c"))
        with pytest.raises(ConditionFailed):
            await sessions.update(Update().set("kind", "d"), id="1", ends=None)
        await sessions.update(Update().set("kind", "d"), id="2", ends=None)
        assert [one.id async for one in sessions.query(index="GSI2", kind="d")] == ["2"]


class Shipment(msgspec.Struct, rename="camel"):
    order_id: str
    sent_by: str | None = None
    track_code: str | None = None


async def test_fields_that_are_stored_under_another_name() -> None:
    """Templates and methods take the model's names, updates those of attributes."""
    shipments = Entity(
        Shipment, pk="S#{order_id}", sk="X", indexes={"GSI1": ("BY#{sent_by}", "{order_id}")}, unique=("track_code",)
    )
    async with opened(SingleTable("app", [shipments], indexes=INDEXES)) as app:
        table = app.entity(Shipment)
        await table.put(Shipment("1", "ann", "t1"))
        await table.update(Update().set("sentBy", "bob"), order_id="1")
        assert await table.query(sent_by="bob").all() == [Shipment("1", "bob", "t1")]
        await table.update(Update().set("trackCode", "t2").remove("sentBy"), order_id="1")
        assert await table.get(order_id="1") == Shipment("1", None, "t2")
        assert await table.query(sent_by="bob").all() == []
        with pytest.raises(UniqueViolation):
            await table.put(Shipment("2", None, "t2"))
        with pytest.raises(InvalidExpression, match="field 'order_id' is part of the item's key"):
            await table.update(Update().set("orderId", "5"), order_id="1")
