"""What must hold between a table's keys, its indexes and its attribute definitions, and within one index.

Shared by CreateTable and UpdateTable; each check raises the service's ValidationException. Must not know which checks
come first in an operation, or any table there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from ...limits import KEY_ATTRIBUTES_MAX_COUNT
from .. import table_messages
from ..errors import validation
from ..state.definitions import IndexDefinition, Keys, Throughput, Units
from .table_shapes import CAPACITY_UNITS_MAX

Request: TypeAlias = "dict[str, Any]"

_ON_DEMAND: Final = ("MaxReadRequestUnits", "MaxWriteRequestUnits")
#: what a table that is paid by request is warm for from its first minute
_INITIAL_UNITS: Final = {"ReadUnitsPerSecond": 12_000, "WriteUnitsPerSecond": 4_000}
_WARM: Final = {"ReadUnitsPerSecond": "ReadCapacityUnits", "WriteUnitsPerSecond": "WriteCapacityUnits"}


def names_of(schema: Sequence[Request]) -> list[str]:
    """The attributes of a key schema or of attribute definitions."""
    return [element["AttributeName"] for element in schema]


def keys_of(schema: Sequence[Request]) -> Keys:
    return tuple((element["AttributeName"], element["KeyType"]) for element in schema)


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def check_defined(schema: Sequence[Request], definitions: Sequence[str]) -> None:
    """All key attributes have a definition."""
    keys = names_of(schema)
    if any(key not in definitions for key in keys):
        raise validation(table_messages.keys_not_defined(keys, definitions))


def check_key_schema(schema: Sequence[Request]) -> None:
    """A partition key, then perhaps a sort key, of different attributes."""
    first, *rest = schema
    if rest and rest[0]["AttributeName"] == first["AttributeName"]:
        raise validation(table_messages.SAME_KEY_TWICE)
    if first["KeyType"] != "HASH":
        raise validation(table_messages.FIRST_KEY_NOT_HASH)
    if rest and rest[0]["KeyType"] != "RANGE":
        raise validation(table_messages.SECOND_KEY_NOT_RANGE)


def check_global_key_schema(schema: Sequence[Request]) -> None:
    """Up to four attributes that are the partition key, then up to four that are the sort key, all different."""
    names, roles = names_of(schema), [element["KeyType"] for element in schema]
    if len(set(names)) < len(names):
        raise validation(table_messages.SAME_KEY_TWICE if roles == ["HASH", "RANGE"] else table_messages.SAME_KEYS)
    if roles[0] != "HASH":
        raise validation(table_messages.FIRST_KEY_NOT_HASH)
    if roles != sorted(roles):  # as HASH comes before RANGE
        raise validation(table_messages.HASH_AFTER_RANGE)
    for role in ("HASH", "RANGE"):
        if roles.count(role) > KEY_ATTRIBUTES_MAX_COUNT:
            raise validation(table_messages.too_many_key_attributes(role))


def check_projection(projection: Request) -> None:
    kind, attributes = projection.get("ProjectionType"), projection.get("NonKeyAttributes")
    if kind is None:
        raise validation(table_messages.UNKNOWN_PROJECTION)
    if kind != "INCLUDE" and attributes is not None:
        raise validation(table_messages.attributes_not_for(kind))
    if kind == "INCLUDE" and attributes is None:
        raise validation(table_messages.INCLUDE_WITHOUT_ATTRIBUTES)
    for at, name in enumerate(attributes or ()):
        if name in attributes[:at]:  # type: ignore[index]  # there is one
            raise validation(table_messages.attribute_projected_twice(name))


# ── throughput ───────────────────────────────────────────────────────────────────────────────────────────────────────
def check_bounds(throughput: Request | None) -> None:
    """A table's throughput is a number that the service can take."""
    for member in ("ReadCapacityUnits", "WriteCapacityUnits"):
        if throughput is not None and throughput[member] > CAPACITY_UNITS_MAX:
            raise validation(table_messages.out_of_bounds(throughput[member], member))


def check_on_demand_range(limits: Request | None, index: str | None = None, *, may_remove: bool = False) -> None:
    """Limits of on-demand throughput are at least 1; -1 removes one where there may be one."""
    for member in _ON_DEMAND:
        units = (limits or {}).get(member)
        if units is not None and units < 1 and not (may_remove and units == -1):
            raise validation(table_messages.on_demand_out_of_range(member, index))


def on_demand_member(limits: Request | None) -> str | None:
    """The first limit that is given."""
    return next((member for member in _ON_DEMAND if (limits or {}).get(member) is not None), None)


def check_warm(warm: Request | None, throughput: Request | None, index: str | None = None) -> None:
    """Warm throughput is not below what the table or index has anyway."""
    for member, provisioned in _WARM.items():
        units = (warm or {}).get(member)
        if units is None:
            continue
        if throughput is not None and units < throughput[provisioned]:
            raise validation(table_messages.warm_below_provisioned(member, provisioned, index))
        if throughput is None and units < _INITIAL_UNITS[member]:
            raise validation(table_messages.warm_below_initial(member, index))


def throughput_of(request: Request) -> Throughput:
    """The provisioned throughput of a table or index; 0 and 0 where it has none."""
    found = request.get("ProvisionedThroughput") or {}
    return Throughput(found.get("ReadCapacityUnits", 0), found.get("WriteCapacityUnits", 0))


def units_of(units: Request | None) -> Units | None:
    """Limits or warm throughput, without members that are not given; None where none is."""
    return {member: value for member, value in (units or {}).items() if value is not None} or None


def least_warm(throughput: Throughput) -> Units:
    """What a table or index is warm for without being asked."""
    if not throughput.read:
        return _INITIAL_UNITS
    return {"ReadUnitsPerSecond": throughput.read, "WriteUnitsPerSecond": throughput.write}


def warm_of(asked: Request | None, throughput: Throughput, before: Units | None = None) -> Units | None:
    """Warm throughput with what is not asked for as it was; None where it was never asked for."""
    units = units_of(asked)
    return before if units is None else {**least_warm(throughput), **(before or {}), **units}


# ── indexes ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def index_of(request: Request, *, is_global: bool) -> IndexDefinition:
    """The definition of an index whose request has been checked."""
    throughput = throughput_of(request)
    return IndexDefinition(
        name=request["IndexName"],
        keys=keys_of(request["KeySchema"]),
        is_global=is_global,
        projection=request["Projection"]["ProjectionType"],
        non_key_attributes=tuple(sorted(request["Projection"].get("NonKeyAttributes") or ())),
        throughput=throughput,
        on_demand=units_of(request.get("OnDemandThroughput")),
        warm=warm_of(request.get("WarmThroughput"), throughput),
    )


# ── what is not simulated ────────────────────────────────────────────────────────────────────────────────────────────
def refuse_not_simulated(request: Request, members: Sequence[str]) -> None:
    """Members that ask for what the simulator does not have are refused: they are never silently ignored."""
    for member in members:
        if request.get(member):
            raise validation(table_messages.not_simulated(member))
