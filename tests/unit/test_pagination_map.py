"""Queries that are mapped: items made into others or left out, and limits, cursors and counts that know of it."""

from __future__ import annotations

import pytest

from hashrange.errors import MultipleItemsFound
from hashrange.expressions import Raw
from hashrange.pagination import Query
from hashrange.types import WireItem
from tests.fakes import ItemCollection

from .paging import Row, numbers, rows, table


def third(row: Row) -> int | None:
    """Every third item, as a number."""
    number: int = row["n"]
    return number if number % 3 == 0 else None


def query(server: ItemCollection, limit: int | None = None, cursor: str | None = None) -> Query[Row]:
    return table(server).query("USER#1", limit=limit, cursor=cursor)


async def test_items_are_made_into_others_and_left_out() -> None:
    server = ItemCollection(rows(10), page_max=4)
    mapped = query(server).map(third)
    assert await mapped.all() == [one async for one in mapped] == [0, 3, 6, 9]
    assert [page.items for page in [page async for page in mapped.pages()]] == [[0, 3], [6], [9]]
    assert repr(mapped) == repr(query(server))


async def test_a_limit_counts_what_is_left() -> None:
    server = ItemCollection(rows(20), page_max=4)
    mapped = query(server, limit=3).map(third)
    assert await mapped.all() == [0, 3, 6]
    assert await mapped.all(max_items=2) == [0, 3]
    assert await mapped.count() == 3
    assert await query(server).map(third).count() == 7
    assert await mapped.first() == 0
    with pytest.raises(MultipleItemsFound):
        await mapped.one()
    assert all("Limit" not in payload for payload in server.payloads), "a page may hold nothing that is wanted"


async def test_cursors_go_on_after_the_last_item_that_was_given() -> None:
    server = ItemCollection(rows(20), page_max=7)
    found: list[int] = []
    cursor: str | None = None
    for _ in range(10):
        page = await query(server, limit=2).map(third).page(cursor)
        assert page.count == len(page.items) <= 2
        found += page.items
        cursor = page.cursor
        if cursor is None:
            break
    assert found == [0, 3, 6, 9, 12, 15, 18]
    begun = await query(server, limit=2).page()
    assert await query(server, cursor=begun.cursor).map(third).first() == 3, "a cursor is that of the query itself"


async def test_an_item_that_is_given_is_where_the_cursor_stands() -> None:
    server = ItemCollection(rows(6))
    page = await query(server, limit=1).map(third).page()
    assert page.items == [0]
    assert numbers((await query(server, limit=1).page(page.cursor)).items) == [1]


async def test_mapped_twice() -> None:
    server = ItemCollection(rows(20))
    seen: list[int] = []

    def even(number: int) -> str | None:
        seen.append(number)
        return str(number) if number % 2 == 0 else None

    assert await query(server).map(third).map(even).all() == ["0", "6", "12", "18"]
    assert seen == [0, 3, 6, 9, 12, 15, 18], "what was left out is not seen again"


async def test_nothing_left_of_a_page_is_not_the_end() -> None:
    server = ItemCollection(rows(30), page_max=2)
    assert await query(server, limit=1).map(lambda row: row["n"] if row["n"] == 29 else None).all() == [29]


async def test_a_limit_where_positions_are_not_known() -> None:
    """Raw text may leave the keys out: a page then never holds more than is wanted."""
    server = ItemCollection(rows(20), page_max=7)
    query = table(server).query("USER#1", projection=Raw("n"), limit=3).map(third)
    assert await query.all() == [0, 3, 6]
    assert max(payload["Limit"] for payload in server.payloads) <= 3


async def test_an_error_of_the_function_is_the_callers() -> None:
    def fail(row: Row) -> WireItem | None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await query(ItemCollection(rows(1))).map(fail).all()
