"""UpdateTable: throughput, billing, indexes and settings of a table change.

Of most settings the service changes only one at a time. Everything is checked before the table's definition is
replaced; the change then shows as under way until the catalog has settled it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from .. import replica_messages, table_messages
from ..errors import ApiError, validation
from ..shapes import CONTROL_TABLE_NAME, boolean, list_of, reworded_in_2026, structure
from ..state.definitions import IndexDefinition, Stream, TableDefinition, Throughput
from ..state.description import describe
from ..state.table import Table
from . import index_updates, replica_updates, schema_rules, vector_definitions
from .index_updates import Circumstances
from .replica_updates import MULTI_REGION_CONSISTENCY, REPLICA_UPDATES
from .settings_rules import Encryption, encryption_of
from .table_shapes import (
    ATTRIBUTE_DEFINITIONS,
    BILLING_MODE,
    GLOBAL_SECONDARY_INDEX_UPDATE,
    GLOBAL_SECONDARY_INDEX_UPDATE_2026,
    NOT_SIMULATED,
    ON_DEMAND_THROUGHPUT,
    PROVISIONED_THROUGHPUT,
    SSE_SPECIFICATION,
    STREAM_SPECIFICATION,
    TABLE_CLASS,
    TABLE_CLASS_2026,
    WARM_THROUGHPUT,
)
from .throughput_changes import changed, decreases_today, merged_limits
from .vector_definitions import VECTOR_INDEX_UPDATE

if TYPE_CHECKING:
    from ..engine import Engine

_REFUSED: Final = (
    "GlobalTableWitnessUpdates",
    "GlobalTableSettingsReplicationMode",
    "DisassociationProtectionEnabled",
)
_SETTINGS: Final = {
    "AttributeDefinitions": ATTRIBUTE_DEFINITIONS,
    "StreamSpecification": STREAM_SPECIFICATION,
    "SSESpecification": SSE_SPECIFICATION,
    "DeletionProtectionEnabled": boolean(),
    "OnDemandThroughput": ON_DEMAND_THROUGHPUT,
    "WarmThroughput": WARM_THROUGHPUT,
    "ReplicaUpdates": REPLICA_UPDATES,
    "MultiRegionConsistency": MULTI_REGION_CONSISTENCY,
    "VectorIndexUpdates": list_of(VECTOR_INDEX_UPDATE),
    **dict.fromkeys(_REFUSED, NOT_SIMULATED),
}
SHAPE: Final = reworded_in_2026(
    structure(
        "UpdateTableInput",
        TableName=CONTROL_TABLE_NAME,
        ProvisionedThroughput=PROVISIONED_THROUGHPUT,
        BillingMode=BILLING_MODE,
        TableThroughputMode=BILLING_MODE,
        GlobalSecondaryIndexUpdates=list_of(GLOBAL_SECONDARY_INDEX_UPDATE),
        TableClass=TABLE_CLASS,
        **_SETTINGS,
    ),
    structure(
        "UpdateTableInput",
        TableName=CONTROL_TABLE_NAME,
        ProvisionedThroughput=PROVISIONED_THROUGHPUT,
        BillingMode=BILLING_MODE,
        TableThroughputMode=BILLING_MODE,
        GlobalSecondaryIndexUpdates=list_of(GLOBAL_SECONDARY_INDEX_UPDATE_2026),
        TableClass=TABLE_CLASS_2026,
        **_SETTINGS,
    ),
)
_CHANGES: Final = (
    "ProvisionedThroughput",
    "BillingMode",
    "StreamSpecification",
    "GlobalSecondaryIndexUpdates",
    "SSESpecification",
    "TableClass",
    "DeletionProtectionEnabled",
    "OnDemandThroughput",
    "WarmThroughput",
    "ReplicaUpdates",
    "VectorIndexUpdates",
)
#: what the service changes alone, the one that it names first
_ALONE: Final = {
    "SSESpecification": "Server-Side Encryption",
    "TableClass": "TableClass",
    "DeletionProtectionEnabled": "DeletionProtection",
    "ReplicaUpdates": "ReplicaUpdates",
}
_STATES: Final = {"CREATING": "created", "UPDATING": "updated", "DELETING": "deleted"}


@dataclass(frozen=True, slots=True)
class UpdateTable:
    """A checked request, and what was found in it.

    Attributes:
        changes: which changes it asks for.
        request: its members; ``BillingMode`` also where the request has its other name.
    """

    changes: frozenset[str]
    request: dict[str, Any]
    encryption: Encryption | None


# ── checks that need no table ────────────────────────────────────────────────────────────────────────────────────────
def validate(request: dict[str, Any]) -> UpdateTable:
    schema_rules.refuse_not_simulated(request, _REFUSED)
    if "BillingMode" not in request and "TableThroughputMode" in request:
        request = {**request, "BillingMode": request["TableThroughputMode"]}
    updates, vectors = request.get("GlobalSecondaryIndexUpdates"), request.get("VectorIndexUpdates")
    changes = frozenset(name for name in _CHANGES if request.get(name) not in (None, []))
    if request.get("BillingMode") == "PROVISIONED" and "ProvisionedThroughput" not in request:
        raise validation(table_messages.THROUGHPUT_MISSING_IN_UPDATE)
    schema_rules.check_bounds(request.get("ProvisionedThroughput"))
    index_updates.check_names(updates or ())
    if changes and updates is not None and not updates:
        raise validation(table_messages.empty_list("GlobalSecondaryIndexUpdates"))
    vector_definitions.check_updates(vectors or ())
    _check_together(changes, request)
    index_updates.check_new(updates or (), request.get("AttributeDefinitions"))
    replica_updates.check_updates(request.get("ReplicaUpdates") or (), request.get("MultiRegionConsistency"))
    _check_stream(request.get("StreamSpecification"))
    schema_rules.check_on_demand_range(request.get("OnDemandThroughput"), may_remove=True)
    if request.get("TableClass") not in (None, "STANDARD", "STANDARD_INFREQUENT_ACCESS"):
        raise validation(table_messages.TABLE_CLASS_INVALID)
    return UpdateTable(changes, request, encryption_of(request.get("SSESpecification")))


def _check_together(changes: frozenset[str], request: dict[str, Any]) -> None:
    """Which changes one request may hold."""
    for name, subject in _ALONE.items():
        if name in changes and len(changes) > 1:
            raise validation(table_messages.must_be_alone(subject))
    if "OnDemandThroughput" in changes and not changes <= {"OnDemandThroughput", "BillingMode"}:
        raise validation(table_messages.ON_DEMAND_WITH_BILLING)
    makes_index = any(map(index_updates.is_online, _index_updates(request)))
    if "WarmThroughput" in changes and len(changes) > 1:
        raise validation(table_messages.INDEX_WITH_WARM if makes_index else table_messages.WARM_ALONE)
    if {"StreamSpecification", "ProvisionedThroughput"} <= changes:
        raise validation(table_messages.STREAM_WITH_THROUGHPUT)
    if makes_index and "ProvisionedThroughput" in changes:
        raise validation(table_messages.INDEX_WITH_THROUGHPUT)
    if makes_index and "StreamSpecification" in changes:
        raise validation(table_messages.INDEX_WITH_STREAM)


def _index_updates(request: dict[str, Any]) -> list[dict[str, Any]]:
    """What changes indexes of any kind."""
    return [*(request.get("GlobalSecondaryIndexUpdates") or ()), *(request.get("VectorIndexUpdates") or ())]


def _check_stream(specification: dict[str, Any] | None) -> None:
    if specification is None:
        return
    view_type = specification.get("StreamViewType")
    if specification["StreamEnabled"] and view_type is None:
        raise validation(table_messages.STREAM_WITHOUT_VIEW_IN_UPDATE)
    if not specification["StreamEnabled"] and view_type is not None:
        raise validation(table_messages.NO_STREAM_WITH_VIEW_IN_UPDATE)


# ── doing it ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def apply(prepared: UpdateTable, engine: Engine) -> dict[str, Any]:
    if not prepared.changes:
        newest = engine.wording == "2026"
        raise validation(table_messages.NOTHING_TO_UPDATE_2026 if newest else table_messages.NOTHING_TO_UPDATE)
    table = engine.catalog.find(prepared.request["TableName"])
    status = table.definition.status
    if status != "ACTIVE":
        raise ApiError("ResourceInUseException", table_messages.table_in_use(_STATES[status], table.name))
    definition = _updated(prepared, table.definition, engine)
    engine.catalog.change(table, definition)
    return {"TableDescription": _described(prepared, table, engine)}


def _described(prepared: UpdateTable, table: Table, engine: Engine) -> dict[str, Any]:
    description = describe(table, engine.catalog.now())
    asked = schema_rules.units_of(prepared.request.get("OnDemandThroughput"))
    if asked is not None:  # a limit that was removed is told once more
        description["OnDemandThroughput"] = {**description.get("OnDemandThroughput", {}), **asked}
    return description


def _updated(prepared: UpdateTable, table: TableDefinition, engine: Engine) -> TableDefinition:
    """The table's new definition. Raises where the change is not possible; nothing has changed then."""
    request, catalog = prepared.request, engine.catalog
    updates = request.get("GlobalSecondaryIndexUpdates") or ()
    was_on_demand = table.billing_mode == "PAY_PER_REQUEST"
    on_demand = request.get("BillingMode", table.billing_mode) == "PAY_PER_REQUEST"
    if on_demand and "ProvisionedThroughput" in request:
        raise validation(table_messages.THROUGHPUT_WITH_ON_DEMAND)
    index_updates.check_count(_index_updates(request), table)
    index_updates.check_bounds(updates)
    circumstances = Circumstances(
        on_demand, was_on_demand, catalog.now(), catalog.until(), catalog.region, engine.wording
    )
    if was_on_demand and not on_demand:
        _check_every_index_has_throughput(request, table)
    throughput = _throughput_changes(request, table, circumstances)
    indexes = index_updates.checked(updates, table, circumstances)
    vectors = vector_definitions.updated(request, table, circumstances)
    if on_demand != was_on_demand:
        indexes = {name: _switched_index(index, circumstances) for name, index in indexes.items()}
    changes = throughput | _settings_changes(prepared, table, engine, on_demand=on_demand)
    if prepared.changes & {
        "ProvisionedThroughput",
        "BillingMode",
        "StreamSpecification",
        "TableClass",
        "ReplicaUpdates",
    }:
        changes |= {"status": "UPDATING", "settles_at": catalog.until()}
    elif any(map(index_updates.is_online, _index_updates(request))):
        # an added index gets its resources first; while it is filled the table is ACTIVE again
        adding = any(update.get("Create") is not None for update in _index_updates(request))
        changes |= {"status": "UPDATING", "settles_at": catalog.until(0.5 if adding else 1.0)}
    schemas = [*(index.keys for index in indexes.values()), *(index.schema for index in vectors.values())]
    types = _attribute_types(request, table, {name for schema in schemas for name, _ in schema})
    return replace(table, indexes=indexes, vector_indexes=vectors, attribute_types=types, **changes)


