"""One item at a time: every value there and back, conditions, updates of every kind, results, times to live, locks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypedDict
from uuid import UUID

import attrs
import msgspec
import pydantic
import pytest

from hashrange import (
    Attr,
    ConditionFailed,
    DynamoDB,
    Item,
    Key,
    Raw,
    Table,
    TimeToLiveWarning,
    Update,
    ValidationError,
)

from .conftest import Connect, MakeTable

KEY = Key("USER#1", "PROFILE")
ITEM: Item = {"PK": "USER#1", "SK": "PROFILE", "name": "Ann", "visits": 3, "tags": {"a", "b"}}


@pytest.fixture
async def app(db: DynamoDB, make_table: MakeTable) -> Table[Item]:
    return db.table(await make_table())


# ── basic CRUD ───────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_an_item_from_its_birth_to_its_end(app: Table[Item]) -> None:
    assert await app.get_item(KEY) is None
    assert (await app.put_item(ITEM)).old_item is None
    assert await app.get_item(KEY, consistent=True) == ITEM
    assert (await app.put_item(ITEM | {"name": "Bob"}, return_old=True)).old_item == ITEM
    changed = await app.update_item(KEY, Update().set("name", "Cid").add("visits", 2), returns="all_new")
    assert changed.item == ITEM | {"name": "Cid", "visits": 5}
    assert (await app.delete_item(KEY, return_old=True)).old_item == changed.item
    assert (await app.delete_item(KEY, return_old=True)).old_item is None
    assert await app.get_item(KEY) is None


VALUES: dict[str, Any] = {
    "text": "grüße 🎉\n\x00",
    "empty": "",
    "integer": 42,
    "negative": -7,
    "zero": 0,
    "exact": Decimal("0.1"),
    "digits": Decimal("1.2345678901234567890123456789012345678"),
    "huge": 99999999999999999999999999999999999999,
    "large": 99 * 10**124,
    "small": Decimal("1E-130"),
    "bytes": b"\x00\xff binary",
    "no_bytes": b"",
    "yes": True,
    "no": False,
    "nothing": None,
    "list": [1, "two", b"3", None, [4, {"five": 6}]],
    "empty_list": [],
    "map": {"a": {"b": {"c": [1, 2, 3]}}},
    "empty_map": {},
    "texts": {"a", "b", "ü"},
    "numbers": {1, 2, Decimal("3.5")},
    "binaries": {b"a", b"b"},
    "odd name.with#signs:and spaces": "ok",
    "size": "a reserved word",
}


async def test_every_value_comes_back_as_it_went(app: Table[Item]) -> None:
    await app.put_item({"PK": "a", "SK": "b"} | VALUES)
    found = await app.get_item(Key("a", "b"))
    assert found == {"PK": "a", "SK": "b"} | VALUES
    assert found is not None
    assert {name: type(found[name]) for name in VALUES} == {name: type(VALUES[name]) for name in VALUES}


async def test_what_python_writes_otherwise_comes_back_as_dynamodb_has_it(app: Table[Item]) -> None:
    await app.put_item({"PK": "a", "SK": "b", "float": 0.1, "whole": 2.0, "tuple": (1, 2), "frozen": frozenset({1})})
    found = await app.get_item(Key("a", "b"), projection=["float", "whole", "tuple", "frozen"])
    assert found == {"float": Decimal("0.1"), "whole": 2, "tuple": [1, 2], "frozen": {1}}


async def test_numbers_as_floats(connect: Connect, app: Table[Item]) -> None:
    await app.put_item({"PK": "a", "SK": "b", "price": Decimal("1.25")})
    async with connect(numbers="float") as lossy:
        found = await lossy.table(app.name).get_item(Key("a", "b"))
    assert found is not None
    assert (found["price"], type(found["price"])) == (1.25, float)


@pytest.mark.parametrize(
    ("types", "key"),
    [
        ({"PK": "N", "SK": "B"}, Key(7, b"\x00\xff")),
        ({"PK": "B", "SK": "N"}, Key(b"x", Decimal("-1.5"))),
        ({"PK": "S", "SK": "S"}, Key("ä" * 1024, "ü" * 512)),
    ],
)
async def test_keys_of_every_type(db: DynamoDB, make_table: MakeTable, types: dict[str, str], key: Key) -> None:
    definitions = [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]
    app = db.table(await make_table(AttributeDefinitions=definitions))
    await app.put_item({"PK": key.partition, "SK": key.sort, "found": True})
    assert await app.get_item(key, projection=["found"]) == {"found": True}
    assert [item["SK"] for item in await app.query(key.partition, key.sort).all()] == [key.sort]
    await app.delete_item(key)
    assert await app.get_item(key) is None


async def test_a_simple_key(db: DynamoDB, make_table: MakeTable) -> None:
    name = await make_table(
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    users = db.table(name, partition_key="id", sort_key=None)
    await users.put_item({"id": "1", "name": "Ann"})
    assert await users.get_item(Key("1")) == {"id": "1", "name": "Ann"}
    assert await users.query("1").one() == {"id": "1", "name": "Ann"}


async def test_a_projection_reads_parts(app: Table[Item]) -> None:
    await app.put_item({"PK": "a", "SK": "b", "address": {"city": "Bonn", "zip": "1"}, "list": [1, 2, 3], "a.b": 4})
    found = await app.get_item(Key("a", "b"), projection=[Attr("address").city, Attr("list")[1], "a.b", "not there"])
    assert found == {"address": {"city": "Bonn"}, "list": [2], "a.b": 4}


async def test_an_item_of_almost_400_kb(app: Table[Item]) -> None:
    item = {"PK": "a", "SK": "b", "text": "ä" * 200_000}
    await app.put_item(item)
    assert await app.get_item(Key("a", "b")) == item


# ── conditions ───────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_conditional_put_creates_once(app: Table[Item]) -> None:
    condition = Attr("PK").not_exists()
    await app.put_item(ITEM, condition=condition)
    with pytest.raises(ConditionFailed) as caught:
        await app.put_item(ITEM | {"name": "Bob"}, condition=condition)
    error = caught.value
    assert error.item == ITEM
    assert (error.table, error.operation, error.key, error.attempts) == (app.name, "PutItem", KEY, 1)
    assert error.request_id
    assert await app.get_item(KEY) == ITEM


async def test_a_conditional_update_checks_the_version(app: Table[Item]) -> None:
    await app.put_item(ITEM | {"version": 1})
    change = Update().set("name", "Bob").add("version", 1)
    first = await app.update_item(KEY, change, condition=Attr("version") == 1, returns="updated_new")
    assert first.item == {"name": "Bob", "version": 2}
    with pytest.raises(ConditionFailed) as caught:
        await app.update_item(KEY, change, condition=Attr("version") == 1)
    assert caught.value.item == ITEM | {"name": "Bob", "version": 2}


async def test_a_conditional_delete(app: Table[Item]) -> None:
    await app.put_item(ITEM)
    with pytest.raises(ConditionFailed) as caught:
        await app.delete_item(KEY, condition=(Attr("visits") > 3) | Attr("tags").contains("z"))
    assert caught.value.item == ITEM
    await app.delete_item(KEY, condition=Attr("visits").between(1, 3) & Attr("name").begins_with("A"))
    with pytest.raises(ConditionFailed) as caught:
        await app.delete_item(KEY, condition=Attr("PK").exists())
    assert caught.value.item is None


async def test_raw_expressions(app: Table[Item]) -> None:
    await app.put_item(ITEM)
    await app.update_item(
        KEY,
        Raw("SET #n = :n, visits = visits + :one", {"#n": "name"}, {":n": "Bob", ":one": 1}),
        condition=Raw("#n = :n", {"#n": "name"}, {":n": "Ann"}) & (Attr("visits") == 3),
    )
    assert await app.get_item(KEY) == ITEM | {"name": "Bob", "visits": 4}


async def test_an_optimistic_lock_has_one_winner_a_round(app: Table[Item]) -> None:
    await app.put_item({"PK": "a", "SK": "b", "version": 0})

    change, condition = Update().add("version", 1), Attr("version") == 0
    tries = [app.update_item(Key("a", "b"), change, condition=condition) for _ in range(8)]
    found = await asyncio.gather(*tries, return_exceptions=True)
    lost = [error for error in found if isinstance(error, ConditionFailed)]
    assert len(lost) == 7
    assert all(error.item == {"PK": "a", "SK": "b", "version": 1} for error in lost)
    assert await app.get_item(Key("a", "b")) == {"PK": "a", "SK": "b", "version": 1}


# ── updates ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_every_kind_of_change(app: Table[Item]) -> None:
    await app.put_item(ITEM | {"list": [1, 2, 3], "map": {"a": 1, "b": 2}, "old": "x", "n": 10})
    change = (
        Update()
        .set("name", "Bob")
        .set("copy", Attr("n"))
        .set("less", Attr("n") - 1)
        .set("first", Attr("first").if_not_exists(7))
        .set(Attr("map").c, {"deep": [1]})
        .append("list", [4])
        .increment("n", 5)
        .add("visits", 1)
        .add("more", {1})
        .delete("tags", {"a", "not there"})
        .remove("old", Attr("map").a)
    )
    found = (await app.update_item(KEY, change, returns="all_new")).item
    assert found == {
        "PK": "USER#1",
        "SK": "PROFILE",
        "name": "Bob",
        "copy": 10,
        "less": 9,
        "first": 7,
        "map": {"b": 2, "c": {"deep": [1]}},
        "list": [1, 2, 3, 4],
        "n": 15,
        "visits": 4,
        "more": {1},
        "tags": {"b"},
    }


async def test_what_an_update_returns(app: Table[Item]) -> None:
    await app.put_item(ITEM)
    change = Update().add("visits", 1).set("new", True)
    assert (await app.update_item(KEY, change)).item is None
    assert (await app.update_item(KEY, change, returns="updated_old")).item == {"visits": 4, "new": True}
    assert (await app.update_item(KEY, change, returns="updated_new")).item == {"visits": 6, "new": True}
    assert (await app.update_item(KEY, change, returns="all_old")).item == ITEM | {"visits": 6, "new": True}
    assert (await app.update_item(KEY, change, returns="all_new")).item == ITEM | {"visits": 8, "new": True}
    absent = await app.update_item(Key("not", "there"), change, returns="all_old")
    assert absent.item is None


async def test_an_update_makes_the_item_where_there_is_none(app: Table[Item]) -> None:
    await app.update_item(KEY, Update().add("visits", 1))
    assert await app.get_item(KEY) == {"PK": "USER#1", "SK": "PROFILE", "visits": 1}


async def test_what_the_service_refuses_of_an_update(app: Table[Item]) -> None:
    await app.put_item(ITEM)
    with pytest.raises(ValidationError) as caught:
        await app.update_item(KEY, Update().set("x", Attr("name") + 1))
    assert (caught.value.code, caught.value.operation, caught.value.key) == ("ValidationException", "UpdateItem", KEY)


async def test_concurrent_counting_loses_nothing(app: Table[Item]) -> None:
    await asyncio.gather(*(app.update_item(KEY, Update().add("visits", 1)) for _ in range(40)))
    assert (await app.get_item(KEY, consistent=True) or {})["visits"] == 40


# ── models ───────────────────────────────────────────────────────────────────────────────────────────────────────────
class Level(StrEnum):
    GOLD = "gold"


@dataclass
class Address:
    city: str
    lines: list[str] = field(default_factory=list)


@dataclass
class User:
    PK: str
    SK: str
    id: UUID
    since: datetime
    level: Level
    address: Address
    credit: Decimal = Decimal(0)
    tags: set[str] = field(default_factory=set)
    nickname: str | None = None


USER = User(
    "USER#1",
    "PROFILE",
    UUID("12345678-1234-5678-1234-567812345678"),
    datetime(2026, 11, 21, 12, 0, tzinfo=UTC),
    Level.GOLD,
    Address("Bonn", ["1"]),
    Decimal("1.50"),
    {"a"},
)


async def test_a_dataclass_goes_and_comes_whole(db: DynamoDB, make_table: MakeTable) -> None:
    users = db.table(await make_table(), model=User)
    await users.put_item(USER)
    assert await users.get_item(KEY) == USER
    raw = await users.get_item(KEY, model=dict)
    assert raw is not None
    assert "nickname" not in raw
    assert raw["since"].startswith("2026-11-21T12:00:00")
    done = await users.update_item(KEY, Update().set("nickname", "Annie"), returns="all_new")
    assert done.item is not None
    assert done.item.nickname == "Annie"
    with pytest.raises(ConditionFailed) as caught:
        await users.put_item(USER, condition=Attr("PK").not_exists())
    assert caught.value.item == done.item
    assert (await users.delete_item(KEY, return_old=True)).old_item == done.item


@attrs.define
class Tool:
    PK: str
    SK: str
    weight: int


class Order(msgspec.Struct):
    PK: str
    SK: str
    weight: int


class Account(pydantic.BaseModel):
    PK: str
    SK: str
    weight: int


class Row(TypedDict):
    PK: str
    SK: str
    weight: int


@pytest.mark.parametrize("model", [Tool, Order, Account, Row])
async def test_every_kind_of_model(db: DynamoDB, make_table: MakeTable, model: Any) -> None:
    table: Table[Any] = db.table(await make_table(), model=model)
    item = model(PK="a", SK="b", weight=3)
    await table.put_item(item)
    assert await table.get_item(Key("a", "b")) == item
    assert await table.query("a").all() == [item]
    assert await table.scan().one() == item


async def test_nulls_are_kept_where_wanted(db: DynamoDB, make_table: MakeTable) -> None:
    name = await make_table()
    await db.table(name, model=User, nulls="keep").put_item(USER)
    found = await db.table(name).query("USER#1", filter=Attr("nickname").has_type("NULL")).one()
    assert found["nickname"] is None


# ── times to live ────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_ttl_is_written_as_epoch_seconds(db: DynamoDB, make_table: MakeTable) -> None:
    sessions = db.table(await make_table(), ttl_attribute="until")
    before = datetime.now(UTC).timestamp()
    await sessions.put_item({"PK": "a", "SK": "b"}, ttl=timedelta(hours=1))
    stored = (await sessions.get_item(Key("a", "b")) or {})["until"]
    assert type(stored) is int
    assert before + 3600 <= stored <= datetime.now(UTC).timestamp() + 3601


async def test_expired_items_can_be_hidden(db: DynamoDB, make_table: MakeTable) -> None:
    plain = db.table(await make_table())
    now = int(datetime.now(UTC).timestamp())
    lives = {"over": now - 60, "alive": now + 3600, "text": "never", "null": None}
    for name, until in lives.items():
        await plain.put_item({"PK": "a", "SK": name, "until": until})
    await plain.put_item({"PK": "a", "SK": "none"})
    sessions = db.table(plain.name, ttl_attribute="until")
    with pytest.warns(TimeToLiveWarning, match="stored in 'until' is of type S"):
        found = await sessions.query("a", hide_expired=True).all()
    assert sorted(item["SK"] for item in found) == ["alive", "none", "null", "text"]
    assert await sessions.scan(hide_expired=True, filter=Attr("until").exists()).count() == 3
    assert await sessions.query("a").count() == 5
