"""The real clock and the real randomness keep their protocols' promises."""

from __future__ import annotations

import time
from itertools import pairwise

from hashrange.clock import SYSTEM_CLOCK, SYSTEM_RANDOMNESS, Clock, Randomness, SystemClock


def test_the_system_clock_is_the_machines_time() -> None:
    before, now, after = time.time(), SYSTEM_CLOCK.time(), time.time()
    assert before <= now <= after, "seconds since the epoch"
    before, now, after = time.monotonic(), SYSTEM_CLOCK.monotonic(), time.monotonic()
    assert before <= now <= after
    readings = [SYSTEM_CLOCK.monotonic() for _ in range(1_000)]
    assert all(earlier <= later for earlier, later in pairwise(readings))


async def test_sleep_waits_at_least_that_long() -> None:
    started = SYSTEM_CLOCK.monotonic()
    await SYSTEM_CLOCK.sleep(0.01)
    assert SYSTEM_CLOCK.monotonic() - started >= 0.009  # event loops round to their clock's resolution
    await SYSTEM_CLOCK.sleep(0)


def test_chance_is_in_the_half_open_interval_and_differs() -> None:
    chances = [SYSTEM_RANDOMNESS.random() for _ in range(1_000)]
    assert all(0 <= chance < 1 for chance in chances)
    assert len(set(chances)) > 900


def test_both_keep_their_protocols() -> None:
    clock: Clock = SystemClock()
    randomness: Randomness = SYSTEM_RANDOMNESS
    assert repr(clock) == "SystemClock()"
    assert isinstance(randomness.random(), float)
    assert not hasattr(clock, "__dict__"), "nothing to be set by accident"
