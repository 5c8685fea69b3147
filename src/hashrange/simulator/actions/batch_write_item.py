"""BatchWriteItem."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from ...limits import BATCH_WRITE_MAX_ITEMS
from .. import messages
from ..capacity import Usage, is_wanted, usages_answer, write_usage
from ..errors import ApiError, validation
from ..requests import check_batch_put_keys, check_index_keys, check_key, checked_item, checked_size
from ..shapes import (
    ITEM,
    RETURN_CONSUMED_CAPACITY,
    RETURN_ITEM_COLLECTION_METRICS,
    TABLE_NAME,
    list_of,
    map_of,
    required,
    structure,
)
from ..state.table import Table
from ..state.write import Write
from ..values import Item
from ..writes import Collections, metrics_by_table
from .shared_shapes import KEY

if TYPE_CHECKING:
    from ..engine import Engine
    from ..trouble import Trouble

SHAPE: Final = structure(
    "BatchWriteItemInput",
    ReturnConsumedCapacity=RETURN_CONSUMED_CAPACITY,
    ReturnItemCollectionMetrics=RETURN_ITEM_COLLECTION_METRICS,
    RequestItems=required(
        map_of(
            list_of(
                structure(
                    "WriteRequest",
                    DeleteRequest=structure("DeleteRequest", Key=KEY),
                    PutRequest=structure("PutRequest", Item=required(ITEM)),
                )
            ),
            max_length=BATCH_WRITE_MAX_ITEMS,
            key=TABLE_NAME,
            value_constraints=(1, BATCH_WRITE_MAX_ITEMS),
        )
    ),
)


class BatchedWrite(Struct, frozen=True):
    """One put or delete of a batch.

    Attributes:
        subject: the item, or the key of what is to be deleted.
        size: of the item; None for a delete.
    """

    table_name: str
    subject: Item
    size: int | None

    @property
    def request(self) -> dict[str, Any]:
        """The same as it is asked for."""
        if self.size is None:
            return {"DeleteRequest": {"Key": self.subject}}
        return {"PutRequest": {"Item": self.subject}}

    def check_keys(self, table: Table) -> None:
        """Refuse keys that do not fit the table and its indexes."""
        if self.size is None:
            check_key(table.keys, self.subject)
        else:
            check_batch_put_keys(table.keys, self.subject)
            check_index_keys(table, self.subject)

    def plan(self, table: Table) -> Write:
        """What is going to change."""
        return table.plan_write(table.get(self.subject), None if self.size is None else self.subject, size=self.size)


class Prepared(Struct, frozen=True):
    writes: list[BatchedWrite]
    capacity: str | None
    metrics: bool


def validate(request: dict[str, Any]) -> Prepared:
    items: dict[str, list[dict[str, Any]]] = request["RequestItems"]
    if not items:
        raise validation(messages.batch_empty("BatchWriteItem"))
    writes = []
    for name, requests in items.items():
        if any(len(each) != 1 for each in requests):
            raise validation(messages.WRITE_REQUEST_MEMBERS)
        writes += [_checked(name, each) for each in requests]
    if len(writes) > BATCH_WRITE_MAX_ITEMS:
        raise validation(messages.batch_too_large("BatchWriteItem"))
    metrics = request.get("ReturnItemCollectionMetrics") == "SIZE"
    return Prepared(writes, request.get("ReturnConsumedCapacity"), metrics)


def _checked(table_name: str, request: dict[str, Any]) -> BatchedWrite:
    if "PutRequest" in request:
        item = checked_item(request["PutRequest"]["Item"])
        return BatchedWrite(table_name, item, checked_size(item))
    return BatchedWrite(table_name, checked_item(request["DeleteRequest"]["Key"]), None)


def apply(prepared: Prepared, engine: Engine) -> dict[str, Any]:
    tables = {each.table_name: engine.catalog.table(each.table_name) for each in prepared.writes}
    _check(prepared, tables)
    planned, left = _plan(prepared, tables, engine.trouble)
    usages: dict[str, Usage] = {}
    for each, write in planned:
        tables[each.table_name].commit(write)
        usages.setdefault(each.table_name, Usage()).add(write_usage(write))
    return _answer(prepared, tables, [each for each, _ in planned], left, usages)


def _plan(
    prepared: Prepared, tables: dict[str, Table], trouble: Trouble | None
) -> tuple[list[tuple[BatchedWrite, Write]], list[BatchedWrite]]:
    """What is going to change, and what is left unprocessed.

    Raises:
        ApiError: nothing can be processed, or an item collection would become too large.
    """
    planned: list[tuple[BatchedWrite, Write]] = []
    left: list[BatchedWrite] = []
    refusal: ApiError | None = None
    collections = Collections()
    for each in prepared.writes:
        table = tables[each.table_name]
        write = each.plan(table)
        refused = None if trouble is None else trouble.refusal_in_batch(table, each.subject, write)
        if refused is not None:
            refusal = refused
            left.append(each)
            continue
        collections.add(table, write)
        planned.append((each, write))
    if refusal is not None and not planned:
        raise refusal
    return planned, left


def _check(prepared: Prepared, tables: dict[str, Table]) -> None:
    """Refuse keys that do not fit their tables, and two writes of one item."""
    places = set()
    for count, each in enumerate(prepared.writes, 1):
        table = tables[each.table_name]
        each.check_keys(table)
        places.add((table.name, *table.locate(each.subject)))
        if len(places) < count:
            raise validation(messages.BATCH_DUPLICATES)


def _answer(
    prepared: Prepared,
    tables: dict[str, Table],
    done: list[BatchedWrite],
    left: list[BatchedWrite],
    usages: dict[str, Usage],
) -> dict[str, Any]:
    unprocessed: dict[str, list[dict[str, Any]]] = {}
    for each in left:
        unprocessed.setdefault(each.table_name, []).append(each.request)
    answer: dict[str, Any] = {"UnprocessedItems": unprocessed}
    if is_wanted(prepared.capacity):
        answer["ConsumedCapacity"] = usages_answer(str(prepared.capacity), usages)
    if prepared.metrics:
        written = [(each.table_name, tables[each.table_name], each.subject) for each in done]
        metrics = metrics_by_table(written)
        if metrics:
            answer["ItemCollectionMetrics"] = metrics
    return answer
