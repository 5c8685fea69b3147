"""One stream of a table: its records in shards that follow each other, its age, and its end.

The table appends, once for every write that changes something. A shard is open for four hours of the clock; the next
one is its child. Records live for a day, and so does a stream that was switched off. Must not know requests or
iterators.

Source: Developer Guide, "Change data capture for DynamoDB Streams" (shards, retention); the form of shard ids and
sequence numbers is that of the service's answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import md5
from typing import TYPE_CHECKING, Final

import msgspec

from ...clock import Clock
from ...limits import STREAM_RETENTION_SECONDS
from ..values import item_size
from .shard import Shard, StreamEntry

if TYPE_CHECKING:
    from .definitions import Stream, TableDefinition
    from .write import Write

SHARD_SECONDS: Final = 4 * 3600
#: a look at the clock this often is enough to keep the memory flat; who reads looks anyway
_TRIM_SECONDS: Final = 60.0
#: shards that a stream without readers and writers has opened meanwhile: those before are forgotten at once
_MISSED_MAX_COUNT: Final = STREAM_RETENTION_SECONDS // SHARD_SECONDS + 1
#: one record to the next; so that all sequence numbers have at least 21 digits
_SEQUENCE_STEP: Final = 10**20
_SEQUENCE_OFFSET_MAX: Final = 10**10
_FIRST_NUMBER: Final = 1

_encode: Final = msgspec.json.Encoder().encode


class StreamLog:
    """The records of one stream.

    Args:
        stream: what it is.
        table: whose it is.
        clock: tells the time of records and shards.
        settles_at: until when it is ENABLING (monotonic seconds).
        is_new: whether it begins now; else it is to be told of the shards it had.

    Attributes:
        arn, label, view_type: its identity, and which images its records have.
        table_name, keys: of its table.
        created_at: seconds since the epoch.
        disabled_at: when it was switched off (seconds since the epoch); None while it is on.
        secret: what tells its iterators from those of all others.
    """

    __slots__ = (
        "_clock",
        "_has_new",
        "_has_old",
        "_key_names",
        "_look_at",
        "_offset",
        "_settles_at",
        "_shards",
        "_time",
        "arn",
        "created_at",
        "disabled_at",
        "keys",
        "label",
        "secret",
        "table_name",
        "view_type",
    )

    def __init__(
        self, stream: Stream, table: TableDefinition, clock: Clock, settles_at: float, *, is_new: bool = True
    ) -> None:
        self.arn, self.label, self.view_type = stream.arn, stream.label, stream.view_type
        self.table_name, self.keys = table.name, table.keys
        self._key_names = tuple(name for name, _ in table.keys)
        self._has_new = stream.view_type in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES")
        self._has_old = stream.view_type in ("OLD_IMAGE", "NEW_AND_OLD_IMAGES")
        self._clock, self._settles_at = clock, settles_at
        self.secret = md5(f"{table.table_id} {stream.arn}".encode(), usedforsecurity=False).digest()
        self._offset = int.from_bytes(self.secret, "big") % _SEQUENCE_OFFSET_MAX
        self.created_at = self._time = clock.time()
        self.disabled_at: float | None = None
        self._shards: list[Shard] = []
        if is_new:
            self._open(self.created_at, _FIRST_NUMBER)
        self._look_at = self.created_at + _TRIM_SECONDS

    def __repr__(self) -> str:
        return f"<StreamLog {self.arn}: {len(self._shards)} shards, {self.record_count} records>"

    @property
    def record_count(self) -> int:
        """How many records it keeps."""
        return sum(shard.next - shard.oldest for shard in self._shards)

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def append(self, write: Write, *, expired: bool = False) -> None:
        """Note a write; nothing where it leaves the item as it is.

        Args:
            expired: it is time to live that removes the item.
        """
        old, new = write.old, write.new
        if old is None or new is None:
            name, item = ("INSERT", write.item) if old is None else ("REMOVE", old.item)
        elif old.body == new.body or old.item == write.item:
            return
        else:
            name, item = "MODIFY", write.item
        assert item is not None, "a write without an old and a new item is none"
        now = self._time = max(self._clock.time(), self._time)  # records are in the order of their times
        if now >= self._look_at:
            self.advance(now)
        keys = {key: item[key] for key in self._key_names}
        size = item_size(keys)
        old_body = new_body = None
        if old is not None and self._has_old:
            old_body, size = old.body, size + old.size
        if new is not None and self._has_new:
            new_body, size = new.body, size + new.size
        self._shards[-1].append(StreamEntry(name, _encode(keys), old_body, new_body, size, now, expired))

    def disable(self, settles_at: float) -> None:
        """Take no more records; DISABLING until ``settles_at`` (monotonic seconds)."""
        now = self._time = max(self._clock.time(), self._time)
        self.advance(now)
        self._shards[-1].close(now)
        self.disabled_at, self._settles_at = now, settles_at

    # ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────────
    def advance(self, now: float) -> None:
        """Let shards follow each other and records go, as it is due by now (seconds since the epoch)."""
        if self.disabled_at is None:
            self._roll_over(now)
        until = now - STREAM_RETENTION_SECONDS
        for shard in self._shards:
            shard.trim(until)
        self._shards = [shard for shard in self._shards if shard.closed_at is None or shard.closed_at > until]
        if self.disabled_at is None:
            self._look_at = min(now + _TRIM_SECONDS, self._shards[-1].opened_at + SHARD_SECONDS)

    def _roll_over(self, now: float) -> None:
        opened_at = self._shards[-1].opened_at
        passed = int((now - opened_at) // SHARD_SECONDS)
        if passed <= 0:
            return
        self._close_last(opened_at + SHARD_SECONDS)
        for number in range(max(1, passed - _MISSED_MAX_COUNT), passed + 1):
            at = opened_at + number * SHARD_SECONDS
            self._open(at, self._close_last(at))

    def _close_last(self, at: float) -> int:
        """Close the last shard, if it is open; the number that follows."""
        last = self._shards[-1]
        return last.close(at) if last.end is None else last.end + 1

    def _open(self, at: float, start: int) -> None:
        parent = self._shards[-1].shard_id if self._shards else None
        milliseconds = int(at * 1000)
        digest = md5(f"{self.arn} {start}".encode(), usedforsecurity=False).hexdigest()
        self._shards.append(self._new_shard(f"shardId-{milliseconds:020}-{digest[:8]}", parent, at, start))

    def _new_shard(self, shard_id: str, parent_id: str | None, opened_at: float, start: int) -> Shard:
        return Shard(shard_id, parent_id, opened_at, start)

    def is_gone(self, now: float) -> bool:
        """Whether it was switched off so long ago that nothing of it is left."""
        return self.disabled_at is not None and self.disabled_at <= now - STREAM_RETENTION_SECONDS

    @property
    def status(self) -> str:
        is_settled = self._clock.monotonic() >= self._settles_at
        if self.disabled_at is None:
            return "ENABLED" if is_settled else "ENABLING"
        return "DISABLED" if is_settled else "DISABLING"

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────
    @property
    def shards(self) -> list[Shard]:
        """The shards there are now, parents before children."""
        self.advance(max(self._clock.time(), self._time))
        return self._shards

    def shard(self, shard_id: str) -> Shard | None:
        return next((shard for shard in self.shards if shard.shard_id == shard_id), None)

    def sequence_number(self, number: int) -> str:
        """The sequence number of a record, as the service writes it."""
        return str(number * _SEQUENCE_STEP + self._offset)

    def number_at(self, sequence_number: int) -> int:
        """The number of the first record whose sequence number is not smaller."""
        return -((self._offset - sequence_number) // _SEQUENCE_STEP)

    def event_id(self, number: int) -> str:
        """A record's id; the same one whenever it is read."""
        return md5(self.secret + number.to_bytes(8, "big"), usedforsecurity=False).hexdigest()

    def copy(self) -> StreamLog:
        """A stream with the same records that changes independently; records, which never change, are shared."""
        twin = StreamLog.__new__(StreamLog)
        for name in StreamLog.__slots__:
            setattr(twin, name, getattr(self, name))
        twin._shards = [shard.copy() for shard in self._shards]
        return twin


