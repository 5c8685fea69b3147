"""Scans in segments: every item once, bounded memory, early exit, errors, limits, and checkpoints that lose nothing."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from hashrange.errors import ConnectionLost, InvalidCursor, ThroughputError, ValidationError
from hashrange.expressions import Attr
from hashrange.pagination import Page
from hashrange.parallel_scan import Scan, ScanCheckpoint
from hashrange.resilience.retry import RetryPolicy
from hashrange.schema import GlobalIndex
from hashrange.table import Table
from hashrange.types import WireItem
from hashrange.wire.transport import Request, Response
from tests.fakes import FakeTransport, ItemCollection, answer, client, failure

Row = dict[str, Any]
FILTER = Attr("n") > 0  # what it means is the fake's matter


def rows(count: int) -> list[WireItem]:
    return [{"PK": {"S": f"p{n}"}, "SK": {"S": "x"}, "n": {"N": str(n)}} for n in range(count)]


def table(transport: Any, **config: Any) -> Table[Row]:
    return client(transport, **config).table("app", indexes={"by_n": GlobalIndex("n")})


def numbers(found: list[Row]) -> list[int]:
    return sorted(one["n"] for one in found)


async def turns(count: int = 10) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.fixture
async def complaints() -> list[dict[str, Any]]:
    """What asyncio has to complain about: errors that nobody looked at, tasks that nobody ended."""
    found: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: found.append(context))
    return found


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
def failing_segment(server: ItemCollection, segment: int, after: int, error: Response) -> FakeTransport:
    """A transport whose segment fails after so many pages."""
    answered: dict[int, int] = {}

    def respond(request: Request) -> Response:
        payload = msgspec.json.decode(request.body)
        asked = payload["Segment"]
        answered[asked] = answered.get(asked, 0) + 1
        return error if asked == segment and answered[asked] > after else answer(server.page(payload))

    return FakeTransport(respond, repeat=True)


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


# ── checkpoints ──────────────────────────────────────────────────────────────────────────────────────────────────────
async def take(scan: Scan[Row], pages: int) -> list[int]:
    """The numbers of so many pages; the loop is left within the next one."""
    found: list[int] = []
    async for page in scan.pages():
        if pages == 0:
            break
        pages -= 1
        found += [one["n"] for one in page.items]
    return found


@pytest.mark.parametrize("segments", [1, 3, 8])
@pytest.mark.parametrize("filtered", [False, True])
async def test_an_interrupted_scan_goes_on(segments: int, filtered: bool) -> None:
    server = ItemCollection(rows(40), page_max=2, matches=lambda one: int(one["n"]["N"]) % 2 == 0)
    app = table(server)
    condition = FILTER if filtered else None
    seen: list[int] = []
    text = ScanCheckpoint().dumps()
    for _ in range(100):
        checkpoint = ScanCheckpoint.loads(text)
        seen += await take(app.scan(segments=segments, checkpoint=checkpoint, filter=condition), 3)
        text = checkpoint.dumps()
        if checkpoint.finished:
            break
    expected = [n for n in range(40) if n % 2 == 0 or not filtered]
    assert sorted(seen) == expected, "what was used is not read again, and nothing is missing"
    sent = len(server.payloads)
    assert await app.scan(segments=segments, checkpoint=ScanCheckpoint.loads(text)).all() == []
    assert len(server.payloads) == sent


async def test_the_page_in_use_is_read_again() -> None:
    server = ItemCollection(rows(10), page_max=2)
    app = table(server)
    checkpoint = ScanCheckpoint()
    async for page in app.scan(segments=1, checkpoint=checkpoint).pages():
        if page.items[0]["n"] == 4:
            break  # these were not used to their end
    rest = await app.scan(segments=1, checkpoint=checkpoint).all()
    assert numbers(rest) == list(range(4, 10))


async def test_items_of_a_page_in_use_are_read_again() -> None:
    server = ItemCollection(rows(10), page_max=4)
    app = table(server)
    checkpoint = ScanCheckpoint()
    async for one in app.scan(segments=1, checkpoint=checkpoint):
        if one["n"] == 5:
            break
    assert numbers(await app.scan(segments=1, checkpoint=checkpoint).all()) == list(range(4, 10))


async def test_every_move_is_told() -> None:
    told: list[str] = []
    server = ItemCollection(rows(6), page_max=2)
    checkpoint = ScanCheckpoint(lambda changed: told.append(changed.dumps()))
    await table(server).scan(segments=1, checkpoint=checkpoint).all()
    assert len(told) == 3
    assert told[-1] == checkpoint.dumps()
    later: list[ScanCheckpoint] = []
    again = ScanCheckpoint.loads(told[0], later.append)
    assert numbers(await table(server).scan(checkpoint=again).all()) == [2, 3, 4, 5]
    assert later == [again] * 2


async def test_a_failed_method_moves_nothing_that_it_did_not_give() -> None:
    server = ItemCollection(rows(30), page_max=1)
    transport = failing_segment(server, 1, 3, failure("ValidationException"))
    checkpoint = ScanCheckpoint()
    with pytest.raises(ValidationError):
        await table(transport).scan(segments=2, checkpoint=checkpoint).all()
    assert numbers(await table(server).scan(segments=2, checkpoint=checkpoint).all()) == list(range(30))
    assert checkpoint.finished


async def test_with_for_each_page_a_segment_moves_when_its_pages_were_processed() -> None:
    server = ItemCollection(rows(8), page_max=1)
    checkpoint = ScanCheckpoint()
    gates = [asyncio.Event() for _ in range(8)]
    done: list[int] = []

    async def process(page: Page[Row]) -> None:
        number = page.items[0]["n"]
        await gates[number].wait()
        done.append(number)

    scan = table(server).scan(segments=1, checkpoint=checkpoint)
    task = asyncio.create_task(scan.for_each_page(process, concurrency=4))
    await turns(50)
    for number in (1, 2):
        gates[number].set()
    await turns(50)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == [1, 2]
    again = ScanCheckpoint.loads(checkpoint.dumps())
    assert numbers(await table(server).scan(checkpoint=again).all()) == list(range(8)), "page 0 was not processed"

    for gate in gates:
        gate.set()
    done.clear()
    await table(server).scan(checkpoint=checkpoint).for_each_page(process)
    assert sorted(done) == list(range(8))
    assert checkpoint.finished


async def test_a_page_whose_processing_failed_is_read_again() -> None:
    server = ItemCollection(rows(12), page_max=1)
    checkpoint = ScanCheckpoint()
    processed: list[int] = []

    async def process(page: Page[Row]) -> None:
        number = page.items[0]["n"]
        if number == 5 and 5 not in processed:
            processed.append(5)
            raise ConnectionLost("elsewhere")
        processed.append(number)

    app = table(server)
    with pytest.raises(ConnectionLost):
        await app.scan(segments=2, checkpoint=checkpoint).for_each_page(process, concurrency=3)
    processed.remove(5)
    before = len(processed)
    processed.append(5)
    await app.scan(segments=2, checkpoint=checkpoint).for_each_page(process, concurrency=3)
    processed.remove(5)
    assert sorted(set(processed)) == list(range(12))
    assert before > 0
    assert checkpoint.finished


async def test_a_limit_with_a_checkpoint_gives_the_rest_later() -> None:
    server = ItemCollection(rows(20), page_max=3)
    app = table(server)
    checkpoint = ScanCheckpoint()
    seen: list[int] = []
    for _ in range(20):
        found = await app.scan(segments=3, limit=4, checkpoint=checkpoint).all()
        assert len(found) <= 4
        seen += numbers(found)
        if checkpoint.finished:
            break
    assert set(seen) == set(range(20)), "of a page that the limit cut off, all is given again"


async def test_counting_begins_at_the_checkpoint_and_does_not_move_it() -> None:
    server = ItemCollection(rows(10), page_max=2)
    app = table(server)
    checkpoint = ScanCheckpoint()
    await take(app.scan(segments=1, checkpoint=checkpoint), 2)
    before = checkpoint.dumps()
    assert await app.scan(checkpoint=checkpoint).count() == 6
    assert checkpoint.dumps() == before


async def a_checkpoint(app: Table[Row], **options: Any) -> ScanCheckpoint:
    checkpoint = ScanCheckpoint()
    await take(app.scan(checkpoint=checkpoint, **options), 2)
    return checkpoint


async def test_a_checkpoint_belongs_to_its_scan() -> None:
    server = ItemCollection(rows(10), ("PK", "SK"), page_max=2)
    db = client(server)
    app = db.table("app", indexes={"by_n": GlobalIndex("n")})
    checkpoint = await a_checkpoint(app, segments=2)
    others: list[tuple[Callable[[], Scan[Row]], str]] = [
        (lambda: app.scan(segments=3, checkpoint=checkpoint), "with 2 segments, not 3"),
        (lambda: app.scan(segments=2, checkpoint=checkpoint, index="by_n"), "another table or index"),
        (lambda: db.table("other").scan(segments=2, checkpoint=checkpoint), "another table or index"),
    ]
    sent = len(server.payloads)
    for make, said in others:
        with pytest.raises(InvalidCursor, match=said) as caught:
            await make().all()
        assert caught.value.operation == "Scan"
        assert caught.value.table in ("app", "other")
    assert len(server.payloads) == sent


async def test_a_finished_checkpoint_does_not_hide_another_table() -> None:
    server = ItemCollection(rows(4))
    db = client(server)
    checkpoint = ScanCheckpoint()
    await db.table("app").scan(checkpoint=checkpoint).all()
    assert checkpoint.finished
    with pytest.raises(InvalidCursor, match="another table or index"):
        await db.table("other").scan(checkpoint=checkpoint).all()


async def test_its_cursors_are_signed_where_there_is_a_key() -> None:
    server = ItemCollection(rows(10), page_max=2)
    signed = table(server, cursor_key="secret")
    checkpoint = await a_checkpoint(signed, segments=2)
    document = json.loads(checkpoint.dumps())
    document["cursors"] = {name: cursor.partition(".")[0] for name, cursor in document["cursors"].items()}
    forged = ScanCheckpoint.loads(json.dumps(document))
    with pytest.raises(InvalidCursor, match="signature") as caught:
        await signed.scan(segments=2, checkpoint=forged).all()
    assert (caught.value.table, caught.value.operation) == ("app", "Scan")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        "not json",
        '{"version": 1, "segments": 2}',
        '{"version": 1, "segments": "2", "cursors": {}, "bound_to": ""}',
        '{"version": 1, "segments": 2, "cursors": {"x": null}, "bound_to": ""}',
        '{"version": 1, "segments": 2, "cursors": {"0": 3}, "bound_to": ""}',
        '{"version": 1, "segments": 2, "cursors": {"2": null}, "bound_to": ""}',
        '{"version": 1, "segments": 2, "cursors": {"-1": null}, "bound_to": ""}',
        None,
        3,
        b"\xff",
    ],
)
def test_other_texts_are_no_checkpoints(text: Any) -> None:
    with pytest.raises(InvalidCursor, match="checkpoint"):
        ScanCheckpoint.loads(text)


def test_a_checkpoint_of_another_release_is_refused() -> None:
    with pytest.raises(InvalidCursor, match="has version 2; this release knows version 1"):
        ScanCheckpoint.loads('{"version": 2, "segments": 2, "cursors": {}, "bound_to": ""}')


async def test_a_checkpoint_shows_how_far_it_is() -> None:
    checkpoint = ScanCheckpoint()
    assert (repr(checkpoint), checkpoint.finished) == ("<ScanCheckpoint 0 of ? segments finished>", False)
    server = ItemCollection(rows(4))
    await table(server).scan(segments=4, checkpoint=checkpoint).all()
    assert (repr(checkpoint), checkpoint.finished) == ("<ScanCheckpoint 4 of 4 segments finished>", True)
    assert repr(ScanCheckpoint.loads(checkpoint.dumps())) == repr(checkpoint)
