"""How MySQL takes two values together: comparison, arithmetic, truth, text.

Sources: MySQL Reference Manual, "Type Conversion in Expression Evaluation", "Precision Math", "Arithmetic Operators".
Must not know expressions.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Final, TypeAlias

#: "Precision Math": of a DECIMAL
DECIMAL_MAX_DIGITS: Final = 65
DECIMAL_MAX_SCALE: Final = 30
#: div_precision_increment, whose default nearly everybody has
DIVISION_EXTRA_DIGITS: Final = 4

_EXACT: Final = Context(prec=3 * DECIMAL_MAX_DIGITS, rounding=ROUND_HALF_UP)
_NUMBER_AT_START: Final = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")
_TIME: Final = re.compile(r"(-?)(\d{1,3}):(\d\d):(\d\d)(?:\.(\d{1,6}))?")

Number: TypeAlias = int | Decimal | float


class NotComputable(ValueError):
    """Values that an expression cannot take together; says of what types, never the values."""


# ── text ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def folded(text: str) -> str:
    """What two texts have in common that MySQL's default collations take for equal: letters without case and accents.
    Source: MySQL Reference Manual, "Unicode Character Sets" (utf8mb4_0900_ai_ci)."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in parts if not unicodedata.combining(one))


def sql_text(value: Any) -> str:
    """The text of a value that is not NULL, as CONCAT makes it."""
    match value:
        case str():
            return value
        case bool():
            return "1" if value else "0"
        case int():
            return str(value)
        case Decimal() if value.is_finite():
            return format(value, "f")
        case float():
            return repr(value)
        case datetime():
            return value.replace(tzinfo=None).isoformat(" ")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return time_text(value)
        case bytes():
            try:
                return value.decode()
            except UnicodeDecodeError:
                raise NotComputable("bytes that are no UTF-8 have no text") from None
        case _:
            raise NotComputable(f"{type(value).__name__} has no text in an expression")


def time_text(value: timedelta) -> str:
    """A TIME as text, hours beyond 24 and negative ones too: "-101:05:00", "00:00:01.500000"."""
    microseconds = value // timedelta(microseconds=1)
    sign, magnitude = "-" if microseconds < 0 else "", abs(microseconds)
    seconds, fraction = divmod(magnitude, 1_000_000)
    text = f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{text}.{fraction:06d}" if fraction else text


def parsed_time(text: str) -> timedelta | None:
    """The TIME that a text is, None where it is none."""
    match = _TIME.fullmatch(text)
    if match is None or int(match[3]) > 59 or int(match[4]) > 59:
        return None
    fraction = int((match[5] or "").ljust(6, "0"))
    value = timedelta(hours=int(match[2]), minutes=int(match[3]), seconds=int(match[4]), microseconds=fraction)
    return -value if match[1] else value


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def number(value: Any) -> Number:
    """A value as a number: a text by the number that it begins with, 0 where there is none."""
    match value:
        case bool():
            return int(value)
        case int() | float():
            return value
        case Decimal() if value.is_finite():
            return value
        case str():
            found = _NUMBER_AT_START.match(value)
            return Decimal(found[0].strip()) if found else 0
        case bytes():  # a BIT
            return int.from_bytes(value)
        case _:
            raise NotComputable(f"{type(value).__name__} is no number")


def _scale(value: int | Decimal) -> int:
    if isinstance(value, int):
        return 0
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _bounded(value: Decimal, scale: int) -> Decimal:
    """The value with a scale, rounded half up; refused where it has more digits than a DECIMAL."""
    rounded = value.quantize(Decimal(1).scaleb(-min(scale, DECIMAL_MAX_SCALE)), context=_EXACT)
    if rounded and rounded.adjusted() >= DECIMAL_MAX_DIGITS:
        raise NotComputable(f"the result has more than {DECIMAL_MAX_DIGITS} digits")
    return rounded


def _as_operands(one: Any, other: Any) -> tuple[Number, Number]:
    left, right = number(one), number(other)
    if isinstance(left, float) or isinstance(right, float):
        return float(left), float(right)
    if max(_size(left), _size(right)) > DECIMAL_MAX_DIGITS:
        raise NotComputable(f"a number has more than {DECIMAL_MAX_DIGITS} digits")
    return left, right


