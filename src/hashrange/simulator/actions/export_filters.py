"""FilterSpecification of an export: which items it takes, and which of their attributes.

It is a Scan, or with a key condition a Query, whose answers are written instead of sent; so their rules hold, and their
texts. Source: API reference, FilterSpecification.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from ..shapes import ITEM, NAMES, string, structure
from . import query, scan

if TYPE_CHECKING:
    from ..engine import Engine

FILTER_SPECIFICATION: Final = structure(
    "FilterSpecification",
    FilterExpression=string(),
    ProjectionExpression=string(),
    KeyConditionExpression=string(),
    ExpressionAttributeNames=NAMES,
    ExpressionAttributeValues=ITEM,
)

_encode: Final = msgspec.json.Encoder().encode


def check_filter(table: str, specification: dict[str, Any]) -> None:
    """All that is wrong with a specification, whatever the table holds.

    Raises:
        ApiError: ValidationException.
    """
    _answer(_request(table, specification), None)


def filtered_parts(table: str, specification: dict[str, Any], count: int, engine: Engine) -> list[list[bytes]]:
    """The items that an export takes, as JSON, in so many parts; with a key condition all are in the first.

    Raises:
        ApiError: ValidationException: the specification does not fit the table.
    """
    request = _request(table, specification)
    if "KeyConditionExpression" in request:
        return [_items(request, engine), *([] for _ in range(count - 1))]
    return [_items({**request, "Segment": segment, "TotalSegments": count}, engine) for segment in range(count)]


def _request(table: str, specification: dict[str, Any]) -> dict[str, Any]:
    return {**specification, "TableName": table, "ConsistentRead": True}


def _items(request: dict[str, Any], engine: Engine) -> list[bytes]:
    """The items of all pages; an export is never throttled."""
    found: list[bytes] = []
    start: dict[str, Any] | None = None
    trouble, engine.trouble = engine.trouble, None
    try:
        while True:
            page = _answer(request if start is None else {**request, "ExclusiveStartKey": start}, engine)
            found += map(_encode, page["Items"])
            start = page.get("LastEvaluatedKey")
            if start is None:
                return found
    finally:
        engine.trouble = trouble


def _answer(request: dict[str, Any], engine: Engine | None) -> dict[str, Any]:
    """The answer of one page; without an engine the request is only checked."""
    if "KeyConditionExpression" in request:
        prepared_query = query.validate(request)
        return {} if engine is None else query.apply(prepared_query, engine)
    prepared_scan = scan.validate(request)
    return {} if engine is None else scan.apply(prepared_scan, engine)
