"""What a refused write is about, whether it was one request or a transaction. Must not know entities."""

from __future__ import annotations

from ...errors import ConditionFailed, TransactionCanceled
from ...types import CancellationCode


def condition_failed(error: ConditionFailed | TransactionCanceled) -> ConditionFailed:
    """A transaction that was canceled because of conditions as the ConditionFailed of the first of them, with the item
    that is there.

    Raises:
        TransactionCanceled: it was canceled for another reason.
    """
    if isinstance(error, ConditionFailed):
        return error
    reasons = [one for one in error.reasons if one.code is not CancellationCode.none]
    if not reasons or any(one.code is not CancellationCode.condition_failed for one in reasons):
        raise error
    failed = ConditionFailed(
        "The conditional request failed", code=error.code, status=error.status, table=error.table, key=error.key,
        request_id=error.request_id, attempts=error.attempts, elapsed=error.elapsed,
    )  # fmt: skip
    failed.item = reasons[0].item
    return failed
