"""Reading many items by their keys: order, duplicates, chunks, rounds, and what is raised."""

from __future__ import annotations

import asyncio
import pickle
from decimal import Decimal
from typing import Any

import pytest

from hashrange.errors import (
    BadResponse,
    DeadlineExceeded,
    DynamoDBError,
    InternalServerError,
    InvalidExpression,
    InvalidKey,
    ItemDecodeError,
    ResourceNotFound,
    ValidationError,
)
from hashrange.expressions import Attr, Raw
from hashrange.key import Key
from hashrange.resilience.retry import RetryPolicy, RetryRule
from hashrange.telemetry.usage import ConsumedCapacity
from hashrange.types import WireItem
from tests.fakes import Chance, answer, client, failure, turns

from .batches import BatchService, place_of, table
from .users import KEY, PLAIN, USER, WIRE, Name, User


def key(number: int) -> Key:
    return Key(f"USER#{number:04d}", "PROFILE")


def wire(number: int, **more: Any) -> WireItem:
    return {"PK": {"S": f"USER#{number:04d}"}, "SK": {"S": "PROFILE"}, "n": {"N": str(number)}, **more}


def filled(count: int, *tables: str, **script: Any) -> BatchService:
    service = BatchService(*tables, **script)
    for items in service.items.values():
        items.update({place_of(item): item for item in map(wire, range(count))})
    return service


def numbers(found: Any) -> list[int | None]:
    return [None if item is None else item["n"] for item in found]


@pytest.mark.parametrize(
    ("count", "requests"), [(0, []), (1, [1]), (100, [100]), (101, [100, 1]), (250, [100, 100, 50])]
)
async def test_any_number_of_keys_is_read(count: int, requests: list[int]) -> None:
    service = filled(count)
    found = await table(service).batch_get(key(number) for number in range(count))
    assert numbers(found) == list(range(count))
    assert service.counts == requests
    assert (found.unprocessed, found.consumed) == ((), None)


async def test_items_come_in_the_order_of_the_keys_and_none_for_what_is_missing() -> None:
    service = filled(3)
    found = await table(service).batch_get([key(2), key(7), key(0), key(2), key(1)])
    assert numbers(found) == [2, None, 0, 2, 1]
    assert service.counts == [4], "a key that is given twice is read once"
    assert isinstance(found, list)
    first, again = found[0], found[3]
    assert first is not None
    assert first == again
    first["n"] = 9
    assert again == {"PK": "USER#0002", "SK": "PROFILE", "n": 2}, "each place has an object of its own"


async def test_numbers_that_are_equal_are_one_key() -> None:
    service = BatchService()
    service.items["app"][(("N", Decimal(1)),)] = {"PK": {"N": "1.0"}, "n": {"N": "5"}}
    users = client(service).table("app", sort_key=None)
    found = await users.batch_get([Key(1), Key(Decimal("1.0")), Key(Decimal("0.1E+1")), Key("1")])
    assert numbers(found) == [5, 5, 5, None]
    assert service.counts == [2]


async def test_options_go_into_every_request() -> None:
    service = filled(150)
    keys = [key(number) for number in range(150)]
    found = await table(service).batch_get(keys, consistent=True, projection=["n", Attr("a").b])
    for payload in service.payloads:
        part = payload["RequestItems"]["app"]
        assert part["ConsistentRead"] is True
        assert part["ProjectionExpression"] == "#n0, #n1.#n2, #n3, #n4"
    assert found[3] == {"n": 3}, "the key was read to tell items apart, and not asked for"


async def test_a_projection_as_text_is_refused() -> None:
    with pytest.raises(InvalidExpression, match="key 1 of the batch") as caught:
        await table(BatchService()).batch_get([key(1)], projection=Raw("n"))
    assert caught.value.table == "app"


