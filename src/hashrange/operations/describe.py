"""DescribeTable and DescribeTimeToLive: answers as typed values.

Must not know transports or Table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from msgspec import Struct

from ..key import KeySchema
from ..schema import IndexSchema, TableSchema
from ..types import WireObject


class StreamDescription(Struct, frozen=True):
    """A table's stream.

    Attributes:
        enabled: whether changes are being recorded.
        view_type: KEYS_ONLY, NEW_IMAGE, OLD_IMAGE or NEW_AND_OLD_IMAGES; None where it is not enabled.
        arn, label: of the latest stream, which may be disabled; None where there never was one.
    """

    enabled: bool = False
    view_type: str | None = None
    arn: str | None = None
    label: str | None = None

    @property
    def status(self) -> Literal["ENABLED", "DISABLED", "NONE"]:
        """ENABLED, DISABLED where there was one, or NONE where there never was one."""
        return "ENABLED" if self.enabled else "NONE" if self.arn is None else "DISABLED"


class ReplicaDescription(Struct, frozen=True):
    """One replica of a global table.

    Attributes:
        region: where it is.
        status: ACTIVE, CREATING, CREATION_FAILED, UPDATING, DELETING, REGION_DISABLED, ...
        status_description: why, in the service's words; None where there is nothing to say.
        progress: how far a replica that is being created is, for example "53%"; None otherwise.
        inaccessible_since: when the service first could not reach it, in UTC; None where it can.
    """

    region: str
    status: str
    status_description: str | None = None
    progress: str | None = None
    inaccessible_since: datetime | None = None


class IndexDescription(Struct, frozen=True):
    """One secondary index.

    Attributes:
        name: its name.
        keys: the names of its key attributes; of keys of several attributes, the first of each.
        is_global: whether it is a global one.
        projection: ALL, KEYS_ONLY or INCLUDE.
        non_key_attributes: what INCLUDE includes.
        status: CREATING, UPDATING, DELETING or ACTIVE; local indexes are as active as their table.
        further_keys: the other attributes of its keys, where these have several, in the service's order.
    """

    name: str
    keys: KeySchema
    is_global: bool
    projection: str
    non_key_attributes: tuple[str, ...] = ()
    status: str = "ACTIVE"
    further_keys: tuple[str, ...] = ()


class TableDescription(Struct, frozen=True):
    """What the service says of a table.

    Attributes:
        name: the table's name.
        arn: its ARN.
        status: CREATING, UPDATING, DELETING, ACTIVE, ...
        keys: the names of its key attributes.
        attribute_types: key attribute name to S, N or B.
        indexes: index name to what it is.
        ttl_attribute: where TTL is enabled (or being enabled).
        stream: its stream, enabled or not.
        item_count, size_bytes: as of the service's last count, up to six hours ago.
        billing_mode: PROVISIONED or PAY_PER_REQUEST.
        replicas: of a global table, as the service lists them; empty for a table of one region.
        global_table_version: 2019.11.21, or 2017.11.29 for the older kind; None for a table of one region.
        consistency: of a global table over its regions: EVENTUAL or STRONG; None where the service does not say.
        raw: the service's ``Table`` structure.
    """

    name: str
    arn: str
    status: str
    keys: KeySchema
    attribute_types: Mapping[str, str]
    indexes: Mapping[str, IndexDescription]
    ttl_attribute: str | None
    stream: StreamDescription
    item_count: int
    size_bytes: int
    billing_mode: str
    replicas: tuple[ReplicaDescription, ...]
    global_table_version: str | None
    consistency: str | None
    raw: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"<TableDescription {self.name!r} {self.keys} {self.status}, {len(self.indexes)} indexes>"

    @property
    def schema(self) -> TableSchema:
        """What a client's Table needs of it."""
        indexes = {
            index.name: IndexSchema(index.name, index.keys, index.is_global, index.further_keys)
            for index in self.indexes.values()
        }
        return TableSchema(self.name, self.keys, indexes, self.ttl_attribute)


def parse_description(described: WireObject, time_to_live: WireObject) -> TableDescription:
    """The answers of DescribeTable and DescribeTimeToLive as one description."""
    table: Mapping[str, Any] = described["Table"]
    groups = (("GlobalSecondaryIndexes", True), ("LocalSecondaryIndexes", False))
    indexes = [_index(index, is_global) for group, is_global in groups for index in table.get(group) or ()]
    ttl: Mapping[str, Any] = time_to_live.get("TimeToLiveDescription") or {}
    return TableDescription(
        name=table["TableName"],
        arn=table.get("TableArn", ""),
        status=table.get("TableStatus", ""),
        keys=_keys(table["KeySchema"]),
        attribute_types={one["AttributeName"]: one["AttributeType"] for one in table.get("AttributeDefinitions") or ()},
        indexes={index.name: index for index in indexes},
        ttl_attribute=ttl.get("AttributeName") if ttl.get("TimeToLiveStatus") in ("ENABLED", "ENABLING") else None,
        stream=_stream(table),
        item_count=table.get("ItemCount", 0),
        size_bytes=table.get("TableSizeBytes", 0),
        billing_mode=(table.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED"),
        replicas=tuple(_replica(replica) for replica in table.get("Replicas") or ()),
        global_table_version=table.get("GlobalTableVersion"),
        consistency=table.get("MultiRegionConsistency"),
        raw=table,
    )


def _keys(elements: Sequence[Mapping[str, str]]) -> KeySchema:
    by_type = {element["KeyType"]: element["AttributeName"] for element in reversed(elements)}
    return KeySchema(by_type["HASH"], by_type.get("RANGE"))


def _index(index: Mapping[str, Any], is_global: bool) -> IndexDescription:
    projection = index.get("Projection") or {}
    keys = _keys(index["KeySchema"])
    names = [element["AttributeName"] for element in index["KeySchema"]]
    return IndexDescription(
        name=index["IndexName"],
        keys=keys,
        is_global=is_global,
        projection=projection.get("ProjectionType", "ALL"),
        non_key_attributes=tuple(projection.get("NonKeyAttributes") or ()),
        status=index.get("IndexStatus", "ACTIVE"),
        further_keys=tuple(name for name in names if name not in keys.names),
    )


def _replica(replica: Mapping[str, Any]) -> ReplicaDescription:
    since = replica.get("ReplicaInaccessibleDateTime")
    return ReplicaDescription(
        region=replica["RegionName"],
        status=replica.get("ReplicaStatus", ""),
        status_description=replica.get("ReplicaStatusDescription"),
        progress=replica.get("ReplicaStatusPercentProgress"),
        inaccessible_since=None if since is None else datetime.fromtimestamp(since, UTC),
    )


def _stream(table: Mapping[str, Any]) -> StreamDescription:
    specification = table.get("StreamSpecification") or {}
    return StreamDescription(
        enabled=bool(specification.get("StreamEnabled", False)),
        view_type=specification.get("StreamViewType"),
        arn=table.get("LatestStreamArn"),
        label=table.get("LatestStreamLabel"),
    )
