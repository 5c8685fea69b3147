"""RestoreTableFromBackup: a new table with the items and keys of a backup, paid and encrypted as is asked for.

Streams, time to live, tags and other settings are not restored, as the service does not. Source of the checks: the
service's answers; their order among each other is a guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from ...limits import TABLE_NAME_MAX_CHARS, TABLE_NAME_MIN_CHARS
from .. import backup_messages
from ..errors import ApiError, validation
from ..shapes import NAME_PATTERN, list_of, required, string, structure
from ..state.backups import Backup
from ..state.definitions import BillingMode, IndexDefinition, Restored, TableDefinition, Throughput
from ..state.description import describe
from . import schema_rules
from .backup_descriptions import REQUIRED_BACKUP_ARN, backup_of, check_backup_arn, is_being_restored
from .capacity_limits import check_capacity_limits
from .settings_rules import encryption_of
from .table_shapes import (
    BILLING_MODE,
    GLOBAL_SECONDARY_INDEX,
    LOCAL_SECONDARY_INDEX,
    NOT_SIMULATED,
    ON_DEMAND_THROUGHPUT,
    PROVISIONED_THROUGHPUT,
    SSE_SPECIFICATION,
)

if TYPE_CHECKING:
    from ..engine import Engine

_REFUSED: Final = ("VectorIndexOverride",)

SHAPE: Final = structure(
    "RestoreTableFromBackupInput",
    TargetTableName=required(string(TABLE_NAME_MIN_CHARS, TABLE_NAME_MAX_CHARS, NAME_PATTERN)),
    BackupArn=REQUIRED_BACKUP_ARN,
    BillingModeOverride=BILLING_MODE,
    GlobalSecondaryIndexOverride=list_of(GLOBAL_SECONDARY_INDEX),
    LocalSecondaryIndexOverride=list_of(LOCAL_SECONDARY_INDEX),
    ProvisionedThroughputOverride=PROVISIONED_THROUGHPUT,
    OnDemandThroughputOverride=ON_DEMAND_THROUGHPUT,
    SSESpecificationOverride=SSE_SPECIFICATION,
    **dict.fromkeys(_REFUSED, NOT_SIMULATED),
)


@dataclass(frozen=True, slots=True)
class RestoreTableFromBackup:
    """``request`` is checked as far as that needs no backup."""

    table_name: str
    backup_arn: str
    request: dict[str, Any]


# ── checks that need no backup ───────────────────────────────────────────────────────────────────────────────────────
def validate(request: dict[str, Any]) -> RestoreTableFromBackup:
    schema_rules.refuse_not_simulated(request, _REFUSED)
    arn = check_backup_arn(request["BackupArn"])
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
    return RestoreTableFromBackup(request["TargetTableName"], arn, request)


# ── checks against the backup ────────────────────────────────────────────────────────────────────────────────────────
def _definition(prepared: RestoreTableFromBackup, backup: Backup, engine: Engine) -> TableDefinition:
    """The new table, with what was recorded and not overridden."""
    request, source, catalog = prepared.request, backup.table, engine.catalog
    mode: BillingMode = request.get("BillingModeOverride") or source.billing_mode
    throughput = request.get("ProvisionedThroughputOverride")
    on_demand = mode == "PAY_PER_REQUEST"
    if on_demand and throughput is not None:
        raise validation(backup_messages.THROUGHPUT_OF_ON_DEMAND)
    indexes = _indexes(request, source, on_demand=on_demand)
    names = {name for keys in (source.keys, *(index.keys for index in indexes.values())) for name, _ in keys}
    encryption = encryption_of(request.get("SSESpecificationOverride"))
    key_arn = source.kms_key_arn
    if encryption is not None:
        key_arn = catalog.key_arn(encryption.key_id) if encryption.with_kms else None
    limits = schema_rules.units_of(request.get("OnDemandThroughputOverride")) or source.on_demand
    now = catalog.now()
    return TableDefinition(
        name=prepared.table_name,
        keys=source.keys,
        attribute_types={name: letter for name, letter in source.attribute_types.items() if name in names},
        indexes=indexes,
        arn=catalog.arn(prepared.table_name),
        table_id=catalog.new_id(),
        created_at=now,
        billing_mode=mode,
        was_on_demand=on_demand,
        next_on_demand_since=now if on_demand else None,
        throughput=Throughput() if on_demand else _throughput(throughput, source.throughput),
        on_demand=limits if on_demand else None,
        kms_key_arn=key_arn,
        restored=Restored(backup.arn, source.arn, now),
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
    definition = _definition(prepared, backup, engine)
    check_capacity_limits(definition.throughput, catalog.region)
    for index in definition.global_indexes:
        check_capacity_limits(index.throughput, catalog.region, index.name)
    table = catalog.create(definition)
    for record in backup.records:
        table.commit(table.plan_write(None, record.item, size=record.size))
    return {"TableDescription": describe(table, catalog.now())}
