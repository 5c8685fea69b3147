"""CreateTable: a new table with its keys, indexes and settings.

All that can be wrong with a table by itself is checked before anything is looked up. Source of the checks and their
order: the service's answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from ...limits import GLOBAL_INDEXES_MAX_COUNT, LOCAL_INDEXES_MAX_COUNT
from .. import table_messages
from ..errors import ApiError, validation
from ..shapes import CONTROL_TABLE_NAME, boolean, list_of, required, reworded_in_2026, string, structure
from ..state.definitions import IndexDefinition, TableDefinition
from ..state.description import describe
from . import schema_rules, vector_definitions
from .capacity_limits import check_capacity_limits
from .resource_policies import canonical_policy, policy_of
from .settings_rules import Encryption, encryption_of, tags_of
from .table_shapes import (
    ATTRIBUTE_DEFINITIONS,
    BILLING_MODE,
    GLOBAL_SECONDARY_INDEX,
    GLOBAL_SECONDARY_INDEX_2026,
    KEY_SCHEMA,
    LOCAL_SECONDARY_INDEX,
    NOT_SIMULATED,
    ON_DEMAND_THROUGHPUT,
    PROVISIONED_THROUGHPUT,
    SSE_SPECIFICATION,
    STREAM_SPECIFICATION,
    TABLE_CLASS,
    TABLE_CLASS_2026,
    TAGS,
    WARM_THROUGHPUT,
)
from .vector_definitions import VECTOR_INDEX

if TYPE_CHECKING:
    from ..engine import Engine

_REFUSED: Final = ("GlobalTableSourceArn", "GlobalTableSettingsReplicationMode")
_SETTINGS: Final = {
    "StreamSpecification": STREAM_SPECIFICATION,
    "SSESpecification": SSE_SPECIFICATION,
    "Tags": TAGS,
    "DeletionProtectionEnabled": boolean(),
    "OnDemandThroughput": ON_DEMAND_THROUGHPUT,
    "WarmThroughput": WARM_THROUGHPUT,
    "ResourcePolicy": string(),
    "VectorIndexes": list_of(VECTOR_INDEX),
    **dict.fromkeys(_REFUSED, NOT_SIMULATED),
}
SHAPE: Final = reworded_in_2026(
    structure(
        "CreateTableInput",
        AttributeDefinitions=required(ATTRIBUTE_DEFINITIONS),
        TableName=CONTROL_TABLE_NAME,
        BillingMode=BILLING_MODE,
        TableThroughputMode=BILLING_MODE,
        ProvisionedThroughput=PROVISIONED_THROUGHPUT,
        KeySchema=required(KEY_SCHEMA),
        LocalSecondaryIndexes=list_of(LOCAL_SECONDARY_INDEX),
        GlobalSecondaryIndexes=list_of(GLOBAL_SECONDARY_INDEX),
        TableClass=TABLE_CLASS,
        **_SETTINGS,
    ),
    structure(
        "CreateTableInput",
        TableName=CONTROL_TABLE_NAME,
        BillingMode=BILLING_MODE,
        TableThroughputMode=BILLING_MODE,
        ProvisionedThroughput=PROVISIONED_THROUGHPUT,
        KeySchema=required(KEY_SCHEMA),
        AttributeDefinitions=required(ATTRIBUTE_DEFINITIONS),
        LocalSecondaryIndexes=list_of(LOCAL_SECONDARY_INDEX),
        GlobalSecondaryIndexes=list_of(GLOBAL_SECONDARY_INDEX_2026),
        TableClass=TABLE_CLASS_2026,
        **_SETTINGS,
    ),
)


@dataclass(frozen=True, slots=True)
class CreateTable:
    """A table to be created; what needs the account and the clock is still missing."""

    definition: TableDefinition
    stream_view_type: str | None
    encryption: Encryption | None
    policy: str | None


# ── checks that need no table ────────────────────────────────────────────────────────────────────────────────────────
def validate(request: dict[str, Any]) -> CreateTable:
    schema_rules.refuse_not_simulated(request, _REFUSED)
    on_demand = (request.get("BillingMode") or request.get("TableThroughputMode")) == "PAY_PER_REQUEST"
    _check_throughput(request, on_demand=on_demand)
    definitions = schema_rules.names_of(request["AttributeDefinitions"])
    _check_keys(request, definitions)
    _check_unused(request, definitions)
    local = _local_indexes(request, definitions)
    everything = {**local, **_global_indexes(request, definitions, local, on_demand=on_demand)}
    vectors = vector_definitions.new_indexes(
        request.get("VectorIndexes"),
        definitions,
        schema_rules.keys_of(request["KeySchema"]),
        everything,
        on_demand=on_demand,
    )
    view_type = _stream_view_type(request.get("StreamSpecification"))
    _check_limits(request, on_demand=on_demand)
    encryption = encryption_of(request.get("SSESpecification"))
    if request.get("TableClass") not in (None, "STANDARD", "STANDARD_INFREQUENT_ACCESS"):
        raise validation(table_messages.TABLE_CLASS_INVALID)
    text = request.get("ResourcePolicy")
    policy = None if text is None else canonical_policy(text)
    definition = replace(_definition(request, everything, on_demand=on_demand), vector_indexes=vectors)
    return CreateTable(definition, view_type, encryption, policy)


def _definition(request: dict[str, Any], indexes: dict[str, IndexDefinition], *, on_demand: bool) -> TableDefinition:
    throughput = schema_rules.throughput_of(request)
    return TableDefinition(
        name=request["TableName"],
        keys=schema_rules.keys_of(request["KeySchema"]),
        attribute_types={each["AttributeName"]: each["AttributeType"] for each in request["AttributeDefinitions"]},
        indexes=indexes,
        billing_mode="PAY_PER_REQUEST" if on_demand else "PROVISIONED",
        was_on_demand=on_demand,
        throughput=throughput,
        on_demand=schema_rules.units_of(request.get("OnDemandThroughput")),
        warm=schema_rules.warm_of(request.get("WarmThroughput"), throughput),
        table_class=request.get("TableClass"),
        is_protected=bool(request.get("DeletionProtectionEnabled")),
        tags=tags_of(request.get("Tags")),
    )


def _check_throughput(request: dict[str, Any], *, on_demand: bool) -> None:
    throughput = request.get("ProvisionedThroughput")
    if on_demand and throughput is not None:
        raise validation(table_messages.THROUGHPUT_WITH_ON_DEMAND)
    if not on_demand and throughput is None:
        raise validation(table_messages.THROUGHPUT_MISSING)
    schema_rules.check_bounds(throughput)


def _check_keys(request: dict[str, Any], definitions: Sequence[str]) -> None:
    schema = request["KeySchema"]
    if len(schema) > len(definitions):
        raise validation(table_messages.KEY_WITHOUT_DEFINITION)
    schema_rules.check_defined(schema, definitions)
    schema_rules.check_key_schema(schema)
    for at, name in enumerate(definitions):
        if name in definitions[:at]:
            raise validation(table_messages.attribute_defined_twice(name))


def _check_unused(request: dict[str, Any], definitions: Sequence[str]) -> None:
    """Every attribute definition belongs to a key. Lists of indexes that are empty are refused later."""
    lists = [request[kind] for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes") if kind in request]
    indexes = [index for found in lists for index in found]
    keys, vectors = request["KeySchema"], request.get("VectorIndexes")
    if not lists and vectors is None and len(keys) != len(definitions):
        raise validation(table_messages.DEFINITIONS_NOT_KEYS)
    schemas = [*keys, *(key for index in indexes for key in index["KeySchema"])]
    used = list(dict.fromkeys([*schema_rules.names_of(schemas), *vector_definitions.names_of(vectors or ())]))
    if (indexes or vectors) and len(definitions) > len(used):
        raise validation(table_messages.definitions_not_used(definitions, used))


def _local_indexes(request: dict[str, Any], definitions: Sequence[str]) -> dict[str, IndexDefinition]:
    requests = request.get("LocalSecondaryIndexes")
    if requests is None:
        return {}
    if not requests:
        raise validation(table_messages.empty_list("LocalSecondaryIndexes"))
    table_key, *sort_key = schema_rules.names_of(request["KeySchema"])
    if not sort_key:
        raise validation(table_messages.TABLE_WITHOUT_SORT_KEY)
    indexes: dict[str, IndexDefinition] = {}
    for index in requests:
        name, (key, *index_sort_key) = index["IndexName"], schema_rules.names_of(index["KeySchema"])
        schema_rules.check_defined(index["KeySchema"], definitions)
        schema_rules.check_key_schema(index["KeySchema"])
        if not index_sort_key:
            raise validation(table_messages.local_index_without_sort_key(name))
        if key != table_key:
            raise validation(table_messages.local_index_with_other_key(name, key, table_key))
        schema_rules.check_projection(index["Projection"])
        if name in indexes:
            raise validation(table_messages.duplicate_index(name))
        indexes[name] = schema_rules.index_of(index, is_global=False)
    if len(indexes) > LOCAL_INDEXES_MAX_COUNT:
        raise validation(table_messages.too_many_local_indexes(LOCAL_INDEXES_MAX_COUNT))
    return indexes


def _global_indexes(
    request: dict[str, Any], definitions: Sequence[str], local: dict[str, IndexDefinition], *, on_demand: bool
) -> dict[str, IndexDefinition]:
    requests = request.get("GlobalSecondaryIndexes")
    if requests is not None and not requests:
        raise validation(table_messages.empty_list("GlobalSecondaryIndexes"))
    indexes: dict[str, IndexDefinition] = {}
    for index in requests or ():
        name = index["IndexName"]
        schema_rules.check_defined(index["KeySchema"], definitions)
        schema_rules.check_global_key_schema(index["KeySchema"])
        schema_rules.check_projection(index["Projection"])
        _check_index_throughput(index, on_demand=on_demand)
        if name in indexes or name in local:
            raise validation(table_messages.duplicate_index(name))
        indexes[name] = schema_rules.index_of(index, is_global=True)
    if len(indexes) > GLOBAL_INDEXES_MAX_COUNT:
        raise validation(table_messages.too_many_global_indexes(GLOBAL_INDEXES_MAX_COUNT))
    return indexes


def _check_index_throughput(index: dict[str, Any], *, on_demand: bool) -> None:
    name, throughput = index["IndexName"], index.get("ProvisionedThroughput")
    limits = index.get("OnDemandThroughput")
    if on_demand and throughput is not None:
        raise validation(table_messages.index_throughput_with_on_demand(name))
    if not on_demand and throughput is None:
        raise validation(table_messages.index_throughput_missing(name))
    member = schema_rules.on_demand_member(limits)
    if not on_demand and member is not None:
        raise validation(table_messages.on_demand_with_provisioned(member, name))
    schema_rules.check_on_demand_range(limits, name)
    schema_rules.check_warm(index.get("WarmThroughput"), throughput, name)


def _check_limits(request: dict[str, Any], *, on_demand: bool) -> None:
    """The table's own on-demand limits and warm throughput."""
    limits = request.get("OnDemandThroughput")
    member = schema_rules.on_demand_member(limits)
    if not on_demand and member is not None:
        raise validation(table_messages.on_demand_with_provisioned(member))
    schema_rules.check_on_demand_range(limits)
    schema_rules.check_warm(request.get("WarmThroughput"), request.get("ProvisionedThroughput"))


