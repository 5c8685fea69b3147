"""date-format: dates and times in the letters of a format, and back.

A format has the letters YYYY (or yyyy), YY, MM, DD (or dd), HH, mm, ss and S to SSSSSS (fraction), or MySQL's %Y %y %m
%d %H %i %s %S %f %T %%; T, Z, what stands in 'quotes', and what is no letter stand for themselves. "iso8601" is the
canonical text; "epoch" and "epoch-ms" are seconds and milliseconds since 1970. All in UTC. Anything else is refused.
Must not know entities.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from ..contract.model import AttributeType, Transformed
from ..conventions import Conventions
from . import times
from .checked import checked
from .codecs import Codec
from .kinds import COMPUTED, Kind
from .refusal import Refusal
from .stored import stored_decimal, stored_number, stored_text
from .transformations import Transformation, UnknownFormat
from .values import codec

#: names of epochs to units in a second
EPOCHS: Final = {"epoch": 1, "unix": 1, "epoch-seconds": 1, "epoch-ms": 1000, "epoch-milliseconds": 1000}
_ISO: Final = frozenset({"iso", "iso8601", "iso-8601"})
_TEMPORAL: Final = frozenset({"date", "datetime", "timestamp"})
#: letters to the part that they stand for
_LETTERS: Final = {
    "YYYY": "year",
    "yyyy": "year",
    "YY": "year2",
    "yy": "year2",
    "MM": "month",
    "DD": "day",
    "dd": "day",
    "HH": "hour",
    "mm": "minute",
    "ss": "second",
    **{"S" * digits: f"fraction{digits}" for digits in range(1, 7)},
}
_PERCENT: Final = {
    "%Y": "year",
    "%y": "year2",
    "%m": "month",
    "%d": "day",
    "%H": "hour",
    "%i": "minute",
    "%s": "second",
    "%S": "second",
    "%f": "fraction6",
}
_PARTS: Final = re.compile(r"'((?:[^']|'')*)'|([YyMDdHmsS])\2*|(\W|\d|_|T|Z)|(.)", re.DOTALL)
_PERCENT_PARTS: Final = re.compile(r"%.?|[^%]", re.DOTALL)
_DIGITS: Final = {"year": 4, **{f"fraction{digits}": digits for digits in range(1, 7)}}
_TIMES_OF_DAY: Final = ("hour", "minute", "second")


class _DateFormat(Struct, frozen=True):
    """Literal texts and parts ("year", "fraction3"), in their order: a part is a tuple of one."""

    parts: tuple[str | tuple[str], ...]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(part[0] for part in self.parts if isinstance(part, tuple))

    @property
    def fraction_digits(self) -> int:
        return max((_DIGITS[name] for name in self.names if name.startswith("fraction")), default=0)

    def tells(self, precision: int, *, time_of_day: bool) -> bool:
        """Whether an instant of so many digits of a second can be told from its text."""
        wanted = {"year", "month", "day", *(_TIMES_OF_DAY if time_of_day else ())}
        return wanted <= self.names and self.fraction_digits >= precision

    def text(self, value: datetime) -> str:
        return "".join(part if isinstance(part, str) else _PART_TEXT[part[0]](value) for part in self.parts)

    @property
    def pattern(self) -> str:
        return "".join(
            re.escape(part) if isinstance(part, str) else rf"\d{{{_DIGITS.get(part[0], 2)}}}" for part in self.parts
        )

    def parse(self, text: str) -> datetime:
        """The instant that a text is, what the format does not have as in 1970-01-01T00:00:00."""
        pattern = "".join(
            re.escape(part) if isinstance(part, str) else rf"(\d{{{_DIGITS.get(part[0], 2)}}})" for part in self.parts
        )
        match = re.fullmatch(pattern, text, re.ASCII)
        if match is None:
            raise Refusal("the text does not have the format of its dates")
        found = {"year": "1970", "month": "1", "day": "1", "hour": "0", "minute": "0", "second": "0", "fraction": "0"}
        for (name,), digits in zip(
            (part for part in self.parts if isinstance(part, tuple)), match.groups(), strict=True
        ):
            if name.startswith("fraction"):
                found["fraction"] = digits.ljust(6, "0")
            else:
                found[name] = digits
        try:
            numbers = [int(found[name]) for name in ("year", "month", "day", *_TIMES_OF_DAY, "fraction")]
            return datetime(*numbers, tzinfo=UTC)  # type: ignore[misc,arg-type]
        except ValueError:
            raise Refusal("the text is a date that does not exist") from None


_PART_TEXT: Final[dict[str, Callable[[datetime], str]]] = {
    "year": lambda value: f"{value.year:04d}",
    "year2": lambda value: f"{value.year % 100:02d}",
    "month": lambda value: f"{value.month:02d}",
    "day": lambda value: f"{value.day:02d}",
    "hour": lambda value: f"{value.hour:02d}",
    "minute": lambda value: f"{value.minute:02d}",
    "second": lambda value: f"{value.second:02d}",
    "fraction1": lambda value: f"{value.microsecond:06d}"[:1],
    "fraction2": lambda value: f"{value.microsecond:06d}"[:2],
    "fraction3": lambda value: f"{value.microsecond:06d}"[:3],
    "fraction4": lambda value: f"{value.microsecond:06d}"[:4],
    "fraction5": lambda value: f"{value.microsecond:06d}"[:5],
    "fraction6": lambda value: f"{value.microsecond:06d}",
}


def _date_parts(text: str) -> _DateFormat:
    parts: list[str | tuple[str]] = []
    percent = "%" in text
    text = text.replace("%T", "%H:%i:%s") if percent else text
    for match in (_PERCENT_PARTS if percent else _PARTS).finditer(text):
        word = match[0]
        if percent:
            name = "%" if word == "%%" else _PERCENT.get(word) if word[0] == "%" else None
            literal = word if word[0] != "%" else "%" if word == "%%" else None
        else:
            name = _LETTERS.get(word)
            literal = match[3] if match[3] is not None else None
            if match[1] is not None:
                literal = match[1].replace("''", "'") or "'"
        if literal is not None:
            parts.append(literal)
        elif name is None:
            raise UnknownFormat(
                f"{word!r} in the date format {text!r} has no meaning: YYYY MM DD HH mm ss SSS, or MySQL's %Y-%m-%d, "
                "iso8601, epoch and epoch-ms are defined; other letters stand in 'quotes'"
            )
        elif (name,) in parts:
            raise UnknownFormat(f"{word!r} stands twice in the date format {text!r}; MM are months, mm are minutes")
        else:
            parts.append((name,))
    if not any(isinstance(part, tuple) for part in parts):
        raise UnknownFormat(f"the date format {text!r} has no letters that stand for a part of a date")
    return _DateFormat(tuple(parts))


class _Source(Struct, frozen=True):
    """How an instant is made of a column's value, and the value of an instant; ``precision``: digits of a second;
    ``is_known``: whether the column's type is, so that ``value`` gives what it was."""

    instant: Callable[[Any], datetime]
    value: Callable[[datetime], Any]
    precision: int
    time_of_day: bool
    is_known: bool = True


