"""Which key, or which stretch of which partitions, a WHERE names; and what of it is left to be tested.

A condition is held against the keys of a table or an index: an equality on the partition key makes a read a query, one
on all keys names an item. Everything else is a scan. Must not know how items are read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from msgspec import Struct

from ...limits import IN_PARTITIONS_MAX_COUNT
from .. import expression_messages, messages, partiql_messages
from ..errors import validation
from ..language.key_condition import AttributeCondition, SortRange, check_key_size, key_conditions, sort_range
from ..language.meaning import Call, Condition, Junction, Literal, Operand, Path, Test
from ..language.multi_key_condition import multi_sort_range
from ..state.keys import KeySchema, MultiKeySchema, sort_bytes
from ..values import AttributeValue, Item

_RANGES: Final = frozenset({"=", "<", "<=", ">", ">=", "BETWEEN"})
Conditions: TypeAlias = Sequence[Condition]


class Access(Struct, frozen=True):
    """What is to be read.

    Attributes:
        partitions: partition keys, as bytes; None for all there are.
        within: the stretch of sort keys.
        rest: what is left to be tested.
    """

    partitions: tuple[bytes, ...] | None
    within: SortRange
    rest: tuple[Condition, ...]


def conjuncts(condition: Condition | None) -> list[Condition]:
    """The conditions that must all hold."""
    found: list[Condition] = []
    pending = [] if condition is None else [condition]
    while pending:
        part = pending.pop()
        if isinstance(part, Junction) and part.operator == "AND":
            pending += reversed(part.parts)
        else:
            found.append(part)
    return found


# ── reads ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def access(keys: KeySchema, table_keys: KeySchema, condition: Condition | None, index: str | None = None) -> Access:
    """What a SELECT has to read.

    Args:
        keys: of the table or index it reads from.
        table_keys: of the table.
        index: that index's name.

    Raises:
        ApiError: a ValidationException: a key is compared with what it can never be.
    """
    parts = conjuncts(condition)
    types = {**keys.types, **table_keys.types}
    if isinstance(keys, MultiKeySchema):
        found = _multi_access(keys, list(parts), index) or Access(None, SortRange(), tuple(parts))
        _check_others(types, keys, found.rest)
        return found
    partitions = _taken_partitions(keys, parts, index)
    if partitions is None:
        _check_others(types, keys, parts)
        return Access(None, SortRange(), tuple(parts))
    within = SortRange()
    rest: list[Condition] = []
    for part in parts:
        if keys.sort is None or not _is_about(part, keys.sort):
            rest.append(part)
            continue
        for argument in _arguments(part):
            _check_key_value(keys, keys.sort, argument, index)
        within = _both(within, sort_range(key_conditions(part)[keys.sort]))
    _check_others(types, keys, rest)
    return Access(tuple(dict.fromkeys(map(sort_bytes, partitions))), within, tuple(rest))


def _multi_access(keys: MultiKeySchema, parts: list[Condition], index: str | None) -> Access | None:
    """The same of an index whose keys have several attributes; None where not all of its partition key is named."""
    values: Item = {}
    for name in keys.partitions:
        at = next((at for at, part in enumerate(parts) if equal_value(part, name) is not None), None)
        if at is None:
            return None
        values[name] = _arguments(parts.pop(at))[0]
        _check_key_value(keys, name, values[name], index)
    conditions: dict[str, AttributeCondition] = {}
    for name in keys.sorts:
        at = next((at for at, part in enumerate(parts) if _is_about(part, name)), None)
        if at is None:
            break
        part = parts.pop(at)
        for argument in _arguments(part):
            _check_key_value(keys, name, argument, index)
        conditions |= key_conditions(part)
        if conditions[name].operator != "EQ":
            break
    return Access((keys.partition_bytes(values),), multi_sort_range(conditions, keys), tuple(parts))


def _taken_partitions(keys: KeySchema, parts: list[Condition], index: str | None) -> tuple[AttributeValue, ...] | None:
    """The values of the first condition that names partitions, which is taken away; None where none does."""
    for at, part in enumerate(parts):
        values = _partition_values(part, keys.partition)
        if values is None:
            continue
        if len(values) > IN_PARTITIONS_MAX_COUNT:
            raise validation(expression_messages.too_many_choices(len(values)))
        if equal_value(part, keys.partition) is None:
            _check_test(keys.partition_type, keys.partition, values, is_partition=True)
        else:
            _check_key_value(keys, keys.partition, values[0], index)
        del parts[at]
        return values
    return None


def _partition_values(part: Condition, name: str) -> tuple[AttributeValue, ...] | None:
    """The values that a condition allows the partition key, if it says no more than that."""
    value = equal_value(part, name)
    if value is not None:
        return (value,)
    match part:
        case Test("IN", Path((str(subject),)), others) if subject == name:
            values = [other.value for other in others if isinstance(other, Literal)]
            return tuple(values) if len(values) == len(others) else None
        case Junction("OR", parts):
            found = [equal_value(one, name) for one in parts]
            known = [one for one in found if one is not None]
            return tuple(known) if len(known) == len(found) else None
    return None


def equal_value(part: Condition, name: str) -> AttributeValue | None:
    """The value that a condition wants an attribute to be equal to."""
    match part:
        case Test("=", Path((str(subject),)), (Literal(value),)) | Test(
            "=", Literal(value), (Path((str(subject),)),)
        ) if subject == name:
            return value
    return None


def _is_about(part: Condition, name: str) -> bool:
    """Whether a condition is one on a sort key that its order can serve."""
    match part:
        case Call("begins_with", (Path((str(subject),)), Literal())):
            return subject == name
        case Test("BETWEEN", Path((str(subject),)), (Literal(), Literal())):
            return subject == name
        case Test(operator, Path((str(subject),)), (Literal(),)) | Test(operator, Literal(), (Path((str(subject),)),)):
            return operator in _RANGES and subject == name
    return False


def _operands(part: Test | Call) -> tuple[Operand, ...]:
    return (part.subject, *part.others) if isinstance(part, Test) else part.operands


def _arguments(part: Condition) -> list[AttributeValue]:
    if isinstance(part, Junction):
        return []
    return [operand.value for operand in _operands(part) if isinstance(operand, Literal)]


def _check_key_value(keys: KeySchema, name: str, value: AttributeValue, index: str | None) -> None:
    """Refuse a value that a key cannot be."""
    letter = keys.types[name]
    if letter not in value:
        raise validation(partiql_messages.key_type_mismatch(name))
    _check_content(letter, name, value, index, is_partition=name in keys.partitions)


def _check_content(letter: str, name: str, value: AttributeValue, index: str | None, *, is_partition: bool) -> None:
    if not value[letter]:
        empty = messages.empty_key(name, letter)
        raise validation(empty if index is None else messages.empty_index_key(index, name, letter))
    check_key_size(value, is_partition=is_partition)


def _check_others(types: Mapping[str, str], keys: KeySchema, parts: Sequence[Condition]) -> None:
    """Refuse tests of keys with values of other types, or with none."""
    pending = list(reversed(parts))
    while pending:
        part = pending.pop()
        if isinstance(part, Junction):
            pending += reversed(part.parts)
            continue
        if isinstance(part, Call) and part.function not in ("begins_with", "contains"):
            continue
        names = [
            str(operand.steps[0])
            for operand in _operands(part)
            if isinstance(operand, Path) and len(operand.steps) == 1
        ]
        for name in names:
            if name in types:
                _check_test(types[name], name, _arguments(part), is_partition=name in keys.partitions)


def _check_test(letter: str, name: str, arguments: Sequence[AttributeValue], *, is_partition: bool) -> None:
    for argument in arguments:
        if letter not in argument:
            raise validation(partiql_messages.CONDITION_TYPE)
        _check_content(letter, name, argument, None, is_partition=is_partition)


def _both(one: SortRange, other: SortRange) -> SortRange:
    """The stretch that lies in both."""
    highs = [high for high in (one.high, other.high) if high is not None]
    return SortRange(max(one.low, other.low), min(highs) if highs else None)


# ── one item ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def simple_key(
    keys: KeySchema, equalities: Mapping[str, str] | None, values: Mapping[str, AttributeValue]
) -> Item | None:
    """The key of a WHERE that is nothing but equalities on all keys; None for any other."""
    if equalities is None or equalities.keys() != keys.types.keys():
        return None
    key: Item = {}
    for name, letter in keys.types.items():
        key[name] = value = values[equalities[name]]
        if letter not in value:
            raise validation(partiql_messages.key_type_mismatch(name))
    return key


def item_key(keys: KeySchema, condition: Condition | None) -> tuple[Item, tuple[Condition, ...]] | None:
    """The key that a WHERE names by equalities, and what else it wants; None where it does not name it.

    Raises:
        ApiError: a ValidationException: a key of another type, or two values for one.
    """
    key: Item = {}
    rest: list[Condition] = []
    for part in conjuncts(condition):
        name, value = _key_equality(keys, part)
        if value is None:
            rest.append(part)
        elif key.setdefault(name, value) != value:
            raise validation(partiql_messages.key_conditions(name))
    if len(key) < len(keys.names):
        return None
    for name in keys.names:
        if keys.types[name] not in key[name]:
            raise validation(partiql_messages.key_type_mismatch(name))
    return {name: key[name] for name in keys.names}, tuple(rest)


def _key_equality(keys: KeySchema, part: Condition) -> tuple[str, AttributeValue | None]:
    for name in keys.names:
        value = equal_value(part, name)
        if value is not None:
            return name, value
    return "", None
