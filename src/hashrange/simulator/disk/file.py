"""The one transaction that is open on a data folder's file: what is written belongs to it until it is committed.

Owns when a transaction begins, which stores have a part in it, and what becomes of SQLite's errors. Must not know what
rows mean.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Protocol, TypeAlias

from ..errors import ApiError
from .folder import Folder

Row: TypeAlias = tuple[Any, ...]

_MESSAGE: Final = "Internal server error"
_log = logging.getLogger(__name__)


class Part(Protocol):
    """What has something to write when the transaction ends."""

    def push(self) -> None:
        """Write it."""
        ...


class File:
    """A data folder's file.

    Attributes:
        is_dirty: whether something is not on the disk yet.
        is_broken: whether the transaction cannot be ended well any more.
        failures: how often one was given up.
    """

    __slots__ = ("_folder", "_is_open", "_parts", "failures", "is_broken", "is_dirty")

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._parts: dict[Part, None] = {}
        self._is_open = False
        self.is_dirty = self.is_broken = False
        self.failures = 0

    def __repr__(self) -> str:
        return f"<File of {self._folder.path}: {len(self._parts)} parts to write>"

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def row(self, statement: str, parameters: Sequence[Any] = ()) -> Row | None:
        """The first row of an answer, if there is one.

        Raises:
            ApiError: InternalServerError: the file cannot be read.
        """
        try:
            found: Row | None = self._folder.connection.execute(statement, parameters).fetchone()
        except sqlite3.Error as error:
            raise self._failed(error) from error
        return found

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> Iterator[Row]:
        """The rows of an answer, read while they are taken.

        Raises:
            ApiError: InternalServerError: the file cannot be read.
        """
        try:
            cursor = self._folder.connection.execute(statement, parameters)
            try:
                yield from cursor
            finally:
                cursor.close()
        except sqlite3.Error as error:
            raise self._failed(error) from error

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def join(self, part: Part) -> None:
        """Let a part write before the transaction ends."""
        self._parts[part] = None
        self.is_dirty = True

    def leave(self, part: Part) -> None:
        """End that; what it had to write is not written."""
        self._parts.pop(part, None)

    def write(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Write rows, in the transaction.

        Raises:
            ApiError: InternalServerError: they cannot be written; the transaction is to be given up.
        """
        try:
            self._begin().executemany(statement, rows)
        except sqlite3.Error as error:
            raise self._breaking(error) from error

    def define(self, statement: str) -> None:
        """Change what tables the file has, in the transaction.

        Raises:
            ApiError: as ``write``.
        """
        try:
            self._begin().execute(statement)
        except sqlite3.Error as error:
            raise self._breaking(error) from error

    def _begin(self) -> sqlite3.Connection:
        connection = self._folder.connection
        self.is_dirty = True
        if not self._is_open:
            connection.execute("BEGIN IMMEDIATE")
            self._is_open = True
        return connection

    def commit(self) -> None:
        """End the transaction: everything in it is on the disk.

        Raises:
            ApiError: InternalServerError: it is not; the transaction is to be given up.
        """
        if self.is_broken:  # what is left of it must not pass for all of it
            raise ApiError("InternalServerError", _MESSAGE, status=500)
        if not self.is_dirty:
            return
        for part in self._parts:
            part.push()
        self._parts.clear()
        try:
            if self._is_open:
                self._folder.connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._breaking(error) from error
        self._is_open = self.is_dirty = False

    def give_up(self) -> None:
        """Forget the transaction: the file is as it was when that began.

        Raises:
            ApiError: InternalServerError: not even that is possible.
        """
        connection = self._folder.connection
        self._parts.clear()
        self._is_open = self.is_dirty = self.is_broken = False
        self.failures += 1
        try:
            if connection.in_transaction:  # SQLite ends some itself, when they fail
                connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise self._breaking(error) from error

    def close(self) -> None:
        """Close it; what was not committed is lost."""
        self._folder.close()

    def _breaking(self, error: sqlite3.Error) -> ApiError:
        self.is_broken = True
        return self._failed(error)

    def _failed(self, error: sqlite3.Error) -> ApiError:
        _log.error("the data folder %s: %s", self._folder.path, error)
        return ApiError("InternalServerError", _MESSAGE, status=500)
