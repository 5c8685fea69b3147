"""The records of one shard of a stream: appended at the end, trimmed at the beginning, found by their numbers.

A record keeps keys and images as encoded JSON; images are the very bytes that the table holds or held, not copies. The
numbers count the records of a whole stream; what they look like to others is the stream's business. Must not know the
clock, tables or requests.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Final

import msgspec

#: places of trimmed records that may stay empty in front of a short list
_EMPTY_MAX_COUNT: Final = 1024


class StreamEntry(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One change of one item. (Not tracked by the collector: it holds no cycles.)

    Attributes:
        name: INSERT, MODIFY or REMOVE.
        keys: the key attributes as JSON.
        old, new: the images that the stream's view has, as JSON; None where there is none.
        size: bytes of the keys and these images, as the service counts them.
        time: when it happened, in seconds since the epoch.
        expired: whether time to live has removed the item.
    """

    name: str
    keys: bytes
    old: bytes | None
    new: bytes | None
    size: int
    time: float
    expired: bool


class Shard:
    """A part of a stream: all that happened between two moments.

    Attributes:
        shard_id: unique in its stream; later shards have greater ones.
        parent_id: of the shard before; None for the first one.
        opened_at: seconds since the epoch.
        closed_at: the same; None while it is open.
        start: the number of its first record, whether there is one yet or not.
        end: the number of its last record; that of none (``start``) where it was closed without one; None while it is
            open.
        oldest: the number of the oldest record that has not been trimmed.
    """

    __slots__ = ("_entries", "_first", "closed_at", "end", "oldest", "opened_at", "parent_id", "shard_id", "start")

    def __init__(self, shard_id: str, parent_id: str | None, opened_at: float, start: int) -> None:
        self.shard_id, self.parent_id, self.opened_at = shard_id, parent_id, opened_at
        self.closed_at: float | None = None
        self.start = self.oldest = self._first = start
        self.end: int | None = None
        self._entries: list[StreamEntry | None] = []  # None for those that were trimmed

    def __repr__(self) -> str:
        state = "open" if self.closed_at is None else "closed"
        return f"<Shard {self.shard_id}: {state}, {self.next - self.oldest} records>"

    @property
    def next(self) -> int:
        """The number behind the last record: that of the next one, while the shard is open."""
        return self._first + len(self._entries)

    def append(self, entry: StreamEntry) -> None:
        self._entries.append(entry)

    def close(self, at: float) -> int:
        """Take no more records; the number that follows the last one that is used up."""
        self.closed_at = at
        self.end = max(self.start, self.next - 1)
        return self.end + 1

    def trim(self, until: float) -> None:
        """Let go of the records that are from that time or before (seconds since the epoch)."""
        entries, at = self._entries, self.oldest - self._first
        while at < len(entries):
            entry = entries[at]
            if entry is not None and entry.time > until:
                break
            entries[at] = None
            at += 1
        self.oldest = self._first + at
        if at > _EMPTY_MAX_COUNT and 2 * at > len(entries):
            del entries[:at]
            self._first += at

    def read(self, number: int, count_max: int) -> list[StreamEntry]:
        """The records from a number on; it must not be older than the oldest."""
        at = number - self._first
        return [entry for entry in self._entries[at : at + count_max] if entry is not None]

    def at_time(self, time: float) -> int:
        """The number of the first record that is not older than a time, in whole seconds as records show it."""
        return self._first + bisect_left(self._entries, time, lo=self.oldest - self._first, key=_shown_time)

    def copy(self) -> Shard:
        """A shard with the same records that changes independently."""
        twin = Shard(self.shard_id, self.parent_id, self.opened_at, self.start)
        twin.closed_at, twin.end, twin.oldest = self.closed_at, self.end, self.oldest
        twin._first, twin._entries = self._first, self._entries.copy()
        return twin


def _shown_time(entry: StreamEntry | None) -> int:
    """The time as the record tells it."""
    assert entry is not None, "nobody looks at what was trimmed"
    return int(entry.time)
