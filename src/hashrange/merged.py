"""Several queries as one, their items in the order of the sort key.

Owns the concurrent walk (each query has at most one page in hand and one read ahead), the merge, and the one cursor
over all: a position for each query, exact in mid-page, signed as every cursor. Must not know why there are several.
"""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import Iterable
from decimal import Decimal
from heapq import heapify, heappop, heapreplace
from typing import Any, TypeAlias, TypeVar

import msgspec
from msgspec import Struct

from .codec import encode_value
from .errors import DynamoDBError, InvalidCursor, ValidationError
from .operations.cursor import binding, decode_cursor, encode_cursor
from .operations.query import Plan, Read, fingerprint, plan, position
from .pagination import (
    Items,
    Page,
    PageIterator,
    Pages,
    Query,
    Walk,
    cancel_task,
    check_limit,
    merge_pages,
    read_ahead,
)
from .types import AttributeValue, WireItem

M = TypeVar("M")
N = TypeVar("N")

#: where a query stands: after this position; ``{}`` at its beginning, None at its end
Place: TypeAlias = "WireItem | None"
_BEGIN: WireItem = {}
_BEGIN_MARK, _END_MARK = 0, 1
_decode_places = msgspec.json.Decoder(list[int | list[tuple[str, str]]]).decode


class MergedQuery(Items[M], frozen=True, eq=False):
    """Queries that have not begun, as one; see ``Items`` for what can be done with it.

    Items come in the order of the sort key (text by its UTF-8 bytes, numbers by value, binary by its bytes); where two
    are equal, in the order of the queries. The queries go on at the same time; leaving a loop cancels what is read
    ahead. ``limit`` counts the items of all, and a ``Page.cursor`` continues all of them.
    """

    _queries: tuple[Query[M], ...] = ()

    @staticmethod
    def of(queries: Iterable[Query[N]], *, limit: int | None = None, cursor: str | None = None) -> MergedQuery[N]:
        """Merge queries of one table or index that differ in their partition keys.

        Args:
            queries: as ``Table.query`` makes them, all with the same options, and without limit and cursor.
            limit: at most so many items, of all queries together.
            cursor: go on where a ``Page.cursor`` of the same queries points to.

        Raises:
            ValidationError: there is no query, or they cannot be merged.
        """
        found = tuple(queries)
        if not found:
            raise ValidationError("there is no query to merge", hint="give at least one")
        first = found[0]
        for query in found:
            if _kind(query) != _kind(first):
                raise ValidationError(
                    "the queries differ in table, index, direction or projection",
                    hint="make them with the same options",
                )
            if query._limit is not None or query._cursor is not None:
                raise ValidationError("one of the queries has a limit or a cursor", hint="give them to the merge")
        return MergedQuery(first._reader, first._read, first._plan, check_limit(limit), cursor, False, found)

    async def count(self) -> int:
        """How many items there are (at most ``limit``). They are read, and paid for, but not transferred."""
        if self._reader.skips:  # items must be seen to be left out
            return sum([page.count async for page in self._pages(self._limit, self._deadline(), by_hand=True)])
        sides = self._sides(self._cursor, self._limit, self._deadline(), count_only=True)
        try:
            async with asyncio.TaskGroup() as group:
                counts = [group.create_task(side.count()) for side in sides]
        except BaseExceptionGroup as errors:
            first = errors.exceptions[0]
            raise first from first.__cause__
        total = sum(task.result() for task in counts)
        return total if self._limit is None else min(total, self._limit)

    def _pages(
        self, limit: int | None, deadline: float | None = None, plan: Plan | None = None, *, by_hand: bool = False
    ) -> Pages[M]:
        return PageIterator(self._walk(self._cursor, limit, deadline, self._plan, ahead=True))

    def _walk(
        self, cursor: str | None, limit: int | None, deadline: float | None, plan: Plan, *, ahead: bool = False
    ) -> Walk[M]:
        return MergeWalk(self, self._sides(cursor, limit, deadline), self._bound_to(), limit=limit, ahead=ahead)

    def _sides(
        self, cursor: str | None, limit: int | None, deadline: float | None, *, count_only: bool = False
    ) -> list[_Side]:
        places: list[Place] = [_BEGIN] * len(self._queries)
        if cursor is not None:
            try:
                places = self._places_of(cursor)
            except DynamoDBError as error:
                self._locate(error)
                raise
        share = None if limit is None or count_only else _share(limit, len(self._queries))
        return [
            _Side(query, place, limit=limit, deadline=deadline, share=share, count_only=count_only)
            for query, place in zip(self._queries, places, strict=True)
        ]

    def _bound_to(self) -> str:
        prints = [fingerprint(query._read, query._plan) for query in self._queries]
        return binding("MergedQuery", self._read.descending, *prints)

    def _places_of(self, cursor: str) -> list[Place]:
        found = decode_cursor(cursor, self._bound_to(), ("places",), self._reader.cursor_key)
        try:
            marks = _decode_places(found["places"].get("S", ""))
        except (ValueError, msgspec.MsgspecError):
            marks = []
        if len(marks) != len(self._queries):
            raise InvalidCursor("the cursor is damaged", hint="pass Page.cursor as it was")
        return [_place(mark, query._read) for mark, query in zip(marks, self._queries, strict=True)]

    def _locate(self, error: DynamoDBError) -> DynamoDBError:
        return error.with_context(table=self._read.schema.name, operation=self._read.operation)


