"""Backups that stay: each has its items in a place of its own in the file, copied there by the file itself.

Owns how backups are written in the file. What is in memory is the same but for the items. Must not know requests.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import msgspec
from msgspec import Struct

from ..state.backups import Backup, Backups, Kind
from ..state.definitions import TableDefinition
from ..state.store import Record
from ..state.table import Table
from .file import File
from .store import COLUMNS, DiskStore, record_of


class _Note(Struct, frozen=True):
    """A backup without its items, as it stands in the file; a member that a later version adds has a default."""

    id: str
    name: str
    kind: Kind
    created_at: float
    expires_at: float | None
    table: TableDefinition
    item_count: int
    size: int


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(_Note).decode


@dataclass(frozen=True, slots=True, eq=False)
class _KeptRecords:
    """The items of a backup, read anew whenever they are asked for."""

    file: File
    number: int

    def __iter__(self) -> Iterator[Record]:
        # the names of tables are made of numbers: nothing of a request gets into a statement
        statement = f"SELECT {COLUMNS} FROM backup_{self.number}"  # noqa: S608
        return map(record_of, self.file.rows(statement))


class DiskBackups(Backups):
    """The backups of one data folder.

    Args:
        file: where.
    """

    __slots__ = ("_file",)

    def __init__(self, file: File) -> None:
        super().__init__()
        self._file = file
        for number, text in file.rows("SELECT number, note FROM backups"):
            note = _decode(text)
            found = {name: getattr(note, name) for name in _Note.__struct_fields__}
            self._found[note.table.name, note.id] = Backup(**found, records=_KeptRecords(file, number))

    def _filled(self, backup: Backup, table: Table) -> Backup:
        store = table.store
        assert isinstance(store, DiskStore), "tables that stay have no others"
        store.push()
        number = 1 + max((self._number(each) for each in self._found.values()), default=0)
        note = _Note(*(getattr(backup, name) for name in _Note.__struct_fields__))
        self._file.write("INSERT INTO backups VALUES(?, ?)", [(number, _encode(note))])
        self._file.define(f"CREATE TABLE backup_{number} AS SELECT {COLUMNS} FROM {store.rows}")  # noqa: S608
        return replace(backup, records=_KeptRecords(self._file, number))

    def remove(self, backup: Backup) -> None:
        number = self._number(backup)
        super().remove(backup)
        self._file.write("DELETE FROM backups WHERE number = ?", [(number,)])
        self._file.define(f"DROP TABLE backup_{number}")

    def copy(self) -> Backups:
        raise AssertionError("the engine refuses what would copy tables that stay")

    @staticmethod
    def _number(backup: Backup) -> int:
        records = backup.records
        assert isinstance(records, _KeptRecords), "all of a data folder are"
        return records.number
