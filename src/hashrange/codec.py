"""Python values ↔ DynamoDB attribute values, and the size of an item as DynamoDB counts it.

Owns the type table of both directions and all checks of a single value. A wrong value is refused with its path
(``address.lines[2]``). Must not know operations, models or JSON.

Source of the rules: Developer Guide, "Data types" and "DynamoDB item sizes and formats".
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

from . import limits
from .errors import TypeMismatch, ValidationError
from .types import AttributeValue, Item, Numbers, Value, WireItem, WireMapping

_TEN_TO_38 = 10**limits.NUMBER_MAX_DIGITS
_TOO_LARGE = 10 ** (limits.NUMBER_MAX_EXPONENT + 1)
_RANGE_HINT = (
    "DynamoDB's numbers have 38 significant digits and magnitudes from 1E-130 to 9.99E+125; store text instead"
)


class _Refused(Exception):
    """A value that cannot be encoded, on its way out to the top, where its path is known."""

    def __init__(self, error: type[ValidationError], reason: str, hint: str) -> None:
        super().__init__(reason)
        self.error, self.reason, self.hint = error, reason, hint
        self.path: list[str | int] = []

    def within(self, step: str | int) -> _Refused:
        self.path.append(step)
        return self


def format_path(steps: Iterable[str | int]) -> str:
    """``["address", "lines", 2]`` → ``address.lines[2]``."""
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


# ── encoding ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def encode_item(item: Mapping[str, Value]) -> WireItem:
    """An item (or a key) of Python values in wire shape.

    Raises:
        TypeMismatch: a value has no DynamoDB type.
        ValidationError: NaN, an infinity, a number out of range, an empty set, or nesting over 32 levels.
    """
    name = ""
    try:
        wire: WireItem = {}
        for name, value in item.items():
            # text is the commonest kind by far
            wire[name] = {"S": value} if type(value) is str else _encode(value, 1)
            if type(name) is not str or not name:
                raise _bad_name(name)
    except _Refused as refused:
        raise _explain(refused.within(str(name))) from None
    return wire


def encode_value(value: Value, path: str = "value") -> AttributeValue:
    """One Python value in wire shape; ``path`` names it in errors. Raises as ``encode_item``."""
    try:
        return _encode(value, 1)
    except _Refused as refused:
        raise _explain(refused.within(path)) from None


def _explain(refused: _Refused) -> ValidationError:
    return refused.error(f"{format_path(reversed(refused.path))}: {refused.reason}", hint=refused.hint)


def _bad_name(name: Any) -> _Refused:
    return _Refused(
        TypeMismatch,
        f"the attribute name {name!r} is not non-empty text",
        "names of attributes and map entries are str",
    )


def _encode(value: Any, level: int) -> AttributeValue:
    encoder = _ENCODERS.get(type(value))
    if encoder is None:
        encoder = _encoder_of_subclass(value)
    return encoder(value, level)


def _encode_text(value: str, level: int) -> AttributeValue:
    return {"S": value}


def _encode_bool(value: bool, level: int) -> AttributeValue:
    return {"BOOL": value}


def _encode_none(value: None, level: int) -> AttributeValue:
    return {"NULL": True}


def _encode_binary(value: bytes | bytearray | memoryview, level: int) -> AttributeValue:
    return {"B": b64encode(value).decode("ascii")}


def _encode_number(value: int | float | Decimal, level: int) -> AttributeValue:
    return {"N": _NUMBER_TEXT[type(value)](value)}


def int_text(value: int) -> str:
    """An int as the text of an N."""
    if -_TEN_TO_38 < value < _TEN_TO_38:
        return int.__repr__(value)
    if not -_TOO_LARGE < value < _TOO_LARGE:
        raise _Refused(ValidationError, "the integer is out of range", _RANGE_HINT)
    text = int.__repr__(value)
    if len(text.lstrip("-").rstrip("0")) > limits.NUMBER_MAX_DIGITS:
        raise _Refused(ValidationError, f"{text} has more than 38 significant digits", _RANGE_HINT)
    return text


def float_text(value: float) -> str:
    """A float as the text of an N: the shortest text that gives the same float again."""
    if not -1.7976931348623157e308 <= value <= 1.7976931348623157e308:
        raise _Refused(ValidationError, f"{value} is not a number that DynamoDB has", "store None or a text instead")
    if value and not 1e-130 <= abs(value) < 1e126:
        raise _Refused(ValidationError, f"{value!r} is out of range", _RANGE_HINT)
    return float.__repr__(value)


def decimal_text(value: Decimal) -> str:
    """A Decimal as the text of an N; exact, never rounded."""
    if not value.is_finite():
        raise _Refused(ValidationError, f"{value} is not a number that DynamoDB has", "store None or a text instead")
    if not value:
        return "0"
    if not limits.NUMBER_MIN_EXPONENT <= value.adjusted() <= limits.NUMBER_MAX_EXPONENT:
        raise _Refused(ValidationError, f"{value:.6E} is out of range", _RANGE_HINT)
    digits = value.as_tuple().digits
    if len(digits) > limits.NUMBER_MAX_DIGITS and len("".join(map(str, digits)).rstrip("0")) > limits.NUMBER_MAX_DIGITS:
        raise _Refused(ValidationError, f"{value} has more than 38 significant digits", _RANGE_HINT)
    return str(value)


_NUMBER_TEXT: dict[type, Callable[[Any], str]] = {int: int_text, float: float_text, Decimal: decimal_text}


def _encode_list(value: list[Any] | tuple[Any, ...], level: int) -> AttributeValue:
    if level >= limits.NESTING_MAX_LEVELS:
        raise _too_deep()
    position = 0
    wire: list[AttributeValue] = []
    try:
        for element in value:
            wire.append(_encode(element, level + 1))
            position += 1
    except _Refused as refused:
        raise refused.within(position) from None
    return {"L": wire}


def _encode_map(value: Mapping[str, Any], level: int) -> AttributeValue:
    if level >= limits.NESTING_MAX_LEVELS:
        raise _too_deep()
    name = ""
    wire: WireItem = {}
    try:
        for name, element in value.items():
            if type(name) is not str or not name:
                raise _bad_name(name)
            wire[name] = _encode(element, level + 1)
    except _Refused as refused:
        raise refused.within(str(name)) from None
    return {"M": wire}


def _too_deep() -> _Refused:
    return _Refused(
        ValidationError,
        f"values are nested deeper than {limits.NESTING_MAX_LEVELS} levels",
        "flatten it, or store the inner part as JSON text",
    )


def _encode_set(value: set[Any] | frozenset[Any], level: int) -> AttributeValue:
    if not value:
        raise _Refused(
            ValidationError, "the set is empty", "DynamoDB has no empty sets: leave the attribute out, or use a list"
        )
    kinds: set[str] = set()
    texts: dict[str, None] = {}  # 0.1 and Decimal("0.1") are two members for Python and one for DynamoDB
    for member in value:
        ((kind, text),) = _encode(member, level).items()
        kinds.add(kind)
        if kind in _SET_OF:
            texts[text] = None
    if len(kinds) != 1 or kinds - _SET_OF.keys():
        raise _Refused(
            TypeMismatch,
            f"the set holds {', '.join(sorted({type(member).__name__ for member in value}))}",
            "a set holds either str, or numbers, or bytes; use a list for anything else",
        )
    return {_SET_OF[kinds.pop()]: list(texts)}


_SET_OF = {"S": "SS", "N": "NS", "B": "BS"}

_ENCODERS: dict[type, Callable[[Any, int], AttributeValue]] = {
    str: _encode_text,
    int: _encode_number,
    float: _encode_number,
    Decimal: _encode_number,
    bool: _encode_bool,
    type(None): _encode_none,
    bytes: _encode_binary,
    bytearray: _encode_binary,
    memoryview: _encode_binary,
    list: _encode_list,
    tuple: _encode_list,
    dict: _encode_map,
    set: _encode_set,
    frozenset: _encode_set,
}


def _encoder_of_subclass(value: Any) -> Callable[[Any, int], AttributeValue]:
    """The encoder of a subclass of a known type; an Enum member goes by its value."""
    if isinstance(value, Enum):
        return lambda member, level: _encode(member.value, level)
    for base in type(value).__mro__:
        if base in _NUMBER_TEXT:
            text = _NUMBER_TEXT[base]
            return lambda number, level: {"N": text(number)}
        if base is str:
            return lambda text, level: {"S": str.__str__(text)}
        if base in _ENCODERS:
            return _ENCODERS[base]
    if isinstance(value, Mapping):
        return _encode_map
    raise _Refused(
        TypeMismatch,
        f"{type(value).__name__} has no DynamoDB type",
        "convert it to str, a number, bytes, bool, None, list, dict or set; "
        "datetime, UUID and dataclasses are converted by a table's model=",
    )


# ── decoding ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def decode_item(wire: WireMapping, numbers: Numbers = "exact") -> Item:
    """An item in wire shape as Python values.

    ``numbers="exact"`` gives int for integral numbers and Decimal for all others; ``"float"`` gives int or float and
    loses digits beyond what a float holds.
    """
    decoders = _DECODERS[numbers]
    item: Item = {}
    for name, attribute in wire.items():
        for kind, content in attribute.items():
            item[name] = content if kind == "S" else decoders[kind](content)
    return item


def decode_value(attribute: WireMapping, numbers: Numbers = "exact") -> Any:
    """One attribute value as a Python value."""
    ((kind, content),) = attribute.items()
    return _DECODERS[numbers][kind](content)


def decode_number(text: str) -> int | Decimal:
    """The text of an N as int where it is integral, else as Decimal; exact."""
    try:
        return int(text)
    except ValueError:
        number = Decimal(text)
    return int(number) if number == number.to_integral_value() else number


def decode_number_as_float(text: str) -> int | float:
    """The text of an N as int where it is integral, else as the nearest float."""
    try:
        return int(text)
    except ValueError:
        number = float(text)
    return int(Decimal(text)) if number.is_integer() and Decimal(text) == int(number) else number


def _decoders(number: Callable[[str], Any]) -> dict[str, Callable[[Any], Any]]:
    table: dict[str, Callable[[Any], Any]] = {}

    def decode_list(content: list[Any]) -> list[Any]:
        return [table[kind](inner) for attribute in content for kind, inner in attribute.items()]

    def decode_map(content: dict[str, Any]) -> dict[str, Any]:
        return {name: table[kind](inner) for name, attribute in content.items() for kind, inner in attribute.items()}

    table.update(
        S=lambda content: content,
        N=number,
        B=b64decode,
        BOOL=lambda content: content,
        NULL=lambda content: None,
        L=decode_list,
        M=decode_map,
        SS=set,
        NS=lambda content: {number(text) for text in content},
        BS=lambda content: {b64decode(text) for text in content},
    )
    return table


_DECODERS: dict[str, dict[str, Callable[[Any], Any]]] = {
    "exact": _decoders(decode_number),
    "float": _decoders(decode_number_as_float),
}


# ── size ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def item_size(item: Mapping[str, Value]) -> int:
    """Bytes of an item (Python values) as DynamoDB counts them: names and values, without the 100 bytes of storage
    overhead. Numbers follow the documented approximation: about one byte for two significant digits, and one.

    Raises as ``encode_item``.
    """
    return wire_item_size(encode_item(item))


def wire_item_size(wire: WireMapping) -> int:
    """Bytes of an item in wire shape, as ``item_size``."""
    return sum(len(name.encode("utf-8", "surrogatepass")) + _value_size(value) for name, value in wire.items())


def _value_size(attribute: WireMapping) -> int:
    ((kind, content),) = attribute.items()
    return _SIZES[kind](content)


def _number_size(text: str) -> int:
    """1 + half the significant digits left of the point + half of those right of it, rounded up; + 1 for a sign."""
    sign, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int), "checked when encoded"
    significant = "".join(map(str, digits)).lstrip("0")
    exponent += len(significant) - len(significant.rstrip("0"))
    significant = significant.rstrip("0")
    if not significant:
        return 1
    left = max(0, min(len(significant), len(significant) + exponent))
    return 1 + (left + 1) // 2 + (len(significant) - left + 1) // 2 + sign


def _binary_size(text: str) -> int:
    return len(text) // 4 * 3 - text.count("=", -2)


_SIZES: dict[str, Callable[[Any], int]] = {
    "S": lambda content: len(content.encode("utf-8", "surrogatepass")),
    "N": _number_size,
    "B": _binary_size,
    "BOOL": lambda content: 1,
    "NULL": lambda content: 1,
    "L": lambda content: 3 + sum(1 + _value_size(element) for element in content),
    "M": lambda content: 3 + len(content) + wire_item_size(content),
    "SS": lambda content: sum(len(text.encode("utf-8", "surrogatepass")) for text in content),
    "NS": lambda content: sum(map(_number_size, content)),
    "BS": lambda content: sum(map(_binary_size, content)),
}
