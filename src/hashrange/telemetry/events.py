"""The records that the core emits, and who may listen.

Owns the events and the Observer protocol. Must not know logging, metrics or tracing libraries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, runtime_checkable

from msgspec import Struct

from ..errors import DynamoDBError
from ..resilience.breaker import CircuitState
from ..types import TraceKeys

#: the operations that consume read units
READS = frozenset({"GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"})


class Source(Struct, frozen=True):
    """Whose event it is: an endpoint of a client.

    Attributes:
        endpoint: its URL.
        region: that it is in.
        trace_keys: what logs and spans may show of keys: ``Config.trace_keys``.
    """

    endpoint: str = ""
    region: str = ""
    trace_keys: TraceKeys = "omit"


NO_SOURCE: Final = Source()
_NOTHING: Final[Mapping[str, Any]] = {}


class AttemptFailed(Struct, frozen=True):
    """One request of a call failed.

    Attributes:
        operation, table: what was called.
        attempt: which request of the call it was, from 1.
        error: how it failed.
        delay: seconds until the next attempt; None where there is none.
        region: which one it was, of a client of several; else None.
        key, index: as in ``CallFinished``.
        elapsed: seconds from the call's start to the failure.
        source: the endpoint.
    """

    operation: str
    table: str | None
    attempt: int
    error: DynamoDBError
    delay: float | None
    region: str | None = None
    key: Any = None
    index: str | None = None
    elapsed: float = 0.0
    source: Source = NO_SOURCE


class CallFinished(Struct, frozen=True):
    """A call has an answer, has failed for good, or was given up by its caller.

    Attributes:
        operation, table: what was called.
        error: None where it succeeded, or was cancelled.
        attempts: how many requests were sent.
        elapsed: seconds, from the call to its end.
        request_id: the service's id of the last request.
        answer: the decoded answer in wire shape (item counts, consumed capacity); empty where there is none.
        connect, wait, decode: seconds of the last attempt: getting a connection, the exchange, decoding the answer.
        region: which one it was, of a client of several; else None.
        key: the ``Key`` of the item, or the partition key's value of a query; None of a scan, and of a batch or a
            transaction of several items. What is made of it for others to see is up to the observer.
        index: the name of the index that was read; else None.
        pool_wait: seconds of ``connect`` for which it waited until a connection was free; the rest opened one.
        request: the request in wire shape; not to be changed. It holds items: show of it what may be seen.
        failures: the attempts of this call that failed, in their order.
        source: the endpoint.
        cancelled: its task was cancelled before there was an answer, as ``asyncio.timeout`` does, too. What had been
            sent (the last of ``attempts``) may have been applied.
    """

    operation: str
    table: str | None
    error: DynamoDBError | None
    attempts: int
    elapsed: float
    request_id: str | None
    answer: dict[str, Any]
    connect: float
    wait: float
    decode: float
    region: str | None = None
    key: Any = None
    index: str | None = None
    pool_wait: float = 0.0
    request: Mapping[str, Any] = _NOTHING
    failures: tuple[AttemptFailed, ...] = ()
    source: Source = NO_SOURCE
    cancelled: bool = False

    def units(self) -> tuple[float, float]:
        """The read and the write units that the answer says it took; 0 without ``Config.capacity``."""
        reported = self.answer.get("ConsumedCapacity")
        if not reported:
            return 0.0, 0.0
        units: float
        if type(reported) is list:
            units = sum([part.get("CapacityUnits", 0.0) for part in reported])
        else:
            units = reported.get("CapacityUnits", 0.0)
        return (units, 0.0) if self.operation in READS else (0.0, units)


class CircuitChanged(Struct, frozen=True):
    """The circuit breaker of an endpoint changed its state.

    Attributes:
        before, after: "closed", "open" or "half_open".
        region: whose endpoint it is, of a client of several regions; else None.
        source: the endpoint.
    """

    before: CircuitState
    after: CircuitState
    region: str | None = None
    source: Source = NO_SOURCE


class Observer(Protocol):
    """Listens to the core, in the task of the call: it must be quick and must not wait.

    What it raises is logged and does not harm the call.
    """

    def attempt_failed(self, event: AttemptFailed) -> None:
        """A request of a call failed; the call may go on with another one."""
        ...

    def call_finished(self, event: CallFinished) -> None:
        """A call has ended."""
        ...

    def circuit_changed(self, event: CircuitChanged) -> None:
        """The circuit breaker of an endpoint changed its state."""
        ...


@runtime_checkable
class ConnectionsObserver(Protocol):
    """An observer that also wants to look at how many connections are open, whenever it likes."""

    def transport_made(self, source: Source, connections: Callable[[], int | None]) -> None:
        """A client has been made that sends to an endpoint over sockets.

        Args:
            source: the endpoint.
            connections: how many connections are open; None once the client is gone. For any thread.
        """
        ...
