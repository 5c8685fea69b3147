"""Writing records: create, put, update, delete.

The middle of a repository. A write that depends on what is there reads it, is planned (``changes``), and is sent
under the condition that it is still so; where somebody else was faster, it begins anew. Must not know what other
entities a write concerns.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from ...errors import ConditionFailed, TransactionCanceled, ValidationError
from ...expressions import Attr, Condition
from ...key import Key
from ...resilience.backoff import delay
from ...types import Item
from ..errors import NotInContract
from ..mapping.fields import Record
from .changes import Change, attributes_of, change_of
from .reading import Reading
from .refusals import condition_failed
from .stored import transaction

R = TypeVar("R")

#: how often a write begins anew because others change the same item
ATTEMPTS_MAX_COUNT: Final = 16
_BACKOFF_BASE_SECONDS: Final = 0.005
_BACKOFF_MAX_SECONDS: Final = 0.5


class Writing(Reading[R]):
    """What ``Repository`` can write."""

    # ── whole records ────────────────────────────────────────────────────────────────────────────────────────────────
    async def create(self, record: R, *, condition: Condition | None = None, timeout: float | None = None) -> R:
        """Write a record that is not there yet; return it.

        Args:
            record: the whole record; its ids are the caller's, see ``IdAllocator``.
            condition: must hold besides; on attributes.
            timeout: seconds.

        Raises:
            ConditionFailed: there is one with this key; ``item`` is what is there.
            UniqueViolation: with guards: another record has a value that is to be unique.
            RowRefused: a field is missing or has no form in its attribute, a key is empty or too long, or the item is
                over 400 KB.
        """
        with self._operation("create"), self._located("PutItem"):
            item = self.item_of(record)
            missing = ~self.stored.exists()
            condition = missing if condition is None else condition & missing
            try:
                if self.stored.has_guards:
                    async with transaction(self.db, timeout=timeout) as tx:
                        self.stored.add_put(tx, item, None, condition)
                else:
                    await self.table.put_item(item, condition=condition, timeout=timeout)
            except (ConditionFailed, TransactionCanceled) as error:
                said = f"there is a record of {self.label} with this key, or the condition is false"
                raise self._explained(condition_failed(error), said) from error
            return record

    async def put(
        self,
        record: R,
        *,
        newer_by: str | None = None,
        condition: Condition | None = None,
        timeout: float | None = None,
    ) -> bool:
        """Write a whole record, in place of the one with its key if there is one: twice is as good as once.

        Args:
            record: the whole record.
            newer_by: a field such as "updated_at": what is there stays if its value is greater.
            condition: must hold for the item that is there; on attributes.
            timeout: seconds.

        Returns:
            whether it was written; False where what is there is newer.

        Raises:
            ConditionFailed: the condition was false.
            UniqueViolation, RowRefused: as ``create``.
        """
        with self._operation("put"), self._located("PutItem"):
            item = self.item_of(record)
            newer = None if newer_by is None else self._newer(newer_by, item)
            whole = newer if condition is None else condition if newer is None else condition & newer
            try:
                if self.stored.has_guards:
                    await self._put_guarded(item, whole, timeout)
                else:
                    await self.table.put_item(item, condition=whole, timeout=timeout)
            except ConditionFailed as failed:
                if newer_by is not None and self._is_newer(failed.item, item, newer_by):
                    return False
                self._explained(failed)
                raise
            return True

    async def _put_guarded(self, item: Item, condition: Condition | None, timeout: float | None) -> None:
        key = self.stored.key_of(item)
        for attempt in range(1, ATTEMPTS_MAX_COUNT + 1):
            old = await self.table.get_item(key, consistent=True, timeout=timeout)
            try:
                async with transaction(self.db, timeout=timeout) as tx:
                    self.stored.add_put(tx, item, old, condition)
                return
            except TransactionCanceled as canceled:
                failed = condition_failed(canceled)
                moved = self._guarded_values(failed.item) != self._guarded_values(old)
                if not moved or attempt == ATTEMPTS_MAX_COUNT:
                    raise failed from canceled
                await self._pause(attempt)

    def _guarded_values(self, item: Any) -> Any:
        if not isinstance(item, Mapping):
            return None
        return tuple(item.get(name) for names in self.stored.unique for name in names)

    def _newer(self, field: str, item: Item) -> Condition:
        name = self._attribute_of(field)
        if name not in item:
            raise ValidationError(f"{self.mapping.name}: newer_by={field!r}, and the record has none")
        path = Attr(name)
        condition: Condition = path.not_exists() | (path <= item[name])
        return condition

    def _is_newer(self, there: Any, item: Item, field: str) -> bool:
        held = there.get(self._attribute_of(field)) if isinstance(there, Mapping) else None
        return held is not None and bool(held > item[self._attribute_of(field)])

    def item_of(self, record: Any) -> Item:
        """The item that is stored for a record: the contract's attributes and nothing else.

        Raises:
            InvalidExpression: it is no record of this entity.
            RowRefused: as ``create``.
        """
        return self.mapping.to_item(self.records.values(record))

    # ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────────
    async def update(
        self,
        key: Any,
        changes: Mapping[str, Any],
        *,
        expected: Mapping[str, Any] | None = None,
        owner: Mapping[str, Any] | None = None,
        condition: Condition | None = None,
        timeout: float | None = None,
    ) -> R:
        """Change fields of a record that is there, with every attribute and index key that is made of them.

        Where the table's own key changes, the item is deleted and put under the new key in one transaction, guards
        with it.

        Args:
            key: the fields of its key by name, or those of a unique index, a record, or a ``Key``.
            changes: field to new value; None where there is none any more.
            expected: fields and the values that they must have.
            owner: the same, for who may do this: ``owner={"seller_id": 7}``.
            condition: must hold besides; on attributes.
            timeout: seconds of each call.

        Returns:
            the record as it is now.

        Raises:
            ConditionFailed: there is no such record, it has another owner or other values, the condition was false, or
                the new key is taken; ``item`` is what is there.
            UniqueViolation: with guards: another record has a value that is to be unique.
            NotInContract: a field is stored nowhere, or is needed and cannot be read back.
            ValidationError: other entities' items lie in the partition that it would leave: ``move_partition``.
        """
        with self._operation("update"), self._located("UpdateItem"):
            wanted = await self.resolved(key, {}, timeout=timeout)
            return await self.write_update(
                wanted, changes, expected=expected, owner=owner, condition=condition, timeout=timeout, check=True
            )

    async def write_update(
        self,
        wanted: Key | None,
        changes: Mapping[str, Any],
        *,
        expected: Mapping[str, Any] | None = None,
        owner: Mapping[str, Any] | None = None,
        condition: Condition | None = None,
        timeout: float | None = None,
        check: bool = False,
    ) -> R:
        """An update by the item's key; with ``check``, not one that would leave other items behind."""
        new_values = self.records.values(changes)
        for attempt in range(1, ATTEMPTS_MAX_COUNT + 1):
            item, record = await self.read_for_write(wanted, timeout)
            change = self.planned(item, record, new_values, expected, owner)
            if check:
                await self.check_followers(record, new_values)
                await self._check_may_move(item, change, timeout)
            try:
                await self._write(change, condition, timeout)
                return self.read(change.new)
            except (ConditionFailed, TransactionCanceled) as error:
                failed = condition_failed(error)
                if attempt == ATTEMPTS_MAX_COUNT or not self._others_were_faster(failed, change):
                    raise self._explained(failed, self._why_not_changed(failed, change)) from error
                await self._pause(attempt)
        raise AssertionError("the last attempt returns or raises")

    async def read_for_write(self, wanted: Key | None, timeout: float | None = None) -> tuple[Item, Record]:
        item = None if wanted is None else await self.table.get_item(wanted, consistent=True, timeout=timeout)
        if item is None or not self.stored.recognises(item):
            raise ConditionFailed(
                f"there is no record of {self.label} with this key", key=wanted, hint="create it, or put it"
            )
        return item, self.mapping.from_item(item)

    def planned(
        self,
        item: Item,
        record: Record,
        changes: Mapping[str, Any],
        expected: Mapping[str, Any] | None,
        owner: Mapping[str, Any] | None,
    ) -> Change:
        watched = self._held(item, record, expected, "it is not as expected") | self._held(
            item, record, owner, "it has another owner"
        )
        return change_of(self.mapping, item, record, changes, watched)

    def _held(self, item: Item, record: Record, wanted: Mapping[str, Any] | None, otherwise: str) -> frozenset[str]:
        """The attributes of fields that have the wanted values."""
        if not wanted:
            return frozenset()
        values = self.records.values(wanted)
        for name, value in values.items():
            if not self.mapping.fields[name].readable:
                raise NotInContract(
                    f"{self.mapping.name}: {name!r} cannot be compared: a stored item does not tell it",
                    hint="needed: an attribute that holds it",
                )
            if record.get(name) != value:
                failed = ConditionFailed(f"{self.label}: {otherwise}: {name!r} has another value")
                failed.item = self.there(item)
                raise failed
        return attributes_of(self.mapping, values)

    async def _write(
        self, change: Change, condition: Condition | None, timeout: float | None, *, exactly_once: bool = False
    ) -> None:
        """Apply a change; ``exactly_once``: in a transaction, whose token tells it from another's that is alike."""
        guard = self.stored.unchanged(change.item, change.watched)
        if condition is not None:
            guard = condition & guard
        key = self.stored.key_of(change.item)
        touches_guards = any(name in change.update.attribute_names for names in self.stored.unique for name in names)
        if not change.moves and change.update and not touches_guards and not exactly_once:
            await self.table.update_item(key, change.update, condition=guard, timeout=timeout)
            return
        async with transaction(self.db, timeout=timeout) as tx:
            if change.moves:
                self.stored.add_move(tx, change.item, change.new, guard)
            elif change.update:
                self.stored.add_update(tx, change.item, change.update, guard)
            elif condition is not None:
                tx.raw.check(self.table, key, guard)

    async def check_followers(self, record: Record, changes: Mapping[str, Any]) -> None:
        """Refuse a change of what other items' keys are made of; a repository of a layer knows them."""

    async def _check_may_move(self, item: Item, change: Change, timeout: float | None) -> None:
        """Refuse to leave other entities' items behind in a partition; they belong to it by its key."""
        partition = self.stored.keys.partition_key
        if not change.moves or item[partition] == change.new[partition] or self.mapping.table.kind == "single-entity":
            return
        siblings = self.table.query(item[partition], consistent=True, timeout=timeout)
        first = await siblings.map(
            lambda other: None if self.stored.is_guard(other) or self._own(other) else other
        ).first()
        if first is not None:
            raise ValidationError(
                f"{self.mapping.name}: the change moves it to another partition, and other items lie in the old one",
                hint="move_partition() moves them together",
            )

    def _others_were_faster(self, failed: ConditionFailed, change: Change) -> bool:
        """Whether it failed because of what somebody else wrote meanwhile, and not by the caller's own condition."""
        if type(failed) is not ConditionFailed or self._is_taken(failed, change):
            return False
        there = failed.item
        return (
            there is None or not change.fits(there) or self._guarded_values(there) != self._guarded_values(change.item)
        )

    def _is_taken(self, failed: ConditionFailed, change: Change) -> bool:
        """Whether another item has the new key."""
        if not change.moves or not isinstance(failed.item, Mapping):
            return False
        return self.stored.key_of(failed.item) == self.stored.key_of(change.new)

    def _why_not_changed(self, failed: ConditionFailed, change: Change) -> str | None:
        return f"there is a record of {self.label} with the new key" if self._is_taken(failed, change) else None

    # ── delete ───────────────────────────────────────────────────────────────────────────────────────────────────────
    async def delete(
        self,
        key: Any = None,
        /,
        *,
        owner: Mapping[str, Any] | None = None,
        expected: Mapping[str, Any] | None = None,
        condition: Condition | None = None,
        timeout: float | None = None,
        **fields: Any,
    ) -> bool:
        """Delete the record with this key, and its guards; what belongs to it stays, see ``delete_with_children``.

        Args:
            key, fields: as ``get``.
            owner, expected, condition: as ``update``.
            timeout: seconds of each call.

        Returns:
            whether there was one.

        Raises:
            ConditionFailed: it has another owner or other values, or the condition was false.
        """
        with self._operation("delete"), self._located("DeleteItem"):
            wanted = await self.resolved(key, fields, timeout=timeout)
            if wanted is None:
                return False
            if not (self.stored.has_guards or owner or expected):
                return await self._delete_unread(wanted, condition, timeout)
            for attempt in range(1, ATTEMPTS_MAX_COUNT + 1):
                item = await self.table.get_item(wanted, consistent=True, timeout=timeout)
                if item is None or not self.stored.recognises(item):
                    return False
                change = self.planned(item, self.mapping.from_item(item), {}, expected, owner)
                try:
                    await self._delete(change, condition, timeout)
                    return True
                except (ConditionFailed, TransactionCanceled) as error:
                    failed = condition_failed(error)
                    if attempt == ATTEMPTS_MAX_COUNT or not self._others_were_faster(failed, change):
                        raise self._explained(failed) from error
                    await self._pause(attempt)
            raise AssertionError("the last attempt returns or raises")

    async def _delete_unread(self, wanted: Key, condition: Condition | None, timeout: float | None) -> bool:
        try:
            done = await self.table.delete_item(wanted, condition=condition, return_old=True, timeout=timeout)
        except ConditionFailed as failed:
            self._explained(failed)
            raise
        return done.old_item is not None

    async def _delete(self, change: Change, condition: Condition | None, timeout: float | None) -> None:
        guard = self.stored.unchanged(change.item, change.watched)
        if condition is not None:
            guard = condition & guard
        if not self.stored.has_guards:
            await self.table.delete_item(self.stored.key_of(change.item), condition=guard, timeout=timeout)
            return
        async with transaction(self.db, timeout=timeout) as tx:
            self.stored.add_delete(tx, change.item, guard)

    # ── what they share ───────────────────────────────────────────────────────────────────────────────────────────────
    def _attribute_of(self, field: str) -> str:
        """The attribute that holds just this field."""
        (name,) = self.records.values({field: None})
        if name not in self.mapping.entity.attributes:
            raise NotInContract(
                f"{self.mapping.name}: no attribute holds {field!r} just as it is", hint="needed: an attribute for it"
            )
        return name

    async def _pause(self, failures: int) -> None:
        """Let the others finish before the next attempt."""
        config = self.db.config
        chance = config.randomness.random()
        await config.clock.sleep(delay(failures, _BACKOFF_BASE_SECONDS, _BACKOFF_MAX_SECONDS, chance))

    def _explained(self, failed: ConditionFailed, said: str | None = None) -> ConditionFailed:
        """The error in the terms of the entity."""
        if type(failed) is not ConditionFailed:  # of a unique value: its text tells, and its item is the guard
            return failed
        failed.item = self.there(failed.item)
        if said is not None:
            failed.message = said
            failed.args = (said,)
        return failed
