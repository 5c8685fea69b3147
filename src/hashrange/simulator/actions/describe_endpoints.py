"""DescribeEndpoints: the address of the region's endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..shapes import structure

if TYPE_CHECKING:
    from ..engine import Engine

_CACHE_MINUTES: Final = 1_440

SHAPE: Final = structure("DescribeEndpointsRequest")


def validate(request: dict[str, Any]) -> None:
    """There is nothing to check."""


def apply(prepared: None, engine: Engine) -> dict[str, Any]:
    address = f"dynamodb.{engine.region}.amazonaws.com"
    return {"Endpoints": [{"Address": address, "CachePeriodInMinutes": _CACHE_MINUTES}]}
