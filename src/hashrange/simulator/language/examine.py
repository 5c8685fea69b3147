"""What is wrong with a parsed expression by its text alone: no placeholder is needed to say it.

Reserved words, unknown functions, functions that stand where they may not, list indexes out of range, sections that
come twice: the first in the order of the text is told. Must not know names, values or items.
"""

from __future__ import annotations

from typing import Final

from .. import expression_messages
from . import ast
from .fault import Fault
from .functions import FUNCTIONS
from .reserved_words import RESERVED_WORDS

LIST_INDEX_LIMIT: Final = 4_294_967_295  # the service refuses this and anything above


def examine_condition(parsed: ast.ConditionText) -> None:
    """Refuse a condition.

    Raises:
        Fault: it says why.
    """
    pending: list[tuple[ast.Condition | ast.Operand, bool]] = [(parsed.root, True)]
    while pending:
        node, stands_alone = pending.pop()
        if isinstance(node, ast.Path):
            _examine_path(node)
        elif isinstance(node, ast.Function):
            _examine_condition_function(node.name, stands_alone)
        joined = isinstance(node, ast.Junction | ast.Not)
        pending += [(part, joined) for part in reversed(_parts(node))]


def _examine_condition_function(name: str, stands_alone: bool) -> None:
    role = _role(name)
    if role == "update":
        raise Fault(expression_messages.function_not_allowed("condition", name))
    if (role == "condition") != stands_alone:
        raise Fault(expression_messages.misused_function(name))


def _parts(node: ast.Condition | ast.Operand) -> tuple[ast.Condition | ast.Operand, ...]:
    """What stands within a node, in the order of the text."""
    match node:
        case ast.Junction(_, parts) | ast.Function(_, parts):
            return parts
        case ast.Not(inner):
            return (inner,)
        case ast.Comparison(_, left, right):
            return left, right
        case ast.Between(subject, lower, upper):
            return subject, lower, upper
        case ast.In(subject, choices):
            return subject, *choices
    return ()


def examine_update(parsed: ast.UpdateText) -> None:
    """Refuse an update. Raises as ``examine_condition``."""
    seen = set()
    for section in parsed.sections:
        for action in section.actions:
            _examine_path(action.path)
            _examine_right_side(action.operand)
        if section.word in seen:
            raise Fault(expression_messages.section_used_twice(section.word))
        seen.add(section.word)


def _examine_right_side(root: ast.Operand | ast.Arithmetic | None) -> None:
    pending = [(root, True)]
    while pending:
        node, is_whole = pending.pop()
        if isinstance(node, ast.Path):
            _examine_path(node)
        elif isinstance(node, ast.Arithmetic):
            pending += [(node.right, False), (node.left, False)]
        elif isinstance(node, ast.Function):
            if _role(node.name) != "update":
                raise Fault(expression_messages.function_not_allowed("update", node.name))
            if node.name == "list_append" and not is_whole:
                raise Fault(expression_messages.misused_function(node.name))
            pending += [(operand, False) for operand in reversed(node.operands)]


def examine_projection(parsed: ast.ProjectionText) -> None:
    """Refuse a projection. Raises as ``examine_condition``."""
    for path in parsed.paths:
        _examine_path(path)


def _role(function: str) -> str:
    signature = FUNCTIONS.get(function)
    if signature is None:
        raise Fault(expression_messages.invalid_function(function))
    return signature.role


def _examine_path(path: ast.Path) -> None:
    for step in path.steps:
        if isinstance(step, int):
            if step >= LIST_INDEX_LIMIT:
                raise Fault(expression_messages.list_index_out_of_range(step))
        elif step.upper() in RESERVED_WORDS:
            raise Fault(expression_messages.reserved_word(step))
