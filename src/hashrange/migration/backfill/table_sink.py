"""Batches into a table, each item by a conditional put, many in flight.

Owns the condition of each mode and what an error means: of the row, which is refused, or of the run, which ends.
Sent again is safe: an item that is there already was written by an earlier try, or by somebody who knows better. Must
not know sources or checkpoints.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from typing import Any, Final

from ...codec import item_size
from ...errors import ConditionFailed, ItemCollectionSizeLimitExceeded, ItemTooLarge, ValidationError
from ...expressions import Attr, Condition
from ...patterns.capacity import Pacer
from ...table import Table
from ...types import Item
from ..mapping.entity import EntityMapping, same_value
from .feed import Batch
from .graves import Graves
from .progress import Counts
from .refused import refusal
from .sink import Taken

#: a put that fails with one of these is refused for what is in it, whoever sends it again
_OF_THE_ROW: Final = (ValidationError, ItemTooLarge, ItemCollectionSizeLimitExceeded)
_UNIT_BYTES: Final = 1_024  # "Read/write capacity mode": a write unit is 1 KB


class TableSink:
    """Writes the items of one entity.

    Args:
        table: of plain items.
        mapping: of the entity.
        newer_by: the attribute by which the newer item wins; None: what is there stays.
        concurrency: puts in flight.
        pacer: waited for before each put, in write units; None: nothing is.
        graves: of the table.
    """

    durable = True

    def __init__(
        self,
        table: Table[Item],
        mapping: EntityMapping,
        *,
        newer_by: str | None,
        concurrency: int,
        pacer: Pacer | None,
        graves: Graves,
    ) -> None:
        self._table, self._mapping, self._newer_by, self._pacer = table, mapping, newer_by, pacer
        self._concurrency, self._graves = concurrency, graves
        self._keys = table.schema.keys
        self._absent: Condition = Attr(self._keys.partition_key).not_exists()

    async def take(self, batch: Batch) -> Taken:
        """Write the items, heed tombstones. Raises what a put raises that is not about its item."""
        await self._graves.look_when_due()
        taken = Taken(Counts(), [])
        work = iter(batch.items)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self._concurrency, len(batch.items))):
                    group.create_task(self._write(work, taken))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        await self._graves.look_when_due()
        return taken

    async def finish(self) -> Any:
        """Look for tombstones once more: the chunk is done, and nobody will."""
        await self._graves.look()

    async def leave(self) -> None:
        return None

    async def _write(self, work: Iterator[tuple[dict[str, Any], Item]], taken: Taken) -> None:
        """Write one item after the other, as long as there are any."""
        counts, graves, put = taken.counts, self._graves, self._table.put_item
        partition_key, sort_key = self._keys.partition_key, self._keys.sort_key
        for row, item in work:
            place = (item[partition_key], None if sort_key is None else item[sort_key])
            if graves.hold(place):
                counts.deleted += 1
                continue
            if self._pacer is not None:
                await self._pacer.wait(math.ceil(item_size(item) / _UNIT_BYTES))
            graves.wrote(place)
            try:
                await put(item, condition=self._condition(item))
            except ConditionFailed as error:
                counts.present += 1
                counts.different += not (isinstance(error.item, dict) and same_value(error.item, item))
            except _OF_THE_ROW as error:
                taken.refused.append(refusal(error, self._mapping.name, row))
            else:
                counts.written += 1

    def _condition(self, item: Item) -> Condition:
        time = None if self._newer_by is None else item.get(self._newer_by)
        if self._newer_by is None or time is None:
            return self._absent
        older: Condition = Attr(self._newer_by) < time
        return self._absent | older
