"""THE formula for the delay between attempts. Pure: chance is an argument."""

from __future__ import annotations


def delay(failures: int, base: float, max_delay: float, chance: float) -> float:
    """Seconds to wait after the ``failures``-th failure: ``min(base · 2^(failures−1), max_delay) · (1 + chance)``,
    at most ``max_delay``.

    Args:
        failures: how many attempts have failed so far, 1 or more.
        base, max_delay: seconds.
        chance: a random number in [0, 1), so that clients that failed together do not come back together.
    """
    exponential = base * 2.0 ** min(failures - 1, 60)
    return min(min(exponential, max_delay) * (1.0 + chance), max_delay)
