"""DeleteItem, and the Delete of transactions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Raw, Struct

from .. import messages
from ..errors import validation
from ..legacy import expected_condition
from ..requests import check_expression_mix, check_key, checked_item
from ..shapes import (
    ITEM,
    NAMES,
    RETURN_CONSUMED_CAPACITY,
    RETURN_ITEM_COLLECTION_METRICS,
    TABLE_NAME,
    string,
    structure,
)
from ..state.table import Table
from ..state.write import Write
from ..values import Item
from ..writes import Asked, WriteCondition, asked_by, check_condition_paths, require, write_answer, write_condition
from .shared_shapes import (
    CONDITIONAL_OPERATOR,
    EXPECTED,
    KEY,
    RETURN_VALUES,
    RETURN_VALUES_ON_CONDITION_CHECK_FAILURE,
)

if TYPE_CHECKING:
    from ..engine import Engine

SHAPE: Final = structure(
    "DeleteItemInput",
    ReturnConsumedCapacity=RETURN_CONSUMED_CAPACITY,
    TableName=TABLE_NAME,
    ReturnValues=RETURN_VALUES,
    ReturnItemCollectionMetrics=RETURN_ITEM_COLLECTION_METRICS,
    Key=KEY,
    ConditionalOperator=CONDITIONAL_OPERATOR,
    Expected=EXPECTED,
    ConditionExpression=string(),
    ExpressionAttributeValues=ITEM,
    ExpressionAttributeNames=NAMES,
    ReturnValuesOnConditionCheckFailure=RETURN_VALUES_ON_CONDITION_CHECK_FAILURE,
)


class Delete(Struct, frozen=True):
    """One item to be deleted, alone, or in a transaction."""

    table_name: str
    key: Item
    condition: WriteCondition | None

    @property
    def subject(self) -> Item:
        """What holds the key."""
        return self.key

    def check_keys(self, table: Table) -> None:
        """Refuse a key that does not fit the table."""
        check_key(table.keys, self.key)

    def check_attributes(self, table: Table) -> None:
        """Refuse what no attribute of the table or its indexes can be."""
        check_condition_paths(table, self.condition)

    def plan(self, table: Table) -> Write:
        """What is going to change. All that can fail fails here, or has before."""
        old = table.get(self.key)
        require(self.condition, old)
        return table.plan_write(old, None)


class Prepared(Struct, frozen=True):
    delete: Delete
    asked: Asked


def validate(request: dict[str, Any]) -> Prepared:
    if len(request) > 2:
        check_expression_mix(request, ("Expected", "ConditionalOperator"), ("ConditionExpression",))
    key = checked_item(request["Key"])
    asked = asked_by(request)
    if asked.values not in ("NONE", "ALL_OLD"):
        raise validation(messages.RETURN_VALUES_OLD_OR_NONE)
    expected = expected_condition(request.get("Expected"), request.get("ConditionalOperator"))
    return Prepared(Delete(asked.table_name, key, write_condition(request, expected)), asked)


def prepare(request: dict[str, Any]) -> Delete:
    """The Delete of a transaction. Names and values beside no expression are accepted there."""
    key = checked_item(request["Key"])
    return Delete(request["TableName"], key, write_condition(request))


def apply(prepared: Prepared, engine: Engine) -> dict[str, Any]:
    delete, asked = prepared.delete, prepared.asked
    table = engine.catalog.table(delete.table_name)
    delete.check_keys(table)
    delete.check_attributes(table)
    write = delete.plan(table) if engine.trouble is None else engine.trouble.plan(delete, table)
    table.commit(write)
    old = Raw(write.old.body) if write.old is not None and asked.values == "ALL_OLD" else None
    return write_answer(asked, table, delete.key, write, old)
