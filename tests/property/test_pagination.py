"""Pages, limits, cursors and segments: whatever the sizes, what comes together is what is there. And times to live."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from hashrange.expressions import Attr
from hashrange.pagination import Items, Page
from hashrange.parallel_scan import Scan, ScanCheckpoint
from hashrange.schema import GlobalIndex, IndexDeclaration, LocalIndex
from hashrange.table import Table
from hashrange.time_to_live import expiry
from hashrange.types import WireItem
from tests.fakes import FakeClock, FakeTransport, ItemCollection, answer, client

Row = dict[str, Any]
R = TypeVar("R")
INDEXES: dict[str, IndexDeclaration] = {"global": GlobalIndex("email", "day"), "local": LocalIndex("total")}
POSITIONS = {None: ("PK", "SK"), "global": ("email", "day", "PK", "SK"), "local": ("PK", "total", "SK")}


@dataclass(frozen=True)
class World:
    """A collection of items, how the service pages over it, and how it is read."""

    present: tuple[bool, ...]  # one for each item: whether the filter holds
    page_max: int
    page_size: int | None
    filtered: bool
    descending: bool
    prefetch: bool
    projected: bool
    index: str | None
    cursor_key: str | None

    def items(self) -> list[WireItem]:
        return [
            {
                "PK": {"S": "USER#1"},
                "SK": {"S": f"{number:04d}"},
                "n": {"N": str(number)},
                "email": {"S": "a@example.org"},
                "day": {"S": f"d{number // 3}"},
                "total": {"N": str(number % 5)},
                "more": {"S": "x"},
            }
            for number in range(len(self.present))
        ]

    def server(self) -> ItemCollection:
        return ItemCollection(
            self.items(),
            POSITIONS[self.index],
            page_max=self.page_max,
            matches=lambda item: self.present[int(item["n"]["N"])],
        )

    def table(self, server: ItemCollection) -> Table[Row]:
        return client(server, cursor_key=self.cursor_key).table("app", indexes=INDEXES)

    def options(self) -> dict[str, Any]:
        return {
            "index": self.index,
            "filter": Attr("more").exists() if self.filtered else None,
            "projection": ["n"] if self.projected else None,
            "page_size": self.page_size,
            "prefetch": self.prefetch,
        }

    def query(self, app: Table[Row], limit: int | None = None) -> Items[Row]:
        partition = "a@example.org" if self.index == "global" else "USER#1"
        return app.query(partition, limit=limit, descending=self.descending, **self.options())

    def scan(self, app: Table[Row], segments: int, **more: Any) -> Scan[Row]:
        return app.scan(segments=segments, **self.options(), **more)

    @property
    def expected(self) -> list[int]:
        found = [number for number, holds in enumerate(self.present) if holds or not self.filtered]
        return found[::-1] if self.descending else found


worlds = st.builds(
    World,
    present=st.lists(st.booleans(), max_size=30).map(tuple),
    page_max=st.integers(1, 12),
    page_size=st.none() | st.integers(1, 12),
    filtered=st.booleans(),
    descending=st.booleans(),
    prefetch=st.booleans(),
    projected=st.booleans(),
    index=st.sampled_from([None, "global", "local"]),
    cursor_key=st.none() | st.just("key"),
)


def run(work: Coroutine[Any, Any, R]) -> R:
    return asyncio.run(work)


def numbers(items: list[Row], world: World) -> list[int]:
    assert all((item.keys() == {"n"}) == world.projected for item in items)
    return [item["n"] for item in items]


@settings(deadline=None, max_examples=150)
@given(world=worlds, limit=st.none() | st.integers(0, 35))
def test_every_way_of_reading_gives_the_same_items(world: World, limit: int | None) -> None:
    async def read() -> None:
        app = world.table(world.server())
        expected = world.expected if limit is None else world.expected[:limit]
        query = world.query(app, limit)
        assert numbers([item async for item in query], world) == expected
        assert numbers(await query.all(), world) == expected
        pages = [page async for page in query.pages()]
        assert [number for page in pages for number in numbers(page.items, world)] == expected
        assert all(page.count == len(page.items) <= page.scanned_count for page in pages)
        assert await query.count() == len(expected)
        first = await query.first()
        assert ([] if first is None else [first["n"]]) == expected[:1]

    run(read())


@settings(deadline=None, max_examples=150)
@given(world=worlds, limits=st.lists(st.none() | st.integers(1, 9), min_size=1, max_size=40))
def test_pages_by_cursor_are_all_items_however_they_are_split(world: World, limits: list[int | None]) -> None:
    async def read() -> None:
        app = world.table(world.server())
        found: list[int] = []
        cursor: str | None = None
        for limit in limits + [7] * 40:
            page: Page[Row] = await world.query(app, limit).page(cursor)
            assert limit is None or len(page.items) == limit or page.cursor is None
            found += numbers(page.items, world)
            cursor = page.cursor
            if cursor is None:
                break
        assert found == world.expected

    run(read())


@settings(deadline=None, max_examples=150)
@given(world=worlds, taken=st.integers(0, 30))
def test_leaving_a_loop_reads_no_page_that_was_not_needed(world: World, taken: int) -> None:
    async def read() -> None:
        server = world.server()
        seen = 0
        async for _ in world.query(world.table(server)):
            if seen == taken:
                break
            seen += 1
        needed = len(server.payloads)
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(server.payloads) <= needed + world.prefetch
        assert len(asyncio.all_tasks()) == 1

    run(read())


@settings(deadline=None, max_examples=150)
@given(world=worlds, segments=st.integers(1, 6), limit=st.none() | st.integers(0, 35))
def test_all_segments_together_are_the_table(world: World, segments: int, limit: int | None) -> None:
    async def read() -> None:
        app = world.table(world.server())
        scan = world.scan(app, segments, limit=limit)
        whole = set(world.expected)
        for items in (await scan.all(), [item async for item in scan]):
            found = numbers(items, world)
            assert len(found) == len(set(found)) == (len(whole) if limit is None else min(limit, len(whole)))
            assert whole.issuperset(found)
        assert await scan.count() == len(found)

    run(read())


@settings(deadline=None, max_examples=150)
@given(world=worlds, segments=st.integers(1, 5), cuts=st.lists(st.integers(0, 6), max_size=12))
def test_a_scan_that_is_interrupted_again_and_again_gives_every_item(
    world: World, segments: int, cuts: list[int]
) -> None:
    async def read() -> None:
        app = world.table(world.server())
        text = ScanCheckpoint().dumps()
        found: list[int] = []
        for cut in [*cuts, 1_000]:
            checkpoint = ScanCheckpoint.loads(text)
            async for page in world.scan(app, segments, checkpoint=checkpoint).pages():
                if cut == 0:
                    break
                cut -= 1
                found += numbers(page.items, world)
            text = checkpoint.dumps()
        assert sorted(found) == sorted(world.expected)
        assert ScanCheckpoint.loads(text).finished

    run(read())


# ── times to live ────────────────────────────────────────────────────────────────────────────────────────────────────
@settings(deadline=None)
@given(
    now=st.floats(0, 4e9),
    ttl=st.timedeltas(min_value=timedelta(microseconds=1), max_value=timedelta(days=100_000)),
)
def test_ttl_timestamp_calculation(now: float, ttl: timedelta) -> None:
    """Whole epoch seconds, never before the time that was asked for, and less than a second after it."""
    at = expiry(now, ttl)
    assert type(at) is int
    assert now + ttl.total_seconds() <= at < now + ttl.total_seconds() + 1


@settings(deadline=None, max_examples=50)
@given(
    now=st.integers(1, 4_000_000_000).map(lambda quarters: quarters / 4),
    ttl=st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=10_000)),
    later=st.integers(0, 10**9),
)
def test_what_is_put_with_a_ttl_is_hidden_from_then_on(now: float, ttl: timedelta, later: int) -> None:
    """What a put stores, and what a read with hide_expired asks for, agree on when an item is over."""
    clock = FakeClock(now)
    transport = FakeTransport(answer({}), answer({"Items": [], "Count": 0}))

    async def put_and_read() -> None:
        app = client(transport, clock=clock).table("app", ttl_attribute="until")
        await app.put_item({"PK": "a", "SK": "b"}, ttl=ttl)
        clock.advance(later)
        await app.scan(hide_expired=True).all()

    run(put_and_read())
    put, scan = transport.payloads
    stored = int(put["Item"]["until"]["N"])
    (bound,) = (int(value["N"]) for value in scan["ExpressionAttributeValues"].values() if "N" in value)
    alive = stored > bound  # the filter's last comparison
    assert scan["FilterExpression"].endswith("#n0 > :v1")
    assert alive == (clock.time() < stored)
