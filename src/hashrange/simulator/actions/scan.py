"""Scan: all items of a table or index, in the order of their partition keys' hash.

Owns the order of checks, and which items a segment of a parallel scan has. Source of the order: the service, as
observed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from ...limits import SCAN_SEGMENTS_MAX_COUNT
from .. import read_messages
from ..errors import validation
from ..page import page_answer
from ..reading import (
    Read,
    Source,
    check_projected,
    check_select,
    check_selected,
    expression_filter,
    expression_paths,
    legacy_filter,
    source_of,
)
from ..requests import (
    check_expression_mix,
    check_scalar_keys,
    check_unused,
    checked_attributes_to_get,
    placeholders_of,
)
from ..shapes import (
    INDEX_NAME,
    ITEM,
    NAMES,
    RETURN_CONSUMED_CAPACITY,
    TABLE_NAME,
    boolean,
    integer,
    required,
    string,
    structure,
)
from ..start_key import check_members, check_part, check_segment, check_table_part, checked_start_key
from ..state.keys import segment_buckets
from ..state.store import Record
from ..values import Item
from .query import SELECT
from .shared_shapes import ATTRIBUTES_TO_GET, CONDITIONAL_OPERATOR, CONDITIONS

if TYPE_CHECKING:
    from ..engine import Engine

SHAPE: Final = structure(
    "ScanInput",
    Select=SELECT,
    IndexName=INDEX_NAME,
    TotalSegments=integer(1, SCAN_SEGMENTS_MAX_COUNT),
    ReturnConsumedCapacity=RETURN_CONSUMED_CAPACITY,
    TableName=required(TABLE_NAME),
    ConditionalOperator=CONDITIONAL_OPERATOR,
    ScanFilter=CONDITIONS,
    Segment=integer(0, SCAN_SEGMENTS_MAX_COUNT - 1),
    Limit=integer(1),
    AttributesToGet=ATTRIBUTES_TO_GET,
    ExclusiveStartKey=ITEM,
    ConsistentRead=boolean(),
    FilterExpression=string(),
    ProjectionExpression=string(),
    ExpressionAttributeValues=ITEM,
    ExpressionAttributeNames=NAMES,
)

_PLAIN: Final = ("AttributesToGet", "ScanFilter", "ConditionalOperator")
_EXPRESSIONS: Final = ("ProjectionExpression", "FilterExpression")


class PreparedScan(Read, frozen=True, kw_only=True):
    """A checked Scan. ``segment`` of ``segments``: 0 of 1 is the whole."""

    segment: int
    segments: int


def validate(request: dict[str, Any]) -> PreparedScan:
    """All that is checked before the table is looked up."""
    check_expression_mix(request, _PLAIN, _EXPRESSIONS)
    paths = checked_attributes_to_get(request)
    item_filter = legacy_filter(request, "ScanFilter")
    start_key = checked_start_key(request)
    segment, segments = _checked_segment(request)
    placeholders = placeholders_of(request)
    item_filter = expression_filter(request, placeholders) or item_filter
    projection = expression_paths(request, placeholders)
    check_unused(placeholders)
    check_select(request)
    return PreparedScan(
        table=request["TableName"],
        index=request.get("IndexName"),
        consistent=request.get("ConsistentRead") or False,
        select=request.get("Select"),
        paths=projection if paths is None else tuple(paths),
        filter=item_filter,
        start_key=start_key,
        limit=request.get("Limit"),
        capacity=request.get("ReturnConsumedCapacity"),
        segment=segment,
        segments=segments,
    )


def _checked_segment(request: Mapping[str, Any]) -> tuple[int, int]:
    segment, total = request.get("Segment"), request.get("TotalSegments")
    if segment is None and total is None:
        return 0, 1
    if total is None:
        raise validation(read_messages.SEGMENT_WITHOUT_TOTAL)
    if segment is None:
        raise validation(read_messages.TOTAL_WITHOUT_SEGMENT)
    if segment >= total:
        raise validation(read_messages.segment_too_large(segment, total))
    return segment, total


def apply(scan: PreparedScan, engine: Engine) -> dict[str, Any]:
    """One page of the scan."""
    source = source_of(scan, engine, "Scan")
    if scan.start_key is not None:
        check_members(source, scan.start_key, scanned=True)
        _check_index_part(source, scan.start_key)
    check_scalar_keys(source.table, scan.paths)
    check_selected(source, scan)
    if scan.start_key is not None:
        check_table_part(source, scan.start_key)
        check_segment(source, scan.start_key, scan.segment, scan.segments)
    check_scalar_keys(source.table, scan.filtered_paths)
    check_projected(source, scan)
    return page_answer(source, scan, _records(source, scan))


def _check_index_part(source: Source, start_key: Item) -> None:
    if source.index is not None:
        for name in source.keys.names:
            check_part(source, start_key, name)


def _records(source: Source, scan: PreparedScan) -> Iterator[Record]:
    """Everything that the scan could read, in its order."""
    buckets = segment_buckets(scan.segment, scan.segments)
    after = None if scan.start_key is None else source.locate(scan.start_key)
    return source.store.scan(buckets, after)
