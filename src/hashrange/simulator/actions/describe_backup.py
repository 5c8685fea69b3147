"""DescribeBackup: a backup, and what the table was that it is of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..shapes import structure
from .backup_descriptions import REQUIRED_BACKUP_ARN, backup_of, check_backup_arn, description

if TYPE_CHECKING:
    from ..engine import Engine

SHAPE: Final = structure("DescribeBackupInput", BackupArn=REQUIRED_BACKUP_ARN)


def validate(request: dict[str, Any]) -> str:
    return check_backup_arn(request["BackupArn"])


def apply(prepared: str, engine: Engine) -> dict[str, Any]:
    return description(backup_of(prepared, engine), "AVAILABLE", prepared)
