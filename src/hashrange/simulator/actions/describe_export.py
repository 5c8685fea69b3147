"""DescribeExport: how an export goes, and what it has written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .. import export_messages
from ..errors import ApiError
from ..shapes import structure
from .export_descriptions import export_description
from .s3_jobs import ARN

if TYPE_CHECKING:
    from ..engine import Engine

SHAPE: Final = structure("DescribeExportInput", ExportArn=ARN)


def validate(request: dict[str, Any]) -> str:
    arn: str = request["ExportArn"]
    return arn


def apply(prepared: str, engine: Engine) -> dict[str, Any]:
    catalog = engine.catalog
    job = catalog.exports.get(prepared, catalog.now())
    if job is None:
        raise ApiError("ExportNotFoundException", export_messages.export_not_found(prepared))
    return {"ExportDescription": export_description(job, catalog.clock.monotonic())}
