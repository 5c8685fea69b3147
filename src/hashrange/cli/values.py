"""What is typed as a key or in a filter, as values: the table's own types say what a key's text means.

Owns those readings. Must not know commands.
"""

from __future__ import annotations

import binascii
import json
import operator
import re
from base64 import b64decode
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from .command import CommandError, did_you_mean
from .typed import NUMBER

if TYPE_CHECKING:
    from .. import Key
    from ..expressions import Condition
    from ..key import KeySchema
    from ..operations.describe import TableDescription
    from ..types import KeyValue

#: sign → the condition that it makes of an attribute and a value
_CONDITIONS: Final[dict[str, Callable[[Any, Any], Condition]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "^=": lambda attribute, value: attribute.begins_with(value),
}
#: as JSON has them: "007" and "+1" are text
_JSON_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,4})?")
_WORDS: Final = {"true": True, "false": False, "null": None}
_FILTER: Final = re.compile(r"([^=!<>^~]+)(<>|!=|<=|>=|\^=|~=|=|<|>)(.*)", re.DOTALL)


def key_value(text: str, attribute: str, description: TableDescription) -> KeyValue:
    """What is meant by the text of a key attribute: a number or base64 where the table says so.

    Raises:
        CommandError: the text is none.
    """
    kind = description.attribute_types.get(attribute, "S")
    if kind == "N":
        if not NUMBER.fullmatch(text):
            raise CommandError(f"{text!r} is no number, and the key attribute {attribute!r} is one")
        return _number(text)
    if kind == "B":
        try:
            return b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise CommandError(
                f"{text!r} is no base64, and the key attribute {attribute!r} is binary", "printf abc | base64"
            ) from None
    try:
        text.encode()
    except UnicodeEncodeError:
        raise CommandError(f"the value of key attribute {attribute!r} is no UTF-8 text") from None
    return text


def key_of(description: TableDescription, partition: str, sort: str | None) -> Key:
    """The key that was typed.

    Raises:
        CommandError: it has not the parts that the table's keys have.
    """
    from .. import Key

    keys = description.keys
    if keys.sort_key is None:
        if sort is not None:
            raise CommandError(f"table {description.name!r} has no sort key; its key is {keys}", "leave SK out")
        return Key(key_value(partition, keys.partition_key, description))
    if sort is None:
        raise CommandError(
            f"SK is missing: the key of table {description.name!r} is {keys}",
            f"'hashrange query {description.name} PK' shows all items of a partition",
        )
    return Key(key_value(partition, keys.partition_key, description), key_value(sort, keys.sort_key, description))


def keys_read(description: TableDescription, index: str | None, *, consistent: bool) -> KeySchema:
    """The keys of the table or of an index.

    Raises:
        CommandError: there is no such index, or it cannot be read consistently.
    """
    if index is None:
        return description.keys
    found = description.indexes.get(index)
    if found is None:
        known = ", ".join(description.indexes) or "none"
        raise CommandError(
            f"table {description.name!r} has no index {index!r}; its indexes: {known}",
            did_you_mean(index, description.indexes),
        )
    if consistent and found.is_global:
        raise CommandError(f"index {index!r} is global: it cannot be read consistently", "leave --consistent out")
    return found.keys


def filter_of(typed: list[str] | None) -> Condition | None:
    """All conditions ``name=value`` together; None where there are none.

    Raises:
        CommandError: one is no condition.
    """
    condition: Condition | None = None
    for text in typed or ():
        one = _condition(text)
        condition = one if condition is None else condition & one
    return condition


def _condition(typed: str) -> Condition:
    from .. import Attr

    found = _FILTER.fullmatch(typed)
    if found is None or not all(steps := found[1].strip().split(".")):
        raise CommandError(
            f"--filter {typed!r} is no condition",
            "write name=value, or with != < <= > >=, ^= (begins with) or ~= (contains)",
        )
    attribute = Attr(*steps)
    text = found[3].strip()
    if found[2] == "=" and text[:1] in ("=", "<", ">"):
        wanted = found[1].strip() + {"=": "=", "<": "<=", ">": ">="}[text[0]] + text[1:]
        raise CommandError(
            f"--filter {typed!r} is no condition",
            f"write {wanted!r}; a value that begins with {text[0]} goes into quotes: '{found[1].strip()}=\"{text}\"'",
        )
    if found[2] == "~=":
        value = _value(text)
        if isinstance(value, str):
            return attribute.contains(value)
        # a number in a set, or its digits in text
        return attribute.contains(text) | attribute.contains(value)
    return _CONDITIONS[found[2]](attribute, text if found[2] == "^=" else _value(text))


def _value(text: str) -> str | int | Decimal | bool | None:
    """A number, true, false, null, text in quotes, or text as it is."""
    if _JSON_NUMBER.fullmatch(text):
        return _number(text)
    if text in _WORDS:
        return _WORDS[text]
    if len(text) >= 2 and text[0] == text[-1] == '"':
        try:
            return str(json.loads(text))
        except ValueError:
            return text
    return text


def _number(text: str) -> int | Decimal:
    found = Decimal(text)
    return int(text) if re.fullmatch("[+-]?[0-9]{1,60}", text) else found
