"""The four item operations through a client: typed items in and out, results, and errors that say where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypedDict

import attrs
import msgspec
import pydantic
import pytest

from hashrange.client import DynamoDB
from hashrange.errors import (
    ConditionFailed,
    ConfigurationError,
    DeadlineExceeded,
    InvalidKey,
    InvalidTable,
    ItemDecodeError,
    ItemTooLarge,
    MissingRequiredKey,
    TypeMismatch,
    ValidationError,
)
from hashrange.expressions import Attr, Update
from hashrange.key import Key
from hashrange.table import DeleteResult, PutResult, Table, UpdateResult, expiry
from hashrange.telemetry.usage import ConsumedCapacity
from tests.fakes import NOW, FakeClock, FakeTransport, answer, client, failure

KEY = Key("USER#1", "PROFILE")
WIRE = {"PK": {"S": "USER#1"}, "SK": {"S": "PROFILE"}, "name": {"S": "Ann"}, "visits": {"N": "3"}}
PLAIN = {"PK": "USER#1", "SK": "PROFILE", "name": "Ann", "visits": 3}


@dataclass
class User:
    PK: str
    SK: str
    name: str
    visits: int = 0
    nickname: str | None = None


@attrs.define
class AttrsUser:
    PK: str
    SK: str
    name: str
    visits: int = 0


class StructUser(msgspec.Struct):
    PK: str
    SK: str
    name: str
    visits: int = 0


class PydanticUser(pydantic.BaseModel):
    PK: str
    SK: str
    name: str
    visits: int = 0


class DictUser(TypedDict):
    PK: str
    SK: str
    name: str
    visits: int


@dataclass
class Name:
    name: str


MODELS: list[Any] = [User, AttrsUser, StructUser, PydanticUser, DictUser]
USER = User("USER#1", "PROFILE", "Ann", 3)


def table(transport: FakeTransport, model: Any = User, *, config: Any = None, **options: Any) -> Table[Any]:
    return client(transport, **(config or {})).table("app", model=model, **options)


def plain(transport: FakeTransport, **config: Any) -> Table[dict[str, Any]]:
    return client(transport, **config).table("app")


# ── get ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("model", MODELS)
async def test_an_item_comes_as_the_model(model: Any) -> None:
    transport = FakeTransport(answer({"Item": WIRE}))
    expected = model(PK="USER#1", SK="PROFILE", name="Ann", visits=3)
    assert await table(transport, model).get_item(KEY) == expected
    assert transport.payloads == [{"TableName": "app", "Key": {"PK": WIRE["PK"], "SK": WIRE["SK"]}}]


async def test_without_a_model_an_item_is_a_dict() -> None:
    assert await plain(FakeTransport(answer({"Item": WIRE}))).get_item(KEY) == PLAIN


async def test_no_item_is_none() -> None:
    assert await table(FakeTransport(answer({}))).get_item(KEY) is None


async def test_a_call_can_have_another_model() -> None:
    users = table(FakeTransport(answer({"Item": WIRE}), repeat=True))
    assert await users.get_item(KEY, model=Name) == Name("Ann")
    assert await users.get_item(KEY, model=dict) == PLAIN
    assert await users.get_item(KEY) == USER


async def test_get_options_are_sent() -> None:
    transport = FakeTransport(answer({}))
    await plain(transport, capacity="total").get_item(KEY, consistent=True, projection=["name"], timeout=2.0)
    assert transport.payloads[0] == {
        "TableName": "app",
        "Key": {"PK": WIRE["PK"], "SK": WIRE["SK"]},
        "ConsistentRead": True,
        "ProjectionExpression": "#n0",
        "ExpressionAttributeNames": {"#n0": "name"},
        "ReturnConsumedCapacity": "TOTAL",
    }
    assert transport.requests[0].timeout == 2.0


async def test_numbers_are_exact_or_floats() -> None:
    item = {"Item": WIRE | {"price": {"N": "1.50"}, "n": {"N": "1.0"}}}
    exact = await plain(FakeTransport(answer(item))).get_item(KEY)
    lossy = await plain(FakeTransport(answer(item)), numbers="float").get_item(KEY)
    assert exact is not None
    assert lossy is not None
    assert (exact["price"], exact["n"]) == (Decimal("1.5"), 1)
    assert (lossy["price"], lossy["n"]) == (1.5, 1)
    assert [type(one["price"]) for one in (exact, lossy)] == [Decimal, float]


async def test_an_item_that_does_not_fit_names_table_operation_key_and_path() -> None:
    wrong = WIRE | {"visits": {"S": "many"}}
    with pytest.raises(ItemDecodeError, match="visits") as caught:
        await table(FakeTransport(answer({"Item": wrong}))).get_item(KEY)
    assert (caught.value.table, caught.value.operation, caught.value.key) == ("app", "GetItem", KEY)
    with pytest.raises(ItemDecodeError, match="secret"):
        await table(FakeTransport(answer({"Item": WIRE | {"secret": {"S": ""}}})), unknown="error").get_item(KEY)


# ── put ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("model", MODELS)
async def test_a_model_is_put_whole(model: Any) -> None:
    transport = FakeTransport(answer({}))
    put = await table(transport, model).put_item(model(PK="USER#1", SK="PROFILE", name="Ann", visits=3))
    assert put == PutResult(None, None)
    assert transport.payloads == [{"TableName": "app", "Item": WIRE}]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("item", [PLAIN, MappingProxyType(PLAIN)], ids=["dict", "mapping"])
async def test_a_mapping_can_be_put_into_a_typed_table(model: Any, item: Any) -> None:
    transport = FakeTransport(answer({}))
    await table(transport, model).put_item(item)
    assert transport.payloads[0]["Item"] == WIRE


async def test_nulls_are_omitted_or_kept() -> None:
    transport = FakeTransport(answer({}), answer({}))
    await table(transport).put_item(USER)
    await table(transport, nulls="keep").put_item(USER)
    first, second = (payload["Item"] for payload in transport.payloads)
    assert "nickname" not in first
    assert second["nickname"] == {"NULL": True}


@pytest.mark.parametrize("model", [User, dict])
@pytest.mark.parametrize("item", [None, 3, "text", ["PK"], Name("Ann")])
async def test_what_is_no_item_is_refused(model: Any, item: Any) -> None:
    with pytest.raises(TypeMismatch) as caught:
        await table(FakeTransport(), model).put_item(item)
    assert (caught.value.table, caught.value.operation) == ("app", "PutItem")


async def test_the_old_item_comes_back() -> None:
    transport = FakeTransport(answer({"Attributes": WIRE}), answer({}))
    users = table(transport)
    assert await users.put_item(USER, return_old=True) == PutResult(USER)
    assert await users.put_item(USER, return_old=True) == PutResult(None)
    assert transport.payloads[0]["ReturnValues"] == "ALL_OLD"


async def test_the_put_item_is_not_changed() -> None:
    item = dict(PLAIN)
    await plain(FakeTransport(answer({}))).put_item(item)
    await client(FakeTransport(answer({}))).table("app", ttl_attribute="until").put_item(item, ttl=timedelta(days=1))
    assert item == PLAIN


async def test_a_large_item_is_refused_where_it_is_put() -> None:
    transport = FakeTransport()
    with pytest.raises(ItemTooLarge, match="largest: 'name'") as caught:
        await plain(transport).put_item(PLAIN | {"name": "x" * 410_000})
    assert (caught.value.table, caught.value.operation, caught.value.key) == ("app", "PutItem", KEY)
    assert transport.requests == []


# ── time to live ─────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass
class Session:
    PK: str
    SK: str
    until: datetime | None = None


async def test_ttl_is_stored_as_epoch_seconds() -> None:
    transport = FakeTransport(answer({}), answer({}), answer({}))
    config = {"clock": FakeClock(NOW + 0.25)}
    sessions = table(transport, Session, config=config, ttl_attribute="until")
    await sessions.put_item(Session("a", "b"), ttl=timedelta(hours=1))
    await sessions.put_item(Session("a", "b", datetime(2020, 1, 1, tzinfo=UTC)), ttl=timedelta(hours=1))
    await sessions.put_item(Session("a", "b", datetime(2030, 1, 1, tzinfo=UTC)))
    stored = [payload["Item"]["until"] for payload in transport.payloads]
    assert stored == [{"N": "1800003601"}, {"N": "1800003601"}, {"N": "1893456000"}]


@pytest.mark.parametrize(
    ("ttl", "reason"),
    [
        (timedelta(0), "ttl is 0:00:00; it must be a time to come"),
        (timedelta(seconds=-1), "it must be a time to come"),
        (3600, "ttl is of type int"),
        ("1h", "ttl is of type str"),
        (datetime(2030, 1, 1, tzinfo=UTC), "ttl is of type datetime"),
    ],
)
async def test_a_ttl_that_cannot_be(ttl: Any, reason: str) -> None:
    transport = FakeTransport()
    with pytest.raises(ValidationError, match=reason) as caught:
        await table(transport, Session, ttl_attribute="until").put_item(Session("a", "b"), ttl=ttl)
    assert (caught.value.table, caught.value.operation) == ("app", "PutItem")


async def test_ttl_needs_its_attribute() -> None:
    with pytest.raises(ConfigurationError, match="ttl= needs the name of the TTL attribute of table 'app'"):
        await plain(FakeTransport()).put_item(PLAIN, ttl=timedelta(hours=1))


def test_the_longest_ttl_can_be_written() -> None:
    assert expiry(NOW, timedelta.max) > expiry(NOW, timedelta(days=365 * 1000)) > NOW


# ── update ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("returns", ["all_old", "all_new"])
async def test_whole_items_come_as_the_model(returns: Any) -> None:
    users = table(FakeTransport(answer({"Attributes": WIRE}), answer({})))
    assert await users.update_item(KEY, Update().add("visits", 1), returns=returns) == UpdateResult(USER)
    assert await users.update_item(KEY, Update().add("visits", 1), returns=returns) == UpdateResult(None)


@pytest.mark.parametrize("returns", ["updated_old", "updated_new"])
async def test_changed_attributes_come_as_a_dict(returns: Any) -> None:
    users = table(FakeTransport(answer({"Attributes": {"visits": {"N": "4"}}}), answer({})))
    assert await users.update_item(KEY, Update().add("visits", 1), returns=returns) == UpdateResult({"visits": 4})
    assert await users.update_item(KEY, Update().remove("x"), returns=returns) == UpdateResult(None)


async def test_an_update_returns_nothing_unless_asked() -> None:
    transport = FakeTransport(answer({}))
    assert await table(transport).update_item(KEY, Update().add("visits", 1), timeout=1.5) == UpdateResult(None, None)
    assert "ReturnValues" not in transport.payloads[0]
    assert transport.requests[0].timeout == 1.5


# ── delete ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_delete() -> None:
    transport = FakeTransport(answer({"Attributes": WIRE}), answer({}))
    users = table(transport)
    assert await users.delete_item(KEY, return_old=True, condition=Attr("visits") == 3) == DeleteResult(USER)
    assert await users.delete_item(KEY, timeout=1.5) == DeleteResult(None)
    assert transport.payloads[0]["ConditionExpression"] == "#n0 = :v0"
    assert transport.payloads[1] == {"TableName": "app", "Key": {"PK": WIRE["PK"], "SK": WIRE["SK"]}}
    assert transport.requests[1].timeout == 1.5


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


# ── capacity ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("asked", "word"), [("total", "TOTAL"), ("indexes", "INDEXES")])
async def test_results_have_the_capacity_that_was_asked_for(asked: str, word: str) -> None:
    consumed = {"ConsumedCapacity": {"TableName": "app", "CapacityUnits": 2.0}}
    transport = FakeTransport(answer(consumed), repeat=True)
    users = plain(transport, capacity=asked)
    expected = ConsumedCapacity("app", write_units=2.0)
    assert (await users.put_item(PLAIN)).consumed == expected
    assert (await users.update_item(KEY, Update().remove("x"))).consumed == expected
    assert (await users.delete_item(KEY)).consumed == expected
    assert {payload["ReturnConsumedCapacity"] for payload in transport.payloads} == {word}


async def test_no_capacity_is_asked_for_by_default() -> None:
    transport = FakeTransport(answer({}))
    assert (await plain(transport).put_item(PLAIN)).consumed is None
    assert "ReturnConsumedCapacity" not in transport.payloads[0]


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


# ── the table itself ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_table_shows_what_it_is() -> None:
    db: DynamoDB = client(FakeTransport())
    assert repr(db.table("app")) == "<Table 'app' (PK, SK)>"
    assert repr(db.table("app", "id", None, model=User)) == "<Table 'app' (id) of User>"
    assert db.table("app").name == "app"
    assert db.table("app", model=User).model is User


def test_what_holds_the_cursor_key_does_not_show_it() -> None:
    app = client(FakeTransport(), cursor_key="hush").table("app")
    assert "hush" not in repr([app, app._core, app.query("a"), app.query("a")._reader, app.scan()])


def test_results_are_frozen() -> None:
    results: list[Any] = [PutResult(), DeleteResult(), UpdateResult()]
    for result in results:
        with pytest.raises(AttributeError):
            result.consumed = None


def test_a_table_with_impossible_names() -> None:
    db = client(FakeTransport())
    with pytest.raises(InvalidTable):
        db.table("a b")
    with pytest.raises(InvalidTable):
        db.table("app", indexes={"x": "A"})
