"""Transactions of writes over scripted transports: what is sent and when, tokens, what is refused at once, misuse."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from hashrange.client import DynamoDB
from hashrange.clock import SYSTEM_RANDOMNESS
from hashrange.errors import (
    ConfigurationError,
    DynamoDBError,
    InvalidExpression,
    InvalidKey,
    ItemTooLarge,
    MissingRequiredKey,
    TransactionError,
    TypeMismatch,
    ValidationError,
)
from hashrange.expressions import Attr, Raw, Update
from hashrange.key import Key
from hashrange.telemetry.usage import ConsumedCapacity
from hashrange.transaction import Transaction
from tests.fakes import NOW, Chance, FakeTransport, answer, client

from .transacting import fail, run
from .users import KEY, PLAIN, USER, WIRE, User

WIRE_KEY = {"PK": {"S": "USER#1"}, "SK": {"S": "PROFILE"}}
OTHER = Key("USER#2", "PROFILE")
ANYTHING = Attr("PK").exists()


def answering(**document: Any) -> FakeTransport:
    return FakeTransport(answer(document), repeat=True)


# ── what is sent ─────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_leaving_the_block_sends_all_actions_in_one_request() -> None:
    transport = answering()
    db = client(transport)
    users, stock = db.table("app", model=User), db.table("stock", "id", None)
    async with db.transaction() as tx:
        tx.put(users, USER, condition=Attr("PK").not_exists())
        tx.update(stock, Key("a"), Update().add("free", -1), condition=Attr("free") >= 1)
        tx.check(stock, Key("b"), ANYTHING)
        tx.delete(users, OTHER)
        assert transport.requests == []
    assert transport.operations == ["TransactWriteItems"]
    (payload,) = transport.payloads
    there = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    names, none = {"ExpressionAttributeNames": {"#n0": "PK"}}, "attribute_not_exists(#n0)"
    assert payload == {
        "TransactItems": [
            {"Put": {"TableName": "app", "Item": WIRE, "ConditionExpression": none, **names, **there}},
            {
                "Update": {
                    "TableName": "stock",
                    "Key": {"id": {"S": "a"}},
                    "UpdateExpression": "ADD #n0 :v0",
                    "ConditionExpression": "#n0 >= :v1",
                    "ExpressionAttributeNames": {"#n0": "free"},
                    "ExpressionAttributeValues": {":v0": {"N": "-1"}, ":v1": {"N": "1"}},
                    **there,
                }
            },
            {
                "ConditionCheck": {
                    "TableName": "stock",
                    "Key": {"id": {"S": "b"}},
                    "ConditionExpression": "attribute_exists(#n0)",
                    **names,
                    **there,
                }
            },
            {"Delete": {"TableName": "app", "Key": {"PK": {"S": "USER#2"}, "SK": {"S": "PROFILE"}}}},
        ],
        "ClientRequestToken": tx.token,
    }
    assert transport.requests[0].table is None  # it concerns two


async def test_a_transaction_on_one_table_says_so() -> None:
    transport = answering()
    db = client(transport)
    async with db.transaction() as tx:
        tx.delete(db.table("app"), KEY)
        tx.put(db.table("app", model=User), User("USER#2", "PROFILE", "Bob"))
    assert transport.requests[0].table == "app"


async def test_without_actions_there_is_no_call() -> None:
    transport = FakeTransport()
    async with client(transport).transaction(token="nothing") as tx:
        pass
    assert transport.requests == []
    assert (tx.token, tx.consumed) == (None, None)


@pytest.mark.parametrize("error", [ValueError("mine"), asyncio.CancelledError(), KeyboardInterrupt()])
async def test_a_body_that_raises_sends_nothing_and_its_error_goes_on(error: BaseException) -> None:
    transport = FakeTransport()
    db = client(transport)
    tx = db.transaction()
    with pytest.raises(type(error)) as caught:
        await run(tx, lambda tx: tx.delete(db.table("app"), KEY), fail(error))
    assert caught.value is error
    assert transport.requests == []
    assert tx.token is None


async def test_capacity_is_asked_for_and_given_back() -> None:
    costs = [
        {"TableName": "app", "CapacityUnits": 4.0, "WriteCapacityUnits": 4.0},
        {"TableName": "stock", "CapacityUnits": 2.0, "WriteCapacityUnits": 2.0},
    ]
    transport = answering(ConsumedCapacity=costs)
    db = client(transport, capacity="total")
    with db.track() as usage:
        async with db.transaction() as tx:
            tx.delete(db.table("app"), KEY)
            assert tx.consumed is None
    assert transport.payloads[0]["ReturnConsumedCapacity"] == "TOTAL"
    assert tx.consumed == ConsumedCapacity("app,stock", write_units=6.0)
    assert (usage.calls, usage.write_units) == (1, 6.0)


async def test_ttl_is_counted_from_now() -> None:
    transport = answering()
    db = client(transport)
    async with db.transaction() as tx:
        tx.put(db.table("app", ttl_attribute="until"), PLAIN, ttl=timedelta(hours=1))
    assert transport.payloads[0]["TransactItems"][0]["Put"]["Item"]["until"] == {"N": str(int(NOW) + 3600)}


# ── tokens ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def token_of(db: DynamoDB, item: dict[str, Any], token: str | None = "order-981") -> str:
    async with db.transaction(token=token) as tx:
        tx.put(db.table("app"), item)
        assert tx.token is None
    assert tx.token is not None
    return tx.token


async def test_the_same_content_has_the_same_token_and_is_sent_alike() -> None:
    transport = answering()
    db = client(transport)
    first = await token_of(db, {"PK": "a", "SK": "b", "tags": {"x", "y", "z"}, "n": 1})
    assert first.startswith("order-981-")
    assert first == await token_of(client(transport), {"n": 1.0, "tags": {"z", "x", "y"}, "SK": "b", "PK": "a"})
    one, other = transport.payloads
    assert one == other
    assert one["TransactItems"][0]["Put"]["Item"]["tags"] == {"SS": ["x", "y", "z"]}


async def test_another_content_or_another_operation_has_another_token() -> None:
    db = client(answering())
    item = {"PK": "a", "SK": "b"}
    tokens = {
        await token_of(db, item),
        await token_of(db, item | {"n": 1}),
        await token_of(db, item | {"n": "1"}),
        await token_of(db, item, "order-982"),
    }
    assert len(tokens) == 4


async def test_capacity_is_no_content() -> None:
    item = {"PK": "a", "SK": "b"}
    assert await token_of(client(answering()), item) == await token_of(client(answering(), capacity="indexes"), item)


async def test_without_a_token_each_transaction_has_one_that_nobody_else_has() -> None:
    clients = [client(answering(), randomness=SYSTEM_RANDOMNESS) for _ in range(2)]
    tokens = [await token_of(db, PLAIN, None) for db in clients for _ in range(50)]
    assert len(set(tokens)) == 100
    assert all(re.fullmatch("[0-9a-f]{32}", token) for token in tokens)


async def test_a_seeded_client_repeats_its_tokens() -> None:
    first, again, other = (client(answering(), randomness=Random(seed)) for seed in (1, 1, 2))
    tokens = [await token_of(first, PLAIN, None) for _ in range(3)]
    assert tokens == [await token_of(again, PLAIN, None) for _ in range(3)]
    assert await token_of(other, PLAIN, None) not in tokens
    assert len(set(tokens)) == 3


async def test_chance_that_never_changes_does_not_make_two_transactions_one() -> None:
    db = client(answering(), randomness=Chance(0.5))
    assert await token_of(db, PLAIN, None) != await token_of(db, PLAIN, None)


@pytest.mark.parametrize("token", ["", 981])
def test_a_token_is_a_text_that_is_not_empty(token: Any) -> None:
    with pytest.raises(ValidationError, match="token is"):
        client(FakeTransport()).transaction(token=token)


# ── what is refused at once ──────────────────────────────────────────────────────────────────────────────────────────
def large(db: DynamoDB, tx: Transaction) -> None:
    tx.put(db.table("app"), {"PK": "USER#1", "SK": "PROFILE", "x": "x" * 409_600})


def all_too_large(db: DynamoDB, tx: Transaction) -> None:
    for number in range(10, 21):
        tx.put(db.table("app"), {"PK": "A", "SK": str(number), "x": "x" * 409_000})


def too_many(db: DynamoDB, tx: Transaction) -> None:
    for number in range(1000):
        tx.delete(db.table("app"), Key("A", str(number)))


def by_key(**values: Any) -> dict[str, Any]:
    return {"PK": "USER#1", "SK": "PROFILE", **values}


number_like: Any = "x"
MISTAKES: list[tuple[Callable[[DynamoDB, Transaction], None], type[DynamoDBError], str]] = [
    (large, ItemTooLarge, r"action 2 \(put\): the item has 4096\d\d bytes"),
    (all_too_large, ValidationError, r"action 12 \(put\): with it the transaction's 12 actions have 4\d{6} bytes"),
    (too_many, ValidationError, r"action 101 \(delete\): with it the transaction has 101 actions; at most 100"),
    (lambda db, tx: tx.delete(db.table("app"), OTHER), ValidationError, r"action 2 .* same item as action 1 \(check\)"),
    (lambda db, tx: tx.put(db.table("app"), {"PK": "x"}), MissingRequiredKey, r"action 2 \(put\): .*'SK'"),
    (lambda db, tx: tx.put(db.table("app"), by_key(x={1: 2})), TypeMismatch, r"action 2 \(put\): x: "),
    (lambda db, tx: tx.put(db.table("app", model=User), number_like), TypeMismatch, r"action 2 \(put\)"),
    (lambda db, tx: tx.put(db.table("app"), PLAIN, ttl=timedelta(1)), ConfigurationError, r"action 2 \(put\): ttl="),
    (lambda db, tx: tx.put(db.table("app"), PLAIN, condition=number_like), InvalidExpression, r"action 2 \(put\)"),
    (lambda db, tx: tx.delete(db.table("app"), Key("x")), InvalidKey, r"action 2 \(delete\): .*no sort value"),
    (lambda db, tx: tx.delete(db.table("app"), number_like), InvalidKey, r"action 2 \(delete\): a key is a Key"),
    (lambda db, tx: tx.update(db.table("app"), KEY, Update()), InvalidExpression, r"action 2 \(update\): .*empty"),
    (lambda db, tx: tx.update(db.table("app"), KEY, number_like), InvalidExpression, r"action 2 \(update\)"),
    (lambda db, tx: tx.update(db.table("app"), KEY, Update().set("SK", 1)), InvalidExpression, "of the table's key"),
    (lambda db, tx: tx.check(db.table("app"), KEY, number_like), InvalidExpression, r"action 2 \(check\)"),
    (lambda db, tx: tx.delete(number_like, KEY), ValidationError, r"action 2 \(delete\): the table is of type str"),
]


@pytest.mark.parametrize(("mistake", "error", "said"), MISTAKES)
async def test_a_mistake_is_refused_with_the_action_and_nothing_is_sent(
    mistake: Callable[[DynamoDB, Transaction], None], error: type[DynamoDBError], said: str
) -> None:
    transport = FakeTransport()
    db = client(transport)
    with pytest.raises(error, match=said) as caught:
        await run(db.transaction(), lambda tx: tx.check(db.table("app"), OTHER, ANYTHING), lambda tx: mistake(db, tx))
    assert transport.requests == []
    assert caught.value.operation == "TransactWriteItems"
    assert caught.value.table == (None if "the table is" in said else "app")
    assert caught.value.hint
    assert caught.value.args == (caught.value.message,)
    assert "xxx" not in str(caught.value)


@pytest.mark.parametrize(
    "add",
    [
        lambda tx, table: tx.delete(table, OTHER),
        lambda tx, table: tx.check(table, OTHER, ANYTHING),
        lambda tx, table: tx.update(table, OTHER, Update()),
        lambda tx, table: tx.put(table, {"PK": "USER#2", "SK": "PROFILE"}),
        lambda tx, table: tx.put(table, {"PK": "USER#2", "SK": "PROFILE", "x": "x" * 409_600}),
        lambda tx, table: tx.put(table, {"PK": "USER#2", "SK": "PROFILE", "x": set()}),
    ],
)
async def test_an_error_has_the_key_where_it_is_known(add: Callable[[Transaction, Any], None]) -> None:
    db = client(FakeTransport())
    app = db.table("app")
    with pytest.raises(DynamoDBError) as caught:
        await run(db.transaction(), lambda tx: tx.delete(app, OTHER), lambda tx: add(tx, app))
    assert caught.value.key == OTHER


async def test_a_refused_action_is_not_in_the_transaction() -> None:
    transport = answering()
    db = client(transport)
    async with db.transaction() as tx:
        tx.delete(db.table("app"), KEY)
        with pytest.raises(ValidationError):
            tx.delete(db.table("app"), KEY)
        assert repr(tx) == "<Transaction open: 1 actions>"
    assert len(transport.payloads[0]["TransactItems"]) == 1


async def test_the_table_of_another_client_is_refused() -> None:
    other = client(FakeTransport()).table("app")
    with pytest.raises(ValidationError, match="belongs to another client"):
        async with client(FakeTransport()).transaction() as tx:
            tx.delete(other, KEY)


async def test_text_that_json_cannot_carry_is_refused_before_sending() -> None:
    transport = FakeTransport()
    db = client(transport)
    for token in (None, "order-981"):
        with pytest.raises(ValidationError, match=r"TransactItems\[0\]\.Put\.Item\.name\.S"):
            async with db.transaction(token=token) as tx:
                tx.put(db.table("app"), PLAIN | {"name": "\ud800"})
    assert transport.requests == []


# ── misuse ───────────────────────────────────────────────────────────────────────────────────────────────────────────
ADD: list[Callable[[Transaction, Any], None]] = [
    lambda tx, table: tx.put(table, PLAIN),
    lambda tx, table: tx.update(table, KEY, Raw("REMOVE a")),
    lambda tx, table: tx.check(table, KEY, ANYTHING),
    lambda tx, table: tx.delete(table, KEY),
]


@pytest.mark.parametrize("add", ADD)
async def test_an_action_outside_of_the_block_is_refused(add: Callable[[Transaction, Any], None]) -> None:
    db = client(answering())
    tx = db.transaction()
    with pytest.raises(TransactionError, match=r"can be added to the transaction: it is not open.*async with"):
        add(tx, db.table("app"))
    async with tx:
        add(tx, db.table("app"))
    with pytest.raises(TransactionError, match="can be added to the transaction: it has ended"):
        add(tx, db.table("app"))


async def test_a_transaction_is_used_once() -> None:
    transport = answering()
    db = client(transport)
    async with db.transaction() as tx:
        tx.delete(db.table("app"), KEY)
        with pytest.raises(TransactionError, match="it is open already"):
            await tx.__aenter__()
    with pytest.raises(TransactionError, match="it has ended"):
        async with tx:
            pass
    assert len(transport.requests) == 1


async def test_a_transaction_that_failed_is_not_used_again() -> None:
    db = client(FakeTransport())
    tx = db.transaction()
    with pytest.raises(ValueError, match="mine"):
        async with tx:
            raise ValueError("mine")
    with pytest.raises(TransactionError, match="it has ended"):
        async with tx:
            pass


async def test_repr_shows_the_state_and_no_content() -> None:
    db = client(answering())
    tx = db.transaction(token="secret-business")
    assert repr(tx) == "<Transaction made: 0 actions>"
    async with tx:
        tx.put(db.table("app"), PLAIN)
    assert repr(tx) == "<Transaction ended: 1 actions>"
