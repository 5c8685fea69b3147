"""What goes wrong in a batch: what is left undone, refused, lost or late; a body that raises. Nothing vanishes."""

from __future__ import annotations

import asyncio
import pickle
from typing import Any

import pytest

from hashrange.batch import BatchReport
from hashrange.errors import (
    BadResponse,
    BatchError,
    ConnectionLost,
    DeadlineExceeded,
    DynamoDBError,
    InternalServerError,
    ProvisionedThroughputExceeded,
    ResourceNotFound,
    ThroughputError,
    ValidationError,
)
from hashrange.key import Key
from hashrange.resilience.retry import RetryPolicy, RetryRule
from hashrange.types import BatchFailure
from tests.fakes import Chance, FakeClock, client, failure, turns

from .batches import BatchService, row, table

LOST = ConnectionLost("the connection ended")


def rows(count: int, first: int = 0) -> list[dict[str, Any]]:
    return [row(number) for number in range(first, first + count)]


async def failed_write(service: BatchService, items: Any, *, timeout: float | None = None, **config: Any) -> BatchError:
    with pytest.raises(BatchError) as caught:
        await table(service, **config).batch_write(items, timeout=timeout)
    return caught.value


def numbers(failed: tuple[BatchFailure, ...]) -> list[int]:
    return [failure.item["n"] for failure in failed]


