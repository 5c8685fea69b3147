"""Errors of the item operations: conditions that fail, mistakes before sending, and where each is from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from hashrange.errors import (
    ConditionFailed,
    ConfigurationError,
    DeadlineExceeded,
    InvalidKey,
    ItemDecodeError,
    MissingRequiredKey,
    ValidationError,
)
from hashrange.expressions import Attr, Update
from hashrange.key import Key
from hashrange.table import Table
from tests.fakes import FakeTransport, answer, client, failure

from .users import KEY, PLAIN, USER, WIRE, AttrsUser, PydanticUser, StructUser, User, plain, table


# ── conditions that fail ─────────────────────────────────────────────────────────────────────────────────────────────
def writes(users: Table[Any]) -> list[Any]:
    condition = Attr("visits") == 4
    return [
        users.put_item(USER, condition=condition),
        users.update_item(KEY, Update().add("visits", 1), condition=condition),
        users.delete_item(KEY, condition=condition),
    ]


def refused(item: Any = None) -> FakeTransport:
    data = None if item is None else {"Item": item}
    return FakeTransport(failure("ConditionalCheckFailedException", data=data), repeat=True)


@pytest.mark.parametrize("model", [User, StructUser, PydanticUser, AttrsUser])
async def test_a_failed_condition_has_the_item_that_is_there(model: Any) -> None:
    users = table(refused(WIRE), model)
    with pytest.raises(ConditionFailed) as caught:
        await users.delete_item(KEY, condition=Attr("visits") == 4)
    assert caught.value.item == model(PK="USER#1", SK="PROFILE", name="Ann", visits=3)


async def test_every_conditional_write_asks_for_the_item_and_says_where_it_failed() -> None:
    transport = refused(WIRE)
    for write, operation in zip(writes(table(transport)), ["PutItem", "UpdateItem", "DeleteItem"], strict=True):
        with pytest.raises(ConditionFailed) as caught:
            await write
        assert caught.value.item == USER
        assert (caught.value.table, caught.value.operation, caught.value.key) == ("app", operation, KEY)
    assert {each["ReturnValuesOnConditionCheckFailure"] for each in transport.payloads} == {"ALL_OLD"}


async def test_a_failed_condition_without_an_item() -> None:
    for write in writes(table(refused())):
        with pytest.raises(ConditionFailed) as caught:
            await write
        assert caught.value.item is None


async def test_a_failed_condition_stays_one_when_the_item_does_not_fit_the_model() -> None:
    with pytest.raises(ConditionFailed) as caught:
        await table(refused({"PK": {"S": "USER#1"}, "visits": {"S": "many"}})).delete_item(
            KEY, condition=Attr("a") == 1
        )
    assert caught.value.item == {"PK": "USER#1", "visits": "many"}
    assert caught.value.redact().item is None


async def test_a_returned_item_that_does_not_fit_says_where_it_is_from() -> None:
    wrong = answer({"Attributes": WIRE | {"visits": {"S": "many"}}})
    users = table(FakeTransport(wrong, repeat=True))
    calls = [
        (users.put_item(USER, return_old=True), "PutItem"),
        (users.update_item(KEY, Update().remove("x"), returns="all_new"), "UpdateItem"),
        (users.delete_item(KEY, return_old=True), "DeleteItem"),
    ]
    for call, operation in calls:
        with pytest.raises(ItemDecodeError) as caught:
            await call
        assert (caught.value.table, caught.value.operation, caught.value.key) == ("app", operation, KEY)


# ── errors before sending ────────────────────────────────────────────────────────────────────────────────────────────
async def test_errors_before_sending_say_where() -> None:
    transport = FakeTransport()
    users = plain(transport)
    calls: list[tuple[Any, str, Any]] = [
        (users.get_item(Key("a")), "GetItem", Key("a")),
        (users.put_item({"PK": "a"}), "PutItem", None),
        (users.update_item(Key("a"), Update().remove("x")), "UpdateItem", Key("a")),
        (users.delete_item(Key("a")), "DeleteItem", Key("a")),
    ]
    for call, operation, key in calls:
        with pytest.raises((InvalidKey, MissingRequiredKey), match=rf"\[{operation} on table 'app'\]") as caught:
            await call
        assert caught.value.key == key
        assert caught.value.attempts == 0
    assert transport.requests == []


async def test_a_models_error_keeps_its_cause() -> None:
    @dataclass
    class Bad:
        PK: str
        SK: str
        when: datetime

    with pytest.raises(ValidationError, match=r"Bad.when") as caught:
        await table(FakeTransport(), Bad).put_item(Bad("a", "b", datetime(2030, 1, 1)))
    assert (caught.value.table, caught.value.operation) == ("app", "PutItem")


@pytest.mark.parametrize("model", [3, object(), [], "User"])
async def test_a_model_that_is_none_is_refused_before_sending(model: Any) -> None:
    transport = FakeTransport()
    with pytest.raises(ConfigurationError) as caught:
        client(transport).table("app", model=model)
    assert caught.value.table == "app"
    users = plain(transport)
    with pytest.raises(ConfigurationError) as caught:
        await users.get_item(KEY, model=model)
    assert (caught.value.table, caught.value.operation) == ("app", "GetItem")
    with pytest.raises(ConfigurationError) as caught:
        users.query("USER#1", model=model)
    assert (caught.value.table, caught.value.operation) == ("app", "Query")
    with pytest.raises(ConfigurationError) as caught:
        users.scan(model=model)
    assert (caught.value.table, caught.value.operation) == ("app", "Scan")
    assert transport.requests == []


async def test_no_time_is_no_call() -> None:
    transport = FakeTransport()
    users = plain(transport)
    calls: list[Any] = [
        users.get_item(KEY, timeout=0),
        users.put_item(PLAIN, timeout=0),
        users.update_item(KEY, Update().remove("x"), timeout=0),
        users.delete_item(KEY, timeout=0),
        users.query("USER#1", timeout=0).all(),
        users.scan(timeout=0).page(),
    ]
    for call in calls:
        with pytest.raises(DeadlineExceeded):
            await call
    assert transport.requests == []
