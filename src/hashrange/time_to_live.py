"""Times to live: when an item expires, and what in the TTL attribute would never let it.

DynamoDB looks for a number of epoch *seconds*, and ignores everything else without a word: text, and the milliseconds
that other languages count in, which lie far in the future. Owns the rule what expires when, and saying so. Must not
know the time, or requests.

Source: Developer Guide, "Computing Time to Live (TTL) in DynamoDB".
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from math import ceil
from typing import Any, Final, TypeVar

from .codec import decode_value
from .errors import ValidationError
from .expressions import Raw, Update
from .types import WireItem

M = TypeVar("M")

#: 16 November 5138: who writes a later time has counted milliseconds (or less)
LATEST_EPOCH_SECONDS: Final = 99_999_999_999
_HINT: Final = "store whole epoch seconds: ttl=timedelta(...), expires_at(...), or int(time.time()) + seconds"


class TimeToLiveWarning(UserWarning):
    """An item will never expire: its TTL attribute holds milliseconds, or something that is not a number."""


def expiry(now: float, ttl: timedelta) -> int:
    """Epoch seconds at which an item written now may be deleted (TTL needs whole seconds).

    Raises:
        ValidationError: it is not a timedelta, or not a time to come.
    """
    if not isinstance(ttl, timedelta):
        raise ValidationError(f"ttl is of type {type(ttl).__name__}", hint="give a timedelta, counted from now")
    seconds = ttl.total_seconds()
    if seconds <= 0:
        raise ValidationError(f"ttl is {ttl}; it must be a time to come")
    return ceil(now + seconds)  # never before its time


def is_over(wire: WireItem, attribute: str, now: float) -> bool:
    """Whether an item in wire shape has expired: its TTL attribute is a number, and that time has come."""
    text = wire.get(attribute, _NOTHING).get("N")
    return text is not None and Decimal(text) <= int(now)


_NOTHING: Final[dict[str, Any]] = {}


class ExpiryWatch:
    """Looks at the TTL attribute of one table's items as they go by; warns once of each kind of mistake.

    Args:
        table: its name.
        attribute: the TTL attribute.
    """

    __slots__ = ("_attribute", "_table", "_told")

    def __init__(self, table: str, attribute: str) -> None:
        self._table, self._attribute = table, attribute
        self._told: set[str] = set()

    def written(self, item: Mapping[str, Any]) -> None:
        """An item, in Python values, is about to be written.

        Raises:
            ValidationError: its TTL is in milliseconds.
        """
        value = item.get(self._attribute)
        if value is None:
            return  # nothing, or NULL, which says that it never ends
        if type(value) is bool or not isinstance(value, (int, float, Decimal)):
            self._tell("written", f"of type {type(value).__name__}, not a number")
        elif value > LATEST_EPOCH_SECONDS:
            raise ValidationError(
                f"{self._attribute}: the time to live is in milliseconds, or later than the year 5138", hint=_HINT
            )

    def updated(self, update: Update | Raw) -> None:
        """An update is about to be sent. Raises as ``written``."""
        if isinstance(update, Update) and self._attribute in update.attribute_names:
            for steps, value in update.plain_changes() or ():
                if steps == (self._attribute,) and value is not None:
                    self.written({self._attribute: decode_value(value)})

    def read(self, wire: WireItem) -> None:
        """An item, in wire shape, was read."""
        for kind, content in wire.get(self._attribute, _NOTHING).items():
            if kind == "NULL":
                return
            if kind != "N":
                self._tell("stored", f"of type {kind}, not a number")
            elif Decimal(content) > LATEST_EPOCH_SECONDS:
                self._tell("stored", "in milliseconds, or later than the year 5138")

    def reading(self, decode: Callable[[WireItem], M]) -> Callable[[WireItem], M]:
        """The decoder, looking at what it decodes."""

        def watched(wire: WireItem) -> M:
            self.read(wire)
            return decode(wire)

        return watched

    def _tell(self, where: str, what: str) -> None:
        if what in self._told:
            return
        self._told.add(what)
        warnings.warn(
            f"table {self._table!r}: the time to live {where} in {self._attribute!r} is {what}: "
            f"DynamoDB will never delete such items. Hint: {_HINT}",
            TimeToLiveWarning,
            stacklevel=5,
        )
