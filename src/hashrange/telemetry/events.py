"""The records that the core emits, and who may listen.

Owns the events and the Observer protocol. Must not know logging, metrics or tracing libraries.
"""

from __future__ import annotations

from typing import Any, Protocol

from msgspec import Struct

from ..errors import DynamoDBError
from ..resilience.breaker import CircuitState


class AttemptFailed(Struct, frozen=True):
    """One request of a call failed.

    Attributes:
        operation, table: what was called.
        attempt: which request of the call it was, from 1.
        error: how it failed.
        delay: seconds until the next attempt; None where there is none.
    """

    operation: str
    table: str | None
    attempt: int
    error: DynamoDBError
    delay: float | None


class CallFinished(Struct, frozen=True):
    """A call has an answer, or has failed for good.

    Attributes:
        operation, table: what was called.
        error: None where it succeeded.
        attempts: how many requests were sent.
        elapsed: seconds, from the call to its end.
        request_id: the service's id of the last request.
        answer: the decoded answer in wire shape (item counts, consumed capacity); empty where it failed.
        connect, wait, decode: seconds of the last attempt: getting a connection, the exchange, decoding the answer.
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


class CircuitChanged(Struct, frozen=True):
    """The circuit breaker of an endpoint changed its state.

    Attributes:
        before, after: "closed", "open" or "half_open".
    """

    before: CircuitState
    after: CircuitState


class Observer(Protocol):
    """Listens to the core, in the task of the call: it must be quick and must not wait.

    What it raises is logged and does not harm the call.
    """

    def attempt_failed(self, event: AttemptFailed) -> None: ...

    def call_finished(self, event: CallFinished) -> None: ...

    def circuit_changed(self, event: CircuitChanged) -> None: ...
