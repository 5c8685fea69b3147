"""What was written and compared, counted: in memory for this worker, and by the hour in the state for the gates.

Each worker keeps an entry of its own for each hour, ``dual/statistics/<hour>/<worker>``, written now and then: what it
counted since is lost where it is killed, which gates can live with. Owns these entries, and the last mismatches, which
stay in memory. Must not know what is counted.
"""

from __future__ import annotations

import logging
import secrets
from collections import deque
from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct

from ...clock import Clock
from ...errors import DynamoDBError
from ..state.store import Store
from ..verify.report import AttributeDifference

LOG: Final = logging.getLogger("hashrange.migration")

_PREFIX: Final = "dual/statistics/"
_HOUR_SECONDS: Final = 3_600
_MISMATCHES_MAX: Final = 100  # remembered


class Tally(Struct):
    """Numbers of one entity.

    Attributes:
        writes: of both sides.
        failed_writes: of them, those whose second side failed, or was not known to have been written.
        undone: of them, those that were undone on the first side, too.
        compared: reads of both sides that were compared.
        mismatches: of them, those that differ, by a second look.
        failed_reads: reads whose second side could not be read.
        repaired: writes that were set right later.
        last_at: of the last of them; seconds since the epoch.
    """

    writes: int = 0
    failed_writes: int = 0
    undone: int = 0
    compared: int = 0
    mismatches: int = 0
    failed_reads: int = 0
    repaired: int = 0
    last_at: float = 0.0

    def add(self, other: Tally) -> None:
        for name in self.__struct_fields__:
            if name != "last_at":
                setattr(self, name, getattr(self, name) + getattr(other, name))
        self.last_at = max(self.last_at, other.last_at)


class Mismatch(Struct, frozen=True):
    """A read whose sides differ.

    Attributes:
        number: of this worker's, from 1.
        at: seconds since the epoch.
        entity, repository, operation: which read.
        key: of the record: field to value.
        differences: attribute by attribute, secrets hidden; () where one side has no such record.
        lacking: "source" or "table", which has no such record; None where both have one.
        correlation_id: of the request, or None.
    """

    number: int
    at: float
    entity: str
    repository: str
    operation: str
    key: Mapping[str, object]
    differences: tuple[AttributeDifference, ...]
    lacking: str | None
    correlation_id: str | None


class Statistics:
    """The numbers of one worker.

    Args:
        store: the state.
        flush_seconds: between two writes to it.
        clock: for hours.

    Attributes:
        tallies: repository to what was counted since the worker began.
        mismatches: the last ones.
    """

    def __init__(self, store: Store, *, flush_seconds: float, clock: Clock) -> None:
        self._store, self._flush_seconds, self._clock = store, flush_seconds, clock
        self._worker = secrets.token_hex(6)
        self._hours: dict[int, dict[str, Tally]] = {}
        self._versions: dict[int, int] = {}
        self._dirty: set[int] = set()
        self._flushed_at = clock.monotonic()
        self.tallies: dict[str, Tally] = {}
        self.mismatches: deque[Mismatch] = deque(maxlen=_MISMATCHES_MAX)
        self._numbered = 0

    def __repr__(self) -> str:
        return f"<Statistics of {self.total()}>"

    def count(self, repository: str, **counts: int) -> None:
        """Add to an entity's numbers, by their names."""
        now = self._clock.time()
        hour = int(now // _HOUR_SECONDS)
        hours = self._hours.setdefault(hour, {})
        for tallies in (self.tallies, hours):
            tally = tallies.setdefault(repository, Tally())
            tally.add(Tally(**counts, last_at=now))
        self._dirty.add(hour)

    def remember(self, mismatch: Mismatch) -> Mismatch:
        """Keep a mismatch, with its number."""
        self._numbered += 1
        numbered = msgspec.structs.replace(mismatch, number=self._numbered)
        self.mismatches.append(numbered)
        return numbered

    def total(self) -> Tally:
        """Of all entities, since the worker began."""
        found = Tally()
        for tally in self.tallies.values():
            found.add(tally)
        return found

    async def flush_when_due(self) -> None:
        """Write to the state, if the last time was long ago. A failure is logged, and the numbers wait."""
        if self._clock.monotonic() - self._flushed_at < self._flush_seconds:
            return
        self._flushed_at = self._clock.monotonic()
        try:
            await self.flush()
        except DynamoDBError as error:
            LOG.warning("statistics cannot be written: %s", type(error).__name__)

    async def flush(self) -> None:
        """Write to the state. Raises what it raises."""
        for hour in sorted(self._dirty):
            self._dirty.discard(hour)
            value = msgspec.to_builtins(self._hours[hour])
            key = f"{_PREFIX}{hour:07d}/{self._worker}"
            try:
                self._versions[hour] = await self._store.write(key, value, version=self._versions.get(hour))
            except DynamoDBError:
                self._dirty.add(hour)
                there = await self._store.read(key)  # an answer was lost, and the entry is ours
                self._versions.pop(hour, None)
                if there is not None:
                    self._versions[hour] = there.version
                raise
        now = int(self._clock.time() // _HOUR_SECONDS)
        self._hours = {hour: one for hour, one in self._hours.items() if hour >= now - 1 or hour in self._dirty}


async def counted(store: Store, hours: float, now: float) -> dict[str, Tally]:
    """What all workers have counted in the last hours, the one that they began in included, by repository."""
    first = int((now - hours * _HOUR_SECONDS) // _HOUR_SECONDS)
    found: dict[str, Tally] = {}
    async for key, entry in store.scan(_PREFIX):
        if int(key.removeprefix(_PREFIX).split("/")[0]) >= first:
            for repository, tally in entry.value.items():
                found.setdefault(repository, Tally()).add(msgspec.convert(tally, Tally))
    return found
