"""Point-in-time recovery of a table as the service describes it, and when there is something to describe.

Shared by the operations on continuous backups, and by those that need them. Recovery is a setting here: the past is
not kept. Must not know requests. Source: API reference, "PointInTimeRecoveryDescription".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .. import backup_messages
from ..errors import ApiError
from ..state.definitions import PointInTimeRecovery
from ..state.table import Table

if TYPE_CHECKING:
    from ..engine import Engine

#: the service can go back to all but the last minutes
_LATEST_SECONDS: Final = 300.0
_DAY_SECONDS: Final = 86_400.0


def backed_up_table(name: str, engine: Engine) -> Table:
    """The table of a name or ARN in any state.

    Raises:
        ApiError: TableNotFoundException.
    """
    table = engine.catalog.get(name)
    if table is None:
        raise ApiError("TableNotFoundException", backup_messages.table_not_found(engine.catalog.name_of(name)))
    return table


def continuous_backups(table: Table, now: float) -> dict[str, Any]:
    """The answer of both operations; ``now`` is seconds since the epoch.

    Backups are being enabled while the table is created; that has nothing to do with point-in-time recovery.
    """
    status = "DISABLED" if table.definition.status == "CREATING" else "ENABLED"
    recovery = _recovery(table.definition.point_in_time, now)
    return {
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": status,
            "PointInTimeRecoveryDescription": recovery,
        }
    }


def _recovery(setting: PointInTimeRecovery | None, now: float) -> dict[str, Any]:
    if setting is None:
        return {"PointInTimeRecoveryStatus": "DISABLED"}
    return {
        "EarliestRestorableDateTime": earliest_restorable(setting, now),
        "LatestRestorableDateTime": latest_restorable(setting, now),
        "PointInTimeRecoveryStatus": "ENABLED",
        "RecoveryPeriodInDays": setting.days,
    }


def earliest_restorable(setting: PointInTimeRecovery, now: float) -> float:
    """From when on a table could be recovered; seconds since the epoch."""
    return float(int(max(setting.enabled_at, now - setting.days * _DAY_SECONDS)))


def latest_restorable(setting: PointInTimeRecovery, now: float) -> float:
    """Until when it could be."""
    return float(int(max(setting.enabled_at, now - _LATEST_SECONDS)))
