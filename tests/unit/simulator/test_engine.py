"""One simulated world: how it is made, that it shares nothing, snapshots, time to live, the log, threads."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from hashrange.simulator import DeclarationError, Engine, LocalIndexSpec, TableSpec
from hashrange.simulator.endpoint import handle
from hashrange.simulator.errors import ApiError
from tests.fakes import NOW, FakeClock

ITEM: dict[str, Any] = {"PK": {"S": "a"}, "SK": {"S": "b"}, "n": {"N": "1"}}
KEY = {"PK": {"S": "a"}, "SK": {"S": "b"}}
GET = {"TableName": "app", "Key": KEY}
PUT = {"TableName": "app", "Item": ITEM}


def call(engine: Engine, operation: str, payload: Any) -> Any:
    """The answer as a client would see it."""
    status, body = handle(engine, operation, msgspec.json.encode(payload))
    assert status == 200, body
    return msgspec.json.decode(body) if body else None


def count(engine: Engine, table: str = "app", **scan: Any) -> int:
    return int(call(engine, "Scan", {"TableName": table, "Select": "COUNT", **scan})["Count"])


# ── making one ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_empty_world() -> None:
    engine = Engine()
    assert call(engine, "ListTables", {}) == {"TableNames": []}
    assert repr(engine) == "<Engine us-east-1: 0 tables>"


def test_declared_tables_can_be_used_at_once() -> None:
    spec = TableSpec("other", "id:N", None, {"by_day": ("day", "n:N")}, ttl_attribute="until", stream="NEW_IMAGE")
    engine = Engine(
        ["app", spec], region="eu-west-1", account="000000000001", lifecycle_seconds=3600, clock=FakeClock()
    )
    assert call(engine, "PutItem", PUT) == {}
    assert call(engine, "PutItem", {"TableName": "other", "Item": {"id": {"N": "1"}}}) == {}
    table = call(engine, "DescribeTable", {"TableName": "other"})["Table"]
    assert table["TableStatus"] == "ACTIVE"
    assert table["TableArn"] == "arn:aws:dynamodb:eu-west-1:000000000001:table/other"
    assert table["GlobalSecondaryIndexes"][0]["IndexStatus"] == "ACTIVE"
    assert table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    ttl = call(engine, "DescribeTimeToLive", {"TableName": "other"})["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "until"}


def test_what_was_declared_is_not_in_the_log() -> None:
    assert Engine(["app"]).calls() == []


def test_a_table_that_cannot_be_made_says_why() -> None:
    with pytest.raises(DeclarationError, match=r"^table 'ab': TableName must be at least 3 characters long"):
        Engine(["ab"])
    with pytest.raises(DeclarationError, match=r"^table 'app': Table already exists: app"):
        Engine(["app", "app"])
    with pytest.raises(DeclarationError, match=r"^a table without a name: NUMBER_VALUE cannot be converted to String"):
        Engine([{"TableName": 7}])
    with pytest.raises(DeclarationError, match=r"^table 'app': 1 validation error detected: Value 'i' at"):
        Engine([TableSpec("app", indexes={"i": "n:N"})])


def test_tables_may_come_later() -> None:
    engine = Engine()
    engine.create_tables(["app"])
    assert call(engine, "PutItem", PUT) == {}


def test_two_worlds_share_nothing() -> None:
    one, other = Engine(["app"]), Engine(["app"])
    call(one, "PutItem", PUT)
    assert call(other, "GetItem", GET) == {}
    assert other.calls("PutItem") == []


def test_the_same_seed_makes_the_same_world() -> None:
    def made() -> tuple[str, str]:
        engine = Engine(["app"], randomness=random.Random(7), clock=FakeClock())
        return call(engine, "DescribeTable", {"TableName": "app"})["Table"]["TableId"], engine.request_id()

    assert made() == made()


# ── executing ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_unknown_operation() -> None:
    with pytest.raises(ApiError) as caught:
        Engine().execute("ListStream", {})
    assert caught.value.answer() == {"__type": "com.amazon.coral.service#UnknownOperationException"}


def test_types_come_before_constraints_and_both_before_the_table() -> None:
    engine = Engine()
    with pytest.raises(ApiError, match="STRING_VALUE cannot be converted to Integer"):
        engine.execute("Scan", {"Limit": "1"})
    with pytest.raises(ApiError, match="2 validation errors detected"):
        engine.execute("Scan", {"Limit": 0, "TableName": "a"})
    with pytest.raises(ApiError, match="Requested resource not found"):
        engine.execute("Scan", {"Limit": 1, "TableName": "app"})


def test_a_request_is_not_changed() -> None:
    engine = Engine(["app"])
    request = {"TableName": "app", "Item": {**KEY, "n": {"N": "1.50"}, "unknown": {"S": "x"}}, "Unknown": None}
    before = msgspec.json.encode(request)
    engine.execute("PutItem", request)
    assert msgspec.json.encode(request) == before


# ── snapshots ────────────────────────────────────────────────────────────────────────────────────────────────────────
def world(engine: Engine) -> Any:
    """All that a client can see."""
    names = call(engine, "ListTables", {})["TableNames"]
    tables = {name: call(engine, "DescribeTable", {"TableName": name}) for name in names}
    items = {name: call(engine, "Scan", {"TableName": name}) for name in names}
    times = {name: call(engine, "DescribeTimeToLive", {"TableName": name}) for name in names}
    indexed = {
        (name, index["IndexName"]): call(engine, "Scan", {"TableName": name, "IndexName": index["IndexName"]})
        for name in names
        for index in tables[name]["Table"].get("GlobalSecondaryIndexes", [])
    }
    return tables, items, times, indexed


def test_restoring_brings_everything_back() -> None:
    engine = Engine([TableSpec("app", indexes={"by_n": ("n:N", None), "local": LocalIndexSpec("n:N")})])
    for number in range(50):
        call(engine, "PutItem", {"TableName": "app", "Item": {**ITEM, "SK": {"S": str(number)}}})
    before, snapshot = world(engine), engine.snapshot()
    for _ in range(2):
        call(engine, "PutItem", {"TableName": "app", "Item": {**ITEM, "SK": {"S": "7"}, "n": {"N": "5"}}})
        call(engine, "DeleteItem", {"TableName": "app", "Key": {**KEY, "SK": {"S": "8"}}})
        call(engine, "PutItem", {"TableName": "app", "Item": {**ITEM, "PK": {"S": "new"}}})
        engine.create_tables(["other"])
        specification = {"Enabled": True, "AttributeName": "until"}
        call(engine, "UpdateTimeToLive", {"TableName": "app", "TimeToLiveSpecification": specification})
        assert world(engine) != before
        engine.restore(snapshot)
        assert world(engine) == before
    call(engine, "DeleteTable", {"TableName": "app"})
    assert world(engine) == ({}, {}, {}, {})
    engine.restore(snapshot)
    assert world(engine) == before


def test_a_snapshot_remembers_tokens() -> None:
    engine = Engine(["app"])
    before = engine.snapshot()
    update = {"TableName": "app", "Key": KEY, "UpdateExpression": "ADD n :one"}
    update["ExpressionAttributeValues"] = {":one": {"N": "1"}}
    transaction = {"TransactItems": [{"Update": update}], "ClientRequestToken": "token"}
    for _ in range(2):
        call(engine, "TransactWriteItems", transaction)
    after = engine.snapshot()
    engine.restore(before)
    call(engine, "TransactWriteItems", transaction)
    assert call(engine, "GetItem", GET)["Item"]["n"] == {"N": "1"}
    engine.restore(after)
    call(engine, "TransactWriteItems", transaction)
    assert call(engine, "GetItem", GET)["Item"]["n"] == {"N": "1"}


def test_the_log_of_calls_stays() -> None:
    engine = Engine(["app"])
    snapshot = engine.snapshot()
    call(engine, "PutItem", PUT)
    engine.restore(snapshot)
    assert [each.operation for each in engine.calls()] == ["PutItem"]


def test_a_snapshot_of_another_world_is_refused() -> None:
    with pytest.raises(ValueError, match="another engine"):
        Engine().restore(Engine().snapshot())


# ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
EXPIRING = {"TableName": "app", "Item": {**ITEM, "until": {"N": str(int(NOW) + 60)}}}


def test_items_expire_when_an_injected_clock_is_advanced() -> None:
    clock = FakeClock()
    engine = Engine([TableSpec("app", indexes={"by_n": "n:N"}, ttl_attribute="until")], clock=clock)
    call(engine, "PutItem", EXPIRING)
    call(engine, "PutItem", {"TableName": "app", "Item": {**ITEM, "PK": {"S": "stays"}}})
    clock.advance(59)
    assert count(engine) == 2
    clock.advance(2)
    assert call(engine, "GetItem", GET) == {}
    assert count(engine) == count(engine, IndexName="by_n") == 1


def test_on_the_machines_own_clock_they_expire_when_told() -> None:
    engine = Engine([TableSpec("app", ttl_attribute="until")])
    call(engine, "PutItem", {"TableName": "app", "Item": {**ITEM, "until": {"N": "2000000000"}}})
    past = call(engine, "DescribeTable", {"TableName": "app"})["Table"]["CreationDateTime"] - 60
    call(engine, "PutItem", {"TableName": "app", "Item": {**ITEM, "PK": {"S": "x"}, "until": {"N": str(int(past))}}})
    assert count(engine) == 2
    assert engine.expire() == 1
    assert engine.expire() == 0
    assert call(engine, "GetItem", GET)["Item"]["PK"] == {"S": "a"}


def test_states_last_as_long_as_they_are_told() -> None:
    clock = FakeClock()
    engine = Engine(clock=clock, lifecycle_seconds=10)
    request = {"TableName": "app", "BillingMode": "PAY_PER_REQUEST"}
    request |= {"KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}]}  # type: ignore[dict-item]
    request |= {"AttributeDefinitions": [{"AttributeName": "PK", "AttributeType": "S"}]}  # type: ignore[dict-item]

    def status() -> str:
        return str(call(engine, "DescribeTable", {"TableName": "app"})["Table"]["TableStatus"])

    call(engine, "CreateTable", request)
    clock.advance(9)
    assert status() == "CREATING"
    clock.advance(1)
    assert status() == "ACTIVE"
    call(engine, "DeleteTable", {"TableName": "app"})
    clock.advance(9)
    assert status() == "DELETING"
    clock.advance(1)
    assert call(engine, "ListTables", {}) == {"TableNames": []}


def test_item_collections_are_as_large_as_the_world_allows() -> None:
    table = TableSpec("app", indexes={"by-n": LocalIndexSpec("n:N")})
    engine = Engine([table], collection_max_bytes=100)
    before = engine.snapshot()
    put: dict[str, Any] = {"TableName": "app", "Item": {**KEY, "v": {"S": "x" * 50}}}
    for _ in range(2):  # what is restored has the same limit
        call(engine, "PutItem", put)
        with pytest.raises(ApiError) as caught:
            engine.execute("PutItem", {**put, "Item": {**put["Item"], "SK": {"S": "c"}}})
        assert (caught.value.name, caught.value.message) == (
            "ItemCollectionSizeLimitExceededException",
            "Collection size exceeded.",
        )
        assert count(engine) == 1
        call(engine, "PutItem", {**put, "Item": {**put["Item"], "PK": {"S": "z"}}})
        engine.restore(before)


# ── calls ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_calls_are_remembered() -> None:
    clock = FakeClock()
    engine = Engine(["app"], clock=clock)
    call(engine, "PutItem", PUT)
    clock.advance(5)
    handle(engine, "PutItem", b"{}")
    put, failed = engine.calls("PutItem")
    assert (put.request, put.answer, put.error, put.time) == (PUT, {}, None, NOW)
    assert (failed.request, failed.error, failed.time) == ({}, "ValidationException", NOW + 5)
    assert engine.calls("GetItem") == []


def test_a_world_that_remembers_no_calls() -> None:
    engine = Engine(["app"], calls_max=0)
    call(engine, "PutItem", PUT)
    assert engine.calls() == []


# ── threads ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_one_world_may_be_used_by_many_threads() -> None:
    engine = Engine([TableSpec("app", indexes={"by_n": "n:N"})])
    add = {"TableName": "app", "Key": KEY, "UpdateExpression": "ADD n :one"}
    add["ExpressionAttributeValues"] = {":one": {"N": "1"}}

    def work(number: int) -> None:
        for turn in range(50):
            call(engine, "UpdateItem", add)
            call(engine, "PutItem", {"TableName": "app", "Item": {**ITEM, "PK": {"S": f"{number}.{turn}"}}})

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    assert call(engine, "GetItem", GET)["Item"]["n"] == {"N": "400"}
    assert count(engine) == count(engine, IndexName="by_n") == 401


def test_ids_of_requests_are_the_services() -> None:
    ids = [Engine().request_id() for _ in range(2)]
    assert len(set(ids)) == 2
    assert all(len(each) == 52 and each.endswith("VV4KQNSO5AEMVJF66Q9ASUAAJG") for each in ids)
