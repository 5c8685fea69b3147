"""CreateBackup: keeps what a table holds now. Names of backups need not differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ...limits import TABLE_NAME_MAX_CHARS, TABLE_NAME_MIN_CHARS
from .. import backup_messages
from ..errors import ApiError
from ..shapes import CONTROL_TABLE_NAME, NAME_PATTERN, required, string, structure
from .backup_descriptions import details
from .continuous_backups import backed_up_table

if TYPE_CHECKING:
    from ..engine import Engine

SHAPE: Final = structure(
    "CreateBackupInput",
    TableName=CONTROL_TABLE_NAME,
    BackupName=required(string(TABLE_NAME_MIN_CHARS, TABLE_NAME_MAX_CHARS, NAME_PATTERN)),  # the rules are the same
)
_CHANCE_CHARS: Final = 8


@dataclass(frozen=True, slots=True)
class CreateBackup:
    table_name: str
    name: str


def validate(request: dict[str, Any]) -> CreateBackup:
    return CreateBackup(request["TableName"], request["BackupName"])


def apply(prepared: CreateBackup, engine: Engine) -> dict[str, Any]:
    catalog = engine.catalog
    table = backed_up_table(prepared.table_name, engine)
    if table.definition.status == "CREATING":
        raise ApiError("TableNotFoundException", backup_messages.table_not_found(table.name))
    backup = catalog.backups.add(table, prepared.name, catalog.now(), catalog.new_id()[:_CHANCE_CHARS])
    return {"BackupDetails": details(backup, "CREATING")}
