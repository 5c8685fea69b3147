"""Attr: an attribute of an item, and everything that can be said of it.

Each method builds one node of ``condition`` or of ``set_value``; the rules are theirs.
Owns the traps: what Python would quietly take for something else is refused here with a hint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from ..errors import InvalidExpression
from ..types import AttributeType, Value
from .condition import (
    BeginsWith,
    Comparable,
    Condition,
    Contains,
    Exists,
    HasType,
    NotExists,
    Operand,
    Size,
)
from .path import Path
from .set_value import IfNotExists, Source


class Attr(Source, Comparable, Path):
    """An attribute, or a part of one.

    ``Attr("a", "b", 0)``, ``Attr("a").b[0]`` and ``Attr("a")["b"][0]`` are the path ``a.b[0]``; ``Attr("a.b")`` is ONE
    name with a dot in it. Use the form in brackets for names that are not Python names, or that are methods here
    (``Attr("a")["size"]``). Reserved words and odd names need no care: every name is aliased.

    Raises:
        InvalidExpression: a step is empty, negative, or neither str nor int.
    """

    __slots__ = ()

    # ── paths ──
    def __getattr__(self, name: str) -> Attr:
        if name.startswith("__"):  # copy, pickle and the like ask for these
            raise AttributeError(name)
        return self._child(name)

    def __getitem__(self, step: str | int) -> Attr:
        return self._child(step)

    # ── conditions ──
    def exists(self) -> Condition:
        """The attribute is there; it may be NULL."""
        return Exists(self)

    def not_exists(self) -> Condition:
        """The attribute is not there; of a key attribute: there is no such item."""
        return NotExists(self)

    def has_type(self, kind: AttributeType) -> Condition:
        """The attribute is of a DynamoDB type: S, N, B, BOOL, NULL, L, M, SS, NS or BS."""
        return HasType(self, kind)

    def begins_with(self, prefix: str | bytes | Path) -> Condition:
        """The attribute is text, or binary, that begins with that."""
        return BeginsWith(self, prefix)

    def contains(self, element: Operand) -> Condition:
        """The attribute is text or binary with that part, or a set or list with that element."""
        return Contains(self, element)

    def size(self) -> Size:
        """Its size, to be compared: characters of text, bytes of binary, elements of a set, list or map."""
        return Size(self)

    # ── values of an update ──
    def if_not_exists(self, default: Value | Path | IfNotExists) -> IfNotExists:
        """For ``Update.set``: what the attribute holds, or ``default`` where it is missing."""
        return IfNotExists(self, default)

    # ── what Python would take for something else ──
    def __bool__(self) -> NoReturn:
        raise InvalidExpression(
            f"{self!r} has no truth value", hint="say what is asked: Attr(...).exists(), or == True for a boolean"
        )

    def __iter__(self) -> NoReturn:
        raise InvalidExpression(
            f"{self!r} cannot be iterated", hint="it names an attribute and does not hold its value"
        )

    def __contains__(self, element: object) -> NoReturn:
        raise InvalidExpression(f"'in' cannot be asked of {self!r}", hint="use Attr(...).contains(value)")

    def _no_logic(self, other: object = None) -> NoReturn:
        raise InvalidExpression(
            f"& | ~ combine conditions, and {self!r} is an attribute",
            hint="put each comparison in parentheses, since & and | bind tighter than == and <: "
            "(Attr('a') == 1) & (Attr('b') == 2)",
        )

    if not TYPE_CHECKING:  # a type checker knows by itself that these are mistakes
        __and__ = __rand__ = __or__ = __ror__ = __invert__ = _no_logic

        def __call__(self, *arguments: Any, **options: Any) -> NoReturn:
            raise InvalidExpression(
                f"{self._steps[-1]!r} is not a method of Attr: {self!r} is a path",
                hint=f"its methods are {', '.join(_METHODS)}",
            )


_METHODS = sorted(name for kind in Attr.__mro__[:-1] for name in vars(kind) if not name.startswith("_"))