def _size(value: int | Decimal | float) -> int:
    """About how many digits stand before the point, without making a text of them."""
    if isinstance(value, int):
        return value.bit_length() * 302 // 1000
    return abs(Decimal(value).adjusted()) if value else 0


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise NotComputable("the result is out of the range of a DOUBLE")
    return value


def _combined(
    compute: Callable[[Any, Any], Any],
    of_decimals: Callable[[Decimal, Decimal], Decimal],
    scale: Callable[[int, int], int],
) -> Callable[[Any, Any], Number]:
    def combine(one: Any, other: Any) -> Number:
        left, right = _as_operands(one, other)
        if isinstance(left, float) or isinstance(right, float):
            return _finite(compute(left, right))
        if isinstance(left, int) and isinstance(right, int):
            result: int = compute(left, right)
            if _size(result) > DECIMAL_MAX_DIGITS:
                raise NotComputable(f"the result has more than {DECIMAL_MAX_DIGITS} digits")
            return result
        return _bounded(of_decimals(Decimal(left), Decimal(right)), scale(_scale(left), _scale(right)))

    return combine


def _divide(one: Any, other: Any) -> Number | None:
    left, right = _as_operands(one, other)
    if not right:
        return None
    if isinstance(left, float) or isinstance(right, float):
        return _finite(float(left) / float(right))
    return _bounded(_EXACT.divide(Decimal(left), Decimal(right)), _scale(left) + DIVISION_EXTRA_DIGITS)


#: operator to what computes it, of two values that are not NULL
ARITHMETIC: Final[dict[str, Callable[[Any, Any], Number | None]]] = {
    "+": _combined(lambda a, b: a + b, _EXACT.add, max),
    "-": _combined(lambda a, b: a - b, _EXACT.subtract, max),
    "*": _combined(lambda a, b: a * b, _EXACT.multiply, lambda a, b: a + b),
    "/": _divide,
}


def truth(value: Any) -> bool | None:
    """Whether a value counts as true: numbers that are not zero, texts that begin with such a number."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (date, time, timedelta)):
        return True
    return bool(number(value))


# ── comparison ───────────────────────────────────────────────────────────────────────────────────────────────────────
def compared(one: Any, other: Any, folds: bool) -> int:
    """-1, 0 or 1: how two values that are not NULL stand to each other; ``folds``: texts without case and accents."""
    if isinstance(one, str) and isinstance(other, str):
        return _order(folded(one), folded(other)) if folds else _order(one, other)
    if isinstance(one, (date, time, timedelta)) or isinstance(other, (date, time, timedelta)):
        return _order(*_moments(one, other))
    if isinstance(one, bytes) and isinstance(other, (bytes, str)):
        return _order(one, _bytes(other))
    if isinstance(other, bytes) and isinstance(one, str):
        return _order(_bytes(one), other)
    left, right = number(one), number(other)
    if isinstance(left, float) or isinstance(right, float):
        return _order(float(left), float(right))
    return _order(left, right)


def _order(one: Any, other: Any) -> int:
    return 1 if one > other else -1 if one < other else 0


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")


def _moments(one: Any, other: Any) -> tuple[Any, Any]:
    """Two values, one of them a date or a time, as what can be compared."""
    left, right = _moment(one), _moment(other)
    if isinstance(left, datetime) and isinstance(right, datetime):
        if left.tzinfo is not None and right.tzinfo is not None:
            return left.astimezone(UTC), right.astimezone(UTC)
        return left.replace(tzinfo=None), right.replace(tzinfo=None)
    if isinstance(left, timedelta) and isinstance(right, timedelta):
        return left, right
    raise NotComputable(f"{type(one).__name__} and {type(other).__name__} cannot be compared")


def _moment(value: Any) -> datetime | timedelta | None:
    match value:
        case datetime() | timedelta():
            return value
        case date():
            return datetime(value.year, value.month, value.day)
        case time():
            return timedelta(
                hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond
            )
        case str():
            if (found := parsed_time(value)) is not None:
                return found
            try:
                return datetime.fromisoformat(value)
            except ValueError:
                raise NotComputable("a text that is no date is compared with one") from None
        case _:
            return None
