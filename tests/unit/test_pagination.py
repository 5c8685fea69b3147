"""Reads from page to page: items, limits, empty pages, counting, time, models; and what is never read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from hashrange.errors import (
    DeadlineExceeded,
    InvalidExpression,
    InvalidTable,
    ItemDecodeError,
    ItemNotFound,
    MultipleItemsFound,
    ValidationError,
)
from hashrange.expressions import Attr, Raw, begins_with
from hashrange.key import Key
from hashrange.wire.transport import Request, Response
from tests.fakes import FakeClock, FakeTransport, ItemCollection, answer, client, turns

from .paging import EVEN, even, item, numbers, rows, table


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
