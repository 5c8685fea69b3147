"""Pages and cursors: exact in mid-page, on every kind of index, and refused by every other read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from hashrange.client import DynamoDB
from hashrange.errors import (
    InvalidCursor,
)
from hashrange.expressions import Raw
from hashrange.pagination import Page
from hashrange.table import Table
from hashrange.telemetry.usage import ConsumedCapacity
from tests.fakes import ItemCollection, client

from .paging import EVEN, INDEXES, Row, even, item, numbers, rows, table


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
