"""What a seed makes of a world: how bad the network is, how the client is set up, how many work, and on what.

Pure: a function of the seed. Extremes are likelier than a bell curve would have them, since that is where bugs are.
"""

from __future__ import annotations

from random import Random
from typing import Any, Final

from msgspec import Struct

from hashrange import RetryPolicy, RetryRule
from hashrange.resilience.breaker import CircuitRule
from hashrange.simulator import Disorder, Throughput

#: a request that was sent reaches the service within so many seconds, or never
LIFE_MAX_SECONDS: Final = 20.0

#: each fault of the network → its share where it is as likely as it gets
FAULTS: Final = {
    "refused": 0.06,
    "lost": 0.06,
    "cut": 0.10,
    "damaged": 0.04,
    "throttled": 0.10,
    "unavailable": 0.05,
    "failed": 0.05,
    "failed_applied": 0.05,
    "partial": 0.4,
    "conflict": 0.06,
}


class Weather(Struct, frozen=True):
    """A world's settings.

    Attributes:
        faults: name → probability for each request.
        way_seconds: what a request, and its answer, takes on average.
        slow: probability that it takes longer than an attempt may.
        late: whether a request of an attempt that has ended may still arrive, as on a real network.
        outages: from when to when nothing gets through; seconds.
        impatience: probability that a caller cancels its call.
        workers: of each kind.
        steps: of each worker.
        config: fields of ``Config``.
    """

    faults: dict[str, float]
    way_seconds: float
    slow: float
    late: bool
    outages: tuple[tuple[float, float], ...]
    impatience: float
    workers: int
    steps: int
    config: dict[str, Any]
    disorder: Disorder | None = None
    throughput: Throughput | None = None


def weather_of(seed: int) -> Weather:
    """The weather of a seed."""
    chance = Random(f"weather {seed}")
    severity = chance.choice((0.3, 1.0, 1.0, 2.0))
    faults = {name: share * severity * chance.choice((0.0, 0.5, 1.0)) for name, share in FAULTS.items()}
    return Weather(
        faults=faults,
        way_seconds=chance.choice((0.001, 0.01, 0.2)),
        slow=chance.choice((0.0, 0.02, 0.1)),
        late=chance.random() < 0.5,
        outages=_outages(chance) if chance.random() < 0.4 else (),
        impatience=chance.choice((0.0, 0.0, 0.05, 0.15)),
        workers=chance.choice((1, 2, 3)),
        steps=chance.choice((4, 12, 12, 24)),
        config=_config(chance),
        disorder=_disorder(chance) if chance.random() < 0.4 else None,
        throughput=Throughput(partition_write_units=chance.choice((2.0, 10.0))) if chance.random() < 0.2 else None,
    )


def _outages(chance: Random) -> tuple[tuple[float, float], ...]:
    starts = [chance.uniform(0.0, 120.0) for _ in range(chance.randint(1, 3))]
    return tuple((start, start + chance.uniform(1.0, 40.0)) for start in starts)


def _config(chance: Random) -> dict[str, Any]:
    impatient = RetryRule(3, 0.01)
    return {
        "attempt_timeout": chance.choice((0.5, 2.0, 5.0)),
        "timeout": chance.choice((3.0, 10.0, 30.0)),
        "hedge_after": chance.choice((None, None, 0.05)),
        "retry": chance.choice(
            (
                RetryPolicy.default(),
                RetryPolicy.default(),
                RetryPolicy.aws_standard(),
                RetryPolicy.none(),
                RetryPolicy(impatient, impatient, impatient, impatient, impatient),
                RetryPolicy(impatient, impatient, impatient, impatient, impatient),
            )
        ),
        "circuit": chance.choice((None, CircuitRule(), CircuitRule(failures=3, open_seconds=2.0, successes=1))),
        "capacity": chance.choice(("none", "indexes")),
    }


def _disorder(chance: Random) -> Disorder:
    return Disorder(
        unprocessed=chance.choice((0.0, 0.05, 0.4)),
        conflicts=chance.choice((0.0, 0.02)),
        transaction_seconds=chance.choice((0.0, 0.05)),
        index_lag=chance.choice((0.0, 1.0, 15.0)),
        staleness=chance.choice((0.0, 3.0)),
    )
