"""A transaction over entities: objects in, and all of them with their index attributes and guards written or none.

Wraps the client's Transaction. Owns which guards go with which write, and which of them an error is about. Must not
know requests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from ...errors import (
    DynamoDBError,
    TransactionCanceled,
    UniqueViolation,
    ValidationError,
)
from ...expressions import Attr, Condition, Raw, Update
from ...key import Key
from ...transaction import Transaction
from ...types import CancellationCode, CancellationReason
from .index_changes import changes_of, either, with_indexes
from .layout import Layout
from .unique import Constraint, touched_by, unchanged

if TYPE_CHECKING:
    from hashrange import ConsumedCapacity

    from .entity_table import EntityTable

M = TypeVar("M")


class EntityTransaction:
    """All of its actions are applied, or none; made by ``transaction()`` of a bound single table.

    ``async with app.transaction() as tx:`` opens it; ``put``, ``update``, ``check`` and ``delete`` add actions, which
    are checked at once and sent when the block is left. Guards of unique fields count as actions, of which there are at
    most 100. ``tx.raw`` is the client's own transaction, for anything else.

    Raises:
        UniqueViolation: a value that is to be unique belongs to another item.
        TransactionCanceled: an action failed for another reason; ``reasons`` has one entry for each action, with items
            as their entity's model. Nothing was applied.
    """

    def __init__(self, raw: Transaction, entity_of: Callable[[Any], EntityTable[Any]]) -> None:
        self.raw = raw
        self._entity_of = entity_of
        self._guards: dict[int, Constraint] = {}  # by the number of the action that puts it
        self._layouts: dict[int, Layout[Any]] = {}

    def __repr__(self) -> str:
        return f"<EntityTransaction {self.raw.action_count} actions>"

    @property
    def token(self) -> str | None:
        """The ClientRequestToken that was sent; None before that."""
        return self.raw.token

    @property
    def consumed(self) -> ConsumedCapacity | None:
        """The capacity that it took, where ``Config.capacity`` asks for it."""
        return self.raw.consumed

    async def __aenter__(self) -> Self:
        await self.raw.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self.raw.__aexit__(kind, error, trace)
        except TransactionCanceled as canceled:
            explained = self._explained(canceled)
            if explained is canceled:
                raise
            raise explained from canceled
        except DynamoDBError as failed:
            if isinstance(failed.__cause__, TransactionCanceled):
                self._explained(failed.__cause__)
            raise

    # ── actions ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def put(
        self,
        item: M,
        /,
        *,
        entity: EntityTable[M] | None = None,
        old: M | None = None,
        condition: Condition | None = None,
        ttl: timedelta | None = None,
    ) -> None:
        """Write an object.

        Args:
            item: of an entity of the table.
            entity: which one; needed for TypedDicts only, whose objects do not tell.
            old: of an entity with unique fields, what is there (as it was read): its guards are given up. Without it,
                such an item must be new.
            condition: must hold for the item that is there, or nothing of the transaction is applied.
            ttl: after which time DynamoDB may delete it, and its guards.

        Raises:
            ValidationError: the object is of no entity, or what DynamoDB would refuse.
        """
        table = self._entity_of(item if entity is None else entity)
        layout = table.layout
        values, key = layout.to_item(item)
        if old is not None and layout.key_of(old) != key:
            raise ValidationError(
                f"entity {layout.entity.name!r}: old has another key than the item",
                hint="delete the old item, and put the new one",
            )
        if table.constraints:
            condition = both(condition, unchanged(layout, old))
        self._layouts[self._next_number] = layout
        self.raw.put(table.table, values, condition=condition, ttl=ttl)
        reads = [None if one is None else layout.entity.reader(one) for one in (item, old)]
        self._guard(table, key, *reads, ttl=ttl)

    def update(
        self,
        entity: type[M] | EntityTable[M],
        update: Update | Raw,
        /,
        *,
        old: M | None = None,
        condition: Condition | None = None,
        **fields: Any,
    ) -> None:
        """Change fields of an item that is there, and with them the attributes of its indexes.

        Args:
            entity: the model, or the entity's table.
            update: what to change.
            old: what is there (as it was read): needed where a unique field is changed.
            condition: must hold for the item, or nothing of the transaction is applied.
            fields: those of its key, and what the changed indexes need besides.

        Raises:
            InvalidExpression, MissingRequiredKey, InvalidKey: as ``update`` of an entity.
        """
        table = self._entity_of(entity)
        layout = table.layout
        before = None if old is None else layout.entity.reader(old)
        key = layout.key(either(fields, before))
        complete, required = with_indexes(layout, update, fields, before)
        touched = touched_by(table.constraints, complete)
        if touched:
            if old is None:
                raise _needs_old(layout, "the update changes")
            required = both(required, unchanged(layout, old))
        self._layouts[self._next_number] = layout
        self.raw.update(table.table, key, complete, condition=both(condition, required))
        if touched and before is not None:
            unique = {field for constraint in touched for field in constraint.fields}
            self._guard(table, key, either(changes_of(layout, complete, unique), before), before)

    def check(self, entity: type[M] | EntityTable[M], condition: Condition, /, **fields: Any) -> None:
        """Change nothing, but let nothing be applied unless the condition holds for the item with these fields."""
        table = self._entity_of(entity)
        key = table.key(**fields)
        self._layouts[self._next_number] = table.layout
        self.raw.check(table.table, key, condition)

    def delete(
        self,
        entity: type[M] | EntityTable[M],
        /,
        *,
        old: M | None = None,
        condition: Condition | None = None,
        **fields: Any,
    ) -> None:
        """Delete an item.

        Args:
            entity: the model, or the entity's table.
            old: what is there (as it was read): needed where the entity has unique fields, for their guards. Then the
                fields of the key need not be given.
            condition: must hold for the item that is there, or nothing of the transaction is applied.
            fields: those of its key.
        """
        table = self._entity_of(entity)
        layout = table.layout
        if table.constraints:
            if old is None:
                raise _needs_old(layout, "it has")
            condition = both(condition, unchanged(layout, old))
        key = layout.key_of(old) if old is not None and not fields else table.key(**fields)
        self._layouts[self._next_number] = layout
        self.raw.delete(table.table, key, condition=condition)
        if old is not None:
            self._guard(table, key, None, layout.entity.reader(old))

    def move(
        self, item: M, /, *, old: M, entity: EntityTable[M] | None = None, condition: Condition | None = None
    ) -> None:
        """An item gets another key: the old one is deleted, and the new one written where there is none; guards follow.

        Args:
            item: the new one.
            old: what is there (as it was read), under another key.
            entity: which one; needed for TypedDicts only, whose objects do not tell.
            condition: must hold for the old item, or nothing of the transaction is applied.

        Raises:
            ValidationError: both have the same key, or what DynamoDB would refuse.
        """
        table = self._entity_of(item if entity is None else entity)
        layout = table.layout
        values, key = layout.to_item(item)
        old_key = layout.key_of(old)
        if key == old_key:
            raise ValidationError(
                f"entity {layout.entity.name!r}: the item has the same key as the old one", hint="put it, with old=..."
            )
        there = Attr(layout.schema.keys.partition_key)
        condition = both(condition, unchanged(layout, old) if table.constraints else there.exists())
        self._layouts[self._next_number] = layout
        self.raw.delete(table.table, old_key, condition=condition)
        self._layouts[self._next_number] = layout
        self.raw.put(table.table, values, condition=there.not_exists())
        self._guard(table, key, layout.entity.reader(item), layout.entity.reader(old), old_owner=old_key)

    # ── guards ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def _guard(
        self,
        table: EntityTable[Any],
        owner: Key,
        new: Callable[[str], Any] | None,
        old: Callable[[str], Any] | None,
        *,
        ttl: timedelta | None = None,
        old_owner: Key | None = None,
    ) -> None:
        for constraint in table.constraints:
            taken = None if new is None else constraint.key(new)
            given_up = None if old is None else constraint.key(old)
            condition = constraint.is_free_or_of(old_owner or owner)
            if taken is not None:
                self._guards[self._next_number] = constraint
                self.raw.put(table.table, constraint.guard(taken, owner), condition=condition, ttl=ttl)
            if given_up is not None and given_up != taken:
                self.raw.delete(table.table, given_up, condition=condition)

    @property
    def _next_number(self) -> int:
        """That of the action that is added next: others may have been added to ``raw``."""
        return self.raw.action_count + 1

    # ── errors ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def _explained(self, canceled: TransactionCanceled) -> DynamoDBError:
        canceled.reasons = [self._decoded(reason) for reason in canceled.reasons]
        failed = [reason for reason in canceled.reasons if reason.code is not CancellationCode.none]
        for reason in failed:
            number = 0 if reason.action is None else reason.action.number
            constraint = self._guards.get(number)
            if constraint is None or reason.code is not CancellationCode.condition_failed:
                return canceled  # something else is wrong, too
        if not failed:
            return canceled
        assert failed[0].action is not None
        return violation(self._guards[failed[0].action.number], failed[0], canceled)

    def _decoded(self, reason: CancellationReason) -> CancellationReason:
        layout = None if reason.action is None else self._layouts.get(reason.action.number)
        return reason if layout is None or reason.item is None else replace(reason, item=layout.there(reason.item))


def both(one: Condition | None, other: Condition) -> Condition:
    """A condition and what must hold besides."""
    return other if one is None else one & other


def _needs_old(layout: Layout[Any], what: str) -> ValidationError:
    names = ", ".join(repr(field) for fields in layout.entity.unique for field in fields)
    return ValidationError(
        f"entity {layout.entity.name!r}: {what} unique fields ({names}), whose guards change with them",
        hint="give the item as it was read: old=...; outside of a transaction, the methods of the entity read it",
    )


def violation(constraint: Constraint, reason: CancellationReason, canceled: TransactionCanceled) -> UniqueViolation:
    entity, fields = constraint.layout.entity.name, constraint.fields
    names = ", ".join(fields)
    error = UniqueViolation(
        f"entity {entity!r}: another item has the same {names}",
        **{name: getattr(canceled, name) for name in ("table", "operation", "request_id", "attempts", "elapsed")},
        code=canceled.code,
        status=canceled.status,
        key=None if reason.action is None else reason.action.key,
    )
    error.entity, error.fields, error.item = entity, fields, reason.item
    return error
