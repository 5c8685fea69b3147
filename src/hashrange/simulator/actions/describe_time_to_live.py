"""DescribeTimeToLive: whether items of a table expire, and by which attribute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .. import table_messages
from ..errors import validation
from ..shapes import CONTROL_TABLE_NAME, structure

if TYPE_CHECKING:
    from ..engine import Engine

SHAPE: Final = structure("DescribeTimeToLiveInput", TableName=CONTROL_TABLE_NAME)


def validate(request: dict[str, Any]) -> str:
    name: str = request["TableName"]
    return name


def apply(prepared: str, engine: Engine) -> dict[str, Any]:
    definition = engine.catalog.find(prepared).definition
    if definition.status in ("CREATING", "DELETING"):
        raise validation(table_messages.ttl_not_describable(definition.status))
    attribute = definition.ttl_attribute
    if attribute is None:
        return {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
    return {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": attribute}}
