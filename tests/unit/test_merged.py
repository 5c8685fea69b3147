"""Several queries as one: order, pages, cursors, limits, what is read ahead, and what is left when it ends early."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import make_dataclass
from decimal import Decimal
from typing import Any

import pytest

from hashrange.errors import (
    AccessDenied,
    DeadlineExceeded,
    InvalidCursor,
    ItemDecodeError,
    ItemNotFound,
    MultipleItemsFound,
    ValidationError,
)
from hashrange.expressions import Attr, Raw, between
from hashrange.key import Key
from hashrange.merged import MergedQuery
from hashrange.operations.cursor import encode_cursor
from hashrange.patterns.sharding import Sharded, ShardedKey
from hashrange.types import WireItem
from tests.fakes import client, failure, turns
from tests.shards import KEY, Shards, item, sharded, text

FILTER = Attr("n") > 0  # what it means is the fake's matter


def spread(count: int, shards: int = 3, key: ShardedKey = KEY) -> list[list[WireItem]]:
    """Items 0, 1, 2 … in turn over the shards."""
    found: list[list[WireItem]] = [[] for _ in range(shards)]
    for number in range(count):
        found[number % shards].append(item(number % shards, text(f"{number:05d}"), number, key))
    return found


def numbers(rows: list[dict[str, Any]]) -> list[int]:
    return [row["n"] for row in rows]


def even(one: WireItem) -> bool:
    return int(one["n"]["N"]) % 2 == 0


# ── order ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("descending", [False, True])
async def test_items_come_in_order(descending: bool) -> None:
    query = sharded(Shards(spread(20), page_max=3)).query_sharded(KEY, descending=descending)
    expected = list(range(20))[:: -1 if descending else 1]
    assert numbers([one async for one in query]) == expected
    assert numbers(await query.all()) == expected
    assert numbers([one async for page in query.pages() for one in page.items]) == expected


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(
    "ordered",
    [
        [text("a"), text("b"), text("ÿ"), text("\ud7ff"), text("\uffff"), text("\U00010000")],  # not UTF-16's order
        [{"N": "-10"}, {"N": "-2"}, {"N": "0"}, {"N": "1E-130"}, {"N": "2"}, {"N": "9.5"}, {"N": "10"}, {"N": "1E+2"}],
        [{"N": "1" * 38}, {"N": "1" * 37 + "2"}],  # no float tells them apart
        [{"B": "AAA="}, {"B": "AAE="}, {"B": "AP8="}, {"B": "fw=="}, {"B": "gA=="}],
    ],
)
async def test_the_order_is_that_of_the_service(ordered: list[dict[str, str]], descending: bool) -> None:
    shards = [[item(n, sort, i) for i, sort in enumerate(ordered) if i % 3 == n] for n in range(3)]
    query = sharded(Shards(shards)).query_sharded(KEY, descending=descending)
    expected = list(range(len(ordered)))
    assert numbers(await query.all()) == (expected[::-1] if descending else expected)


@pytest.mark.parametrize("descending", [False, True])
async def test_equal_sort_keys_come_in_the_order_of_the_shards(descending: bool) -> None:
    shards = [[item(shard, text(sort), shard) for sort in "ab"] for shard in range(3)]
    found = numbers(await sharded(Shards(shards)).query_sharded(KEY, descending=descending).all())
    assert found == ([2, 1, 0] * 2 if descending else [0, 1, 2] * 2)


async def test_items_without_a_sort_key_come_shard_by_shard() -> None:
    shards = [[{"PK": text(KEY.key(shard)), "n": {"N": str(shard)}}] for shard in range(3)]
    table = client(Shards(shards, position=("PK",))).table("app", partition_key="PK", sort_key=None)
    assert numbers(await Sharded(table).query_sharded(KEY).all()) == [0, 1, 2]


async def test_empty_shards_and_no_items_at_all() -> None:
    shards = [spread(6)[0], [], []]
    assert numbers(await sharded(Shards(shards)).query_sharded(KEY).all()) == [0, 3]
    nothing = sharded(Shards([[], [], []])).query_sharded(KEY)
    assert await nothing.all() == []
    assert await nothing.first() is None
    assert await nothing.count() == 0
    page = await nothing.page()
    assert (page.items, page.cursor) == ([], None)
    with pytest.raises(ItemNotFound):
        await nothing.one()


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("limit", [0, 1, 2, 7, 19, 20, 21, 1_000])
async def test_a_limit_counts_the_items_of_all_shards(limit: int) -> None:
    query = sharded(Shards(spread(20), page_max=4)).query_sharded(KEY, limit=limit)
    expected = list(range(20))[:limit]
    assert numbers(await query.all()) == expected
    assert numbers([one async for one in query]) == expected
    assert numbers((await query.page()).items) == expected
    assert await query.count() == len(expected)
    assert numbers(await query.all(max_items=5)) == expected[:5]


async def test_with_a_limit_a_shard_is_asked_for_its_share() -> None:
    server = Shards(spread(3_000))
    await sharded(server).query_sharded(KEY, limit=60).all()
    limits = [payload["Limit"] for shard in server.collections.values() for payload in shard.payloads]
    assert limits == [26, 26, 26]  # a third, a quarter more, and one


async def test_an_uneven_spread_is_read_on_where_the_items_are() -> None:
    shards = [[item(0, text(f"{n:03d}"), n) for n in range(50)], [item(1, text("x"), 99)], []]
    server = Shards(shards)
    assert numbers(await sharded(server).query_sharded(KEY, limit=30).all()) == list(range(30))
    assert [len(shard.payloads) for shard in server.collections.values()] == [3, 1, 1]


async def test_page_size_is_what_one_request_reads() -> None:
    server = Shards(spread(9))
    await sharded(server).query_sharded(KEY, page_size=2).all()
    assert {payload["Limit"] for shard in server.collections.values() for payload in shard.payloads} == {2}


async def test_first_and_one() -> None:
    query = sharded(Shards(spread(9))).query_sharded(KEY)
    assert (await query.first() or {})["n"] == 0
    with pytest.raises(MultipleItemsFound):
        await query.one()


async def test_count_transfers_nothing() -> None:
    server = Shards(spread(20), page_max=3, matches=even)
    assert await sharded(server).query_sharded(KEY, filter=FILTER).count() == 10
    assert all(payload["Select"] == "COUNT" for shard in server.collections.values() for payload in shard.payloads)


# ── cursors ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 5, 7])
async def test_cursors_continue_exactly(limit: int, descending: bool) -> None:
    table = sharded(Shards(spread(20), page_max=3), cursor_key="secret")
    found: list[int] = []
    cursor, pages = None, 0
    while True:
        page = await table.query_sharded(KEY, limit=limit, descending=descending, cursor=cursor).page()
        found += numbers(page.items)
        cursor, pages = page.cursor, pages + 1
        if cursor is None:
            break
        assert len(page.items) == limit
    assert found == list(range(20))[:: -1 if descending else 1]
    assert pages <= 20 // limit + 1


async def test_every_page_has_a_cursor_that_goes_on_there() -> None:
    query = sharded(Shards(spread(20), page_max=3)).query_sharded(KEY)
    seen: list[int] = []
    async for page in query.pages():
        seen += numbers(page.items)
        rest = sharded(Shards(spread(20), page_max=3)).query_sharded(KEY, cursor=page.cursor)
        expected = list(range(len(seen), 20)) if page.cursor else []
        assert (numbers(await rest.all()) if page.cursor else []) == expected
        assert not page.cursor or await rest.count() == len(expected)


async def test_cursors_continue_behind_what_a_filter_left_out() -> None:
    server = Shards(spread(40), page_max=2, matches=lambda one: int(one["n"]["N"]) in (3, 30))
    table = sharded(server)
    page = await table.query_sharded(KEY, filter=FILTER, limit=1).page()
    assert numbers(page.items) == [3]
    read_to_the_end = server.collections[KEY.key(2)].answered  # nothing in it is a match
    page = await table.query_sharded(KEY, filter=FILTER, limit=1).page(page.cursor)
    assert numbers(page.items) == [30]
    assert server.collections[KEY.key(2)].answered == read_to_the_end
    found = await table.query_sharded(KEY, filter=FILTER).all()
    assert numbers(found) == [3, 30]


async def test_a_cursor_belongs_to_its_query() -> None:
    table = sharded(Shards(spread(9)))
    cursor = (await table.query_sharded(KEY, limit=2).page()).cursor
    others = [
        table.query_sharded(ShardedKey("FEED", shards=2), cursor=cursor),
        table.query_sharded(ShardedKey("OTHER", shards=3), cursor=cursor),
        table.query_sharded(KEY, descending=True, cursor=cursor),
        table.table.query(KEY.key(0), cursor=cursor),
    ]
    for other in others:
        with pytest.raises(InvalidCursor, match="another query") as caught:
            await other.all()
        assert caught.value.table == "app"
    plain = (await table.table.query(KEY.key(0), limit=1).page()).cursor
    with pytest.raises(InvalidCursor, match="another query"):
        await table.query_sharded(KEY, cursor=plain).page()
    with pytest.raises(InvalidCursor, match="damaged"):
        await table.query_sharded(KEY, cursor="no cursor").count()


async def test_a_signed_cursor_is_checked() -> None:
    unsigned = (await sharded(Shards(spread(9))).query_sharded(KEY, limit=2).page()).cursor
    signed = sharded(Shards(spread(9)), cursor_key="secret")
    with pytest.raises(InvalidCursor, match="signature"):
        await signed.query_sharded(KEY, cursor=unsigned).page()
    cursor = (await signed.query_sharded(KEY, limit=2).page()).cursor
    assert numbers(await signed.query_sharded(KEY, cursor=cursor).all()) == list(range(2, 9))


@pytest.mark.parametrize(
    "places", ["", "no JSON", "[]", "[0,0]", "[0,0,2]", '[0,0,[["S","a"],["S","b"]]]', '[0,0,[["L","a"]]]', "[0,0,[]]"]
)
async def test_places_that_fit_no_query_are_refused(places: str) -> None:
    query = sharded(Shards(spread(9))).query_sharded(KEY)
    forged = encode_cursor({"places": {"S": places}}, query._bound_to(), None)
    with pytest.raises(InvalidCursor):
        await query.page(forged)


# ── memory and time ──────────────────────────────────────────────────────────────────────────────────────────────────
async def test_ten_shards_of_a_thousand_items_are_merged_with_bounded_memory() -> None:
    key = ShardedKey("FEED", shards=10)
    server = Shards(spread(10_000, 10, key), key, page_max=100)
    taken = [0] * 10
    position = 0
    async for row in sharded(server).query_sharded(key):
        assert row["n"] == position
        taken[position % 10] += 1
        position += 1
        if position % 97 == 0:
            await turns(3)  # let everything that may be read ahead be read
            for shard, collection in enumerate(server.collections.values()):
                in_use = -(-taken[shard] // 100)
                assert (
                    collection.answered <= in_use + 2
                )  # the page in hand, of which nothing may be taken yet; one ahead
    assert position == 10_000
    assert server.most_under_way <= 10
    assert server.requests == 10 * 10  # the fake knows at the tenth page that it is the last


async def test_the_shards_are_read_at_the_same_time() -> None:
    server = Shards(spread(9))
    await sharded(server).query_sharded(KEY).all()
    assert server.most_under_way == 3


async def test_a_page_by_itself_reads_nothing_ahead() -> None:
    server = Shards(spread(60), page_max=5)
    await sharded(server).query_sharded(KEY).page()
    await turns()
    assert server.requests == 3


async def test_leaving_the_loop_cancels_what_is_read_ahead(complaints: list[dict[str, Any]]) -> None:
    server, gate = Shards(spread(60), page_max=4), asyncio.Event()
    seen = 0
    async for _ in sharded(server).query_sharded(KEY):
        seen += 1
        if seen == 1:
            assert server.answered == 3
            server.gate = gate
        await turns()
        if seen == 6:
            break
    await turns()
    assert server.under_way == 0
    assert len(asyncio.all_tasks()) == 1
    gate.set()
    await turns()
    assert server.answered == 3
    gc.collect()
    assert complaints == []


async def test_cancelling_the_reader_ends_all_requests(complaints: list[dict[str, Any]]) -> None:
    server = Shards(spread(9))
    server.gate = asyncio.Event()
    task = asyncio.create_task(sharded(server).query_sharded(KEY).all())
    await turns()
    assert server.under_way == 3
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await turns()
    assert server.under_way == 0
    gc.collect()
    assert complaints == []


async def test_an_error_of_one_shard_is_raised_and_nothing_goes_on(complaints: list[dict[str, Any]]) -> None:
    server = Shards(spread(30), page_max=3)
    server.broken[KEY.key(1)] = failure("AccessDeniedException", "no")
    query = sharded(server).query_sharded(KEY)
    for use in (query.all, query.page, query.count):
        with pytest.raises(AccessDenied) as caught:
            await use()
        assert caught.value.key == KEY.key(1)
    await turns()
    assert server.under_way == 0
    gc.collect()
    assert complaints == []


async def test_after_an_error_the_same_iteration_goes_on() -> None:
    server = Shards(spread(30), page_max=3)
    found: list[int] = []
    pages = sharded(server).query_sharded(KEY).pages()

    async def go_on() -> None:
        async for page in pages:
            found.extend(numbers(page.items))

    found += numbers((await anext(pages)).items)
    server.broken[KEY.key(0)] = failure("AccessDeniedException", "no")
    with pytest.raises(AccessDenied):
        await go_on()
    server.broken.clear()
    await go_on()
    assert found == list(range(30))


async def test_the_timeout_is_for_all_requests_together() -> None:
    query = sharded(Shards(spread(9))).query_sharded(KEY, timeout=0)
    with pytest.raises(DeadlineExceeded):
        await query.all()


# ── what is read ─────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_projection_without_the_keys_is_merged_all_the_same() -> None:
    query = sharded(Shards(spread(7), page_max=2)).query_sharded(KEY, projection=["n"], limit=5)
    page = await query.page()
    assert page.items == [{"n": number} for number in range(5)]
    assert numbers((await query.page(page.cursor)).items) == [5, 6]


async def test_a_raw_projection_must_name_the_keys() -> None:
    server = Shards(spread(7))
    with pytest.raises(ValidationError, match="leaves out 'PK', 'SK'"):
        await sharded(server).query_sharded(KEY, projection=Raw("n")).all()
    assert numbers(await sharded(server).query_sharded(KEY, projection=Raw("PK, SK, n")).all()) == list(range(7))


async def test_capacity_is_added_up_over_shards() -> None:
    query = sharded(Shards(spread(20), page_max=3), capacity="total").query_sharded(KEY)
    page = await query.page()
    assert page.consumed is not None
    assert (page.scanned_count, page.consumed.read_units) == (9, 4.5)
    pages = [page async for page in query.pages()]
    assert sum(page.scanned_count for page in pages) == 20
    assert sum(page.consumed.read_units for page in pages if page.consumed) == 10


async def test_an_item_that_does_not_fit_is_named() -> None:
    model = make_dataclass("Row", [("n", str)])
    with pytest.raises(ItemDecodeError) as caught:
        await sharded(Shards(spread(3))).query_sharded(KEY, model=model).all()
    assert caught.value.key == Key(KEY.key(0), "00000")


async def test_items_that_a_map_leaves_out_are_not_counted() -> None:
    def query(limit: int | None = None, cursor: str | None = None) -> MergedQuery[Decimal]:
        table = sharded(Shards(spread(20), page_max=3)).table
        queries = [table.query(key).map(lambda row: row["n"] if row["n"] % 2 else None) for key in KEY.keys]
        return MergedQuery.of(queries, limit=limit, cursor=cursor)

    assert await query().all() == list(range(1, 20, 2))
    assert await query().count() == 10
    page = await query(limit=4).page()
    assert page.items == [1, 3, 5, 7]
    assert await query(cursor=page.cursor).all() == [9, 11, 13, 15, 17, 19]
    assert await query(limit=4).count() == 4


# ── what cannot be merged ────────────────────────────────────────────────────────────────────────────────────────────
def test_what_cannot_be_merged_is_refused() -> None:
    table = sharded(Shards([[], [], []])).table
    with pytest.raises(ValidationError, match="no query"):
        MergedQuery.of([])
    with pytest.raises(ValidationError, match="differ"):
        MergedQuery.of([table.query("a"), table.query("b", descending=True)])
    with pytest.raises(ValidationError, match="limit or a cursor"):
        MergedQuery.of([table.query("a", limit=3)])
    with pytest.raises(ValidationError, match="limit is -1"):
        MergedQuery.of([table.query("a")], limit=-1)


def test_repr_shows_where() -> None:
    query = sharded(Shards([[], [], []])).query_sharded(KEY, between("a", "b"))
    assert repr(query) == "<MergedQuery on table 'app'>"
