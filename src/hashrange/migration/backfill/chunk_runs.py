"""All chunks of a run: planned, loaded, worked on several at once, and told about.

Owns the counts of a run. Must not know where batches go.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import Any

from ...clock import Clock
from ..mapping.entity import EntityMapping
from ..source.schema import SourceSchema
from ..source.sql import SqlSource
from ..state.store import Store
from .checkpoints import Checkpoint, Checkpoints, Chunk
from .chunk_run import Work, refused_path, run_chunk, too_many_refused
from .options import Options
from .plan import planned
from .progress import Counts, Progress, Report
from .sink import Sink


class ChunkRuns:
    """All chunks of a run: planned, loaded, worked on several at once, and told about.

    Args:
        source, schema, options, state, clock: of the run.
        kind: "backfill" or "export": tells their checkpoints apart.
        may_go_on: raises where the lease was lost.
        on_progress: called after each page.
    """

    def __init__(
        self,
        source: SqlSource,
        schema: SourceSchema,
        options: Options,
        state: Store,
        kind: str,
        clock: Clock,
        may_go_on: Callable[[], None],
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        self._options, self._on_progress = options, on_progress
        self._checkpoints = Checkpoints(state, kind)
        self._work = Work(source, schema, options, self._checkpoints, clock, may_go_on, self._told)
        self._counts: dict[str, Counts] = {}
        self._chunks: list[tuple[EntityMapping, Chunk, Checkpoint]] = []
        self._total, self._resumed = 0, False

    async def plan(self, chosen: Sequence[EntityMapping], *, only: int | None = None) -> bool:
        """Plan what is not planned yet, and load the checkpoints, or that of one chunk. Returns whether an earlier run
        had begun."""
        for mapping in chosen:
            plan = await self._checkpoints.plan(mapping, self._options.mode)
            if plan is None:
                plan = await planned(self._work.source, mapping, self._work.schema, self._options.chunk_rows)
                await self._checkpoints.keep_plan(mapping, self._options.mode, plan)
            self._total += plan.total
            counts = self._counts[mapping.repository] = Counts()
            for chunk in plan.chunks(mapping.repository):
                if only is not None and chunk.number != only:
                    continue
                checkpoint = await self._checkpoints.load(chunk)
                counts.add(checkpoint.counts)
                self._resumed = self._resumed or checkpoint.version is not None
                self._chunks.append((mapping, chunk, checkpoint))
        return self._resumed

    @property
    def left(self) -> list[tuple[EntityMapping, Chunk, Checkpoint]]:
        """The chunks that are not done."""
        return [one for one in self._chunks if not one[2].done]

    @property
    def outcomes(self) -> list[tuple[EntityMapping, Chunk, Any]]:
        """What the sinks said of the chunks that are done."""
        return [(mapping, chunk, found.outcome) for mapping, chunk, found in self._chunks if found.done]

    async def run(self, sink_of: Callable[[EntityMapping, Chunk], Sink]) -> None:
        """Do all chunks that are not done, ``Options.parallel`` at once. Raises what the first failed with; the others
        are stopped."""
        work = iter(self.left)

        async def worker() -> None:
            for mapping, chunk, checkpoint in work:
                await run_chunk(self._work, mapping, chunk, checkpoint, partial(sink_of, mapping, chunk))

        async with _as_one_error(), asyncio.TaskGroup() as group:
            for _ in range(self._options.parallel):
                group.create_task(worker())

    def report(self, seconds: float) -> Report:
        """What has been done."""
        files = [
            str(refused_path(self._options, mapping, chunk))
            for mapping, chunk, checkpoint in self._chunks
            if checkpoint.refused_bytes
        ]
        return Report(self._counts, seconds, self._resumed, tuple(dict.fromkeys(files)))

    def _told(self, mapping: EntityMapping, chunk: Chunk, new: Counts) -> None:
        counts = self._counts[mapping.repository]
        counts.add(new)
        if self._on_progress is not None:
            done = sum(one.read for one in self._counts.values())
            self._on_progress(
                Progress(mapping.name, mapping.table_name, mapping.repository, chunk.number, counts, self._total, done)
            )
        refused = sum(one.refused for one in self._counts.values())
        most = self._options.refused_max
        if most is not None and refused > most:
            raise too_many_refused(refused, most, str(refused_path(self._options, mapping, chunk)))


@contextlib.asynccontextmanager
async def _as_one_error() -> AsyncIterator[None]:
    """The first error of a group of tasks; the others were stopped because of it."""
    try:
        yield
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
