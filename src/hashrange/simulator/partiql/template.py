"""A statement's paths, values and conditions in the language of expressions, to be filled with parameters.

Names and values get placeholders there: so the language's own checks and its evaluation serve statements as well, and a
statement is translated once, whatever its parameters are. Must not know tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from ...limits import EXPRESSION_OPERATORS_MAX_COUNT
from .. import expression_messages, partiql_messages
from ..language import ast as language
from ..language.examine import LIST_INDEX_LIMIT
from ..language.fault import Fault
from ..language.meaning import Condition, Steps
from ..language.placeholders import Placeholders
from ..language.resolve import resolve_condition
from ..values import AttributeValue
from . import ast
from .fault import StatementFault
from .values import literal

Values = Mapping[str, AttributeValue]

#: Local's own limit; the language's is larger, and no list can have so many elements
_INDEX_LIMIT: Final = LIST_INDEX_LIMIT - 1


class Where(Struct, frozen=True):
    """A condition.

    Attributes:
        equalities: attribute to the placeholder of its value, where it is nothing but such equalities.
    """

    root: language.Condition
    equalities: Mapping[str, str] | None


class Allocator:
    """Gives placeholders.

    Attributes:
        names: placeholder to name.
        literals: placeholder to value.
    """

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.literals: dict[str, AttributeValue] = {}

    def name(self, name: str) -> str:
        placeholder = f"#{name}"
        self.names[placeholder] = name
        return placeholder

    def value(self, node: ast.Expression) -> language.ValueRef:
        """A literal or a parameter."""
        if isinstance(node, ast.Parameter):
            return language.ValueRef(parameter(node.number))
        return self.known(literal(node))

    def leaf(self, node: ast.Expression) -> language.Path | language.ValueRef:
        """A path, a literal or a parameter.

        Raises:
            StatementFault: it is nothing that has a value.
        """
        match node:
            case ast.Name() | ast.Path():
                return self.path(node)
            case ast.Word("missing"):
                raise StatementFault(partiql_messages.MISSING_WITHOUT_IS)
            case ast.Foreign(token, at):
                raise StatementFault(partiql_messages.unsupported_token(token, at))
            case ast.Select(at=at):
                raise StatementFault(partiql_messages.unsupported_token("SELECT", at))
        return self.value(node)

    def known(self, value: AttributeValue) -> language.ValueRef:
        placeholder = f":{len(self.literals)}"
        self.literals[placeholder] = value
        return language.ValueRef(placeholder)

    def path(self, node: ast.Name | ast.Path) -> language.Path:
        return language.Path(tuple(self.name(step) if isinstance(step, str) else step for step in path_steps(node)))


def parameter(number: int) -> str:
    """The placeholder of a parameter."""
    return f":?{number}"


def path_steps(node: ast.Name | ast.Path) -> Steps:
    """A path of names and list indexes.

    Raises:
        StatementFault: it is none.
    """
    if isinstance(node, ast.Name):
        return (_named(node.text),)
    if not isinstance(node.root, ast.Name):
        raise StatementFault(partiql_messages.unexpected_path(node.root.at))
    return (_named(node.root.text), *map(_step, node.steps))


def _named(name: str) -> str:
    if not name:
        raise StatementFault(partiql_messages.PATH_EMPTY)
    return name


def _step(step: ast.Step) -> str | int:
    if step.is_star:
        message = partiql_messages.wildcard_path if step.is_bracket else partiql_messages.unpivot_path
        raise StatementFault(message(step.at))
    match step.to:
        case str(name) | ast.Text(name) | ast.Name(name):
            return _named(name)
        case ast.Number(text, at) if text.lstrip("-").isdigit():
            index = int(text)
            if not 0 <= index < _INDEX_LIMIT:
                raise StatementFault(partiql_messages.list_index(index, at))
            return index
        case other:
            raise StatementFault(partiql_messages.unexpected_path(other.at))


def check_operators(count: int) -> None:
    if count > EXPRESSION_OPERATORS_MAX_COUNT:
        raise StatementFault(expression_messages.too_many_operators(EXPRESSION_OPERATORS_MAX_COUNT + 1))


def resolved(where: Where, names: Mapping[str, str], values: Values) -> Condition:
    """A condition with real names and values.

    Raises:
        StatementFault: its operands do not fit.
    """
    try:
        return resolve_condition(where.root, Placeholders(names, values))
    except Fault as fault:
        raise StatementFault(fault.detail) from None
