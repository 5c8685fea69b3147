"""Transactions over entities: objects of several entities at once, and reasons in their terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypedDict

import pytest

from hashrange import (
    Attr,
    CancellationCode,
    ConfigurationError,
    DynamoDBError,
    Entity,
    Key,
    SingleTable,
    TransactionCanceled,
    TransactionError,
    UniqueViolation,
    Update,
)

from .shop import Order, OrderItem, Product, Status, User, opened, order


async def test_objects_of_several_entities_are_written_together() -> None:
    async with opened(capacity="total") as app:
        await app.entity(Order).put(order(1))
        async with app.transaction(token="order-2") as tx:
            tx.put(order(2))
            tx.put(OrderItem("1", 2, 1, "pen"))
            tx.update(Order, Update().set("status", Status.SHIPPED), user_id="1", id=1, placed_at=order(1).placed_at)
            tx.check(app.entity(Product), Attr("PK").not_exists(), sku="pen")
            tx.raw.put(app.table, {"PK": "LOG", "SK": "1"})
            assert repr(tx) == "<EntityTransaction 5 actions>"
        assert tx.token is not None
        assert tx.token.startswith("order-2")
        assert tx.consumed is not None
        found = await app.collection(user_id="1").all()
        assert found == [order(1, status=Status.SHIPPED), order(2), OrderItem("1", 2, 1, "pen")]
        assert await app.entity(Order).query(status="shipped").all() == found[:1]
        async with app.transaction() as tx:
            tx.delete(Order, user_id="1", id=1)
            tx.delete(Order, old=order(2), condition=Attr("total") == 200)
        assert await app.collection(Order, user_id="1").all() == []


async def test_a_canceled_transaction_shows_the_items_as_their_models() -> None:
    async with opened() as app:
        await app.entity(Order).put(order(1))

        async def write() -> None:
            async with app.transaction() as tx:
                tx.put(Product("pen", "Pen"))
                tx.put(order(1), condition=Attr("PK").not_exists())
                tx.update(Order, Update().set("total", 1), user_id="1", id=2)

        with pytest.raises(TransactionCanceled) as canceled:
            await write()
        codes = [reason.code for reason in canceled.value.reasons]
        assert codes == [CancellationCode.none, *[CancellationCode.condition_failed] * 2]
        assert [reason.item for reason in canceled.value.reasons] == [None, order(1), None]


async def test_a_block_that_raises_writes_nothing() -> None:
    async with opened() as app:
        tx = app.transaction()

        async def write() -> None:
            async with tx:
                tx.put(order(1))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await write()
        assert await app.table.scan().count() == 0
        with pytest.raises(TransactionError, match="it has ended"):
            tx.put(order(1))


@dataclass
class Stranger:
    id: str


class Note(TypedDict):
    id: str


@dataclass
class SpecialUser(User):
    pass


async def test_whose_an_object_is() -> None:
    notes = SingleTable("app", [Entity(Note, pk="NOTE#{id}", sk="X"), Entity(User, pk="USER#{id}", sk="X")])
    async with opened(notes) as app, opened(notes) as other:
        async with app.transaction() as tx:
            tx.put(Note(id="1"), entity=app.entity(Note))
            tx.put(SpecialUser("1", "Ada"))
            refused: tuple[tuple[Any, dict[str, Any], str], ...] = (
                (Stranger("1"), {}, "has no entity of Stranger; its entities are Note, User"),
                ({"id": "2"}, {}, "a TypedDict's objects do not tell"),
                ({"id": "2"}, {"entity": other.entity(Note)}, "belongs to another table or client"),
            )
            for item, options, reason in refused:
                with pytest.raises(ConfigurationError, match=reason):
                    tx.put(item, **options)
            with pytest.raises(DynamoDBError, match="'extra' is not part of the key"):
                tx.delete(Note, id="1", extra=1)
        assert await app.entity(Note).get(id="1") == {"id": "1"}
        assert await app.table.get_item(Key("USER#1", "X")) is not None
        one = Entity(User, pk="U#{id}", sk="X")
        with pytest.raises(ConfigurationError, match="has no entity of User"):
            app.entity(one)


async def test_an_action_of_the_raw_transaction_does_not_hide_what_a_guard_refused() -> None:
    async with opened() as app:
        await app.entity(User).put(User("1", "Ada", "a@x"))

        async def write() -> None:
            async with app.transaction() as tx:
                tx.raw.put(app.table, {"PK": "LOG", "SK": "1"})
                tx.put(User("2", "Eve", "a@x"))

        with pytest.raises(UniqueViolation) as refused:
            await write()
        assert refused.value.fields == ("email",)
        assert await app.entity(User).get(id="2") is None
