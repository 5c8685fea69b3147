"""Which columns a guard has to keep unique: those of the source's UNIQUE keys that no key of the table implies.

Must not know how guards are written: that is the single table's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..contract.model import Formatted, FromColumn
from ..errors import NotInContract
from ..mapping.entity import EntityMapping
from ..source.schema import SourceSchema
from .lookups import columns_told
from .records import is_stored


def unique_attributes(
    mapping: EntityMapping, schema: SourceSchema, more: Iterable[Sequence[str]] = ()
) -> tuple[tuple[str, ...], ...]:
    """The attributes that are to be unique, each a tuple of those that are so together.

    The source's primary key is not among them: its values come from the source, or from an ``IdAllocator``.

    Args:
        mapping: the entity's.
        schema: the source's.
        more: fields that are to be unique besides.

    Raises:
        NotInContract: a column that is to be unique is held by no attribute as it is.
    """
    table = schema.table(mapping.entity.source_table)
    keys = () if table is None else table.unique
    wanted = [columns for columns in keys if not _is_implied(mapping, schema, frozenset(columns))]
    found = [tuple(_attribute_of_column(mapping, column) for column in columns) for columns in wanted]
    found += [tuple(_holding(mapping, field) for field in fields) for fields in more]
    return tuple(dict.fromkeys(found))


def _is_implied(mapping: EntityMapping, schema: SourceSchema, columns: frozenset[str]) -> bool:
    """Whether two items with the same values of these columns have the same key: there can be one of them only."""
    told = [columns_told(mapping, schema, (name,)) for name in mapping.key_fields]
    return all(one and one <= columns for one in told)


def _attribute_of_column(mapping: EntityMapping, column: str) -> str:
    for field in filter(is_stored, mapping.fields.values()):
        if field.from_own_row and field.column is not None and field.column.name == column:
            return _holding(mapping, field.name)
    raise NotInContract(
        f"{mapping.name}: {mapping.entity.source_table}.{column} is unique, and the contract stores it nowhere",
        hint="needed: an attribute for it; or use the layer without guards",
    )


def _holding(mapping: EntityMapping, name: str) -> str:
    """The attribute that holds a field as it is; in lower case, where keys of it are."""
    field = mapping.fields.get(name)
    if field is None:
        raise NotInContract(f"{mapping.name} has no field {name!r} to be unique")
    folds = mapping.conventions.fold_keys and field.column is not None and field.column.ignores_case
    of_keys = {mapping.table.pk, mapping.table.sk} | {
        key for index in mapping.table.indexes.values() for key in (index.pk, index.sk)
    }
    alone = [one for one in field.attributes if _is_just(mapping, one, name)]
    folded = [one for one in alone if one in of_keys]
    if folds and folded:
        return folded[0]
    if name in mapping.entity.attributes:
        return name
    if not alone:
        raise NotInContract(
            f"{mapping.name}: no attribute holds {name!r} just as it is, so it cannot be kept unique",
            hint="needed: an attribute for it; or use the layer without guards",
        )
    return alone[0]


def _is_just(mapping: EntityMapping, attribute: str, field: str) -> bool:
    value = mapping.entity.attributes[attribute].value
    of_others = any(attribute in one.attributes for one in mapping.fields.values() if one.name != field)
    return not of_others and (isinstance(value, FromColumn) or (isinstance(value, Formatted) and len(value.parts) == 1))
