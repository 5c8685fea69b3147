"""What a table is: its keys, indexes and settings, as CreateTable and UpdateTable have set them.

All values here are immutable: a change is a new definition (``dataclasses.replace``), so that snapshots share them.
Dicts in them are never changed either. Must not know items, requests or the clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["HASH", "RANGE"]
#: key attributes in order, with their roles
Keys: TypeAlias = tuple[tuple[str, Role], ...]
Status: TypeAlias = Literal["CREATING", "ACTIVE", "UPDATING", "DELETING"]
BillingMode: TypeAlias = Literal["PROVISIONED", "PAY_PER_REQUEST"]
#: units by the words of the API, for example ``MaxReadRequestUnits``
Units: TypeAlias = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Throughput:
    """Provisioned throughput; 0 and 0 for what is paid by request. Times are seconds since the epoch."""

    read: int = 0
    write: int = 0
    increased_at: float | None = None
    decreased_at: float | None = None
    decreases: int = 0


@dataclass(frozen=True, slots=True)
class Insights:
    """Contributor insights; times are seconds since the epoch.

    Attributes:
        enabled: whether they are on, or are being switched on.
        mode: ACCESSED_AND_THROTTLED_KEYS or THROTTLED_KEYS.
        since: when they were switched on last.
        changed_at, settles_at: the last change, and when it is done.
    """

    enabled: bool
    mode: str
    since: float
    changed_at: float
    settles_at: float


@dataclass(frozen=True, slots=True)
class PointInTimeRecovery:
    """That a table can be recovered at a point in time, since when (seconds since the epoch), and how far back."""

    enabled_at: float
    days: int


@dataclass(frozen=True, slots=True)
class ResourcePolicy:
    """A table's policy as it is shown, and which of its revisions this is."""

    document: str
    revision: str


@dataclass(frozen=True, slots=True)
class Restored:
    """What a table was restored from, and of which time (seconds since the epoch).

    Attributes:
        backup_arn: None where it was not a backup.
    """

    backup_arn: str | None
    table_arn: str
    at: float


