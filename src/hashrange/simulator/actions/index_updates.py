"""GlobalSecondaryIndexUpdates of an UpdateTable: an index is added, removed, or gets other throughput.

``check_names`` and ``check_new`` are what can be said without the table; ``checked`` finds the table's new indexes or
raises, and changes nothing. Must not know the other members of the request, except how the table will be paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from ...limits import GLOBAL_INDEXES_MAX_COUNT
from .. import messages, table_messages
from ..errors import ApiError, validation
from ..shapes import Wording
from ..state.definitions import IndexDefinition, TableDefinition, Throughput, Units
from . import schema_rules
from .capacity_limits import check_capacity_limits
from .table_shapes import CAPACITY_UNITS_MAX
from .throughput_changes import changed, merged_limits

_ACTIONS: Final = ("Update", "Create", "Delete")
_STATES: Final = {"CREATING": "created", "UPDATING": "updated", "DELETING": "deleted"}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What index updates depend on: how the table will be paid and was, the time, when changes will be done, and the
    wording of what is refused."""

    on_demand: bool
    was_on_demand: bool
    now: float
    until: float
    region: str
    wording: Wording


def is_online(update: dict[str, Any]) -> bool:
    """Whether an update makes or removes an index."""
    return update.get("Create") is not None or update.get("Delete") is not None


def check_names(updates: Sequence[dict[str, Any]]) -> None:
    """Every update does one thing, with an index that no other names."""
    names: set[str] = set()
    for update in updates:
        actions = [update[action] for action in _ACTIONS if update.get(action) is not None]
        if not actions:
            raise validation(table_messages.NO_INDEX_ACTION)
        if len(actions) > 1:
            raise validation(table_messages.SEVERAL_INDEX_ACTIONS)
        name = actions[0]["IndexName"]
        if name in names:
            raise validation(table_messages.index_updated_twice(name))
        names.add(name)


def check_new(updates: Sequence[dict[str, Any]], definitions: Sequence[dict[str, Any]] | None) -> None:
    """All that is wrong with an index that is to be made, whatever its table is."""
    for index in (update["Create"] for update in updates if update.get("Create") is not None):
        if not definitions:
            raise validation(table_messages.index_without_definitions(index["IndexName"]))
        schema_rules.check_defined(index["KeySchema"], schema_rules.names_of(definitions))
        schema_rules.check_global_key_schema(index["KeySchema"])
        schema_rules.check_projection(index["Projection"])
        schema_rules.check_on_demand_range(index.get("OnDemandThroughput"), index["IndexName"])


def check_count(updates: Sequence[dict[str, Any]], table: TableDefinition) -> None:
    """At most one index is made or removed at a time; one that is being filled may still be removed.

    Raises:
        ApiError: LimitExceededException.
    """
    online = [update for update in updates if is_online(update)]
    if not online:
        return
    name = (online[0].get("Create") or online[0]["Delete"])["IndexName"]
    others = (index for index in table.all_indexes if index.name != name)
    if len(online) > 1 or any(index.status in ("CREATING", "DELETING") for index in others):
        raise ApiError("LimitExceededException", table_messages.ONE_ONLINE_INDEX)


def check_bounds(updates: Sequence[dict[str, Any]]) -> None:
    for update in updates:
        throughput = (update.get("Update") or update.get("Create") or {}).get("ProvisionedThroughput")
        if throughput is not None and max(throughput.values()) > CAPACITY_UNITS_MAX:
            raise validation(table_messages.INDEX_UPDATE_BLOCKED)


def checked(
    updates: Sequence[dict[str, Any]], table: TableDefinition, circumstances: Circumstances
) -> dict[str, IndexDefinition]:
    """The indexes that a table will have; those that go are still there, DELETING.

    Raises:
        ApiError: the updates are not possible; nothing has changed.
    """
    indexes = dict(table.indexes)
    for update in updates:
        if update.get("Create") is not None:
            index = _created(update["Create"], table, circumstances)
        elif update.get("Delete") is not None:
            index = _deleted(update["Delete"]["IndexName"], table, circumstances)
        else:
            index = _updated(update["Update"], table, circumstances)
        indexes[index.name] = index
    return indexes


