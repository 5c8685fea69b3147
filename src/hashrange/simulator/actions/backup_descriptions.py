"""Backups as the service describes them, and which one an ARN names.

Shared by the operations on backups. Must not know requests.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from .. import backup_messages
from ..errors import ApiError, validation
from ..shapes import required, string
from ..state.backups import Backup
from ..state.definitions import IndexDefinition, TableDefinition, Throughput
from ..state.description import described_vector_index

if TYPE_CHECKING:
    from ..engine import Engine

BACKUP_ARN: Final = string(37, 1024)
REQUIRED_BACKUP_ARN: Final = required(BACKUP_ARN)

_BACKUP: Final = re.compile(
    r"arn:[^:]*:[^:]*:[^:]*:([^:]*):table/([a-zA-Z0-9_.-]{3,255})/backup/([0-9]{14}-[0-9a-f]{8})"
)
#: the service looks for a backup wherever its ARN says that it is; the region must be one
_PLACE: Final = re.compile(r"arn:aws:dynamodb:[a-z]{2}(-[a-z]+)+-[0-9]+:.*", re.DOTALL)


# ── which one ────────────────────────────────────────────────────────────────────────────────────────────────────────
def check_backup_arn(arn: str) -> str:
    """An ARN that could be a backup's.

    Raises:
        ApiError: ValidationException.
    """
    if not _BACKUP.fullmatch(arn):
        raise validation(backup_messages.NO_BACKUP_ARN)
    if not _PLACE.fullmatch(arn):
        raise validation(backup_messages.ARN_INVALID)
    return arn


def parts_of(arn: str) -> tuple[str, str, str]:
    """Account, table and id of a checked ARN."""
    account, table, id_ = re.findall(_BACKUP, arn)[0]
    return account, table, id_


def backup_of(arn: str, engine: Engine) -> Backup:
    """The backup of an ARN that has been checked.

    Raises:
        ApiError: AccessDeniedException, BackupNotFoundException.
    """
    account, table, id_ = parts_of(arn)
    if account != engine.account:
        raise ApiError("AccessDeniedException", backup_messages.ACCESS_DENIED)
    found = engine.catalog.backups.get(table, id_, engine.catalog.now())
    if found is None:
        raise ApiError("BackupNotFoundException", backup_messages.backup_not_found(arn))
    return found


def is_being_restored(backup: Backup, engine: Engine) -> bool:
    """Whether a table is just being made of it."""
    return any(
        table.definition.restored is not None
        and table.definition.restored.backup_arn == backup.arn
        and table.definition.status == "CREATING"
        for table in engine.catalog.tables
    )


# ── how it is described ──────────────────────────────────────────────────────────────────────────────────────────────
def details(backup: Backup, status: str = "AVAILABLE", arn: str | None = None) -> dict[str, Any]:
    """BackupDetails; ``arn`` is how it was asked for."""
    expiry = {} if backup.expires_at is None else {"BackupExpiryDateTime": backup.expires_at}
    return {
        "BackupArn": arn or backup.arn,
        "BackupName": backup.name,
        "BackupSizeBytes": backup.size,
        "BackupStatus": status,
        "BackupType": backup.kind,
        "BackupCreationDateTime": backup.created_at,
        **expiry,
    }


def description(backup: Backup, status: str, arn: str) -> dict[str, Any]:
    """The answer that tells all of a backup."""
    features = {} if backup.kind == "SYSTEM" else _features(backup.table)
    return {
        "BackupDescription": {
            "BackupDetails": details(backup, status, arn),
            "SourceTableDetails": _source(backup),
            "SourceTableFeatureDetails": features,
        }
    }


def _source(backup: Backup) -> dict[str, Any]:
    table = backup.table
    return {
        "TableName": table.name,
        "TableId": table.table_id,
        "TableArn": table.arn,
        "TableSizeBytes": backup.size,
        "KeySchema": _keys(table),
        "TableCreationDateTime": table.created_at,
        "ProvisionedThroughput": _throughput(table.throughput),
        **({} if table.on_demand is None else {"OnDemandThroughput": dict(table.on_demand)}),
        "ItemCount": backup.item_count,
        "BillingMode": table.billing_mode,
    }


def _features(table: TableDefinition) -> dict[str, Any]:
    """Of what a table has, what a backup records."""
    found: dict[str, Any] = {}
    if table.local_indexes:
        found["LocalSecondaryIndexes"] = [_index(index) for index in table.local_indexes]
    if table.global_indexes:
        found["GlobalSecondaryIndexes"] = [
            {**_index(index), "ProvisionedThroughput": _throughput(index.throughput)} for index in table.global_indexes
        ]
    if table.vector_indexes:
        found["VectorIndexes"] = [described_vector_index(index) for index in table.vector_indexes.values()]
    if table.stream is not None and table.stream.enabled:
        found["StreamDescription"] = {"StreamEnabled": True, "StreamViewType": table.stream.view_type}
    if table.ttl_attribute is not None:
        found["TimeToLiveDescription"] = {"TimeToLiveStatus": "ENABLED", "AttributeName": table.ttl_attribute}
    if table.kms_key_arn is not None:
        found["SSEDescription"] = {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": table.kms_key_arn}
    return found


def _index(index: IndexDefinition) -> dict[str, Any]:
    attributes = {"NonKeyAttributes": list(index.non_key_attributes)} if index.projection == "INCLUDE" else {}
    return {
        "IndexName": index.name,
        "KeySchema": _keys(index),
        "Projection": {"ProjectionType": index.projection, **attributes},
    }


def _keys(subject: TableDefinition | IndexDefinition) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": role} for name, role in subject.keys]


def _throughput(throughput: Throughput) -> dict[str, int]:
    return {"ReadCapacityUnits": throughput.read, "WriteCapacityUnits": throughput.write}
