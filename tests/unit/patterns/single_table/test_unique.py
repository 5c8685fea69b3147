"""Unique fields: their guards in the table, through every write, and what the errors say."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypedDict

import pytest

from hashrange import (
    Attr,
    BoundSingleTable,
    ConditionalCheckError,
    ConditionFailed,
    ConfigurationError,
    DynamoDB,
    DynamoDBError,
    Entity,
    InvalidExpression,
    InvalidKey,
    Key,
    SingleTable,
    TransactionCanceled,
    UniqueViolation,
    Update,
    ValidationError,
)
from hashrange.simulator import Engine
from hashrange.wire.transport import Request, Response, Transport

from .shop import SHOP, User, opened


async def guards(app: BoundSingleTable) -> dict[str, str]:
    """The guards that there are: their values, and whose they are."""
    found = await app.table.scan(filter=Attr("owner").exists()).all()
    return {one["PK"].rpartition("#")[2]: one["owner"]["PK"] for one in found}


def user(number: int, email: str | None = "a@x", name: str = "Ada") -> User:
    return User(str(number), name, email)


# ── writes ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_value_belongs_to_one_item() -> None:
    async with opened() as app:
        users = app.entity(User)
        await users.put(user(1))
        with pytest.raises(UniqueViolation) as refused:
            await users.put(user(2))
        error = refused.value
        assert isinstance(error, ConditionFailed)
        assert isinstance(error, ConditionalCheckError)
        assert (error.entity, error.fields) == ("User", ("email",))
        assert error.item == {"PK": "UNIQUE#User#email#a@x", "SK": "UNIQUE", "owner": {"PK": "USER#1", "SK": "PROFILE"}}
        assert "entity 'User': another item has the same email" in str(error)
        assert isinstance(error.__cause__, TransactionCanceled)
        assert await users.get(id="2") is None
        assert await guards(app) == {"a@x": "USER#1"}


async def test_guards_follow_puts() -> None:
    async with opened() as app:
        users = app.entity(User)
        assert (await users.put(user(1), return_old=True)).old_item is None
        assert (await users.put(user(1, name="Bea"), return_old=True)).old_item == user(1)
        await users.put(user(1, "b@x"))
        assert await guards(app) == {"b@x": "USER#1"}
        await users.put(user(2, "a@x"))
        await users.put(user(1, None))
        assert await guards(app) == {"a@x": "USER#2"}
        await users.put(user(3, None))
        assert await guards(app) == {"a@x": "USER#2"}


async def test_guards_follow_updates() -> None:
    async with opened() as app:
        users = app.entity(User)
        await users.put(user(1))
        await users.put(user(2, "b@x"))
        before = await users.update(Update().set("email", "c@x").set("name", "Bea"), id="1", returns="all_old")
        assert before.item == user(1)
        assert await users.query(email="c@x").one() == User("1", "Bea", "c@x")
        assert await guards(app) == {"c@x": "USER#1", "b@x": "USER#2"}
        with pytest.raises(UniqueViolation):
            await users.update(Update().set("email", "b@x"), id="1")
        await users.update(Update().remove("email"), id="1")
        assert await guards(app) == {"b@x": "USER#2"}
        await users.update(Update().set("name", "Cid"), id="2")
        assert await guards(app) == {"b@x": "USER#2"}


async def test_guards_follow_deletes() -> None:
    async with opened() as app:
        users = app.entity(User)
        await users.put(user(1))
        assert (await users.delete(id="1", return_old=True)).old_item == user(1)
        assert await app.table.scan().count() == 0
        assert (await users.delete(id="1", return_old=True)).old_item is None
        await users.put(user(2))


async def test_conditions_are_the_callers_own() -> None:
    async with opened() as app:
        users = app.entity(User)
        await users.put(user(1), condition=Attr("PK").not_exists())
        for attempt in (
            users.put(user(1, "b@x"), condition=Attr("PK").not_exists()),
            users.update(Update().set("email", "b@x"), condition=Attr("name") == "Bea", id="1"),
            users.delete(condition=Attr("name") == "Bea", id="1"),
        ):
            with pytest.raises(ConditionFailed) as failed:
                await attempt
            assert not isinstance(failed.value, UniqueViolation)
            assert failed.value.item == user(1)
            assert failed.value.key == Key("USER#1", "PROFILE")
        with pytest.raises(ConditionFailed) as missing:
            await users.update(Update().set("email", "b@x"), id="9")
        assert missing.value.item is None
        with pytest.raises(ConditionFailed):
            await users.delete(condition=Attr("PK").exists(), id="9")
        assert await guards(app) == {"a@x": "USER#1"}


async def test_refused_before_anything_is_read() -> None:
    async with opened() as app:
        users = app.entity(User)
        with pytest.raises(InvalidExpression, match="a transaction gives nothing back"):
            await users.update(Update().set("email", "b@x"), returns="all_new", id="1")
        with pytest.raises(InvalidExpression, match="'email' is part of a key of an index or unique"):
            await users.update(Update().set("email", Attr("name")), id="1")


async def test_items_that_were_there_before_their_guards() -> None:
    async with opened() as app:
        users = app.entity(User)
        stored: dict[str, Any] = {"PK": "USER#1", "SK": "PROFILE", "id": "1", "name": "Ada", "email": "a@x"}
        await app.table.put_item(stored)
        await users.put(user(1))
        assert await guards(app) == {"a@x": "USER#1"}
        await app.table.put_item({**stored, "PK": "USER#2", "id": "2", "email": "b@x"})
        await users.delete(id="2")
        assert await users.get(id="2") is None


# ── others at work ───────────────────────────────────────────────────────────────────────────────────────────────────
class Meddling:
    """A transport that does something just before each transaction is sent; so often."""

    def __init__(self, inner: Transport, times: int) -> None:
        self.inner, self.left = inner, times
        self.meddle: Any = None

    async def send(self, request: Request) -> Response:
        if request.operation == "TransactWriteItems" and self.left and self.meddle is not None:
            self.left -= 1
            await self.meddle(self.left)
        return await self.inner.send(request)

    def repair(self, error: DynamoDBError, response: Response) -> bool:
        return self.inner.repair(error, response)

    async def close(self) -> None:
        await self.inner.close()


async def test_a_write_begins_anew_where_somebody_else_was_faster() -> None:
    engine = Engine([SHOP.create_table_request()])
    made: list[Meddling] = []

    def around(inner: Transport) -> Transport:
        made.append(Meddling(inner, 3))
        return made[-1]

    worlds = DynamoDB.in_memory(engine=engine, transport=around), DynamoDB.in_memory(engine=engine)
    async with worlds[0] as db, worlds[1] as their_db:
        app, other = SHOP.bind(db), SHOP.bind(their_db)
        users, theirs = app.entity(User), other.entity(User)
        await users.put(user(1, "0@x"))

        async def meddle(left: int) -> None:
            await theirs.put(user(1, f"{left}@x"))

        (link,) = made
        link.meddle, link.left = meddle, 3
        await users.put(user(1, "mine@x"))
        assert link.left == 0
        assert await guards(app) == {"mine@x": "USER#1"}
        link.left = 100
        with pytest.raises(TransactionCanceled):
            await users.put(user(1, "again@x"))
        assert len(await guards(app)) == 1


# ── several fields, and other types ──────────────────────────────────────────────────────────────────────────────────
@dataclass
class Account:
    id: str
    tenant: str
    handle: str
    code: Decimal | None = None


ACCOUNTS = SingleTable(
    "accounts",
    [Entity(Account, pk="ACCOUNT#{id}", unique=(("tenant", "handle"), "code"))],
    sort_key=None,
)


async def test_fields_that_are_unique_together() -> None:
    async with opened(ACCOUNTS) as app:
        accounts = app.entity(Account)
        await accounts.put(Account("1", "a#b", "c", Decimal("1.0")))
        await accounts.put(Account("2", "a", "b#c", Decimal("1.5")))
        with pytest.raises(UniqueViolation) as refused:
            await accounts.put(Account("3", "a", "b#c"))
        assert refused.value.fields == ("tenant", "handle")
        with pytest.raises(UniqueViolation) as same:
            await accounts.put(Account("3", "x", "y", Decimal("1.00")))
        assert same.value.fields == ("code",)
        with pytest.raises(InvalidKey, match="unique field 'tenant' is empty"):
            await accounts.put(Account("3", "", "y"))
        await accounts.update(Update().set("handle", "z"), id="2")
        await accounts.put(Account("3", "a", "b#c"))


# ── transactions ─────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_in_a_transaction_such_an_item_is_new_unless_the_old_one_is_given() -> None:
    async with opened() as app:
        users = app.entity(User)
        async with app.transaction() as tx:
            tx.put(user(1))
        with pytest.raises(TransactionCanceled) as canceled:
            async with app.transaction() as tx:
                tx.put(user(1, "b@x"))
        assert canceled.value.reasons[0].item == user(1)
        async with app.transaction() as tx:
            tx.put(user(1, "b@x"), old=user(1))
        assert await guards(app) == {"b@x": "USER#1"}
        async with app.transaction() as tx:
            tx.update(User, Update().set("email", "c@x"), old=user(1, "b@x"))
        assert await guards(app) == {"c@x": "USER#1"}
        async with app.transaction() as tx:
            tx.delete(users, old=user(1, "c@x"))
        assert await app.table.scan().count() == 0


@pytest.mark.parametrize(
    ("add", "reason"),
    [
        (
            lambda tx: tx.update(User, Update().set("email", "b@x"), id="1"),
            "unique fields .'email'., whose guards",
        ),
        (lambda tx: tx.delete(User, id="1"), "unique fields .'email'., whose guards"),
        (lambda tx: tx.put(user(1), old=user(2)), "old has another key than the item"),
    ],
)
async def test_what_a_transaction_cannot_know(add: Any, reason: str) -> None:
    async with opened() as app:
        async with app.transaction() as tx:
            with pytest.raises(ValidationError, match=reason):
                add(tx)
        assert await app.table.scan().count() == 0


async def test_the_guards_condition_names_the_constraint_in_a_transaction() -> None:
    async with opened() as app:
        await app.entity(User).put(user(1))

        async def write() -> None:
            async with app.transaction() as tx:
                tx.put(user(2, "b@x"))
                tx.put(user(3, "a@x"))

        with pytest.raises(UniqueViolation) as refused:
            await write()
        assert refused.value.fields == ("email",)
        assert refused.value.key == Key("UNIQUE#User#email#a@x", "UNIQUE")
        assert await guards(app) == {"a@x": "USER#1"}


def test_a_violation_can_be_redacted_and_copied() -> None:
    error = UniqueViolation("x")
    error.entity, error.fields, error.item = "User", ("email",), {"owner": 1}
    copy: Mapping[str, Any] = vars(pickle.loads(pickle.dumps(error)))
    assert (copy["entity"], copy["fields"], copy["item"]) == ("User", ("email",), {"owner": 1})
    assert error.redact().item is None
    assert isinstance(error, DynamoDBError)


# ── keys whose shape does not tell ───────────────────────────────────────────────────────────────────────────────────
Stored = TypedDict("Stored", {"PK": str, "SK": str, "e-mail": str}, total=False)
Odd = TypedDict("Odd", {"day#id": str, "on": str}, total=False)


async def test_an_entity_that_recognises_its_items_may_have_keys_of_any_text() -> None:
    users = Entity(
        Stored, pk="{PK}", sk="{SK}", unique=("e-mail",), recognises=lambda item: str(item["SK"]).startswith("#META")
    )
    async with opened(SingleTable("app", [users])) as app:
        table = app.entity(users)
        await table.put({"PK": "1", "SK": "#META", "e-mail": "a@x"})
        await app.table.put_item({"PK": "1", "SK": "CART"})
        with pytest.raises(UniqueViolation, match="e-mail"):
            await table.put({"PK": "2", "SK": "#META", "e-mail": "a@x"})
        assert await guards(app) == {"a@x": "1"}
        assert await table.query(PK="1").all() == [{"PK": "1", "SK": "#META", "e-mail": "a@x"}]
        assert [type(one) for one in await app.collection(PK="1", unknown="skip").all()] == [dict]


def test_the_fields_of_a_template_may_have_any_name_that_the_model_has() -> None:
    layout = SingleTable("app", [Entity(Odd, pk="{on}", sk="{day#id}")]).layouts[0]
    assert layout.key({"on": "1", "day#id": "2#3"}.get) == Key("1", "2#3")
    with pytest.raises(ConfigurationError, match="is not the name of a field"):
        Entity(Odd, pk="{on}", sk="{day#no}")


async def test_guards_follow_an_item_to_another_key() -> None:
    async with opened() as app:
        users = app.entity(User)
        await users.put(user(1))
        async with app.transaction() as tx:
            tx.move(user(2, name="Bea"), old=user(1))
        assert await guards(app) == {"a@x": "USER#2"}
        assert (await users.get(id="1"), await users.get(id="2")) == (None, user(2, name="Bea"))
        async with app.transaction() as tx:
            tx.move(user(3, "b@x"), old=user(2))
        assert await guards(app) == {"b@x": "USER#3"}
        await users.put(user(4, "c@x"))
        with pytest.raises(UniqueViolation):
            async with app.transaction() as tx:
                tx.move(user(5, "c@x"), old=user(3, "b@x"))
        with pytest.raises(TransactionCanceled):  # there is one
            async with app.transaction() as tx:
                tx.move(user(4, "d@x"), old=user(3, "b@x"))
        with pytest.raises(ValidationError, match="the same key"):
            async with app.transaction() as tx:
                tx.move(user(3), old=user(3, "b@x"))
        assert await guards(app) == {"b@x": "USER#3", "c@x": "USER#4"}
