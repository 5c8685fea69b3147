"""What a catalog asks of whoever keeps its tables beyond the life of the process. In memory there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ...clock import Clock
    from .definitions import TableDefinition
    from .expiry import Expiry
    from .store import Store
    from .stream import Streams


class Keeper(Protocol):
    """Keeps definitions, stores that keep their items, and streams that keep their records."""

    def store(self, table: str, index: str | None) -> Store:
        """The store of a table (or one of its indexes): with what was kept of it, or empty."""
        ...

    def expiry(self, table: str, attribute: str) -> Expiry:
        """What knows when the items of a table expire, by what an attribute says."""
        ...

    def streams(self, clock: Clock) -> Streams:
        """The streams there were, and those to come."""
        ...

    def keep(self, definition: TableDefinition) -> None:
        """Note what a table is from now on."""
        ...

    def drop(self, table: str, index: str | None) -> None:
        """Note that a store has gone."""
        ...

    def forget(self, table: str) -> None:
        """Note that a table has gone, with all its stores."""
        ...
