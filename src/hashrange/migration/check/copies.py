"""Copies and what follows from them: which items change with a row of another table, and how they are found; what
unique keys, foreign keys and ids of the source mean for the items.

``copies``, ``cascades`` and ``unique_keys`` are for everybody who has to keep items right; the check says what the keys
cannot serve. Must not know how items are written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from msgspec import Struct

from ..contract.model import Aggregate, Construction, Contract, Entity, Hop, TableContract, Undefined
from ..expressions.nodes import Column
from ..findings import Findings, Place
from ..source.schema import ForeignKey, SourceSchema, Table
from .sources import entities, found_by, hops_of, own_inputs, source_column, uses, what

#: columns that never change for a row are no danger in a key
_STEADY: Final = ("date", "datetime", "timestamp")


class Copy(Struct, frozen=True):
    """Data of another table in an item.

    Attributes:
        source_table, columns: what is copied or counted.
        table, entity, attribute: into what.
        own_columns: the columns by which items are found that a changed row is in.
        found_by: "the table's key", "index NAME", or None: only a scan finds them.
        in_key: it is in the table's key: when it changes, items move.
    """

    source_table: str
    columns: tuple[str, ...]
    table: str
    entity: str
    attribute: str
    own_columns: tuple[str, ...]
    found_by: str | None
    in_key: bool
    place: Place


class Cascade(Struct, frozen=True):
    """What a deleted row of a table means for items of an entity.

    Attributes:
        parent: the table whose row is deleted.
        child, columns: the table that refers to it, and by what.
        on_delete: as the foreign key says.
        table, entity: where the child's rows are.
        embedded: they are inside of items of another entity.
        found_by: as of a ``Copy``; "the item itself" where they are embedded in the parent's own item.
    """

    parent: str
    child: str
    columns: tuple[str, ...]
    on_delete: str
    table: str
    entity: str
    embedded: bool
    found_by: str | None
    place: Place


class UniqueKey(Struct, frozen=True):
    """A UNIQUE key of the source: "key" where the table's own key enforces it, "guard" where a guard item must."""

    source_table: str
    columns: tuple[str, ...]
    table: str
    entity: str
    enforced_by: Literal["key", "guard"]
    place: Place


def copies(contract: Contract) -> Iterator[Copy]:
    """Every copy, in the order of the contract; a chain of joins has one for each of its tables."""
    for table, entity in entities(contract.tables.values()):
        for attribute in entity.attributes.values():
            value = attribute.value
            hops = hops_of(value)
            if not hops:
                continue
            own = tuple(one.right.name for one in hops[0].on if isinstance(one.right, Column))
            known = frozenset(name.lower() for name in own)
            way = found_by(table, entity, known, hops[0])
            for at, hop in enumerate(hops):
                used = (one for one in uses(value, entity.source_table) if one.hop == at and one.role != "join")
                columns = tuple(dict.fromkeys(one.column for one in used))
                if columns or isinstance(value, Aggregate):
                    yield Copy(
                        hop.table, columns, table.name, entity.name, attribute.name, own, way,
                        attribute.name in (table.pk, table.sk), attribute.place,
                    )  # fmt: skip


def cascades(contract: Contract, schema: SourceSchema) -> Iterator[Cascade]:
    """What each foreign key of the source asks of the items, where both its tables have some."""
    homes = {entity.source_table.lower() for _, entity in entities(contract.tables.values())}
    for source in schema.tables.values():
        for key in source.foreign_keys:
            if key.target.lower() not in homes:
                continue
            for table, entity in entities(contract.tables.values()):
                if entity.source_table.lower() == source.name.lower():
                    known = frozenset(name.lower() for name in key.columns)
                    way = found_by(table, entity, known, _hop_along(entity, key))
                    yield Cascade(
                        key.target, source.name, key.columns, key.on_delete, table.name, entity.name, False, way,
                        entity.place,
                    )  # fmt: skip
                yield from _embedded(table, entity, source, key)


def _hop_along(entity: Entity, key: ForeignKey) -> Hop | None:
    """A join of the entity that goes where a foreign key goes."""
    columns = {name.lower() for name in key.columns}
    for attribute in entity.attributes.values():
        for hop in hops_of(attribute.value)[:1]:
            own = {one.right.name.lower() for one in hop.on if isinstance(one.right, Column)}
            if hop.table.lower() == key.target.lower() and own == columns:
                return hop
    return None


def _embedded(table: TableContract, entity: Entity, source: Table, key: ForeignKey) -> Iterator[Cascade]:
    """Rows of the table that are inside of items of an entity."""
    seen: set[Hop] = set()
    for attribute in entity.attributes.values():
        value = attribute.value
        if not isinstance(value, Construction) or value.shape != "array" or value.hop in seen:
            continue
        if value.hop.table.lower() != source.name.lower():
            continue
        seen.add(value.hop)
        joined = {one.left.name.lower() for one in value.hop.on if isinstance(one.left, Column)}
        is_parent = key.target.lower() == entity.source_table.lower() and joined == {one.lower() for one in key.columns}
        way = "the item itself" if is_parent else None
        yield Cascade(
            key.target, source.name, key.columns, key.on_delete, table.name, entity.name, True, way, attribute.place
        )


