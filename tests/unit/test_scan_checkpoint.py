"""Checkpoints of scans: nothing is lost, whatever interrupts them; and they are refused by every other scan."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from hashrange.errors import ConnectionLost, InvalidCursor, ValidationError
from hashrange.pagination import Page
from hashrange.parallel_scan import Scan, ScanCheckpoint
from hashrange.schema import GlobalIndex
from hashrange.table import Table
from tests.fakes import ItemCollection, client, failure, turns

from .segments import FILTER, Row, failing_segment, numbers, rows, table


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
