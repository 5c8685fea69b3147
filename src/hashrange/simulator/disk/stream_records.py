"""The records of streams in a file: they are written with the items they tell of, read where they are asked for, and
deleted some time after their day.

A stream's records stand in a table of their own, by their numbers; all else about a stream is one row, written when a
shard opens or the stream ends. Nothing of a record is in memory but those just written, so that a million of them are
there as soon as the file is open. What is older than a day is not seen any more at once, and deleted in portions: by
the writes that follow, and by ``DiskStreams.tidy``. Must not know requests, or what a record says.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Final

import msgspec
from msgspec import Struct

from ...clock import Clock
from ...limits import STREAM_RECORDS_MAX_BYTES
from ..state.definitions import Keys, Stream, TableDefinition
from ..state.shard import Shard, StreamEntry
from ..state.stream import StreamLog, Streams
from .file import File

_FRESH_MAX_COUNT: Final = 10_000
#: a transaction deletes so many times as much as it writes, and a little in any case: so a stream that is written to
#: all the time does not grow, and no write waits long
_DELETED_FACTOR: Final = 2
_DELETED_MIN_COUNT: Final = 16
_DELETED_MIN_BYTES: Final = 1024 * 1024
#: what is deleted at a time where nobody waits for an answer
TIDIED_MAX_COUNT: Final = 20_000
_TIDIED_MAX_BYTES: Final = 32 * 1024 * 1024

#: images are last: they may be large, and all else can be read without them
_COLUMNS: Final = "time REAL, size INTEGER, expired INTEGER, name TEXT, keys BLOB, old BLOB, new BLOB"
_NAMES: Final = "time, size, expired, name, keys, old, new"


class KeptShard(Struct, frozen=True):
    """A shard as it stands in the file; ``next`` only where it is closed: else the records tell."""

    shard_id: str
    parent_id: str | None
    opened_at: float
    start: int
    closed_at: float | None = None
    end: int | None = None
    next: int | None = None


class KeptStream(Struct, frozen=True):
    """A stream as it stands in the file: itself, what it needs to know of its table, and its shards."""

    stream: Stream
    table: str
    table_id: str
    keys: Keys
    created_at: float
    disabled_at: float | None
    shards: tuple[KeptShard, ...]


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(KeptStream).decode


class DiskRecords:
    """The records of one stream.

    Args:
        file: where.
        number: which stream of the file it is.
        oldest: no record in the file has a smaller number.

    Attributes:
        wanted: those with smaller numbers may be deleted.
    """

    __slots__ = ("_file", "_fresh", "_rows", "number", "oldest", "wanted")

    def __init__(self, file: File, number: int, oldest: int) -> None:
        self._file, self.number = file, number
        self._rows = f"records_{number}"
        self._fresh: list[tuple[int, StreamEntry]] = []
        self.oldest = self.wanted = oldest

    def __repr__(self) -> str:
        return f"<DiskRecords {self.number}: {len(self._fresh)} to write>"

    def create(self) -> None:
        """Make the place for its rows."""
        self._file.define(f"CREATE TABLE {self._rows}(number INTEGER PRIMARY KEY, {_COLUMNS})")

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def add(self, number: int, entry: StreamEntry) -> None:
        """Note a record, behind all others."""
        if not self._fresh:
            self._file.join(self)
        self._fresh.append((number, entry))
        if len(self._fresh) >= _FRESH_MAX_COUNT:  # no request makes so many, but an import does
            self._settle()

    def push(self) -> None:
        """Write to the file what is fresh, and delete some of what is too old."""
        if self.oldest < self.wanted:
            count, size = len(self._fresh), sum(entry.size for _, entry in self._fresh)
            self.delete(_DELETED_MIN_COUNT + _DELETED_FACTOR * count, _DELETED_MIN_BYTES + _DELETED_FACTOR * size)
        self._settle()

    def _settle(self) -> None:
        if self._fresh:
            # the names of tables are made of numbers: nothing of a request gets into a statement
            rows = [
                (number, one.time, one.size, one.expired, one.name, one.keys, one.old, one.new)
                for number, one in self._fresh
            ]
            self._file.write(f"INSERT INTO {self._rows} VALUES(?, ?, ?, ?, ?, ?, ?, ?)", rows)
            self._fresh.clear()

    def delete(self, count_max: int, size_max: int = _TIDIED_MAX_BYTES) -> None:
        """Delete records that are not wanted, the oldest first: up to so many, and not much more than so many bytes."""
        if self.oldest >= self.wanted:
            return
        self._settle()
        statement = f"SELECT number, size FROM {self._rows} WHERE number < ? ORDER BY number LIMIT ?"  # noqa: S608
        self.oldest, left = self.wanted, size_max
        for count, (number, size) in enumerate(self._file.rows(statement, (self.wanted, count_max)), 1):
            left -= size
            if left <= 0 or count == count_max:
                self.oldest = number + 1
                break
        self._file.write(f"DELETE FROM {self._rows} WHERE number < ?", [(self.oldest,)])  # noqa: S608
        self._file.write("UPDATE streams SET oldest = ? WHERE id = ?", [(self.oldest, self.number)])

    def discard(self, count_max: int) -> bool:
        """Delete records of a stream that is gone; whether nothing is left of it."""
        self.wanted = max(self.oldest, self.last() + 1)
        self.delete(count_max)
        if self.oldest < self.wanted:
            return False
        self._file.define(f"DROP TABLE {self._rows}")
        self._file.write("DELETE FROM streams WHERE id = ?", [(self.number,)])
        return True

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def read(self, number: int, end: int, count_max: int) -> list[StreamEntry]:
        """The records from a number on, those before ``end``; no more than it takes to fill an answer."""
        self._settle()
        statement = f"SELECT {_NAMES} FROM {self._rows} WHERE number >= ? AND number < ? ORDER BY number LIMIT ?"  # noqa: S608
        found: list[StreamEntry] = []
        size = 0
        for time, one_size, expired, name, keys, old, new in self._file.rows(statement, (number, end, count_max)):
            found.append(StreamEntry(name, keys, old, new, one_size, time, bool(expired)))
            size += one_size
            if size > STREAM_RECORDS_MAX_BYTES:
                break
        return found

    def time(self, number: int) -> float:
        """When the record of a number was made, which is there."""
        self._settle()
        found = self._file.row(f"SELECT time FROM {self._rows} WHERE number = ?", (number,))  # noqa: S608
        assert found is not None, "numbers of a shard have no gaps"
        return float(found[0])

    def shown_time(self, number: int) -> int:
        """The same, as the record tells it."""
        return int(self.time(number))

    def last(self) -> int:
        """The largest number there is a record of; 0 without any."""
        self._settle()
        found = self._file.row(f"SELECT max(number) FROM {self._rows}")  # noqa: S608
        return 0 if found is None or found[0] is None else int(found[0])


class DiskShard(Shard):
    """A shard whose records stay.

    Args:
        records: those of its stream.
        behind: the number behind the last record; None for a new shard.
    """

    __slots__ = ("_next", "_oldest_time", "_records")

    def __init__(
        self,
        records: DiskRecords,
        shard_id: str,
        parent_id: str | None,
        opened_at: float,
        start: int,
        behind: int | None = None,
    ) -> None:
        super().__init__(shard_id, parent_id, opened_at, start)
        self._records = records
        self._next = start if behind is None else behind
        self._oldest_time: float | None = None

    @classmethod
    def kept(cls, records: DiskRecords, shard: KeptShard) -> DiskShard:
        """A shard as it was kept."""
        behind = shard.next
        if behind is None:
            behind = max(shard.start, records.last() + 1)  # it is closed before the oldest of its records is deleted
        made = cls(records, shard.shard_id, shard.parent_id, shard.opened_at, shard.start, behind)
        made.closed_at, made.end = shard.closed_at, shard.end
        made.oldest = min(max(shard.start, records.oldest), behind)
        return made

    def to_keep(self) -> KeptShard:
        behind = None if self.closed_at is None else self.next
        return KeptShard(self.shard_id, self.parent_id, self.opened_at, self.start, self.closed_at, self.end, behind)

    @property
    def next(self) -> int:
        return self._next

    def append(self, entry: StreamEntry) -> None:
        self._records.add(self._next, entry)
        self._next += 1

    def trim(self, until: float) -> None:
        if self.oldest == self._next:
            return
        if self._oldest_time is None:
            self._oldest_time = self._records.time(self.oldest)
        if self._oldest_time > until:
            return
        self.oldest = bisect_right(range(self._next), until, lo=self.oldest, key=self._records.time)
        self._oldest_time = None

    def read(self, number: int, count_max: int) -> list[StreamEntry]:
        return self._records.read(number, self._next, count_max)

    def at_time(self, time: float) -> int:
        return bisect_left(range(self._next), time, lo=self.oldest, key=self._records.shown_time)

    def copy(self) -> Shard:
        raise AssertionError("the engine refuses what would copy tables that stay")


class DiskStreamLog(StreamLog):
    """A stream whose records stay.

    Args:
        file: where.
        number: which stream of the file it is.
        stream, table, clock, settles_at, is_new: as for ``StreamLog``.
        oldest: no record in the file has a smaller number.

    Attributes:
        records: its records.
    """

    __slots__ = ("_file", "_stream", "_table", "records")

    def __init__(
        self,
        file: File,
        number: int,
        stream: Stream,
        table: TableDefinition,
        clock: Clock,
        settles_at: float,
        *,
        is_new: bool = True,
        oldest: int = 0,
    ) -> None:
        self._file, self._stream, self._table = file, stream, table
        self.records = DiskRecords(file, number, oldest)
        if is_new:
            self.records.create()
        super().__init__(stream, table, clock, settles_at, is_new=is_new)

    @classmethod
    def kept(cls, file: File, number: int, about: bytes, oldest: int, clock: Clock) -> DiskStreamLog:
        """A stream as it was kept; what was under way with it is done."""
        was = _decode(about)
        table = TableDefinition(was.table, was.keys, {}, table_id=was.table_id)
        log = cls(file, number, was.stream, table, clock, clock.monotonic(), is_new=False, oldest=oldest)
        log._shards = [DiskShard.kept(log.records, shard) for shard in was.shards]
        log.created_at, log.disabled_at = was.created_at, was.disabled_at
        log._time = max(log._times())
        log._look_at = 0.0
        return log

    def _times(self) -> list[float]:
        """Moments that were: nothing that is to come is before them."""
        records = self.records
        last = [records.time(shard.next - 1) for shard in self._shards[-1:] if shard.oldest < shard.next]
        return [self.created_at, *last, *(shard.closed_at or shard.opened_at for shard in self._shards)]

    def advance(self, now: float) -> None:
        super().advance(now)
        if self._shards:
            with_records = (shard.oldest for shard in self._shards if shard.oldest < shard.next)
            self.records.wanted = next(with_records, self._shards[-1].next)

    def disable(self, settles_at: float) -> None:
        super().disable(settles_at)
        self._keep()

    def copy(self) -> StreamLog:
        raise AssertionError("the engine refuses what would copy tables that stay")

    def _open(self, at: float, start: int) -> None:
        super()._open(at, start)
        self._keep()

    def _new_shard(self, shard_id: str, parent_id: str | None, opened_at: float, start: int) -> Shard:
        return DiskShard(self.records, shard_id, parent_id, opened_at, start)

    def _keep(self) -> None:
        """Write what is known about it."""
        shards = tuple(shard.to_keep() for shard in self._shards if isinstance(shard, DiskShard))
        table = self._table
        about = KeptStream(
            self._stream, table.name, table.table_id, table.keys, self.created_at, self.disabled_at, shards
        )
        row = (self.records.number, _encode(about), self.records.oldest)
        self._file.write("INSERT OR REPLACE INTO streams VALUES(?, ?, ?)", [row])


class DiskStreams(Streams):
    """The streams of one engine, which stay.

    Args:
        clock: of the engine.
        file: where.
    """

    __slots__ = ("_file", "_gone", "_last_number")

    def __init__(self, clock: Clock, file: File) -> None:
        super().__init__(clock)
        self._file = file
        self._gone: list[DiskRecords] = []  # of streams that are not to be seen any more
        self._last_number = 0
        for number, about, oldest in list(file.rows("SELECT id, about, oldest FROM streams ORDER BY id")):
            log = DiskStreamLog.kept(file, number, about, oldest, clock)
            self._by_arn[log.arn] = log
            self._last_number = number

    def tidy(self, count_max: int = TIDIED_MAX_COUNT) -> None:
        """Delete what is too old: of every stream so many records at most, of those that are gone altogether."""
        now = self._clock.time()
        for log in self:
            log.advance(now)
            assert isinstance(log, DiskStreamLog), "it makes no others"
            log.records.delete(count_max)
        if self._gone and self._gone[0].discard(count_max):
            del self._gone[0]

    def copy(self) -> Streams:
        raise AssertionError("the engine refuses what would copy tables that stay")

    def _new_log(self, stream: Stream, table: TableDefinition, settles_at: float) -> StreamLog:
        self._last_number += 1
        return DiskStreamLog(self._file, self._last_number, stream, table, self._clock, settles_at)

    def _forget(self) -> None:
        before = [log for log in self._by_arn.values() if isinstance(log, DiskStreamLog)]
        super()._forget()
        self._gone += [log.records for log in before if log.arn not in self._by_arn]
