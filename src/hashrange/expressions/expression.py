"""Expression: what every node of every builder is and can do.

A node is immutable and writes itself through ``_text``; whoever it asks for placeholders decides whether the text is
for the service (``render``) or for people (``describe``, ``repr``). Owns the limit of an expression's length.
Must not know what kinds of expressions there are.
"""

from __future__ import annotations

from typing import ClassVar

from .. import limits
from ..errors import InvalidExpression
from .placeholders import Placeholders, Printer

#: UTF-8 takes at most four bytes for a character
_SURELY_SHORT_CHARS = limits.EXPRESSION_MAX_BYTES // 4


class Expression:
    """The base of all nodes."""

    __slots__ = ()

    _label: ClassVar[str]

    def render(self, placeholders: Placeholders) -> str:
        """The text of this expression for the service; names and values go to ``placeholders``.

        Raises:
            InvalidExpression: the text is longer than 4 KB, or the expression is empty.
        """
        text = self._text(placeholders)
        if len(text) > _SURELY_SHORT_CHARS:
            check_length(text)
        return text

    def describe(self, *, redact: bool = False) -> str:
        """Readable text with real names and values; ``redact=True`` writes ``?`` for every value."""
        return self._text(Printer(redact))

    def same_as(self, other: object) -> bool:
        """Whether both would send the same to the service."""
        if not isinstance(other, Expression) or self._label != other._label:
            return False
        mine, theirs = Placeholders(), Placeholders()
        return self._text(mine) == other._text(theirs) and mine.same_meaning(theirs)

    def _text(self, placeholders: Placeholders) -> str:
        raise AssertionError("every node writes itself")

    def __eq__(self, other: object) -> bool:
        return self.same_as(other)

    def __hash__(self) -> int:
        placeholders = Placeholders()
        return hash((self._label, self._text(placeholders), *placeholders.names.values()))

    def __repr__(self) -> str:
        return f"{self._label}({self.describe()})"


def check_length(text: str) -> None:
    """Refuse an expression over 4 KB."""
    size_bytes = len(text.encode("utf-8", "surrogatepass"))
    if size_bytes > limits.EXPRESSION_MAX_BYTES:
        raise InvalidExpression(
            f"the expression has {size_bytes} bytes; at most {limits.EXPRESSION_MAX_BYTES} are allowed",
            hint="split it over several requests, or do a part of it in Python",
        )


def check_operators(count: int) -> int:
    """``count``, refused where an expression may not have so many operators and functions."""
    if count > limits.EXPRESSION_OPERATORS_MAX_COUNT:
        raise InvalidExpression(
            f"the expression has more than {limits.EXPRESSION_OPERATORS_MAX_COUNT} operators and functions",
            hint="use is_in() for many alternatives, or split it over several requests",
        )
    return count
