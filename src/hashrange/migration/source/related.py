"""What rows need of other rows: one query a page and way, never one a row, and never a join that multiplies rows.

``relations`` compiles what ``Needs`` asks for; each relation completes a page of rows. Owns what is remembered from
page to page, which is bounded. Must not know pages or DynamoDB.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias

from ..contract.model import Aggregate
from ..errors import MigrationError
from ..expressions.evaluate import NotComputable, columns, compiled
from ..expressions.nodes import Column
from ..mapping.fields import AggregateNeed, CollectionNeed, LookupNeed, Needs, Row
from .aggregation import Accumulator
from .ancestors import Ancestors
from .schema import SourceSchema
from .sql import Snapshot
from .target import Target
from .way import Context, Key, Way, way

#: rows of other tables that each hop remembers; beyond, it forgets them all
_REMEMBERED_MAX: Final = 20_000

#: the place of a row in its page to why it cannot be completed
Refused: TypeAlias = dict[int, str]
#: tables with the columns that are read of them
Reads: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
_Found: TypeAlias = Mapping[Key, dict[Any, Any] | None]


class Relation(Protocol):
    """What is read of other tables for one need: of which, which columns, and which of the own row lead there."""

    reads: Reads
    own_columns: tuple[str, ...]

    def complete(self, rows: Sequence[Row], snapshot: Snapshot, refused: Refused) -> None:
        """Put what is found into the rows, and say which cannot be completed.

        Raises:
            SourceLost, MigrationError: as ``Snapshot.rows``.
        """
        ...


def relations(needs: Needs, schema: SourceSchema) -> list[Relation]:
    """The ways to all that is needed of other rows.

    Raises:
        MigrationError: one is not made of equalities of columns.
    """
    return [
        *(_Lookup(need, needs.table) for need in needs.lookups),
        *(_Embedded(need, needs, schema) if not need.value.same_row else _SameRow(need) for need in needs.collections),
        *(_Aggregated(need, needs.table, schema) for need in needs.aggregates),
        *(Ancestors(need, needs) for need in needs.recursions),
    ]


# ── one other row, over one hop or several ───────────────────────────────────────────────────────────────────────────
class _Step:
    """A hop, and the rows that it has found, ``named`` as whoever reads them does."""

    def __init__(self, taken: Way, wanted: tuple[str, ...], named: Sequence[Any]) -> None:
        self.way, self.wanted, self._named = taken, wanted, tuple(named)
        self._target = Target(taken.table, taken.left, wanted)
        self._remembered: dict[Key, dict[Any, Any] | None] = {}

    def found(self, keys: Collection[Key], snapshot: Snapshot) -> tuple[_Found, set[Key]]:
        """The row of each key, and the keys that several rows have."""
        if len(self._remembered) + len(keys) > _REMEMBERED_MAX:
            self._remembered = {}
        unknown = [key for key in keys if key not in self._remembered]
        new: dict[Key, dict[Any, Any] | None] = dict.fromkeys(unknown)
        ambiguous: set[Key] = set()
        for key, values in self._target.each(snapshot, unknown):
            if new[key] is not None:
                ambiguous.add(key)
            new[key] = dict(zip(self._named, values, strict=True))
        found = self._remembered
        found.update(new)
        if ambiguous:
            self._remembered = {}  # so that they are found ambiguous again
        return found, ambiguous


class _Lookup:
    """N:1."""

    def __init__(self, need: LookupNeed, own_table: str) -> None:
        aliases = [hop.alias for hop in need.hops]
        ways = [way(hop, own_table, aliases[:at]) for at, hop in enumerate(need.hops)]
        self._id, self._steps = need.id, list[_Step]()
        self._outputs = need.columns
        for at, one in enumerate(ways):
            taken = [name for number, name in need.columns if number == at]
            leading = [name for later in ways[at + 1 :] for name in later.used_of(at + 1)]
            wanted = tuple(dict.fromkeys([*taken, *leading])) or one.left[:1]
            self._steps.append(_Step(one, wanted, wanted if len(ways) > 1 else [(0, name) for name in wanted]))
        self.reads: Reads = tuple((step.way.table, (*step.way.left, *step.wanted)) for step in self._steps)
        self.own_columns = tuple(name for one in ways for name in one.used_of(0))

    def complete(self, rows: Sequence[Row], snapshot: Snapshot, refused: Refused) -> None:
        contexts: list[Context] = [[row.own] for row in rows]
        for step in self._steps:
            keys = [step.way.key(context) for context in contexts]
            found, ambiguous = step.found({key for key in keys if key is not None}, snapshot)
            for at, key in enumerate(keys):
                contexts[at].append(None if key is None else found[key])
                if key in ambiguous:
                    columns = ", ".join(step.way.left)
                    refused.setdefault(at, f"several rows of {step.way.table} have its {columns}; one is meant")
        for row, (_, *found_rows) in zip(rows, contexts, strict=True):
            row.found[self._id] = self._output(found_rows)

    def _output(self, found: Sequence[Any]) -> dict[tuple[int, str], Any] | None:
        """What the hops have found. Of one hop it is one object for all rows that found the same; nobody changes it."""
        first: dict[tuple[int, str], Any] | None = found[0]
        if first is None or len(found) == 1:
            return first
        return {(at, name): None if (one := found[at]) is None else one[name] for at, name in self._outputs}


# ── many other rows ──────────────────────────────────────────────────────────────────────────────────────────────────
class _Embedded:
    """1:N, embedded."""

    def __init__(self, need: CollectionNeed, needs: Needs, schema: SourceSchema) -> None:
        value = need.value
        self._id, self._columns, self._limit = need.id, tuple(need.columns), value.limit
        self._way = way(value.hop, needs.table)
        order = [(column.name, descending) for column, descending in value.order_by]
        target = schema.table(value.hop.table)
        # rows that are equal in what they are ordered by: in the order of their key, each time the same
        order += [(name, False) for name in (target.primary_key if target else ()) if name not in dict(order)]
        self._target = Target(value.hop.table, self._way.left, self._columns, order, streams=True)
        self.reads: Reads = ((value.hop.table, (*self._way.left, *self._columns, *(name for name, _ in order))),)
        self.own_columns: tuple[str, ...] = self._way.used_of(0)

    def complete(self, rows: Sequence[Row], snapshot: Snapshot, refused: Refused) -> None:
        keys = [self._way.key([row.own]) for row in rows]
        found: dict[Key, list[dict[str, Any]]] = {key: [] for key in keys if key is not None}
        for one, values in self._target.each(snapshot, found.keys()):
            rows_of_key = found[one]
            if self._limit is None or len(rows_of_key) < self._limit:
                rows_of_key.append(dict(zip(self._columns, values, strict=True)))
        for row, key in zip(rows, keys, strict=True):
            row.many[self._id] = [] if key is None else found[key]


class _SameRow:
    """An object of the own row's columns."""

    def __init__(self, need: CollectionNeed) -> None:
        self._id, self.own_columns = need.id, tuple(need.columns)
        self.reads: Reads = ()

    def complete(self, rows: Sequence[Row], snapshot: Snapshot, refused: Refused) -> None:
        for row in rows:
            row.many[self._id] = [{name: row.own[name] for name in self.own_columns}]


