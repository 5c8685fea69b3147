"""Rows that were deleted while a backfill runs, so that it does not bring them back.

A backfill writes what its snapshot of the source held; a row may have been deleted since. The two sides agree by
entries of the state, ``tombstone/<table>/<key>``, and an order of steps:

- who deletes a row, deletes it in the source, then calls ``bury``, then deletes the item;
- who creates a row (or writes one that may have been deleted before), writes it in the source, then calls ``revive``,
  then puts the whole item, without a condition that there be none;
- the backfill puts an item if there is none, and after that looks for a tombstone (``backfill/graves.py``).

Whichever comes first, the deleted item is gone in the end: if ``bury`` was before the backfill's look, the backfill
sees it and takes its item away; if it was later, then so is the delete that follows it, and that one does. Tombstones
stay until the migration is over: a backfill that was killed between its put and its look finds them when it goes on.
Owns these entries. Must not know a backfill or a repository.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import msgspec
from msgspec import Struct

from ...codec import decode_value, encode_value
from ...key import Key
from ..errors import StateConflict
from .store import Entry, Store

_TEXT_MAX_BYTES: Final = 200  # of a key as text; longer ones stand as a hash
_TRIES_MAX: Final = 20  # against others that change the same entry


class Tombstone(Struct, frozen=True):
    """What is known of an item that was deleted.

    Attributes:
        key: of the item.
        deleted_at: seconds since the epoch, of the last deletion.
        revived: it has been created again since.
        version: changes with each deletion and creation.
    """

    key: Key
    deleted_at: float
    revived: bool
    version: int


class Tombstones:
    """The tombstones of one DynamoDB table.

    Args:
        store: the migration's state.
        table: the table's name.
    """

    def __init__(self, store: Store, table: str) -> None:
        self._store, self._prefix = store, f"tombstone/{table}/"

    def __repr__(self) -> str:
        return f"<Tombstones {self._prefix!r} in {self._store!r}>"

    async def bury(self, key: Key, at: float) -> None:
        """Say that an item is being deleted: after the source's row is, before the item is.

        Args:
            key: of the item.
            at: seconds since the epoch.

        Raises:
            StateConflict: others change the same entry all the time.
        """
        await self._change(key, lambda found: {"key": _wire(key), "deleted_at": at, "revived": False})

    async def revive(self, key: Key) -> None:
        """Say that an item is there again: after the source's row is, before the item is put. Costs one read where it
        was never deleted. Raises StateConflict as ``bury``."""
        await self._change(key, lambda found: None if found is None else {**found.value, "revived": True})

    async def read(self, key: Key) -> Tombstone | None:
        """The tombstone of a key, or None."""
        entry = await self._store.read(self._key(key))
        return None if entry is None else _tombstone(entry)

    async def all(self) -> AsyncIterator[Tombstone]:
        """All of the table."""
        async for _, entry in self._store.scan(self._prefix):
            yield _tombstone(entry)

    def _key(self, key: Key) -> str:
        text = msgspec.json.encode(_wire(key))
        if len(text) > _TEXT_MAX_BYTES:
            return f"{self._prefix}sha256:{hashlib.sha256(text).hexdigest()}"
        return self._prefix + text.decode()

    async def _change(self, key: Key, change: Callable[[Entry | None], Any]) -> None:
        name = self._key(key)
        for tries_left in reversed(range(_TRIES_MAX)):
            found = await self._store.read(name)
            value = change(found)
            if value is None:
                return
            try:
                await self._store.write(name, value, version=None if found is None else found.version)
            except StateConflict:
                if not tries_left:
                    raise
            else:
                return


def _wire(key: Key) -> list[Any]:
    parts = [key.partition] if key.sort is None else [key.partition, key.sort]
    return [encode_value(part) for part in parts]


def _tombstone(entry: Entry) -> Tombstone:
    value = entry.value
    key = Key(*(decode_value(part) for part in value["key"]))
    return Tombstone(key, value["deleted_at"], value["revived"], entry.version)
