"""The repository of one entity on two sides: what an application calls while it migrates, in every phase.

Each call asks for the phase, and goes to the reader or writer of it. Must not know how they work.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ...errors import ConditionFailed, InvalidExpression
from ..access.repository import Repository
from ..errors import NotInContract
from .errors import PhaseRefused
from .options import Shared
from .phase import FLAGS
from .primary import Primary
from .reads import DualReader
from .repair_queue import Repair
from .reverse import ReverseWriter
from .rows import RowKey
from .writes import DualWriter, own_fields


class DualRepository:
    """Records of one entity in MySQL and DynamoDB.

    Records are given as mappings of field to value, or as records of the table's repository. What the application gets
    is such a record in every phase, unless its primary returns objects of its own: those are passed on, and ``made``
    turns the table's into them from phase 4 on.

    Attributes:
        primary: MySQL's repository.
        secondary: DynamoDB's.
        reverse: writes MySQL behind DynamoDB in phase 5; None where that cannot be.
        why_not_reverse: why it cannot.
    """

    def __init__(
        self,
        shared: Shared,
        primary: Primary,
        secondary: Repository[Any],
        writer: DualWriter,
        *,
        reverse: ReverseWriter | None,
        why_not_reverse: str = "",
        made: Callable[[Any], Any] | None = None,
    ) -> None:
        self._shared, self.primary, self.secondary, self.writer = shared, primary, secondary, writer
        self.reverse, self.why_not_reverse = reverse, why_not_reverse
        self._made: Callable[[Any], Any] = (lambda record: record) if made is None else made
        self._reader = DualReader(shared, primary, secondary, self._given, self._made)

    def __repr__(self) -> str:
        return f"<DualRepository {self.secondary.name}: {self.primary!r} and {self.secondary!r}>"

    # ── reads ────────────────────────────────────────────────────────────────────────────────────────────────────────
    async def get(self, **key: Any) -> Any:
        """The record with these fields, or None.

        Args:
            key: fields that identify it on both sides: those of the table's key, or of an index that makes it unique.

        Raises:
            ReadMismatch: both sides differ, and ``on_mismatch`` is "raise".
            PhaseUnknown: the phase was never read.
        """
        if not key:
            raise InvalidExpression(f"{self.secondary.mapping.name}: give a key's fields by name")
        return await self._reader.get(key)

    async def read(self, name: str, source: Callable[[], Awaitable[Any]], table: Callable[[], Awaitable[Any]]) -> Any:
        """A read of another kind, given for both sides: a list, a count, a record.

            await orders.read(
                "of_customer", lambda: mysql.orders_of(3), lambda: layer.orders.query(email="ada@example.com").all())

        Args:
            name: for logs and statistics.
            source, table: the calls. Lists must have one order on both sides.
        """
        return await self._reader.read(name, source, table)

    # ── writes ───────────────────────────────────────────────────────────────────────────────────────────────────────
    async def create(self, record: Any) -> Any:
        """Create a record; return it, with the id that MySQL has given it.

        Raises:
            DualWriteFailed: DynamoDB could not be written, and ``on_failure`` is "compensate".
            PhaseUnknown: the phase cannot be read, and nothing was written.
            others: what the primary raises; in phase 5, what the table's repository does.
        """
        flags = FLAGS[await self._shared.phases.for_write()]
        if not flags.writes_source:
            reverse = self._reverse_now()
            made = await (self.secondary.create(self._as_model(record)) if reverse is None else reverse.create(record))
            return self._made(made)
        row = self._as_row(record)
        made = await (self.writer.create(row) if flags.writes_table else self.primary.create(row))
        return await self._ended(self._given(made))

    async def update(self, key: Mapping[str, Any], changes: Mapping[str, Any]) -> Any:
        """Change fields of a record; return it as it is now.

        Args:
            key: fields that identify it, by name.
            changes: field to new value; fields of its own row.

        Raises:
            ConditionFailed: there is none.
            others: as ``create``.
        """
        flags = FLAGS[await self._shared.phases.for_write()]
        if not flags.writes_source:
            reverse = self._reverse_now()
            writer: Any = self.secondary if reverse is None else reverse
            return self._made(await writer.update(dict(key), changes))
        writer = self.writer if flags.writes_table else self.primary
        made = await writer.update(key, changes)
        if made is None:
            raise ConditionFailed(f"there is no {self.secondary.mapping.name} with this key", hint="create it")
        return await self._ended(self._given(made))

    async def delete(self, key: Mapping[str, Any]) -> bool:
        """Delete a record. Returns whether there was one, as far as the primary tells. Raises as ``create``."""
        flags = FLAGS[await self._shared.phases.for_write()]
        if not flags.writes_source:
            reverse = self._reverse_now()
            if reverse is not None:
                return await reverse.delete(key)
            return await self.secondary.delete(dict(key))
        writer: Any = self.writer if flags.writes_table else self.primary
        there: bool = await self._ended(await writer.delete(key) is not False)
        return there

    async def refresh(self, **row_key: Any) -> bool:
        """Make the item what MySQL's row says now: after something else than this repository has changed it, or a row
        that is embedded in it. Does nothing in phases 1 and 5.

        Args:
            row_key: the primary key of the row, by field or column.

        Returns:
            whether there is such a row.
        """
        flags = FLAGS[await self._shared.phases.for_write()]
        if not (flags.writes_source and flags.writes_table):
            return True
        found: RowKey = self.writer.row_keys.of(row_key)
        there: bool = await self._ended(await self.writer.refresh(found))
        return there

    async def repair(self, repair: Repair, *, again: bool) -> bool:
        """Do what an entry of the queue says is left; for ``repair_pending``."""
        if repair.direction == "forward":
            return await self.writer.settle(repair)
        if self.reverse is None:
            raise NotInContract(self.why_not_reverse)
        return await self.reverse.settle(repair, again=again)

    # ── what they share ──────────────────────────────────────────────────────────────────────────────────────────────
    async def _ended(self, result: Any) -> Any:
        await self._shared.statistics.flush_when_due()
        return result

    def _reverse_now(self) -> ReverseWriter | None:
        if not self._shared.phases.reverse:
            return None
        if self.reverse is None:
            raise PhaseRefused(self.why_not_reverse, hint="phase 5 was begun with reverse=True: nothing is written")
        return self.reverse

    def _as_row(self, record: Any) -> Any:
        """A record of the table's repository as its own row; anything else as it is."""
        if not isinstance(record, self.secondary.model):
            return record
        values = own_fields(self.writer.rows, self.secondary.records.values(record))
        return {name: value for name, value in values.items() if value is not None}

    def _as_model(self, record: Any) -> Any:
        if isinstance(record, self.secondary.model):
            return record
        return self.secondary.records.of(self.secondary.records.values(record))

    def _given(self, result: Any) -> Any:
        """What the primary returned: a mapping as a record, an object as it is."""
        return self.secondary.records.of(dict(result)) if isinstance(result, Mapping) else result
