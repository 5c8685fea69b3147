"""What a dual write needs of the application's own repository, and how its results are read.

Anything with these four asynchronous methods is a ``Primary``; what it returns may be a mapping, a dataclass or any
object with attributes. Must not know DynamoDB.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeAlias, runtime_checkable

from ..errors import NotInContract
from ..mapping.entity import EntityMapping
from .rows import Found, RowKey

#: told of a row that is being written, before the commit: its key, and what it was before (None: nothing)
Prepared: TypeAlias = Callable[[RowKey, Found | None], Awaitable[None]]


class Primary(Protocol):
    """The repository of one entity over the source database. Results hold at least the columns of the row's key."""

    async def create(self, record: Any, /) -> Any:
        """Insert a row; return it with the id that it was given."""
        ...

    async def get(self, **key: Any) -> Any:
        """The row with these values, or None."""
        ...

    async def update(self, key: Mapping[str, Any], changes: Mapping[str, Any], /) -> Any:
        """Change a row; return it as it is now, or None where there is none."""
        ...

    async def delete(self, key: Mapping[str, Any], /) -> Any:
        """Delete a row, if there is one."""
        ...


@runtime_checkable
class PreparesWrites(Protocol):
    """A primary that tells which row it has changed before it commits, while the row is locked for others.

    Then not even a crash right after a commit loses the write of the second side, and the key that the row's item had
    before is known for certain, also where two change it at once. ``prepared`` is awaited once; what it raises rolls
    back. Without these, a row is read before the write, and the key of a new one is known only after the commit.
    """

    async def create_prepared(self, record: Any, prepared: Prepared, /) -> Any:
        """As ``create``."""
        ...

    async def update_prepared(self, key: Mapping[str, Any], changes: Mapping[str, Any], prepared: Prepared, /) -> Any:
        """As ``update``; where there is no row, ``prepared`` is not awaited."""
        ...

    async def delete_prepared(self, key: Mapping[str, Any], prepared: Prepared, /) -> Any:
        """As ``delete``; where there is no row, ``prepared`` is not awaited."""
        ...


class RowKeys:
    """Tells the key of a row from what a primary gives.

    Args:
        mapping: of the entity.
    """

    def __init__(self, mapping: EntityMapping) -> None:
        self._mapping = mapping
        fields = {
            one.column.name: name
            for name, one in mapping.fields.items()
            if one.column is not None and one.from_own_row and one.column.name in mapping.needs.key
        }
        #: column of the key to the names under which a result may hold it
        self.names: tuple[tuple[str, tuple[str, ...]], ...] = tuple(
            (column, tuple(dict.fromkeys([fields.get(column, column), column]))) for column in mapping.needs.key
        )

    def of(self, result: Any) -> RowKey:
        """The key of a result.

        Raises:
            NotInContract: it does not hold it.
        """
        values = self.find(result)
        if values is None:
            raise NotInContract(
                f"{self._mapping.name}: a result of the primary does not hold {', '.join(self._mapping.needs.key)}",
                hint="rows are told apart by their primary key: return it, too",
            )
        return values

    def find(self, result: Any) -> RowKey | None:
        """The key of a result, None where it does not hold all of it."""
        found: list[Any] = []
        for _, names in self.names:
            value = next((one for one in (value_of(result, name) for name in names) if one is not None), None)
            if value is None:
                return None
            found.append(value)
        return tuple(found)

    def named(self, key: RowKey) -> dict[str, Any]:
        """A key as fields by name."""
        return {names[0]: value for (_, names), value in zip(self.names, key, strict=True)}


def value_of(result: Any, name: str) -> Any:
    """A value of a mapping or of an object; None where it has none."""
    return result.get(name) if isinstance(result, Mapping) else getattr(result, name, None)
