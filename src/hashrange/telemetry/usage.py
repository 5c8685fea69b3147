"""Consumed capacity as the service reports it, and the sums of everything awaited inside ``with db.track()``.

Must not know who calls. A context variable carries the open trackers, so each request handler has its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from types import TracebackType
from typing import Any

from msgspec import Struct

from .events import READS


class ConsumedCapacity(Struct, frozen=True):
    """Capacity units that a call consumed, in read or write request units.

    Attributes:
        table: the table's name (several, comma-separated, where a call concerns several).
        read_units, write_units: in total.
        table_units: what the table itself took, without its indexes; only with ``Config.capacity="indexes"``.
        indexes: index name to units; only with ``Config.capacity="indexes"``.
    """

    table: str
    read_units: float = 0.0
    write_units: float = 0.0
    table_units: float = 0.0
    indexes: Mapping[str, float] = {}

    def __add__(self, other: ConsumedCapacity) -> ConsumedCapacity:
        names = {*self.indexes, *other.indexes}
        tables = dict.fromkeys([*self.table.split(","), *other.table.split(",")])
        return ConsumedCapacity(
            ",".join(filter(None, tables)),
            self.read_units + other.read_units,
            self.write_units + other.write_units,
            self.table_units + other.table_units,
            {name: self.indexes.get(name, 0.0) + other.indexes.get(name, 0.0) for name in sorted(names)},
        )


def consumed_capacity(operation: str, answer: Mapping[str, Any]) -> ConsumedCapacity | None:
    """What an answer in wire shape says of its cost; None where it says nothing."""
    reported = answer.get("ConsumedCapacity")
    if not reported:
        return None
    parts = reported if isinstance(reported, list) else [reported]
    total: ConsumedCapacity | None = None
    for part in parts:
        one = _one_table(operation, part)
        total = one if total is None else total + one
    return total


def _one_table(operation: str, reported: Mapping[str, Any]) -> ConsumedCapacity:
    units = float(reported.get("CapacityUnits", 0.0))
    reads = operation in READS
    groups = [reported.get(group) or {} for group in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")]
    return ConsumedCapacity(
        str(reported.get("TableName", "")),
        float(reported.get("ReadCapacityUnits", units if reads else 0.0)),
        float(reported.get("WriteCapacityUnits", 0.0 if reads else units)),
        float((reported.get("Table") or {}).get("CapacityUnits", 0.0)),
        {name: float(index.get("CapacityUnits", 0.0)) for group in groups for name, index in group.items()},
    )


class Usage(Struct):
    """Sums over calls; a context manager that adds up everything awaited inside it, tasks started inside it included.

    Attributes:
        calls, failed_calls: how many calls ended, and how many of them with an error or cancelled.
        retries: requests sent beyond the first of each call.
        read_units, write_units: consumed capacity; 0 unless ``Config.capacity`` is "total" or "indexes".
        elapsed: seconds spent in calls, added up (calls at the same time count each).
    """

    calls: int = 0
    failed_calls: int = 0
    retries: int = 0
    read_units: float = 0.0
    write_units: float = 0.0
    elapsed: float = 0.0

    def __enter__(self) -> Usage:
        trackers = TRACKERS.get()
        if any(one is self for one in trackers):
            raise RuntimeError("this tracker is already open: make another with db.track()")
        TRACKERS.set((*trackers, self))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        TRACKERS.set(tuple(one for one in TRACKERS.get() if one is not self))

    def add(self, attempts: int, elapsed: float, consumed: ConsumedCapacity | None, *, failed: bool) -> None:
        """Count one call."""
        self.calls += 1
        self.failed_calls += failed
        self.retries += max(0, attempts - 1)
        self.elapsed += elapsed
        if consumed is not None:
            self.read_units += consumed.read_units
            self.write_units += consumed.write_units


#: the trackers that are open in this context, outermost first
TRACKERS: ContextVar[tuple[Usage, ...]] = ContextVar("hashrange_trackers", default=())
