"""ListImports: the imports into a table, or all, of the last 90 days; the oldest first, page by page.

The order is a guess. A token has the form of the service's: hexadecimal digits, of which it says how many there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .. import export_messages
from ..errors import validation
from ..shapes import integer, string, structure
from .import_descriptions import import_summary
from .s3_jobs import PAGE_MAX_COUNT, page_of

if TYPE_CHECKING:
    from ..engine import Engine

_TOKEN_MIN_CHARS: Final = 112
_TOKEN_UNIT_BYTES: Final = 8

SHAPE: Final = structure(
    "ListImportsInput",
    TableArn=string(1, 1024),
    PageSize=integer(1, PAGE_MAX_COUNT),
    NextToken=string(_TOKEN_MIN_CHARS, 1024, "([0-9a-f]{16})+"),
)


def validate(request: dict[str, Any]) -> dict[str, Any]:
    token = request.get("NextToken")
    return request if token is None else {**request, "NextToken": _arn_of(token)}


def apply(prepared: dict[str, Any], engine: Engine) -> dict[str, Any]:
    catalog = engine.catalog
    table, limit, start = (prepared.get(name) for name in ("TableArn", "PageSize", "NextToken"))
    jobs, following = page_of(catalog.imports, table, limit, start, engine)
    now = catalog.clock.monotonic()
    token = {} if following is None else {"NextToken": _token_of(following)}
    return {"ImportSummaryList": [import_summary(job, now) for job in jobs], **token}


def _token_of(arn: str) -> str:
    content = arn.encode()
    size = max(_TOKEN_MIN_CHARS // 2, -(-len(content) // _TOKEN_UNIT_BYTES) * _TOKEN_UNIT_BYTES)
    return content.ljust(size, b"\0").hex()


def _arn_of(token: str) -> str:
    arn = bytes.fromhex(token).rstrip(b"\0").decode("utf-8", "replace")
    if "/import/" not in arn:
        raise validation(export_messages.NEXT_TOKEN_INVALID)
    return arn
