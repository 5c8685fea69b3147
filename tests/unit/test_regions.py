"""A client of two regions over scripted transports: where calls go, when they go elsewhere, and what never does."""

from __future__ import annotations

import asyncio
import logging
import pickle
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from hashrange.auth.static import Static
from hashrange.client import DynamoDB
from hashrange.config import Config
from hashrange.errors import (
    AmbiguousWrite,
    CircuitOpen,
    ConfigurationError,
    ConnectFailed,
    ConnectionLost,
    DeadlineExceeded,
    DynamoDBError,
    InternalServerError,
    ResourceNotFound,
    Throttling,
)
from hashrange.expressions import Attr, Update
from hashrange.key import Key
from hashrange.resilience.breaker import CircuitRule
from hashrange.resilience.retry import RetryPolicy
from hashrange.table import Table
from hashrange.telemetry.events import CircuitChanged
from hashrange.telemetry.usage import Usage
from hashrange.types import Item
from hashrange.wire.http_transport import HttpTransport
from hashrange.wire.transport import Request, Response, Transport
from tests.fakes import Chance, FakeClock, FakeTransport, Listener, Step, answer, failure, turns

#: where writes go, and what is nearer than that
HOME, NEAR = "us-east-1", "eu-west-1"
KEY = Key("USER#1", "PROFILE")
ITEM = {"PK": "USER#1", "SK": "PROFILE"}
#: one failure opens a circuit, one success closes it, and nothing is retried
BRITTLE: dict[str, Any] = {"circuit": CircuitRule(1, 30.0, 1), "retry": RetryPolicy.none()}


def DOWN(request: Request) -> Response:  # noqa: N802 - a step of scripts
    raise ConnectFailed("refused")


def LOST(request: Request) -> Response:  # noqa: N802
    raise ConnectionLost("reset")


class Two:
    """A client of two regions, and their transports."""

    def __init__(self, home: FakeTransport | None = None, near: FakeTransport | None = None, **config: Any) -> None:
        self.home, self.near = home or always(answer()), near or always(answer())
        self.clock, self.heard = FakeClock(), Listener()
        settings = {
            "regions": (NEAR, HOME),
            "home": HOME,
            "credentials": Static("AKIAEXAMPLE", "example"),
            "clock": self.clock,
            "randomness": Chance(),
            "observers": (self.heard,),
            **BRITTLE,
        }
        self.db = DynamoDB(Config(**{**settings, **config}), transport={HOME: self.home, NEAR: self.near})
        self.app: Table[Item] = self.db.table("app")

    def sent(self) -> tuple[int, int]:
        """How many requests home and the near region got."""
        return len(self.home.requests), len(self.near.requests)

    def states(self) -> tuple[str, str]:
        return self.db.circuits[HOME].state, self.db.circuits[NEAR].state


def always(step: Step) -> FakeTransport:
    return FakeTransport(step, repeat=True)


async def fails(kind: type[DynamoDBError], awaitable: Any) -> DynamoDBError:
    with pytest.raises(kind) as caught:
        await awaitable
    return caught.value


# ── while all is well ────────────────────────────────────────────────────────────────────────────────────────────────
async def test_writes_go_home_and_reads_to_the_nearest() -> None:
    two = Two()
    await two.app.put_item(ITEM)
    await two.app.update_item(KEY, Update().set("a", 1))
    await two.app.delete_item(KEY)
    await two.app.batch_write([ITEM])
    async with two.db.transaction() as tx:
        tx.put(two.app, ITEM)
    await two.db.call("ListTables")
    assert two.sent() == (6, 0)
    await two.app.get_item(KEY)
    await two.app.query("USER#1").all()
    await two.app.scan().all()
    await two.app.batch_get([KEY])
    assert two.sent() == (6, 4)


async def test_consistent_reads_and_transactions_go_home() -> None:
    two = Two(always(answer({"Responses": [{}]})))
    await two.app.get_item(KEY, consistent=True)
    await two.app.query("USER#1", consistent=True).all()
    await two.db.transact_get([(two.app, KEY)])
    assert two.sent() == (3, 0)


async def test_reads_may_prefer_home() -> None:
    two = Two(reads="home")
    await two.app.get_item(KEY)
    assert two.sent() == (1, 0)
    two = Two(always(DOWN), reads="home")
    assert await two.app.get_item(KEY) is None
    assert two.sent() == (1, 1)


