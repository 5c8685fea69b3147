"""Access patterns, exercised on both sides: each index and each partition is asked, and must hold what the rows say.

From the rows, a few partitions of each index are chosen by chance and remembered with all that belongs in them
(``Partitions``); then they are queried. An application's own patterns are given as a pair of functions (``Pattern``).
"""

from __future__ import annotations

import heapq
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Final, TypeAlias

from msgspec import Struct

from ...client import DynamoDB
from ...expressions import SortCondition, begins_with
from ...key import Key
from ...schema import GlobalIndex
from ...types import Item
from ..contract.model import TableContract
from ..mapping.entity import EntityMapping
from .canonical import Checksums, canonical, digest
from .report import PatternReport

_MEMBERS_MAX: Final = 10_000  # of a partition that is remembered; one with more is left out
_EXAMPLES: Final = 3

#: reads one side: gives records, or any values that can be compared, in an order that both sides share
Side: TypeAlias = Callable[[], Awaitable[Sequence[Any]]]


class Pattern(Struct, frozen=True):
    """An access pattern of an application: a name, and how it reads each side; the results must be equal."""

    name: str
    source: Side
    target: Side


class _Partition(Struct):
    """A partition of an index: its key, and the digests of the items in it; None where they are too many."""

    value: Any
    members: set[bytes] | None


class Partitions:
    """A few partitions of one index (None: the table itself) of one entity, chosen by chance, with all their items.

    Those whose keys have the smallest hashes are kept: whoever is kept in the end was kept from its first item on, so
    nothing of it is missing, however the rows come.
    """

    def __init__(self, mapping: EntityMapping, index: str | None, count: int) -> None:
        table = mapping.table
        self.mapping, self.index, self._count = mapping, index, count
        self._pk = table.pk if index is None else table.indexes[index].pk
        self._sk = table.sk if index is None else table.indexes[index].sk
        self._kept: dict[bytes, _Partition] = {}
        self._largest: list[tuple[int, bytes]] = []  # a heap of negated hashes

    @property
    def name(self) -> str:
        """What the pattern is called in reports."""
        fields = self.mapping.key_fields if self.index is None else self.mapping.index_fields[self.index][0]
        where = "table" if self.index is None else self.index
        return f"{self.mapping.repository}: {where} by {', '.join(fields) or self._pk}"

    def add(self, item: Item, key: bytes) -> None:
        """Take an item into account; one without the index's keys is not in it."""
        value = item.get(self._pk)
        if value is None or (self._sk is not None and item.get(self._sk) is None):
            return
        hashed = digest(canonical(value))
        partition = self._kept.get(hashed)
        if partition is None:
            partition = self._chosen(hashed, value)
        if partition is not None and partition.members is not None:
            partition.members.add(key)
            if len(partition.members) > _MEMBERS_MAX:
                partition.members = None

    def _chosen(self, hashed: bytes, value: Any) -> _Partition | None:
        rank = -int.from_bytes(hashed)
        if len(self._largest) >= self._count:
            if rank < self._largest[0][0]:
                return None
            _, dropped = heapq.heapreplace(self._largest, (rank, hashed))
            del self._kept[dropped]
        else:
            heapq.heappush(self._largest, (rank, hashed))
        self._kept[hashed] = _Partition(value, set())
        return self._kept[hashed]

    async def check(self, db: DynamoDB, checksums: Checksums, *, whole: bool) -> PatternReport:
        """Query each partition.

        Args:
            db: where the items are.
            checksums: of the mapping.
            whole: all rows were seen: the items must be just these; else they must be among those that are found.
        """
        tried = failed = 0
        examples: list[str] = []
        for partition in self._kept.values():
            if partition.members is None:
                continue
            tried += 1
            found = {checksums.digest(item) async for item in self._items(db, partition.value)}
            lacking, extra = partition.members - found, found - partition.members if whole else set()
            if lacking or extra:
                failed += 1
                if len(examples) < _EXAMPLES:
                    examples.append(f"{self._pk}={partition.value!r}: {len(lacking)} missing, {len(extra)} too many")
        return PatternReport(self.name, tried, failed, tuple(examples))

    async def _items(self, db: DynamoDB, value: Any) -> AsyncIterator[Item]:
        table = live_table(db, self.mapping.table, self.mapping.table_name)
        prefix = self.mapping.prefix(self._sk) if self._sk else ""
        sort: SortCondition | None = begins_with(prefix) if prefix else None
        async for item in table.query(value, sort, index=self.index, consistent=self.index is None):
            if self.mapping.recognises(item):
                yield item


async def check_pattern(pattern: Pattern) -> PatternReport:
    """Ask both sides, and compare."""
    expected, found = await pattern.source(), await pattern.target()
    same = canonical(list(expected)) == canonical(list(found))
    example = f"{len(expected)} of the source, {len(found)} of the table"
    return PatternReport(pattern.name, 1, 0 if same else 1, () if same else (example,))


def live_table(db: DynamoDB, table: TableContract, name: str) -> Any:
    """The table of a contract, with its indexes."""
    indexes = {one.name: GlobalIndex(one.pk, one.sk) for one in table.indexes.values()}
    return db.table(name, partition_key=table.pk, sort_key=table.sk, indexes=indexes)


def key_of(mapping: EntityMapping, item: Item) -> Key:
    """The key of an item in its table."""
    table = mapping.table
    return Key(item[table.pk]) if table.sk is None else Key(item[table.pk], item[table.sk])
