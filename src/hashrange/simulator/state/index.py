"""One secondary index: which items it holds, what it keeps of them, and where they stand in it.

Owns the entries of one index. An entry is a Record whose body holds what is projected; where that is the whole item,
the body is the item's own. Must not know requests; it is told about items by its table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from ..values import Item, item_size
from .keys import KeySchema, key_schema, partition_hash
from .store import Place, Record, Store

if TYPE_CHECKING:
    from .definitions import IndexDefinition, VectorIndexDefinition
    from .replica import LateStore

_encode: Final = msgspec.json.Encoder().encode


class Index:
    """An index of a table.

    Attributes:
        definition: as the table was told.
        keys: the index's own key attributes.
        store: its entries.
        projected: the attributes an entry has besides what the item lacks; None where it has all.
        replica: of a local index, what stale reads see; None while there are none.
    """

    __slots__ = ("_table_keys", "definition", "is_global", "keys", "name", "projected", "replica", "store")

    def __init__(
        self, definition: IndexDefinition, table_keys: KeySchema, attribute_types: Mapping[str, str], store: Store
    ) -> None:
        self.definition: IndexDefinition | VectorIndexDefinition = definition
        self.name = definition.name
        self.is_global = definition.is_global
        self.keys = key_schema(definition.keys, attribute_types)
        self.projected = (
            None
            if definition.projection == "ALL"
            else frozenset((*self.keys.names, *table_keys.names, *definition.non_key_attributes))
        )
        self.store = store
        self.replica: LateStore | None = None
        self._table_keys = table_keys

    def __repr__(self) -> str:
        return f"Index({self.name!r}, {self.keys}, {self.store.count} entries)"

    def holds(self, item: Item) -> bool:
        """Whether an item belongs into the index: it has all its keys, of the right types, and none is empty."""
        for name, letter in self.keys.types.items():
            value = item.get(name)
            if value is None or not value.get(letter):
                return False
        return True

    def locate(self, item: Item) -> tuple[bytes, Place]:
        """Where an item (or a key with the index's and the table's attributes) stands.

        Entries with equal keys stand in the order of their table keys' hash.
        """
        partition, sort = self.keys.encode(item)
        table_partition, table_sort = self._table_keys.encode(item)
        tie = partition_hash(table_partition + table_sort) + len(table_partition).to_bytes(2)
        return partition, (sort, tie)

    def entry(self, item: Item, record: Record) -> Record | None:
        """What the index keeps of an item; None where it does not belong into it.

        Args:
            record: the item as the table stores it.
        """
        if not self.holds(item):
            return None
        partition, (sort, tie) = self.locate(item)
        if self.projected is None:
            return Record(partition, sort, tie, record.body, record.size)
        kept = {name: value for name, value in item.items() if name in self.projected}
        if len(kept) == len(item):
            return Record(partition, sort, tie, record.body, record.size)
        return Record(partition, sort, tie, _encode(kept), item_size(kept))
