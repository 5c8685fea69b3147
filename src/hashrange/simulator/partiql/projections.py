"""SELECT's list → what is taken out of items: each part under the name of its path's end.

``m.k`` comes as ``k``, ``l[0]`` as ``l[0]``. Must not know tables.
"""

from __future__ import annotations

from msgspec import Struct

from .. import partiql_messages
from ..language.evaluate import find
from ..language.fault import Fault
from ..language.meaning import Steps
from ..language.paths import DistinctPaths
from ..values import Item
from . import ast
from .fault import StatementFault
from .template import path_steps


class Projection(Struct, frozen=True):
    """Paths, and under which name the part at each is answered."""

    paths: tuple[Steps, ...]
    names: tuple[str, ...]

    def of(self, item: Item) -> Item:
        """What is there of an item."""
        found = {}
        for path, name in zip(self.paths, self.names, strict=True):
            value = find(item, path)
            if value is not None:
                found[name] = value
        return found


def translate_projection(select: ast.Select) -> Projection | None:
    """What a SELECT wants of each item; None for all of it.

    Raises:
        StatementFault: DynamoDB has no such projection.
    """
    if select.is_distinct:
        raise StatementFault(partiql_messages.unsupported_token("DISTINCT"))
    if select.is_value:
        raise StatementFault(partiql_messages.SELECT_VALUE)
    if select.projected is None:
        return None
    paths = [_path(one) for one in select.projected]
    names = [_leaf(path) for path in paths]
    for at, name in enumerate(names):
        if name in names[:at]:
            raise StatementFault(partiql_messages.projected_twice(name))
    _check_distinct(paths)
    return Projection(tuple(paths), tuple(names))


def _path(one: ast.Projected) -> Steps:
    if one.has_alias:
        raise StatementFault(partiql_messages.ALIASING)
    expression = one.expression
    if isinstance(expression, ast.Path) and expression.steps[-1].is_star:
        raise StatementFault(partiql_messages.PROJECTS_ALL_OF)
    if not isinstance(expression, ast.Name | ast.Path):
        raise StatementFault(partiql_messages.unexpected_path(expression.at))
    return path_steps(expression)


def _leaf(path: Steps) -> str:
    """The last name, and the indexes after it."""
    last = max(at for at, step in enumerate(path) if isinstance(step, str))
    return str(path[last]) + "".join(f"[{step}]" for step in path[last + 1 :])


def _check_distinct(paths: list[Steps]) -> None:
    known = DistinctPaths()
    try:
        for path in paths:
            known.add(path)
    except Fault as fault:
        raise StatementFault(fault.detail) from None
