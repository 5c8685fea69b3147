"""Projections: which parts of an item to read.

Owns the node and what a projection may not hold: nothing, or paths that overlap. Must not know models; what derives a
projection from one gives the names of its attributes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from ..errors import InvalidExpression
from .expression import Expression
from .path import Path, refuse_overlap, steps_of, to_path
from .placeholders import Placeholders
from .raw import Raw


class Projection(Expression):
    """Paths to read; each is ONE top-level name as text, or an ``Attr``. A path that is given twice is read once.

    Raises:
        InvalidExpression: there is none, or two of them overlap.
    """

    __slots__ = ("_paths",)
    _label = "Projection"

    def __init__(self, *paths: str | Path) -> None:
        distinct = {steps_of(path): path for path in map(to_path, paths)}
        if not distinct:
            raise InvalidExpression(
                "the projection is empty", hint="name at least one attribute, or leave projection out to read all"
            )
        by_root: dict[str, list[Path]] = {}
        for path in distinct.values():
            siblings = by_root.setdefault(path._root, [])
            refuse_overlap(path, siblings)
            siblings.append(path)
        self._paths = tuple(distinct.values())

    @classmethod
    def of(cls, *paths: str | Path | Iterable[str | Path]) -> Projection:
        """A projection of paths, or of lists of paths: for example of the names of a model's fields."""
        flat: list[str | Path] = []
        for path in paths:
            if isinstance(path, (str, Path)):
                flat.append(path)
            else:
                flat.extend(path)
        return cls(*flat)

    @property
    def paths(self) -> tuple[str | Path, ...]:
        """What it reads, as it was given."""
        return self._paths

    @property
    def whole_attributes(self) -> frozenset[str]:
        """The top-level attributes that are read as a whole."""
        return frozenset([path._root for path in self._paths if len(steps_of(path)) == 1])

    def _text(self, placeholders: Placeholders) -> str:
        return ", ".join([path._text(placeholders) for path in self._paths])


#: What is taken for a projection: a list or tuple of names and paths stands for ``Projection(*paths)``.
ProjectionLike: TypeAlias = Projection | Raw | Sequence[str | Path]


def as_projection(projection: ProjectionLike) -> Projection | Raw:
    """A projection from what a user gives for one.

    Raises:
        InvalidExpression: it is empty, has overlapping paths, or is plain text.
    """
    if isinstance(projection, (Projection, Raw)):
        return projection
    if isinstance(projection, (str, bytes, Expression)) or not isinstance(projection, Iterable):
        raise InvalidExpression(
            f"a projection is a list of names and paths, not {type(projection).__name__}",
            hint="projection=['name', Attr('address').city], or Raw('name, address.city') for text",
        )
    return Projection(*projection)


def render_projection(projection: ProjectionLike, placeholders: Placeholders) -> str:
    """The text of a projection. Raises as ``as_projection`` and ``Expression.render``."""
    return as_projection(projection).render(placeholders)


def projected_names(projection: ProjectionLike) -> frozenset[str] | None:
    """The top-level attributes that a projection reads as a whole; None where that is not known (Raw)."""
    found = as_projection(projection)
    return None if isinstance(found, Raw) else found.whole_attributes
