"""The two tables of a storm: what is in them before it, and their keys."""

from __future__ import annotations

from typing import Final

from hashrange.client import DynamoDB
from hashrange.key import Key

MAIN: Final = "storm"
OTHER: Final = "storm-other"
#: shared by all workers
COUNTERS: Final = 32
PAIRS: Final = 32
CHAINS: Final = 8
#: what each account has at the beginning
BALANCE: Final = 1_000


def keyed(kind: str, group: object, name: object = "-") -> Key:
    """The key of an item: its kind stands in the partition key."""
    return Key(f"{kind}#{group}", f"{name}")


def amount(number: int) -> int:
    """What a transfer moves from the first account of its pair to the second; less than 0: the other way."""
    return number % 9 - 4 if number else 0


async def prepare(db: DynamoDB) -> None:
    """Make the tables, with the accounts in them."""
    for name in (MAIN, OTHER):
        await db.call("CreateTable", _definition(name))
    accounts = [
        {"PK": f"account#{pair}", "SK": side, "balance": BALANCE, "transfers": {0}}
        for pair in range(PAIRS)
        for side in "AB"
    ]
    await db.table(MAIN).batch_write(puts=accounts)


def _definition(name: str) -> dict[str, object]:
    return {
        "TableName": name,
        "AttributeDefinitions": [
            {"AttributeName": "PK", "AttributeType": "S"},
            {"AttributeName": "SK", "AttributeType": "S"},
        ],
        "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