# ── a number over other rows ─────────────────────────────────────────────────────────────────────────────────────────
class _Aggregated:
    """A number over 1:N; the other rows are streamed, and none is kept."""

    def __init__(self, need: AggregateNeed, own_table: str, schema: SourceSchema) -> None:
        self._id, self._value = need.id, need.value
        hop = need.value.hop
        self._way = way(hop, own_table)
        operand = _Operand(need.value, own_table, schema)
        self._operand, self._uses_own = operand.compute, bool(operand.own)
        self._folds = operand.folds
        self._wanted = operand.others or self._way.left[:1]
        self._target = Target(hop.table, self._way.left, self._wanted, streams=True)
        self.reads: Reads = ((hop.table, (*self._way.left, *self._wanted)),)
        self.own_columns = (*self._way.used_of(0), *operand.own)

    def complete(self, rows: Sequence[Row], snapshot: Snapshot, refused: Refused) -> None:
        keys = [self._way.key([row.own]) for row in rows]
        places: dict[Key, list[int]] = {}
        for at, key in enumerate(keys):
            if key is not None:
                places.setdefault(key, []).append(at)
        totals = [Accumulator(self._value.operation, folds=self._folds) for _ in rows]
        for one, values in self._target.each(snapshot, places.keys()):
            other = dict(zip(self._wanted, values, strict=True))
            for at in places[one]:
                try:
                    totals[at].add(self._operand([rows[at].own, other]))
                except NotComputable as problem:
                    refused.setdefault(at, f"{self._value.operation} over {self._way.table}: {problem}")
        for row, total in zip(rows, totals, strict=True):
            row.values[self._id] = total.result()


class _Operand:
    """What is aggregated: an expression over the other row, and sometimes over the own one too."""

    def __init__(self, value: Aggregate, own_table: str, schema: SourceSchema) -> None:
        self._hop, self._own_table, self._schema = value.hop, own_table, schema
        used = list(columns(value.operand))
        self.own = tuple(dict.fromkeys(one.name for one in used if self._is_own(one)))
        self.others = tuple(dict.fromkeys(one.name for one in used if not self._is_own(one)))
        self.folds = bool(used) and all(map(self._ignores_case, used))
        self.compute: Callable[[Context], Any] = compiled(value.operand, self._read, ignores_case=self._ignores_case)

    def _is_own(self, column: Column) -> bool:
        names = (self._hop.alias.lower(), self._hop.table.lower())
        if column.table is None:
            other, own = self._schema.table(self._hop.table), self._schema.table(self._own_table)
            if other is None or own is None or other.column(column.name) is not None:
                return False
            return own.column(column.name) is not None
        if column.table.lower() == self._own_table.lower() and self._hop.alias.lower() != self._own_table.lower():
            return True
        if column.table.lower() not in names:
            raise MigrationError(f"{column.table}.{column.name} is of neither {self._own_table} nor {self._hop.alias}")
        return False

    def _read(self, column: Column) -> Callable[[Context], Any]:
        place, name = (0 if self._is_own(column) else 1), column.name

        def read(context: Context) -> Any:
            row = context[place]
            return None if row is None else row[name]

        return read

    def _ignores_case(self, column: Column) -> bool:
        table = self._schema.table(self._own_table if self._is_own(column) else self._hop.table)
        found = table.column(column.name) if table else None
        return found is not None and found.ignores_case
