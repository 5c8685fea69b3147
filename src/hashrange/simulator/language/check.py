"""Everything about an expression that can be wrong without looking at an item, in the service's order.

``check_condition``, ``check_update`` and ``check_projection`` give the expression with real names and values, ready for
``evaluate`` and ``apply_update``. Here are the entries; what is known of an expression by its text alone is kept. Must
not know items or tables.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeVar

from ...limits import EXPRESSION_MAX_BYTES, EXPRESSION_OPERATORS_MAX_COUNT
from .. import expression_messages
from ..errors import ApiError, validation
from . import ast
from .examine import examine_condition, examine_projection, examine_update
from .fault import Fault
from .meaning import Call, Change, Condition, Junction, Literal, Operand, Path, Steps, Sum, Test
from .parser import parse_condition, parse_projection, parse_update
from .placeholders import Placeholders
from .resolve import resolve_condition, resolve_projection, resolve_update

__all__ = [
    "Call",
    "Change",
    "Condition",
    "Junction",
    "Literal",
    "Operand",
    "Path",
    "Placeholders",
    "Steps",
    "Sum",
    "Test",
    "check_condition",
    "check_projection",
    "check_update",
]

P = TypeVar("P")

_EXAMINED_MAX_COUNT: Final = 1024  # expressions of each kind that are kept, with what is wrong with them
_TOO_LONG: Final = f"{expression_messages.EXPRESSION_TOO_LONG};"


def check_condition(source: str, placeholders: Placeholders, kind: str = "Condition") -> Condition:
    """A condition, filter or key condition.

    Args:
        kind: Condition, Filter or KeyCondition, as the service calls it.

    Raises:
        ApiError: a ValidationException ``Invalid {kind}Expression: …``.
    """
    try:
        if _is_too_long(source):
            raise Fault(f"{_TOO_LONG} expression size: {_size(source)}")
        parsed = _examined_condition(source)
        if isinstance(parsed, str):
            raise Fault(parsed)
        condition = resolve_condition(parsed.root, placeholders)
        _check_operators(parsed.operators)
    except Fault as fault:
        raise _invalid(kind, fault) from None
    return condition


def check_update(source: str, placeholders: Placeholders) -> tuple[Change, ...]:
    """An update. Raises as ``check_condition``."""
    try:
        if _is_too_long(source):
            raise Fault(_TOO_LONG)
        parsed = _examined_update(source)
        if isinstance(parsed, str):
            raise Fault(parsed)
        changes = resolve_update(parsed.sections, placeholders)
        _check_operators(parsed.operators)
    except Fault as fault:
        raise _invalid("Update", fault) from None
    return changes


def check_projection(source: str, placeholders: Placeholders) -> tuple[Steps, ...]:
    """The paths of a projection. Raises as ``check_condition``."""
    try:
        if _is_too_long(source):
            raise Fault(_TOO_LONG)
        parsed = _examined_projection(source)
        if isinstance(parsed, str):
            raise Fault(parsed)
        paths = resolve_projection(parsed.paths, placeholders)
    except Fault as fault:
        raise _invalid("Projection", fault) from None
    return paths


def _invalid(kind: str, fault: Fault) -> ApiError:
    return validation(expression_messages.invalid_expression(kind, fault.detail))


def _check_operators(count: int) -> None:
    """The last of all checks."""
    if count > EXPRESSION_OPERATORS_MAX_COUNT:
        raise Fault(
            expression_messages.too_many_operators(EXPRESSION_OPERATORS_MAX_COUNT + 1)
        )  # the service stops counting there


# ── the text alone: its size, which is told before it is kept; then parsed, or the text of what is wrong with it ─────
def _is_too_long(source: str) -> bool:
    return len(source) > EXPRESSION_MAX_BYTES or (not source.isascii() and _size(source) > EXPRESSION_MAX_BYTES)


def _size(source: str) -> int:
    return len(source.encode("utf-8", "surrogatepass"))


@lru_cache(maxsize=_EXAMINED_MAX_COUNT)
def _examined_condition(source: str) -> ast.ConditionText | str:
    return _examined(source, parse_condition, examine_condition)


@lru_cache(maxsize=_EXAMINED_MAX_COUNT)
def _examined_update(source: str) -> ast.UpdateText | str:
    return _examined(source, parse_update, examine_update)


@lru_cache(maxsize=_EXAMINED_MAX_COUNT)
def _examined_projection(source: str) -> ast.ProjectionText | str:
    return _examined(source, parse_projection, examine_projection)


def _examined(source: str, parse: Callable[[str], P], examine: Callable[[P], None]) -> P | str:
    try:
        if not source:
            raise Fault(expression_messages.EXPRESSION_EMPTY)
        parsed = parse(source)
        examine(parsed)
    except Fault as fault:
        return fault.detail
    return parsed
