"""SELECT: an item by its key, a page of some partitions, or a page of a scan, by what its WHERE says.

Pages, sizes, lags and throttling are those of Query and Scan. Must not know batches and transactions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from msgspec import Raw, Struct

from .. import partiql_messages
from ..actions.query import records_within
from ..capacity import Usage, is_wanted, read_units
from ..errors import validation
from ..language.evaluate import Predicate, predicate
from ..language.meaning import Condition, Junction, Steps
from ..language.project import Projector
from ..page import page_answer
from ..reading import Filter, Read, Source, check_filter_projected, check_projected, source_of
from ..requests import check_key, check_scalar_keys, paths_of
from ..state.store import Record
from ..state.vector_index import VectorIndex
from ..values import Item
from .keys import Access, access, simple_key
from .next_token import invalid, next_token, request_mark, start_key
from .projections import Projection
from .statements import Bound, Select
from .template import Where, resolved

if TYPE_CHECKING:
    from ..engine import Engine
    from ..state.table import Table

#: as a request has them
Parameters: TypeAlias = "list[dict[str, Any]] | None"

_CLAUSE: Final = "WHERE"


class Options(Struct, frozen=True):
    """What a request says beside its statement.

    Attributes:
        limit, token, capacity: Limit, NextToken, ReturnConsumedCapacity.
        returns_item: whether the error of a failed condition tells the item.
    """

    consistent: bool = False
    limit: int | None = None
    token: str | None = None
    capacity: str | None = None
    returns_item: bool = False


class SelectRead(Read, frozen=True, kw_only=True):
    """The parameters of a read."""

    projected: Projection | None

    def projection(self) -> Projector | None:
        return None if self.projected is None else self.projected.of


def condition_of(where: Where | None, bound: Bound) -> Condition | None:
    """A statement's condition with its values."""
    return None if where is None else resolved(where, bound.names, bound.values)


def all_of(parts: tuple[Condition, ...]) -> Condition:
    return parts[0] if len(parts) == 1 else Junction("AND", parts)


def predicate_of(parts: tuple[Condition, ...]) -> Predicate | None:
    """Whether all of some conditions hold; None where there are none."""
    return predicate(all_of(parts)) if parts else None


def paths_in(parts: tuple[Condition, ...]) -> tuple[Steps, ...]:
    return tuple(path for part in parts for path in paths_of(part))


# ── one item ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def key_of_select(select: Select, table: Table, bound: Bound) -> Item | None:
    """The key of the one item that a SELECT names by nothing but its key; None for any other.

    Raises:
        ApiError: a ValidationException: it is no key of the table.
    """
    if select.where is None or select.index is not None:
        return None
    key = simple_key(table.keys, select.where.equalities, bound.values)
    if key is not None:
        check_key(table.keys, key)
    return key


def item_of(record: Record, projection: Projection | None) -> Raw | Item:
    """What a SELECT wants of a stored item, ready for an answer."""
    return Raw(record.body) if projection is None else projection.of(record.item)


# ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def select(
    statement: Select, bound: Bound, options: Options, text: str, parameters: Parameters, engine: Engine
) -> dict[str, Any]:
    """The answer to a SELECT."""
    if not (statement.order or options.limit or options.token or engine.trouble):
        table = engine.catalog.table(statement.table)
        key = key_of_select(statement, table, bound)
        if key is not None:
            return _one(statement, table, key, options)
    condition = condition_of(statement.where, bound)
    mark = request_mark(text, parameters) if options.limit is not None or options.token is not None else ""
    after = None if options.token is None else start_key(options.token, mark)
    answer = _page(statement, condition, options, after, engine)
    last = answer.get("LastEvaluatedKey")
    found: dict[str, Any] = {"Items": answer["Items"]}
    if last is not None:
        found["NextToken"] = next_token(mark or request_mark(text, parameters), last)
        found["LastEvaluatedKey"] = last
    if "ConsumedCapacity" in answer:
        found["ConsumedCapacity"] = answer["ConsumedCapacity"]
    return found


