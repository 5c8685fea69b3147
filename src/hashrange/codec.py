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
from .errors import ItemDecodeError, TypeMismatch, ValidationError
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


class _RefusedName(_Refused):
    """A name that no attribute can have; its path is that of the map around it, so the first step is left out."""

    def within(self, step: str | int) -> _Refused:
        return _Refused(self.error, self.reason, self.hint)


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
            attribute = {"S": value} if type(value) is str else _encode(value, 1)
            wire[name if type(name) is str and name else _plain_name(name)] = attribute
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
    path = format_path(reversed(refused.path))
    return refused.error(f"{path}: {refused.reason}" if path else refused.reason, hint=refused.hint)


def _plain_name(name: Any) -> str:
    """A name as exactly a str, which a JSON encoder insists on; a StrEnum's member is text too."""
    if isinstance(name, str) and (text := str.__str__(name)):
        return text
    shown = repr(name)
    raise _RefusedName(
        TypeMismatch,
        f"the attribute name {shown if len(shown) <= 100 else f'{shown[:97]}...'} is not non-empty text",
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


def _encode_binary(value: bytes | bytearray, level: int) -> AttributeValue:
    return {"B": b64encode(value).decode("ascii")}


def _encode_memoryview(value: memoryview, level: int) -> AttributeValue:
    return {"B": b64encode(value.tobytes()).decode("ascii")}  # a slice with a step is not contiguous


def _encode_number(value: int | float | Decimal, level: int) -> AttributeValue:
    return {"N": _NUMBER_TEXT[type(value)](value)}


def _int_text(value: int) -> str:
    if -_TEN_TO_38 < value < _TEN_TO_38:
        return int.__repr__(value)
    if not -_TOO_LARGE < value < _TOO_LARGE:  # before any text is made: that would take long, or fail
        raise _out_of_range("too large")
    text = int.__repr__(value)
    _check_digits(text.lstrip("-"))
    return text


def _float_text(value: float) -> str:
    """The shortest text that gives the same float again."""
    if not -1.7976931348623157e308 <= value <= 1.7976931348623157e308:
        raise _no_number(float.__repr__(value))
    if value and not 1e-130 <= abs(value) < 1e126:
        raise _out_of_range("too large" if abs(value) > 1 else "too small")
    return float.__repr__(value)


def _decimal_text(value: Decimal) -> str:
    """Exact, never rounded."""
    if not value.is_finite():
        raise _no_number("NaN" if value.is_nan() else "Infinity")
    if not value:
        return "0"
    magnitude = value.adjusted()
    if not limits.NUMBER_MIN_EXPONENT <= magnitude <= limits.NUMBER_MAX_EXPONENT:
        raise _out_of_range("too large" if magnitude > 0 else "too small")
    digits = value.as_tuple().digits
    if len(digits) > limits.NUMBER_MAX_DIGITS:
        _check_digits("".join(map(str, digits)))
    return Decimal.__str__(value)


# The number itself stays out of the message: it may be a key, and it may be a million digits long.
def _no_number(shown: str) -> _Refused:
    return _Refused(ValidationError, f"{shown} is not a number that DynamoDB has", "store None or a text instead")


def _out_of_range(how: str) -> _Refused:
    return _Refused(ValidationError, f"the number is out of range: {how}", _RANGE_HINT)


def _check_digits(digits: str) -> None:
    count = len(digits.rstrip("0"))
    if count > limits.NUMBER_MAX_DIGITS:
        raise _Refused(
            ValidationError,
            f"the number has {count} significant digits, more than {limits.NUMBER_MAX_DIGITS}",
            _RANGE_HINT,
        )


_NUMBER_TEXT: dict[type, Callable[[Any], str]] = {int: _int_text, float: _float_text, Decimal: _decimal_text}


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
            wire[name if type(name) is str and name else _plain_name(name)] = _encode(element, level + 1)
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
    texts: dict[Any, str] = {}
    mixed = len(set(map(type, value))) > 1
    for member in value:
        ((kind, text),) = _encode(member, level).items()
        kinds.add(kind)
        if kind in _SET_OF:
            # 0.1 and Decimal("0.10") are two members for Python and one for DynamoDB, which refuses to get it twice
            texts[Decimal(text) if mixed and kind == "N" else text] = text
    if len(kinds) != 1 or kinds - _SET_OF.keys():
        raise _Refused(
            TypeMismatch,
            f"the set holds {', '.join(sorted({type(member).__name__ for member in value}))}",
            "a set holds either str, or numbers, or bytes; use a list for anything else",
        )
    return {_SET_OF[kinds.pop()]: list(texts.values())}


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
    memoryview: _encode_memoryview,
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

    Raises:
        ItemDecodeError: an attribute is not one that this version knows; names it.
    """
    decoders = _DECODERS[numbers]
    item: Item = {}
    name = ""
    try:
        for name, attribute in wire.items():
            ((kind, content),) = attribute.items()
            item[name] = content if kind == "S" else decoders[kind](content)
    except _MALFORMED as problem:
        raise _undecodable(name, problem) from None
    return item


def decode_value(attribute: WireMapping, numbers: Numbers = "exact") -> Any:
    """One attribute value as a Python value. Raises as ``decode_item``."""
    try:
        ((kind, content),) = attribute.items()
        return _DECODERS[numbers][kind](content)
    except _MALFORMED as problem:
        raise _undecodable("value", problem) from None


#: what decoders raise when they meet something else than they expect; nothing is checked beforehand, for speed
_MALFORMED = (KeyError, ValueError, TypeError, AttributeError, ArithmeticError, RecursionError)


def _undecodable(path: str, problem: BaseException) -> ItemDecodeError:
    return ItemDecodeError(
        f"{path}: it holds what this version does not know as a DynamoDB value ({type(problem).__name__})",
        hint="db.call(...) gives answers as they come",
    )


def decode_number(text: str) -> int | Decimal:
    """The text of an N as int where it is integral, else as Decimal; exact."""
    try:
        return int(text)
    except ValueError:
        number = Decimal(text)
    # the exponent first: no number of DynamoDB has so many digits, and an int would need them all
    integral = number.adjusted() <= limits.NUMBER_MAX_EXPONENT and number == number.to_integral_value()
    return int(number) if integral else number


def decode_number_as_float(text: str) -> int | float:
    """The text of an N as int where it is integral, else as the nearest float."""
    try:
        return int(text)
    except ValueError:
        number = float(text)
    if not number.is_integer():
        return number
    exact = decode_number(text)  # 1E+23 is no float, and 123456789012345678.5 not integral
    return exact if isinstance(exact, int) else number


def _refuse_part() -> Any:
    raise ValueError("a part has no type, or several")


def _decoders(number: Callable[[str], Any]) -> dict[str, Callable[[Any], Any]]:
    table: dict[str, Callable[[Any], Any]] = {}

    def decode_list(content: list[Any]) -> list[Any]:
        values = [table[kind](inner) for attribute in content for kind, inner in attribute.items()]
        return values if len(values) == len(content) else _refuse_part()

    def decode_map(content: dict[str, Any]) -> dict[str, Any]:
        values = {name: table[kind](inner) for name, attribute in content.items() for kind, inner in attribute.items()}
        return values if len(values) == len(content) else _refuse_part()

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
    overhead. Numbers, for which the guide has an approximation only, are counted as DynamoDB Local counts them.

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
    """1 + half the digits left of the point + half of those right of it, each rounded up; + 1 for a minus sign. Zeros
    at both ends of the number do not count.

    DynamoDB Local pairs digits across the point and so counts one byte more for some numbers; the service does not.
    """
    sign, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int), "checked when encoded"
    start, end = 0, len(digits)
    while start < end and not digits[start]:
        start += 1
    while end > start and not digits[end - 1]:
        end -= 1
        exponent += 1
    if start == end:
        return 1
    left = max(0, min(end - start, end - start + exponent))
    return 1 + (left + 1) // 2 + (end - start - left + 1) // 2 + sign


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
