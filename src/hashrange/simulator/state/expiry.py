"""When the items of a table expire, the earliest first. Must not know who removes them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from heapq import heapify, heappop, heappush
from typing import Final, Protocol

from ..values import Item
from .store import Place, Record

#: what lies further back is taken for a mistake and stays (Developer Guide, "Using time to live (TTL)")
PAST_MAX_SECONDS: Final = 5 * 365 * 86_400
#: entries of items that were written again since pile up; beyond this many too many the queue is made anew
_STALE_MAX_COUNT: Final = 10_000


class Expiry(Protocol):
    """What knows when items expire. What it tells may be out of date: look at the item.

    Attributes:
        attribute: the one that holds the time.
    """

    attribute: str

    def watch(self, item: Item, record: Record) -> None:
        """Note an item that was written."""
        ...

    def due(self, now: float) -> list[tuple[bytes, Place]]:
        """The places of items that may have expired; told once."""
        ...

    def tidy(self, records: Iterable[Record], count: int) -> None:
        """Drop what is out of date, if there is much of it."""
        ...

    def end(self) -> None:
        """Let go of what it needs: time to live was switched off, or goes by another attribute."""
        ...


def expires_at(item: Item, attribute: str) -> float | None:
    """Seconds since the epoch; None where an item never expires."""
    value = item.get(attribute)
    if value is None or "N" not in value:
        return None
    return float(Decimal(value["N"]))


class ExpiryQueue:
    """An ``Expiry`` in memory."""

    __slots__ = ("_heap", "attribute")

    def __init__(self, attribute: str, records: Iterable[Record]) -> None:
        self.attribute = attribute
        self._heap: list[tuple[float, bytes, Place]] = []
        self._fill(records)

    def __len__(self) -> int:
        return len(self._heap)

    def watch(self, item: Item, record: Record) -> None:
        at = expires_at(item, self.attribute)
        if at is not None:
            heappush(self._heap, (at, record.partition, record.place))

    def due(self, now: float) -> list[tuple[bytes, Place]]:
        found = []
        while self._heap and self._heap[0][0] <= now:
            _, partition, place = heappop(self._heap)
            found.append((partition, place))
        return found

    def tidy(self, records: Iterable[Record], count: int) -> None:
        if len(self._heap) > 2 * count + _STALE_MAX_COUNT:
            self._heap.clear()
            self._fill(records)

    def end(self) -> None:
        self._heap.clear()

    def _fill(self, records: Iterable[Record]) -> None:
        for record in records:
            at = expires_at(record.item, self.attribute)
            if at is not None:
                self._heap.append((at, record.partition, record.place))
        heapify(self._heap)