def _kind(query: Query[Any]) -> tuple[Any, ...]:
    read = query._read
    index = None if read.index is None else read.index.name
    return read.schema.name, index, read.descending, query._plan.hidden


def _share(limit: int, queries: int) -> int:
    """How many items one query reads at a time: its even share of the limit, and a quarter more for unevenness."""
    return limit // queries + limit // (4 * queries) + 1


# ── the places of a cursor ───────────────────────────────────────────────────────────────────────────────────────────
def _mark(place: Place, read: Read) -> int | list[tuple[str, str]]:
    """A place, without the partition key, which the query has."""
    if place is None:
        return _END_MARK
    return [_only(place[name]) for name in _names(read)] if place else _BEGIN_MARK


def _place(mark: int | list[tuple[str, str]], read: Read) -> Place:
    if mark == _END_MARK:
        return None
    if mark == _BEGIN_MARK:
        return _BEGIN
    names = _names(read)
    if isinstance(mark, int) or len(mark) != len(names) or any(kind not in ("S", "N", "B") for kind, _ in mark):
        raise InvalidCursor("the cursor's position does not fit the keys of this table and index")
    assert read.partition is not None
    place: WireItem = {read.keys.partition_key: encode_value(read.partition)}
    place.update({name: {kind: content} for name, (kind, content) in zip(names, mark, strict=True)})
    return place


def _names(read: Read) -> list[str]:
    return [name for name in read.position_names if name != read.keys.partition_key]


def _only(value: AttributeValue) -> tuple[str, str]:
    ((kind, content),) = value.items()
    return kind, content


# ── order ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def sort_rank(value: AttributeValue) -> Any:
    """What a sort key's value in wire shape is compared by."""
    text: str | None = value.get("S")
    if text is not None:
        return text.encode("utf-8", "surrogatepass")
    return Decimal(value["N"]) if "N" in value else b64decode(value["B"])


class _Backwards:
    """A rank of which the greater one comes first."""

    __slots__ = ("_rank",)

    def __init__(self, rank: Any) -> None:
        self._rank = rank

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Backwards) and bool(self._rank == other._rank)

    def __lt__(self, other: _Backwards) -> bool:
        return bool(other._rank < self._rank)

    __hash__ = None  # type: ignore[assignment]


_NOTHING: Page[WireItem] = Page([], None, 0, 0)


# ── the walk ─────────────────────────────────────────────────────────────────────────────────────────────────────────
class _WirePage(Struct, frozen=True):
    """A page of one query in wire shape, and where the query stands after it."""

    page: Page[WireItem]
    after: Place


