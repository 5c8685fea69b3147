"""What the unit tests of expressions share: an expression as the service gets it."""

from __future__ import annotations

from typing import Any, NamedTuple

from hashrange.expressions import Placeholders
from hashrange.expressions.expression import Expression


class Rendered(NamedTuple):
    """The text of an expression, its names, and its values in wire shape."""

    text: str
    names: dict[str, str]
    values: dict[str, Any]


def rendered(expression: Expression) -> Rendered:
    """An expression rendered by itself."""
    placeholders = Placeholders()
    text = expression.render(placeholders)
    return Rendered(text, placeholders.names, placeholders.values)


def text_of(expression: Expression) -> str:
    """The text of an expression rendered by itself."""
    return rendered(expression).text
