"""Deletions that a backfill must not undo: tombstones are heeded before a write, and looked up again after it.

An item that was deleted while its page was under way is taken away again. No lock is held and no write costs more for
it; this is why it is safe:

- The application writes its tombstone before it deletes (``state/tombstones.py``). So if a look after our put finds
  none, the delete comes after the put, and removes the item. If the look finds one, the item is ours to remove.
- An item that was created again must stay. The application marks the tombstone as revived before it puts. We read the
  tombstone, then the item, then the tombstone again: unchanged and not revived, the item we read is no new one; it is
  deleted on the condition that it still is what we read.
- Should a new item of the same content have been put in that moment, we have deleted it. So after each write of ours
  the tombstone is read once more, and if it has changed, all is decided anew: what was taken is put back if there is
  none. Each round ends with a tombstone that did not change while we wrote; whoever changes it later writes later.
- A backfill that was killed between its put and its look left the tombstones there: the next run looks at all of them
  when it begins, and every run does when it ends.

Owns the looking up, which is not done for each page. Must not know rows.
"""

from __future__ import annotations

from functools import reduce
from typing import Any, Final, TypeAlias

from ...clock import Clock
from ...errors import ConditionFailed
from ...expressions import Attr, Condition
from ...key import Key
from ...table import Table
from ...types import Item
from ..state.tombstones import Tombstone, Tombstones

#: attributes that are compared before an item is taken away; a condition has at most 300 operators
_COMPARED_MAX: Final = 100
#: rounds against an application that deletes and creates one item over and over
_ROUNDS_MAX: Final = 50


#: a key's values: what a ``Key`` is, for less
Place: TypeAlias = tuple[Any, Any]


class Graves:
    """The tombstones of one table, as a backfill sees them.

    Args:
        table: where items are.
        tombstones: of this table.
        seconds: between two looks.
        clock: tells when that is.
    """

    def __init__(self, table: Table[Item], tombstones: Tombstones, *, seconds: float, clock: Clock) -> None:
        self._table, self._tombstones, self._seconds, self._clock = table, tombstones, seconds, clock
        self._key = table.schema.keys
        self._buried: set[Place] = set()
        self._written: set[Place] = set()  # since the last look
        self._next_look = clock.monotonic()

    def hold(self, place: Place) -> bool:
        """Whether an item is known to be deleted."""
        return place in self._buried

    def wrote(self, place: Place) -> None:
        """A put of this item is about to be sent."""
        self._written.add(place)

    async def look_when_due(self) -> None:
        """Look, if the last time was long ago."""
        if self._clock.monotonic() >= self._next_look:
            await self.look()

    async def look(self) -> None:
        """Read the tombstones, and take away what was written since the last look and is deleted."""
        self._next_look = self._clock.monotonic() + self._seconds
        written = set(self._written)
        found = [one async for one in self._tombstones.all()]
        self._buried = {_place(one.key) for one in found if not one.revived}
        for one in found:
            if _place(one.key) in written:
                await self._settle(one)
        self._written -= written  # not before: a look that was cut off must be made again

    async def look_at_all(self) -> None:
        """Read the tombstones, and take away whatever is there though deleted: also what an earlier run has written."""
        async for one in self._tombstones.all():
            await self._settle(one)

    async def _settle(self, stone: Tombstone | None) -> None:
        taken: Item | None = None
        for _ in range(_ROUNDS_MAX):
            if stone is None:
                return
            if stone.revived:
                taken = await self._put_back(stone.key, taken)
            else:
                taken = await self._take(stone) or taken
            now = await self._tombstones.read(stone.key)
            if now is not None and now.version == stone.version:
                return
            stone = now

    async def _take(self, stone: Tombstone) -> Item | None:
        """Delete the item of a tombstone that has not changed since the item was read. Returns what was deleted."""
        item = await self._table.get_item(stone.key, consistent=True)
        if item is None:
            return None
        now = await self._tombstones.read(stone.key)
        if now is None or now.version != stone.version:
            return None
        try:
            await self._table.delete_item(stone.key, condition=self._is(item))
        except ConditionFailed as error:
            return item if error.maybe_applied and error.item is None else None
        return item

    async def _put_back(self, key: Key, taken: Item | None) -> Item | None:
        if taken is not None:
            try:
                await self._table.put_item(taken, condition=Attr(self._key.partition_key).not_exists())
            except ConditionFailed:
                return None  # what is there now is the application's
        return taken

    def _is(self, item: Item) -> Condition:
        same: list[Condition] = [Attr(name) == value for name, value in list(item.items())[:_COMPARED_MAX]]
        return reduce(lambda one, other: one & other, same)


def _place(key: Key) -> Place:
    return key.partition, key.sort
