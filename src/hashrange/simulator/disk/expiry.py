"""When the items of a table in a file expire: an index of the file tells, so that nobody has to read all of them.

The file keeps the index by itself, with every write. Must not know who removes items.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from ..state.expiry import PAST_MAX_SECONDS, Expiry, ExpiryQueue
from ..state.keys import HASH_BYTES
from ..state.store import Place, Record
from ..values import Item
from .file import File
from .store import DiskStore

#: names that stand in SQLite's paths as they are; JSON writes all others with a backslash
_PLAIN: Final = re.compile(r'[^"\\\x00-\x1f]+')


class DiskExpiry:
    """An ``Expiry`` in a file.

    Args:
        file: where.
        store: the items.
        attribute: the one that holds the time; a name that is ``_PLAIN``.
    """

    __slots__ = ("_at", "_file", "_name", "_store", "attribute")

    def __init__(self, file: File, store: DiskStore, attribute: str) -> None:
        self._file, self._store, self.attribute = file, store, attribute
        self._name = f"expiry_{store.number}"
        path = f'$."{attribute}".N'.replace("'", "''")
        self._at = f"CAST(json_extract(CAST(body AS TEXT), '{path}') AS REAL)"
        statement = f"CREATE INDEX {self._name} ON {store.rows}({self._at}) WHERE {self._at} IS NOT NULL"
        found = file.row("SELECT sql FROM sqlite_master WHERE name = ?", [self._name])
        if found is None or found[0] != statement:  # none yet, or of another attribute
            self.end()
            file.define(statement)

    def __repr__(self) -> str:
        return f"<DiskExpiry of {self._store!r}>"

    def watch(self, item: Item, record: Record) -> None:
        """The file does it."""

    def due(self, now: float) -> list[tuple[bytes, Place]]:
        self._store.settle()
        statement = (
            f"SELECT place, sort, tie FROM {self._store.rows} WHERE {self._at} IS NOT NULL "  # noqa: S608
            f"AND {self._at} BETWEEN ? AND ?"
        )
        found = self._file.rows(statement, [now - PAST_MAX_SECONDS, now])
        return [(place[HASH_BYTES:], (sort, tie)) for place, sort, tie in found]

    def tidy(self, records: Iterable[Record], count: int) -> None:
        """The file does it."""

    def end(self) -> None:
        self._file.define(f"DROP INDEX IF EXISTS {self._name}")


def expiry_of(file: File, store: DiskStore, attribute: str) -> Expiry:
    """What knows when items expire: an index, where one is possible."""
    if _PLAIN.fullmatch(attribute):
        return DiskExpiry(file, store, attribute)
    return ExpiryQueue(attribute, store.all())
