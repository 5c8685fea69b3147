"""Writing both sides in phases 2 to 4: the source first, then what its rows say.

    entry in the repair queue ─► the source ─► Reconciler.settle ─► entry deleted
                 │                   │                │
                 │            fails: the write fails  fails: "repair": the result counts, the entry stays
                 ▼            (the table is as it was)       "compensate": undone in the source, and fails
          cannot be written: nothing has begun

DynamoDB is never written without the source, and generated ids go from the source to it. Logs name entity, operation,
row key and correlation id, and no other value. Must not know phases.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeAlias

from ...client import DynamoDB
from ...errors import DynamoDBError
from ..access.tracing import correlation_id
from ..errors import SourceLost
from ..mapping.fields import Record
from ..secrecy import is_secret
from .compare import Comparison
from .errors import DualWriteFailed
from .observers import DualWrite, Written
from .options import Shared
from .primary import PreparesWrites, Primary, RowKeys
from .reconcile import Reconciler
from .repair_queue import Repair
from .rows import Found, RowKey, SourceRows

LOG: Final = logging.getLogger("hashrange.migration")

#: errors of a primary after which nobody knows whether it has written
UNKNOWN: Final[tuple[type[BaseException], ...]] = (SourceLost, OSError, TimeoutError)

#: undoes a write on the first side; False where that must not be done any more
_Undo: TypeAlias = Callable[[], Awaitable[bool]]


class DualWriter:
    """Writes one entity on both sides.

    Args:
        shared: of the layer.
        primary: the source's repository.
        rows: of the source.
        reconciler: of the entity.
        db: the client, for its counts of retries.
        unknown: errors of the primary after which nobody knows whether it has written.
    """

    def __init__(
        self,
        shared: Shared,
        primary: Primary,
        rows: SourceRows,
        reconciler: Reconciler,
        db: DynamoDB,
        unknown: tuple[type[BaseException], ...] = UNKNOWN,
    ) -> None:
        self._shared, self._primary, self.rows, self._reconciler = shared, primary, rows, reconciler
        self._db, self._unknown = db, unknown
        self._mapping = rows.mapping
        self._name = rows.mapping.repository
        self._comparison = Comparison(rows.mapping)
        self.row_keys = RowKeys(rows.mapping)

    # ── operations ───────────────────────────────────────────────────────────────────────────────────────────────────
    async def create(self, record: Any) -> Any:
        """Insert a row, and put its item. Returns what the primary does."""
        write = _Write(self, "create")

        async def insert() -> Any:
            if isinstance(self._primary, PreparesWrites):
                return await self._primary.create_prepared(record, write.prepared)
            await write.begin(None, None)
            result = await self._primary.create(record)
            await write.learn(self.row_keys.of(result))
            return result

        async def undo() -> bool:
            await self._primary.delete(self.row_keys.named(write.row_key))
            return True

        return await self._both(write, insert, undo)

    async def update(self, key: Mapping[str, Any], changes: Mapping[str, Any]) -> Any:
        """Change a row, and put its whole item. Returns what the primary does; None where there is no row."""
        write = _Write(self, "update")

        async def change() -> Any:
            if isinstance(self._primary, PreparesWrites):
                return await self._primary.update_prepared(key, changes, write.prepared)
            if not await self._begin_found(write, key):
                return None
            return await self._primary.update(key, changes)

        async def undo() -> bool:
            before = write.before
            now = await self.rows.one(write.row_key)
            if before is None or now is None:
                return False
            touched = [name for name in own_fields(self.rows, before.record) if self._is_among(name, changes)]
            if any(one.name in touched for one in self._comparison.differences(now.record, write.result)):
                return False  # somebody else has written since: it is not ours to put back
            await self._primary.update(
                self.row_keys.named(write.row_key), {name: before.record[name] for name in touched}
            )
            return True

        return await self._both(write, change, undo)

    async def delete(self, key: Mapping[str, Any]) -> Any:
        """Delete a row, bury its item and delete that. Returns what the primary does."""
        write = _Write(self, "delete")

        async def remove() -> Any:
            if isinstance(self._primary, PreparesWrites):
                return await self._primary.delete_prepared(key, write.prepared)
            if not await self._begin_found(write, key):
                return False
            return await self._primary.delete(key)

        async def undo() -> bool:
            if write.before is None or await self.rows.one(write.row_key) is not None:
                return False
            await self._primary.create(own_fields(self.rows, write.before.record))
            return True

        return await self._both(write, remove, undo)

    async def refresh(self, row_key: RowKey) -> bool:
        """Make the item what the row says, which something else has changed. Returns whether there is a row."""
        write = _Write(self, "refresh")

        async def look() -> bool:
            await write.begin(row_key, None)
            return True

        async def undo() -> bool:
            return True

        await self._both(write, look, undo)
        return write.after is not None

    def _is_among(self, name: str, changes: Mapping[str, Any]) -> bool:
        """Whether a field is changed, by its name or its column's."""
        column = self._mapping.fields[name].column
        return name in changes or (column is not None and column.name in changes)

    async def _begin_found(self, write: _Write, key: Mapping[str, Any]) -> bool:
        """Begin the write of a row that is there; False where there is none."""
        result = await self._primary.get(**key)
        if result is None:
            return False
        row_key = self.row_keys.of(result)
        await write.begin(row_key, await self.rows.one(row_key))
        return True

    # ── both sides ───────────────────────────────────────────────────────────────────────────────────────────────────
    async def _both(self, write: _Write, first: Callable[[], Awaitable[Any]], undo: _Undo) -> Any:
        shared = self._shared
        begun = shared.clock.monotonic()
        deadline = asyncio.get_running_loop().time() + shared.options.timing.write_seconds
        try:
            async with asyncio.timeout_at(deadline):
                result = write.result = await first()
        except Exception as error:
            await self._given_up(write, error)
            raise
        if write.repair is None:
            return result  # there was no row
        outcome: Written = "failed"  # also where it is cancelled
        try:
            async with asyncio.timeout_at(deadline):
                lingers = await self.settle(write.repair, write)
        except Exception as error:
            if await self._failed(write, error, undo):
                outcome = "undone"
            if shared.options.on_failure == "compensate":
                said = "was undone" if outcome == "undone" else "could not be undone, and is set right later"
                raise DualWriteFailed(
                    f"{self._mapping.name}: {write.operation} was not written to DynamoDB "
                    f"({type(error).__name__}), and {said}",
                    undone=outcome == "undone",
                ) from error
        else:
            outcome = "ok"
            await self._quietly(shared.queue.done(write.repair, lingers=lingers), write)
        finally:
            seconds = shared.clock.monotonic() - begun
            shared.told(DualWrite(self._name, write.operation, outcome, seconds))
            shared.statistics.count(
                self._name, writes=1, failed_writes=int(outcome != "ok"), undone=int(outcome == "undone")
            )
        LOG.debug("%s.%s is on both sides", self._name, write.operation, extra=self.context(write.repair))
        return result

    async def settle(self, repair: Repair, write: _Write | None = None) -> bool:
        """Make the items of an entry's row what it says. Returns whether a request may still arrive."""
        assert repair.row_key is not None, "the row is known by now"

        async def note(keys: Mapping[Any, Any]) -> None:
            await self._shared.queue.know(repair, keys)

        with self._db.track() as usage:
            found = await self._reconciler.settle(repair.row_key, repair.known, note)
        if write is not None:
            write.after = found
        return usage.retries > 0

    async def _given_up(self, write: _Write, error: Exception) -> None:
        """The first side failed. Where it is known not to have written, there is nothing to repair."""
        if write.repair is not None and not isinstance(error, self._unknown):
            await self._quietly(self._shared.queue.done(write.repair), write)
        LOG.info(
            "%s.%s failed in the source: %s", self._name, write.operation, type(error).__name__,
            extra={"entity": self._mapping.name, "correlation_id": correlation_id()},
        )  # fmt: skip

    async def _failed(self, write: _Write, error: Exception, undo: _Undo) -> bool:
        """The second side failed. Returns whether the first one was undone."""
        assert write.repair is not None, "it has begun"
        LOG.warning(
            "%s.%s failed in DynamoDB: %s; it will be repaired", self._name, write.operation, type(error).__name__,
            extra=self.context(write.repair),
        )  # fmt: skip
        undone = False
        if self._shared.options.on_failure == "compensate":
            try:
                undone = await undo()
            except Exception as failed:
                LOG.error(
                    "%s.%s could not be undone: %s", self._name, write.operation, type(failed).__name__,
                    extra=self.context(write.repair),
                )  # fmt: skip
        # also of what was undone: DynamoDB may have the write nevertheless
        await self._quietly(self._shared.queue.fail(write.repair, error, first=True), write)
        return undone

    async def _quietly(self, done: Awaitable[Any], write: _Write) -> None:
        """Write to the queue; where that fails the entry stays as it is, and falls due by itself."""
        try:
            await done
        except DynamoDBError as error:
            LOG.error(
                "the repair queue cannot be written: %s; %s.%s is looked at again later", type(error).__name__,
                self._name, write.operation, extra={"correlation_id": correlation_id()},
            )  # fmt: skip

    def context(self, repair: Repair) -> dict[str, Any]:
        """What a log record says of a write."""
        named = {} if repair.row_key is None else self.row_keys.named(repair.row_key)
        return {
            "entity": self._mapping.name,
            "table": self._mapping.table_name,
            "repository_operation": repair.operation,
            "row_key": {name: "(hidden)" if is_secret(name) else value for name, value in named.items()},
            "correlation_id": repair.correlation_id,
            "attempts": repair.attempts,
        }


