"""UpdateContinuousBackups: switches point-in-time recovery on or off, or changes how far back it goes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from .. import backup_messages
from ..errors import ApiError, validation
from ..shapes import CONTROL_TABLE_NAME, boolean, integer, required, structure
from ..state.definitions import PointInTimeRecovery
from .continuous_backups import backed_up_table, continuous_backups

if TYPE_CHECKING:
    from ..engine import Engine

_PERIOD_MAX_DAYS: Final = 35

SHAPE: Final = structure(
    "UpdateContinuousBackupsInput",
    TableName=CONTROL_TABLE_NAME,
    PointInTimeRecoverySpecification=required(
        structure(
            "PointInTimeRecoverySpecification",
            PointInTimeRecoveryEnabled=required(boolean()),
            RecoveryPeriodInDays=integer(1, _PERIOD_MAX_DAYS),
        )
    ),
)


@dataclass(frozen=True, slots=True)
class UpdateContinuousBackups:
    """``days`` is None where nothing is said of them."""

    table_name: str
    enabled: bool
    days: int | None


def validate(request: dict[str, Any]) -> UpdateContinuousBackups:
    specification = request["PointInTimeRecoverySpecification"]
    enabled, days = specification["PointInTimeRecoveryEnabled"], specification.get("RecoveryPeriodInDays")
    if days is not None and not enabled:
        raise validation(backup_messages.PERIOD_OF_NOTHING)
    return UpdateContinuousBackups(request["TableName"], enabled, days)


def apply(prepared: UpdateContinuousBackups, engine: Engine) -> dict[str, Any]:
    catalog = engine.catalog
    table = backed_up_table(prepared.table_name, engine)
    if table.definition.status == "CREATING":
        raise ApiError("ContinuousBackupsUnavailableException", backup_messages.being_enabled(table.name))
    setting = _setting(prepared, table.definition.point_in_time, catalog.now())
    if setting != table.definition.point_in_time:
        catalog.change(table, replace(table.definition, point_in_time=setting))
    return continuous_backups(table, catalog.now())


def _setting(
    prepared: UpdateContinuousBackups, before: PointInTimeRecovery | None, now: float
) -> PointInTimeRecovery | None:
    if not prepared.enabled:
        return None
    if before is None:
        return PointInTimeRecovery(now, prepared.days or _PERIOD_MAX_DAYS)
    return before if prepared.days is None else replace(before, days=prepared.days)
