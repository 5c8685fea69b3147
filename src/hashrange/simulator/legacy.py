"""The parameters from before expressions: Expected, AttributeUpdates, KeyConditions, QueryFilter and ScanFilter.

Owns their checks, and turns them into the same nodes as the language has, so that both are evaluated by the same code.
Must not know tables: what a key condition may be is ``language.key_condition``'s.
Source: Developer Guide, "Legacy conditional parameters".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final

from . import expression_messages, values
from .errors import validation
from .language.apply_update import apply_update
from .language.check import Call, Change, Condition, Junction, Literal, Operand, Path, Test
from .language.evaluate import Predicate, predicate
from .language.key_condition import AttributeCondition
from .requests import check_attribute_name
from .values import AttributeValue, InvalidValue, Item

#: operator → how many arguments; IN takes any number but none
_ARGUMENTS: Final = {"NULL": 0, "NOT_NULL": 0, "BETWEEN": 2}
_SCALARS: Final = frozenset({"S", "N", "B"})
#: operator → types of its arguments; what is not here takes any
_TYPES: Final = {
    **dict.fromkeys(("LE", "LT", "GE", "GT", "IN", "BETWEEN"), _SCALARS),
    **dict.fromkeys(("CONTAINS", "NOT_CONTAINS"), _SCALARS | {"BOOL", "NULL"}),
    "BEGINS_WITH": frozenset({"S", "B"}),
}
_COMPARATORS: Final = {"EQ": "=", "NE": "<>", "LE": "<=", "LT": "<", "GE": ">=", "GT": ">"}
_ADDABLE: Final = frozenset({"N", "SS", "NS", "BS", "L"})
_DELETABLE: Final = frozenset({"SS", "NS", "BS"})


@dataclass(frozen=True, slots=True)
class AttributeUpdates:
    """Checked AttributeUpdates.

    Attributes:
        changes: the same as an update expression's.
        types: attribute → the type that it must have where it exists.
    """

    changes: tuple[Change, ...]
    types: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """The attributes that are touched, in the order of the request."""
        return tuple(str(change.steps[0]) for change in self.changes)

    def apply(self, item: Item) -> Item:
        """The item after the updates; the old one is not touched.

        Raises:
            ApiError: a ValidationException: an attribute has another type, or a number leaves its range.
        """
        for name, wanted in self.types.items():
            before = item.get(name)
            if before is not None and values.kind(before) != wanted:
                raise validation(expression_messages.LEGACY_UPDATE_TYPE_MISMATCH)
        return apply_update(self.changes, item)


# ── Expected ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def expected_condition(expected: Mapping[str, Any] | None, conditional_operator: str | None) -> Predicate | None:
    """What Expected asks of an item; None where there is none.

    Raises:
        ApiError: a ValidationException.
    """
    conditions = [_expected(name, wanted) for name, wanted in (expected or {}).items()]
    return filter_predicate(conditions, conditional_operator)


def _expected(name: str, wanted: Mapping[str, Any]) -> AttributeCondition:
    operator, value, listed = (wanted.get(key) for key in ("ComparisonOperator", "Value", "AttributeValueList"))
    if value is not None and listed is not None:
        raise validation(expression_messages.legacy_value_and_list(name))
    if operator is None:
        return _expected_value(name, wanted.get("Exists"), value, listed)
    if wanted.get("Exists") is not None:
        raise validation(expression_messages.legacy_exists_and_operator(name))
    if listed is None and value is None and operator not in ("NULL", "NOT_NULL"):
        raise validation(expression_messages.legacy_operator_without_value(operator, name))
    return _condition(name, operator, [value] if value is not None else listed or ())


def _expected_value(name: str, exists: bool | None, value: AttributeValue | None, listed: object) -> AttributeCondition:
    """Without an operator: the attribute has a value, or does not exist."""
    if listed is not None:
        raise validation(expression_messages.legacy_list_without_operator(name))
    if exists is False:
        if value is not None:
            raise validation(expression_messages.legacy_value_of_missing(name))
        check_attribute_name(name)
        return AttributeCondition(name, "NULL")
    if value is None:
        raise validation(expression_messages.legacy_value_missing("null" if exists is None else "true", name))
    found = _canonical([value])
    check_attribute_name(name)
    return AttributeCondition(name, "EQ", found)


# ── conditions of Query and Scan ─────────────────────────────────────────────────────────────────────────────────────
def conditions(parameter: Mapping[str, Any] | None) -> tuple[AttributeCondition, ...]:
    """KeyConditions, QueryFilter or ScanFilter, checked, in the order of the request.

    Raises:
        ApiError: a ValidationException.
    """
    return tuple(
        _condition(name, condition["ComparisonOperator"], condition.get("AttributeValueList") or ())
        for name, condition in (parameter or {}).items()
    )


def _condition(name: str, operator: str, arguments: Sequence[AttributeValue]) -> AttributeCondition:
    found = _canonical(arguments)
    fits = len(found) > 0 if operator == "IN" else len(found) == _ARGUMENTS.get(operator, 1)
    if not fits:
        raise validation(expression_messages.legacy_argument_count(operator))
    kinds = [values.kind(argument) for argument in found]
    if len(set(kinds)) > 1:
        raise validation(expression_messages.LEGACY_ARGUMENT_TYPES_DIFFER)
    if operator in _TYPES and kinds and kinds[0] not in _TYPES[operator]:
        raise validation(expression_messages.legacy_argument_type(operator, kinds[0]))
    if operator == "BETWEEN" and values.compare(*found) == 1:
        raise validation(expression_messages.LEGACY_BETWEEN_INVERTED)
    check_attribute_name(name)
    return AttributeCondition(name, operator, found)


def _canonical(arguments: Iterable[AttributeValue]) -> tuple[AttributeValue, ...]:
    try:
        return tuple(values.canonical(argument) for argument in arguments)
    except InvalidValue as invalid:
        raise validation(invalid.text) from None


# ── what they mean ───────────────────────────────────────────────────────────────────────────────────────────────────
def filter_predicate(checked: Sequence[AttributeCondition], conditional_operator: str | None) -> Predicate | None:
    """Conditions as a function of an item: all of them hold, or with OR any; None where there are none.

    Raises:
        ApiError: a ValidationException: the operator has nothing to join.
    """
    if conditional_operator is not None and len(checked) < 2:
        raise validation(
            expression_messages.LEGACY_OPERATOR_FOR_ONE if checked else expression_messages.LEGACY_OPERATOR_FOR_NONE
        )
    if not checked:
        return None
    operator = conditional_operator or "AND"
    return predicate(reduce(lambda left, right: Junction(operator, (left, right)), map(_meaning, checked)))


def _meaning(condition: AttributeCondition) -> Condition:
    operator = condition.operator
    path = Path((condition.name,))
    others: tuple[Operand, ...] = tuple(map(Literal, condition.arguments))
    if operator in _COMPARATORS:
        return Test(_COMPARATORS[operator], path, others)
    if operator in ("IN", "BETWEEN"):
        return Test(operator, path, others)
    if operator == "NOT_CONTAINS":
        return Junction("NOT", (Call("contains", (path, *others)),))
    return Call(_FUNCTIONS[operator], (path, *others))


_FUNCTIONS: Final = {
    "NULL": "attribute_not_exists",
    "NOT_NULL": "attribute_exists",
    "CONTAINS": "contains",
    "BEGINS_WITH": "begins_with",
}


# ── AttributeUpdates ─────────────────────────────────────────────────────────────────────────────────────────────────
def attribute_updates(updates: Mapping[str, Any] | None) -> AttributeUpdates:
    """AttributeUpdates, checked.

    Raises:
        ApiError: a ValidationException.
    """
    types: dict[str, str] = {}
    changes = tuple(_update(name, update, types) for name, update in (updates or {}).items())
    return AttributeUpdates(changes, types)


def _update(name: str, update: Mapping[str, Any], types: dict[str, str]) -> Change:
    """One attribute's change; notes the type that it must have."""
    check_attribute_name(name)
    steps, action, given = (name,), update.get("Action") or "PUT", update.get("Value")
    if given is None:
        if action != "DELETE":
            raise validation(expression_messages.LEGACY_UPDATE_NEEDS_VALUE)
        return Change("REMOVE", steps, None)
    (value,) = _canonical([given])
    if action == "PUT":
        return Change("SET", steps, Literal(value))
    kind = values.kind(value)
    if kind not in (_ADDABLE if action == "ADD" else _DELETABLE):
        raise validation(expression_messages.legacy_update_type(action, kind))
    types[name] = kind
    if kind == "L":
        before = Call("if_not_exists", (Path(steps), Literal({"L": []})))
        return Change("SET", steps, Call("list_append", (before, Literal(value))))
    return Change(action, steps, Literal(value))
