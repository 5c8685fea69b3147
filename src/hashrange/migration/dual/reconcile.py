"""Making items what rows say, whoever else does the same at the same time.

``Reconciler.settle`` looks at the source, writes what follows from it, and looks again; only when the second look says
what the first one said is it done. All writers of items do only this, after their commit in the source (the backfill is
the exception; its puts are conditional and heed tombstones). Then every item ends as the source does:

    Take the last write to an item, by whatever worker, and call its look after that write L. If L had shown something
    else than what was written, that worker would have written once more, and it would not have been the last. So at
    L the source said what is stored. If it says something else now, somebody has committed a change behind L, and
    knows this item: as the key that the row had before, which was read under the row's lock, or as the key it has now.
    That worker settles after its commit, and so has written behind L. That contradicts that the write was the last.

Case by case, A and B being workers, v1 and v2 what the source says after their commits:

- *A and B update one row.* A looks (v1), B commits, looks and puts v2, A puts v1: A's second look shows v2: it puts it.
- *An update hits a row that is not copied yet.* It puts the whole item. The backfill's put finds one and stays away; or
  it was first, and is written over.
- *A deletes while B updates.* B has looked before A's commit and puts after A's delete: B's second look shows nothing,
  so B buries and deletes. Where the backfill puts its old copy meanwhile, it finds the tombstone, or a delete follows.
- *A deletes, B creates the same key again*, as the same row or as another one. A, late, buries and deletes what B has
  put. A's second look is at the item's *place* (``rows``), too: it finds B's row, revives, and puts it.
- *The key changes, twice.* A moves k0 to k1, B k1 to k2; A puts k1 after B has deleted it. A has written down k0 and k1
  before it touched them, and its second look shows neither: both are deleted.
  (A primary that does not tell its writes before it commits has no such lock: two changes of one row's key at once may
  then leave an item of the key between them, which a verification finds.)
- *A crashes* at any point: its entry in the repair queue was written before its commit, and each key is added before
  it is touched for the first time; a worker settles the same row and keys later.
- *An answer is lost.* The write is repeated by the client, by the loop, or by the repair queue: puts and deletes of
  what the source says can be done twice. A request that was given up and *arrives later* may undo somebody's newer
  write; therefore every write that was not answered at its first attempt is looked at again (``RepairQueue.done``),
  after the time in which such a request can arrive. Until then that item may be stale.
- *An entity with a time of change* (``newer_by``) puts under the condition that what is stored is not newer. That keeps
  stale items away at once, in most of the cases above; where it is wrong (times that go back), the look behind it
  writes without it.

Needs of the source that rows which were committed are seen by the next look: reads go to the same server, not to a
replica that lags. Two rows with one item's key at the same time are a defect of the contract, which its check names.
Must not know phases, queues or primaries.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

from ...clock import Clock
from ...errors import ConditionFailed
from ...expressions import Attr, Condition
from ...key import Key
from ...table import Table
from ...types import Item
from ..errors import MigrationError
from ..mapping.entity import same_value
from ..state.tombstones import Tombstones
from .rows import Found, Place, RowKey, SourceRows

#: told the keys that are about to be touched for the first time; must not return before they are durable
Note: TypeAlias = Callable[[Mapping[Key, Place]], Awaitable[None]]
_ROUNDS_MAX: Final = 25  # against others who change the same row all the time


class Reconciler:
    """Makes the items of one entity what its rows say.

    Args:
        rows: of the entity.
        table: where its items are.
        tombstones: of that table.
        clock: tells when something was deleted.
        newer_by: the attribute that holds the time of a row's last change, if there is one that never goes back.
        timeout: seconds of each call; None: the client's.
    """

    def __init__(
        self,
        rows: SourceRows,
        table: Table[Item],
        tombstones: Tombstones,
        *,
        clock: Clock,
        newer_by: str | None = None,
        timeout: float | None = None,
    ) -> None:
        self._rows, self._table, self._tombstones, self._clock = rows, table, tombstones, clock
        self._newer_by, self._timeout = newer_by, timeout

    def __repr__(self) -> str:
        return f"<Reconciler of {self._rows!r} to {self._table.name!r}>"

    async def settle(self, row_key: RowKey, known: dict[Key, Place], note: Note) -> Found | None:
        """Look, write and look again, until nothing is left to write.

        Args:
            row_key: of the row.
            known: keys that its item may have had, with its places then; those that are found are added.
            note: told of keys before they are touched for the first time.

        Returns:
            the row at the last look, None where there is none.

        Raises:
            RowRefused: the row cannot become an item.
            SourceLost, MigrationError: the source cannot be read, or others change the row all the time.
            DynamoDBError: a write failed; what was to be done is as it was, done in part, or all done.
        """
        written: dict[Key, Item | None] = {}
        unconditional: set[Key] = set()
        for _ in range(_ROUNDS_MAX):
            found = await self._rows.look([row_key], set(known.values()))
            own = next((one for one in found if one.row_key == row_key), None)
            new = {one.key: one.place for one in found if one.key not in known and one is own}
            if new:
                await note(new)
                known.update(new)
            wanted: dict[Key, Item | None] = dict.fromkeys(known)
            wanted.update({one.key: one.item for one in found if one.key in known})
            if own is not None:
                wanted[own.key] = own.item  # its own, should another row have the same key
                if known[own.key] != own.place:
                    await note({own.key: own.place})
                    known[own.key] = own.place
            left = {key: item for key, item in wanted.items() if not _same(written, key, item)}
            if not left:
                return own
            await self._write(left, written, unconditional)
        raise MigrationError(
            f"{self._rows.mapping.name}: the row changed {_ROUNDS_MAX} times while it was written",
            hint="it is tried again later",
        )

    async def _write(
        self, wanted: Mapping[Key, Item | None], written: dict[Key, Item | None], unconditional: set[Key]
    ) -> None:
        """Puts before deletes: an item that moves is never nowhere."""
        for key, item in wanted.items():
            if item is not None:
                await self._tombstones.revive(key)
                if await self._put(key, item, unconditional):
                    written[key] = item
        for key, item in wanted.items():
            if item is None:
                await self._tombstones.bury(key, self._clock.time())
                await self._table.delete_item(key, timeout=self._timeout)
                written[key] = None

    async def _put(self, key: Key, item: Item, unconditional: set[Key]) -> bool:
        """False where what is stored is newer: whatever the source says now is put next, without a condition."""
        condition = None if key in unconditional else self._not_newer(item)
        try:
            await self._table.put_item(item, condition=condition, timeout=self._timeout)
        except ConditionFailed:
            unconditional.add(key)
            return False
        return True

    def _not_newer(self, item: Item) -> Condition | None:
        if self._newer_by is None or item.get(self._newer_by) is None:
            return None
        time = Attr(self._newer_by)
        not_newer: Condition = time.not_exists() | (time <= item[self._newer_by])
        return not_newer


def _same(written: Mapping[Key, Item | None], key: Key, item: Item | None) -> bool:
    """Whether an item was written so just now."""
    if key not in written:
        return False
    there = written[key]
    return there is item if there is None or item is None else same_value(there, item)
