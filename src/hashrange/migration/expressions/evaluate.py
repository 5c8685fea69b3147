"""Expressions computed as MySQL computes them: three truth values, exact decimals, comparisons that heed collations.

``compiled`` turns an expression into a function of whatever rows are. What differs from MySQL, on purpose: texts in
arithmetic are exact decimals, not doubles; order of texts is that of code points, whatever the collation.
Must not know contracts or what a row is.
"""

from __future__ import annotations

import operator as operators
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

from .nodes import Arithmetic, Case, Column, Comparison, Concat, Expression, IsNull, Literal, Logic, Not
from .sql_values import ARITHMETIC, NotComputable, compared, sql_text, truth

__all__ = ["NotComputable", "columns", "compiled"]

R = TypeVar("R")


def compiled(
    expression: Expression,
    read: Callable[[Column], Callable[[R], Any]],
    *,
    ignores_case: Callable[[Column], bool],
    text: Callable[[Any], str] = sql_text,
) -> Callable[[R], Any]:
    """A function that computes an expression.

    Values are those of a database driver or of a record: None, bool, int, Decimal, float, str, bytes, date, datetime,
    timedelta. Conditions give True, False or None for NULL. ``+ - *`` of decimals have the scale that MySQL gives
    them; a quotient has that of the dividend and four digits more, rounded half up, and is NULL where the divisor is
    zero. A result has at most 65 digits, 30 of them behind the point.

    Args:
        expression: what is computed.
        read: gives the function that reads a column; called once a column, when compiling.
        ignores_case: whether a column's collation takes "a" and "A" for equal. Texts are compared so where all columns
            in the comparison ignore case.
        text: the text of a value in CONCAT.

    Raises:
        NotComputable: by the function: values that cannot be combined, or a result of too many digits. When compiling,
            whatever ``read`` raises.
    """
    return _Compiler(read, ignores_case, text).of(expression)


def columns(expression: Expression) -> Iterator[Column]:
    """The columns that an expression reads, as they stand in it; one may come twice."""
    match expression:
        case Column():
            yield expression
        case Concat(parts) | Logic(_, parts):
            for part in parts:
                yield from columns(part)
        case Arithmetic(_, left, right) | Comparison(_, left, right):
            yield from columns(left)
            yield from columns(right)
        case Not(operand) | IsNull(operand, _):
            yield from columns(operand)
        case Case(branches, otherwise):
            for condition, value in branches:
                yield from columns(condition)
                yield from columns(value)
            yield from columns(otherwise)
        case Literal():
            return


_HOLDS: Final[dict[str, Callable[[int, int], bool]]] = {
    "=": operators.eq,
    "<>": operators.ne,
    "<": operators.lt,
    "<=": operators.le,
    ">": operators.gt,
    ">=": operators.ge,
}


class _Compiler:
    """One method a node; each gives a function of a row."""

    def __init__(
        self,
        read: Callable[[Column], Callable[[Any], Any]],
        ignores_case: Callable[[Column], bool],
        text: Callable[[Any], str],
    ) -> None:
        self._read, self._ignores_case, self._text = read, ignores_case, text

    def of(self, expression: Expression) -> Callable[[Any], Any]:
        match expression:
            case Column():
                return self._read(expression)
            case Literal(value):
                return lambda row: value
            case Concat(parts):
                return self._concat(parts)
            case Arithmetic(operator, left, right):
                return self._arithmetic(operator, left, right)
            case Comparison():
                return self._comparison(expression)
            case Logic(operator, parts):
                return self._logic(operator == "AND", parts)
            case Not(operand):
                return self._not(operand)
            case IsNull(operand, negated):
                inner = self.of(operand)
                return lambda row: (inner(row) is None) is not negated
            case Case():
                return self._case(expression)

    def _concat(self, parts: tuple[Expression, ...]) -> Callable[[Any], Any]:
        inner = [self.of(part) for part in parts]
        text = self._text

        def concat(row: Any) -> str | None:
            texts: list[str] = []
            for part in inner:
                value = part(row)
                if value is None:
                    return None
                texts.append(value if type(value) is str else text(value))
            return "".join(texts)

        return concat

    def _arithmetic(self, operator: str, left: Expression, right: Expression) -> Callable[[Any], Any]:
        of_left, of_right, compute = self.of(left), self.of(right), ARITHMETIC[operator]

        def arithmetic(row: Any) -> Any:
            one, other = of_left(row), of_right(row)
            return None if one is None or other is None else compute(one, other)

        return arithmetic

    def _comparison(self, comparison: Comparison) -> Callable[[Any], Any]:
        of_left, of_right = self.of(comparison.left), self.of(comparison.right)
        read = list(columns(comparison))
        folds = bool(read) and all(map(self._ignores_case, read))
        holds = _HOLDS[comparison.operator]

        def compare(row: Any) -> bool | None:
            one, other = of_left(row), of_right(row)
            return None if one is None or other is None else holds(compared(one, other, folds), 0)

        return compare

    def _logic(self, is_and: bool, parts: tuple[Expression, ...]) -> Callable[[Any], Any]:
        inner = [self.of(part) for part in parts]
        decides = not is_and  # one false makes AND false, one true makes OR true, whatever the others are

        def logic(row: Any) -> bool | None:
            unknown = False
            for part in inner:
                value = truth(part(row))
                if value is decides:
                    return decides
                unknown = unknown or value is None
            return None if unknown else is_and

        return logic

    def _not(self, operand: Expression) -> Callable[[Any], Any]:
        inner = self.of(operand)

        def negation(row: Any) -> bool | None:
            value = truth(inner(row))
            return None if value is None else not value

        return negation

    def _case(self, case: Case) -> Callable[[Any], Any]:
        branches = [(self.of(condition), self.of(value)) for condition, value in case.branches]
        otherwise = self.of(case.otherwise)

        def choose(row: Any) -> Any:
            for condition, value in branches:
                if truth(condition(row)):
                    return value(row)
            return otherwise(row)

        return choose
