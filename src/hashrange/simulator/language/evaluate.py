"""Checked conditions → functions of an item. Evaluating cannot fail.

A condition becomes a closure once and is then applied to many items. A missing attribute makes every test false but
``<>`` and attribute_not_exists.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from .. import values
from ..values import AttributeValue, Item
from .meaning import Call, Condition, Junction, Literal, Operand, Path, Steps, Test

Predicate: TypeAlias = Callable[[Item], bool]
Getter: TypeAlias = Callable[[Item], AttributeValue | None]


def predicate(condition: Condition) -> Predicate:
    """A condition as a function of an item."""
    if isinstance(condition, Test):
        return _test(condition)
    if isinstance(condition, Call):
        return _CALLS[condition.function](condition)
    return _junction(condition)


def find(item: Item, steps: Steps) -> AttributeValue | None:
    """The value at a path; None where there is none."""
    value: AttributeValue | None = item.get(str(steps[0]))
    for step in steps[1:]:
        if value is None:
            return None
        if isinstance(step, int):
            elements = value.get("L")
            value = elements[step] if elements is not None and step < len(elements) else None
        else:
            entries = value.get("M")
            value = entries.get(step) if entries is not None else None
    return value


def _getter(operand: Operand) -> Getter:
    if isinstance(operand, Literal):
        value = operand.value
        return lambda item: value
    if isinstance(operand, Path):
        steps = operand.steps
        if len(steps) == 1:
            name = str(steps[0])
            return lambda item: item.get(name)
        return lambda item: find(item, steps)
    measured = _getter(operand.operands[0])  # size() is the only function that is an operand

    def size(item: Item) -> AttributeValue | None:
        value = measured(item)
        length = None if value is None else values.length(value)
        return None if length is None else {"N": str(length)}

    return size


def _junction(node: Junction) -> Predicate:
    if node.operator == "NOT":
        return _negation(node)
    tests = [predicate(part) for part in node.parts]
    decides = node.operator == "OR"  # what the first part that gives it makes the whole
    if len(tests) == 2:
        first, second = tests
        if decides:
            return lambda item: first(item) or second(item)
        return lambda item: first(item) and second(item)

    def joined(item: Item) -> bool:
        for test in tests:
            if test(item) is decides:
                return decides
        return not decides

    return joined


def _negation(node: Junction) -> Predicate:
    negated, inner = True, node.parts[0]
    while isinstance(inner, Junction) and inner.operator == "NOT":
        negated, inner = not negated, inner.parts[0]
    test = predicate(inner)
    return (lambda item: not test(item)) if negated else test


def _test(node: Test) -> Predicate:
    subject = _getter(node.subject)
    others = [_getter(other) for other in node.others]
    if node.operator == "IN":

        def is_in(item: Item) -> bool:
            value = subject(item)
            return value is not None and value in [other(item) for other in others]

        return is_in
    if node.operator == "BETWEEN":
        lower, upper = others
        at_least, at_most = _COMPARISONS[">="], _COMPARISONS["<="]
        return lambda item: at_least(subject(item), lower(item)) and at_most(subject(item), upper(item))
    compare, other = _COMPARISONS[node.operator], others[0]
    return lambda item: compare(subject(item), other(item))


def _ordered(accepts: Callable[[int], bool]) -> Callable[[Any, Any], bool]:
    def test(one: AttributeValue | None, other: AttributeValue | None) -> bool:
        if one is None or other is None:
            return False
        order = values.compare(one, other)
        return order is not None and accepts(order)

    return test


_COMPARISONS: Final[dict[str, Callable[[AttributeValue | None, AttributeValue | None], bool]]] = {
    "=": lambda one, other: one is not None and one == other,
    "<>": lambda one, other: one is None or one != other,
    "<": _ordered(lambda order: order < 0),
    "<=": _ordered(lambda order: order <= 0),
    ">": _ordered(lambda order: order > 0),
    ">=": _ordered(lambda order: order >= 0),
}


def _exists(call: Call) -> Predicate:
    value = _getter(call.operands[0])
    return lambda item: value(item) is not None


def _not_exists(call: Call) -> Predicate:
    value = _getter(call.operands[0])
    return lambda item: value(item) is None


def _has_type(call: Call) -> Predicate:
    value, wanted = _getter(call.operands[0]), call.operands[1]
    assert isinstance(wanted, Literal), "checked"
    name = wanted.value["S"]
    return lambda item: (found := value(item)) is not None and values.kind(found) == name


def _two(relation: Callable[[AttributeValue, AttributeValue], bool]) -> Callable[[Call], Predicate]:
    def build(call: Call) -> Predicate:
        one, other = map(_getter, call.operands)

        def test(item: Item) -> bool:
            subject, argument = one(item), other(item)
            return subject is not None and argument is not None and relation(subject, argument)

        return test

    return build


_CALLS: Final[dict[str, Callable[[Call], Predicate]]] = {
    "attribute_exists": _exists,
    "attribute_not_exists": _not_exists,
    "attribute_type": _has_type,
    "begins_with": _two(values.begins_with),
    "contains": _two(values.contains),
}
