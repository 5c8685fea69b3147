"""A batch cancelled at every place where it waits: no task is left, nothing is lost from its record."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hashrange.batch import Batch
from hashrange.errors import DynamoDBError
from hashrange.key import Key
from tests.fakes import turns
from tests.suspensions import When, for_each_suspension

from .batches import BatchService, Row, row, table


def running() -> set[asyncio.Task[Any]]:
    return asyncio.all_tasks() - {asyncio.current_task()}


def acknowledged_or_told(service: BatchService, batch: Batch[Row], given: int) -> None:
    """Every operation is in the record, and what was acknowledged is there."""
    report = batch.report
    assert report.processed + report.unprocessed + report.replaced == given
    told = {failure.item["n"] for failure in batch.failed}
    stored = set(service.rows())
    assert stored | told == set(range(given))
    # what is both was under way: it may have been applied, and is told as such
    for failure in batch.failed:
        if failure.item["n"] in stored:
            assert failure.reason.maybe_applied


@pytest.mark.parametrize("when", ["waiting", "woken"])
async def test_it_may_be_cancelled_at_every_await(when: When, complaints: list[dict[str, Any]]) -> None:
    batches: list[tuple[BatchService, Batch[Row], list[int]]] = []

    async def fill() -> None:
        service = BatchService(leaves=[3, 0, 5, 1])
        batch = table(service).batch(concurrency=2)
        given: list[int] = []
        batches.append((service, batch, given))
        async with batch:
            for number in range(180):
                waiting = batch.put(row(number))
                given.append(number)
                await waiting

    async def after() -> None:
        service, batch, given = batches[-1]
        assert not running(), "no task outlives the block"
        acknowledged_or_told(service, batch, len(given))
        assert service.under_way == 0

    suspensions = await for_each_suspension(fill, after, when)
    assert suspensions >= 5
    assert batches[-1][1].report.processed == 180
    assert complaints == []


@pytest.mark.parametrize("when", ["waiting", "woken"])
async def test_waiting_after_a_body_that_raised_may_be_cancelled(when: When) -> None:
    batches: list[tuple[BatchService, Batch[Row]]] = []

    async def fill() -> None:
        service = BatchService(leaves=[3, 0, 5, 1])
        batch = table(service).batch(concurrency=2)
        batches.append((service, batch))
        try:
            async with batch:
                for number in range(60):
                    batch.put(row(number))
                raise ZeroDivisionError
        except DynamoDBError:
            pass

    async def after() -> None:
        service, batch = batches[-1]
        assert not running()
        acknowledged_or_told(service, batch, 60)

    assert await for_each_suspension(fill, after, when) >= 1


async def test_a_cancelled_request_is_told_as_one_that_may_have_been_applied() -> None:
    service = BatchService()
    service.gates[1] = asyncio.Event()
    batch = table(service).batch(concurrency=1)

    async def fill() -> None:
        async with batch:
            for number in range(30):
                batch.put(row(number))
            batch.put(row(3, v="behind"))
            await asyncio.Event().wait()

    task = asyncio.create_task(fill())
    await turns()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not running()
    reasons = {failure.number: failure.reason for failure in batch.failed}
    assert list(reasons) == list(range(1, 32))
    assert [number for number, reason in reasons.items() if reason.maybe_applied] == list(range(1, 26))
    assert reasons[1].message == "it was under way when the batch was cancelled"
    assert reasons[31].message == "it was not sent any more: the batch was cancelled"


async def test_a_second_cancellation_does_not_hurry_the_first() -> None:

    class Slow(BatchService):
        async def send(self, request: Any) -> Any:
            try:
                return await super().send(request)
            except asyncio.CancelledError:
                for _ in range(5):  # a transport may need a moment to end
                    await asyncio.sleep(0)
                raise

    slow = Slow()
    slow.gates[1] = asyncio.Event()
    batch = table(slow).batch()

    async def fill() -> None:
        async with batch:
            for number in range(25):
                batch.put(row(number))

    task = asyncio.create_task(fill())
    await turns()
    task.cancel()
    await turns(2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not running()
    assert len(batch.failed) == 25


async def test_a_timeout_around_a_batch_cancels_it() -> None:
    service = BatchService()
    service.gates[1] = asyncio.Event()
    batch = table(service).batch()

    async def fill() -> None:
        async with asyncio.timeout(0), batch:
            batch.put(row(1))
            await asyncio.sleep(0)

    with pytest.raises(TimeoutError):
        await fill()
    assert [failure.item["n"] for failure in batch.failed] == [1]
    assert not running()


@pytest.mark.parametrize("when", ["waiting", "woken"])
async def test_a_read_may_be_cancelled_at_every_await(when: When, complaints: list[dict[str, Any]]) -> None:
    services: list[BatchService] = []

    async def read() -> list[Row | None]:
        services.append(BatchService(leaves=[30, 0, 10, 5]))
        keys = [Key(f"USER#{number:04d}", "PROFILE") for number in range(450)]
        return await table(services[-1]).batch_get(keys, concurrency=2)

    async def after() -> None:
        assert not running()
        assert services[-1].under_way == 0

    assert await for_each_suspension(read, after, when) >= 3
    assert complaints == []
