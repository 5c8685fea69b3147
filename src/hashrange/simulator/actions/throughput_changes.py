"""Changes of provisioned and on-demand throughput: what may change, and how the change shows until it is done.

Shared by a table and its global indexes. Must not know requests as a whole, or states of tables.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from .. import table_messages
from ..errors import ApiError, validation
from ..state.definitions import Throughput, Units
from .capacity_limits import check_capacity_limits

_DAY_SECONDS: Final = 86_400
_DECREASES_MAX_COUNT: Final = (
    4  # a day; Developer Guide, "Quotas in Amazon DynamoDB", "Decreasing provisioned throughput"
)
_DECREASE_INTERVAL_SECONDS: Final = 3_600  # after these


def changed(
    before: Throughput, request: dict[str, int], now: float, region: str, index: str | None = None
) -> tuple[Throughput, Throughput]:
    """Provisioned throughput while a change is under way (the old figures, the new dates), and after it.

    Raises:
        ApiError: ValidationException where nothing changes; LimitExceededException.
    """
    read, write = request["ReadCapacityUnits"], request["WriteCapacityUnits"]
    if (read, write) == (before.read, before.write):
        raise validation(table_messages.throughput_unchanged(index, read, write))
    check_capacity_limits(Throughput(read, write), region, index)
    decreases = decreases_today(before, now)
    is_decrease = read < before.read or write < before.write
    if is_decrease:
        _check_decreases(before, decreases, now)
    meanwhile = replace(
        before,
        increased_at=now if read > before.read or write > before.write else before.increased_at,
        decreased_at=now if is_decrease else before.decreased_at,
        decreases=decreases,
    )
    return meanwhile, replace(meanwhile, read=read, write=write, decreases=decreases + is_decrease)


def decreases_today(throughput: Throughput, now: float) -> int:
    """How often it was decreased since midnight (UTC)."""
    at = throughput.decreased_at
    return throughput.decreases if at is not None and at // _DAY_SECONDS == now // _DAY_SECONDS else 0


def _check_decreases(throughput: Throughput, decreases: int, now: float) -> None:
    last = throughput.decreased_at
    if last is None or decreases < _DECREASES_MAX_COUNT or now - last >= _DECREASE_INTERVAL_SECONDS:
        return
    message = table_messages.too_many_decreases(decreases, _written(last), _written(last + _DECREASE_INTERVAL_SECONDS))
    raise ApiError("LimitExceededException", message)


def _written(at: float) -> str:
    moment = datetime.fromtimestamp(at, UTC)
    hour = moment.hour % 12 or 12
    return f"{moment:%A, %B} {moment.day}, {moment.year} at {hour}:{moment:%M:%S %p} Coordinated Universal Time"


def merged_limits(before: Units | None, asked: dict[str, Any] | None) -> Units | None:
    """On-demand limits with those that are asked for; -1 removes one. None where none is left."""
    limits = {**(before or {}), **(asked or {})}
    return {member: units for member, units in limits.items() if units != -1} or None
