"""A second look at what the comparison doubts: row and item are read again, now, and compared attribute by attribute.

While an application writes, a row and its item are never seen at one moment; what is right at the second look was
written meanwhile, and is right. Must not know how doubts arose.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from ...client import DynamoDB
from ...codec import decode_value, encode_value
from ...errors import DynamoDBError
from ...key import Key
from ...types import Item
from ..backfill.checkpoints import decoded, encoded
from ..backfill.feed import batch_of, in_own_thread
from ..errors import RowRefused
from ..mapping.entity import EntityMapping
from ..secrecy import is_secret
from ..source.reader import Page, Reader
from ..source.schema import SourceSchema
from ..source.sql import SqlSource
from .canonical import Checksums
from .report import AttributeDifference, Discrepancy

_SHOWN_MAX = 120  # characters of a value


class Looks(Struct, frozen=True):
    """Where to look again.

    Attributes:
        source, schema: of the rows.
        db: of the items.
    """

    source: SqlSource
    schema: SourceSchema
    db: DynamoDB


class SecondLook(Struct):
    """What a second look at rows in doubt has found.

    Attributes:
        found: what is wrong still.
        settled: rows whose item is right by now.
        gone: rows that are not there any more.
    """

    found: list[Discrepancy]
    settled: int = 0
    gone: int = 0


async def look_at_rows(looks: Looks, mapping: EntityMapping, rows: Sequence[str]) -> SecondLook:
    """Read rows again, by their keys as ``row_text`` gives them, and then their items."""
    keys = [decoded(msgspec.json.decode(row)) for row in rows]

    def again(source: SqlSource) -> Page:
        with source.snapshot() as snapshot:
            return Reader(snapshot, mapping.needs, looks.schema, entity=mapping.name).rows(keys)

    checksums = Checksums(mapping)
    batch = batch_of(await in_own_thread(looks.source, again), mapping)
    items = await _items(looks.db, mapping, [checksums.key(item) for _, item in batch.items])
    result = SecondLook([], gone=len(keys) - batch.read)
    for (row, expected), found in zip(batch.items, items, strict=True):
        if found is not None and checksums.checksum(found) == checksums.checksum(expected):
            result.settled += 1
        else:
            result.found.append(discrepancy(mapping, checksums, row, expected, found))
    return result


async def look_at_extra(looks: Looks, mapping: EntityMapping, keys: Sequence[str]) -> SecondLook:
    """Read items again that no row made, by their keys as ``key_text`` gives them, and their rows where an item tells
    them."""
    items = await _items(looks.db, mapping, [_key(key) for key in keys])
    there = [item for item in items if item is not None]
    rows = await in_own_thread(looks.source, lambda source: _rows_of(source, looks.schema, mapping, there))
    result = SecondLook([], gone=len(keys) - len(there))
    for item, row in zip(there, rows, strict=True):
        if row:
            result.settled += 1
        else:
            result.found.append(
                Discrepancy(
                    "extra",
                    mapping.name,
                    mapping.table_name,
                    mapping.repository,
                    _shown_key(mapping, item),
                    {},
                    found=item,
                )
            )
    return result


def discrepancy(
    mapping: EntityMapping, checksums: Checksums, row: dict[str, Any], expected: Item, found: Item | None
) -> Discrepancy:
    """What is wrong with an item."""
    key = _shown_key(mapping, expected)
    if found is None:
        return Discrepancy("missing", mapping.name, mapping.table_name, mapping.repository, key, row, expected=expected)
    ours, theirs = checksums.form(expected), checksums.form(found)
    attributes = tuple(
        AttributeDifference(name, _shown(name, expected), _shown(name, found))
        for name in dict.fromkeys((*expected, *found))
        if (name in ours) != (name in theirs) or ours.get(name) != theirs.get(name)
    )
    return Discrepancy(
        "different", mapping.name, mapping.table_name, mapping.repository, key, row, attributes, expected, found
    )


def row_text(mapping: EntityMapping, row: dict[str, Any]) -> str:
    """A row's key as JSON."""
    return msgspec.json.encode(encoded([row[name] for name in mapping.needs.key])).decode()


def row_of(mapping: EntityMapping, text: str) -> dict[str, Any]:
    """A row's key again, column to value."""
    return dict(zip(mapping.needs.key, decoded(msgspec.json.decode(text)), strict=True))


def key_text(key: Key) -> str:
    """An item's key as JSON."""
    parts = [key.partition] if key.sort is None else [key.partition, key.sort]
    return msgspec.json.encode([encode_value(part) for part in parts]).decode()


def _key(text: str) -> Key:
    return Key(*(decode_value(part) for part in msgspec.json.decode(text)))


def _shown_key(mapping: EntityMapping, item: Item) -> dict[str, Any]:
    names = (mapping.table.pk, mapping.table.sk)
    return {name: item.get(name) for name in names if name is not None}


def _shown(name: str, item: Item) -> str | None:
    """A value for a report: by its type, too, where that is what differs."""
    if name not in item:
        return None
    if is_secret(name):
        return "(hidden)"
    value = item[name]
    text = repr(value) if not isinstance(value, int) or isinstance(value, bool) else f"{value} (N)"
    return text if len(text) <= _SHOWN_MAX else text[:_SHOWN_MAX] + "…"


async def _items(db: DynamoDB, mapping: EntityMapping, keys: Sequence[Key]) -> list[Item | None]:
    """Items by their keys, read consistently, in the order of the keys."""
    unique = list(dict.fromkeys(keys))
    table = db.table(mapping.table_name, partition_key=mapping.table.pk, sort_key=mapping.table.sk)
    found = dict(zip(unique, await table.batch_get(unique, consistent=True), strict=True))
    return [found[key] for key in keys]


def _rows_of(source: SqlSource, schema: SourceSchema, mapping: EntityMapping, items: Sequence[Item]) -> list[bool]:
    """Whether each item has a row now; False where the item does not tell its row's key."""
    with source.snapshot() as snapshot:
        reader = Reader(snapshot, mapping.needs, schema, entity=mapping.name)
        return [bool(key and reader.rows([key]).rows) for key in (_row_key(mapping, item) for item in items)]


def _row_key(mapping: EntityMapping, item: Item) -> tuple[Any, ...] | None:
    try:
        record = mapping.from_item(item)
    except (RowRefused, DynamoDBError):
        return None
    by_column = {
        field.column.name: record[name]
        for name, field in mapping.fields.items()
        if field.column is not None and field.from_own_row and name in record
    }
    values = [by_column.get(name) for name in mapping.needs.key]
    return None if None in values else tuple(values)