@pytest.mark.parametrize("wrong", [Key("a"), Key("", "b"), "USER#1", Key("\ud800", "b")])
async def test_a_wrong_key_is_refused_before_anything_is_read(wrong: Any) -> None:
    service = filled(3)
    with pytest.raises(ValidationError, match="key 2 of the batch") as caught:
        await table(service).batch_get([key(1), wrong])
    assert isinstance(caught.value, InvalidKey) is (wrong != Key("\ud800", "b"))
    assert (caught.value.operation, caught.value.table, caught.value.key) == ("BatchGetItem", "app", wrong)
    assert service.counts == []


# ── models ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_items_are_decoded_as_the_model() -> None:
    service = BatchService()
    service.items["app"][place_of(WIRE)] = WIRE
    users = client(service).table("app", model=User)
    assert await users.batch_get([KEY]) == [USER]
    assert await users.batch_get([KEY], model=Name) == [Name("Ann")]
    assert await users.batch_get([KEY], model=dict) == [PLAIN]


async def test_an_item_that_does_not_fit_is_named() -> None:
    service = filled(300)
    users = client(service).table("app", model=User)
    with pytest.raises(ItemDecodeError) as caught:
        await users.batch_get([key(7)])
    assert (caught.value.table, caught.value.operation, caught.value.key) == ("app", "BatchGetItem", key(7))


# ── several tables ───────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_request_may_mix_tables_and_models() -> None:
    service = filled(3, "app", "shop")
    service.items["app"][place_of(WIRE)] = WIRE
    db = client(service)
    users, plain, shop = db.table("app", model=User), db.table("app"), db.table("shop")
    found = await db.batch_get([(shop, key(2)), (users, KEY), (plain, key(1)), (shop, key(9)), (plain, KEY)])
    assert found == [
        {"PK": "USER#0002", "SK": "PROFILE", "n": 2},
        USER,
        {"PK": "USER#0001", "SK": "PROFILE", "n": 1},
        None,
        PLAIN,
    ]
    assert service.counts == [4]


async def test_a_table_must_be_one_of_this_client() -> None:
    db = client(BatchService())
    other: Any = client(BatchService()).table("app")
    cases: list[tuple[Any, str]] = [
        ((other, key(1)), "another client"),
        (("app", key(1)), "request 1 is not a table and a key"),
        (key(1), "request 1 is not a table and a key"),
    ]
    for pair, text in cases:
        with pytest.raises(ValidationError, match=text):
            await db.batch_get([pair])
    with pytest.raises(ValidationError, match=r"keys \(PK, SK\) and \(PK\)"):
        await db.batch_get([(db.table("app"), key(1)), (db.table("app", sort_key=None), Key("a"))])


# ── rounds ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_keys_left_unread_are_asked_for_again() -> None:
    service = filled(250, leaves=[40, 30, 10, 5])
    found = await table(service, randomness=Chance(0.5)).batch_get([key(number) for number in range(250)])
    assert numbers(found) == list(range(250))
    assert service.counts == [100, 100, 50, 80, 5], "what was left of three requests is one"


async def test_keys_left_unread_too_often_are_told() -> None:
    service = filled(5, leaves_always=2)
    policy = RetryPolicy(throttling=RetryRule(3, 0.05))
    found = await table(service, retry=policy).batch_get([key(3), key(4), key(0), key(4), key(1)])
    assert service.counts == [4, 2, 2]
    assert numbers(found) == [3, 4, None, 4, None]
    assert found.unprocessed == (key(0), key(1))


async def test_the_deadline_ends_the_rounds() -> None:
    service = filled(3, leaves_always=1)
    policy = RetryPolicy(throttling=RetryRule(10, 1.0))
    found = await table(service, retry=policy).batch_get([key(0), key(1)], timeout=5.0)
    assert (numbers(found), found.unprocessed) == ([0, None], (key(1),))
    assert service.times == [0.0, 1.0, 3.0]


