"""TransactWriteItems."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from msgspec import Struct

from ...limits import TRANSACTION_MAX_ACTIONS, TRANSACTION_MAX_BYTES, TRANSACTION_TOKEN_MAX_CHARS
from .. import messages
from ..capacity import TRANSACTION_FACTOR, Usage, is_wanted, read_units, usages_answer, write_usage
from ..errors import validation
from ..requests import check_key, checked_item, placeholders_of
from ..shapes import (
    ITEM,
    NAMES,
    RETURN_CONSUMED_CAPACITY,
    RETURN_ITEM_COLLECTION_METRICS,
    TABLE_NAME,
    list_of,
    required,
    string,
    structure,
)
from ..state.table import Table
from ..state.tokens import fingerprint
from ..state.write import Write
from ..transactions import Outcomes, check_distinct_items, check_keys, check_no_empty_keys
from ..values import Item, item_size, value_size
from ..writes import Collections, WriteCondition, check_condition_paths, metrics_by_table, require, write_condition
from .delete_item import Delete
from .delete_item import prepare as prepare_delete
from .put_item import Put
from .put_item import prepare as prepare_put
from .shared_shapes import KEY, RETURN_VALUES_ON_CONDITION_CHECK_FAILURE
from .update_item import Update
from .update_item import prepare as prepare_update

if TYPE_CHECKING:
    from ..engine import Engine
    from ..trouble import Trouble

_EXPRESSION_PARTS: Final = {
    "ExpressionAttributeNames": NAMES,
    "ExpressionAttributeValues": ITEM,
    "ReturnValuesOnConditionCheckFailure": RETURN_VALUES_ON_CONDITION_CHECK_FAILURE,
}
SHAPE: Final = structure(
    "TransactWriteItemsInput",
    TransactItems=required(
        list_of(
            structure(
                "TransactWriteItem",
                ConditionCheck=structure(
                    "ConditionCheck",
                    Key=KEY,
                    TableName=TABLE_NAME,
                    ConditionExpression=required(string()),
                    **_EXPRESSION_PARTS,
                ),
                Put=structure(
                    "Put",
                    Item=required(ITEM),
                    TableName=TABLE_NAME,
                    ConditionExpression=string(),
                    **_EXPRESSION_PARTS,
                ),
                Delete=structure(
                    "Delete", Key=KEY, TableName=TABLE_NAME, ConditionExpression=string(), **_EXPRESSION_PARTS
                ),
                Update=structure(
                    "Update",
                    Key=KEY,
                    UpdateExpression=required(string()),
                    TableName=TABLE_NAME,
                    ConditionExpression=string(),
                    **_EXPRESSION_PARTS,
                ),
            ),
            min_length=1,
            max_length=TRANSACTION_MAX_ACTIONS,
        )
    ),
    ClientRequestToken=string(1, TRANSACTION_TOKEN_MAX_CHARS),
    ReturnConsumedCapacity=RETURN_CONSUMED_CAPACITY,
    ReturnItemCollectionMetrics=RETURN_ITEM_COLLECTION_METRICS,
)


class Check(Struct, frozen=True):
    """A condition that some item must meet."""

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
        """A write that changes nothing."""
        record = table.get(self.key)
        require(self.condition, record)
        return Write(record, record)


Element: TypeAlias = "Check | Put | Delete | Update"


class Prepared(Struct, frozen=True):
    """A transaction.

    Attributes:
        fingerprint: of its elements; empty where there is no token.
    """

    elements: list[Element]
    token: str | None
    fingerprint: bytes
    capacity: str | None
    metrics: bool


def _prepare_check(request: dict[str, Any]) -> Check:
    key = checked_item(request["Key"])
    return Check(request["TableName"], key, write_condition(request))


_PREPARE: Final[dict[str, Callable[[dict[str, Any]], Element]]] = {
    "ConditionCheck": _prepare_check,
    "Put": prepare_put,
    "Delete": prepare_delete,
    "Update": prepare_update,
}


# ── what needs no table ──────────────────────────────────────────────────────────────────────────────────────────────
def validate(request: dict[str, Any]) -> Prepared:
    items: list[dict[str, Any]] = request["TransactItems"]
    for each in items:
        if len(each) != 1:
            raise validation(messages.TRANSACTION_SEVERAL_MEMBERS if each else messages.TRANSACTION_NO_MEMBER)
    elements = []
    for each in items:
        ((name, parameters),) = each.items()
        element = _PREPARE[name](parameters)
        if not isinstance(element, Put):
            check_no_empty_keys(element.key)
        elements.append(element)
    _check_payload(items, elements)
    token = request.get("ClientRequestToken")
    return Prepared(
        elements,
        token,
        b"" if token is None else _fingerprint(items, elements),
        request.get("ReturnConsumedCapacity"),
        request.get("ReturnItemCollectionMetrics") == "SIZE",
    )


def _fingerprint(items: list[dict[str, Any]], elements: list[Element]) -> bytes:
    """Of what is asked for, however its values are written: numbers and sets in their normal form."""
    asked = []
    for each, element in zip(items, elements, strict=True):
        ((name, parameters),) = each.items()
        normal: dict[str, Any] = {"Item" if name == "Put" else "Key": element.subject}
        if "ExpressionAttributeValues" in parameters:
            normal["ExpressionAttributeValues"] = placeholders_of(parameters).values
        asked.append({name: parameters | normal})
    return fingerprint(asked)


def _check_payload(items: list[dict[str, Any]], elements: list[Element]) -> None:
    """Refuse a transaction that brings along too much: items and keys, expressions, their names and values."""
    total = 0
    for each, element in zip(items, elements, strict=True):
        (parameters,) = each.values()
        total += item_size(element.subject) + _expression_size(parameters)
        if total > TRANSACTION_MAX_BYTES:
            raise validation(messages.transaction_too_large(total))


def _expression_size(parameters: dict[str, Any]) -> int:
    texts = [parameters.get("ConditionExpression", ""), parameters.get("UpdateExpression", "")]
    texts += parameters.get("ExpressionAttributeNames", {}).values()
    values = placeholders_of(parameters).values.values()
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts) + sum(map(value_size, values))


# ── what needs them ──────────────────────────────────────────────────────────────────────────────────────────────────
def apply(prepared: Prepared, engine: Engine, operation: str = "TransactWriteItems") -> dict[str, Any]:
    token, trouble = prepared.token, engine.trouble
    if token is not None:
        receipt = engine.tokens.receipt(operation, token, prepared.fingerprint)
        if receipt is not None:
            if trouble is not None:
                trouble.check_token(token)
            return _answer_again(prepared, receipt)
    elements = [(each, engine.catalog.table(each.table_name)) for each in prepared.elements]
    for each, table in elements:
        check_no_empty_keys({name: each.subject[name] for name in table.keys.names if name in each.subject})
    check_keys(elements)
    for each, table in elements:
        each.check_attributes(table)
    check_distinct_items(elements)
    writes = _plan(elements, trouble)
    if trouble is not None:
        planned = zip(elements, writes, strict=True)
        trouble.begin(token, [(table, each.subject, write) for (each, table), write in planned])
    for (_, table), write in zip(elements, writes, strict=True):
        table.commit(write)
    if token is not None:
        receipt = _read_usages(prepared.elements, writes)
        engine.tokens.remember(operation, token, prepared.fingerprint, receipt)
    return _answer(prepared, elements, writes)


def _plan(elements: list[tuple[Element, Table]], trouble: Trouble | None) -> list[Write]:
    """What is going to change; every element is tried, and one failure cancels all."""
    outcomes = Outcomes[Write]()
    collections = Collections()

    def plan(element: Element, table: Table) -> Write:
        write = element.plan(table) if trouble is None else trouble.plan_element(element, table)
        collections.add(table, write)
        return write

    for element, table in elements:
        outcomes.attempt(plan, element, table)
    return outcomes.results()


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _answer(prepared: Prepared, elements: list[tuple[Element, Table]], writes: list[Write]) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    if is_wanted(prepared.capacity):
        usages: dict[str, Usage] = {}
        for each, write in zip(prepared.elements, writes, strict=True):
            usages.setdefault(each.table_name, Usage()).add(write_usage(write, TRANSACTION_FACTOR))
        answer["ConsumedCapacity"] = usages_answer(str(prepared.capacity), usages, "WriteCapacityUnits")
    if prepared.metrics:
        metrics = metrics_by_table(
            (each.table_name, table, each.subject) for each, table in elements if not isinstance(each, Check)
        )
        if metrics:
            answer["ItemCollectionMetrics"] = metrics
    return answer


def _answer_again(prepared: Prepared, usages: dict[str, Usage]) -> dict[str, Any]:
    """The answer to a repetition: it costs what reading the items costs."""
    if not is_wanted(prepared.capacity):
        return {}
    return {"ConsumedCapacity": usages_answer(str(prepared.capacity), usages, "ReadCapacityUnits")}


def _read_usages(elements: list[Element], writes: list[Write]) -> dict[str, Usage]:
    usages: dict[str, Usage] = {}
    for each, write in zip(elements, writes, strict=True):
        usages.setdefault(each.table_name, Usage()).table += TRANSACTION_FACTOR * read_units(
            write.size_max, consistent=True
        )
    return usages
