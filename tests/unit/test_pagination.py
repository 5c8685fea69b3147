"""Going from page to page: limits and cursors in mid-page, empty pages, reading ahead, and what is never read."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from hashrange.client import DynamoDB
from hashrange.errors import (
    ConnectionLost,
    DeadlineExceeded,
    InvalidCursor,
    InvalidExpression,
    InvalidTable,
    ItemDecodeError,
    ItemNotFound,
    MultipleItemsFound,
    ValidationError,
)
from hashrange.expressions import Attr, Raw, begins_with
from hashrange.key import Key
from hashrange.pagination import Page
from hashrange.schema import GlobalIndex, IndexDeclaration, LocalIndex
from hashrange.table import Table
from hashrange.telemetry.usage import ConsumedCapacity
from hashrange.types import WireItem
from hashrange.wire.transport import Request, Response
from tests.fakes import FakeClock, FakeTransport, ItemCollection, answer, client, failure

Row = dict[str, Any]
INDEXES: dict[str, IndexDeclaration] = {"by_email": GlobalIndex("email", "day"), "by_total": LocalIndex("total")}


def item(number: int) -> WireItem:
    return {
        "PK": {"S": "USER#1"},
        "SK": {"S": f"{number:04d}"},
        "n": {"N": str(number)},
        "email": {"S": "a@example.org"},
        "day": {"S": f"d{number // 3}"},
        "total": {"N": str(number % 5)},
    }


def rows(count: int) -> list[WireItem]:
    return [item(number) for number in range(count)]


def even(one: WireItem) -> bool:
    return int(one["n"]["N"]) % 2 == 0


EVEN = Attr("n") > 0  # what it means is the fake's matter


def table(transport: Any, **config: Any) -> Table[Row]:
    return client(transport, **config).table("app", indexes=INDEXES, ttl_attribute="until")


def numbers(found: list[Row]) -> list[int]:
    return [one["n"] for one in found]


async def turns(count: int = 10) -> None:
    """Let everything go on that can."""
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.fixture
async def complaints() -> list[dict[str, Any]]:
    """What asyncio has to complain about: errors that nobody looked at, tasks that nobody ended."""
    found: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: found.append(context))
    return found


# ── items ────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_iterating_gives_every_item_in_order() -> None:
    server = ItemCollection(rows(10), page_max=3)
    query = table(server).query("USER#1", begins_with("0"))
    assert numbers([one async for one in query]) == list(range(10))
    assert len(server.payloads) == 4
    assert [payload.get("ExclusiveStartKey") for payload in server.payloads] == [
        None,
        *({"PK": {"S": "USER#1"}, "SK": {"S": f"{n:04d}"}} for n in (2, 5, 8)),
    ]
    assert numbers([one async for one in query]) == list(range(10)), "each use begins anew"


async def test_nothing_is_sent_before_it_is_used() -> None:
    server = ItemCollection(rows(3))
    app = table(server)
    app.query("USER#1")
    app.scan()
    aiter(app.query("USER#1", prefetch=True))
    app.query("USER#1", prefetch=True).pages()
    app.scan(segments=4).pages()
    await turns()
    assert server.payloads == []


async def test_an_empty_page_is_not_the_end() -> None:
    wanted = {0, 7, 19}
    server = ItemCollection(rows(20), page_max=2, matches=lambda one: int(one["n"]["N"]) in wanted)
    query = table(server).query("USER#1", filter=EVEN)
    pages = [page async for page in query.pages()]
    assert [numbers(page.items) for page in pages] == [[0], [], [], [7], [], [], [], [], [], [19]]
    assert all(page.cursor for page in pages[:-1])
    assert numbers(await query.all()) == [0, 7, 19]
    assert numbers([one async for one in query]) == [0, 7, 19]
    assert [page.scanned_count for page in pages] == [2] * 10


async def test_a_page_that_ends_exactly_at_the_end_is_followed_by_an_empty_one() -> None:
    server = ItemCollection(rows(4))
    assert numbers(await table(server).query("USER#1", page_size=2).all()) == [0, 1, 2, 3]
    assert len(server.payloads) == 3


@pytest.mark.parametrize("last", [None, {}])
async def test_no_last_key_is_the_end(last: Any) -> None:
    transport = FakeTransport(answer({"Items": [item(1)], "Count": 1, "LastEvaluatedKey": last}))
    assert numbers(await table(transport).query("USER#1").all()) == [1]


async def test_options_go_into_every_request() -> None:
    server = ItemCollection(rows(6), page_max=2)
    app = table(server, capacity="total")
    options: dict[str, Any] = {"filter": EVEN, "descending": True, "consistent": True, "page_size": 2}
    await app.query("USER#1", index="by_total", **options).all()
    for payload in server.payloads:
        assert payload["IndexName"] == "by_total"
        assert (payload["ScanIndexForward"], payload["ConsistentRead"], payload["Limit"]) == (False, True, 2)
        assert payload["ReturnConsumedCapacity"] == "TOTAL"
    await app.scan(index="by_email", page_size=3).first()
    assert (server.payloads[-1]["IndexName"], server.payloads[-1]["Limit"]) == ("by_email", 1)


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("limit", [0, 1, 2, 3, 4, 7, 10, 11])
@pytest.mark.parametrize("filtered", [False, True])
async def test_a_limit_counts_items_over_pages(limit: int, filtered: bool) -> None:
    server = ItemCollection(rows(20), page_max=3, matches=even)
    query = table(server).query("USER#1", limit=limit, filter=EVEN if filtered else None)
    expected = [n for n in range(20) if n % 2 == 0 or not filtered][:limit]
    assert numbers([one async for one in query]) == expected
    assert numbers(await query.all()) == expected
    assert numbers([one async for page in query.pages() for one in page.items]) == expected


async def test_no_more_is_read_than_the_limit_needs() -> None:
    server = ItemCollection(rows(20), page_max=3)
    await table(server).query("USER#1", limit=5).all()
    assert [payload["Limit"] for payload in server.payloads] == [5, 2]
    server.payloads.clear()
    await table(server).query("USER#1", limit=5, page_size=2).all()
    assert [payload["Limit"] for payload in server.payloads] == [2, 2, 1]
    server.payloads.clear()
    await table(server).query("USER#1", limit=0).all()
    assert server.payloads == []


async def test_with_a_filter_whole_pages_are_read() -> None:
    server = ItemCollection(rows(20), matches=even)
    assert numbers(await table(server).query("USER#1", limit=3, filter=EVEN).all()) == [0, 2, 4]
    assert ["Limit" in payload for payload in server.payloads] == [False]


async def test_max_items_is_a_limit_of_its_own() -> None:
    server = ItemCollection(rows(20), page_max=3)
    query = table(server).query("USER#1", limit=8)
    assert numbers(await query.all(max_items=4)) == [0, 1, 2, 3]
    assert numbers(await query.all(max_items=9)) == list(range(8))
    assert await query.all(max_items=0) == []


@pytest.mark.parametrize("limit", [-1, 1.0, "3", True])
async def test_limits_that_cannot_be(limit: Any) -> None:
    app = table(FakeTransport())
    for make in (lambda: app.query("USER#1", limit=limit), lambda: app.scan(limit=limit)):
        with pytest.raises(ValidationError, match=r"limit is .* whole number of items, 0 or more") as caught:
            make()
        assert caught.value.table == "app"
    with pytest.raises(ValidationError, match=r"max_items is .* whole number of items, 0 or more") as caught:
        await app.query("USER#1").all(max_items=limit)
    assert (caught.value.table, caught.value.operation, caught.value.key) == ("app", "Query", "USER#1")


# ── pages and cursors ────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_page_is_what_one_request_gives() -> None:
    server = ItemCollection(rows(5), page_max=2)
    query = table(server, capacity="total").query("USER#1")
    page = await query.page()
    assert (numbers(page.items), page.count, page.scanned_count) == ([0, 1], 2, 2)
    assert page.consumed == ConsumedCapacity("app", read_units=1.0)
    assert page.cursor is not None
    last = await query.page((await query.page(page.cursor)).cursor)
    assert (numbers(last.items), last.cursor) == ([4], None)


@pytest.mark.parametrize("filtered", [False, True])
async def test_with_a_limit_a_page_has_as_many_items(filtered: bool) -> None:
    server = ItemCollection(rows(30), page_max=4, matches=even)
    query = table(server, capacity="total").query("USER#1", limit=6, filter=EVEN if filtered else None)
    found: list[list[int]] = []
    cursor: str | None = None
    while True:
        page = await query.page(cursor)
        assert page.count == len(page.items)
        assert page.consumed is not None
        found.append(numbers(page.items))
        cursor = page.cursor
        if cursor is None:
            break
    expected = [n for n in range(30) if n % 2 == 0 or not filtered]
    assert [n for part in found for n in part] == expected
    assert all(len(part) == 6 for part in found[:-1])


async def test_merged_pages_add_up() -> None:
    server = ItemCollection(rows(30), page_max=4, matches=even)
    page = await table(server, capacity="total").query("USER#1", limit=5, filter=EVEN).page()
    assert (page.count, page.scanned_count) == (5, 12)
    assert page.consumed == ConsumedCapacity("app", read_units=6.0)
    without = await table(server).query("USER#1", limit=5, filter=EVEN).page()
    assert without.consumed is None


async def test_a_cursor_in_mid_page_is_exact() -> None:
    server = ItemCollection(rows(9), page_max=100, matches=even)
    query = table(server).query("USER#1", limit=2, filter=EVEN)
    page = await query.page()
    assert numbers(page.items) == [0, 2]
    assert numbers((await query.page(page.cursor)).items) == [4, 6]
    assert server.payloads[1]["ExclusiveStartKey"] == {"PK": {"S": "USER#1"}, "SK": {"S": "0002"}}


@pytest.mark.parametrize(
    ("index", "partition", "names"),
    [
        (None, "USER#1", {"PK", "SK"}),
        ("by_email", "a@example.org", {"email", "day", "PK", "SK"}),
        ("by_total", "USER#1", {"PK", "total", "SK"}),
    ],
)
@pytest.mark.parametrize("kind", ["query", "scan"])
async def test_cursors_of_indexes_hold_the_keys_of_index_and_table(
    kind: str, index: str | None, partition: str, names: set[str]
) -> None:
    server = ItemCollection(rows(9), sorted(names), matches=even)
    app = table(server)
    options: dict[str, Any] = {"index": index, "filter": EVEN, "limit": 2, "projection": ["n"]}
    read = app.query(partition, **options) if kind == "query" else app.scan(**options)
    page = await read.page()
    assert page.items == [{"n": 0}, {"n": 2}], "the keys are read, and hidden"
    assert (await read.page(page.cursor)).items == [{"n": 4}, {"n": 6}]
    assert server.payloads[1]["ExclusiveStartKey"] == {name: item(2)[name] for name in names}


async def test_keys_that_were_asked_for_are_shown() -> None:
    server = ItemCollection(rows(3))
    found = await table(server).query("USER#1", projection=["n", "SK"]).all()
    assert found[0] == {"n": 0, "SK": "0000"}


async def test_a_raw_projection_has_exact_cursors_too() -> None:
    server = ItemCollection(rows(20), page_max=5, matches=even)
    query = table(server).query("USER#1", projection=Raw("n"), filter=EVEN, limit=3)
    found: list[int] = []
    page: Page[Row] = await query.page()
    while True:
        found += numbers(page.items)
        assert all(one.keys() == {"n"} for one in page.items)
        if page.cursor is None:
            break
        page = await query.page(page.cursor)
    assert found == list(range(0, 20, 2))
    assert all(payload["Limit"] <= 3 for payload in server.payloads)


async def test_a_page_of_nothing_reads_nothing() -> None:
    server = ItemCollection(rows(3))
    query = table(server).query("USER#1", limit=0)
    assert await query.page() == Page([], None, 0, 0)
    cursor = (await table(server).query("USER#1", limit=1).page()).cursor
    assert await query.page(cursor) == Page([], cursor, 0, 0)
    assert len(server.payloads) == 1


async def test_a_query_can_begin_at_a_cursor() -> None:
    server = ItemCollection(rows(6), page_max=2)
    app = table(server)
    cursor = (await app.query("USER#1", limit=3).page()).cursor
    query = app.query("USER#1", cursor=cursor)
    assert numbers(await query.all()) == [3, 4, 5]
    assert numbers([one async for one in query]) == [3, 4, 5]
    assert numbers((await query.page()).items) == [3, 4]
    assert await query.count() == 3
    assert numbers([await anext(aiter(query))]) == [3]


async def test_pages_of_an_iteration_have_cursors_to_go_on_from() -> None:
    server = ItemCollection(rows(7), page_max=3)
    query = table(server).query("USER#1")
    async for page in query.pages():
        if page.cursor is not None:
            rest = await table(server).query("USER#1", cursor=page.cursor).all()
            assert numbers(rest) == list(range(page.items[-1]["n"] + 1, 7))


async def test_cursors_are_signed_where_there_is_a_key() -> None:
    server = ItemCollection(rows(6), page_max=2)
    signed, unsigned = table(server, cursor_key="secret"), table(server)
    mine = (await signed.query("USER#1").page()).cursor
    theirs = (await unsigned.query("USER#1").page()).cursor
    assert mine is not None
    assert theirs is not None
    assert mine.startswith(theirs + ".")
    assert numbers((await signed.query("USER#1").page(mine)).items) == [2, 3]
    for cursor in (theirs, mine[:-1], theirs + ".AAAA"):
        with pytest.raises(InvalidCursor, match="signature"):
            await signed.query("USER#1").page(cursor)


async def cursors_of_others(app: Table[Row], db: DynamoDB) -> AsyncIterator[str | None]:
    yield (await app.query("USER#2").page()).cursor
    yield (await app.query("a@example.org", index="by_email").page()).cursor
    yield (await app.query("USER#1", index="by_total").page()).cursor
    yield (await app.scan().page()).cursor
    yield (await db.table("other").query("USER#1").page()).cursor
    async for page in app.scan(segments=2).pages():
        yield page.cursor
        break


async def test_a_cursor_of_another_read_is_refused_before_sending() -> None:
    server = ItemCollection(rows(6), page_max=2)

    def any_position(payload: Any) -> Any:
        names = ["PK", "SK", *{"by_email": ["email", "day"], "by_total": ["total"]}.get(payload.get("IndexName"), [])]
        return {"Items": [], "Count": 0, "LastEvaluatedKey": {name: item(1)[name] for name in names}}

    server.page = any_position  # type: ignore[method-assign]
    db = client(server)
    app = db.table("app", indexes=INDEXES)
    refused = 0
    async for cursor in cursors_of_others(app, db):
        sent = len(server.payloads)
        with pytest.raises(InvalidCursor, match="belongs to another query") as caught:
            await app.query("USER#1").page(cursor)
        assert (caught.value.table, caught.value.operation, caught.value.key) == ("app", "Query", "USER#1")
        with pytest.raises(InvalidCursor):
            await app.query("USER#1", cursor=cursor).all()
        with pytest.raises(InvalidCursor):
            app.query("USER#1", cursor=cursor).pages()
        assert len(server.payloads) == sent
        refused += 1
    assert refused == 6


async def test_the_filter_and_the_order_are_not_part_of_a_cursor() -> None:
    server = ItemCollection(rows(6), page_max=2)
    cursor = (await table(server).query("USER#1").page()).cursor
    assert numbers(await table(server).query("USER#1", cursor=cursor, descending=True).all()) == [0]


# ── first, one, count ────────────────────────────────────────────────────────────────────────────────────────────────
async def test_first() -> None:
    server = ItemCollection(rows(9), page_max=2, matches=lambda one: one["n"]["N"] == "5")
    assert (await table(server).query("USER#1").first() or {})["n"] == 0
    assert [payload["Limit"] for payload in server.payloads] == [1]
    assert (await table(server).query("USER#1", filter=EVEN).first() or {})["n"] == 5
    assert await table(ItemCollection([])).query("USER#1").first() is None
    assert await table(server).query("USER#1", limit=0).first() is None


async def test_one() -> None:
    server = ItemCollection(rows(9), page_max=2, matches=lambda one: one["n"]["N"] == "5")
    assert (await table(server).query("USER#1", filter=EVEN).one())["n"] == 5
    with pytest.raises(MultipleItemsFound) as several:
        await table(server).query("USER#1").one()
    with pytest.raises(ItemNotFound) as none:
        await table(ItemCollection([])).scan().one()
    assert (several.value.table, several.value.operation, several.value.key) == ("app", "Query", "USER#1")
    assert (none.value.table, none.value.operation, none.value.key) == ("app", "Scan", None)
    assert len(server.payloads) == 6


@pytest.mark.parametrize(("limit", "expected"), [(None, 10), (0, 0), (1, 1), (3, 3), (4, 4), (10, 10), (11, 10)])
async def test_count(limit: int | None, expected: int) -> None:
    server = ItemCollection(rows(20), page_max=3, matches=even)
    assert await table(server).query("USER#1", filter=EVEN, limit=limit, projection=["n"]).count() == expected
    for payload in server.payloads:
        assert payload["Select"] == "COUNT"
        assert "ProjectionExpression" not in payload


async def test_counting_reads_no_more_than_the_limit() -> None:
    server = ItemCollection(rows(20), page_max=3)
    assert await table(server).query("USER#1", limit=4).count() == 4
    assert [payload["Limit"] for payload in server.payloads] == [4, 1]


# ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def slow(clock: FakeClock, seconds: float, server: ItemCollection) -> FakeTransport:
    def respond(request: Request) -> Response:
        clock.advance(seconds)
        return answer(server.page(payload_of(request)))

    return FakeTransport(respond, repeat=True)


def payload_of(request: Request) -> Any:
    return msgspec.json.decode(request.body)


async def test_a_timeout_is_for_all_pages_of_a_method() -> None:
    clock = FakeClock()
    transport = slow(clock, 1.0, ItemCollection(rows(20), page_max=3))
    with pytest.raises(DeadlineExceeded):
        await table(transport, clock=clock).query("USER#1", timeout=3.5).all()
    assert [request.timeout for request in transport.requests] == [3.5, 2.5, 1.5, 0.5]
    with pytest.raises(DeadlineExceeded):
        await table(transport, clock=clock).query("USER#1", timeout=3.5, limit=15).page()
    with pytest.raises(DeadlineExceeded):
        await table(transport, clock=clock).query("USER#1", timeout=3.5).count()


async def test_while_iterating_each_request_has_the_timeout() -> None:
    clock = FakeClock()
    transport = slow(clock, 1.0, ItemCollection(rows(20), page_max=3))
    query = table(transport, clock=clock).query("USER#1", timeout=1.5)
    assert len([one async for one in query]) == 20
    assert {request.timeout for request in transport.requests} == {1.5}


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


# ── models, expiry, mistakes ─────────────────────────────────────────────────────────────────────────────────────────
@dataclass
class Order:
    SK: str
    n: int


async def test_items_come_as_the_model() -> None:
    server = ItemCollection(rows(2))
    app = client(server).table("app", model=Order)
    assert await app.query("USER#1").all() == [Order("0000", 0), Order("0001", 1)]
    assert await app.scan().first() == Order("0000", 0)
    assert (await app.query("USER#1", model=dict).first() or {})["n"] == 0


@pytest.mark.parametrize("projection", [None, ["SK", "n"], ["n"]])
async def test_an_item_that_does_not_fit_names_its_key(projection: Any) -> None:
    server = ItemCollection([item(0), item(1) | {"n": {"S": "x"}}, item(2)])
    app = client(server).table("app", model=Order)
    for read, operation in [
        (app.query("USER#1", projection=projection), "Query"),
        (app.scan(projection=projection), "Scan"),
    ]:
        if projection == ["n"]:  # no item fits then: SK is read for positions, and hidden
            continue
        with pytest.raises(ItemDecodeError, match="n") as caught:
            await read.all()
        error = caught.value
        assert (error.table, error.operation, error.key) == ("app", operation, Key("USER#1", "0001"))


async def test_an_item_whose_key_is_not_known_has_none_in_its_error() -> None:
    app = client(ItemCollection(rows(1))).table("app", model=Order)
    with pytest.raises(ItemDecodeError) as caught:
        await app.scan(projection=Raw("n")).all()
    assert (caught.value.table, caught.value.operation, caught.value.key) == ("app", "Scan", None)
    with pytest.raises(ItemDecodeError) as caught:
        await app.scan(projection=["n"]).all()
    assert caught.value.key == Key("USER#1", "0000")


async def test_hide_expired_asks_for_what_is_alive_now() -> None:
    server = ItemCollection(rows(2))
    app = table(server, clock=FakeClock(1_800_000_000.9))
    await app.query("USER#1", hide_expired=True).all()
    await app.scan(hide_expired=True, filter=Attr("n") == 1).all()
    for payload in server.payloads:
        assert "until" in payload["ExpressionAttributeNames"].values()
        assert {"N": "1800000000"} in payload["ExpressionAttributeValues"].values()


async def test_awaiting_a_query_says_what_to_do() -> None:
    app = table(FakeTransport())
    for one, kind in [(app.query("USER#1"), "Query"), (app.scan(), "Scan"), (app.scan(segments=3), "Scan")]:
        with pytest.raises(TypeError, match=f"a {kind} cannot be awaited: use 'async for item in"):
            await one  # type: ignore[misc]


def test_reads_show_what_they_are() -> None:
    app = table(FakeTransport())
    assert repr(app.query("USER#1")) == "<Query on table 'app'>"
    assert repr(app.query("x", index="by_email")) == "<Query on table 'app' index 'by_email'>"
    assert repr(app.scan(segments=4)) == "<Scan on table 'app'>"


def test_reads_are_themselves() -> None:
    app = table(FakeTransport())
    one, other = app.query("USER#1"), app.query("USER#1")
    assert one == one
    assert one != other
    assert len({one, other, one}) == 2


def refused_reads() -> list[tuple[str, dict[str, Any], type[Exception], str]]:
    return [
        ("query", {"partition": None}, ValidationError, "the partition key is None"),
        ("query", {"index": "by_email", "consistent": True}, ValidationError, "global"),
        ("query", {"index": "nope"}, InvalidTable, "no index 'nope'"),
        ("query", {"page_size": 0}, ValidationError, "page_size"),
        ("query", {"filter": "a = 1"}, InvalidExpression, "filter"),
        ("query", {"projection": "a"}, InvalidExpression, "projection"),
        ("scan", {"index": "by_email", "consistent": True}, ValidationError, "global"),
        ("scan", {"index": "nope"}, InvalidTable, "no index 'nope'"),
        ("scan", {"segments": 0}, ValidationError, "segments"),
        ("scan", {"segments": 2, "cursor": "x"}, ValidationError, "cursor="),
        ("scan", {"page_size": 1.5}, ValidationError, "page_size"),
    ]


@pytest.mark.parametrize(("kind", "options", "cls", "said"), refused_reads())
def test_what_cannot_be_read_is_refused_when_it_is_written(
    kind: str, options: dict[str, Any], cls: type[Exception], said: str
) -> None:
    app = table(FakeTransport())
    options = {"partition": "USER#1", **options} if kind == "query" else options
    with pytest.raises(cls, match=said) as caught:
        getattr(app, kind)(**options)
    assert f"{kind.title()} on table 'app'" in str(caught.value)
