"""Where an entity's rows are cut into chunks: ranges of its key, of about the same number of rows. Must not know state
or tables."""

from __future__ import annotations

from ..mapping.entity import EntityMapping
from ..source.reader import Reader
from ..source.schema import SourceSchema
from ..source.sql import SqlSource
from .checkpoints import Plan
from .feed import in_own_thread


async def planned(source: SqlSource, mapping: EntityMapping, schema: SourceSchema, chunk_rows: int | None) -> Plan:
    """Count an entity's rows, and cut them.

    Args:
        source, schema: what is read, and what is known of it.
        mapping: of the entity.
        chunk_rows: rows a chunk; None: one chunk.

    Raises:
        SourceLost, MigrationError: as ``Reader``.
    """

    def read(source: SqlSource) -> Plan:
        with source.snapshot() as snapshot:
            reader = Reader(snapshot, mapping.needs, schema, entity=mapping.name)
            bounds = [] if chunk_rows is None else reader.bounds(chunk_rows)
            return Plan(tuple(bounds), reader.count())

    return await in_own_thread(source, read)
