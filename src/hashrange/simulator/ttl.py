"""Time to live: which items have expired, and their removal.

Expired items stay readable until somebody looks (``Engine.expire``, or a clock that was advanced). A table has a queue
of what expires when from the first look on. Source: Developer Guide, "Using time to live (TTL)".
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from heapq import heapify, heappop, heappush
from typing import Final

from ..clock import SYSTEM_CLOCK, Clock
from .state.store import Place, Record
from .state.table import Table
from .values import Item

#: what lies further back is taken for a mistake and stays
_PAST_MAX_SECONDS: Final = 5 * 365 * 86_400
#: entries of items that were written again since pile up; beyond this many too many the queue is made anew
_STALE_MAX_COUNT: Final = 10_000


class ExpiryQueue:
    """When the items of a table expire, the earliest first. An entry may be out of date: look at the item.

    Attributes:
        attribute: the one that holds the time.
    """

    __slots__ = ("_heap", "attribute")

    def __init__(self, attribute: str, records: Iterable[Record]) -> None:
        self.attribute = attribute
        self._heap: list[tuple[float, bytes, Place]] = []
        self._fill(records)

    def __len__(self) -> int:
        return len(self._heap)

    def watch(self, item: Item, record: Record) -> None:
        """Note an item that was written."""
        at = self.expires_at(item)
        if at is not None:
            heappush(self._heap, (at, record.partition, record.place))

    def due(self, now: float) -> list[tuple[bytes, Place]]:
        """Take out the places of items that may have expired."""
        found = []
        while self._heap and self._heap[0][0] <= now:
            _, partition, place = heappop(self._heap)
            found.append((partition, place))
        return found

    def expires_at(self, item: Item) -> float | None:
        """Seconds since the epoch; None where an item never expires."""
        value = item.get(self.attribute)
        if value is None or "N" not in value:
            return None
        return float(Decimal(value["N"]))

    def tidy(self, records: Iterable[Record], count: int) -> None:
        """Drop entries that are out of date, if there are many."""
        if len(self._heap) > 2 * count + _STALE_MAX_COUNT:
            self._heap.clear()
            self._fill(records)

    def _fill(self, records: Iterable[Record]) -> None:
        for record in records:
            at = self.expires_at(record.item)
            if at is not None:
                self._heap.append((at, record.partition, record.place))
        heapify(self._heap)


def expire(tables: Iterable[Table], now: float) -> int:
    """Remove the items that have expired; how many there were. It costs no capacity."""
    return sum(_expire_table(table, now) for table in tables)


def _expire_table(table: Table, now: float) -> int:
    attribute = table.definition.ttl_attribute
    if attribute is None:
        table.expiry = None
        return 0
    queue = table.expiry
    if queue is None or queue.attribute != attribute:
        queue = table.expiry = ExpiryQueue(attribute, table.records())
    count = 0
    for partition, place in queue.due(now):
        record = table.store.get(partition, place)
        at = None if record is None else queue.expires_at(record.item)
        if at is not None and now - _PAST_MAX_SECONDS <= at <= now:
            table.commit(table.plan_write(record, None), expired=True)
            count += 1
    queue.tidy(table.records(), table.item_count)
    return count


class ClockWatch:
    """Tells whether an injected clock was advanced. The machine's own clock moves by itself: that is no advance."""

    __slots__ = ("_clock", "_seen")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen = clock.time()

    def advanced(self) -> bool:
        """Whether time has moved since the last call."""
        if self._clock is SYSTEM_CLOCK:
            return False
        now = self._clock.time()
        moved = now > self._seen
        self._seen = now
        return moved
