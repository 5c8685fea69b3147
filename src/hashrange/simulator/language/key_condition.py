"""Key conditions: which partition a query reads, and which stretch of its sort keys.

A checked condition becomes one condition for each attribute (as KeyConditions has them), these are held against the
keys of a table or index, and become bytes. Must not know tables, stores or requests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from ...limits import PARTITION_KEY_MAX_BYTES, SORT_KEY_MAX_BYTES
from .. import messages, read_messages, values
from ..errors import validation
from ..state.keys import sort_bytes
from ..values import AttributeValue
from .check import Call, Condition, Junction, Literal, Operand, Path, Test

CONDITIONS_MAX_COUNT: Final = 2

#: operator of the language → of KeyConditions
_OPERATORS: Final = {"=": "EQ", "<": "LT", "<=": "LE", ">": "GT", ">=": "GE"}
#: the same with its sides exchanged
_MIRRORED: Final = {"=": "EQ", "<": "GT", "<=": "GE", ">": "LT", ">=": "LE"}
_NOT_INDEXABLE: Final = frozenset({"NULL", "NOT_NULL", "NE", "CONTAINS", "NOT_CONTAINS", "IN"})


class AttributeCondition(Struct, frozen=True):
    """One attribute's condition.

    Attributes:
        name: the attribute; never a path.
        operator: EQ, NE, … as in KeyConditions.
        arguments: canonical.
    """

    name: str
    operator: str
    arguments: tuple[AttributeValue, ...] = ()


class SortRange(Struct, frozen=True):
    """A stretch of sort keys, as bytes: from ``low`` on, up to but without ``high``; None: to the end."""

    low: bytes = b""
    high: bytes | None = None

    def __contains__(self, key: bytes) -> bool:
        return self.low <= key and (self.high is None or key < self.high)


# ── a condition of the language → conditions of attributes ───────────────────────────────────────────────────────────
def key_conditions(condition: Condition) -> dict[str, AttributeCondition]:
    """A checked KeyConditionExpression by attribute.

    Raises:
        ApiError: a ValidationException: it says what cannot be said of keys.
    """
    found: dict[str, AttributeCondition] = {}
    pending = [condition]
    while pending:
        part = pending.pop()
        if isinstance(part, Junction):
            if part.operator != "AND":
                raise validation(read_messages.key_condition_operator(part.operator))
            pending += reversed(part.parts)
            continue
        one = _attribute_condition(part)
        if one.name in found:
            raise validation(read_messages.KEY_CONDITION_TWICE)
        found[one.name] = one
    return found


def _attribute_condition(part: Test | Call) -> AttributeCondition:
    if isinstance(part, Call):
        if part.function != "begins_with":
            raise validation(read_messages.key_condition_operator(part.function))
        return _path_first("BEGINS_WITH", part.function, part.operands)
    if part.operator in ("IN", "<>"):
        raise validation(read_messages.key_condition_operator(part.operator))
    subject, *others = operands = (part.subject, *part.others)
    if part.operator == "BETWEEN":
        return _path_first("BETWEEN", "BETWEEN", operands)
    if isinstance(subject, Path) and isinstance(others[0], Literal) and len(subject.steps) == 1:  # the usual form
        return AttributeCondition(str(subject.steps[0]), _OPERATORS[part.operator], (others[0].value,))
    at, name, arguments = _sides(operands)
    operators = _OPERATORS if at == 0 else _MIRRORED
    return AttributeCondition(name, operators[part.operator], arguments)


def _path_first(operator: str, written: str, operands: tuple[Operand, ...]) -> AttributeCondition:
    if isinstance(operands[0], Literal):
        raise validation(read_messages.key_condition_name_not_first(written))
    _, name, arguments = _sides(operands)
    return AttributeCondition(name, operator, arguments)


def _sides(operands: tuple[Operand, ...]) -> tuple[int, str, tuple[AttributeValue, ...]]:
    """Where the attribute stands, its name, and the values it is held against."""
    at, name = -1, ""
    for position, operand in enumerate(operands):
        if isinstance(operand, Call):
            raise validation(read_messages.KEY_CONDITION_NESTED)
        if isinstance(operand, Path):
            if at >= 0:
                raise validation(read_messages.KEY_CONDITION_WITH_TWO_NAMES)
            name, *below = map(str, operand.steps)
            if below:
                raise validation(read_messages.KEY_CONDITION_ON_NESTED)
            at = position
    if at < 0:
        raise validation(read_messages.KEY_CONDITION_WITHOUT_NAME)
    return at, name, tuple(operand.value for operand in operands if isinstance(operand, Literal))


# ── conditions of attributes, held against keys ──────────────────────────────────────────────────────────────────────
def check_partition_condition(
    conditions: Mapping[str, AttributeCondition],
    name: str,
    letter: str,
    *,
    has_sort_key: bool,
    index: str | None = None,
) -> None:
    """Refuse conditions that do not name one partition.

    Args:
        name, letter: the partition key and its type.
        has_sort_key: whether there is a second key that the second condition may be about.
        index: whose partition key it is; None: the table's.

    Raises:
        ApiError: a ValidationException.
    """
    if not has_sort_key and len(conditions) > 1:
        raise validation(read_messages.KEY_CONDITION_NOT_SUPPORTED)
    if name not in conditions:
        raise validation(read_messages.key_condition_missing(name))
    condition = conditions[name]
    _check_arguments(condition, letter)
    if condition.operator != "EQ":
        raise validation(read_messages.KEY_CONDITION_NOT_SUPPORTED)
    _check_contents(condition, letter, index, is_partition=True)


def check_sort_condition(
    conditions: Mapping[str, AttributeCondition], name: str, letter: str, *, index: str | None = None
) -> None:
    """Refuse a second condition that is not about the sort key, or not one that its order can serve.

    Args:
        index: whose sort key it is; None: the table's.

    Raises:
        ApiError: a ValidationException.
    """
    if name in conditions:
        _check_arguments(conditions[name], letter)
        _check_contents(conditions[name], letter, index, is_partition=False)
    elif len(conditions) > 1:
        raise validation(read_messages.key_condition_missing(name))


def _check_arguments(condition: AttributeCondition, letter: str) -> None:
    if condition.operator in _NOT_INDEXABLE:
        raise validation(read_messages.KEY_CONDITION_NOT_INDEXABLE)
    if any(letter not in argument for argument in condition.arguments):
        raise validation(read_messages.KEY_CONDITION_TYPE_WRONG)


def _check_contents(condition: AttributeCondition, letter: str, index: str | None, *, is_partition: bool) -> None:
    for argument in condition.arguments:
        if not argument[letter]:
            if index is None:
                raise validation(messages.empty_key(condition.name, letter))
            raise validation(messages.empty_index_key(index, condition.name, letter))
        check_key_size(argument, is_partition=is_partition)


def check_key_size(value: AttributeValue, *, is_partition: bool) -> None:
    """Refuse a value of a key's type that is larger than a partition or sort key may be; no number is."""
    size = values.value_size(value)
    if is_partition and size > PARTITION_KEY_MAX_BYTES:
        raise validation(messages.PARTITION_KEY_TOO_LARGE)
    if not is_partition and size > SORT_KEY_MAX_BYTES:
        raise validation(messages.SORT_KEY_TOO_LARGE)


