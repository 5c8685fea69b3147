"""A data folder: its one file, who has it, and the refusal of all that is not ours or not whole.

Owns the lock, the file's format and its version. Nothing that is refused is changed. Must not know what is stored.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

FILE_NAME: Final = "hashrange.sqlite"
LOCK_NAME: Final = "lock"
APPLICATION_ID: Final = 0x68617368  # "hash", as SQLite's header tells whose file it is
VERSION: Final = 1
_CACHE_KIB: Final = 64 * 1024
#: pages in the log before it is moved into the file: moving costs a write its time
_CHECKPOINT_PAGES: Final = 8_192
#: a larger file is not read as a whole before it is used
_CHECKED_MAX_BYTES: Final = 16 * 1024 * 1024
_READ_TRIES_SECONDS: Final = 5.0
SCHEMA: Final = """
CREATE TABLE settings(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE tables(name TEXT PRIMARY KEY, definition BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE stores(id INTEGER PRIMARY KEY, "table" TEXT NOT NULL, "index" TEXT, count INTEGER, size INTEGER);
CREATE TABLE tokens(
    operation TEXT, token TEXT, fingerprint BLOB NOT NULL, valid_until REAL NOT NULL, receipt BLOB NOT NULL,
    PRIMARY KEY(operation, token)
) WITHOUT ROWID;
CREATE TABLE streams(id INTEGER PRIMARY KEY, about BLOB NOT NULL, oldest INTEGER NOT NULL);
CREATE TABLE backups(number INTEGER PRIMARY KEY, note BLOB NOT NULL);
"""


class DataFolderError(Exception):
    """A data folder cannot be used; it is as it was.

    Attributes:
        message: what is wrong.
        hint: what to do about it.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message, hint)
        self.message, self.hint = message, hint

    def __str__(self) -> str:
        return f"{self.message}: {self.hint}"


class Folder:
    """An open data folder; nobody else has it until it is closed, or the process ends in whatever way.

    Args:
        path: the folder; made where it is missing.

    Attributes:
        connection: to the file. Its transactions are begun and ended by hand; a commit returns when it is on the disk.

    Raises:
        DataFolderError: it cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lock = Lock(path / LOCK_NAME)
        except OSError as error:
            raise DataFolderError(
                f"{path}: {error.strerror}", "give a folder that can be written, or the name of a new one"
            ) from None
        try:
            self.connection = _connection(path / FILE_NAME)
        except BaseException:
            self._lock.release()
            raise

    def __repr__(self) -> str:
        return f"<Folder {self.path}>"

    def close(self) -> None:
        """Let it go. What was not committed is lost."""
        self.connection.close()
        self._lock.release()


def open_for_reading(path: Path) -> sqlite3.Connection:
    """A connection to the file of a data folder, which may be in use, or to a copy of one.

    Raises:
        DataFolderError: there is none, or it is not ours.
    """
    if not path.is_file():
        raise DataFolderError(f"there is no file {path}", f"a data folder has a file {FILE_NAME}; a snapshot is one")
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=_READ_TRIES_SECONDS)
    try:
        with _readable(path):
            check_format(path, connection)
    except BaseException:
        connection.close()
        raise
    return connection


def check_format(path: Path, connection: sqlite3.Connection) -> None:
    """Refuse a file that is not ours, is newer than we are, or is broken.

    Raises:
        DataFolderError: it is.
        sqlite3.DatabaseError: it is no SQLite file.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise _foreign(path)
    if version > VERSION:
        raise DataFolderError(
            f"{path} is of version {version}, and this hashrange knows versions up to {VERSION}",
            "use the newer hashrange that made it, or another folder",
        )
    if path.stat().st_size <= _CHECKED_MAX_BYTES:
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise damaged(path, found)


def damaged(path: Path, why: object) -> DataFolderError:
    """The error of a file that is ours no more."""
    hint = "load a snapshot into a new folder ('hashrange snapshot load'), or move the file away to begin anew"
    return DataFolderError(f"{path} is damaged ({why})", hint)


def begin_file(connection: sqlite3.Connection) -> None:
    """Make an empty file ours, whole or not at all."""
    statements = "".join((f"PRAGMA application_id = {APPLICATION_ID};", f"PRAGMA user_version = {VERSION};", SCHEMA))
    connection.executescript(f"BEGIN IMMEDIATE;{statements}COMMIT;")


def _connection(path: Path) -> sqlite3.Connection:
    is_new = not path.exists() or path.stat().st_size == 0
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise DataFolderError(f"{path}: {error}", "give a folder that can be written") from None
    try:
        with _readable(path):
            if not is_new and not _is_empty(connection):
                check_format(path, connection)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
            if _is_empty(connection):
                begin_file(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _is_empty(connection: sqlite3.Connection) -> bool:
    """Whether nothing is in the file: it is new, or who began it did not come to the end."""
    (count,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    return bool(count == 0 and application == 0)


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Say of SQLite's errors what to do about them."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        text = str(error)
        if "not a database" in text:
            raise _foreign(path) from None
        if "malformed" in text:
            raise damaged(path, text) from None
        hint = "see that its folder can be written, and that the disk is not full"
        raise DataFolderError(f"{path}: {text}", hint) from None


def _foreign(path: Path) -> DataFolderError:
    return DataFolderError(f"{path} was not made by hashrange", "give another folder, or move the file away")


class Lock:
    """A file that only one process has locked; the system frees it with the process."""

    def __init__(self, path: Path) -> None:
        self._file = -1
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)
        try:
            _lock(self._file)
        except OSError:
            self.release()
            raise DataFolderError(
                f"{path.parent} is in use", "stop the other 'hashrange serve --data' or engine, or give another folder"
            ) from None

    def __del__(self) -> None:
        self.release()

    def release(self) -> None:
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
