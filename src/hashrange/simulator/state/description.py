"""A table as DescribeTable shows it.

Owns the members of TableDescription and when each is there. Must not know requests or how states change.
"""

from __future__ import annotations

from typing import Any, Final

from .definitions import IndexDefinition, Keys, TableDefinition, Throughput, Units
from .table import Table

_DAY_SECONDS: Final = 86_400


def describe(table: Table, now: float) -> dict[str, Any]:
    """The TableDescription of a table; ``now`` is seconds since the epoch."""
    definition = table.definition
    return {
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": definition.attribute_types[name]}
            for name in sorted(definition.attribute_types)
        ],
        "TableName": definition.name,
        "KeySchema": _key_schema(definition.keys),
        "TableStatus": definition.status,
        "CreationDateTime": definition.created_at,
        "ProvisionedThroughput": _throughput(definition.throughput, now),
        "TableSizeBytes": table.size_bytes,
        "ItemCount": table.item_count,
        "TableArn": definition.arn,
        "TableId": definition.table_id,
        **_billing(definition),
        **_indexes(table, now),
        **_stream(definition),
        **_settings(definition),
        **_restored(definition),
        "DeletionProtectionEnabled": definition.is_protected,
    }


def _key_schema(keys: Keys) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": role} for name, role in keys]


def _throughput(throughput: Throughput, now: float) -> dict[str, Any]:
    decreased_at, increased_at = throughput.decreased_at, throughput.increased_at
    today = decreased_at is not None and decreased_at // _DAY_SECONDS == now // _DAY_SECONDS
    return {
        **({} if increased_at is None else {"LastIncreaseDateTime": increased_at}),
        **({} if decreased_at is None else {"LastDecreaseDateTime": decreased_at}),
        "NumberOfDecreasesToday": throughput.decreases if today else 0,
        "ReadCapacityUnits": throughput.read,
        "WriteCapacityUnits": throughput.write,
    }


def _billing(definition: TableDefinition) -> dict[str, Any]:
    if not definition.was_on_demand:
        return {}
    since = definition.on_demand_since
    switched = {} if since is None else {"LastUpdateToPayPerRequestDateTime": since}
    return {
        "BillingModeSummary": {"BillingMode": definition.billing_mode, **switched},
        "TableThroughputModeSummary": {"TableThroughputMode": definition.billing_mode, **switched},
    }


def _indexes(table: Table, now: float) -> dict[str, Any]:
    definition = table.definition
    local = [_index(table, index) for index in definition.local_indexes]
    overall = [{**_index(table, index), **_global_index(index, definition, now)} for index in definition.global_indexes]
    return {
        **({"LocalSecondaryIndexes": local} if local else {}),
        **({"GlobalSecondaryIndexes": overall} if overall else {}),
    }


def _index(table: Table, index: IndexDefinition) -> dict[str, Any]:
    store = table.index_store(index.name)
    attributes = {"NonKeyAttributes": list(index.non_key_attributes)} if index.projection == "INCLUDE" else {}
    return {
        "IndexName": index.name,
        "KeySchema": _key_schema(index.keys),
        "Projection": {"ProjectionType": index.projection, **attributes},
        "IndexSizeBytes": store.size,
        "ItemCount": store.count,
        "IndexArn": f"{table.definition.arn}/index/{index.name}",
    }


def _global_index(index: IndexDefinition, table: TableDefinition, now: float) -> dict[str, Any]:
    # indexes that are created with their table are not backfilled
    backfilling = {"Backfilling": table.status == "ACTIVE"} if index.is_added and index.status == "CREATING" else {}
    return {
        "IndexStatus": index.status,
        **backfilling,
        "ProvisionedThroughput": _throughput(index.throughput, now),
        **_units("OnDemandThroughput", index.on_demand),
        **_warm(index.warm),
    }


def _stream(definition: TableDefinition) -> dict[str, Any]:
    stream = definition.stream
    if stream is None:
        return {}
    specification = {"StreamEnabled": True, "StreamViewType": stream.view_type}
    return {
        **({"StreamSpecification": specification} if stream.enabled else {}),
        "LatestStreamLabel": stream.label,
        "LatestStreamArn": stream.arn,
    }


def _settings(definition: TableDefinition) -> dict[str, Any]:
    described: dict[str, Any] = {}
    if definition.kms_key_arn is not None:
        described["SSEDescription"] = {
            "Status": "ENABLED",
            "SSEType": "KMS",
            "KMSMasterKeyArn": definition.kms_key_arn,
        }
    if definition.table_class is not None:
        changed_at = definition.table_class_changed_at
        described["TableClassSummary"] = {
            "TableClass": definition.table_class,
            **({} if changed_at is None else {"LastUpdateDateTime": changed_at}),
        }
    return described | _units("OnDemandThroughput", definition.on_demand) | _warm(definition.warm)


def _restored(definition: TableDefinition) -> dict[str, Any]:
    restored = definition.restored
    if restored is None:
        return {}
    return {
        "RestoreSummary": {
            "SourceBackupArn": restored.backup_arn,
            "SourceTableArn": restored.table_arn,
            "RestoreDateTime": restored.at,
            "RestoreInProgress": definition.status == "CREATING",
        }
    }


def _units(name: str, units: Units | None) -> dict[str, Any]:
    return {name: dict(units)} if units else {}


def _warm(units: Units | None) -> dict[str, Any]:
    return {"WarmThroughput": {**units, "Status": "ACTIVE"}} if units else {}
