"""The items of one table or index in a file, in the service's order, and in front of them those just written.

Reads see both. What is fresh goes to the file when its transaction ends, or before a read that needs an order. Nothing
else is in memory, so that a million items are there as soon as the file is open. Must not know tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

from ..state.keys import BUCKETS, HASH_BYTES, bucket_start, partition_hash
from ..state.store import Bound, Place, Record, Store
from .file import File, Row

#: where a record stands in the file: hash and partition as one, sort key, tie
_Key: TypeAlias = tuple[bytes, bytes, bytes]

_FRESH_MAX_COUNT: Final = 10_000
#: what a row holds
COLUMNS: Final = "place, sort, tie, size, body"
_ORDER: Final = "ORDER BY place, sort, tie"
_AGAINST: Final = "ORDER BY place DESC, sort DESC, tie DESC"


class DiskStore(Store):
    """A store whose items stay.

    Args:
        file: where.
        number: which store of the file it is.
        count, size: of what is in it.

    Attributes:
        number: the same.
        rows: the name of the file's table with its rows.
    """

    __slots__ = ("_file", "_fresh", "number", "rows")

    def __init__(self, file: File, number: int, count: int = 0, size: int = 0) -> None:
        super().__init__()
        self._file, self.number = file, number
        self.rows = f"items_{number}"
        self._fresh: dict[_Key, Record | None] = {}  # None where a record goes
        self.count, self.size = count, size

    def __repr__(self) -> str:
        return f"<DiskStore of {self.count} items, {len(self._fresh)} changes to write>"

    def create(self) -> None:
        """Make the place for its rows."""
        columns = "place BLOB, sort BLOB, tie BLOB, size INTEGER, body BLOB, PRIMARY KEY(place, sort, tie)"
        self._file.define(f"CREATE TABLE {self.rows}({columns}) WITHOUT ROWID")

    def discard(self) -> None:
        self._fresh.clear()
        self._file.leave(self)
        self._file.define(f"DROP TABLE {self.rows}")

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def put(self, record: Record, replaced: Record | None = None) -> None:
        if replaced is None:
            self.count += 1
            self.size += record.size
        else:
            self.size += record.size - replaced.size
        self._change(record, record)

    def remove(self, record: Record) -> None:
        self.count -= 1
        self.size -= record.size
        self._change(record, None)

    def _change(self, at: Record, new: Record | None) -> None:
        if not self._fresh:
            self._file.join(self)
        self._fresh[_place(at.partition), at.sort, at.tie] = new
        if len(self._fresh) >= _FRESH_MAX_COUNT:  # no request writes so much, but the filling of a new index does
            self.push()

    def push(self) -> None:
        """Write to the file what is fresh."""
        # the names of tables are made of numbers: nothing of a request gets into a statement
        puts = [(*key, new.size, new.body) for key, new in self._fresh.items() if new is not None]
        gone = [key for key, new in self._fresh.items() if new is None]
        if puts:
            self._file.write(f"INSERT OR REPLACE INTO {self.rows} VALUES(?, ?, ?, ?, ?)", puts)
        if gone:
            self._file.write(f"DELETE FROM {self.rows} WHERE place = ? AND sort = ? AND tie = ?", gone)  # noqa: S608
        self._fresh.clear()
        self._file.write("UPDATE stores SET count = ?, size = ? WHERE id = ?", [(self.count, self.size, self.number)])

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def get(self, partition: bytes, place: Place) -> Record | None:
        sort, tie = place
        key = (_place(partition), sort, tie)
        if key in self._fresh:
            return self._fresh[key]
        statement = f"SELECT size, body FROM {self.rows} WHERE place = ? AND sort = ? AND tie = ?"  # noqa: S608
        found = self._file.row(statement, key)
        return None if found is None else Record(partition, sort, tie, found[1], found[0])

    def records(self, partition: bytes, after: Bound | None = None, *, backward: bool = False) -> Iterator[Record]:
        bound, parameters = "", [_place(partition)]
        if after is not None:
            # a sort key alone stands before all places that begin with it
            of_sort = "sort < ?" if backward else "sort >= ?"
            of_both = f"(sort, tie) {'<' if backward else '>'} (?, ?)"
            bound = f"AND {of_sort if len(after) == 1 else of_both}"
            parameters += after
        return self._select(f"WHERE place = ? {bound} {_AGAINST if backward else _ORDER}", parameters)

    def scan(self, buckets: range = range(BUCKETS), after: tuple[bytes, Place] | None = None) -> Iterator[Record]:
        start, end = bucket_start(buckets.start), bucket_start(buckets.stop)
        if after is not None and (key := (_place(after[0]), *after[1])) >= (start, b"", b""):
            return self._select(f"WHERE (place, sort, tie) > (?, ?, ?) AND place < ? {_ORDER}", [*key, end])
        return self._select(f"WHERE place >= ? AND place < ? {_ORDER}", [start, end])

    def all(self) -> Iterator[Record]:
        return self._select(_ORDER, [])

    def partition_size(self, partition: bytes) -> int:
        self.settle()
        statement = f"SELECT total(size) FROM {self.rows} WHERE place = ?"  # noqa: S608
        found = self._file.row(statement, [_place(partition)])
        assert found is not None, "a sum of nothing is one too"
        return int(found[0])

    def _select(self, conditions: str, parameters: list[Any]) -> Iterator[Record]:
        self.settle()
        statement = f"SELECT {COLUMNS} FROM {self.rows} {conditions}"  # noqa: S608
        return map(record_of, self._file.rows(statement, parameters))

    def settle(self) -> None:
        """Have everything in the file."""
        if self._fresh:
            self.push()

    # ── what it cannot be ────────────────────────────────────────────────────────────────────────────────────────────
    def copy(self) -> Store:
        raise AssertionError("the engine refuses what would copy tables that stay")

    def take_over(self, other: Store) -> None:
        raise AssertionError("the engine refuses what would replace tables that stay")


def _place(partition: bytes) -> bytes:
    return partition_hash(partition) + partition


def record_of(row: Row) -> Record:
    """The record of a row with all columns."""
    place, sort, tie, size, body = row
    return Record(place[HASH_BYTES:], sort, tie, body, size)