def _one(statement: Select, table: Table, key: Item, options: Options) -> dict[str, Any]:
    """An item by its key, if it is there."""
    projection = statement.projection
    if projection is not None:
        check_scalar_keys(table, projection.paths)
    record = table.get(key)
    answer: dict[str, Any] = {"Items": [] if record is None else [item_of(record, projection)]}
    if is_wanted(options.capacity):
        usage = Usage(read_units(0 if record is None else record.size, options.consistent))
        answer["ConsumedCapacity"] = usage.answer(str(options.capacity), statement.table)
    return answer


def _page(
    statement: Select, condition: Condition | None, options: Options, after: Item | None, engine: Engine
) -> dict[str, Any]:
    read = _read(statement, options, after, None)
    source = _source(read, engine)
    paths = statement.projection.paths if statement.projection is not None else ()
    check_scalar_keys(source.table, (*paths, *(paths_of(condition))))
    found = access(source.keys, source.table.keys, condition, statement.index)
    forward, by_partition = _order(statement, source, found)
    if found.rest:
        read = _read(statement, options, after, Filter(_CLAUSE, predicate(all_of(found.rest)), paths_in(found.rest)))
    check_projected(source, read)
    if found.partitions is not None:
        check_filter_projected(source, read)
    if after is not None:
        _check_start(source, after)
    partitions = _partitions(found, by_partition)
    only = partitions[0] if partitions is not None and len(partitions) == 1 else None
    return page_answer(source, read, _records(source, read, found, partitions, forward), None, only)


def _read(statement: Select, options: Options, after: Item | None, item_filter: Filter | None) -> SelectRead:
    return SelectRead(
        table=statement.table,
        index=statement.index,
        consistent=options.consistent,
        select=None,
        paths=None if statement.projection is None else statement.projection.paths,
        filter=item_filter,
        start_key=after,
        limit=options.limit,
        capacity=options.capacity,
        projected=statement.projection,
    )


def _source(read: SelectRead, engine: Engine) -> Source:
    if read.index is not None and read.consistent:
        index = engine.catalog.table(read.table).index(read.index)
        if index is not None and index.is_global and not isinstance(index, VectorIndex):
            raise validation(partiql_messages.CONSISTENT_ON_GLOBAL_INDEX)
    return source_of(read, engine)


def _order(statement: Select, source: Source, found: Access) -> tuple[bool, bool | None]:
    """Whether items come in their order, and partitions in theirs (None: as they are named)."""
    if not statement.order:
        return True, None
    keys = source.keys
    for key in statement.order:
        if key.name not in keys.names:
            raise validation(partiql_messages.order_by_other(key.name))
    if found.partitions is None:
        raise validation(partiql_messages.ORDER_WITHOUT_HASH)
    directions = {key.name: not key.descending for key in reversed(statement.order)}
    forward = next((directions[name] for name in keys.sorts if name in directions), True)
    return forward, next((directions[name] for name in keys.partitions if name in directions), None)


def _partitions(found: Access, ascending: bool | None) -> list[bytes] | None:
    if found.partitions is None:
        return None
    return list(found.partitions) if ascending is None else sorted(found.partitions, reverse=not ascending)


def _check_start(source: Source, after: Item) -> None:
    """Refuse a token's key that is none of what is read."""
    types = {**source.table.keys.types, **source.keys.types}
    if after.keys() != types.keys() or any(letter not in after[name] for name, letter in types.items()):
        raise invalid()


def _records(
    source: Source, read: SelectRead, found: Access, partitions: list[bytes] | None, forward: bool
) -> Iterator[Record]:
    """Everything that could be read, in its order."""
    after = None if read.start_key is None else source.locate(read.start_key)
    if partitions is None:
        yield from source.store.scan(after=after)
        return
    if after is not None:
        if after[0] not in partitions:
            raise invalid()
        partitions = partitions[partitions.index(after[0]) :]
    for partition in partitions:
        bound = after[1] if after is not None and after[0] == partition else None
        yield from records_within(source.store, partition, found.within, bound, forward=forward)
