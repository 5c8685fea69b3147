"""All tables of one engine, their names and their states.

Owns who is found by which name, and how states follow each other: a change is under way for ``lifecycle_seconds`` and
is done when somebody looks after that. Must not know requests, or what an operation may change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import md5
from typing import Final

from ...clock import SYSTEM_CLOCK, SYSTEM_RANDOMNESS, Clock, Randomness
from ...limits import ITEM_COLLECTION_MAX_BYTES
from .. import messages
from ..errors import ApiError
from .backups import Backups
from .definitions import IndexDefinition, Stream, TableDefinition, Throughput, TimeToLive, VectorIndexDefinition
from .keeper import Keeper
from .region_replicas import due_at, with_settled_replicas
from .replica import Lags
from .s3_jobs import S3Jobs
from .stream import Streams
from .table import Table

__all__ = ["Catalog", "IndexDefinition", "Stream", "TableDefinition", "Throughput", "TimeToLive"]

_DEFAULT_KEY_ALIAS: Final = "alias/aws/dynamodb"
_TABLE_ARN: Final = re.compile(r"arn:[a-z-]+:dynamodb:([^:]+):([^:]+):table/([^/]+)")


class Catalog:
    """The tables of one engine.

    Attributes:
        region, account: as they show in ARNs.
        clock: times of creation and change, and the states.
        lifecycle_seconds: how long a state like CREATING lasts; 0: until the next look.
        collection_max_bytes: how large an item collection of a table may become.
        streams: those of the tables, and of tables that have gone.
        backups: of the tables, and of tables that have gone.
        exports, imports: those that were asked for.
        keeper: who keeps the tables beyond the life of the process; None: nobody.
    """

    __slots__ = (
        "_lags",
        "_randomness",
        "_tables",
        "_unsettled",
        "account",
        "backups",
        "clock",
        "collection_max_bytes",
        "exports",
        "imports",
        "keeper",
        "lifecycle_seconds",
        "region",
        "streams",
    )

    def __init__(
        self,
        *,
        region: str = "us-east-1",
        account: str = "123456789012",
        clock: Clock = SYSTEM_CLOCK,
        randomness: Randomness = SYSTEM_RANDOMNESS,
        lifecycle_seconds: float = 0.0,
        collection_max_bytes: int = ITEM_COLLECTION_MAX_BYTES,
        keeper: Keeper | None = None,
    ) -> None:
        self.region, self.account, self.clock = region, account, clock
        self.lifecycle_seconds, self.collection_max_bytes = lifecycle_seconds, collection_max_bytes
        self._randomness = randomness
        self._lags: Lags | None = None
        self._tables: dict[str, Table] = {}
        self._unsettled: set[str] = set()
        self.streams = Streams(clock) if keeper is None else keeper.streams(clock)
        self.backups = Backups()
        self.exports, self.imports = S3Jobs(), S3Jobs()
        self.keeper = keeper

    def __repr__(self) -> str:
        return f"Catalog({', '.join(sorted(self._tables)) or 'no tables'})"

    # ── looking up ───────────────────────────────────────────────────────────────────────────────────────────────────
    def table(self, name: str, *, message_with_name: bool = False) -> Table:
        """The table of a name or ARN, for items: one that is being created or deleted counts as not found.

        Raises:
            ApiError: ResourceNotFoundException.
        """
        table = self._tables.get(name)
        if table is None or self._unsettled:
            table = self.get(name)
        if table is None or table.definition.status in ("CREATING", "DELETING"):
            named = messages.table_not_found(self.name_of(name)) if message_with_name else messages.RESOURCE_NOT_FOUND
            raise ApiError("ResourceNotFoundException", named)
        return table

    def find(self, name: str) -> Table:
        """The table of a name or ARN in any state, for operations on tables.

        Raises:
            ApiError: ResourceNotFoundException, which names the table.
        """
        table = self.get(name)
        if table is None:
            raise ApiError("ResourceNotFoundException", messages.table_not_found(self.name_of(name)))
        return table

    def get(self, name: str) -> Table | None:
        """The table of a name or ARN in any state, None where there is none."""
        if self._unsettled:
            self._settle()
        table = self._tables.get(name)
        if table is None and name.startswith("arn:"):
            found = _TABLE_ARN.fullmatch(name)
            if found is not None and found[1] == self.region and found[2] == self.account:
                return self._tables.get(found[3])
        return table

    @property
    def tables(self) -> list[Table]:
        """All tables, in the byte order of their names."""
        self._settle()
        return [self._tables[name] for name in sorted(self._tables)]

    def name_of(self, name: str) -> str:
        """A table's name, given itself or an ARN."""
        found = _TABLE_ARN.fullmatch(name) if name.startswith("arn:") else None
        return name if found is None else found[3]

    # ── changing ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def create(self, definition: TableDefinition) -> Table:
        """A new table, which is CREATING with its indexes. Its name must be free."""
        assert definition.name not in self._tables, "the action checks that"
        until = self.until()
        indexes = {
            name: replace(index, status="CREATING", settles_at=until) if index.is_global else index
            for name, index in definition.indexes.items()
        }
        vectors = {
            name: replace(index, status="CREATING", settles_at=until)
            for name, index in definition.vector_indexes.items()
        }
        definition = replace(definition, status="CREATING", settles_at=until, indexes=indexes, vector_indexes=vectors)
        table = Table(definition, self.collection_max_bytes, self.keeper)
        if self._lags is not None:
            table.follow(self._lags)
        table.stream = self.streams.follow(None, definition, until)
        self._keep(definition)
        self._tables[definition.name] = table
        self._unsettled.add(definition.name)
        return table

    def adopt(self, definition: TableDefinition) -> None:
        """Have a table that the keeper has kept. What was under way with it is done at the next look; a stream that is
        on and was not kept goes on without the records it had, behind their numbers.
        """
        now = self.clock.monotonic()
        indexes = {
            name: index if index.settles_at is None else replace(index, settles_at=now)
            for name, index in definition.indexes.items()
        }
        vectors = {
            name: index if index.settles_at is None else replace(index, settles_at=now)
            for name, index in definition.vector_indexes.items()
        }
        due = None if definition.settles_at is None else now
        definition = replace(definition, settles_at=due, indexes=indexes, vector_indexes=vectors)
        definition = replace(definition, replicas=due_at(definition.replicas, now))
        table = Table(definition, self.collection_max_bytes, self.keeper)
        table.stream = self.streams.resume(definition, now)
        self._tables[definition.name] = table
        if not definition.is_settled:
            self._unsettled.add(definition.name)

    def change(self, table: Table, definition: TableDefinition) -> None:
        """Give a table another definition. Indexes that it did not have are made and filled."""
        table.definition = definition
        table.stream = self.streams.follow(table.stream, definition, self.until())
        for index in definition.all_indexes:
            if index.name not in table.indexes:
                table.add_index(index)
        if not definition.is_settled:
            self._unsettled.add(definition.name)
        self._keep(definition)

    def delete(self, table: Table) -> None:
        """Let a table be DELETING, and go."""
        table.definition = replace(table.definition, status="DELETING", settles_at=self.until())
        table.stream = self.streams.follow(table.stream, table.definition, self.until())
        self._unsettled.add(table.name)
        self._keep(table.definition)

    def _keep(self, definition: TableDefinition) -> None:
        if self.keeper is not None:
            self.keeper.keep(definition)

    def follow(self, index_seconds: float, replica_seconds: float) -> None:
        """Let global indexes and replicas, also those to come, be late by up to so many seconds."""
        if self._lags is None and not index_seconds and not replica_seconds:
            return
        self._lags = Lags(self.clock, self._randomness, index_seconds, replica_seconds)
        for table in self._tables.values():
            table.follow(self._lags)

    def catch_up(self) -> None:
        """Show in global indexes and replicas what is due."""
        if self._lags is None or not (self._lags.index_seconds or self._lags.replica_seconds):
            return
        now = self.clock.monotonic()
        for table in self._tables.values():
            table.catch_up(now)

    def until(self, share: float = 1.0) -> float:
        """When a change that begins now is done, or a share of it."""
        return self.clock.monotonic() + share * self.lifecycle_seconds

    @contextmanager
    def without_delay(self) -> Iterator[None]:
        """Changes that begin inside are done at the next look."""
        before, self.lifecycle_seconds = self.lifecycle_seconds, 0.0
        try:
            yield
        finally:
            self.lifecycle_seconds = before

    def copy(self) -> Catalog:
        """A catalog with the same tables and items that changes independently."""
        twin = Catalog(
            region=self.region,
            account=self.account,
            clock=self.clock,
            randomness=self._randomness,
            lifecycle_seconds=self.lifecycle_seconds,
            collection_max_bytes=self.collection_max_bytes,
        )
        twin.streams = self.streams.copy()
        twin.backups = self.backups.copy()
        twin.exports, twin.imports = self.exports, self.imports
        twin._tables = {name: table.copy() for name, table in self._tables.items()}
        for name, table in self._tables.items():
            twin._tables[name].stream = None if table.stream is None else twin.streams.get(table.stream.arn)
        twin._unsettled, twin._lags = set(self._unsettled), self._lags
        return twin

    # ── states ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def _settle(self) -> None:
        now = self.clock.monotonic()
        for name in [*self._unsettled]:
            table = self._tables[name]
            if _is_due(table.definition.settles_at, now) and table.definition.status == "DELETING":
                del self._tables[name]
                self._unsettled.discard(name)
                if self.keeper is not None:
                    self.keeper.forget(name)
                continue
            definition = _settled(table.definition, now)
            for gone in {one.name for one in table.definition.all_indexes} - {
                one.name for one in definition.all_indexes
            }:
                table.drop_index(gone)
                if self.keeper is not None:
                    self.keeper.drop(name, gone)
            table.definition = definition
            self._keep(definition)
            if definition.is_settled:
                self._unsettled.discard(name)

    # ── names of things ──────────────────────────────────────────────────────────────────────────────────────────────
    def now(self) -> float:
        """Seconds since the epoch, in milliseconds as descriptions show them."""
        return round(self.clock.time(), 3)

    def arn(self, name: str) -> str:
        return f"arn:aws:dynamodb:{self.region}:{self.account}:table/{name}"

    def new_id(self) -> str:
        """A random UUID."""
        digits = "".join(f"{int(self._randomness.random() * 2**32):08x}" for _ in range(4))
        variant = "89ab"[int(digits[16], 16) % 4]
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"

    def key_arn(self, key: str | None) -> str:
        """The ARN of an encryption key, given its id, ARN or alias; None and ``alias/aws/dynamodb``: the account's."""
        if key is None or key.endswith(_DEFAULT_KEY_ALIAS):
            digits = md5(f"{self.region}/{self.account}".encode(), usedforsecurity=False).hexdigest()
            key = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
        if key.startswith("arn:"):
            return key
        place = key if key.startswith("alias/") else f"key/{key}"
        return f"arn:aws:kms:{self.region}:{self.account}:{place}"

    def new_stream(self, table: str, view_type: str, before: Stream | None) -> Stream:
        """A stream that begins now; its label differs from those of the table's streams before, and of a table that
        had the same name.
        """
        at = self.now()
        label = _label(at)
        while (before is not None and label <= before.label) or f"{self.arn(table)}/stream/{label}" in self.streams:
            at += 0.001
            label = _label(at)
        return Stream(f"{self.arn(table)}/stream/{label}", label, view_type)


