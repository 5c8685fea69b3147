"""What refers to a row in the source, and how the contract's keys find it: its children, as far as they can be found.

Decides from mappings and schema alone. Must not know requests.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from ..contract.model import Aggregate, Construction, Lookup
from ..expressions.nodes import Column
from ..mapping.entity import EntityMapping
from ..source.schema import ForeignKey, SourceSchema
from .lookups import columns_told, identifies, indexes_of, key_fields_of
from .records import is_stored


class Reference(Struct, frozen=True):
    """A foreign key to an entity's rows, of rows that are items themselves.

    Attributes:
        child: the mapping of the items that refer.
        key: the foreign key.
        served: whether a key of the contract finds them.
        index: which; None: the table's own.
        fields: field of the child's partition key to the parent's field that has its value.
        within: whether they lie in the partition of the row that they refer to.
    """

    child: EntityMapping
    key: ForeignKey
    served: bool
    index: str | None = None
    fields: dict[str, str] = {}
    within: bool = False

    def describe(self) -> str:
        columns = ", ".join(self.key.columns)
        return f"{self.child.repository} ({self.child.name}, by {self.child.entity.source_table}.{columns})"


def references(parent: EntityMapping, every: Iterable[EntityMapping], schema: SourceSchema) -> list[Reference]:
    """Every foreign key to an entity's source table, with the way to the items that have it."""
    target = parent.entity.source_table.lower()
    tables = [(child, schema.table(child.entity.source_table)) for child in every]
    return [
        _reference(parent, child, key, schema)
        for child, table in tables
        for key in (() if table is None else table.foreign_keys)
        if key.target.lower() == target
    ]


def _reference(parent: EntityMapping, child: EntityMapping, key: ForeignKey, schema: SourceSchema) -> Reference:
    for index in (None, *indexes_of(child)):
        partition, _ = key_fields_of(child, index)
        if not partition or columns_told(child, schema, partition) != frozenset(key.columns):
            continue
        fields = {name: _parents_field(parent, child, name, key) for name in partition}
        if all(fields.values()):
            told = {name: field for name, field in fields.items() if field is not None}
            within = index is None and _same_partition(parent, child, tuple(told.values()))
            return Reference(child, key, True, index, told, within)
    return Reference(child, key, served=False)


def _parents_field(parent: EntityMapping, child: EntityMapping, name: str, key: ForeignKey) -> str | None:
    """The parent's field whose value a field of the child's partition key has."""
    field = child.fields[name]
    if field.column is None:
        return None
    column = field.column.name
    if field.from_own_row:
        column = key.target_columns[key.columns.index(column)] if column in key.columns else ""
    return next(
        (
            one.name
            for one in filter(is_stored, parent.fields.values())
            if one.from_own_row and one.column is not None and one.column.name == column
        ),
        None,
    )


def _same_partition(parent: EntityMapping, child: EntityMapping, fields: tuple[str, ...]) -> bool:
    return parent.table_name == child.table_name and key_fields_of(parent, None)[0] == fields


def heads_partition(mapping: EntityMapping, schema: SourceSchema) -> bool:
    """Whether a partition belongs to one item of this entity: the others in it are its children."""
    partition, _ = key_fields_of(mapping, None)
    return mapping.table.kind == "multi-entity" and bool(partition) and identifies(mapping, schema, partition)


def emptied(child: EntityMapping, key: ForeignKey) -> dict[str, Any]:
    """The changes that SET NULL means: the foreign key's own fields, and those that were looked up by it."""
    found: dict[str, Any] = {}
    for name, field in child.fields.items():
        if not is_stored(field):
            continue
        own = field.from_own_row and field.column is not None and field.column.name in key.columns
        if own or (not field.from_own_row and _is_looked_up_by(child, field.attributes, key)):
            found[name] = None
    return found


def _is_looked_up_by(child: EntityMapping, attributes: tuple[str, ...], key: ForeignKey) -> bool:
    for name in attributes:
        value = child.entity.attributes[name].value
        if isinstance(value, Lookup) and len(value.hops) == 1 and value.hops[0].table.lower() == key.target.lower():
            columns = {one.right.name for one in value.hops[0].on if isinstance(one.right, Column)}
            if columns and columns.issubset(key.columns):
                return True
    return False


def values_of(reference: Reference, record: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the child's partition key, of a record of the parent."""
    return {name: record.get(source) for name, source in reference.fields.items()}


# ── copies ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def copies(reference: Reference, parent: EntityMapping) -> dict[str, str]:
    """The child's fields that are looked up by the foreign key, each with the parent's field that it is a copy of."""
    child, found = reference.child, dict[str, str]()
    for name, field in child.fields.items():
        if field.from_own_row or field.column is None or not is_stored(field):
            continue
        if not _is_looked_up_by(child, field.attributes, reference.key):
            continue
        source = _parents_field(parent, child, name, reference.key)
        if source is not None:
            found[name] = source
    return found


def embeds(child: EntityMapping, parent: EntityMapping, columns: frozenset[str]) -> tuple[str, ...]:
    """The child's attributes that hold these columns of the parent in another way than as a copy: in a document, in an
    aggregate, at the end of a chain. They cannot be kept from here."""
    table = parent.entity.source_table.lower()
    found: list[str] = []
    for attribute in child.entity.attributes.values():
        value = attribute.value
        hops = value.hops if isinstance(value, Lookup) else ()
        if isinstance(value, (Construction, Aggregate)):
            hops = (value.hop,)
        elif len(hops) < 2:
            continue
        names = {hop.table.lower(): hop.alias for hop in hops}
        if table in names and any(
            one.name in columns and one.table in (None, names[table], table) for one in _columns_in(value)
        ):
            found.append(attribute.name)
    return tuple(found)


def _columns_in(value: Any) -> Iterator[Column]:
    if isinstance(value, Column):
        yield value
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from _columns_in(getattr(value, name))
    elif isinstance(value, tuple):
        for one in value:
            yield from _columns_in(one)
