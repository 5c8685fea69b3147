"""Cassettes: recorded requests and answers as JSON lines, read strictly and written whole or not at all.

The first line names format and version, the last one counts the recordings, so that a file that ends early is noticed.
A request stands in its canonical form: object keys and members of sets sorted, without ClientRequestToken, which chance
may have made. There is no header, signature or key of AWS in it, since none comes this far. Must not know transports.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

import msgspec
from msgspec import Struct

from .. import errors
from ..errors import DynamoDBError

FORMAT: Final = "hashrange-cassette"
VERSION: Final = 1
#: in the place of a list of names: only the function that redacted a cassette can read it
CUSTOM: Final = "custom"

_SETS: Final = frozenset({"SS", "NS", "BS"})
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class CassetteError(DynamoDBError):
    """A cassette cannot be read or written; nothing of it is used."""


class Recording(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One request, and what became of it: an answer, an error, or its cancellation.

    Attributes:
        operation: the service's name of it.
        request: in canonical form; text (base64) where it was no JSON.
        status, answer: of the answer; 0 where none came.
        answer_base64: the answer, where it is no JSON.
        error: the class of the error that the transport raised.
        sent: of an error of the network, whether the request may have been applied.
        repaired: whether the transport mended something after it (new credentials, its clock).
        cancelled: whether nobody waited for the answer to the end.
    """

    operation: str
    request: Any
    status: int = 0
    answer: Any = None
    answer_base64: str | None = None
    error: str | None = None
    sent: bool | None = None
    repaired: bool = False
    cancelled: bool = False

    def __repr__(self) -> str:
        outcome = "cancelled" if self.cancelled else self.error or self.status
        return f"<Recording {self.operation}: {outcome}>"

    @property
    def answer_body(self) -> bytes:
        """The bytes of the answer."""
        return _encode(self.answer) if self.answer_base64 is None else b64decode(self.answer_base64, validate=True)


class _Header(Struct, forbid_unknown_fields=True):
    format: str
    version: int
    redacted: list[str] | str | None = None


class _End(Struct, forbid_unknown_fields=True):
    end: int


class Cassette(Struct, frozen=True):
    """What a file holds: its recordings (the first is on line 2), and which attributes were redacted."""

    recordings: list[Recording]
    redacted: list[str] | str | None


# ── canonical form ───────────────────────────────────────────────────────────────────────────────────────────────────
def json_of(body: bytes) -> Any:
    """The JSON in a body that can be written again; None where there is none."""
    try:
        found = _decode(body)
        _encode(found)
    except (ValueError, RecursionError, OverflowError):
        return None
    return found


def canonical_request(body: bytes) -> Any:
    """A request such that equal requests are equal; base64 text where the body is no JSON."""
    found = json_of(body)
    if found is None:
        return b64encode(body).decode()
    if isinstance(found, dict):
        found.pop("ClientRequestToken", None)
    return canonical(found)


def canonical(value: Any) -> Any:
    """A JSON value with the keys of its objects and the members of its sets sorted."""
    if isinstance(value, dict):
        if len(value) == 1:
            ((kind, members),) = value.items()
            if kind in _SETS and isinstance(members, list) and all(isinstance(member, str) for member in members):
                return {kind: sorted(members)}
        return {name: canonical(value[name]) for name in sorted(value)}
    return [canonical(each) for each in value] if isinstance(value, list) else value


