"""datetimes and dates in keys: the canonical text, or one of a strftime format.

All in UTC, so that equal instants give equal keys. Only directives of a fixed width that depend on no locale. Owns
which formats sort as time does. Must not know fields or templates.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Final

from msgspec import Struct

from .shapes import Chars, Run, Shape
from .unfit import Unfit, wrong_type

_DIGITS: Final = Chars("0123456789")
_DATETIME: Final[Shape] = (Run(Chars("0123456789-:.TZ"), len("2026-01-31T08:00:00.000000Z")),)
_DATE: Final[Shape] = (Run(Chars("0123456789-"), len("2026-01-31")),)
#: directive of strftime → digits
_WIDTHS: Final = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2, "f": 6, "j": 3, "G": 4, "V": 2, "u": 1, "y": 2}
_OF_TIME: Final = "HMSf"
#: texts sort as time does where the directives come in one of these orders, from the first one on
_ORDERS: Final = ("YmdHMSf", "YjHMSf", "GVuHMSf")


class Formatted(Struct, frozen=True):
    """The texts of a format: from a value to its text (raises Unfit) and back (raises ValueError)."""

    text: Callable[[Any], str]
    value: Callable[[str], Any]
    shape: Shape
    sortable: bool


def formatted(moment: bool, format: str) -> Formatted:
    """The texts of a format; of the canonical one where it is empty.

    Args:
        moment: whether values are datetimes; else dates.

    Raises:
        Unfit: the format has a directive that keys cannot have.
    """
    if not format:
        if moment:
            return Formatted(datetime_text, _read_datetime, _DATETIME, sortable=True)
        return Formatted(date_text, date.fromisoformat, _DATE, sortable=True)
    shape, directives = _shape(format, moment)
    convert: Callable[[Any], date] = to_datetime if moment else to_date
    length = sum(len(element) if isinstance(element, str) else getattr(element, "length", 0) for element in shape)

    def text(value: Any) -> str:
        made = convert(value).strftime(format)
        if len(made) != length:
            raise Unfit("has a year before 1000, which does not sort")
        return made

    def read(text: str) -> Any:
        found = datetime.strptime(text, format)
        return found.replace(tzinfo=UTC) if moment else found.date()

    return Formatted(text, read, shape, any(order.startswith(directives) for order in _ORDERS))


def _shape(format: str, moment: bool) -> tuple[Shape, str]:
    shape: list[str | Run] = []
    directives = ""
    chars = iter(format)
    for char in chars:
        if char != "%":
            shape.append(char)
            continue
        directive = next(chars, "")
        if directive == "%":
            shape.append("%")
        elif directive not in _WIDTHS or not directive or (directive in _OF_TIME and not moment):
            raise Unfit(
                f"has the format {format!r}, and keys have no %{directive}",
                f"use those of a fixed width: {' '.join('%' + one for one in _WIDTHS)}",
            )
        else:
            shape.append(Run(_DIGITS, _WIDTHS[directive]))
            directives += directive
    if not directives:
        raise Unfit(f"has the format {format!r}, which says nothing", "for example '%Y-%m-%d'")
    return tuple(shape), directives


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def to_datetime(value: Any) -> datetime:
    """A datetime in UTC: of an aware one, of the text that an item holds, or of epoch seconds."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise Unfit("is no text of a datetime") from None
    elif type(value) is int:
        value = datetime.fromtimestamp(value, UTC)
    if not isinstance(value, datetime):
        raise wrong_type("datetime", value)
    if value.tzinfo is UTC:
        return value
    if value.utcoffset() is None:
        raise Unfit("has no time zone", "make it aware: datetime.now(UTC), or value.replace(tzinfo=...)")
    return value.astimezone(UTC)


def datetime_text(value: Any) -> str:
    """As models store it: text that sorts as time does."""
    return to_datetime(value).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _read_datetime(text: str) -> datetime:
    return datetime.fromisoformat(text)


def to_date(value: Any) -> date:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise Unfit("is no text of a date") from None
    if isinstance(value, datetime) or not isinstance(value, date):
        raise wrong_type("date", value)
    return value


def date_text(value: Any) -> str:
    return to_date(value).isoformat()