def _date_source(value: Transformed, kind: Kind, conventions: Conventions) -> _Source:
    name = (value.source_format or "").lower()
    check = checked(kind)
    if kind.family in ("datetime", "timestamp") and (not name or name in _TEMPORAL):
        return _Source(check, lambda instant: instant, 6 if kind.scale is None else kind.scale, time_of_day=True)
    if kind.family == "date" and (not name or name in _TEMPORAL):
        return _Source(_midnight(check), lambda instant: instant.date(), 0, time_of_day=False)
    if kind.family in ("integer", "decimal") and (name in EPOCHS or name == "timestamp"):
        units = EPOCHS.get(name, 1)
        return _Source(
            lambda number: times.instant_of_seconds(Decimal(check(number)) / units),
            lambda instant: check(_epoch(instant, units)),
            {1: 0, 1000: 3}[units] if kind.family == "integer" else 6,
            time_of_day=True,
        )
    if kind.family in ("text", "words") and name and name not in _TEMPORAL and name not in EPOCHS:
        return _text_source(_date_parts(value.source_format or ""), check)
    if kind.family == "words" and (not name or name in _TEMPORAL):
        return _Source(lambda text: _instant_of_words(check(text)), lambda instant: instant, 6, True, is_known=False)
    raise UnknownFormat(
        f"the source_format {value.source_format!r} does not go with a {kind.type}: of a DATE, DATETIME or TIMESTAMP "
        "it is left out, of a number it is epoch or epoch-ms, of a text it is a date format"
    )


