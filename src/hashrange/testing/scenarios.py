"""Faults that are often wanted together, by name: each is a sequence of steps for a ``Script``.

    script = Script(throttle_then_succeed(), transport, clock=clock)

The numbers are those of ``RetryPolicy.default()``; with another policy say how many attempts there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import ConfigurationError
from ..resilience.retry import RetryPolicy
from .faults import condition_failed, success, throttle, transaction_canceled, transaction_conflict
from .happenings import Fault

_DEFAULT = RetryPolicy.default()


def throttle_then_succeed(times: int = 2) -> tuple[Fault, ...]:
    """Throttled so often, then successful: a client with patience does not even notice."""
    return (*_repeated(throttle(), times), success())


def throttle_past_the_limit(attempts: int = _DEFAULT.throttling.max_attempts) -> tuple[Fault, ...]:
    """Throttled at every attempt that a call has: it fails with ProvisionedThroughputExceeded."""
    return _repeated(throttle(), attempts, "attempts")


def condition_fails(item: Mapping[str, Any] | None = None) -> tuple[Fault, ...]:
    """The condition of a write is false, whatever is stored: it fails with ConditionFailed, and is not sent again.

    Args:
        item: what is there, in Python values.
    """
    return (condition_failed(item),)


def optimistic_lock_retry(item: Mapping[str, Any] | None = None, times: int = 1) -> tuple[Fault, ...]:
    """So many writes under a version find another one, the next succeeds: the loser reads and tries again.

    The steps are writes: ``Script(..., operations={"PutItem", "UpdateItem"})``.

    Args:
        item: what the winner has written, in Python values.
    """
    return (*_repeated(condition_failed(item), times), success())


def conflict_then_succeed(times: int = 2) -> tuple[Fault, ...]:
    """So many conflicts with another transaction, then success: the client tries again, with the same token."""
    return (*_repeated(transaction_conflict(), times), success())


def canceled_without_retry(
    reasons: Sequence[str | Mapping[str, Any]] = ("ConditionalCheckFailed",),
) -> tuple[Fault, ...]:
    """A transaction is canceled for reasons that time does not heal: it fails, and is not sent again.

    Use it with ``strict=True``, so that a second attempt is an ``UnexpectedRequest``.
    """
    return (transaction_canceled(reasons),)


def _repeated(fault: Fault, times: int, name: str = "times") -> tuple[Fault, ...]:
    if type(times) is not int or times < 1:
        raise ConfigurationError(f"{name} is {times!r}; it must be a whole number of at least 1")
    return (fault,) * times
