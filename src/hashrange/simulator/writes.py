"""What all writes share: the condition that guards one, the limit of item collections, and the answer.

Must not know which write it is; the operations' own rules are in ``actions``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Raw, Struct

from . import messages
from .capacity import is_wanted, write_usage
from .errors import ApiError
from .language.check import Placeholders, Steps, check_condition
from .language.evaluate import Predicate, predicate
from .requests import check_scalar_keys, check_unused, has_nested_paths, paths_of, placeholders_of
from .state.store import Record
from .state.table import Table
from .state.write import Write
from .values import Item

_GIB: Final = 1024**3
_OF_CONDITIONS: Final = frozenset({"ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues"})


# ── conditions ───────────────────────────────────────────────────────────────────────────────────────────────────────
class WriteCondition(Struct, frozen=True):
    """What must hold of the stored item for a write to happen.

    Attributes:
        holds: of an item; of an empty one where none is stored.
        paths: what it reads; nothing where no path leads into an attribute.
        returns_item: whether the error tells the item.
    """

    holds: Predicate
    paths: tuple[Steps, ...] = ()
    returns_item: bool = False

    def require(self, item: Item, record: Record | None) -> None:
        """Refuse the write if the condition does not hold.

        Args:
            item: what is stored, decoded; empty where nothing is.
            record: the same as it is stored.

        Raises:
            ApiError: ConditionalCheckFailedException.
        """
        if self.holds(item):
            return
        error = ApiError("ConditionalCheckFailedException", messages.CONDITION_FAILED)
        if self.returns_item and record is not None:
            error.members["Item"] = Raw(record.body)
        raise error


def write_condition(request: Mapping[str, Any], expected: Predicate | None = None) -> WriteCondition | None:
    """The condition of a write that has no other expression; None where there is none.

    Names and values that no expression uses are refused only beside one: without any, single operations have refused
    them before, and transactions accept them.

    Args:
        expected: what Expected was turned into.
    """
    if expected is None and _OF_CONDITIONS.isdisjoint(request):
        return None
    placeholders = placeholders_of(request)
    condition = condition_of(request, placeholders, expected)
    if "ConditionExpression" in request:
        check_unused(placeholders)
    return condition


def condition_of(
    request: Mapping[str, Any], placeholders: Placeholders, expected: Predicate | None = None
) -> WriteCondition | None:
    """The condition of a write, checked with the request's names and values."""
    returns_item = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    source = request.get("ConditionExpression")
    if source is not None:
        checked = check_condition(source, placeholders)
        paths = tuple(paths_of(checked)) if has_nested_paths(source) else ()
        return WriteCondition(predicate(checked), paths, returns_item)
    return None if expected is None else WriteCondition(expected, (), returns_item)


def check_condition_paths(table: Table, condition: WriteCondition | None) -> None:
    """Refuse a condition that looks into key attributes."""
    if condition is not None:
        check_scalar_keys(table, condition.paths)


def require(condition: WriteCondition | None, old: Record | None) -> None:
    """Check the condition of a write that needs nothing else of the stored item."""
    if condition is not None:
        condition.require({} if old is None else old.item, old)


# ── item collections ─────────────────────────────────────────────────────────────────────────────────────────────────
class Collections:
    """Sees to it that the writes of one request leave no item collection larger than it may be."""

    __slots__ = ("_planned",)

    def __init__(self) -> None:
        self._planned: dict[tuple[str, bytes], int] = {}

    def add(self, table: Table, write: Write) -> None:
        """Count a planned write in.

        Raises:
            ApiError: ItemCollectionSizeLimitExceededException.
        """
        record = write.new or write.old
        if not table.has_local_indexes or record is None:
            return
        growth = table.collection_growth(write)
        place = (table.name, record.partition)
        planned = self._planned.get(place, 0) + growth
        if growth > 0 and table.collection_size(record.partition) + planned > table.collection_max_bytes:
            raise ApiError("ItemCollectionSizeLimitExceededException", messages.COLLECTION_TOO_LARGE)
        self._planned[place] = planned


def collection_metrics(table: Table, key: Item) -> dict[str, Any]:
    """ItemCollectionMetrics of the collection that a key belongs to."""
    partition, _ = table.locate(key)
    least = float(table.collection_size(partition) // _GIB)
    return {
        "ItemCollectionKey": {table.keys.partition: key[table.keys.partition]},
        "SizeEstimateRangeGB": [least, least + 1],
    }


def metrics_by_table(written: Iterable[tuple[str, Table, Item]]) -> dict[str, list[dict[str, Any]]]:
    """ItemCollectionMetrics of several writes: table name to one entry for each collection.

    Args:
        written: the table's name as the request has it, the table, and a key.
    """
    found: dict[str, dict[bytes, dict[str, Any]]] = {}
    for name, table, key in written:
        if table.has_local_indexes:
            found.setdefault(name, {})[table.locate(key)[0]] = collection_metrics(table, key)
    return {name: list(entries.values()) for name, entries in found.items()}


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────
class Asked(Struct, frozen=True):
    """What a write's answer is to hold.

    Attributes:
        table_name: as in the request.
        values: ReturnValues.
        capacity: ReturnConsumedCapacity.
        metrics: whether ItemCollectionMetrics are wanted.
    """

    table_name: str
    values: str = "NONE"
    capacity: str | None = None
    metrics: bool = False


def asked_by(request: Mapping[str, Any]) -> Asked:
    get = request.get
    return Asked(
        request["TableName"],
        get("ReturnValues") or "NONE",
        get("ReturnConsumedCapacity"),
        get("ReturnItemCollectionMetrics") == "SIZE",
    )


def write_answer(asked: Asked, table: Table, key: Item, write: Write, attributes: Any = None) -> dict[str, Any]:
    """The answer of PutItem, UpdateItem and DeleteItem.

    Args:
        key: of the item; it may be the item itself.
        attributes: what ReturnValues asked for; None where there is nothing.
    """
    answer: dict[str, Any] = {}
    if attributes is not None:
        answer["Attributes"] = attributes
    if is_wanted(asked.capacity):
        answer["ConsumedCapacity"] = write_usage(write).answer(str(asked.capacity), asked.table_name)
    if asked.metrics and table.has_local_indexes:
        answer["ItemCollectionMetrics"] = collection_metrics(table, key)
    return answer
