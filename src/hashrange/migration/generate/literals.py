"""Plain data as source text: the contract's model, the schema and the conventions as the expressions that make them.

Must not know what the data means.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from msgspec import NODEFAULT, Struct

from ..findings import Place
from .layout import STEP, WIDTH, exploded, quoted

#: module to the name that it is imported as
MODULES: Final = {
    "hashrange.migration.contract.model": "model",
    "hashrange.migration.conventions": "conventions",
    "hashrange.migration.expressions.nodes": "nodes",
    "hashrange.migration.source.schema": "schema",
}


def literal(value: Any, column: int = 0) -> str:
    """An expression for a value; what is as its default, and places in documents, are left out.

    Args:
        value: of plain data.
        column: where on its line it begins.

    Raises:
        TypeError: a value of a type that has no literal.
    """
    if value is None or isinstance(value, (bool, int)):
        return repr(value)
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Decimal):
        return f"Decimal({quoted(str(value))})"
    inner = column - column % len(STEP) + len(STEP)
    if isinstance(value, Struct):
        return _struct(value, inner)
    if isinstance(value, dict):
        given = [f"{literal(name)}: {literal(one, inner)}" for name, one in value.items()]
        return "\n".join(exploded("{", given, "}"))
    if isinstance(value, tuple):
        return _tuple(value, column, inner)
    if isinstance(value, list):
        return "\n".join(exploded("[", (literal(one, inner) for one in value), "]"))
    raise TypeError(f"{type(value).__name__} has no literal")


def _tuple(value: tuple[Any, ...], column: int, inner: int) -> str:
    """Formatters put one element alone on the line of its brackets, where there is room."""
    given = [literal(one, inner) for one in value]
    if len(given) == 1 and "\n" not in given[0] and column + len(given[0]) + len("(,),") <= WIDTH:
        return f"({given[0]},)"
    return "\n".join(exploded("(", given, ")"))


def _struct(value: Struct, inner: int) -> str:
    cls = type(value)
    names = cls.__struct_fields__
    defaults = dict(zip(reversed(names), reversed(cls.__struct_defaults__), strict=False))
    given: list[str] = []
    for name in names:
        held = getattr(value, name)
        if isinstance(held, Place):
            continue
        default: Any = defaults.get(name, NODEFAULT)
        if hasattr(default, "factory"):
            default = default.factory()
        if default is NODEFAULT or held != default or type(held) is not type(default):
            given.append(f"{name}={literal(held, inner + len(name) + 1)}")
    return "\n".join(exploded(f"{MODULES[cls.__module__]}.{cls.__name__}(", given, ")"))
