"""PutItem, and the Put of transactions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Raw, Struct

from .. import messages
from ..errors import validation
from ..legacy import expected_condition
from ..requests import (
    check_expression_mix,
    check_index_key_contents,
    check_index_keys,
    check_put_keys,
    checked_item,
    checked_size,
)
from ..shapes import (
    ITEM,
    NAMES,
    RETURN_CONSUMED_CAPACITY,
    RETURN_ITEM_COLLECTION_METRICS,
    TABLE_NAME,
    alone_in_2026,
    required,
    string,
    structure,
)
from ..state.table import Table
from ..state.write import Write
from ..values import Item
from ..writes import (
    Asked,
    Collections,
    WriteCondition,
    asked_by,
    check_condition_paths,
    require,
    write_answer,
    write_condition,
)
from .shared_shapes import CONDITIONAL_OPERATOR, EXPECTED, RETURN_VALUES, RETURN_VALUES_ON_CONDITION_CHECK_FAILURE

if TYPE_CHECKING:
    from ..engine import Engine

SHAPE: Final = alone_in_2026(
    structure(
        "PutItemInput",
        ReturnConsumedCapacity=RETURN_CONSUMED_CAPACITY,
        TableName=TABLE_NAME,
        Item=required(ITEM),
        ConditionalOperator=CONDITIONAL_OPERATOR,
        Expected=EXPECTED,
        ReturnValues=RETURN_VALUES,
        ReturnItemCollectionMetrics=RETURN_ITEM_COLLECTION_METRICS,
        ConditionExpression=string(),
        ExpressionAttributeValues=ITEM,
        ExpressionAttributeNames=NAMES,
        ReturnValuesOnConditionCheckFailure=RETURN_VALUES_ON_CONDITION_CHECK_FAILURE,
    ),
    "TableName",
)


class Put(Struct, frozen=True):
    """One item to be put, alone, or in a transaction."""

    table_name: str
    item: Item
    size: int
    condition: WriteCondition | None

    @property
    def subject(self) -> Item:
        """What holds the key."""
        return self.item

    def check_keys(self, table: Table) -> None:
        """Refuse keys that do not fit the table."""
        check_put_keys(table.keys, self.item)

    def check_attributes(self, table: Table) -> None:
        """Refuse what no attribute of the table or its indexes can be."""
        if table.indexes:
            check_index_key_contents(table, self.item)
        check_condition_paths(table, self.condition)

    def plan(self, table: Table) -> Write:
        """What is going to change. All that can fail fails here, or has before."""
        if table.indexes:
            check_index_keys(table, self.item)
        old = table.get(self.item)
        require(self.condition, old)
        return table.plan_write(old, self.item, size=self.size)


class Prepared(Struct, frozen=True):
    put: Put
    asked: Asked


def validate(request: dict[str, Any]) -> Prepared:
    if len(request) > 2:
        check_expression_mix(request, ("Expected", "ConditionalOperator"), ("ConditionExpression",))
    item = checked_item(request["Item"])
    asked = asked_by(request)
    if asked.values not in ("NONE", "ALL_OLD"):
        raise validation(messages.RETURN_VALUES_OLD_OR_NONE)
    size = checked_size(item)
    expected = expected_condition(request.get("Expected"), request.get("ConditionalOperator"))
    return Prepared(Put(asked.table_name, item, size, write_condition(request, expected)), asked)


def prepare(request: dict[str, Any]) -> Put:
    """The Put of a transaction. Names and values beside no expression are accepted there."""
    item = checked_item(request["Item"])
    return Put(request["TableName"], item, checked_size(item), write_condition(request))


def apply(prepared: Prepared, engine: Engine) -> dict[str, Any]:
    put, asked = prepared.put, prepared.asked
    table = engine.catalog.table(put.table_name)
    put.check_keys(table)
    put.check_attributes(table)
    write = put.plan(table) if engine.trouble is None else engine.trouble.plan(put, table)
    if table.has_local_indexes:
        Collections().add(table, write)
    table.commit(write)
    old = Raw(write.old.body) if write.old is not None and asked.values == "ALL_OLD" else None
    return write_answer(asked, table, put.item, write, old)