async def test_a_description_is_homes() -> None:
    table = {"TableName": "app", "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}]}
    replicas = [{"RegionName": NEAR, "ReplicaStatus": "ACTIVE"}]
    two = Two(always(answer({"Table": table | {"Replicas": replicas}})))
    found = await two.db.describe_table("app")
    assert [(one.region, one.status) for one in found.replicas] == [(NEAR, "ACTIVE")]
    assert two.sent() == (2, 0)


# ── a region that is down: reads ─────────────────────────────────────────────────────────────────────────────────────
async def test_reads_go_to_the_next_region_while_the_nearest_is_down_and_come_back() -> None:
    two = Two(near=FakeTransport(DOWN, answer()))
    assert await two.app.get_item(KEY) is None, "the read that finds it down goes on"
    assert (two.sent(), two.states()) == ((1, 1), ("closed", "open"))
    await two.app.get_item(KEY)
    assert two.sent() == (2, 1), "while it is open, nothing is sent there"
    two.clock.advance(30.0)
    await two.app.get_item(KEY)
    assert (two.sent(), two.states()) == ((2, 2), ("closed", "closed"))


async def test_a_read_that_tries_whether_the_region_is_back_does_not_suffer_for_it() -> None:
    two = Two(near=always(DOWN))
    await two.app.get_item(KEY)
    two.clock.advance(30.0)
    assert await two.app.get_item(KEY) is None
    assert (two.sent(), two.states()) == ((2, 2), ("closed", "open"))


async def test_while_one_call_tries_it_others_go_elsewhere() -> None:
    two = Two(near=always(DOWN))
    await two.app.get_item(KEY)
    two.clock.advance(30.0)
    await asyncio.gather(*(two.app.get_item(KEY) for _ in range(5)))
    assert two.sent() == (6, 2), "one of the five was the probe, and was answered by home, too"


async def test_a_region_that_counts_as_sound_gets_no_second_opinion() -> None:
    two = Two(near=always(DOWN), circuit=CircuitRule(failures=3))
    for _ in range(2):
        assert (await fails(ConnectFailed, two.app.get_item(KEY))).region == NEAR
    assert two.sent() == (0, 2)
    assert await two.app.get_item(KEY) is None, "the third failure opens the circuit"
    assert two.sent() == (1, 3)


@pytest.mark.parametrize(
    ("step", "kind"),
    [(failure("ThrottlingException"), Throttling), (failure("ResourceNotFoundException"), ResourceNotFound)],
)
async def test_an_answer_that_is_an_error_is_an_answer(step: Response, kind: type[DynamoDBError]) -> None:
    two = Two(near=always(step))
    assert (await fails(kind, two.app.get_item(KEY))).region == NEAR
    assert two.sent() == (0, 1)


async def test_a_read_that_fails_everywhere_fails_as_in_the_last_region() -> None:
    two = Two(always(failure("InternalServerError", status=500)), always(DOWN))
    assert (await fails(InternalServerError, two.app.get_item(KEY))).region == HOME
    assert two.states() == ("open", "open")
    refused = await fails(CircuitOpen, two.app.get_item(KEY))
    assert refused.region == NEAR
    assert two.sent() == (1, 1)


async def test_all_regions_together_have_the_time_of_one_call() -> None:
    def slow(request: Request) -> Response:
        two.clock.advance(2.0)
        raise ConnectionLost("reset")

    two = Two(near=always(slow))
    await two.app.get_item(KEY, timeout=5.0)
    assert [request.timeout for request in (two.near.requests + two.home.requests)] == [5.0, 3.0]
    two = Two(near=always(slow))
    await fails(DeadlineExceeded, two.app.get_item(KEY, timeout=1.0))
    assert two.sent() == (0, 1), "its time is up"
    two = Two(near=always(slow), timeout=4.0)
    await two.app.get_item(KEY)
    assert two.home.requests[0].timeout == 2.0


async def test_without_a_circuit_nothing_goes_elsewhere() -> None:
    two = Two(near=always(DOWN), circuit=None)
    for _ in range(10):
        await fails(ConnectFailed, two.app.get_item(KEY))
    assert two.sent() == (0, 10)


async def test_a_walk_over_pages_goes_on_in_the_next_region() -> None:
    last = {"PK": {"S": "USER#1"}, "SK": {"S": "A"}}
    two = Two(
        FakeTransport(answer({"Items": [last | {"SK": {"S": "B"}}]})),
        FakeTransport(answer({"Items": [last], "LastEvaluatedKey": last}), DOWN),
    )
    assert [item["SK"] for item in await two.app.query("USER#1").all()] == ["A", "B"]
    assert two.home.payloads[0]["ExclusiveStartKey"] == last


async def test_consistent_reads_wait_for_home() -> None:
    two = Two(always(DOWN))
    await fails(ConnectFailed, two.app.get_item(KEY, consistent=True))
    await fails(CircuitOpen, two.app.get_item(KEY, consistent=True))
    assert two.sent() == (1, 0)


# ── home is down: writes ─────────────────────────────────────────────────────────────────────────────────────────────
WRITES: dict[str, Callable[[Table[Item]], Any]] = {
    "put": lambda app: app.put_item(ITEM),
    "conditional put": lambda app: app.put_item(ITEM, condition=Attr("PK").not_exists()),
    "update": lambda app: app.update_item(KEY, Update().set("a", 1)),
    "counter": lambda app: app.update_item(KEY, Update().add("a", 1)),
    "delete": lambda app: app.delete_item(KEY),
}


@pytest.mark.parametrize("write", WRITES)
async def test_a_write_waits_for_home_and_says_which_region_that_is(write: str) -> None:
    two = Two(always(DOWN))
    await fails(ConnectFailed, WRITES[write](two.app))
    refused = await fails(CircuitOpen, WRITES[write](two.app))
    assert (refused.region, two.db.circuit.state) == (HOME, "open")
    assert f"in {HOME}" in str(refused)
    assert two.sent() == (1, 0)


@pytest.mark.parametrize("step", [DOWN, LOST])
@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("write_failover", ["never", "next"])
async def test_all_attempts_of_a_write_are_made_in_one_region(write: str, step: Step, write_failover: str) -> None:
    two = Two(always(step), retry=RetryPolicy.default(), write_failover=write_failover)
    await fails(DynamoDBError, WRITES[write](two.app))
    assert two.states() == ("open", "closed")
    attempts = 1 if write == "counter" and step is LOST else 3
    assert two.sent() == (attempts, 0)


@pytest.mark.parametrize("write", WRITES)
async def test_the_next_write_may_go_to_the_next_region_if_told_so(write: str) -> None:
    two = Two(always(DOWN), write_failover="next")
    await fails(ConnectFailed, WRITES[write](two.app))
    await WRITES[write](two.app)
    await two.app.get_item(KEY, consistent=True)  # sees what is written there
    assert two.sent() == (1, 2)


async def test_batches_and_transactions_stay_at_home_whatever_is_told() -> None:
    two = Two(always(DOWN), write_failover="next")
    await fails(ConnectFailed, two.app.put_item(ITEM))
    for _ in range(2):
        await fails(DynamoDBError, two.app.batch_write([ITEM]))
        tx = two.db.transaction(token="order-1")
        with pytest.raises(CircuitOpen):
            async with tx:
                tx.put(two.app, ITEM)
        await fails(CircuitOpen, two.db.call("CreateTable", {"TableName": "new"}))
    assert two.sent() == (1, 0)


async def test_writes_come_back_when_home_does() -> None:
    two = Two(FakeTransport(DOWN, answer(), repeat=True), write_failover="next")
    await fails(ConnectFailed, two.app.put_item(ITEM))
    await two.app.put_item(ITEM)
    two.clock.advance(30.0)
    await two.app.put_item(ITEM)
    assert (two.sent(), two.states()) == ((2, 1), ("closed", "closed"))


async def test_a_write_that_finds_home_down_again_fails_and_is_not_sent_elsewhere() -> None:
    two = Two(always(LOST), write_failover="next")
    await fails(AmbiguousWrite, two.app.update_item(KEY, Update().add("a", 1)))
    two.clock.advance(30.0)
    failed = await fails(AmbiguousWrite, two.app.update_item(KEY, Update().add("a", 1)))
    assert (failed.region, failed.maybe_applied) == (HOME, True)
    assert two.sent() == (2, 0)


# ── circuits, events, errors ─────────────────────────────────────────────────────────────────────────────────────────
async def test_each_region_has_a_circuit_of_its_own() -> None:
    two = Two(near=always(DOWN))
    assert list(two.db.circuits) == [NEAR, HOME]
    assert two.db.circuit is two.db.circuits[HOME]
    await two.app.get_item(KEY)
    assert two.states() == ("closed", "open")
    two.db.circuits[NEAR].reset()
    assert two.states() == ("closed", "closed")


async def test_events_and_the_log_say_which_region(caplog: pytest.LogCaptureFixture) -> None:
    two = Two(near=always(DOWN))
    with caplog.at_level(logging.WARNING, "hashrange"):
        await two.app.get_item(KEY)
    [changed] = two.heard.circuit
    assert changed == CircuitChanged("closed", "open", NEAR, changed.source)
    assert (changed.source.region, changed.source.endpoint) == (NEAR, two.db.config.endpoints[NEAR].url)
    assert [event.region for event in two.heard.failed] == [NEAR]
    assert [(event.region, event.error is None) for event in two.heard.finished] == [(NEAR, False), (HOME, True)]
    assert [record.getMessage() for record in caplog.records] == [f"the circuit of {NEAR} is open (it was closed)"]


async def test_usage_counts_what_was_sent_to_each_region() -> None:
    two = Two(near=always(DOWN))
    with two.db.track() as usage:
        await two.app.get_item(KEY)
    assert isinstance(usage, Usage)
    assert (usage.calls, usage.failed_calls) == (2, 1)


async def test_an_error_keeps_its_region() -> None:
    two = Two(always(failure("ResourceNotFoundException", "no such table")))
    failed = await fails(ResourceNotFound, two.app.put_item(ITEM))
    assert pickle.loads(pickle.dumps(failed)).region == HOME
    assert "PutItem on table 'app', in us-east-1, ResourceNotFoundException" in str(failed)


async def test_a_deadline_names_its_region_too() -> None:
    two = Two()
    assert (await fails(DeadlineExceeded, two.app.put_item(ITEM, timeout=0))).region == HOME


async def test_a_client_of_one_region_does_not_speak_of_it() -> None:
    heard = Listener()
    db = DynamoDB(
        Config(region=HOME, credentials=Static("a", "b"), observers=(heard,), clock=FakeClock()),
        transport=always(failure("ResourceNotFoundException")),
    )
    failed = await fails(ResourceNotFound, db.table("app").get_item(KEY))
    assert (failed.region, heard.finished[0].region, list(db.circuits)) == (None, None, [HOME])
    assert HOME not in str(failed)


# ── making one, and its end ──────────────────────────────────────────────────────────────────────────────────────────
def test_it_has_a_transport_for_each_region_and_one_source_of_credentials() -> None:
    db = DynamoDB(Config(regions=[NEAR, HOME], home=HOME, endpoint_urls={NEAR: "http://127.0.0.1:1"}))
    assert repr(db) == (
        "<DynamoDB eu-west-1: <HttpTransport http://127.0.0.1:1: no pool>, "
        "us-east-1: <HttpTransport https://dynamodb.us-east-1.amazonaws.com: no pool>>"
    )
    transports = list(db._regions.transports.values())
    assert all(isinstance(one, HttpTransport) and one.credentials is db.credentials for one in transports)


async def test_reads_are_hedged_within_their_region() -> None:
    two = Two(hedge_after=0.01)
    assert repr(two.db).count("<Hedged after 0.01 s") == 2
    await two.app.get_item(KEY)
    await turns()
    assert two.home.requests == []


async def test_a_function_makes_the_transport_of_each_region() -> None:
    made: list[str] = []

    def wrapped(inner: Transport) -> Transport:
        made.append(repr(inner))
        return always(answer())

    db = DynamoDB(Config(regions=(NEAR, HOME), home=HOME, credentials=Static("a", "b")), transport=wrapped)
    assert made == [f"<HttpTransport https://dynamodb.{region}.amazonaws.com: no pool>" for region in (NEAR, HOME)]
    await db.close()


class Calling(FakeTransport):
    """A transport that can be called, too, and is one all the same."""

    def __call__(self) -> None: ...


def config(**fields: Any) -> Config:
    return Config(**{"regions": (NEAR, HOME), "home": HOME, "credentials": Static("a", "b"), **fields})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (FakeTransport(), "transport is one for 2 regions; it must be a mapping from each of 'eu-west-1', 'us-east-1'"),
        (Calling(), "transport is one for 2 regions"),
        ({"eu-central-1": FakeTransport()}, "transport has 'eu-central-1'; it must be one of the client's regions"),
        ({HOME: 5}, "transport is of type int; it must be a transport"),
    ],
)
def test_a_transport_that_does_not_fit_the_regions_is_refused(given: Any, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        DynamoDB(config(), transport=given)
    assert caught.value.message.startswith(message)


def test_a_mapping_may_leave_regions_to_the_wire() -> None:
    given: Mapping[str, Transport] = {HOME: FakeTransport()}
    assert "eu-west-1: <HttpTransport" in repr(DynamoDB(config(), transport=given))


def test_a_client_in_memory_is_of_one_region() -> None:
    with pytest.raises(ConfigurationError, match="regions is set for a client in memory") as caught:
        DynamoDB.in_memory(regions=(NEAR, HOME), home=HOME)
    assert "ReplicatedEngines" in str(caught.value)


class Stubborn(FakeTransport):
    """A transport that cannot be closed."""

    async def close(self) -> None:
        await super().close()
        raise ConnectionLost("it does not close")


async def test_closing_closes_all_of_them() -> None:
    two = Two()
    async with two.db:
        pass
    assert (two.home.closed, two.near.closed) == (1, 1)
    two = Two(near=Stubborn())
    await fails(ConnectionLost, two.db.close())
    assert (two.home.closed, two.near.closed) == (1, 1)
