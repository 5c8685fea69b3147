"""Writing MySQL behind DynamoDB in phase 5, so that one can go back to phase 4.

The same as ``writes`` and ``reconcile`` with the sides exchanged: the table is right, an entry in the repair queue
stands before each write, and the row is made what the item says, until two looks agree. Only what items hold can be
written back: columns that the contract stores nowhere keep what they have, or get their defaults. Must not know phases.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from ...errors import DynamoDBError, ValidationError
from ...key import Key
from ..access.repository import Repository
from ..access.tracing import correlation_id
from ..errors import MigrationError, NotInContract
from ..mapping.fields import Record
from .options import Shared
from .primary import RowKeys
from .repair_queue import Repair
from .rows import Place, RowKey
from .sql_repository import SqlRepository

LOG: Final = logging.getLogger("hashrange.migration")
_ROUNDS_MAX: Final = 25


class ReverseWriter:
    """Writes one entity to the table, and its rows behind it.

    Args:
        shared: of the layer.
        repository: of the table.
        source: of the rows.

    Raises:
        NotInContract: items do not tell their rows' keys.
    """

    def __init__(self, shared: Shared, repository: Repository[Any], source: SqlRepository) -> None:
        self._shared, self._repository, self._source = shared, repository, source
        self._mapping = repository.mapping
        self._row_keys = RowKeys(repository.mapping)
        for column, names in self._row_keys.names:
            field = self._mapping.fields.get(names[0])
            if field is None or not field.readable:
                raise NotInContract(
                    f"{self._mapping.name}: items do not hold {column!r}, the key of their rows: MySQL cannot be "
                    "written behind DynamoDB",
                    hint="needed: an attribute for it",
                )

    async def create(self, record: Any) -> Any:
        """Create a record; its id is the caller's."""
        values = self._repository.records.values(record)
        row_key = self._row_keys.find(values)
        if row_key is None:
            raise ValidationError(
                f"{self._mapping.name}: in phase 5 nobody makes {', '.join(self._mapping.needs.key)}: give it",
                hint="IdAllocator gives new ids, above those of MySQL",
            )
        made = record if isinstance(record, self._repository.model) else self._repository.records.of(values)
        known: dict[Key, Place] = {self._mapping.key(values): ()}
        return await self._both("create", row_key, known, lambda: self._repository.create(made))

    async def update(self, key: Mapping[str, Any], changes: Mapping[str, Any]) -> Any:
        """Change a record. Raises ConditionFailed where there is none."""
        before = await self._before(key)
        if before is None:
            return await self._repository.update(key, changes)  # which says so
        new = {**before, **self._repository.records.values(changes)}
        known: dict[Key, Place] = {self._mapping.key(before): (), self._mapping.key(new): ()}
        return await self._both(
            "update", self._row_keys.of(before), known, lambda: self._repository.update(key, changes)
        )

    async def delete(self, key: Mapping[str, Any]) -> bool:
        """Delete a record. Returns whether there was one."""
        before = await self._before(key)
        if before is None:
            return False
        known: dict[Key, Place] = {self._mapping.key(before): ()}
        done: bool = await self._both(
            "delete", self._row_keys.of(before), known, lambda: self._repository.delete(dict(key))
        )
        return done

    async def _before(self, key: Mapping[str, Any]) -> Record | None:
        found = await self._repository.get(dict(key), consistent=True)
        return None if found is None else self._repository.records.values(found)

    async def _both(
        self, operation: str, row_key: RowKey, known: dict[Key, Place], first: Callable[[], Awaitable[Any]]
    ) -> Any:
        queue = self._shared.queue
        repair = await queue.begin(
            self._mapping.repository, operation, row_key, known, direction="reverse", correlation_id=correlation_id()
        )
        try:
            result = await first()
        except DynamoDBError as error:
            if not error.maybe_applied:
                await self._quietly(queue.done(repair))
            raise
        try:
            lingers = await self.settle(repair)
        except Exception as error:
            LOG.warning(
                "%s.%s failed in MySQL: %s; it will be repaired", self._mapping.repository, operation,
                type(error).__name__, extra={"entity": self._mapping.name, "correlation_id": repair.correlation_id},
            )  # fmt: skip
            await self._quietly(queue.fail(repair, error, first=True))
            self._shared.statistics.count(self._mapping.repository, writes=1, failed_writes=1)
        else:
            await self._quietly(queue.done(repair, lingers=lingers))
            self._shared.statistics.count(self._mapping.repository, writes=1)
        return result

    async def settle(self, repair: Repair, *, again: bool = False) -> bool:
        """Make a row what its item says. Returns whether it should be looked at once more, later.

        Args:
            repair: the entry.
            again: this is that later look: indexes have followed by now.
        """
        assert repair.row_key is not None, "records tell their rows"
        written: Record | None = None
        for attempt in range(_ROUNDS_MAX):
            with self._repository.db.track() as usage:
                record, sure = await self._look(repair.row_key, repair.known)
            if attempt and record == written:
                return usage.retries > 0 or not (sure or again)
            if record is None:
                await self._source.remove_row(repair.row_key)
            else:
                await self._source.put_row(repair.row_key, record)
            written = record
        raise MigrationError(f"{self._mapping.name}: the item changed {_ROUNDS_MAX} times while its row was written")

    async def _look(self, row_key: RowKey, known: Mapping[Key, Place]) -> tuple[Record | None, bool]:
        """The record of a row; and whether that is sure: what an index says may be old."""
        repository = self._repository
        for key in known:
            item = await repository.table.get_item(key, consistent=True)
            if item is not None and repository.stored.recognises(item):
                record = self._mapping.from_item(item)
                if self._row_keys.find(record) == row_key:
                    return record, True
        try:  # it may have moved since
            found = await repository.get(self._row_keys.named(row_key), consistent=True)
        except NotInContract:
            return None, True
        except DynamoDBError as error:
            if isinstance(error, ValidationError):  # no key is made of these fields
                return None, True
            raise
        return (None if found is None else repository.records.values(found)), False

    async def _quietly(self, done: Awaitable[Any]) -> None:
        try:
            await done
        except DynamoDBError as error:
            LOG.error("the repair queue cannot be written: %s", type(error).__name__)