class _Side(Walk[Any]):
    """One of the queries: the page that is in hand, and the one that is read ahead.

    Its items stay in wire shape, with the attributes that positions need.
    """

    def __init__(
        self,
        query: Query[Any],
        place: Place,
        *,
        limit: int | None,
        deadline: float | None,
        share: int | None = None,
        count_only: bool = False,
    ) -> None:
        read = query._read
        how = plan(read, count_only=True) if count_only else query._plan
        if query._reader.skips:
            limit = share = None  # nobody knows how many of its items count
        if share is not None and read.page_size is None and not how.overread:
            read = msgspec.structs.replace(read, page_size=share)
        super().__init__(query._reader, read, how, limit=limit, deadline=deadline)
        self._start = place or None
        self.done = self.done or place is None
        self._before = self._after = place  # where the page in hand begins and ends
        self.items: list[WireItem] = []
        self.ranks: list[Any] = []
        self.taken = 0
        self.ahead: asyncio.Task[_WirePage] | None = None

    @property
    def empty(self) -> bool:
        """No item is in hand."""
        return self.taken == len(self.items)

    @property
    def dry(self) -> bool:
        """No item is in hand, and there may be more."""
        return self.empty and not (self.done and self.ahead is None)

    @property
    def place(self) -> Place:
        """After the last item that was taken, or further where nothing else was found."""
        if self.empty:
            return self._after
        return position(self.items[self.taken - 1], self._read) if self.taken else self._before

    @property
    def mark(self) -> int | list[tuple[str, str]]:
        return _mark(self.place, self._read)

    def read_ahead(self) -> None:
        if self.ahead is None and not self.done:
            self.ahead = read_ahead(self._read_page())

    def turn(self) -> Page[WireItem]:
        """Take the page that was read ahead in hand."""
        assert self.ahead is not None
        task, self.ahead = self.ahead, None
        read = task.result()
        self._before, self._after = self._after, read.after
        self.items, self.taken = read.page.items, 0
        sort_key = self._read.keys.sort_key
        self.ranks = [None if sort_key is None else sort_rank(item[sort_key]) for item in self.items]
        if self._read.descending:
            self.ranks = [_Backwards(rank) for rank in self.ranks]
        return read.page

    def stop(self) -> None:
        """Cancel what is under way; a page that is there stays: the walk has gone past it."""
        task = self.ahead
        if task is not None and not (task.done() and not task.cancelled() and task.exception() is None):
            self.ahead = None
            cancel_task(task)

    async def count(self) -> int:
        total = 0
        while not self.done:
            total += (await self.next_page()).count
        return total

    async def _read_page(self) -> _WirePage:
        """The next page that has items, or the last one."""
        pages: list[Page[WireItem]] = []
        while True:
            pages.append(await self.next_page())
            if pages[-1].items or self.done:
                self._check(pages[-1].items)
                return _WirePage(merge_pages(pages), self._start)

    def _check(self, items: list[WireItem]) -> None:
        missing = [name for name in self._read.position_names if items and name not in items[0]]
        if missing:
            raise ValidationError(
                f"the projection leaves out {', '.join(map(repr, missing))}, by which items are merged",
                hint="name the key attributes in it, or give it as a list of names",
                table=self._read.schema.name,
                operation=self._read.operation,
            )

    def _cursor_at(self, place: WireItem) -> str:
        return ""  # the merge has cursors of its own

    def _decoded(self, wire_items: list[WireItem]) -> list[WireItem]:
        return wire_items


class MergeWalk(Walk[M]):
    """One way through several queries: a page is what can be told without reading on.

    Args:
        ahead: whether pages are read ahead; only as far as what is in hand cannot be enough.
    """

    def __init__(
        self, merged: MergedQuery[M], sides: list[_Side], bound_to: str, *, limit: int | None, ahead: bool
    ) -> None:
        self._sides = sides
        super().__init__(merged._reader, merged._read, merged._plan, limit=limit)
        self._bound_to, self._ahead = bound_to, ahead
        self.done = self.done or not any(side.dry for side in sides)

    async def next_page(self) -> Page[M]:
        try:
            read = await self._fill()
        except BaseException:
            for side in self._sides:
                side.stop()
            raise
        items = self._decoded(self._merge())
        if self._reader.skips:
            items = [item for item in items if item is not None]
        if self._left is not None:
            self._left -= len(items)
        self.done = self._left == 0 or all(side.empty and not side.dry for side in self._sides)
        cost = merge_pages([_NOTHING, *read])
        return Page(items, self._cursor(), len(items), cost.scanned_count, cost.consumed)

    async def _fill(self) -> list[Page[WireItem]]:
        """Have a page of every query in hand that is not at its end; give those that are new."""
        dry = [side for side in self._sides if side.dry]
        for side in dry:
            side.read_ahead()
        tasks = [side.ahead for side in dry if side.ahead is not None]
        if tasks:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in tasks:
            if task.done():
                task.result()  # an error, before any page is taken in hand
        return [side.turn() for side in dry]

    def _merge(self) -> list[WireItem]:
        """Take items in order, until the limit or until the next one cannot be told without reading on."""
        sign = -1 if self._read.descending else 1
        # each query's next item: its rank, and for equal ones the query's own, which no other has
        heap = [
            (side.ranks[side.taken], sign * number, side) for number, side in enumerate(self._sides) if not side.empty
        ]
        heapify(heap)
        taken: list[WireItem] = []
        while heap and len(taken) != self._left:
            _, order, side = heap[0]
            items, after = side.items, side.taken + 1
            taken.append(items[side.taken])
            side.taken = after
            if after == (len(items) + 1) // 2 and self._ahead and not self._enough(len(taken)):
                side.read_ahead()
            if after < len(items):
                heapreplace(heap, (side.ranks[after], order, side))
            elif side.dry:
                break
            else:
                heappop(heap)
        return taken

    def _enough(self, taken: int) -> bool:
        """Whether what is in hand may do for the limit."""
        if self._left is None:
            return False
        return self._left - taken <= sum(len(side.items) - side.taken for side in self._sides)

    def _cursor(self) -> str | None:
        marks = [side.mark for side in self._sides]
        if all(mark == _END_MARK for mark in marks):
            return None
        places: WireItem = {"places": {"S": msgspec.json.encode(marks).decode()}}
        return encode_cursor(places, self._bound_to, self._reader.cursor_key)

    def __del__(self) -> None:
        for side in self._sides:
            cancel_task(side.ahead)
