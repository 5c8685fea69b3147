"""Items as DynamoDB JSON and as plain JSON: text in, Python values out, with everything refused that is not right.

Owns the two readings of JSON. Must not know commands or tables.
"""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode
from decimal import Decimal
from typing import Any, Final

import msgspec

from ..codec import decode_item, encode_item
from ..errors import DynamoDBError
from ..types import Item

NUMBER: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_SETS: Final = frozenset({"SS", "NS", "BS"})
_write: Final = msgspec.json.Encoder().encode
_TYPES: Final = frozenset({"S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"})


class NotAnItem(Exception):
    """The text is no item; says why."""


def plain_item(text: str) -> Item:
    """An item of plain JSON: numbers keep all their digits.

    Raises:
        NotAnItem: it is no JSON object.
    """
    return _object(text)


def typed_item(text: str | bytes) -> Item:
    """An item of DynamoDB JSON, ``{"id": {"S": "a"}}``, or of an export of the service, ``{"Item": {...}}``.

    Raises:
        NotAnItem: it is neither.
    """
    found = _object(text)
    wrapped = found.get("Item")
    if len(found) == 1 and isinstance(wrapped, dict) and not _is_value(wrapped):
        found = wrapped
    if not found:
        raise NotAnItem("it has no attributes")
    for name, value in found.items():
        if type(value) is not dict or len(value) != 1 or type(value.get("S")) is not str:  # what most values are
            _check(value, name)
    try:
        return decode_item(found)
    except DynamoDBError as error:
        raise NotAnItem(error.message) from None


def typed_text(item: Item) -> str:
    """An item as DynamoDB JSON, in one line; the members of sets are sorted, so that equal items are equal text."""
    wire: dict[str, Any] = dict(encode_item(item))
    for value in wire.values():
        _sort_sets(value)
    return _write(wire).decode()


def _sort_sets(value: dict[str, Any]) -> None:
    ((kind, payload),) = value.items()
    if kind in _SETS:
        payload.sort()
    elif kind in ("L", "M"):
        for one in payload.values() if kind == "M" else payload:
            _sort_sets(one)


def _object(text: str | bytes) -> dict[str, Any]:
    found = _as_written(text) if isinstance(text, bytes) else None
    if found is None:
        found = _strictly(text)
    if not isinstance(found, dict):
        raise NotAnItem("it is no JSON object")
    if not found:
        raise NotAnItem("it has no attributes")
    return found


def _as_written(text: bytes) -> Any:
    """JSON that is laid out as ours, quickly; None of any other. What gives the same bytes again has lost nothing: no
    member that stands there twice, no digit of a number."""
    try:
        found = msgspec.json.decode(text)
        return found if _write(found) == text else None
    except (ValueError, RecursionError):
        return None


def _strictly(text: str | bytes) -> Any:
    try:
        return _READER.decode(text.decode() if isinstance(text, bytes) else text)
    except UnicodeDecodeError:
        raise NotAnItem("it is no UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise NotAnItem(f"it is no JSON: {error.msg} at character {error.pos + 1}") from None
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise NotAnItem(f"it is no JSON: {error}") from None


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ValueError(f"{twice!r} stands there twice")
    return found


_READER: Final = json.JSONDecoder(
    parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_without_duplicates
)


def _is_value(found: dict[str, Any]) -> bool:
    """Whether it is the value of an attribute, and not an item around which there is a wrapper."""
    ((kind, payload),) = found.items() if len(found) == 1 else (("", None),)
    return kind in _TYPES and not (isinstance(payload, dict) and kind != "M")


def _check(value: Any, path: str) -> None:
    """Refuse what a lenient reading would take for something else."""
    if not isinstance(value, dict) or len(value) != 1:
        raise NotAnItem(f'{path}: {json.dumps(value, default=str)[:60]} is no DynamoDB value such as {{"S": "text"}}')
    ((kind, payload),) = value.items()
    match kind:
        case "S" | "N" | "B":
            good = _is_text_of(payload, kind)
        case "BOOL":
            good = isinstance(payload, bool)
        case "NULL":
            good = payload is True
        case "SS" | "NS" | "BS":
            good = isinstance(payload, list) and all(_is_text_of(one, kind[0]) for one in payload)
        case "L":
            good = isinstance(payload, list)
            for at, one in enumerate(payload if good else ()):
                _check(one, f"{path}[{at}]")
        case "M":
            good = isinstance(payload, dict)
            for name, one in payload.items() if good else ():
                _check(one, f"{path}.{name}")
        case _:
            raise NotAnItem(f"{path}: {kind!r} is no DynamoDB type; they are {', '.join(sorted(_TYPES))}")
    if not good:
        raise NotAnItem(f"{path}: {json.dumps(payload, default=str)[:60]} is no value of type {kind}")


def _is_text_of(payload: Any, kind: str) -> bool:
    """Whether it is text such as a value of type S, N or B has."""
    if not isinstance(payload, str):
        return False
    return kind == "S" or (NUMBER.fullmatch(payload) is not None if kind == "N" else _is_base64(payload))


def _is_base64(text: str) -> bool:
    try:
        b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
