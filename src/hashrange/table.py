"""A table as people use it: typed items in, typed items out.

Owns the operations' Python signatures and what stands around a call: the model, the key of an error. Requests are built
in ``operations``, sent by ``dispatch``. Must not know sockets or wire details.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast, overload

from msgspec import Struct

from .batch_methods import BatchMethods
from .clock import Clock, Randomness
from .codec import decode_item
from .config import Config
from .dispatch import Call, always
from .errors import ConditionFailed, ConfigurationError, DynamoDBError, TypeMismatch, ValidationError
from .expressions import Condition, Raw, SortCondition, Update
from .expressions.projection import ProjectionLike
from .key import Key
from .operations import item as requests
from .operations.applied import put_applied, update_applied
from .operations.query import Read, check_segments, plan
from .pagination import Query, Reader, check_limit
from .parallel_scan import Scan, ScanCheckpoint
from .resilience.retry import RetryPolicy
from .results import DeleteResult, PutResult, UpdateResult
from .schema import TableSchema
from .telemetry.usage import consumed_capacity
from .time_to_live import ExpiryWatch, expiry, is_over
from .types import Item, KeyValue, Nulls, Numbers, Returns, Unknown, WireItem, WireObject

if TYPE_CHECKING:
    from .item_model import ItemModel

M = TypeVar("M")
N = TypeVar("N")


class Core(Struct, frozen=True):
    """What all tables of a client share."""

    dispatch: Callable[[Call], Awaitable[WireObject]]
    clock: Clock
    numbers: Numbers
    capacity: str | None
    cursor_key: bytes | None
    policy: RetryPolicy
    randomness: Randomness
    timeout: float
    config: Config

    def __repr__(self) -> str:
        return "<Core>"  # it holds a secret


class Table(BatchMethods[M]):
    """One table, by its ``name``; made by ``DynamoDB.table``, which costs no call.

    Every method takes ``timeout``, the seconds of the whole call, and raises ``DynamoDBError``s that name the table,
    the operation and the key. A method with ``model`` decodes items as that model instead of the table's.
    """

    def __init__(self, core: Core, schema: TableSchema, model: type[M], *, nulls: Nulls, unknown: Unknown) -> None:
        self._core, self.schema, self.model = core, schema, model
        self._nulls: Nulls = nulls
        self._unknown: Unknown = unknown
        try:
            self._item_model: ItemModel[M] | None = self._item_model_of(model)
        except DynamoDBError as error:
            error.with_context(table=schema.name)
            raise
        self._read_item = self._decoder(self._item_model)
        self._expiry_watch = None if (ttl := schema.ttl_attribute) is None else ExpiryWatch(schema.name, ttl)

    def __repr__(self) -> str:
        model = "" if self._item_model is None else f" of {self.model.__name__}"
        return f"<Table {self.schema.name!r} {self.schema.keys}{model}>"

    @property
    def name(self) -> str:
        return self.schema.name

    @property
    def config(self) -> Config:
        """The settings of the client that the table belongs to."""
        return self._core.config

    # ── models ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def with_model(self, model: type[N]) -> Table[N]:
        """The same table with items of another model; ``dict`` for plain values."""
        return Table(self._core, self.schema, model, nulls=self._nulls, unknown=self._unknown)

    def to_item(self, item: M | Mapping[str, Any]) -> Item:
        """What a put of this object (or mapping) would store, in plain values. Raises as ``put_item``."""
        try:
            return dict(self._to_item(item))
        except DynamoDBError as error:
            self._locate(error, "PutItem", None)
            raise

    def from_item(self, item: Mapping[str, Any]) -> M:
        """Plain values, as a table without a model gives them, as the model's object.

        Raises:
            ItemDecodeError: they do not fit.
        """
        model = self._item_model
        try:
            return cast("M", dict(item)) if model is None else model.from_item(dict(item))
        except DynamoDBError as error:
            self._locate(error, "GetItem", None)
            raise

    # ── one item ─────────────────────────────────────────────────────────────────────────────────────────────────────
    @overload
    async def get_item(
        self,
        key: Key,
        *,
        consistent: bool = False,
        projection: ProjectionLike | None = None,
        hide_expired: bool = False,
        timeout: float | None = None,
    ) -> M | None: ...
    @overload
    async def get_item(
        self,
        key: Key,
        *,
        model: type[N],
        consistent: bool = False,
        projection: ProjectionLike | None = None,
        hide_expired: bool = False,
        timeout: float | None = None,
    ) -> N | None: ...
    async def get_item(
        self,
        key: Key,
        *,
        model: type[Any] | None = None,
        consistent: bool = False,
        projection: ProjectionLike | None = None,
        hide_expired: bool = False,
        timeout: float | None = None,
    ) -> Any:
        """The item with this key, or None.

        Args:
            key: ``Key(partition, sort)``.
            model: decode the item as this instead of the table's model; ``dict`` for plain values.
            consistent: see every write that was acknowledged before; costs twice the capacity.
            projection: only these attributes: names and ``Attr`` paths.
            hide_expired: None where the item's TTL is over and DynamoDB has not deleted it yet.
            timeout: seconds.
        """
        core = self._core
        try:
            read = self._read_item if model is None else self._decoder(self._item_model_of(model))
            if hide_expired:
                projection, read = self._hiding(projection, read)
            request = requests.get_item(
                self.schema, key, consistent=consistent, projection=projection, capacity=core.capacity
            )
        except DynamoDBError as error:
            self._locate(error, "GetItem", key)
            raise
        answer = await core.dispatch(Call("GetItem", request, self.schema.name, key, timeout))
        try:
            return None if (wire := answer.get("Item")) is None else read(wire)
        except DynamoDBError as error:
            self._locate(error, "GetItem", key)
            raise

    async def put_item(
        self,
        item: M | Mapping[str, Any],
        *,
        condition: Condition | None = None,
        return_old: bool = False,
        ttl: timedelta | None = None,
        timeout: float | None = None,
    ) -> PutResult[M]:
        """Write a whole item, in place of the one with its key if there is one.

        Sent again where an answer was lost. If its condition is then false because this very item is stored, it has
        succeeded; what was there before its first attempt is not known then, and ``old_item`` does not tell.

        Args:
            item: a model's object or a mapping; with every key attribute.
            condition: write only if it holds for the item that is there.
            return_old: give back the item that was replaced.
            ttl: after which time DynamoDB may delete it; stored in the table's TTL attribute as epoch seconds.
            timeout: seconds.

        Raises:
            ConditionFailed: the condition was false; ``item`` is what is there.
            ItemTooLarge, MissingRequiredKey, InvalidKey, TypeMismatch, ValidationError: refused before sending.
        """
        key: Key | None = None
        try:
            values = self._to_item(item)
            if ttl is not None:
                values = {**values, self._ttl_attribute(): expiry(self._core.clock.time(), ttl)}
            request = requests.put_item(
                self.schema, values, condition=condition, return_old=return_old, capacity=self._core.capacity
            )
            key = Key.from_item(values, self.schema.keys)
        except DynamoDBError as error:
            self._locate(error, "PutItem", key)
            raise
        call = Call("PutItem", request, self.schema.name, key, timeout, request["Item"])
        if condition is not None:
            call.applied = put_applied(request["Item"])
        answer = await self._write(call)
        return PutResult(self._old_item(call, answer), consumed_capacity("PutItem", answer))

    @overload
    async def update_item(
        self,
        key: Key,
        update: Update | Raw,
        *,
        condition: Condition | None = None,
        returns: Literal["none", "all_old", "all_new"] = "none",
        retry_ambiguous: bool = False,
        timeout: float | None = None,
    ) -> UpdateResult[M]: ...
    @overload
    async def update_item(
        self,
        key: Key,
        update: Update | Raw,
        *,
        condition: Condition | None = None,
        returns: Literal["updated_old", "updated_new"],
        retry_ambiguous: bool = False,
        timeout: float | None = None,
    ) -> UpdateResult[Item]: ...
    async def update_item(
        self,
        key: Key,
        update: Update | Raw,
        *,
        condition: Condition | None = None,
        returns: Returns = "none",
        retry_ambiguous: bool = False,
        timeout: float | None = None,
    ) -> Any:
        """Change attributes of the item with this key; without one, an item is made.

        Sent again where an answer was lost, if that cannot apply it twice. If its condition is then false, it has
        succeeded where it sets and removes plain values and the item has them all; what was there before its first
        attempt is not known then, and "all_old" and "updated_old" do not tell.

        Args:
            key: ``Key(partition, sort)``.
            update: what to change: ``Update().set(...).add(...)``.
            condition: change only if it holds for the item that is there.
            returns: "none", "all_old", "all_new" (the whole item before or after, as the model), "updated_old" or
                "updated_new" (the changed attributes, as a dict).
            retry_ambiguous: send it again after an answer was lost even if that could apply it twice (``add``,
                ``increment``, ``append``, raw text).
            timeout: seconds.

        Raises:
            ConditionFailed: the condition was false; ``item`` is what is there.
            AmbiguousWrite: its answer was lost, and sending it again could apply it twice; the cause tells how.
            InvalidExpression: the update is empty, changes the key, or changes overlapping paths.
        """
        try:
            if self._expiry_watch is not None:
                self._expiry_watch.updated(update)
            request = requests.update_item(
                self.schema, key, update, condition=condition, returns=returns, capacity=self._core.capacity
            )
        except DynamoDBError as error:
            self._locate(error, "UpdateItem", key)
            raise
        call = Call("UpdateItem", request, self.schema.name, key, timeout)
        if retry_ambiguous:
            call.replay_safe = always
        elif isinstance(update, Update):
            call.replay_safe = lambda: update.replay_safe
        if condition is not None:
            call.applied = update_applied(update, returns)
        answer = await self._write(call)
        item: Any = None
        if returns in ("all_old", "all_new"):
            item = self._old_item(call, answer)
        elif wire := answer.get("Attributes"):
            item = decode_item(wire, self._core.numbers)
        return UpdateResult(item, consumed_capacity("UpdateItem", answer))

    async def delete_item(
        self,
        key: Key,
        *,
        condition: Condition | None = None,
        return_old: bool = False,
        timeout: float | None = None,
    ) -> DeleteResult[M]:
        """Delete the item with this key; it is no error if there is none.

        Sent again where an answer was lost; ``old_item`` is then what the last attempt found. If its condition is then
        false, nothing can tell whether an earlier attempt has deleted the item: ``ConditionFailed`` with
        ``maybe_applied``, and ``item`` None where there is none any more.

        Args:
            key: ``Key(partition, sort)``.
            condition: delete only if it holds for the item that is there.
            return_old: give back the item that was deleted.
            timeout: seconds.

        Raises:
            ConditionFailed: the condition was false; ``item`` is what is there.
        """
        try:
            request = requests.delete_item(
                self.schema, key, condition=condition, return_old=return_old, capacity=self._core.capacity
            )
        except DynamoDBError as error:
            self._locate(error, "DeleteItem", key)
            raise
        call = Call("DeleteItem", request, self.schema.name, key, timeout)
        answer = await self._write(call)
        return DeleteResult(self._old_item(call, answer), consumed_capacity("DeleteItem", answer))

    # ── many items ───────────────────────────────────────────────────────────────────────────────────────────────────
    @overload
    def query(
        self,
        partition: KeyValue,
        sort: SortCondition | KeyValue | Raw | None = None,
        *,
        index: str | None = None,
        filter: Condition | None = None,
        projection: ProjectionLike | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        descending: bool = False,
        consistent: bool = False,
        cursor: str | None = None,
        hide_expired: bool = False,
        prefetch: bool = False,
        timeout: float | None = None,
    ) -> Query[M]: ...
    @overload
    def query(
        self,
        partition: KeyValue,
        sort: SortCondition | KeyValue | Raw | None = None,
        *,
        model: type[N],
        index: str | None = None,
        filter: Condition | None = None,
        projection: ProjectionLike | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        descending: bool = False,
        consistent: bool = False,
        cursor: str | None = None,
        hide_expired: bool = False,
        prefetch: bool = False,
        timeout: float | None = None,
    ) -> Query[N]: ...
    def query(
        self,
        partition: KeyValue,
        sort: SortCondition | KeyValue | Raw | None = None,
        *,
        model: type[Any] | None = None,
        index: str | None = None,
        filter: Condition | None = None,
        projection: ProjectionLike | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        descending: bool = False,
        consistent: bool = False,
        cursor: str | None = None,
        hide_expired: bool = False,
        prefetch: bool = False,
        timeout: float | None = None,
    ) -> Any:
        """The items of one partition key, in the order of the sort key. Nothing is sent until the result is used.

        Args:
            partition: the value of the table's (or the index's) partition key.
            sort: which sort keys: a value (equality), or ``lt le gt ge between begins_with``.
            model: decode items as this instead of the table's model.
            index: the name of an index, declared with the table.
            filter: only items for which it holds; all are read and paid for.
            projection: only these attributes: names and ``Attr`` paths.
            limit: at most so many items, over all pages.
            page_size: at most so many items are read by one request.
            descending: from the last sort key to the first.
            consistent: see every write that was acknowledged before; not on a global index.
            cursor: go on where a ``Page.cursor`` of the same query points to.
            hide_expired: leave out items whose TTL is over and which DynamoDB has not deleted yet.
            prefetch: fetch the next page while one is in use.
            timeout: seconds; of each request while iterating, of the whole for every other method.
        """
        try:
            if partition is None:
                raise ValidationError("the partition key is None", hint="give its value; scan() reads all items")
            read, reader = self._read(
                model, index, filter, projection, page_size, consistent, hide_expired, timeout,
                partition=partition, sort=sort, descending=descending,
            )  # fmt: skip
            return Query(reader, read, plan(read), check_limit(limit), cursor, prefetch)
        except DynamoDBError as error:
            self._locate(error, "Query", partition)
            raise

    @overload
    def scan(
        self,
        *,
        segments: int = 1,
        index: str | None = None,
        filter: Condition | None = None,
        projection: ProjectionLike | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        consistent: bool = False,
        cursor: str | None = None,
        checkpoint: ScanCheckpoint | None = None,
        hide_expired: bool = False,
        prefetch: bool = False,
        timeout: float | None = None,
    ) -> Scan[M]: ...
    @overload
    def scan(
        self,
        *,
        model: type[N],
        segments: int = 1,
        index: str | None = None,
        filter: Condition | None = None,
        projection: ProjectionLike | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        consistent: bool = False,
        cursor: str | None = None,
        checkpoint: ScanCheckpoint | None = None,
        hide_expired: bool = False,
        prefetch: bool = False,
        timeout: float | None = None,
    ) -> Scan[N]: ...
    def scan(
        self,
        *,
        model: type[Any] | None = None,
        segments: int = 1,
        index: str | None = None,
        filter: Condition | None = None,
        projection: ProjectionLike | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        consistent: bool = False,
        cursor: str | None = None,
        checkpoint: ScanCheckpoint | None = None,
        hide_expired: bool = False,
        prefetch: bool = False,
        timeout: float | None = None,
    ) -> Any:
        """All items of the table or of an index. Nothing is sent until the result is used.

        Args:
            segments: read so many parts of the table at the same time; items then come in no order.
            checkpoint: where each segment stands, so that an interrupted scan can go on.
            others: as in ``query``.
        """
        try:
            check_segments(segments)
            if cursor is not None and (segments > 1 or checkpoint is not None):
                raise ValidationError("cursor= goes with one segment only", hint="use checkpoint= with segments")
            read, reader = self._read(
                model, index, filter, projection, page_size, consistent, hide_expired, timeout
            )  # fmt: skip
            return Scan(reader, read, plan(read), check_limit(limit), cursor, prefetch, segments, checkpoint)
        except DynamoDBError as error:
            self._locate(error, "Scan", None)
            raise

    # ── what they share ──────────────────────────────────────────────────────────────────────────────────────────────
    def _read(
        self,
        model: type[Any] | None,
        index: str | None,
        filter: Condition | None,
        projection: ProjectionLike | None,
        page_size: int | None,
        consistent: bool,
        hide_expired: bool,
        timeout: float | None,
        **of_query: Any,
    ) -> tuple[Read, Reader[Any]]:
        core = self._core
        read = Read(
            schema=self.schema,
            index=None if index is None else self.schema.index(index),
            filter=filter,
            projection=projection,
            page_size=page_size,
            consistent=consistent,
            expires_after=int(core.clock.time()) if hide_expired else None,
            capacity=core.capacity,
            **of_query,
        )
        decode = self._read_item if model is None else self._decoder(self._item_model_of(model))
        if hide_expired and self._expiry_watch is not None:
            decode = self._expiry_watch.reading(decode)
        return read, Reader(core.dispatch, decode, core.clock, core.cursor_key, timeout)

    def _hiding(
        self, projection: ProjectionLike | None, read: Callable[[WireItem], Any]
    ) -> tuple[ProjectionLike | None, Callable[[WireItem], Any]]:
        """The projection with the TTL attribute, and a decoder that gives None for what has expired."""
        projection, hidden = requests.with_attribute(projection, ttl := self._ttl_attribute("hide_expired"))
        watch, clock = cast("ExpiryWatch", self._expiry_watch), self._core.clock

        def read_alive(wire: WireItem) -> Any:
            watch.read(wire)
            shown = {name: wire[name] for name in wire if name != ttl} if hidden else wire
            return None if is_over(wire, ttl, clock.time()) else read(shown)

        return projection, read_alive

    async def _write(self, call: Call) -> WireObject:
        try:
            return await self._core.dispatch(call)
        except ConditionFailed as failed:
            found = failed.data.get("Item")
            if found:
                failed.item = self._there(found)
            raise

    def _there(self, wire: WireItem) -> Any:
        """The item that made a condition fail; as a dict where it does not fit the model: that is another matter."""
        try:
            return self._read_item(wire)
        except DynamoDBError:
            return decode_item(wire, self._core.numbers)

    def _old_item(self, call: Call, answer: WireObject) -> M | None:
        wire = answer.get("Attributes")
        if not wire:
            return None
        try:
            return cast("M", self._read_item(wire))
        except DynamoDBError as error:
            error.maybe_applied = True  # it was: only its answer cannot be told
            self._locate(error, call.operation, call.key)
            raise

    def _item_model_of(self, model: type[N]) -> ItemModel[N] | None:
        if cast("Any", model) is dict:
            return None
        from .item_model import item_model  # most of it is not needed before there is a model

        return item_model(model, nulls=self._nulls, unknown=self._unknown, ttl_attribute=self.schema.ttl_attribute)

    def _decoder(self, model: ItemModel[Any] | None) -> Callable[[WireItem], Any]:
        """From an item in wire shape to the model's object."""
        numbers = self._core.numbers
        if model is None:
            return lambda wire: decode_item(wire, numbers)
        from_item = model.from_item
        return lambda wire: from_item(decode_item(wire, numbers))

    def _to_item(self, item: Any) -> Mapping[str, Any]:
        model = self._item_model
        values: Mapping[str, Any]
        if model is not None and (model.accepts(item) or not isinstance(item, Mapping)):
            values = model.to_item(item)
        elif isinstance(item, Mapping):
            values = item
        else:
            raise TypeMismatch(
                f"an item is a mapping, not {type(item).__name__}",
                hint="declare the table's model: db.table(name, model=...)",
            )
        if self._expiry_watch is not None:
            self._expiry_watch.written(values)
        return values

    def _ttl_attribute(self, wanted_by: str = "ttl=") -> str:
        if self.schema.ttl_attribute is None:
            raise ConfigurationError(
                f"{wanted_by} needs the name of the TTL attribute of table {self.schema.name!r}",
                hint="declare it: db.table(name, ttl_attribute='expires_at'), or use db.load_table(name)",
            )
        return self.schema.ttl_attribute

    def _locate(self, error: DynamoDBError, operation: str, key: Any) -> None:
        error.with_context(table=self.schema.name, operation=operation, key=key)
