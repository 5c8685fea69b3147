"""An export of the service to S3, as it lies in a local folder: the items of a table, one by one.

Owns how the layout is read: ``manifest-summary.json``, ``manifest-files.json`` and ``data/*.gz``, in DynamoDB JSON or
Amazon Ion; full exports and incremental ones. ``s3_export_writer`` writes it. Source: Developer Guide, "DynamoDB table
export output format". Must not know engines.
"""

from __future__ import annotations

import gzip
import json
import zlib
from base64 import b64encode
from collections.abc import Iterator
from hashlib import md5
from pathlib import Path
from typing import IO, Any, Final, cast

from msgspec import Struct

from .folder import DataFolderError
from .ion_items import IonReader

_SUMMARY: Final = "manifest-summary.json"
_FILES: Final = "manifest-files.json"
_BLOCK_BYTES: Final = 1024 * 1024
_LINE_MAX_BYTES: Final = 16 * 1024 * 1024  # an item is at most 400 KB, whatever its JSON adds
_AGAIN: Final = "copy the export again: 'aws s3 sync s3://BUCKET/AWSDynamoDB/ID DIR'"


class Exported(Struct, frozen=True):
    """A line of an export: an item as it is, or its key where it is gone.

    Attributes:
        operation, member: what makes it so: PutItem and Item, or DeleteItem and Key.
        content: the item or the key, in wire shape.
        where: file and line.
    """

    operation: str
    member: str
    content: dict[str, Any]
    where: str


class S3Export:
    """An export in a folder.

    Args:
        path: the folder with the manifest, or one that has it below ``AWSDynamoDB``.

    Attributes:
        table_name: as the manifest tells it; None where it does not.
        item_count: the same.

    Raises:
        DataFolderError: there is no export, or in a format that cannot be read here.
    """

    def __init__(self, path: Path) -> None:
        self.path = _folder_with_manifest(path)
        summary = _json(self.path / _SUMMARY) if (self.path / _SUMMARY).exists() else {}
        form = summary.get("outputFormat", "DYNAMODB_JSON")
        if form not in ("DYNAMODB_JSON", "ION"):
            raise DataFolderError(f"the export {self.path} is in the format {form}", "export in DYNAMODB_JSON")
        self._ion = IonReader() if form == "ION" else None
        self.table_name: str | None = summary.get("tableArn", "").rpartition("/")[2] or None
        self.item_count: int | None = summary.get("itemCount")

    def __repr__(self) -> str:
        return f"<S3Export {self.path} of {self.table_name}>"

    def __iter__(self) -> Iterator[Exported]:
        """Everything in it.

        Raises:
            DataFolderError: a file is missing, not whole, or holds something else.
        """
        for entry in _lines_of_json(self.path / _FILES):
            path = self._data_file(Path(str(entry.get("dataFileS3Key", ""))).name)
            checksum = entry.get("md5Checksum")
            if checksum is not None and checksum != _checksum(path):
                raise DataFolderError(f"{path} is not what the manifest tells (MD5)", _AGAIN)
            count = 0
            for line in _lines(path, self._ion):
                yield line
                count += 1
            if entry.get("itemCount", count) != count:
                what = f"{path} has {count:,} lines, and the manifest tells of {entry['itemCount']:,}"
                raise DataFolderError(what, _AGAIN)

    def _data_file(self, name: str) -> Path:
        """A file of data: beside the manifest, or where incremental exports have theirs, in a folder that all share."""
        for folder in (self.path, self.path.resolve().parent):
            if (path := folder / "data" / name).is_file():
                return path
        raise DataFolderError(f"the export lacks {self.path / 'data' / name}", _AGAIN)


def _folder_with_manifest(path: Path) -> Path:
    if (path / _FILES).is_file():
        return path
    found = sorted(path.glob(f"AWSDynamoDB/*/{_FILES}"))
    if len(found) == 1:
        return found[0].parent
    if found:
        raise DataFolderError(f"{path} has {len(found)} exports", f"give one of them: {found[0].parent}")
    raise DataFolderError(f"{path} is no export to S3", f"give the folder with {_FILES}")


def _json(path: Path) -> dict[str, Any]:
    (found,) = [*_lines_of_json(path, whole=True)]
    return found


def _lines_of_json(path: Path, *, whole: bool = False) -> Iterator[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
        for line in [text] if whole else text.splitlines():
            found = json.loads(line)
            if not isinstance(found, dict):
                raise DataFolderError(f"{path} is no manifest of an export", _AGAIN)
            yield found
    except OSError as error:
        raise DataFolderError(f"{path}: {error.strerror}", _AGAIN) from None
    except ValueError as error:
        raise DataFolderError(f"{path} is no JSON: {error}", _AGAIN) from None


def _checksum(path: Path) -> str:
    digest = md5(usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return b64encode(digest.digest()).decode("ascii")


def _lines(path: Path, ion: IonReader | None) -> Iterator[Exported]:
    number = 0
    broken = (OSError, EOFError, zlib.error) if ion is None else (OSError, EOFError, zlib.error, ion.error)
    try:
        with gzip.open(path) as file:
            for found in _lines_in_json(path, file) if ion is None else ion.lines(cast("IO[bytes]", file)):
                number += 1
                yield _exported(found, f"{path}, line {number:,}")
    except broken as error:
        raise DataFolderError(f"{path} cannot be read behind line {number:,}: {error}", _AGAIN) from None


def _lines_in_json(path: Path, file: gzip.GzipFile) -> Iterator[Any]:
    number = 0
    while line := file.readline(_LINE_MAX_BYTES):
        number += 1
        try:
            yield json.loads(line)
        except ValueError:
            raise DataFolderError(f"{path}, line {number:,} is no JSON", _AGAIN) from None


def _exported(found: Any, where: str) -> Exported:
    for member in ("Item", "NewImage"):
        if isinstance(found, dict) and isinstance(found.get(member), dict):
            return Exported("PutItem", "Item", found[member], where)
    if isinstance(found, dict) and isinstance(found.get("Keys"), dict):
        return Exported("DeleteItem", "Key", found["Keys"], where)
    raise DataFolderError(f"{where} holds no item", _AGAIN)
