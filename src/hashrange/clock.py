"""Time and chance, injected everywhere so that tests own them.

Owns the two protocols and their real implementations. Must not know who waits, or why.
"""

from __future__ import annotations

import asyncio
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

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def __repr__(self) -> str:
        return "SystemClock()"


class SystemRandomness:
    """The interpreter's own chance; for jitter, not for secrets."""

    __slots__ = ()

    def random(self) -> float:
        from random import random  # slow to import, and needed only after a failure

        return random()  # noqa: S311

    def __repr__(self) -> str:
        return "SystemRandomness()"


SYSTEM_CLOCK: Clock = SystemClock()
SYSTEM_RANDOMNESS: Randomness = SystemRandomness()
