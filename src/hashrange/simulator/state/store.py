"""Items in the service's order: partitions by hash, items of a partition by sort key.

Owns the ordered storage of one table or one index. A record keeps its item as encoded JSON, so that an answer is
spliced and a million items fit into memory. Must not know schemas, projections or requests.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import Final, TypeAlias

import msgspec

from ..values import Item
from . import blocks
from .blocks import BLOCK_MAX_ENTRIES, Blocks
from .keys import BUCKETS, HASH_BYTES, bucket_start, partition_hash

#: where an item stands in its partition: its sort key's bytes, and what orders items with equal ones (indexes only)
Place: TypeAlias = "tuple[bytes, bytes]"
#: a place, or a sort key alone, which stands before all places that begin with it
Bound: TypeAlias = "tuple[bytes, ...]"

_decode = msgspec.json.Decoder(type=dict[str, dict[str, object]]).decode


class Record(msgspec.Struct, frozen=True, eq=False, gc=False):
    """An item as it is stored; never changed, only replaced. (Not tracked by the collector: it holds no cycles.)

    Attributes:
        partition: the partition key's bytes.
        sort, tie: where it stands in its partition.
        body: the item as JSON.
        size: bytes as the service counts them.
    """

    partition: bytes
    sort: bytes
    tie: bytes
    body: bytes
    size: int

    @property
    def place(self) -> Place:
        return self.sort, self.tie

    @property
    def item(self) -> Item:
        """The item, decoded anew at every call."""
        return _decode(self.body)


def is_at(old: Record, new: Record) -> bool:
    """Whether two records have the same keys."""
    return old.sort == new.sort and old.partition == new.partition and old.tie == new.tie


_place_of: Final = attrgetter("sort", "tie")
#: the items of one partition: most have one, so that is kept as it is; a long list is kept in blocks
_Partition: TypeAlias = "Record | list[Record] | Blocks[Record]"


class Store:
    """All items of one table or index."""

    __slots__ = ("_order", "_partitions", "count", "size")

    def __init__(self) -> None:
        self._partitions: dict[bytes, _Partition] = {}
        self._order: Blocks[bytes] | None = None  # hash and partition, as one; made by the first scan
        self.count = 0
        self.size = 0

    def __repr__(self) -> str:
        return f"<Store of {self.count} items, {len(self._partitions)} partitions>"

    def get(self, partition: bytes, place: Place) -> Record | None:
        found = self._partitions.get(partition)
        if found is None:
            return None
        if type(found) is Record:
            return found if found.sort == place[0] and found.tie == place[1] else None
        if type(found) is list:
            return blocks.find(found, place, _place_of)
        assert isinstance(found, Blocks), "there is nothing else"
        return found.find(place)

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def put(self, record: Record, replaced: Record | None = None) -> None:
        """Store a record, in place of the one with its key if there is one.

        Args:
            replaced: that one; for stores that would have to look for it.
        """
        old = self._put(record)
        if old is None:
            self.count += 1
            self.size += record.size
        else:
            self.size += record.size - old.size

    def _put(self, record: Record) -> Record | None:
        """The record that is replaced, or None."""
        partition = record.partition
        found = self._partitions.get(partition)
        if found is None:
            self._partitions[partition] = record
            if self._order is not None:
                self._order.put(partition_hash(partition) + partition)
            return None
        if isinstance(found, Record):
            if found.sort == record.sort and found.tie == record.tie:
                self._partitions[partition] = record
                return found
            self._partitions[partition] = found = [found]
        if isinstance(found, Blocks):
            return found.put(record)
        old = blocks.put(found, record, record.place, _place_of)
        if len(found) > BLOCK_MAX_ENTRIES:
            self._partitions[partition] = Blocks(found, _place_of)
        return old

    def remove(self, record: Record) -> None:
        """Remove a record that is stored."""
        partition = record.partition
        found = self._partitions[partition]
        self.count -= 1
        self.size -= record.size
        if isinstance(found, Blocks):
            found.remove(record.place)
            if found.count:
                return
        elif isinstance(found, list):
            blocks.remove(found, record.place, _place_of)
            if found:
                return
        del self._partitions[partition]
        if self._order is not None:
            self._order.remove(partition_hash(partition) + partition)

    def change(self, old: Record | None, new: Record | None) -> None:
        """Put a record in the place of another, which is stored; None for no record."""
        if old is not None and (new is None or not is_at(old, new)):
            self.remove(old)
            old = None
        if new is not None:
            self.put(new, old)

    def take_over(self, other: Store) -> None:
        """Hold what another store holds, which is of no use afterwards."""
        self._partitions, self._order = other._partitions, other._order
        self.count, self.size = other.count, other.size

    def copy(self) -> Store:
        """A store with the same records that changes independently."""
        twin = Store()
        twin._partitions = {
            partition: found if isinstance(found, Record) else found.copy()
            for partition, found in self._partitions.items()
        }
        twin._order = None if self._order is None else self._order.copy()
        twin.count, twin.size = self.count, self.size
        return twin

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def records(self, partition: bytes, after: Bound | None = None, *, backward: bool = False) -> Iterator[Record]:
        """The items of one partition in order (or against it), those strictly after a bound, which need not exist."""
        found = self._partitions.get(partition)
        if found is None:
            return iter(())
        if isinstance(found, Blocks):
            return found.backward(after) if backward else found.forward(after)
        block = [found] if isinstance(found, Record) else found
        return (blocks.backward if backward else blocks.forward)(block, after, _place_of)

    def scan(self, buckets: range = range(BUCKETS), after: tuple[bytes, Place] | None = None) -> Iterator[Record]:
        """All items of some buckets in the service's order; those strictly after a partition's place."""
        if self._order is None:
            self._order = Blocks(sorted(partition_hash(partition) + partition for partition in self._partitions))
        start, end = bucket_start(buckets.start), bucket_start(buckets.stop)
        if after is not None:
            partition, place = after
            following = partition_hash(partition) + partition
            if following >= start:
                yield from self.records(partition, place)
                start = following
        for entry in self._order.forward(start):
            if entry >= end:
                return
            yield from self.records(entry[HASH_BYTES:])

    def partition_size(self, partition: bytes) -> int:
        """Bytes of the items of one partition."""
        return sum(record.size for record in self.records(partition))

    def all(self) -> Iterator[Record]:
        """All items, in no order that means anything; cheaper than a scan."""
        for found in self._partitions.values():
            if isinstance(found, Record):
                yield found
            else:
                yield from found if isinstance(found, list) else found.forward()