def _label(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")


def _is_due(settles_at: float | None, now: float) -> bool:
    return settles_at is not None and now >= settles_at


def _settled(definition: TableDefinition, now: float) -> TableDefinition:
    """A table's definition as it is now."""
    indexes = {
        name: _settled_index(index, now)
        for name, index in definition.indexes.items()
        if not (index.status == "DELETING" and _is_due(index.settles_at, now))
    }
    vectors = {
        name: replace(index, status="ACTIVE", settles_at=None) if _is_due(index.settles_at, now) else index
        for name, index in definition.vector_indexes.items()
        if not (index.status == "DELETING" and _is_due(index.settles_at, now))
    }
    if len(indexes) < len(definition.indexes) or len(vectors) < len(definition.vector_indexes):
        definition = replace(definition, attribute_types=_used_types(definition, indexes, vectors))
    definition = with_settled_replicas(replace(definition, indexes=indexes, vector_indexes=vectors), now)
    if not _is_due(definition.settles_at, now):
        return definition
    return replace(
        definition,
        status="ACTIVE",
        settles_at=None,
        throughput=definition.next_throughput or definition.throughput,
        next_throughput=None,
        on_demand_since=definition.next_on_demand_since or definition.on_demand_since,
        next_on_demand_since=None,
    )


def _settled_index(index: IndexDefinition, now: float) -> IndexDefinition:
    if not _is_due(index.settles_at, now):
        return index
    throughput = index.next_throughput or index.throughput
    return replace(index, status="ACTIVE", settles_at=None, throughput=throughput, next_throughput=None)


def _used_types(
    definition: TableDefinition, indexes: dict[str, IndexDefinition], vectors: dict[str, VectorIndexDefinition]
) -> dict[str, str]:
    """The definitions of attributes that are still part of a key or a search schema."""
    schemas = (*(index.keys for index in indexes.values()), *(index.schema for index in vectors.values()))
    used = {name for keys in (definition.keys, *schemas) for name, _ in keys}
    return {name: letter for name, letter in definition.attribute_types.items() if name in used}
