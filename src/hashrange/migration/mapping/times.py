"""Dates and times: what drivers give, Python's values, and the one canonical text that stands in items.

An instant is always UTC: ``2026-08-27T10:11:12Z``, with as many fraction digits as the conventions say. MySQL's
TIMESTAMP is UTC (the session's time zone is set so), its DATETIME is in the conventions' time zone. Must not know
entities.

Source: MySQL Reference Manual, "Date and Time Data Types".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ...errors import ConfigurationError
from ..conventions import Conventions
from ..expressions.sql_values import parsed_time, time_text
from .refusal import Refusal

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_TO_SECONDS: Final = len("2026-08-27T10:11:12")
#: "The TIME Type"
_TIME_MAX: Final = timedelta(hours=838, minutes=59, seconds=59, microseconds=999_999)
_ZERO: Final = re.compile(r"0000-00-00(?:[ T]00:00:00(?:\.0+)?)?")
_ZERO_PART: Final = re.compile(r"\d{4}-(?:00-\d\d|\d\d-00)(?:[ T].*)?")
_SQL: Final = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)?)?")


def zone_of(name: str) -> tzinfo:
    """The time zone of an IANA name. Raises ConfigurationError where this machine knows none of this name."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigurationError(
            f"{name!r} is not a time zone that this machine knows",
            hint="Conventions(time_zone=...) is an IANA name such as 'Europe/Berlin'; pip install tzdata if all fail",
        ) from None


# ── from drivers ─────────────────────────────────────────────────────────────────────────────────────────────────────
def _is_zero(raw: Any, conventions: Conventions) -> bool:
    """Whether a value is MySQL's zero date, to be taken for NULL; refused where it is one and is not."""
    if not isinstance(raw, str):
        return False
    if _ZERO.fullmatch(raw):
        if conventions.zero_dates == "null":
            return True
        raise Refusal("it is MySQL's zero date", "Conventions(zero_dates='null') takes it for NULL")
    if _ZERO_PART.fullmatch(raw):
        raise Refusal("its month or day is 00: it is no date", "mend it in the source")
    return False


def parsed_sql(raw: str) -> datetime:
    """The date, or date and time, that a text of MySQL's or of ISO 8601 is; midnight of a date."""
    if not _SQL.fullmatch(raw):
        raise Refusal("the text is no date", "dates are YYYY-MM-DD, with a time YYYY-MM-DD HH:MM:SS")
    try:
        return datetime.fromisoformat(raw)
    except ValueError:
        raise Refusal("the text is a date that does not exist") from None


def instant_of(conventions: Conventions, zone: tzinfo) -> Callable[[Any], datetime | None]:
    """What makes an instant of a driver's value: datetime, date or text, without a zone in the given one."""

    def instant(raw: Any) -> datetime | None:
        if raw is None or _is_zero(raw, conventions):
            return None
        if isinstance(raw, str):
            raw = parsed_sql(raw)
        elif isinstance(raw, date) and not isinstance(raw, datetime):
            raw = datetime(raw.year, raw.month, raw.day)
        if not isinstance(raw, datetime):
            raise Refusal(f"{type(raw).__name__} is no date and time")
        return in_utc(raw, zone)

    return instant


def in_utc(value: datetime, zone: tzinfo) -> datetime:
    """An instant in UTC; without a zone of its own it is in the given one. Refused where it is a time that was skipped
    there when clocks were put forward, or is out of Python's range."""
    try:
        if value.tzinfo is not None:
            return value.astimezone(UTC)
        if zone is UTC:
            return value.replace(tzinfo=UTC)
        found = value.replace(tzinfo=zone).astimezone(UTC)
        if found.astimezone(zone).replace(tzinfo=None) != value.replace(fold=0):
            raise Refusal(
                f"there was no such time in {zone}: clocks were put forward", "check Conventions(time_zone=...)"
            )
    except OverflowError:
        raise Refusal("it is out of the range of dates, in UTC") from None
    return found


def date_of(conventions: Conventions) -> Callable[[Any], date | None]:
    """What makes a date of a driver's value: date or text; a datetime at midnight."""

    def day(raw: Any) -> date | None:
        if raw is None or _is_zero(raw, conventions):
            return None
        if isinstance(raw, str):
            raw = parsed_sql(raw)
        if isinstance(raw, datetime):
            if raw.time() != time(0):
                raise Refusal("it is a date with a time of day, and the column holds dates")
            return raw.date()
        if not isinstance(raw, date):
            raise Refusal(f"{type(raw).__name__} is no date")
        return raw

    return day


