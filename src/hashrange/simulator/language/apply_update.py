"""Checked updates applied to an item: a new item, or the service's error; the old item is never touched.

Every right side and every path is taken from the item as it was before; the order of sections does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from itertools import pairwise
from typing import Any, Final

from .. import expression_messages, values
from ..errors import ApiError, validation
from ..values import AttributeValue, InvalidValue, Item
from .evaluate import find
from .meaning import Call, Change, Literal, Operand, Path, Steps, Sum

_INT_MAX_DIGITS: Final = 18  # sums of such numbers have far fewer digits than DynamoDB allows
#: exact for any two numbers that DynamoDB has: they lie within 256 digits of each other
_EXACT: Final = Context(prec=300, Emax=MAX_EMAX, Emin=MIN_EMIN)


def apply_update(changes: Iterable[Change], item: Item) -> Item:
    """The item after an update.

    Raises:
        ApiError: a ValidationException: an operand is missing or of the wrong type, or a path leads nowhere.
    """
    resolved = [(change.steps, _new_value(change, item)) for change in changes]
    root = _Editable(item)
    removed: list[Steps] = []
    appended: list[tuple[int, Steps, AttributeValue]] = []
    for steps, value in resolved:
        last = steps[-1]
        is_beyond = isinstance(last, int) and last >= _length(item, steps)
        if value is None:
            removed += [] if is_beyond else [steps]
        elif is_beyond:
            appended.append((int(last), steps, value))
        else:
            root.put(steps, value)
    for _, steps, value in sorted(appended, key=lambda entry: entry[0]):
        root.append(steps, value)
    # from the back, so that the indexes before stay what they were
    for steps in sorted(removed, key=lambda path: [(isinstance(step, int), step) for step in path], reverse=True):
        root.remove(steps)
    return root.item


def _new_value(change: Change, item: Item) -> AttributeValue | None:
    """What the path is to hold; None where it is to be removed."""
    _parent(item, change.steps)  # a path is checked against the item as it was
    if change.section == "REMOVE":
        return None
    operand = change.operand
    if change.section == "SET":
        if isinstance(operand, Sum):
            return _sum(_number(operand.left, item), operand.operator, _number(operand.right, item))
        assert operand is not None, "SET has a right side"
        return _value(operand, item)
    assert isinstance(operand, Literal), "ADD and DELETE have a value"
    before = find(item, change.steps)
    if change.section == "ADD":
        return operand.value if before is None else _add(before, operand.value)
    return None if before is None else _delete(before, operand.value)


def _value(operand: Operand, item: Item) -> AttributeValue:
    """What a right side gives. Where if_not_exists has another within, the innermost is looked at first."""
    paths: list[Steps] = []
    while isinstance(operand, Call) and operand.function == "if_not_exists":
        path, operand = operand.operands
        assert isinstance(path, Path), "checked"
        paths.append(path.steps)
    if isinstance(operand, Literal):
        found = operand.value
    elif isinstance(operand, Path):
        found = _existing(item, operand.steps)  # the service looks at it even where it is not needed
    else:
        found = _list_append(operand, item)
    for steps in reversed(paths):
        found = find(item, steps) or found
    return found


def _existing(item: Item, steps: Steps) -> AttributeValue:
    found = find(item, steps)
    if found is None:
        raise validation(expression_messages.OPERAND_MISSING)
    return found


def _list_append(call: Call, item: Item) -> AttributeValue:
    elements: list[AttributeValue] = []
    for operand in call.operands:
        part = _value(operand, item)
        if "L" not in part:  # before the next operand is looked for
            raise _wrong_type()
        elements += part["L"]
    return {"L": elements}


def _number(operand: Operand | Sum, item: Item) -> str:
    if isinstance(operand, Sum):
        return str(_sum(_number(operand.left, item), operand.operator, _number(operand.right, item))["N"])
    found: str | None = _value(operand, item).get("N")
    if found is None:
        raise _wrong_type()
    return found


def _sum(left: str, operator: str, right: str) -> AttributeValue:
    if len(left) <= _INT_MAX_DIGITS and len(right) <= _INT_MAX_DIGITS and left.isdigit() and right.isdigit():
        return {"N": str(int(left) + int(right) if operator == "+" else int(left) - int(right))}  # most are counters
    one, other = Decimal(left), Decimal(right)
    total = _EXACT.add(one, other) if operator == "+" else _EXACT.subtract(one, other)
    try:
        return {"N": values.decimal_text(total)}
    except InvalidValue as invalid:
        raise validation(invalid.text) from None


def _add(before: AttributeValue, value: AttributeValue) -> AttributeValue:
    name = values.kind(value)
    if name not in before:
        raise _wrong_type()
    if name == "N":
        return _sum(before["N"], "+", value["N"])
    return values.canonical({name: list(dict.fromkeys([*before[name], *value[name]]))})


def _delete(before: AttributeValue, value: AttributeValue) -> AttributeValue | None:
    name = values.kind(value)
    if name not in before:
        raise _wrong_type()
    gone = set(value[name])
    left = [member for member in before[name] if member not in gone]
    return {name: left} if left else None


def _wrong_type() -> ApiError:
    return validation(expression_messages.OPERAND_TYPE_WRONG)


# ── paths ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _parent(item: Item, steps: Steps) -> AttributeValue | None:
    """The value that holds what the path ends in; None for a top-level attribute.

    Raises:
        ApiError: there is none, or it is not a map or list as the path wants it.
    """
    if len(steps) == 1:
        return None
    parent = find(item, steps[:-1])
    if parent is None or ("L" if isinstance(steps[-1], int) else "M") not in parent:
        raise validation(expression_messages.UPDATE_PATH_INVALID)
    return parent


def _length(item: Item, steps: Steps) -> int:
    """How many elements the list has that a path leads into."""
    parent = _parent(item, steps)
    assert parent is not None, "an index has a list before it"
    return len(parent["L"])


class _Editable:
    """An item of which just the changed parts are copied."""

    def __init__(self, item: Item) -> None:
        self.item: Item = dict(item)
        self._copied: dict[int, Any] = {}

    def put(self, steps: Steps, value: AttributeValue) -> None:
        self._container(steps)[steps[-1]] = value

    def append(self, steps: Steps, value: AttributeValue) -> None:
        self._container(steps).append(value)

    def remove(self, steps: Steps) -> None:
        container, last = self._container(steps), steps[-1]
        if isinstance(container, dict):
            container.pop(last, None)
        else:
            del container[last]

    def _container(self, steps: Steps) -> Any:
        """The dict or list that holds what the path ends in, made safe to change."""
        container: Any = self.item
        for step, following in pairwise(steps):
            name = "L" if isinstance(following, int) else "M"
            inner = container[step][name]
            if id(inner) not in self._copied:
                inner = inner.copy()
                self._copied[id(inner)] = inner
                container[step] = {name: inner}
            container = inner
        return container
