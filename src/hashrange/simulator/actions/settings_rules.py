"""What must hold of a table's settings: encryption and tags.

Each check raises the service's ValidationException. Must not know which operation checks, or any table there is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from .. import table_messages
from ..errors import validation

TAGS_MAX_COUNT: Final = 50
_TAG_KEY_MAX_CHARS: Final = 128
_TAG_VALUE_MAX_CHARS: Final = 256
#: letters and digits of any script, white space, and these; Developer Guide, "Tagging restrictions in DynamoDB"
_TAG: Final = re.compile(r"[\w\s.:/=+\-@]*")


# ── encryption ───────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Encryption:
    """Server-side encryption as asked for: with KMS, with which key (None: the account's own), or by default."""

    with_kms: bool
    key_id: str | None = None


def encryption_of(specification: dict[str, Any] | None) -> Encryption | None:
    """What an SSESpecification asks for; None where there is none."""
    if specification is None:
        return None
    enabled, kind, key = (specification.get(name) for name in ("Enabled", "SSEType", "KMSMasterKeyId"))
    if enabled is False:
        for member in ("SSEType", "KMSMasterKeyId"):
            if specification.get(member) is not None:
                raise validation(table_messages.not_without_encryption(member))
    if kind == "AES256":
        raise validation(table_messages.AES256_NOT_SUPPORTED)
    if key is not None and kind is None:
        raise validation(table_messages.KMS_NEEDED)
    return Encryption(bool(enabled) or kind == "KMS", key)


# ── tags ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def tags_of(tags: Sequence[dict[str, Any]] | None) -> dict[str, str]:
    """Tags as a dict, checked."""
    found: dict[str, str] = {}
    for tag in tags or ():
        key, value = check_tag_key(tag.get("Key")), tag.get("Value")
        if value is None or len(value) > _TAG_VALUE_MAX_CHARS or not _TAG.fullmatch(value):
            raise validation(table_messages.tag_value_invalid(value))
        if key in found:
            raise validation(table_messages.tag_key_twice(key))
        found[key] = value
    check_tag_count(found)
    return found


def check_tag_key(key: str | None) -> str:
    """A key that a tag can have."""
    if not key or len(key) > _TAG_KEY_MAX_CHARS or not _TAG.fullmatch(key):
        raise validation(table_messages.tag_key_invalid(key))
    if key.lower().startswith("aws:"):
        raise validation(table_messages.tag_key_reserved(key))
    return key


def check_tag_count(tags: dict[str, str]) -> None:
    if len(tags) > TAGS_MAX_COUNT:
        raise validation(table_messages.TOO_MANY_TAGS)
