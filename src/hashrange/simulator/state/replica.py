"""Stores that follow late: what was written shows in them after a while, in the order in which it was written.

Owns the queue of changes that are not seen yet, and when each is due. A global index is such a store; so are replicas
of a table and its local indexes, which eventually consistent reads may see. Must not know who reads.
"""

from __future__ import annotations

from collections import deque

import msgspec

from ...clock import Clock, Randomness
from .store import Record, Store


class Lags(msgspec.Struct, frozen=True):
    """How late the followers of tables are: at most so many seconds; 0 for not at all."""

    clock: Clock
    randomness: Randomness
    index_seconds: float = 0.0
    replica_seconds: float = 0.0


class Lag:
    """When the changes of one follower are due; none before one that was made earlier.

    Attributes:
        seconds: how long it takes at most.
    """

    __slots__ = ("_clock", "_latest", "_randomness", "seconds")

    def __init__(self, seconds: float, clock: Clock, randomness: Randomness) -> None:
        self.seconds, self._clock, self._randomness = seconds, clock, randomness
        self._latest = float("-inf")

    def due(self) -> float:
        """When a change that is made now is due (monotonic seconds)."""
        self._latest = max(self._latest, self._clock.monotonic() + self._randomness.random() * self.seconds)
        return self._latest

    def copy(self) -> Lag:
        """The same, which changes independently."""
        twin = Lag(self.seconds, self._clock, self._randomness)
        twin._latest = self._latest
        return twin


class LateStore(Store):
    """A store whose changes wait until they are due. ``catch_up`` makes them; reading does not.

    Args:
        store: what it begins with, and takes over.
        lag: how late it is.
    """

    __slots__ = ("_waiting", "lag")

    def __init__(self, store: Store, lag: Lag) -> None:
        super().__init__()
        self.take_over(store)
        self.lag = lag
        self._waiting: deque[tuple[float, Record | None, Record | None]] = deque()

    def __repr__(self) -> str:
        return f"<LateStore of {self.count} items, {len(self._waiting)} changes behind>"

    @property
    def waiting_count(self) -> int:
        """How many changes are not seen yet."""
        return len(self._waiting)

    def change(self, old: Record | None, new: Record | None) -> None:
        """Put a record in the place of another, or into none, or none, some time later."""
        self.change_at(self.lag.due(), old, new)

    def change_at(self, due: float, old: Record | None, new: Record | None) -> None:
        """The same at a given time, which is not before that of the change before."""
        self._waiting.append((due, old, new))

    def catch_up(self, now: float = float("inf")) -> None:
        """Make the changes that are due; without a time all."""
        while self._waiting and self._waiting[0][0] <= now:
            _, old, new = self._waiting.popleft()
            super().change(old, new)

    def settled(self) -> Store:
        """A store that is not late any more, with everything in it."""
        self.catch_up()
        store = Store()
        store.take_over(self)
        return store

    def copy(self) -> LateStore:
        """A store with the same records, as late, that changes independently."""
        twin = LateStore(super().copy(), self.lag.copy())
        twin._waiting = self._waiting.copy()
        return twin


def followed(store: Store, seconds: float, lags: Lags) -> Store:
    """A store that is so late; the same one if it was late before. With 0 seconds one that is not."""
    if isinstance(store, LateStore):
        if not seconds:
            return store.settled()
        store.lag.seconds = seconds
        return store
    return LateStore(store, Lag(seconds, lags.clock, lags.randomness)) if seconds else store