async def test_without_a_timeout_the_clients_is_for_all_of_it() -> None:
    service = filled(3, leaves_always=1)
    policy = RetryPolicy(throttling=RetryRule(10, 1.0))
    users = table(service, retry=policy, timeout=2.0, attempt_timeout=9.0)
    assert (await users.batch_get([key(0), key(1)])).unprocessed == (key(1),)
    assert service.timeouts == [2.0, 1.0]


async def test_what_was_given_up_names_its_table() -> None:
    db = client(filled(3, "app", "shop", leaves_always=1), retry=RetryPolicy.none())
    app, shop = db.table("app"), db.table("shop")
    found = await db.batch_get([(app, key(0)), (shop, key(1))])
    assert found.unprocessed == ((shop, key(1)),)


async def test_time_that_is_up_before_everything_was_asked_for_is_an_error() -> None:
    service = filled(300)

    class Aging:
        async def send(self, request: Any) -> Any:
            response = await service.send(request)
            service.clock.advance(2.0)
            return response

        def repair(self, error: DynamoDBError, response: Any) -> bool:
            return False

        async def close(self) -> None:
            return None

    users = client(Aging(), clock=service.clock).table("app")
    with pytest.raises(DeadlineExceeded):
        await users.batch_get([key(number) for number in range(300)], timeout=3.0, concurrency=1)
    assert service.counts == [100, 100]


# ── errors ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_request_that_fails_for_good_is_raised_and_ends_the_others() -> None:
    service = filled(300, answers={2: failure("InternalServerError", status=500)})
    service.gates[1] = asyncio.Event()  # for ever
    with pytest.raises(InternalServerError) as caught:
        await table(service, retry=RetryPolicy.none()).batch_get([key(n) for n in range(300)], concurrency=2)
    assert (caught.value.table, caught.value.operation) == ("app", "BatchGetItem")
    assert service.under_way == 0
    await turns()
    assert len(service.counts) == 2


async def test_a_table_that_is_not_there_is_named() -> None:
    db = client(filled(3))
    with pytest.raises(ResourceNotFound) as caught:
        await db.batch_get([(db.table("app"), key(1)), (db.table("gone"), key(2))])
    assert (caught.value.table, caught.value.key) == ("gone", key(2))


async def test_the_key_that_the_service_refuses_is_found() -> None:
    service = filled(3)
    send = service.send

    class Picky(BatchService):
        async def send(self, request: Any) -> Any:
            return failure("ValidationException") if b"USER#0002" in request.body else await send(request)

    with pytest.raises(ValidationError) as caught:
        await table(Picky()).batch_get([key(number) for number in range(60)])
    assert caught.value.key == key(2)


@pytest.mark.parametrize("document", [{"Responses": {"app": [wire(99)]}}, {"UnprocessedKeys": {"app": {}}}])
async def test_an_answer_about_something_else_is_an_error(document: Any) -> None:
    service = BatchService(answers={1: answer(document)})
    with pytest.raises(BadResponse) as caught:
        await table(service).batch_get([key(1)])
    assert (caught.value.table, caught.value.operation) == ("app", "BatchGetItem")


async def test_the_concurrency_is_bounded_and_checked() -> None:
    service = filled(500)
    await table(service).batch_get([key(number) for number in range(500)], concurrency=2)
    assert service.under_way_most == 2
    with pytest.raises(ValidationError, match="concurrency is 0"):
        await table(service).batch_get([key(1)], concurrency=0)


@pytest.mark.parametrize("capacity", ["none", "total"])
async def test_consumed_capacity_is_summed(capacity: str) -> None:
    found = await table(filled(150), capacity=capacity).batch_get([key(number) for number in range(150)])
    assert found.consumed == (ConsumedCapacity("app", read_units=150.0) if capacity == "total" else None)


async def test_a_result_pickles() -> None:
    found = await table(filled(5, leaves_always=1), retry=RetryPolicy.none()).batch_get([key(0), key(1)])
    again = pickle.loads(pickle.dumps(found))
    assert again == found
    assert again.unprocessed == found.unprocessed == (key(1),)
