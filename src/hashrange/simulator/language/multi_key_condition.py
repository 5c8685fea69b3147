"""Key conditions on an index whose keys are made of several attributes.

All attributes of the partition key are named by equality; those of the sort key from left to right, without a gap, and
only the last one that is named may be a range. Source: Amazon DynamoDB Developer Guide, "Multi-attribute keys".
What may be said of one attribute, and with which texts it is refused, is ``key_condition``'s.
"""

from __future__ import annotations

from collections.abc import Mapping

from .. import read_messages
from ..errors import validation
from ..state.keys import MultiKeySchema, part_bytes, part_prefix
from .key_condition import (
    AttributeCondition,
    SortRange,
    after_all_with,
    check_partition_condition,
    check_sort_condition,
    sort_range,
)


def check_multi_partition(
    conditions: Mapping[str, AttributeCondition], keys: MultiKeySchema, index: str | None
) -> None:
    """Refuse conditions that do not name one partition. Raises as ``check_partition_condition``."""
    if not keys.sorts and len(conditions) > len(keys.partitions):
        raise validation(read_messages.KEY_CONDITION_NOT_SUPPORTED)
    for name in keys.partitions:
        check_partition_condition(conditions, name, keys.types[name], has_sort_key=True, index=index)


def check_multi_sort(conditions: Mapping[str, AttributeCondition], keys: MultiKeySchema, index: str | None) -> None:
    """Refuse further conditions that are not about the sort key's first attributes, or that its order cannot serve.

    Raises:
        ApiError: a ValidationException.
    """
    remaining = len(conditions) - len(keys.partitions)
    is_range = False
    for name in keys.sorts:
        condition = conditions.get(name)
        if condition is None:
            if remaining:
                raise validation(read_messages.key_condition_missing(name))
            return
        check_sort_condition(conditions, name, keys.types[name], index=index)
        if is_range:
            raise validation(read_messages.KEY_CONDITION_NOT_SUPPORTED)
        is_range = condition.operator != "EQ"
        remaining -= 1
    if remaining:
        raise validation(read_messages.KEY_CONDITION_NOT_SUPPORTED)


def multi_sort_range(conditions: Mapping[str, AttributeCondition], keys: MultiKeySchema) -> SortRange:
    """The sort keys that checked conditions allow."""
    if len(keys.sorts) == 1:
        return sort_range(conditions.get(keys.sorts[0]))
    prefix = b""
    for name in keys.sorts:
        condition = conditions.get(name)
        if condition is None:
            break
        if condition.operator != "EQ":
            return _range_behind(prefix, condition)
        prefix += part_bytes(condition.arguments[0])
    return SortRange(prefix, after_all_with(prefix))


def _range_behind(prefix: bytes, condition: AttributeCondition) -> SortRange:
    """The sort keys that begin with a prefix and go on with a value that a condition allows."""
    first, *others = (prefix + part_bytes(argument) for argument in condition.arguments)
    match condition.operator:
        case "LT":
            return SortRange(prefix, first)
        case "LE":
            return SortRange(prefix, _behind(first))
        case "GT":
            return SortRange(_behind(first), after_all_with(prefix))
        case "GE":
            return SortRange(first, after_all_with(prefix))
        case "BETWEEN":
            return SortRange(first, _behind(others[0]))
        case "BEGINS_WITH":
            begin = prefix + part_prefix(condition.arguments[0])
            return SortRange(begin, after_all_with(begin))
    raise AssertionError(f"{condition.operator} has been refused")


def _behind(parts: bytes) -> bytes:
    """The first bytes after all keys that begin with some parts, the last of which ends in a zero."""
    return parts[:-1] + b"\1"
