"""Throughput that runs out: how much a table, its global indexes and each partition key carry, and what they have left.

Token buckets: capacity flows in with time, is spent by reads and writes, and what is not used is saved for a while. A
request is let through while there is anything left, and may then take more than that (as a large page does). Must not
know requests; it is told what they cost. Source: Developer Guide, "Burst and adaptive capacity", "Throttling issues".
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from msgspec import Struct

from . import trouble_messages
from .errors import ApiError

if TYPE_CHECKING:
    from .state.definitions import TableDefinition

BURST_SECONDS: Final = 300.0  # Developer Guide, "Burst capacity"
PARTITION_READ_UNITS: Final = 3000.0  # a second; Developer Guide, "Designing partition keys"
PARTITION_WRITE_UNITS: Final = 1000.0
#: what one second brings can always be saved, whatever the burst
_SAVED_MIN_SECONDS: Final = 1.0
#: so many partition keys of a table are remembered; beyond that the full ones are forgotten, then the oldest
PARTITIONS_MAX_COUNT: Final = 10_000

_PROVISIONED: Final = "ProvisionedThroughputExceeded"
_KEY_RANGE: Final = "KeyRangeThroughputExceeded"
_ON_DEMAND_MAXIMUM: Final = "MaxOnDemandThroughputExceeded"
_ACCOUNT: Final = "AccountLimitExceeded"


class Throughput(Struct, frozen=True, kw_only=True):
    """How much tables carry; what goes beyond it is throttled. A new table has its whole burst.

    Attributes:
        provisioned: whether what tables and global indexes were made with holds: their provisioned throughput, and
            their maximum on-demand throughput.
        partition_read_units, partition_write_units: a second, of each partition key of a table or global index; None
            for no limit.
        on_demand_read_units, on_demand_write_units: a second, of each on-demand table and each of its global indexes;
            None for no limit.
        burst_seconds: for how long a table or global index saves what it does not use; 0 saves no more than a second's.

    Raises:
        ValueError: a figure is not positive, or the burst is negative.
    """

    provisioned: bool = True
    partition_read_units: float | None = PARTITION_READ_UNITS
    partition_write_units: float | None = PARTITION_WRITE_UNITS
    on_demand_read_units: float | None = None
    on_demand_write_units: float | None = None
    burst_seconds: float = BURST_SECONDS

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if name == "provisioned":
                if not isinstance(value, bool):
                    raise ValueError(f"provisioned is True or False, not {value!r}")
            elif value is None and name != "burst_seconds":
                continue
            elif not _is_number(value) or value < 0 or (value == 0 and name != "burst_seconds"):
                wanted = "0 or more" if name == "burst_seconds" else "a positive number or None"
                raise ValueError(f"{name} is {wanted}, not {value!r}")


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


class Demand(Struct, frozen=True):
    """What a request wants of a table or of one of its global indexes.

    Attributes:
        table: as it is defined now.
        index: of a global index its name; None for the table, which carries its local indexes.
        is_write: whether it writes.
        partition: the key; None where no single one is asked.
        units: what it costs; 0 while that is not known.
    """

    table: TableDefinition
    index: str | None
    is_write: bool
    partition: bytes | None = None
    units: float = 0.0


class Bucket:
    """What is left of one limit; negative where it was overdrawn."""

    __slots__ = ("_at", "level")

    def __init__(self, level: float, now: float) -> None:
        self.level = level
        self._at = now

    def __repr__(self) -> str:
        return f"Bucket({self.level:g})"

    def fill(self, rate: float, most: float, now: float) -> float:
        """Let in what has come since the last time; gives what is there."""
        if now > self._at:
            self.level += (now - self._at) * rate
            self._at = now
        self.level = min(self.level, most)
        return self.level

    def copy(self) -> Bucket:
        return Bucket(self.level, self._at)


class Meter:
    """What one table with its global indexes has left, reads and writes apart."""

    __slots__ = ("_partitions", "_whole")

    def __init__(self) -> None:
        self._whole: dict[tuple[str | None, bool], Bucket] = {}
        self._partitions: dict[tuple[str | None, bool, bytes], Bucket] = {}

    def __repr__(self) -> str:
        return f"<Meter of {len(self._whole)} limits and {len(self._partitions)} partitions>"

    @property
    def partition_count(self) -> int:
        """How many partition keys are remembered."""
        return len(self._partitions)

    def shortage(self, throughput: Throughput, demand: Demand, now: float) -> ApiError | None:
        """The error that a demand meets; None where it is let through.

        Args:
            now: monotonic seconds.
        """
        rate, cause = _limit(throughput, demand)
        if rate is not None and self._level(throughput, demand, rate, now).level <= 0:
            return _throttled(demand, cause)
        rate = _partition_limit(throughput, demand)
        if rate is not None and demand.partition is not None:
            bucket = self._partitions.get((demand.index, demand.is_write, demand.partition))
            if bucket is not None and bucket.fill(rate, rate, now) <= 0:
                return _throttled(demand, _KEY_RANGE)
        return None

    def require(self, throughput: Throughput, demands: Iterable[Demand], now: float) -> None:
        """Refuse demands of which one meets a shortage.

        Raises:
            ApiError: ProvisionedThroughputExceededException, or ThrottlingException for an on-demand table.
        """
        for demand in demands:
            error = self.shortage(throughput, demand, now)
            if error is not None:
                raise error

    def charge(self, throughput: Throughput, demands: Iterable[Demand], now: float) -> None:
        """Take away what demands cost, even if it is more than there is."""
        for demand in demands:
            rate, _ = _limit(throughput, demand)
            if rate is not None:
                self._level(throughput, demand, rate, now).level -= demand.units
            rate = _partition_limit(throughput, demand)
            if rate is not None and demand.partition is not None and demand.units:
                self._charge_partition(demand, demand.partition, rate, now)

    def forget(self, index: str) -> None:
        """Forget an index that is gone."""
        self._whole = {key: bucket for key, bucket in self._whole.items() if key[0] != index}
        self._partitions = {key: bucket for key, bucket in self._partitions.items() if key[0] != index}

    def copy(self) -> Meter:
        """The same, which changes independently."""
        twin = Meter()
        twin._whole = {key: bucket.copy() for key, bucket in self._whole.items()}
        twin._partitions = {key: bucket.copy() for key, bucket in self._partitions.items()}
        return twin

    def _level(self, throughput: Throughput, demand: Demand, rate: float, now: float) -> Bucket:
        """The bucket of a table or index, filled."""
        key = (demand.index, demand.is_write)
        most = rate * max(throughput.burst_seconds, _SAVED_MIN_SECONDS)
        bucket = self._whole.get(key)
        if bucket is None:
            bucket = self._whole[key] = Bucket(most, now)
        bucket.fill(rate, most, now)
        return bucket

    def _charge_partition(self, demand: Demand, partition: bytes, rate: float, now: float) -> None:
        key = (demand.index, demand.is_write, partition)
        bucket = self._partitions.pop(key, None)
        if bucket is None:
            if len(self._partitions) >= PARTITIONS_MAX_COUNT:
                self._tidy(rate, now)
            bucket = Bucket(rate, now)
        bucket.fill(rate, rate, now)
        bucket.level -= demand.units
        self._partitions[key] = bucket  # last: the one that was used most recently

    def _tidy(self, rate: float, now: float) -> None:
        """Forget the partitions that are full again; if these are few, the half that was not used for longest."""
        kept = {key: bucket for key, bucket in self._partitions.items() if bucket.fill(rate, rate, now) < rate}
        if len(kept) > PARTITIONS_MAX_COUNT // 2:
            kept = dict(islice(kept.items(), len(kept) - PARTITIONS_MAX_COUNT // 2, None))
        self._partitions = kept


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def _limit(throughput: Throughput, demand: Demand) -> tuple[float | None, str]:
    """The units a second of a table or index, and how the service calls that limit; None where there is none."""
    table = demand.table
    index = None if demand.index is None else table.indexes.get(demand.index)
    if table.billing_mode == "PROVISIONED":
        own = table.throughput if index is None else index.throughput
        units = own.write if demand.is_write else own.read
        return (float(units) if throughput.provisioned and units else None), _PROVISIONED
    limits = (table.on_demand if index is None else index.on_demand) or {}
    maximum = limits.get("MaxWriteRequestUnits" if demand.is_write else "MaxReadRequestUnits")
    given = throughput.on_demand_write_units if demand.is_write else throughput.on_demand_read_units
    if throughput.provisioned and maximum is not None and maximum > 0 and (given is None or maximum <= given):
        return float(maximum), _ON_DEMAND_MAXIMUM
    return given, _ACCOUNT


def _partition_limit(throughput: Throughput, demand: Demand) -> float | None:
    return throughput.partition_write_units if demand.is_write else throughput.partition_read_units


def throttled(table: TableDefinition, *, is_write: bool) -> ApiError:
    """The error of a table that could do nothing of what it was asked."""
    demand = Demand(table, None, is_write)
    return _throttled(demand, _PROVISIONED if table.billing_mode == "PROVISIONED" else _ACCOUNT)


def _throttled(demand: Demand, cause: str) -> ApiError:
    table, index = demand.table, demand.index
    subject, way = ("Table" if index is None else "Index"), ("Write" if demand.is_write else "Read")
    resource = table.arn if index is None else f"{table.arn}/index/{index}"
    reasons = [{"reason": f"{subject}{way}{cause}", "resource": resource}]
    if table.billing_mode == "PROVISIONED":
        text = trouble_messages.TABLE_EXCEEDED if index is None else trouble_messages.INDEX_EXCEEDED
        return ApiError("ProvisionedThroughputExceededException", text, ThrottlingReasons=reasons)
    if cause == _ON_DEMAND_MAXIMUM:
        text = trouble_messages.ON_DEMAND_MAXIMUM_EXCEEDED
    elif index is None:
        text = trouble_messages.ON_DEMAND_TABLE_EXCEEDED
    else:
        text = trouble_messages.ON_DEMAND_INDEX_EXCEEDED
    return ApiError("ThrottlingException", text, throttlingReasons=reasons)
