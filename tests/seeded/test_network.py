"""The bad network: how each fault ends an attempt, and whether its request is applied."""

from __future__ import annotations

import asyncio
from random import Random

import msgspec
import pytest
from msgspec.structs import replace

from hashrange.errors import AttemptTimeout, BadResponse, ConnectFailed, ConnectionLost, NetworkError
from hashrange.simulator import Engine
from hashrange.wire.transport import Request, Response

from .journal import Journal
from .network import Network
from .simulation import LoopClock, run_simulated
from .weather import LIFE_MAX_SECONDS, Weather
from .wild import wild

GOOD = wild(1, share=0.0)
PUT = Request("PutItem", msgspec.json.encode({"TableName": "app", "Item": {"PK": {"S": "a"}, "SK": {"S": "b"}}}), 5.0)


def only(fault: str) -> Weather:
    return replace(GOOD, faults={fault: 1.0})


def sent(weather: Weather, request: Request = PUT, *, seed: int = 1) -> tuple[Response | NetworkError, int, int]:
    """How an attempt ends, how many items there are then, and how many when nothing can arrive any more."""

    async def main() -> tuple[Response | NetworkError, int, int]:
        engine = Engine(["app"], clock=LoopClock(), randomness=Random(1))
        network = Network(engine, weather, seed, Journal())
        table = engine.catalog.table("app")
        end: Response | NetworkError
        try:
            end = await network.send(request)
        except NetworkError as error:
            end = error
        then = table.item_count
        await asyncio.sleep(LIFE_MAX_SECONDS)
        return end, then, table.item_count

    return run_simulated(main)


@pytest.mark.parametrize(
    ("fault", "status", "code", "items"),
    [
        ("", 200, b"{}", 1),
        ("throttled", 400, b"ProvisionedThroughputExceededException", 0),
        ("unavailable", 503, b"ServiceUnavailable", 0),
        ("failed", 500, b"InternalServerError", 0),
        ("failed_applied", 500, b"InternalServerError", 1),
        ("conflict", 400, b"TransactionConflictException", 0),
    ],
)
def test_faults_of_the_service(fault: str, status: int, code: bytes, items: int) -> None:
    end, then, later = sent(only(fault) if fault else GOOD)
    assert isinstance(end, Response)
    assert end.status == status
    assert code in end.body
    assert (then, later) == (items, items)


@pytest.mark.parametrize(
    ("fault", "error", "was_sent", "items"),
    [("refused", ConnectFailed, False, 0), ("lost", ConnectionLost, True, 0), ("damaged", BadResponse, True, 1)],
)
def test_faults_of_the_network(fault: str, error: type[NetworkError], was_sent: bool, items: int) -> None:
    end, then, later = sent(only(fault))
    assert isinstance(end, error)
    assert end.sent is was_sent
    assert (then, later) == (items, items)


@pytest.mark.parametrize("late", [True, False])
def test_a_request_may_arrive_after_its_attempt_was_cut(late: bool) -> None:
    ends = [sent(replace(only("cut"), late=late), seed=seed) for seed in range(30)]
    assert {(type(end), getattr(end, "sent", None)) for end, _, _ in ends} == {(ConnectionLost, True)}
    assert {(then, later) for _, then, later in ends} == ({(0, 1), (1, 1)} if late else {(0, 0), (1, 1)})


@pytest.mark.parametrize("late", [True, False])
def test_a_request_may_arrive_after_its_time(late: bool) -> None:
    ends = [sent(replace(GOOD, slow=1.0, late=late), seed=seed) for seed in range(30)]
    assert {type(end) for end, _, _ in ends} == {AttemptTimeout, Response}
    in_time = {(type(end), 1, 1) for end, _, _ in ends if isinstance(end, Response)}
    counts = {(type(end), then, later) for end, then, later in ends}
    assert counts - in_time == {(AttemptTimeout, 1, 1), (AttemptTimeout, 0, 1 if late else 0)}


def test_a_batch_is_done_in_part_and_says_so() -> None:
    puts = [{"PutRequest": {"Item": {"PK": {"S": "a"}, "SK": {"S": f"{number}"}}}} for number in range(10)]
    request = Request("BatchWriteItem", msgspec.json.encode({"RequestItems": {"app": puts}}), 5.0)
    left = set()
    for seed in range(20):
        end, items, _ = sent(only("partial"), request, seed=seed)
        assert isinstance(end, Response)
        unprocessed = msgspec.json.decode(end.body)["UnprocessedItems"]["app"]
        assert items + len(unprocessed) == 10
        assert all(each in puts for each in unprocessed)
        left.add(len(unprocessed))
    assert 10 in left
    assert len(left) > 4


def test_nothing_gets_through_an_outage() -> None:
    ends = [sent(replace(GOOD, outages=((0.0, 2_000.0),)), seed=seed) for seed in range(20)]
    assert all(later == 0 for _, _, later in ends)
    assert {end.status for end, _, _ in ends if isinstance(end, Response)} == {503}
    assert {type(end) for end, _, _ in ends} == {Response, ConnectFailed, ConnectionLost}
