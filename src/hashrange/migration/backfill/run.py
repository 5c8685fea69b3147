"""A backfill from its beginning to its end: the lease, the plan of each entity, its chunks, and a last look for what
was deleted meanwhile.

Needs of the application, while it goes on: that it writes to both sides already (or does not write), and that it keeps
the order of steps in ``state/tombstones.py`` when it deletes. Owns what is done in which order. Must not know rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from ...client import DynamoDB
from ...clock import SYSTEM_CLOCK, Clock
from ...errors import ConfigurationError, ResourceNotFound
from ...patterns.capacity import Pacer
from ...table import Table
from ...types import Item
from ..mapping.entity import EntityMapping, Mappings
from ..source.schema import NO_SCHEMA, SourceSchema
from ..source.sql import SqlSource
from ..state.lease import Lease
from ..state.store import Store
from ..state.tombstones import Tombstones
from .chunk_runs import ChunkRuns
from .graves import Graves
from .options import Options
from .progress import Progress, Report
from .sink import Sink
from .table_sink import TableSink


class Executor(Protocol):
    """Works on chunks elsewhere: other processes, other machines. ``dask.DaskExecutor`` is one."""

    async def __call__(self, chunks: Sequence[tuple[str, int]]) -> None:
        """See that ``Backfill.work_on`` is called for each of these chunks, and return when all are done; raise what
        one of them raised."""
        ...


class Backfill:
    """Writes the items of all rows to their tables, once each, however often it is interrupted.

    Args:
        source: what is read.
        mappings: of the contract.
        db: where the tables are; they must exist.
        state: where checkpoints, the lease and tombstones are. Another one begins anew.
        options: how it goes about it.
        schema: of the contract's checks; the database's own fills what it does not know.
        pacer: of ``paced``; None: as fast as the tables take it.
        on_progress: called after each page; must be quick, and not raise.
        clock: for pauses and the lease.
    """

    def __init__(
        self,
        source: SqlSource,
        mappings: Mappings,
        db: DynamoDB,
        state: Store,
        options: Options = Options(),  # noqa: B008 - frozen
        *,
        schema: SourceSchema = NO_SCHEMA,
        pacer: Pacer | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._source, self._mappings, self._db, self._state = source, mappings, db, state
        self._options, self._schema, self._pacer, self._clock = options, schema, pacer, clock
        self._on_progress = on_progress

    def __repr__(self) -> str:
        return f"<Backfill from {self._source!r} to {self._db.config.endpoint.url}>"

    async def run(self, entities: Sequence[str] | None = None, *, executor: Executor | None = None) -> Report:
        """Do what is left to do.

        Args:
            entities: the repositories' names, in their order; None: all of the contract, in its.
            executor: works on chunks elsewhere; None: here.

        Returns:
            what has been done, in this run and those before; refused rows are in ``Report.files``.

        Raises:
            AlreadyRunning: another backfill is at work with this state.
            ConfigurationError: the state is of another contract; a table is not there, or has other keys; there is no
                such entity; or one has no attribute for "newer".
            SourceLost: the database was lost, and could not be reached again.
            MigrationError: the source refuses, or more rows were refused than may be.
            DynamoDBError: a table cannot be written. Whatever is raised, the next run goes on where this one stopped.
        """
        chosen = chosen_mappings(self._mappings, entities)
        for mapping in chosen:
            self._newer_by(mapping)
        async with Lease(self._state, "backfill", seconds=self._options.lease_seconds, clock=self._clock) as lease:
            tables = {one.table_name: await self._opened(one) for one in chosen}
            begun, run = self._clock.monotonic(), self._runs(lease.check)
            if await run.plan(chosen):
                await self._look_at_all(tables.values())  # the run before may have been killed after a write
            if executor is None:
                await run.run(lambda mapping, chunk: self._sink(tables[mapping.table_name], mapping))
            else:
                await executor([(mapping.repository, chunk.number) for mapping, chunk, _ in run.left])
                run = self._runs(lease.check)
                await run.plan(chosen)  # the checkpoints tell what was done elsewhere
            await self._look_at_all(tables.values())
            return run.report(self._clock.monotonic() - begun)

    async def work_on(self, repository: str, number: int) -> None:
        """Do one chunk of a run that goes on elsewhere, as its executor is told to. Takes no lease: should two work on
        the same chunk, the items are the same, and one of them is stopped at its next checkpoint.

        Args:
            repository, number: which chunk.

        Raises:
            StateConflict: somebody else works on it.
            others: as ``run``.
        """
        (mapping,) = chosen_mappings(self._mappings, [repository])
        table = await self._opened(mapping)
        run = self._runs(lambda: None)
        await run.plan([mapping], only=number)
        await run.run(lambda mapping, chunk: self._sink(table, mapping))

    def _runs(self, may_go_on: Callable[[], None]) -> ChunkRuns:
        return ChunkRuns(
            self._source, self._schema, self._options, self._state, "backfill", self._clock, may_go_on,
            self._on_progress,
        )  # fmt: skip

    def _sink(self, table: Table[Item], mapping: EntityMapping) -> Sink:
        return TableSink(
            table, mapping, newer_by=self._newer_by(mapping), concurrency=self._options.concurrency,
            pacer=self._pacer, graves=self._graves(table),
        )  # fmt: skip

    async def _look_at_all(self, tables: Iterable[Table[Item]]) -> None:
        for table in tables:
            await self._graves(table).look_at_all()

    def _graves(self, table: Table[Item]) -> Graves:
        seconds = self._options.tombstone_seconds
        return Graves(table, Tombstones(self._state, table.name), seconds=seconds, clock=self._clock)

    def _newer_by(self, mapping: EntityMapping) -> str | None:
        given = self._options.newer_by
        name = given if given is None or isinstance(given, str) else given.get(mapping.repository)
        if self._options.mode == "newer" and (name is None or name not in mapping.entity.attributes):
            raise ConfigurationError(
                f"entity {mapping.name} ({mapping.repository}) has no attribute {name!r}, to tell which item is newer",
                hint="newer_by={'" + mapping.repository + "': ...} names one; without one, use 'if-absent'",
            )
        return name

    async def _opened(self, mapping: EntityMapping) -> Table[Item]:
        """The table of an entity, which must be the one of the contract."""
        wanted = (mapping.table.pk, mapping.table.sk)
        try:
            description = await self._db.describe_table(mapping.table_name)
        except ResourceNotFound as error:
            raise ConfigurationError(
                f"there is no table {mapping.table_name!r} at {self._db.config.endpoint.url}",
                hint="create the contract's tables first",
            ) from error
        types = {name: mapping.table.key_attributes()[name] for name in wanted if name is not None}
        there = {name: description.attribute_types.get(name) for name in description.keys.names}
        if (description.keys.partition_key, description.keys.sort_key) != wanted or there != types:
            raise ConfigurationError(
                f"table {mapping.table_name!r} has the keys {there}; the contract says {types}",
                hint="is it a table of this contract?",
            )
        return self._db.table(mapping.table_name, partition_key=mapping.table.pk, sort_key=mapping.table.sk)


def chosen_mappings(mappings: Mappings, entities: Sequence[str] | None) -> list[EntityMapping]:
    """The mappings of these repositories; None: of all.

    Raises:
        ConfigurationError: there is no such repository.
    """
    if entities is None:
        return list(mappings)
    for name in entities:
        if name not in mappings.by_repository:
            known = ", ".join(mappings.by_repository)
            raise ConfigurationError(f"the contract has no entity of the name {name!r}", hint=f"there are {known}")
    return [mappings.by_repository[name] for name in dict.fromkeys(entities)]
