"""What Query and Scan share: their parameters, what they read from, and what of it is answered.

Owns Select, projections and filters, and what an index cannot give. Must not know in which order items are read
(``actions``), where a page ends (``page``) or where it starts (``start_key``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from . import read_messages, vector_messages
from .errors import validation
from .language.check import Placeholders, Steps, check_condition, check_projection
from .language.evaluate import Predicate, predicate
from .language.project import Projector, projector
from .legacy import conditions, filter_predicate
from .requests import paths_of
from .state.keys import KeySchema
from .state.store import Place, Record, Store
from .state.vector_index import VectorIndex
from .values import Item

if TYPE_CHECKING:
    from .engine import Engine
    from .state.index import Index
    from .state.table import Table
    from .trouble import Trouble

#: Select → how a message calls it
_EXCLUSIVE: Final = {
    "ALL_ATTRIBUTES": "ALL_ATTRIBUTES",
    "ALL_PROJECTED_ATTRIBUTES": "ALL_PROJECTED_ATTRIBUTES",
    "COUNT": "only the Count",
}


class Filter(Struct, frozen=True):
    """A filter.

    Attributes:
        parameter: how messages call it.
        matches: whether an item passes.
        paths: what it looks at.
    """

    parameter: str
    matches: Predicate
    paths: tuple[Steps, ...]


class Read(Struct, frozen=True, kw_only=True):
    """The parameters of a Query or Scan that both have, checked as far as that needs no table.

    Attributes:
        start_key: canonical; None to start at the beginning.
        paths: what is to be answered of each item; None for what ``select`` says.
        limit: how many items are evaluated at most.
        capacity: ReturnConsumedCapacity.
    """

    table: str
    index: str | None
    consistent: bool
    select: str | None
    paths: tuple[Steps, ...] | None
    filter: Filter | None
    start_key: Item | None
    limit: int | None
    capacity: str | None

    @property
    def counts_only(self) -> bool:
        return self.select == "COUNT"

    @property
    def filtered_paths(self) -> tuple[Steps, ...]:
        """What the filter looks at."""
        return () if self.filter is None else self.filter.paths

    def projection(self) -> Projector | None:
        """What takes the answered parts out of an item; None where that is all of it."""
        return None if self.paths is None else projector(self.paths)


class Source(Struct, frozen=True):
    """What is read from: a table or one of its indexes.

    Attributes:
        trouble: what the read may meet; None in a world without any.
        is_late: whether a replica is read, which may be behind.
    """

    table: Table
    index: Index | None
    trouble: Trouble | None = None
    is_late: bool = False

    @property
    def keys(self) -> KeySchema:
        return self.table.keys if self.index is None else self.index.keys

    @property
    def store(self) -> Store:
        if self.is_late:
            replica = self.table.replica if self.index is None else self.index.replica
            assert replica is not None, "all that can be read late has a replica then"
            return replica
        return self.table.store if self.index is None else self.index.store

    @property
    def global_index(self) -> str | None:
        """The name of the global index that is read: it has its own throughput."""
        return self.index.name if self.index is not None and self.index.is_global else None

    @property
    def key_names(self) -> tuple[str, ...]:
        """The attributes that tell where an item stands: the table's keys, and the index's."""
        names = self.table.keys.names
        return names if self.index is None else tuple(dict.fromkeys((*names, *self.index.keys.names)))

    def locate(self, key: Item) -> tuple[bytes, Place]:
        """Where an item with these keys stands."""
        return self.table.locate(key) if self.index is None else self.index.locate(key)

    def fetch(self, entry: Item) -> Record:
        """The table's item of an index's entry."""
        store = self.table.store if not self.is_late or self.table.replica is None else self.table.replica
        record = store.get(*self.table.locate(entry))
        assert record is not None, "an index holds nothing that its table does not"
        return record


# ── before the table is looked up ────────────────────────────────────────────────────────────────────────────────────
def legacy_filter(request: Mapping[str, Any], parameter: str) -> Filter | None:
    """QueryFilter or ScanFilter; None where there is none.

    Raises:
        ApiError: a ValidationException.
    """
    checked = conditions(request.get(parameter))
    matches = filter_predicate(checked, request.get("ConditionalOperator"))
    if matches is None:
        return None
    return Filter(parameter, matches, tuple((condition.name,) for condition in checked))


def expression_filter(request: Mapping[str, Any], placeholders: Placeholders) -> Filter | None:
    """FilterExpression; None where there is none. Raises as ``legacy_filter``."""
    source = request.get("FilterExpression")
    if source is None:
        return None
    condition = check_condition(source, placeholders, "Filter")
    return Filter("Filter Expression", predicate(condition), tuple(paths_of(condition)))


def expression_paths(request: Mapping[str, Any], placeholders: Placeholders) -> tuple[Steps, ...] | None:
    """ProjectionExpression; None where there is none. Raises as ``legacy_filter``."""
    source = request.get("ProjectionExpression")
    return None if source is None else check_projection(source, placeholders)


def check_select(request: Mapping[str, Any]) -> None:
    """Refuse a Select that contradicts the projection or needs an index."""
    select = request.get("Select")
    if select is None:
        return
    given = [name for name in ("AttributesToGet", "ProjectionExpression") if name in request]
    if select == "SPECIFIC_ATTRIBUTES":
        if not given:
            raise validation(read_messages.SELECT_NEEDS_PROJECTION)
    elif given:
        raise validation(read_messages.select_excludes(given[0], _EXCLUSIVE[select]))
    elif select == "ALL_PROJECTED_ATTRIBUTES" and "IndexName" not in request:
        raise validation(read_messages.SELECT_NEEDS_INDEX)


# ── against the table ────────────────────────────────────────────────────────────────────────────────────────────────
def source_of(read: Read, engine: Engine, operation: str = "Query") -> Source:
    """What is read from, by Query or Scan.

    Raises:
        ApiError: no such table or index, or an index that cannot be read in this way.
    """
    table = engine.catalog.table(read.table)
    trouble = engine.trouble
    if read.index is None:
        return Source(table, None, trouble, _is_late(trouble, table, read))
    index = table.index(read.index)
    if index is None:
        raise validation(read_messages.no_such_index(read.index))
    if isinstance(index, VectorIndex):
        raise validation(vector_messages.operation_not_supported(operation))
    if index.is_global and read.consistent:
        raise validation(read_messages.CONSISTENT_ON_GLOBAL_INDEX)
    if table.definition.indexes[index.name].status == "CREATING":
        raise validation(read_messages.index_is_backfilling(index.name))
    return Source(table, index, trouble, not index.is_global and _is_late(trouble, table, read))


def _is_late(trouble: Trouble | None, table: Table, read: Read) -> bool:
    return trouble is not None and trouble.is_late(table, consistent=read.consistent)


def check_filter_on_keys(source: Source, read: Read) -> None:
    """Refuse a filter of a query that looks at the keys of what is read."""
    if read.filter is None:
        return
    looked_at = {path[0] for path in read.filter.paths}
    for name in source.keys.names:
        if name in looked_at:
            raise validation(read_messages.filter_on_key(read.filter.parameter, name))


def check_selected(source: Source, read: Read) -> None:
    """Refuse all attributes of a global index that does not have them: unlike a local one it cannot fetch them."""
    index = source.index
    if index is not None and index.is_global and index.projected is not None and read.select == "ALL_ATTRIBUTES":
        raise validation(read_messages.select_all_of_global_index(index.name))


def check_projected(source: Source, read: Read) -> None:
    """Refuse paths of a projection that a global index does not have."""
    index = source.index
    if index is None or not index.is_global:
        return
    missing = _not_projected(index, read.paths)
    if missing:
        raise validation(read_messages.attributes_not_projected(index.name, missing))


def check_filter_projected(source: Source, read: Read) -> None:
    """Refuse a filter of a query that looks at what an index does not have."""
    index = source.index
    if index is None or read.filter is None:
        return
    missing = _not_projected(index, read.filter.paths)
    if missing:
        raise validation(read_messages.filter_not_projected(index.name, missing))


def reaches_back(source: Source, read: Read) -> bool:
    """Whether the items of a local index have to be fetched from the table."""
    index = source.index
    if index is None or index.is_global or index.projected is None:
        return False
    return read.select == "ALL_ATTRIBUTES" or bool(_not_projected(index, read.paths))


def _not_projected(index: Index, paths: Iterable[Steps] | None) -> list[str]:
    if index.projected is None:
        return []
    return sorted({str(path[0]) for path in paths or ()} - index.projected)
