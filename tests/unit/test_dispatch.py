"""The life of a call over a scripted transport: what is sent, slept, told, counted and raised, to the exact second."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import msgspec
import pytest

from hashrange.errors import (
    AccessDenied,
    AttemptTimeout,
    AuthenticationError,
    BadResponse,
    ConditionFailed,
    ConnectFailed,
    ConnectionLost,
    CredentialsNotFound,
    DeadlineExceeded,
    DynamoDBError,
    IdempotentParameterMismatch,
    InternalServerError,
    ItemCollectionSizeLimitExceeded,
    ProvisionedThroughputExceeded,
    RequestLimitExceeded,
    ResourceNotFound,
    ServiceError,
    ServiceUnavailable,
    Throttling,
    TokenExpired,
    TransactionCanceled,
    TransactionConflict,
    TransactionInProgress,
    ValidationError,
)
from hashrange.resilience.retry import RetryPolicy
from hashrange.telemetry.events import AttemptFailed, CallFinished, CircuitChanged
from hashrange.telemetry.usage import Usage
from hashrange.wire.transport import Request, Response
from tests.fakes import Chance, FakeClock, FakeTransport, Listener, answer, failure

from .calls import FOUND, GET, KEY, THROTTLED, about, dispatcher, get


# ── the straight way ─────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_call_is_one_request_and_its_answer() -> None:
    transport = FakeTransport(answer(FOUND))
    assert await dispatcher(transport).dispatch(get()) == FOUND
    assert transport.requests == [Request("GetItem", msgspec.json.encode(GET), 5.0, "app")]


@pytest.mark.parametrize(
    ("default", "own", "expected"), [(30.0, None, 5.0), (30.0, 2.0, 2.0), (3.0, None, 3.0), (3.0, 60, 5.0)]
)
async def test_an_attempt_has_its_own_time_and_never_more_than_the_call(
    default: float, own: float | None, expected: float
) -> None:
    transport = FakeTransport(answer())
    await dispatcher(transport, timeout=default).dispatch(get(timeout=own))
    assert transport.requests[0].timeout == expected


async def test_an_attempt_gets_what_is_left_of_the_call() -> None:
    clock = FakeClock()

    def slowly(request: Request) -> Response:
        clock.advance(2.0)
        return THROTTLED

    transport = FakeTransport(slowly, slowly, answer())
    await dispatcher(transport, clock, timeout=6.0).dispatch(get())
    assert [request.timeout for request in transport.requests] == pytest.approx([5.0, 3.95, 1.85])


async def test_cancelling_a_call_cancels_its_request() -> None:
    class Silent(FakeTransport):
        asked = asyncio.Event()

        async def send(self, request: Request) -> Response:
            self.requests.append(request)
            self.asked.set()
            try:
                await asyncio.Event().wait()
            finally:
                self.closed += 1
            raise AssertionError

    transport = Silent()
    listener = Listener()
    task = asyncio.create_task(dispatcher(transport, observers=(listener,)).dispatch(get()))
    await transport.asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (len(transport.requests), transport.closed) == (1, 1)
    assert not listener.failed


# ── the retry table ──────────────────────────────────────────────────────────────────────────────────────────────────
THROTTLING_SLEEPS = [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8]

RETRIED: list[tuple[Response | DynamoDBError, type[DynamoDBError], list[float]]] = [
    (THROTTLED, ProvisionedThroughputExceeded, THROTTLING_SLEEPS),
    (failure("ThrottlingException"), Throttling, THROTTLING_SLEEPS),
    (failure("ThrottledException"), Throttling, THROTTLING_SLEEPS),
    (failure("RequestLimitExceeded"), RequestLimitExceeded, THROTTLING_SLEEPS),
    (failure("InternalServerError", status=500), InternalServerError, [0.1, 0.2]),
    (failure("InternalFailure", status=500), InternalServerError, [0.1, 0.2]),
    (failure("Unheard", status=500), InternalServerError, [0.1, 0.2]),
    (Response(500, b""), InternalServerError, [0.1, 0.2]),
    (Response(502, b"<html>Bad Gateway</html>"), InternalServerError, [0.1, 0.2]),
    (failure("ServiceUnavailable", status=503), ServiceUnavailable, [0.5, 1.0]),
    (failure("ServiceUnavailableException", status=503), ServiceUnavailable, [0.5, 1.0]),
    (Response(503, b"<html>Service Unavailable</html>"), ServiceUnavailable, [0.5, 1.0]),
    (failure("TransactionConflictException"), TransactionConflict, [0.1, 0.2]),
    (failure("ReplicatedWriteConflictException"), TransactionConflict, [0.1, 0.2]),
    (failure("TransactionInProgressException"), TransactionInProgress, [0.1, 0.2]),
    (
        failure("TransactionCanceledException", data={"CancellationReasons": [{"Code": "TransactionConflict"}]}),
        TransactionCanceled,
        [0.1, 0.2],
    ),
    (
        failure("TransactionCanceledException", data={"CancellationReasons": [{"Code": "ThrottlingError"}]}),
        TransactionCanceled,
        THROTTLING_SLEEPS,
    ),
    (ConnectFailed("refused"), ConnectFailed, [0.1, 0.2]),
    (ConnectionLost("reset"), ConnectionLost, [0.1, 0.2]),
    (AttemptTimeout("slow"), AttemptTimeout, [0.1, 0.2]),
    (BadResponse("garbage"), BadResponse, [0.1, 0.2]),
    (Response(200, b"<html>welcome</html>"), BadResponse, [0.1, 0.2]),
]
ONCE: list[tuple[Response | DynamoDBError, type[DynamoDBError]]] = [
    (failure("ConditionalCheckFailedException"), ConditionFailed),
    (failure("ValidationException"), ValidationError),
    (failure("SerializationException"), ValidationError),
    (failure("ResourceNotFoundException"), ResourceNotFound),
    (failure("AccessDeniedException"), AccessDenied),
    (failure("UnrecognizedClientException"), AuthenticationError),
    (failure("InvalidSignatureException"), AuthenticationError),
    (failure("MissingAuthenticationToken"), AuthenticationError),
    (failure("ExpiredTokenException"), TokenExpired),
    (failure("ItemCollectionSizeLimitExceededException"), ItemCollectionSizeLimitExceeded),
    (failure("IdempotentParameterMismatchException"), IdempotentParameterMismatch),
    (
        failure("TransactionCanceledException", data={"CancellationReasons": [{"Code": "ConditionalCheckFailed"}]}),
        TransactionCanceled,
    ),
    (failure("SomethingNewException"), ServiceError),
    (CredentialsNotFound("nowhere"), CredentialsNotFound),
]


def named(step: Any) -> str:
    if isinstance(step, Response):
        document = step.body if step.body.startswith(b"{") else b"{}"
        return f"{step.status} {str(msgspec.json.decode(document).get('__type', step.body)).rpartition('#')[2]}"
    return type(step).__name__ if isinstance(step, DynamoDBError) else ""


@pytest.mark.parametrize(("step", "cls", "sleeps"), RETRIED, ids=named)
async def test_what_may_pass_is_sent_again_after_exactly_these_delays(
    step: Response | DynamoDBError, cls: type[DynamoDBError], sleeps: list[float]
) -> None:
    clock, transport = FakeClock(), FakeTransport(step, repeat=True)
    with pytest.raises(cls) as caught:
        await dispatcher(transport, clock).dispatch(get())
    assert type(caught.value) is cls
    assert clock.sleeps == pytest.approx(sleeps)
    assert len(transport.requests) == len(sleeps) + 1
    assert caught.value.attempts == len(sleeps) + 1
    assert caught.value.elapsed == pytest.approx(sum(sleeps))
    assert len({request.body for request in transport.requests}) == 1


@pytest.mark.parametrize(("step", "cls"), ONCE, ids=named)
async def test_what_cannot_pass_is_sent_once(step: Response | DynamoDBError, cls: type[DynamoDBError]) -> None:
    clock, transport = FakeClock(), FakeTransport(step)
    with pytest.raises(cls) as caught:
        await dispatcher(transport, clock).dispatch(get())
    assert type(caught.value) is cls
    assert (clock.sleeps, len(transport.requests), caught.value.attempts) == ([], 1, 1)


async def test_every_kind_of_failure_counts_for_the_next_delay() -> None:
    clock = FakeClock()
    transport = FakeTransport(THROTTLED, failure("InternalServerError", status=500), THROTTLED, answer(FOUND))
    assert await dispatcher(transport, clock).dispatch(get()) == FOUND
    assert clock.sleeps == pytest.approx([0.05, 0.2, 0.2])


async def test_chance_spreads_the_delays_of_one_call() -> None:
    clock, transport = FakeClock(), FakeTransport(THROTTLED, THROTTLED, THROTTLED, answer())
    await dispatcher(transport, clock, randomness=Chance(0.0, 0.5, 0.9)).dispatch(get())
    assert clock.sleeps == pytest.approx([0.05, 0.15, 0.38])


async def test_no_retries_where_the_policy_has_none() -> None:
    clock, transport = FakeClock(), FakeTransport(THROTTLED)
    with pytest.raises(ProvisionedThroughputExceeded):
        await dispatcher(transport, clock, policy=RetryPolicy.none()).dispatch(get())
    assert clock.sleeps == []


# ── the deadline ─────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_sleep_that_would_outlast_the_deadline_is_not_slept() -> None:
    clock, transport = FakeClock(), FakeTransport(THROTTLED, repeat=True)
    with pytest.raises(DeadlineExceeded, match="the deadline came after 4 attempts") as caught:
        await dispatcher(transport, clock).dispatch(get(timeout=0.5))
    assert clock.sleeps == pytest.approx([0.05, 0.1, 0.2])  # 0.4 more would end at 0.75
    error = caught.value
    assert type(error.__cause__) is ProvisionedThroughputExceeded
    assert (error.table, error.operation, error.key, error.attempts) == ("app", "GetItem", KEY, 4)
    assert error.elapsed == pytest.approx(0.35)
    assert error.__cause__.attempts == 4


async def test_the_deadline_ends_the_last_attempt() -> None:
    clock = FakeClock()

    def until_timeout(request: Request) -> Response:
        clock.advance(request.timeout)
        raise AttemptTimeout(f"no answer within {request.timeout} s")

    transport = FakeTransport(until_timeout, repeat=True)
    with pytest.raises(DeadlineExceeded, match="after 1 attempt ") as caught:
        await dispatcher(transport, clock).dispatch(get(timeout=3.0))
    assert isinstance(caught.value.__cause__, AttemptTimeout)
    with pytest.raises(DeadlineExceeded):
        await dispatcher(transport, clock, policy=RetryPolicy.none()).dispatch(get(timeout=3.0))
    assert clock.sleeps == []


@pytest.mark.parametrize("timeout", [0, 0.0, -1.0, float("nan")])
async def test_no_time_at_all_sends_nothing(timeout: float) -> None:
    transport, listener = FakeTransport(), Listener()
    with pytest.raises(DeadlineExceeded, match="before anything was sent") as caught, Usage() as usage:
        await dispatcher(transport, observers=(listener,)).dispatch(get(timeout=timeout))
    assert transport.requests == []
    assert (caught.value.table, caught.value.operation, caught.value.attempts) == ("app", "GetItem", 0)
    assert caught.value.__cause__ is None
    assert [event.error for event in listener.finished] == [caught.value]
    assert (usage.calls, usage.failed_calls, usage.retries) == (1, 1, 0)


async def test_a_sleep_that_took_longer_than_planned_sends_nothing_more() -> None:
    class Oversleeping(FakeClock):
        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds + 1.0)

    transport = FakeTransport(THROTTLED)
    with pytest.raises(DeadlineExceeded, match="after 1 attempt ") as caught:
        await dispatcher(transport, Oversleeping()).dispatch(get(timeout=0.5))
    assert isinstance(caught.value.__cause__, ProvisionedThroughputExceeded)
    assert caught.value.elapsed == pytest.approx(1.05)


# ── repair ───────────────────────────────────────────────────────────────────────────────────────────────────────────
EXPIRED = failure("ExpiredTokenException")


async def test_an_authentication_error_that_was_repaired_is_sent_again_at_once() -> None:
    clock, transport = FakeClock(), FakeTransport(EXPIRED, answer(FOUND), mends=[True])
    assert await dispatcher(transport, clock).dispatch(get()) == FOUND
    assert clock.sleeps == [0.0]
    assert [(type(error), response) for error, response in transport.repairs] == [(TokenExpired, EXPIRED)]


async def test_it_is_repaired_only_once() -> None:
    transport = FakeTransport(EXPIRED, EXPIRED, mends=[True, True])
    with pytest.raises(TokenExpired) as caught:
        await dispatcher(transport).dispatch(get())
    assert (len(transport.requests), len(transport.repairs), caught.value.attempts) == (2, 1, 2)


async def test_what_could_not_be_repaired_is_raised() -> None:
    transport = FakeTransport(failure("InvalidSignatureException"))
    with pytest.raises(AuthenticationError):
        await dispatcher(transport).dispatch(get())
    assert len(transport.repairs) == 1


async def test_a_repair_goes_with_retries_of_other_failures() -> None:
    clock = FakeClock()
    transport = FakeTransport(THROTTLED, EXPIRED, THROTTLED, answer(FOUND), mends=[True])
    assert await dispatcher(transport, clock).dispatch(get()) == FOUND
    assert clock.sleeps == pytest.approx([0.05, 0.0, 0.2])


async def test_nothing_is_repaired_without_an_answer_or_for_other_errors() -> None:
    for step in (CredentialsNotFound("nowhere"), failure("ValidationException")):
        transport = FakeTransport(step, mends=[True])
        with pytest.raises(DynamoDBError):
            await dispatcher(transport).dispatch(get())
        assert transport.repairs == []


# ── observers and trackers ───────────────────────────────────────────────────────────────────────────────────────────
async def test_observers_are_told_of_failures_and_of_the_end() -> None:
    clock, listener = FakeClock(), Listener()
    capacity = {"ConsumedCapacity": {"TableName": "app", "CapacityUnits": 0.5}}
    found = answer(FOUND | capacity, request_id="REQ3", connect=0.1, wait=0.2)
    transport = FakeTransport(THROTTLED, ConnectionLost("reset"), found)
    await dispatcher(transport, clock, observers=(listener,)).dispatch(get())
    described = [(e.operation, e.table, e.attempt, type(e.error), e.delay) for e in listener.failed]
    assert described == [
        ("GetItem", "app", 1, ProvisionedThroughputExceeded, 0.05),
        ("GetItem", "app", 2, ConnectionLost, 0.2),
    ]
    assert [event.key for event in listener.failed] == [KEY, KEY]
    assert listener.finished == [
        CallFinished(
            "GetItem", "app", None, 3, about(0.25), "REQ3", FOUND | capacity, 0.1, 0.2, 0.0,
            key=KEY, request=GET, failures=tuple(listener.failed),
        )
    ]  # fmt: skip
    assert [event.elapsed for event in listener.failed] == [0.0, about(0.05)]


async def test_observers_are_told_of_a_final_failure() -> None:
    listener = Listener()
    transport = FakeTransport(failure("ValidationException", request_id="REQ1", wait=0.2))
    with pytest.raises(ValidationError) as caught:
        await dispatcher(transport, observers=(listener,)).dispatch(get())
    assert [(event.attempt, event.delay, event.error) for event in listener.failed] == [(1, None, caught.value)]
    finished = CallFinished(
        "GetItem", "app", caught.value, 1, 0.0, "REQ1", {}, 0.0, 0.2, 0.0,
        key=KEY, request=GET, failures=tuple(listener.failed),
    )  # fmt: skip
    assert listener.finished == [finished]


async def test_an_observer_that_raises_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def attempt_failed(self, event: AttemptFailed) -> None:
            raise RuntimeError("broken")

        def call_finished(self, event: CallFinished) -> None:
            raise RuntimeError("broken")

        def circuit_changed(self, event: CircuitChanged) -> None:
            raise RuntimeError("broken")

    listener = Listener()
    with caplog.at_level(logging.ERROR, "hashrange"):
        observers = (Broken(), listener)
        transport = FakeTransport(THROTTLED, answer(FOUND))
        assert await dispatcher(transport, observers=observers).dispatch(get()) == FOUND
    assert (len(listener.failed), len(listener.finished)) == (1, 1)
    assert [record.message for record in caplog.records] == ["an observer failed"] * 2


async def test_trackers_count_calls_retries_capacity_and_time() -> None:
    def units(count: float) -> dict[str, Any]:
        return {"ConsumedCapacity": {"TableName": "app", "CapacityUnits": count}}

    script = [answer(units(0.5)), THROTTLED, answer(units(3.0)), failure("ValidationException")]
    one = dispatcher(FakeTransport(*script))
    with Usage() as usage:
        await one.dispatch(get())
        with Usage() as inner:
            await one.dispatch(get(operation="PutItem"))
        with pytest.raises(ValidationError):
            await one.dispatch(get())
    assert inner == Usage(calls=1, retries=1, write_units=3.0, elapsed=about(0.05))
    assert usage == Usage(calls=3, failed_calls=1, retries=1, read_units=0.5, write_units=3.0, elapsed=about(0.05))


async def test_calls_at_the_same_time_do_not_touch_each_other() -> None:
    steps = {f"op{n}": [THROTTLED] * n + [answer({"n": n})] for n in range(6)}
    transport = FakeTransport(lambda request: steps[request.operation].pop(0), repeat=True)
    one = dispatcher(transport)
    found = await asyncio.gather(*(one.dispatch(get(operation=f"op{n}")) for n in range(6)))
    assert found == [{"n": n} for n in range(6)]
