"""DeleteBackup: forgets a backup, unless the service made it or a table is being restored from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .. import backup_messages
from ..errors import ApiError, validation
from ..shapes import structure
from .backup_descriptions import REQUIRED_BACKUP_ARN, backup_of, check_backup_arn, description, is_being_restored

if TYPE_CHECKING:
    from ..engine import Engine

SHAPE: Final = structure("DeleteBackupInput", BackupArn=REQUIRED_BACKUP_ARN)


def validate(request: dict[str, Any]) -> str:
    return check_backup_arn(request["BackupArn"])


def apply(prepared: str, engine: Engine) -> dict[str, Any]:
    backup = backup_of(prepared, engine)
    if backup.expires_at is not None:
        raise validation(backup_messages.not_to_be_deleted(prepared, backup.expires_at))
    if is_being_restored(backup, engine):
        raise ApiError("BackupInUseException", backup_messages.in_use(prepared))
    engine.catalog.backups.remove(backup)
    return description(backup, "DELETED", prepared)
