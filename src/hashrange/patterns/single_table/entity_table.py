"""One entity's operations: get, put, update, delete and query by the fields of its templates.

Each is the table's own operation with keys made from fields, and index attributes and guards of unique fields kept in
step. Must not know other entities.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Generic, Literal, TypeVar, cast, overload

from ...client import DynamoDB
from ...errors import ConditionFailed, DynamoDBError, InvalidExpression
from ...expressions import Attr, Condition, Update
from ...key import Key
from ...pagination import Query
from ...results import DeleteResult, PutResult, UpdateResult
from ...table import Table
from ...types import Item, Returns
from .guarded_write import Guarded, write_with_guards
from .index_changes import either, with_indexes
from .key_range import key_range
from .layout import Layout
from .transaction import EntityTransaction, both
from .unique import Constraint, touched_by

M = TypeVar("M")


class EntityTable(Generic[M]):
    """The items of one entity; made by ``entity(Model)`` of a bound single table.

    Fields of templates are given by name: ``users.get(id="123")``. Every method takes ``timeout``, the seconds of the
    whole call, and raises ``DynamoDBError``s that name the table, the operation and the key.

    Attributes:
        model: the entity's model.
        name: the entity's name.
        table: the table, without a model.
    """

    def __init__(
        self, db: DynamoDB, table: Table[Item], layout: Layout[M], constraints: tuple[Constraint, ...]
    ) -> None:
        self._db, self.table, self.layout, self.constraints = db, table, layout, constraints
        self.model: type[M] = layout.entity.model
        self.name = layout.entity.name

    def __repr__(self) -> str:
        return f"<EntityTable {self.name} in {self.table.name!r}>"

    def key(self, **fields: Any) -> Key:
        """The key of the item with these fields, for operations of the table itself.

        Raises:
            MissingRequiredKey, InvalidKey: a field is missing, or cannot stand in a key.
            InvalidExpression: a field is given that is not part of the key.
        """
        key = self.layout.key(fields.get)
        if len(fields) != len(self.layout.primary.fields):
            extra = next(field for field in fields if field not in self.layout.primary.fields)
            raise InvalidExpression(
                f"entity {self.name!r}: {extra!r} is not part of the key",
                hint=f"the key needs {', '.join(self.layout.primary.fields)}; to find items by others, use query()",
            )
        return key

    def key_of(self, item: M, /) -> Key:
        """The key of an object."""
        return self.layout.key_of(item)

    # ── one item ─────────────────────────────────────────────────────────────────────────────────────────────────────
    async def get(
        self, *, consistent: bool = False, hide_expired: bool = False, timeout: float | None = None, **fields: Any
    ) -> M | None:
        """The item with these fields, or None.

        Args:
            consistent: see every write that was acknowledged before; costs twice the capacity.
            hide_expired: None where the item's TTL is over and DynamoDB has not deleted it yet.
            timeout: seconds.
            fields: those of its key.
        """
        try:
            key = self.key(**fields)
        except DynamoDBError as error:
            self.located(error, "GetItem")
            raise
        item = await self.table.get_item(key, consistent=consistent, hide_expired=hide_expired, timeout=timeout)
        return None if item is None else self.read(item, "GetItem", key)

    async def put(
        self,
        item: M,
        /,
        *,
        condition: Condition | None = None,
        return_old: bool = False,
        ttl: timedelta | None = None,
        timeout: float | None = None,
    ) -> PutResult[M]:
        """Write a whole object, in place of the one with its key if there is one.

        Of an entity with unique fields it is read first, and written in a transaction with its guards.

        Args:
            condition: write only if it holds for the item that is there.
            return_old: give back the item that was replaced.
            ttl: after which time DynamoDB may delete it.
            timeout: seconds.

        Raises:
            ConditionFailed: the condition was false; ``item`` is what is there.
            UniqueViolation: another item has a value that is to be unique.
            MissingRequiredKey, InvalidKey: a field of the key has no value, or a value cannot stand in a key.
            TypeMismatch, ValidationError, ItemTooLarge: refused before sending.
        """
        try:
            values, key = self.layout.to_item(item)
        except DynamoDBError as error:
            self.located(error, "PutItem")
            raise
        if self.constraints:

            def write(tx: EntityTransaction, old: M | None) -> None:
                tx.put(item, entity=self, old=old, condition=condition, ttl=ttl)

            guarded: Guarded[M] = await write_with_guards(self, self._db, "PutItem", key, write, timeout)
            return PutResult(guarded.old if return_old else None, guarded.tx.consumed)
        try:
            done = await self.table.put_item(
                values, condition=condition, return_old=return_old, ttl=ttl, timeout=timeout
            )
        except ConditionFailed as failed:
            failed.item = self.layout.there(failed.item)
            raise
        if done.old_item is None:
            return PutResult(None, done.consumed)
        return PutResult(self.read(done.old_item, "PutItem", key, written=True), done.consumed)

    @overload
    async def update(
        self,
        update: Update,
        /,
        *,
        old: M | None = None,
        condition: Condition | None = None,
        returns: Literal["none", "all_old", "all_new"] = "none",
        retry_ambiguous: bool = False,
        timeout: float | None = None,
        **fields: Any,
    ) -> UpdateResult[M]: ...
    @overload
    async def update(
        self,
        update: Update,
        /,
        *,
        old: M | None = None,
        condition: Condition | None = None,
        returns: Literal["updated_old", "updated_new"],
        retry_ambiguous: bool = False,
        timeout: float | None = None,
        **fields: Any,
    ) -> UpdateResult[Item]: ...
    async def update(
        self,
        update: Update,
        /,
        *,
        old: M | None = None,
        condition: Condition | None = None,
        returns: Returns = "none",
        retry_ambiguous: bool = False,
        timeout: float | None = None,
        **fields: Any,
    ) -> UpdateResult[Any]:
        """Change fields of an item that is there, and with them the attributes of its indexes.

        Where a changed index needs fields that do not change, give them too, or the item as it was read: that they are
        what is stored becomes part of the condition. Where a unique field changes, the item is read first.

        Args:
            update: what to change, by attribute.
            old: the item as it was read; then the fields of the key need not be given.
            condition: change only if it holds for the item that is there.
            returns: as ``Table.update_item``; where a unique field changes, "none" or "all_old".
            retry_ambiguous: as ``Table.update_item``.
            timeout: seconds.
            fields: those of the key, and what the changed indexes need besides.

        Raises:
            ConditionFailed: the condition was false, or there is no item (then ``item`` is None).
            UniqueViolation: another item has a value that is to be unique.
            InvalidExpression: the update changes the key, or a field of a template in a way whose outcome is not known
                beforehand.
            MissingRequiredKey, InvalidKey: a field is missing, or cannot stand in a key.
        """
        try:
            key, complete, condition_of_all = self._planned_update(update, old, condition, fields)
            if in_transaction := touched_by(self.constraints, update):
                _check_returns(self.name, returns)
        except DynamoDBError as error:
            self.located(error, "UpdateItem")
            raise
        if in_transaction:
            found = await self._update_unique(key, update, condition, fields, timeout)
            return UpdateResult(found if returns == "all_old" else None)
        try:
            done: UpdateResult[Any] = await self.table.update_item(
                key,
                complete,
                condition=condition_of_all,
                returns=cast("Any", returns),
                retry_ambiguous=retry_ambiguous,
                timeout=timeout,
            )
        except ConditionFailed as failed:
            failed.item = self.layout.there(failed.item)
            raise
        if done.item is None or returns in ("updated_old", "updated_new"):
            return done
        return UpdateResult(self.read(done.item, "UpdateItem", key, written=True), done.consumed)

    async def delete(
        self,
        *,
        condition: Condition | None = None,
        return_old: bool = False,
        timeout: float | None = None,
        **fields: Any,
    ) -> DeleteResult[M]:
        """Delete the item with these fields; it is no error if there is none.

        Of an entity with unique fields it is read first, and deleted with its guards.

        Args:
            condition: delete only if it holds for the item that is there.
            return_old: give back the item that was deleted.
            timeout: seconds.
            fields: those of its key.

        Raises:
            ConditionFailed: the condition was false; ``item`` is what is there.
        """
        try:
            key = self.key(**fields)
        except DynamoDBError as error:
            self.located(error, "DeleteItem")
            raise
        if self.constraints:

            def write(tx: EntityTransaction, old: M | None) -> None:
                if old is not None:
                    tx.delete(self, old=old, condition=condition)
                elif condition is not None:
                    nothing = Attr(self.table.schema.keys.partition_key).not_exists()
                    tx.raw.delete(self.table, key, condition=condition & nothing)

            guarded: Guarded[M] = await write_with_guards(self, self._db, "DeleteItem", key, write, timeout)
            return DeleteResult(guarded.old if return_old else None, guarded.tx.consumed)
        try:
            done = await self.table.delete_item(key, condition=condition, return_old=return_old, timeout=timeout)
        except ConditionFailed as failed:
            failed.item = self.layout.there(failed.item)
            raise
        if done.old_item is None:
            return DeleteResult(None, done.consumed)
        return DeleteResult(self.read(done.old_item, "DeleteItem", key, written=True), done.consumed)

    # ── many items ───────────────────────────────────────────────────────────────────────────────────────────────────
    def query(
        self,
        *,
        index: str | None = None,
        filter: Condition | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        descending: bool = False,
        consistent: bool = False,
        cursor: str | None = None,
        hide_expired: bool = False,
        prefetch: bool = False,
        timeout: float | None = None,
        **fields: Any,
    ) -> Query[M]:
        """The items whose keys begin with these fields, in the order of the sort key. Nothing is sent until it is used.

        The fields of a partition key, and of its sort key the first ones: as many as are known. A condition on the next
        one is a range: ``orders.query(user_id="1", status="open", placed_at=between(monday, sunday))``, with ``lt le gt
        ge between begins_with``. Items of other entities in that range are left out.

        Args:
            index: the name of an index, or "primary" for the table; None: the one that the fields go with.
            fields: by name.
            others: as in ``Table.query``.

        Raises:
            ValidationError: the fields go with no index, or with several.
            InvalidKey: a value cannot stand in a key.
        """
        try:
            found = key_range(self.layout, fields, index)
        except DynamoDBError as error:
            self.located(error, "Query")
            raise
        query = self.table.query(
            found.partition, found.sort, index=found.place.index, filter=filter, limit=limit, page_size=page_size,
            descending=descending, consistent=consistent, cursor=cursor, hide_expired=hide_expired, prefetch=prefetch,
            timeout=timeout,
        )  # fmt: skip
        return query.map(self._chosen(found.place.keys.sort_key or "", found.without))

    def _chosen(self, sort_key: str, without: Any) -> Callable[[Item], M | None]:
        """From an item to an object; None where it is not of this entity, or has the sort key that is left out."""
        owns, from_item = self.layout.owns, self.layout.from_item
        if without is None:
            return lambda item: from_item(item) if owns(item) else None
        return lambda item: from_item(item) if owns(item) and item.get(sort_key) != without else None

    def _planned_update(
        self, update: Update, old: M | None, condition: Condition | None, fields: dict[str, Any]
    ) -> tuple[Key, Update, Condition]:
        """The key, the update with what it means for indexes, and the whole condition."""
        before = None if old is None else self.layout.entity.reader(old)
        key = self.layout.key(either(fields, before))
        complete, required = with_indexes(self.layout, update, fields, before)
        return key, complete, both(condition, required)

    # ── unique fields ────────────────────────────────────────────────────────────────────────────────────────────────
    async def _update_unique(
        self, key: Key, update: Update, condition: Condition | None, fields: dict[str, Any], timeout: float | None
    ) -> M | None:
        def write(tx: EntityTransaction, old: M | None) -> None:
            if old is None:
                raise self.located(
                    ConditionFailed("there is no item to update", hint="put it first"), "UpdateItem", key
                )
            tx.update(self, update, old=old, condition=condition, **fields)

        guarded: Guarded[M] = await write_with_guards(self, self._db, "UpdateItem", key, write, timeout)
        return guarded.old

    # ── what they share ──────────────────────────────────────────────────────────────────────────────────────────────
    def read(self, item: Item, operation: str, key: Key, *, written: bool = False) -> M:
        """A stored item as an object; an error says which operation has read it. The item is used up."""
        try:
            return self.layout.from_item(item)
        except DynamoDBError as error:
            error.maybe_applied = written  # it was: only its answer cannot be told
            self.located(error, operation, key)
            raise

    def located(self, error: DynamoDBError, operation: str, key: Key | None = None) -> DynamoDBError:
        """The error, with the place where it happened."""
        return error.with_context(table=self.table.name, operation=operation, key=key)


def _check_returns(entity: str, returns: Returns) -> None:
    if returns not in ("none", "all_old"):
        raise InvalidExpression(
            f"entity {entity!r}: the update changes a unique field, and a transaction gives nothing back",
            hint="use returns='none' or 'all_old', and read the item",
        )