def _check_every_index_has_throughput(request: dict[str, Any], table: TableDefinition) -> None:
    given = {
        update["Update"]["IndexName"]
        for update in request.get("GlobalSecondaryIndexUpdates") or ()
        if (update.get("Update") or {}).get("ProvisionedThroughput") is not None
    }
    missing = [index.name for index in table.global_indexes if index.name not in given]
    if missing:
        raise validation(table_messages.indexes_need_throughput(missing))


def _throughput_changes(
    request: dict[str, Any], table: TableDefinition, circumstances: Circumstances
) -> dict[str, Any]:
    """The members of the definition that a change of throughput or billing changes."""
    before, now = table.throughput, circumstances.now
    if "ProvisionedThroughput" in request:
        meanwhile, then = changed(before, request["ProvisionedThroughput"], now, circumstances.region)
        if not circumstances.was_on_demand:
            return {"throughput": meanwhile, "next_throughput": then}
        # a switch shows its figures at once
        return {"throughput": then, "billing_mode": "PROVISIONED", "on_demand": None}
    if not circumstances.on_demand or circumstances.was_on_demand:
        return {}
    decreases = decreases_today(before, now)
    return {
        "billing_mode": "PAY_PER_REQUEST",
        "was_on_demand": True,
        "next_on_demand_since": now,
        "throughput": Throughput(0, 0, before.increased_at, now, decreases),
        "next_throughput": Throughput(0, 0, before.increased_at, before.decreased_at, decreases),
    }