class _Write:
    """One write that is under way: its entry in the queue, and what the row was and is."""

    def __init__(self, writer: DualWriter, operation: str) -> None:
        self._writer, self.operation = writer, operation
        self.repair: Repair | None = None
        self.before: Found | None = None
        self.after: Found | None = None
        self.result: Any = None  # of the first side

    @property
    def row_key(self) -> RowKey:
        assert self.repair is not None, "it has begun"
        assert self.repair.row_key is not None, "the row is known by now"
        return self.repair.row_key

    async def prepared(self, row_key: RowKey, before: Found | None) -> None:
        await self.begin(row_key, before)

    async def begin(self, row_key: RowKey | None, before: Found | None) -> None:
        self.before = before
        known = {} if before is None else {before.key: before.place}
        shared = self._writer._shared
        self.repair = await shared.queue.begin(
            self._writer._name,
            self.operation,
            row_key,
            known,
            correlation_id=correlation_id(),
        )

    async def learn(self, row_key: RowKey) -> None:
        assert self.repair is not None, "it has begun"
        await self._writer._shared.queue.know(self.repair, {}, row_key)


def own_fields(rows: SourceRows, record: Record) -> Record:
    """The fields of a record that are columns of its own row."""
    fields = rows.mapping.fields
    return {
        name: value
        for name, value in record.items()
        if name in fields and fields[name].from_own_row and fields[name].column is not None
    }
