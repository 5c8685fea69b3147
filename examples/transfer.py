"""Money between two accounts: it leaves one and reaches the other, or nothing happens; and never twice.

Run it with ``python examples/transfer.py``. It runs against the DynamoDB that comes with hashrange, inside this
process; with ``--env`` against the one that the environment names. The table that it makes is deleted at the end.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
from dataclasses import dataclass

from hashrange import Attr, CancellationCode, DynamoDB, Key, Table, TransactionCanceled, Update


@dataclass
class Account:
    PK: str
    SK: str
    owner: str
    cents: int


@dataclass
class Entry:
    """One transfer in the book; its key makes sure that it is written once, also after the ten minutes of a token."""

    PK: str
    SK: str
    source: str
    target: str
    cents: int


class NotEnoughMoney(Exception):
    """The source has less than what is to be transferred."""


class Bank:
    """Accounts and a book of transfers, in one table."""

    def __init__(self, db: DynamoDB, table: str) -> None:
        self.db = db
        self.accounts: Table[Account] = db.table(table, model=Account)
        self.book: Table[Entry] = db.table(table, model=Entry)

    async def open(self, owner: str, cents: int) -> None:
        account = Account(f"ACCOUNT#{owner}", "BALANCE", owner, cents)
        await self.accounts.put_item(account, condition=Attr("PK").not_exists())

    async def transfer(self, number: str, source: str, target: str, cents: int) -> None:
        """Move money; the same transfer (by its number) may be asked for again after a crash or a lost answer.

        Raises:
            NotEnoughMoney: nothing was moved.
            TransactionCanceled: nothing was moved, for another reason.
        """
        try:
            async with self.db.transaction(token=number) as tx:
                enough = Attr("cents") >= cents
                tx.update(self.accounts, balance_of(source), Update().add("cents", -cents), condition=enough)
                tx.update(
                    self.accounts, balance_of(target), Update().add("cents", cents), condition=Attr("PK").exists()
                )
                entry = Entry(f"TRANSFER#{number}", "ENTRY", source, target, cents)
                tx.put(self.book, entry, condition=Attr("PK").not_exists())
        except TransactionCanceled as error:
            debit = error.reasons[0]  # of the first action
            if debit.code is CancellationCode.condition_failed and debit.item is not None:
                raise NotEnoughMoney(f"{source} has {debit.item.cents} cents, not {cents}") from error
            raise

    async def balances(self, *owners: str) -> dict[str, int | None]:
        """As they are at one moment: never with money on its way."""
        found = await self.db.transact_get([(self.accounts, balance_of(owner)) for owner in owners])
        cents = [None if account is None else account.cents for account in found]
        return dict(zip(owners, cents, strict=True))


def balance_of(owner: str) -> Key:
    return Key(f"ACCOUNT#{owner}", "BALANCE")


async def tell(bank: Bank) -> None:
    await bank.open("Ann", 10_000)
    await bank.open("Bob", 2_000)
    print("at first           ", await bank.balances("Ann", "Bob", "Cid"))

    await bank.transfer("T-1", "Ann", "Bob", 2_500)
    print("after 25.00 to Bob ", await bank.balances("Ann", "Bob"))

    await bank.transfer("T-1", "Ann", "Bob", 2_500)  # somebody was not sure, and asked again
    print("asked for again    ", await bank.balances("Ann", "Bob"))

    try:
        await bank.transfer("T-2", "Bob", "Ann", 1_000_000)
    except NotEnoughMoney as error:
        print("refused            ", error)

    try:
        await bank.transfer("T-3", "Ann", "Cid", 100)
    except TransactionCanceled as error:
        failed = [reason.action for reason in error.reasons if reason.code is not CancellationCode.none]
        print("refused            ", *failed)

    await asyncio.gather(*(bank.transfer(f"T-{number}", "Ann", "Bob", 10) for number in range(4, 104)))
    print("after 100 at once  ", await bank.balances("Ann", "Bob"))


async def main(*options: str) -> None:
    name = f"hashrange-transfer-{secrets.token_hex(4)}"
    async with DynamoDB.auto() if "--env" in options else DynamoDB.in_memory() as db:
        await create_table(db, name)
        try:
            await tell(Bank(db, name))
        finally:
            await db.call("DeleteTable", {"TableName": name})


async def create_table(db: DynamoDB, name: str) -> None:
    """Tables are made by your infrastructure; here a raw call does it."""
    keys = {"PK": "HASH", "SK": "RANGE"}
    definition = {
        "TableName": name,
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in keys],
        "KeySchema": [{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()],
        "BillingMode": "PAY_PER_REQUEST",
    }
    await db.call("CreateTable", definition)
    while (await db.describe_table(name)).status != "ACTIVE":  # noqa: ASYNC110 - only asking tells
        await asyncio.sleep(0.5)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