# ── conditions as bytes ──────────────────────────────────────────────────────────────────────────────────────────────
def sort_range(condition: AttributeCondition | None) -> SortRange:
    """The sort keys that a checked condition allows; all of them without one."""
    if condition is None:
        return _EVERYTHING
    operator = condition.operator
    first = sort_bytes(condition.arguments[0])
    match operator:
        case "EQ":
            return SortRange(first, _after(first))
        case "LT":
            return SortRange(b"", first)
        case "LE":
            return SortRange(b"", _after(first))
        case "GT":
            return SortRange(_after(first))
        case "GE":
            return SortRange(first)
        case "BETWEEN":
            return SortRange(first, _after(sort_bytes(condition.arguments[1])))
        case "BEGINS_WITH":
            return SortRange(first, after_all_with(first))
    raise AssertionError(f"{operator} has been refused")


def last_sort_key(condition: AttributeCondition | None, *, forward: bool) -> bytes | None:
    """The one sort key after which a checked condition allows no other; None where it does not name it.

    Args:
        forward: whether they are read in their order.
    """
    match condition:
        case AttributeCondition(operator="LE", arguments=(bound,)) if forward:
            return sort_bytes(bound)
        case AttributeCondition(operator="GE", arguments=(bound,)) if not forward:
            return sort_bytes(bound)
        case AttributeCondition(operator="BETWEEN", arguments=(lower, upper)):
            return sort_bytes(upper if forward else lower)
    return None


_EVERYTHING: Final = SortRange()


def _after(key: bytes) -> bytes:
    """The first bytes after a key: no key stands between the two."""
    return key + b"\0"


def after_all_with(prefix: bytes) -> bytes | None:
    """The first bytes after all that begin with a prefix; None where nothing comes after them."""
    kept = prefix.rstrip(b"\xff")
    return kept[:-1] + bytes([kept[-1] + 1]) if kept else None
