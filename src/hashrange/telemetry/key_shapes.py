"""Partition keys that follow the clock: counted up, or named by a date.

Looks at the partition keys of a table's writes in the order in which they come, every eighth of them, and judges each
64 that it has seen. Must not know calls or events. The rules, all of which must hold:

- under load: the window's writes came at a rate of at least ``load`` a second;
- "sequential": nine keys of ten are one text with a number at its end (or numbers), nearly all different; the number
  rises (19 of 20 are greater than the one half a window before), and by less than 100 a write. Random ids do not rise;
  ids with the time and chance in them (UUID 7, ULID, snowflakes) differ in more than a short number at the end;
- "dates": nine keys of ten have a date (2026-11-21, 20261121) or a moment in epoch seconds in them, and all writes go
  to at most eight keys: who writes now, writes to the key of now.
"""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from typing import Any, Final, Literal

KeyShape = Literal["sequential", "dates"]

#: of so many writes one is looked at
STRIDE: Final = 8
#: so many keys are judged at a time
WINDOW: Final = 64
#: keys that hold a date may be so many and still count as one place
DATED_KEYS_MAX_COUNT: Final = 8
_STEP_MAX: Final = 100
_MOST: Final = 0.9
_RISING: Final = 0.95

_NUMBER_AT_END = re.compile(r"(.*?)([0-9]{1,18})", re.DOTALL)
_DATE = re.compile(
    r"(?<![0-9])(?:19|20)[0-9]{2}(?:[-/.](?:0[1-9]|1[0-2])[-/.](?:0[1-9]|[12][0-9]|3[01])"
    r"|(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]))(?![0-9])"
)
#: epoch seconds from 2014 to 2033
_MOMENT = re.compile(r"(?<![0-9])1[4-9][0-9]{8}(?![0-9])")


class KeyShapes:
    """Watches the writes of one table.

    Args:
        load: writes a second from which on keys are judged.
    """

    __slots__ = ("_began", "_keys", "_load", "_seen")

    def __init__(self, load: float) -> None:
        self._load = load
        self._seen = 0
        self._began = 0.0
        self._keys: list[Any] = []

    def note(self, key: Any, now: float) -> KeyShape | None:
        """Look at a write's partition key; ``now`` is in seconds, of any clock that never goes back."""
        self._seen += 1
        if self._seen % STRIDE:
            return None
        if not self._keys:
            self._began = now
        self._keys.append(key)
        if len(self._keys) < WINDOW:
            return None
        keys, self._keys = self._keys, []
        elapsed = now - self._began
        if elapsed * self._load > (WINDOW - 1) * STRIDE:
            return None
        return shape_of(keys, STRIDE)


def shape_of(keys: list[Any], stride: int) -> KeyShape | None:
    """What partition keys look like that were written in this order; of ``stride`` writes, one is among them."""
    texts = [_text(key) for key in keys]
    if _are_dates(texts):
        return "dates"
    return "sequential" if _are_sequential(texts, stride) else None


def _text(key: Any) -> str:
    """Binary keys have no digits to look at."""
    return str(key) if isinstance(key, (str, int, Decimal)) else ""


def _are_dates(texts: list[str]) -> bool:
    dated = [text for text in texts if _DATE.search(text) or _MOMENT.search(text)]
    return len(dated) >= _MOST * len(texts) and len(set(dated)) <= DATED_KEYS_MAX_COUNT


def _are_sequential(texts: list[str], stride: int) -> bool:
    parts = [found.groups() for text in texts if (found := _NUMBER_AT_END.fullmatch(text))]
    if not parts:
        return False
    ((prefix, _count),) = Counter(before for before, _ in parts).most_common(1)
    numbers = [int(number) for before, number in parts if before == prefix]
    if len(numbers) < _MOST * len(texts) or len(set(numbers)) < _MOST * len(numbers):
        return False
    half = len(numbers) // 2
    rising = sum(later > earlier for earlier, later in zip(numbers, numbers[half:], strict=False))
    span = max(numbers) - min(numbers)
    return rising >= _RISING * (len(numbers) - half) and span < _STEP_MAX * stride * len(texts)