def _instant_of_words(text: str) -> datetime:
    """The instant that is meant by the text of a column whose type nobody knows: of a DATE, or in UTC."""
    found = times.parsed_sql(text)
    return times.in_utc(found, UTC)


def _midnight(check: Callable[[Any], date]) -> Callable[[Any], datetime]:
    def midnight(value: Any) -> datetime:
        day = check(value)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)

    return midnight


def _epoch(instant: datetime, units: int) -> int | Decimal:
    """Seconds or milliseconds since 1970, exactly."""
    microseconds = (instant - times.EPOCH) // timedelta(microseconds=1)
    found = Decimal(microseconds) * units / 1_000_000
    return int(found) if found == found.to_integral_value() else found


def _text_source(format_: _DateFormat, check: Callable[[Any], str]) -> _Source:
    if not {"year", "month", "day"} <= format_.names:
        raise UnknownFormat("a source_format has at least YYYY, MM and DD")

    def instant(value: Any) -> datetime:
        return format_.parse(check(value))

    return _Source(instant, format_.text, format_.fraction_digits, bool(format_.names & set(_TIMES_OF_DAY)))


def date_format(value: Transformed, kind: Kind, type_: AttributeType, conventions: Conventions) -> Transformation:
    name = (value.format or "iso8601").lower()
    source = _date_source(value, kind, conventions)
    if name in EPOCHS:
        return _epoch_format(source, EPOCHS[name], type_)
    if name in _ISO and not source.time_of_day:
        format_ = _date_parts("YYYY-MM-DD")
    elif name in _ISO:
        text = times.instant_text(conventions.fraction_digits)
        pattern = times.instant_pattern(conventions.fraction_digits)
        found = Codec(
            lambda one: text(source.instant(one)),
            lambda one: source.value(times.read_instant(stored_text(one))),
            pattern,
        )
        return _only_text(found, type_, invertible=source.is_known)
    else:
        format_ = _date_parts(value.format or "")
    found = Codec(
        lambda one: format_.text(source.instant(one)),
        lambda one: source.value(format_.parse(stored_text(one))),
        format_.pattern,
    )
    tells = source.is_known and format_.tells(source.precision, time_of_day=source.time_of_day)
    return _only_text(found, type_, invertible=tells)


def _only_text(found: Codec, type_: AttributeType, *, invertible: bool) -> Transformation:
    if type_ != "S":
        raise UnknownFormat(f"a date format makes text, and the attribute is of type {type_}")
    return Transformation(found, invertible)


def _epoch_format(source: _Source, units: int, type_: AttributeType) -> Transformation:
    def instant(number_: int | Decimal) -> Any:
        return source.value(times.instant_of_seconds(Decimal(number_) / units))

    def whole(value: Any) -> int | Decimal:
        return _epoch(source.instant(value), units)

    if type_ == "N":
        return Transformation(Codec(whole, lambda stored: instant(stored_number(stored))), source.is_known)
    if type_ == "S":
        as_text = codec(COMPUTED, "S", Conventions())
        assert as_text is not None
        encode = as_text.encode
        return Transformation(
            Codec(lambda one: encode(whole(one)), lambda stored: instant(stored_decimal(stored)), r"-?\d+(?:\.\d+)?"),
            source.is_known,
        )
    raise UnknownFormat(f"an epoch is a number or text, and the attribute is of type {type_}")
