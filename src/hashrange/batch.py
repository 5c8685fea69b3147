"""Writing many items: ``async with users.batch() as batch``, and all at once.

Owns the life of a batch (made → open → ended), that operations on one key keep their order, and the record of what was
not acknowledged. Chunks and answers are ``operations.batch``'s; when what is sent is ``batch_window``'s. Must not know
sockets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Hashable, Iterable, Mapping
from copy import copy
from datetime import timedelta
from types import TracebackType
from typing import Any, Final, Generic, Literal, Self, TypeVar

from msgspec import Raw, Struct

from .batch_window import Room, Window
from .dispatch import Call
from .errors import BatchError, DynamoDBError, ValidationError
from .key import Key, KeySchema
from .operations import item as requests
from .operations.batch import WRITE, WRITE_LIMITS, Write, entry_bytes, only_table, place_of, unwritten, write_request
from .operations.body import encode_body
from .table import Core, Table
from .telemetry.usage import ConsumedCapacity, consumed_capacity
from .time_to_live import expiry
from .types import BatchFailure, WireObject

M = TypeVar("M")

OnDuplicate = Literal["last", "error"]

_REFUSALS: Final = {"made": "it is not open", "open": "it is open already", "ended": "it has ended"}


class BatchReport(Struct, frozen=True):
    """What a batch has done so far.

    Attributes:
        processed: operations that were acknowledged.
        retried: how often an operation was sent again because an answer had left it undone.
        unprocessed: operations that were given up; those of ``failed``.
        requests: how many requests were sent (a call's own retries not counted).
        consumed: capacity; None unless ``Config.capacity`` asks for it.
        replaced: operations that were not sent (again), because a later one on the same key took their place.
    """

    processed: int
    retried: int
    unprocessed: int
    requests: int
    consumed: ConsumedCapacity | None
    replaced: int = 0


class BatchBlock:
    """What batches of one table and of several have in common; see ``Batch``."""

    def __init__(
        self, core: Core, *, concurrency: int, on_duplicate: OnDuplicate, timeout: float | None, name: str | None = None
    ) -> None:
        if on_duplicate not in ("last", "error"):
            raise ValidationError(f"on_duplicate is {on_duplicate!r}; it must be 'last' or 'error'")
        self._core, self._name = core, name
        self.pending: dict[Hashable, Write] = {}  # the first operation on each key that has not ended
        self._window = Window(core, _Writes(self), WRITE_LIMITS, concurrency=concurrency, timeout=timeout)
        self._room = Room(self._window, self.pending)
        self._state: Literal["made", "open", "ended"] = "made"
        self._given = 0  # operations, refused ones included
        self._keys: set[Hashable] | None = set() if on_duplicate == "error" else None  # all that were ever given
        self._schemas: dict[str, KeySchema] = {}
        self._tables: set[Table[Any]] = set()  # those that were found to be right
        self.failures: list[BatchFailure] = []
        self.processed = self.replaced = 0
        self.consumed: ConsumedCapacity | None = None

    def __repr__(self) -> str:
        where = "" if self._name is None else f" on table {self._name!r}"
        counts = f"{self.processed} processed, {len(self.pending)} pending, {len(self.failures)} failed"
        return f"<{type(self).__name__}{where} {self._state}: {counts}>"

    @property
    def report(self) -> BatchReport:
        """What has been done so far; of the whole after the block."""
        window = self._window
        return BatchReport(
            processed=self.processed,
            retried=window.retried,
            unprocessed=len(self.failures),
            requests=window.requests,
            consumed=self.consumed,
            replaced=self.replaced,
        )

    @property
    def failed(self) -> tuple[BatchFailure, ...]:
        """The operations that were given up so far, in the order in which they were given; after the block: all that
        were not acknowledged, even if it was cancelled."""
        return tuple(sorted(self.failures, key=lambda failure: failure.number))

    # ── its life ─────────────────────────────────────────────────────────────────────────────────────────────────────
    async def __aenter__(self) -> Self:
        if self._state != "made":
            raise self._misused("the batch cannot be opened")
        self._state = "open"
        self._window.begin()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._state = "ended"
        try:
            if error is None:
                await self._window.drain()
            elif isinstance(error, Exception):
                await self._window.stop(_not_sent(f"the block ended with {type(error).__name__}"))
            else:
                await self._window.cancel(_not_sent("the batch was cancelled"))
        except BaseException:
            await self._window.cancel(_not_sent("the batch was cancelled"))
            raise
        assert not self.pending, "every operation has ended"
        if self.failures and (error is None or isinstance(error, Exception)):
            raise _batch_error(self.failed, self._given, self._name) from (error or self.failed[0].reason)

    def _misused(self, what: str) -> BatchError:
        return BatchError(
            f"{what}: {_REFUSALS[self._state]}",
            table=self._name,
            operation=WRITE,
            hint="put and delete inside 'async with table.batch() as batch:', and use each batch once",
        )

    # ── operations ───────────────────────────────────────────────────────────────────────────────────────────────────
    def _put(self, table: Table[Any], item: Any, ttl: timedelta | None) -> Awaitable[None]:
        if self._state != "open":
            raise self._misused("no put can be added to the batch")
        return self.take(self.checked_put(table, item, ttl))

    def _delete(self, table: Table[Any], key: Key) -> Awaitable[None]:
        if self._state != "open":
            raise self._misused("no delete can be added to the batch")
        return self.take(self.checked_delete(table, key))

    def checked_put(self, table: Table[Any], item: Any, ttl: timedelta | None = None) -> Write:
        """The put of an item, encoded, and not yet taken into the batch.

        Raises:
            DynamoDBError: DynamoDB would refuse it; says which operation of the batch it is.
        """
        self._given += 1
        values: Mapping[str, Any] | None = None
        try:
            self._check_table(table)
            schema = table.schema
            values = table._to_item(item)
            if ttl is not None:
                values = {**values, table._ttl_attribute(): expiry(self._core.clock.time(), ttl)}
            wire = requests.put_item(schema, values, condition=None, return_old=False, capacity=None)["Item"]
            body = encode_body({"PutRequest": {"Item": wire}}, wire)
            write = Write(
                place_of(schema.name, schema.keys, wire), schema.name, schema.keys, Raw(body),
                entry_bytes(schema.name, len(body)), kind="put", item=item, number=self._given,
            )  # fmt: skip
            self._check_duplicate(write)
        except DynamoDBError as error:
            self._locate(error, "put", table, _key_if_known(values, table))
            raise
        return write

    def checked_delete(self, table: Table[Any], key: Key) -> Write:
        """As ``checked_put``, of a delete."""
        self._given += 1
        try:
            self._check_table(table)
            schema = table.schema
            wire = requests.delete_item(schema, key, condition=None, return_old=False, capacity=None)["Key"]
            body = encode_body({"DeleteRequest": {"Key": wire}})
            write = Write(
                place_of(schema.name, schema.keys, wire), schema.name, schema.keys, Raw(body),
                entry_bytes(schema.name, len(body)), kind="delete", number=self._given,
            )  # fmt: skip
            self._check_duplicate(write)
        except DynamoDBError as error:
            self._locate(error, "delete", table, key)
            raise
        return write

    def take(self, write: Write) -> Awaitable[None]:
        """Take an operation into the batch: in place of one on the same key that is not under way, or behind it."""
        there = self.pending.get(write.identity)
        if there is None:
            self.pending[write.identity] = write
            self._window.add(write)
        elif there.place == "under_way":
            self.replaced += there.follower is not None
            there.follower = write
        else:
            self.replaced += 1
            self._window.resize(there, write.size_bytes)
            there.body, there.rounds = write.body, 0
            there.kind, there.item, there.number = write.kind, write.item, write.number
            there.maybe_applied = False  # what was lost was about the operation before
        return self._room

    def _check_table(self, table: Table[Any]) -> None:
        """Refuse what is no table of this client, and a second idea of a table's keys."""
        if isinstance(table, Table) and table in self._tables:
            return
        if not isinstance(table, Table):
            raise ValidationError(
                f"the table is of type {type(table).__name__}", hint="give a Table: app = db.table('app')"
            )
        if table._core is not self._core:
            raise ValidationError(
                "the table belongs to another client", hint="make it with table() of the client that makes the batch"
            )
        schema = table.schema
        if self._schemas.setdefault(schema.name, schema.keys) != schema.keys:
            raise ValidationError(
                f"the batch has table {schema.name!r} with the keys {self._schemas[schema.name]} and {schema.keys}"
            )
        self._tables.add(table)

    def _check_duplicate(self, write: Write) -> None:
        if self._keys is None:
            return
        if write.identity in self._keys:
            raise ValidationError(
                "the batch has an operation on this key already",
                hint="on_duplicate='last' lets a later operation replace an earlier one",
            )
        self._keys.add(write.identity)

    def _locate(self, error: DynamoDBError, kind: str, table: object, key: object) -> None:
        error.message = f"operation {self._given} of the batch ({kind}): {error.message}"
        error.args = (error.message,)
        error.with_context(table=table.name if isinstance(table, Table) else None, operation=WRITE, key=key)


class _Writes:
    """A batch's part in its window: sends its chunks, and keeps its record."""

    __slots__ = ("_batch",)

    def __init__(self, batch: BatchBlock) -> None:
        self._batch = batch

    async def send(self, chunk: list[Write], timeout: float | None) -> list[Write]:
        batch, core = self._batch, self._batch._core
        key = chunk[0].key if len(chunk) == 1 else None
        request: WireObject = write_request(chunk, core.capacity)
        call = Call(WRITE, request, only_table(chunk), key, timeout)
        answer = await core.dispatch(call)
        if core.capacity is not None and (cost := consumed_capacity(WRITE, answer)) is not None:
            batch.consumed = cost if batch.consumed is None else batch.consumed + cost
        undone = unwritten(answer, chunk)
        if call.maybe_applied:  # an attempt whose answer was lost may have done what a later one leaves undone
            for entry in undone:
                entry.maybe_applied = True
        return undone

    def done(self, entries: list[Write]) -> None:
        self._batch.processed += len(entries)
        self._end(entries)

    def undone(self, entries: list[Write]) -> list[Write]:
        overtaken = [entry for entry in entries if entry.follower is not None]
        self._batch.replaced += len(overtaken)
        self._end(overtaken)
        return [entry for entry in entries if entry not in overtaken] if overtaken else entries

    def given_up(self, entries: list[Write], reason: DynamoDBError) -> None:
        self.failed(entries, reason)

    def failed(self, entries: list[Write], reason: DynamoDBError) -> None:
        unsure = reason
        if not reason.maybe_applied and any(entry.maybe_applied for entry in entries):
            unsure = _unsure(reason)
        self._batch.failures += [
            BatchFailure(
                entry.kind, entry.table, entry.key, entry.item, unsure if entry.maybe_applied else reason, entry.number
            )
            for entry in entries
        ]
        self._end(entries)

    def _end(self, entries: Iterable[Write]) -> None:
        """The next operation on each of these keys may be sent."""
        batch = self._batch
        for entry in entries:
            follower = entry.follower
            if follower is None:
                del batch.pending[entry.identity]
            else:
                batch.pending[entry.identity] = follower
                batch._window.add(follower)


class Batch(BatchBlock, Generic[M]):
    """Puts and deletes on one table, any number of them; made by ``Table.batch``.

    ``async with users.batch() as batch:`` opens it. ``put`` and ``delete`` check and buffer at once; full chunks (25
    operations, 16 MB) are sent while the block runs, at most ``concurrency`` at a time, and the rest when it is left.
    Operations on one key are applied in the order in which they were given. It is used once.

    Leaving the block waits until everything is acknowledged, or raises ``BatchError`` with all that is not. If the
    block raised, nothing more is sent, and ``BatchError`` (if there is anything to tell) is raised from its error; if
    it is cancelled, so are its requests, and ``failed`` tells the rest.
    """

    def __init__(self, table: Table[M], *, concurrency: int, on_duplicate: OnDuplicate, timeout: float | None) -> None:
        super().__init__(
            table._core, concurrency=concurrency, on_duplicate=on_duplicate, timeout=timeout, name=table.name
        )
        self._table = table

    def put(self, item: M | Mapping[str, Any], *, ttl: timedelta | None = None) -> Awaitable[None]:
        """Write a whole item, in place of the one with its key if there is one.

        Args:
            item: a model's object or a mapping; with every key attribute.
            ttl: after which time DynamoDB may delete it; stored in the table's TTL attribute as epoch seconds.

        Returns:
            What may be awaited, and need not be: it waits while there is enough to be sent.

        Raises:
            ItemTooLarge, MissingRequiredKey, InvalidKey, TypeMismatch, ValidationError: refused, and nothing of it was
                buffered; the rest of the batch is unharmed.
            BatchError: the block has not been entered, or was left.
        """
        return self._put(self._table, item, ttl)

    def delete(self, key: Key) -> Awaitable[None]:
        """Delete the item with this key; it is no error if there is none. Otherwise as ``put``."""
        return self._delete(self._table, key)


class TablesBatch(BatchBlock):
    """Puts and deletes on several tables of one client; made by ``DynamoDB.batch``. Otherwise as ``Batch``."""

    def put(self, table: Table[M], item: M | Mapping[str, Any], *, ttl: timedelta | None = None) -> Awaitable[None]:
        """Write a whole item into a table; see ``Batch.put``."""
        return self._put(table, item, ttl)

    def delete(self, table: Table[Any], key: Key) -> Awaitable[None]:
        """Delete the item with this key from a table; see ``Batch.delete``."""
        return self._delete(table, key)


async def batch_write(
    batch: BatchBlock,
    puts: Iterable[tuple[Table[Any], Any]],
    deletes: Iterable[tuple[Table[Any], Key]],
    *,
    checked_first: bool,
) -> BatchReport:
    """Puts, then deletes, through a batch that has not been opened.

    Args:
        checked_first: check all of them before anything is sent, and hold them all; else one after the other.
    """
    given = (
        batch.checked_put(*_pair(one, number, "put")) if is_put else batch.checked_delete(*_pair(one, number, "delete"))
        for is_put, group in ((True, puts), (False, deletes))
        for number, one in enumerate(group, 1)
    )
    operations = list(given) if checked_first else given
    async with batch:
        for operation in operations:
            await batch.take(operation)
    return batch.report


def _pair(one: Any, number: int, kind: str) -> tuple[Any, Any]:
    if isinstance(one, tuple) and len(one) == 2:
        return one
    what = f"a tuple of {len(one)}" if isinstance(one, tuple) else f"of type {type(one).__name__}"
    wanted = "(table, item)" if kind == "put" else "(table, key)"
    raise ValidationError(f"{kind} {number} is {what}", operation=WRITE, hint=f"each {kind} is {wanted}")


def _key_if_known(values: Mapping[str, Any] | None, table: object) -> Key | None:
    if values is None or not isinstance(table, Table):
        return None
    try:
        return Key.from_item(values, table.schema.keys)
    except DynamoDBError:
        return None


def _unsure(reason: DynamoDBError) -> DynamoDBError:
    """The same reason, of operations that an earlier request may have applied."""
    twin = copy(reason)
    twin.maybe_applied, twin.__cause__ = True, reason.__cause__
    return twin


def _not_sent(why: str) -> DynamoDBError:
    return DynamoDBError(f"it was not sent any more: {why}")


def _batch_error(failed: tuple[BatchFailure, ...], given: int, table: str | None) -> BatchError:
    counts = Counter(type(failure.reason).__name__ for failure in failed)
    kinds = ", ".join(f"{count} {kind}" for kind, count in counts.most_common())
    first = failed[0]
    error = BatchError(
        f"{len(failed)} of {given} operations were not acknowledged ({kinds}); the first of them is number "
        f"{first.number}, a {first.operation} on table {first.table!r}: {first.reason.message}",
        table=table,
        operation=WRITE,
        hint="'failed' lists them all, each with its item or key and its reason",
    )
    error.failed = failed
    return error
