"""A table's items and the indexes that follow them.

``plan_write`` finds out everything that a write will change, ``commit`` changes it and cannot fail; so several writes
can be planned, checked and refused before the first change. Must not know requests, conditions or capacity.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import msgspec

from ...limits import ITEM_COLLECTION_MAX_BYTES
from ..values import Item, item_size
from .definitions import VectorIndexDefinition
from .expiry import Expiry, ExpiryQueue
from .index import Index
from .keys import KeySchema
from .replica import Lag, Lags, LateStore, followed
from .store import Place, Record, Store, is_at
from .vector_index import VectorIndex
from .write import IndexChange, Write

if TYPE_CHECKING:
    from ..throughput import Meter
    from .definitions import IndexDefinition, TableDefinition
    from .keeper import Keeper
    from .stream import StreamLog

_encode: Final = msgspec.json.Encoder().encode
_NO_TIE: Final = b""
#: the sizes of most items; shared, since a number of its own for each of a million items would take 32 MB
_SIZES_COUNT: Final = 4096
_SIZES: Final = tuple(range(_SIZES_COUNT))


class Table:
    """A table with its items.

    Attributes:
        definition: what CreateTable and UpdateTable said; may be replaced, but its keys never change.
        keys: the key schema.
        store: the items.
        indexes: by name.
        has_local_indexes: whether item collections are measured.
        collection_max_bytes: how large one may become.
        expiry: when items expire; None until somebody asks (``ttl``).
        meter: what its throughput has left; None until somebody asks (``throughput``).
        replica: the items as stale reads see them; None while there are none. Local indexes have one each then.
        stream: where writes are noted; None while no stream is on.
    """

    __slots__ = (
        "_collections",
        "_keeper",
        "_lags",
        "collection_max_bytes",
        "definition",
        "expiry",
        "has_local_indexes",
        "indexes",
        "keys",
        "meter",
        "replica",
        "store",
        "stream",
    )

    def __init__(
        self,
        definition: TableDefinition,
        collection_max_bytes: int = ITEM_COLLECTION_MAX_BYTES,
        keeper: Keeper | None = None,
    ) -> None:
        self.definition = definition
        self.keys = KeySchema(definition.keys, definition.attribute_types)
        self._keeper = keeper
        self.store = self._new_store(None)
        self.expiry: Expiry | None = None
        self.meter: Meter | None = None
        self.replica: LateStore | None = None
        self.stream: StreamLog | None = None
        self._lags: Lags | None = None
        self.indexes: dict[str, Index] = {}
        for index in definition.all_indexes:
            self._adopt(self._new_index(index, self._new_store(index.name)))
        self.has_local_indexes = any(not index.is_global for index in self.indexes.values())
        self.collection_max_bytes = collection_max_bytes
        self._collections: dict[bytes, int] = {}

    def __repr__(self) -> str:
        return (
            f"Table({self.name!r}, {self.keys}, {self.item_count} items, indexes: {', '.join(self.indexes) or 'none'})"
        )

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def item_count(self) -> int:
        return self.store.count

    @property
    def size_bytes(self) -> int:
        return self.store.size

    def _new_store(self, index: str | None) -> Store:
        return Store() if self._keeper is None else self._keeper.store(self.name, index)

    def _new_index(self, definition: IndexDefinition | VectorIndexDefinition, store: Store) -> Index:
        if isinstance(definition, VectorIndexDefinition):
            return VectorIndex(definition, self.keys, self.definition.attribute_types, store)
        return Index(definition, self.keys, self.definition.attribute_types, store)

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def locate(self, key: Item) -> tuple[bytes, Place]:
        """Where the item of a key (or of a whole item) stands. The key has been checked."""
        partition, sort = self.keys.encode(key)
        return partition, (sort, _NO_TIE)

    def get(self, key: Item) -> Record | None:
        """The item of a key."""
        return self.store.get(*self.locate(key))

    def index(self, name: str) -> Index | None:
        return self.indexes.get(name)

    def index_store(self, name: str) -> Store:
        return self.indexes[name].store

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def plan_write(self, old: Record | None, new: Item | None, *, size: int | None = None) -> Write:
        """What a write will change.

        Args:
            old: what is stored under the key.
            new: the item to be stored, canonical and checked; None to remove the old one.
            size: of the new item, if it is known.
        """
        if new is None:
            write = Write(old, None)
        else:
            partition, sort = self.keys.encode(new) if old is None else (old.partition, old.sort)
            if size is None:
                size = item_size(new)
            record = Record(partition, sort, _NO_TIE, _encode(new), size if size >= _SIZES_COUNT else _SIZES[size])
            write = Write(old, record, new)
        if self.indexes:
            write.changes = self._index_changes(write)
        return write

    def _index_changes(self, write: Write) -> list[IndexChange]:
        old_item = None if write.old is None else write.old.item
        changes = []
        for index in self.indexes.values():
            old = None if write.old is None or old_item is None else index.entry(old_item, write.old)
            new = None if write.new is None or write.item is None else index.entry(write.item, write.new)
            if not _is_same(old, new):
                changes.append(IndexChange(index, old, new))
        return changes

    def commit(self, write: Write, *, expired: bool = False) -> None:
        """Make a planned write. Cannot fail; nothing may have changed the item since it was planned.

        Args:
            expired: it is time to live that removes the item.
        """
        if write.new is write.old:
            return
        if write.new is not None:
            self.store.put(write.new, write.old)
        elif write.old is not None:
            self.store.remove(write.old)
        for change in write.changes:
            change.index.store.change(change.old, change.new)
        if self.stream is not None:
            self.stream.append(write, expired=expired)
        if self.replica is not None:
            _replicate(self.replica, write)
        if self.has_local_indexes:
            self._count_collection(write)
        if self.expiry is not None and write.item is not None and write.new is not None:
            self.expiry.watch(write.item, write.new)

    def begin_expiry(self, attribute: str) -> Expiry:
        """Know from now on when items expire, by what an attribute says."""
        keeper = self._keeper
        queue = ExpiryQueue(attribute, self.records()) if keeper is None else keeper.expiry(self.name, attribute)
        self.expiry = queue
        return queue

    # ── indexes ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def add_index(self, definition: IndexDefinition | VectorIndexDefinition) -> None:
        """Add a global index or a vector index and fill it with the items there are."""
        index = self._new_index(definition, self._new_store(definition.name))
        for record in self.store.all():
            entry = index.entry(record.item, record)
            if entry is not None:
                index.store.put(entry)
        if self._lags is not None:
            index.store = followed(index.store, self._lags.index_seconds, self._lags)
        self._adopt(index)

    def drop_index(self, name: str) -> None:
        """Remove an index with its entries."""
        del self.indexes[name]
        if self.meter is not None:
            self.meter.forget(name)

    def _adopt(self, index: Index) -> None:
        """Keep the indexes in the order in which the service looks at them: global ones first, each kind by name."""
        indexes = [*self.indexes.values(), index]
        self.indexes = {each.name: each for each in sorted(indexes, key=lambda each: (not each.is_global, each.name))}

    # ── followers ────────────────────────────────────────────────────────────────────────────────────────────────────
    def follow(self, lags: Lags) -> None:
        """Let global indexes and replicas be that late from now on; those that are not late any more catch up."""
        self._lags = lags
        for index in self.indexes.values():
            if index.is_global:
                index.store = followed(index.store, lags.index_seconds, lags)
        if not lags.replica_seconds:
            self._replicate_with(None)
        elif self.replica is None:
            self._replicate_with(Lag(lags.replica_seconds, lags.clock, lags.randomness))
        else:
            self.replica.lag.seconds = lags.replica_seconds

    def _replicate_with(self, lag: Lag | None) -> None:
        self.replica = None if lag is None else LateStore(self.store.copy(), lag)
        for index in self.indexes.values():
            if not index.is_global:
                index.replica = None if lag is None else LateStore(index.store.copy(), lag)

    def catch_up(self, now: float) -> None:
        """Show in the followers what is due by now (monotonic seconds)."""
        if self.replica is not None:
            self.replica.catch_up(now)
        for index in self.indexes.values():
            if isinstance(index.store, LateStore):
                index.store.catch_up(now)
            if index.replica is not None:
                index.replica.catch_up(now)

    # ── item collections ─────────────────────────────────────────────────────────────────────────────────────────────
    def collection_size(self, partition: bytes) -> int:
        """Bytes of the items of one partition key, local index entries included; only for tables with local indexes."""
        size = self._collections.get(partition)
        if size is None:
            return 0 if self._keeper is None else self._measured(partition)
        return size

    def collection_growth(self, write: Write) -> int:
        """By how many bytes a write makes its item collection larger."""
        grown = _growth(write.old, write.new)
        return grown + sum(_growth(change.old, change.new) for change in write.changes if not change.index.is_global)

    def _count_collection(self, write: Write) -> None:
        record = write.new or write.old
        if record is None:
            return
        before = self._collections.get(record.partition)
        if before is None and self._keeper is not None:  # what was kept has not been measured yet
            self._collections[record.partition] = self._measured(record.partition)
            return
        size = (before or 0) + self.collection_growth(write)
        if size:
            self._collections[record.partition] = size
        else:
            self._collections.pop(record.partition, None)

    def _measured(self, partition: bytes) -> int:
        stores = [self.store, *(index.store for index in self.indexes.values() if not index.is_global)]
        return sum(store.partition_size(partition) for store in stores)

    # ── copies ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def copy(self) -> Table:
        """A table with the same items that changes independently; records, which never change, are shared.

        It has no stream: that is the catalog's to give.
        """
        twin = Table(self.definition, self.collection_max_bytes)
        twin.store = self.store.copy()
        for name, index in self.indexes.items():
            twin.indexes[name] = self._new_index(index.definition, index.store.copy())
            twin.indexes[name].replica = None if index.replica is None else index.replica.copy()
        twin._collections, twin._lags = dict(self._collections), self._lags
        twin.meter = None if self.meter is None else self.meter.copy()
        twin.replica = None if self.replica is None else self.replica.copy()
        return twin

    def records(self) -> Iterable[Record]:
        """All items, in no order that means anything."""
        return self.store.all()


def _is_same(old: Record | None, new: Record | None) -> bool:
    """Whether an index entry stays as it is."""
    if old is None or new is None:
        return old is new
    return is_at(old, new) and (old.body == new.body or old.item == new.item)


def _replicate(replica: LateStore, write: Write) -> None:
    """Let a write show in the replicas of the table and its local indexes, in all at the same time."""
    due = replica.lag.due()
    replica.change_at(due, write.old, write.new)
    for change in write.changes:
        if change.index.replica is not None:
            change.index.replica.change_at(due, change.old, change.new)


def _growth(old: Record | None, new: Record | None) -> int:
    return (0 if new is None else new.size) - (0 if old is None else old.size)
