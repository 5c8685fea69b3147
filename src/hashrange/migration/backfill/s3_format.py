"""Items as files for DynamoDB's own import from S3: DynamoDB JSON, one item a line, compressed, one file a chunk.

``FOLDER/<table>/data/`` holds nothing but files to import, so that it can be given to ImportTable as the prefix;
``FOLDER/<table>/manifest.json`` says what they are, with sizes and checksums. A file appears under its name when it is
whole; an interrupted export begins the chunk that it was at anew, and keeps all others. Must not know AWS.

Source of the format: Amazon DynamoDB Developer Guide, "Amazon DynamoDB import format quotas and validation".
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from ...clock import SYSTEM_CLOCK, Clock
from ...codec import encode_item
from ..errors import MigrationError
from ..mapping.entity import EntityMapping, Mappings
from ..source.schema import NO_SCHEMA, SourceSchema
from ..source.sql import SqlSource
from ..state.lease import Lease
from ..state.store import Store
from .checkpoints import Chunk
from .chunk_runs import ChunkRuns
from .feed import Batch
from .options import Options
from .progress import Counts, Progress, Report
from .run import chosen_mappings
from .sink import Sink, Taken

#: rows of a file, unless ``Options.chunk_rows`` says; at 500 bytes each some 50 MB before compression
CHUNK_ROWS: Final = 100_000
_COMPRESSION: Final = 6
_encode: Final = msgspec.json.Encoder(order="deterministic").encode


class S3Export:
    """Writes all items into files.

    Args:
        source, mappings, state, options, schema, on_progress, clock: as ``Backfill``; ``mode`` does not matter.
        folder: where the files go; made when it is needed.
        compress: with gzip.
    """

    def __init__(
        self,
        source: SqlSource,
        mappings: Mappings,
        state: Store,
        folder: str | Path,
        options: Options = Options(),  # noqa: B008 - frozen
        *,
        compress: bool = True,
        schema: SourceSchema = NO_SCHEMA,
        on_progress: Callable[[Progress], None] | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._source, self._mappings, self._state, self._folder = source, mappings, state, Path(folder)
        rows = options.chunk_rows or CHUNK_ROWS
        self._options = msgspec.structs.replace(options, chunk_rows=rows)
        self._compress, self._schema, self._on_progress, self._clock = compress, schema, on_progress, clock

    async def run(self, entities: Sequence[str] | None = None) -> Report:
        """Write the files that are not there yet, and the manifests.

        Args:
            entities: repositories; None: all of the contract.

        Raises:
            AlreadyRunning: another export is at work with this state.
            ConfigurationError, SourceLost, MigrationError: as ``Backfill.run``; a file cannot be written, or one that
                was written is not there any more.
        """
        chosen = chosen_mappings(self._mappings, entities)
        async with Lease(self._state, "export", seconds=self._options.lease_seconds, clock=self._clock) as lease:
            run = ChunkRuns(
                self._source, self._schema, self._options, self._state, "export", self._clock, lease.check,
                self._on_progress,
            )  # fmt: skip
            await run.plan(chosen)
            for mapping, _, outcome in run.outcomes:
                self._check(mapping, outcome)
            begun = self._clock.monotonic()
            await run.run(self._sink)
            report = run.report(self._clock.monotonic() - begun)
            files = [str(self._manifest(table, run)) for table in {one.table_name: None for one in chosen}]
        return msgspec.structs.replace(report, files=(*report.files, *files))

    def _sink(self, mapping: EntityMapping, chunk: Chunk) -> Sink:
        name = f"{mapping.repository}-{chunk.number:06d}.json{'.gz' if self._compress else ''}"
        return FileSink(self._folder / mapping.table_name / "data" / name, compress=self._compress)

    def _check(self, mapping: EntityMapping, outcome: Any) -> None:
        path = self._folder / mapping.table_name / "data" / outcome["file"] if outcome["file"] else None
        if path is not None and (not path.is_file() or path.stat().st_size != outcome["bytes"]):
            raise MigrationError(
                f"{path} was written by an earlier run, and is not there any more as it was",
                hint="bring it back, or begin anew with another state",
            )

    def _manifest(self, table: str, run: ChunkRuns) -> Path:
        folder = self._folder / table
        files = [outcome for mapping, _, outcome in run.outcomes if mapping.table_name == table and outcome["file"]]
        keys = next(mapping.table for mapping, _, _ in run.outcomes if mapping.table_name == table)
        content = {
            "table": table,
            "partition_key": keys.pk,
            "sort_key": keys.sk,
            "input_format": "DYNAMODB_JSON",
            "input_compression": "GZIP" if self._compress else "NONE",
            "prefix": "data/",
            "items": sum(one["items"] for one in files),
            "files": files,
        }
        path = folder / "manifest.json"
        folder.mkdir(parents=True, exist_ok=True)
        _write_whole(path, msgspec.json.format(msgspec.json.encode(content)) + b"\n")
        return path


class FileSink:
    """A chunk into a file, which appears when it is whole.

    Args:
        path: of the file.
        compress: with gzip.
    """

    durable = False

    def __init__(self, path: Path, *, compress: bool) -> None:
        self._path, self._beside, self._compress = path, path.with_name(f".{path.name}.part"), compress
        self._raw: BinaryIO | None = None
        self._file: Any = None
        self._items = self._bytes = 0

    async def take(self, batch: Batch) -> Taken:
        """Write the lines of a batch; compression is done in a thread."""
        await asyncio.to_thread(self._write, batch)
        return Taken(Counts(written=len(batch.items)), [])

    async def finish(self) -> Any:
        """Close the file and give it its name; the checkpoint keeps what the manifest says of it."""
        return await asyncio.to_thread(self._finish)

    async def leave(self) -> None:
        """Remove what is not whole."""
        try:
            if self._raw is not None:
                self._raw.close()
                self._raw = None
                self._beside.unlink(missing_ok=True)
        except OSError as error:
            raise MigrationError(f"{self._beside}: {error.strerror}") from error

    def _write(self, batch: Batch) -> None:
        lines = b"".join(_encode({"Item": encode_item(item)}) + b"\n" for _, item in batch.items)
        try:
            if self._raw is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._raw = self._beside.open("wb")
                # without name and time: the same items are the same bytes
                self._file = gzip.GzipFile("", "wb", _COMPRESSION, self._raw, mtime=0) if self._compress else self._raw
            self._file.write(lines)
        except OSError as error:
            raise MigrationError(f"{self._path}: {error.strerror}") from error
        self._items += len(batch.items)
        self._bytes += len(lines)

    def _finish(self) -> dict[str, Any]:
        if self._raw is None or self._items == 0:
            return {"file": None, "items": 0}
        try:
            if self._compress:
                self._file.close()
            self._raw.flush()
            os.fsync(self._raw.fileno())
            self._raw.close()
            self._raw = None
            self._beside.replace(self._path)
            _sync_folder(self._path.parent)
            with self._path.open("rb") as file:
                checksum = hashlib.file_digest(file, "sha256").hexdigest()
            size = self._path.stat().st_size
        except OSError as error:
            raise MigrationError(f"{self._path}: {error.strerror}") from error
        return {
            "file": self._path.name, "items": self._items, "bytes": size, "uncompressed_bytes": self._bytes,
            "sha256": checksum,
        }  # fmt: skip


def _write_whole(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.part")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        raise MigrationError(f"{path}: {error.strerror}") from error


def _sync_folder(folder: Path) -> None:
    """A name is on the disk when its folder is."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
