"""UpdateTimeToLive: lets items expire by an attribute, or ends that. Once an hour, like the service."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from .. import table_messages
from ..errors import ApiError, validation
from ..shapes import CONTROL_TABLE_NAME, boolean, required, string, structure
from ..state.definitions import TableDefinition, TimeToLive

if TYPE_CHECKING:
    from ..engine import Engine

#: source: API reference, UpdateTimeToLive
_INTERVAL_SECONDS: Final = 3_600
_STATES: Final = {"CREATING": "created", "DELETING": "deleted"}

SHAPE: Final = structure(
    "UpdateTimeToLiveInput",
    TableName=CONTROL_TABLE_NAME,
    TimeToLiveSpecification=required(
        structure(
            "TimeToLiveSpecification",
            AttributeName=required(string(1, 255)),
            Enabled=required(boolean()),
        )
    ),
)


@dataclass(frozen=True, slots=True)
class UpdateTimeToLive:
    table_name: str
    attribute: str
    enabled: bool


def validate(request: dict[str, Any]) -> UpdateTimeToLive:
    specification = request["TimeToLiveSpecification"]
    return UpdateTimeToLive(request["TableName"], specification["AttributeName"], specification["Enabled"])


def apply(prepared: UpdateTimeToLive, engine: Engine) -> dict[str, Any]:
    catalog = engine.catalog
    table = catalog.find(prepared.table_name)
    now = catalog.now()
    _check(prepared, table.definition, now)
    ttl = TimeToLive(prepared.attribute, prepared.enabled, now)
    catalog.change(table, replace(table.definition, time_to_live=ttl))
    return {"TimeToLiveSpecification": {"Enabled": prepared.enabled, "AttributeName": prepared.attribute}}


def _check(prepared: UpdateTimeToLive, definition: TableDefinition, now: float) -> None:
    state = _STATES.get(definition.status)
    if state is not None:
        raise ApiError("ResourceInUseException", table_messages.table_in_use(state, definition.name))
    attribute, ttl = definition.ttl_attribute, definition.time_to_live
    if attribute is None and not prepared.enabled:
        raise validation(table_messages.TTL_DISABLED)
    if attribute is not None and attribute != prepared.attribute:
        raise validation(table_messages.ttl_of_other_attribute(attribute))
    if attribute is not None and prepared.enabled:
        raise validation(table_messages.TTL_ENABLED)
    if ttl is not None and now - ttl.changed_at < _INTERVAL_SECONDS:
        raise validation(table_messages.TTL_TOO_OFTEN)
