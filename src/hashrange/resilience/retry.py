"""Whether a failed attempt is followed by another, and when. Pure: time left and chance are arguments.

Owns the retry table. Must not sleep, send, or know a transport.
"""

from __future__ import annotations

import math
from typing import Any

from msgspec import Struct

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
from .quota import QuotaRule


def _check_seconds(name: str, value: Any) -> None:
    if type(value) not in (int, float) or not 0 <= value < math.inf:
        raise ConfigurationError(f"{name} is {value!r}; it must be a number of seconds, 0 or more")


class RetryRule(Struct, frozen=True):
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
        _check_seconds("base_delay", self.base_delay)


class RetryPolicy(Struct, frozen=True):
    """How often, and after how long, each kind of error is retried; a policy is data.

    Attributes:
        throttling: the ThroughputError family, and transactions canceled by throttling.
        internal: InternalServerError (HTTP 500).
        network: NetworkError: connections, timeouts, damaged answers.
        unavailable: ServiceUnavailable (HTTP 503).
        conflict: TransactionConflict, TransactionInProgress, and transactions canceled by conflicts.
        max_delay: seconds; no delay is longer.
        quota: what all calls of a client may spend on retries together; None: as much as they like.
    """

    throttling: RetryRule = RetryRule(10, 0.050)
    internal: RetryRule = RetryRule(3, 0.100)
    network: RetryRule = RetryRule(3, 0.100)
    unavailable: RetryRule = RetryRule(3, 0.500)
    conflict: RetryRule = RetryRule(3, 0.100)
    max_delay: float = 20.0
    quota: QuotaRule | None = None

    def __post_init__(self) -> None:
        for name in ("throttling", "internal", "network", "unavailable", "conflict"):
            if not isinstance(getattr(self, name), RetryRule):
                raise ConfigurationError(f"{name} is {getattr(self, name)!r}; it must be a RetryRule")
        _check_seconds("max_delay", self.max_delay)
        if not (self.quota is None or isinstance(self.quota, QuotaRule)):
            raise ConfigurationError(f"quota is {self.quota!r}; it must be a QuotaRule or None")

    @classmethod
    def default(cls) -> RetryPolicy:
        """Suits a database that answers in milliseconds: quick first retries, patient with throttling."""
        return cls()

    @classmethod
    def aws_standard(cls) -> RetryPolicy:
        """As the AWS SDKs' standard mode for DynamoDB: 4 attempts, and a quota for all retries of a client."""
        transient, throttling = RetryRule(4, 0.025), RetryRule(4, 1.0)
        return cls(throttling, transient, transient, transient, transient, quota=QuotaRule())

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
        failed = _failed_reasons(error)
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


def _failed_reasons(error: TransactionCanceled) -> set[Any]:
    """The codes of the actions that failed, as the service wrote them."""
    reasons = error.data.get("CancellationReasons")
    found = [each.get("Code") for each in reasons if isinstance(each, dict)] if isinstance(reasons, list) else ()
    return set(found) - {"None", None}


class Decision(Struct, frozen=True):
    """What to do after a failure.

    Attributes:
        retry: whether to send again.
        delay: seconds to wait before that.
        out_of_time: it might be sent again, and the deadline does not allow for it.
        ambiguous: it may have been applied, and sending it again could apply it twice.
    """

    retry: bool
    delay: float = 0.0
    out_of_time: bool = False
    ambiguous: bool = False


GIVE_UP = Decision(retry=False)
OUT_OF_TIME = Decision(retry=False, out_of_time=True)
AMBIGUOUS = Decision(retry=False, ambiguous=True)


def is_conflict(error: DynamoDBError) -> bool:
    """Whether another writer was at work on the same items."""
    if isinstance(error, TransactionCanceled):
        return "TransactionConflict" in _failed_reasons(error)
    return isinstance(error, TransactionConflict)


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
        # an attempt gets no more time than the call has left: the last one may have been ended by the deadline
        return OUT_OF_TIME if error.retryable and time_left <= 0 else GIVE_UP
    wait = delay(failures, rule.base_delay, policy.max_delay, chance)
    return OUT_OF_TIME if wait >= time_left else Decision(retry=True, delay=wait)
