"""The circuit breaker at work: whole calls over scripted transports; time is a number."""

from __future__ import annotations

import asyncio
import contextlib
import logging

import pytest

from hashrange.client import DynamoDB
from hashrange.dispatch import Dispatcher
from hashrange.errors import (
    AmbiguousWrite,
    AttemptTimeout,
    BadResponse,
    CircuitOpen,
    ClientClosed,
    ConnectFailed,
    ConnectionLost,
    CredentialsNotFound,
    DeadlineExceeded,
    DynamoDBError,
    InternalServerError,
    ServiceUnavailable,
    Throttling,
    ValidationError,
)
from hashrange.key import Key
from hashrange.resilience.breaker import CircuitRule
from hashrange.resilience.retry import RetryPolicy
from hashrange.telemetry.events import CircuitChanged
from hashrange.telemetry.usage import Usage
from hashrange.wire.transport import Request, Response
from tests.fakes import FakeClock, FakeTransport, Listener, Step, answer, client, failure, turns

from .calls import FOUND, KEY, dispatcher, get
from .losing import unsent

BROKEN = failure("InternalServerError", status=500)


def guarded(transport: FakeTransport, clock: FakeClock | None = None, **changes: object) -> Dispatcher:
    """A dispatcher that tries once, and whose circuit is the default one."""
    settings = {"policy": RetryPolicy.none(), "circuit": CircuitRule(), **changes}
    return dispatcher(transport, clock, **settings)


async def fail(one: Dispatcher, times: int, **call: object) -> list[DynamoDBError]:
    found: list[DynamoDBError] = []
    for _ in range(times):
        with pytest.raises(DynamoDBError) as caught:
            await one.dispatch(get(**call))
        found.append(caught.value)
    return found


def state_of(guarded: Dispatcher | DynamoDB) -> str:
    return guarded.circuit.state


# ── what opens it ────────────────────────────────────────────────────────────────────────────────────────────────────
def slow(request: Request) -> Response:
    raise AttemptTimeout(f"no answer within {request.timeout} s")


OPENING: list[tuple[Step, type[DynamoDBError]]] = [
    (BROKEN, InternalServerError),
    (failure("ServiceUnavailable", status=503), ServiceUnavailable),
    (Response(504, b""), InternalServerError),
    (ConnectFailed("refused"), ConnectFailed),
    (ConnectionLost("reset"), ConnectionLost),
    (slow, AttemptTimeout),
    (BadResponse("damaged"), BadResponse),
    (Response(200, b"<html>"), BadResponse),
]
NOT_OPENING: list[tuple[Step, type[DynamoDBError]]] = [
    (failure("ThrottlingException"), Throttling),
    (failure("ValidationException"), ValidationError),
    (unsent(AttemptTimeout("all 64 connections are in use")), AttemptTimeout),
    (ClientClosed("closed"), ClientClosed),
    (CredentialsNotFound("nowhere"), CredentialsNotFound),
]


@pytest.mark.parametrize(("step", "cls"), OPENING)
async def test_five_calls_in_a_row_that_the_endpoint_failed_open_it(step: Step, cls: type[DynamoDBError]) -> None:
    transport = FakeTransport(step, repeat=True)
    one = guarded(transport)
    assert {type(error) for error in await fail(one, 4)} == {cls}
    assert state_of(one) == "closed"
    await fail(one, 1)
    assert state_of(one) == "open"
    assert [type(error) for error in await fail(one, 2)] == [CircuitOpen] * 2
    assert len(transport.requests) == 5


@pytest.mark.parametrize(("step", "cls"), NOT_OPENING)
async def test_nothing_else_opens_it(step: Step, cls: type[DynamoDBError]) -> None:
    transport = FakeTransport(step, repeat=True)
    one = guarded(transport)
    assert {type(error) for error in await fail(one, 20)} == {cls}
    assert state_of(one) == "closed"


@pytest.mark.parametrize("step", [answer(), failure("ThrottlingException"), failure("ConditionalCheckFailedException")])
async def test_an_answer_of_any_other_kind_breaks_the_row(step: Step) -> None:
    transport = FakeTransport(*[*[BROKEN] * 4, step] * 5)
    one = guarded(transport)
    for _ in range(5):
        await fail(one, 4)
        with contextlib.suppress(DynamoDBError):
            await one.dispatch(get())
    assert (state_of(one), transport.script) == ("closed", [])  # every step was sent


