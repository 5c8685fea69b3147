"""The retry quota at work: what the failing calls of a client may spend on retries together."""

from __future__ import annotations

import pytest

from hashrange.dispatch import Dispatcher
from hashrange.errors import DynamoDBError, Throttling
from hashrange.resilience.retry import RetryPolicy
from tests.fakes import FakeClock, FakeTransport, answer, failure

from .calls import dispatcher, get

BROKEN = failure("InternalServerError", status=500)
STANDARD = RetryPolicy.aws_standard()


async def fail(one: Dispatcher, times: int) -> list[DynamoDBError]:
    found: list[DynamoDBError] = []
    for _ in range(times):
        with pytest.raises(DynamoDBError) as caught:
            await one.dispatch(get(timeout=1e6))
        found.append(caught.value)
    return found


async def test_many_failing_calls_use_up_the_quota_and_are_then_tried_once() -> None:
    clock, transport = FakeClock(), FakeTransport(BROKEN, repeat=True)
    one = dispatcher(transport, clock, policy=STANDARD)
    attempts = [error.attempts for error in await fail(one, 20)]
    assert attempts == [4] * 11 + [3] + [1] * 8  # 35 retries of 14 tokens from 500
    assert clock.sleeps[:3] == pytest.approx([0.025, 0.05, 0.1])


async def test_throttling_waits_longer_and_costs_less() -> None:
    clock, transport = FakeClock(), FakeTransport(failure("ThrottlingException"), repeat=True)
    one = dispatcher(transport, clock, policy=STANDARD)
    errors = await fail(one, 40)
    assert sum(error.attempts - 1 for error in errors) == 100  # of 5 tokens from 500
    assert clock.sleeps[:3] == pytest.approx([1.0, 2.0, 4.0])
    assert {type(error) for error in errors} == {Throttling}


async def test_successes_fill_the_quota_again() -> None:
    transport = FakeTransport(*[BROKEN] * 48, *[answer()] * 4, *[BROKEN] * 3)
    one = dispatcher(transport, policy=STANDARD)
    await fail(one, 13)
    assert len(transport.requests) == 48  # 13 calls with 35 retries: 10 tokens are left
    for _ in range(4):
        await one.dispatch(get())
    (error,) = await fail(one, 1)
    assert error.attempts == 2  # 14 tokens are one retry


async def test_a_retry_that_succeeds_gets_back_what_it_cost() -> None:
    transport = FakeTransport(*[BROKEN, answer()] * 200)
    one = dispatcher(transport, policy=STANDARD)
    for _ in range(200):
        await one.dispatch(get())
    assert len(transport.requests) == 400


async def test_without_a_quota_every_call_has_all_its_attempts() -> None:
    one = dispatcher(FakeTransport(BROKEN, repeat=True), policy=RetryPolicy.default())
    assert {error.attempts for error in await fail(one, 300)} == {3}


async def test_each_client_has_its_own() -> None:
    one, two = (dispatcher(FakeTransport(BROKEN, repeat=True), policy=STANDARD) for _ in range(2))
    await fail(one, 20)
    assert (await fail(one, 1))[0].attempts == 1
    assert (await fail(two, 1))[0].attempts == 4
