"""Those who move money in transactions, and those who look that none is made or lost."""

from __future__ import annotations

from typing import Any, Final

from hashrange import Attr, Key, Update
from hashrange.errors import TransactionCanceled
from hashrange.types import CancellationCode

from .workers import Worker
from .world import ACCOUNTS, BALANCE_AT_FIRST

_TRIES_MAX: Final = 3


def account(number: int) -> Key:
    return Key(f"account#{number}", "account")


class Banker(Worker):
    """Moves money from one account to another, with a receipt."""

    async def step(self) -> None:
        world, operation = self.world, self.operation()
        source, target, bystander = self.chance.sample(range(ACCOUNTS), 3)
        amount = self.chance.randint(1, 40)
        token = operation if self.chance.random() < 0.5 else None
        # without it, nothing but the token keeps a transfer from being made twice
        guard = Attr("id").not_exists() if self.chance.random() < 0.5 else None
        receipt = {"id": operation, "from": source, "to": target, "amount": amount}

        async def transfer() -> None:
            async with world.db.transaction(token=token) as tx:
                tx.update(
                    world.app, account(source), Update().add("balance", -amount), condition=Attr("balance") >= amount
                )
                tx.update(world.app, account(target), Update().add("balance", amount))
                tx.check(world.app, account(bystander), Attr("balance") >= 0)
                tx.put(world.rows, receipt, condition=guard)

        world.transfers.begin(operation)
        for _ in range(_TRIES_MAX if token else 1):  # the same token: at most once, however often it is tried
            outcome = await self.ask(f"{operation} moves {amount} from {source} to {target}", transfer)
            world.transfers.settle(operation, outcome.status)
            self._check(operation, outcome.error, amount)
            if outcome.status != "ambiguous":
                return

    def _check(self, operation: str, error: Any, amount: int) -> None:
        """Of a cancellation: the reasons tell what was there."""
        if not isinstance(error, TransactionCanceled):
            return
        debit = error.reasons[0]
        if debit.code is CancellationCode.condition_failed and debit.item["balance"] >= amount:
            self.world.journal.find(f"{operation}: {amount} refused with {debit.item}")
        if error.reasons[2].code is CancellationCode.condition_failed:
            self.world.journal.find(f"{operation}: an account had less than nothing")


class Auditor(Worker):
    """Reads all accounts at one moment."""

    async def step(self) -> None:
        world = self.world
        requests = [(world.app, account(number)) for number in range(ACCOUNTS)]
        read = await self.ask(f"{self.operation()} audits", lambda: world.db.transact_get(requests))
        if read.value is None:
            return
        balances = [item["balance"] for item in read.value if item is not None]
        if sum(balances) != ACCOUNTS * BALANCE_AT_FIRST or min(balances) < 0:
            world.journal.find(f"{self.name}: the accounts have {balances}")
