"""TransactGetItems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from ...limits import TRANSACTION_MAX_ACTIONS, TRANSACTION_MAX_BYTES
from .. import messages
from ..capacity import TRANSACTION_FACTOR, Usage, is_wanted, read_units, usages_answer
from ..errors import validation
from ..requests import check_key, check_scalar_keys, checked_item
from ..shapes import NAMES, RETURN_CONSUMED_CAPACITY, TABLE_NAME, list_of, required, string, structure
from ..state.store import Record
from ..state.table import Table
from ..transactions import Outcomes, check_distinct_items, check_keys, check_no_empty_keys
from ..values import Item, item_size
from .get_item import Picked, picked_by, picked_from
from .shared_shapes import KEY

if TYPE_CHECKING:
    from ..engine import Engine

SHAPE: Final = structure(
    "TransactGetItemsInput",
    TransactItems=required(
        list_of(
            structure(
                "TransactGetItem",
                Get=required(
                    structure(
                        "Get",
                        Key=KEY,
                        TableName=TABLE_NAME,
                        ProjectionExpression=string(),
                        ExpressionAttributeNames=NAMES,
                    )
                ),
            ),
            min_length=1,
            max_length=TRANSACTION_MAX_ACTIONS,
        )
    ),
    ReturnConsumedCapacity=RETURN_CONSUMED_CAPACITY,
)

_ITEM_OVERHEAD_BYTES: Final = 4  # what the service adds for each item of an answer while it measures it


class Get(Struct, frozen=True):
    """One item to be read."""

    table_name: str
    key: Item
    picked: Picked | None

    @property
    def subject(self) -> Item:
        """What holds the key."""
        return self.key

    def check_keys(self, table: Table) -> None:
        """Refuse a key that does not fit the table."""
        check_key(table.keys, self.key)

    def check_attributes(self, table: Table) -> None:
        """Refuse what no attribute of the table or its indexes can be."""
        if self.picked is not None:
            check_scalar_keys(table, self.picked.paths)


class Prepared(Struct, frozen=True):
    gets: list[Get]
    capacity: str | None


def validate(request: dict[str, Any]) -> Prepared:
    gets = [_get(each["Get"]) for each in request["TransactItems"]]
    return Prepared(gets, request.get("ReturnConsumedCapacity"))


def _get(request: dict[str, Any]) -> Get:
    key = checked_item(request["Key"])
    check_no_empty_keys(key)
    return Get(request["TableName"], key, picked_by(request))


def apply(prepared: Prepared, engine: Engine) -> dict[str, Any]:
    gets = [(each, engine.catalog.table(each.table_name)) for each in prepared.gets]
    for get, table in gets:
        get.check_attributes(table)
    check_keys(gets)
    check_distinct_items(gets)
    trouble = engine.trouble
    if trouble is None:
        return _answer(prepared, [table.get(get.key) for get, table in gets])
    admitted = Outcomes[None]()
    for get, table in gets:
        admitted.attempt(trouble.admit_get, table, get.key)
    admitted.results()
    records = [table.get(get.key) for get, table in gets]
    trouble.charge_gets((table, get.key, record) for (get, table), record in zip(gets, records, strict=True))
    return _answer(prepared, records)


def _answer(prepared: Prepared, records: list[Record | None]) -> dict[str, Any]:
    responses = []
    total = 0
    usages: dict[str, Usage] = {}
    for get, record in zip(prepared.gets, records, strict=True):
        found = None if record is None else picked_from(record, get.picked)
        responses.append({"Item": found} if found else {})
        if record is not None:
            total += _ITEM_OVERHEAD_BYTES + (item_size(found) if isinstance(found, dict) else record.size)
        usage = usages.setdefault(get.table_name, Usage())
        usage.table += TRANSACTION_FACTOR * read_units(0 if record is None else record.size, consistent=True)
    if total > TRANSACTION_MAX_BYTES:
        raise validation(messages.transaction_answer_too_large(total))
    answer: dict[str, Any] = {"Responses": responses}
    if is_wanted(prepared.capacity):
        answer["ConsumedCapacity"] = usages_answer(str(prepared.capacity), usages, "ReadCapacityUnits")
    return answer
