"""The client's life, its ways to be made, raw calls, and descriptions of tables; over scripted transports."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hashrange.auth.static import Static
from hashrange.client import DynamoDB
from hashrange.config import Config
from hashrange.dispatch import Call
from hashrange.errors import (
    ConfigurationError,
    DeadlineExceeded,
    InvalidRegion,
    InvalidTable,
    ResourceNotFound,
    Throttling,
    ValidationError,
)
from hashrange.key import Key, KeySchema
from hashrange.schema import GlobalIndex, LocalIndex
from hashrange.telemetry.usage import Usage
from hashrange.wire.http_transport import HttpTransport
from hashrange.wire.transport import Request, Response, Transport
from tests.fakes import FakeClock, FakeTransport, answer, client, failure

DESCRIBED: dict[str, Any] = {
    "Table": {
        "TableName": "app",
        "TableStatus": "ACTIVE",
        "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
        "GlobalSecondaryIndexes": [
            {"IndexName": "by_email", "KeySchema": [{"AttributeName": "email", "KeyType": "HASH"}]}
        ],
    }
}
TTL = {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "until"}}


# ── making one ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_making_one_does_nothing_and_needs_no_loop() -> None:
    with pytest.raises(RuntimeError, match="no running event loop"):
        asyncio.get_running_loop()
    db = DynamoDB(Config(region="eu-west-1"))
    assert repr(db) == "<DynamoDB <HttpTransport https://dynamodb.eu-west-1.amazonaws.com: no pool>>"


def test_from_env() -> None:
    db = DynamoDB.from_env({"AWS_REGION": "eu-central-1"}, timeout=3.0)
    assert (db.config.region, db.config.timeout) == ("eu-central-1", 3.0)
    with pytest.raises(InvalidRegion):
        DynamoDB.from_env({})


def test_without_a_config_it_reads_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "ap-south-1")
    assert DynamoDB().config.region == "ap-south-1"


def test_local() -> None:
    assert DynamoDB.local(4567).config.endpoint.url == "http://127.0.0.1:4567"
    assert DynamoDB.local(4567, "localhost", timeout=1.0).config.timeout == 1.0


def test_auto() -> None:
    local = DynamoDB.auto({"DYNAMODB_LOCAL": "true", "DYNAMODB_LOCAL_PORT": "9000"})
    assert local.config.endpoint.url == "http://127.0.0.1:9000"
    assert DynamoDB.auto({"AWS_REGION": "eu-west-1"}, timeout=1.0).config.region == "eu-west-1"


async def test_the_wire_is_http_unless_told_otherwise() -> None:
    db = DynamoDB(Config(region="eu-west-1", credentials=Static("a", "b")))
    assert isinstance(db._transport, HttpTransport)
    assert db._transport.credentials is db.credentials
    await db.close()


async def test_subclasses_stay_subclasses() -> None:
    class Mine(DynamoDB):
        pass

    async with Mine.local() as db:
        assert type(db) is Mine


# ── transports of one's own ──────────────────────────────────────────────────────────────────────────────────────────
class Around(FakeTransport):
    """A transport around another one."""

    def __init__(self, inner: Transport) -> None:
        super().__init__(answer({}))
        self.inner = inner

    def __repr__(self) -> str:
        return f"<Around {self.inner!r}>"


async def test_a_function_puts_something_around_the_wire() -> None:
    config = Config(region="eu-west-1", credentials=Static("a", "b"))
    http = "<HttpTransport https://dynamodb.eu-west-1.amazonaws.com: no pool>"
    for given in (Around, lambda inner: Around(inner)):
        db = DynamoDB(config, transport=given)
        assert repr(db) == f"<DynamoDB <Around {http}>>"
        assert await db.call("ListTables") == {}
        await db.close()


async def test_a_transport_takes_the_place_of_the_wire() -> None:
    transport = FakeTransport(answer({}))
    db = DynamoDB(Config(region="eu-west-1", credentials=Static("a", "b")), transport=transport)
    assert await db.call("ListTables") == {}
    assert transport.operations == ["ListTables"]


async def test_in_memory_takes_the_same() -> None:
    assert repr(DynamoDB.in_memory(transport=Around)).startswith("<DynamoDB <Around <InProcess")
    transport = FakeTransport(answer({"TableNames": ["there"]}))
    assert await DynamoDB.in_memory(["app"], transport=transport).call("ListTables") == {"TableNames": ["there"]}


async def test_hedging_stands_around_all() -> None:
    db = DynamoDB.in_memory(transport=Around, hedge_after=0.05)
    assert repr(db).startswith("<DynamoDB <Hedged after 0.05 s <Around <InProcess")


WRONG_TRANSPORTS: list[tuple[Any, str]] = [
    (3, "transport is of type int; it must be a transport"),
    ("http", "transport is of type str; it must be a transport"),
    (lambda inner: None, "what transport= returned is of type NoneType; it must be a transport"),
    (lambda inner: Around, "what transport= returned is the class Around; it must be a transport"),
]


@pytest.mark.parametrize(("given", "message"), WRONG_TRANSPORTS)
def test_what_is_no_transport_is_refused(given: Any, message: str) -> None:
    with pytest.raises(ConfigurationError) as over_http:
        DynamoDB(Config(region="eu-west-1"), transport=given)
    with pytest.raises(ConfigurationError) as in_process:
        DynamoDB.in_memory(transport=given)
    for caught in (over_http, in_process):
        assert caught.value.message.startswith(message)


# ── closing ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_async_with_closes() -> None:
    transport = FakeTransport()
    async with client(transport) as db:
        assert transport.closed == 0
        assert isinstance(db, DynamoDB)
    assert transport.closed == 1


async def test_a_body_that_raises_closes_too() -> None:
    transport = FakeTransport()
    with pytest.raises(KeyError):
        async with client(transport):
            raise KeyError
    assert transport.closed == 1


async def test_close_may_be_called_again() -> None:
    transport = FakeTransport()
    db = client(transport)
    await db.close()
    await db.close()
    assert transport.closed == 2  # a transport's close is idempotent


# ── config goes where it belongs ─────────────────────────────────────────────────────────────────────────────────────
async def test_timeouts_come_from_the_config() -> None:
    transport = FakeTransport(answer({}), repeat=True)
    db = client(transport, timeout=20.0, attempt_timeout=7.0)
    await db.table("app").get_item(Key("a", "b"))
    await db.table("app").get_item(Key("a", "b"), timeout=2)
    assert [request.timeout for request in transport.requests] == [7.0, 2]


async def test_retries_come_from_the_config() -> None:
    clock = FakeClock()
    transport = FakeTransport(failure("ThrottlingException"), answer({}))
    await client(transport, clock=clock).table("app").get_item(Key("a", "b"))
    assert clock.sleeps == [0.05]


# ── raw calls ────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_raw_call_goes_as_it_is() -> None:
    transport = FakeTransport(answer({"TableNames": ["app"]}))
    request = {"TableName": "app", "Limit": 3}
    assert await client(transport).call("ListTables", request, timeout=4.0) == {"TableNames": ["app"]}
    assert transport.requests[0] == Request("ListTables", b'{"TableName":"app","Limit":3}', 4.0, "app")


@pytest.mark.parametrize("request_", [None, {}, {"TableName": ["a"]}])
async def test_a_raw_call_needs_no_table(request_: Any) -> None:
    transport = FakeTransport(answer({}))
    assert await client(transport).call("DescribeLimits", request_) == {}
    assert transport.requests[0].table is None


async def test_a_raw_call_carries_bytes_as_base64() -> None:
    transport = FakeTransport(answer({}))
    await client(transport).call("PutItem", {"TableName": "app", "Item": {"B": {"B": b"\x00\xff"}}})
    assert transport.payloads[0]["Item"] == {"B": {"B": "AP8="}}


async def test_errors_of_raw_calls_say_where() -> None:
    with pytest.raises(ResourceNotFound) as caught:
        await client(FakeTransport(failure("ResourceNotFoundException"))).call("DeleteTable", {"TableName": "app"})
    assert (caught.value.table, caught.value.operation) == ("app", "DeleteTable")


@pytest.mark.parametrize(
    "operation", ["", "List Tables", "ListTables\r\nX-Evil: 1", "Täbles", None, 3, "DynamoDB.List"]
)
async def test_an_operation_is_a_plain_word(operation: Any) -> None:
    transport = FakeTransport()
    with pytest.raises(ValidationError, match="is not the name of an operation"):
        await client(transport).call(operation)
    assert transport.requests == []


# ── descriptions ─────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_describe_table() -> None:
    transport = FakeTransport(answer(DESCRIBED), answer(TTL))
    found = await client(transport).describe_table("app")
    assert transport.operations == ["DescribeTable", "DescribeTimeToLive"]
    assert transport.payloads == [{"TableName": "app"}] * 2
    assert (found.name, found.keys, found.ttl_attribute) == ("app", KeySchema("PK", "SK"), "until")


async def test_both_calls_share_one_timeout() -> None:
    clock = FakeClock()

    def slowly(request: Request) -> Response:
        clock.advance(1.5)
        return answer(DESCRIBED)

    transport = FakeTransport(slowly, answer(TTL))
    await client(transport, clock=clock).describe_table("app", timeout=2.0)
    assert [request.timeout for request in transport.requests] == [2.0, 0.5]
    transport = FakeTransport(slowly)
    with pytest.raises(DeadlineExceeded):
        await client(transport, clock=clock).describe_table("app", timeout=1.0)


async def test_describing_an_impossible_table_sends_nothing() -> None:
    transport = FakeTransport()
    with pytest.raises(InvalidTable) as caught:
        await client(transport).describe_table("a b")
    assert caught.value.operation == "DescribeTable"
    assert transport.requests == []


async def test_load_table() -> None:
    transport = FakeTransport(answer(DESCRIBED), answer(TTL), answer({"Items": [], "Count": 0}))
    app = await client(transport).load_table("app")
    assert app.schema.ttl_attribute == "until"
    assert await app.query("a@example.org", index="by_email").all() == []
    assert transport.payloads[2]["IndexName"] == "by_email"


async def test_a_loaded_table_keeps_the_arn_it_was_asked_by() -> None:
    arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/app"
    transport = FakeTransport(answer(DESCRIBED), answer({}), answer({}))
    app = await client(transport).load_table(arn, timeout=3.0)
    await app.get_item(Key("a", "b"))
    assert [payload["TableName"] for payload in transport.payloads] == [arn] * 3


async def test_a_table_as_people_declare_it() -> None:
    db = client(FakeTransport())
    app = db.table("app", "A", "B", indexes={"one": GlobalIndex("C"), "two": LocalIndex("D")}, ttl_attribute="E")
    assert (app.schema.keys, app.schema.ttl_attribute) == (KeySchema("A", "B"), "E")
    assert {name: (one.keys, one.is_global) for name, one in app.schema.indexes.items()} == {
        "one": (KeySchema("C"), True),
        "two": (KeySchema("A", "D"), False),
    }
    assert db.table("app").schema.keys == KeySchema("PK", "SK")
    assert db.table("app", "id", None).schema.keys == KeySchema("id")


# ── tracking ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_track_adds_up_what_is_awaited_inside() -> None:
    consumed = {"ConsumedCapacity": {"TableName": "app", "CapacityUnits": 0.5}}
    transport = FakeTransport(failure("ThrottlingException"), answer(consumed), repeat=True)
    db = client(transport, capacity="total")
    app = db.table("app")
    with db.track() as usage:
        await asyncio.gather(*(app.get_item(Key("a", "b")) for _ in range(4)))
    await app.get_item(Key("a", "b"))
    assert usage == Usage(calls=4, retries=1, read_units=2.0, elapsed=usage.elapsed)
    assert usage.elapsed > 0


async def test_each_handler_tracks_its_own_calls() -> None:
    app = client(FakeTransport(answer({}), repeat=True)).table("app")
    db = client(FakeTransport(answer({}), repeat=True))

    async def handler(calls: int) -> int:
        with db.track() as usage:
            for _ in range(calls):
                await app.get_item(Key("a", "b"))
        return usage.calls

    assert await asyncio.gather(*(handler(n) for n in range(5))) == [0, 1, 2, 3, 4]


async def test_a_call_that_fails_is_counted() -> None:
    db = client(FakeTransport(failure("ThrottlingException"), repeat=True))
    with db.track() as usage, pytest.raises(Throttling):
        await db.call("ListTables")
    assert (usage.calls, usage.failed_calls, usage.retries) == (1, 1, 9)


def test_a_call_is_a_plain_record() -> None:
    assert Call("GetItem", {}) == Call("GetItem", {}, None, None, None, None)
