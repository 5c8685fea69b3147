"""Parsed expressions → what they mean: placeholders replaced, and every node checked by itself.

Each condition is checked from left to right: placeholders, operand count, operand types, distinct operands. Nesting
costs no stack, as in the parser. Must not know the checks that need no placeholders (``examine``), items or tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from ...limits import IN_MAX_OPERANDS, NESTING_MAX_LEVELS
from .. import expression_messages, values
from ..values import AttributeValue
from . import ast
from .fault import Fault
from .functions import FUNCTIONS
from .meaning import Call, Change, Condition, Junction, Literal, Operand, Path, Steps, Sum, Test
from .parser import Stage, finish
from .paths import DistinctPaths
from .placeholders import Placeholders

_TYPE_NAMES: Final = frozenset({"S", "N", "B", "SS", "NS", "BS", "L", "M", "BOOL", "NULL"})
_SORTABLE: Final = frozenset({"S", "N", "B"})
_TEXT: Final = frozenset({"S"})
_TEXTS: Final = frozenset({"S", "B"})
_NUMBERS: Final = frozenset({"N"})
_LISTS: Final = frozenset({"L"})
_MEASURABLE: Final = _TYPE_NAMES - {"N", "BOOL", "NULL"}
_LONG_NAMES: Final = {"S": "STRING", "N": "NUMBER", "B": "BINARY", "BOOL": "BOOLEAN", "L": "LIST", "M": "MAP"}
_ADDABLE: Final = frozenset({"N", "SS", "NS", "BS"})
_DELETABLE: Final = _ADDABLE - {"N"}
_ORDERING: Final = frozenset({"<", "<=", ">", ">=", "BETWEEN"})


class Resolver:
    """Puts real names and values in the place of placeholders."""

    def __init__(self, placeholders: Placeholders) -> None:
        self._placeholders = placeholders

    def steps(self, path: ast.Path) -> Steps:
        """A path with real names."""
        steps = path.steps
        if len(steps) == 1:
            name = steps[0]
            return steps if name[0] != "#" else (self._name(name),)  # type: ignore[index,arg-type]
        found = tuple(self._step(step) for step in steps)
        if len(found) > NESTING_MAX_LEVELS:
            raise Fault(expression_messages.path_too_deep(len(found)))
        return found

    def _step(self, step: str | int) -> str | int:
        return self._name(step) if isinstance(step, str) and step[0] == "#" else step

    def _name(self, placeholder: str) -> str:
        name = self._placeholders.names.get(placeholder)
        if name is None:
            raise Fault(expression_messages.undefined_name(placeholder))
        self._placeholders.used_names.add(placeholder)
        return name

    def literal(self, reference: ast.ValueRef) -> Literal:
        """The value of a placeholder."""
        value = self._placeholders.values.get(reference.name)
        if value is None:
            raise Fault(expression_messages.undefined_value(reference.name))
        self._placeholders.used_values.add(reference.name)
        return Literal(value)

    def operand(self, node: ast.Operand) -> Operand:
        if isinstance(node, ast.Path):
            return Path(self.steps(node))
        if isinstance(node, ast.ValueRef):
            return self.literal(node)
        return self.call(node)

    def call(self, node: ast.Function) -> Call:
        """A function with its operands, of which the innermost are checked first."""
        opened: list[tuple[ast.Function, list[Operand]]] = [(node, [])]
        while True:
            function, found = opened[-1]
            if len(found) < len(function.operands):
                operand = function.operands[len(found)]
                if isinstance(operand, ast.Function):
                    opened.append((operand, []))
                else:
                    found.append(self.operand(operand))
                continue
            call = Call(function.name, tuple(found))
            if len(found) != FUNCTIONS[function.name].operands:
                raise Fault(expression_messages.operand_count(function.name, len(found)))
            self.check_call(call)
            opened.pop()
            if not opened:
                return call
            opened[-1][1].append(call)

    def check_call(self, call: Call) -> None:
        """Refuse operands that the function does not take; their number is right."""


def _type_of(operand: Operand) -> str | None:
    """The type that is known without an item: that of a literal, and of ``size()``."""
    if isinstance(operand, Literal):
        return values.kind(operand.value)
    return "N" if isinstance(operand, Call) and operand.function == "size" else None


def _require(operand: Operand, allowed: frozenset[str], operator: str) -> None:
    found = _type_of(operand)
    if found is not None and found not in allowed:
        raise Fault(expression_messages.operand_type(operator, found))


def _require_path(call: Call) -> None:
    if not isinstance(call.operands[0], Path):
        raise Fault(expression_messages.needs_path(call.function))


# ── conditions ───────────────────────────────────────────────────────────────────────────────────────────────────────
def resolve_condition(root: ast.Condition, placeholders: Placeholders) -> Condition:
    """A condition with real names and values.

    Raises:
        Fault: a placeholder is not defined, or operands do not fit.
    """
    resolver = _Conditions(placeholders)
    if isinstance(root, ast.Junction | ast.Not):
        found: Condition = finish(resolver.junction(root))
        return found
    return resolver.simple(root)


class _Conditions(Resolver):
    def junction(self, node: ast.Junction | ast.Not) -> Stage:
        operator, parts = ("NOT", (node.inner,)) if isinstance(node, ast.Not) else (node.operator, node.parts)
        found: list[Condition] = []
        for part in parts:
            if isinstance(part, ast.Junction | ast.Not):
                found.append((yield self.junction(part)))
            else:
                found.append(self.simple(part))
        return Junction(operator, tuple(found))

    def simple(self, node: ast.Comparison | ast.Between | ast.In | ast.Function) -> Condition:
        if isinstance(node, ast.Comparison):
            return self._test(node.operator, node.left, (node.right,))
        if isinstance(node, ast.Between):
            test = self._test("BETWEEN", node.subject, (node.lower, node.upper))
            _check_bounds(*test.others)
            return test
        if isinstance(node, ast.In):
            test = self._test("IN", node.subject, node.choices)
            if len(test.others) > IN_MAX_OPERANDS:
                raise Fault(expression_messages.too_many_choices(len(test.others)))
            return test
        return self.call(node)

    def _test(self, operator: str, subject: ast.Operand, others: tuple[ast.Operand, ...]) -> Test:
        test = Test(operator, self.operand(subject), tuple([self.operand(other) for other in others]))
        if operator in _ORDERING:
            _require(test.subject, _SORTABLE, operator)
            for other in test.others:
                _require(other, _SORTABLE, operator)
        _require_distinct(operator, test.subject, test.others)
        return test

    def check_call(self, call: Call) -> None:
        _CALL_CHECKS[call.function](call)


def _require_distinct(operator: str, subject: Operand, others: Iterable[Operand]) -> None:
    if isinstance(subject, Path) and subject in others:
        raise Fault(expression_messages.operands_not_distinct(operator, subject.steps))


def _check_bounds(lower: Operand, upper: Operand) -> None:
    if not isinstance(lower, Literal) or not isinstance(upper, Literal):
        return
    order = values.compare(lower.value, upper.value)
    texts = _value_text(lower.value), _value_text(upper.value)
    if order is None:
        raise Fault(expression_messages.between_types(*texts))
    if order > 0:
        raise Fault(expression_messages.between_inverted(*texts))


def _value_text(value: AttributeValue) -> str:
    """A value as the service prints it; it does not print the contents of a binary."""
    ((name, content),) = value.items()
    if name == "B":
        size = values.length(value)
        content = f"java.nio.HeapByteBuffer[pos=0 lim={size} cap={size}]"
    return f"{{{name}:{content}}}"


def _check_attribute_type(call: Call) -> None:
    wanted = call.operands[1]
    _require_distinct(call.function, call.operands[0], call.operands[1:])
    _require(wanted, _TEXT, call.function)
    if not isinstance(wanted, Literal):
        raise Fault(expression_messages.operand_type(call.function, "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}"))
    if wanted.value["S"] not in _TYPE_NAMES:
        raise Fault(expression_messages.invalid_type_name(wanted.value["S"]))


def _check_texts(call: Call) -> None:
    _require_distinct(call.function, call.operands[0], call.operands[1:])
    for operand in call.operands:
        _require(operand, _TEXTS, call.function)


def _check_contains(call: Call) -> None:
    _require_distinct(call.function, call.operands[0], call.operands[1:])


def _check_size(call: Call) -> None:
    _require(call.operands[0], _MEASURABLE, call.function)


_CALL_CHECKS: Final[dict[str, Callable[[Call], None]]] = {
    "attribute_exists": _require_path,
    "attribute_not_exists": _require_path,
    "attribute_type": _check_attribute_type,
    "begins_with": _check_texts,
    "contains": _check_contains,
    "size": _check_size,
}


# ── updates and projections ──────────────────────────────────────────────────────────────────────────────────────────
def resolve_update(sections: tuple[ast.Section, ...], placeholders: Placeholders) -> tuple[Change, ...]:
    """An update with real names and values. Raises as ``resolve_condition``.

    The service goes from the last action to the first: over the paths, then over the right sides.
    """
    resolver = _Updates(placeholders)
    actions = [(section.word, action) for section in reversed(sections) for action in reversed(section.actions)]
    paths = resolver.distinct([action.path for _, action in actions])
    changes = [
        resolver.change(word, steps, action.operand) for (word, action), steps in zip(actions, paths, strict=True)
    ]
    return tuple(reversed(changes))


def resolve_projection(paths: tuple[ast.Path, ...], placeholders: Placeholders) -> tuple[Steps, ...]:
    """A projection with real names. Raises as ``resolve_condition``."""
    found = _Updates(placeholders).distinct(list(reversed(paths)))
    return tuple(reversed(found))


class _Updates(Resolver):
    def distinct(self, paths: list[ast.Path]) -> list[Steps]:
        """Paths with real names, of which none meets another."""
        known: DistinctPaths | None = None
        found: list[Steps] = []
        attributes: set[Steps] = set()
        for path in paths:
            steps = self.steps(path)
            if known is None and (len(steps) > 1 or steps in attributes):  # else attributes are distinct by their names
                known = DistinctPaths()
                for before in found:
                    known.add(before)
            if known is not None:
                known.add(steps)
            else:
                attributes.add(steps)
            found.append(steps)
        return found

    def change(self, section: str, steps: Steps, node: ast.Operand | ast.Arithmetic | None) -> Change:
        """One action with its right side."""
        if node is None:
            return Change(section, steps, None)
        if isinstance(node, ast.Arithmetic):
            return Change(section, steps, self._sum(node))
        operand = self.operand(node)
        if section == "ADD" or section == "DELETE":
            assert isinstance(operand, Literal), "the grammar has nothing else there"
            found = values.kind(operand.value)
            if found not in (_ADDABLE if section == "ADD" else _DELETABLE):
                raise Fault(expression_messages.update_operand_type(section, _LONG_NAMES.get(found, found)))
        return Change(section, steps, operand)

    def _sum(self, node: ast.Arithmetic) -> Sum:
        left = self._sum(node.left) if isinstance(node.left, ast.Arithmetic) else self.operand(node.left)
        right = self._sum(node.right) if isinstance(node.right, ast.Arithmetic) else self.operand(node.right)
        for operand in (left, right):
            if not isinstance(operand, Sum):
                _require(operand, _NUMBERS, node.operator)
        return Sum(node.operator, left, right)

    def check_call(self, call: Call) -> None:
        if call.function == "if_not_exists":
            _require_path(call)
            _require_distinct(call.function, call.operands[0], call.operands[1:])
        else:
            for operand in call.operands:
                _require(operand, _LISTS, call.function)
