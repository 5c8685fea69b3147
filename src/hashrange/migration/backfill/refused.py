"""Rows that were refused, one JSON object a line: which row, and why, but nothing else of it.

Owns the file and its good length: what an interrupted run wrote behind its last checkpoint is cut off, so that no row
stands there twice. Must not know why rows are refused.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from ...errors import DynamoDBError
from ..errors import MigrationError, RowRefused


class RefusedRows:
    """A file of refused rows; made with the first of them.

    Args:
        path: of the file.
        length: so many bytes of it are good.
    """

    def __init__(self, path: Path, length: int) -> None:
        self.path, self.length = path, length
        self._file: BinaryIO | None = None

    def cut(self) -> None:
        """Cut off what is not good.

        Raises:
            MigrationError: the file is shorter than the state says, or cannot be written.
        """
        try:
            size = self.path.stat().st_size if self.path.exists() else 0
            if size < self.length:
                raise MigrationError(f"{self.path} is shorter than the state says", hint="begin with another state")
            if size > self.length:
                with self.path.open("r+b") as file:
                    file.truncate(self.length)
        except OSError as error:
            raise MigrationError(f"{self.path}: {error.strerror}") from error

    def write(self, table: str, errors: Sequence[RowRefused]) -> None:
        """Add rows; they are on the disk when it returns. Raises MigrationError where the file cannot be written."""
        try:
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self.path.open("ab")
            self._file.write(b"".join(map(_line, [table] * len(errors), errors)))
            self._file.flush()
            os.fsync(self._file.fileno())
            self.length = self._file.tell()
        except OSError as error:
            raise MigrationError(f"{self.path}: {error.strerror}") from error

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def refusal(error: DynamoDBError, entity: str, row: dict[str, Any]) -> RowRefused:
    """An error of a write as that of its row."""
    return RowRefused(error.message, entity=entity, row=row, hint=error.hint)


def _line(table: str, error: RowRefused) -> bytes:
    document = {
        "table": table,
        "entity": error.entity,
        "row": error.row,
        "attribute": error.attribute,
        "reason": error.reason,
        "hint": error.hint,
    }
    return msgspec.json.encode(document, enc_hook=str) + b"\n"
