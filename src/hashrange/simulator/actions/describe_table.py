"""DescribeTable: a table as it is, in any state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..shapes import CONTROL_TABLE_NAME, structure
from ..state.description import describe

if TYPE_CHECKING:
    from ..engine import Engine

SHAPE: Final = structure("DescribeTableInput", TableName=CONTROL_TABLE_NAME)


def validate(request: dict[str, Any]) -> str:
    name: str = request["TableName"]
    return name


def apply(prepared: str, engine: Engine) -> dict[str, Any]:
    return {"Table": describe(engine.catalog.find(prepared), engine.catalog.now())}
