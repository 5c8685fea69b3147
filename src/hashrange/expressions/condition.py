"""Conditions: what is true or false of one item. For condition expressions and filters alike.

Owns the nodes, their precedence (comparison, NOT, AND, OR: parentheses only where that order needs them, for the
service refuses redundant ones) and all that the service would refuse of a condition without looking at an item.
Must not know updates or key conditions. ``attr.Attr`` has a method for each node.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeAlias

from .. import limits
from ..errors import InvalidExpression
from ..types import ATTRIBUTE_TYPES, AttributeType, Value
from .expression import Expression, check_operators
from .operand import NUMBER, ORDERED, PREFIX, Constant, constant, require_bounds, require_distinct, require_kind
from .path import Path
from .placeholders import Placeholders

# how tightly a node's text holds together
OR, AND, NOT, ATOM = range(4)


class Condition(Expression):
    """A condition; combine with ``&``, ``|`` and ``~``."""

    __slots__ = ("_operators",)
    _label = "Condition"
    _operators: int

    def _binding(self) -> int:
        return ATOM

    def __and__(self, other: Condition) -> Condition:
        return _combine("AND", self, other)

    def __or__(self, other: Condition) -> Condition:
        return _combine("OR", self, other)

    def __invert__(self) -> Condition:
        return Not(self)

    if not TYPE_CHECKING:  # a type checker knows by itself that these are mistakes

        def __rand__(self, other: object) -> Condition:
            return _combine("AND", self, other)

        def __ror__(self, other: object) -> Condition:
            return _combine("OR", self, other)

    def __bool__(self) -> NoReturn:
        raise InvalidExpression(
            "a condition has no truth value: it is evaluated by DynamoDB, not by Python",
            hint="combine with & | ~ instead of and, or, not; write between() instead of a < b < c; and test for None "
            "with 'is None'",
        )


class Junction(Condition):
    """Conditions joined by AND or by OR."""

    __slots__ = ("_parts", "_word")

    def __init__(self, word: str, parts: tuple[Condition, ...]) -> None:
        self._word = word
        self._parts = parts
        self._operators = check_operators(sum([part._operators for part in parts]) + len(parts) - 1)

    def _binding(self) -> int:
        return AND if self._word == "AND" else OR

    def _text(self, placeholders: Placeholders) -> str:
        binding = self._binding()
        return f" {self._word} ".join([_within(part, binding, placeholders) for part in self._parts])


class Not(Condition):
    """The opposite of a condition."""

    __slots__ = ("_inner",)

    def __init__(self, inner: Condition) -> None:
        self._inner = inner
        self._operators = check_operators(inner._operators + 1)

    def _binding(self) -> int:
        return NOT

    def _text(self, placeholders: Placeholders) -> str:
        return f"NOT {_within(self._inner, NOT, placeholders)}"

    def __invert__(self) -> Condition:
        return self._inner


def _combine(word: str, left: Condition, right: Condition) -> Condition:
    if not isinstance(right, Condition):
        raise InvalidExpression(
            f"{word} joins two conditions, not a condition and {type(right).__name__}",
            hint="put each comparison in parentheses, since & and | bind tighter than == and <: "
            "(Attr('a') == 1) & (Attr('b') == 2)",
        )
    return Junction(word, (*_parts(word, left), *_parts(word, right)))


def _parts(word: str, condition: Condition) -> tuple[Condition, ...]:
    """AND and OR are associative: a chain of one of them is one node, however it was built."""
    return condition._parts if isinstance(condition, Junction) and condition._word == word else (condition,)


def _within(part: Condition, binding: int, placeholders: Placeholders) -> str:
    text = part._text(placeholders)
    return f"({text})" if part._binding() < binding else text


# ── comparisons ──────────────────────────────────────────────────────────────────────────────────────────────────────
class Comparable(Expression):
    """What can be compared: an attribute, or its size."""

    __slots__ = ()

    def __eq__(self, other: Operand) -> Condition:  # type: ignore[override]
        return Comparison(self, "=", other)

    def __ne__(self, other: Operand) -> Condition:  # type: ignore[override]
        """True also where the attribute is missing, or of another type: that is DynamoDB's rule."""
        return Comparison(self, "<>", other)

    def __lt__(self, other: Operand) -> Condition:
        return Comparison(self, "<", other)

    def __le__(self, other: Operand) -> Condition:
        return Comparison(self, "<=", other)

    def __gt__(self, other: Operand) -> Condition:
        return Comparison(self, ">", other)

    def __ge__(self, other: Operand) -> Condition:
        return Comparison(self, ">=", other)

    # == builds a condition, so nothing can be found in a dict or set by it
    __hash__ = None  # type: ignore[assignment]

    def between(self, lower: Operand, upper: Operand) -> Condition:
        """True from ``lower`` to ``upper``, both included.

        Raises:
            InvalidExpression: the bounds are of different types or in the wrong order.
        """
        return Between(self, lower, upper)

    def is_in(self, alternatives: Iterable[Operand]) -> Condition:
        """True where it equals one of at most 100 alternatives.

        Raises:
            InvalidExpression: there are none, or too many.
        """
        return IsIn(self, alternatives)


class Size(Comparable):
    """The size of an attribute: characters of text, bytes, or elements. Numbers, booleans and NULL have none."""

    __slots__ = ("_path",)
    _label = "Size"

    def __init__(self, path: Path) -> None:
        self._path = path

    def _text(self, placeholders: Placeholders) -> str:
        return f"size({self._path._text(placeholders)})"


