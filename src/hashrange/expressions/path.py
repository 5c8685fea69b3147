"""Paths of attributes: names and list indexes, from the top of an item down.

Owns what a path may be, and when two paths cannot stand in one expression. Every name is aliased, so reserved words and
odd names are as good as any. Must not know conditions or updates: ``attr.Attr`` adds those.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, Self

from .. import limits
from ..codec import format_path
from ..errors import InvalidExpression
from .expression import Expression
from .placeholders import Placeholders

Step = str | int

#: a name of at most so many characters is short enough, whatever its UTF-8 length
_SURELY_SHORT_CHARS = limits.ATTRIBUTE_NAME_MAX_BYTES // 4


class Path(Expression):
    """A path: ``Path("a", "b", 0)`` is ``a.b[0]``; a dot in a name is just a character of it."""

    __slots__ = ("_root", "_steps")
    _label = "Attr"
    _root: str  # the top-level attribute, which is also the first step
    _steps: tuple[Step, ...]

    def __init__(self, *steps: Step) -> None:
        checked = tuple([_checked(step) for step in steps])
        if not checked or not isinstance(checked[0], str):
            raise InvalidExpression("a path starts with the name of an attribute", hint="for example Attr('list', 0)")
        if len(checked) > limits.NESTING_MAX_LEVELS:
            raise _too_deep(checked)
        self._root = checked[0]
        self._steps = checked

    def _child(self, step: Any) -> Self:
        child = object.__new__(type(self))
        child._root = self._root
        child._steps = steps = (*self._steps, _checked(step))
        if len(steps) > limits.NESTING_MAX_LEVELS:
            raise _too_deep(steps)
        return child

    def _text(self, placeholders: Placeholders) -> str:
        text = ""
        for step in self._steps:
            if isinstance(step, int):
                text += f"[{step}]"
            else:
                text += f".{placeholders.name(step)}" if text else placeholders.name(step)
        return text


def steps_of(path: Path) -> tuple[Step, ...]:
    """The steps of a path."""
    return path._steps


def to_path(target: str | Path) -> Path:
    """A path as it is; text as ONE top-level name.

    Raises:
        InvalidExpression: it is neither.
    """
    if isinstance(target, Path):
        return target
    if not isinstance(target, str):
        raise InvalidExpression(
            f"{type(target).__name__} is neither an attribute name nor a path",
            hint="give a top-level name as text, or a path: Attr('a', 'b') or Attr('list')[0]",
        )
    return Path(target)


def overlap(one: Path, other: Path) -> Literal["overlap", "conflict"] | None:
    """Whether two paths may not stand in one update or projection.

    "overlap": they are equal, or one leads to the other. "conflict": they need one attribute to be a map and a list.
    """
    for mine, theirs in zip(one._steps, other._steps, strict=False):
        if mine != theirs:
            return None if isinstance(mine, int) == isinstance(theirs, int) else "conflict"
    return "overlap"


def refuse_overlap(path: Path, others: Iterable[Path]) -> None:
    """Refuse a path that cannot stand beside one of the others."""
    for other in others:
        found = overlap(other, path)
        if found == "overlap":
            raise InvalidExpression(
                f"the paths {other.describe()} and {path.describe()} overlap",
                hint="name each part of an item once: drop one of the two, or address different parts",
            )
        if found == "conflict":
            raise InvalidExpression(
                f"the paths {other.describe()} and {path.describe()} conflict: "
                "one takes for a map what the other takes for a list",
                hint="a step is a name in a map and a number in a list",
            )


def _checked(step: Any) -> Step:
    if type(step) is str and step.isascii() and 0 < len(step) <= _SURELY_SHORT_CHARS:
        return step
    if isinstance(step, str):
        return _checked_name(str.__str__(step))
    if isinstance(step, bool) or not isinstance(step, int):
        raise InvalidExpression(
            f"a path has a step of type {type(step).__name__}", hint="steps are names (str) and list indexes (int)"
        )
    if not 0 <= step <= limits.LIST_INDEX_MAX:
        raise InvalidExpression(
            f"list index {step} is not between 0 and {limits.LIST_INDEX_MAX}",
            hint="DynamoDB counts list elements from 0 and cannot count from the end",
        )
    return int(step)


def _checked_name(name: str) -> str:
    if not name:
        raise InvalidExpression("a path has an empty name", hint="names of attributes and map entries are not empty")
    try:
        size_bytes = len(name.encode())
    except UnicodeEncodeError:
        raise InvalidExpression(
            f"the name {name!r} is not valid Unicode text", hint="decode it properly first"
        ) from None
    if size_bytes > limits.ATTRIBUTE_NAME_MAX_BYTES:
        raise InvalidExpression(
            f"a path has a name of {size_bytes} bytes; at most {limits.ATTRIBUTE_NAME_MAX_BYTES} are allowed"
        )
    return name


def _too_deep(steps: tuple[Step, ...]) -> InvalidExpression:
    return InvalidExpression(
        f"the path {format_path(steps[:3])}... has {len(steps)} steps; at most {limits.NESTING_MAX_LEVELS} are allowed"
    )
