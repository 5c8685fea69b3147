"""Where batches go, as a backfill sees it: a table or a file."""

from __future__ import annotations

from typing import Any, Protocol

from msgspec import Struct

from ..errors import RowRefused
from .feed import Batch
from .progress import Counts


class Taken(Struct):
    """What became of a batch: counts, without the rows that were refused before, and those that were refused now."""

    counts: Counts
    refused: list[RowRefused]


class Sink(Protocol):
    """Takes the batches of one chunk.

    Attributes:
        durable: whether a batch that was taken will be there after a crash: only then is a checkpoint written behind
            it. Else the chunk begins anew.
    """

    durable: bool

    async def take(self, batch: Batch) -> Taken:
        """Write a batch; all of it is acknowledged when this returns."""
        ...

    async def finish(self) -> Any:
        """The chunk is whole. Returns what its checkpoint should keep, of JSON's kinds."""
        ...

    async def leave(self) -> None:
        """Give back what is open, finished or not."""
        ...
