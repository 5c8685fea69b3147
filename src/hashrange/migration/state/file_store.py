"""A store in one file of this machine: SQLite with a write-ahead log, synced to the disk before a write returns.

Several processes may have it open; each write is a transaction of its own, so that versions hold between them. Owns the
file and the thread in which it is used. Must not know what is kept.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from ..errors import MigrationError
from .store import Entry, check_key, conflict

T = TypeVar("T")

_WAIT_SECONDS: Final = 30.0  # for another process that writes
_SCAN_ROWS: Final = 500  # read at once
_LAST_CHARACTER: Final = chr(0x10FFFF)
_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value TEXT NOT NULL, version INTEGER NOT NULL)"
)


class FileStore:
    """Entries in a file, which is made where there is none: a ``Store``.

    Args:
        path: of the file; SQLite keeps two more beside it while it is open.

    Raises:
        MigrationError: at the first use: the file cannot be opened, or is no such store.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        # one thread: a connection is used where it was made, and the event loop never waits for the disk
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="migration-state")
        self._connection: sqlite3.Connection | None = None

    def __repr__(self) -> str:
        return f"<FileStore {str(self.path)!r}>"

    async def read(self, key: str) -> Entry | None:
        """The entry, or None."""
        check_key(key)
        return await self._in_thread(lambda connection: _read(connection, key))

    async def write(self, key: str, value: Any, *, version: int | None) -> int:
        """Write an entry in the place of that version. Raises StateConflict where another is there."""
        check_key(key)
        text = msgspec.json.encode(value).decode()
        return await self._in_thread(lambda connection: _write(connection, key, text, version))

    async def delete(self, key: str, *, version: int) -> None:
        """Delete an entry of that version. Raises StateConflict where another is there."""
        check_key(key)
        await self._in_thread(lambda connection: _delete(connection, key, version))

    async def scan(self, prefix: str) -> AsyncIterator[tuple[str, Entry]]:
        """The entries whose keys begin with a prefix, in the order of their keys."""
        after, condition = prefix, ">="
        while True:
            found = await self._in_thread(_rows_from(after, condition, prefix + _LAST_CHARACTER))
            for key, text, version in found:
                yield key, Entry(msgspec.json.decode(text), version)
            if len(found) < _SCAN_ROWS:
                return
            after, condition = found[-1][0], ">"

    async def close(self) -> None:
        """Close the file."""
        thread = self._thread
        await asyncio.get_running_loop().run_in_executor(thread, self._close)
        thread.shutdown(wait=False)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def _in_thread(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._work, work)

    def _work(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            if self._connection is None:
                self._connection = _opened(self.path)
            return work(self._connection)
        except sqlite3.Error as error:
            raise MigrationError(
                f"the state in {self.path}: {error}",
                hint="give a file that can be written, or a new one",
            ) from error


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # a commit returns when the log is on the disk
        connection.execute(_TABLE)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")  # no other process can write between our look and our write
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _read(connection: sqlite3.Connection, key: str) -> Entry | None:
    with closing(connection.execute("SELECT value, version FROM entries WHERE key = ?", (key,))) as found:
        row = found.fetchone()
    return None if row is None else Entry(msgspec.json.decode(row[0]), row[1])


def _expect(connection: sqlite3.Connection, key: str, version: int | None) -> None:
    entry = _read(connection, key)
    there = None if entry is None else entry.version
    if there != version:
        raise conflict(key, version, there)


def _write(connection: sqlite3.Connection, key: str, text: str, version: int | None) -> int:
    new = 1 if version is None else version + 1
    with _transaction(connection):
        _expect(connection, key, version)
        connection.execute("INSERT OR REPLACE INTO entries VALUES (?, ?, ?)", (key, text, new))
    return new


def _delete(connection: sqlite3.Connection, key: str, version: int) -> None:
    with _transaction(connection):
        _expect(connection, key, version)
        connection.execute("DELETE FROM entries WHERE key = ?", (key,))


def _rows_from(after: str, condition: str, end: str) -> Callable[[sqlite3.Connection], list[tuple[str, str, int]]]:
    text = f"SELECT key, value, version FROM entries WHERE key {condition} ? AND key < ? ORDER BY key LIMIT ?"  # noqa: S608

    def rows(connection: sqlite3.Connection) -> list[tuple[str, str, int]]:
        return connection.execute(text, (after, end, _SCAN_ROWS)).fetchall()

    return rows
