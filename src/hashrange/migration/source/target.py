"""Rows of one table by many keys at once, in few queries.

Equality is the database's, and keys are matched here: where the two do not agree (a text in another case, a number that
is text in the other table), such keys are asked for one by one. Must not know what the rows are for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from ...extras import imported
from .select import column, equal, in_any, source_table
from .sql import Snapshot
from .way import Key

#: keys of one query; SQLite takes 32,766 values, MySQL's optimizer is quick with so many
_KEYS_MAX: Final = 1_000


class Target:
    """A table, the columns by which its rows are found, and those that are read.

    Args:
        table: its name.
        left: columns that must equal the parts of a key.
        wanted: columns that are read.
        order: column and whether it is descending: the order of the rows of one key.
        streams: whether a key may have any number of rows, so that they are read little by little.
    """

    def __init__(
        self,
        table: str,
        left: Sequence[str],
        wanted: Sequence[str],
        order: Sequence[tuple[str, bool]] = (),
        *,
        streams: bool = False,
    ) -> None:
        self._streams = streams
        self._table, self._left, self._wanted, self._order = table, tuple(left), tuple(wanted), tuple(order)

    def each(self, snapshot: Snapshot, keys: Collection[Key]) -> Iterator[tuple[Key, Sequence[Any]]]:
        """The rows of these keys, each with its key and the values of the wanted columns; a row comes once for each
        key that it equals. Rows of one key are in their order. Nothing else can be read meanwhile.

        Raises:
            SourceLost, MigrationError: as ``Snapshot.rows``.
        """
        every = list(keys)
        for begin in range(0, len(every), _KEYS_MAX):
            yield from self._of(snapshot, every[begin : begin + _KEYS_MAX])

    def _of(self, snapshot: Snapshot, keys: list[Key]) -> Iterator[tuple[Key, Sequence[Any]]]:
        asked, width = set(keys), len(self._left)
        found: set[Key] = set()
        if any(isinstance(part, str) for key in keys for part in key):
            rows = snapshot.rows(self._select(in_any(self._left, keys)))
            if any(tuple(row[:width]) not in asked for row in rows):  # equal in another spelling: to which key?
                yield from self._one_by_one(snapshot, keys)
                return
            stream: Any = iter(rows)
        elif self._streams:
            stream = snapshot.stream(self._select(in_any(self._left, keys)))
        else:
            stream = iter(snapshot.rows(self._select(in_any(self._left, keys))))
        strange = False
        for row in stream:
            key = tuple(row[:width])
            if key in asked:
                found.add(key)
                yield key, row[width:]
            else:
                strange = True
        rest = [key for key in keys if key not in found]
        if not strange:  # a number that is not found as it is, is not there
            rest = [key for key in rest if any(isinstance(part, str) for part in key)]
        yield from self._one_by_one(snapshot, rest)

    def _one_by_one(self, snapshot: Snapshot, keys: list[Key]) -> Iterator[tuple[Key, Sequence[Any]]]:
        width = len(self._left)
        for key in keys:
            for row in snapshot.rows(self._select(equal(self._left, key))):
                yield key, row[width:]

    def _select(self, condition: Any) -> Any:
        alchemy = imported("sqlalchemy", "migrate")
        # a column may be asked for twice, as key and as value: each under a name of its own
        names = (*self._left, *self._wanted)
        chosen = [column(name).label(f"c{at}") for at, name in enumerate(names)]
        order = [column(name).desc() if descending else column(name) for name, descending in self._order]
        return alchemy.select(*chosen).select_from(source_table(self._table)).where(condition).order_by(*order)
