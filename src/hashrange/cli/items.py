"""Items as they are printed: as aligned columns while they come, or one JSON document a line.

Owns the order of columns and how much is held back to align them. Must not know tables.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import AsyncIterator, Iterable
from typing import TYPE_CHECKING, Any, Final

from .painted import Painter, painter
from .shown import CELL_MAX_CHARS, cell, columns, counted, cut, is_terminal, json_text, note, printable, say
from .typed import typed_text

if TYPE_CHECKING:
    from .. import Page

_ROWS_ALIGNED: Final = 200  # so many are held to find the widths of columns


def add_format(parser: argparse.ArgumentParser) -> None:
    """Declare the option for how items are printed."""
    parser.add_argument("--typed", action="store_true", help='items as DynamoDB JSON, {"id": {"S": "a"}}, one a line')


async def print_pages(pages: AsyncIterator[Page[Any]], options: argparse.Namespace, keys: tuple[str, ...]) -> None:
    """Print the items of all pages as they come; says how many there were, beside the output."""
    shown = Columns(keys)
    count = scanned = 0
    async for page in pages:
        count += page.count
        scanned += page.scanned_count
        for item in page.items:
            if options.typed:
                say(typed_text(item))
            elif options.json:
                say(json_text(item))
            else:
                shown.add(item)
    shown.flush()
    if not (options.typed or options.json):
        note(counted(count, "item") + (f" of {scanned:,} read" if scanned != count else ""))


def ordered(names: Iterable[str], keys: tuple[str, ...]) -> list[str]:
    """The names of attributes: keys first, others by name."""
    there = set(names)
    return [*(name for name in keys if name in there), *sorted(there - set(keys))]


class Columns:
    """Items in columns, a block of them at a time; the header is repeated where the columns change."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self._keys = keys
        self._waiting: list[dict[str, Any]] = []
        self._header: list[str] = []
        self._widths: list[int] = []
        self._paint: Painter | None = None

    def add(self, item: dict[str, Any]) -> None:
        self._waiting.append(item)
        if len(self._waiting) == _ROWS_ALIGNED:
            self.flush()

    def flush(self) -> None:
        """Print what is waiting."""
        if not self._waiting:
            return
        self._paint = self._paint or painter(sys.stdout)
        before = set() if self._paint else set(self._header)  # a painted block has a heading of its own
        names = ordered({name for item in self._waiting for name in item} | before, self._keys)
        most = CELL_MAX_CHARS if is_terminal() else None
        rows = [[cut(cell(item[name]), most) if name in item else "" for name in names] for item in self._waiting]
        self._waiting = []
        if self._paint is not None:
            keys = sum(name in self._keys for name in names)
            self._paint.items([printable(name) for name in names], rows, keys)
            return
        if names != self._header:
            self._header, self._widths = names, []
            rows.insert(0, [printable(name) for name in names])
        for line in columns(rows, self._widths):
            say(line)
