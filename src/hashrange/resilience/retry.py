"""Whether a failed attempt is followed by another, and when. Pure: time left and chance are arguments.

Owns the retry table. Must not sleep, send, or know a transport.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..errors import (
    ConfigurationError,
    DynamoDBError,
    InternalServerError,
    NetworkError,
    ServiceUnavailable,
    TransactionCanceled,
    TransactionConflict,
    TransactionInProgress,
)
from .backoff import delay


@dataclass(frozen=True, slots=True)
class RetryRule:
    """How one kind of error is retried.

    Attributes:
        max_attempts: how many requests may be sent for one call, the first included.
        base_delay: seconds; see ``backoff.delay``.
    """

    max_attempts: int
    base_delay: float = 0.0

    def __post_init__(self) -> None:
        if type(self.max_attempts) is not int or self.max_attempts < 1:
            raise ConfigurationError(f"max_attempts is {self.max_attempts!r}; it must be a whole number of at least 1")
        if not 0 <= self.base_delay < float("inf"):
            raise ConfigurationError(f"base_delay is {self.base_delay!r}; it must be a number of seconds, 0 or more")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often, and after how long, each kind of error is retried; a policy is data.

    Attributes:
        throttling: the ThroughputError family, and transactions canceled by throttling.
        internal: InternalServerError (HTTP 500).
        network: NetworkError: connections, timeouts, damaged answers.
        unavailable: ServiceUnavailable (HTTP 503).
        conflict: TransactionConflict, TransactionInProgress, and transactions canceled by conflicts.
        max_delay: seconds; no delay is longer.
    """

    throttling: RetryRule = field(default=RetryRule(10, 0.050))
    internal: RetryRule = field(default=RetryRule(3, 0.100))
    network: RetryRule = field(default=RetryRule(3, 0.100))
    unavailable: RetryRule = field(default=RetryRule(3, 0.500))
    conflict: RetryRule = field(default=RetryRule(3, 0.100))
    max_delay: float = 20.0

    def __post_init__(self) -> None:
        if not 0 <= self.max_delay < float("inf"):
            raise ConfigurationError(f"max_delay is {self.max_delay!r}; it must be a number of seconds, 0 or more")

    @classmethod
    def default(cls) -> RetryPolicy:
        """Suits a database that answers in milliseconds: quick first retries, patient with throttling."""
        return cls()

    @classmethod
    def none(cls) -> RetryPolicy:
        """One attempt for each call."""
        once = RetryRule(1)
        return cls(once, once, once, once, once)

    def rule(self, error: DynamoDBError) -> RetryRule:
        """The rule for this error."""
        if isinstance(error, TransactionCanceled):
            return self._rule_of_canceled(error)
        if not error.retryable:
            return ONCE
        if error.throttling:
            return self.throttling
        for cls, name in _RULES:
            if isinstance(error, cls):
                rule: RetryRule = getattr(self, name)
                return rule
        return ONCE

    def _rule_of_canceled(self, error: TransactionCanceled) -> RetryRule:
        """A canceled transaction may succeed later when every action that failed met a conflict or a throttle."""
        failed = {reason.get("Code") for reason in _mappings(error.reasons)} - {"None", None}
        if not failed or failed - error.retryable_reasons:
            return ONCE
        return self.conflict if "TransactionConflict" in failed else self.throttling


ONCE = RetryRule(1)

_RULES: tuple[tuple[type[DynamoDBError], str], ...] = (
    (InternalServerError, "internal"),
    (ServiceUnavailable, "unavailable"),
    (NetworkError, "network"),
    (TransactionConflict, "conflict"),
    (TransactionInProgress, "conflict"),
)


def _mappings(reasons: Iterable[Any]) -> Iterable[dict[str, Any]]:
    return (reason for reason in reasons if isinstance(reason, dict))


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do after a failure.

    Attributes:
        retry: whether to send again.
        delay: seconds to wait before that.
        out_of_time: it would be sent again if the deadline allowed for the wait.
    """

    retry: bool
    delay: float = 0.0
    out_of_time: bool = False


GIVE_UP = Decision(retry=False)


def decide(policy: RetryPolicy, error: DynamoDBError, failures: int, time_left: float, chance: float) -> Decision:
    """What follows the ``failures``-th failed attempt of a call.

    Args:
        error: how the attempt failed.
        failures: attempts that have failed so far, this one included.
        time_left: seconds until the call's deadline.
        chance: a random number in [0, 1).
    """
    rule = policy.rule(error)
    if failures >= rule.max_attempts:
        return GIVE_UP
    wait = delay(failures, rule.base_delay, policy.max_delay, chance)
    return Decision(retry=False, out_of_time=True) if wait >= time_left else Decision(retry=True, delay=wait)
