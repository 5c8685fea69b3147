"""Faults: what may become of one request, as small values made by functions.

Each is immutable, comparable, and reads in ``repr`` as the call that made it; ``happenings`` says what it does.
Owns the checks of their arguments. Must not know when a fault is due (``fault_plan``, ``script``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from ..codec import encode_item
from ..errors import ConfigurationError
from ..types import WireObject
from .happenings import (
    REASONS,
    THROTTLES,
    ConditionFailed,
    Damage,
    DamagedAnswer,
    ExpiredToken,
    Fault,
    InternalError,
    PartialBatch,
    ResetAfter,
    ResetBefore,
    Slow,
    Success,
    Throttle,
    TimeoutAfter,
    TimeoutBefore,
    TransactionCanceled,
    TransactionConflict,
    Unavailable,
    reason_of,
)


def success() -> Fault:
    """No fault: the request goes its way."""
    return Success()


def throttle(code: str = "ProvisionedThroughputExceededException") -> Fault:
    """The service has too much to do: nothing is read or written.

    Args:
        code: which error it is: this one, ``ThrottlingException`` or ``RequestLimitExceeded``.

    Raises:
        ConfigurationError: it is another.
    """
    if code not in THROTTLES:
        raise ConfigurationError(f"code is {code!r}; it must be one of {', '.join(THROTTLES)}")
    return Throttle(code)


def internal_error(*, applied: bool = False) -> Fault:
    """HTTP 500. A write has not been applied, or it has: the service does not say."""
    return InternalError(applied=_flag("applied", applied))


def unavailable() -> Fault:
    """HTTP 503; nothing is read or written."""
    return Unavailable()


def expired_token(*, refreshed: bool = True) -> Fault:
    """The session token has expired; nothing is read or written.

    Args:
        refreshed: whether the client gets new credentials, and so may try once more.
    """
    return ExpiredToken(refreshed=_flag("refreshed", refreshed))


def timeout_before(*, sent: bool = True) -> Fault:
    """The request never arrives, and the attempt's time passes: AttemptTimeout, nothing was applied.

    Args:
        sent: what the client knows. It has written the request to a socket, and cannot know how far that went; or
            (False) it never got a connection, and can be sure that nothing was applied.
    """
    return TimeoutBefore(sent=_flag("sent", sent))


def timeout_after() -> Fault:
    """The request is applied, its answer never arrives, and the attempt's time passes: AttemptTimeout."""
    return TimeoutAfter()


def reset_before(*, sent: bool = True) -> Fault:
    """The connection is reset before the request arrives: ConnectionLost, nothing was applied.

    Args:
        sent: what the client knows, as for ``timeout_before``.
    """
    return ResetBefore(sent=_flag("sent", sent))


def reset_after() -> Fault:
    """The request is applied, and the connection is reset before its answer arrives: ConnectionLost."""
    return ResetAfter()


def slow(seconds: float) -> Fault:
    """The request is applied, and its answer takes so much longer. Beyond the attempt's time: as ``timeout_after``."""
    if type(seconds) not in (int, float) or not 0 <= seconds < math.inf:
        raise ConfigurationError(f"seconds is {seconds!r}; it must be a number of seconds, 0 or more")
    return Slow(seconds)


def partial_batch(*, count: int | None = None, share: float | None = None) -> Fault:
    """Some of a batch is not processed, chosen by the seed: it comes back as UnprocessedItems or UnprocessedKeys.

    The request is sent without it, so that it is truly neither written nor read. Where nothing is left, none is sent.

    Args:
        count: how many items, 1 or more; more than there are: all.
        share: how likely each item is to be among them, above 0 and up to 1; 0.5 if neither is given.
    """
    if count is not None and share is not None:
        raise ConfigurationError("count and share are both given; a partial batch takes one of them")
    if count is not None:
        if type(count) is not int or count < 1:
            raise ConfigurationError(f"count is {count!r}; it must be a whole number of at least 1")
        return PartialBatch(count=count)
    share = 0.5 if share is None else share
    if type(share) not in (int, float) or not 0 < share <= 1:
        raise ConfigurationError(f"share is {share!r}; it must be a number above 0 and up to 1")
    return PartialBatch(share=float(share))


def transaction_conflict() -> Fault:
    """Another transaction is at work on the item: nothing is written. Of a transaction, the first action conflicts."""
    return TransactionConflict()


def transaction_canceled(reasons: Sequence[str | Mapping[str, Any]]) -> Fault:
    """A transaction is canceled: nothing is written.

    Args:
        reasons: for each action, in their order, the code (``"ConditionalCheckFailed"``; ``"None"`` where nothing is
            wrong), or the whole reason in wire shape (``{"Code": ..., "Message": ..., "Item": ...}``). Actions beyond
            have none. At run time, more reasons than actions are a ``FaultMismatch``.

    Raises:
        ConfigurationError: a code is unknown, or nothing is wrong with any action.
    """
    if isinstance(reasons, (str, Mapping)) or not isinstance(reasons, Sequence):
        raise ConfigurationError(f"reasons is {reasons!r}; it must be a list of codes")
    checked = tuple(_checked_reason(at, reason) for at, reason in enumerate(reasons))
    if all(reason["Code"] == "None" for reason in checked):
        raise ConfigurationError("reasons has none that says what was wrong")
    return TransactionCanceled(checked)


def _checked_reason(at: int, reason: Any) -> WireObject:
    if isinstance(reason, Mapping):
        if not isinstance(reason.get("Code"), str):
            raise ConfigurationError(f"reasons[{at}] has no Code; write it as {{'Code': 'ConditionalCheckFailed'}}")
        return dict(reason)
    if not isinstance(reason, str) or reason not in REASONS:
        raise ConfigurationError(
            f"reasons[{at}] is {reason!r}; it must be one of {', '.join(REASONS)}",
            hint="another code can be given as a whole reason: {'Code': 'DuplicateItem', 'Message': '...'}",
        )
    return reason_of(reason)


def condition_failed(item: Mapping[str, Any] | None = None) -> Fault:
    """The condition of a put, update or delete is false: nothing is written.

    Args:
        item: what is there, in Python values; given to the client where its request asks for it.
    """
    if item is not None and not isinstance(item, Mapping):
        raise ConfigurationError(f"item is of type {type(item).__name__}; it must be a dict of Python values")
    return ConditionFailed(None if item is None else encode_item(item))


def damaged_answer(damage: Damage = "truncated") -> Fault:
    """The request is applied, and its answer arrives damaged: cut in the middle, or something that is not JSON."""
    if damage not in get_args(Damage):
        raise ConfigurationError(f"damage is {damage!r}; it must be one of {', '.join(map(repr, get_args(Damage)))}")
    return DamagedAnswer(damage)


def _flag(name: str, value: object) -> bool:
    if type(value) is not bool:
        raise ConfigurationError(f"{name} is {value!r}; it must be True or False")
    return value
