"""ListBackups: the backups of a table, also of one that has gone, or of all; the oldest first, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .. import backup_messages
from ..errors import validation
from ..shape_kinds import TableName
from ..shapes import double, integer, string, structure
from ..state.backups import Backup, place
from .backup_descriptions import BACKUP_ARN, check_backup_arn, details, parts_of

if TYPE_CHECKING:
    from ..engine import Engine

_PAGE_MAX_COUNT: Final = 100

SHAPE: Final = structure(
    "ListBackupsInput",
    TableName=TableName(),
    Limit=integer(1, _PAGE_MAX_COUNT),
    TimeRangeLowerBound=double(),
    TimeRangeUpperBound=double(),
    ExclusiveStartBackupArn=BACKUP_ARN,
    BackupType=string(enum=("USER", "SYSTEM", "AWS_BACKUP", "ALL")),
)


def validate(request: dict[str, Any]) -> dict[str, Any]:
    lower, upper = request.get("TimeRangeLowerBound"), request.get("TimeRangeUpperBound")
    if lower is not None and upper is not None and lower > upper:
        raise validation(backup_messages.TIMES_REVERSED)
    start = request.get("ExclusiveStartBackupArn")
    if start is not None:
        check_backup_arn(start)
    return request


def apply(prepared: dict[str, Any], engine: Engine) -> dict[str, Any]:
    catalog = engine.catalog
    found = [backup for backup in catalog.backups.all(catalog.now()) if _is_wanted(backup, prepared, engine)]
    start = prepared.get("ExclusiveStartBackupArn")
    if start is not None:
        if not start.startswith(f"arn:aws:dynamodb:{catalog.region}:"):
            raise validation(backup_messages.START_OF_OTHER_REGION)
        _, table, id_ = parts_of(start)
        found = [backup for backup in found if place(backup) > (id_, table)]
    limit: int = prepared.get("Limit") or _PAGE_MAX_COUNT
    answer: dict[str, Any] = {"BackupSummaries": [_summary(backup) for backup in found[:limit]]}
    if len(found) > limit:
        answer["LastEvaluatedBackupArn"] = found[limit - 1].arn
    return answer


def _is_wanted(backup: Backup, prepared: dict[str, Any], engine: Engine) -> bool:
    kind, table = prepared.get("BackupType") or "USER", prepared.get("TableName")
    lower, upper = prepared.get("TimeRangeLowerBound"), prepared.get("TimeRangeUpperBound")
    return (
        kind in ("ALL", backup.kind)
        and (table is None or engine.catalog.name_of(table) == backup.table.name)
        and (lower is None or lower <= backup.created_at)
        and (upper is None or backup.created_at < upper)
    )


def _summary(backup: Backup) -> dict[str, Any]:
    table = backup.table
    return {
        "TableName": table.name,
        "TableId": table.table_id,
        "TableArn": table.arn,
        **details(backup),
    }
