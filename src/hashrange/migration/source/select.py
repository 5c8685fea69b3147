"""Pieces of SELECT statements, from names and values: quoted names, bound values, never text.

Values come back as the driver gives them: columns have no types here. Must not know what is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...extras import imported


def column(name: str) -> Any:
    """A column by its name."""
    alchemy = imported("sqlalchemy", "migrate")
    return alchemy.column(alchemy.sql.quoted_name(name, True))


def source_table(name: str) -> Any:
    """A table by its name."""
    alchemy = imported("sqlalchemy", "migrate")
    return alchemy.table(alchemy.sql.quoted_name(name, True))


def above(names: Sequence[str], values: Sequence[Any]) -> Any:
    """Whether a key stands behind these values.

    Written out column by column: databases find the place in the index so, which not all do for ``(a, b) > (1, 2)``.
    """
    return _compared(names, values, lambda one, value: one > value, lambda one, value: one >= value)


def not_above(names: Sequence[str], values: Sequence[Any]) -> Any:
    """Whether a key stands before these values, or is theirs."""
    alchemy = imported("sqlalchemy", "migrate")
    before = _compared(names, values, lambda one, value: one < value, lambda one, value: one <= value)
    return alchemy.or_(before, equal(names, values)) if len(names) > 1 else column(names[0]) <= values[0]


def equal(names: Sequence[str], values: Sequence[Any]) -> Any:
    """Whether all columns have these values."""
    alchemy = imported("sqlalchemy", "migrate")
    return alchemy.and_(*(column(name) == value for name, value in zip(names, values, strict=True)))


def in_any(names: Sequence[str], keys: Sequence[tuple[Any, ...]]) -> Any:
    """Whether the columns have the values of one of the keys."""
    alchemy = imported("sqlalchemy", "migrate")
    if len(names) == 1:
        return column(names[0]).in_([key[0] for key in keys])
    return alchemy.tuple_(*map(column, names)).in_(keys)


def _compared(names: Sequence[str], values: Sequence[Any], strictly: Any, loosely: Any) -> Any:
    alchemy = imported("sqlalchemy", "migrate")
    if len(names) == 1:
        return strictly(column(names[0]), values[0])
    cases = [
        alchemy.and_(equal(names[:at], values[:at]), strictly(column(names[at]), values[at]))
        for at in range(1, len(names))
    ]
    first = column(names[0])
    # the first condition is implied by the others: it is what an index is entered with
    return alchemy.and_(loosely(first, values[0]), alchemy.or_(strictly(first, values[0]), *cases))
