"""ReplicaUpdates of an UpdateTable: a replica in another region is added, removed, or gets other settings.

``check_updates`` is what can be said without the table; ``checked`` finds the table's new replicas or raises, and
changes nothing. A replica is what DescribeTable tells of it: no item is copied anywhere. Must not know other regions.

Source: API reference, UpdateTable; Developer Guide, "How DynamoDB global tables work", version 2019.11.21. Which
regions there are is not known here: what has the form of one is one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from .. import replica_messages, table_messages
from ..errors import validation
from ..shapes import INDEX_NAME, list_of, long, required, string, structure
from ..state.definitions import RegionReplica, TableDefinition
from . import schema_rules
from .table_shapes import TABLE_CLASS

if TYPE_CHECKING:
    from ..engine import Engine

_READ_OVERRIDE: Final = structure("ProvisionedThroughputOverride", ReadCapacityUnits=long(1))
_ON_DEMAND_OVERRIDE: Final = structure("OnDemandThroughputOverride", MaxReadRequestUnits=long())
_SETTINGS: Final = {
    "RegionName": required(string()),
    "KMSMasterKeyId": string(),
    "ProvisionedThroughputOverride": _READ_OVERRIDE,
    "OnDemandThroughputOverride": _ON_DEMAND_OVERRIDE,
    "GlobalSecondaryIndexes": list_of(
        structure(
            "ReplicaGlobalSecondaryIndex",
            IndexName=required(INDEX_NAME),
            ProvisionedThroughputOverride=_READ_OVERRIDE,
            OnDemandThroughputOverride=_ON_DEMAND_OVERRIDE,
        ),
        1,
    ),
    "TableClassOverride": TABLE_CLASS,
}
REPLICA_UPDATES: Final = list_of(
    structure(
        "ReplicationGroupUpdate",
        Create=structure("CreateReplicationGroupMemberAction", **_SETTINGS),
        Update=structure("UpdateReplicationGroupMemberAction", **_SETTINGS),
        Delete=structure("DeleteReplicationGroupMemberAction", RegionName=required(string())),
        Disassociate=structure(
            "DisassociateReplicationGroupMemberAction",
            RegionName=required(string()),
            DisassociationMode=required(string(enum=("WAIT_FOR_REPLICATION",))),
        ),
    ),
    1,
)
MULTI_REGION_CONSISTENCY: Final = string(enum=("EVENTUAL", "STRONG"))

#: what feeds replicas
_STREAM_VIEW_TYPE: Final = "NEW_AND_OLD_IMAGES"
_ACTIONS: Final = ("Create", "Update", "Delete")
_REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]{1,2}")
_STRONG_REPLICAS_COUNT: Final = 2
_OVERRIDES: Final = {"ProvisionedThroughputOverride": "PROVISIONED", "OnDemandThroughputOverride": "PAY_PER_REQUEST"}


def check_updates(updates: Sequence[dict[str, Any]], consistency: str | None) -> None:
    """All that is wrong with updates, whatever their table is.

    Raises:
        ApiError: ValidationException.
    """
    regions: set[str] = set()
    online = 0
    for update in updates:
        schema_rules.refuse_not_simulated(update, ("Disassociate",))
        actions = [name for name in _ACTIONS if update.get(name) is not None]
        if not actions:
            raise validation(replica_messages.NO_ACTION)
        if len(actions) > 1:
            raise validation(replica_messages.SEVERAL_ACTIONS)
        region = update[actions[0]]["RegionName"]
        if not _REGION.fullmatch(region):
            raise validation(replica_messages.region_unknown(region))
        if region in regions:
            raise validation(replica_messages.region_updated_twice(region))
        regions.add(region)
        online += actions[0] != "Update"
    if online and len(updates) > 1 and not _may_be_strong(updates):
        raise validation(replica_messages.SEVERAL_REPLICAS)
    if consistency is not None and not any(update.get("Create") is not None for update in updates):
        raise validation(replica_messages.CONSISTENCY_WITHOUT_REPLICAS)


def _may_be_strong(updates: Sequence[dict[str, Any]]) -> bool:
    """Whether two replicas are created, or two deleted: that is how strong consistency begins and ends."""
    return len(updates) == _STRONG_REPLICAS_COUNT and any(
        all(update.get(action) is not None for update in updates) for action in ("Create", "Delete")
    )


def checked(request: dict[str, Any], table: TableDefinition, engine: Engine) -> dict[str, Any]:
    """The members of a table's definition that an UpdateTable changes; replicas that go are still there, DELETING.

    The stream that feeds replicas is switched on, except for those that are consistent at any time.

    Raises:
        ApiError: the updates are not possible; nothing has changed.
    """
    updates, consistency = request["ReplicaUpdates"], request.get("MultiRegionConsistency", table.consistency)
    _check_consistency(updates, consistency or "EVENTUAL", table, engine)
    found = {replica.region: replica for replica in table.replicas}
    for update in updates:
        replica = _updated(update, found, table, engine)
        found[replica.region] = replica
    stream, makes = table.stream, any(update.get("Create") is not None for update in updates)
    if makes and consistency != "STRONG":
        if stream is None or not stream.enabled:
            stream = engine.catalog.new_stream(table.name, _STREAM_VIEW_TYPE, stream)
        elif stream.view_type != _STREAM_VIEW_TYPE:
            raise validation(replica_messages.STREAM_OF_OTHER_KIND)
    return {"replicas": tuple(found.values()), "consistency": consistency, "stream": stream}


def _updated(
    update: dict[str, Any], found: dict[str, RegionReplica], table: TableDefinition, engine: Engine
) -> RegionReplica:
    """The replica of a region as one update makes it."""
    catalog, action = engine.catalog, next(name for name in _ACTIONS if update.get(name) is not None)
    request = update[action]
    region, until = request["RegionName"], catalog.until()
    if region == catalog.region:
        raise validation(replica_messages.LOCAL_REGION)
    before = found.get(region)
    if action == "Create":
        if before is not None:
            raise validation(replica_messages.replica_exists(table.name))
        has_own_key = table.kms_key_arn not in (None, catalog.key_arn(None))
        if has_own_key and request.get("KMSMasterKeyId") is None:
            raise validation(replica_messages.KEY_NEEDED)
        return replace(_with_settings(RegionReplica(region, catalog.now()), request, table), settles_at=until)
    if before is None:
        raise validation(replica_messages.no_replica(region))
    if action == "Delete":
        return replace(before, status="DELETING", settles_at=until)
    return replace(_with_settings(before, request, table), status="UPDATING", settles_at=until)


def _check_consistency(updates: Sequence[dict[str, Any]], wanted: str, table: TableDefinition, engine: Engine) -> None:
    if table.replicas and wanted != (table.consistency or "EVENTUAL"):
        raise validation(replica_messages.CONSISTENCY_FIXED)
    online = [update for update in updates if update.get("Update") is None]
    if not online:
        return
    if wanted == "EVENTUAL":
        if len(online) > 1:
            raise validation(replica_messages.SEVERAL_REPLICAS)
    elif len(online) != _STRONG_REPLICAS_COUNT or (table.replicas and online[0].get("Create") is not None):
        raise validation(replica_messages.STRONG_NEEDS_TWO)
    elif not table.replicas and engine.catalog.find(table.name).item_count:
        raise validation(replica_messages.STRONG_NEEDS_EMPTY_TABLE)


def _with_settings(replica: RegionReplica, request: dict[str, Any], table: TableDefinition) -> RegionReplica:
    """A replica with the settings that a request has; the others stay."""
    _check_overrides(request, table)
    indexes = dict(replica.indexes)
    for index in request.get("GlobalSecondaryIndexes") or ():
        if not any(each.name == index["IndexName"] for each in table.global_indexes):
            raise validation(replica_messages.index_unknown(index["IndexName"]))
        _check_overrides(index, table)
        overrides = {name: schema_rules.units_of(index.get(name)) for name in _OVERRIDES}
        indexes[index["IndexName"]] = {name: units for name, units in overrides.items() if units is not None}
    read_units = (request.get("ProvisionedThroughputOverride") or {}).get("ReadCapacityUnits")
    return replace(
        replica,
        kms_key=request.get("KMSMasterKeyId", replica.kms_key),
        read_units=replica.read_units if read_units is None else read_units,
        on_demand=schema_rules.units_of(request.get("OnDemandThroughputOverride")) or replica.on_demand,
        table_class=request.get("TableClassOverride", replica.table_class),
        indexes=indexes,
    )


def _check_overrides(request: dict[str, Any], table: TableDefinition) -> None:
    """Throughput of its own is of the kind that the table has."""
    for member, mode in _OVERRIDES.items():
        units = schema_rules.units_of(request.get(member))
        if units is None:
            continue
        if mode != table.billing_mode:
            raise validation(replica_messages.override_of_other_billing(member, table.billing_mode))
        if min(units.values()) < 1:
            raise validation(table_messages.on_demand_out_of_range("MaxReadRequestUnits", request.get("IndexName")))
