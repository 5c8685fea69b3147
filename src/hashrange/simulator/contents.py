"""What tables hold, from outside: items put in by whoever arranges a test, and all of them taken out to be compared.

Must not know how a request is executed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from .errors import ApiError
from .python_values import NotAValue, python_item, wire_item
from .state.table import Table

_Execute: TypeAlias = Callable[[str, dict[str, Any]], object]


class SeedError(ValueError):
    """An item that cannot be put into its table; says which and why. Those before it are there."""


class Dump(dict[str, list[dict[str, Any]]]):
    """What all tables held at a moment: name to items, which are in the order of their keys.

    A dict like any other, which compares with dicts.

    Attributes:
        key_names: table to the names of its key attributes.
    """

    def __init__(self, tables: Iterable[Table] = ()) -> None:
        found = list(tables)
        super().__init__((table.name, _items(table)) for table in found)
        self.key_names = {table.name: table.keys.names for table in found}


def seed(execute: _Execute, table: str, items: Iterable[Mapping[str, Any]]) -> int:
    """Put items into a table; how many there were.

    Raises:
        SeedError: one cannot be put.
    """
    count = 0
    for item in items:
        try:
            execute("PutItem", {"TableName": table, "Item": wire_item(item)})
        except (ApiError, NotAValue) as error:
            why = (error.message or error.name) if isinstance(error, ApiError) else error
            raise SeedError(f"table {table!r}, item {count}: {why}") from error
        count += 1
    return count


def _items(table: Table) -> list[dict[str, Any]]:
    records = sorted(table.records(), key=lambda record: (record.partition, record.sort))
    return [python_item(record.item) for record in records]