@pytest.mark.parametrize(
    "step", [unsent(AttemptTimeout("all connections are in use")), CredentialsNotFound("nowhere")], ids=repr
)
async def test_what_tells_nothing_of_the_endpoint_does_not_break_the_row(step: Step) -> None:
    transport = FakeTransport(BROKEN, BROKEN, BROKEN, BROKEN, step, BROKEN)
    one = guarded(transport)
    await fail(one, 6)
    assert state_of(one) == "open"


async def test_calls_count_and_not_their_attempts() -> None:
    transport = FakeTransport(BROKEN, repeat=True)
    one = guarded(transport, policy=RetryPolicy.default())
    await fail(one, 4)
    assert (len(transport.requests), state_of(one)) == (12, "closed")
    await fail(one, 1)
    assert state_of(one) == "open"


async def test_a_call_that_succeeds_in_the_end_is_a_success() -> None:
    transport = FakeTransport(*[BROKEN, BROKEN, answer(FOUND)] * 10)
    one = guarded(transport, policy=RetryPolicy.default())
    for _ in range(10):
        assert await one.dispatch(get()) == FOUND
    assert state_of(one) == "closed"


async def test_a_deadline_that_a_dead_endpoint_used_up_counts_and_one_that_throttling_used_up_does_not() -> None:
    transport = FakeTransport(BROKEN, repeat=True)
    one = guarded(transport, policy=RetryPolicy.default())
    assert {type(error) for error in await fail(one, 5, timeout=0.05)} == {DeadlineExceeded}
    assert state_of(one) == "open"
    one = guarded(FakeTransport(failure("ThrottlingException"), repeat=True), policy=RetryPolicy.default())
    assert {type(error) for error in await fail(one, 5, timeout=0.05)} == {DeadlineExceeded}
    assert state_of(one) == "closed"


async def test_ambiguous_writes_count_by_their_cause() -> None:
    one = guarded(FakeTransport(ConnectionLost("reset"), repeat=True))
    add = {"UpdateExpression": "ADD n :v"}
    assert {type(error) for error in await fail(one, 5, operation="UpdateItem", payload=add)} == {AmbiguousWrite}
    assert state_of(one) == "open"


async def test_without_a_rule_it_never_opens() -> None:
    transport = FakeTransport(BROKEN, repeat=True)
    one = guarded(transport, circuit=None)
    await fail(one, 30)
    assert (len(transport.requests), state_of(one)) == (30, "closed")


# ── open ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_an_open_circuit_refuses_at_once_and_says_when_it_tries_again() -> None:
    clock, listener, transport = FakeClock(), Listener(), FakeTransport(BROKEN, repeat=True)
    one = guarded(transport, clock, observers=(listener,), policy=RetryPolicy.default())
    await fail(one, 5)
    opened, slept = clock.monotonic(), list(clock.sleeps)
    clock.advance(12.5)
    with Usage() as usage:
        (error,) = await fail(one, 1)
    assert isinstance(error, CircuitOpen)
    assert error.retry_at == pytest.approx(opened + 30.0)
    assert (error.table, error.operation, error.key, error.attempts, error.elapsed) == ("app", "GetItem", KEY, 0, 0.0)
    assert str(error).startswith(
        "the endpoint failed too often; it is tried again in 17.5 s [GetItem on table 'app']. Hint: "
    )
    assert error.__cause__ is None
    assert (len(transport.requests), clock.sleeps) == (15, slept)  # nothing is retried, nobody waits
    assert (listener.finished[-1].error, listener.finished[-1].attempts) == (error, 0)
    assert (usage.calls, usage.failed_calls, usage.retries) == (1, 1, 0)


async def test_what_is_wrong_with_a_call_comes_before_the_circuit_and_the_circuit_before_the_deadline() -> None:
    one = guarded(FakeTransport(BROKEN, repeat=True))
    await fail(one, 5)
    (error,) = await fail(one, 1, payload={"Key": {"S": "\ud800"}})
    assert isinstance(error, ValidationError)
    (error,) = await fail(one, 1, timeout=0)
    assert isinstance(error, CircuitOpen)


