"""A store in a DynamoDB table, for a migration at which several machines work.

One partition a namespace, one item an entry: versions are conditions, reads are consistent. The table needs a partition
key and a sort key, both text; it may hold anything else beside. Must not know what is kept.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec

from ...errors import ConditionFailed, ConfigurationError
from ...expressions import Attr, Condition, begins_with
from ...key import Key
from ...limits import SORT_KEY_MAX_BYTES
from ...table import Table
from ...types import Item
from .store import Entry, check_key, conflict

_VALUE: Final = "value"
_VERSION: Final = "version"
_WRITTEN_BY: Final = "written_by"


class TableStore:
    """Entries in a table: a ``Store``.

    Args:
        table: with two keys of type S. It stays the caller's: ``close`` does not close its client.
        namespace: tells the entries of several migrations apart; the value of the partition key.

    Raises:
        ConfigurationError: the table has no sort key, or the namespace is empty.
    """

    def __init__(self, table: Table[Any], namespace: str) -> None:
        keys = table.schema.keys
        if keys.sort_key is None:
            raise ConfigurationError(f"table {table.name!r} has no sort key; the state needs one of type S")
        if not namespace:
            raise ConfigurationError("the namespace of the state is empty")
        self._table: Table[Item] = table.with_model(dict)
        self._namespace = namespace
        self._partition_key, self._sort_key = keys.partition_key, keys.sort_key

    def __repr__(self) -> str:
        return f"<TableStore {self._namespace!r} in {self._table.name!r}>"

    async def read(self, key: str) -> Entry | None:
        """The entry, or None; consistent."""
        item = await self._table.get_item(self._key(key), consistent=True)
        return None if item is None else _entry(item)

    async def write(self, key: str, value: Any, *, version: int | None) -> int:
        """Write an entry in the place of that version. Raises StateConflict where another is there."""
        place = self._key(key)
        new = 1 if version is None else version + 1
        item = {
            self._partition_key: place.partition,
            self._sort_key: place.sort,
            _VALUE: msgspec.json.encode(value).decode(),  # as text: it comes back as it was
            _VERSION: new,
            # two that write the same value at once must not both take the one item that is there for their own
            _WRITTEN_BY: secrets.token_hex(8),
        }
        try:
            await self._table.put_item(item, condition=self._is(version))
        except ConditionFailed as error:
            raise conflict(key, version, _version(error.item)) from error
        return new

    async def delete(self, key: str, *, version: int) -> None:
        """Delete an entry of that version. Raises StateConflict where another is there."""
        try:
            await self._table.delete_item(self._key(key), condition=self._is(version))
        except ConditionFailed as error:
            if error.maybe_applied and error.item is None:
                return  # the answer of an earlier attempt was lost; it has deleted the entry
            raise conflict(key, version, _version(error.item)) from error

    async def scan(self, prefix: str) -> AsyncIterator[tuple[str, Entry]]:
        """The entries whose keys begin with a prefix, in the order of their keys; consistent."""
        below = begins_with(prefix) if prefix else None
        async for item in self._table.query(self._namespace, below, consistent=True):
            yield str(item[self._sort_key]), _entry(item)

    async def close(self) -> None:
        """Nothing is open: the table's client is the caller's."""

    def _key(self, key: str) -> Key:
        check_key(key)
        if len(key.encode()) > SORT_KEY_MAX_BYTES:
            raise ConfigurationError(f"a key of the state is longer than {SORT_KEY_MAX_BYTES} bytes")
        return Key(self._namespace, key)

    def _is(self, version: int | None) -> Condition:
        if version is None:
            return Attr(self._partition_key).not_exists()
        return Attr(_VERSION) == version


def _entry(item: Item) -> Entry:
    return Entry(msgspec.json.decode(item[_VALUE]), int(item[_VERSION]))


def _version(item: Item | None) -> int | None:
    return None if item is None else int(item[_VERSION])
