"""A transaction over several repositories: a checkout writes its order, takes stock and empties the cart, or nothing.

Owns how an operation of a repository becomes actions of one transaction. What depends on what is there is read when it
is added, and holds only if it is still so when all is applied. Must not know how actions are sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import TracebackType
from typing import Any, Self, TypeVar

from ...errors import ValidationError
from ...expressions import Condition
from ...patterns.single_table import EntityTransaction
from ..mapping.fields import Record
from .counting import Counting, checked_amount
from .writing import Writing

R = TypeVar("R")


class LayerTransaction:
    """All of its writes happen, or none; made by ``AccessLayer.transaction``.

        async with layer.transaction(token=f"checkout-{order.order_id}") as tx:
            tx.create(layer.orders, order)
            for line in lines:
                await tx.decrease(layer.products, {"id": line.product_id}, "inventory_quantity", line.quantity)
                tx.delete(layer.carts, {"user_email": email, "product_id": line.product_id})

    At most 100 actions on 100 different items; a guard of a unique value is an action, too. What is awaited may read
    first; nothing is written before the block is left.

    Raises:
        UniqueViolation: a value that is to be unique belongs to another record.
        TransactionCanceled: an action failed; ``reasons`` has one entry for each, with the items that are there.
    """

    def __init__(self, raw: EntityTransaction) -> None:
        self.raw = raw

    def __repr__(self) -> str:
        return f"<LayerTransaction {self.raw.raw.action_count} actions>"

    @property
    def action_count(self) -> int:
        """How many of the 100 actions it has."""
        return self.raw.raw.action_count

    async def __aenter__(self) -> Self:
        await self.raw.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.raw.__aexit__(kind, error, trace)

    def create(self, repository: Writing[R], record: R, *, condition: Condition | None = None) -> None:
        """Write a record that is not there yet. Args and errors: as ``Repository.create``."""
        missing = ~repository.stored.exists()
        whole = missing if condition is None else condition & missing
        repository.stored.add_put(self.raw, repository.item_of(record), None, whole)

    async def update(
        self,
        repository: Writing[R],
        key: Any,
        changes: Mapping[str, Any],
        *,
        expected: Mapping[str, Any] | None = None,
        owner: Mapping[str, Any] | None = None,
        condition: Condition | None = None,
    ) -> R:
        """Change fields of a record that is there; return it as it will be. Args, errors: as ``Repository.update``."""
        item, record = await repository.read_for_write(await repository.resolved(key, {}))
        return self.change(repository, item, record, changes, expected=expected, owner=owner, condition=condition)

    def change(
        self,
        repository: Writing[R],
        item: Mapping[str, Any],
        record: Record,
        changes: Mapping[str, Any],
        *,
        expected: Mapping[str, Any] | None = None,
        owner: Mapping[str, Any] | None = None,
        condition: Condition | None = None,
    ) -> R:
        """As ``update``, of an item that was read already."""
        stored = repository.stored
        values = repository.records.values(changes)
        change = repository.planned(dict(item), record, values, expected, owner)
        guard = stored.unchanged(change.item, change.watched)
        guard = guard if condition is None else condition & guard
        if change.moves:
            stored.add_move(self.raw, change.item, change.new, guard)
        elif change.update:
            stored.add_update(self.raw, change.item, change.update, guard)
        else:
            self.raw.raw.check(stored.table, stored.key_of(change.item), guard)
        return repository.read(change.new)

    async def decrease(
        self,
        repository: Counting[Any],
        key: Any,
        field: str,
        by: int | Decimal = 1,
        *,
        not_below: int | Decimal = 0,
    ) -> None:
        """Take from a number, never below a limit. Args and errors: as ``Repository.decrease``; by the table's key."""
        await self._count(repository, key, field, -checked_amount(by), not_below)

    async def increase(self, repository: Counting[Any], key: Any, field: str, by: int | Decimal = 1) -> None:
        """Add to a number that is there. Args and errors: as ``Repository.increase``; by the table's key."""
        await self._count(repository, key, field, checked_amount(by), None)

    async def _count(
        self, repository: Counting[Any], key: Any, field: str, by: int | Decimal, not_below: int | Decimal | None
    ) -> None:
        if repository.counts_in_place(field):
            update, condition = repository.counting(field, by, not_below)
            self.raw.raw.update(repository.table, repository.key(key), update, condition=condition)
            return
        item, record = await repository.read_for_write(repository.key(key))
        change = repository.counted(item, record, field, by, not_below)
        guard = repository.stored.unchanged(change.item, change.watched)
        repository.stored.add_update(self.raw, change.item, change.update, guard)

    def check(self, repository: Writing[Any], key: Any, condition: Condition | None = None) -> None:
        """Change nothing, but let nothing be applied unless there is such a record, and the condition holds for it."""
        there = repository.stored.exists()
        whole = there if condition is None else condition & there
        self.raw.raw.check(repository.table, repository.key(key), whole)

    def delete(self, repository: Writing[Any], key: Any, *, condition: Condition | None = None) -> None:
        """Delete the record with this key; it is no error if there is none.

        Raises:
            ValidationError: the entity has guards, which are deleted with it: use ``delete_read``.
        """
        if repository.stored.has_guards:
            raise ValidationError(
                f"{repository.mapping.name} has guards of unique values, which go with what is there",
                hint="await tx.delete_read(...), which reads it",
            )
        self.raw.raw.delete(repository.table, repository.key(key), condition=condition)

    async def delete_read(
        self,
        repository: Writing[Any],
        key: Any,
        *,
        owner: Mapping[str, Any] | None = None,
        expected: Mapping[str, Any] | None = None,
        condition: Condition | None = None,
    ) -> None:
        """Delete a record that is there, with its guards. Args and errors: as ``Repository.delete``.

        Raises:
            ConditionFailed: there is none, or it has another owner.
        """
        item, record = await repository.read_for_write(await repository.resolved(key, {}))
        change = repository.planned(item, record, {}, expected, owner)
        guard = repository.stored.unchanged(change.item, change.watched)
        repository.stored.add_delete(self.raw, change.item, guard if condition is None else condition & guard)
