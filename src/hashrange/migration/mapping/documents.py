"""JSON columns and embedded rows: Python values of JSON's kinds, exact, and their one canonical text.

Numbers are int or Decimal, never float. The text is compact, objects' names in the order of code points; of embedded
rows in the contract's order. Two texts are compared parsed, so the order of names means nothing. Must not know columns.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, NoReturn

import msgspec

from .refusal import Refusal

#: deeper than DynamoDB's 32, which the codec checks; a bound on what is walked
_NESTING_MAX_LEVELS: Final = 100
_SORTED: Final = msgspec.json.Encoder(decimal_format="number", order="sorted")
_AS_IT_STANDS: Final = msgspec.json.Encoder(decimal_format="number")
_INT64: Final = 2**63
_LEAVES: Final = frozenset({str, int, bool})


def parsed(text: str | bytes | bytearray) -> Any:
    """The value of a JSON text.

    Raises:
        Refusal: it is not one; NaN and the infinities are none.
    """
    try:
        return json.loads(text, parse_float=_decimal, parse_constant=_refuse_constant)
    except Refusal:
        raise
    except (ValueError, RecursionError):
        raise Refusal("the text is no JSON") from None


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise Refusal("a number in the JSON is out of range")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise Refusal(f"JSON has no {name}")


def plain(value: Any, level: int = 0) -> Any:
    """A value of JSON's kinds, floats as the decimals of their digits, maps in the order of their names.

    Raises:
        Refusal: something in it is of no such kind.
    """
    if value is None or type(value) in _LEAVES:
        return value
    if level > _NESTING_MAX_LEVELS:
        raise Refusal(f"it is nested deeper than {_NESTING_MAX_LEVELS} levels")
    match value:
        case dict():
            return {name: plain(value[name], level + 1) for name in sorted(map(_name, value))}
        case list() | tuple():
            return [plain(inner, level + 1) for inner in value]
        case Decimal() if value.is_finite():
            return value
        case float() if math.isfinite(value):
            return Decimal(repr(value))
        case str() | int():
            return str(value) if isinstance(value, str) else int(value)
        case _:
            raise Refusal(f"{type(value).__name__} has no form in JSON", "give text, a number, True, False or None")


def _name(name: Any) -> str:
    if not isinstance(name, str):
        raise Refusal(f"a name in the JSON is of type {type(name).__name__}")
    return name


def _encodable(value: Any) -> Any:
    """The same with integers that the encoder has no room for as decimals."""
    if type(value) is int and not -_INT64 <= value < _INT64:
        return Decimal(value)
    if type(value) is bytes:  # the encoder would make text of them
        raise Refusal("bytes have no form in JSON", "the attribute may be M or L")
    if type(value) is dict:
        return {name: _encodable(inner) for name, inner in value.items()}
    return [_encodable(inner) for inner in value] if type(value) is list else value


def _texts(encoder: msgspec.json.Encoder) -> Callable[[Any], str]:
    def text(value: Any) -> str:
        try:
            return encoder.encode(_encodable(value)).decode()
        except Refusal:
            raise
        except (TypeError, ValueError, OverflowError, RecursionError) as problem:
            raise Refusal(f"it has no JSON text ({type(problem).__name__})") from None

    return text


#: the canonical text of a value that ``plain`` gave
canonical_text: Final = _texts(_SORTED)
#: the same with objects' names in their own order
ordered_text: Final = _texts(_AS_IT_STANDS)
