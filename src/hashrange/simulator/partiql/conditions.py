"""WHERE → a condition of the expression language: what DynamoDB cannot do of PartiQL is refused here.

Source: the documentation of PartiQL's operators and functions, and DynamoDB Local for the texts. Must not know tables
or the values of parameters.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from .. import expression_messages, partiql_messages
from ..language import ast as language
from ..language.examine import examine_condition
from ..language.fault import Fault
from ..language.functions import FUNCTIONS
from ..language.parser import Stage, finish
from . import ast
from .fault import StatementFault
from .template import Allocator, Where, check_operators

_COMPARISONS: Final = frozenset({"=", "<>", "<", "<=", ">", ">="})
_TYPES: Final = {
    "BOOLEAN": "BOOL",
    "BLOB": "B",
    "STRING": "S",
    "NUMERIC": "N",
    "STRUCT": "M",
    "TUPLE": "M",
    "LIST": "L",
}
_LITERALS: Final = (ast.Text, ast.Number, ast.Sequence, ast.Tuple, ast.Ion)

_OPERANDS: Final = (language.Path, language.ValueRef, language.Function)
#: whatever stands in a condition
_Operand: TypeAlias = "language.Operand | language.Condition"


def translate_where(node: ast.Expression, allocator: Allocator) -> Where:
    """The condition that a WHERE is.

    Raises:
        StatementFault: it is none, or none of DynamoDB's.
    """
    if not isinstance(node, ast.Operation | ast.TypeTest | ast.Call | ast.Foreign):
        raise StatementFault(partiql_messages.WHERE_NOT_BOOLEAN)
    translator = _Translator(allocator)
    root = finish(translator.operand(node))
    if not _is_condition(root):
        raise StatementFault(partiql_messages.WHERE_NOT_BOOLEAN)
    try:
        examine_condition(language.ConditionText(root, translator.operators))
    except Fault as fault:
        raise StatementFault(fault.detail) from None
    check_operators(translator.operators)
    return Where(root, _equalities(root, allocator))


def _as_condition(node: _Operand) -> language.Condition | None:
    """What stands alone; None for a path, a value, or a function that gives one."""
    if isinstance(node, language.Function):
        return node if FUNCTIONS[node.name].role == "condition" else None
    return None if isinstance(node, language.Path | language.ValueRef) else node


def _is_condition(node: _Operand) -> bool:
    return _as_condition(node) is not None


def _certain(condition: language.Condition | None) -> language.Condition:
    assert condition is not None, "one of two is there"
    return condition


def _equalities(root: language.Condition, allocator: Allocator) -> dict[str, str] | None:
    parts = root.parts if isinstance(root, language.Junction) and root.operator == "AND" else (root,)
    found: dict[str, str] = {}
    for part in parts:
        match part:
            case language.Comparison(
                "=", language.Path((str(step),)), language.ValueRef(placeholder)
            ) | language.Comparison("=", language.ValueRef(placeholder), language.Path((str(step),))):
                name = allocator.names[step]
            case _:
                return None
        if name in found:
            return None
        found[name] = placeholder
    return found


class _Translator:
    """Counts operators and functions on its way."""

    def __init__(self, allocator: Allocator) -> None:
        self._allocator = allocator
        self.operators = 0

    def operand(self, node: ast.Expression) -> Stage:
        """Whatever stands in a condition: a path, a value, a function, or a condition."""
        match node:
            case ast.Operation():
                return (yield self._operation(node))
            case ast.TypeTest():
                return self._type_test(node)
            case ast.Call("list"):
                return self._allocator.value(node)
            case ast.Call():
                return (yield self._call(node))
        return self._allocator.leaf(node)

    def _operation(self, node: ast.Operation) -> Stage:
        operator = node.operator
        if operator in ("and", "or"):
            return (yield self._junction(node))
        if operator == "not":
            self.operators += 1
            inner = yield self.operand(node.operands[0])
            if not _is_condition(inner):
                raise StatementFault(partiql_messages.NOT_ARGUMENT)
            return language.Not(inner)
        if operator in ("in", "not_in"):
            return self._negated(operator, (yield self._in(node)))
        if operator in ("between", "not_between"):
            self.operators += 1
            subject = yield self._value(operator, node.operands[0])
            lower = yield self._value(operator, node.operands[1])
            upper = yield self._value(operator, node.operands[2])
            return self._negated(operator, language.Between(subject, lower, upper))
        if operator not in _COMPARISONS or len(node.operands) != 2:
            raise StatementFault(partiql_messages.unsupported_operator("Condition", operator))
        before = self.operators
        self.operators += 1
        left = yield self.operand(node.operands[0])
        right = yield self.operand(node.operands[1])
        if _is_condition(left) or _is_condition(right):
            self.operators += self.operators - before  # they are written twice
            check_operators(self.operators)
        return self._comparison(operator, left, right)

    def _junction(self, node: ast.Operation) -> Stage:
        """All that is joined by one operator, from the left."""
        parts: list[ast.Expression] = []
        rest: ast.Expression = node
        while isinstance(rest, ast.Operation) and rest.operator == node.operator:
            parts.append(rest.operands[1])
            rest = rest.operands[0]
        found = []
        for part in (rest, *reversed(parts)):
            condition = yield self.operand(part)
            if not _is_condition(condition):
                raise StatementFault(partiql_messages.JUNCTION_ARGUMENTS)
            found.append(condition)
        self.operators += len(found) - 1
        return language.Junction(node.operator.upper(), _flat(node.operator.upper(), found))

    def _negated(self, operator: str, condition: language.Condition) -> language.Condition:
        if not operator.startswith("not_"):
            return condition
        self.operators += 1
        return language.Not(condition)

    def _value(self, operator: str, node: ast.Expression) -> Stage:
        """An operand that is no condition."""
        found = yield self.operand(node)
        if _is_condition(found):
            raise StatementFault(expression_messages.operand_type(operator.removeprefix("not_").upper(), "BOOL"))
        return found

    def _in(self, node: ast.Operation) -> Stage:
        subject, choices = node.operands
        if not isinstance(choices, ast.Sequence) or not choices.items or isinstance(choices.items[0], ast.Select):
            raise StatementFault(partiql_messages.IN_ARGUMENTS)
        self.operators += 1
        left = yield self._value("in", subject)
        found = []
        for choice in choices.items:
            found.append((yield self._value("in", choice)))  # noqa: PERF401 - comprehensions cannot yield
        return language.In(left, tuple(found))

    def _comparison(self, operator: str, left: _Operand, right: _Operand) -> language.Condition:
        one, other = _as_condition(left), _as_condition(right)
        if one is None and other is None:
            assert isinstance(left, _OPERANDS), "what is no condition is an operand"
            assert isinstance(right, _OPERANDS), "what is no condition is an operand"
            return language.Comparison(operator, left, right)
        if operator not in ("=", "<>"):
            raise StatementFault(expression_messages.operand_type(operator, "BOOL"))
        same = self._same_truth(one, right) if one is not None else self._same_truth(_certain(other), left)
        return same if operator == "=" else language.Not(same)

    def _same_truth(self, condition: language.Condition, compared: _Operand) -> language.Condition:
        """Whether a condition is as true as what it is compared with."""
        other = _as_condition(compared)
        is_true: language.Condition
        is_false: language.Condition
        if other is not None:
            is_true, is_false = other, language.Not(other)
        else:
            assert isinstance(compared, _OPERANDS), "what is no condition is an operand"
            is_true = language.Comparison("=", compared, self._allocator.known({"BOOL": True}))
            is_false = language.Comparison("=", compared, self._allocator.known({"BOOL": False}))
        both = language.Junction("AND", (is_true, condition))
        neither = language.Junction("AND", (is_false, language.Not(condition)))
        return language.Junction("OR", (both, neither))

    def _type_test(self, node: ast.TypeTest) -> language.Condition:
        subject = node.subject
        if not isinstance(subject, ast.Name | ast.Path | ast.Word | _literal_types) or subject == _missing(subject):
            raise StatementFault(partiql_messages.IS_ARGUMENT)
        self.operators += 1
        is_path = isinstance(subject, ast.Name | ast.Path)
        if node.type == "MISSING":
            name = "attribute_exists" if node.negated else "attribute_not_exists"
            if not is_path:
                raise StatementFault(expression_messages.needs_path(name))
            return language.Function(name, (self._allocator.path(subject),))  # type: ignore[arg-type]
        wanted = "NULL" if node.type == "NULL" else _TYPES.get(node.type)
        if wanted is None:
            raise StatementFault(partiql_messages.unsupported_type(node.type, node.at))
        operand = self._allocator.path(subject) if is_path else self._allocator.value(subject)  # type: ignore[arg-type]
        test = language.Function("attribute_type", (operand, self._allocator.known({"S": wanted})))
        return self._negated("not_" if node.negated else "", test)

    def _call(self, node: ast.Call) -> Stage:
        self.operators += 1
        operands = []
        for operand in node.operands:
            operands.append((yield self.operand(operand)))  # noqa: PERF401 - comprehensions cannot yield
        if node.function not in FUNCTIONS:
            raise StatementFault(partiql_messages.unrecognized_function(node.function))
        if any(map(_is_condition, operands)):
            raise StatementFault(expression_messages.operand_type(node.function, "BOOL"))
        return language.Function(node.function, tuple(operands))


_literal_types: Final = ast.Text | ast.Number | ast.Sequence | ast.Tuple | ast.Ion


def _missing(node: ast.Expression) -> ast.Word | None:
    return node if isinstance(node, ast.Word) and node.word == "missing" else None


def _flat(operator: str, parts: list[language.Condition]) -> tuple[language.Condition, ...]:
    found: list[language.Condition] = []
    for part in parts:
        if isinstance(part, language.Junction) and part.operator == operator:
            found += part.parts
        else:
            found.append(part)
    return tuple(found)
