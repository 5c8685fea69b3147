"""Query: the items of one partition of a table or index, in the order of their sort keys.

Owns the order of checks, and what a key condition reads. Source of the order: the service, as observed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final

from ...limits import KEY_ATTRIBUTES_MAX_COUNT
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
from ..language.multi_key_condition import check_multi_partition, check_multi_sort, multi_sort_range
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
from ..state.keys import MultiKeySchema, sort_bytes
from ..state.store import Bound, Record, Store
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
    most = CONDITIONS_MAX_COUNT if "IndexName" not in request else 2 * KEY_ATTRIBUTES_MAX_COUNT
    if not 1 <= len(found) <= most:
        raise validation(read_messages.KEY_CONDITIONS_COUNT)
    return found


def apply(query: PreparedQuery, engine: Engine) -> dict[str, Any]:
    """One page of what the query finds."""
    if len(query.conditions) > CONDITIONS_MAX_COUNT:
        _check_count(query, engine)
    source = source_of(query, engine)
    _check_keys(source, query)
    partition, within, last = _stretch(source, query)
    if query.start_key is not None:
        check_table_part(source, query.start_key)
        _check_start_key_within(source, query, query.start_key, partition, within, last)
    check_scalar_keys(source.table, query.paths)
    check_filter_on_keys(source, query)
    check_selected(source, query)
    check_scalar_keys(source.table, query.filtered_paths)
    check_projected(source, query)
    check_filter_projected(source, query)
    after = None if query.start_key is None else source.locate(query.start_key)[1]
    records = records_within(source.store, partition, within, after, forward=query.forward)
    return page_answer(source, query, records, last, partition)


def _check_count(query: PreparedQuery, engine: Engine) -> None:
    """Refuse more than two conditions, unless they are about an index whose keys have more attributes."""
    table = engine.catalog.get(query.table)
    index = None if table is None else table.index(query.index or "")
    if index is None or not isinstance(index.keys, MultiKeySchema):
        raise validation(read_messages.KEY_CONDITIONS_COUNT)


def _stretch(source: Source, query: PreparedQuery) -> tuple[bytes, SortRange, bytes | None]:
    """Partition and sort keys that the conditions allow; and the key that nothing can follow, if they name it."""
    keys, conditions = source.keys, query.conditions
    if isinstance(keys, MultiKeySchema):
        partition = keys.partition_bytes({name: conditions[name].arguments[0] for name in keys.partitions})
        return partition, multi_sort_range(conditions, keys), None
    condition = None if keys.sort is None else conditions.get(keys.sort)
    # in an index, entries with the same keys may follow
    last = None if source.index is not None else last_sort_key(condition, forward=query.forward)
    return sort_bytes(conditions[keys.partition].arguments[0]), sort_range(condition), last


def _check_keys(source: Source, query: PreparedQuery) -> None:
    """Hold the start key's parts and the conditions against the keys, one key after the other."""
    keys, start_key = source.keys, query.start_key
    index = None if source.index is None else source.index.name
    if start_key is not None:
        check_members(source, start_key, scanned=False)
        for name in keys.partitions:
            check_part(source, start_key, name)
    if isinstance(keys, MultiKeySchema):
        check_multi_partition(query.conditions, keys, index)
        if start_key is not None:
            for name in keys.sorts:
                check_part(source, start_key, name)
        check_multi_sort(query.conditions, keys, index)
        return
    check_partition_condition(
        query.conditions, keys.partition, keys.partition_type, has_sort_key=keys.sort is not None, index=index
    )
    if keys.sort is not None and keys.sort_type is not None:
        if start_key is not None:
            check_part(source, start_key, keys.sort)
        check_sort_condition(query.conditions, keys.sort, keys.sort_type, index=index)


def _check_start_key_within(
    source: Source, query: PreparedQuery, start_key: Item, wanted: bytes, within: SortRange, last: bytes | None
) -> None:
    """Refuse a start key that this query could not have answered with.

    Args:
        wanted: the partition.
        last: the sort key that nothing can follow.
    """
    keys, (partition, (sort, _)) = source.keys, source.locate(start_key)
    is_partition = partition == wanted
    if keys.sort is None or keys.sort not in query.conditions:
        if not is_partition:
            raise validation(read_messages.START_KEY_OUTSIDE)
        return
    if sort not in within or sort == last:
        raise validation(read_messages.START_KEY_NOT_IN_RANGE)
    if not is_partition:
        raise validation(read_messages.START_KEY_OF_ONE_ROW)


def records_within(
    store: Store, partition: bytes, within: SortRange, after: Bound | None, *, forward: bool
) -> Iterator[Record]:
    """The items of a stretch of one partition in order (or against it), those strictly after a place."""
    low, high = within.low, within.high
    if forward:
        records = store.records(partition, after or ((low,) if low else None))
        return records if high is None else takewhile(lambda record: record.sort < high, records)
    if after is None and high is not None:
        after = (high,)
    records = store.records(partition, after, backward=True)
    return takewhile(lambda record: record.sort >= low, records) if low else records