def matching_key(operation: str, request: Any) -> tuple[str, bytes]:
    """What requests that are the same to a cassette have in common; the request is in canonical form."""
    return operation, _encode(request)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def read(path: Path) -> Cassette:
    """The content of a cassette.

    Raises:
        CassetteError: there is none, or it is damaged, not whole, or of another format or version; names the line.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise CassetteError(
            f"there is no cassette {path}", hint="record one first: Recorder(transport, path)"
        ) from None
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        raise CassetteError(f"the cassette {path} cannot be read: {error}") from None
    if not data:
        raise CassetteError(f"the cassette {path} is empty", hint="record it again")
    lines = data.split(b"\n")
    whole = lines.pop() == b""
    header = _header(path, lines[0] if lines else data)
    if not whole:
        raise _broken(path, len(lines) + 1, "it is cut off", "the file is not whole: record it again")
    if len(lines) < 2:
        raise _broken(path, 1, "the recordings and the end are missing", "the file is not whole: record it again")
    recordings = [_recording(path, number, line) for number, line in enumerate(lines[1:-1], 2)]
    _check_end(path, len(lines), lines[-1], len(recordings))
    return Cassette(recordings, header.redacted)


def _header(path: Path, line: bytes) -> _Header:
    found = json_of(line)
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise _broken(path, 1, f"it does not begin as a cassette ({FORMAT})", "is this the right file?")
    if found.get("version") != VERSION or type(found.get("version")) is not int:
        shown = str(found.get("version"))[:20]
        hint = "record it again, or use the release of hashrange that wrote it"
        raise _broken(path, 1, f"its version is {shown}; this release reads version {VERSION}", hint)
    try:
        return msgspec.convert(found, _Header)
    except msgspec.ValidationError as error:
        raise _broken(path, 1, str(error)) from None


def _recording(path: Path, number: int, line: bytes) -> Recording:
    try:
        found = msgspec.json.decode(line, type=Recording)
        if json_of(line) is None:
            raise ValueError("it cannot be written as JSON again")
        _check_outcome(found)
    except (ValueError, RecursionError, OverflowError) as error:
        raise _broken(path, number, str(error)) from None
    found.request = canonical(found.request)  # somebody may have edited it
    return found


def _check_outcome(recording: Recording) -> None:
    outcomes = (recording.status != 0, recording.error is not None, recording.cancelled)
    if sum(outcomes) != 1:
        raise ValueError("it must have either a status, or an error, or be cancelled")
    if recording.status and not 100 <= recording.status <= 599:
        raise ValueError(f"{recording.status} is no HTTP status")
    recording.answer_body  # noqa: B018 - a ValueError where it is no base64
    if recording.error is not None:
        error_class(recording.error)


def error_class(name: str) -> type[DynamoDBError]:
    """The class of an error that a transport raised.

    Raises:
        ValueError: there is none of that name.
    """
    found = getattr(errors, name, None)
    if not isinstance(found, type) or not issubclass(found, DynamoDBError):
        raise ValueError(f"there is no error {name[:60]!r}")
    return found


def _check_end(path: Path, number: int, line: bytes, count: int) -> None:
    try:
        end = msgspec.json.decode(line, type=_End).end
    except (ValueError, RecursionError):
        raise _broken(path, number, "the end is missing", "the file is not whole: record it again") from None
    if end != count:
        hint = f"after an edit by hand, the last line must be {_encode(_End(count)).decode()}"
        raise _broken(path, number, f"it counts {end} recordings, and there are {count}", hint)


def _broken(path: Path, line: int, what: str, hint: str | None = None) -> CassetteError:
    return CassetteError(f"the cassette {path}, line {line}: {what}", hint=hint)


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def write(path: Path, cassette: Cassette) -> None:
    """Write a cassette; a file that is there already is replaced in one step, or stays as it is.

    Blocks until it is on disk.

    Raises:
        CassetteError: it cannot be written.
    """
    header = _Header(FORMAT, VERSION, cassette.redacted)
    text = [_encode(line) for line in (_without_none(header), *cassette.recordings, _End(len(cassette.recordings)))]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, b"\n".join([*text, b""]))
    except OSError as error:
        raise CassetteError(f"the cassette {path} cannot be written: {error}") from error


def _without_none(header: _Header) -> Struct | dict[str, Any]:
    return header if header.redacted is not None else {"format": header.format, "version": header.version}


def _replace(path: Path, data: bytes) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}-{token_hex(4)}.tmp")
    try:
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def checked_path(path: object) -> Path:
    """The path that was given.

    Raises:
        CassetteError: it is none.
    """
    if not isinstance(path, (str, os.PathLike)) or not os.fspath(path):
        raise CassetteError(f"path is {path!r}; it must be the path of a file")
    return Path(os.fsdecode(path))
