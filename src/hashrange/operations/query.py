"""Query and Scan: requests in wire shape, and what a page of their answers means.

Must not know models, transports, cursors' outer form or time.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct

from .. import limits
from ..codec import decode_value, encode_value
from ..errors import ValidationError
from ..expressions import Attr, Condition, Placeholders, Raw, SortCondition, render_key_condition
from ..expressions.projection import ProjectionLike, projected_names, render_projection
from ..key import Key, KeySchema
from ..schema import IndexSchema, TableSchema
from ..types import KeyValue, WireItem, WireObject
from .cursor import binding
from .item import add_placeholders, as_condition


class Read(Struct, frozen=True, kw_only=True):
    """What a Query or a Scan is to read.

    Attributes:
        schema, index: the table, and its index or None.
        partition, sort: a query's partition key value, and the condition on its sort key; both None for a scan.
        filter, projection, descending, consistent: as the service has them.
        page_size: items that one request may read; None: as many as fit into 1 MB.
        expires_after: only items whose TTL attribute is missing or later than this (epoch seconds); None: all.
        capacity: the wire's word, or None.
    """

    schema: TableSchema
    index: IndexSchema | None = None
    partition: KeyValue | None = None
    sort: SortCondition | KeyValue | Raw | None = None
    filter: Condition | None = None
    projection: ProjectionLike | None = None
    descending: bool = False
    consistent: bool = False
    page_size: int | None = None
    expires_after: int | None = None
    capacity: str | None = None

    @property
    def operation(self) -> str:
        return "Scan" if self.partition is None else "Query"

    @property
    def keys(self) -> KeySchema:
        """The keys by which is read."""
        return self.schema.keys if self.index is None else self.index.keys

    @property
    def position_names(self) -> tuple[str, ...]:
        """The attributes that tell a position: the keys of the index and of the table."""
        further = () if self.index is None else self.index.further_keys
        return tuple(dict.fromkeys((*self.keys.names, *further, *self.schema.keys.names)))


class Plan(Struct, frozen=True):
    """A read, rendered once for all its pages.

    Attributes:
        request: what all pages' requests have in common.
        hidden: attributes that are read for positions only and that the user did not ask for.
        overread: whether a page may read more items than are still wanted. It should where a filter leaves few of
            them; it must not where the position of an item in mid-page cannot be told.
    """

    operation: str
    request: WireObject
    hidden: tuple[str, ...]
    overread: bool

    def page(self, start: WireItem | None, limit: int | None) -> WireObject:
        """The request of one page: after ``start``, reading at most ``limit`` items."""
        request = dict(self.request)
        if start is not None:
            request["ExclusiveStartKey"] = start
        if limit is not None:
            request["Limit"] = limit
        return request

    def of_segment(self, segment: int, segments: int) -> Plan:
        """The same scan, of one of its segments."""
        request = self.request | {"Segment": segment, "TotalSegments": segments}
        return Plan(self.operation, request, self.hidden, self.overread)


def plan(read: Read, *, count_only: bool = False) -> Plan:
    """The plan of a read.

    Raises:
        ValidationError: a parameter is not one that the service takes, or not in this combination.
    """
    _check(read)
    placeholders = Placeholders()
    request: WireObject = {"TableName": read.schema.name}
    if read.index is not None:
        request["IndexName"] = read.index.name
    if read.partition is not None:
        request["KeyConditionExpression"] = render_key_condition(read.keys, read.partition, read.sort, placeholders)
    condition = _with_expiry(read)
    overread = condition is not None
    if condition is not None:
        request["FilterExpression"] = condition.render(placeholders)
    hidden: tuple[str, ...] = ()
    if count_only:
        request["Select"] = "COUNT"
    elif read.projection is not None:
        request["ProjectionExpression"], hidden, positions = _projection(read, read.projection, placeholders)
        overread = overread and positions
    add_placeholders(request, placeholders)
    if read.descending:
        request["ScanIndexForward"] = False
    if read.consistent:
        request["ConsistentRead"] = True
    if read.capacity is not None:
        request["ReturnConsumedCapacity"] = read.capacity
    return Plan(read.operation, request, hidden, overread)


def position(item: Mapping[str, Any], read: Read) -> WireItem:
    """The ExclusiveStartKey that goes on after this item (in wire shape)."""
    return {name: item[name] for name in read.position_names}


def item_key(item: Mapping[str, Any], keys: KeySchema) -> Key | None:
    """The key of an item in wire shape, for errors; None where a projection left it out."""
    if not item.keys() >= set(keys.names):
        return None
    return Key(*(decode_value(item[name]) for name in keys.names))


def fingerprint(read: Read, plan: Plan) -> str:
    """What a cursor of this read is bound to: operation, table, index, partition key, and segment of a scan."""
    kind, content = "", None
    if read.partition is not None:
        ((kind, content),) = encode_value(read.partition).items()
        if kind == "N":  # 1, 1.0 and 1E0 are one number
            content = "/".join(map(str, Decimal(content).as_integer_ratio()))
    index = None if read.index is None else read.index.name
    segment = plan.request.get("Segment"), plan.request.get("TotalSegments")
    return binding(plan.operation, read.schema.name, index, kind, content, *segment)


def _check(read: Read) -> None:
    if read.index is not None and read.index.further_keys and read.partition is not None:
        raise ValidationError(
            f"the keys of index {read.index.name!r} have several attributes: {', '.join(read.index.key_names)}",
            hint="query it by db.call('Query', {...}), with a condition on each attribute of its partition key; "
            "scan(index=...) reads it as any other",
        )
    if read.consistent and read.index is not None and read.index.is_global:
        raise ValidationError(
            f"index {read.index.name!r} is global, and global indexes cannot be read consistently",
            hint="drop consistent=True, or read the table or a local index",
        )
    if read.page_size is not None and (type(read.page_size) is not int or read.page_size < 1):
        raise ValidationError(f"page_size is {read.page_size!r}; it must be a whole number of at least 1")


def _with_expiry(read: Read) -> Condition | None:
    """The filter, and the condition that hides expired items where that is wanted."""
    given = as_condition(read.filter, "filter")
    if read.expires_after is None:
        return given
    attribute = read.schema.ttl_attribute
    if attribute is None:
        raise ValidationError(
            f"hide_expired needs the name of the TTL attribute of table {read.schema.name!r}",
            hint="declare it: db.table(name, ttl_attribute='expires_at'), or use db.load_table(name)",
        )
    expiry = Attr(attribute)
    # DynamoDB expires only numbers: anything else in that attribute never does
    alive = ~expiry.has_type("N") | (expiry > read.expires_after)
    return alive if given is None else given & alive


def _projection(
    read: Read, projection: ProjectionLike, placeholders: Placeholders
) -> tuple[str, tuple[str, ...], bool]:
    """The projection's text, with what positions need added; the names that were added; whether positions are known."""
    text = render_projection(projection, placeholders)
    asked = projected_names(projection)
    if asked is None:  # Raw: what it asks for is not known, so nothing can be added to it
        return text, (), False
    missing = tuple(name for name in read.position_names if name not in asked)
    return ", ".join([text, *map(placeholders.name, missing)]), missing, True


def check_segments(segments: int) -> None:
    """Refuse a number of segments that a parallel scan cannot have."""
    if type(segments) is not int or not 1 <= segments <= limits.SCAN_SEGMENTS_MAX_COUNT:
        raise ValidationError(
            f"segments is {segments!r}; it must be a whole number from 1 to {limits.SCAN_SEGMENTS_MAX_COUNT}"
        )
