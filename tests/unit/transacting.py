"""Transactions in one line, and answers that cancel them, for the tests of transactions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hashrange.transaction import Transaction
from hashrange.wire.transport import Response
from tests.fakes import failure


async def run(tx: Transaction, *actions: Callable[[Transaction], object]) -> Transaction:
    """Open a transaction, do this in its block, and leave it."""
    async with tx:
        for action in actions:
            action(tx)
    return tx


def fail(error: BaseException) -> Callable[[Transaction], None]:
    """An action that raises."""

    def act(tx: Transaction) -> None:
        raise error

    return act


def canceled(*codes: str | dict[str, Any]) -> Response:
    """The service's answer to a transaction whose actions got these codes; or whole reasons."""
    reasons = [code if isinstance(code, dict) else {"Code": code} for code in codes]
    text = ", ".join(str(reason.get("Code")) for reason in reasons)
    return failure(
        "TransactionCanceledException",
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{text}]",
        data={"CancellationReasons": reasons},
    )
