"""Time to live: which items have expired, and their removal.

Expired items stay readable until somebody looks (``Engine.expire``, or a clock that was advanced). A table knows
what expires when from the first look on. Source: Developer Guide, "Using time to live (TTL)".
"""

from __future__ import annotations

from collections.abc import Iterable

from ..clock import SYSTEM_CLOCK, Clock
from .state.expiry import PAST_MAX_SECONDS, expires_at
from .state.table import Table


def expire(tables: Iterable[Table], now: float) -> int:
    """Remove the items that have expired; how many there were. It costs no capacity."""
    return sum(_expire_table(table, now) for table in tables)


def _expire_table(table: Table, now: float) -> int:
    attribute, expiry = table.definition.ttl_attribute, table.expiry
    if expiry is not None and expiry.attribute != attribute:
        expiry.end()
        expiry = table.expiry = None
    if attribute is None:
        return 0
    if expiry is None:
        expiry = table.begin_expiry(attribute)
    count = 0
    for partition, place in expiry.due(now):
        record = table.store.get(partition, place)
        at = None if record is None else expires_at(record.item, attribute)
        if at is not None and now - PAST_MAX_SECONDS <= at <= now:
            table.commit(table.plan_write(record, None), expired=True)
            count += 1
    expiry.tidy(table.records(), table.item_count)
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