def _switched_index(index: IndexDefinition, circumstances: Circumstances) -> IndexDefinition:
    """A global index after its table is paid the other way."""
    if not index.is_global or index.status in ("CREATING", "DELETING"):
        return index
    if not circumstances.on_demand:
        return replace(index, on_demand=None)
    before, now = index.throughput, circumstances.now
    decreases = decreases_today(before, now)
    return replace(
        index,
        status="UPDATING",
        settles_at=circumstances.until,
        throughput=Throughput(0, 0, before.increased_at, before.decreased_at, decreases),
        next_throughput=Throughput(0, 0, before.increased_at, now, decreases + 1),
    )


def _settings_changes(
    prepared: UpdateTable, table: TableDefinition, engine: Engine, *, on_demand: bool
) -> dict[str, Any]:
    """The members of the definition that the other settings change."""
    request, catalog = prepared.request, engine.catalog
    changes: dict[str, Any] = {}
    limits = request.get("OnDemandThroughput")
    member = schema_rules.on_demand_member(limits)
    if member is not None and not on_demand:
        raise validation(table_messages.on_demand_with_provisioned_in_update(member))
    if limits is not None:
        changes["on_demand"] = merged_limits(table.on_demand, limits)
    if "WarmThroughput" in request:
        changes["warm"] = index_updates.warm_increased(request["WarmThroughput"], table, on_demand=on_demand)
    if "StreamSpecification" in request:
        changes["stream"] = _stream(request["StreamSpecification"], table, engine)
    if prepared.encryption is not None:
        changes["kms_key_arn"] = _key_arn(prepared.encryption, table, engine)
    if "TableClass" in request:
        changes |= {"table_class": request["TableClass"], "table_class_changed_at": catalog.now()}
    if "ReplicaUpdates" in request:
        changes |= replica_updates.checked(request, table, engine)
    if "DeletionProtectionEnabled" in request:
        changes["is_protected"] = request["DeletionProtectionEnabled"]
    return changes


