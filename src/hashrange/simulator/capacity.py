"""Consumed capacity: how many units a read or a write costs, and how an answer tells it.

Reads are counted in steps of 4 KB, writes in steps of 1 KB; a table and each index it touches are arms of one usage.
Must not know requests or how items are found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ..limits import VECTOR_REQUEST_MIN_BYTES
from .state.store import Record, is_at
from .state.vector_index import VectorIndex
from .state.write import Write

READ_STEP_BYTES: Final = 4096
WRITE_STEP_BYTES: Final = 1024
TRANSACTION_FACTOR: Final = 2


def read_units(size: int, consistent: bool) -> float:
    """Units of reading that many bytes at once; an eventually consistent read costs half."""
    steps = -(-size // READ_STEP_BYTES) or 1
    return float(steps) if consistent else steps / 2


def write_units(size: int) -> float:
    """Units of writing an item of that many bytes."""
    return float(-(-size // WRITE_STEP_BYTES) or 1)


@dataclass(slots=True)
class Usage:
    """What one table and its indexes were charged.

    Attributes:
        table: units of the table's arm.
        global_indexes, local_indexes: index name to units; only those that were touched.
        vector_indexes: index name to bytes, which are no part of the units.
    """

    table: float = 0.0
    global_indexes: dict[str, float] = field(default_factory=dict)
    local_indexes: dict[str, float] = field(default_factory=dict)
    vector_indexes: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> float:
        return self.table + sum(self.global_indexes.values()) + sum(self.local_indexes.values())

    def add_index(self, name: str, units: float, *, is_global: bool) -> None:
        arms = self.global_indexes if is_global else self.local_indexes
        arms[name] = arms.get(name, 0.0) + units

    def add(self, other: Usage) -> None:
        self.table += other.table
        for name, units in other.global_indexes.items():
            self.add_index(name, units, is_global=True)
        for name, units in other.local_indexes.items():
            self.add_index(name, units, is_global=False)
        for name, size in other.vector_indexes.items():
            self.add_vector_index(name, size)

    def add_vector_index(self, name: str, size: int) -> None:
        self.vector_indexes[name] = self.vector_indexes.get(name, 0) + size

    def answer(self, mode: str, table_name: str, member: str | None = None) -> dict[str, Any]:
        """ConsumedCapacity.

        Args:
            mode: ReturnConsumedCapacity: TOTAL or INDEXES.
            table_name: as the request named the table.
            member: only in transactions: ReadCapacityUnits or WriteCapacityUnits, told beside each CapacityUnits.
        """
        answer: dict[str, Any] = {"TableName": table_name, **_arm(self.total, member)}
        if mode == "INDEXES":
            answer["Table"] = _arm(self.table, member)
            for name, arms in (
                ("GlobalSecondaryIndexes", self.global_indexes),
                ("LocalSecondaryIndexes", self.local_indexes),
            ):
                if arms:
                    answer[name] = {index: _arm(units, member) for index, units in arms.items()}
            if self.vector_indexes:
                answer["VectorIndexes"] = _vector_arms(self.vector_indexes)
        return answer


def _arm(units: float, member: str | None) -> dict[str, float]:
    return {"CapacityUnits": units} if member is None else {"CapacityUnits": units, member: units}


def _vector_arms(sizes: Mapping[str, int]) -> dict[str, dict[str, float]]:
    """Bytes by index. A request is metered at 1 KB at least, not each index; the first one tells what is missing."""
    missing = max(0, VECTOR_REQUEST_MIN_BYTES - sum(sizes.values()))
    first = next(iter(sizes))
    return {name: {"VectorWriteRequestBytes": float(size + missing * (name == first))} for name, size in sizes.items()}


def is_wanted(mode: str | None) -> bool:
    """Whether ReturnConsumedCapacity asks for anything."""
    return mode is not None and mode != "NONE"


def write_usage(write: Write, factor: int = 1) -> Usage:
    """What a write costs: the table by its larger image, each index by the entries that change.

    Args:
        factor: 2 in transactions; indexes are not charged twice.
    """
    usage = Usage(write_units(write.size_max) * factor)
    for change in write.changes:
        if isinstance(change.index, VectorIndex):
            usage.add_vector_index(change.index.name, _vector_bytes(change.old, change.new))
            continue
        usage.add_index(change.index.name, _index_units(change.old, change.new), is_global=change.index.is_global)
    return usage


def _index_units(old: Record | None, new: Record | None) -> float:
    if old is None or new is None:
        return sum(write_units(record.size) for record in (old, new) if record is not None)
    if is_at(old, new):
        return write_units(max(old.size, new.size))
    return write_units(old.size) + write_units(new.size)


def _vector_bytes(old: Record | None, new: Record | None) -> int:
    """Bytes of what is brought into a vector index, or taken out of it."""
    if old is None or new is None:
        return sum(record.size for record in (old, new) if record is not None)
    return new.size if is_at(old, new) else old.size + new.size


def usages_answer(mode: str, usages: Mapping[str, Usage], member: str | None = None) -> list[dict[str, Any]]:
    """ConsumedCapacity of operations on several tables: a list, one entry a table."""
    return [usage.answer(mode, name, member) for name, usage in usages.items()]
