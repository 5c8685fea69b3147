"""RestoreTableToPointInTime: a new table with what another one holds now.

The past is not kept: the latest restorable time is now, and a time before it is refused. What is restored beside items
is as with a backup. Source: API reference, RestoreTableToPointInTime; the order of checks is a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ...limits import TABLE_NAME_MAX_CHARS, TABLE_NAME_MIN_CHARS
from .. import backup_messages, export_messages
from ..errors import ApiError, validation
from ..shapes import NAME_PATTERN, boolean, double, required, string, structure
from ..state.definitions import PointInTimeRecovery, Restored
from ..state.table import Table
from .continuous_backups import backed_up_table, earliest_restorable, latest_restorable
from .restore_table_from_backup import OVERRIDES, check_overrides, create_restored, restored_definition

if TYPE_CHECKING:
    from ..engine import Engine

_NAME: Final = string(TABLE_NAME_MIN_CHARS, TABLE_NAME_MAX_CHARS, NAME_PATTERN)

SHAPE: Final = structure(
    "RestoreTableToPointInTimeInput",
    SourceTableArn=string(1, 1024),
    SourceTableName=_NAME,
    TargetTableName=required(_NAME),
    UseLatestRestorableTime=boolean(),
    RestoreDateTime=double(),
    **OVERRIDES,
)


@dataclass(frozen=True, slots=True)
class RestoreTableToPointInTime:
    """``time`` is None for the latest; ``request`` is checked as far as that needs no table."""

    source: str
    time: float | None
    request: dict[str, Any]


# ── checks ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def validate(request: dict[str, Any]) -> RestoreTableToPointInTime:
    sources = [request[name] for name in ("SourceTableArn", "SourceTableName") if name in request]
    if len(sources) != 1:
        raise validation(export_messages.SOURCE_TWICE if sources else export_messages.SOURCE_MISSING)
    time, latest = request.get("RestoreDateTime"), request.get("UseLatestRestorableTime")
    if latest and time is not None:
        raise validation(export_messages.RESTORE_TIME_TWICE)
    if not latest and time is None:
        raise validation(export_messages.RESTORE_TIME_MISSING)
    check_overrides(request)
    return RestoreTableToPointInTime(sources[0], time, request)


def _recovery_of(table: Table) -> PointInTimeRecovery:
    """Raises PointInTimeRecoveryUnavailableException."""
    recovery = table.definition.point_in_time
    if recovery is None or table.definition.status == "DELETING":
        message = export_messages.recovery_not_enabled(table.name)
        raise ApiError("PointInTimeRecoveryUnavailableException", message)
    return recovery


def _check_time(time: float | None, recovery: PointInTimeRecovery, now: float) -> None:
    """Only what is about now can be had.

    Raises:
        ApiError: InvalidRestoreTimeException.
    """
    if time is None or latest_restorable(recovery, now) <= time <= now:
        return
    is_past = earliest_restorable(recovery, now) <= time < now
    message = export_messages.THE_PAST_IS_NOT_KEPT if is_past else export_messages.RESTORE_TIME_OUTSIDE
    raise ApiError("InvalidRestoreTimeException", message)


# ── doing it ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def apply(prepared: RestoreTableToPointInTime, engine: Engine) -> dict[str, Any]:
    catalog, target = engine.catalog, prepared.request["TargetTableName"]
    table, now = backed_up_table(prepared.source, engine), engine.catalog.now()
    recovery = _recovery_of(table)
    if catalog.get(target) is not None:
        raise ApiError("TableAlreadyExistsException", backup_messages.table_exists(target))
    _check_time(prepared.time, recovery, now)
    source = table.definition
    restored = Restored(None, source.arn, now if prepared.time is None else prepared.time)
    definition = restored_definition(prepared.request, source, restored, engine)
    return create_restored(definition, table.records(), engine)
