"""Queries and scans as people use them: items, pages, cursors.

Owns going from page to page: limits over pages, cursors in mid-page, reading ahead. The walk over several segments at
once is ``parallel_scan``. Must not know expressions or sockets.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from math import inf
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from msgspec import Struct
from msgspec.structs import replace

from .clock import Clock
from .dispatch import Call
from .errors import DynamoDBError, ItemNotFound, MultipleItemsFound, ValidationError
from .expressions import Raw
from .operations.cursor import decode_cursor, encode_cursor
from .operations.query import Plan, Read, fingerprint, item_key, plan, position
from .telemetry.usage import ConsumedCapacity, consumed_capacity
from .time_to_live import LATEST_EPOCH_SECONDS
from .types import WireItem, WireObject

M = TypeVar("M")
N = TypeVar("N")
T = TypeVar("T")


class Page(Struct, Generic[M], frozen=True):
    """Some items, and where to go on.

    Attributes:
        items: decoded.
        cursor: continues after the last of these items; None at the end. Opaque and URL-safe.
        count: how many items these are.
        scanned_count: how many items were read (and paid for) to find them, before the filter.
        consumed: capacity; None unless ``Config.capacity`` asks for it.
    """

    items: list[M]
    cursor: str | None
    count: int
    scanned_count: int
    consumed: ConsumedCapacity | None = None


class Reader(Struct, Generic[M], frozen=True):
    """What a read needs of its table and client."""

    dispatch: Callable[[Call], Awaitable[WireObject]]
    decode: Callable[[WireItem], M]
    clock: Clock
    cursor_key: bytes | None
    timeout: float | None = None
    #: whether ``decode`` gives None for items that are to be left out
    skips: bool = False

    def __repr__(self) -> str:
        return "<Reader>"  # it holds a secret


class Walk(Generic[M]):
    """One way through a read, page by page.

    Args:
        cursor: where to go on, or None.
        limit: how many items to return in all, or None.
        deadline: for all pages together, on the clock's monotonic(); None: each page has the call's timeout.

    Raises:
        InvalidCursor: the cursor is damaged, or belongs to another query.
    """

    def __init__(
        self,
        reader: Reader[M],
        read: Read,
        plan: Plan,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        deadline: float | None = None,
    ) -> None:
        self._reader, self._read, self._plan = reader, read, plan
        self._left, self._deadline = limit, deadline
        self._start = None if cursor is None else self._position_of(cursor)
        self.done = limit == 0

    async def next_page(self) -> Page[M]:
        """The next page of the service, cut off at the limit; it may be empty and yet not the last."""
        answer = await self._reader.dispatch(self._call())
        wire_items: list[WireItem] = answer.get("Items") or []
        count: int = answer.get("Count", len(wire_items))
        scanned_count: int = answer.get("ScannedCount", count)
        start: WireItem | None = answer.get("LastEvaluatedKey") or None
        items: list[M] | None = None
        if self._reader.skips:
            wire_items, items = self._kept(wire_items)
            count = len(items)
        if self._left is not None:
            if count > self._left:
                count = self._left
                if wire_items:  # there are none where they are only counted, and nobody goes on from there
                    wire_items = wire_items[:count]
                    start = position(wire_items[-1], self._read)
            self._left -= count
        self._start = start
        self.done = start is None or self._left == 0
        return Page(
            items=self._decoded(wire_items) if items is None else items[:count],
            cursor=None if start is None else self._cursor_at(start),
            count=count,
            scanned_count=scanned_count,
            consumed=consumed_capacity(self._plan.operation, answer),
        )

    def _cursor_at(self, place: WireItem) -> str:
        return encode_cursor(place, fingerprint(self._read, self._plan), self._reader.cursor_key)

    def _position_of(self, cursor: str) -> WireItem:
        read = self._read
        try:
            return decode_cursor(cursor, fingerprint(read, self._plan), read.position_names, self._reader.cursor_key)
        except DynamoDBError as error:
            error.with_context(table=read.schema.name, operation=read.operation, key=read.partition)
            raise

    def _call(self) -> Call:
        limit = self._read.page_size
        # what is left out is known only after reading; but of raw text no position in mid-page is known
        overread = self._plan.overread or (self._reader.skips and not isinstance(self._read.projection, Raw))
        if self._left is not None and not overread:
            limit = self._left if limit is None else min(limit, self._left)
        timeout = self._reader.timeout
        if self._deadline is not None:
            timeout = max(0.0, self._deadline - self._reader.clock.monotonic())
        return Call(
            self._plan.operation,
            self._plan.page(self._start, limit),
            self._read.schema.name,
            self._read.partition,
            timeout,
        )

    def _kept(self, wire_items: list[WireItem]) -> tuple[list[WireItem], list[M]]:
        """What is not left out, in wire shape and decoded."""
        kept = [
            (wire, item) for wire, item in zip(wire_items, self._decoded(wire_items), strict=True) if item is not None
        ]
        return [wire for wire, _ in kept], [item for _, item in kept]

    def _decoded(self, wire_items: list[WireItem]) -> list[M]:
        decode, hidden = self._reader.decode, self._plan.hidden
        items: list[M] = []
        try:
            for item in wire_items:
                shown = {name: item[name] for name in item if name not in hidden} if hidden else item
                items.append(decode(shown))
        except DynamoDBError as error:
            schema = self._read.schema
            key = item_key(wire_items[len(items)], schema.keys)
            error.with_context(table=schema.name, operation=self._read.operation, key=key)
            raise
        return items


class Pages(AsyncIterator[Page[M]]):
    """An iterator over pages that may want to know when a page has been used."""

    def used(self, page: Page[M]) -> None:
        """The page is not needed any more."""


class PageIterator(Pages[M]):
    """The pages of one walk. With ``prefetch``, the next page is fetched while this one is in use; leaving the loop
    cancels that."""

    def __init__(self, walk: Walk[M], *, prefetch: bool = False) -> None:
        self._walk, self._prefetch = walk, prefetch
        self._ahead: asyncio.Task[Page[M]] | None = None

    async def __anext__(self) -> Page[M]:
        ahead, self._ahead = self._ahead, None
        if ahead is None:
            if self._walk.done:
                raise StopAsyncIteration
            page = await self._walk.next_page()
        else:
            page = await ahead
        if self._prefetch and not self._walk.done:
            self._ahead = read_ahead(self._walk.next_page())
        return page

    def __del__(self) -> None:
        cancel_task(self._ahead)


class ItemIterator(AsyncIterator[M]):
    """The items of pages, one by one."""

    def __init__(self, pages: AsyncIterator[Page[M]]) -> None:
        self._pages = pages
        self._items: list[M] = []  # of the current page, last first

    async def __anext__(self) -> M:
        while not self._items:
            self._items = (await anext(self._pages)).items[::-1]
        return self._items.pop()


def read_ahead(reading: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """A task that reads what may be wanted later, and may fail unseen: awaiting it still raises."""
    task = asyncio.create_task(reading)
    task.add_done_callback(_look_at)
    return task


def _look_at(task: asyncio.Task[Any]) -> None:
    """So that asyncio does not complain of an error that nobody looked at."""
    if not task.cancelled():
        task.exception()


def cancel_task(task: asyncio.Task[Any] | None) -> None:
    """Cancel a task whose result nobody wants any more, even where its loop has ended meanwhile."""
    if task is not None and not task.get_loop().is_closed():
        task.cancel()


class Items(Struct, Generic[M], frozen=True, eq=False):
    """A query or a scan that has not begun. Nothing is sent until it is iterated, or one of its methods is awaited;
    each of these begins anew.

    Iterate it for items (``async for item in query``), or use ``pages``, ``page``, ``all``, ``first``, ``one``,
    ``count`` or ``for_each_page``. All of them raise what a call raises, and ``ItemDecodeError``.
    """

    _reader: Reader[M]
    _read: Read
    _plan: Plan
    _limit: int | None = None
    _cursor: str | None = None
    _prefetch: bool = False

    def __repr__(self) -> str:
        index = "" if self._read.index is None else f" index {self._read.index.name!r}"
        return f"<{type(self).__name__} on table {self._read.schema.name!r}{index}>"

    if not TYPE_CHECKING:  # for type checkers it cannot be awaited at all

        def __await__(self):
            kind = type(self).__name__
            raise TypeError(
                f"a {kind} cannot be awaited: use 'async for item in ...', 'await ....all()', '.first()', '.one()', "
                "'.page()' or '.count()'"
            )

    def __aiter__(self) -> AsyncIterator[M]:
        return ItemIterator(self.pages())

    def pages(self) -> AsyncIterator[Page[M]]:
        """The pages as the service gives them, cut off at ``limit``; a page may be empty and yet not the last."""
        return self._pages(self._limit)

    async def page(self, cursor: str | None = None) -> Page[M]:
        """One page: with ``limit=n``, n items (fewer only at the end), else what one request gives.

        Args:
            cursor: ``Page.cursor`` of the page before; None: the query's own cursor, or the beginning.

        Raises:
            InvalidCursor: the cursor is damaged, or belongs to another query.
        """
        if cursor is None:
            cursor = self._cursor
        walk = self._walk(cursor, self._limit, self._deadline(), self._plan)
        if walk.done:
            return Page([], cursor, 0, 0)
        page = await walk.next_page()
        if self._limit is None or walk.done:
            return page
        pages = [page]
        while not walk.done:
            pages.append(await walk.next_page())
        return merge_pages(pages)

    async def all(self, max_items: int | None = None) -> list[M]:
        """All items, at most ``max_items``, as a list; the call's timeout is for all of them together."""
        try:
            check_limit(max_items, "max_items")
        except DynamoDBError as error:
            self._locate(error)
            raise
        given = [limit for limit in (self._limit, max_items) if limit is not None]
        pages = self._pages(min(given, default=None), self._deadline(), by_hand=True)
        found = [page async for page in pages]
        for page in found:
            pages.used(page)
        return [item for page in found for item in page.items]

    async def first(self) -> M | None:
        """The first item, or None."""
        found = await self.all(max_items=1)
        return found[0] if found else None

    async def one(self) -> M:
        """The only item.

        Raises:
            ItemNotFound: there is none.
            MultipleItemsFound: there is more than one.
        """
        found = await self.all(max_items=2)
        if len(found) == 1:
            return found[0]
        if found:
            raise self._locate(
                MultipleItemsFound("more than one item was found", hint="use first(), or narrow the query")
            )
        raise self._locate(ItemNotFound("no item was found", hint="use first() where there may be none"))

    async def count(self) -> int:
        """How many items there are (at most ``limit``). They are read, and paid for, but not transferred, unless a
        function of ``map`` has to see them."""
        counting = self._plan if self._reader.skips else plan(self._read, count_only=True)
        total = 0
        async for page in self._pages(self._limit, self._deadline(), counting, by_hand=True):
            total += page.count
        return total

    async def for_each_page(self, fn: Callable[[Page[M]], Awaitable[None]], *, concurrency: int = 8) -> None:
        """Await ``fn(page)`` for every page, at most ``concurrency`` at a time; order does not matter.

        The first error cancels the others and is raised.
        """
        if type(concurrency) is not int or concurrency < 1:
            raise self._locate(
                ValidationError(f"concurrency is {concurrency!r}; it must be a whole number of at least 1")
            )
        slots = asyncio.Semaphore(concurrency)
        pages = self._pages(self._limit, by_hand=True)

        async def process(page: Page[M]) -> None:
            try:
                await fn(page)
                pages.used(page)
            finally:
                slots.release()

        try:
            async with asyncio.TaskGroup() as group:
                async for page in pages:
                    await slots.acquire()
                    group.create_task(process(page))
        except BaseExceptionGroup as errors:
            first = errors.exceptions[0]
            raise first from first.__cause__

    def _mapped(self, fn: Callable[[M], N | None]) -> Reader[N]:
        """A reader that gives ``fn(item)``, and leaves out that for which it is None."""
        reader, decode = self._reader, self._reader.decode
        if reader.skips:

            def mapped(wire: WireItem) -> Any:
                item: Any = decode(wire)
                return None if item is None else fn(item)
        else:

            def mapped(wire: WireItem) -> Any:
                return fn(decode(wire))

        other: Reader[N] = replace(cast("Any", reader), decode=mapped, skips=True)
        return other

    def _deadline(self) -> float | None:
        return None if self._reader.timeout is None else self._reader.clock.monotonic() + self._reader.timeout

    def _pages(
        self, limit: int | None, deadline: float | None = None, plan: Plan | None = None, *, by_hand: bool = False
    ) -> Pages[M]:
        """The pages of a walk of its own; ``by_hand``: the caller says which of them have been ``used``."""
        walk = self._walk(self._cursor, limit, deadline, self._plan if plan is None else plan)
        return PageIterator(walk, prefetch=self._prefetch)

    def _walk(self, cursor: str | None, limit: int | None, deadline: float | None, plan: Plan) -> Walk[M]:
        return Walk(self._reader, self._read, plan, cursor=cursor, limit=limit, deadline=deadline)

    def _locate(self, error: DynamoDBError) -> DynamoDBError:
        read = self._read
        return error.with_context(table=read.schema.name, operation=read.operation, key=read.partition)


