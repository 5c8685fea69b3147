"""Texts with values in them: put together, and taken apart again where that is possible for certain.

Two records must never have one key. Where the parts of a text could be told apart in two ways (two free texts with a
separator between them), each text is taken apart as soon as it is made, and refused where other parts come out. Must
not know attributes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from .refusal import Refusal
from .stored import stored_text

#: characters that texts of numbers, dates and times consist of
_OF_PATTERNS: Final = frozenset("0123456789-+.:,TZe")
_FREE: Final = r"([\s\S]*?)"


class Slot(Struct, frozen=True):
    """A place for a value: the regular expression of its texts, and whether they may be anything."""

    pattern: str | None
    free: bool


class Template(Struct, frozen=True, eq=False):
    """A text with slots.

    Attributes:
        prefix: the literal text that it begins with.
        literal_chars: how many characters of it are literal.
        is_certain: whether every text of it can be taken apart in one way only.
        exact: the regular expression of its texts, a group for each slot.
        loose: the same where only the literals count.
    """

    parts: tuple[str | Slot, ...]
    prefix: str
    literal_chars: int
    is_certain: bool
    exact: re.Pattern[str]
    loose: re.Pattern[str]

    def parts_of(self, text: str) -> tuple[str, ...] | None:
        """The texts in the slots, None where this is no text of the template."""
        match = self.exact.fullmatch(text)
        return None if match is None else match.groups()

    def reader(self, number: int, decode: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """What reads the value in a slot."""

        def read(stored: Any) -> Any:
            parts = self.parts_of(stored_text(stored))
            if parts is None:
                raise Refusal("the text does not have the shape that the contract gives it", "who wrote the item?")
            return decode(parts[number])

        return read


def template(parts: tuple[str | Slot, ...]) -> Template:
    """Compile a text with slots; two literal parts never stand side by side."""
    groups = [re.escape(part) if isinstance(part, str) else _group(part) for part in parts]
    loose = [re.escape(part) if isinstance(part, str) else r"[\s\S]*" for part in parts]
    return Template(
        parts,
        parts[0] if isinstance(parts[0], str) else "",
        sum(len(part) for part in parts if isinstance(part, str)),
        _is_certain(parts),
        re.compile("".join(groups), re.ASCII),
        re.compile("".join(loose)),
    )


def _group(slot: Slot) -> str:
    return _FREE if slot.free or slot.pattern is None else f"({slot.pattern})"


def _is_certain(parts: tuple[str | Slot, ...]) -> bool:
    """At most one slot is free, and between any two stands a character that the others cannot have."""
    slots = [part for part in parts if not isinstance(part, str)]
    if sum(slot.free or slot.pattern is None for slot in slots) > 1:
        return False
    inner = parts[1:-1] if len(parts) > 1 else ()
    separators = [part for part in inner if isinstance(part, str)]
    return len(separators) >= len(slots) - 1 and all(set(one) - _OF_PATTERNS for one in separators)
