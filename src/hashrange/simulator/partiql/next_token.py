"""NextToken: where a SELECT goes on, and of which statement and parameters that is.

Clients see text without meaning. A token of another request is refused, one that was changed as well.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from .. import partiql_messages
from ..errors import ApiError, validation
from ..state.tokens import fingerprint
from ..values import InvalidValue, Item, canonical_item

_encode: Final = msgspec.json.Encoder().encode


class _Token(msgspec.Struct, frozen=True):
    version: str
    request: str
    key: dict[str, dict[str, str]]


_VERSION: Final = "V1"
_decode: Final = msgspec.json.Decoder(_Token).decode


def request_mark(statement: str, parameters: Sequence[dict[str, Any]] | None) -> str:
    """What tells one request from another: its statement and parameters."""
    return fingerprint([statement, list(parameters or ())]).hex()


def next_token(mark: str, key: Item) -> str:
    """The token of a page that ended at a key."""
    return b64encode(_encode(_Token(_VERSION, mark, key))).decode()


def start_key(token: str, mark: str) -> Item:
    """Where a token's page ended.

    Raises:
        ApiError: a ValidationException: it is no token, or one of another request.
    """
    try:
        found = _decode(b64decode(token, validate=True))
        key = canonical_item(found.key)
    except (ValueError, InvalidValue):
        raise validation(partiql_messages.TOKEN_INVALID) from None
    if found.version != _VERSION:
        raise validation(partiql_messages.TOKEN_INVALID)
    if found.request != mark:
        raise validation(partiql_messages.TOKEN_MISMATCH)
    return key


def invalid() -> ApiError:
    """A token whose key does not fit what is read."""
    return validation(partiql_messages.TOKEN_INVALID)
