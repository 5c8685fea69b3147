"""Key conditions: which part of an item collection a query reads.

``users.query("USER#1", begins_with("ORDER#"))``: a partition key value, and at most one condition on the sort key. A
plain value means equality. Owns the six sort conditions and what the service refuses of them. Must not know conditions
on other attributes: those are filters.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, NoReturn, TypeAlias
from uuid import UUID

from .. import limits
from ..codec import encode_value
from ..errors import InvalidExpression, InvalidKey, ValidationError
from ..key import KeySchema, check_key_value
from ..types import KeyValue
from .expression import Expression
from .operand import Constant, require_bounds
from .placeholders import Placeholders
from .raw import Raw

#: what a sort condition compares with. A key is none of the last three: they are for fields of key templates
#: (``patterns.single_table``), which make text of them; a plain table refuses them
SortValue: TypeAlias = KeyValue | date | datetime | UUID


class SortCondition(Expression):
    """A condition on the sort key, whatever its name; made by the six functions below.

    Attributes:
        word: ``lt``, ``le``, ``gt``, ``ge``, ``between`` or ``begins_with``.
        values: what it compares with, as they were given.
    """

    __slots__ = ("_constants", "values", "word")
    _label = "SortCondition"

    def __init__(self, word: str, *values: SortValue) -> None:
        self.word = word
        self.values = values
        self._constants = tuple([_key_constant(value, word) for value in values])

    def text_for(self, sort_key: str, placeholders: Placeholders) -> str:
        """The text of this condition on the sort key of that name.

        Raises:
            InvalidKey: a value is empty or too long.
        """
        for value in self.values:
            check_key_value(value, sort_key, limits.SORT_KEY_MAX_BYTES)
        name = placeholders.name(sort_key)
        values = [placeholders.encoded(constant.wire) for constant in self._constants]
        match self.word:
            case "begins_with":
                return f"begins_with({name}, {values[0]})"
            case "between":
                return f"{name} BETWEEN {values[0]} AND {values[1]}"
            case word:
                return f"{name} {_SIGNS[word]} {values[0]}"

    def render(self, placeholders: Placeholders) -> NoReturn:
        raise InvalidExpression(
            "a sort condition is no expression by itself",
            hint="give it to a query: table.query(partition, begins_with('x'))",
        )

    def _text(self, placeholders: Placeholders) -> str:
        values = ", ".join([placeholders.encoded(constant.wire) for constant in self._constants])
        return f"{self.word}({values})"

    def __bool__(self) -> NoReturn:
        raise InvalidExpression(
            "a condition has no truth value",
            hint="a query takes one sort condition; for a range use between(low, high)",
        )


_SIGNS = {"eq": "=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


def lt(value: SortValue) -> SortCondition:
    """The sort key is less than that."""
    return SortCondition("lt", value)


def le(value: SortValue) -> SortCondition:
    """The sort key is at most that."""
    return SortCondition("le", value)


def gt(value: SortValue) -> SortCondition:
    """The sort key is greater than that."""
    return SortCondition("gt", value)


def ge(value: SortValue) -> SortCondition:
    """The sort key is at least that."""
    return SortCondition("ge", value)


def between(lower: SortValue, upper: SortValue) -> SortCondition:
    """The sort key is from ``lower`` to ``upper``, both included.

    Raises:
        InvalidExpression: the bounds are of different types or in the wrong order.
    """
    condition = SortCondition("between", lower, upper)
    lowest, highest = condition._constants
    require_bounds(lowest, highest, condition)
    return condition


def begins_with(prefix: str | bytes) -> SortCondition:
    """The sort key (text or binary) begins with that.

    An empty prefix is refused, as the service does ("The AttributeValue for a key attribute cannot contain an empty
    string value"): it holds the values of key conditions to the rules of keys.

    Raises:
        InvalidExpression: the prefix is not str or bytes.
        InvalidKey: the prefix is empty.
    """
    if not isinstance(prefix, (str, bytes)):
        raise InvalidExpression(
            f"begins_with() takes str or bytes, not {type(prefix).__name__}",
            hint="numbers have no prefix: use between(low, high)",
        )
    if not prefix:
        raise InvalidKey(
            "begins_with() has an empty prefix", hint="leave the sort condition out to read the whole partition"
        )
    return SortCondition("begins_with", prefix)


def _key_constant(value: Any, word: str) -> Constant:
    if isinstance(value, Expression):
        raise InvalidExpression(
            f"{word}() takes a value, not an expression", hint="a key condition compares the key with values only"
        )
    if isinstance(value, (date, UUID)):
        if isinstance(value, datetime) and value.utcoffset() is not None:
            value = value.astimezone(UTC)  # so that bounds are compared as instants
        value = str(value)
    try:
        return Constant(encode_value(value, word))
    except ValidationError as error:
        raise InvalidKey(error.message, hint=error.hint) from None


class KeyCondition(Expression):
    """``partition = value``, and a condition on the sort key where there is one.

    Args:
        keys: the names of the keys of the table or index that is queried.
        partition: the partition key's value.
        sort: a value that the sort key equals, a condition, the condition as Raw text, or None for all.
    """

    __slots__ = ("_keys", "_partition", "_sort")
    _label = "KeyCondition"

    def __init__(
        self, keys: KeySchema, partition: KeyValue, sort: SortCondition | KeyValue | Raw | None = None
    ) -> None:
        self._keys = keys
        self._partition = partition
        if sort is not None and keys.sort_key is None:
            raise InvalidKey(
                f"there is a sort condition, and the key {keys} has no sort key",
                hint="leave it out, or name the index that has a sort key; conditions on other attributes are filters",
            )
        if isinstance(sort, Expression) and not isinstance(sort, (SortCondition, Raw)):
            raise InvalidExpression(
                f"{sort.describe(redact=True)} is not a condition on the sort key",
                hint="use hashrange.begins_with, between, lt, le, gt or ge; conditions on other attributes are filter=",
            )
        self._sort = sort

    def _text(self, placeholders: Placeholders) -> str:
        keys, partition, sort = self._keys, self._partition, self._sort
        check_key_value(partition, keys.partition_key, limits.PARTITION_KEY_MAX_BYTES)
        text = f"{placeholders.name(keys.partition_key)} = {placeholders.value(partition)}"
        if sort is None or keys.sort_key is None:
            return text
        if isinstance(sort, Raw):
            return f"{text} AND {sort._text(placeholders)}"
        if not isinstance(sort, SortCondition):
            sort = SortCondition("eq", sort)
        return f"{text} AND {sort.text_for(keys.sort_key, placeholders)}"


def render_key_condition(
    keys: KeySchema,
    partition: KeyValue,
    sort: SortCondition | KeyValue | Raw | None,
    placeholders: Placeholders,
) -> str:
    """The KeyConditionExpression of a query.

    Raises:
        InvalidKey: a value is not one that a key may have, or there is a sort condition and no sort key.
        InvalidExpression: the sort condition is not one, or the text is longer than 4 KB.
    """
    return KeyCondition(keys, partition, sort).render(placeholders)
