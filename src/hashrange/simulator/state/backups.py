"""Backups: what tables were at some moment, kept after they have changed or gone.

A backup shares its records with the table, for records never change. What outlives the process is ``disk.backups``'.
Must not know requests, or what the service says of a backup.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from .definitions import TableDefinition
from .store import Record
from .table import Table

Kind: TypeAlias = Literal["USER", "SYSTEM"]
#: how long the backup of a deleted table is kept; Developer Guide, "Point-in-time recovery"
SYSTEM_SECONDS: Final = 35 * 86_400.0
_SYSTEM_ID: Final = "00000000"


@dataclass(frozen=True, slots=True, eq=False)
class Backup:
    """A backup; times are seconds since the epoch.

    Attributes:
        id: time and chance, as its ARN ends.
        name: need not be its own.
        kind: made by a user, or by the service as a table with point-in-time recovery was deleted.
        created_at, expires_at: of a user's backup the latter is None.
        table: the table's definition.
        item_count, size: how many items there are, and their bytes.
        records: the items.
    """

    id: str
    name: str
    kind: Kind
    created_at: float
    expires_at: float | None
    table: TableDefinition
    item_count: int = 0
    size: int = 0
    records: Iterable[Record] = ()

    @property
    def arn(self) -> str:
        return f"{self.table.arn}/backup/{self.id}"


class Backups:
    """The backups of one account."""

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], Backup] = {}

    def __repr__(self) -> str:
        return f"<Backups: {len(self._found)}>"

    def add(self, table: Table, name: str, now: float, chance: str) -> Backup:
        """Make a user's backup of a table.

        Args:
            now: seconds since the epoch.
            chance: eight hexadecimal digits.
        """
        return self._keep(table, Backup(_id(now, chance), name, "USER", now, None, table.definition))

    def add_last(self, table: Table, now: float) -> Backup:
        """Make the service's backup of a table that is being deleted."""
        name = f"{table.name}$DeletedTableBackup"
        expires_at = now + SYSTEM_SECONDS
        backup = Backup(_id(now, _SYSTEM_ID), name, "SYSTEM", now, expires_at, table.definition)
        return self._keep(table, backup)

    def _keep(self, table: Table, backup: Backup) -> Backup:
        while (table.name, backup.id) in self._found:  # two in one millisecond, by an unlikely chance
            backup = replace(backup, id=_id(float(backup.id[:14]) / 1000 + 0.001, backup.id[15:]))
        backup = self._filled(replace(backup, item_count=table.item_count, size=table.size_bytes), table)
        self._found[table.name, backup.id] = backup
        return backup

    def _filled(self, backup: Backup, table: Table) -> Backup:
        """A new backup with what its table holds."""
        return replace(backup, records=tuple(table.records()))

    def get(self, table: str, id_: str, now: float) -> Backup | None:
        """The backup of a table with an id."""
        backup = self._found.get((table, id_))
        return None if backup is None or _is_over(backup, now) else backup

    def remove(self, backup: Backup) -> None:
        del self._found[backup.table.name, backup.id]

    def all(self, now: float) -> Iterator[Backup]:
        """All that have not expired, the oldest first."""
        for backup in [*self._found.values()]:
            if _is_over(backup, now):
                self.remove(backup)
        yield from sorted(self._found.values(), key=place)

    def copy(self) -> Backups:
        """The same backups, which change independently."""
        twin = Backups()
        twin._found = dict(self._found)
        return twin


def place(backup: Backup) -> tuple[str, str]:
    """What the order of backups goes by."""
    return backup.id, backup.table.name


def _id(now: float, chance: str) -> str:
    return f"{round(now * 1000):014d}-{chance}"


def _is_over(backup: Backup, now: float) -> bool:
    return backup.expires_at is not None and now >= backup.expires_at
