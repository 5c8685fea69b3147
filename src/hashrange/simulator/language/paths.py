"""Which document paths may not stand beside each other in one expression."""

from __future__ import annotations

from .. import expression_messages
from .fault import Fault
from .meaning import Steps


class _Node:
    """A place in the tree of all paths so far; numbers are those of paths, in the order they came.

    Attributes:
        first: the first path that goes through here or ends here.
        end: the path that ends here.
        branches: for each kind of step, the first path that goes on with one.
    """

    __slots__ = ("below", "branches", "end", "first")

    def __init__(self, first: int) -> None:
        self.first = first
        self.end: int | None = None
        self.branches: dict[type, int] = {}
        self.below: dict[str | int, _Node] = {}


class DistinctPaths:
    """The paths of one expression. They are added from the last to the first, which is how the service looks at them.

    Time grows with the number of steps, not with that of pairs.
    """

    def __init__(self) -> None:
        self._seen: list[Steps] = []
        self._root = _Node(0)

    def add(self, path: Steps) -> None:
        """Add a path.

        Raises:
            Fault: it lies within another or another within it, or they take one attribute for a map and for a list.
        """
        met = self._insert(path)
        if met:
            first = min(met)
            text = expression_messages.paths_conflict if met[first] else expression_messages.paths_overlap
            raise Fault(text(path, self._seen[first]))
        self._seen.append(path)

    def _insert(self, path: Steps) -> dict[int, bool]:
        """Put a path into the tree; gives the others that it meets, and whether it conflicts with them."""
        met: dict[int, bool] = {}
        node, number = self._root, len(self._seen)
        for step in path:
            if node.end is not None:
                met[node.end] = False
            kind = type(step)
            for other_kind, first in node.branches.items():
                if other_kind is not kind:
                    met[first] = True
            node.branches.setdefault(kind, number)
            below = node.below.get(step)
            if below is None:
                below = node.below[step] = _Node(number)
            node = below
        if node.first != number:
            met[node.first] = False
        node.end = number
        return met
