"""Weather that has everything in it, where a test must not depend on what a seed happens to draw."""

from __future__ import annotations

from hashrange.resilience.breaker import CircuitRule
from hashrange.simulator import Disorder

from .weather import FAULTS, Weather


def wild(seed: int, *, share: float = 1.0) -> Weather:
    """Every fault, and late requests.

    Args:
        seed: makes some of it differ.
        share: how bad the network is; with 0 it is a good one.
    """
    return Weather(
        faults={name: probability * share for name, probability in FAULTS.items()},
        way_seconds=0.02,
        slow=0.05 * share,
        late=True,
        outages=((20.0, 30.0),) if share else (),
        impatience=0.1 * share,
        workers=1 + seed % 2,
        steps=15,
        config={"attempt_timeout": 2.0, "timeout": 6.0, "circuit": CircuitRule(open_seconds=3.0), "hedge_after": 0.05},
        disorder=Disorder(unprocessed=0.1, conflicts=0.02, index_lag=2.0, staleness=1.0) if share else None,
    )
