"""Placeholders: the only allocator of ``#n0`` and ``:v0``, and its twin that prints readable text.

One ``Placeholders`` serves all the expressions of one request, so theirs can never collide. Equal names share a
placeholder, and so do equal values, equal as DynamoDB means it: ``1`` and ``1.0`` are, ``1`` and ``True`` are not.
Must not know any node: nodes ask it, in the order in which they write themselves.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Hashable
from decimal import Decimal
from typing import Any

from ..codec import encode_value
from ..types import AttributeValue, Value

# most requests have few of them, and a look-up is cheaper than a format
_NAMES = tuple(f"#n{number}" for number in range(16))
_VALUES = tuple(f":v{number}" for number in range(16))


class Placeholders:
    """The names and values of one request.

    Attributes:
        names: ExpressionAttributeNames, placeholder to attribute name; the service refuses an empty one.
        values: ExpressionAttributeValues, placeholder to value in wire shape; the service refuses an empty one.
    """

    __slots__ = ("_name_of", "_value_of", "names", "values")

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.values: dict[str, AttributeValue] = {}
        self._name_of: dict[str, str] = {}
        self._value_of: dict[Hashable, str] = {}

    def name(self, attribute: str) -> str:
        """The placeholder of an attribute name (one step of a path)."""
        placeholder = self._name_of.get(attribute)
        if placeholder is None:
            number = len(self._name_of)
            placeholder = _NAMES[number] if number < 16 else f"#n{number}"
            self._name_of[attribute] = placeholder
            self.names[placeholder] = attribute
        return placeholder

    def value(self, value: Value) -> str:
        """The placeholder of a Python value. Raises as ``codec.encode_value``."""
        return self.encoded(encode_value(value))

    def encoded(self, attribute: AttributeValue) -> str:
        """The placeholder of a value in wire shape."""
        key = identity(attribute)
        placeholder = self._value_of.get(key)
        if placeholder is None:
            number = len(self._value_of)
            placeholder = _VALUES[number] if number < 16 else f":v{number}"
            self._value_of[key] = placeholder
            self.values[placeholder] = attribute
        return placeholder

    def same_meaning(self, other: Placeholders) -> bool:
        """Whether the same placeholders stand for the same names and values in both."""
        return self.names == other.names and list(self._value_of) == list(other._value_of)

    def __repr__(self) -> str:
        return f"Placeholders({len(self.names)} names, {len(self.values)} values)"


def identity(attribute: AttributeValue) -> Hashable:
    """A key that is equal for values in wire shape that are equal for DynamoDB."""
    ((kind, content),) = attribute.items()
    if kind == "N":
        return kind, _number_key(content)
    if kind in _SCALARS:
        return kind, content
    return _Composite(kind, content)


_SCALARS = frozenset({"S", "B", "BOOL", "NULL"})


def _number_key(text: str) -> str | Decimal:
    # an int has one text only; anything else may be one of several for the same number
    if text.isdigit() or text[1:].isdigit():
        return text
    number = Decimal(text)
    return str(int(number)) if number == number.to_integral_value() else number


class _Composite:
    """A set, list or map as a dict key: a cheap hash, and a comparison only where hashes meet."""

    __slots__ = ("content", "kind")

    def __init__(self, kind: str, content: Any) -> None:
        self.kind = kind
        self.content = content

    def __hash__(self) -> int:
        return hash((self.kind, len(self.content)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Composite) or self.kind != other.kind or len(self.content) != len(other.content):
            return False
        mine, theirs = self.content, other.content
        if self.kind == "L":
            return all(identity(one) == identity(another) for one, another in zip(mine, theirs, strict=True))
        if self.kind == "M":
            return mine.keys() == theirs.keys() and all(identity(mine[key]) == identity(theirs[key]) for key in mine)
        if self.kind == "NS":
            return {_number_key(text) for text in mine} == {_number_key(text) for text in theirs}
        return set(mine) == set(theirs)


class Printer(Placeholders):
    """Writes real names and values where ``Placeholders`` writes placeholders: for people, not for the service."""

    __slots__ = ("_redact",)

    def __init__(self, redact: bool = False) -> None:
        super().__init__()
        self._redact = redact

    def name(self, attribute: str) -> str:
        if _PLAIN_NAME.fullmatch(attribute):
            return attribute
        return "`" + attribute.replace("\\", "\\\\").replace("`", "\\`") + "`"

    def encoded(self, attribute: AttributeValue) -> str:
        return "?" if self._redact else readable(attribute)


_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def readable(attribute: AttributeValue) -> str:
    """A value in wire shape as text that looks like Python; the members of sets are sorted."""
    ((kind, content),) = attribute.items()
    match kind:
        case "N":
            return str(content)
        case "B":
            return repr(b64decode(content))
        case "NULL":
            return "None"
        case "L":
            return f"[{', '.join(map(readable, content))}]"
        case "M":
            return "{" + ", ".join(f"{name!r}: {readable(inner)}" for name, inner in content.items()) + "}"
        case "SS":
            return "{" + ", ".join(sorted(map(repr, content))) + "}"
        case "NS":
            return "{" + ", ".join(sorted(content, key=Decimal)) + "}"
        case "BS":
            return "{" + ", ".join(sorted(repr(b64decode(text)) for text in content)) + "}"
        case _:
            return repr(content)
