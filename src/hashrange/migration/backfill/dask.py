"""A backfill on a Dask cluster: the coordinator plans chunks, workers take one after the other, each with a connection
to the source and a client of its own.

Chunks, checkpoints and writes are those of ``Backfill``: a chunk whose worker was lost is given to another, which goes
on at its checkpoint. Needs a state that all machines reach, a ``TableStore``. Must not know rows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from ...client import DynamoDB
from ...errors import ConfigurationError
from ...extras import imported
from ..mapping.entity import Mappings
from ..source.schema import NO_SCHEMA, SourceSchema
from ..source.sql import SqlSource
from ..state.store import Store
from .options import Options
from .run import Backfill

if TYPE_CHECKING:
    from distributed import Client


class Job(Struct, frozen=True):
    """What a worker makes its backfill of; sent to the workers, so it holds no connection.

    Attributes:
        source: opens the source.
        mappings: makes the mappings of the contract.
        db: makes a client.
        state: makes the store, with that client.
        options: of the coordinator; refused rows are written on the worker's own disk.
        schema: of the contract's checks.
    """

    source: Callable[[], SqlSource]
    mappings: Callable[[], Mappings]
    db: Callable[[], DynamoDB]
    state: Callable[[DynamoDB], Store]
    options: Options = Options()
    schema: SourceSchema = NO_SCHEMA


class DaskExecutor:
    """``await Backfill(...).run(executor=DaskExecutor(client, job))``: chunks on the workers of a cluster.

    Args:
        client: of the cluster.
        job: what the workers need.
        retries: how often a chunk that failed is given to a worker again.

    Raises:
        ConfigurationError: ``distributed`` is not installed, or the options have no ``chunk_rows``.
    """

    def __init__(self, client: Client, job: Job, *, retries: int = 2) -> None:
        imported("distributed", "dask")
        if job.options.chunk_rows is None:
            raise ConfigurationError(
                "a backfill on a cluster needs chunks", hint="give Options(chunk_rows=...), for example 100_000"
            )
        self._client: Any = client
        self._job, self._retries = job, retries

    async def __call__(self, chunks: Sequence[tuple[str, int]]) -> None:
        submit: Any = self._client.submit
        # pure=False: the same call again is work again
        futures = [submit(_chunk, self._job, *chunk, pure=False, retries=self._retries) for chunk in chunks]
        try:
            if self._client.asynchronous:
                await self._client.gather(futures)
            else:
                await asyncio.to_thread(self._client.gather, futures)
        finally:
            for future in futures:  # after an error, or when cancelled: nobody waits for the others
                future.release()


def _chunk(job: Job, repository: str, number: int) -> None:
    """On a worker, in a thread of its own."""
    asyncio.run(_work_on(job, repository, number))


async def _work_on(job: Job, repository: str, number: int) -> None:
    source = job.source()
    try:
        async with job.db() as db:
            state = job.state(db)
            try:
                backfill = Backfill(source, job.mappings(), db, state, job.options, schema=job.schema)
                await backfill.work_on(repository, number)
            finally:
                await state.close()
    finally:
        source.close()
