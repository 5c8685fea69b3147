"""How a backfill goes about it: checked settings, no behaviour. Must not know sources or tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from ...errors import ConfigurationError


class Options(Struct, frozen=True, kw_only=True):
    """Settings of a backfill.

    Attributes:
        mode: "if-absent": an item that is there stays, whatever it holds; "newer": it is written over where its time
            is before the row's, and stays where it is the same or later, or where the item has none.
        newer_by: for "newer": the attribute that holds the time of the last change, the same of all entities, or by
            repository. Its values must sort as time does: the texts that the conventions make do, and numbers.
        page_rows: rows that are read, written and acknowledged before the next checkpoint.
        chunk_rows: entities are cut into ranges of so many rows, each with a checkpoint of its own; None: not at all.
        parallel: chunks that are worked on at once, each with a connection to the source.
        concurrency: writes in flight, of each chunk.
        reconnects: how often in a row a lost connection to the source is made anew.
        refused_max: rows that may be refused before the backfill gives up; None: any number.
        refused_folder: where refused rows are written, a file each entity, ``orders.jsonl``; made when it is needed.
        tombstone_seconds: how often deletions by dual writes are looked up: so long may a deleted item be seen again.
        lease_seconds: how long a backfill on a machine that was lost keeps others out.

    Raises:
        ConfigurationError: a setting is not what it may be.
    """

    mode: Literal["if-absent", "newer"] = "if-absent"
    newer_by: str | Mapping[str, str] | None = None
    page_rows: int = 1_000
    chunk_rows: int | None = None
    parallel: int = 1
    concurrency: int = 64
    reconnects: int = 5
    refused_max: int | None = 1_000
    refused_folder: Path = Path("refused")
    tombstone_seconds: float = 1.0
    lease_seconds: float = 30.0

    def __post_init__(self) -> None:
        if self.mode not in ("if-absent", "newer"):
            raise ConfigurationError(f"mode is {self.mode!r}; it must be 'if-absent' or 'newer'")
        if (self.mode == "newer") != (self.newer_by is not None):
            raise ConfigurationError("newer_by goes with mode 'newer', and that needs it")
        for name in ("page_rows", "chunk_rows", "parallel", "concurrency", "refused_max", "reconnects"):
            least = 0 if name in ("refused_max", "reconnects") else 1
            value: Any = getattr(self, name)
            if value is None and name in ("chunk_rows", "refused_max"):
                continue
            if type(value) is not int or value < least:
                raise ConfigurationError(f"{name} is {value!r}; it must be a whole number of at least {least}")
        for name in ("tombstone_seconds", "lease_seconds"):
            seconds: Any = getattr(self, name)
            if type(seconds) not in (int, float) or not 0 < seconds < float("inf"):
                raise ConfigurationError(f"{name} is {seconds!r}; it must be a number greater than 0")
