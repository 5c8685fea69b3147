"""Rewriting expressions: the same with other columns.

Must not know contracts or findings.
"""

from __future__ import annotations

from collections.abc import Callable

from ..expressions.nodes import (
    Arithmetic,
    Case,
    Column,
    Comparison,
    Concat,
    Expression,
    IsNull,
    Logic,
    Not,
)


def replaced(expression: Expression, change: Callable[[Column], Column]) -> Expression:
    """The expression with every column changed."""
    again: Callable[[Expression], Expression] = lambda part: replaced(part, change)  # noqa: E731
    if isinstance(expression, Column):
        return change(expression)
    if isinstance(expression, Concat):
        return Concat(tuple(map(again, expression.parts)))
    if isinstance(expression, Logic):
        return Logic(expression.operator, tuple(map(again, expression.parts)))
    if isinstance(expression, Arithmetic):
        return Arithmetic(expression.operator, again(expression.left), again(expression.right))
    if isinstance(expression, Comparison):
        return Comparison(expression.operator, again(expression.left), again(expression.right))
    if isinstance(expression, Not):
        return Not(again(expression.operand))
    if isinstance(expression, IsNull):
        return IsNull(again(expression.operand), expression.negated)
    if isinstance(expression, Case):
        branches = tuple((again(when), again(then)) for when, then in expression.branches)
        return Case(branches, again(expression.otherwise))
    return expression
