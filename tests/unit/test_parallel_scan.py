"""Scans in segments: every item once, bounded memory, early exit, errors and limits."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from hashrange.errors import InvalidCursor, ThroughputError, ValidationError
from hashrange.pagination import Page
from hashrange.parallel_scan import ScanCheckpoint
from hashrange.resilience.retry import RetryPolicy
from tests.fakes import FakeTransport, ItemCollection, failure, turns

from .segments import FILTER, Row, failing_segment, numbers, rows, table


# ── every item once ──────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("segments", [1, 2, 3, 8, 40])
async def test_all_segments_together_are_the_table(segments: int) -> None:
    server = ItemCollection(rows(25), page_max=2)
    scan = table(server).scan(segments=segments)
    assert numbers([one async for one in scan]) == list(range(25))
    assert numbers(await scan.all()) == list(range(25))
    assert await scan.count() == 25
    asked = {(payload.get("Segment"), payload.get("TotalSegments")) for payload in server.payloads}
    assert asked == ({(None, None)} if segments == 1 else {(n, segments) for n in range(segments)})


@pytest.mark.parametrize("segments", [1, 3])
async def test_a_scan_is_mapped_as_a_query_is(segments: int) -> None:
    server = ItemCollection(rows(25), page_max=4)
    even = table(server).scan(segments=segments).map(lambda row: row["n"] if row["n"] % 2 == 0 else None)
    assert sorted(await even.all()) == list(range(0, 25, 2))
    assert await even.count() == 13
    assert len(await table(server).scan(segments=segments, limit=3).map(lambda row: row["n"]).all()) == 3


async def test_segments_are_read_at_the_same_time() -> None:
    server = ItemCollection(rows(40), page_max=5)
    server.gate = asyncio.Event()
    task = asyncio.create_task(table(server).scan(segments=4).all())
    await turns()
    assert sorted(payload["Segment"] for payload in server.payloads) == [0, 1, 2, 3]
    server.gate.set()
    assert numbers(await task) == list(range(40))


async def test_empty_pages_of_a_segment_are_not_its_end() -> None:
    server = ItemCollection(rows(30), page_max=2, matches=lambda one: one["n"]["N"] in ("0", "29"))
    scan = table(server).scan(segments=3, filter=FILTER)
    assert numbers(await scan.all()) == [0, 29]
    assert numbers([one async for one in scan]) == [0, 29]


async def test_pages_have_what_was_asked_for() -> None:
    server = ItemCollection(rows(8), page_max=3)
    app = table(server, capacity="total")
    pages = [page async for page in app.scan(segments=2, projection=["n"], page_size=2).pages()]
    assert all(set(one) == {"n"} for page in pages for one in page.items)
    assert sum(page.scanned_count for page in pages) == 8
    assert all(page.consumed is not None for page in pages)
    assert {payload["Limit"] for payload in server.payloads} == {2}


# ── memory, and leaving early ────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("segments", [2, 5])
async def test_a_slow_consumer_holds_the_segments_back(segments: int) -> None:
    server = ItemCollection(rows(200), page_max=1)
    taken = 0
    async for _ in table(server).scan(segments=segments).pages():
        taken += 1
        await turns(50)
        assert len(server.payloads) == taken + segments
        if taken == 20:
            break
    assert taken == 20


async def test_leaving_the_loop_cancels_all_segments(complaints: list[dict[str, Any]]) -> None:
    server, gate = ItemCollection(rows(200), page_max=1), asyncio.Event()
    async for _ in table(server).scan(segments=4):
        server.gate = gate
        await turns()
        break
    await turns()
    sent = len(server.payloads)
    assert len(asyncio.all_tasks()) == 1
    gate.set()
    await turns(50)
    assert len(server.payloads) == sent
    gc.collect()
    assert complaints == []


async def test_an_exception_in_the_loop_cancels_all_segments() -> None:
    server = ItemCollection(rows(200), page_max=1)

    async def body() -> None:
        async for _ in table(server).scan(segments=4):
            raise KeyError

    with pytest.raises(KeyError):
        await body()
    gc.collect()
    await turns()
    assert len(asyncio.all_tasks()) == 1


async def test_cancelling_the_consumer_cancels_all_segments() -> None:
    server = ItemCollection(rows(200), page_max=1)
    server.gate = asyncio.Event()
    task = asyncio.create_task(table(server).scan(segments=4).all())
    await turns()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gc.collect()
    await turns()
    assert len(asyncio.all_tasks()) == 1


async def test_a_cancelled_wait_loses_no_page() -> None:
    server = ItemCollection(rows(6), page_max=1)
    server.gate = asyncio.Event()
    pages = table(server).scan(segments=2).pages()
    waiting = asyncio.ensure_future(anext(pages))
    await turns()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    server.gate.set()
    assert numbers([one async for page in pages for one in page.items]) == list(range(6))


def test_a_scan_may_outlive_its_loop() -> None:
    server = ItemCollection(rows(20), page_max=1)

    async def begin() -> Any:
        pages = table(server).scan(segments=3).pages()
        await anext(pages)
        return pages

    pages = asyncio.run(begin())
    del pages
    gc.collect()


# ── errors ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_an_error_in_one_segment_ends_the_scan(complaints: list[dict[str, Any]]) -> None:
    transport = failing_segment(ItemCollection(rows(200), page_max=1), 1, 3, failure("ThrottlingException"))
    seen: list[Row] = []

    async def body() -> None:
        async for one in table(transport, retry=RetryPolicy.none()).scan(segments=3):
            seen.append(one)

    with pytest.raises(ThroughputError) as caught:
        await body()
    assert (caught.value.table, caught.value.operation) == ("app", "Scan")
    assert 3 <= len(seen) < 20, "it is told in its turn"
    await turns()
    assert len(asyncio.all_tasks()) == 1
    gc.collect()
    assert complaints == []


async def test_errors_in_all_segments_are_one(complaints: list[dict[str, Any]]) -> None:
    pages = table(FakeTransport(failure("ValidationException"), repeat=True)).scan(segments=5).pages()
    with pytest.raises(ValidationError):
        await anext(pages)
    with pytest.raises(StopAsyncIteration):
        await anext(pages)
    await turns()
    gc.collect()
    assert complaints == []
    assert len(asyncio.all_tasks()) == 1


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("limit", [0, 1, 2, 7, 24, 25, 26])
@pytest.mark.parametrize("page_max", [1, 3, 100])
async def test_a_limit_is_for_all_segments_together(limit: int, page_max: int) -> None:
    server = ItemCollection(rows(25), page_max=page_max)
    scan = table(server).scan(segments=4, limit=limit)
    for found in (await scan.all(), [one async for one in scan], [one async for p in scan.pages() for one in p.items]):
        assert len(found) == min(limit, 25) == len(set(numbers(found)))
    assert await scan.count() == min(limit, 25)
    assert all(payload["Limit"] <= limit for payload in server.payloads)


async def test_nothing_more_is_read_once_the_limit_is_reached() -> None:
    server = ItemCollection(rows(100), page_max=1)
    pages = table(server).scan(segments=4, limit=3).pages()
    found = [one for _ in range(3) for one in (await anext(pages)).items]
    assert len(found) == 3
    await turns()
    sent = len(server.payloads)
    assert len(asyncio.all_tasks()) == 1
    await turns(50)
    assert len(server.payloads) == sent
    with pytest.raises(StopAsyncIteration):
        await anext(pages)


async def test_first_and_one_and_for_each_page() -> None:
    server = ItemCollection(rows(9), page_max=2)
    app = table(server)
    assert (await app.scan(segments=3).first() or {})["n"] in range(9)
    seen: list[int] = []

    async def process(page: Page[Row]) -> None:
        await asyncio.sleep(0)
        seen.extend(one["n"] for one in page.items)

    await app.scan(segments=3).for_each_page(process, concurrency=2)
    assert sorted(seen) == list(range(9))


async def test_one_page_of_segments_makes_no_sense() -> None:
    app = table(FakeTransport())
    for scan in (app.scan(segments=2), app.scan(checkpoint=ScanCheckpoint())):
        with pytest.raises(ValidationError, match="has no cursor") as caught:
            await scan.page()
        assert (caught.value.table, caught.value.operation) == ("app", "Scan")


async def test_the_cursor_of_a_segment_is_for_nothing_else() -> None:
    server = ItemCollection(rows(9), page_max=2)
    app = table(server)
    async for page in app.scan(segments=2).pages():
        with pytest.raises(InvalidCursor, match="another query"):
            await app.scan().page(page.cursor)
        break
