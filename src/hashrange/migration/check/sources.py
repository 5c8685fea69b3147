"""What a value is made of: which columns of which tables, reached how, and which own columns it tells back.

The other checks are questions to this. Needs a schema for what is unique. Must not add findings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, TypeAlias

from msgspec import Struct

from ..contract.model import (
    Aggregate,
    Attribute,
    Computed,
    Construction,
    Entity,
    Formatted,
    FromColumn,
    Hop,
    Lookup,
    Recursive,
    TableContract,
    Transformed,
    Undefined,
    Value,
)
from ..expressions.evaluate import columns
from ..expressions.nodes import Column, Concat, Expression
from ..source.schema import Column as SourceColumn
from ..source.schema import SourceSchema

#: "value": it is in what is stored; "test": it decides; "join": it finds the row
Role: TypeAlias = Literal["value", "test", "join"]


class Use(Struct, frozen=True):
    """A column that an attribute uses: of which table, through which hop (-1: the own row), what for."""

    table: str
    column: str
    hop: int
    role: Role


def hops_of(value: Value) -> tuple[Hop, ...]:
    """The way that a value takes."""
    if isinstance(value, Lookup):
        return value.hops
    if isinstance(value, Construction) and value.same_row:
        return ()
    return (value.hop,) if isinstance(value, Construction | Aggregate) else ()


def uses(value: Value, own: str) -> Iterator[Use]:
    """Every column that a value uses."""
    hops = hops_of(value)
    places = {own.lower(): (-1, own)} | {hop.alias.lower(): (at, hop.table) for at, hop in enumerate(hops)}

    def of(expressions: Iterable[Expression], role: Role) -> Iterator[Use]:
        for expression in expressions:
            for column in columns(expression):
                at, table = places.get((column.table or own).lower(), (-1, own))
                yield Use(table, column.name, at, role)

    for hop in hops:
        yield from of(hop.on, "join")
    yield from of(_expressions(value), "value")
    if isinstance(value, Lookup) and value.condition is not None:
        yield from of((value.condition,), "test")
    if isinstance(value, Construction):
        yield from of((column for column, _ in value.order_by), "test")
    if isinstance(value, Recursive):
        yield Use(own, value.parent, -1, "join")
        if value.name is not None:
            yield Use(own, value.name, -1, "value")


def _expressions(value: Value) -> tuple[Expression, ...]:
    """What of a value is stored."""
    if isinstance(value, FromColumn | Transformed):
        return (value.column,)
    if isinstance(value, Lookup):
        return value.select if value.otherwise is None else (*value.select, value.otherwise)
    if isinstance(value, Construction):
        return tuple(expression for _, expression in value.outputs)
    if isinstance(value, Aggregate):
        return (value.operand,)
    if isinstance(value, Computed):
        return (value.expression,)
    if isinstance(value, Formatted):
        return tuple(part for part in value.parts if not isinstance(part, str))
    assert isinstance(value, Recursive | Undefined)
    return ()


def own_inputs(value: Value, own: str) -> frozenset[str]:
    """The own columns that decide a value, in lower case."""
    return frozenset(one.column.lower() for one in uses(value, own) if one.hop == -1)


def told(value: Value) -> tuple[str, ...]:
    """The own columns that can be read back from a stored value."""
    if isinstance(value, FromColumn):
        return (value.column.name,)
    if isinstance(value, Transformed) and value.kind == "json-parse":
        return (value.column.name,)
    if isinstance(value, Formatted):
        return tuple(part.name for part in value.parts if isinstance(part, Column))
    if isinstance(value, Construction) and value.same_row:
        return tuple(one.name for _, one in value.outputs if isinstance(one, Column))
    return ()


class Determined(Struct, frozen=True):
    """The own columns that a value leaves only one choice for.

    Attributes:
        surely: whatever the row.
        unless_null: for rows in which they are not NULL.
    """

    surely: frozenset[str] = frozenset()
    unless_null: frozenset[str] = frozenset()


def determined(value: Value, own: str, schema: SourceSchema) -> Determined:
    """Which own columns a value determines: its columns, or through a unique column of another table those that join
    to it."""
    if isinstance(value, FromColumn | Formatted):
        return Determined(frozenset(name.lower() for name in told(value)))
    if not isinstance(value, Lookup) or len(value.select) != 1:
        return Determined()
    chosen = value.select[0] if value.otherwise is None or any(columns(value.select[0])) else value.otherwise
    names: dict[str, set[str]] = {}
    if not isinstance(chosen, Column | Concat):
        return Determined()
    for column in columns(chosen):
        names.setdefault((column.table or own).lower(), set()).add(column.name)
    for hop in reversed(value.hops):
        table = schema.table(hop.table)
        mine = names.get(hop.alias.lower(), set())
        if table is None or not mine or not table.has_unique(_spelled(table.columns, mine)):
            continue
        for one in hop.on:
            if isinstance(one.right, Column):
                names.setdefault((one.right.table or own).lower(), set()).add(one.right.name)
    found = frozenset(name.lower() for name in names.get(own.lower(), set()))
    return Determined(found) if value.condition is None else Determined(frozenset(), found)


def _spelled(columns: dict[str, SourceColumn], names: set[str]) -> frozenset[str]:
    lowered = {name.lower() for name in names}
    return frozenset(name for name in columns if name.lower() in lowered)


def source_column(schema: SourceSchema, table: str, column: str) -> SourceColumn | None:
    """A column of the schema, or None."""
    found = schema.table(table)
    return None if found is None else found.column(column)


# ── finding items ────────────────────────────────────────────────────────────────────────────────────────────────────
def found_by(table: TableContract, entity: Entity, known: frozenset[str], hop: Hop | None = None) -> str | None:
    """How the items of an entity are found whose own columns (lower case) have known values.

    Args:
        hop: a join whose whole row is known, too.

    Returns:
        "the table's key", "index NAME", or None: only a scan finds them.
    """
    for name, pk in (("the table's key", table.pk), *((f"index {one.name}", one.pk) for one in table.indexes.values())):
        attribute = entity.attributes.get(pk)
        if attribute is not None and _computable(attribute, entity.source_table, known, hop):
            return name
    return None


def _computable(attribute: Attribute, own: str, known: frozenset[str], hop: Hop | None) -> bool:
    value = attribute.value
    if isinstance(value, Undefined | Recursive | Aggregate | Construction):
        return False
    inputs = own_inputs(value, own)
    if isinstance(value, Lookup) and hop is not None and value.hops[0] == hop:
        return inputs <= known | _joined_by(hop)
    return bool(inputs) and inputs <= known


def _joined_by(hop: Hop) -> frozenset[str]:
    return frozenset(one.right.name.lower() for one in hop.on if isinstance(one.right, Column))


def entities(tables: Iterable[TableContract]) -> Iterator[tuple[TableContract, Entity]]:
    """Every entity with its table."""
    for table in tables:
        for entity in table.entities.values():
            yield table, entity


def what(table: TableContract, entity: Entity) -> str:
    """An entity, for messages."""
    return table.name if table.kind == "single-entity" else f"{table.name}/{entity.name}"
