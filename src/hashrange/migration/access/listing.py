"""Records of a query or a scan that has not begun: items, pages, cursors, counts.

A ``Query`` whose items are records, and whose calls are known to be the repository's. Where an index holds only some
attributes, the items are read whole from the table, a page at a time. Must not know mappings.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ...errors import ItemNotFound, MultipleItemsFound
from ...pagination import Items, Page

R = TypeVar("R")

#: from what an index holds to whole records; what is not there any more is left out
Complete = Callable[[list[Any]], Awaitable[list[R]]]


class Listing(Generic[R]):
    """Nothing is sent until it is iterated (``async for record in listing``), or one of its methods is awaited; each of
    these begins anew.

    Args:
        items: the query or scan.
        within: stands around each call.
        complete: reads items whole; None: they are.
    """

    def __init__(
        self,
        items: Items[Any],
        within: Callable[[], AbstractContextManager[None]],
        complete: Complete[R] | None = None,
    ) -> None:
        self._items, self._within, self._complete = items, within, complete

    def __repr__(self) -> str:
        return f"<Listing of {self._items!r}>"

    if not TYPE_CHECKING:

        def __await__(self):
            raise TypeError(
                "a Listing cannot be awaited: use 'async for record in ...', 'await ....all()', '.first()', '.one()', "
                "'.page()' or '.count()'"
            )

    async def __aiter__(self) -> AsyncIterator[R]:
        async for page in self.pages():
            for record in page.items:
                yield record

    async def pages(self) -> AsyncIterator[Page[R]]:
        """The pages as the service gives them, cut off at the limit; a page may be empty and yet not the last."""
        pages = self._items.pages()
        while True:
            with self._within():
                page = await anext(pages, None)
                if page is None:
                    return
                whole = await self._whole(page)
            yield whole

    async def page(self, cursor: str | None = None) -> Page[R]:
        """One page: with ``limit=n``, n records (fewer only at the end), else what one request gives.

        Args:
            cursor: ``Page.cursor`` of the page before; None: the beginning.

        Raises:
            InvalidCursor: the cursor is damaged, or belongs to another query.
        """
        with self._within():
            return await self._whole(await self._items.page(cursor))

    async def all(self, max_items: int | None = None) -> list[R]:
        """All records, at most ``max_items``, as a list."""
        with self._within():
            found: list[Any] = await self._items.all(max_items)
            return found if self._complete is None else await self._complete(found)

    async def first(self) -> R | None:
        """The first record, or None."""
        found = await self.all(max_items=1)
        return found[0] if found else None

    async def one(self) -> R:
        """The only record.

        Raises:
            ItemNotFound: there is none.
            MultipleItemsFound: there is more than one.
        """
        found = await self.all(max_items=2)
        if not found:
            raise ItemNotFound("no record was found", hint="use first() where there may be none")
        if len(found) > 1:
            raise MultipleItemsFound("more than one record was found", hint="use first(), or narrow the query")
        return found[0]

    async def count(self) -> int:
        """How many there are, at most the limit. They are read, and paid for."""
        with self._within():
            return await self._items.count()

    async def _whole(self, page: Page[Any]) -> Page[R]:
        if self._complete is None or not page.items:
            return page
        items = await self._complete(page.items)
        return Page(items, page.cursor, len(items), page.scanned_count, page.consumed)
