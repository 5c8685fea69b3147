"""INSERT, UPDATE, DELETE and EXISTS as the elements that PutItem and the others have: planned and committed alike.

Owns what is special of PartiQL: an INSERT never replaces an item, an UPDATE never makes one, and an item is named by a
WHERE. Must not know batches and transactions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Raw

from .. import messages, partiql_messages
from ..actions import update_item
from ..actions.delete_item import Delete as DeleteElement
from ..actions.put_item import Put
from ..actions.transact_write_items import Check
from ..actions.update_item import Update as UpdateElement
from ..capacity import is_wanted, write_usage
from ..errors import ApiError, validation
from ..language.meaning import Condition
from ..language.project import projector
from ..requests import check_index_keys, check_key, check_put_keys, checked_item, checked_size
from ..state.table import Table
from ..state.write import Write
from ..values import Item
from ..writes import Collections, WriteCondition
from .keys import item_key
from .reads import condition_of, paths_in, predicate_of
from .statements import Bound, Delete, Exists, Insert, Update, filled
from .template import Where

if TYPE_CHECKING:
    from ..engine import Engine


class InsertElement(Put, frozen=True):
    """One item to be inserted; ``returns_item``: whether the error tells the item that is there."""

    returns_item: bool = False

    def check_keys(self, table: Table) -> None:
        for name, letter in table.keys.types.items():
            if name not in self.item:
                raise validation(partiql_messages.key_missing(name))
            if letter not in self.item[name]:
                raise validation(partiql_messages.key_type_mismatch(name))
        check_put_keys(table.keys, self.item)

    def plan(self, table: Table) -> Write:
        if table.indexes:
            check_index_keys(table, self.item)
        old = table.get(self.item)
        if old is None:
            return table.plan_write(None, self.item, size=self.size)
        if self.returns_item:
            raise ApiError("ConditionalCheckFailedException", messages.CONDITION_FAILED, Item=Raw(old.body))
        raise ApiError("DuplicateItemException", partiql_messages.DUPLICATE_ITEM)


Element: TypeAlias = "InsertElement | UpdateElement | DeleteElement | Check"


def table_name(bound: Bound) -> str:
    """The table that a write is about."""
    statement = bound.statement
    if isinstance(statement, Exists):
        return statement.select.table
    assert isinstance(statement, Insert | Update | Delete), "the callers have refused all else"
    return statement.table


def check_item(bound: Bound) -> None:
    """Refuse an item that no table could have, before its table is looked up."""
    if isinstance(bound.statement, Insert):
        checked_size(checked_item(filled(bound.statement, bound.values)))


def element(bound: Bound, table: Table, *, returns_item: bool) -> Element:
    """A write, ready to be planned.

    Raises:
        StatementFault: operands of its condition or changes do not fit.
        ApiError: a ValidationException: its WHERE does not name an item.
    """
    match bound.statement:
        case Insert(name) as insert:
            item = checked_item(filled(insert, bound.values))
            found: Element = InsertElement(name, item, checked_size(item), None, returns_item)
        case Update(name, changes, where):
            key, rest = _item(where, bound, table)
            condition = _condition(rest, table, must_exist=True, returns_item=returns_item)
            resolved = changes.resolved(bound.names, bound.values)
            found = update_item.element(name, key, resolved, condition, is_nested=True)
        case Delete(name, where):
            key, rest = _item(where, bound, table)
            guard = _condition(rest, table, must_exist=False, returns_item=returns_item) if rest else None
            found = DeleteElement(name, key, guard)
        case Exists(select):
            key, rest = _item(select.where, bound, table)
            found = Check(select.table, key, _condition(rest, table, must_exist=True, returns_item=returns_item))
        case _:
            raise AssertionError("the callers have refused all else")
    found.check_keys(table)
    return found


def _item(where: Where | None, bound: Bound, table: Table) -> tuple[Item, tuple[Condition, ...]]:
    found = item_key(table.keys, condition_of(where, bound))
    if found is None:
        raise validation(partiql_messages.MANDATORY_EQUALITY)
    check_key(table.keys, found[0])
    return found


def _condition(rest: tuple[Condition, ...], table: Table, *, must_exist: bool, returns_item: bool) -> WriteCondition:
    """What is left of a WHERE, and that the item is there."""
    holds = predicate_of(rest)
    if not must_exist:
        assert holds is not None, "there is something left"
        return WriteCondition(holds, paths_in(rest), returns_item)
    if holds is None:
        return WriteCondition(bool, (), returns_item)
    return WriteCondition(lambda item: bool(item) and holds(item), paths_in(rest), returns_item)


# ── one write ────────────────────────────────────────────────────────────────────────────────────────────────────────
def written(found: Element, table: Table, engine: Engine) -> Write:
    """Make one write by itself."""
    if isinstance(found, UpdateElement):
        found.check_targets(table)
    found.check_attributes(table)
    write = found.plan(table) if engine.trouble is None else engine.trouble.plan(found, table)
    if table.has_local_indexes:
        Collections().add(table, write)
    table.commit(write)
    return write


def returned(bound: Bound, found: Element, write: Write) -> list[Raw | Item] | None:
    """What RETURNING asks for; None without it."""
    image = bound.statement.returning if isinstance(bound.statement, Update | Delete) else None
    if image is None:
        return None
    record = write.old if image.endswith("old") else write.new
    if record is None:
        return []
    if image.startswith("all"):
        return [Raw(record.body)]
    assert isinstance(found, UpdateElement), "only updates return what they modified"
    modified = projector([change.steps for change in found.changes])(record.item)
    return [modified] if modified else []


def write_answer(bound: Bound, capacity: str | None, engine: Engine, *, returns_item: bool) -> dict[str, Any]:
    """The answer to an INSERT, UPDATE or DELETE by itself."""
    check_item(bound)
    name = table_name(bound)
    table = engine.catalog.table(name)
    found = element(bound, table, returns_item=returns_item)
    write = written(found, table, engine)
    items = returned(bound, found, write)
    answer: dict[str, Any] = {} if items is None else {"Items": items}
    if is_wanted(capacity):
        answer["ConsumedCapacity"] = write_usage(write).answer(str(capacity), name)
    return answer
