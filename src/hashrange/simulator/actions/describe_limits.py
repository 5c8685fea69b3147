"""DescribeLimits: what an account and a table may provision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..shapes import structure
from .capacity_limits import ACCOUNT_UNITS_MAX, TABLE_UNITS_MAX

if TYPE_CHECKING:
    from ..engine import Engine

SHAPE: Final = structure("DescribeLimitsInput")


def validate(request: dict[str, Any]) -> None:
    """There is nothing to check."""


def apply(prepared: None, engine: Engine) -> dict[str, Any]:
    return {
        "AccountMaxReadCapacityUnits": ACCOUNT_UNITS_MAX,
        "AccountMaxWriteCapacityUnits": ACCOUNT_UNITS_MAX,
        "TableMaxReadCapacityUnits": TABLE_UNITS_MAX,
        "TableMaxWriteCapacityUnits": TABLE_UNITS_MAX,
    }
