"""What the keys of a contract can find: one method for each look-up, and what is said about those that it cannot serve.

Decides from mapping and schema alone. Run time answers these methods, ``generate`` writes them out, so that both have
the same. Must not know requests.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from msgspec import Struct

from ..contract.model import Lookup
from ..errors import NotInContract
from ..expressions.nodes import Column
from ..mapping.entity import EntityMapping
from ..source.schema import SourceSchema
from .records import is_stored, python_name

Kind: TypeAlias = Literal["get", "exists", "update", "delete", "find", "list", "count"]


class Method(Struct, frozen=True):
    """A look-up by name.

    Attributes:
        name: ``get_by_key``, ``find_by_username``, ``list_by_category_id``, ``count_by_category_id``.
        kind: what it does: "find" gives one or None, "list" all there are.
        index: which index serves it; None: the table's own key.
        fields: what has to be given, in this order: the fields of the partition key, of "find" also those of the sort
            key where only both together are unique; of what works on one item those of its key.
        options: fields of the sort key that narrow a list further, in the key's order.
    """

    name: str
    kind: Kind
    index: str | None
    fields: tuple[str, ...]
    options: tuple[str, ...] = ()


class NoLookup(NotInContract, AttributeError):
    """A method for a look-up that the contract's keys cannot serve; an AttributeError, too, as it is no attribute."""


def methods(mapping: EntityMapping, schema: SourceSchema) -> dict[str, Method]:
    """Every look-up that the keys serve, by name."""
    found: dict[str, Method] = {}
    for kind in ("get", "exists", "update", "delete"):
        _add(found, Method(f"{kind}_by_key", kind, None, mapping.key_fields))
    partition, sort = key_fields_of(mapping, None)
    if sort and not identifies(mapping, schema, partition):
        _add_list(found, None, partition, sort)
    for index in indexes_of(mapping):
        partition, sort = mapping.index_fields[index]
        sort = tuple(field for field in sort if field not in partition)
        if identifies(mapping, schema, partition):
            _add(found, Method(f"find_{_by(partition, index)}", "find", index, partition))
            continue
        if sort and identifies(mapping, schema, partition + sort):
            _add(found, Method(f"find_{_by(partition + sort, index)}", "find", index, partition + sort))
        _add_list(found, index, partition, sort)
    return found


def _add_list(found: dict[str, Method], index: str | None, partition: tuple[str, ...], sort: tuple[str, ...]) -> None:
    by = _by(partition, index)
    _add(found, Method(f"list_{by}", "list", index, partition, sort))
    _add(found, Method(f"count_{by}", "count", index, partition, sort))


def _add(found: dict[str, Method], method: Method) -> None:
    name = method.name
    if name in found:  # two indexes have the same partition key
        name = f"{name}_in_{python_name((method.index or 'table').lower())}"
        method = Method(name, method.kind, method.index, method.fields, method.options)
    found[name] = method


def _by(fields: tuple[str, ...], index: str | None) -> str:
    if not fields:  # a partition key of literal text
        return f"in_{python_name((index or 'table').lower())}"
    return "by_" + "_and_".join(python_name(field) for field in fields)


def indexes_of(mapping: EntityMapping) -> tuple[str, ...]:
    """The indexes that items of the entity are in: it has the attributes of their keys."""
    has = mapping.entity.attributes
    return tuple(
        one.name for one in mapping.table.indexes.values() if one.pk in has and (one.sk is None or one.sk in has)
    )


def key_fields_of(mapping: EntityMapping, index: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The fields of the partition key and those of the sort key, of the table (None) or an index."""
    if index is not None:
        return mapping.index_fields[index]
    pk, sk = mapping.table.pk, mapping.table.sk
    return (
        tuple(name for name in mapping.key_fields if pk in mapping.fields[name].attributes),
        tuple(name for name in mapping.key_fields if sk in mapping.fields[name].attributes),
    )


def identifies(mapping: EntityMapping, schema: SourceSchema, fields: Iterable[str]) -> bool:
    """Whether at most one item has the same values of these fields."""
    given = frozenset(fields)
    if given.issuperset(mapping.key_fields):
        return True
    table = schema.table(mapping.entity.source_table)
    return table is not None and table.has_unique(columns_told(mapping, schema, given))


def columns_told(mapping: EntityMapping, schema: SourceSchema, fields: Iterable[str]) -> frozenset[str]:
    """The columns of the own row whose values these fields tell: their own, and foreign keys of which they are a unique
    column of the other row (a cart's user by the user's email)."""
    found: set[str] = set()
    for name in fields:
        field = mapping.fields[name]
        if field.column is not None and field.from_own_row:
            found.add(field.column.name)
        elif field.column is not None:
            found.update(_through_foreign_key(mapping, schema, field.attributes, field.column.name))
    return frozenset(found)


def _through_foreign_key(
    mapping: EntityMapping, schema: SourceSchema, attributes: tuple[str, ...], column: str
) -> Iterable[str]:
    for attribute in attributes:
        value = mapping.entity.attributes[attribute].value
        if not isinstance(value, Lookup) or len(value.hops) != 1 or value.select != (_column_of(value, column),):
            continue
        (hop,) = value.hops
        target = schema.table(hop.table)
        if target is not None and target.has_unique(frozenset((column,))):
            return [one.right.name for one in hop.on if isinstance(one.right, Column)]
    return ()


def _column_of(value: Lookup, name: str) -> Column | None:
    """The selected column, where it is this one."""
    only = value.select[0] if len(value.select) == 1 else None
    return only if isinstance(only, Column) and only.name == name else None


# ── what cannot be served ────────────────────────────────────────────────────────────────────────────────────────────
def not_served(
    mapping: EntityMapping, names: Iterable[str], *, error: type[NotInContract] = NotInContract
) -> NotInContract:
    """Why nothing can be looked up by these, and what it would take."""
    wanted = tuple(names)
    shown = " and ".join(wanted)
    unstored = [name for name in wanted if not _is_stored(mapping, name)]
    source = mapping.entity.source_table
    if unstored:
        missing = ", ".join(f"{source}.{name}" for name in unstored)
        return error(
            f"{mapping.name} cannot be looked up by {shown}: the contract stores {missing} in no attribute and no key",
            hint=f"needed: an attribute for {unstored[0]}, and a global index with it as partition key",
        )
    return error(
        f"{mapping.name} cannot be looked up by {shown}: {_nearest(mapping, wanted)}",
        hint=f"needed: a global index whose partition key is made of {shown}; scan(filter=...) reads the whole table",
    )


def _is_stored(mapping: EntityMapping, name: str) -> bool:
    return any(
        name in (one.name, python_name(one.name), one.column.name if one.column and one.from_own_row else "")
        for one in mapping.fields.values()
        if is_stored(one)
    )


def _nearest(mapping: EntityMapping, wanted: tuple[str, ...]) -> str:
    """Where a key has it, but not so that it can be asked for."""
    for index in (None, *indexes_of(mapping)):
        partition, sort = key_fields_of(mapping, index)
        label = "the table's key" if index is None else f"index {index}"
        missing = [name for name in partition if name not in wanted]
        if missing and set(wanted) <= {*partition, *sort}:
            return f"{label} has it only under {' and '.join(missing)}"
    return "it is the partition key of neither the table nor an index"
