"""What the tables hold when the storm is over, and whether that is what the books say.

Reads through a client whose connection nobody disturbs. Must not know how it was written.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from hashrange.client import DynamoDB
from hashrange.types import Item
from tests.storm.books import Books, content
from tests.storm.tables import BALANCE, MAIN, OTHER, PAIRS, amount, keyed

#: discrepancies that are worth reading
SHOWN_MAX: Final = 20


class Survey:
    """Goes through all items.

    Attributes:
        applied: number of a write → in how many places it shows; each write shows in one place if it was applied once.
        wrong: what cannot be, whatever the books say.
    """

    def __init__(self, books: Books) -> None:
        self._books = books
        self._registers: dict[int, int] = {}
        self.applied: Counter[int] = Counter()
        self.wrong: list[str] = []

    async def take(self, db: DynamoDB) -> None:
        """Read both tables."""
        for name in (MAIN, OTHER):
            async for page in db.table(name).scan(consistent=True, page_size=500).pages():
                for item in page.items:
                    self._look_at(item)
        await self._check_accounts(db)

    def differences(self) -> list[str]:
        """All that is wrong."""
        registers = [
            f"register {name}: {self._registers.get(name, 0)} is stored, and not {register.value} or {register.maybe}"
            for name, register in self._books.registers.items()
            if not register.allows(self._registers.get(name, 0))
        ]
        return [*self.wrong, *registers, *self._books.differences(self.applied)]

    def _look_at(self, item: Item) -> None:
        kind = item["PK"].partition("#")[0]
        if kind == "register":
            self._register(item)
        elif kind == "counter":
            self._counter(item)
        elif kind == "chain":
            self._chain(item)
        elif kind != "account":
            self._item(item)

    def _item(self, item: Item) -> None:
        self.applied[item["number"]] += 1
        self._check_content(item)

    def _register(self, item: Item) -> None:
        self._registers[int(item["SK"])] = item["number"]
        self._check_content(item)

    def _counter(self, item: Item) -> None:
        self.applied.update(item["writes"])
        if item["count"] != len(item["writes"]):
            self.wrong.append(f"{item['PK']} {item['SK']} counts {item['count']} for {len(item['writes'])} writes")

    def _chain(self, item: Item) -> None:
        self.applied.update(item["history"])
        if item["version"] != len(item["history"]):
            self.wrong.append(f"{item['SK']} has version {item['version']} after {len(item['history'])} writes")

    def _check_content(self, item: Item) -> None:
        if item["body"] != content(item["number"]):
            self.wrong.append(f"{item['PK']} {item['SK']}: the body is not that of write {item['number']}")

    async def _check_accounts(self, db: DynamoDB) -> None:
        """A transfer shows in both accounts and has an item of its own, or in none; no money is made or lost."""
        accounts = db.table(MAIN)
        transferred: Counter[int] = Counter()
        for pair in range(PAIRS):
            one, two = await accounts.batch_get([keyed("account", pair, side) for side in "AB"], consistent=True)
            assert one is not None
            assert two is not None
            moved = sum(amount(number) for number in one["transfers"])
            if (one["balance"], two["balance"]) != (BALANCE - moved, BALANCE + moved):
                self.wrong.append(f"pair {pair}: {one['balance']} and {two['balance']}, though {moved} was moved")
            if one["transfers"] != two["transfers"]:
                self.wrong.append(f"pair {pair}: the accounts know of different transfers")
            transferred.update(one["transfers"])
        del transferred[0]
        for number in {*transferred, *self._of_kind("transfer")}:
            if transferred[number] != self.applied[number]:
                self.wrong.append(
                    f"transfer {number} is in the accounts {transferred[number]} times, and has "
                    f"{self.applied[number]} items"
                )

    def _of_kind(self, kind: str) -> list[int]:
        return [
            number for number in self.applied if 0 < number <= len(self._books) and self._books.kind(number) == kind
        ]
