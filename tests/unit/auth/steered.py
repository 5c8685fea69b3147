"""A cache on a source and a clock that a test steers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hashrange.auth.credentials import Credentials, Secret
from hashrange.auth.refresh import CredentialCache

from .servers import HOUR, Chance, ManualClock

MINUTE = 60.0


class Source:
    """A provider that a test steers: what it gives, when it answers, how it fails."""

    name = "source"

    def __init__(self, clock: ManualClock, life: float | None = HOUR) -> None:
        self.clock, self.life = clock, life
        self.fetches = 0
        self.error: Exception | None = None
        self.gate: asyncio.Event | None = None
        self.during: Callable[[], object] = lambda: None

    async def fetch(self) -> Credentials:
        self.fetches += 1
        number = self.fetches
        self.during()
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        expires = None if self.life is None else self.clock.now + self.life
        return Credentials(f"ASIAHUSHHUSH{number:08d}", Secret(f"hush/{number}"), Secret("hush-token"), expires)


class World:
    def __init__(self, life: float | None = HOUR, chance: float = 0.0) -> None:
        self.clock = ManualClock()
        self.source = Source(self.clock, life)
        self.cache = CredentialCache(self.source, self.clock, Chance(chance))

    def current(self) -> int | None:
        """The number of the credentials given without waiting."""
        return _number(self.cache.current())

    async def get(self) -> int | None:
        return _number(await self.cache.get())


def _number(found: Credentials | None) -> int | None:
    return None if found is None else int(found.access_key[-8:])


async def settle(turns: int = 20) -> None:
    """Let the tasks that are ready run."""
    for _ in range(turns):
        await asyncio.sleep(0)
