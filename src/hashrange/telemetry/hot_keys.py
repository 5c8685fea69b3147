"""Which partition keys get most of the traffic, and warnings before DynamoDB throttles them.

``HotKeys`` is an observer: ``Config(observers=(hot_keys,))``. Its memory is bounded (under 1 MB, however many keys
there are) and a call costs it a microsecond or two. Owns the sketches, the sliding second of each counted key, and when
is warned; which keys look counted up or dated is ``key_shapes``'. Keys stay in the process: they are neither logged nor
shown by ``repr``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final, Literal

from msgspec import Struct

from ..clock import SYSTEM_CLOCK, Clock
from ..errors import ConditionalCheckError, ConfigurationError
from ..key import Key
from ..limits import PARTITION_READ_MAX_UNITS_PER_SECOND, PARTITION_WRITE_MAX_UNITS_PER_SECOND
from .events import READS, AttemptFailed, CallFinished, CircuitChanged
from .heavy_hitters import Counter, HeavyHitters
from .key_shapes import KeyShape, KeyShapes

_log = logging.getLogger("hashrange")

#: counters of consumed and of throttled units; with the longest keys they take 0.9 MB
CONSUMED_COUNTERS: Final = 1_000
THROTTLED_COUNTERS: Final = 200
#: longer keys are told apart by their beginning and a hash
KEY_MAX_CHARS: Final = 64
_KEY_SHOWN_CHARS: Final = 40
#: tables that are watched for their load and the shapes of their keys
TABLES_MAX_COUNT: Final = 100
#: units a second of a table below which no share of them is worth a warning
SHARE_LOAD: Final = 100.0
_SHAPE_WRITES: Final = frozenset({"PutItem", "UpdateItem"})

WarningKind = Literal["read_limit", "write_limit", "share", "sequential", "dates"]


class HotKey(Struct, frozen=True):
    """A partition key that gets much of the traffic.

    Attributes:
        table, index: whose partition key it is.
        key: its value; of a long one its beginning and a hash.
        units: what it got, or more: at most ``error`` more.
        error: how much of that may be others'.
        share: ``units`` as a part of everything that was counted, from 0 to 1.
    """

    table: str | None
    index: str | None
    key: Any
    units: float
    error: float
    share: float


class HotKeyWarning(Struct, frozen=True):
    """Something that will be throttled, or is not spread well.

    Attributes:
        kind: "read_limit", "write_limit": a key nears what one partition serves in a second; "share": a key gets more
            than ``share`` of its table's load; "sequential", "dates": the table's keys are counted up, or are dates.
        table, index: where.
        key: the partition key; None for the last two.
        value: units a second; the part of the table's load for "share"; writes a second for the last two: at least.
        limit: what it is compared with.
    """

    kind: WarningKind
    table: str | None
    index: str | None
    key: Any
    value: float
    limit: float

    def __str__(self) -> str:
        where = f"table {self.table!r}" if self.index is None else f"index {self.index!r} of table {self.table!r}"
        return _TEXTS[self.kind].format(where=where, value=self.value, limit=self.limit)


_TEXTS: dict[str, str] = {
    "read_limit": "a partition key of {where} takes {value:.0f} read units a second; a partition serves {limit:.0f}",
    "write_limit": "a partition key of {where} takes {value:.0f} write units a second; a partition serves {limit:.0f}",
    "share": "a partition key of {where} takes {value:.0%} of its load; more than {limit:.0%} is warned of",
    "sequential": "the partition keys that are written in {where} are counted up; random ids spread better",
    "dates": "the partition keys that are written in {where} are dates: all writes of a time go to one; shard them",
}


#: a second that no clock shows, and none that comes just before one that it does
_LONG_AGO: Final = -2


class _Key(Counter):
    """A key's counter, with its load in this second and in the one before."""

    __slots__ = ("before_reads", "before_writes", "limit_quiet_until", "reads", "second", "share_quiet_until", "writes")

    def __init__(self, key: tuple[str | None, str | None, Any]) -> None:
        super().__init__(key)
        self.reads = self.writes = self.before_reads = self.before_writes = 0.0
        self.renew()

    def renew(self) -> None:
        self.second = _LONG_AGO
        self.limit_quiet_until = self.share_quiet_until = 0.0


