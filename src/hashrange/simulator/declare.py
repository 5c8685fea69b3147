"""The short way to say which tables a simulated world starts with.

Turns what people write into requests of the service (CreateTable, UpdateTimeToLive). Checks only its own notation: what
a table may be, the engine says. Must not know the engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias

from msgspec import Struct

_KEY_TYPES: Final = frozenset({"S", "N", "B"})
_PROJECTIONS: Final = frozenset({"ALL", "KEYS_ONLY"})
#: of a table's description (DescribeTable), what a request to create the same table holds
_DESCRIBED: Final = (
    "TableName",
    "AttributeDefinitions",
    "KeySchema",
    "LocalSecondaryIndexes",
    "GlobalSecondaryIndexes",
    "VectorIndexes",
    "StreamSpecification",
    "DeletionProtectionEnabled",
)
#: of a vector index's description, what a request has
_VECTOR_INDEX: Final = (
    "IndexName",
    "VectorAttribute",
    "SearchSchema",
    "Projection",
    "Dimensions",
    "DistanceFunction",
)
#: members of a description of throughput that a request does not have
_THROUGHPUT: Final = ("ReadCapacityUnits", "WriteCapacityUnits")


class DeclarationError(ValueError):
    """A declaration that says nothing about a table; the text says what is wrong with it."""


class GlobalIndexSpec(Struct, frozen=True):
    """A global secondary index.

    Attributes:
        partition_key, sort_key: as in ``TableSpec``.
        projection: ``ALL``, ``KEYS_ONLY``, or the names of the attributes that are kept besides the keys.
    """

    partition_key: str
    sort_key: str | None = None
    projection: str | Sequence[str] = "ALL"


class LocalIndexSpec(Struct, frozen=True):
    """A local secondary index: the table's partition key, and a sort key of its own. ``projection`` as above."""

    sort_key: str
    projection: str | Sequence[str] = "ALL"


class _WithSortKey(Protocol):
    @property
    def sort_key(self) -> str | None: ...


#: an index as people declare it; a text or a pair of texts is a global index. The client's ``GlobalIndex`` and
#: ``LocalIndex`` will do: what has a partition key is a global index, what has only a sort key is a local one
IndexSpec: TypeAlias = (
    "GlobalIndexSpec | LocalIndexSpec | _WithSortKey | str | tuple[str, str | None] | Mapping[str, Any]"
)


class TableSpec(Struct, frozen=True):
    """A table, paid by request.

    Attributes:
        name: the table's name.
        partition_key, sort_key: names of the key attributes, which are text; ``"n:N"`` and ``"b:B"`` are a number and
            binary. ``sort_key=None`` for a simple key.
        indexes: name to index.
        ttl_attribute: the attribute that time to live looks at; None leaves it disabled.
        stream: the stream's view type, for example ``NEW_AND_OLD_IMAGES``; None for no stream.
    """

    name: str
    partition_key: str = "PK"
    sort_key: str | None = "SK"
    indexes: Mapping[str, IndexSpec] = {}
    ttl_attribute: str | None = None
    stream: str | None = None

    def requests(self) -> TableRequests:
        """What the service has to be asked for it."""
        types: dict[str, str] = {}
        create: dict[str, Any] = {
            "TableName": self.name,
            "KeySchema": _key_schema(types, self.partition_key, self.sort_key),
            "BillingMode": "PAY_PER_REQUEST",
        }
        for name, declared in self.indexes.items():
            spec = _index_spec(name, declared)
            is_global = isinstance(spec, GlobalIndexSpec)
            partition_key = spec.partition_key if isinstance(spec, GlobalIndexSpec) else self.partition_key
            described = {
                "IndexName": name,
                "KeySchema": _key_schema(types, partition_key, spec.sort_key),
                "Projection": _projection(spec.projection),
            }
            create.setdefault("GlobalSecondaryIndexes" if is_global else "LocalSecondaryIndexes", []).append(described)
        create["AttributeDefinitions"] = [
            {"AttributeName": attribute, "AttributeType": letter} for attribute, letter in types.items()
        ]
        if self.stream is not None:
            create["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": self.stream}
        return TableRequests(create, _time_to_live(self.name, self.ttl_attribute))


class TableRequests(Struct, frozen=True):
    """The requests that make one table; ``update_time_to_live`` is None where time to live stays disabled."""

    create_table: dict[str, Any]
    update_time_to_live: dict[str, Any] | None = None


#: a table as people declare it: a name (keys PK and SK, both text), a ``TableSpec``, its fields as a mapping, a
#: CreateTable request (which may hold a TimeToLiveSpecification), or an answer of DescribeTable
TableDeclaration: TypeAlias = "str | TableSpec | Mapping[str, Any]"


def table_requests(declared: TableDeclaration) -> TableRequests:
    """The requests that make a declared table.

    Raises:
        DeclarationError: it is none of the notations.
    """
    if isinstance(declared, str):
        return TableSpec(declared).requests()
    if isinstance(declared, TableSpec):
        return declared.requests()
    if isinstance(declared, Mapping):
        if "Table" in declared and isinstance(declared["Table"], Mapping):
            declared = declared["Table"]
        if "TableName" in declared:
            return _wire_requests(declared)
        if "name" in declared:
            return _spec_of(declared).requests()
        raise DeclarationError("a table has neither 'TableName' (a CreateTable request) nor 'name' (a declaration)")
    raise DeclarationError(f"a table is declared by a name, a TableSpec or a mapping, not by {type(declared).__name__}")


