"""One vector index: which items it holds, what it keeps of them, and their vectors.

It is an index among the table's others, so that every write keeps it up to date; its entries stand in the partition of
their HASH attribute, or all in one. A vector is decoded when it is written, or first searched after a start. Must not
know requests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from ..values import AttributeValue, Item, item_size
from ..vectors import FLOAT_BYTES, NotAVector, Vector, vector_of
from .index import Index
from .keys import KeySchema, sort_bytes
from .store import Record, Store

if TYPE_CHECKING:
    from .definitions import VectorIndexDefinition

_encode: Final = msgspec.json.Encoder().encode
_ALL: Final = b""
_NOTHING_CHECKED: Final[tuple[list[AttributeValue], Vector]] = ([], vector_of(()))
#: vectors of entries that have gone are dropped when there are more than that many for each that is there
_SPARE_FACTOR: Final = 2
_SPARE_MIN_COUNT: Final = 64


class _NoKeys(KeySchema):
    """The keys of an index without a HASH attribute: all its entries are in one partition."""

    __slots__ = ()

    def __init__(self) -> None:
        self.partitions, self.sorts, self.names = (), (), ()
        self.partition = self.partition_type = ""
        self.sort = self.sort_type = None
        self.types = {}

    def encode(self, item: Mapping[str, object]) -> tuple[bytes, bytes]:
        return _ALL, b""


class Candidate(Struct, frozen=True, eq=False, gc=False):
    """An entry with its vector, and the values by which it can be filtered."""

    body: bytes
    vector: Vector
    filters: dict[str, AttributeValue]


class VectorIndex(Index):
    """A vector index of a table.

    Attributes:
        attribute: where items have their vectors.
        dimensions: how many numbers each has.
        distance: COSINE, EUCLIDEAN or DOT_PRODUCT.
        hash: the attribute that tells the partition; None where there is none.
        filters: the attributes for filtering, with their types.
    """

    __slots__ = ("_candidates", "_checked", "attribute", "dimensions", "distance", "filters", "hash")

    def __init__(
        self,
        definition: VectorIndexDefinition,
        table_keys: KeySchema,
        attribute_types: Mapping[str, str],
        store: Store,
    ) -> None:
        self.definition = definition
        self.name, self.is_global = definition.name, True
        self.keys = KeySchema(definition.keys, attribute_types) if definition.keys else _NoKeys()
        self.attribute, self.dimensions, self.distance = (
            definition.attribute,
            definition.dimensions,
            definition.distance,
        )
        self.hash = self.keys.partition or None
        self.filters = {name: attribute_types[name] for name, role in definition.schema if role == "INLINE_FILTER"}
        self.projected = (
            None
            if definition.projection == "ALL"
            else frozenset(
                (self.attribute, *self.keys.names, *self.filters, *table_keys.names, *definition.non_key_attributes)
            )
        )
        self.store = store
        self.replica = None
        self._table_keys = table_keys
        self._candidates: dict[tuple[bytes, bytes], Candidate] = {}
        self._checked = _NOTHING_CHECKED

    def check(self, elements: list[AttributeValue]) -> None:
        """See whether elements are a vector; an entry of them, which may follow, need not look again.

        Raises:
            NotAVector: they are none.
        """
        self._checked = elements, vector_of(elements)

    def holds(self, item: Item) -> bool:
        """Whether an item may belong into the index: it has a list of the right length, and the HASH attribute."""
        elements = item.get(self.attribute, {}).get("L")
        return elements is not None and len(elements) == self.dimensions and super().holds(item)

    def entry(self, item: Item, record: Record) -> Record | None:
        """What the index keeps of an item; None where it does not belong into it. A vector counts 4 bytes a number."""
        if not self.holds(item):
            return None
        partition, (sort, tie) = self.locate(item)
        kept, body = item, record.body
        if self.projected is not None:
            kept = {name: value for name, value in item.items() if name in self.projected}
            body = _encode(kept)
        others = {name: value for name, value in kept.items() if name != self.attribute}
        size = item_size(others) + len(self.attribute.encode()) + FLOAT_BYTES * self.dimensions
        entry = Record(partition, sort, tie, body, size)
        try:
            self._candidate(entry, item)
        except NotAVector:
            return None
        return entry

    def candidates(self, hash_value: AttributeValue | None) -> list[Candidate]:
        """The entries of one partition, in its order, or all of an index without partitions."""
        records = self.store.records(_ALL if hash_value is None else sort_bytes(hash_value))
        return [self._candidate(record) for record in records]

    def _candidate(self, entry: Record, item: Item | None = None) -> Candidate:
        """An entry's candidate: the one that is known if the entry is the same, or a new one.

        Raises:
            NotAVector: of an item that is not in the index.
        """
        place = entry.partition, entry.tie
        known = self._candidates.get(place)
        if known is not None and known.body == entry.body:
            return known
        if item is None:
            item = entry.item
        elements, (checked, vector) = item[self.attribute]["L"], self._checked
        self._checked = _NOTHING_CHECKED
        if elements is not checked:
            vector = vector_of(elements)
        filters = {name: item[name] for name in self.filters if name in item}
        if len(self._candidates) > _SPARE_MIN_COUNT + _SPARE_FACTOR * self.store.count:
            self._candidates.clear()
        found = self._candidates[place] = Candidate(entry.body, vector, filters)
        return found
