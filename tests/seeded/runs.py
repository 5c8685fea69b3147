"""A seed's run from beginning to end, and what it tells where something was wrong."""

from __future__ import annotations

import asyncio
import traceback
from collections import Counter as Tally
from typing import Any, Final

from msgspec import Struct

from .bankers import Auditor, Banker, account
from .inspection import inspect
from .keepers import Keeper, Reader
from .loaders import Loader
from .simulation import Deadlock, Unfinished, run_simulated
from .weather import LIFE_MAX_SECONDS, Weather, weather_of
from .workers import Buyer, Claimer, Counter, Editor, Locker, Worker
from .world import World

KINDS: tuple[type[Worker], ...] = (
    Counter, Buyer, Editor, Claimer, Locker, Keeper, Loader, Reader, Banker, Auditor,
)  # fmt: skip


#: longer than any circuit stays open
_RECOVERY_SECONDS: Final = 60.0
_RECOVERY_TRIES: Final = 5


class Run(Struct):
    """A run that is over.

    Attributes:
        findings: what was wrong; empty where nothing was.
        digest: of everything that happened.
        counts: how often what happened.
        lines: the journal.
    """

    seed: int
    weather: Weather
    findings: list[str]
    digest: str
    counts: Tally[str]
    lines: list[str]

    def report(self) -> str:
        """What was wrong, what happened before, and how to see it again."""
        shown = "\n  ".join(self.findings[:20])
        last = "\n  ".join(self.lines[-40:])
        return (
            f"seed {self.seed} found:\n  {shown}\n\nthe last events (all of them: make soak SEED={self.seed} LOG=1):"
            f"\n  {last}\n\nthe weather: {self.weather}\n\nsee it again: make soak SEED={self.seed}"
        )


def run_seed(
    seed: int, *, weather: Weather | None = None, kinds: tuple[type[Worker], ...] = KINDS, **world: Any
) -> Run:
    """Let a seed's world live.

    Args:
        weather: instead of the seed's.
        kinds: of workers.
        world: as ``World``.
    """
    settings = weather_of(seed) if weather is None else weather
    worlds: list[World] = []
    try:
        run_simulated(lambda: _live(seed, settings, kinds, worlds, world))
        findings = []
    except (Deadlock, Unfinished) as error:
        findings = [f"{type(error).__name__}: {error}"]
    except Exception as error:  # a defect of the client, or of these tests: it belongs to the seed either way
        if not worlds:
            raise
        findings = ["".join(traceback.format_exception(error))]
    journal = worlds[0].journal
    return Run(seed, settings, journal.findings + findings, journal.digest(), journal.counts, journal.lines)


async def _live(
    seed: int, weather: Weather, kinds: tuple[type[Worker], ...], worlds: list[World], options: dict[str, Any]
) -> None:
    world = World(seed, weather, **options)
    worlds.append(world)
    await world.begin()
    crowd = kinds * weather.workers
    workers = [kind(world, f"{kind.__name__}{crowd[:at].count(kind)}") for at, kind in enumerate(crowd)]
    async with asyncio.TaskGroup() as group:
        for worker in workers:
            group.create_task(worker.run(), name=worker.name)
    await world.clock.sleep(LIFE_MAX_SECONDS + 1.0)  # until nothing can arrive any more
    await inspect(world)
    await _recover(world)
    await world.db.close()


async def _recover(world: World) -> None:
    """In good weather the client works again, whatever it went through: no circuit stays open, nothing is used up."""
    world.network.fair = True
    failures: list[str] = []
    while len(failures) < _RECOVERY_TRIES:  # what was put around the network may still be unfair
        await world.clock.sleep(_RECOVERY_SECONDS)
        read = await world.ask("at last", lambda: world.app.get_item(account(0), consistent=True))
        if read.status == "done":
            return
        failures.append(f"{read.error}")
    world.journal.find(f"the client does not recover: {failures}")
