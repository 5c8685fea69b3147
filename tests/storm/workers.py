"""Workers that read and write through the storm, and note what they are told.

Owns the operations and their share, cancellation at random moments, and the last moment, when the client is closed
under them. What a read must show is checked at once; the rest by ``survey``. Must not know the proxy.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from hashrange.client import DynamoDB
from hashrange.errors import BatchError, CircuitOpen, ConditionFailed, DynamoDBError
from hashrange.expressions import Attr, Update, begins_with
from hashrange.table import Table
from hashrange.types import Item
from tests.storm.books import Books, Register, Said, content
from tests.storm.tables import BALANCE, CHAINS, COUNTERS, MAIN, OTHER, PAIRS, amount, keyed

#: of all operations, and of batches, of which more can be left half done
CANCELLED_SHARE: Final = 0.05
CANCELLED_BATCHES_SHARE: Final = 0.3
#: seconds after which an operation is cancelled, at most
CANCELLED_AFTER_MAX: Final = 0.02
#: seconds that a sensible program waits when it is told that it is of no use to send anything
CIRCUIT_OPEN_PAUSE: Final = 0.05
#: writes of a chain, until another is begun
CHAIN_MAX: Final = 40
BATCH_MAX: Final = 60
#: items of a worker's own partition, until it takes another
BLOCK_MAX: Final = 40


@dataclass
class Progress:
    """What has been done so far.

    Attributes:
        left: operations that are to be begun.
        errors: name of an error's class → how often an operation ended with it.
        cancelled: operations that were.
        checked: items that were read and found right.
    """

    left: int
    errors: Counter[str]
    cancelled: int = 0
    checked: int = 0


class Storm:
    """So many workers, who do so many operations together.

    Args:
        db: the client, whose connections go through the proxy.
        seed: of what they do; not of when.
        milestone: told after each operation how many are left.
    """

    def __init__(
        self, db: DynamoDB, seed: int, operations: int, milestone: Callable[[int], None] | None = None
    ) -> None:
        self.db, self.seed, self._milestone = db, seed, milestone
        self.main, self.other = db.table(MAIN), db.table(OTHER)
        self.books = Books()
        self.progress = Progress(operations, Counter())
        self.tries_to_create = 0
        self.chains = list(range(CHAINS))

    async def blow(self, workers: int) -> None:
        """Do all operations; then look what they left, and close the client amid a last one of each worker."""
        others = asyncio.all_tasks()
        async with asyncio.TaskGroup() as group:
            for number in range(workers):
                group.create_task(Worker(self, number).run())
        assert asyncio.all_tasks() == others, f"tasks are left: {asyncio.all_tasks() - others}"
        if "<Pool" in repr(self.db):
            assert "0 busy, 0 opening" in repr(self.db), f"connections are left: {self.db}"
            assert ", 0 waiting" in repr(self.db), f"calls are left: {self.db}"
        last = [asyncio.create_task(Worker(self, number).one()) for number in range(workers, 2 * workers)]
        await asyncio.sleep(0.005)  # some are in the middle then, and some before the beginning
        await self.db.close()
        await asyncio.gather(*last)

    def began(self) -> None:
        self.progress.left -= 1
        if self._milestone is not None:
            self._milestone(self.progress.left)


class Worker:
    """One of them: one operation after the other."""

    def __init__(self, storm: Storm, number: int) -> None:
        self._storm, self._books, self._number = storm, storm.books, number
        self._chance = Random(f"{storm.seed} {number}")
        self._main, self._other = storm.main, storm.other
        self._block = f"{number}-0"
        self._blocks = 0
        self._in_block: list[int] = []
        self._registers = 0
        self._register = Register()
        self._register.ended = True

    async def run(self) -> None:
        """Work until nothing is left to do."""
        while self._storm.progress.left > 0:
            self._storm.began()
            await self.one()

    async def one(self) -> None:
        """One operation, which may be cancelled."""
        chance = self._chance
        (operation,) = chance.choices(_OPERATIONS, _SHARES)
        task: asyncio.Task[DynamoDBError | None] = asyncio.create_task(operation(self))
        share = CANCELLED_BATCHES_SHARE if operation is Worker.batch else CANCELLED_SHARE
        if chance.random() < share:
            asyncio.get_running_loop().call_later(chance.random() * CANCELLED_AFTER_MAX, task.cancel)
        await asyncio.wait([task])
        if task.cancelled():
            self._storm.progress.cancelled += 1
            return
        error = task.result()
        if error is not None:
            self._storm.progress.errors[type(error).__name__] += 1
        if isinstance(error, CircuitOpen):
            self._storm.progress.left += 1  # nothing has been done
            await asyncio.sleep(CIRCUIT_OPEN_PAUSE)

    async def _write(self, number: int, writing: Awaitable[Any]) -> DynamoDBError | None:
        """Await a write, and note what is said of it."""
        try:
            await writing
        except DynamoDBError as error:
            self._books.fail(number, error)
            return error
        except BaseException as error:
            self._books.fail(number, error)
            raise
        self._books.say(number, Said.ACKED)
        return None

    async def _read(self, reading: Awaitable[Any], check: Callable[[Any], None]) -> DynamoDBError | None:
        try:
            found = await reading
        except DynamoDBError as error:
            return error
        check(found)
        self._storm.progress.checked += 1
        return None

    def _wrong(self, text: str) -> None:
        self._books.wrong.append(f"worker {self._number}: {text}")

    # ── items that are written once ──────────────────────────────────────────────────────────────────────────────────
    def _new_item(self, kind: str, table: Table[Item]) -> tuple[int, Item]:
        if len(self._in_block) >= BLOCK_MAX:
            self._blocks += 1
            self._block, self._in_block = f"{self._number}-{self._blocks}", []
        number = self._books.new(kind)
        if table is self._main:  # where it will be read
            self._in_block.append(number)
        return number, {"PK": f"item#{self._block}", "SK": f"{number:09}", "number": number, "body": content(number)}

    async def put(self) -> DynamoDBError | None:
        number, item = self._new_item("put", self._main)
        error = await self._write(number, self._main.put_item(item))
        if error is not None or self._chance.random() < 0.5:
            return error
        key = keyed("item", self._block, f"{number:09}")
        return await self._read(self._main.get_item(key, consistent=True), lambda found: self._check_items([found]))

    async def query(self) -> DynamoDBError | None:
        """All acknowledged items of the worker's own partition, page by page; none that is said not to be there."""
        numbers, block = [*self._in_block], self._block
        query = self._main.query(f"item#{block}", begins_with("0"), consistent=True, page_size=7)
        return await self._read(query.all(), lambda found: self._check_group(numbers, found))

    async def batch_get(self) -> DynamoDBError | None:
        numbers, block = [*self._in_block], self._block
        keys = [keyed("item", block, f"{number:09}") for number in numbers]
        return await self._read(
            self._main.batch_get(keys, consistent=True), lambda found: self._check_group(numbers, found)
        )

    def _check_group(self, numbers: list[int], found: list[Item | None]) -> None:
        items = [item for item in found if item is not None]
        self._check_items(items)
        there = {item["number"] for item in items}
        for number in numbers:
            said = self._books.said(number)
            if said is (Said.NEVER if number in there else Said.ACKED):
                self._wrong(f"{self._books.kind(number)} {number} was said to be {said.name}; read: {number in there}")

    def _check_items(self, items: Sequence[Item | None]) -> None:
        for item in items:
            if item is None:
                self._wrong("an item that was acknowledged is not there")
            elif int(item["SK"]) != item["number"] or item["body"] != content(item["number"]):
                self._wrong(f"item {item['SK']} was read as {item['number']}, with a body of {item['body'][:20]}")

    async def batch(self) -> DynamoDBError | None:
        """Some of it may fail: the error tells which, and all else is acknowledged."""
        given: list[int] = []
        batch = self._storm.db.batch(concurrency=self._chance.choice((1, 2, 8)), timeout=2.0)
        failure: DynamoDBError | None = None
        try:
            async with batch:
                for _ in range(self._chance.randint(1, BATCH_MAX)):
                    table = self._chance.choice((self._main, self._other))
                    number, item = self._new_item("batch put", table)
                    given.append(number)
                    await batch.put(table, item)
        except BatchError as error:
            failure = error
        finally:
            reasons = {each.item["number"]: each.reason for each in batch.failed}
            for number in given:
                if number in reasons:
                    self._books.fail(number, reasons[number])
                else:
                    self._books.say(number, Said.ACKED)
        return failure

    # ── items that are overwritten ───────────────────────────────────────────────────────────────────────────────────
    async def register(self) -> DynamoDBError | None:
        """Overwrite or delete the worker's own key; another one after a write of which an attempt may come late."""
        register = self._register
        if register.ended:
            self._registers += 1
            register = self._register = Register()
        name = self._number * 1_000_000 + self._registers
        self._books.registers[name] = register
        register.ended = True  # unless all goes well
        key = keyed("register", self._number, name)
        number = self._books.new("register")
        deleting = self._chance.random() < 0.2
        register.maybe = written = 0 if deleting else number
        with self._storm.db.track() as usage:
            if deleting:
                error = await self._write(number, self._main.delete_item(key))
            else:
                item = {"PK": key.partition, "SK": key.sort, "number": number, "body": content(number)}
                error = await self._write(number, self._main.put_item(item))
        if self._books.said(number) is Said.NEVER:
            register.maybe = None
        if error is not None:
            return error
        register.value, register.maybe = written, None
        if usage.retries:
            return None
        register.ended = False
        return await self._read(
            self._main.get_item(key, consistent=True), lambda found: self._check_one(register, found)
        )

    def _check_one(self, register: Register, found: Item | None) -> None:
        there = 0 if found is None else found["number"]
        if not register.allows(there):
            self._wrong(f"a register was read as {there}, and is {register.value}")

    # ── items that many workers write ────────────────────────────────────────────────────────────────────────────────
    async def count(self) -> DynamoDBError | None:
        number = self._books.new("count")
        update = Update().add("count", 1).add("writes", {number})
        return await self._write(
            number, self._main.update_item(keyed("counter", self._chance.randrange(COUNTERS)), update)
        )

    async def create(self) -> DynamoDBError | None:
        """Three try to make one item, each with its own mark in it; one of them has it."""
        name = self._storm.tries_to_create // 3
        self._storm.tries_to_create += 1
        number = self._books.new("create")
        key = keyed("created", name % 100, name)
        item = {"PK": key.partition, "SK": key.sort, "number": number, "body": content(number)}
        error = await self._write(number, self._main.put_item(item, condition=Attr("PK").not_exists()))
        self._check_refusal(error, item)
        return error

    def _check_refusal(self, error: DynamoDBError | None, item: Item) -> None:
        """Who is refused because of what it wrote itself, has succeeded, and is not to be told that it failed."""
        if isinstance(error, ConditionFailed) and error.item == item:
            self._wrong(f"the write of {item['PK']} {item['SK']} was refused because of itself")

    async def chain(self) -> DynamoDBError | None:
        """Read a version and write the next one, if nobody else has."""
        at = self._chance.randrange(CHAINS)
        key = keyed("chain", at, self._storm.chains[at])
        try:
            found = await self._main.get_item(key, consistent=True)
        except DynamoDBError as error:
            return error
        version, history = (0, []) if found is None else (found["version"], found["history"])
        if version != len(history):
            self._wrong(f"a chain of version {version} was read with {len(history)} writes")
        if version >= CHAIN_MAX:
            self._storm.chains[at] += CHAINS
            return None
        condition = Attr("PK").not_exists() if found is None else Attr("version") == version
        number = self._books.new("chain")
        history = [*history, number]
        item = {"PK": key.partition, "SK": key.sort, "version": version + 1, "history": history}
        if self._chance.random() < 0.5:
            writing: Awaitable[Any] = self._main.put_item(item, condition=condition)
        else:
            update = Update().set("version", version + 1).set("history", history)
            writing = self._main.update_item(key, update, condition=condition, returns="all_new")
        failure = await self._write(number, writing)
        self._check_refusal(failure, item)
        return failure

    # ── transactions ─────────────────────────────────────────────────────────────────────────────────────────────────
    async def transfer(self) -> DynamoDBError | None:
        number = self._books.new("transfer")
        token = f"transfer-{number}" if self._chance.random() < 0.5 else None
        return await self._write(number, self._transfer(number, self._chance.randrange(PAIRS), token))

    async def _transfer(self, number: int, pair: int, token: str | None) -> None:
        sides = {"A": -amount(number), "B": amount(number)}
        async with self._storm.db.transaction(token=token) as tx:
            for side, change in sides.items():
                update = Update().add("balance", change).add("transfers", {number})
                tx.update(self._main, keyed("account", pair, side), update, condition=Attr("balance") >= -change)
            key = keyed("transfer", pair, number)
            item = {"PK": key.partition, "SK": key.sort, "number": number, "body": content(number)}
            tx.put(self._other, item)

    async def balance(self) -> DynamoDBError | None:
        """Both accounts of a pair at one moment."""
        pair = self._chance.randrange(PAIRS)
        requests = [(self._main, keyed("account", pair, side)) for side in "AB"]
        return await self._read(self._storm.db.transact_get(requests), self._check_balance)

    def _check_balance(self, found: list[Item | None]) -> None:
        one, two = found
        if one is None or two is None or one["transfers"] != two["transfers"]:
            self._wrong("a transfer was read from one account, and not from the other")
        elif one["balance"] + two["balance"] != 2 * BALANCE:
            self._wrong(f"two accounts have {one['balance']} and {two['balance']} at one moment")


_MIX: Final[dict[Callable[[Worker], Coroutine[Any, Any, DynamoDBError | None]], int]] = {
    Worker.put: 18,
    Worker.query: 5,
    Worker.batch_get: 5,
    Worker.batch: 6,
    Worker.register: 16,
    Worker.count: 14,
    Worker.create: 10,
    Worker.chain: 10,
    Worker.transfer: 12,
    Worker.balance: 4,
}
_OPERATIONS, _SHARES = list(_MIX), list(_MIX.values())
