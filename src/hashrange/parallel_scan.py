"""Scans, in one segment or in several at once.

Owns the concurrent walk and its checkpoint. Memory is bounded: at most one page of each segment is read ahead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

from .errors import DynamoDBError, InvalidCursor, ValidationError
from .operations.query import Plan, fingerprint
from .pagination import Items, Page, Pages, Walk, cancel_task, read_ahead

M = TypeVar("M")
N = TypeVar("N")


class ScanCheckpoint:
    """Where each segment of a parallel scan stands, so that an interrupted scan can go on.

    Pass it to ``scan(segments=n, checkpoint=checkpoint)`` and keep ``dumps()`` wherever it is safe; make it again with
    ``loads``. A segment moves on when a page of it has been used: in a loop when the next one is asked for, in
    ``for_each_page`` when its function has returned, in ``all`` when all have been read. After an interruption the
    pages in use are read again (each item at least once). ``count`` begins where the checkpoint stands and does not
    move it.

    Args:
        on_change: called with the checkpoint whenever a segment has moved on, for example to write ``dumps()`` to a
            file.
    """

    def __init__(self, on_change: Callable[[ScanCheckpoint], None] | None = None) -> None:
        self._on_change = on_change
        self._cursors: dict[int, str | None] = {}  # segment → where to go on; None: it is finished
        self._segments = 0
        self._bound_to = ""

    def __repr__(self) -> str:
        finished = sum(cursor is None for cursor in self._cursors.values())
        return f"<ScanCheckpoint {finished} of {self._segments or '?'} segments finished>"

    @property
    def finished(self) -> bool:
        """Whether every segment has been read to its end."""
        return 0 < self._segments == sum(cursor is None for cursor in self._cursors.values())

    def dumps(self) -> str:
        """The checkpoint as text."""
        return msgspec.json.encode(_Document(1, self._segments, self._cursors, self._bound_to)).decode()

    @classmethod
    def loads(cls, text: str, on_change: Callable[[ScanCheckpoint], None] | None = None) -> ScanCheckpoint:
        """The checkpoint of ``dumps``.

        Args:
            text: what ``dumps`` gave.
            on_change: as for a new one.

        Raises:
            InvalidCursor: the text is not a checkpoint, or one of another version.
        """
        try:
            document = _decode_document(text)
        except (ValueError, TypeError):
            raise InvalidCursor("the text is not a scan's checkpoint", hint="pass what dumps() gave") from None
        if document.version != 1:
            raise InvalidCursor(f"the checkpoint has version {document.version}; this release knows version 1")
        if not all(0 <= segment < document.segments for segment in document.cursors):
            raise InvalidCursor("the checkpoint has cursors of segments that it does not have")
        checkpoint = cls(on_change)
        checkpoint._segments, checkpoint._cursors = document.segments, document.cursors
        checkpoint._bound_to = document.bound_to
        return checkpoint

    def begin(self, segments: int, bound_to: str) -> None:
        """Bind to a scan: so many segments, and the fingerprint of what is read.

        Raises:
            InvalidCursor: it belongs to a scan of another table or index, or with another number of segments.
        """
        if self._bound_to not in ("", bound_to):
            raise InvalidCursor("the checkpoint belongs to a scan of another table or index")
        if self._segments not in (0, segments):
            raise InvalidCursor(
                f"the checkpoint belongs to a scan with {self._segments} segments, not {segments}",
                hint=f"go on with segments={self._segments}",
            )
        self._segments, self._bound_to = segments, bound_to

    def is_finished(self, segment: int) -> bool:
        """Whether a segment (from 0) has been read to its end."""
        return segment in self._cursors and self._cursors[segment] is None

    def cursor(self, segment: int) -> str | None:
        return self._cursors.get(segment)

    def move(self, segment: int, cursor: str | None) -> None:
        self._cursors[segment] = cursor
        if self._on_change is not None:
            self._on_change(self)


class _Document(msgspec.Struct):
    version: int
    segments: int
    cursors: dict[int, str | None]
    bound_to: str


_decode_document = msgspec.json.Decoder(_Document).decode


class Scan(Items[M], frozen=True, eq=False):
    """A Scan that has not begun; see ``Items``. With several segments they are read at the same time, and items come in
    no order."""

    _segments: int = 1
    _checkpoint: ScanCheckpoint | None = None

    def map(self, fn: Callable[[M], N | None]) -> Scan[N]:
        """The same scan with ``fn(item)`` in the place of each item; where that is None, the item is left out, as in
        ``Query.map``."""
        return Scan(
            self._mapped(fn), self._read, self._plan, self._limit, self._cursor, self._prefetch, self._segments,
            self._checkpoint,
        )  # fmt: skip

    async def page(self, cursor: str | None = None) -> Page[M]:
        if self._segments == 1 and self._checkpoint is None:
            return await super().page(cursor)
        raise self._locate(
            ValidationError(
                "one page of a scan in segments, or with a checkpoint, has no cursor",
                hint="use segments=1 for cursors, and checkpoint= to go on with a scan in segments",
            )
        )

    def _pages(
        self, limit: int | None, deadline: float | None = None, plan: Plan | None = None, *, by_hand: bool = False
    ) -> Pages[M]:
        if self._segments == 1 and self._checkpoint is None:
            return super()._pages(limit, deadline, plan, by_hand=by_hand)
        checkpoint = ScanCheckpoint() if self._checkpoint is None else self._checkpoint
        base = self._plan if plan is None else plan
        try:
            checkpoint.begin(self._segments, fingerprint(self._read, base))
        except DynamoDBError as error:
            self._locate(error)
            raise
        walks = {
            # no segment needs to give more than the limit of all
            segment: self._walk(checkpoint.cursor(segment), limit, deadline, base.of_segment(segment, self._segments))
            for segment in range(self._segments)
            if not checkpoint.is_finished(segment)
        }
        return SegmentPages(walks, checkpoint, limit, by_hand=by_hand)


class _InUse(Struct, Generic[M]):
    """A page that was handed out, and the end of which its segment has not moved to yet."""

    segment: int
    page: Page[M]
    used: bool = False


class SegmentPages(Pages[M]):
    """The pages of several walks that go on at the same time; leaving the loop cancels them.

    A page counts as used when the next one is asked for; with ``by_hand``, when ``used`` is told so.
    """

    def __init__(
        self, walks: dict[int, Walk[M]], checkpoint: ScanCheckpoint, limit: int | None, *, by_hand: bool = False
    ) -> None:
        self._walks, self._checkpoint, self._left, self._by_hand = walks, checkpoint, limit, by_hand
        self._begun = False
        self._tasks: dict[asyncio.Task[Page[M]], int] = {}  # a page that is read, or read ahead → its segment
        self._done: asyncio.Queue[asyncio.Task[Page[M]]] = asyncio.Queue()
        self._in_use: list[_InUse[M]] = []  # in the order in which they were handed out

    async def __anext__(self) -> Page[M]:
        if self._in_use and not self._by_hand:
            self.used(self._in_use[-1].page)
        if not self._begun:
            self._begun = True
            for segment in self._walks:
                self._read_ahead(segment)
        if not self._tasks:
            raise StopAsyncIteration
        task = await self._done.get()
        segment = self._tasks.pop(task)
        try:
            page = self._cut(segment, task.result())
        except BaseException:
            self._cancel()
            raise
        self._read_ahead(segment)
        return page

    def _read_ahead(self, segment: int) -> None:
        walk = self._walks[segment]
        if walk.done or self._left == 0:
            return
        task = read_ahead(walk.next_page())
        self._tasks[task] = segment
        # it must not know this iterator: so the iterator ends when its loop is left, and ends the tasks
        task.add_done_callback(self._done.put_nowait)

    def used(self, page: Page[M]) -> None:
        """The page is not needed any more: its segment moves on, past all its pages up to the first still in use."""
        for one in self._in_use:
            one.used = one.used or one.page is page
        waiting: set[int] = set()
        left: list[_InUse[M]] = []
        for one in self._in_use:
            if one.used and one.segment not in waiting:
                self._checkpoint.move(one.segment, one.page.cursor)
            else:
                waiting.add(one.segment)
                left.append(one)
        self._in_use = left

    def _cut(self, segment: int, page: Page[M]) -> Page[M]:
        """The page, cut off at the limit; then its segment does not move on, for the rest of the page is not used."""
        if self._left is not None and page.count > self._left:
            page = Page(page.items[: self._left], page.cursor, self._left, page.scanned_count, page.consumed)
        else:
            self._in_use.append(_InUse(segment, page))
        if self._left is not None:
            self._left -= page.count
            if self._left == 0:
                self._cancel()
        return page

    def _cancel(self) -> None:
        for task in self._tasks:
            cancel_task(task)
        self._tasks = {}

    def __del__(self) -> None:
        self._cancel()
