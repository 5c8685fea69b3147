"""Which names are those of secrets: their values are compared and never shown, in logs, reports or samples."""

from __future__ import annotations

import re
from typing import Final

_SECRET: Final = re.compile(
    r"passw|passphrase|pwd|secret|token|hash|salt|credential|api_?key|private_?key|pin_?code|ssn|iban|card_?number|cvc|cvv",
    re.IGNORECASE,
)


def is_secret(name: str) -> bool:
    """Whether values of a field, column or attribute of this name must not be seen: passwords, hashes, tokens."""
    return _SECRET.search(name) is not None