def span_of(raw: Any) -> timedelta | None:
    """A TIME of a driver's value: timedelta, time or text. Refused beyond 838:59:59."""
    if raw is None:
        return None
    if isinstance(raw, str):
        raw = parsed_time(raw)
    elif isinstance(raw, time):
        raw = datetime.combine(date.min, raw.replace(tzinfo=None)) - datetime.min
    if not isinstance(raw, timedelta):
        raise Refusal("it is no TIME", "a TIME is HH:MM:SS, up to 838:59:59")
    return checked_span(raw)


def checked_span(value: timedelta) -> timedelta:
    """The same, within the range of TIME."""
    if not -_TIME_MAX <= value <= _TIME_MAX:
        raise Refusal("it is out of the range of TIME, 838:59:59")
    return value


# ── canonical text and numbers ───────────────────────────────────────────────────────────────────────────────────────
def _fraction(microseconds: int, digits: int) -> str:
    """Of a second, as text with its point; refused where digits that are not zero would be lost."""
    if not digits:
        if microseconds:
            raise _too_fine(digits)
        return ""
    text = f"{microseconds:06d}"
    if text[digits:].strip("0"):
        raise _too_fine(digits)
    return f".{text[:digits]}"


def _too_fine(digits: int) -> Refusal:
    return Refusal(
        f"it has more than {digits} digits of fractions of a second",
        "Conventions(fraction_digits=...) says how many are kept; round it where they do not matter",
    )


def instant_text(digits: int) -> Callable[[datetime], str]:
    """What makes the canonical text of an aware datetime."""

    def text(value: datetime) -> str:
        if value.tzinfo is not UTC:
            value = _aware(value)
        fraction = _fraction(value.microsecond, digits)
        return f"{value.isoformat()[:_TO_SECONDS]}{fraction}Z"

    return text


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise Refusal("it is a datetime without a time zone", "records hold aware ones: datetime.now(UTC)")
    return in_utc(value, UTC)


def instant_pattern(digits: int) -> str:
    """The regular expression of the canonical text."""
    fraction = rf"\.\d{{{digits}}}" if digits else ""
    return rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d{fraction}Z"


def read_instant(text: str) -> datetime:
    """The instant that a text in an item is: canonical, or any ISO 8601 with a zone, which other programs write."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refusal("the text is no date and time", "it is to be like 2026-08-27T10:11:12Z") from None
    if found.tzinfo is None:
        raise Refusal("the text is a date and time without a zone", "it is to be like 2026-08-27T10:11:12Z, in UTC")
    return in_utc(found, UTC)


def read_date(text: str) -> date:
    """The date that a text in an item is."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refusal("the text is no date", "it is to be like 2026-08-27") from None


def span_text(digits: int) -> Callable[[timedelta], str]:
    """What makes the canonical text of a TIME: "26:05:00", "-00:30:00.500"."""

    def text(value: timedelta) -> str:
        whole = time_text(checked_span(value)).partition(".")[0]
        if value < timedelta() and whole[0] != "-":
            whole = f"-{whole}"
        return whole + _fraction(abs(value // _MICROSECOND) % 1_000_000, digits)

    return text


def span_pattern(digits: int) -> str:
    """The regular expression of the canonical text of a TIME."""
    return r"-?\d{2,3}:\d\d:\d\d" + (rf"\.\d{{{digits}}}" if digits else "")


def read_span(text: str) -> timedelta:
    """The TIME that a text in an item is."""
    found = parsed_time(text)
    if found is None:
        raise Refusal("the text is no TIME", "it is to be like 26:05:00")
    return checked_span(found)


def seconds_of(span: timedelta, digits: int) -> int | Decimal:
    """Seconds, exactly: of an instant those since 1970."""
    whole, microseconds = divmod(span // _MICROSECOND, 1_000_000)
    if not microseconds:
        return whole
    _fraction(microseconds, digits)
    return whole + Decimal(microseconds).scaleb(-6)


def span_of_seconds(seconds: int | Decimal) -> timedelta:
    """The opposite of ``seconds_of``."""
    try:
        microseconds = seconds * 1_000_000
        if microseconds != int(microseconds):
            raise Refusal("the number has more than 6 digits of fractions of a second")
        return timedelta(microseconds=int(microseconds))
    except (OverflowError, ValueError, ArithmeticError) as problem:
        if isinstance(problem, Refusal):
            raise
        raise Refusal("the number is no date: it is out of range") from None


def instant_of_seconds(seconds: int | Decimal) -> datetime:
    """The instant so many seconds after 1970 began."""
    try:
        return EPOCH + span_of_seconds(seconds)
    except OverflowError:
        raise Refusal("the number is no date: it is out of range") from None
