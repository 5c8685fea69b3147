"""ListExports: the exports of a table, or of all, of the last 90 days; the oldest first, page by page.

The order is a guess; a token is the ARN to go on behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .. import export_messages
from ..errors import validation
from ..shapes import integer, string, structure
from .s3_jobs import PAGE_MAX_COUNT, page_of

if TYPE_CHECKING:
    from ..engine import Engine

SHAPE: Final = structure(
    "ListExportsInput",
    TableArn=string(1, 1024),
    MaxResults=integer(1, PAGE_MAX_COUNT),
    NextToken=string(),
)


def validate(request: dict[str, Any]) -> dict[str, Any]:
    if "/export/" not in request.get("NextToken", "/export/"):
        raise validation(export_messages.NEXT_TOKEN_INVALID)
    return request


def apply(prepared: dict[str, Any], engine: Engine) -> dict[str, Any]:
    catalog = engine.catalog
    table, limit, start = (prepared.get(name) for name in ("TableArn", "MaxResults", "NextToken"))
    jobs, following = page_of(catalog.exports, table, limit, start, engine)
    now = catalog.clock.monotonic()
    summaries = [{"ExportArn": job.arn, "ExportStatus": job.status(now), "ExportType": "FULL_EXPORT"} for job in jobs]
    return {"ExportSummaries": summaries, **({} if following is None else {"NextToken": following})}
