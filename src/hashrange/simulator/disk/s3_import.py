"""The items in objects that are to be imported: DynamoDB JSON, Amazon Ion or CSV, compressed or not.

Owns how objects are read. What holds no item counts as a ``Fault``; where the rest of an object cannot be read behind
it, the next object follows. Must not know tables; an item that comes out here may still fit none.

Source: Developer Guide, "Amazon S3 import formats for DynamoDB" and "Import format quotas and validation".
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Final, TypeAlias, cast

import msgspec

from .folder import DataFolderError
from .ion_items import IonReader
from .s3_folder import S3Error

#: a longer line holds no item: an item is at most 400 KB, whatever its JSON adds
_LINE_MAX_BYTES: Final = 16 * 1024 * 1024
#: what may stand in front of a text in UTF-8
_MARK: Final = b"\xef\xbb\xbf"
#: where Zstandard may be found: in Python itself, or in packages that do the same
_ZSTD_MODULES: Final = ("compression.zstd", "backports.zstd", "pyzstd", "zstandard")

_decode: Final = msgspec.json.Decoder().decode


class Fault(msgspec.Struct, frozen=True):
    """Something that is no item: what is wrong, without what it holds."""

    text: str


_TOO_LONG: Final = Fault("a line is too long; the rest of the object is skipped")

Found: TypeAlias = "dict[str, Any] | Fault"


class S3Source:
    """Objects that are to be imported.

    Args:
        objects: keys and files.
        form: DYNAMODB_JSON, ION or CSV.
        compression: NONE, GZIP or ZSTD.
        key_types: the types of key attributes; in CSV everything else is text.
        delimiter, header: of CSV; without a header the first line of an object is it.

    Attributes:
        size: bytes that were read so far, uncompressed.

    Raises:
        S3Error: nothing here can read this.
    """

    def __init__(
        self,
        objects: Iterable[tuple[str, Path]],
        form: str,
        compression: str,
        key_types: Mapping[str, str],
        delimiter: str = ",",
        header: Sequence[str] | None = None,
    ) -> None:
        self._objects, self._key_types = objects, key_types
        self._delimiter, self._header = delimiter, header
        self._open, broken = _opener(compression)
        self._broken: tuple[type[Exception], ...] = (OSError, EOFError, zlib.error, UnicodeDecodeError, *broken)
        self._ion = None if form != "ION" else _ion_reader()
        self._form, self.size = form, 0

    def __repr__(self) -> str:
        return f"<S3Source of {self._form}, {self.size} bytes read>"

    def __iter__(self) -> Iterator[tuple[str, Found]]:
        """Where something stands, and the item in wire shape, or what keeps it from being one."""
        for key, path in self._objects:
            number = 0
            try:
                with path.open("rb") as raw, self._open(raw) as file:
                    for found in self._items(_Counted(file, self)):
                        number += 1
                        yield f"{key}, item {number:,}", found
            except self._broken as error:
                kind = type(error).__name__
                yield f"{key}, behind item {number:,}", Fault(f"the rest of the object cannot be read ({kind})")

    def _items(self, file: _Counted) -> Iterator[Found]:
        if self._ion is not None:
            return self._ion_items(file)
        return self._rows(file) if self._form == "CSV" else _json_items(file)

    def _ion_items(self, file: _Counted) -> Iterator[Found]:
        assert self._ion is not None, "that is why"
        try:
            for line in self._ion.lines(cast("IO[bytes]", file)):
                yield _item_of(line)
        except (self._ion.error, ValueError, RecursionError):
            yield Fault("it is no Amazon Ion; the rest of the object is skipped")

    def _rows(self, file: _Counted) -> Iterator[Found]:
        header = self._header
        for row in _split_rows(file, self._delimiter):
            if isinstance(row, Fault):
                yield row
            elif header is None:
                header = row
            elif len(row) != len(header):
                yield Fault(f"it has {len(row):,} columns, and the header {len(header):,}")
            else:
                yield {name: {self._key_types.get(name, "S"): text} for name, text in zip(header, row, strict=True)}


class _Counted:
    """A file that counts what is read of it."""

    def __init__(self, file: IO[bytes], source: S3Source) -> None:
        self._file, self._source = file, source

    def lines(self) -> Iterator[bytes]:
        while line := self._file.readline(_LINE_MAX_BYTES):
            self._source.size += len(line)
            yield line

    def read(self, size: int = -1) -> bytes:
        content = self._file.read(size)
        self._source.size += len(content)
        return content


# ── formats ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _json_items(file: _Counted) -> Iterator[Found]:
    for line in file.lines():
        if not line.strip():
            continue
        if len(line) == _LINE_MAX_BYTES and not line.endswith(b"\n"):
            yield _TOO_LONG
            return
        try:
            yield _item_of(_decode(line))
        except (ValueError, RecursionError):
            yield Fault("it is no JSON")


def _item_of(line: Any) -> Found:
    item = line.get("Item") if isinstance(line, dict) else None
    return item if isinstance(item, dict) else Fault("it has no Item")


def _ion_reader() -> IonReader:
    try:
        return IonReader()
    except DataFolderError as error:
        raise S3Error("InputFormatNotSupported", str(error)) from None


def _split_rows(file: _Counted, delimiter: str) -> Iterator[list[str] | Fault]:
    """The rows of a file in CSV; empty lines are none. A row ends where its line does, except within quotes."""
    field = re.compile(rf'(?:"((?:[^"]|"")*)"|([^"{re.escape(delimiter)}]*))({re.escape(delimiter)}|$)')
    waiting, mark = b"", _MARK
    for line in file.lines():
        waiting = (waiting + line).removeprefix(mark)
        mark = b""
        if len(waiting) >= _LINE_MAX_BYTES:
            yield _TOO_LONG
            return
        if waiting.count(b'"') % 2:
            continue  # it goes on within quotes
        text = waiting.decode("utf-8").removesuffix("\n").removesuffix("\r")
        waiting = b""
        if text:
            yield _split_row(text, field)
    if waiting:
        yield Fault("a quote is not closed")


def _split_row(text: str, field: re.Pattern[str]) -> list[str] | Fault:
    row, at = [], 0
    while True:
        found = field.match(text, at)
        if found is None:
            return Fault('a quote stands within a value; it must be written "" in a value within quotes')
        quoted, plain, end = found.groups()
        row.append(plain if quoted is None else quoted.replace('""', '"'))
        if not end:
            return row
        at = found.end()


# ── compression ──────────────────────────────────────────────────────────────────────────────────────────────────────
def _opener(compression: str) -> tuple[Callable[[IO[bytes]], Any], tuple[type[Exception], ...]]:
    """What makes a readable file of a compressed one, and what it raises for one that is not whole.

    Raises:
        S3Error: nothing here can.
    """
    if compression == "GZIP":
        return (lambda raw: gzip.GzipFile("", "rb", fileobj=raw)), ()
    if compression == "NONE":
        return (lambda raw: raw), ()
    for name in _ZSTD_MODULES:
        try:
            module = import_module(name)
        except ImportError:
            continue
        opened: Callable[[IO[bytes]], Any] = module.open  # all of them have it, with the same first argument
        return opened, (cast("type[Exception]", module.ZstdError),)
    raise S3Error(
        "InputCompressionTypeNotSupported",
        "Zstandard needs Python 3.14 or a package like backports.zstd: install it, or compress with GZIP",
    )