def _spec_of(declared: Mapping[str, Any]) -> TableSpec:
    known = TableSpec.__struct_fields__
    for name in declared:
        if name not in known:
            raise DeclarationError(f"table {declared['name']!r}: unknown member {name!r}; known: {', '.join(known)}")
    return TableSpec(**declared)


def _wire_requests(declared: Mapping[str, Any]) -> TableRequests:
    create = _without_description(declared) if "TableStatus" in declared else dict(declared)
    time_to_live = create.pop("TimeToLiveSpecification", None)
    if time_to_live is None:
        return TableRequests(create)
    return TableRequests(create, {"TableName": create["TableName"], "TimeToLiveSpecification": time_to_live})


def _without_description(described: Mapping[str, Any]) -> dict[str, Any]:
    """A description as the request that would create the table."""
    create = {name: described[name] for name in _DESCRIBED if name in described}
    by_request = described.get("BillingModeSummary", {}).get("BillingMode") == "PAY_PER_REQUEST"
    create["BillingMode"] = "PAY_PER_REQUEST" if by_request else "PROVISIONED"
    if not by_request:
        create["ProvisionedThroughput"] = _throughput(described)
    for kind, billed in (("LocalSecondaryIndexes", False), ("GlobalSecondaryIndexes", not by_request)):
        if kind in create:
            create[kind] = [_without_index_description(index, billed=billed) for index in create[kind]]
    if "VectorIndexes" in create:
        create["VectorIndexes"] = [
            {name: index[name] for name in _VECTOR_INDEX if name in index} for index in create["VectorIndexes"]
        ]
    return create


def _without_index_description(index: Mapping[str, Any], *, billed: bool) -> dict[str, Any]:
    kept = {name: index[name] for name in ("IndexName", "KeySchema", "Projection") if name in index}
    return kept | {"ProvisionedThroughput": _throughput(index)} if billed else kept


def _throughput(described: Mapping[str, Any]) -> dict[str, Any]:
    found = described.get("ProvisionedThroughput", {})
    return {name: found[name] for name in _THROUGHPUT if name in found}


# ── the notation of keys and indexes ─────────────────────────────────────────────────────────────────────────────────
def _key_schema(types: dict[str, str], partition_key: str, sort_key: str | None) -> list[dict[str, str]]:
    """The key schema; writes the attributes' types down."""
    schema = []
    for role, declared in (("HASH", partition_key), ("RANGE", sort_key)):
        if declared is None:
            continue
        if not isinstance(declared, str):
            raise DeclarationError(f"a key attribute is declared by its name, not by {declared!r}")
        attribute, colon, letter = declared.rpartition(":")
        if not colon or letter not in _KEY_TYPES:
            attribute, letter = declared, types.get(declared, "S")
        if types.setdefault(attribute, letter) != letter:
            raise DeclarationError(f"key attribute {attribute!r} is declared as {types[attribute]} and as {letter}")
        schema.append({"AttributeName": attribute, "KeyType": role})
    return schema


def _index_spec(name: str, declared: IndexSpec) -> GlobalIndexSpec | LocalIndexSpec:
    if isinstance(declared, GlobalIndexSpec | LocalIndexSpec):
        return declared
    if isinstance(declared, str):
        return GlobalIndexSpec(declared)
    if isinstance(declared, Mapping):
        kind = GlobalIndexSpec if "partition_key" in declared else LocalIndexSpec
        try:
            return kind(**declared)
        except TypeError as error:
            raise DeclarationError(f"index {name!r}: {error}") from None
    if isinstance(declared, tuple | list):
        return GlobalIndexSpec(*_pair(name, declared))
    partition_key, sort_key = getattr(declared, "partition_key", None), getattr(declared, "sort_key", None)
    if partition_key is not None:
        return GlobalIndexSpec(partition_key, sort_key)
    if sort_key is not None:
        return LocalIndexSpec(sort_key)
    raise DeclarationError(f"index {name!r} is declared as {declared!r}: use GlobalIndexSpec or LocalIndexSpec")


def _pair(name: str, declared: Sequence[Any]) -> Iterable[Any]:
    if len(declared) != 2:
        raise DeclarationError(f"index {name!r} is declared as {declared!r}: a pair is (partition key, sort key)")
    return declared


def _projection(declared: str | Sequence[str]) -> dict[str, Any]:
    if isinstance(declared, str):
        if declared not in _PROJECTIONS:
            raise DeclarationError(f"projection {declared!r} is neither ALL, KEYS_ONLY nor a list of attributes")
        return {"ProjectionType": declared}
    return {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(declared)}


def _time_to_live(table: str, attribute: str | None) -> dict[str, Any] | None:
    if attribute is None:
        return None
    return {"TableName": table, "TimeToLiveSpecification": {"Enabled": True, "AttributeName": attribute}}
