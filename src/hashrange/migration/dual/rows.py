"""Rows of the source as items, read anew when they are needed: what the second side has to become.

A row has a *place*: the values of its own columns that its item's key is made of, directly or by way of the rows that
they lead to. Rows of one place have one key, so that who is about to delete an item can ask whether another row has
taken its key meanwhile. Owns these reads. Must not know what is written.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeAlias, TypeVar

from msgspec import Struct

from ...extras import imported
from ...key import Key
from ...types import Item
from ..contract.model import Computed, Formatted, FromColumn, Lookup, Recursive, Transformed, Value
from ..expressions.evaluate import columns
from ..mapping.entity import EntityMapping
from ..mapping.fields import Record, Row
from ..source.reader import Reader
from ..source.schema import NO_SCHEMA, SourceSchema
from ..source.select import column, equal, source_table
from ..source.sql import Snapshot, SqlSource
from ..source.way import way

T = TypeVar("T")

#: the values of a row's primary key, in the order of ``Needs.key``
RowKey: TypeAlias = tuple[Any, ...]
#: values of the columns that an item's key is made of
Place: TypeAlias = tuple[Any, ...]
_ROWS_OF_PLACE_MAX: Final = 50  # more than one is a collision of keys, which contracts are checked for


async def in_thread(work: Callable[[], T], threads: ThreadPoolExecutor | None = None) -> T:
    """Run what blocks in a thread. Whoever is cancelled meanwhile waits for its end: nobody else may use a connection
    before.

    Args:
        work: what blocks.
        threads: one of these; None: asyncio's, which are few: nothing may wait there for a lock.
    """
    running = asyncio.get_running_loop().run_in_executor(threads, work)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        while not running.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait({running})
        if not running.cancelled():
            running.exception()
        raise


class Found(Struct, frozen=True):
    """A row as it is now.

    Attributes:
        row_key: of the row.
        record, item: what it makes.
        key: of the item.
        place: of the row.
    """

    row_key: RowKey
    record: Record
    item: Item
    key: Key
    place: Place


class SourceRows:
    """Reads the rows of one entity.

    Args:
        source: the database.
        mapping: of the entity.
        schema: of the contract's checks.
    """

    def __init__(
        self,
        source: SqlSource,
        mapping: EntityMapping,
        *,
        schema: SourceSchema = NO_SCHEMA,
    ) -> None:
        self._source, self.mapping, self._schema = source, mapping, schema
        self.place_columns: tuple[str, ...] = place_columns(mapping)
        table = mapping.table
        self._keys = (table.pk,) if table.sk is None else (table.pk, table.sk)

    def __repr__(self) -> str:
        return f"<SourceRows {self.mapping.entity.source_table} of {self._source.name}>"

    async def look(self, row_keys: Collection[RowKey], places: Collection[Place] = ()) -> list[Found]:
        """The rows with these keys, and those at these places, all of one moment.

        Raises:
            RowRefused: one cannot become an item.
            SourceLost, MigrationError: the database cannot be read.
        """
        return await in_thread(lambda: self._look(row_keys, places))

    def look_in(self, snapshot: Snapshot, row_keys: Collection[RowKey]) -> list[Found]:
        """As ``look``, in a transaction that is open; blocks."""
        reader = Reader(snapshot, self.mapping.needs, self._schema, entity=self.mapping.name)
        page = reader.rows(list(row_keys))
        if page.refused:
            raise page.refused[0]
        return [self._found(row) for row in page.rows]

    async def one(self, row_key: RowKey) -> Found | None:
        """The row with this key, or None. Raises as ``look``."""
        found = await self.look([row_key])
        return found[0] if found else None

    def _look(self, row_keys: Collection[RowKey], places: Collection[Place]) -> list[Found]:
        with self._source.snapshot() as snapshot:
            wanted = dict.fromkeys(row_keys)
            for place in filter(None, places):
                wanted.update(dict.fromkeys(self._at(snapshot, place)))
            return self.look_in(snapshot, list(wanted))

    def _found(self, row: Row) -> Found:
        mapping = self.mapping
        record = mapping.record(row)
        item = mapping.to_item(record)
        return Found(
            tuple(row.own[name] for name in mapping.needs.key),
            record,
            item,
            Key(*(item[name] for name in self._keys)),
            tuple(row.own[name] for name in self.place_columns),
        )

    def _at(self, snapshot: Snapshot, place: Place) -> list[RowKey]:
        alchemy = imported("sqlalchemy", "migrate")
        needs = self.mapping.needs
        statement = alchemy.select(*map(column, needs.key)).select_from(source_table(needs.table))
        rows = snapshot.rows(statement.where(equal(self.place_columns, place)).limit(_ROWS_OF_PLACE_MAX))
        return [tuple(row) for row in rows]


def place_columns(mapping: EntityMapping) -> tuple[str, ...]:
    """The columns of the own row that the table's key is made of, those that lead to other rows among them."""
    own = mapping.entity.source_table
    found: dict[str, None] = {}
    for name in (mapping.table.pk, mapping.table.sk):
        attribute = None if name is None else mapping.entity.attributes.get(name)
        if attribute is not None:
            found.update(dict.fromkeys(_own_columns(attribute.value, own)))
    return tuple(found)


def _own_columns(value: Value, own: str) -> Iterator[str]:
    match value:
        case Lookup():
            for at, hop in enumerate(value.hops):
                yield from way(hop, own, [one.alias for one in value.hops[:at]]).used_of(0)
            last = value.hops[-1].alias  # whose column one without a table is, in what is taken
            taken = value.select if value.otherwise is None else (*value.select, value.otherwise)
            yield from (one.name for part in taken for one in columns(part) if _is(own, one.table or last))
            if value.condition is not None:
                yield from (one.name for one in columns(value.condition) if _is(own, one.table or own))
        case FromColumn():
            yield value.column.name
        case Transformed():
            yield value.column.name
        case Computed():
            yield from (one.name for one in columns(value.expression))
        case Formatted():
            for piece in value.parts:
                if not isinstance(piece, str):
                    yield from (one.name for one in columns(piece))
        case Recursive():
            yield value.parent
            if value.name is not None:
                yield value.name
        case _:  # what embeds or adds up other rows makes no key
            return


def _is(own: str, table: str) -> bool:
    return table.lower() == own.lower()
