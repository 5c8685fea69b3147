"""Time and chance, injected everywhere so that tests own them.

Owns the two protocols and their real implementations. Must not know who waits, or why.
"""

from __future__ import annotations

import asyncio
import random
import time
from typing import Protocol


class Clock(Protocol):
    """A source of time. All durations are seconds."""

    def monotonic(self) -> float:
        """Seconds since some fixed point; never goes back. For durations and deadlines."""
        ...

    def time(self) -> float:
        """Seconds since the Unix epoch. For signatures, expiry and TTL."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after that many seconds."""
        ...


class Randomness(Protocol):
    """A source of chance; ``random.Random(seed)`` is one."""

    def random(self) -> float:
        """A number in [0, 1)."""
        ...


class SystemClock:
    """The machine's own time."""

    __slots__ = ()

    monotonic = staticmethod(time.monotonic)
    time = staticmethod(time.time)
    sleep = staticmethod(asyncio.sleep)

    def __repr__(self) -> str:
        return "SystemClock()"


SYSTEM_CLOCK: Clock = SystemClock()
SYSTEM_RANDOMNESS: Randomness = random.Random()  # noqa: S311 - jitter, not secrets
