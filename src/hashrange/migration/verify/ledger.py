"""Both sides as keys and checksums, in a temporary file, compared there: memory does not grow with the tables.

Each side is written down as it comes, in no order; the comparison is a join. Owns the file and its form. Calls block:
event loops run them in a thread. Must not know sources or tables.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct

_SCHEMA: Final = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -16000;
PRAGMA temp_store = FILE;
CREATE TABLE expected (digest BLOB, checksum BLOB, entity INTEGER, row TEXT);
CREATE TABLE found (digest BLOB, checksum BLOB, entity INTEGER, key TEXT);
"""


class Expectation(Struct, frozen=True, array_like=True):
    """An item as the source has it: digest of its key, checksum, number of its entity, its row's key as JSON."""

    digest: bytes
    checksum: bytes
    entity: int
    row: str


class Sighting(Struct, frozen=True, array_like=True):
    """An item as the table has it: digest of its key, checksum, number of its entity, its key as JSON."""

    digest: bytes
    checksum: bytes
    entity: int
    key: str


class Ledger:
    """Made, filled and read in one thread; a context manager that removes its file."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="hashrange-verify-")
        path = Path(self._folder.name) / "ledger.sqlite"
        self._base = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._base.executescript(_SCHEMA)
        self._base.execute("BEGIN")

    def close(self) -> None:
        self._base.close()
        self._folder.cleanup()

    def expect(self, rows: Iterable[Expectation]) -> None:
        """Write down what the source has."""
        self._base.executemany(
            "INSERT INTO expected VALUES (?, ?, ?, ?)",
            ((one.digest, one.checksum, one.entity, one.row) for one in rows),
        )

    def see(self, items: Iterable[Sighting]) -> None:
        """Write down what a table has."""
        self._base.executemany(
            "INSERT INTO found VALUES (?, ?, ?, ?)", ((one.digest, one.checksum, one.entity, one.key) for one in items)
        )

    def settle(self) -> None:
        """Both sides are complete. An item that a scan gave twice (it was written meanwhile) counts once."""
        self._base.execute("CREATE INDEX expected_digest ON expected (digest)")
        self._base.execute("CREATE INDEX found_digest ON found (digest)")
        self._base.execute(
            "DELETE FROM found WHERE rowid IN (SELECT one.rowid FROM found AS one JOIN found AS other "
            "ON one.digest = other.digest AND one.rowid < other.rowid)"
        )

    def counts(self, entity: int) -> dict[str, int]:
        """Compared, items, matched, missing, different, collisions and extra of an entity."""
        ask = self._base.execute
        collisions = "SELECT count(*) - count(DISTINCT digest) FROM expected WHERE entity = ?"
        joined = (
            "FROM (SELECT digest, max(checksum) AS checksum FROM expected WHERE entity = ? GROUP BY digest) AS e "
            "LEFT JOIN found AS f ON e.digest = f.digest"
        )
        compared, matched, missing = ask(
            f"SELECT count(*), coalesce(sum(f.checksum = e.checksum), 0), coalesce(sum(f.digest IS NULL), 0) {joined}",
            (entity,),
        ).fetchone()
        return {
            "compared": compared,
            "matched": matched,
            "missing": missing,
            "different": compared - matched - missing,
            "collisions": ask(collisions, (entity,)).fetchone()[0],
            "items": ask("SELECT count(*) FROM found WHERE entity = ?", (entity,)).fetchone()[0],
            "extra": ask(
                "SELECT count(*) FROM found AS f LEFT JOIN expected AS e ON e.digest = f.digest "
                "WHERE f.entity = ? AND e.digest IS NULL",
                (entity,),
            ).fetchone()[0],
        }

    def rows_in_doubt(self, entity: int, limit: int) -> list[str]:
        """The row keys of items that are missing or different, the first of them."""
        query = (
            "SELECT e.row FROM expected AS e LEFT JOIN found AS f ON e.digest = f.digest "
            "WHERE e.entity = ? AND (f.digest IS NULL OR f.checksum <> e.checksum) LIMIT ?"
        )
        return [row for (row,) in self._base.execute(query, (entity, limit))]

    def extra_keys(self, entity: int, limit: int) -> list[str]:
        """The keys of items that no row makes, the first of them."""
        query = (
            "SELECT f.key FROM found AS f LEFT JOIN expected AS e ON e.digest = f.digest "
            "WHERE f.entity = ? AND e.digest IS NULL LIMIT ?"
        )
        return [key for (key,) in self._base.execute(query, (entity, limit))]

    def collisions(self, entity: int, limit: int) -> Iterator[list[str]]:
        """The keys of rows that make one item, group by group."""
        query = "SELECT digest FROM expected WHERE entity = ? GROUP BY digest HAVING count(*) > 1 LIMIT ?"
        for (digest,) in self._base.execute(query, (entity, limit)).fetchall():
            rows = self._base.execute("SELECT row FROM expected WHERE digest = ? ORDER BY rowid", (digest,))
            yield [row for (row,) in rows]