async def test_calls_under_way_when_it_opens_go_on() -> None:
    gate = asyncio.Event()

    class Waiting(FakeTransport):
        async def send(self, request: Request) -> Response:
            if request.operation == "Scan":
                await gate.wait()
            return await super().send(request)

    transport = Waiting(*[BROKEN] * 5, BROKEN, answer(FOUND))
    one = guarded(transport, policy=RetryPolicy.default())
    scan = asyncio.create_task(one.dispatch(get(operation="Scan")))
    await turns()
    plain = guarded(transport)
    plain.circuit = one.circuit
    await fail(plain, 5)
    assert state_of(one) == "open"
    gate.set()
    assert await scan == FOUND  # with a retry of its own
    assert state_of(one) == "open"


# ── half-open, closed again ──────────────────────────────────────────────────────────────────────────────────────────
async def test_it_tries_after_its_time_and_closes_after_two_successes(caplog: pytest.LogCaptureFixture) -> None:
    clock, listener = FakeClock(), Listener()
    transport = FakeTransport(*[BROKEN] * 5, answer(FOUND), failure("ValidationException"), answer(FOUND))
    one = guarded(transport, clock, observers=(listener,))
    with caplog.at_level(logging.WARNING, "hashrange"):
        await fail(one, 5)
        clock.advance(29.9)
        assert isinstance((await fail(one, 1))[0], CircuitOpen)
        clock.advance(0.1)
        assert await one.dispatch(get()) == FOUND
        assert state_of(one) == "half_open"
        await fail(one, 1)  # an error of the caller is an answer
        assert state_of(one) == "closed"
        await one.dispatch(get())
    assert listener.circuit == [
        CircuitChanged("closed", "open"),
        CircuitChanged("open", "half_open"),
        CircuitChanged("half_open", "closed"),
    ]
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "the circuit is open (it was closed)"),
        ("WARNING", "the circuit is half_open (it was open)"),
        ("WARNING", "the circuit is closed (it was half_open)"),
    ]


async def test_a_probe_that_fails_opens_it_again() -> None:
    clock = FakeClock()
    one = guarded(FakeTransport(BROKEN, repeat=True), clock)
    await fail(one, 5)
    clock.advance(30.0)
    assert isinstance((await fail(one, 1))[0], InternalServerError)
    (error,) = await fail(one, 1)
    assert isinstance(error, CircuitOpen)
    assert error.retry_at == 60.0


class Gated(FakeTransport):
    """Once there is a gate, requests wait at it."""

    gate: asyncio.Event | None = None
    waiting = 0

    async def send(self, request: Request) -> Response:
        if self.gate is not None:
            self.waiting += 1
            try:
                await self.gate.wait()
            finally:
                self.waiting -= 1
        return await super().send(request)


async def test_one_probe_at_a_time_and_the_others_are_refused() -> None:
    clock, transport = FakeClock(), Gated(*[BROKEN] * 5, answer(FOUND), answer(FOUND))
    one = guarded(transport, clock)
    await fail(one, 5)
    clock.advance(31.0)
    transport.gate = asyncio.Event()
    probe = asyncio.create_task(one.dispatch(get()))
    await turns()
    errors = await fail(one, 3)
    assert {str(error).partition(" [")[0] for error in errors} == {
        "the endpoint failed too often; whether it is back is being tried by another call"
    }
    assert [getattr(error, "retry_at", None) for error in errors] == [31.0] * 3
    assert (transport.waiting, len(transport.requests)) == (1, 5)
    transport.gate.set()
    assert await probe == FOUND
    assert await one.dispatch(get()) == FOUND
    assert state_of(one) == "closed"


async def test_a_probe_that_is_cancelled_frees_its_place() -> None:
    clock, transport = FakeClock(), Gated(*[BROKEN] * 5, answer(FOUND), answer(FOUND))
    one = guarded(transport, clock)
    await fail(one, 5)
    clock.advance(30.0)
    transport.gate = asyncio.Event()
    probe = asyncio.create_task(one.dispatch(get()))
    await turns()
    probe.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probe
    assert (state_of(one), transport.waiting) == ("half_open", 0)
    transport.gate.set()
    for _ in range(2):
        assert await one.dispatch(get()) == FOUND
    assert state_of(one) == "closed"


@pytest.mark.parametrize("timeout", [0, float("nan")])
async def test_a_probe_without_any_time_frees_its_place(timeout: float) -> None:
    clock, transport = FakeClock(), FakeTransport(*[BROKEN] * 5, answer(FOUND))
    one = guarded(transport, clock)
    await fail(one, 5)
    clock.advance(30.0)
    (error,) = await fail(one, 1, timeout=timeout)
    assert isinstance(error, DeadlineExceeded)
    assert await one.dispatch(get()) == FOUND