def unique_keys(contract: Contract, schema: SourceSchema) -> Iterator[UniqueKey]:
    """The UNIQUE keys of the entities' tables, and what enforces each."""
    for table, entity in entities(contract.tables.values()):
        source = schema.table(entity.source_table)
        for key in () if source is None else source.unique:
            columns = {name.lower() for name in key}
            parts = [entity.attributes.get(name) for name in (table.pk, table.sk) if name is not None]
            implied = bool(parts) and all(
                part is not None
                and not isinstance(part.value, Undefined)
                and own_inputs(part.value, entity.source_table) <= columns
                for part in parts
            )
            yield UniqueKey(
                entity.source_table, key, table.name, entity.name, "key" if implied else "guard", entity.place
            )


def check_copies(contract: Contract, schema: SourceSchema, findings: Findings) -> None:
    """Add what is wrong."""
    _scans(contract, findings)
    _moves(contract, schema, findings)
    _by_id(contract, schema, findings)
    for cascade in cascades(contract, schema):
        if cascade.found_by is None:
            _unserved(cascade, findings)
    for key in unique_keys(contract, schema):
        if key.enforced_by == "guard":
            message = (
                f"{key.source_table} ({', '.join(key.columns)}) is UNIQUE in MySQL; nothing in table {key.table} "
                f"enforces it for {key.entity}"
            )
            fix = "turn guards on, or accept that it is no longer enforced"
            findings.warning("unique-unenforced", message, fix=fix, at=key.place)


def _scans(contract: Contract, findings: Findings) -> None:
    """Copies that no key finds."""
    for copy in copies(contract):
        if copy.found_by is None:
            shown = (
                ", ".join(f"{copy.source_table}.{column}" for column in copy.columns) or f"rows of {copy.source_table}"
            )
            message = (
                f"{shown} goes into {copy.entity}.{copy.attribute} of table {copy.table}, and no key or index finds "
                f"these items by {', '.join(copy.own_columns)}: to follow a change means to scan the table"
            )
            fix = (
                f"add an index whose partition key is {copy.own_columns[0] if copy.own_columns else 'the join column'}"
            )
            findings.warning("copy-without-index", message, fix=fix, at=copy.place)


def _moves(contract: Contract, schema: SourceSchema, findings: Findings) -> None:
    """Columns in the keys of tables that may change."""
    moving: dict[tuple[str, str], list[tuple[str, Place]]] = {}
    for table, entity in entities(contract.tables.values()):
        for name in (table.pk, table.sk):
            attribute = None if name is None else entity.attributes.get(name)
            if attribute is None:
                continue
            for one in uses(attribute.value, entity.source_table):
                source, column = schema.table(one.table), source_column(schema, one.table, one.column)
                if one.role == "join" or source is None or column is None or column.name in source.primary_key:
                    continue
                if column.family not in _STEADY and not (one.hop == -1 and _is_of_junction(column.name, source)):
                    where = moving.setdefault((one.table, one.column), [])
                    where.append((what(table, entity), attribute.place))
    for (table_name, column_name), where in moving.items():
        shown = ", ".join(dict.fromkeys(name for name, _ in where))
        message = (
            f"{table_name}.{column_name} is in the key of {shown}: when it changes, items move (a delete and a put "
            "each), and a transaction moves at most 50"
        )
        fix = "use a column that never changes, or change it by the repositories, which move the items"
        findings.warning("key-moves", message, fix=fix, at=where[0][1])


def _is_of_junction(name: str, table: Table) -> bool:
    """Whether a column is a foreign key in a UNIQUE key of several columns: such rows are made and deleted, not
    changed."""
    return any(name in key.columns for key in table.foreign_keys) and any(
        name in key and len(key) > 1 for key in table.unique
    )


def _by_id(contract: Contract, schema: SourceSchema, findings: Findings) -> None:
    """Entities that cannot be read by their id."""
    for table, entity in entities(contract.tables.values()):
        source = schema.table(entity.source_table)
        if source is None or not source.primary_key:
            continue
        known = frozenset(name.lower() for name in source.primary_key)
        if found_by(table, entity, known) is None:
            as_sort = [
                index.name
                for index in table.indexes.values()
                if index.sk in entity.attributes
                and own_inputs(entity.attributes[index.sk].value, entity.source_table) == known
            ]
            hint = f"; {as_sort[0]} has it only as its sort key, which no query can use alone" if as_sort else ""
            message = (
                f"no key or index of table {table.name} finds an item of {entity.name} by "
                f"{', '.join(f'{source.name}.{name}' for name in source.primary_key)}{hint}"
            )
            fix = "add an index for it, if an access pattern reads by id"
            findings.warning("no-read-by-id", message, fix=fix, at=entity.place)


def _unserved(cascade: Cascade, findings: Findings) -> None:
    asks = {
        "cascade": "has to delete",
        "set null": "has to change",
        "set default": "has to change",
    }.get(cascade.on_delete, "has to be refused if there are")
    inside = f", which are inside of items of {cascade.entity}" if cascade.embedded else ""
    message = (
        f"to delete a row of {cascade.parent} {asks} its {cascade.child} (ON DELETE {cascade.on_delete.upper()})"
        f"{inside}; no key or index of table {cascade.table} finds them by {', '.join(cascade.columns)}"
    )
    fix = f"add an index whose partition key is {cascade.columns[0]}, or do not delete"
    findings.warning("cascade-unserved", message, fix=fix, at=cascade.place)
