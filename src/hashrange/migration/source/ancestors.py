"""Depth and path of a row in the tree that its own table is: parents of parents, a level of the whole page at a time.

Parents are remembered from page to page, up to a bound; a row that is its own ancestor is refused. Must not know pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ..errors import MigrationError
from ..expressions.sql_values import sql_text
from ..mapping.fields import Needs, RecursiveNeed, Row
from .sql import Snapshot
from .target import Target

#: ancestors that are remembered; beyond, all are forgotten
_REMEMBERED_MAX: Final = 50_000
_SHOWN_MAX: Final = 10  # ids of a cycle that are named


class Ancestors:
    """Completes rows with a depth or a path.

    Raises:
        MigrationError: the table's key has several columns: nothing names a parent then.
    """

    def __init__(self, need: RecursiveNeed, needs: Needs) -> None:
        if len(needs.key) != 1:
            raise MigrationError(
                f"the key of {needs.table!r} has several columns; a tree needs one that names a parent"
            )
        value = need.value
        self._id, self._value, self._key = need.id, value, needs.key[0]
        wanted = (value.parent,) if value.name is None else (value.parent, value.name)
        self._target = Target(needs.table, (self._key,), wanted)
        self.reads: tuple[tuple[str, tuple[str, ...]], ...] = ((needs.table, (self._key, *wanted)),)
        self.own_columns: tuple[str, ...] = (self._key, *wanted)
        self._known: dict[Any, tuple[Any, Any] | None] = {}  # id to its parent's id and its name

    def complete(self, rows: Sequence[Row], snapshot: Snapshot, refused: dict[int, str]) -> None:
        if len(self._known) > _REMEMBERED_MAX:
            self._known = {}
        name = self._value.name
        for row in rows:
            self._known[row.own[self._key]] = (row.own[self._value.parent], None if name is None else row.own[name])
        self._find({row.own[self._value.parent] for row in rows}, snapshot)
        for at, row in enumerate(rows):
            way, cycle = self._way_up(row.own[self._key])
            if cycle:
                refused.setdefault(at, f"it is its own ancestor by {self._value.parent}: {cycle}")
            elif self._value.kind == "depth":
                row.values[self._id] = len(way) - 1
            else:
                row.values[self._id] = self._path(way)

    def _find(self, wanted: set[Any], snapshot: Snapshot) -> None:
        """Know these and all above them."""
        while unknown := [(one,) for one in wanted if one is not None and one not in self._known]:
            self._known.update((one, None) for (one,) in unknown)
            wanted = set()
            for (one,), values in self._target.each(snapshot, unknown):
                self._known[one] = (values[0], values[1] if len(values) > 1 else None)
                wanted.add(values[0])

    def _way_up(self, start: Any) -> tuple[list[Any], str]:
        """The ids from a row up to its root; and the cycle, where there is none."""
        way: dict[Any, None] = {}
        at = start
        while at is not None and (entry := self._known.get(at)) is not None:
            if at in way:
                ids = list(way)
                shown = [str(one) for one in [*ids[ids.index(at) :], at][:_SHOWN_MAX]]
                return [], " → ".join(shown)
            way[at] = None
            at = entry[0]
        return list(way), ""

    def _path(self, way: list[Any]) -> str:
        own = way if self._value.includes_self else way[1:]
        entries = [self._known[one] for one in reversed(own)]
        names = [entry[1] for entry in entries if entry is not None]
        return self._value.separator.join(sql_text(name) for name in names if name is not None)