class _Table:
    """A table's load in this second and in the one before, and the shape of what is written."""

    __slots__ = ("before", "second", "shapes", "shapes_quiet_until", "units")

    def __init__(self, load: float) -> None:
        self.second = _LONG_AGO
        self.units = self.before = 0.0
        self.shapes = KeyShapes(load)
        self.shapes_quiet_until = 0.0


class HotKeys:
    """Counts the traffic of partition keys, by consumed and by throttled units.

    Consumed units are what the service reports, so ``Config.capacity`` should be "total" or "indexes"; without it, each
    call counts as one unit. A throttled attempt counts as one. Calls without one key (scans, batches and transactions
    of several items) are not counted.

    Args:
        warn_at: the part of a partition's limit (3,000 read units and 1,000 write units a second) that is warned of.
        share: the part of a table's load that one key may take; None: any. Judged from 100 units a second on.
        shape_load: writes a second from which on a table's keys are judged for being counted up or dated; None: never.
        on_warning: called with each warning, which is logged, too: it must be quick and must not wait.
        repeat_after: seconds before the same is warned of again.
        clock: whose seconds count.

    Raises:
        ConfigurationError: an argument is not what it may be.
    """

    def __init__(
        self,
        *,
        warn_at: float = 0.8,
        share: float | None = 0.5,
        shape_load: float | None = 100.0,
        on_warning: Callable[[HotKeyWarning], None] | None = None,
        repeat_after: float = 60.0,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        _check("warn_at", warn_at, most=1.0)
        _check("share", share, most=1.0)
        _check("shape_load", shape_load)
        _check("repeat_after", repeat_after)
        self._reads_max = warn_at * PARTITION_READ_MAX_UNITS_PER_SECOND
        self._writes_max = warn_at * PARTITION_WRITE_MAX_UNITS_PER_SECOND
        self._share, self._shape_load = share, shape_load
        #: a key with fewer units in two seconds cannot be worth a warning
        self._watched = min(self._writes_max, SHARE_LOAD * share if share is not None else self._writes_max)
        self._on_warning, self._repeat_after, self._now = on_warning, repeat_after, clock.monotonic
        self._consumed = HeavyHitters(CONSUMED_COUNTERS, _Key)
        self._throttled = HeavyHitters(THROTTLED_COUNTERS, Counter)
        self._tables: dict[str | None, _Table] = {}

    def __repr__(self) -> str:
        return f"<HotKeys of {self._consumed.total:g} units, {self._throttled.total:g} throttled>"

    def top(self, count: int = 20, *, by: Literal["consumed", "throttled"] = "consumed") -> list[HotKey]:
        """The partition keys that got most, the hottest first.

        Args:
            count: how many, at most.
            by: consumed units, or throttled ones.
        """
        sketch: HeavyHitters[Any] = self._throttled if by == "throttled" else self._consumed
        total = sketch.total or 1.0
        found: list[HotKey] = []
        for counter in sketch.top(count):
            table, index, key = counter.key
            found.append(HotKey(table, index, key, counter.count, counter.error, min(1.0, counter.count / total)))
        return found

    def clear(self) -> None:
        """Begin anew."""
        self._consumed.clear()
        self._throttled.clear()
        self._tables.clear()

    # ── Observer ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def attempt_failed(self, event: AttemptFailed) -> None:
        key = event.key
        if event.error.throttling and key is not None:
            partition = _bounded(key.partition if type(key) is Key else key)
            self._throttled.add((event.table, event.index, partition), 1.0)

    def call_finished(self, event: CallFinished) -> None:
        key = event.key
        if key is None:
            return
        reads, writes = event.units()
        if not (reads or writes):
            reads, writes = _unreported(event)
            if not (reads or writes):
                return
        partition = key.partition if type(key) is Key else key
        if type(partition) is not str or len(partition) > KEY_MAX_CHARS:
            partition = _bounded(partition)
        counter = self._consumed.add((event.table, event.index, partition), reads + writes)
        now = self._now()
        second = int(now)
        table = self._loaded(event.table, reads + writes, second)
        if counter.second != second:
            follows = counter.second == second - 1
            counter.before_reads, counter.before_writes = (counter.reads, counter.writes) if follows else (0.0, 0.0)
            counter.reads = counter.writes = 0.0
            counter.second = second
        counter.reads += reads
        counter.writes += writes
        if counter.reads + counter.writes + counter.before_reads + counter.before_writes >= self._watched:
            self._judge(counter, table, now)
        if table is not None and writes and self._shape_load is not None and event.operation in _SHAPE_WRITES:
            shape = table.shapes.note(partition, now)
            if shape is not None and now >= table.shapes_quiet_until:
                table.shapes_quiet_until = now + self._repeat_after
                self._warn_of_shape(shape, event.table)

    def circuit_changed(self, event: CircuitChanged) -> None:
        return None

    # ── warnings ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def _loaded(self, name: str | None, units: float, second: int) -> _Table | None:
        """Count a table's load; None where there are too many tables."""
        table = self._tables.get(name)
        if table is None:
            if len(self._tables) >= TABLES_MAX_COUNT:
                return None
            table = self._tables[name] = _Table(self._shape_load or 0.0)
        if table.second != second:
            table.before = table.units if table.second == second - 1 else 0.0
            table.units = 0.0
            table.second = second
        table.units += units
        return table

    def _judge(self, counter: _Key, table: _Table | None, now: float) -> None:
        """Warn of a key whose load in the sliding second is too much: this second's, and the part of the one before
        that the sliding one still covers."""
        covered = 1.0 - (now - counter.second)
        reads = counter.reads + counter.before_reads * covered
        writes = counter.writes + counter.before_writes * covered
        if now >= counter.limit_quiet_until and (writes >= self._writes_max or reads >= self._reads_max):
            counter.limit_quiet_until = now + self._repeat_after
            if writes >= self._writes_max:
                self._warn("write_limit", counter, writes, PARTITION_WRITE_MAX_UNITS_PER_SECOND)
            else:
                self._warn("read_limit", counter, reads, PARTITION_READ_MAX_UNITS_PER_SECOND)
        if table is not None and self._share is not None and now >= counter.share_quiet_until:
            load = table.units + table.before * covered
            if load >= SHARE_LOAD and reads + writes >= self._share * load:
                counter.share_quiet_until = now + self._repeat_after
                self._warn("share", counter, (reads + writes) / load, self._share)

    def _warn(self, kind: WarningKind, counter: _Key, value: float, limit: float) -> None:
        table, index, key = counter.key
        self._tell(HotKeyWarning(kind, table, index, key, value, limit))

    def _warn_of_shape(self, shape: KeyShape, table: str | None) -> None:
        load = self._shape_load or 0.0
        self._tell(HotKeyWarning(shape, table, None, None, load, load))

    def _tell(self, warning: HotKeyWarning) -> None:
        _log.warning("%s", str(warning), extra={"table": warning.table, "index": warning.index, "kind": warning.kind})
        if self._on_warning is not None:
            self._on_warning(warning)


def _unreported(event: CallFinished) -> tuple[float, float]:
    """The units of a call that tells none: one, unless it ended so that nothing says it took any."""
    if event.cancelled:
        return 0.0, 0.0
    if event.error is not None and not isinstance(event.error, ConditionalCheckError):
        return 0.0, 0.0
    return (1.0, 0.0) if event.operation in READS else (0.0, 1.0)


def _bounded(partition: Any) -> Any:
    """A partition key's value, of bounded size."""
    if isinstance(partition, (str, bytes)) and len(partition) > KEY_MAX_CHARS:
        mark = f"…{hash(partition) & 0xFFFF_FFFF_FFFF_FFFF:016x}"
        beginning = partition[:_KEY_SHOWN_CHARS]
        return beginning + mark if isinstance(beginning, str) else beginning + mark.encode()
    return partition


def _check(name: str, value: object, *, most: float | None = None) -> None:
    if value is None and name in ("share", "shape_load"):
        return
    fits = isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
    if not fits or (most is not None and value > most):  # type: ignore[operator]
        upper = "" if most is None else f", at most {most:g}"
        raise ConfigurationError(f"{name} is {value!r}; it must be a number greater than 0{upper}")
