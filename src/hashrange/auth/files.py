"""Reading small files without blocking the event loop.

Must not know what is in them; never shows what it read.
"""

from __future__ import annotations

import asyncio
from typing import Final

from .credentials import Secret

FILE_MAX_BYTES: Final = 1024 * 1024


class UnreadableFile(Exception):
    """A file could not be read; ``str`` says which and why, not what is in it.

    Attributes:
        missing: whether there is no such file.
    """

    def __init__(self, message: str, *, missing: bool = False) -> None:
        super().__init__(message)
        self.missing = missing


async def read_secret(path: str) -> Secret:
    """The whole text of a file (UTF-8), read in a thread.

    Raises:
        UnreadableFile: missing, not allowed, longer than 1 MB, or not UTF-8.
    """
    outcome = await asyncio.to_thread(_read, path)
    if isinstance(outcome, UnreadableFile):
        raise outcome
    return outcome


def _read(path: str) -> Secret | UnreadableFile:
    try:
        with open(path, "rb") as file:
            data = file.read(FILE_MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a path"
        return UnreadableFile(f"{path} cannot be read: {reason}", missing=isinstance(error, FileNotFoundError))
    if len(data) > FILE_MAX_BYTES:
        return UnreadableFile(f"{path} is longer than {FILE_MAX_BYTES} bytes")
    try:
        return Secret(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return UnreadableFile(f"{path} is not UTF-8 text")
