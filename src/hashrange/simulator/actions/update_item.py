"""UpdateItem, and the Update of transactions."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from msgspec import Raw, Struct

from ...limits import ITEM_SIZE_MAX_BYTES
from .. import messages
from ..errors import validation
from ..language.apply_update import apply_update
from ..language.check import Change, Literal, Steps, Sum, check_update
from ..language.project import projector
from ..legacy import attribute_updates, expected_condition
from ..requests import (
    check_expression_mix,
    check_index_key_type,
    check_key,
    check_scalar_keys,
    check_unused,
    check_updated_index_key,
    check_updated_index_keys,
    checked_item,
    has_nested_paths,
    paths_of,
    placeholders_of,
)
from ..shapes import (
    ITEM,
    NAMES,
    RETURN_CONSUMED_CAPACITY,
    RETURN_ITEM_COLLECTION_METRICS,
    TABLE_NAME,
    alone_in_2026,
    string,
    structure,
)
from ..state.index import Index
from ..state.table import Table
from ..state.write import Write
from ..values import AttributeValue, Item, item_size
from ..writes import Asked, Collections, WriteCondition, asked_by, check_condition_paths, condition_of, write_answer
from .shared_shapes import (
    ATTRIBUTE_UPDATES,
    CONDITIONAL_OPERATOR,
    EXPECTED,
    KEY,
    RETURN_VALUES,
    RETURN_VALUES_ON_CONDITION_CHECK_FAILURE,
)

if TYPE_CHECKING:
    from ..engine import Engine

SHAPE: Final = alone_in_2026(
    structure(
        "UpdateItemInput",
        ReturnConsumedCapacity=RETURN_CONSUMED_CAPACITY,
        TableName=TABLE_NAME,
        ReturnItemCollectionMetrics=RETURN_ITEM_COLLECTION_METRICS,
        ReturnValues=RETURN_VALUES,
        Key=KEY,
        ConditionalOperator=CONDITIONAL_OPERATOR,
        Expected=EXPECTED,
        AttributeUpdates=ATTRIBUTE_UPDATES,
        ConditionExpression=string(),
        UpdateExpression=string(),
        ExpressionAttributeValues=ITEM,
        ExpressionAttributeNames=NAMES,
        ReturnValuesOnConditionCheckFailure=RETURN_VALUES_ON_CONDITION_CHECK_FAILURE,
    ),
    "TableName",
    "ReturnValues",
    "ReturnConsumedCapacity",
    "ReturnItemCollectionMetrics",
)

# what the service adds to the size of an updated item while it measures it (bisected at the 400 KB gate)
_MEASURE_BYTES: Final = 3
_MEASURE_SET_BYTES: Final = 19
_MEASURE_REMOVE_BYTES: Final = 2
_MEASURE_INDEX_BYTES: Final = 1
_MEASURE_ARITHMETIC_BYTES: Final = 50


#: sections whose literal may become the attribute itself
_GIVING: Final = frozenset({"SET", "ADD"})
#: the same for AttributeUpdates: even what is to be deleted from a set must fit an index
_VALUED: Final = _GIVING | {"DELETE"}


class Update(Struct, frozen=True):
    """One item to be updated, alone, or in a transaction.

    Attributes:
        changes: what is to be changed; nothing where the request has no update.
        given: attribute to the value that the request gives it, as far as no item is needed to know.
        apply: the changes applied to an item; None where there are none.
        is_nested: whether a path may lead into an attribute.
        overhead: what the service adds to the size of the resulting item without its key; 0 to measure the item alone.
    """

    table_name: str
    key: Item
    changes: tuple[Change, ...]
    given: Item
    apply: Callable[[Item], Item] | None
    condition: WriteCondition | None
    is_nested: bool = False
    overhead: int = 0

    @property
    def subject(self) -> Item:
        """What holds the key."""
        return self.key

    def check_keys(self, table: Table) -> None:
        """Refuse a key that does not fit the table."""
        check_key(table.keys, self.key)

    def check_targets(self, table: Table) -> None:
        """Refuse to change the key."""
        touched = {change.steps[0] for change in self.changes}
        for name in table.keys.names:
            if name in touched:
                raise validation(messages.cannot_update_key(name))

    def check_attributes(self, table: Table) -> None:
        """Refuse what no attribute of the table or its indexes can be."""
        if self.is_nested:
            check_scalar_keys(table, self._paths_that_lead_inside(table.keys.types))
        check_condition_paths(table, self.condition)
        for index, name, letter, value in _index_keys(table, self.given):
            check_updated_index_key(index, name, letter, value)

    def _paths_that_lead_inside(self, keys: Container[str | int]) -> list[Steps]:
        """All paths but changes of the table's keys: those are refused as such."""
        targets = {change.steps for change in self.changes if change.steps[0] in keys}
        paths = [path for change in self.changes for path in paths_of(change)]
        return [path for path in paths if path not in targets]

    def plan(self, table: Table) -> Write:
        """What is going to change. All that can fail fails here, or has before."""
        self.check_targets(table)
        for index, name, letter, value in _index_keys(table, self.given):
            check_index_key_type(index.name, name, letter, value)
        record = table.get(self.key)
        stored = {} if record is None else record.item
        if self.condition is not None:
            self.condition.require(stored, record)
        old = self.key if record is None else stored
        new = old if self.apply is None else self.apply(old)
        if table.indexes:
            check_updated_index_keys(table, old, new)
        _check_depth(self.changes, new)
        size = item_size(new)
        if self._measured(size) > ITEM_SIZE_MAX_BYTES:
            raise validation(messages.UPDATED_ITEM_TOO_LARGE)
        return table.plan_write(record, new, size=size)

    def _measured(self, size: int) -> int:
        if size + self.overhead <= ITEM_SIZE_MAX_BYTES:
            return size  # the exact measure is no larger
        return max(size, size - item_size(self.key) + self.overhead)


