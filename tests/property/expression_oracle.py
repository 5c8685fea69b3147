"""What conditions and updates mean, in Python: the oracle of the property tests.

The trees are ``expression_trees``'; they are evaluated on Python items by rules of their own, so a builder that writes
the wrong operator disagrees with the oracle. The rules are the service's, as DynamoDB Local 1.25 shows them:

- values of different types are unequal, and no other comparison of them is true; so ``<>`` is true of a missing
  attribute, even of two missing ones, and every other comparison with a missing attribute is false;
- only text, numbers and binary have an order: text and binary by their bytes, numbers by value;
- size() counts characters (UTF-16 units), bytes or elements; of anything else it is missing;
- SET, ADD and REMOVE read the item as it was; an index at or beyond a list's end appends, in the order of indexes;
- a default of if_not_exists is evaluated even where it is not needed;
- DELETE and REMOVE of what is missing change nothing, but what leads to it must be there.
"""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

from .expression_trees import (
    Change,
    Computed,
    Default,
    Given,
    Item,
    Joined,
    Leaf,
    Negated,
    Read,
    SizeOf,
    Steps,
    Term,
    Tree,
)


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()


class Refused(Exception):
    """The service refuses this update of this item."""


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def kind(value: Any) -> str:
    """The letter of a value's type."""
    match value:
        case bool():
            return "BOOL"
        case str():
            return "S"
        case int() | float() | Decimal():
            return "N"
        case bytes():
            return "B"
        case None:
            return "NULL"
        case list():
            return "L"
        case dict():
            return "M"
        case _:
            return f"{kind(next(iter(value)))}S"


def equal(one: Any, other: Any) -> bool:
    if one is MISSING or other is MISSING or kind(one) != kind(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(one[name], other[name]) for name in one)
    return bool(one == other)


def _ordered(one: Any, other: Any) -> bool:
    return one is not MISSING and other is not MISSING and kind(one) == kind(other) and kind(one) in ("S", "N", "B")


def at(item: Any, steps: Steps) -> Any:
    """What is at a path, or MISSING."""
    for step in steps:
        if isinstance(step, int):
            item = item[step] if isinstance(item, list) and step < len(item) else MISSING
        else:
            item = item.get(step, MISSING) if isinstance(item, dict) else MISSING
    return item


def _size(value: Any) -> Any:
    match value:
        case str():
            return len(value.encode("utf-16-le")) // 2
        case bytes() | list() | dict() | set():
            return len(value)
        case _:
            return MISSING


# ── conditions ───────────────────────────────────────────────────────────────────────────────────────────────────────
def holds(tree: Tree, item: Item) -> bool:
    """Whether a condition is true of an item."""
    match tree:
        case Negated(inner):
            return not holds(inner, item)
        case Joined("and", parts):
            return all(holds(part, item) for part in parts)
        case Joined(_, parts):
            return any(holds(part, item) for part in parts)
        case Leaf(word, subject, operands):
            return _leaf_holds(word, _value(subject, item), [_value(one, item) for one in operands])


def _value(node: Read | SizeOf | Given, item: Item) -> Any:
    match node:
        case Read(steps):
            return at(item, steps)
        case SizeOf(steps):
            return _size(at(item, steps))
        case Given(value):
            return value


def _leaf_holds(word: str, subject: Any, operands: list[Any]) -> bool:
    match word:
        case "=":
            return equal(subject, operands[0])
        case "<>":
            return not equal(subject, operands[0])
        case "<":
            return _less(subject, operands[0])
        case "<=":
            return _at_most(subject, operands[0])
        case ">":
            return _less(operands[0], subject)
        case ">=":
            return _at_most(operands[0], subject)
        case "between":
            return _at_most(operands[0], subject) and _at_most(subject, operands[1])
        case "in":
            return any(equal(subject, one) for one in operands)
        case "exists":
            return subject is not MISSING
        case "not_exists":
            return subject is MISSING
        case "type":
            return subject is not MISSING and kind(subject) == operands[0]
        case "begins":
            prefix = operands[0]
            return _ordered(subject, prefix) and kind(prefix) != "N" and subject.startswith(prefix)
        case _:
            return _contains(subject, operands[0])


