"""Reading ahead and processing pages in parallel: how much at a time, and what is left when it ends early."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any

import pytest

from hashrange.errors import (
    ConnectionLost,
    DeadlineExceeded,
    ValidationError,
)
from hashrange.pagination import Page
from tests.fakes import FakeClock, FakeTransport, ItemCollection, answer, failure, turns

from .paging import EVEN, Row, even, numbers, rows, table


# ── reading ahead, and not ───────────────────────────────────────────────────────────────────────────────────────────
async def test_without_prefetch_a_page_is_read_when_it_is_needed() -> None:
    server = ItemCollection(rows(9), page_max=3)
    seen = 0
    async for _ in table(server).query("USER#1"):
        seen += 1
        await turns()
        assert server.answered == (seen + 2) // 3
        if seen == 4:
            break
    await turns()
    assert len(server.payloads) == 2


async def test_prefetch_reads_exactly_one_page_ahead() -> None:
    server = ItemCollection(rows(12), page_max=3)
    pages = 0
    async for _ in table(server).query("USER#1", prefetch=True).pages():
        pages += 1
        await turns()
        assert server.answered == min(pages + 1, 4)
    assert pages == 4


async def test_prefetch_gives_the_same_items() -> None:
    server = ItemCollection(rows(20), page_max=3, matches=even)
    query = table(server).query("USER#1", prefetch=True, filter=EVEN)
    assert numbers([one async for one in query]) == list(range(0, 20, 2))
    assert numbers(await query.all()) == list(range(0, 20, 2))
    assert numbers(await query.all(max_items=4)) == [0, 2, 4, 6]
    assert await query.count() == 10


async def test_prefetch_stops_at_the_limit() -> None:
    server = ItemCollection(rows(12), page_max=3)
    async for _ in table(server).query("USER#1", prefetch=True, limit=3).pages():
        await turns()
    assert len(server.payloads) == 1


async def test_leaving_the_loop_cancels_the_page_ahead(complaints: list[dict[str, Any]]) -> None:
    server, gate = ItemCollection(rows(12), page_max=3), asyncio.Event()
    async for _ in table(server).query("USER#1", prefetch=True):
        server.gate = gate  # the page ahead is asked for, and not answered yet
        await turns()
        assert (len(server.payloads), server.answered) == (2, 1)
        break
    await turns()
    assert len(asyncio.all_tasks()) == 1
    gate.set()
    await turns()
    assert (len(server.payloads), server.answered) == (2, 1)
    gc.collect()
    assert complaints == []


async def test_leaving_the_loop_forgets_an_error_of_the_page_ahead(complaints: list[dict[str, Any]]) -> None:
    transport = FakeTransport(
        answer(ItemCollection(rows(3), page_max=1).page({"TableName": "app"})), failure("ValidationException")
    )
    async for _ in table(transport).query("USER#1", prefetch=True):
        await turns()
        break
    assert len(transport.requests) == 2
    await turns()
    gc.collect()
    assert complaints == []


async def test_an_error_of_the_page_ahead_comes_in_its_turn() -> None:
    transport = FakeTransport(
        answer(ItemCollection(rows(3), page_max=2).page({"TableName": "app"})), failure("ValidationException")
    )
    items = aiter(table(transport).query("USER#1", prefetch=True))
    seen = [await anext(items), await anext(items)]
    await turns()
    with pytest.raises(ValidationError):
        await anext(items)
    assert numbers(seen) == [0, 1]


async def test_cancelling_while_waiting_for_the_page_ahead(complaints: list[dict[str, Any]]) -> None:
    server = ItemCollection(rows(12), page_max=3)
    pages = table(server).query("USER#1", prefetch=True).pages()
    await anext(pages)
    server.gate = asyncio.Event()
    waiting = asyncio.ensure_future(anext(pages))
    await turns()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    server.gate.set()
    assert numbers((await anext(pages)).items) == [3, 4, 5], "no page is lost"
    del pages
    await turns()
    assert complaints == []


def test_an_iterator_may_outlive_its_loop() -> None:
    server = ItemCollection(rows(12), page_max=3)

    async def begin() -> AsyncIterator[Page[Row]]:
        pages = table(server).query("USER#1", prefetch=True).pages()
        await anext(pages)
        return pages

    pages = asyncio.run(begin())
    del pages
    gc.collect()


# ── for_each_page ────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_every_page_is_processed_once() -> None:
    server = ItemCollection(rows(20), page_max=3)
    seen: list[int] = []

    async def process(page: Page[Row]) -> None:
        await asyncio.sleep(0)
        seen.extend(numbers(page.items))

    await table(server).query("USER#1").for_each_page(process)
    assert sorted(seen) == list(range(20))
    seen.clear()
    await table(server).query("USER#1", limit=7).for_each_page(process, concurrency=1)
    assert seen == list(range(7))


@pytest.mark.parametrize("concurrency", [1, 2, 5])
async def test_no_more_pages_than_allowed_are_processed_at_a_time(concurrency: int) -> None:
    server = ItemCollection(rows(12), page_max=1)
    running, most = 0, 0
    go_on = asyncio.Event()

    async def process(page: Page[Row]) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await go_on.wait()
        running -= 1

    task = asyncio.create_task(table(server).query("USER#1").for_each_page(process, concurrency=concurrency))
    await turns(50)
    assert (running, server.answered) == (concurrency, concurrency + 1), "and one page waits"
    go_on.set()
    await task
    assert most == concurrency


async def test_the_first_error_cancels_the_others_and_is_raised(complaints: list[dict[str, Any]]) -> None:
    server = ItemCollection(rows(12), page_max=1)
    ended: list[str] = []

    async def process(page: Page[Row]) -> None:
        number = page.items[0]["n"]
        try:
            if number == 2:
                raise ConnectionLost("at page 2")
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append(f"cancelled {number}")
            raise

    with pytest.raises(ConnectionLost, match="at page 2"):
        await table(server).query("USER#1").for_each_page(process, concurrency=4)
    assert sorted(ended) == ["cancelled 0", "cancelled 1"]
    read = len(server.payloads)
    await turns()
    assert len(server.payloads) == read <= 5
    gc.collect()
    assert complaints == []


async def test_several_errors_at_once_are_one(complaints: list[dict[str, Any]]) -> None:
    server = ItemCollection(rows(6), page_max=1)
    go_on = asyncio.Event()

    async def process(page: Page[Row]) -> None:
        await go_on.wait()
        raise KeyError(page.items[0]["n"])

    task = asyncio.create_task(table(server).query("USER#1").for_each_page(process, concurrency=3))
    await turns(30)
    go_on.set()
    with pytest.raises(KeyError, match=r"[012]"):
        await task
    gc.collect()
    assert complaints == []


async def test_an_error_of_a_page_cancels_the_processing_and_keeps_its_cause() -> None:
    clock = FakeClock()
    first = answer(ItemCollection(rows(3), page_max=1).page({"TableName": "app"}))
    transport = FakeTransport(first, failure("ThrottlingException"), repeat=True)
    cancelled: list[bool] = []

    async def process(page: Page[Row]) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    query = table(transport, clock=clock).query("USER#1", timeout=0.5)
    with pytest.raises(DeadlineExceeded) as caught:
        await query.for_each_page(process)
    assert caught.value.__cause__ is not None
    assert cancelled == [True]


async def test_cancelling_it_cancels_everything() -> None:
    server = ItemCollection(rows(12), page_max=1)
    cancelled: list[int] = []

    async def process(page: Page[Row]) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(page.items[0]["n"])
            raise

    task = asyncio.create_task(table(server).query("USER#1").for_each_page(process, concurrency=2))
    await turns(30)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sorted(cancelled) == [0, 1]
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.parametrize("concurrency", [0, -1, 1.5, None, True])
async def test_concurrency_is_a_number_of_pages(concurrency: Any) -> None:
    async def process(page: Page[Row]) -> None:
        raise AssertionError

    with pytest.raises(ValidationError, match=r"concurrency is .* whole number of at least 1") as caught:
        await table(FakeTransport()).query("USER#1").for_each_page(process, concurrency=concurrency)
    assert caught.value.table == "app"


def test_a_page_read_ahead_that_fails_unseen_is_no_complaint_of_the_loop() -> None:
    """The loop has ended when its iterator goes; nobody will ever await the page that failed meanwhile."""
    complaints: list[dict[str, Any]] = []
    first = {"Items": rows(1), "Count": 1, "LastEvaluatedKey": {name: rows(1)[0][name] for name in ("PK", "SK")}}
    transport = FakeTransport(answer(first), failure("ValidationException"))

    async def main() -> object:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
        pages = aiter(table(transport).query("USER#1", prefetch=True).pages())
        await anext(pages)
        await turns()
        return pages

    with asyncio.Runner() as runner:
        pages = runner.run(main())
    assert len(transport.requests) == 2
    del pages
    gc.collect()
    assert not complaints
