"""transact_get over scripted transports: what is sent, the order and kind of what comes, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.errors import (
    BadResponse,
    InvalidExpression,
    InvalidKey,
    ItemDecodeError,
    TransactionCanceled,
    ValidationError,
)
from hashrange.expressions import Attr
from hashrange.key import Key
from hashrange.telemetry.usage import ConsumedCapacity
from tests.fakes import FakeTransport, answer, client

from .transacting import canceled
from .users import KEY, PLAIN, USER, WIRE, Name, User

OTHER = Key("USER#2", "PROFILE")
WIRE_KEY = {"PK": {"S": "USER#1"}, "SK": {"S": "PROFILE"}}


def found(*items: Any, **document: Any) -> FakeTransport:
    return FakeTransport(answer({"Responses": [{} if item is None else {"Item": item} for item in items], **document}))


async def test_items_come_in_the_order_of_the_requests_as_their_tables_models() -> None:
    transport = found(WIRE, None, {"id": {"S": "a"}, "free": {"N": "3"}})
    db = client(transport)
    users, stock = db.table("app", model=User), db.table("stock", "id", None)
    got = await db.transact_get([(users, KEY), (users, OTHER), (stock, Key("a"), ["id", Attr("free")])])
    assert got == [USER, None, {"id": "a", "free": 3}]
    assert got.consumed is None
    assert transport.operations == ["TransactGetItems"]
    assert transport.payloads == [
        {
            "TransactItems": [
                {"Get": {"TableName": "app", "Key": WIRE_KEY}},
                {"Get": {"TableName": "app", "Key": {"PK": {"S": "USER#2"}, "SK": {"S": "PROFILE"}}}},
                {
                    "Get": {
                        "TableName": "stock",
                        "Key": {"id": {"S": "a"}},
                        "ProjectionExpression": "#n0, #n1",
                        "ExpressionAttributeNames": {"#n0": "id", "#n1": "free"},
                    }
                },
            ]
        }
    ]


async def test_without_requests_there_is_no_call() -> None:
    transport = FakeTransport()
    got = await client(transport).transact_get([])
    assert got == []
    assert (got.consumed, transport.requests) == (None, [])


async def test_an_item_without_the_attributes_asked_for_is_none() -> None:
    """The service leaves the item out; DynamoDB Local gives an empty one."""
    db = client(found({}))
    assert await db.transact_get([(db.table("app"), KEY, ["nothing"])]) == [None]


async def test_the_same_read_twice_is_sent_once_and_answered_twice() -> None:
    transport = found(WIRE)
    db = client(transport)
    assert await db.transact_get([(db.table("app", model=User), KEY), (db.table("app"), KEY)]) == [USER, PLAIN]
    assert len(transport.payloads[0]["TransactItems"]) == 1


async def test_a_generator_of_a_hundred() -> None:
    transport = found(*[None] * 100)
    db = client(transport)
    assert await db.transact_get((db.table("app"), Key("A", str(n))) for n in range(100)) == [None] * 100


async def test_capacity_is_asked_for_and_given_back() -> None:
    costs = [{"TableName": "app", "CapacityUnits": 2.0, "ReadCapacityUnits": 2.0}]
    transport = found(WIRE, ConsumedCapacity=costs)
    db = client(transport, capacity="indexes")
    got = await db.transact_get([(db.table("app"), KEY)])
    assert transport.payloads[0]["ReturnConsumedCapacity"] == "INDEXES"
    assert got.consumed == ConsumedCapacity("app", read_units=2.0)


async def test_a_timeout_is_that_of_the_call() -> None:
    transport = found(WIRE)
    db = client(transport)
    await db.transact_get([(db.table("app"), KEY)], timeout=0.5)
    assert transport.requests[0].timeout == pytest.approx(0.5)


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────────
odd: Any = "x"


@pytest.mark.parametrize(
    ("requests", "error", "said"),
    [
        (
            lambda app: [(app, Key("A", str(n))) for n in range(101)],
            ValidationError,
            r"action 101 \(get\): .*101 items",
        ),
        (lambda app: [(app, KEY), (app, KEY, ["a"])], ValidationError, r"action 2 \(get\): .*that action 1 reads"),
        (lambda app: [(app, KEY), (app, Key("x"))], InvalidKey, r"action 2 \(get\): .*no sort value"),
        (lambda app: [(app, KEY, [])], InvalidExpression, r"action 1 \(get\)"),
        (lambda app: [(app, KEY), KEY], ValidationError, "request 2 is of type Key"),
        (lambda app: [(app,)], ValidationError, "request 1 is a tuple of 1"),
        (lambda app: [("app", KEY)], ValidationError, r"action 1 \(get\): the table is of type str"),
        (lambda app: [(client(FakeTransport()).table("app"), KEY)], ValidationError, "belongs to another client"),
    ],
)
async def test_a_mistake_is_refused_before_sending(requests: Any, error: Any, said: str) -> None:
    transport = FakeTransport()
    db = client(transport)
    with pytest.raises(error, match=said) as caught:
        await db.transact_get(requests(db.table("app")))
    assert transport.requests == []
    assert caught.value.operation == "TransactGetItems"
    assert caught.value.hint


# ── what fails ───────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_reasons_are_those_of_the_requests() -> None:
    transport = FakeTransport(canceled("None", "TransactionConflict"), repeat=True)
    db = client(transport)
    app = db.table("app")
    with pytest.raises(TransactionCanceled, match=r"action 2 \(get on table 'app'\) conflict; action 3 ") as caught:
        await db.transact_get([(app, KEY), (app, OTHER), (app, OTHER)])
    assert len(transport.requests) == 3
    actions = [reason.action for reason in caught.value.reasons]
    assert [action and (action.number, action.kind, action.key) for action in actions] == [
        (1, "get", KEY),
        (2, "get", OTHER),
        (3, "get", OTHER),
    ]


async def test_an_item_that_does_not_fit_says_which() -> None:
    db = client(found(WIRE, WIRE))
    requests: list[Any] = [(db.table("app", model=Name), KEY), (db.table("app", model=User, unknown="error"), OTHER)]
    bad = {key: value for key, value in WIRE.items() if key != "name"}
    assert await db.transact_get(requests) == [Name("Ann"), USER]
    db = client(found(WIRE, bad))
    requests = [(db.table("app", model=Name), KEY), (db.table("app", model=Name), OTHER)]
    with pytest.raises(ItemDecodeError, match=r"action 2 \(get\): the item does not fit Name") as caught:
        await db.transact_get(requests)
    assert (caught.value.table, caught.value.key, caught.value.operation) == ("app", OTHER, "TransactGetItems")


@pytest.mark.parametrize("document", [{}, {"Responses": None}, {"Responses": []}, {"Responses": [{}, {}]}])
async def test_an_answer_with_another_number_of_items_is_no_answer(document: Any) -> None:
    db = client(FakeTransport(answer(document)))
    with pytest.raises(BadResponse, match="not one response for each of 1 reads"):
        await db.transact_get([(db.table("app"), KEY)])
