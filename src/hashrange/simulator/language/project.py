"""Paths applied to an item: the parts that are there, in their parents, and nothing else.

For ProjectionExpression, AttributesToGet and the fragments of UPDATED_OLD and UPDATED_NEW. Elements of a list come
packed, in their order. Must not know requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from ..values import AttributeValue, Item
from .check import Steps

Projector: TypeAlias = Callable[[Item], Item]
#: step → what is wanted below it; None where all of it is
_Tree: TypeAlias = "dict[str | int, _Tree | None]"


def projector(paths: Iterable[Steps]) -> Projector:
    """A function that takes the parts at some paths out of an item.

    Args:
        paths: none lies within another.
    """
    paths = list(paths)
    if all(len(path) == 1 for path in paths):
        names = [str(path[0]) for path in paths]
        return lambda item: {name: item[name] for name in names if name in item}
    tree: _Tree = {}
    for path in paths:
        branch = tree
        for step in path[:-1]:
            below = branch.setdefault(step, {})
            assert below is not None, "paths do not overlap"
            branch = below
        branch[path[-1]] = None
    return lambda item: _entries(item, tree)


def _entries(item: dict[str, AttributeValue], tree: _Tree) -> dict[str, AttributeValue]:
    found = {}
    for step, below in tree.items():
        value = item.get(step) if isinstance(step, str) else None
        part = value if below is None or value is None else _part(value, below)
        if part is not None:
            found[str(step)] = part
    return found


def _part(value: AttributeValue, tree: _Tree) -> AttributeValue | None:
    """What is wanted of a map or list; None where that is nothing."""
    indexes = [step for step in tree if isinstance(step, int)]
    if indexes:
        picked = _elements(value.get("L", []), tree, sorted(indexes))
        return {"L": picked} if picked else None
    entries = _entries(value.get("M", {}), tree)
    return {"M": entries} if entries else None


def _elements(elements: list[AttributeValue], tree: _Tree, indexes: list[int]) -> list[AttributeValue]:
    picked = []
    for at in indexes:
        if at < len(elements):
            below = tree[at]
            part = elements[at] if below is None else _part(elements[at], below)
            if part is not None:
                picked.append(part)
    return picked
