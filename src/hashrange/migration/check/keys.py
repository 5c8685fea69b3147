"""Keys against the schema: are they unique, always there, short enough, and ordered as was meant?

Must not know attributes that are no keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from ..contract.model import Attribute, Contract, Entity, Formatted, FromColumn, Lookup, TableContract, Undefined
from ..expressions.nodes import Column, Concat, Literal
from ..findings import Findings
from ..source.schema import Column as SourceColumn
from ..source.schema import SourceSchema, Table
from .sources import Use, determined, entities, source_column, uses, what

PARTITION_KEY_MAX_BYTES: Final = 2048
SORT_KEY_MAX_BYTES: Final = 1024
_BYTES_PER_CHAR: Final = 4  # of UTF-8, at most
_MOMENTS: Final = ("date", "datetime", "timestamp")


class _Key(Struct, frozen=True):
    """A key attribute of an entity: of the table or an index, partition or sort key."""

    attribute: Attribute
    of: str
    in_table: bool
    is_sort: bool


def check_keys(contract: Contract, schema: SourceSchema, findings: Findings) -> None:
    """Add what is wrong."""
    for table, entity in entities(contract.tables.values()):
        source = schema.table(entity.source_table)
        if source is None:
            continue
        _unique(table, entity, source, schema, findings)
        keys = [key for key in _keys(table, entity) if not isinstance(key.attribute.value, Undefined)]
        for key in keys:
            _always_there(key, table, entity, schema, findings)
            _length(key, table, entity, schema, findings)
        once = {key.attribute.name: key for key in keys}
        _alone(list(once.values()), table, entity, schema, findings)
        _order(list(once.values()), table, entity, schema, findings)
        _case(list(once.values()), table, entity, schema, findings)


def _keys(table: TableContract, entity: Entity) -> Iterator[_Key]:
    for name, is_sort in ((table.pk, False), (table.sk, True)):
        if name is not None and name in entity.attributes:
            yield _Key(entity.attributes[name], f"the key of table {table.name}", True, is_sort)
    for index in table.indexes.values():
        for name, is_sort in ((index.pk, False), (index.sk, True)):
            if name is not None and name in entity.attributes:
                yield _Key(entity.attributes[name], f"the key of index {index.name}", False, is_sort)


# ── unique ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def _unique(table: TableContract, entity: Entity, source: Table, schema: SourceSchema, findings: Findings) -> None:
    """The columns behind the key have to contain a key of the source, or two rows become one item."""
    surely, unless_null = set[str](), set[str]()
    columns: list[str] = []
    for name in (table.pk, table.sk):
        attribute = None if name is None else entity.attributes.get(name)
        if attribute is None:
            continue
        if isinstance(attribute.value, Undefined):
            return
        found = determined(attribute.value, entity.source_table, schema)
        surely |= found.surely
        unless_null |= found.unless_null
        made_of = uses(attribute.value, entity.source_table)
        columns += [f"{one.table}.{one.column}" for one in made_of if one.role == "value"]
    keys = [key for key in (source.primary_key, *source.unique) if key]
    for key in keys:
        weak = [name for name in key if name.lower() not in surely]
        columns_of = [source.column(name) for name in weak]
        if all(name.lower() in unless_null for name in weak) and not any(
            one is None or one.nullable for one in columns_of
        ):
            return
    made = ", ".join(dict.fromkeys(columns)) or "constant text"
    unique = "; ".join(", ".join(key) for key in keys) or "nothing"
    message = (
        f"two rows of {source.name} can have the same key in {what(table, entity)}, and one would replace the other: "
        f"the key is made of {made}; unique in {source.name} is {unique}"
    )
    fix = f"put {keys[0][0]} into the sort key" if keys else "give the source a primary key"
    place = entity.attributes[table.sk].place if table.sk in entity.attributes else entity.place
    findings.error("key-not-unique", message, fix=fix, at=place)


# ── always there ─────────────────────────────────────────────────────────────────────────────────────────────────────
def _always_there(key: _Key, table: TableContract, entity: Entity, schema: SourceSchema, findings: Findings) -> None:
    value, where = key.attribute.value, f"{what(table, entity)}.{key.attribute.name}, {key.of},"
    null = _null_reason(key.attribute, entity, schema)
    if null is not None and key.in_table:
        fix = "make it NOT NULL in the source, or take another column"
        message = f"{where} is missing where {null[0]}: such rows are refused"
        add = findings.warning if null[1] else findings.error
        add("nullable-key", message, fix=fix, at=key.attribute.place)
    elif null is not None:
        message = f"{where} is missing where {null[0]}: such items are not in the index"
        findings.warning("sparse-index", message, fix="is that meant?", at=key.attribute.place)
    if isinstance(value, Lookup) and value.null_value == "":
        message = f"{where} is empty text where nothing is found, which no key may be"
        findings.error("empty-key", message, fix="give another null_value", at=key.attribute.place)


def _null_reason(attribute: Attribute, entity: Entity, schema: SourceSchema) -> tuple[str, bool] | None:
    """When a value is NULL, and whether a default makes that unlikely; None where it never is."""
    value = attribute.value
    if isinstance(value, Lookup) and (value.condition is not None or value.null_value is not None):
        return None
    for one in uses(value, entity.source_table):
        column = source_column(schema, one.table, one.column)
        counts = one.role == "value" or (one.role == "join" and _links(one, value))
        if column is not None and column.nullable and counts:
            return f"{one.table}.{one.column} is NULL", column.has_default
    return None


def _links(one: Use, value: object) -> bool:
    """Whether a column is the near side of a join: without it, nothing is found."""
    if not isinstance(value, Lookup):
        return False
    return any(isinstance(on.right, Column) and on.right.name == one.column for hop in value.hops for on in hop.on)


def _alone(keys: list[_Key], table: TableContract, entity: Entity, schema: SourceSchema, findings: Findings) -> None:
    """Keys that are a column of text with nothing beside it."""
    found: dict[str, list[_Key]] = {}
    for key in keys:
        name = _text_column(key.attribute, entity, schema)
        if name is not None:
            found.setdefault(name, []).append(key)
    for name, of in found.items():
        message = f"{_named(of, table, entity)}: {name} alone; a row in which that is '' is refused whole"
        findings.warning("empty-key", message, fix="check that the source has none", at=of[0].attribute.place)


def _named(keys: list[_Key], table: TableContract, entity: Entity) -> str:
    """Keys, for messages: "key PK, GSI1SK of Users/USER"."""
    return f"key {', '.join(key.attribute.name for key in keys)} of {what(table, entity)}"


def _text_column(attribute: Attribute, entity: Entity, schema: SourceSchema) -> str | None:
    value = attribute.value
    one: object = None
    if isinstance(value, FromColumn):
        one = value.column
    elif isinstance(value, Formatted) and len(value.parts) == 1:
        one = value.parts[0]
    elif isinstance(value, Lookup) and len(value.select) == 1 and value.null_value != "":
        one = value.select[0]
    if not isinstance(one, Column):
        return None
    tables = [use.table for use in uses(value, entity.source_table) if use.column == one.name]
    column = source_column(schema, tables[0], one.name) if tables else None
    return f"{tables[0]}.{one.name}" if column is not None and column.family in ("text", "binary") else None


# ── length, order, case ──────────────────────────────────────────────────────────────────────────────────────────────
def _length(key: _Key, table: TableContract, entity: Entity, schema: SourceSchema, findings: Findings) -> None:
    limit = SORT_KEY_MAX_BYTES if key.is_sort else PARTITION_KEY_MAX_BYTES
    longest = _longest(key.attribute, entity, schema)
    if longest is None or longest > limit:
        size = "has no limit" if longest is None else f"has up to {longest:,} bytes"
        message = f"{what(table, entity)}.{key.attribute.name}, {key.of}, {size}; a key may have {limit:,}"
        fix = "check the longest value, or shorten it"
        findings.warning("key-too-long", message, fix=fix, at=key.attribute.place)


def _longest(attribute: Attribute, entity: Entity, schema: SourceSchema) -> int | None:
    """The most bytes that a key may have; None without a limit."""
    value, total = attribute.value, 0
    if isinstance(value, Formatted):
        total = sum(len(part.encode()) for part in value.parts if isinstance(part, str))
    if isinstance(value, Lookup) and len(value.select) == 1 and isinstance(value.select[0], Concat):
        total = sum(len(str(one.value).encode()) for one in value.select[0].parts if isinstance(one, Literal))
    for one in uses(value, entity.source_table):
        column = source_column(schema, one.table, one.column) if one.role == "value" else None
        if column is None:
            continue
        if column.family == "text" or column.family == "binary":
            if column.length is None:
                return None
            total += column.length * (_BYTES_PER_CHAR if column.family == "text" else 1)
        elif column.family == "enum":
            total += max((len(member.encode()) for member in column.members), default=0)
        else:
            total += 40
    return total


def _by_column(
    keys: list[_Key], entity: Entity, schema: SourceSchema
) -> Iterator[tuple[str, SourceColumn, list[_Key]]]:
    """The columns that stand in keys, each with the keys."""
    found: dict[str, tuple[SourceColumn, list[_Key]]] = {}
    for key in keys:
        for one in uses(key.attribute.value, entity.source_table):
            column = source_column(schema, one.table, one.column) if one.role == "value" else None
            if column is not None:
                of = found.setdefault(f"{one.table}.{one.column}", (column, []))[1]
                if key not in of:
                    of.append(key)
    for name, (column, of) in found.items():
        yield name, column, of


def _order(keys: list[_Key], table: TableContract, entity: Entity, schema: SourceSchema, findings: Findings) -> None:
    """Numbers and times as text are ordered as text."""
    texts = [key for key in keys if key.attribute.type == "S"]
    for name, column, of in _by_column(texts, entity, schema):
        sorting = [key for key in of if key.is_sort]
        if sorting and column.family in ("integer", "decimal", "float"):
            message = f'{_named(sorting, table, entity)}: {name} is sorted as text, "10" before "9"'
            fix = "use the type N where it stands alone, if its order matters"
            findings.warning("numbers-as-text", message, fix=fix, at=sorting[0].attribute.place)
        if column.family in _MOMENTS:
            message = (
                f"{_named(of, table, entity)}: {name} is in it, and every writer has to write a time in the very same "
                "form, or one row becomes two items"
            )
            fix = "all of this library does (Conventions); so must the application"
            findings.warning("time-in-key", message, fix=fix, at=of[0].attribute.place)


def _case(keys: list[_Key], table: TableContract, entity: Entity, schema: SourceSchema, findings: Findings) -> None:
    for name, column, of in _by_column(keys, entity, schema):
        if column.family == "text" and column.ignores_case:
            message = (
                f"{_named(of, table, entity)}: the collation of {name} takes 'A' and 'a' for equal; in a key they are "
                "different"
            )
            fix = "fold keys (Conventions.fold_keys), or let the application look up with the exact case"
            findings.warning("collation", message, fix=fix, at=of[0].attribute.place)
