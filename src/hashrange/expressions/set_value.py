"""What SET can assign, beside a plain value or another attribute: if_not_exists, list_append, plus and minus.

Owns the nodes and the service's rules of how deep they nest: plus and minus take two operands once, list_append takes
lists, and an operand is a path, a value or if_not_exists. Must not know Update.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from ..errors import InvalidExpression
from .expression import Expression
from .operand import LIST, NUMBER, constant, require_distinct, require_kind
from .path import Path
from .placeholders import Placeholders


class Source(Expression):
    """What can be computed with: an attribute, or if_not_exists."""

    __slots__ = ()

    def __add__(self, other: Term) -> Arithmetic:
        return Arithmetic(self, "+", other)

    def __radd__(self, other: Term) -> Arithmetic:
        return Arithmetic(other, "+", self)

    def __sub__(self, other: Term) -> Arithmetic:
        return Arithmetic(self, "-", other)

    def __rsub__(self, other: Term) -> Arithmetic:
        return Arithmetic(other, "-", self)

    def list_append(self, elements: Elements) -> ListAppend:
        """For ``Update.set``: this list with those elements after it. The attribute must be there and be a list."""
        return ListAppend(self, elements)

    def list_prepend(self, elements: Elements) -> ListAppend:
        """For ``Update.set``: this list with those elements before it. The attribute must be there and be a list."""
        return ListAppend(elements, self)


class IfNotExists(Source):
    """``if_not_exists(path, default)``: what is stored, or the default where nothing is."""

    __slots__ = ("_default", "_operators", "_path")
    _label = "IfNotExists"

    def __init__(self, path: Path, default: Any) -> None:
        self._path = path
        self._default = found = _source_or_constant(default, path)
        require_distinct(path, found, "if_not_exists")
        self._operators = 1 + count(found)

    def _text(self, placeholders: Placeholders) -> str:
        path = self._path._text(placeholders)
        return f"if_not_exists({path}, {self._default._text(placeholders)})"


class Arithmetic(Expression):
    """``left + right`` or ``left - right``."""

    __slots__ = ("_left", "_operators", "_right", "_sign")
    _label = "Arithmetic"

    def __init__(self, left: Any, sign: str, right: Any) -> None:
        subject = left if isinstance(left, Expression) else right
        self._left = _source_or_constant(left, subject)
        self._right = _source_or_constant(right, subject)
        self._sign = sign
        for one in (self._left, self._right):
            require_kind(_constant_of(one), NUMBER, subject, sign, "for lists use list_append()")
        self._operators = 1 + count(self._left) + count(self._right)

    if not TYPE_CHECKING:  # a type checker knows by itself that this is a mistake

        def _no_chain(self, other: object) -> NoReturn:
            raise InvalidExpression(
                f"{self.describe(redact=True)} cannot be added to or subtracted from once more",
                hint="SET takes one + or -: add up the constants in Python, or use two updates",
            )

        __add__ = __radd__ = __sub__ = __rsub__ = _no_chain

    def _text(self, placeholders: Placeholders) -> str:
        return f"{self._left._text(placeholders)} {self._sign} {self._right._text(placeholders)}"


class ListAppend(Expression):
    """``list_append(first, second)``."""

    __slots__ = ("_first", "_operators", "_second")
    _label = "ListAppend"

    def __init__(self, first: Any, second: Any) -> None:
        subject = first if isinstance(first, Expression) else second
        self._first = _source_or_constant(first, subject)
        self._second = _source_or_constant(second, subject)
        for one in (self._first, self._second):
            require_kind(_constant_of(one), LIST, subject, "list_append()", "give a list, also for one element: ['x']")
        self._operators = 1 + count(self._first) + count(self._second)

    def _text(self, placeholders: Placeholders) -> str:
        return f"list_append({self._first._text(placeholders)}, {self._second._text(placeholders)})"


Term: TypeAlias = int | float | Decimal | Path | IfNotExists
Elements: TypeAlias = Sequence[Any] | Path | IfNotExists


def _source_or_constant(value: Any, subject: Expression) -> Expression:
    return value if isinstance(value, (Path, IfNotExists)) else constant(value, subject)


def _constant_of(node: Expression) -> Expression:
    """A node, or what if_not_exists falls back to: the only part of it whose type is known here."""
    while isinstance(node, IfNotExists):
        node = node._default
    return node


def count(node: Expression) -> int:
    """The operators and functions of a SET value."""
    return node._operators if isinstance(node, (IfNotExists, Arithmetic, ListAppend)) else 0


def paths_read(node: Expression) -> tuple[Path, ...]:
    """The paths whose stored values a SET value depends on."""
    match node:
        case Path():
            return (node,)
        case IfNotExists():
            return (node._path, *paths_read(node._default))
        case Arithmetic():
            return (*paths_read(node._left), *paths_read(node._right))
        case ListAppend():
            return (*paths_read(node._first), *paths_read(node._second))
        case _:
            return ()
