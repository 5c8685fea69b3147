"""Transactions on every target: all or nothing, reasons with items, tokens, limits, and reads of one moment."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import pytest

from hashrange import (
    Attr,
    CancellationCode,
    Config,
    ConnectionLost,
    DynamoDB,
    DynamoDBError,
    IdempotentParameterMismatch,
    Item,
    ItemTooLarge,
    Key,
    ResourceNotFound,
    RetryPolicy,
    RetryRule,
    Table,
    TransactionCanceled,
    Update,
    ValidationError,
)
from hashrange.wire.transport import Request, Response, Transport
from tests.fakes import failure

from .conftest import MakeTable


@dataclass
class Account:
    PK: str
    SK: str
    balance: int


ANN, BOB, CID = Key("ANN", "ACCOUNT"), Key("BOB", "ACCOUNT"), Key("CID", "ACCOUNT")
QUICK = RetryRule(3, 0.001)


@pytest.fixture
async def accounts(db: DynamoDB, make_table: MakeTable) -> Table[Account]:
    """Ann has 100, Bob has 20, and Cid has none."""
    accounts = db.table(await make_table(), model=Account)
    await accounts.put_item(Account("ANN", "ACCOUNT", 100))
    await accounts.put_item(Account("BOB", "ACCOUNT", 20))
    return accounts


@pytest.fixture
async def log(db: DynamoDB, make_table: MakeTable) -> Table[Item]:
    """Another table, whose key is a number."""
    definition = {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "N"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    }
    return db.table(await make_table(**definition), "id", None)


async def balances(accounts: Table[Account]) -> dict[str, int]:
    return {account.PK: account.balance for account in await accounts.scan(consistent=True).all()}


async def transfer(db: DynamoDB, accounts: Table[Account], amount: int, **options: Any) -> str | None:
    """From Ann to Bob; the token."""
    async with db.transaction(**options) as tx:
        tx.update(accounts, ANN, Update().add("balance", -amount), condition=Attr("balance") >= amount)
        tx.update(accounts, BOB, Update().add("balance", amount), condition=Attr("PK").exists())
    return tx.token


# ── all or nothing ───────────────────────────────────────────────────────────────────────────────────────────────────
async def test_all_kinds_of_actions_on_two_tables_happen_together(
    db: DynamoDB, accounts: Table[Account], log: Table[Item]
) -> None:
    async with db.transaction() as tx:
        tx.update(accounts, ANN, Update().add("balance", -5), condition=Attr("balance") >= 5)
        tx.put(accounts, Account("CID", "ACCOUNT", 5), condition=Attr("PK").not_exists())
        tx.check(accounts, BOB, Attr("balance") == 20)
        tx.put(log, {"id": 1, "what": {"gift", "opened"}})
        tx.delete(log, Key(2))
    assert await balances(accounts) == {"ANN": 95, "BOB": 20, "CID": 5}
    assert await log.get_item(Key(1)) == {"id": 1, "what": {"gift", "opened"}}
    async with db.transaction() as tx:
        tx.delete(accounts, CID, condition=Attr("balance") == 5)
    assert await accounts.get_item(CID) is None


async def test_one_failure_cancels_all_and_says_which_and_what_was_there(
    db: DynamoDB, accounts: Table[Account], log: Table[Item]
) -> None:
    await log.put_item({"id": 1})
    with pytest.raises(TransactionCanceled) as caught:
        await overdraw(db, accounts, log)
    error = caught.value
    assert [reason.code.value for reason in error.reasons] == ["none", "condition_failed", "condition_failed", "none"]
    assert [reason.item for reason in error.reasons] == [None, Account("ANN", "ACCOUNT", 100), {"id": 1}, None]
    actions = [reason.action for reason in error.reasons]
    assert [action and (action.number, action.kind, action.table, action.key) for action in actions] == [
        (1, "update", accounts.name, BOB),
        (2, "update", accounts.name, ANN),
        (3, "put", log.name, Key(1)),
        (4, "check", log.name, Key(2)),
    ]
    assert error.attempts == 1
    assert f"action 2 (update on table {accounts.name!r}) condition_failed; action 3" in str(error)
    assert await balances(accounts) == {"ANN": 100, "BOB": 20}


async def overdraw(db: DynamoDB, accounts: Table[Account], log: Table[Item]) -> None:
    async with db.transaction() as tx:
        tx.update(accounts, BOB, Update().add("balance", 1_000))
        tx.update(accounts, ANN, Update().add("balance", -1_000), condition=Attr("balance") >= 1_000)
        tx.put(log, {"id": 1}, condition=Attr("id").not_exists())
        tx.check(log, Key(2), Attr("id").not_exists())


async def test_a_check_of_a_missing_item_fails_without_an_item(db: DynamoDB, accounts: Table[Account]) -> None:
    with pytest.raises(TransactionCanceled) as caught:
        async with db.transaction() as tx:
            tx.check(accounts, CID, Attr("balance") >= 1)
    (reason,) = caught.value.reasons
    assert (reason.code, reason.item) == (CancellationCode.condition_failed, None)


@pytest.mark.differs("dynamodb_local", reason="its whole answer is a ValidationException, without reasons")
async def test_an_update_that_cannot_be_applied_is_a_reason_too(db: DynamoDB, accounts: Table[Account]) -> None:
    with pytest.raises(TransactionCanceled) as caught:
        await update_both(db, accounts, accounts, Update().increment("missing"))
    assert [reason.code.value for reason in caught.value.reasons] == ["none", "validation"]
    assert caught.value.reasons[1].message
    assert await balances(accounts) == {"ANN": 100, "BOB": 20}


async def update_both(db: DynamoDB, one: Table[Account], other: Table[Any], update: Update) -> None:
    async with db.transaction() as tx:
        tx.update(one, ANN, Update().add("balance", 1))
        tx.update(other, BOB, update)


async def test_transfers_at_the_same_time_lose_no_money(db: DynamoDB, accounts: Table[Account]) -> None:
    patient = DynamoDB(
        replace(db.config, retry=RetryPolicy(conflict=RetryRule(50, 0.002), max_delay=0.05)), transport=db._transport
    )
    same = patient.table(accounts.name, model=Account)
    await asyncio.gather(*(transfer(patient, same, 1) for _ in range(20)))
    assert await balances(accounts) == {"ANN": 80, "BOB": 40}


async def test_a_table_that_is_not_there(db: DynamoDB, accounts: Table[Account]) -> None:
    with pytest.raises(ResourceNotFound):
        await update_both(db, accounts, db.table("no-such-table"), Update().add("balance", 1))
    assert await balances(accounts) == {"ANN": 100, "BOB": 20}


# ── tokens and retries ───────────────────────────────────────────────────────────────────────────────────────────────
async def test_the_same_operation_twice_is_applied_once(db: DynamoDB, accounts: Table[Account]) -> None:
    first = await transfer(db, accounts, 10, token="order-981")
    assert first == await transfer(db, accounts, 10, token="order-981")
    assert await balances(accounts) == {"ANN": 90, "BOB": 30}
    assert first != await transfer(db, accounts, 10, token="order-982")
    assert await transfer(db, accounts, 10) != await transfer(db, accounts, 10)
    assert await balances(accounts) == {"ANN": 60, "BOB": 60}


async def test_a_set_has_no_order_in_a_token(db: DynamoDB, log: Table[Item]) -> None:
    tokens = []
    for members in (["a", "b", "c"], ["c", "a", "b"]):
        async with db.transaction(token="tags") as tx:
            tx.update(log, Key(1), Update().add("times", 1).set("tags", set(members)))
        tokens.append(tx.token)
    assert tokens[0] == tokens[1]
    assert await log.get_item(Key(1)) == {"id": 1, "times": 1, "tags": {"a", "b", "c"}}


async def test_a_token_with_another_content_is_refused(db: DynamoDB, accounts: Table[Account]) -> None:
    """Derived tokens cannot meet this; a raw call shows that the error is its own."""
    element = {"TableName": accounts.name, "Key": {"PK": {"S": "x"}, "SK": {"S": "y"}}}
    request = {"TransactItems": [{"Delete": element}], "ClientRequestToken": f"token-of-{accounts.name}"[:36]}
    await db.call("TransactWriteItems", request)
    await db.call("TransactWriteItems", request)
    with pytest.raises(IdempotentParameterMismatch):
        await db.call("TransactWriteItems", request | {"TransactItems": [{"Put": {**other(element)}}]})


def other(element: dict[str, Any]) -> dict[str, Any]:
    return {"TableName": element["TableName"], "Item": element["Key"]}


class Interfering:
    """A transport before another one: each fault takes the place of an answer.

    ``lost=True``: the request reaches the service, and only its answer is lost.
    """

    def __init__(self, inner: Transport, *faults: Response | DynamoDBError, lost: bool = False) -> None:
        self._inner, self._faults, self._lost = inner, list(faults), lost
        self.tokens: list[str] = []

    async def send(self, request: Request) -> Response:
        self.tokens.append(msgspec.json.decode(request.body)["ClientRequestToken"])
        if not self._faults:
            return await self._inner.send(request)
        fault = self._faults.pop(0)
        if self._lost:
            await self._inner.send(request)
        if isinstance(fault, DynamoDBError):
            raise fault
        return fault

    def repair(self, error: DynamoDBError, response: Response) -> bool:
        return self._inner.repair(error, response)

    async def close(self) -> None:
        return None


def quick(config: Config) -> Config:
    return replace(config, retry=RetryPolicy(QUICK, QUICK, QUICK, QUICK, QUICK))


CONFLICT = failure(
    "TransactionCanceledException",
    data={"CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict", "Message": "ongoing"}]},
)


async def test_a_conflict_is_retried_with_the_same_token(db: DynamoDB, accounts: Table[Account]) -> None:
    transport = Interfering(db._transport, CONFLICT, failure("TransactionInProgressException"))
    shaky = DynamoDB(quick(db.config), transport=transport)
    token = await transfer(shaky, shaky.table(accounts.name, model=Account), 10)
    assert transport.tokens == [token] * 3
    assert await balances(accounts) == {"ANN": 90, "BOB": 30}


async def test_a_conflict_that_stays_fails_and_says_on_which_action(db: DynamoDB, accounts: Table[Account]) -> None:
    for retry_conflicts, attempts in ((True, 3), (False, 1)):
        transport = Interfering(db._transport, *[CONFLICT] * 3)
        shaky = DynamoDB(quick(db.config), transport=transport)
        same = shaky.table(accounts.name, model=Account)
        with pytest.raises(TransactionCanceled) as caught:
            await transfer(shaky, same, 10, retry_conflicts=retry_conflicts)
        assert caught.value.attempts == len(transport.tokens) == attempts
        assert [reason.code.value for reason in caught.value.reasons] == ["none", "conflict"]
    assert await balances(accounts) == {"ANN": 100, "BOB": 20}


@pytest.mark.parametrize("token", [None, "order-981"])
async def test_a_transaction_whose_answer_was_lost_is_applied_once(
    db: DynamoDB, accounts: Table[Account], token: str | None
) -> None:
    transport = Interfering(db._transport, ConnectionLost("reset"), ConnectionLost("reset"), lost=True)
    shaky = DynamoDB(quick(db.config), transport=transport)
    # the condition holds once only: without a token the repetition would be refused
    async with shaky.transaction(token=token) as tx:
        same = shaky.table(accounts.name, model=Account)
        tx.update(same, ANN, Update().add("balance", -60), condition=Attr("balance") >= 60)
    assert transport.tokens == [tx.token] * 3
    assert await balances(accounts) == {"ANN": 40, "BOB": 20}


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_hundred_actions_and_not_one_more(db: DynamoDB, log: Table[Item]) -> None:
    async with db.transaction() as tx:
        for number in range(100):
            tx.put(log, {"id": number})
    assert await log.scan().count() == 100
    with pytest.raises(ValidationError, match=r"action 101 \(delete\)") as caught:
        await delete_all(db, log, 101)
    assert caught.value.attempts == 0
    assert await log.scan().count() == 100


async def delete_all(db: DynamoDB, log: Table[Item], count: int) -> None:
    async with db.transaction() as tx:
        for number in range(count):
            tx.delete(log, Key(number))


async def test_nearly_four_megabytes_and_not_more(db: DynamoDB, log: Table[Item]) -> None:
    async with db.transaction() as tx:
        for number in range(10):
            tx.put(log, {"id": number, "text": "x" * 409_000})
        with pytest.raises(ValidationError, match=r"action 11 \(put\): .* bytes; at most 4194304"):
            tx.put(log, {"id": 10, "text": "x" * 409_000})
        with pytest.raises(ItemTooLarge):
            tx.put(log, {"id": 10, "text": "x" * 410_000})
    assert await log.scan().count() == 10


async def test_two_actions_on_one_item_are_refused_as_the_service_would(db: DynamoDB, log: Table[Item]) -> None:
    with pytest.raises(ValidationError, match="the same item as action 1") as caught:
        await put_and_delete(db, log)
    assert caught.value.attempts == 0
    element = {"Delete": {"TableName": log.name, "Key": {"id": {"N": "1"}}}}
    with pytest.raises(ValidationError) as caught:
        await db.call("TransactWriteItems", {"TransactItems": [element, element]})
    assert caught.value.attempts == 1


async def put_and_delete(db: DynamoDB, log: Table[Item]) -> None:
    async with db.transaction() as tx:
        tx.put(log, {"id": 1})
        tx.delete(log, Key(1))


# ── reads ────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_items_of_several_tables_in_the_order_asked_for(
    db: DynamoDB, accounts: Table[Account], log: Table[Item]
) -> None:
    await log.put_item({"id": 1, "what": "gift", "from": "Ann"})
    got = await db.transact_get(
        [(log, Key(2)), (accounts, BOB), (log, Key(1), ["what"]), (accounts, CID), (accounts, ANN), (accounts, BOB)]
    )
    bob = Account("BOB", "ACCOUNT", 20)
    assert got == [None, bob, {"what": "gift"}, None, Account("ANN", "ACCOUNT", 100), bob]


async def test_a_projection_of_nothing_is_none(db: DynamoDB, log: Table[Item]) -> None:
    await log.put_item({"id": 1})
    assert await db.transact_get([(log, Key(1), ["nothing"])]) == [None]


async def test_a_hundred_reads_and_not_one_more(db: DynamoDB, log: Table[Item]) -> None:
    await log.put_item({"id": 99})
    got = await db.transact_get([(log, Key(number)) for number in range(100)])
    assert got == [None] * 99 + [{"id": 99}]
    with pytest.raises(ValidationError, match="101 items"):
        await db.transact_get([(log, Key(number)) for number in range(101)])


@pytest.mark.differs("dynamodb_local", reason="a canceled read has no reasons there")
async def test_a_read_with_a_key_of_another_type_says_which(db: DynamoDB, log: Table[Item]) -> None:
    with pytest.raises(TransactionCanceled) as caught:
        await db.transact_get([(log, Key(1)), (log, Key("text"))])
    assert [reason.code.value for reason in caught.value.reasons] == ["none", "validation"]
    assert "action 2 (get on table" in str(caught.value)


# ── cost ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.differs("dynamodb_local", reason="it counts the writes of a transaction twice")
async def test_what_it_costs(db: DynamoDB, accounts: Table[Account], log: Table[Item]) -> None:
    counting = DynamoDB(replace(db.config, capacity="total"), transport=db._transport)
    same, books = counting.table(accounts.name, model=Account), counting.table(log.name, "id", None)
    async with counting.transaction() as tx:
        tx.update(same, ANN, Update().add("balance", 1))
        tx.put(books, {"id": 1})
    assert tx.consumed is not None
    assert tx.consumed.write_units == 4.0
    assert {*tx.consumed.table.split(",")} == {accounts.name, log.name}
    got = await counting.transact_get([(same, ANN), (books, Key(1))])
    assert got.consumed is not None
    assert got.consumed.read_units == 4.0
