"""The reason why something does not fit into a key, before it is known where: the template makes an error of it."""

from __future__ import annotations

from typing import Any


class Unfit(Exception):
    """Attributes:
    reason: continues a sentence that begins with the field.
    hint: what to do about it, or None.
    """

    def __init__(self, reason: str, hint: str | None = None) -> None:
        super().__init__(reason)
        self.reason, self.hint = reason, hint


def wrong_type(expected: str, value: Any) -> Unfit:
    return Unfit(f"is of type {type(value).__name__}, not {expected}")
