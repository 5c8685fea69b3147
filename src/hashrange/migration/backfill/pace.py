"""A backfill that leaves capacity for others. Must not know what is written."""

from __future__ import annotations

from ...clock import SYSTEM_CLOCK, Clock
from ...patterns.capacity import CapacityMonitor, Pacer

#: units a second with which a backfill begins whose limit is higher
_BEGIN: float = 10_000.0


def paced(write_units: float, *, clock: Clock = SYSTEM_CLOCK) -> tuple[CapacityMonitor, Pacer]:
    """A speed limit in write capacity units a second.

    Items are let through by their size, and what the service says it has consumed, indexes included, slows them down
    where it is more; so does throttling. The monitor must observe the client that writes::

        monitor, pacer = paced(500)
        db = DynamoDB(Config(observers=(monitor,), capacity="total"))

    Args:
        write_units: that may be consumed a second.
        clock: the client's.

    Raises:
        ConfigurationError: that is no such number.
    """
    monitor = CapacityMonitor(write_units=write_units, clock=clock)
    rate = min(write_units, _BEGIN)
    return monitor, Pacer(monitor, rate=rate, least=min(1.0, rate), most=write_units, clock=clock)
