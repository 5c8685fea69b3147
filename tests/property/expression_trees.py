"""Conditions and updates as plain data, and how they are built with the package's public builders.

Property tests draw these trees; ``expression_oracle`` says what they mean. Must not know what anything means.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hashrange.expressions import Attr, Condition, Update, begins_with, between, ge, gt, le, lt

Steps = tuple[str | int, ...]
Item = dict[str, Any]


# ── trees ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Read:
    """The value at a path."""

    steps: Steps


@dataclass(frozen=True)
class SizeOf:
    """The size of what is at a path."""

    steps: Steps


@dataclass(frozen=True)
class Given:
    """A value."""

    value: Any


@dataclass(frozen=True)
class Leaf:
    """One of ``=``, ``<>``, ``<``, ..., between, in, exists, not_exists, type, begins, contains."""

    word: str
    subject: Read | SizeOf
    operands: tuple[Read | SizeOf | Given, ...] = ()


@dataclass(frozen=True)
class Joined:
    """and, or."""

    word: str
    parts: tuple[Tree, ...]


@dataclass(frozen=True)
class Negated:
    inner: Tree


Tree = Leaf | Joined | Negated


@dataclass(frozen=True)
class Default:
    """if_not_exists."""

    steps: Steps
    default: Read | Given | Default


Term = Read | Given | Default


@dataclass(frozen=True)
class Computed:
    """``+``, ``-`` or ``append`` (list_append) of two terms, of which the first or the second is no constant."""

    word: str
    left: Term
    right: Term


@dataclass(frozen=True)
class Change:
    """set, remove, add, delete."""

    word: str
    steps: Steps
    operand: Term | Computed | None = None


# ── building ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def path(steps: Steps) -> Attr:
    """A path, built one way or the other, which must not matter."""
    if len(steps) % 2:
        return Attr(*steps)
    attr = Attr(steps[0])
    for step in steps[1:]:
        attr = attr[step]
    return attr


def _built_operand(node: Read | SizeOf | Given) -> Any:
    match node:
        case Read(steps):
            return path(steps)
        case SizeOf(steps):
            return path(steps).size()
        case Given(value):
            return value


def built_condition(tree: Tree) -> Condition:
    """The condition of a tree."""
    match tree:
        case Negated(inner):
            return ~built_condition(inner)
        case Joined(word, parts):
            first, *rest = map(built_condition, parts)
            for part in rest:
                first = first & part if word == "and" else first | part
            return first
        case Leaf(word, subject, operands):
            return _built_leaf(word, _built_operand(subject), [_built_operand(one) for one in operands])


def _built_leaf(word: str, subject: Any, operands: list[Any]) -> Condition:
    found: Condition
    match word:
        case "=":
            found = subject == operands[0]
        case "<>":
            found = subject != operands[0]
        case "<":
            found = subject < operands[0]
        case "<=":
            found = subject <= operands[0]
        case ">":
            found = subject > operands[0]
        case ">=":
            found = subject >= operands[0]
        case "between":
            found = subject.between(*operands)
        case "in":
            found = subject.is_in(operands)
        case "exists":
            found = subject.exists()
        case "not_exists":
            found = subject.not_exists()
        case "type":
            found = subject.has_type(operands[0])
        case "begins":
            found = subject.begins_with(operands[0])
        case _:
            found = subject.contains(operands[0])
    return found


def _built_term(term: Term | Computed) -> Any:
    match term:
        case Given(value):
            return value
        case Read(steps):
            return path(steps)
        case Default(steps, default):
            return path(steps).if_not_exists(_built_term(default))
        case Computed("+", left, right):
            return _built_term(left) + _built_term(right)
        case Computed("-", left, right):
            return _built_term(left) - _built_term(right)
        case Computed(_, Given(elements), right):
            return _built_term(right).list_prepend(elements)
        case Computed(_, left, right):
            return _built_term(left).list_append(_built_term(right))


def built_update(changes: list[Change]) -> Update:
    """The update of a list of changes."""
    update = Update()
    for change in changes:
        target = path(change.steps)
        operand: Any = None if change.operand is None else _built_term(change.operand)
        match change.word:
            case "set":
                update = update.set(target, operand)
            case "remove":
                update = update.remove(target)
            case "add":
                update = update.add(target, operand)
            case _:
                update = update.delete(target, operand)
    return update


def built_sort_condition(word: str, values: list[Any]) -> Any:
    """The sort condition of a leaf's word and values."""
    match word:
        case "=":
            return values[0]
        case "<":
            return lt(*values)
        case "<=":
            return le(*values)
        case ">":
            return gt(*values)
        case ">=":
            return ge(*values)
        case "between":
            return between(*values)
        case _:
            return begins_with(*values)
