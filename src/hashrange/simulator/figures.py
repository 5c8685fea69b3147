"""What the HTTP server counts of itself, for whoever wants to watch it: requests by operation and status, durations.

Plain sums; how they are shown is up to others. Read in another thread while they grow: a look may be one request old in
one of the sums and not in another. Must not know HTTP.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Final

#: upper bounds in seconds
BUCKETS: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0)
_UNKNOWN: Final = "unknown"


class Durations:
    """How long the requests of one operation took: counts by bucket, the last one without a bound, and the sum."""

    __slots__ = ("counts", "seconds")

    def __init__(self) -> None:
        self.counts = [0] * (len(BUCKETS) + 1)
        self.seconds = 0.0


class Figures:
    """The sums.

    Attributes:
        requests: operation and HTTP status to how many were answered.
        durations: by operation.
    """

    def __init__(self) -> None:
        self.requests: dict[tuple[str, int], int] = {}
        self.durations: dict[str, Durations] = {}

    def __repr__(self) -> str:
        return f"<Figures of {sum(self.requests.values())} requests>"

    def add(self, operation: str, status: int, seconds: float) -> None:
        """Count one request; an empty operation is one that the service does not have."""
        operation = operation or _UNKNOWN
        answered = operation, status
        self.requests[answered] = self.requests.get(answered, 0) + 1
        durations = self.durations.get(operation)
        if durations is None:
            durations = self.durations[operation] = Durations()
        durations.counts[bisect_left(BUCKETS, seconds)] += 1
        durations.seconds += seconds
