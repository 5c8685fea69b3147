"""``DynamoDB.in_memory``: the client over a world of its own, or over a shared one."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from hashrange import (
    AttemptTimeout,
    Attr,
    ClientClosed,
    ConditionFailed,
    Config,
    ConfigurationError,
    DynamoDB,
    GlobalIndex,
    InvalidTable,
    Key,
    ResourceNotFound,
    Update,
)
from hashrange.simulator import Engine, InProcess, TableSpec
from tests.fakes import FakeClock

KEY = Key("USER#1", "PROFILE")


async def test_the_same_client_over_the_same_bytes() -> None:
    async with DynamoDB.in_memory(tables=["app"]) as db:
        users = db.table("app")
        await users.put_item({"PK": "USER#1", "SK": "PROFILE", "visits": 1}, condition=Attr("PK").not_exists())
        with pytest.raises(ConditionFailed) as caught:
            await users.put_item({"PK": "USER#1", "SK": "PROFILE"}, condition=Attr("PK").not_exists())
        assert caught.value.item == {"PK": "USER#1", "SK": "PROFILE", "visits": 1}
        done = await users.update_item(KEY, Update().add("visits", 1), returns="all_new")
        assert done.item == {"PK": "USER#1", "SK": "PROFILE", "visits": 2}
        assert [item["visits"] async for item in users.query("USER#1")] == [2]
        await users.delete_item(KEY)
        assert await users.get_item(KEY) is None


async def test_indexes_are_declared_once_for_both() -> None:
    indexes = {"by_day": GlobalIndex("day")}
    async with DynamoDB.in_memory([TableSpec("app", "id", None, indexes=indexes)]) as db:
        items = db.table("app", "id", None, indexes=indexes)
        await items.put_item({"id": "1", "day": "monday"})
        assert await items.query("monday", index="by_day").one() == {"id": "1", "day": "monday"}


async def test_each_has_a_world_of_its_own() -> None:
    async with DynamoDB.in_memory(["app"]) as one, DynamoDB.in_memory() as other:
        await one.table("app").put_item({"PK": "a", "SK": "b"})
        with pytest.raises(ResourceNotFound):
            await other.table("app").get_item(Key("a", "b"))


async def test_a_world_may_be_shared_and_looked_into() -> None:
    engine = Engine(["app"])
    async with DynamoDB.in_memory(engine=engine) as one, DynamoDB.in_memory(["more"], engine=engine) as other:
        await one.table("app").put_item({"PK": "a", "SK": "b"})
        assert await other.table("app").get_item(Key("a", "b")) == {"PK": "a", "SK": "b"}
        assert await other.table("more").get_item(Key("a", "b")) is None
    assert [call.operation for call in engine.calls()] == ["PutItem", "GetItem", "GetItem"]
    assert engine.calls("PutItem")[0].request["Item"] == {"PK": {"S": "a"}, "SK": {"S": "b"}}


async def test_one_clock_for_client_and_world() -> None:
    clock = FakeClock()
    async with DynamoDB.in_memory([TableSpec("app", ttl_attribute="until")], clock=clock) as db:
        users = db.table("app", ttl_attribute="until")
        await users.put_item({"PK": "USER#1", "SK": "PROFILE"}, ttl=timedelta(seconds=60))
        clock.advance(59)
        assert await users.get_item(KEY) is not None
        clock.advance(2)
        assert await users.get_item(KEY) is None


async def test_the_clock_of_a_shared_world() -> None:
    clock = FakeClock()
    engine = Engine(clock=clock)
    assert DynamoDB.in_memory(engine=engine).config.clock is clock
    another = FakeClock()
    assert DynamoDB.in_memory(engine=engine, clock=another).config.clock is another


async def test_settings_are_those_of_config() -> None:
    async with DynamoDB.in_memory(["app"], region="eu-west-1", numbers="float", capacity="total") as db:
        users = db.table("app")
        await users.put_item({"PK": "USER#1", "SK": "PROFILE", "n": 1.5})
        item: Any = await users.get_item(KEY)
        assert type(item["n"]) is float
        assert str((await db.describe_table("app")).arn).startswith("arn:aws:dynamodb:eu-west-1:")
        assert isinstance(db.config, Config)
    assert DynamoDB.in_memory(engine=Engine(region="ap-south-1")).config.region == "ap-south-1"


async def test_time_runs_out_as_on_a_network() -> None:
    clock = FakeClock()
    engine = Engine(["app"], clock=clock)
    config = DynamoDB.in_memory(engine=engine).config
    async with DynamoDB(config, transport=InProcess(engine, latency=40.0)) as db:
        with pytest.raises(AttemptTimeout) as caught:
            await db.table("app").get_item(KEY)
    assert (caught.value.attempts, caught.value.table) == (3, "app")
    assert engine.calls() == []


async def test_after_the_end() -> None:
    db = DynamoDB.in_memory(["app"])
    await db.close()
    with pytest.raises(ClientClosed):
        await db.table("app").get_item(KEY)


def test_mistakes_are_told() -> None:
    with pytest.raises(InvalidTable, match="table 'ab': TableName must be at least 3 characters"):
        DynamoDB.in_memory(["ab"])
    with pytest.raises(InvalidTable, match="a table has neither 'TableName'"):
        DynamoDB.in_memory([{}])
    with pytest.raises(ConfigurationError, match="numbers"):
        DynamoDB.in_memory(numbers="many")


def test_making_one_needs_no_loop() -> None:
    db = DynamoDB.in_memory(["app"])
    assert repr(db) == "<DynamoDB <InProcess <Engine us-east-1: 1 tables>>>"
    assert asyncio.run(db.table("app").get_item(KEY)) is None
    assert asyncio.run(db.table("app").get_item(KEY)) is None, "in another loop"
