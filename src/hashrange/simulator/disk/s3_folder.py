"""A folder that stands for S3: a folder in it is a bucket, a file in that an object.

Owns which names can be used: none leads out of its bucket, whatever it looks like, and a symbolic link is never
followed. Must not know what objects hold.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_KEY_MAX_BYTES: Final = 1024  # Amazon S3, "Naming Amazon S3 objects"


class S3Error(Exception):
    """What is asked for cannot be done.

    Attributes:
        code, message: as S3 would answer, or why not here.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code, self.message = code, message


def fault_of_prefix(prefix: str) -> str | None:
    """What keeps the beginning of a key from being a path below a bucket; None where nothing does."""
    try:
        size = len(prefix.encode("utf-8"))
    except UnicodeEncodeError:
        return "is no Unicode text"
    if size > _KEY_MAX_BYTES:
        return f"is longer than {_KEY_MAX_BYTES:,} bytes"
    if "\\" in prefix or not prefix.isprintable():
        return "holds a character that no file's name can have here"
    if any(part in (".", "..") for part in prefix.split("/")):
        return "holds '.' or '..', which would leave the bucket's folder"
    if prefix.startswith("/") or "//" in prefix:
        return "holds an empty name, which no folder can have"
    return None


class S3Bucket:
    """One bucket.

    Args:
        root: the folder that stands for S3.
        name: the bucket's.

    Raises:
        S3Error: there is no such bucket.
    """

    def __init__(self, root: Path, name: str) -> None:
        self.name = name
        self._path = Path(os.path.realpath(root)) / name
        if name in ("", ".", "..") or self._path.name != name or not self._path.is_dir() or _is_led_away(self._path):
            raise S3Error("S3NoSuchBucket", "The specified bucket does not exist")

    def __repr__(self) -> str:
        return f"<S3Bucket {self._path}>"

    def path(self, key: str) -> Path:
        """Where the object of a key is to be; its folder is made.

        Raises:
            S3Error: the key leads out of the bucket, or its folder cannot be made.
        """
        path = self._path.joinpath(*key.split("/"))
        if fault_of_prefix(key) is not None or _is_led_away(path):
            raise S3Error("S3AccessDenied", f"{key} leads out of the bucket's folder")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise S3Error("S3AccessDenied", f"{key}: {error.strerror}") from None
        return path

    def objects(self, prefix: str) -> Iterator[tuple[str, Path]]:
        """The objects whose keys begin with a prefix, as keys and files, in the order of keys.

        Raises:
            S3Error: one is a symbolic link, or cannot be seen.
        """
        found: list[tuple[str, Path]] = []
        folders = [("", self._path)]
        while folders:
            start, folder = folders.pop()
            for key, path in self._entries(start, folder):
                if path.is_dir() and not path.is_symlink():
                    if f"{key}/".startswith(prefix) or prefix.startswith(f"{key}/"):
                        folders.append((f"{key}/", path))
                elif key.startswith(prefix) or (path.is_symlink() and prefix.startswith(f"{key}/")):
                    found.append((key, path))
        for key, path in sorted(found):
            if path.is_symlink():
                raise S3Error("S3AccessDenied", f"{key} is a symbolic link, which is not followed")
            if not path.is_file():  # reading a pipe would wait for ever
                raise S3Error("S3AccessDenied", f"{key} is no file")
            yield key, path

    def _entries(self, start: str, folder: Path) -> list[tuple[str, Path]]:
        try:
            return [(f"{start}{path.name}", path) for path in folder.iterdir()]
        except OSError as error:
            raise S3Error("S3AccessDenied", f"{start}: {error.strerror}") from None


def _is_led_away(path: Path) -> bool:
    """Whether a symbolic link or a drive's name leads somewhere else than the names say."""
    return os.path.realpath(path) != str(path)
