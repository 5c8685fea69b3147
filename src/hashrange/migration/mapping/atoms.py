"""Where an entity's values come from: each column, lookup, collection and number once, however many attributes use it.

An *atom* becomes one field of the record. ``Atoms`` finds the atom of a column in an expression, by the tables and
aliases in scope, and says what a source has to deliver. Must not know attributes' types or items.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal, TypeAlias

from msgspec import Struct

from ..contract.model import Aggregate, Construction, Entity, Hop, Recursive, TableContract
from ..errors import ContractError
from ..expressions import nodes
from ..expressions.evaluate import columns
from ..source.schema import Column, SourceSchema, Table
from .fields import AggregateNeed, CollectionNeed, LookupNeed, Needs, RecursiveNeed, Row

AtomKind: TypeAlias = Literal["own", "lookup", "collection", "aggregate", "recursive"]


class Atom(Struct, frozen=True, eq=False):
    """One source of values.

    Attributes:
        kind: what sort of source.
        table, name: the table and the column; of collections and numbers the target's table, and "".
        column: the column in the schema; None where there is no schema.
        nullable: whether it may be NULL.
        raw: reads the driver's value of a row; of a collection its list of rows.
        value: what it is made by, of collections, aggregates and recursions.
        leads_by: of a lookup, the own columns that lead there: where one is NULL, so is this.
    """

    kind: AtomKind
    table: str
    name: str
    column: Column | None
    nullable: bool
    raw: Callable[[Row], Any]
    value: Construction | Aggregate | Recursive | None = None
    leads_by: tuple[str, ...] = ()


class _Way(Struct):
    """A lookup that is needed: the way, its id, and the columns that are read on it."""

    id: str
    hops: tuple[Hop, ...]
    columns: dict[tuple[int, str], Atom]


class Atoms:
    """The atoms of one entity, as its attributes ask for them.

    ``attribute`` is the one that is being compiled: errors name it, and needs get their ids from it.
    """

    def __init__(self, table: TableContract, entity: Entity, schema: SourceSchema) -> None:
        self._table, self._entity, self._schema = table, entity, schema
        self.attribute = ""
        self._own: dict[str, Atom] = {}
        self._ways: dict[tuple[Any, ...], _Way] = {}
        self._others: dict[Construction | Aggregate | Recursive, tuple[str, Atom]] = {}
        self._collected: dict[Construction, dict[str, None]] = {}
        self._source = self._schema_of(entity.source_table)

    def refuse(self, reason: str, hint: str | None = None) -> ContractError:
        """That the attribute that is being compiled cannot be followed."""
        where = f"{self._table.name}/{self._entity.name}" if self._table.kind == "multi-entity" else self._table.name
        return ContractError(
            f"{where}.{self.attribute}: {reason}" if self.attribute else f"{where}: {reason}", hint=hint
        )

    # ── tables and columns ───────────────────────────────────────────────────────────────────────────────────────────
    def _schema_of(self, table: str) -> Table | None:
        found = self._schema.table(table)
        if found is None and self._schema.tables:
            raise self.refuse(f"the schema has no table {table!r}", f"it has {', '.join(self._schema.tables)}")
        return found

    def _column(self, table: str, name: str) -> tuple[str, Column | None]:
        """The column's name as declared, and the column where there is a schema."""
        declared = self._schema_of(table)
        if declared is None:
            return name, None
        column = declared.column(name)
        if column is None:
            raise self.refuse(f"the table {table!r} has no column {name!r}", f"it has {', '.join(declared.columns)}")
        return column.name, column

    def _has(self, table: str, name: str) -> bool:
        declared = self._schema.table(table)
        return declared is not None and declared.column(name) is not None

    def _is_own(self, qualifier: str | None) -> bool:
        return qualifier is None or qualifier.lower() == self._entity.source_table.lower()

    # ── atoms ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def own(self, name: str) -> Atom:
        """The atom of a column of the own row."""
        name, column = self._column(self._entity.source_table, name)
        found = self._own.get(name)
        if found is None:
            is_key = self._source is not None and name in self._source.primary_key
            nullable = not is_key and (column is None or column.nullable)

            def raw(row: Row) -> Any:
                return row.own[name]

            found = self._own[name] = Atom("own", self._entity.source_table, name, column, nullable, raw)
        return found

    def of(self, column: nodes.Column, hops: tuple[Hop, ...] = (), *, prefers: Literal["own", "hop"] = "own") -> Atom:
        """The atom of a column in an expression.

        Args:
            column: as it stands there.
            hops: the way of the lookup around it; () where only the own row is in scope.
            prefers: what an unqualified name means where both could be meant.

        Raises:
            ContractError: no table in scope has this name, or the table has no such column.
        """
        for number, hop in enumerate(hops):
            if column.table is not None and hop.alias.lower() == column.table.lower():
                return self._lookup(hops, number, column.name)
        if not self._is_own(column.table):
            raise self.refuse(
                f"{column.table}.{column.name}: {column.table!r} is neither the own table nor joined here",
                f"in scope are {', '.join([self._entity.source_table, *(hop.alias for hop in hops)])}",
            )
        if column.table is None and hops:
            last = hops[-1]
            in_own, in_last = self._has(self._entity.source_table, column.name), self._has(last.table, column.name)
            if (in_last and not in_own) or (in_last == in_own and prefers == "hop"):
                return self._lookup(hops, len(hops) - 1, column.name)
        return self.own(column.name)

    def _lookup(self, hops: tuple[Hop, ...], number: int, name: str) -> Atom:
        hops = hops[: number + 1]  # a column of a chain's first hop is a lookup of one hop, which others may share
        name, column = self._column(hops[number].table, name)
        same = self._same_as_own(hops, name) if len(hops) == 1 else None
        if same is not None:
            return self.own(same)
        self._scope_joins(hops)
        way = self._ways.setdefault(_without_aliases(hops), _Way(self._free_id(), hops, {}))
        found = way.columns.get((number, name))
        if found is None:

            def raw(row: Row) -> Any:
                there = row.found[way.id]
                return None if there is None else there.get((number, name))

            nullable = not self._surely_found(hops, column)
            found = Atom(
                "lookup", hops[number].table, name, column, nullable, raw, leads_by=tuple(self._leading(hops[:1]))
            )
            way.columns[number, name] = found
        return found

    def _free_id(self) -> str:
        """An id for a need: the attribute's name, or that with a number."""
        taken = {way.id for way in self._ways.values()} | {one for one, _ in self._others.values()}
        candidate, number = self.attribute, 2
        while candidate in taken:
            candidate, number = f"{self.attribute}_{number}", number + 1
        return candidate

    def _leading(self, hops: Iterable[Hop]) -> Iterable[str]:
        """The own columns that conditions of hops name."""
        for hop in hops:
            for condition in hop.on:
                for side in (condition.left, condition.right):
                    yield from (
                        self.own(one.name).name
                        for one in columns(side)
                        if self._is_own(one.table) and not self._is_hop(one.table, hops)
                    )

    @staticmethod
    def _is_hop(qualifier: str | None, hops: Iterable[Hop]) -> bool:
        return qualifier is not None and any(hop.alias.lower() == qualifier.lower() for hop in hops)

    def _scope_joins(self, hops: tuple[Hop, ...]) -> None:
        """Refuse conditions over tables that are not joined yet; ask for the own columns that they name."""
        known = [self._entity.source_table.lower()]
        for hop in hops:
            known.append(hop.alias.lower())
            for condition in hop.on:
                for one in (*columns(condition.left), *columns(condition.right)):
                    if one.table is not None and one.table.lower() not in known:
                        raise self.refuse(f"the join's {one.table}.{one.name} names a table that is not joined there")
                    table = next((h.table for h in hops if h.alias.lower() == (one.table or "").lower()), None)
                    if table is not None:
                        self._column(table, one.name)
        list(self._leading(hops))

    def _foreign_key(self, hop: Hop) -> tuple[tuple[str, str], ...] | None:
        """The pairs (own column, target column) of a join that is just a foreign key of the own table."""
        if self._source is None:
            return None
        pairs: list[tuple[str, str]] = []
        for condition in hop.on:
            left, right = condition.left, condition.right
            if not isinstance(left, nodes.Column) or not isinstance(right, nodes.Column):
                return None
            if not self._is_hop(left.table, (hop,)):
                left, right = right, left
            if not self._is_hop(left.table, (hop,)) or self._is_hop(right.table, (hop,)):
                return None
            pairs.append((self.own(right.name).name, self._column(hop.table, left.name)[0]))
        for key in self._source.foreign_keys:
            target = self._schema.table(hop.table)
            if target is not None and self._schema.table(key.target) is target:
                names = [self._column(hop.table, one)[0] for one in key.target_columns]
                if sorted(pairs) == sorted(zip((self.own(one).name for one in key.columns), names, strict=False)):
                    return tuple(pairs)
        return None

    def _same_as_own(self, hops: tuple[Hop, ...], name: str) -> str | None:
        """The own column that always has the looked-up column's value, because a foreign key says so."""
        for own, target in self._foreign_key(hops[0]) or ():
            column = self.own(own).column
            if target == name and column is not None and not column.ignores_case:
                return own
        return None

    def _surely_found(self, hops: tuple[Hop, ...], column: Column | None) -> bool:
        if column is None or column.nullable or len(hops) != 1:
            return False
        return all(not self.own(own).nullable for own, _ in pairs) if (pairs := self._foreign_key(hops[0])) else False

    def collection(self, value: Construction) -> Atom:
        """The atom of embedded rows."""
        self._scope_joins((value.hop,))
        wanted = self._collected.setdefault(value, {})
        for _, expression in value.outputs:
            for one in columns(expression):
                if (name := self.embedded(value, one)) is not None:
                    wanted.setdefault(name)
        for one, _ in value.order_by:
            self._column(value.hop.table, one.name)
        id_, found = self._others.get(value, ("", None))
        if found is None:
            id_ = self._free_id()
            is_object = value.shape == "object"
            found = Atom("collection", value.hop.table, "", None, is_object, lambda row: row.many[id_], value)
            self._others[value] = (id_, found)
        return found

    def embedded(self, value: Construction, column: nodes.Column) -> str | None:
        """The name of a column of embedded rows; None where it is one of the own row."""
        if column.table is None or self._is_hop(column.table, (value.hop,)):
            return self._column(value.hop.table, column.name)[0]
        self.of(column)
        return None

    def embedded_column(self, value: Construction, column: nodes.Column) -> Column | None:
        """The same in the schema."""
        if column.table is None or self._is_hop(column.table, (value.hop,)):
            return self._column(value.hop.table, column.name)[1]
        return self.of(column).column

    def aggregate(self, value: Aggregate) -> Atom:
        """The atom of a number over other rows; of MIN and MAX of a column its column."""
        self._scope_joins((value.hop,))
        for one in columns(value.operand):
            if one.table is None or self._is_hop(one.table, (value.hop,)):
                self._column(value.hop.table, one.name)
            else:
                self.of(one)
        column = None
        if isinstance(value.operand, nodes.Column) and value.operation != "COUNT":
            column = self._column(value.hop.table, value.operand.name)[1]
        return self._number(value, value.hop.table, column, nullable=value.operation != "COUNT")

    def recursive(self, value: Recursive) -> Atom:
        """The atom of a depth or a path."""
        self.own(value.parent)
        if value.name is not None:
            self.own(value.name)
        elif value.kind == "path":
            raise self.refuse("a path needs the name of the column that it is made of")
        return self._number(value, self._entity.source_table, None, nullable=False)

    def _number(self, value: Aggregate | Recursive, table: str, column: Column | None, *, nullable: bool) -> Atom:
        id_, found = self._others.get(value, ("", None))
        if found is None:
            id_ = self._free_id()
            kind: AtomKind = "aggregate" if isinstance(value, Aggregate) else "recursive"
            found = Atom(kind, table, "", column, nullable, lambda row: row.values[id_], value)
            self._others[value] = (id_, found)
        return found

    # ── what the source has to deliver ───────────────────────────────────────────────────────────────────────────────
    def key_columns(self, of_keys: Iterable[Atom]) -> tuple[str, ...]:
        """The columns that tell rows apart: the primary key; of a table without one a UNIQUE key. Without a schema:
        ``id`` where the contract reads it, else the own columns that the table's key is made of."""
        if self._source is not None and (self._source.primary_key or self._source.unique):
            return self._source.primary_key or self._source.unique[0]
        if self._source is None and "id" in self._own:
            return ("id",)
        names = [name for one in of_keys for name in ((one.name,) if one.kind == "own" else one.leads_by)]
        return tuple(dict.fromkeys(names))

    @property
    def own_atoms(self) -> tuple[Atom, ...]:
        """Those of the own row, in the order in which they were asked for."""
        return tuple(self._own.values())

    def needs(self, key: tuple[str, ...]) -> Needs:
        """Everything that was asked for."""
        names = dict.fromkeys([*key, *self._own])
        others = list(self._others.items())
        return Needs(
            self._entity.source_table,
            key,
            tuple(names),
            tuple(LookupNeed(way.id, way.hops, tuple(way.columns)) for way in self._ways.values()),
            tuple(
                CollectionNeed(id_, value, tuple(self._collected[value]))
                for value, (id_, _) in others
                if isinstance(value, Construction)
            ),
            tuple(AggregateNeed(id_, value) for value, (id_, _) in others if isinstance(value, Aggregate)),
            tuple(RecursiveNeed(id_, value) for value, (id_, _) in others if isinstance(value, Recursive)),
        )


def _without_aliases(hops: tuple[Hop, ...]) -> tuple[Any, ...]:
    """What two ways have in common that lead to the same row, whatever they call the tables on it."""
    numbers = {hop.alias.lower(): str(number) for number, hop in enumerate(hops)}

    def side(expression: nodes.Expression) -> tuple[str, ...]:
        if not isinstance(expression, nodes.Column):
            return "=", repr(expression)
        qualifier = (expression.table or "").lower()
        return numbers.get(qualifier, qualifier), expression.name.lower()

    return tuple(
        (hop.table.lower(), *sorted(tuple(sorted((side(one.left), side(one.right)))) for one in hop.on)) for hop in hops
    )