@dataclass(frozen=True, slots=True)
class RegionReplica:
    """What is known here of a table's replica in another region: its settings, not its items.

    Attributes:
        region: where it is.
        added_at: since when (seconds since the epoch).
        status: as DescribeTable shows it.
        settles_at: when that status ends (monotonic seconds), None while nothing is under way.
        kms_key: its key of encryption, where one was given.
        read_units, on_demand: its own throughput, where it has some.
        table_class: its own, where it has one.
        indexes: names of global indexes to their own throughput, by the words of the API.
    """

    region: str
    added_at: float
    status: Status = "CREATING"
    settles_at: float | None = None
    kms_key: str | None = None
    read_units: int | None = None
    on_demand: Units | None = None
    table_class: str | None = None
    indexes: Mapping[str, Mapping[str, Units]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IndexDefinition:
    """A secondary index.

    Attributes:
        name: the index's name.
        keys: its own key attributes.
        is_global: whether it is a global or a local one.
        projection: ``ALL``, ``KEYS_ONLY`` or ``INCLUDE``.
        non_key_attributes: what an ``INCLUDE`` index holds besides keys.
        status: of a global index; a local one is ACTIVE.
        settles_at: when that status ends (monotonic seconds), None while nothing is under way.
        throughput: provisioned for a global index.
        next_throughput: what it is going to be.
        on_demand, warm: limits and warm throughput, where they were asked for.
        is_added: whether it came after its table, and was filled with the items there were.
        insights: None where they were never on.
    """

    name: str
    keys: Keys
    is_global: bool = True
    projection: str = "ALL"
    non_key_attributes: tuple[str, ...] = ()
    status: Status = "ACTIVE"
    settles_at: float | None = None
    throughput: Throughput = Throughput()
    next_throughput: Throughput | None = None
    on_demand: Units | None = None
    warm: Units | None = None
    is_added: bool = False
    insights: Insights | None = None


@dataclass(frozen=True, slots=True)
class VectorIndexDefinition:
    """A vector index.

    Attributes:
        name: the index's name.
        attribute: where items have their vectors.
        dimensions: how many numbers a vector has.
        distance: ``COSINE``, ``EUCLIDEAN`` or ``DOT_PRODUCT``.
        schema: the attributes of the search schema in order, with their roles: ``HASH`` and ``INLINE_FILTER``.
        projection, non_key_attributes, status, settles_at, is_added: as of an ``IndexDefinition``.
    """

    name: str
    attribute: str
    dimensions: int
    distance: str
    schema: tuple[tuple[str, str], ...] = ()
    projection: str = "ALL"
    non_key_attributes: tuple[str, ...] = ()
    status: Status = "ACTIVE"
    settles_at: float | None = None
    is_added: bool = False

    @property
    def keys(self) -> Keys:
        """What tells an item's partition in the index; empty where all are in one."""
        return tuple((name, "HASH") for name, role in self.schema if role == "HASH")


@dataclass(frozen=True, slots=True)
class Stream:
    """A table's latest stream; ``enabled`` is False once it was switched off."""

    arn: str
    label: str
    view_type: str
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class TimeToLive:
    """The attribute that holds the time of expiry, and when that was last changed."""

    attribute: str
    enabled: bool
    changed_at: float


@dataclass(frozen=True, slots=True)
class TableDefinition:
    """A table.

    Attributes:
        name: the table's name.
        keys: its key attributes.
        attribute_types: the type (S, N or B) of each attribute that is part of a key of the table or an index.
        indexes: by name, local and global ones.
        arn, table_id, created_at: its identity.
        status: as DescribeTable shows it.
        settles_at: when that status ends (monotonic seconds), None while nothing is under way.
        billing_mode: how it is paid.
        was_on_demand: whether it was ever paid by request: only then the description tells its billing mode.
        on_demand_since: when it was last switched to that.
        throughput: provisioned for the table.
        next_throughput, next_on_demand_since: what these are going to be.
        on_demand, warm: limits and warm throughput, where they were asked for.
        stream: the latest stream.
        time_to_live: None where it was never enabled.
        kms_key_arn: the key of server-side encryption with KMS, if that was asked for.
        table_class: None where it was never said.
        is_protected: against deletion.
        tags: key to value.
        point_in_time: None while its recovery is off.
        restored: None where it was not made from a backup.
        policy: None where it has none.
        insights: None where they were never on.
        vector_indexes: by name; no other index has one of these names.
        replicas: in other regions.
        consistency: between the regions, ``EVENTUAL`` or ``STRONG``; None where it was never said.
    """

    name: str
    keys: Keys
    attribute_types: Mapping[str, str]
    indexes: Mapping[str, IndexDefinition] = field(default_factory=dict)
    arn: str = ""
    table_id: str = ""
    created_at: float = 0.0
    status: Status = "ACTIVE"
    settles_at: float | None = None
    billing_mode: BillingMode = "PROVISIONED"
    was_on_demand: bool = False
    on_demand_since: float | None = None
    next_on_demand_since: float | None = None
    throughput: Throughput = Throughput()
    next_throughput: Throughput | None = None
    on_demand: Units | None = None
    warm: Units | None = None
    stream: Stream | None = None
    time_to_live: TimeToLive | None = None
    kms_key_arn: str | None = None
    table_class: str | None = None
    table_class_changed_at: float | None = None
    is_protected: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)
    point_in_time: PointInTimeRecovery | None = None
    restored: Restored | None = None
    policy: ResourcePolicy | None = None
    insights: Insights | None = None
    vector_indexes: Mapping[str, VectorIndexDefinition] = field(default_factory=dict)
    replicas: tuple[RegionReplica, ...] = ()
    consistency: str | None = None

    @property
    def ttl_attribute(self) -> str | None:
        """The attribute that holds the time of expiry, while time to live is enabled."""
        ttl = self.time_to_live
        return ttl.attribute if ttl is not None and ttl.enabled else None

    @property
    def global_indexes(self) -> list[IndexDefinition]:
        return [index for index in self.indexes.values() if index.is_global]

    @property
    def local_indexes(self) -> list[IndexDefinition]:
        return [index for index in self.indexes.values() if not index.is_global]

    @property
    def is_settled(self) -> bool:
        """Whether nothing is under way."""
        parts = (*self.all_indexes, *self.replicas)
        return self.settles_at is None and all(part.settles_at is None for part in parts)

    @property
    def all_indexes(self) -> list[IndexDefinition | VectorIndexDefinition]:
        """Indexes of every kind."""
        return [*self.indexes.values(), *self.vector_indexes.values()]
