"""A clock for tests: nobody waits, and time passes only as they say.

It is for one test in one event loop. Must not know who sleeps.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import cast

from ..clock import Clock
from ..errors import ConfigurationError

_START = 1_800_000_000.0  # seconds since the epoch: January 2027


class FakeClock:
    """A clock that only sleeping and ``advance`` move: a sleep takes no time, and is written down.

    Args:
        now: seconds since the epoch to begin with.

    Attributes:
        sleeps: the seconds of every sleep, oldest first: the delays between attempts, for assertions.
    """

    def __init__(self, now: float = _START) -> None:
        if type(now) not in (int, float) or not 0 <= now < math.inf:
            raise ConfigurationError(f"now is {now!r}; it must be seconds since the epoch")
        self._start = self._now = float(now)
        self.sleeps: list[float] = []

    def __repr__(self) -> str:
        return f"<FakeClock {self._now - self._start:g} s after its start>"

    def monotonic(self) -> float:
        """Seconds since its start."""
        return self._now - self._start

    def time(self) -> float:
        """Seconds since the epoch."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Let so much time pass, at once, and write it down in ``sleeps``."""
        self.sleeps.append(seconds)
        self.advance(max(0.0, seconds))
        await asyncio.sleep(0)  # others may run, as in a real sleep

    def advance(self, seconds: float) -> None:
        """Let so much time pass.

        Raises:
            ConfigurationError: time does not go back.
        """
        if type(seconds) not in (int, float) or not 0 <= seconds < math.inf:
            raise ConfigurationError(f"seconds is {seconds!r}; it must be a number of seconds, 0 or more")
        self._now += seconds


def clock_of_test(given: Clock | Callable[[], Clock]) -> Clock:
    """The clock that a mark names: itself, or what its class or function makes, which is another one for each test."""
    if callable(given) and (isinstance(given, type) or not hasattr(given, "monotonic")):
        made: Clock = given()
        return made
    return cast("Clock", given)
