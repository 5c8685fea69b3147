"""The circuit breaker: after failures in a row, calls fail at once instead of waiting for an endpoint that is down.

A table of states; time is an argument. Owns which errors count. Must not sleep, send, or know a transport.

    closed ──failures in a row──▶ open ──open_seconds──▶ half_open ──successes in a row──▶ closed
                                   ▲                         │
                                   └─────────failure─────────┘

Every change of the state begins another era. What a call tells counts only in the era in which it was let through: of
calls that began before the circuit opened nothing is to be learnt about an endpoint that is being tried again.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, TypeAlias

from msgspec import Struct

from ..errors import (
    AmbiguousWrite,
    AttemptTimeout,
    AuthenticationError,
    CircuitOpen,
    ClientClosed,
    ConfigurationError,
    DeadlineExceeded,
    DynamoDBError,
    InternalServerError,
    NetworkError,
    ServiceUnavailable,
)

CircuitState: TypeAlias = Literal["closed", "open", "half_open"]

#: what a failed call tells of its endpoint: it is in trouble; it is there; nothing
Verdict: TypeAlias = Literal["failed", "answered", "nothing"]

#: what a call is let through with: the era
Pass: TypeAlias = int


class CircuitRule(Struct, frozen=True):
    """When a circuit opens and closes.

    Attributes:
        failures: so many calls failing in a row open it: 5xx answers, timeouts, connections; never 4xx or throttling.
        open_seconds: so long no call is sent; then one at a time is tried.
        successes: so many of these succeeding in a row close it.
    """

    failures: int = 5
    open_seconds: float = 30.0
    successes: int = 2

    def __post_init__(self) -> None:
        for name in ("failures", "successes"):
            value = getattr(self, name)
            if type(value) is not int or value < 1:
                raise ConfigurationError(f"{name} is {value!r}; it must be a whole number of at least 1")
        if type(self.open_seconds) not in (int, float) or not 0 < self.open_seconds < math.inf:
            raise ConfigurationError(f"open_seconds is {self.open_seconds!r}; it must be a number greater than 0")


def verdict(error: BaseException | None) -> Verdict:
    """What an error that ends a call tells of the endpoint.

    "failed": an answer of 5xx, a network that failed, an answer that did not come in time. "answered": an error of the
    caller (4xx), throttling included. "nothing": what went wrong on this side, before anything was sent: a wait for a
    free connection, credentials, a client that was closed, a call that was cancelled.
    """
    if isinstance(error, (DeadlineExceeded, AmbiguousWrite)):
        return verdict(error.__cause__)
    if isinstance(error, AttemptTimeout):
        return "failed" if error.sent else "nothing"
    if isinstance(error, ClientClosed):
        return "nothing"
    if isinstance(error, (InternalServerError, ServiceUnavailable, NetworkError)):
        return "failed"
    if isinstance(error, AuthenticationError) and not error.data:
        return "nothing"  # a status that it has is that of a source of credentials
    return "answered" if isinstance(error, DynamoDBError) and error.status else "nothing"


class CircuitBreaker:
    """The state of one endpoint's circuit.

    Args:
        rule: None for a circuit that never opens.
        listen: told of every change: before, after.

    Attributes:
        state: "closed", "open" or "half_open".
    """

    __slots__ = ("_count", "_era", "_listen", "_probing", "_retry_at", "_rule", "state")

    def __init__(
        self,
        rule: CircuitRule | None = None,
        listen: Callable[[CircuitState, CircuitState], None] | None = None,
    ) -> None:
        self.state: CircuitState = "closed"
        self._rule, self._listen = rule, listen
        self._era: Pass = 0
        self._count = 0  # in a row: failures while closed, successes while half-open
        self._retry_at = 0.0
        self._probing = False

    def __repr__(self) -> str:
        return f"<CircuitBreaker {self.state}{', probing' if self._probing else ''}, {self._count} in a row>"

    def reset(self) -> None:
        """Close it, whatever happened before; calls under way have no say in what comes after."""
        self._move("closed")

    def admits(self, now: float) -> bool:
        """Whether ``admit`` would let a call through; changes nothing."""
        if self.state == "open":
            return now >= self._retry_at
        return not self._probing

    def admit(self, now: float) -> Pass:
        """Let a call through. Its outcome is to be told, once, with what this returns.

        Args:
            now: on the clock's ``monotonic()``.

        Raises:
            CircuitOpen: it is open, or half-open with a probe under way.
        """
        if self.state == "closed":
            return self._era
        if self.state == "open" and now >= self._retry_at:
            self._move("half_open")
        if self.state == "half_open" and not self._probing:
            self._probing = True
            return self._era
        raise self._refusal(now)

    def _refusal(self, now: float) -> CircuitOpen:
        if self._probing:
            error = CircuitOpen("the endpoint failed too often; whether it is back is being tried by another call")
        else:
            error = CircuitOpen(f"the endpoint failed too often; it is tried again in {self._retry_at - now:.3g} s")
        error.retry_at = max(now, self._retry_at)
        return error

    def succeeded(self, admitted: Pass) -> None:
        """A call was answered by the endpoint, be it with an error of the caller."""
        if admitted != self._era:
            return
        if self.state == "closed":
            self._count = 0
            return
        self._probing = False
        self._count += 1
        if self._rule is not None and self._count >= self._rule.successes:
            self._move("closed")

    def failed(self, admitted: Pass, now: float) -> None:
        """The endpoint failed a call."""
        rule = self._rule
        if rule is None or admitted != self._era:
            return
        self._count += 1
        if self.state != "closed" or self._count >= rule.failures:
            self._retry_at = now + rule.open_seconds
            self._move("open")

    def abandoned(self, admitted: Pass) -> None:
        """A call ended without telling anything of the endpoint."""
        if admitted == self._era:
            self._probing = False

    def _move(self, after: CircuitState) -> None:
        before, self.state = self.state, after
        self._era += 1
        self._count, self._probing = 0, False
        if self._listen is not None and before != after:
            self._listen(before, after)
