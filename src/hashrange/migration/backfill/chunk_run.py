"""One chunk from its checkpoint to its end: read, write, keep; and again from the checkpoint when the source was lost.

Owns the order of these steps: a checkpoint is written after all writes before it were acknowledged and its refused rows
are on the disk, so a kill at any point costs at most a page that is written again. Must not know where batches go.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from ...clock import Clock
from ..errors import MigrationError, RowRefused, SourceLost
from ..mapping.entity import EntityMapping
from ..source.schema import SourceSchema
from ..source.sql import SqlSource
from .checkpoints import Checkpoint, Checkpoints, Chunk
from .feed import Batch, Feed
from .options import Options
from .progress import Counts
from .refused import RefusedRows
from .sink import Sink

LOG: Final = logging.getLogger("hashrange.migration")

_DELAY_SECONDS: Final = 0.5  # before the first new connection; doubled with each that fails
_DELAY_MAX_SECONDS: Final = 30.0


class Work(Struct, frozen=True):
    """What all chunks of a run have in common.

    Attributes:
        source, schema: what is read, and what is known of it.
        options: of the run.
        checkpoints: where the chunks' stand.
        clock: for pauses.
        may_go_on: raises where the run has lost its lease.
        on_batch: told after each checkpoint, with the mapping, the chunk and what is new.
    """

    source: SqlSource
    schema: SourceSchema
    options: Options
    checkpoints: Checkpoints
    clock: Clock
    may_go_on: Callable[[], None]
    on_batch: Callable[[EntityMapping, Chunk, Counts], None]


async def run_chunk(
    work: Work, mapping: EntityMapping, chunk: Chunk, checkpoint: Checkpoint, open_sink: Callable[[], Sink]
) -> Path | None:
    """Do what is left of a chunk. Returns the file of its refused rows, if there are any.

    Raises:
        SourceLost: the connection was lost too often in a row.
        MigrationError: the source refuses, or the checkpoint is somebody else's.
        DynamoDBError: a write failed that is not about its row.
    """
    refused = RefusedRows(refused_path(work.options, mapping, chunk), checkpoint.refused_bytes)
    refused.cut()
    losses = 0
    run = _ChunkRun(work, mapping, chunk, checkpoint, refused)
    try:
        while True:
            before = run.batches
            try:
                await run.go(open_sink())
                return refused.path if refused.length else None
            except SourceLost as error:
                losses = 1 if run.batches > before else losses + 1
                if losses > work.options.reconnects:
                    raise _given_up(error, losses) from error
                LOG.warning("%s, chunk %d: %s; connecting anew", mapping.name, chunk.number, error.message)
                await work.clock.sleep(min(_DELAY_SECONDS * 2 ** (losses - 1), _DELAY_MAX_SECONDS))
    finally:
        refused.close()


def refused_path(options: Options, mapping: EntityMapping, chunk: Chunk) -> Path:
    """The file of a chunk's refused rows."""
    number = "" if options.chunk_rows is None else f".{chunk.number:06d}"
    return options.refused_folder / f"{mapping.repository}{number}.jsonl"


def _given_up(error: SourceLost, losses: int) -> SourceLost:
    return SourceLost(
        f"{error.message} ({losses} times in a row)",
        hint="nothing that was written is lost: the same command goes on where it stopped",
    )


class _ChunkRun:
    def __init__(
        self, work: Work, mapping: EntityMapping, chunk: Chunk, checkpoint: Checkpoint, refused: RefusedRows
    ) -> None:
        self._work, self._mapping, self._chunk = work, mapping, chunk
        self._checkpoint, self._refused = checkpoint, refused
        self.batches = 0

    async def go(self, sink: Sink) -> None:
        """From the checkpoint to the end."""
        work, kept = self._work, self._checkpoint
        after, page_rows = kept.after, work.options.page_rows
        counts, refused_bytes = Counts(), self._refused.length
        try:
            async with Feed(
                work.source, self._mapping, self._chunk, after=after, page_rows=page_rows, schema=work.schema
            ) as feed:
                async for batch in feed:
                    work.may_go_on()
                    new = await self._take(sink, batch)
                    counts.add(new)
                    if sink.durable:
                        await self._keep(batch.last, new)
                    self.batches += 1
                    self._tell(new)
            outcome = await sink.finish()
        except SourceLost:
            if not sink.durable:  # it begins anew
                self._refused.close()
                self._refused.length = refused_bytes
                self._refused.cut()
                work.on_batch(self._mapping, self._chunk, _negative(counts))
            raise
        finally:
            await sink.leave()
        kept.done, kept.outcome = True, outcome
        await self._keep(kept.after, Counts() if sink.durable else counts)

    async def _take(self, sink: Sink, batch: Batch) -> Counts:
        taken = await sink.take(batch)
        refused: list[RowRefused] = [*batch.refused, *taken.refused]
        if refused:
            self._refused.write(self._mapping.table_name, refused)
        counts = taken.counts
        counts.read, counts.refused = batch.read, len(refused)
        return counts

    async def _keep(self, after: tuple[Any, ...] | None, new: Counts) -> None:
        kept = self._checkpoint
        kept.counts.add(new)
        kept.after, kept.refused_bytes = after, self._refused.length
        await self._work.checkpoints.save(self._chunk, kept)

    def _tell(self, new: Counts) -> None:
        mapping = self._mapping
        LOG.info(
            "%s, chunk %d: %s", mapping.name, self._chunk.number, new,
            extra={
                "entity": mapping.name, "table": mapping.table_name, "chunk": self._chunk.number, "rows": new.read,
                "written": new.written, "present": new.present, "deleted": new.deleted, "refused": new.refused,
            },
        )  # fmt: skip
        self._work.on_batch(mapping, self._chunk, new)


def _negative(counts: Counts) -> Counts:
    return Counts(**{name: -getattr(counts, name) for name in counts.__struct_fields__})


def too_many_refused(count: int, most: int, where: str) -> MigrationError:
    """The error of a run that refuses more rows than it may."""
    return MigrationError(
        f"{count:,} rows were refused, more than {most:,}: something is wrong with all of them",
        hint=f"see {where}; after that, the same command goes on, and refused_max sets how many may be refused",
    )