def _stream_view_type(specification: dict[str, Any] | None) -> str | None:
    """The view type of the stream that is asked for; None for no stream."""
    if specification is None:
        return None
    view_type: str | None = specification.get("StreamViewType")
    if specification["StreamEnabled"] and view_type is None:
        raise validation(table_messages.STREAM_WITHOUT_VIEW)
    if not specification["StreamEnabled"] and view_type is not None:
        raise validation(table_messages.NO_STREAM_WITH_VIEW)
    return view_type


# ── doing it ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def apply(prepared: CreateTable, engine: Engine) -> dict[str, Any]:
    catalog = engine.catalog
    name = catalog.name_of(prepared.definition.name)
    existing = catalog.get(name)
    if existing is not None:
        being_created = existing.definition.status == "CREATING" and engine.wording == "2026"
        message = table_messages.table_in_use("created", name) if being_created else table_messages.table_exists(name)
        raise ApiError("ResourceInUseException", message)
    definition = prepared.definition
    check_capacity_limits(definition.throughput, catalog.region)
    for index in definition.global_indexes:
        check_capacity_limits(index.throughput, catalog.region, index.name)
    now = catalog.now()
    view_type, encryption = prepared.stream_view_type, prepared.encryption
    table = catalog.create(
        replace(
            definition,
            name=name,
            arn=catalog.arn(name),
            table_id=catalog.new_id(),
            created_at=now,
            next_on_demand_since=now if definition.was_on_demand else None,
            policy=None if prepared.policy is None else policy_of(prepared.policy, now),
            stream=None if view_type is None else catalog.new_stream(name, view_type, None),
            kms_key_arn=catalog.key_arn(encryption.key_id) if encryption is not None and encryption.with_kms else None,
        )
    )
    return {"TableDescription": describe(table, now)}
