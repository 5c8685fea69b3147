"""SET and REMOVE → sections of an update expression: set_add and set_delete are its ADD and DELETE.

Must not know tables or the values of parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from .. import expression_messages, partiql_messages
from ..language import ast as language
from ..language.fault import Fault
from ..language.functions import FUNCTIONS
from ..language.meaning import Change
from ..language.parser import Stage, finish
from ..language.placeholders import Placeholders
from ..language.resolve import resolve_update
from . import ast
from .fault import StatementFault
from .lexer import At
from .template import Allocator, Values, check_operators, path_steps

_SET_FUNCTIONS: Final = {"set_add": "ADD", "set_delete": "DELETE"}
_SETS: Final = frozenset({"SS", "NS", "BS"})


class SetValue(Struct, frozen=True):
    """The second operand of set_add or set_delete, whose type shows with the parameters."""

    function: str
    placeholder: str
    at: At


class Changes(Struct, frozen=True):
    """What an UPDATE changes."""

    sections: tuple[language.Section, ...]
    sets: tuple[SetValue, ...]

    def resolved(self, names: Mapping[str, str], values: Values) -> tuple[Change, ...]:
        """The changes with real names and values.

        Raises:
            StatementFault: operands do not fit, or paths overlap.
        """
        for one in self.sets:
            if _SETS.isdisjoint(values[one.placeholder]):
                raise StatementFault(partiql_messages.set_function_value(one.function, one.at))
        try:
            return resolve_update(self.sections, Placeholders(names, values))
        except Fault as fault:
            raise StatementFault(fault.detail) from None


def translate_changes(assignments: tuple[ast.Assignment, ...], allocator: Allocator) -> Changes:
    """What SET and REMOVE say.

    Raises:
        StatementFault: DynamoDB has no such change.
    """
    translator = _Translator(allocator)
    sections = tuple(translator.section(one) for one in assignments)
    check_operators(translator.operators)
    return Changes(sections, tuple(translator.sets))


class _Translator:
    def __init__(self, allocator: Allocator) -> None:
        self._allocator = allocator
        self.operators = 0
        self.sets: list[SetValue] = []

    def section(self, one: ast.Assignment) -> language.Section:
        """One assignment, as a section of its own."""
        target = self._allocator.path(one.target)
        if one.value is None:
            return language.Section("REMOVE", (language.Action(target, None),))
        if isinstance(one.value, ast.Call) and one.value.function in _SET_FUNCTIONS:
            operand = self._set_value(one.target, one.value)
            return language.Section(_SET_FUNCTIONS[one.value.function], (language.Action(target, operand),))
        return language.Section("SET", (language.Action(target, finish(self._value(one.value))),))

    def _set_value(self, target: ast.Name | ast.Path, call: ast.Call) -> language.ValueRef:
        if len(call.operands) != 2:
            raise StatementFault(partiql_messages.set_function_operands(call.function, call.at))
        first, second = call.operands
        if not isinstance(first, ast.Name | ast.Path) or path_steps(first) != path_steps(target):
            raise StatementFault(partiql_messages.set_function_target(call.function))
        if not isinstance(second, ast.Sequence | ast.Parameter):
            raise StatementFault(partiql_messages.set_function_value(call.function, first.at))
        self.operators += 1
        value = self._allocator.value(second)
        self.sets.append(SetValue(call.function, value.name, first.at))
        return value

    def _value(self, node: ast.Expression) -> Stage:
        """A right side."""
        match node:
            case ast.Operation():
                return (yield self._sum(node))
            case ast.TypeTest():
                raise StatementFault(partiql_messages.IS_IN_UPDATE)
            case ast.Call("list"):
                return self._allocator.value(node)
            case ast.Call():
                return (yield self._call(node))
        return self._allocator.leaf(node)

    def _sum(self, node: ast.Operation) -> Stage:
        if node.operator not in ("+", "-"):
            raise StatementFault(partiql_messages.unsupported_operator("Update", node.operator))
        if len(node.operands) == 1:
            raise StatementFault(expression_messages.operand_count(node.operator, 1))
        self.operators += 1
        left = yield self._value(node.operands[0])
        return language.Arithmetic(node.operator, left, (yield self._value(node.operands[1])))

    def _call(self, node: ast.Call) -> Stage:
        signature = FUNCTIONS.get(node.function)
        if signature is None:
            raise StatementFault(partiql_messages.unrecognized_function(node.function))
        if signature.role != "update":
            raise StatementFault(expression_messages.function_not_allowed("update", node.function))
        self.operators += 1
        operands = []
        for operand in node.operands:
            found = yield self._value(operand)
            if isinstance(found, language.Arithmetic):
                raise StatementFault(partiql_messages.unsupported_operator("Update", found.operator))
            operands.append(found)
        return language.Function(node.function, tuple(operands))
