"""ListStreams: the streams of all tables, or of one, page by page; those that were switched off are there for a day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ...limits import STREAMS_PAGE_MAX_COUNT, TABLE_NAME_MAX_CHARS, TABLE_NAME_MIN_CHARS
from .. import stream_messages
from ..errors import validation
from ..shapes import NAME_PATTERN, string, structure
from .stream_shapes import LIMIT, STREAM_ARN

if TYPE_CHECKING:
    from ..engine import Engine

SHAPE: Final = structure(
    "ListStreamsInput",
    TableName=string(TABLE_NAME_MIN_CHARS, TABLE_NAME_MAX_CHARS, NAME_PATTERN),
    Limit=LIMIT,
    ExclusiveStartStreamArn=STREAM_ARN,
)


def validate(request: dict[str, Any]) -> dict[str, Any]:
    if request.get("Limit", 0) > STREAMS_PAGE_MAX_COUNT:
        raise validation(stream_messages.too_many_streams(STREAMS_PAGE_MAX_COUNT))
    return request


def apply(prepared: dict[str, Any], engine: Engine) -> dict[str, Any]:
    table, start = prepared.get("TableName"), prepared.get("ExclusiveStartStreamArn")
    found = [
        log
        for log in engine.catalog.streams
        if table in (None, log.table_name) and (start is None or log.arn > start)  # one that has gone will do
    ]
    page = found[: prepared.get("Limit", STREAMS_PAGE_MAX_COUNT)]
    answer: dict[str, Any] = {
        "Streams": [{"StreamArn": log.arn, "TableName": log.table_name, "StreamLabel": log.label} for log in page]
    }
    if len(page) < len(found):
        answer["LastEvaluatedStreamArn"] = page[-1].arn
    return answer
