"""How large an item can be at most, quickly: most are far from the limit. Must not know entities."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from ...codec import item_size

_SMALL: Final = frozenset({int, Decimal, bool, type(None)})
_SMALL_MAX_BYTES: Final = 22  # a number of 38 digits and a sign


def size_at_most(item: Mapping[str, Any]) -> int:
    """Not less than the item's size, and quickly; exact of documents and sets, which are checked that way, too. Raises
    as ``item_size``."""
    size = 0
    for name, value in item.items():
        if type(value) is str:
            size += 4 * (len(name) + len(value))
        elif type(value) in _SMALL:
            size += 4 * len(name) + _SMALL_MAX_BYTES
        elif type(value) is bytes:
            size += 4 * len(name) + len(value)
        else:
            size += item_size({name: value})
    return size
