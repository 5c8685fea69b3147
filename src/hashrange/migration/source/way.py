"""The way from a row to rows of another table: which of their columns must equal what.

Compiles a contract's joins. Must not know databases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from msgspec import Struct

from ..contract.model import Hop
from ..errors import MigrationError
from ..expressions.nodes import Column, Literal

#: the values by which rows are found
Key: TypeAlias = tuple[Any, ...]
#: the own row, and the rows of the hops so far; None where one was not found
Context: TypeAlias = list[Mapping[str, Any] | None]


class Way(Struct, frozen=True):
    """A compiled hop.

    Attributes:
        table: where it leads.
        left: columns there.
        rights: what they must equal, of the rows so far.
        used: the columns that ``rights`` reads: of which row (0 the own one, 1 the first hop's), and its name.
    """

    table: str
    left: tuple[str, ...]
    rights: tuple[Callable[[Context], Any], ...]
    used: tuple[tuple[int, str], ...]

    def key(self, context: Context) -> Key | None:
        """What rows there must have; None where a part is NULL, and none has it."""
        values = tuple([right(context) for right in self.rights])
        return None if None in values else values

    def used_of(self, place: int) -> tuple[str, ...]:
        return tuple(name for at, name in self.used if at == place)


def way(hop: Hop, own_table: str, aliases: Sequence[str] = ()) -> Way:
    """The way of a hop that stands behind hops with these aliases.

    Raises:
        MigrationError: it is not made of equalities of columns.
    """
    left: list[str] = []
    rights: list[Callable[[Context], Any]] = []
    used: list[tuple[int, str]] = []
    for one in hop.on:
        if one.operator != "=" or not isinstance(one.left, Column) or not isinstance(one.right, (Column, Literal)):
            raise MigrationError(f"the join of {own_table!r} to {hop.table!r} is not an equality of columns")
        left.append(one.left.name)
        if isinstance(one.right, Literal):
            rights.append(_constant(one.right.value))
        else:
            place = place_of(one.right, own_table, aliases)
            used.append((place, one.right.name))
            rights.append(reader(place, one.right.name))
    return Way(hop.table, tuple(left), tuple(rights), tuple(used))


def place_of(column: Column, own_table: str, aliases: Sequence[str]) -> int:
    """Whose column it is: 0 for the own row, else the number of the hop, from 1; of the nearest with that name.

    Raises:
        MigrationError: there is no such table or alias.
    """
    if column.table is None:
        return len(aliases)
    names = [own_table, *aliases]
    for at in reversed(range(len(names))):
        if names[at].lower() == column.table.lower():
            return at
    raise MigrationError(f"{column.table}.{column.name} is of none of {', '.join(names)}")


def reader(place: int, name: str) -> Callable[[Context], Any]:
    """A function that reads a column; NULL where the row was not found."""

    def read(context: Context) -> Any:
        row = context[place]
        return None if row is None else row[name]

    return read


def _constant(value: Any) -> Callable[[Context], Any]:
    return lambda context: value