def _stream(specification: dict[str, Any], table: TableDefinition, engine: Engine) -> Stream:
    stream = table.stream
    enabled = stream is not None and stream.enabled
    if specification["StreamEnabled"]:
        if enabled:
            raise validation(table_messages.stream_is_enabled(table.name))
        return engine.catalog.new_stream(table.name, specification["StreamViewType"], stream)
    if stream is None or not enabled:
        raise validation(table_messages.no_stream_to_disable(table.name))
    if table.replicas:
        raise validation(replica_messages.STREAM_NOT_TO_DISABLE)
    return replace(stream, enabled=False)


def _key_arn(encryption: Encryption, table: TableDefinition, engine: Engine) -> str | None:
    if not encryption.with_kms:
        if table.kms_key_arn is None:
            raise validation(table_messages.ENCRYPTED_BY_DEFAULT)
        return None
    arn = engine.catalog.key_arn(encryption.key_id)
    if encryption.key_id is not None and arn == table.kms_key_arn:
        raise validation(table_messages.ENCRYPTED_WITH_KEY)
    return arn


def _attribute_types(request: dict[str, Any], table: TableDefinition, used: set[str]) -> dict[str, str]:
    """The types of all key attributes: those there are stay, those that an added index uses come."""
    asked = {each["AttributeName"]: each["AttributeType"] for each in request.get("AttributeDefinitions") or ()}
    return {**{name: asked[name] for name in asked if name in used}, **table.attribute_types}