class HeldClock(FakeClock):
    """Sleeps until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        await self.gate.wait()


# ── left undone ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("count", "leaves", "requests"),
    [
        (10, [3], [10, 3]),
        (10, [10], [10, 10]),
        (10, [3, 2, 1], [10, 3, 2, 1]),
        (50, [2, 3], [25, 25, 5]),  # merged into one request
        (75, [20, 20, 20], [25, 25, 25, 25, 25, 10]),
    ],
)
async def test_what_is_left_undone_is_sent_again(count: int, leaves: list[int], requests: list[int]) -> None:
    service = BatchService(leaves=leaves)
    report = await table(service).batch_write(rows(count))
    assert service.counts == requests
    assert service.rows() == list(range(count))
    assert report == BatchReport(count, sum(leaves), 0, len(requests), None)


async def test_what_is_left_undone_joins_what_is_put_later() -> None:
    service = BatchService(leaves=[5])
    async with table(service).batch() as batch:
        for one in rows(25):
            batch.put(one)
        await turns()
        for one in rows(21, 25):
            batch.put(one)
        await turns()
        assert service.counts == [25, 25]
        assert service.requests[1][0][2] == (("S", "USER#0020"), ("S", "PROFILE")), "what waited goes first"
    assert service.counts == [25, 25, 1]
    assert service.rows() == list(range(46))


@pytest.mark.parametrize(("chance", "factor"), [(0.0, 1.0), (0.5, 1.5)])
async def test_rounds_wait_by_the_backoff_of_throttling(chance: float, factor: float) -> None:
    service = BatchService(leaves=[1, 1, 1, 1])
    policy = RetryPolicy(throttling=RetryRule(10, 0.2), max_delay=1.0)
    await table(service, retry=policy, randomness=Chance(chance)).batch_write(rows(2))
    waits = [later - earlier for earlier, later in zip(service.times, service.times[1:], strict=False)]
    assert waits == pytest.approx([min(0.2 * factor, 1.0), min(0.4 * factor, 1.0), min(0.8 * factor, 1.0), 1.0])


@pytest.mark.parametrize("rounds", [1, 4])
async def test_what_is_left_undone_too_often_is_given_up(rounds: int) -> None:
    service = BatchService(leaves_always=1)
    policy = RetryPolicy(throttling=RetryRule(rounds, 0.05))
    error = await failed_write(service, rows(3), retry=policy)
    times = "once" if rounds == 1 else "4 times"
    assert service.counts == [3] + [1] * (rounds - 1)
    assert numbers(error.failed) == [2]
    (failed,) = error.failed
    assert isinstance(failed.reason, ThroughputError)
    assert failed.reason.message == f"DynamoDB left it undone {times}"
    assert error.__cause__ is failed.reason
    assert not failed.reason.maybe_applied


async def test_rounds_are_counted_for_each_operation() -> None:
    service = BatchService(leaves=[2, 3, 3])
    policy = RetryPolicy(throttling=RetryRule(3, 0.05))
    async with table(service, retry=policy).batch() as batch:
        for one in rows(25):
            batch.put(one)
        await turns()
        for one in rows(23, 25):
            batch.put(one)
        await turns()
    assert service.counts[:2] == [25, 25]
    assert service.rows() == list(range(48))


async def test_a_later_operation_takes_the_place_of_one_that_was_left_undone() -> None:
    clock = HeldClock()
    service = BatchService(leaves=[25], clock=clock)
    service.gates[1] = asyncio.Event()
    async with table(service).batch() as batch:
        for one in rows(25):
            batch.put(one)
        await turns()
        batch.put(row(3, v="while it was under way"))
        service.gates[1].set()
        await turns()
        batch.put(row(4, v="while it waited"))
        batch.delete(Key("USER#0005", "PROFILE"))
        clock.gate.set()
    assert service.counts == [25, 1, 24], "what had to wait for an answer does not wait for the backoff as well"
    assert service.rows() == [number for number in range(25) if number != 5]
    changed = {item["n"]["N"]: item["v"]["S"] for item in service.items["app"].values() if "v" in item}
    assert changed == {"3": "while it was under way", "4": "while it waited"}
    assert batch.report == BatchReport(25, 24, 0, 3, None, replaced=3)


async def test_answers_about_something_else_leave_nothing_acknowledged() -> None:
    service = BatchService()
    service.rewrite = lambda document: {"UnprocessedItems": {"app": [{"PutRequest": {"Item": row_of(99)}}]}}
    error = await failed_write(service, rows(3))
    assert numbers(error.failed) == [0, 1, 2]
    assert all(isinstance(one.reason, BadResponse) for one in error.failed)


def row_of(number: int) -> Any:
    return {"PK": {"S": str(number)}, "SK": {"S": "A"}}


# ── requests that fail ───────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_request_that_fails_for_good_fails_its_operations_only() -> None:
    service = BatchService(answers={2: failure("InternalServerError", status=500)})
    error = await failed_write(service, rows(60), retry=RetryPolicy.none())
    assert numbers(error.failed) == list(range(25, 50))
    assert service.rows() == [*range(25), *range(50, 60)]
    reasons = {id(one.reason) for one in error.failed}
    assert len(reasons) == 1
    assert isinstance(error.failed[0].reason, InternalServerError)
    assert error.failed[0].reason.maybe_applied


async def test_a_request_is_retried_as_a_call_is() -> None:
    service = BatchService(answers={1: LOST, 2: failure("ProvisionedThroughputExceededException")})
    report = await table(service).batch_write(rows(10))
    assert service.counts == [10, 10, 10]
    assert report == BatchReport(10, 0, 0, 1, None)


async def test_everything_throttled_is_given_up_in_the_end() -> None:
    service = BatchService(answers=dict.fromkeys(range(1, 11), failure("ProvisionedThroughputExceededException")))
    error = await failed_write(service, rows(3))
    assert {type(one.reason) for one in error.failed} == {ProvisionedThroughputExceeded}
    assert len(service.counts) == 10


@pytest.mark.parametrize("culprits", [[7], [0], [24], [3, 4], [1, 8, 20]])
async def test_one_bad_item_does_not_fail_its_chunk(culprits: list[int]) -> None:
    service = BatchService()
    items = rows(60)
    for culprit in culprits:
        items[culprit]["bad"] = True
    error = await failed_write(service, items)
    assert numbers(error.failed) == culprits
    for one in error.failed:
        assert isinstance(one.reason, ValidationError)
        assert one.reason.key == one.key == Key(f"USER#{one.item['n']:04d}", "PROFILE")
    assert service.rows() == [number for number in range(60) if number not in culprits]


async def test_an_operation_behind_a_refused_one_is_still_done() -> None:
    service = BatchService()
    service.gates[1] = asyncio.Event()
    with pytest.raises(BatchError) as caught:  # noqa: PT012
        async with table(service).batch() as batch:
            batch.put(row(0, bad=True))
            for one in rows(24, 1):
                batch.put(one)
            await turns()
            batch.put(row(0, v="good"))
            service.gates[1].set()
    assert [one.number for one in caught.value.failed] == [1]
    assert service.rows() == list(range(25))


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDeniedException"])
async def test_an_unknown_table_in_the_middle_fails_its_own_operations_only(code: str) -> None:
    service = BatchService("app", "more")
    service.answers = {} if code.startswith("Resource") else {1: failure(code), 3: failure(code)}
    db = client(service, clock=service.clock)
    app, gone, more = db.table("app"), db.table("gone" if code.startswith("Resource") else "more"), db.table("more")
    with pytest.raises(BatchError) as caught:  # noqa: PT012
        async with db.batch() as batch:
            for number in range(20):
                batch.put((app, gone, app)[number % 3], row(number))
    assert {one.table for one in caught.value.failed} == {gone.name}
    assert numbers(caught.value.failed) == list(range(1, 20, 3))
    assert service.rows() == [number for number in range(20) if number % 3 != 1]
    assert service.counts == [20, 13, 7]
    assert more.name == "more"


async def test_a_table_that_is_not_there_fails_without_more_requests() -> None:
    service = BatchService("app")
    with pytest.raises(BatchError) as caught:
        await table(service, "gone").batch_write(rows(30))
    assert len(caught.value.failed) == 30
    assert isinstance(caught.value.__cause__, ResourceNotFound)
    assert service.counts == [25, 5]


async def test_an_error_of_a_transport_that_is_none_of_ours_is_told_too() -> None:
    service = BatchService(answers={1: RuntimeError("a defect")})
    error = await failed_write(service, rows(30))
    assert numbers(error.failed) == list(range(25))
    reason = error.failed[0].reason
    assert (reason.message, type(reason.__cause__)) == ("RuntimeError: a defect", RuntimeError)
    assert reason.maybe_applied
    assert service.rows() == list(range(25, 30))


# ── deadlines ────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_request_has_the_clients_timeout_and_no_more_than_is_left() -> None:
    service = BatchService(leaves=[1, 1, 1])
    policy = RetryPolicy(throttling=RetryRule(10, 1.0))
    users = table(service, retry=policy, timeout=4.0, attempt_timeout=60.0)
    await users.batch_write(rows(2))
    assert service.timeouts == [4.0] * 4
    service.timeouts.clear()
    service.leaves = [1, 1]
    await users.batch_write(rows(2), timeout=6.0)
    assert service.timeouts == [4.0, 4.0, 3.0]


async def test_the_deadline_ends_the_rounds() -> None:
    service = BatchService(leaves_always=1)
    policy = RetryPolicy(throttling=RetryRule(10, 1.0))
    error = await failed_write(service, rows(3), timeout=5.0, retry=policy)
    assert service.counts == [3, 1, 1]  # at 0, 1 and 3 seconds; the next would be at 7
    assert numbers(error.failed) == [2]
    assert isinstance(error.failed[0].reason, DeadlineExceeded)


async def test_what_is_put_after_the_deadline_is_told_and_not_sent() -> None:
    service = BatchService()
    with pytest.raises(BatchError) as caught:  # noqa: PT012
        async with table(service).batch(timeout=2.0) as batch:
            for one in rows(30):
                batch.put(one)
            await turns()
            service.clock.advance(2.0)
            for one in rows(30, 30):
                await batch.put(one)
            assert len(batch.failed) >= 25
    assert numbers(caught.value.failed) == list(range(25, 60))
    assert {type(one.reason) for one in caught.value.failed} == {DeadlineExceeded}
    assert service.counts == [25]


@pytest.mark.parametrize("timeout", [0, -1.0, float("nan")])
async def test_no_time_at_all_sends_nothing(timeout: float) -> None:
    service = BatchService()
    error = await failed_write(service, rows(30), timeout=timeout)
    assert (len(error.failed), service.counts) == (30, [])


# ── a body that raises ───────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_body_that_raises_sends_nothing_more() -> None:
    service = BatchService()
    cause = ZeroDivisionError("the body's own")
    with pytest.raises(BatchError, match=r"10 of 35 operations .* \(10 DynamoDBError\)") as caught:  # noqa: PT012
        async with table(service).batch() as batch:
            for one in rows(35):
                batch.put(one)
            raise cause
    assert caught.value.__cause__ is cause
    assert service.rows() == list(range(25)), "what was under way is awaited"
    assert numbers(caught.value.failed) == list(range(25, 35))
    assert {one.reason.message for one in caught.value.failed} == {
        "it was not sent any more: the block ended with ZeroDivisionError"
    }
    assert batch.failed == caught.value.failed


async def test_a_body_that_raises_after_all_was_acknowledged_raises_its_own() -> None:
    service = BatchService()
    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        async with table(service).batch() as batch:
            for one in rows(25):
                batch.put(one)
            raise ZeroDivisionError
    assert service.rows() == list(range(25))
    assert batch.report.processed == 25


async def test_a_body_that_raises_does_not_wait_for_another_round() -> None:
    clock = HeldClock()  # for ever
    service = BatchService(leaves=[4], clock=clock)
    with pytest.raises(BatchError) as caught:  # noqa: PT012
        async with table(service).batch() as batch:
            for one in rows(25):
                batch.put(one)
            await turns()
            assert clock.sleeps == [pytest.approx(0.05)]
            raise ZeroDivisionError
    assert numbers(caught.value.failed) == [21, 22, 23, 24]
    assert service.counts == [25]


async def test_a_body_that_raises_ends_rounds_and_parts() -> None:
    service = BatchService(leaves=[4, 0])
    service.gates = {1: asyncio.Event(), 2: asyncio.Event(), 3: asyncio.Event()}
    with pytest.raises(BatchError) as caught:  # noqa: PT012
        async with table(service).batch() as batch:
            for one in rows(75):
                batch.put(row(one["n"], bad=True) if one["n"] == 30 else one)
            await turns()
            service.gates[1].set()
            service.gates[1] = asyncio.Event()
            await turns(1)
            batch.put(row(70, v="behind"))
            asyncio.get_running_loop().call_soon(service.gates[2].set)
            asyncio.get_running_loop().call_soon(service.gates[3].set)
            raise ZeroDivisionError
    failed = caught.value.failed
    assert batch.report.processed + batch.report.unprocessed + batch.report.replaced == 76
    assert {one.number for one in failed} >= {*range(26, 51)}, "the chunk with the bad item was not split"
    assert [one.number for one in failed] == sorted(one.number for one in failed)
    assert sorted({*service.rows(), *numbers(failed)}) == list(range(75))


async def test_the_deadline_bounds_waiting_after_a_body_that_raises() -> None:
    service = BatchService(answers=dict.fromkeys(range(1, 100), LOST))
    with pytest.raises(BatchError) as caught:  # noqa: PT012
        async with table(service, retry=RetryPolicy(network=RetryRule(50, 1.0))).batch(timeout=10.0) as batch:
            for one in rows(25):
                batch.put(one)
            raise ZeroDivisionError
    assert service.clock.monotonic() <= 10.0
    assert {type(one.reason) for one in caught.value.failed} == {DeadlineExceeded}
    assert caught.value.failed[0].reason.maybe_applied


# ── the error ────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_the_error_is_data_that_pickles_and_shows_no_item() -> None:
    service = BatchService()
    error = await failed_write(service, [row(1), row(2, bad=True, secret="hidden")])
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert [(one.operation, one.table, one.key, one.item, one.number) for one in again.failed] == [
        ("put", "app", Key("USER#0002", "PROFILE"), row(2, bad=True, secret="hidden"), 2)
    ]
    assert str(error) == (
        "1 of 2 operations were not acknowledged (1 ValidationError); the first of them is number 2, a put on table "
        "'app': One or more parameter values were invalid [BatchWriteItem on table 'app']. "
        "Hint: 'failed' lists them all, each with its item or key and its reason"
    )
    for shown in (str(error), repr(error), repr(error.failed)):
        assert "hidden" not in shown
        assert "USER#" not in shown
    assert error.redact().failed == ()


async def test_a_failed_delete_has_its_key() -> None:
    service = BatchService(answers={1: DynamoDBError("no")})
    with pytest.raises(BatchError) as caught:
        await table(service).batch_write(deletes=[Key("a", "b")])
    (failed,) = caught.value.failed
    assert (failed.operation, failed.key, failed.item, failed.number) == ("delete", Key("a", "b"), None, 1)


async def test_a_clock_that_fails_loses_nothing() -> None:
    class Broken(FakeClock):
        async def sleep(self, seconds: float) -> None:
            raise OSError("no clock")

    error = await failed_write(BatchService(leaves=[2], clock=Broken()), rows(5))
    assert numbers(error.failed) == [3, 4]
    assert {one.reason.message for one in error.failed} == {"OSError: no clock"}


async def test_what_a_lost_answer_may_have_done_is_told_of_what_is_left_undone_later() -> None:
    """The first request is applied and its answer lost; its retry leaves operations undone, until they are given up."""
    service = BatchService(answers={1: LOST}, applies_lost=True, leaves_always=2)
    once = RetryPolicy(throttling=RetryRule(1))
    error = await failed_write(service, rows(4), retry=once)
    assert numbers(error.failed) == [2, 3]
    assert all(isinstance(failure.reason, ThroughputError) for failure in error.failed)
    assert all(failure.reason.maybe_applied for failure in error.failed), "they are stored"
    assert service.rows() == [0, 1, 2, 3]


async def test_what_no_answer_was_lost_of_is_told_as_not_applied() -> None:
    service = BatchService(leaves_always=2)
    error = await failed_write(service, rows(4), retry=RetryPolicy(throttling=RetryRule(1)))
    assert not any(failure.reason.maybe_applied for failure in error.failed)
    assert service.rows() == [0, 1]
