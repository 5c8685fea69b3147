"""Writes an export as the service does: data files, and the manifests that tell of them.

Owns the layout, of which ``s3_export`` is the reader:

    PREFIX/AWSDynamoDB/EXPORT_ID/_started
    PREFIX/AWSDynamoDB/EXPORT_ID/data/NAME.json.gz   one for each part of the table, also for an empty one
    PREFIX/AWSDynamoDB/EXPORT_ID/manifest-files.json, manifest-files.md5
    PREFIX/AWSDynamoDB/EXPORT_ID/manifest-summary.json, manifest-summary.md5   the last: then the export is whole

Source: Developer Guide, "DynamoDB table export output format"; that checksum files end in ``md5`` is the service's
practice. Must not know engines or requests.
"""

from __future__ import annotations

import gzip
from base64 import b32encode, b64encode
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import md5, sha256
from pathlib import Path
from typing import IO, Any, Final, cast

import msgspec

from .ion_items import ion_line
from .s3_folder import S3Bucket, S3Error

_ENDINGS: Final = {"DYNAMODB_JSON": "json.gz", "ION": "ion.gz"}
_NAME_CHARS: Final = 26
_COMPRESSION: Final = 6
_BLOCK_BYTES: Final = 1024 * 1024

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode


def export_folder(prefix: str | None, export_id: str) -> str:
    """The key of an export's folder."""
    start = (prefix or "").rstrip("/")
    return f"{start}/AWSDynamoDB/{export_id}" if start else f"AWSDynamoDB/{export_id}"


def write_export(
    bucket: S3Bucket, folder: str, form: str, parts: Iterable[Iterable[bytes]], summary: Mapping[str, Any], size: int
) -> int:
    """Write everything; how many items there were.

    Args:
        folder: the key of ``export_folder``.
        form: DYNAMODB_JSON or ION.
        parts: items as JSON in wire shape, part by part.
        summary: what the summary manifest tells; what was written is added.
        size: bytes of all items, as they are paid for.

    Raises:
        S3Error: a file cannot be written; those before it are there.
    """
    try:
        bucket.path(f"{folder}/_started").write_bytes(b"")
        files = [
            _write_data(bucket, f"{folder}/data/{_name(folder, number)}.{_ENDINGS[form]}", form, part)
            for number, part in enumerate(parts)
        ]
        count: int = sum(entry["itemCount"] for entry in files)
        manifest = f"{folder}/manifest-files.json"
        _write_manifest(bucket, manifest, b"".join(_encode(entry) + b"\n" for entry in files))
        written = {"manifestFilesS3Key": manifest, "billedSizeBytes": size, "itemCount": count, "outputFormat": form}
        whole = {**summary, **written, "exportType": "FULL_EXPORT"}
        _write_manifest(bucket, f"{folder}/manifest-summary.json", _encode(whole))
    except OSError as error:
        raise S3Error("S3AccessDenied", f"{folder}: {error.strerror}") from None
    return count


def written_time(seconds: float) -> str:
    """A time as manifests write it; ``seconds`` since the epoch."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _name(folder: str, number: int) -> str:
    digest = sha256(f"{folder} {number}".encode()).digest()
    return b32encode(digest).decode("ascii").lower()[:_NAME_CHARS]


def _write_data(bucket: S3Bucket, key: str, form: str, items: Iterable[bytes]) -> dict[str, Any]:
    """Write one data file; what the manifest tells of it."""
    path, count = bucket.path(key), 0
    with path.open("wb") as raw, gzip.GzipFile("", "wb", _COMPRESSION, raw, mtime=0) as file:
        for line in map(_ion, items) if form == "ION" else _json_lines(items):
            cast("IO[bytes]", file).write(line)
            count += 1
    digest = _digest(path)
    return {
        "itemCount": count,
        "md5Checksum": b64encode(digest).decode("ascii"),
        "etag": f"{md5(digest, usedforsecurity=False).hexdigest()}-1",  # as S3 tells of an upload in one part
        "dataFileS3Key": key,
    }


def _json_lines(items: Iterable[bytes]) -> Iterator[bytes]:
    return (b'{"Item":' + item + b"}\n" for item in items)


def _ion(item: bytes) -> bytes:
    return ion_line(_decode(item))


def _digest(path: Path) -> bytes:
    digest = md5(usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.digest()


def _write_manifest(bucket: S3Bucket, key: str, content: bytes) -> None:
    bucket.path(key).write_bytes(content)
    checksum = b64encode(md5(content, usedforsecurity=False).digest())
    bucket.path(key.removesuffix("json") + "md5").write_bytes(checksum)
