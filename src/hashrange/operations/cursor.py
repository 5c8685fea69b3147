"""Cursors: a position in a query or scan as opaque, URL-safe text.

A cursor is bound to what it continues (table, index, partition key, segment); with a key it is signed, so that it can
go through untrusted hands. Form: ``base64url(JSON [version, binding, position])``, and with a key
``.base64url(HMAC-SHA256)``.
"""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterable
from typing import Any

import msgspec

from ..errors import InvalidCursor
from ..types import WireItem

_VERSION = 1
_SIGNATURE_BYTES = 16
_KEY_KINDS = frozenset({"S", "N", "B"})


def binding(*parts: Any) -> str:
    """A short fingerprint of what a cursor belongs to."""
    from hashlib import sha256  # slow to import, and many programs have no cursor

    return _text(sha256(msgspec.json.encode(parts)).digest()[:9])


def encode_cursor(position: WireItem, bound_to: str, key: bytes | None) -> str:
    """The cursor of a position."""
    text = _text(msgspec.json.encode([_VERSION, bound_to, position]))
    return text if key is None else f"{text}.{_signature(text, key)}"


def decode_cursor(cursor: str, bound_to: str, names: Iterable[str], key: bytes | None) -> WireItem:
    """The position of a cursor.

    Args:
        bound_to: the binding that it must have.
        names: the attributes that its position must consist of.
        key: what it must be signed with; None: a signature is ignored.

    Raises:
        InvalidCursor: it is damaged, not signed by this key, or belongs to another query.
    """
    if not isinstance(cursor, str):
        raise InvalidCursor(f"a cursor is text, not {type(cursor).__name__}", hint="pass Page.cursor as it was")
    if not cursor.isascii():
        raise _damaged()
    text, _, signature = cursor.partition(".")
    if key is not None and not _same(signature, _signature(text, key)):
        raise InvalidCursor("the cursor's signature is wrong or missing", hint="it was not made with this cursor_key")
    try:
        version, bound, position = msgspec.json.decode(_bytes(text), type=tuple[int, str, dict[str, dict[str, str]]])
    except (ValueError, msgspec.MsgspecError):
        raise _damaged() from None
    if version != _VERSION:
        raise InvalidCursor(f"the cursor has version {version}; this release knows version {_VERSION}")
    if bound != bound_to:
        raise InvalidCursor(
            "the cursor belongs to another query", hint="a cursor goes with its table, index and partition key"
        )
    if set(position) != set(names) or any(
        len(value) != 1 or not _KEY_KINDS.issuperset(value) for value in position.values()
    ):
        raise InvalidCursor("the cursor's position does not fit the keys of this table and index")
    return position


def _damaged() -> InvalidCursor:
    return InvalidCursor("the cursor is damaged", hint="pass Page.cursor as it was")


def _signature(text: str, key: bytes) -> str:
    import hmac

    return _text(hmac.digest(key, text.encode(), "sha256")[:_SIGNATURE_BYTES])


def _same(one: str, other: str) -> bool:
    from hmac import compare_digest

    return compare_digest(one.encode(), other.encode())


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode("ascii").rstrip("=")


def _bytes(text: str) -> bytes:
    return b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
