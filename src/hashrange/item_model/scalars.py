"""Single values that DynamoDB has no type for, as text or epoch seconds and back.

Owns the one text form of each: a datetime is ``2026-01-31T08:00:00.000000Z``, always in UTC, always with six digits of
microseconds, so that text sorts as time does (a sort key can hold it); date, time and timedelta are ISO 8601, UUID has
its usual form. Must not know models.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from msgspec import to_builtins

from .misfit import Misfit, type_name, wrong_type

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_CANONICAL_CHARS = len("2026-01-31T08:00:00.000000Z")
_DATE_CHARS = len("2026-01-31")


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def datetime_text(value: Any) -> str:
    """An aware datetime as text in UTC; whatever its zone, equal instants give equal text."""
    if type(value) is not datetime or value.tzinfo is not UTC:
        value = _as_utc(value)
    text: str = to_builtins(value)
    return text if len(text) == _CANONICAL_CHARS else f"{text[:-1]}.000000Z"


def epoch_seconds(value: Any) -> int:
    """An aware datetime as whole seconds since 1970, rounded down."""
    return int((_as_utc(value) - _EPOCH) // _SECOND)


def _as_utc(value: Any) -> datetime:
    if not isinstance(value, datetime):
        raise wrong_type("datetime", value)
    if value.utcoffset() is None:
        raise Misfit(
            "the datetime has no time zone",
            "make it aware: datetime.now(UTC), or value.replace(tzinfo=...) where the zone is known",
        )
    try:
        there = value.astimezone(UTC)
    except OverflowError:
        raise Misfit("the datetime is out of range in UTC") from None
    return datetime.combine(there.date(), there.time(), UTC)  # a subclass may render itself in its own way


def date_text(value: Any) -> str:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise wrong_type("date", value)
    return value.isoformat()


def time_text(value: Any) -> str:
    """A time as ISO text; with microseconds only where there are some, which sorts all the same."""
    if not isinstance(value, time):
        raise wrong_type("time", value)
    return value.isoformat()


def timedelta_text(value: Any) -> str:
    if not isinstance(value, timedelta):
        raise wrong_type("timedelta", value)
    return str(to_builtins(value))


def uuid_text(value: Any) -> str:
    if type(value) is UUID:
        return to_builtins(value)  # type: ignore[no-any-return]  # half the time of str(value)
    if not isinstance(value, UUID):
        raise wrong_type("UUID", value)
    return str(value)


def enum_value(kind: type[Enum]) -> Callable[[Any], Any]:
    """The encoder of the members of one Enum."""

    def encode(member: Any) -> Any:
        if not isinstance(member, kind):
            raise wrong_type(type_name(kind), member)
        return member.value

    return encode


def key_text(key: Any) -> str:
    """A key of a map as the name of a map entry."""
    if isinstance(key, Enum):
        key = key.value
    if isinstance(key, str):
        return key
    if type(key) in _KEY_TEXT:
        return _KEY_TEXT[type(key)](key)
    raise Misfit(f"{type(key).__name__} cannot be the key of a map", "names of map entries are text")


_KEY_TEXT: dict[type, Callable[[Any], str]] = {
    int: int.__repr__,
    float: float.__repr__,
    Decimal: str,
    UUID: uuid_text,
    datetime: datetime_text,
    date: date_text,
    time: time_text,
    timedelta: timedelta_text,
}


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def utc_datetime(value: Any) -> Any:
    """Text of a datetime without an offset, as other programs write it, is UTC; anything else is left as it is."""
    if type(value) is not str or len(value) <= _DATE_CHARS or value[-1] == "Z":
        return value
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def epoch_datetime(value: Any) -> Any:
    """Seconds since 1970 as a datetime in UTC; text as ``utc_datetime``."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return utc_datetime(value)
    try:
        return _EPOCH + timedelta(microseconds=int(value * 1_000_000))
    except OverflowError:
        raise Misfit(
            "the number is out of range for epoch seconds", "TTL is in seconds; is this in milliseconds?"
        ) from None
