"""How large items typically are, by the types of their columns, against what the contract estimates.

A rough figure, good for a factor: texts are taken for a third of what their columns allow. Must not know keys.
"""

from __future__ import annotations

from typing import Final

from ..contract.model import Attribute, Construction, Contract, Entity, Formatted
from ..findings import Findings
from ..source.schema import Column, Family, SourceSchema
from .sources import source_column, uses

#: a contract's estimate that is further away than this factor is said to be wrong
FACTOR: Final = 4
_ROWS_EMBEDDED: Final = 5
_BYTES: Final[dict[Family, int]] = {
    "integer": 5, "decimal": 6, "float": 8, "boolean": 1, "bit": 1, "enum": 9, "set": 12, "date": 10, "datetime": 20,
    "timestamp": 20, "time": 8, "year": 4, "json": 120, "other": 20,
}  # fmt: skip
_TEXT_BYTES: Final = 200  # of a column without a length
_BINARY_BYTES: Final = 2000


def typical_bytes(entity: Entity, schema: SourceSchema) -> int:
    """The size of an item of an entity, roughly: names and values."""
    return sum(len(one.name.encode()) + _value_bytes(one, entity, schema) for one in entity.attributes.values())


def _value_bytes(attribute: Attribute, entity: Entity, schema: SourceSchema) -> int:
    value = attribute.value
    found = (
        source_column(schema, one.table, one.column) for one in uses(value, entity.source_table) if one.role == "value"
    )
    columns = sum(_column_bytes(column) for column in found)
    if isinstance(value, Formatted):
        return columns + sum(len(part) for part in value.parts if isinstance(part, str))
    if isinstance(value, Construction):
        row = columns + sum(len(name) + 2 for name, _ in value.outputs)
        rows = min(_ROWS_EMBEDDED, value.limit or _ROWS_EMBEDDED) if value.shape == "array" else 1
        return 3 + row * rows
    return columns or 5


def _column_bytes(column: Column | None) -> int:
    if column is None:
        return 10
    if column.family == "text":
        return _TEXT_BYTES if column.length is None else max(2, column.length // 3)
    if column.family == "binary":
        return _BINARY_BYTES if column.length is None else column.length
    return _BYTES.get(column.family, 20)


def check_sizes(contract: Contract, schema: SourceSchema, findings: Findings) -> None:
    """Say which estimates are far from what the columns' types make likely."""
    for table in contract.tables.values():
        if table.estimated_item_bytes is None:
            continue
        sizes = {entity.name: typical_bytes(entity, schema) for entity in table.entities.values()}
        estimate = table.estimated_item_bytes
        far = [size for size in sizes.values() if not size / FACTOR <= estimate <= size * FACTOR]
        if far:
            shown = ", ".join(f"{name} about {size:,}" for name, size in sizes.items())
            message = (
                f"estimated_item_size_bytes of table {table.name} is {estimate:,}, for all of its items; by the types "
                f"of their columns: {shown}"
            )
            fix = "capacity and cost that follow from it are off by that factor: measure real items"
            findings.warning("estimated-size", message, fix=fix, at=table.place)
