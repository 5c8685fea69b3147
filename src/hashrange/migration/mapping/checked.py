"""What a record may hold: the one Python type of each kind of column, and its values in their one form.

Records come from rows, and from people who write them; what no column could have is refused either way. Must not know
drivers or items.

Source: MySQL Reference Manual, "Data Types".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any, Final, TypeAlias

from . import documents, times
from .kinds import Kind
from .refusal import Refusal

#: a value that is not None to one that may be
Convert: TypeAlias = Callable[[Any], Any]

_INTEGER_MIN: Final = -(2**63)
_INTEGER_MAX: Final = 2**64 - 1  # of BIGINT UNSIGNED
_EXACT: Final = Context(prec=200, traps=[Inexact, InvalidOperation])


def checked(kind: Kind) -> Convert:
    """What takes only a record's values; the same value in its one form (a decimal with its column's scale).

    Raises:
        Refusal: by the function: it is of another type, or not one that the column could have.
    """
    return _CHECKED[kind.family](kind)


def wrong_type(value: Any, wanted: str) -> Refusal:
    """That a value is of another type than it is to be."""
    return Refusal(f"{type(value).__name__} is given, and {wanted} is expected")


def _checked_integer(kind: Kind) -> Convert:
    def integer(value: Any) -> int:
        if type(value) is not int:
            if not isinstance(value, int) or isinstance(value, bool):
                raise wrong_type(value, "int")
            value = int(value)
        number: int = value
        if not _INTEGER_MIN <= number <= _INTEGER_MAX:
            raise Refusal("the number is larger than any integer of MySQL")
        return number

    return integer


def _checked_decimal(kind: Kind) -> Convert:
    unit = None if kind.scale is None else Decimal(1).scaleb(-kind.scale)

    def decimal(value: Any) -> Decimal:
        if not isinstance(value, Decimal):
            if not isinstance(value, int) or isinstance(value, bool):
                raise wrong_type(value, "Decimal")
            value = Decimal(value)
        number: Decimal = value
        if not number.is_finite():
            raise Refusal("MySQL has no NaN and no infinity")
        if unit is None:
            return number
        try:
            return number.quantize(unit, context=_EXACT)
        except Inexact:
            raise Refusal(
                f"it has more than {kind.scale} decimals, which is what {kind.type} holds", "round it"
            ) from None
        except InvalidOperation:
            raise Refusal("the number has more digits than any DECIMAL") from None

    return decimal


def _checked_float(kind: Kind) -> Convert:
    def floating(value: Any) -> float:
        if not isinstance(value, (float, int)) or isinstance(value, bool):
            raise wrong_type(value, "float")
        try:
            found = float(value)
        except OverflowError:
            raise Refusal("the number is out of the range of a DOUBLE") from None
        if not math.isfinite(found):
            raise Refusal("MySQL has no NaN and no infinity")
        return found

    return floating


def _checked_bit(kind: Kind) -> Convert:
    def bits(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong_type(value, "int")
        if not 0 <= value < 1 << kind.bits:
            raise Refusal(f"the number does not fit into {kind.type}")
        return int(value)

    return bits


def _checked_boolean(kind: Kind) -> Convert:
    return _instance(bool, "bool")


def _instance(type_: type, wanted: str) -> Convert:
    def instance(value: Any) -> Any:
        if not isinstance(value, type_):
            raise wrong_type(value, wanted)
        return value

    return instance


def encodable(text: str) -> str:
    """The text, if it is one that UTF-8 has: no lone surrogates."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise Refusal("the text has a lone surrogate, which no database stores") from None
    return text


def _checked_text(kind: Kind) -> Convert:
    def text(value: Any) -> str:
        if type(value) is not str:
            if not isinstance(value, str):
                raise wrong_type(value, "str")
            value = str.__str__(value)
        return encodable(value)

    return text


def _checked_enum(kind: Kind) -> Convert:
    as_text, members = _checked_text(kind), frozenset((*kind.members, ""))

    def member(value: Any) -> str:
        text: str = as_text(value)
        if kind.members and text not in members:
            raise Refusal("it is none of the ENUM's values", f"they are {', '.join(map(repr, kind.members))}")
        return text

    return member


def _checked_set(kind: Kind) -> Convert:
    members = frozenset(kind.members)

    def elements(value: Any) -> set[str]:
        if not isinstance(value, (set, frozenset)):
            raise wrong_type(value, "a set of str")
        for one in value:
            if not isinstance(one, str):
                raise wrong_type(one, "a set of str")
            encodable(one)
        if members and not members.issuperset(value):
            raise Refusal("it has a value that the SET does not", f"they are {', '.join(map(repr, kind.members))}")
        return set(value)

    return elements


def _checked_numbers(kind: Kind) -> Convert:
    def elements(value: Any) -> set[Decimal]:
        if not isinstance(value, (set, frozenset)):
            raise wrong_type(value, "a set of numbers")
        return {_EXACT_DECIMAL(one) for one in value}

    return elements


_EXACT_DECIMAL: Final = _checked_decimal(Kind("decimal", "number"))


def _checked_date(kind: Kind) -> Convert:
    def day(value: Any) -> date:
        if not isinstance(value, date) or isinstance(value, datetime):
            raise wrong_type(value, "date")
        return value

    return day


def _checked_instant(kind: Kind) -> Convert:
    def instant(value: Any) -> datetime:
        if not isinstance(value, datetime):
            raise wrong_type(value, "datetime")
        if value.tzinfo is None:
            raise Refusal("it is a datetime without a time zone", "records hold aware ones: datetime.now(UTC)")
        return value if value.tzinfo is UTC else times.in_utc(value, UTC)

    return instant


def _checked_span(kind: Kind) -> Convert:
    def span(value: Any) -> timedelta:
        if not isinstance(value, timedelta):
            raise wrong_type(value, "timedelta")
        return times.checked_span(value)

    return span


def _checked_year(kind: Kind) -> Convert:
    as_integer = _checked_integer(kind)

    def year(value: Any) -> int:
        number: int = as_integer(value)
        if number and not 1901 <= number <= 2155:
            raise Refusal("a YEAR is 0, or from 1901 to 2155")
        return number

    return year


def _checked_json(kind: Kind) -> Convert:
    return documents.plain


def _anything(kind: Kind) -> Convert:
    return lambda value: value


_CHECKED: Final[dict[str, Callable[[Kind], Convert]]] = {
    "integer": _checked_integer,
    "decimal": _checked_decimal,
    "float": _checked_float,
    "boolean": _checked_boolean,
    "bit": _checked_bit,
    "text": _checked_text,
    "words": _checked_text,
    "enum": _checked_enum,
    "set": _checked_set,
    "numbers": _checked_numbers,
    "date": _checked_date,
    "datetime": _checked_instant,
    "timestamp": _checked_instant,
    "time": _checked_span,
    "year": _checked_year,
    "binary": lambda kind: _instance(bytes, "bytes"),
    "json": _checked_json,
    "other": _anything,
    "computed": _anything,
}
