"""A verification from its beginning to its end: both sides are written down, compared, and what is in doubt looked at
again.

Whole: all rows, and a scan of each table. By a sample: some rows, chosen by the hash of their keys, and their items.
Nothing is written to either side. Owns what is done in which order. Must not know how a report is shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final, TypeVar

from msgspec import Struct

from ...client import DynamoDB
from ...clock import SYSTEM_CLOCK, Clock
from ...errors import ConfigurationError, ResourceNotFound
from ...types import Item
from ..backfill.checkpoints import Chunk
from ..backfill.feed import Batch, Feed
from ..backfill.run import chosen_mappings
from ..errors import SourceLost
from ..mapping.entity import EntityMapping, Mappings
from ..source.schema import NO_SCHEMA, SourceSchema
from ..source.sql import SqlSource
from .canonical import Checksums
from .confirm import Looks, SecondLook, key_text, look_at_extra, look_at_rows, row_of, row_text
from .ledger import Expectation, Ledger, Sighting
from .patterns import Partitions, Pattern, check_pattern
from .report import Discrepancy, EntityReport, PatternReport, Report

T = TypeVar("T")

_PAGE: Final = 1_000
_LOOKS_PAGE: Final = 100
_RECONNECTS: Final = 5
_HASH_BYTES: Final = 8
_HASHES: Final = float(1 << 8 * _HASH_BYTES)


class Progress(Struct, frozen=True):
    """A page was compared.

    Attributes:
        side: "source" or "table".
        name: of the repository or the table.
        done: rows or items of this side so far.
    """

    side: str
    name: str
    done: int


class Verification:
    """Compares what the source has with what is in the tables.

    Args:
        source: the rows.
        mappings: of the contract, with the conventions that the tables were written with.
        db: the items. They are scanned eventually consistently; what is in doubt is read again consistently.
        schema: of the contract's checks; the database's own fills what it does not know.
        sample: a share of the rows, over 0 up to 1: only these are compared, always the same ones. None: all, and items
            without a row are found.
        segments: parts of a table that are scanned at once.
        partitions: of each index and table of an entity, so many are queried and held against the rows; 0 for none.
        patterns: access patterns of the application's own.
        listed_max: so many discrepancies of each kind and entity are looked at again and listed.
        on_progress: called after each page; must be quick, and not raise.
        clock: for the report's times.

    Raises:
        ConfigurationError: a setting is not what it may be.
    """

    def __init__(
        self,
        source: SqlSource,
        mappings: Mappings,
        db: DynamoDB,
        *,
        schema: SourceSchema = NO_SCHEMA,
        sample: float | None = None,
        segments: int = 4,
        partitions: int = 20,
        patterns: Sequence[Pattern] = (),
        listed_max: int = 100,
        on_progress: Callable[[Progress], None] | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        if sample is not None and not 0 < sample <= 1:
            raise ConfigurationError(f"sample is {sample!r}; it must be a share, over 0 up to 1")
        if listed_max < 0 or partitions < 0:
            raise ConfigurationError("listed_max and partitions must be 0 or more")
        self._source, self._mappings, self._db, self._schema = source, mappings, db, schema
        self._sample, self._segments, self._partitions = sample, segments, partitions
        self._patterns, self._listed_max = patterns, listed_max
        self._on_progress, self._clock = on_progress, clock

    async def run(self, entities: Sequence[str] | None = None) -> Report:
        """Compare.

        Args:
            entities: the repositories' names; None: all of the contract.

        Raises:
            ConfigurationError: there is no such entity, or a table is not there.
            SourceLost, MigrationError, DynamoDBError: a side cannot be read.
        """
        begun_at, begun = self._clock.time(), self._clock.monotonic()
        chosen = chosen_mappings(self._mappings, entities)
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="verify") as thread:
            ledger = Ledger()
            try:
                sides = _Sides(self, chosen, ledger, thread)
                report = await sides.compare()
            finally:
                await asyncio.get_running_loop().run_in_executor(thread, ledger.close)
        report.seconds, report.began_at = self._clock.monotonic() - begun, begun_at
        return report


class _Sides:
    """One run of a verification."""

    def __init__(
        self, settings: Verification, chosen: list[EntityMapping], ledger: Ledger, thread: ThreadPoolExecutor
    ) -> None:
        self._with, self._ledger, self._thread = settings, ledger, thread
        self._source, self._db, self._sample = settings._source, settings._db, settings._sample
        self._chosen = chosen
        self._checksums = [Checksums(mapping) for mapping in chosen]
        self._entities = [EntityReport(one.name, one.table_name, one.repository) for one in chosen]
        self._partitions = [
            [Partitions(one, index, settings._partitions) for index in (None, *one.table.indexes)]
            if settings._partitions
            else []
            for one in chosen
        ]
        self._unrecognised: dict[str, int] = {}

    async def compare(self) -> Report:
        await self._check_tables()
        for number in range(len(self._chosen)):
            await self._read_source(number)
        if self._sample is None:
            for table in dict.fromkeys(one.table_name for one in self._chosen):
                await self._scan(table)
        await self._in_thread(self._ledger.settle)
        listed: list[Discrepancy] = []
        unlisted = 0
        for number in range(len(self._chosen)):
            unlisted += await self._judge(number, listed)
        patterns = [
            await self._check(number, one) for number in range(len(self._chosen)) for one in self._partitions[number]
        ]
        patterns = [one for one in patterns if one.tried]
        patterns += [await check_pattern(one) for one in self._with._patterns]
        return Report(
            self._entities, patterns, listed, unlisted, self._unrecognised, self._sample, 0.0, self._source.name, 0.0
        )

    # ── both sides, written down ─────────────────────────────────────────────────────────────────────────────────────
    async def _check_tables(self) -> None:
        for name in dict.fromkeys(one.table_name for one in self._chosen):
            try:
                await self._db.describe_table(name)
            except ResourceNotFound as error:
                raise ConfigurationError(
                    f"there is no table {name!r} at {self._db.config.endpoint.url}",
                    hint="create the contract's tables, and fill them, first",
                ) from error

    async def _read_source(self, number: int) -> None:
        mapping, entity = self._chosen[number], self._entities[number]
        async for batch in self._batches(mapping):
            entity.rows += batch.read
            entity.refused += len(batch.refused)
            chosen = await self._in_thread(partial(self._expect, number, batch))
            if self._sample is not None and chosen:
                await self._see_sampled(number, chosen)
            self._tell("source", mapping.repository, entity.rows)

    async def _batches(self, mapping: EntityMapping) -> AsyncIterator[Batch]:
        """All rows as items; a lost connection is made anew, and reading goes on where it was."""
        chunk, after = Chunk(mapping.repository, 0, None, None), None
        lost = 0
        while True:
            try:
                async with Feed(
                    self._source, mapping, chunk, after=after, page_rows=_PAGE, schema=self._with._schema
                ) as feed:
                    async for batch in feed:
                        yield batch
                        after, lost = batch.last, 0
                return
            except SourceLost:
                lost += 1
                if lost > _RECONNECTS:
                    raise

    def _expect(self, number: int, batch: Batch) -> list[Item]:
        """Write down what a page of rows should be; returns the items that were chosen."""
        mapping, checksums = self._chosen[number], self._checksums[number]
        written: list[Expectation] = []
        items: list[Item] = []
        for row, item in batch.items:
            digest = checksums.digest(item)
            if not self._is_chosen(digest):
                continue
            items.append(item)
            written.append(Expectation(digest, checksums.checksum(item), number, row_text(mapping, row)))
            for partitions in self._partitions[number]:
                partitions.add(item, digest)
        self._ledger.expect(written)
        return items

    def _is_chosen(self, digest: bytes) -> bool:
        if self._sample is None:
            return True
        return int.from_bytes(digest[:_HASH_BYTES]) < self._sample * _HASHES

    async def _see_sampled(self, number: int, items: list[Item]) -> None:
        mapping, checksums = self._chosen[number], self._checksums[number]
        table = self._db.table(mapping.table_name, partition_key=mapping.table.pk, sort_key=mapping.table.sk)
        keys = list(dict.fromkeys(checksums.key(item) for item in items))
        found = await table.batch_get(keys, consistent=True)
        await self._in_thread(lambda: self._see(number, [item for item in found if item is not None]))

    async def _scan(self, name: str) -> None:
        numbers = [number for number, one in enumerate(self._chosen) if one.table_name == name]
        contract = self._chosen[numbers[0]].table
        table = self._db.table(name, partition_key=contract.pk, sort_key=contract.sk)
        others = [one for one in self._with._mappings if one.table_name == name]
        done = 0
        page: list[Item] = []
        async for item in table.scan(segments=self._with._segments):
            page.append(item)
            if len(page) == _PAGE:
                done += await self._sort(name, numbers, others, page)
                self._tell("table", name, done)
                page = []
        await self._sort(name, numbers, others, page)
        self._tell("table", name, done + len(page))

    async def _sort(self, name: str, numbers: list[int], others: list[EntityMapping], page: list[Item]) -> int:
        """Write down a page of items, each for its entity. Returns how many they were."""

        def sort() -> None:
            by_entity: dict[int, list[Item]] = {}
            for item in page:
                number = next((one for one in numbers if self._chosen[one].recognises(item)), None)
                if number is not None:
                    by_entity.setdefault(number, []).append(item)
                elif not any(one.recognises(item) for one in others):
                    self._unrecognised[name] = self._unrecognised.get(name, 0) + 1
            for number, items in by_entity.items():
                self._see(number, items)

        await self._in_thread(sort)
        return len(page)

    def _see(self, number: int, items: list[Item]) -> None:
        checksums = self._checksums[number]
        self._ledger.see(
            Sighting(checksums.digest(item), checksums.checksum(item), number, key_text(checksums.key(item)))
            for item in items
        )

    # ── judgement ────────────────────────────────────────────────────────────────────────────────────────────────────
    async def _judge(self, number: int, listed: list[Discrepancy]) -> int:
        """Count, and look again at what is in doubt. Returns how many discrepancies are not listed."""
        entity, mapping, most = self._entities[number], self._chosen[number], self._with._listed_max
        for name, count in (await self._in_thread(lambda: self._ledger.counts(number))).items():
            setattr(entity, name, count)
        looks = Looks(self._source, self._with._schema, self._db)
        rows = await self._in_thread(lambda: self._ledger.rows_in_doubt(number, most))
        in_doubt = entity.missing + entity.different
        found = [await look_at_rows(looks, mapping, rows[at : at + _LOOKS_PAGE]) for at in _pages(rows)]
        _correct(entity, len(rows) == in_doubt, found)
        extra: list[SecondLook] = []
        keys: list[str] = []
        if self._sample is None:
            keys = await self._in_thread(lambda: self._ledger.extra_keys(number, most))
            extra = [await look_at_extra(looks, mapping, keys[at : at + _LOOKS_PAGE]) for at in _pages(keys)]
            entity.extra = (entity.extra or 0) - sum(one.settled + one.gone for one in extra)
        else:
            entity.items = entity.extra = None
        new = [one for look in (*found, *extra) for one in look.found]
        groups = await self._in_thread(lambda: list(self._ledger.collisions(number, most)))
        new += [_collision(mapping, group) for group in groups]
        listed += new
        return entity.missing + entity.different + (entity.extra or 0) + len(groups) - len(new)

    async def _check(self, number: int, partitions: Partitions) -> PatternReport:
        return await partitions.check(self._db, self._checksums[number], whole=self._sample is None)

    # ── what they share ──────────────────────────────────────────────────────────────────────────────────────────────
    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _tell(self, side: str, name: str, done: int) -> None:
        if self._with._on_progress is not None:
            self._with._on_progress(Progress(side, name, done))


def _pages(rows: Sequence[Any]) -> range:
    return range(0, len(rows), _LOOKS_PAGE)


def _correct(entity: EntityReport, all_seen: bool, looks: Sequence[SecondLook]) -> None:
    """Take back what a second look has settled. Where all doubts were looked at, the counts are what was found."""
    settled, gone = sum(one.settled for one in looks), sum(one.gone for one in looks)
    missing = sum(1 for look in looks for one in look.found if one.kind == "missing")
    different = sum(1 for look in looks for one in look.found if one.kind == "different")
    entity.matched += settled
    entity.compared -= gone
    entity.rows -= gone
    if all_seen:
        entity.missing, entity.different = missing, different
    else:  # settled ones were missing or different at first: which, does not matter
        over = settled + gone
        entity.missing, entity.different = (
            max(0, entity.missing - over),
            entity.different - max(0, over - entity.missing),
        )


def _collision(mapping: EntityMapping, rows: list[str]) -> Discrepancy:
    keys = [row_of(mapping, row) for row in rows]
    shown = {name: ", ".join(str(key[name]) for key in keys) for name in mapping.needs.key}
    return Discrepancy("collision", mapping.name, mapping.table_name, mapping.repository, {}, shown)
