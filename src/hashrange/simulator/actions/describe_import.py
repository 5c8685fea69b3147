"""DescribeImport: how an import goes, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .. import export_messages
from ..errors import ApiError
from ..shapes import structure
from .import_descriptions import import_description
from .s3_jobs import ARN

if TYPE_CHECKING:
    from ..engine import Engine

SHAPE: Final = structure("DescribeImportInput", ImportArn=ARN)


def validate(request: dict[str, Any]) -> str:
    arn: str = request["ImportArn"]
    return arn


def apply(prepared: str, engine: Engine) -> dict[str, Any]:
    catalog = engine.catalog
    job = catalog.imports.get(prepared, catalog.now())
    if job is None:
        raise ApiError("ImportNotFoundException", export_messages.import_not_found(prepared))
    return {"ImportTableDescription": import_description(job, catalog.clock.monotonic())}
