"""The simulator as the client's transport: bytes as over a socket, latency, fairness, and the end."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from hashrange.errors import AttemptTimeout, ClientClosed, DynamoDBError
from hashrange.simulator import Engine, InProcess
from hashrange.simulator.transport import CALLS_BETWEEN_YIELDS
from hashrange.wire.transport import Request, Transport
from tests.fakes import NOW, FakeClock

KEY = {"PK": {"S": "a"}, "SK": {"S": "b"}}
PUT = msgspec.json.encode({"TableName": "app", "Item": KEY})
GET = msgspec.json.encode({"TableName": "app", "Key": KEY})


def request(operation: str = "GetItem", body: bytes = GET, timeout: float = 5.0) -> Request:
    return Request(operation, body, timeout, "app")


async def test_requests_and_answers_are_bytes() -> None:
    transport: Transport = InProcess(Engine(["app"]))
    put = await transport.send(request("PutItem", PUT))
    assert (put.status, put.body) == (200, b"{}")
    got = await transport.send(request())
    assert (got.status, msgspec.json.decode(got.body)) == (200, {"Item": KEY})
    assert got.request_id != put.request_id
    assert len(str(got.request_id)) == 52
    assert transport.repair(DynamoDBError("x"), got) is False


async def test_errors_are_answers() -> None:
    answer = await InProcess(Engine()).send(request())
    assert (answer.status, b"ResourceNotFoundException" in answer.body) == (400, True)
    answer = await InProcess(Engine()).send(request(body=b"nonsense"))
    assert (answer.status, b"SerializationException" in answer.body) == (400, True)


async def test_nobody_is_served_after_the_end() -> None:
    engine = Engine(["app"])
    transport = InProcess(engine)
    await transport.close()
    await transport.close()
    with pytest.raises(ClientClosed, match="the client was closed") as caught:
        await transport.send(request("PutItem", PUT))
    assert caught.value.sent is False
    assert engine.calls() == []
    assert (await InProcess(engine).send(request())).status == 200, "the engine itself goes on"


async def test_calls_let_others_run() -> None:
    transport = InProcess(Engine(["app"]))
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    for _ in range(CALLS_BETWEEN_YIELDS * 10):
        await transport.send(request())
    task.cancel()
    assert turns >= 9


# ── latency ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def slow(latency: float) -> tuple[InProcess, FakeClock, Engine]:
    clock = FakeClock()
    engine = Engine(["app"], clock=clock)
    return InProcess(engine, latency=latency), clock, engine


async def test_every_request_takes_its_time() -> None:
    transport, clock, engine = slow(0.5)
    answer = await transport.send(request("PutItem", PUT))
    assert answer.wait == 0.5
    assert clock.now == NOW + 0.5
    assert [call.time for call in engine.calls()] == [NOW + 0.25], "half of it on the way there"


@pytest.mark.parametrize(("timeout", "applied"), [(0.0, False), (0.2, False), (0.3, True), (0.499, True)])
async def test_a_request_may_be_too_slow_before_or_after_it_was_applied(timeout: float, applied: bool) -> None:
    transport, clock, engine = slow(0.5)
    with pytest.raises(AttemptTimeout) as caught:
        await transport.send(request("PutItem", PUT, timeout))
    assert caught.value.sent is True, "as on a network, nobody knows"
    assert clock.now == pytest.approx(NOW + timeout)
    assert len(engine.calls("PutItem")) == int(applied)


async def test_a_request_may_be_cancelled() -> None:
    transport = InProcess(Engine(["app"]), latency=3600.0)
    sending = asyncio.create_task(transport.send(request("PutItem", PUT)))
    await asyncio.sleep(0)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert transport.engine.calls() == []


def test_it_shows_its_engine() -> None:
    assert repr(InProcess(Engine(["app"]))) == "<InProcess <Engine us-east-1: 1 tables>>"
