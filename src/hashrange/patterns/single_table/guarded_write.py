"""Writes of an entity with unique fields: read the item, and write it and its guards in one transaction.

Begins anew where somebody else changes the item in between, since the guards to give up are those of what is there.
Owns telling that from the caller's own condition being false. Must not know guards' form.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar

from ...errors import ConditionFailed, TransactionCanceled
from ...types import CancellationCode
from .transaction import EntityTransaction
from .unique import has_moved

if TYPE_CHECKING:
    from ...client import DynamoDB
    from ...key import Key
    from .entity_table import EntityTable

M = TypeVar("M")

#: how often a write begins anew because others change the same item
_ATTEMPTS_MAX_COUNT: Final = 8


class Guarded(NamedTuple, Generic[M]):
    """What was done: the item that was there before, and the transaction."""

    old: M | None
    tx: EntityTransaction


async def write_with_guards(
    table: EntityTable[M],
    db: DynamoDB,
    operation: str,
    key: Key,
    write: Callable[[EntityTransaction, Any], None],
    timeout: float | None,
) -> Guarded[M]:
    """Read the item, and let ``write`` add its actions to a transaction, the item's own first.

    Raises:
        ConditionFailed: the caller's condition was false.
        UniqueViolation: a value belongs to another item.
        TransactionCanceled: for another reason, or others changed the item again and again.
    """
    clock = table.table.config.clock
    deadline = None if timeout is None else clock.monotonic() + timeout

    def left() -> float | None:
        return None if deadline is None else max(0.0, deadline - clock.monotonic())

    for attempt in range(1, _ATTEMPTS_MAX_COUNT + 1):
        stored = await table.table.get_item(key, consistent=True, timeout=left())
        old = None if stored is None else table.read(stored, operation, key)
        tx = EntityTransaction(db.transaction(timeout=left()), lambda _: table)
        try:
            async with tx:
                write(tx, old)
            return Guarded(old, tx)
        except TransactionCanceled as canceled:
            if attempt == _ATTEMPTS_MAX_COUNT or not _worth_another(table, canceled, old, operation, key):
                raise
    raise AssertionError("the last attempt returns or raises")


def _worth_another(table: EntityTable[Any], canceled: TransactionCanceled, old: Any, operation: str, key: Key) -> bool:
    """Whether it failed because of what somebody else wrote meanwhile. Raises ConditionFailed where it was the caller's
    own condition."""
    codes = {reason.code for reason in canceled.reasons}
    if not codes <= {CancellationCode.none, CancellationCode.condition_failed}:
        return False
    main = canceled.reasons[0]
    if main.code is CancellationCode.condition_failed and not has_moved(table.constraints, old, main.item):
        failed = ConditionFailed(
            "The conditional request failed",
            code=canceled.code,
            status=canceled.status,
            request_id=canceled.request_id,
            attempts=canceled.attempts,
            elapsed=canceled.elapsed,
        )
        failed.item = main.item
        raise table.located(failed, operation, key) from canceled
    return True