def _less(one: Any, other: Any) -> bool:
    return _ordered(one, other) and bool(one < other)


def _at_most(one: Any, other: Any) -> bool:
    return _ordered(one, other) and bool(one <= other)


def _contains(subject: Any, element: Any) -> bool:
    if subject is MISSING or element is MISSING:
        return False
    if isinstance(subject, (list, set)):
        return any(equal(one, element) for one in subject)
    return kind(subject) in ("S", "B") and kind(subject) == kind(element) and element in subject


# ── updates ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def updated(changes: list[Change], item: Item) -> Item:
    """The item after an update.

    Raises:
        Refused: the service refuses it.
    """
    result = copy.deepcopy(item)
    # Paths of one update never overlap, so what holds the places stays while they change; indexes count as before.
    writes = [(at(result, change.steps[:-1]), change.steps[-1], _written(change, item)) for change in changes]
    lengths = {id(parent): len(parent) for parent, _, _ in writes}
    removals, appended = [], []
    for parent, last, value in writes:
        if isinstance(last, str):
            parent.pop(last, None)
            if value is not MISSING:
                parent[last] = value
        elif last >= lengths[id(parent)]:
            appended.append((last, parent, value))
        elif value is MISSING:
            removals.append((last, parent))
        else:
            parent[last] = value
    for last, parent in sorted(removals, key=lambda one: one[0], reverse=True):
        del parent[last]
    for _, parent, value in sorted(appended, key=lambda one: one[0]):
        if value is not MISSING:
            parent.append(value)
    return result


def _written(change: Change, item: Item) -> Any:
    """The value that a change leaves at its path; MISSING: none."""
    parent = at(item, change.steps[:-1])
    if not isinstance(parent, list if isinstance(change.steps[-1], int) else dict):
        raise Refused("no such place")
    before = at(item, change.steps)
    if change.word == "remove":
        return MISSING
    assert change.operand is not None
    operand = _computed(change.operand, item)
    if change.word == "set":
        return operand
    if change.word == "delete":
        if before is MISSING:
            return MISSING
        _require(kind(before) == kind(operand))
        return {one for one in before if one not in operand} or MISSING
    if before is MISSING:
        return operand
    _require(kind(before) == kind(operand))
    return before | operand if isinstance(operand, set) else before + operand


def _computed(term: Term | Computed, item: Item) -> Any:
    match term:
        case Given(value):
            return copy.deepcopy(value)
        case Read(steps):
            found = at(item, steps)
            _require(found is not MISSING)
            return copy.deepcopy(found)
        case Default(steps, default):
            otherwise = _computed(default, item)
            found = at(item, steps)
            return otherwise if found is MISSING else copy.deepcopy(found)
        case Computed(word, left, right):
            one, other = _computed(left, item), _computed(right, item)
            wanted = "L" if word == "append" else "N"
            _require(kind(one) == wanted and kind(other) == wanted)
            return one - other if word == "-" else one + other


def _require(fact: bool) -> None:
    if not fact:
        raise Refused("wrong operand")


# ── projections ──────────────────────────────────────────────────────────────────────────────────────────────────────
def projected(paths: list[Steps], item: Item) -> Item:
    """The parts of an item that are at paths: what leads to them is kept, and lists close their gaps."""
    found = _select(item, [steps for steps in paths if at(item, steps) is not MISSING])
    return found if isinstance(found, dict) else {}


def _select(value: Any, paths: list[Steps]) -> Any:
    if () in paths:
        return value
    rests: dict[str | int, list[Steps]] = {}
    for first, *rest in paths:
        rests.setdefault(first, []).append(tuple(rest))
    if isinstance(value, list):
        return [_select(value[int(index)], rests[index]) for index in sorted(rests)]
    return {name: _select(value[name], rest) for name, rest in rests.items()}