#: What an attribute is compared with: a value, another attribute, or a size.
Operand: TypeAlias = Value | Path | Size


def _operand(value: Any, subject: Expression) -> Expression:
    found = value if isinstance(value, (Path, Size)) else constant(value, subject)
    if type(subject) is Size:
        require_kind(found, NUMBER, subject, "a comparison", "a size is a number")
    return found


def _count(*operands: Expression) -> int:
    """The operators and functions of a comparison: itself, and each size()."""
    count = 1
    for one in operands:
        count += type(one) is Size
    return count


class Comparison(Condition):
    """``left operator right``."""

    __slots__ = ("_left", "_right", "_sign")

    def __init__(self, left: Comparable, sign: str, right: Any) -> None:
        self._left = left
        self._sign = sign
        self._right = found = _operand(right, left)
        if sign not in _EQUALITY:
            require_kind(found, ORDERED, left, sign, "only text, numbers and bytes have an order")
        require_distinct(left, found, sign)
        self._operators = _count(left, found)

    def _text(self, placeholders: Placeholders) -> str:
        return f"{self._left._text(placeholders)} {self._sign} {self._right._text(placeholders)}"


_EQUALITY = frozenset({"=", "<>"})


class Between(Condition):
    """``subject BETWEEN lower AND upper``."""

    __slots__ = ("_lower", "_subject", "_upper")

    def __init__(self, subject: Comparable, lower: Any, upper: Any) -> None:
        self._subject = subject
        self._lower = _operand(lower, subject)
        self._upper = _operand(upper, subject)
        require_bounds(self._lower, self._upper, subject)
        require_distinct(subject, self._lower, "between")
        require_distinct(subject, self._upper, "between")
        self._operators = _count(subject, self._lower, self._upper)

    def _text(self, placeholders: Placeholders) -> str:
        subject, lower = self._subject._text(placeholders), self._lower._text(placeholders)
        return f"{subject} BETWEEN {lower} AND {self._upper._text(placeholders)}"


class IsIn(Condition):
    """``subject IN (alternatives)``."""

    __slots__ = ("_alternatives", "_subject")

    def __init__(self, subject: Comparable, alternatives: Any) -> None:
        if isinstance(alternatives, (str, bytes, bytearray, memoryview, Expression)) or not isinstance(
            alternatives, Iterable
        ):
            raise InvalidExpression(
                f"{subject.describe()}: is_in() takes a list of alternatives, not {type(alternatives).__name__}",
                hint="is_in(['a', 'b']); for one value use ==, for a member of a list use contains()",
            )
        self._subject = subject
        at_most = limits.IN_MAX_OPERANDS
        self._alternatives = found = tuple([_operand(one, subject) for one in islice(alternatives, at_most + 1)])
        if not 1 <= len(found) <= at_most:
            count = f"more than {at_most}" if found else "no"
            raise InvalidExpression(
                f"{subject.describe()}: is_in() has {count} alternatives",
                hint="join several is_in() with |"
                if found
                else "nothing can be in an empty list: do not send the request",
            )
        for one in found:
            require_distinct(subject, one, "is_in")
        self._operators = _count(subject, *found)

    def _text(self, placeholders: Placeholders) -> str:
        subject = self._subject._text(placeholders)
        return f"{subject} IN ({', '.join([one._text(placeholders) for one in self._alternatives])})"


# ── functions ────────────────────────────────────────────────────────────────────────────────────────────────────────
class _Function(Condition):
    """A function of a path, with or without an argument."""

    __slots__ = ("_argument", "_path")
    _function: ClassVar[str]
    _argument: Expression | None

    def __init__(self, path: Path) -> None:
        self._path = path
        self._argument = None
        self._operators = 1

    def _text(self, placeholders: Placeholders) -> str:
        path = self._path._text(placeholders)
        if self._argument is None:
            return f"{self._function}({path})"
        return f"{self._function}({path}, {self._argument._text(placeholders)})"


class Exists(_Function):
    """The attribute is there, NULL or not."""

    __slots__ = ()
    _function = "attribute_exists"


class NotExists(_Function):
    """The attribute is not there."""

    __slots__ = ()
    _function = "attribute_not_exists"


class HasType(_Function):
    """The attribute is of that DynamoDB type."""

    __slots__ = ()
    _function = "attribute_type"

    def __init__(self, path: Path, kind: AttributeType) -> None:
        super().__init__(path)
        if not isinstance(kind, str) or kind not in ATTRIBUTE_TYPES:
            raise InvalidExpression(
                f"{path.describe()}: {kind!r} is not an attribute type",
                hint=f"one of {', '.join(sorted(ATTRIBUTE_TYPES))}",
            )
        self._argument = Constant({"S": kind})


class BeginsWith(_Function):
    """The attribute is text or binary with that prefix."""

    __slots__ = ()
    _function = "begins_with"

    def __init__(self, path: Path, prefix: Any) -> None:
        super().__init__(path)
        self._argument = found = prefix if isinstance(prefix, Path) else constant(prefix, path)
        require_kind(found, PREFIX, path, "begins_with()", "a prefix is text or bytes")
        require_distinct(path, found, "begins_with")


class Contains(_Function):
    """The attribute is text or binary with that part, or a set or list with that element."""

    __slots__ = ()
    _function = "contains"

    def __init__(self, path: Path, element: Any) -> None:
        super().__init__(path)
        self._argument = found = _operand(element, path)
        require_distinct(path, found, "contains")
        self._operators = _count(found)