def _created(request: dict[str, Any], table: TableDefinition, circumstances: Circumstances) -> IndexDefinition:
    name, throughput = request["IndexName"], request.get("ProvisionedThroughput")
    if any(name == index.name for index in table.all_indexes):
        raise validation(table_messages.INDEX_EXISTS)
    if circumstances.on_demand and throughput is not None:
        raise validation(table_messages.new_index_throughput_with_on_demand(name))
    if not circumstances.on_demand and throughput is None:
        raise validation(table_messages.new_index_throughput_missing(name))
    member = schema_rules.on_demand_member(request.get("OnDemandThroughput"))
    if not circumstances.on_demand and member is not None:
        raise validation(table_messages.on_demand_with_provisioned_in_update(member, name))
    schema_rules.check_warm(request.get("WarmThroughput"), throughput, name)
    if len(table.global_indexes) >= GLOBAL_INDEXES_MAX_COUNT:
        message = table_messages.one_global_index_too_many(GLOBAL_INDEXES_MAX_COUNT)
        raise ApiError("LimitExceededException", message)
    index = schema_rules.index_of(request, is_global=True)
    check_capacity_limits(index.throughput, circumstances.region, name)
    return replace(index, status="CREATING", settles_at=circumstances.until, is_added=True)


def _existing(name: str, action: str, table: TableDefinition, wording: Wording) -> IndexDefinition:
    index = table.indexes.get(name)
    if index is None:
        named = table_messages.index_not_found_2026(name, table.name)
        raise ApiError("ResourceNotFoundException", named if wording == "2026" else messages.RESOURCE_NOT_FOUND)
    if not index.is_global:
        raise validation(table_messages.not_a_global_index(name, action))
    if index.status != "ACTIVE" and not (action == "delete" and index.status == "CREATING"):
        message = table_messages.index_in_use(_STATES[index.status], table.name, name)
        raise ApiError("ResourceInUseException", message)
    return index


def _deleted(name: str, table: TableDefinition, circumstances: Circumstances) -> IndexDefinition:
    index = _existing(name, "delete", table, circumstances.wording)
    return replace(index, status="DELETING", settles_at=circumstances.until)


def _updated(request: dict[str, Any], table: TableDefinition, circumstances: Circumstances) -> IndexDefinition:
    name, throughput = request["IndexName"], request.get("ProvisionedThroughput")
    index = _existing(name, "update", table, circumstances.wording)
    if throughput is not None and circumstances.on_demand:
        raise validation(table_messages.index_pays_by_request(name))
    member = schema_rules.on_demand_member(request.get("OnDemandThroughput"))
    if member is not None and not circumstances.on_demand:
        raise validation(table_messages.on_demand_with_provisioned_in_update(member, name))
    schema_rules.check_on_demand_range(request.get("OnDemandThroughput"), name, may_remove=True)
    warm = warm_increased(request.get("WarmThroughput"), index, name, on_demand=circumstances.was_on_demand)
    index = replace(
        index,
        status="UPDATING",
        settles_at=circumstances.until,
        on_demand=merged_limits(index.on_demand, request.get("OnDemandThroughput")),
        warm=warm,
    )
    if throughput is None:
        return index
    meanwhile, then = changed(index.throughput, throughput, circumstances.now, circumstances.region, name)
    if circumstances.was_on_demand:
        meanwhile = then  # a switch shows its figures at once
    return replace(index, throughput=meanwhile, next_throughput=then)


def warm_increased(
    request: dict[str, Any] | None,
    current: IndexDefinition | TableDefinition,
    index: str | None = None,
    *,
    on_demand: bool,
) -> Units | None:
    """The warm throughput of a table or index with what is asked for; it never becomes less.

    Raises:
        ApiError: ValidationException: it would.
    """
    throughput = Throughput() if on_demand else current.throughput
    for member, units in (schema_rules.units_of(request) or {}).items():
        if units < {**schema_rules.least_warm(throughput), **(current.warm or {})}[member]:
            raise validation(table_messages.warm_decreased(member, index))
    return schema_rules.warm_of(request, throughput, current.warm)
