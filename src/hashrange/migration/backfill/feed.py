"""Pages of items, made in a thread of their own: the next one is read and mapped while the last one is written.

Owns the thread, the snapshot that it holds, and their end. Must not know where items go.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Final, TypeVar

from msgspec import Struct

from ...types import Item
from ..errors import RowRefused
from ..mapping.entity import EntityMapping
from ..source.reader import Page, Reader
from ..source.schema import SourceSchema
from ..source.sql import SqlSource
from .checkpoints import Chunk

T = TypeVar("T")

_END_SECONDS: Final = 10.0  # for a query that is under way when the feed is left


class Batch(Struct):
    """A page as items.

    Attributes:
        items: with the keys of their rows.
        refused: rows that cannot become one.
        last: the key of the page's last row.
        read: how many rows the page had.
    """

    items: list[tuple[dict[str, Any], Item]]
    refused: list[RowRefused]
    last: tuple[Any, ...]
    read: int


class Feed:
    """``async with Feed(...) as feed: async for batch in feed``: the rows of a chunk as items, in one snapshot.

    Args:
        source, schema: what is read, and what is known of it.
        mapping: makes the items.
        chunk: which rows.
        after: the key behind which to begin; None: at the chunk's beginning.
        page_rows: rows a batch.

    Raises:
        SourceLost: the connection was lost: a new feed can go on behind the last batch.
        MigrationError: the source refuses.
    """

    def __init__(
        self,
        source: SqlSource,
        mapping: EntityMapping,
        chunk: Chunk,
        *,
        after: tuple[Any, ...] | None,
        page_rows: int,
        schema: SourceSchema,
    ) -> None:
        self._source, self._mapping, self._schema = source, mapping, schema
        self._after, self._until, self._page_rows = after or chunk.after, chunk.until, page_rows
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="backfill")
        self._opened = ExitStack()
        self._pages: Iterator[Page] | None = None
        self._ahead: asyncio.Future[Batch | None] | None = None

    async def __aenter__(self) -> Feed:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # in the thread that opened it, after the query that it is at; a database that hangs holds nobody up
        closing = self._in_thread(self._opened.close)
        self._thread.shutdown(wait=False)
        await asyncio.wait({closing}, timeout=_END_SECONDS)

    def __aiter__(self) -> Feed:
        return self

    async def __anext__(self) -> Batch:
        if self._ahead is None:
            self._ahead = self._in_thread(self._next)
        batch = await self._ahead
        if batch is None:
            raise StopAsyncIteration
        self._ahead = self._in_thread(self._next)
        return batch

    def _in_thread(self, work: Callable[[], T]) -> asyncio.Future[T]:
        found = asyncio.get_running_loop().run_in_executor(self._thread, work)
        found.add_done_callback(_heard)
        return found

    def _next(self) -> Batch | None:
        if self._pages is None:
            snapshot = self._opened.enter_context(self._source.snapshot())
            reader = Reader(snapshot, self._mapping.needs, self._schema, entity=self._mapping.name)
            self._pages = reader.pages(self._after, self._until, self._page_rows)
        page = next(self._pages, None)
        return None if page is None else batch_of(page, self._mapping)


def _heard(found: asyncio.Future[Any]) -> None:
    """A page that nobody waits for any more may fail in silence."""
    if not found.cancelled():
        found.exception()


def batch_of(page: Page, mapping: EntityMapping) -> Batch:
    """The items of a page."""
    items: list[tuple[dict[str, Any], Item]] = []
    refused = list(page.refused)
    record, to_item, key = mapping.record, mapping.to_item, mapping.row_key
    for row in page.rows:
        try:
            items.append((key(row), to_item(record(row))))
        except RowRefused as error:
            error.row = key(row)  # as the source names it, not as the record does
            refused.append(error)
    return Batch(items, refused, page.last, len(page.rows) + len(page.refused))


def in_own_thread(source: SqlSource, work: Callable[[SqlSource], T]) -> asyncio.Future[T]:
    """Run something with the source in a thread that ends with it."""
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="backfill")
    found = asyncio.get_running_loop().run_in_executor(thread, work, source)
    thread.shutdown(wait=False)
    return found
