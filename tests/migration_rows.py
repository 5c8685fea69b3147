"""Rows as a source delivers them, out of plain lists: what ``Needs`` asks for, found by looking through the tables.

Slow and simple on purpose: one dictionary is compared with another. Conditions are equalities of columns; values are
equal as Python takes them for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from hashrange.migration.contract.model import Aggregate, Construction, Hop, Recursive
from hashrange.migration.expressions.evaluate import compiled
from hashrange.migration.expressions.nodes import Column, Expression, Literal
from hashrange.migration.mapping.fields import LookupNeed, Needs, Row

Tables = Mapping[str, Sequence[Mapping[str, Any]]]


def rows_of(needs: Needs, tables: Tables) -> list[Row]:
    """Every row of the needs' table, with all that it needs."""
    return [row_of(needs, tables, own) for own in tables[needs.table]]


def row_of(needs: Needs, tables: Tables, own: Mapping[str, Any]) -> Row:
    """One row with all that it needs."""
    return Row(
        {name: own[name] for name in needs.columns},
        {lookup.id: _found(lookup, needs.table, tables, own) for lookup in needs.lookups},
        {
            one.id: [
                {name: row[name] for name in one.columns} for row in _collected(one.value, needs.table, tables, own)
            ]
            for one in needs.collections
        },
        {
            **{one.id: _aggregated(one.value, needs.table, tables, own) for one in needs.aggregates},
            **{one.id: _recursive(one.value, needs, tables, own) for one in needs.recursions},
        },
    )


def _value(side: Expression, scope: Mapping[str, Mapping[str, Any]]) -> Any:
    if isinstance(side, Literal):
        return side.value
    assert isinstance(side, Column)
    return scope[side.table or ""][side.name]


def _matching(hop: Hop, scope: Mapping[str, Mapping[str, Any]], tables: Tables) -> list[Mapping[str, Any]]:
    found = []
    for row in tables[hop.table]:
        here = {**scope, hop.alias: row}
        sides = [(_value(one.left, here), _value(one.right, here)) for one in hop.on]
        if all(left is not None and left == right for left, right in sides):
            found.append(row)
    return found


def _found(lookup: LookupNeed, table: str, tables: Tables, own: Mapping[str, Any]) -> dict[tuple[int, str], Any] | None:
    scope: dict[str, Mapping[str, Any]] = {table: own}
    found: dict[tuple[int, str], Any] = {}
    for number, hop in enumerate(lookup.hops):
        rows = _matching(hop, scope, tables)
        if not rows:
            return found or None
        scope[hop.alias] = rows[0]
        found.update({(at, name): rows[0][name] for at, name in lookup.columns if at == number})
    return found


def _collected(value: Construction, table: str, tables: Tables, own: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rows = _matching(value.hop, {table: own}, tables)
    for column, descending in reversed(value.order_by):
        rows.sort(key=lambda row: row[column.name], reverse=descending)
    return rows[: value.limit]


def _aggregated(value: Aggregate, table: str, tables: Tables, own: Mapping[str, Any]) -> Any:
    def read(column: Column) -> Callable[[Mapping[str, Any]], Any]:
        return lambda row: row[column.name]

    compute = compiled(value.operand, read, ignores_case=lambda column: False)
    values = [one for row in _matching(value.hop, {table: own}, tables) if (one := compute(row)) is not None]
    if value.operation == "COUNT":
        return len(values)
    if not values:
        return None
    match value.operation:
        case "SUM":
            return sum(values)
        case "MIN":
            return min(values)
        case "MAX":
            return max(values)
        case "AVG":
            return _average(values)


def _average(values: list[Any]) -> Decimal:
    return Decimal(sum(values)) / len(values)


def _recursive(value: Recursive, needs: Needs, tables: Tables, own: Mapping[str, Any]) -> Any:
    (key,) = needs.key
    way = [own]
    while (parent := way[0][value.parent]) is not None:
        way.insert(0, next(row for row in tables[needs.table] if row[key] == parent))
    if value.kind == "depth":
        return len(way) - 1
    assert value.name is not None
    return value.separator.join(row[value.name] for row in (way if value.includes_self else way[:-1]))
