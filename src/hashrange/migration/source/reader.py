"""The rows of an entity, page by page: its own table in the order of its key, with all that ``Needs`` asks of others.

A page begins behind the key of the one before (keyset paging: no page costs more for standing far behind), related rows
are looked up a page at a time (``related``), and nothing grows with the table. Owns pages and key ranges. Calls block:
event loops run them in a thread. Must not know contracts or DynamoDB.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from ...extras import imported
from ..errors import MigrationError, RowRefused
from ..mapping.fields import Needs, Row
from .related import Relation, relations
from .schema import NO_SCHEMA, SourceSchema
from .select import above, column, in_any, not_above, source_table
from .sql import Snapshot


class Page(Struct):
    """A page.

    Attributes:
        rows: in the order of their keys.
        refused: rows that cannot be completed: a lookup that finds several rows, a parent that is its own ancestor.
        last: the key of the last row, to go on behind.
    """

    rows: list[Row]
    refused: list[RowRefused]
    last: tuple[Any, ...]


class Reader:
    """Reads what an entity needs.

    Args:
        snapshot: all pages are of one.
        needs: what is read.
        schema: of the contract's checks; the database's own fills what it does not know.
        entity: the entity's name, for refusals; None: the table's.

    Raises:
        MigrationError: a table or column is not there, or the entity's table has no key to page by.
    """

    def __init__(
        self, snapshot: Snapshot, needs: Needs, schema: SourceSchema = NO_SCHEMA, *, entity: str | None = None
    ) -> None:
        self._snapshot, self._needs, self._entity = snapshot, needs, entity or needs.table
        live = snapshot.source.schema()
        if not needs.key:
            raise MigrationError(
                f"table {needs.table!r} has no primary key: its rows cannot be read page by page",
                hint="give it one, or make the entity of a table that has one",
            )
        self._relations = relations(needs, live if not schema.tables else _both(schema, live))
        self._columns = _own_columns(needs, self._relations)
        _check(needs, self._columns, self._relations, live)
        self._key_places = tuple(self._columns.index(name) for name in needs.key)

    def pages(
        self, after: tuple[Any, ...] | None = None, until: tuple[Any, ...] | None = None, size: int = 1_000
    ) -> Iterator[Page]:
        """The rows behind ``after`` and up to ``until``, itself included.

        Args:
            after, until: values of the key's columns; None: from the first, to the last.
            size: rows a page.

        Raises:
            SourceLost: the connection was lost: open a new snapshot, and go on behind the last page.
            MigrationError: the database refuses.
        """
        while True:
            read = self._snapshot.rows(self._select(after, until).limit(size))
            if not read:
                return
            after = tuple(read[-1][place] for place in self._key_places)
            yield self._page(read, after)
            if len(read) < size:
                return

    def rows(self, keys: Sequence[tuple[Any, ...]]) -> Page:
        """The rows with these keys, those that there are, in the order of their keys. Raises as ``pages``."""
        if not keys:
            return Page([], [], ())
        statement = self._select(None, None).where(in_any(self._needs.key, list(keys)))
        read = self._snapshot.rows(statement)
        last = tuple(read[-1][place] for place in self._key_places) if read else ()
        return self._page(read, last)

    def count(self, after: tuple[Any, ...] | None = None, until: tuple[Any, ...] | None = None) -> int:
        """How many rows there are in a range. Raises as ``pages``."""
        alchemy = imported("sqlalchemy", "migrate")
        statement = alchemy.select(alchemy.func.count()).select_from(source_table(self._needs.table))
        return int(self._snapshot.rows(self._within(statement, after, until))[0][0])

    def bounds(self, size: int) -> list[tuple[Any, ...]]:
        """The key of each ``size``-th row: where a table may be cut into ranges. Raises as ``pages``."""
        alchemy = imported("sqlalchemy", "migrate")
        keys = [column(name) for name in self._needs.key]
        found: list[tuple[Any, ...]] = []
        while True:
            statement = alchemy.select(*keys).select_from(source_table(self._needs.table)).order_by(*keys)
            after = found[-1] if found else None
            read = self._snapshot.rows(self._within(statement, after, None).limit(1).offset(size - 1))
            if not read:
                return found
            found.append(tuple(read[0]))

    def _select(self, after: tuple[Any, ...] | None, until: tuple[Any, ...] | None) -> Any:
        alchemy = imported("sqlalchemy", "migrate")
        statement = alchemy.select(*map(column, self._columns)).select_from(source_table(self._needs.table))
        return self._within(statement, after, until).order_by(*map(column, self._needs.key))

    def _within(self, statement: Any, after: tuple[Any, ...] | None, until: tuple[Any, ...] | None) -> Any:
        if after is not None:
            statement = statement.where(above(self._needs.key, after))
        if until is not None:
            statement = statement.where(not_above(self._needs.key, until))
        return statement

    def _page(self, read: list[Any], last: tuple[Any, ...]) -> Page:
        names = self._columns
        rows = [Row(dict(zip(names, values, strict=True))) for values in read]
        problems: dict[int, str] = {}
        for relation in self._relations:
            relation.complete(rows, self._snapshot, problems)
        if not problems:
            return Page(rows, [], last)
        refused = [
            RowRefused(reason, entity=self._entity, row={name: rows[at].own[name] for name in self._needs.key})
            for at, reason in sorted(problems.items())
        ]
        return Page([row for at, row in enumerate(rows) if at not in problems], refused, last)


def _both(schema: SourceSchema, live: SourceSchema) -> SourceSchema:
    return SourceSchema({**live.tables, **schema.tables})


def _own_columns(needs: Needs, found: Sequence[Relation]) -> tuple[str, ...]:
    """The columns that are read of the own row: what is asked for, and what leads to others."""
    return tuple(dict.fromkeys((*needs.key, *needs.columns, *(name for one in found for name in one.own_columns))))


def _check(needs: Needs, columns: Sequence[str], found: Sequence[Relation], live: SourceSchema) -> None:
    """Say now what is not there: SQLite would take a column that it does not know for text."""
    wanted = [(needs.table, columns), *(one for relation in found for one in relation.reads)]
    for name, names in wanted:
        table = live.table(name)
        if table is None:
            raise MigrationError(
                f"the source has no table {name!r}, which entities of {needs.table!r} need",
                hint="is it another database? Tables there: " + (", ".join(sorted(live.tables)) or "none"),
            )
        missing = [one for one in names if table.column(one) is None]
        if missing:
            raise MigrationError(
                f"table {name!r} of the source has no column {', '.join(map(repr, missing))}",
                hint="compare contract and schema: hashrange migrate check CONTRACT --ddl SCHEMA",
            )
