"""DescribeContinuousBackups: whether a table can be recovered at a point in time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..shapes import CONTROL_TABLE_NAME, structure
from .continuous_backups import backed_up_table, continuous_backups

if TYPE_CHECKING:
    from ..engine import Engine

SHAPE: Final = structure("DescribeContinuousBackupsInput", TableName=CONTROL_TABLE_NAME)


def validate(request: dict[str, Any]) -> str:
    name: str = request["TableName"]
    return name


def apply(prepared: str, engine: Engine) -> dict[str, Any]:
    return continuous_backups(backed_up_table(prepared, engine), engine.catalog.now())