class Prepared(Struct, frozen=True):
    update: Update
    asked: Asked


def validate(request: dict[str, Any]) -> Prepared:
    check_expression_mix(
        request,
        ("AttributeUpdates", "Expected", "ConditionalOperator"),
        ("UpdateExpression", "ConditionExpression"),
    )
    key = checked_item(request["Key"])
    older = request.get("AttributeUpdates")
    legacy = None if older is None else attribute_updates(older)
    expected = expected_condition(request.get("Expected"), request.get("ConditionalOperator"))
    placeholders = placeholders_of(request)
    changes = _changes(request, placeholders)
    condition = condition_of(request, placeholders, expected)
    check_unused(placeholders)
    asked = asked_by(request)
    if legacy is None:
        given, apply_changes = _given(changes, _GIVING), _applied(changes)
    else:
        changes, given, apply_changes = legacy.changes, _given(legacy.changes, _VALUED), legacy.apply
    nested = _has_nested_paths(request)
    update = Update(asked.table_name, key, changes, given, apply_changes, condition, nested, _overhead(changes))
    return Prepared(update, asked)


def prepare(request: dict[str, Any]) -> Update:
    """The Update of a transaction."""
    key = checked_item(request["Key"])
    placeholders = placeholders_of(request)
    changes = _changes(request, placeholders)
    condition = condition_of(request, placeholders)
    check_unused(placeholders)
    given = _given(changes, _GIVING)
    return Update(request["TableName"], key, changes, given, _applied(changes), condition, _has_nested_paths(request))


def element(
    table_name: str, key: Item, changes: tuple[Change, ...], condition: WriteCondition | None, *, is_nested: bool
) -> Update:
    """An Update of checked changes; its item is measured alone, as in a transaction."""
    return Update(table_name, key, changes, _given(changes, _GIVING), _applied(changes), condition, is_nested)


def _has_nested_paths(request: Mapping[str, Any]) -> bool:
    return has_nested_paths(request.get("UpdateExpression", ""))


def _changes(request: Mapping[str, Any], placeholders: Any) -> tuple[Change, ...]:
    source = request.get("UpdateExpression")
    return () if source is None else check_update(source, placeholders)


def _applied(changes: tuple[Change, ...]) -> Callable[[Item], Item] | None:
    return (lambda item: apply_update(changes, item)) if changes else None


def _given(changes: tuple[Change, ...], sections: frozenset[str]) -> Item:
    """Attributes with the values that stand in the request for them."""
    return {
        str(change.steps[0]): change.operand.value
        for change in changes
        if change.section in sections and len(change.steps) == 1 and isinstance(change.operand, Literal)
    }


def _overhead(changes: tuple[Change, ...]) -> int:
    total = _MEASURE_BYTES
    for change in changes:
        if change.section in ("REMOVE", "DELETE"):
            total += _MEASURE_REMOVE_BYTES
            continue
        total += _MEASURE_SET_BYTES
        if isinstance(change.steps[-1], int):
            total += _MEASURE_INDEX_BYTES
        if isinstance(change.operand, Sum):
            total += _MEASURE_ARITHMETIC_BYTES
    return total


# ── what needs the schema ────────────────────────────────────────────────────────────────────────────────────────────
def _index_keys(table: Table, given: Item) -> Iterator[tuple[Index, str, str, AttributeValue]]:
    """What attributes that are keys of indexes are given: index, attribute, its type, value."""
    for index in table.indexes.values():
        for name, letter in index.keys.types.items():
            if name in given:
                yield index, name, letter, given[name]


def _check_depth(changes: tuple[Change, ...], new: Item) -> None:
    """Refuse an item that has become nested too deeply: what the changes touched is looked at again."""
    for change in changes:
        name = str(change.steps[0])
        value = new.get(name)
        if value is not None and ("M" in value or "L" in value):
            checked_item({name: value})


# ── the operation ────────────────────────────────────────────────────────────────────────────────────────────────────
def apply(prepared: Prepared, engine: Engine) -> dict[str, Any]:
    update, asked = prepared.update, prepared.asked
    table = engine.catalog.table(update.table_name)
    update.check_keys(table)
    check_condition_paths(table, update.condition)
    update.check_targets(table)  # in a transaction it is found out later: then it cancels
    update.check_attributes(table)
    write = update.plan(table) if engine.trouble is None else engine.trouble.plan(update, table)
    if table.has_local_indexes:
        Collections().add(table, write)
    table.commit(write)
    return write_answer(asked, table, update.key, write, _attributes(asked.values, update.changes, write))


def _attributes(values: str, changes: tuple[Change, ...], write: Write) -> Raw | Item | None:
    """What ReturnValues asks for; None where there is nothing."""
    if values == "NONE":
        return None
    if values == "ALL_NEW":
        return None if write.new is None else Raw(write.new.body)
    if values == "ALL_OLD":
        return None if write.old is None else Raw(write.old.body)
    image = write.item if values == "UPDATED_NEW" else None if write.old is None else write.old.item
    if image is None or not changes:
        return None
    paths: list[Steps] = [change.steps for change in changes]
    return projector(paths)(image) or None
