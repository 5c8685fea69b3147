"""Update: what to change in an item.

Owns the actions, their order when rendered (SET, REMOVE, ADD, DELETE, whatever order they were called in), the refusal
of overlapping paths and of operands that the service would not take, and the knowledge of what may be sent twice.
Must not know keys or retries.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

from ..errors import InvalidExpression
from ..types import AttributeValue, Value
from .expression import Expression, check_operators
from .operand import Constant, constant, require_kind
from .path import Path, overlap, refuse_overlap, steps_of, to_path
from .placeholders import Placeholders
from .raw import Raw
from .set_value import Arithmetic, IfNotExists, ListAppend, count, paths_read

#: What ``Update.set`` can assign.
SetValue: TypeAlias = Value | Path | IfNotExists | Arithmetic | ListAppend | Raw

_CLAUSES = ("SET", "REMOVE", "ADD", "DELETE")
_SET_KINDS = frozenset({"SS", "NS", "BS"})
_ADDABLE = _SET_KINDS | {"N"}


class _Action(NamedTuple):
    clause: str
    path: Path
    operand: Expression | None


class Update(Expression):
    """Changes of one item. Immutable: every method returns a new Update with one change more.

    A path is ONE top-level name as text, or an ``Attr``. All changes are computed from the item as it was before.

    Every method raises:
        InvalidExpression: the path equals, contains or lies within that of another change, or the operand is not one
            that this change can take.
        TypeMismatch, ValidationError: a value is not one that DynamoDB has.
    """

    __slots__ = ("_actions", "_attributes", "_operators")
    _label = "Update"
    _actions: tuple[_Action, ...]
    _attributes: frozenset[str]
    _operators: int

    def __init__(self) -> None:
        self._actions = ()
        self._attributes = frozenset()
        self._operators = 0

    def set(self, path: str | Path, value: SetValue) -> Update:
        """Write a value at ``path``: a plain one, that of another attribute, or a computed one.

        ``Attr("a") + 1``, ``Attr("a") - Attr("b")``, ``Attr("a").if_not_exists(0) + 1``, ``Attr("l").list_append([x])``
        and ``Attr("l").list_prepend([x])`` are computed. An index at or beyond the end of a list appends.
        """
        path = to_path(path)
        if not isinstance(value, Expression):
            return self._with("SET", path, constant(value, path))
        if not isinstance(value, (Path, IfNotExists, Arithmetic, ListAppend, Raw)):
            raise InvalidExpression(
                f"{path.describe()} cannot be set to {value.describe(redact=True)}",
                hint="SET takes a value, an attribute, + and - of attributes, if_not_exists() or list_append()",
            )
        return self._with("SET", path, value)

    def increment(
        self, path: str | Path, by: int | float | Decimal = 1, *, start: int | float | Decimal | None = None
    ) -> Update:
        """Add a number to a number that is there; where it may be missing, ``start`` is what it counts from.

        Args:
            path: where the number is.
            by: what is added; less than 0 to count down.
            start: what a missing number counts from. None: the service refuses the update of an item where the number
                is missing; ``add`` does not.
        """
        path = to_path(path)
        base = path if start is None else IfNotExists(path, start)
        return self._with("SET", path, Arithmetic(base, "+", by))

    def append(self, path: str | Path, elements: Sequence[Any]) -> Update:
        """Put elements after those of a list; a missing list is created. (``list_append`` needs it to be there.)"""
        path = to_path(path)
        return self._with("SET", path, ListAppend(IfNotExists(path, []), elements))

    def prepend(self, path: str | Path, elements: Sequence[Any]) -> Update:
        """Put elements before those of a list; a missing list is created."""
        path = to_path(path)
        return self._with("SET", path, ListAppend(elements, IfNotExists(path, [])))

    def add(self, path: str | Path, value: int | float | Decimal | AbstractSet[Any]) -> Update:
        """Add a number to a number, or elements to a set; what is missing is created."""
        path = to_path(path)
        operand = constant(value, path)
        require_kind(operand, _ADDABLE, path, "ADD", "give a number or a set; append() puts elements into a list")
        return self._with("ADD", path, operand)

    def remove(self, *paths: str | Path) -> Update:
        """Remove attributes, parts of maps, or list elements (``Attr("l")[0]``; the elements after it move up)."""
        update = self
        for path in paths:
            update = update._with("REMOVE", to_path(path), None)
        return update

    def delete(self, path: str | Path, elements: AbstractSet[Any]) -> Update:
        """Delete elements from a set; a set that becomes empty is removed. For whole attributes see ``remove``."""
        path = to_path(path)
        operand = constant(elements, path)
        require_kind(operand, _SET_KINDS, path, "DELETE", "give a set: {'x'}; remove() removes a whole attribute")
        return self._with("DELETE", path, operand)

    def _with(self, clause: str, path: Path, operand: Expression | None) -> Update:
        root = path._root
        if root in self._attributes:
            refuse_overlap(path, [action.path for action in self._actions if action.path._root == root])
        update = object.__new__(Update)
        update._actions = (*self._actions, _Action(clause, path, operand))
        update._attributes = self._attributes | {root}
        update._operators = self._operators
        if operand is not None and not isinstance(operand, Constant):
            update._operators = check_operators(self._operators + count(operand))
        return update

    @property
    def attribute_names(self) -> frozenset[str]:
        """The top-level attributes that are changed, or of which a part is changed."""
        return self._attributes

    @property
    def replay_safe(self) -> bool:
        """Whether applying it twice in a row leaves the same item as applying it once.

        Safe are SET of values, REMOVE, DELETE (a set without an element stays without it), SET to an attribute that
        the same update does not change, and ``if_not_exists`` of the attribute that is set (the second time it keeps
        what the first time wrote). Never safe are ADD, plus, minus, list_append and Raw text; nor is a path that ends
        in a list index: SET beyond the end appends once more, and REMOVE moves the next element into that place.
        """
        return all(map(self._is_replay_safe, self._actions))

    def _is_replay_safe(self, action: _Action) -> bool:
        clause, path, operand = action
        if clause == "ADD" or isinstance(steps_of(path)[-1], int) or isinstance(operand, (Arithmetic, ListAppend, Raw)):
            return False
        if clause != "SET" or operand is None:
            return True
        reads = paths_read(operand)
        if isinstance(operand, IfNotExists) and steps_of(operand._path) == steps_of(path):
            reads = reads[1:]
        return not any(overlap(read, written.path) for read in reads for written in self._actions)

    def plain_changes(
        self, attributes: Container[str] | None = None
    ) -> list[tuple[tuple[str | int, ...], AttributeValue | None]] | None:
        """The steps of each path, with the value that is set or None where it is removed; None where there is any other
        change than these: then what an item becomes cannot be told without the item.

        Args:
            attributes: only changes of these, and of what is within them; None: all.
        """
        changes: list[tuple[tuple[str | int, ...], AttributeValue | None]] = []
        for clause, path, operand in self._actions:
            if attributes is not None and path._root not in attributes:
                continue
            if clause == "SET" and isinstance(operand, Constant):
                changes.append((steps_of(path), operand.wire))
            elif clause == "REMOVE":
                changes.append((steps_of(path), None))
            else:
                return None
        return changes

    def __bool__(self) -> bool:
        """Whether it changes anything."""
        return bool(self._actions)

    def render(self, placeholders: Placeholders) -> str:
        """The UpdateExpression.

        Raises:
            InvalidExpression: it changes nothing, or the text is longer than 4 KB.
        """
        if not self._actions:
            raise InvalidExpression(
                "the update is empty", hint="add a change, for example Update().set('name', 'Bob'), or do not send it"
            )
        return super().render(placeholders)

    def _text(self, placeholders: Placeholders) -> str:
        clauses: dict[str, str] = {}
        for clause, path, operand in self._actions:
            text = path._text(placeholders)
            if operand is not None:
                text += f" = {operand._text(placeholders)}" if clause == "SET" else f" {operand._text(placeholders)}"
            before = clauses.get(clause)
            clauses[clause] = f"{clause} {text}" if before is None else f"{before}, {text}"
        if len(clauses) == 1:
            return next(iter(clauses.values()))
        return " ".join([clauses[clause] for clause in _CLAUSES if clause in clauses])
