"""DeleteTable: a table goes with all its items and indexes, unless it is protected or something is under way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .. import replica_messages, table_messages
from ..errors import ApiError, validation
from ..shapes import CONTROL_TABLE_NAME, structure
from ..state.definitions import TableDefinition
from ..state.description import describe

if TYPE_CHECKING:
    from ..engine import Engine

SHAPE: Final = structure("DeleteTableInput", TableName=CONTROL_TABLE_NAME)

#: so long a table stays that replicas were made of
_SOURCE_SECONDS: Final = 86_400.0
_STATES: Final = {"CREATING": "created", "UPDATING": "updated", "DELETING": "deleted"}


def validate(request: dict[str, Any]) -> str:
    name: str = request["TableName"]
    return name


def apply(prepared: str, engine: Engine) -> dict[str, Any]:
    table = engine.catalog.find(prepared)
    _check_state(table.definition)
    if table.definition.is_protected:
        raise validation(table_messages.PROTECTED)
    if any(engine.catalog.now() < replica.added_at + _SOURCE_SECONDS for replica in table.definition.replicas):
        raise validation(replica_messages.SOURCE_OF_REPLICAS)
    if table.definition.point_in_time is not None:
        engine.catalog.backups.add_last(table, engine.catalog.now())
    engine.catalog.delete(table)
    description = describe(table, engine.catalog.now())
    description.pop("GlobalSecondaryIndexes", None)  # as the service answers
    return {"TableDescription": description}


def _check_state(definition: TableDefinition) -> None:
    state = _STATES.get(definition.status)
    if state is not None:
        raise ApiError("ResourceInUseException", table_messages.table_in_use(state, definition.name))
    if any(index.status != "ACTIVE" for index in definition.all_indexes):
        raise ApiError("ResourceInUseException", table_messages.INDEXES_IN_USE)
