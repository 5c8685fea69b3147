"""A sorted list that stays cheap to change when it is long: it is cut into blocks.

Knows nothing of what it sorts but its key. Must not know items.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final, Generic, TypeVar

Entry = TypeVar("Entry")

#: an insertion moves at most so many entries
BLOCK_MAX_ENTRIES: Final = 1024


class Blocks(Generic[Entry]):
    """Entries in the order of their keys, no two of which are equal.

    Args:
        entries: sorted.
        key: of an entry; None where entries are their own keys. A bound is anything that compares with keys.
    """

    __slots__ = ("_blocks", "_firsts", "_key", "count")

    def __init__(self, entries: list[Entry], key: Callable[[Entry], Any] | None = None) -> None:
        step = BLOCK_MAX_ENTRIES // 2
        self._key = key
        self._blocks = [entries[at : at + step] for at in range(0, len(entries), step)] or [[]]
        self._firsts = [self._key_of(block[0]) for block in self._blocks[1:]]  # of every block but the first
        self.count = len(entries)

    def __repr__(self) -> str:
        return f"<Blocks of {self.count} entries, {len(self._blocks)} blocks>"

    def _key_of(self, entry: Entry) -> Any:
        return entry if self._key is None else self._key(entry)

    def find(self, key: Any) -> Entry | None:
        """The entry with a key."""
        return find(self._blocks[bisect_right(self._firsts, key)], key, self._key)

    def put(self, entry: Entry) -> Entry | None:
        """Put an entry in; the one it replaces, or None."""
        key = self._key_of(entry)
        number = bisect_right(self._firsts, key)
        block = self._blocks[number]
        old = put(block, entry, key, self._key)
        if old is None:
            self.count += 1
            if len(block) > BLOCK_MAX_ENTRIES:
                half = len(block) // 2
                self._blocks.insert(number + 1, block[half:])
                self._firsts.insert(number, self._key_of(block[half]))
                del block[half:]
        return old

    def remove(self, key: Any) -> None:
        """Take out the entry with a key; there is one."""
        number = bisect_right(self._firsts, key)
        block = self._blocks[number]
        remove(block, key, self._key)
        self.count -= 1
        if not block and self._firsts:
            del self._blocks[number]
            del self._firsts[max(0, number - 1)]

    def copy(self) -> Blocks[Entry]:
        """Blocks of the same entries that change independently."""
        twin = Blocks[Entry]([], self._key)
        twin._blocks = [block.copy() for block in self._blocks]
        twin._firsts, twin.count = self._firsts.copy(), self.count
        return twin

    def forward(self, after: Any = None) -> Iterator[Entry]:
        """The entries in order, those strictly after a bound."""
        number = 0 if after is None else bisect_right(self._firsts, after)
        yield from forward(self._blocks[number], after, self._key)
        for block in islice(self._blocks, number + 1, None):
            yield from block

    def backward(self, before: Any = None) -> Iterator[Entry]:
        """The entries against their order, those strictly before a bound."""
        number = len(self._blocks) - 1 if before is None else bisect_right(self._firsts, before)
        yield from backward(self._blocks[number], before, self._key)
        for block in reversed(self._blocks[:number]):
            yield from reversed(block)


# ── one block, which is a plain sorted list ──────────────────────────────────────────────────────────────────────────
def find(block: list[Entry], key: Any, key_of: Callable[[Entry], Any] | None) -> Entry | None:
    """The entry with a key."""
    at = bisect_left(block, key, key=key_of)
    if at < len(block) and (block[at] if key_of is None else key_of(block[at])) == key:
        return block[at]
    return None


def put(block: list[Entry], entry: Entry, key: Any, key_of: Callable[[Entry], Any] | None) -> Entry | None:
    """Put an entry in; the one it replaces, or None."""
    at = bisect_left(block, key, key=key_of)
    if at < len(block) and (block[at] if key_of is None else key_of(block[at])) == key:
        old, block[at] = block[at], entry
        return old
    block.insert(at, entry)
    return None


def remove(block: list[Entry], key: Any, key_of: Callable[[Entry], Any] | None) -> None:
    """Take out the entry with a key; there is one."""
    del block[bisect_left(block, key, key=key_of)]


def forward(block: list[Entry], after: Any, key_of: Callable[[Entry], Any] | None) -> Iterator[Entry]:
    """The entries in order, those strictly after a bound."""
    at = 0 if after is None else bisect_right(block, after, key=key_of)
    return iter(block) if at == 0 else islice(block, at, None)


def backward(block: list[Entry], before: Any, key_of: Callable[[Entry], Any] | None) -> Iterator[Entry]:
    """The entries against their order, those strictly before a bound."""
    at = len(block) if before is None else bisect_left(block, before, key=key_of)
    return reversed(block) if at == len(block) else reversed(block[:at])
