"""What drivers give to what records hold: one Python type for each kind of column, whatever the driver.

Lenient in types (SQLite has texts for dates and integers for truth values, PyMySQL bytes for BIT), strict in values.
Must not know items.

Source: MySQL Reference Manual, "Data Types".
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from ..conventions import Conventions
from . import documents, times
from .checked import Convert, checked, encodable, wrong_type
from .kinds import Kind
from .refusal import Refusal

_INTEGER: Final = re.compile(r"[+-]?\d{1,25}", re.ASCII)
_DECIMAL: Final = re.compile(r"[+-]?(?:\d{1,200}\.?\d{0,200}|\.\d{1,200})(?:[eE][+-]?\d{1,4})?", re.ASCII)
_FLOAT_WHOLE_MAX: Final = 2**53
_TRUTH: Final = {"0": False, "1": True, "false": False, "true": True}


def canonical(kind: Kind, conventions: Conventions) -> Convert:
    """What makes a record's value of a driver's; None is NULL and stays so.

    Raises:
        Refusal: by the function: the value is not one that the column could have.
    """
    convert = _FROM_DRIVER[kind.family](kind, conventions)

    def from_driver(raw: Any) -> Any:
        return None if raw is None else convert(raw)

    return from_driver


def _then_checked(kind: Kind, convert: Convert) -> Convert:
    check = checked(kind)
    return lambda raw: check(convert(raw))


def _integer(raw: Any) -> Any:
    match raw:
        case bool():
            return int(raw)
        case str() if _INTEGER.fullmatch(raw):
            return int(raw)
        case Decimal() if raw.is_finite() and abs(raw.adjusted()) < 25 and raw == raw.to_integral_value():
            return int(raw)
        case float() if raw.is_integer() and abs(raw) <= _FLOAT_WHOLE_MAX:
            return int(raw)
        case str() | Decimal() | float():
            raise Refusal("it is no integer")
        case _:
            return raw


def _decimal(raw: Any) -> Any:
    match raw:
        case bool():
            return int(raw)
        case str() if _DECIMAL.fullmatch(raw):
            return Decimal(raw)
        case str():
            raise Refusal("the text is no number")
        case float() if math.isfinite(raw):
            return Decimal(repr(raw))
        case _:
            return raw


def _float(raw: Any) -> Any:
    match raw:
        case str() if _DECIMAL.fullmatch(raw):
            return float(raw)
        case str():
            raise Refusal("the text is no number")
        case Decimal():
            return float(raw)
        case _:
            return raw


def _boolean(raw: Any) -> bool:
    match raw:
        case bool():
            return raw
        case str() if raw.lower() in _TRUTH:
            return _TRUTH[raw.lower()]
        case bytes() if raw in (b"\0", b"\1"):
            return raw == b"\1"
        case int() | Decimal() | float() if raw == 0 or raw == 1:
            return bool(raw)
        case _:
            raise Refusal("it is neither 0 nor 1", "a number that is more than a truth value is no BOOL: use N")


def _bits(raw: Any) -> Any:
    return int.from_bytes(raw) if isinstance(raw, (bytes, bytearray)) else _integer(raw)


def _text(raw: Any) -> Any:
    match raw:
        case bytes() | bytearray():
            try:
                return raw.decode()
            except UnicodeDecodeError:
                raise Refusal("the bytes are no text in UTF-8") from None
        case int() if not isinstance(raw, bool):
            return str(raw)
        case _:
            return raw


def _words(kind: Kind, conventions: Conventions) -> Convert:
    """Text of whatever comes, in the form that values of its Python type have in items."""
    instants = times.instant_text(conventions.fraction_digits)
    spans = times.span_text(conventions.fraction_digits)

    def words(raw: Any) -> str:
        match raw:
            case str():
                return encodable(raw)
            case bool():
                return "1" if raw else "0"
            case Decimal() if raw.is_finite():
                return format(raw, "f")
            case float() if math.isfinite(raw):
                return repr(raw)
            case datetime():
                if raw.tzinfo is None and conventions.time_zone != "UTC":
                    raise Refusal("it may be a DATETIME or a TIMESTAMP, whose zones differ", "give the schema")
                return instants(times.in_utc(raw, UTC))
            case date() | time():
                return raw.isoformat()
            case timedelta():
                return spans(raw)
            case set() | frozenset():
                return ",".join(sorted(raw))
            case dict() | list():
                return documents.canonical_text(documents.plain(raw))
            case int() | bytes() | bytearray():
                return str(_text(raw))
            case _:
                raise wrong_type(raw, "text")

    return words


def _elements(raw: Any) -> Any:
    match raw:
        case str():
            return set(raw.split(",")) if raw else set()
        case bytes():
            return _elements(_text(raw))
        case list() | tuple() if all(isinstance(one, str) for one in raw):
            return set(raw)
        case _:
            return raw


def _numbers(raw: Any) -> Any:
    elements = documents.parsed(raw) if isinstance(raw, str) and raw.startswith("[") else _elements(raw)
    if not isinstance(elements, (list, set, frozenset)):
        raise wrong_type(raw, "a set of numbers")
    numbers = [_decimal(one) for one in elements]
    if not all(isinstance(one, (int, Decimal)) for one in numbers):
        raise wrong_type(raw, "a set of numbers")
    return set(numbers)


def _binary(raw: Any) -> Any:
    return bytes(raw) if isinstance(raw, (bytearray, memoryview)) else raw


def _json(raw: Any) -> Any:
    return documents.parsed(raw) if isinstance(raw, (str, bytes, bytearray)) else raw


def _enum(kind: Kind, conventions: Conventions) -> Convert:
    """MySQL takes "Pending" for "pending", and gives the value as declared."""
    declared = {one.lower(): one for one in kind.members}
    check = checked(kind)

    def member(raw: Any) -> Any:
        text = _text(raw)
        return check(declared.get(text.lower(), text) if isinstance(text, str) and text not in kind.members else text)

    return member


def _plainly(convert: Convert) -> Callable[[Kind, Conventions], Convert]:
    return lambda kind, conventions: _then_checked(kind, convert)


def _as_it_comes(kind: Kind, conventions: Conventions) -> Convert:
    return lambda raw: bytes(raw) if isinstance(raw, (bytearray, memoryview)) else raw


_FROM_DRIVER: Final[dict[str, Callable[[Kind, Conventions], Convert]]] = {
    "integer": _plainly(_integer),
    "decimal": _plainly(_decimal),
    "float": _plainly(_float),
    "boolean": lambda kind, conventions: _boolean,
    "bit": _plainly(_bits),
    "text": _plainly(_text),
    "words": _words,
    "enum": _enum,
    "set": _plainly(_elements),
    "numbers": _plainly(_numbers),
    "date": lambda kind, conventions: times.date_of(conventions),
    "datetime": lambda kind, conventions: times.instant_of(conventions, times.zone_of(conventions.time_zone)),
    "timestamp": lambda kind, conventions: times.instant_of(conventions, UTC),
    "time": lambda kind, conventions: times.span_of,
    "year": _plainly(_integer),
    "binary": _plainly(_binary),
    "json": _plainly(_json),
    "other": _as_it_comes,
    "computed": _as_it_comes,
}
