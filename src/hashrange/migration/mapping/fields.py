"""What a record is made of, and what a source has to deliver for it.

A *row* is what the source has; an *item* is what DynamoDB stores; a *record* is between them: the entity's fields as
Python values, each once, however many attributes are made of it. ``EntityMapping`` leads from one to the other. Must
not know tables, databases or DynamoDB.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from msgspec import Struct

from ..contract.model import Aggregate, Construction, Hop, Recursive
from ..source.schema import Column

#: field name to Python value: int, Decimal, float, bool, str, bytes, date, datetime (aware, UTC), timedelta, set, list,
#: dict, None
Record: TypeAlias = dict[str, Any]


class Field(Struct, frozen=True):
    """One field of a record.

    Attributes:
        name: of the attribute that holds just this value, else of the column, else of table and column.
        type: the Python type as source text, for signatures: "int", "datetime", "str".
        nullable: whether None is allowed.
        column: the column that it comes from, where a schema is known; None for what is computed.
        from_own_row: whether it is a column of the entity's own row; False: denormalized, from another table.
        readable: whether it can be told from a stored item. One that is False is in no attribute and in no key.
        attributes: the names of the attributes that depend on it, keys among them.
    """

    name: str
    type: str
    nullable: bool
    column: Column | None
    from_own_row: bool
    readable: bool
    attributes: tuple[str, ...]


class LookupNeed(Struct, frozen=True):
    """A row of another table that is needed: by an id that is unique in the entity, the way there, and the columns that
    are read of the last hop's row (of each hop's, with the hop's number, where a chain takes several)."""

    id: str
    hops: tuple[Hop, ...]
    columns: tuple[tuple[int, str], ...]


class CollectionNeed(Struct, frozen=True):
    """Rows of another table that are embedded."""

    id: str
    value: Construction
    columns: tuple[str, ...]


class AggregateNeed(Struct, frozen=True):
    """A number over rows of another table."""

    id: str
    value: Aggregate


class RecursiveNeed(Struct, frozen=True):
    """A depth or a path in the own table."""

    id: str
    value: Recursive


class Needs(Struct, frozen=True):
    """Everything that is needed to make records of an entity.

    Attributes:
        table: whose rows.
        key: the columns that tell rows apart and order them: the primary key.
        columns: of the own row, key included.
        lookups, collections, aggregates, recursions: of others.
    """

    table: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    lookups: tuple[LookupNeed, ...] = ()
    collections: tuple[CollectionNeed, ...] = ()
    aggregates: tuple[AggregateNeed, ...] = ()
    recursions: tuple[RecursiveNeed, ...] = ()


class Row(Struct):
    """A row of the source with all that ``Needs`` asks for; values are as the database driver gives them.

    Attributes:
        own: column to value.
        found: id of a lookup to (hop number, column) to value; None where no row was found.
        many: id of a collection to its rows, ordered and limited.
        values: id of an aggregate or a recursion to its value.
    """

    own: dict[str, Any]
    found: dict[str, dict[tuple[int, str], Any] | None] = {}
    many: dict[str, list[dict[str, Any]]] = {}
    values: dict[str, Any] = {}
