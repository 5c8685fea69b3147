"""The heaviest of very many keys, in memory that does not grow: the Space-Saving sketch, for weights of any size.

Keeps a fixed number of counters. A key that has none takes over the smallest one, with its count, which is then how far
the key may be overcounted at most. Every key that has more than total / size of the weight is among the counters. The
smallest is found by a heap whose entries may lag behind: counts only grow, so an entry is put right when it comes to
the top. Must not know what keys are. Source: Metwally, Agrawal, El Abbadi, "Efficient Computation of Frequent and Top-k
Elements in Data Streams" (2005).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from heapq import heapreplace, nlargest
from typing import Any, Generic, TypeVar


class Counter:
    """A key's weight; subclasses may keep more beside it, from the moment the key got the counter.

    Attributes:
        count: its weight, or more: at most ``error`` more.
        error: what the counter held when the key took it over.
    """

    __slots__ = ("count", "error", "key")

    def __init__(self, key: Any) -> None:
        self.key = key
        self.count = 0.0
        self.error = 0.0

    def renew(self) -> None:
        """Another key has taken it over: forget what was kept beside the count."""


C = TypeVar("C", bound=Counter)


class HeavyHitters(Generic[C]):
    """The sketch.

    Args:
        size: how many counters there are.
        make: makes the counter of a key.

    Attributes:
        total: the weight of all keys.
    """

    __slots__ = ("_counters", "_heap", "_make", "_size", "total")

    def __init__(self, size: int, make: Callable[[Any], C]) -> None:
        assert size > 0
        self._size, self._make = size, make
        self.clear()

    def __repr__(self) -> str:
        return f"<HeavyHitters {len(self._counters)} of {self._size} counters, total {self.total:g}>"

    def __len__(self) -> int:
        return len(self._counters)

    def clear(self) -> None:
        """Forget everything."""
        self.total = 0.0
        self._counters: dict[Hashable, C] = {}
        #: a count that its counter has, or had; a number that tells counters apart; the counter
        self._heap: list[tuple[float, int, C]] = []

    def add(self, key: Hashable, weight: float) -> C:
        """Add weight (0 or more) to a key, and give its counter."""
        self.total += weight
        counter = self._counters.get(key)
        if counter is None:
            counter = self._counters[key] = self._counter_for(key)
        counter.count += weight
        return counter

    def top(self, count: int) -> list[C]:
        """The heaviest keys' counters, the heaviest first."""
        return nlargest(count, self._counters.values(), key=lambda counter: counter.count)

    def _counter_for(self, key: Hashable) -> C:
        heap = self._heap
        if len(heap) < self._size:
            counter = self._make(key)
            heap.append((0.0, len(heap), counter))  # in order: 0 is what every entry is as long as there is room
            return counter
        recorded, number, smallest = heap[0]
        while smallest.count != recorded:
            heapreplace(heap, (smallest.count, number, smallest))
            recorded, number, smallest = heap[0]
        del self._counters[smallest.key]
        smallest.key, smallest.error = key, recorded
        smallest.renew()
        return smallest
