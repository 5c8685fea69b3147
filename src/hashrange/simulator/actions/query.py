"""Query: the items of one partition of a table or index, in the order of their sort keys.

Owns the order of checks, and what a key condition reads. Source of the order: the service, as observed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final

from .. import read_messages
from ..errors import validation
from ..language.check import Condition, Placeholders, check_condition
from ..language.key_condition import (
    CONDITIONS_MAX_COUNT,
    AttributeCondition,
    SortRange,
    check_partition_condition,
    check_sort_condition,
    key_conditions,
    last_sort_key,
    sort_range,
)
from ..legacy import conditions
from ..page import page_answer
from ..reading import (
    Read,
    Source,
    check_filter_on_keys,
    check_filter_projected,
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
    unprinted_in_2026,
)
from ..start_key import check_members, check_part, check_table_part, checked_start_key
from ..state.keys import sort_bytes
from ..state.store import Bound, Record
from ..values import Item
from .shared_shapes import ATTRIBUTES_TO_GET, CONDITIONAL_OPERATOR, CONDITIONS

if TYPE_CHECKING:
    from ..engine import Engine

SELECT: Final = string(enum=("SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"))

SHAPE: Final = structure(
    "QueryInput",
    Select=SELECT,
    IndexName=INDEX_NAME,
    ReturnConsumedCapacity=RETURN_CONSUMED_CAPACITY,
    QueryFilter=CONDITIONS,
    TableName=required(TABLE_NAME),
    ConditionalOperator=CONDITIONAL_OPERATOR,
    AttributesToGet=ATTRIBUTES_TO_GET,
    Limit=unprinted_in_2026(integer(1)),
    KeyConditions=CONDITIONS,
    ExclusiveStartKey=ITEM,
    ConsistentRead=boolean(),
    ScanIndexForward=boolean(),
    KeyConditionExpression=string(),
    FilterExpression=string(),
    ProjectionExpression=string(),
    ExpressionAttributeValues=ITEM,
    ExpressionAttributeNames=NAMES,
)

_PLAIN: Final = ("AttributesToGet", "QueryFilter", "ConditionalOperator", "KeyConditions")
_EXPRESSIONS: Final = ("ProjectionExpression", "FilterExpression", "KeyConditionExpression")


class PreparedQuery(Read, frozen=True, kw_only=True):
    """A checked Query. ``conditions`` are by attribute; ``forward`` is ScanIndexForward."""

    conditions: Mapping[str, AttributeCondition]
    forward: bool


def validate(request: dict[str, Any]) -> PreparedQuery:
    """All that is checked before the table is looked up."""
    check_expression_mix(request, _PLAIN, _EXPRESSIONS)
    item_filter = legacy_filter(request, "QueryFilter")
    paths = checked_attributes_to_get(request)
    start_key = checked_start_key(request)
    if "KeyConditions" not in request and "KeyConditionExpression" not in request:
        raise validation(read_messages.KEY_CONDITIONS_MISSING)
    placeholders = placeholders_of(request)
    condition = _key_condition(request, placeholders)
    item_filter = expression_filter(request, placeholders) or item_filter
    projection = expression_paths(request, placeholders)
    check_unused(placeholders)
    by_name = _by_name(request, condition)
    check_select(request)
    return PreparedQuery(
        table=request["TableName"],
        index=request.get("IndexName"),
        consistent=request.get("ConsistentRead") or False,
        select=request.get("Select"),
        paths=projection if paths is None else tuple(paths),
        filter=item_filter,
        start_key=start_key,
        limit=request.get("Limit"),
        capacity=request.get("ReturnConsumedCapacity"),
        conditions=by_name,
        forward=request.get("ScanIndexForward") is not False,
    )


def _key_condition(request: Mapping[str, Any], placeholders: Placeholders) -> Condition | None:
    source = request.get("KeyConditionExpression")
    return None if source is None else check_condition(source, placeholders, "KeyCondition")


def _by_name(request: Mapping[str, Any], condition: Condition | None) -> Mapping[str, AttributeCondition]:
    """The key conditions by attribute, from the expression or from KeyConditions."""
    if condition is not None:
        found = key_conditions(condition)
    else:
        found = {one.name: one for one in conditions(request["KeyConditions"])}
    if not 1 <= len(found) <= CONDITIONS_MAX_COUNT:
        raise validation(read_messages.KEY_CONDITIONS_COUNT)
    return found


def apply(query: PreparedQuery, engine: Engine) -> dict[str, Any]:
    """One page of what the query finds."""
    source = source_of(query, engine)
    _check_keys(source, query)
    sort = source.keys.sort
    condition = None if sort is None else query.conditions.get(sort)
    within = sort_range(condition)
    # in an index, entries with the same keys may follow
    last = None if source.index is not None else last_sort_key(condition, forward=query.forward)
    if query.start_key is not None:
        check_table_part(source, query.start_key)
        _check_start_key_within(source, query, query.start_key, within, last)
    check_scalar_keys(source.table, query.paths)
    check_filter_on_keys(source, query)
    check_selected(source, query)
    check_scalar_keys(source.table, query.filtered_paths)
    check_projected(source, query)
    check_filter_projected(source, query)
    return page_answer(source, query, _records(source, query, within), last, _partition(source, query))


def _check_keys(source: Source, query: PreparedQuery) -> None:
    """Hold the start key's parts and the conditions against the keys, one key after the other."""
    keys, start_key = source.keys, query.start_key
    if start_key is not None:
        check_members(source, start_key, scanned=False)
        check_part(source, start_key, keys.partition)
    index = None if source.index is None else source.index.name
    check_partition_condition(
        query.conditions, keys.partition, keys.partition_type, has_sort_key=keys.sort is not None, index=index
    )
    if keys.sort is not None and keys.sort_type is not None:
        if start_key is not None:
            check_part(source, start_key, keys.sort)
        check_sort_condition(query.conditions, keys.sort, keys.sort_type, index=index)


def _check_start_key_within(
    source: Source, query: PreparedQuery, start_key: Item, within: SortRange, last: bytes | None
) -> None:
    """Refuse a start key that this query could not have answered with.

    Args:
        last: the sort key that nothing can follow.
    """
    keys = source.keys
    is_partition = start_key[keys.partition] == query.conditions[keys.partition].arguments[0]
    if keys.sort is None or keys.sort not in query.conditions:
        if not is_partition:
            raise validation(read_messages.START_KEY_OUTSIDE)
        return
    sort = sort_bytes(start_key[keys.sort])
    if sort not in within or sort == last:
        raise validation(read_messages.START_KEY_NOT_IN_RANGE)
    if not is_partition:
        raise validation(read_messages.START_KEY_OF_ONE_ROW)


def _partition(source: Source, query: PreparedQuery) -> bytes:
    return sort_bytes(query.conditions[source.keys.partition].arguments[0])


def _records(source: Source, query: PreparedQuery, within: SortRange) -> Iterator[Record]:
    """Everything that the query could read, in its order."""
    partition = _partition(source, query)
    after: Bound | None = None if query.start_key is None else source.locate(query.start_key)[1]
    low, high = within.low, within.high
    if query.forward:
        records = source.store.records(partition, after or ((low,) if low else None))
        return records if high is None else takewhile(lambda record: record.sort < high, records)
    if after is None and high is not None:
        after = (high,)
    records = source.store.records(partition, after, backward=True)
    return takewhile(lambda record: record.sort >= low, records) if low else records
