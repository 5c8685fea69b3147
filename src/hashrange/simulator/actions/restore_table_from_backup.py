"""RestoreTableFromBackup: a new table with the items and keys of a backup, paid and encrypted as is asked for.

Streams, time to live, tags and other settings are not restored, as the service does not. RestoreTableToPointInTime has
the same rules, and takes them from here. Source of the checks: the
service's answers; their order among each other is a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from ...limits import TABLE_NAME_MAX_CHARS, TABLE_NAME_MIN_CHARS
from .. import backup_messages
from ..errors import ApiError, validation
from ..shapes import NAME_PATTERN, Shape, list_of, required, string, structure
from ..state.definitions import BillingMode, IndexDefinition, Restored, TableDefinition, Throughput
from ..state.description import describe
from ..state.store import Record
from . import schema_rules, vector_definitions
from .backup_descriptions import REQUIRED_BACKUP_ARN, backup_of, check_backup_arn, is_being_restored
from .capacity_limits import check_capacity_limits
from .settings_rules import encryption_of
from .table_shapes import (
    BILLING_MODE,
    GLOBAL_SECONDARY_INDEX,
    LOCAL_SECONDARY_INDEX,
    ON_DEMAND_THROUGHPUT,
    PROVISIONED_THROUGHPUT,
    SSE_SPECIFICATION,
)
from .vector_definitions import VECTOR_INDEX

if TYPE_CHECKING:
    from ..engine import Engine

#: what both operations that restore can be asked for
OVERRIDES: Final[dict[str, Shape]] = {
    "BillingModeOverride": BILLING_MODE,
    "GlobalSecondaryIndexOverride": list_of(GLOBAL_SECONDARY_INDEX),
    "LocalSecondaryIndexOverride": list_of(LOCAL_SECONDARY_INDEX),
    "ProvisionedThroughputOverride": PROVISIONED_THROUGHPUT,
    "OnDemandThroughputOverride": ON_DEMAND_THROUGHPUT,
    "SSESpecificationOverride": SSE_SPECIFICATION,
    "VectorIndexOverride": list_of(VECTOR_INDEX),
}
SHAPE: Final = structure(
    "RestoreTableFromBackupInput",
    TargetTableName=required(string(TABLE_NAME_MIN_CHARS, TABLE_NAME_MAX_CHARS, NAME_PATTERN)),
    BackupArn=REQUIRED_BACKUP_ARN,
    **OVERRIDES,
)


@dataclass(frozen=True, slots=True)
class RestoreTableFromBackup:
    """``request`` is checked as far as that needs no backup."""

    table_name: str
    backup_arn: str
    request: dict[str, Any]


# ── checks that need no backup ───────────────────────────────────────────────────────────────────────────────────────
def validate(request: dict[str, Any]) -> RestoreTableFromBackup:
    arn = check_backup_arn(request["BackupArn"])
    check_overrides(request)
    return RestoreTableFromBackup(request["TargetTableName"], arn, request)


def check_overrides(request: dict[str, Any]) -> None:
    """All that is wrong with what is asked for, whatever is restored."""
    mode, throughput = request.get("BillingModeOverride"), request.get("ProvisionedThroughputOverride")
    if mode == "PAY_PER_REQUEST" and throughput is not None:
        raise validation(backup_messages.THROUGHPUT_WITH_ON_DEMAND)
    if mode == "PROVISIONED" and throughput is None:
        raise validation(backup_messages.THROUGHPUT_NEEDED)
    limits = schema_rules.units_of(request.get("OnDemandThroughputOverride")) or {}
    for member, units in limits.items():
        if mode != "PAY_PER_REQUEST":
            raise validation(backup_messages.on_demand_needed(member))
        if units < 1:
            raise validation(backup_messages.on_demand_out_of_range(member))
    encryption_of(request.get("SSESpecificationOverride"))


# ── checks against the backup ────────────────────────────────────────────────────────────────────────────────────────
def restored_definition(
    request: dict[str, Any], source: TableDefinition, restored: Restored, engine: Engine
) -> TableDefinition:
    """The new table, with what was recorded and not overridden."""
    name, catalog = request["TargetTableName"], engine.catalog
    mode: BillingMode = request.get("BillingModeOverride") or source.billing_mode
    throughput = request.get("ProvisionedThroughputOverride")
    on_demand = mode == "PAY_PER_REQUEST"
    if on_demand and throughput is not None:
        raise validation(backup_messages.THROUGHPUT_OF_ON_DEMAND)
    indexes = _indexes(request, source, on_demand=on_demand)
    vectors = vector_definitions.restored(request.get("VectorIndexOverride"), source, on_demand=on_demand)
    schemas = [*(index.keys for index in indexes.values()), *(index.schema for index in vectors.values())]
    names = {name for schema in (source.keys, *schemas) for name, _ in schema}
    encryption = encryption_of(request.get("SSESpecificationOverride"))
    key_arn = source.kms_key_arn
    if encryption is not None:
        key_arn = catalog.key_arn(encryption.key_id) if encryption.with_kms else None
    limits = schema_rules.units_of(request.get("OnDemandThroughputOverride")) or source.on_demand
    now = catalog.now()
    return TableDefinition(
        name=name,
        keys=source.keys,
        attribute_types={name: letter for name, letter in source.attribute_types.items() if name in names},
        indexes=indexes,
        vector_indexes=vectors,
        arn=catalog.arn(name),
        table_id=catalog.new_id(),
        created_at=now,
        billing_mode=mode,
        was_on_demand=on_demand,
        next_on_demand_since=now if on_demand else None,
        throughput=Throughput() if on_demand else _throughput(throughput, source.throughput),
        on_demand=limits if on_demand else None,
        kms_key_arn=key_arn,
        restored=restored,
    )


def _throughput(asked: dict[str, int] | None, recorded: Throughput) -> Throughput:
    if asked is None:
        return Throughput(recorded.read, recorded.write)
    return Throughput(asked["ReadCapacityUnits"], asked["WriteCapacityUnits"])


def _indexes(request: dict[str, Any], source: TableDefinition, *, on_demand: bool) -> dict[str, IndexDefinition]:
    """The indexes of the new table: those of the backup, or of these the ones that are asked for."""
    local = _asked(request.get("LocalSecondaryIndexOverride"), source.local_indexes, is_global=False)
    overall = _asked(request.get("GlobalSecondaryIndexOverride"), source.global_indexes, is_global=True)
    found = {name: _fresh(index) for name, (index, _) in local.items()}
    for name, (index, throughput) in overall.items():
        if on_demand and throughput is not None:
            raise validation(backup_messages.index_throughput_with_on_demand(name))
        if on_demand:
            found[name] = _fresh(index)
            continue
        units = _throughput(throughput, index.throughput)
        if not units.read:
            raise validation(backup_messages.index_throughput_needed(name))
        found[name] = replace(_fresh(index), throughput=units)
    return found


def _asked(
    override: Sequence[dict[str, Any]] | None, recorded: Sequence[IndexDefinition], *, is_global: bool
) -> dict[str, tuple[IndexDefinition, dict[str, int] | None]]:
    """The indexes that are to be restored, each with the throughput that is asked for."""
    if override is None:
        return {index.name: (index, None) for index in recorded}
    by_name = {index.name: index for index in recorded}
    found = {}
    for asked in override:
        schema_rules.check_projection(asked["Projection"])
        wanted = schema_rules.index_of(asked, is_global=is_global)
        index = by_name.get(wanted.name)
        if index is None or _shape(index) != _shape(wanted):
            raise validation(backup_messages.index_not_in_backup(wanted.name))
        found[wanted.name] = index, asked.get("ProvisionedThroughput")
    return found


def _shape(index: IndexDefinition) -> tuple[Any, ...]:
    return index.keys, index.projection, index.non_key_attributes


def _fresh(index: IndexDefinition) -> IndexDefinition:
    """An index without its past."""
    return IndexDefinition(
        index.name,
        index.keys,
        is_global=index.is_global,
        projection=index.projection,
        non_key_attributes=index.non_key_attributes,
        on_demand=index.on_demand,
    )


# ── doing it ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def apply(prepared: RestoreTableFromBackup, engine: Engine) -> dict[str, Any]:
    catalog = engine.catalog
    backup = backup_of(prepared.backup_arn, engine)
    if catalog.get(prepared.table_name) is not None:
        raise ApiError("TableAlreadyExistsException", backup_messages.table_exists(prepared.table_name))
    if is_being_restored(backup, engine):
        raise ApiError("BackupInUseException", backup_messages.in_use_elsewhere(prepared.backup_arn))
    restored = Restored(backup.arn, backup.table.arn, catalog.now())
    definition = restored_definition(prepared.request, backup.table, restored, engine)
    return create_restored(definition, backup.records, engine)


def create_restored(definition: TableDefinition, records: Iterable[Record], engine: Engine) -> dict[str, Any]:
    """Make the new table with its items; the answer."""
    catalog = engine.catalog
    check_capacity_limits(definition.throughput, catalog.region)
    for index in definition.global_indexes:
        check_capacity_limits(index.throughput, catalog.region, index.name)
    table = catalog.create(definition)
    for record in records:
        table.commit(table.plan_write(None, record.item, size=record.size))
    return {"TableDescription": describe(table, catalog.now())}
