"""Virtual time for programs with threads: what they give to an executor runs in the loop itself, a moment later.

So a seeded program that reads a database in threads repeats itself. Work that was cancelled before its moment is not
done, as in a full pool. Must not know what is run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any

from tests.loops import VirtualLoop


class ThreadlessLoop(VirtualLoop):
    """Args:
    seed: of the moments.
    seconds_max: until work is done.
    """

    def __init__(self, seed: int, *, seconds_max: float = 0.02) -> None:
        super().__init__()
        self._chance, self._seconds_max = Random(f"threads {seed}"), seconds_max

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        found: asyncio.Future[Any] = self.create_future()

        def run() -> None:
            if found.cancelled():
                return
            try:
                result = func(*args)
            except BaseException as error:
                found.set_exception(error)
            else:
                found.set_result(result)

        self.call_later(self._chance.uniform(0.0, self._seconds_max), run)
        return found
