"""Attribute values as Python values and back, for whoever fills a world or looks into it from Python.

The simulator's own reading of them, which shares nothing with the client's. Must not know tables.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from .values import AttributeValue, Item

_SETS: Final = (("SS", str), ("NS", (int, float, Decimal)), ("BS", bytes))


class NotAValue(ValueError):
    """A Python value that no attribute can have; says which and where."""


def wire_item(item: Mapping[str, Any]) -> Item:
    """An item in wire shape.

    Raises:
        NotAValue: a value is none that an attribute can have.
    """
    return {name: _wire(value, name) for name, value in item.items()}


def python_item(item: Item) -> dict[str, Any]:
    """An item as Python values: numbers as int where they are whole, else as Decimal; sets as sets; binary as bytes."""
    return {name: _python(value) for name, value in item.items()}


def _wire(value: Any, path: str) -> AttributeValue:
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int() | float() | Decimal():
            return {"N": _number(value)}
        case bytes() | bytearray():
            return {"B": b64encode(value).decode("ascii")}
        case set() | frozenset():
            return _wire_set(value, path)
        case Mapping():
            return {"M": {name: _wire(each, f"{path}.{name}") for name, each in value.items()}}
        case list() | tuple():
            return {"L": [_wire(each, f"{path}[{at}]") for at, each in enumerate(value)]}
    raise NotAValue(f"{path} is a {type(value).__name__}, which is no value of an attribute")


def _number(value: int | float | Decimal) -> str:
    return str(value) if isinstance(value, int) else str(Decimal(repr(value)) if isinstance(value, float) else value)


def _wire_set(members: set[Any] | frozenset[Any], path: str) -> AttributeValue:
    for kind, types in _SETS:
        if members and all(isinstance(each, types) and not isinstance(each, bool) for each in members):
            values = [next(iter(_wire(each, path).values())) for each in members]
            return {kind: sorted(values)}
    raise NotAValue(f"{path} is a set that is empty, or not of all texts, all numbers or all bytes")


def _python(attribute: AttributeValue) -> Any:
    ((kind, value),) = attribute.items()
    match kind:
        case "N":
            return _python_number(value)
        case "B":
            return b64decode(value)
        case "NULL":
            return None
        case "M":
            return {name: _python(each) for name, each in value.items()}
        case "L":
            return [_python(each) for each in value]
        case "SS":
            return set(value)
        case "NS":
            return set(map(_python_number, value))
        case "BS":
            return set(map(b64decode, value))
    return value


def _python_number(text: str) -> int | Decimal:
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else number
