"""Queries: by partition, by sort key, on both kinds of index, over pages, with filters, limits and cursors."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hashrange import (
    Attr,
    DynamoDB,
    GlobalIndex,
    InvalidCursor,
    Item,
    ItemNotFound,
    LocalIndex,
    MultipleItemsFound,
    Page,
    Table,
    begins_with,
    between,
    ge,
    gt,
    le,
    lt,
)

from .conftest import Connect, MakeTable

INDEXED: dict[str, Any] = {
    "AttributeDefinitions": [
        {"AttributeName": "PK", "AttributeType": "S"},
        {"AttributeName": "SK", "AttributeType": "S"},
        {"AttributeName": "status", "AttributeType": "S"},
        {"AttributeName": "total", "AttributeType": "N"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by_status",
            "KeySchema": [
                {"AttributeName": "status", "KeyType": "HASH"},
                {"AttributeName": "total", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        },
        {
            "IndexName": "keys_only",
            "KeySchema": [{"AttributeName": "status", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        },
    ],
    "LocalSecondaryIndexes": [
        {
            "IndexName": "by_total",
            "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "total", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}
COUNT = 20


def order(number: int) -> Item:
    return {
        "PK": "USER#1",
        "SK": f"ORDER#{number:03d}",
        "n": number,
        "total": (number * 7) % COUNT,
        "status": "open" if number % 3 else "closed",
        "note": {"text": f"order {number}"},
    }


ORDERS = [order(number) for number in range(COUNT)]
BY_TOTAL = sorted(ORDERS, key=lambda item: item["total"])


@pytest.fixture
async def shop(db: DynamoDB, make_table: MakeTable) -> Table[Item]:
    """A user with orders, indexed by status and by total, and another user beside."""
    table = db.table(
        await make_table(**INDEXED),
        indexes={
            "by_status": GlobalIndex("status", "total"),
            "keys_only": GlobalIndex("status"),
            "by_total": LocalIndex("total"),
        },
    )
    others: list[Item] = [{"PK": "USER#1", "SK": "PROFILE"}, {"PK": "USER#2", "SK": "ORDER#000", "n": -1}]
    await asyncio.gather(*(table.put_item(item) for item in ORDERS + others))
    return table


def numbers(items: list[Item]) -> list[int]:
    return [item["n"] for item in items]


# ── what is found ────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_by_partition_key(shop: Table[Item]) -> None:
    assert await shop.query("USER#1").all() == [*ORDERS, {"PK": "USER#1", "SK": "PROFILE"}]
    assert await shop.query("USER#3").all() == []
    assert [item async for item in shop.query("USER#2")] == [{"PK": "USER#2", "SK": "ORDER#000", "n": -1}]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("ORDER#005", [5]),
        ("ORDER#999", []),
        (begins_with("ORDER#01"), list(range(10, 20))),
        (between("ORDER#003", "ORDER#006"), [3, 4, 5, 6]),
        (lt("ORDER#003"), [0, 1, 2]),
        (le("ORDER#003"), [0, 1, 2, 3]),
        (between("ORDER#018", "ORDER#999"), [18, 19]),
    ],
)
async def test_by_partition_and_sort_key(shop: Table[Item], sort: Any, expected: list[int]) -> None:
    assert numbers(await shop.query("USER#1", sort).all()) == expected


async def test_the_open_side_of_a_range(shop: Table[Item]) -> None:
    assert [item["SK"] for item in await shop.query("USER#1", gt("ORDER#018")).all()] == ["ORDER#019", "PROFILE"]
    assert [item["SK"] for item in await shop.query("USER#1", ge("ORDER#019")).all()] == ["ORDER#019", "PROFILE"]


async def test_in_descending_order(shop: Table[Item]) -> None:
    found = await shop.query("USER#1", begins_with("ORDER#"), descending=True).all()
    assert numbers(found) == list(range(COUNT))[::-1]


async def test_on_a_global_index(shop: Table[Item]) -> None:
    found = await shop.query("closed", index="by_status").all()
    assert found == [item for item in BY_TOTAL if item["status"] == "closed"]
    some = await shop.query("open", between(3, 9), index="by_status", descending=True).all()
    assert some == [item for item in BY_TOTAL[::-1] if item["status"] == "open" and 3 <= item["total"] <= 9]


async def test_on_an_index_of_keys_only(shop: Table[Item]) -> None:
    found = await shop.query("closed", index="keys_only").all()
    assert sorted(item["SK"] for item in found) == [item["SK"] for item in ORDERS if item["status"] == "closed"]
    assert all(item.keys() == {"PK", "SK", "status"} for item in found)


async def test_on_a_local_index(shop: Table[Item]) -> None:
    assert await shop.query("USER#1", index="by_total", consistent=True).all() == BY_TOTAL
    assert numbers(await shop.query("USER#1", lt(3), index="by_total").all()) == numbers(BY_TOTAL[:3])


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Attr("status") == "closed", [0, 3, 6, 9, 12, 15, 18]),
        ((Attr("n") >= 5) & (Attr("n") < 8), [5, 6, 7]),
        (~(Attr("n") > 1) & Attr("note").exists(), [0, 1]),
        (Attr("note").text == "order 7", [7]),
        (Attr("n").is_in([1, 4, 99]), [1, 4]),
        (Attr("note").text.contains("r 1") & (Attr("note").text.size() < 8), [1]),
        (Attr("total") == Attr("n"), [0, 10]),
    ],
)
async def test_filters(shop: Table[Item], condition: Any, expected: list[int]) -> None:
    query = shop.query("USER#1", begins_with("ORDER#"), filter=condition, page_size=4)
    assert numbers(await query.all()) == expected
    assert await query.count() == len(expected)


async def test_projections_show_what_was_asked_for(shop: Table[Item]) -> None:
    found = await shop.query("USER#1", begins_with("ORDER#00"), projection=["n", Attr("note").text]).all()
    assert found == [{"n": n, "note": {"text": f"order {n}"}} for n in range(10)]
    indexed = await shop.query("closed", index="by_status", projection=["n"], limit=2).all()
    assert all(item.keys() == {"n"} for item in indexed)


# ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("prefetch", [False, True])
async def test_over_several_pages(shop: Table[Item], prefetch: bool) -> None:
    query = shop.query("USER#1", begins_with("ORDER#"), page_size=3, prefetch=prefetch)
    pages = [page async for page in query.pages()]
    assert len(pages) == 7
    assert numbers([item for page in pages for item in page.items]) == list(range(COUNT))
    assert numbers([item async for item in query]) == list(range(COUNT))


async def test_pages_of_a_megabyte(db: DynamoDB, make_table: MakeTable) -> None:
    table = db.table(await make_table())
    text = "x" * 100_000
    items = [{"PK": "a", "SK": f"{n:02d}", "n": n, "text": text} for n in range(25)]
    await asyncio.gather(*(table.put_item(item) for item in items))
    pages = [page async for page in table.query("a").pages()]
    assert len(pages) == 3
    assert [item for page in pages for item in page.items] == items
    assert await table.query("a").count() == 25
    assert await table.query("a", limit=17, projection=["n"]).all() == [{"n": n} for n in range(17)]


async def test_a_limit_over_pages(shop: Table[Item]) -> None:
    query = shop.query("USER#1", begins_with("ORDER#"), limit=8, page_size=3)
    assert numbers(await query.all()) == list(range(8))
    assert numbers([item async for item in query]) == list(range(8))
    assert await query.count() == 8


READS: dict[str, tuple[dict[str, Any], list[int]]] = {
    "table": ({"partition": "USER#1", "sort": begins_with("ORDER#")}, numbers(ORDERS)),
    "descending": ({"partition": "USER#1", "sort": begins_with("ORDER#"), "descending": True}, numbers(ORDERS)[::-1]),
    "local index": ({"partition": "USER#1", "index": "by_total"}, numbers(BY_TOTAL)),
    "global index": (
        {"partition": "open", "index": "by_status"},
        numbers([item for item in BY_TOTAL if item["status"] == "open"]),
    ),
    "filtered": (
        {"partition": "USER#1", "filter": Attr("status") == "open"},
        numbers([item for item in ORDERS if item["status"] == "open"]),
    ),
}


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("limit", [1, 2, 5, None])
@pytest.mark.parametrize("projection", [None, ["n"]])
async def test_by_cursor_page_by_page(shop: Table[Item], read: str, limit: int | None, projection: Any) -> None:
    options, expected = READS[read]
    query = shop.query(**options, limit=limit, page_size=None if limit else 4, projection=projection)
    found: list[int] = []
    page: Page[Item] = await query.page()
    while True:
        found += numbers(page.items)
        if page.cursor is None:
            break
        page = await query.page(page.cursor)
    assert found == expected


async def test_a_signed_cursor_goes_through_untrusted_hands(connect: Connect, shop: Table[Item]) -> None:
    async with connect(cursor_key="secret") as signing:
        query = signing.table(shop.name).query("USER#1", limit=3)
        cursor = (await query.page()).cursor
        assert cursor is not None
        assert numbers((await query.page(cursor)).items) == [3, 4, 5]
        with pytest.raises(InvalidCursor):
            await query.page(cursor[:-2] + "AA")


# ── one answer ───────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_first_one_and_count(shop: Table[Item]) -> None:
    orders = shop.query("USER#1", begins_with("ORDER#"), page_size=3)
    assert await orders.first() == ORDERS[0]
    assert await shop.query("USER#9").first() is None
    assert await shop.query("USER#1", "PROFILE").one() == {"PK": "USER#1", "SK": "PROFILE"}
    assert await shop.query("USER#1", filter=Attr("n") == 13, page_size=4).one() == ORDERS[13]
    with pytest.raises(MultipleItemsFound):
        await orders.one()
    with pytest.raises(ItemNotFound):
        await shop.query("USER#9").one()
    assert await orders.count() == COUNT


async def test_pages_processed_in_parallel(shop: Table[Item]) -> None:
    seen: list[int] = []

    async def process(page: Page[Item]) -> None:
        await asyncio.sleep(0)
        seen.extend(numbers(page.items))

    await shop.query("USER#1", begins_with("ORDER#"), page_size=3).for_each_page(process, concurrency=3)
    assert sorted(seen) == list(range(COUNT))


async def test_consumed_capacity_stands_on_pages(connect: Connect, shop: Table[Item]) -> None:
    async with connect(capacity="indexes") as measured:
        table = measured.table(shop.name, indexes={"by_total": LocalIndex("total")})
        with measured.track() as usage:
            page = await table.query("USER#1", page_size=5).page()
            indexed = await table.query("USER#1", index="by_total", page_size=5).page()
        assert page.consumed is not None
        assert (page.consumed.table, page.consumed.read_units > 0) == (shop.name, True)
        assert indexed.consumed is not None
        assert indexed.consumed.indexes.keys() == {"by_total"}
        assert usage.calls == 2
        assert usage.read_units == page.consumed.read_units + indexed.consumed.read_units
