"""A table as DescribeTable shows it.

Owns the members of TableDescription and when each is there. Must not know requests or how states change.
"""

from __future__ import annotations

from typing import Any, Final

from .definitions import IndexDefinition, Keys, RegionReplica, TableDefinition, Throughput, Units, VectorIndexDefinition
from .table import Table

_DAY_SECONDS: Final = 86_400
_GLOBAL_TABLE_VERSION: Final = "2019.11.21"


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
        **_replicas(definition),
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
        **_vector_indexes(table),
    }


def _vector_indexes(table: Table) -> dict[str, Any]:
    definition = table.definition
    if not definition.vector_indexes:
        return {}
    return {"VectorIndexes": [_vector_index(table, index) for index in definition.vector_indexes.values()]}


def _vector_index(table: Table, index: VectorIndexDefinition) -> dict[str, Any]:
    definition, store = table.definition, table.index_store(index.name)
    return {
        **described_vector_index(index),
        "IndexStatus": index.status,
        **_backfilling(index, definition),
        "IndexSizeBytes": store.size,
        "ItemCount": store.count,
        "IndexArn": f"{definition.arn}/index/{index.name}",
    }


def described_vector_index(index: VectorIndexDefinition) -> dict[str, Any]:
    """What a vector index was made with, as descriptions of tables and of backups show it."""
    schema = [{"AttributeName": name, "SearchSchemaElementType": role} for name, role in index.schema]
    attributes = {"NonKeyAttributes": list(index.non_key_attributes)} if index.projection == "INCLUDE" else {}
    return {
        "IndexName": index.name,
        **({"SearchSchema": schema} if schema else {}),
        "Projection": {"ProjectionType": index.projection, **attributes},
        "VectorAttribute": {"AttributeName": index.attribute},
        "Dimensions": index.dimensions,
        "DistanceFunction": index.distance,
    }


def _backfilling(index: IndexDefinition | VectorIndexDefinition, table: TableDefinition) -> dict[str, bool]:
    """Indexes that are created with their table are not backfilled."""
    return {"Backfilling": table.status == "ACTIVE"} if index.is_added and index.status == "CREATING" else {}


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
    return {
        "IndexStatus": index.status,
        **_backfilling(index, table),
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
            **({} if restored.backup_arn is None else {"SourceBackupArn": restored.backup_arn}),
            "SourceTableArn": restored.table_arn,
            "RestoreDateTime": restored.at,
            "RestoreInProgress": definition.status == "CREATING",
        }
    }


def _replicas(definition: TableDefinition) -> dict[str, Any]:
    """What is told of a global table: its replicas in the other regions."""
    if not definition.replicas:
        return {}
    consistency = {} if definition.consistency is None else {"MultiRegionConsistency": definition.consistency}
    return {
        "GlobalTableVersion": _GLOBAL_TABLE_VERSION,
        "Replicas": [_replica(replica) for replica in definition.replicas],
        **consistency,
    }


def _replica(replica: RegionReplica) -> dict[str, Any]:
    described: dict[str, Any] = {"RegionName": replica.region, "ReplicaStatus": replica.status}
    if replica.kms_key is not None:
        described["KMSMasterKeyId"] = replica.kms_key
    if replica.read_units is not None:
        described["ProvisionedThroughputOverride"] = {"ReadCapacityUnits": replica.read_units}
    described |= _units("OnDemandThroughputOverride", replica.on_demand)
    if replica.indexes:
        described["GlobalSecondaryIndexes"] = [
            {"IndexName": name, **overrides} for name, overrides in replica.indexes.items()
        ]
    if replica.table_class is not None:
        described["ReplicaTableClassSummary"] = {"TableClass": replica.table_class}
    return described


def _units(name: str, units: Units | None) -> dict[str, Any]:
    return {name: dict(units)} if units else {}


def _warm(units: Units | None) -> dict[str, Any]:
    return {"WarmThroughput": {**units, "Status": "ACTIVE"}} if units else {}