class Query(Items[M], frozen=True, eq=False):
    """A Query that has not begun; see ``Items``."""

    def map(self, fn: Callable[[M], N | None]) -> Query[N]:
        """The same query with ``fn(item)`` in the place of each item.

        Where that is None, the item is left out: neither ``limit`` nor ``count`` counts it, and cursors pass over it.
        """
        return Query(self._mapped(fn), self._read, self._plan, self._limit, self._cursor, self._prefetch)

    async def execute_after_write(self, written_at: datetime | float, min_delay: timedelta | float) -> list[M]:
        """All items, as ``all()``, but not before a write has had time to arrive: in an index, or in another region.

        What cannot be read consistently is mostly there after some hundred milliseconds; nothing promises it. Where it
        can be, use ``consistent=True`` instead.

        Args:
            written_at: when the write was acknowledged: a datetime with a time zone, or epoch seconds. A time to come
                (of another machine, whose clock is ahead) counts as now.
            min_delay: how long after that, at least: a timedelta, or seconds. Waiting is not part of the timeout.

        Raises:
            ValidationError: one is not a time; and as ``all``.
        """
        try:
            delay = _seconds(min_delay, "min_delay")
            wait = min(_epoch_seconds(written_at) + delay - self._reader.clock.time(), delay)
        except DynamoDBError as error:
            self._locate(error)
            raise
        if wait > 0:
            await self._reader.clock.sleep(wait)
        return await self.all()