class Streams:
    """The streams of one engine: those of its tables, and those that were switched off within the last day.

    Args:
        clock: of the engine.
    """

    __slots__ = ("_by_arn", "_clock")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_arn: dict[str, StreamLog] = {}

    def __repr__(self) -> str:
        return f"<Streams: {len(self._by_arn)}>"

    def __contains__(self, arn: str) -> bool:
        """Whether there is such a stream, or was one within the last day."""
        return arn in self._by_arn

    def __iter__(self) -> Iterator[StreamLog]:
        """All there are now, by table and age."""
        self._forget()
        return iter(sorted(self._by_arn.values(), key=lambda log: log.arn))

    def _forget(self) -> None:
        """Let go of those that are gone."""
        now = self._clock.time()
        for log in [log for log in self._by_arn.values() if log.is_gone(now)]:
            del self._by_arn[log.arn]

    def get(self, arn: str) -> StreamLog | None:
        log = self._by_arn.get(arn)
        return None if log is None or log.is_gone(self._clock.time()) else log

    def follow(self, before: StreamLog | None, table: TableDefinition, settles_at: float) -> StreamLog | None:
        """What a table writes to from now on, given what it wrote to before: its stream, if that is on."""
        stream = table.stream
        if stream is None or not stream.enabled or table.status == "DELETING":
            wanted = None
        elif before is not None and before.arn == stream.arn:
            return before
        else:
            self._forget()
            wanted = self._by_arn[stream.arn] = self._new_log(stream, table, settles_at)
        if before is not None:
            before.disable(settles_at)
        return wanted

    def resume(self, table: TableDefinition, settles_at: float) -> StreamLog | None:
        """What a table that was kept writes to: its stream, if that is on."""
        kept = None if table.stream is None else self.get(table.stream.arn)
        is_on = kept is not None and kept.disabled_at is None
        return self.follow(kept if is_on else None, table, settles_at)

    def _new_log(self, stream: Stream, table: TableDefinition, settles_at: float) -> StreamLog:
        return StreamLog(stream, table, self._clock, settles_at)

    def copy(self) -> Streams:
        twin = Streams(self._clock)
        twin._by_arn = {arn: log.copy() for arn, log in self._by_arn.items()}
        return twin
