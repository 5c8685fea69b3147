"""The four item operations through a client: typed items in and out, results, and errors that say where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest

from hashrange.client import DynamoDB
from hashrange.errors import (
    ConfigurationError,
    InvalidTable,
    ItemDecodeError,
    ItemTooLarge,
    TypeMismatch,
    ValidationError,
)
from hashrange.expressions import Attr, Update
from hashrange.results import DeleteResult, PutResult, UpdateResult
from hashrange.telemetry.usage import ConsumedCapacity
from hashrange.time_to_live import expiry
from tests.fakes import NOW, FakeClock, FakeTransport, answer, client

from .users import KEY, MODELS, PLAIN, USER, WIRE, Name, User, plain, table


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
