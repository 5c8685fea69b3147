"""A data folder as one file, and back: a copy of all that was acknowledged at one moment.

The folder may be in use while it is saved. Nothing that is there is ever overwritten. Must not know what is stored.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from .folder import FILE_NAME, LOCK_NAME, DataFolderError, Lock, damaged, open_for_reading


def save_snapshot(data: Path, file: Path) -> int:
    """Copy a data folder into a file, which must not exist; how many items are in it.

    Raises:
        DataFolderError: the folder is none, or the file is there, or cannot be written.
    """
    _refuse_existing(file, "give the name of a new file")
    with closing(open_for_reading(data / FILE_NAME)) as connection, _beside(file) as part:
        try:
            connection.execute("VACUUM INTO ?", [str(part)])
        except sqlite3.Error as error:
            raise DataFolderError(f"{file} could not be written ({error})", "see that there is room for it") from None
        with closing(open_for_reading(part)) as copy:
            count = _items_count(copy)
        _move(part, file)
    return count


def load_snapshot(file: Path, data: Path) -> int:
    """Make a data folder of a file; how many items are in it.

    Raises:
        DataFolderError: the file is no snapshot, or not whole, or the folder holds data or is in use.
    """
    with closing(open_for_reading(file)) as connection:
        try:
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            raise damaged(file, error) from None
        if found != "ok":
            raise damaged(file, found)
        count = _items_count(connection)
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = Lock(data / LOCK_NAME)
    except OSError as error:
        raise DataFolderError(f"{data}: {error.strerror}", "give the name of a new folder") from None
    try:
        _refuse_existing(data / FILE_NAME, "give the name of a new folder, or move the old one away")
        with _beside(data / FILE_NAME) as part:
            shutil.copyfile(file, part)
            _move(part, data / FILE_NAME)
    finally:
        lock.release()
    return count


def _refuse_existing(path: Path, hint: str) -> None:
    if path.exists():
        raise DataFolderError(f"{path} is there already", hint)


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A place for a file that is not whole yet, on the disk of what it will be."""
    try:
        with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as folder:
            yield Path(folder, "part")
    except OSError as error:
        raise DataFolderError(f"{path}: {error.strerror}", "give a place that can be written") from None


def _move(part: Path, path: Path) -> None:
    """Let a whole file appear under its name, when it is on the disk."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.rename(path)


def _items_count(connection: sqlite3.Connection) -> int:
    (count,) = connection.execute('SELECT total(count) FROM stores WHERE "index" IS NULL').fetchone()
    return int(count)