def _seconds(value: timedelta | float, name: str) -> float:
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if type(seconds) not in (int, float) or not 0 <= seconds < inf:
        raise ValidationError(f"{name} is {value!r}; it must be a timedelta or a number of seconds, 0 or more")
    return seconds


def _epoch_seconds(written_at: datetime | float) -> float:
    if isinstance(written_at, datetime):
        if written_at.tzinfo is None:
            raise ValidationError(
                "written_at has no time zone", hint="use datetime.now(UTC), or epoch seconds as time.time() gives them"
            )
        return written_at.timestamp()
    seconds = _seconds(written_at, "written_at")
    if seconds > LATEST_EPOCH_SECONDS:
        raise ValidationError("written_at is in milliseconds, or later than the year 5138", hint="give epoch seconds")
    return seconds


def merge_pages(pages: list[Page[M]]) -> Page[M]:
    """Pages in a row as one."""
    consumed: ConsumedCapacity | None = None
    for page in pages:
        if page.consumed is not None:
            consumed = page.consumed if consumed is None else consumed + page.consumed
    return Page(
        items=[item for page in pages for item in page.items],
        cursor=pages[-1].cursor,
        count=sum(page.count for page in pages),
        scanned_count=sum(page.scanned_count for page in pages),
        consumed=consumed,
    )


def check_limit(limit: int | None, name: str = "limit") -> int | None:
    """Refuse a limit that is not a number of items."""
    if limit is not None and (type(limit) is not int or limit < 0):
        raise ValidationError(f"{name} is {limit!r}; it must be a whole number of items, 0 or more")
    return limit
