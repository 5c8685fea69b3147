"""A backfill that writes nothing: what the items would be like, what they would cost, and which rows would be refused.

Everything is read and mapped as a backfill does it, in flat memory: sizes are counted in a histogram, partition keys in
a bounded set of counters. Owns what is measured. Samples show no value of an attribute or column that looks secret.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final

from msgspec import Struct

from ...codec import item_size
from ...types import Item
from ..errors import RowTooLarge
from ..mapping.entity import EntityMapping, Mappings
from ..secrecy import is_secret
from ..source.schema import NO_SCHEMA, SourceSchema
from ..source.sql import SqlSource
from .checkpoints import Chunk
from .feed import Batch, Feed
from .run import chosen_mappings

_PARTITIONS_MAX: Final = 10_000  # that are counted at once
_TOP_COUNT: Final = 5
_SAMPLES_COUNT: Final = 3
_REASONS_MAX: Final = 20
_UNIT_BYTES: Final = 1_024
_HIDDEN: Final = "(hidden)"


class EntitySizes(Struct, frozen=True):
    """What the items of an entity would be like.

    Attributes:
        entity, table: which.
        rows, items: how many were read, and how many items they would make.
        refused: reason, with the attribute's name, to how many rows; those beyond 20 reasons as "others".
        too_large: how many of them are refused for being over 400 KB.
        size_min, size_median, size_p99, size_max: bytes of an item, names included; 0 where there are none.
        bytes_total: of all items.
        write_units: to write them all once, without indexes.
        partitions: how many partition keys there are; where there are more than 10,000, at least so many.
        top: the partition keys with most items, and with how many: at most so many where ``partitions`` is not exact.
        samples: some items, secrets hidden.
    """

    entity: str
    table: str
    rows: int
    items: int
    refused: dict[str, int]
    too_large: int
    size_min: int
    size_median: int
    size_p99: int
    size_max: int
    bytes_total: int
    write_units: int
    partitions: int
    top: list[tuple[Any, int]]
    samples: list[Item]


class DryRun(Struct, frozen=True):
    """What a backfill would do: by repository."""

    entities: dict[str, EntitySizes]

    @property
    def write_units(self) -> int:
        """Of all items."""
        return sum(one.write_units for one in self.entities.values())


async def dry_run(
    source: SqlSource,
    mappings: Mappings,
    *,
    entities: Sequence[str] | None = None,
    schema: SourceSchema = NO_SCHEMA,
    rows_max: int | None = None,
    page_rows: int = 1_000,
    on_page: Callable[[str, int], None] | None = None,
) -> DryRun:
    """Read all rows and measure their items.

    Args:
        source, mappings, schema: as ``Backfill``.
        entities: repositories; None: all.
        rows_max: of each entity, the first so many; None: all.
        page_rows: rows that are read at once.
        on_page: called after each page with the entity's name and how many of its rows were read.

    Raises:
        ConfigurationError: there is no such entity.
        SourceLost, MigrationError: the source cannot be read.
    """
    found: dict[str, EntitySizes] = {}
    for mapping in chosen_mappings(mappings, entities):
        measured = _Measured(mapping)
        chunk = Chunk(mapping.repository, 0, None, None)
        async with Feed(source, mapping, chunk, after=None, page_rows=page_rows, schema=schema) as feed:
            async for batch in feed:
                measured.add(batch, None if rows_max is None else rows_max - measured.rows)
                if on_page is not None:
                    on_page(mapping.name, measured.rows)
                if rows_max is not None and measured.rows >= rows_max:
                    break
        found[mapping.repository] = measured.result()
    return DryRun(found)


class _Measured:
    """What was seen of an entity so far."""

    def __init__(self, mapping: EntityMapping) -> None:
        self._mapping = mapping
        self.rows = 0
        self._sizes: Counter[int] = Counter()
        self._refused: Counter[str] = Counter()
        self._too_large = 0
        self._partitions = _Partitions()
        self._samples: list[Item] = []
        self._secret = _secret_attributes(mapping)

    def add(self, batch: Batch, rows_left: int | None) -> None:
        items = batch.items if rows_left is None else batch.items[:rows_left]
        self.rows += batch.read if rows_left is None else min(batch.read, rows_left)
        for error in batch.refused:
            too_large = isinstance(error, RowTooLarge)
            self._too_large += too_large
            reason = "over 400 KB" if too_large else ": ".join(filter(None, (error.attribute, error.reason)))
            known = reason in self._refused or len(self._refused) < _REASONS_MAX
            self._refused[reason if known else "others"] += 1
        for _, item in items:
            self._sizes[item_size(item)] += 1
            self._partitions.add(item[self._mapping.table.pk])
            if len(self._samples) < _SAMPLES_COUNT:
                self._samples.append(self._shown(item))

    def _shown(self, item: Item) -> Item:
        return {name: _HIDDEN if name in self._secret else _without_secrets(value) for name, value in item.items()}

    def result(self) -> EntitySizes:
        sizes, count = self._sizes, sum(self._sizes.values())
        return EntitySizes(
            entity=self._mapping.name,
            table=self._mapping.table_name,
            rows=self.rows,
            items=count,
            refused=dict(self._refused),
            too_large=self._too_large,
            size_min=min(sizes, default=0),
            size_median=_quantile(sizes, 0.5),
            size_p99=_quantile(sizes, 0.99),
            size_max=max(sizes, default=0),
            bytes_total=sum(size * number for size, number in sizes.items()),
            write_units=sum(math.ceil(size / _UNIT_BYTES) * number for size, number in sizes.items()),
            partitions=self._partitions.count,
            top=self._partitions.top(),
            samples=self._samples,
        )


class _Partitions:
    """Counts keys exactly while they are few. Beyond, rare ones are forgotten: a key that comes back starts with what
    a forgotten one had at most, so that no count is too low ("lossy counting": Manku, Motwani, 2002)."""

    def __init__(self) -> None:
        self._counts: dict[Any, int] = {}
        self._forgotten = 0  # the most that a forgotten key had

    def add(self, key: Any) -> None:
        counts = self._counts
        if key in counts:
            counts[key] += 1
            return
        if len(counts) >= 2 * _PARTITIONS_MAX:
            kept = sorted(counts.items(), key=lambda one: -one[1])
            self._forgotten = kept[_PARTITIONS_MAX][1]
            counts = self._counts = dict(kept[:_PARTITIONS_MAX])
        counts[key] = self._forgotten + 1

    @property
    def count(self) -> int:
        return len(self._counts)

    def top(self) -> list[tuple[Any, int]]:
        return sorted(self._counts.items(), key=lambda one: (-one[1], str(one[0])))[:_TOP_COUNT]


def _quantile(sizes: Counter[int], share: float) -> int:
    """The size that so many items do not exceed."""
    left = math.ceil(sum(sizes.values()) * share)
    for size in sorted(sizes):
        left -= sizes[size]
        if left <= 0:
            return size
    return 0


def _secret_attributes(mapping: EntityMapping) -> set[str]:
    """Attributes whose names, or whose columns' names, look secret."""
    found = {name for name in mapping.entity.attributes if is_secret(name)}
    for name, one in mapping.entity.attributes.items():
        if any(is_secret(column) for column in one.source_columns):
            found.add(name)
    for name, field in mapping.fields.items():
        if is_secret(name):
            found.update(field.attributes)
    return found - {mapping.table.pk, mapping.table.sk}


def _without_secrets(value: Any) -> Any:
    """A document without the values of names that look secret."""
    if isinstance(value, dict):
        return {name: _HIDDEN if is_secret(name) else _without_secrets(one) for name, one in value.items()}
    return [_without_secrets(one) for one in value] if isinstance(value, list) else value