async def test_a_probe_with_a_timeout_that_is_no_number_frees_its_place() -> None:
    clock, transport = FakeClock(), FakeTransport(*[BROKEN] * 5, answer(FOUND))
    one = guarded(transport, clock)
    await fail(one, 5)
    clock.advance(30.0)
    with pytest.raises(TypeError):
        await one.dispatch(get(timeout="3"))
    assert await one.dispatch(get()) == FOUND


async def test_a_probe_that_never_left_this_side_frees_its_place() -> None:
    clock = FakeClock()
    transport = FakeTransport(*[BROKEN] * 5, unsent(AttemptTimeout("no connection is free")), answer(FOUND))
    one = guarded(transport, clock)
    await fail(one, 5)
    clock.advance(30.0)
    assert isinstance((await fail(one, 1))[0], AttemptTimeout)
    assert state_of(one) == "half_open"
    assert await one.dispatch(get()) == FOUND


async def test_results_of_calls_that_began_before_it_opened_are_ignored() -> None:
    clock, transport = FakeClock(), Gated(BROKEN, repeat=True)
    one = guarded(transport, clock, timeout=300.0)
    transport.gate = old_gate = asyncio.Event()
    late = [asyncio.create_task(one.dispatch(get())) for _ in range(5)]
    await turns()
    transport.gate = None
    await fail(one, 5)
    clock.advance(30.0)
    transport.gate = asyncio.Event()
    probe = asyncio.create_task(one.dispatch(get()))
    await turns()
    old_gate.set()
    assert {type(each) for each in await asyncio.gather(*late, return_exceptions=True)} == {InternalServerError}
    assert state_of(one) == "half_open"
    transport.script[:] = [answer(FOUND)]
    transport.gate.set()
    assert await probe == FOUND
    assert state_of(one) == "half_open"


# ── the client's handle ──────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_client_shows_its_circuit_and_resets_it(caplog: pytest.LogCaptureFixture) -> None:
    listener, transport = Listener(), FakeTransport(*[BROKEN] * 2, answer({}))
    rule = CircuitRule(failures=2, open_seconds=60.0, successes=1)
    db = client(transport, retry=RetryPolicy.none(), circuit=rule, observers=(listener,))
    assert state_of(db) == "closed"
    for _ in range(2):
        with pytest.raises(InternalServerError):
            await db.table("app").get_item(Key("a", "b"))
    with pytest.raises(CircuitOpen, match="it is tried again in 60 s"):
        await db.table("app").get_item(Key("a", "b"))
    assert state_of(db) == "open"
    db.circuit.reset()
    assert await db.table("app").get_item(Key("a", "b")) is None
    assert state_of(db) == "closed"
    source = listener.circuit[0].source
    assert source.endpoint == db.config.endpoint.url
    assert listener.circuit == [
        CircuitChanged("closed", "open", source=source),
        CircuitChanged("open", "closed", source=source),
    ]
    assert [record.getMessage() for record in caplog.records] == [
        "the circuit is open (it was closed)",
        "the circuit is closed (it was open)",
    ]


async def test_an_observer_that_raises_stops_no_change(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Listener):
        def circuit_changed(self, event: CircuitChanged) -> None:
            raise RuntimeError("broken")

    listener = Listener()
    one = guarded(FakeTransport(BROKEN, repeat=True), observers=(Broken(), listener))
    with caplog.at_level(logging.ERROR, "hashrange"):
        assert {type(error) for error in await fail(one, 5)} == {InternalServerError}
    assert state_of(one) == "open"
    assert listener.circuit == [CircuitChanged("closed", "open")]
    assert [record.getMessage() for record in caplog.records] == ["an observer failed"]


async def test_two_clients_have_two_circuits() -> None:
    one, two = (client(FakeTransport(BROKEN, repeat=True), retry=RetryPolicy.none()) for _ in range(2))
    for _ in range(5):
        with pytest.raises(InternalServerError):
            await one.call("ListTables")
    assert (state_of(one), state_of(two)) == ("open", "closed")


async def test_clients_of_one_config_do_not_share_one() -> None:
    one = client(FakeTransport(BROKEN, repeat=True), retry=RetryPolicy.none())
    two = type(one)(one.config, transport=FakeTransport(answer({})))
    for _ in range(5):
        with pytest.raises(InternalServerError):
            await one.call("ListTables")
    assert await two.call("ListTables") == {}
