"""The relational side: tables, columns and keys, as ``CREATE TABLE`` or a live database tells them.

Plain data. ``ddl`` makes it from a schema file, ``reflect`` from a connection; checks, mapping and backfill read it.
Must not know contracts.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from msgspec import Struct

from ..findings import Place

#: the families of MySQL's types that need a meaning of their own in DynamoDB
Family: TypeAlias = Literal[
    "integer", "decimal", "float", "boolean", "bit", "text", "enum", "set", "date", "datetime", "timestamp", "time",
    "year", "binary", "json", "other",
]  # fmt: skip


class Column(Struct, frozen=True):
    """A column.

    Attributes:
        name: as declared.
        type: the type as it is written, for messages: "varchar(100)".
        family: what kind of type it is; TINYINT(1), BOOL and BOOLEAN are "boolean".
        nullable: whether NULL is allowed.
        length: characters of text, bytes of binary; None where the type has no limit of its own.
        members: the values of an ENUM or SET, in their order.
        ignores_case: whether its collation takes "a" and "A" for equal (MySQL's default collations do).
        has_default: whether an INSERT may leave it out.
        auto_increment: whether the database makes its values.
        place: where in the schema file.
    """

    name: str
    type: str
    family: Family
    nullable: bool = True
    length: int | None = None
    members: tuple[str, ...] = ()
    ignores_case: bool = False
    has_default: bool = False
    auto_increment: bool = False
    place: Place = Place()


class ForeignKey(Struct, frozen=True):
    """Columns that name a row of another table.

    Attributes:
        columns: in this table.
        target, target_columns: in the other.
        on_delete: "cascade", "restrict", "set null" or "no action".
    """

    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    on_delete: str = "no action"


class Table(Struct, frozen=True):
    """A table.

    Attributes:
        name: as declared.
        columns: by name, in the order of their declaration.
        primary_key: its columns; () where it has none.
        unique: the columns of each UNIQUE key, the primary key not included.
        foreign_keys: what it refers to.
        place: where in the schema file.
    """

    name: str
    columns: dict[str, Column]
    primary_key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    place: Place = Place()

    def column(self, name: str) -> Column | None:
        """The column of this name; SQL's column names do not heed case."""
        found = self.columns.get(name)
        if found is None:
            lowered = name.lower()
            found = next((one for one in self.columns.values() if one.name.lower() == lowered), None)
        return found

    def has_unique(self, columns: frozenset[str]) -> bool:
        """Whether these columns contain the primary key or a UNIQUE key: at most one row has the same values."""
        return any(key and columns.issuperset(key) for key in (self.primary_key, *self.unique))


class SourceSchema(Struct, frozen=True):
    """The tables of a database, by name."""

    tables: dict[str, Table]

    def table(self, name: str) -> Table | None:
        """The table of this name, in its exact case or, where there is none, in any."""
        found = self.tables.get(name)
        if found is None:
            lowered = name.lower()
            found = next((one for one in self.tables.values() if one.name.lower() == lowered), None)
        return found


#: of a contract that is read without a schema
NO_SCHEMA: Final = SourceSchema({})
