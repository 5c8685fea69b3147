"""Reading in each phase: one side, the other, or both at once, and then compared.

What differs is looked at a second time, after a moment: a write that is under way, and an index that follows, are no
mismatch. The source's answer counts until phase 4. Must not know writes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from ...errors import DynamoDBError
from ..access.repository import Repository
from ..access.tracing import correlation_id
from ..errors import RowRefused
from ..secrecy import is_secret
from ..verify.report import AttributeDifference
from .compare import Comparison, same_result
from .errors import ReadMismatch
from .observers import DualRead
from .options import Shared
from .phase import FLAGS
from .primary import Primary
from .statistics import Mismatch

LOG: Final = logging.getLogger("hashrange.migration")
_LOOKS: Final = 2


class DualReader:
    """Reads one entity.

    Args:
        shared: of the layer.
        primary: the source's repository.
        repository: the table's.
        given: turns what the primary returns into what the application gets.
        made: turns what the repository returns into that.
    """

    def __init__(
        self,
        shared: Shared,
        primary: Primary,
        repository: Repository[Any],
        given: Callable[[Any], Any],
        made: Callable[[Any], Any],
    ) -> None:
        self._shared, self._primary, self._repository = shared, primary, repository
        self._given, self._made = given, made
        self._mapping, self._name = repository.mapping, repository.name
        self._comparison = Comparison(repository.mapping)

    async def get(self, key: Mapping[str, Any]) -> Any:
        """The record with this key, or None."""
        flags = FLAGS[await self._shared.phases.for_read()]
        if flags.reads_table:
            consistent = self._shared.options.consistent_reads
            found = await self._repository.get(dict(key), consistent=consistent)
            return None if found is None else self._made(found)
        if not (flags.dual_read and self._chosen()):
            return self._from_source(await self._primary.get(**key))
        source, table = await self._both(lambda: self._primary.get(**key), lambda: self._of_table(None, key))
        if not isinstance(table, DynamoDBError) or isinstance(table, RowRefused):
            source = await self._compared(key, source, table)
        else:
            self._failed("get", table)
        await self._shared.statistics.flush_when_due()
        return self._from_source(source)

    async def read(self, name: str, source: Callable[[], Awaitable[Any]], table: Callable[[], Awaitable[Any]]) -> Any:
        """Any other read, given for each side. Results are records, lists of them in one order, or plain values.

        Args:
            name: for logs and statistics.
            source, table: the calls.
        """
        flags = FLAGS[await self._shared.phases.for_read()]
        if flags.reads_table:
            return await table()
        if not (flags.dual_read and self._chosen()):
            return await source()
        one, other = await self._both(source, table)
        if isinstance(other, DynamoDBError):
            self._failed(name, other)
            return one
        for _ in range(_LOOKS):
            if same_result(one, other, self._comparison):
                self._same(name)
                return one
            await self._shared.clock.sleep(self._shared.options.recheck_seconds)
            other, one = await table(), await source()
        if same_result(one, other, self._comparison):
            self._same(name)
        else:
            self._differs(name, {}, (), None)
        return one

    # ── both sides ───────────────────────────────────────────────────────────────────────────────────────────────────
    def _chosen(self) -> bool:
        return self._shared.randomness.random() < self._shared.options.compared_share

    def _from_source(self, result: Any) -> Any:
        return None if result is None else self._given(result)

    async def _both(self, source: Callable[[], Awaitable[Any]], table: Callable[[], Awaitable[Any]]) -> tuple[Any, Any]:
        """Both results; an error of the table's is given, one of the source's raised."""

        async def of_table() -> Any:
            try:
                return await table()
            except DynamoDBError as error:
                return error

        other = asyncio.ensure_future(of_table())
        try:
            one = await source()
            return one, await other
        finally:
            if not other.done():
                other.cancel()
                await asyncio.gather(other, return_exceptions=True)

    async def _of_table(self, source: Any, key: Mapping[str, Any]) -> Any:
        """The table's record: by the key of the source's record where that tells it, and consistent then."""
        if source is not None:
            fields = self._comparison.fields(source)
            if all(fields.get(name) is not None for name in self._mapping.key_fields):
                return await self._repository.get(self._mapping.key(fields), consistent=True)
        return await self._repository.get(dict(key), consistent=True)

    async def _compared(self, key: Mapping[str, Any], source: Any, table: Any) -> Any:
        """Compare, look again where they differ, and tell what is found. Returns the source's last record."""
        found, lacking = self._difference(source, table)
        for _ in range(_LOOKS):
            if not found and lacking is None:
                self._same("get")
                return source
            await self._shared.clock.sleep(self._shared.options.recheck_seconds)
            try:
                table = await self._of_table(source, key)
            except RowRefused as error:
                table = error
            except DynamoDBError as error:
                self._failed("get", error)
                return source
            again = await self._primary.get(**key)
            if not self._changed(source, again):
                found, lacking = self._difference(again, table)
            source = again
        if found or lacking is not None:
            self._differs("get", key, found, lacking)
        else:
            self._same("get")
        return source

    def _changed(self, one: Any, other: Any) -> bool:
        found, lacking = self._difference(one, other)
        return bool(found) or lacking is not None

    def _difference(self, source: Any, table: Any) -> tuple[tuple[AttributeDifference, ...], str | None]:
        if isinstance(table, RowRefused):
            return (AttributeDifference(table.attribute or "*", "(see the source)", "(not readable)"),), None
        if source is None or table is None:
            return (), None if source is table else "source" if source is None else "table"
        return self._comparison.differences(source, table), None

    # ── what is told ─────────────────────────────────────────────────────────────────────────────────────────────────
    def _same(self, operation: str) -> None:
        self._shared.statistics.count(self._name, compared=1)
        self._shared.told(DualRead(self._name, operation, "same"))

    def _failed(self, operation: str, error: DynamoDBError) -> None:
        self._shared.statistics.count(self._name, failed_reads=1)
        self._shared.told(DualRead(self._name, operation, "failed"))
        LOG.warning(
            "%s.%s could not be compared: %s", self._name, operation, type(error).__name__,
            extra={"entity": self._mapping.name, "correlation_id": correlation_id()},
        )  # fmt: skip

    def _differs(
        self, operation: str, key: Mapping[str, Any], found: tuple[AttributeDifference, ...], lacking: str | None
    ) -> None:
        shared = self._shared
        shared.statistics.count(self._name, compared=1, mismatches=1)
        shared.told(DualRead(self._name, operation, "different"))
        shown = {name: "(hidden)" if is_secret(name) else value for name, value in key.items()}
        remembered = shared.statistics.remember(
            Mismatch(
                0,
                shared.clock.time(),
                self._mapping.name,
                self._name,
                operation,
                shown,
                found,
                lacking,
                correlation_id(),
            )
        )
        names = tuple(one.name for one in found) or ("*",)
        what = f"only one side has it: not the {lacking}" if lacking else f"different are {', '.join(names)}"
        LOG.warning(
            "%s.%s: both sides differ: %s", self._name, operation, what,
            extra={
                "entity": self._mapping.name, "mismatch": remembered.number, "row_key": shown,
                "correlation_id": correlation_id(),
            },
        )  # fmt: skip
        if shared.options.on_mismatch == "raise":
            raise ReadMismatch(
                f"{self._mapping.name}: {operation}: MySQL and DynamoDB differ: {what}",
                hint="verify the entity, and repair it; on_mismatch='report' returns MySQL's record",
                attributes=names,
            )
