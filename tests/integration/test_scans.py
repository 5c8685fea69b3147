"""Scans: of tables and indexes, filtered, in segments, interrupted and gone on with."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hashrange import Attr, DynamoDB, GlobalIndex, Item, Page, ScanCheckpoint, Table

from .conftest import MakeTable

COUNT = 60


@pytest.fixture
async def table(db: DynamoDB, make_table: MakeTable) -> Table[Item]:
    """Sixty items in as many item collections; every third of them is in a sparse index."""
    name = await make_table(
        AttributeDefinitions=[
            {"AttributeName": "PK", "AttributeType": "S"},
            {"AttributeName": "SK", "AttributeType": "S"},
            {"AttributeName": "third", "AttributeType": "N"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "thirds",
                "KeySchema": [{"AttributeName": "third", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    found = db.table(name, indexes={"thirds": GlobalIndex("third")})
    items: list[Item] = [{"PK": f"p{n}", "SK": "x", "n": n} | ({} if n % 3 else {"third": n}) for n in range(COUNT)]
    await asyncio.gather(*(found.put_item(item) for item in items))
    return found


def numbers(items: list[Item]) -> list[int]:
    return sorted(item["n"] for item in items)


async def test_a_scan_reads_everything(table: Table[Item]) -> None:
    assert numbers(await table.scan().all()) == list(range(COUNT))
    assert numbers([item async for item in table.scan(page_size=7)]) == list(range(COUNT))
    assert await table.scan(page_size=11, consistent=True).count() == COUNT


async def test_a_filtered_scan(table: Table[Item]) -> None:
    scan = table.scan(filter=Attr("n").between(10, 14), page_size=9, projection=["n"])
    assert sorted(await scan.all(), key=lambda item: item["n"]) == [{"n": n} for n in range(10, 15)]
    pages = [page async for page in scan.pages()]
    assert sum(page.scanned_count for page in pages) == COUNT
    assert sum(page.count for page in pages) == 5
    assert len(await table.scan(filter=Attr("n") < 30, limit=4, page_size=3).all()) == 4


async def test_a_scan_of_a_sparse_index(table: Table[Item]) -> None:
    assert numbers(await table.scan(index="thirds", page_size=6).all()) == list(range(0, COUNT, 3))


@pytest.mark.parametrize("options", [{}, {"index": "thirds"}, {"filter": Attr("n") >= 30}])
@pytest.mark.parametrize("limit", [1, 7])
async def test_by_cursor_page_by_page(table: Table[Item], options: dict[str, Any], limit: int) -> None:
    scan = table.scan(limit=limit, projection=["n"], **options)
    found: list[Item] = []
    page: Page[Item] = await scan.page()
    while True:
        found += page.items
        if page.cursor is None:
            break
        page = await scan.page(page.cursor)
    assert numbers(found) == numbers(await table.scan(**options).all())


@pytest.mark.parametrize("segments", [2, 4, 16])
async def test_a_parallel_scan_reads_everything_once(table: Table[Item], segments: int) -> None:
    scan = table.scan(segments=segments, page_size=5)
    assert numbers([item async for item in scan]) == list(range(COUNT))
    assert numbers(await scan.all()) == list(range(COUNT))
    assert await scan.count() == COUNT
    assert len(await table.scan(segments=segments, limit=13).all()) == 13


async def test_a_parallel_scan_of_an_index_with_a_filter(table: Table[Item]) -> None:
    scan = table.scan(segments=3, index="thirds", filter=Attr("n") > 20, page_size=2)
    assert numbers(await scan.all()) == list(range(21, COUNT, 3))


async def test_an_interrupted_scan_goes_on(table: Table[Item]) -> None:
    text, seen, rounds = ScanCheckpoint().dumps(), [], 0
    while not ScanCheckpoint.loads(text).finished:
        checkpoint = ScanCheckpoint.loads(text)
        pages = 0
        async for page in table.scan(segments=4, page_size=3, checkpoint=checkpoint).pages():
            if pages == 5:
                break
            pages += 1
            seen += numbers(page.items)
        text, rounds = checkpoint.dumps(), rounds + 1
        assert rounds < COUNT
    assert sorted(seen) == list(range(COUNT))
    assert rounds > 2


async def test_pages_processed_in_parallel_with_a_checkpoint(table: Table[Item]) -> None:
    checkpoint, seen = ScanCheckpoint(), []

    async def process(page: Page[Item]) -> None:
        await asyncio.sleep(0)
        seen.extend(numbers(page.items))

    await table.scan(segments=3, page_size=4, checkpoint=checkpoint).for_each_page(process, concurrency=5)
    assert sorted(seen) == list(range(COUNT))
    assert checkpoint.finished


async def test_leaving_a_parallel_scan_leaves_nothing_behind(table: Table[Item]) -> None:
    async for _ in table.scan(segments=4, page_size=2):
        break
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == 1
    assert numbers(await table.scan().all()) == list(range(COUNT))
