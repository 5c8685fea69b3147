"""Where a migration keeps what must outlive a process: checkpoints, the phase, leases, tombstones, repairs to do.

One small interface, entries by key with a version that a write must name, and two stores: a file (``file_store``) for
one machine, a DynamoDB table (``table_store``) for several. Must not know what is kept.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final, Protocol

from msgspec import Struct

from ...errors import ConfigurationError
from ..errors import StateConflict


class Entry(Struct, frozen=True):
    """What is stored under a key: a value of JSON's kinds, and its version, from 1."""

    value: Any
    version: int


class Store(Protocol):
    """Entries by key. A write that returned is durable; each write names the version that it replaces."""

    async def read(self, key: str) -> Entry | None:
        """The entry, or None; sees every write before."""
        ...

    async def write(self, key: str, value: Any, *, version: int | None) -> int:
        """Write an entry, and give its new version.

        Args:
            key: 1 to 512 characters.
            value: of JSON's kinds.
            version: of the entry that it replaces; None: there must be none.

        Raises:
            StateConflict: another version is there.
        """
        ...

    async def delete(self, key: str, *, version: int) -> None:
        """Delete an entry. Raises StateConflict as ``write``."""
        ...

    def scan(self, prefix: str) -> AsyncIterator[tuple[str, Entry]]:
        """The entries whose keys begin with a prefix, in the order of their keys."""
        ...

    async def close(self) -> None:
        """Give files and connections back."""
        ...


#: characters of a key
KEY_MAX_CHARS: Final = 512


def check_key(key: str) -> None:
    """Refuse what cannot be a key.

    Raises:
        ConfigurationError: it is no text of 1 to 512 characters.
    """
    if not 1 <= len(key) <= KEY_MAX_CHARS:
        raise ConfigurationError(f"a key of the state is {len(key)} characters long; 1 to {KEY_MAX_CHARS} are allowed")


def conflict(key: str, expected: int | None, there: int | None) -> StateConflict:
    """The error of a write that was for another version.

    Args:
        key: of the entry.
        expected: the version that it was for; None: no entry.
        there: the version that is there; None where there is none.
    """
    shown = "there is none" if there is None else f"version {there} is there"
    wanted = "no entry" if expected is None else f"version {expected}"
    return StateConflict(f"the state's entry {key!r} was changed meanwhile: {wanted} was expected, {shown}")
