"""Columns against the schema: what the contract names and the source lacks, what the source has and the contract
forgets, types that do not fit, joins that find more than one row.

Must not know keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from ..contract.model import (
    Aggregate,
    Attribute,
    Construction,
    Contract,
    Entity,
    Formatted,
    FromColumn,
    Hop,
    Lookup,
    TableContract,
    Transformed,
)
from ..expressions.nodes import Column
from ..findings import Findings, Place
from ..source.schema import Column as SourceColumn
from ..source.schema import Family, SourceSchema, Table
from .sources import entities, hops_of, source_column, told, uses, what

NUMBER_MAX_DIGITS: Final = 38
_RIGHTS: Final = re.compile(r"(?i)admin|role|permission|privilege|superuser|is_staff|scope|grant|access_level|owner")
_LARGE: Final = ("mediumtext", "longtext", "mediumblob", "longblob")
#: the attribute types that a family of columns may become
_FITTING: Final[dict[Family, tuple[str, ...]]] = {
    "integer": ("N", "S"), "decimal": ("N", "S"), "float": ("N", "S"), "boolean": ("BOOL", "N", "S"),
    "bit": ("BOOL", "N", "B", "S"), "text": ("S",), "enum": ("S",), "set": ("SS", "S"), "date": ("S", "N"),
    "datetime": ("S", "N"), "timestamp": ("S", "N"), "time": ("S", "N"), "year": ("N", "S"), "binary": ("B",),
    "json": ("M", "L", "S"),
}  # fmt: skip


def check_columns(contract: Contract, schema: SourceSchema, findings: Findings) -> None:
    """Add what is wrong."""
    for table, entity in entities(contract.tables.values()):
        if schema.table(entity.source_table) is None:
            _no_table(entity.source_table, entity.place, schema, findings)
            continue
        for attribute in entity.attributes.values():
            _known(attribute, entity, schema, findings)
            _type(attribute, what(table, entity), entity, schema, findings)
            _one_row(attribute, what(table, entity), schema, findings)
        _fan_out(table, entity, findings)
        _lost(table, entity, schema, findings)
    _unmapped(contract, schema, findings)


# ── what is not there ────────────────────────────────────────────────────────────────────────────────────────────────
def _no_table(name: str, at: Place, schema: SourceSchema, findings: Findings) -> None:
    message = f"the schema has no table {name}"
    findings.error("unknown-table", message, fix=_near(name, schema.tables), at=at)


def _near(name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = get_close_matches(name.lower(), names, 1)
    return f"did you mean {near[0]}?" if near else f"known: {', '.join(names[:15])}"


def _known(attribute: Attribute, entity: Entity, schema: SourceSchema, findings: Findings) -> None:
    missing: set[str] = set()
    for one in uses(attribute.value, entity.source_table):
        table = schema.table(one.table)
        if table is None:
            if one.table not in missing:
                _no_table(one.table, attribute.place, schema, findings)
            missing.add(one.table)
        elif table.column(one.column) is None and f"{one.table}.{one.column}" not in missing:
            message = f"table {table.name} has no column {one.column}, which attribute {attribute.name} needs"
            findings.error("unknown-column", message, fix=_near(one.column, table.columns), at=attribute.place)
            missing.add(f"{one.table}.{one.column}")


# ── types ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _type(attribute: Attribute, where: str, entity: Entity, schema: SourceSchema, findings: Findings) -> None:
    column = _stored_column(attribute, entity, schema)
    if column is None or attribute.type == "NULL":
        return
    name = f"{where}.{attribute.name}"
    types = _FITTING.get(column.family)
    if isinstance(attribute.value, Transformed):
        types = None
    if types is not None and attribute.type not in types:
        message = f"{name} is of type {attribute.type}, its column {column.name} is {column.type}"
        fix = f"use {' or '.join(types)}"
        if attribute.type in ("M", "L") and column.family == "text":
            fix += ', or the transformation {"type": "json-parse"}'
        findings.error("type-mismatch", message, fix=fix, at=attribute.place)
    digits = re.match(r"(?:decimal|numeric|dec|fixed)\((\d+)", column.type)
    if digits and int(digits[1]) > NUMBER_MAX_DIGITS and attribute.type == "N":
        message = f"{name} comes from {column.type}; a number has at most {NUMBER_MAX_DIGITS} digits"
        findings.warning("number-too-precise", message, fix="use the type S", at=attribute.place)
    if column.type.split("(")[0] in _LARGE:
        message = f"{name} comes from {column.type}: an item over 400 KB is refused"
        findings.warning("value-too-large", message, fix="keep large values elsewhere", at=attribute.place)


def _stored_column(attribute: Attribute, entity: Entity, schema: SourceSchema) -> SourceColumn | None:
    """The column whose value an attribute is, own or looked up."""
    value = attribute.value
    if isinstance(value, FromColumn | Transformed):
        return source_column(schema, entity.source_table, value.column.name)
    if isinstance(value, Lookup) and len(value.select) == 1 and isinstance(value.select[0], Column):
        chosen = value.select[0]
        table = next((hop.table for hop in value.hops if hop.alias == chosen.table), entity.source_table)
        return source_column(schema, table, chosen.name)
    return None


# ── joins ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _one_row(attribute: Attribute, where: str, schema: SourceSchema, findings: Findings) -> None:
    """A join for one row has to find at most one."""
    value = attribute.value
    is_many = isinstance(value, Aggregate) or (isinstance(value, Construction) and value.shape == "array")
    for hop in () if is_many else hops_of(value):
        table = schema.table(hop.table)
        if table is not None and not table.has_unique(_joined(hop, table)):
            columns = ", ".join(f"{hop.table}.{one.left.name}" for one in hop.on if isinstance(one.left, Column))
            message = f"{where}.{attribute.name} joins by {columns}, which many rows of {hop.table} may have in common"
            fix = "join by a unique key, or embed the rows with json-construction"
            findings.error("many-rows", message, fix=fix, at=attribute.place)


def _joined(hop: Hop, table: Table) -> frozenset[str]:
    names = (table.column(one.left.name) for one in hop.on if isinstance(one.left, Column))
    return frozenset(column.name for column in names if column is not None)


def _fan_out(table: TableContract, entity: Entity, findings: Findings) -> None:
    """Sums over two kinds of rows: right here, wrong in a view that joins both."""
    over: dict[str, Attribute] = {}
    for attribute in entity.attributes.values():
        if isinstance(attribute.value, Aggregate):
            over.setdefault(f"{attribute.value.hop.table} by {attribute.value.hop.on}", attribute)
    if len(over) > 1:
        names = ", ".join(one.name for one in over.values())
        message = f"{what(table, entity)} has aggregates over {len(over)} kinds of rows ({names})"
        fix = "nothing here: each is computed alone; an SQL view that joins them all multiplies rows"
        findings.warning("aggregates-fan-out", message, fix=fix, at=list(over.values())[1].place)


# ── what is forgotten ────────────────────────────────────────────────────────────────────────────────────────────────
def _lost(table: TableContract, entity: Entity, schema: SourceSchema, findings: Findings) -> None:
    """Ids that are in no item any more."""
    source = schema.table(entity.source_table)
    assert source is not None
    kept = {name.lower() for attribute in entity.attributes.values() for name in told(attribute.value)}
    for name in source.primary_key:
        if name.lower() not in kept:
            message = (
                f"{source.name}.{name}, a part of the primary key, cannot be told from an item of {what(table, entity)}"
            )
            fix = f"add an attribute for {name}: without it no row can be found from its item"
            findings.warning("lost-id", message, fix=fix, at=entity.place)


def _unmapped(contract: Contract, schema: SourceSchema, findings: Findings) -> None:
    """Columns and tables that come into no item."""
    stored: dict[str, set[str]] = {}
    homes: dict[str, Place] = {}
    own_items = {entity.source_table.lower() for _, entity in entities(contract.tables.values())}
    for _, entity in entities(contract.tables.values()):
        homes.setdefault(entity.source_table.lower(), entity.place)
        for attribute in entity.attributes.values():
            _note(attribute, entity, stored, homes)
    for table in schema.tables.values():
        place = homes.get(table.name.lower())
        if place is None:
            message = f"table {table.name} is in no item, neither as an entity nor embedded"
            fix = "is it needed after the migration?"
            findings.warning("unmapped-table", message, fix=fix, at=table.place)
            continue
        for column in table.columns.values():
            is_said = table.name.lower() in own_items and column.name in table.primary_key
            if not is_said and column.name.lower() not in stored.get(table.name.lower(), set()):
                _forgotten(table, column, place, findings)


def _note(attribute: Attribute, entity: Entity, stored: dict[str, set[str]], homes: dict[str, Place]) -> None:
    value = attribute.value
    if isinstance(value, FromColumn | Formatted | Transformed | Construction):
        for one in uses(value, entity.source_table):
            stored.setdefault(one.table.lower(), set()).add(one.column.lower())
    if isinstance(value, Construction):
        homes.setdefault(value.hop.table.lower(), attribute.place)


def _forgotten(table: Table, column: SourceColumn, at: Place, findings: Findings) -> None:
    name = f"{table.name}.{column.name}"
    if _RIGHTS.search(column.name):
        message = f"{name} is in no item: it looks as if it says who may do what, and would be lost"
        fix = "add an attribute for it before anybody decides by DynamoDB's data"
        findings.warning("unmapped-rights", message, fix=fix, at=at)
    elif column.name in table.primary_key:
        findings.warning("lost-id", f"{name}, a part of the primary key, is in no item", fix="add it", at=at)
    else:
        fix = "add an attribute, or accept that it is lost"
        findings.warning("unmapped-column", f"{name} is in no item: its values are lost", fix=fix, at=at)
