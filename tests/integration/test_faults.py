"""Faults on the way to every target: what is lost, what is there, and how often it was applied."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hashrange import (
    AmbiguousWrite,
    Attr,
    CircuitOpen,
    Config,
    DynamoDB,
    Item,
    Key,
    ProvisionedThroughputExceeded,
    ServiceUnavailable,
    Static,
    Table,
    TransactionCanceled,
    Update,
)
from hashrange.simulator import Engine
from hashrange.testing import (
    FakeClock,
    Fault,
    FaultPlan,
    LocalServer,
    Rule,
    Script,
    damaged_answer,
    expired_token,
    internal_error,
    partial_batch,
    reset_after,
    reset_before,
    scenarios,
    slow,
    success,
    throttle,
    timeout_after,
    timeout_before,
    transaction_conflict,
    unavailable,
)
from hashrange.wire.transport import Transport

from .conftest import MakeTable

KEY = Key("a", "b")
ITEM = {"PK": "a", "SK": "b", "n": 1}
LOST = [timeout_after(), slow(60), reset_after(), damaged_answer()]
NEVER_ARRIVED = [timeout_before(), reset_before()]


@pytest.fixture
async def app(db: DynamoDB, make_table: MakeTable) -> Table[Item]:
    return db.table(await make_table())


class Shaky:
    """A client of the target with faults on the way, on a clock that nobody waits for."""

    def __init__(self, db: DynamoDB, around: Callable[[Transport, FakeClock], Transport]) -> None:
        self.clock = FakeClock()
        transport = around(db._transport, self.clock)
        self.db = DynamoDB(replace(db.config, clock=self.clock, timeout=300.0), transport=transport)


def scripted(db: DynamoDB, *steps: Fault, operations: str | None = None) -> Shaky:
    return Shaky(db, lambda inner, clock: Script(steps, inner, operations=operations, clock=clock))


def planned(db: DynamoDB, *rules: Rule, seed: int = 0) -> Shaky:
    return Shaky(db, lambda inner, clock: FaultPlan(inner, rules, seed=seed, clock=clock))


@pytest.mark.parametrize("fault", [*LOST, *NEVER_ARRIVED, throttle(), internal_error(), unavailable()], ids=repr)
async def test_a_put_that_failed_once_is_there_once(db: DynamoDB, app: Table[Item], fault: Fault) -> None:
    shaky = scripted(db, fault)
    await shaky.db.table(app.name).put_item(ITEM)
    assert await app.scan(consistent=True).all() == [ITEM]


@pytest.mark.parametrize("fault", [*LOST, *NEVER_ARRIVED], ids=repr)
async def test_an_increment_is_applied_once_or_never_and_never_twice(
    db: DynamoDB, app: Table[Item], fault: Fault
) -> None:
    await app.put_item(ITEM)
    shaky = scripted(db, fault)
    with pytest.raises(AmbiguousWrite):
        await shaky.db.table(app.name).update_item(KEY, Update().add("n", 1))
    stored = await app.get_item(KEY, consistent=True)
    assert stored is not None
    assert stored["n"] == (2 if fault in LOST else 1)


@pytest.mark.parametrize("fault", [timeout_before(sent=False), reset_before(sent=False), throttle()], ids=repr)
async def test_an_increment_that_was_not_sent_is_sent_again(db: DynamoDB, app: Table[Item], fault: Fault) -> None:
    await app.put_item(ITEM)
    shaky = scripted(db, fault)
    await shaky.db.table(app.name).update_item(KEY, Update().add("n", 1))
    assert await app.get_item(KEY, consistent=True) == {**ITEM, "n": 2}


@pytest.mark.parametrize("fault", [*LOST, *NEVER_ARRIVED], ids=repr)
async def test_a_conditional_put_whose_answer_was_lost_succeeds(db: DynamoDB, app: Table[Item], fault: Fault) -> None:
    shaky = scripted(db, fault)
    await shaky.db.table(app.name).put_item(ITEM, condition=Attr("PK").not_exists())
    assert await app.get_item(KEY, consistent=True) == ITEM


@pytest.mark.parametrize("fault", LOST, ids=repr)
async def test_a_transaction_whose_answer_was_lost_is_applied_once(
    db: DynamoDB, app: Table[Item], fault: Fault
) -> None:
    await app.put_item(ITEM)
    shaky = scripted(db, fault, operations="TransactWriteItems")
    add = {
        "TableName": app.name,
        "Key": {"PK": {"S": "a"}, "SK": {"S": "b"}},
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    await shaky.db.call("TransactWriteItems", {"TransactItems": [{"Update": add}], "ClientRequestToken": app.name[:36]})
    assert await app.get_item(KEY, consistent=True) == {**ITEM, "n": 2}


async def test_a_transaction_conflict_is_tried_again(db: DynamoDB, app: Table[Item]) -> None:
    put = {"TableName": app.name, "Item": {"PK": {"S": "a"}, "SK": {"S": "b"}}}
    request = {"TransactItems": [{"Put": put}]}
    shaky = scripted(db, *scenarios.conflict_then_succeed())
    await shaky.db.call("TransactWriteItems", request)
    assert await app.get_item(KEY, consistent=True) == {"PK": "a", "SK": "b"}
    refused = scripted(db, *[transaction_conflict()] * 3)
    with pytest.raises(TransactionCanceled) as caught:
        await refused.db.call("TransactWriteItems", request)
    assert caught.value.attempts == 3


async def test_what_a_batch_left_out_is_not_there(db: DynamoDB, app: Table[Item]) -> None:
    keys = [{"PK": {"S": "a"}, "SK": {"S": str(number)}} for number in range(10)]
    shaky = scripted(db, partial_batch(count=4), partial_batch(count=3))
    writes = {app.name: [{"PutRequest": {"Item": key}} for key in keys]}
    answer = await shaky.db.call("BatchWriteItem", {"RequestItems": writes})
    unprocessed = [each["PutRequest"]["Item"] for each in answer["UnprocessedItems"][app.name]]
    assert len(unprocessed) == 4
    answer = await shaky.db.call("BatchGetItem", {"RequestItems": {app.name: {"Keys": keys, "ConsistentRead": True}}})
    withheld = answer["UnprocessedKeys"][app.name]
    assert (len(withheld["Keys"]), withheld["ConsistentRead"]) == (3, True)
    found = answer["Responses"][app.name]
    assert all(each not in found for each in unprocessed)
    assert len(await app.scan(consistent=True).all()) == 6


async def test_a_batch_writes_everything_though_much_is_left_out(db: DynamoDB, app: Table[Item]) -> None:
    plans = [Rule(partial_batch(share=0.3), probability=0.5), Rule(throttle(), "BatchWriteItem", probability=0.1)]
    shaky = planned(db, *plans, seed=3)
    items = [{"PK": "a", "SK": f"{number:03}"} for number in range(110)]
    await shaky.db.table(app.name).batch_write(puts=items)
    assert await app.query("a", consistent=True).all() == items


async def test_the_scenarios_of_throttling(db: DynamoDB, app: Table[Item]) -> None:
    patient = scripted(db, *scenarios.throttle_then_succeed(3))
    await patient.db.table(app.name).put_item(ITEM)
    assert len(patient.clock.sleeps) == 3
    beyond = scripted(db, *scenarios.throttle_past_the_limit())
    with pytest.raises(ProvisionedThroughputExceeded) as caught:
        await beyond.db.table(app.name).delete_item(KEY)
    assert caught.value.attempts == 10
    assert await app.get_item(KEY, consistent=True) == ITEM


async def test_only_the_table_of_a_rule_suffers(db: DynamoDB, app: Table[Item], make_table: MakeTable) -> None:
    quiet = await make_table()
    shaky = planned(db, Rule(throttle(), table=app.name))
    await shaky.db.table(quiet).put_item(ITEM)
    assert shaky.clock.sleeps == []
    with pytest.raises(ProvisionedThroughputExceeded):
        await shaky.db.table(app.name).put_item(ITEM)


async def test_an_endpoint_that_is_down_is_left_alone_for_a_while(db: DynamoDB, app: Table[Item]) -> None:
    shaky = planned(db, Rule(unavailable(), times=15))
    table = shaky.db.table(app.name)
    for _ in range(5):
        with pytest.raises(ServiceUnavailable):
            await table.put_item(ITEM)
    state: str = shaky.db.circuit.state
    assert state == "open"
    with pytest.raises(CircuitOpen):
        await table.put_item(ITEM)
    assert await app.get_item(KEY, consistent=True) is None
    shaky.clock.advance(30)
    await table.put_item(ITEM)
    await table.put_item(ITEM)
    assert shaky.db.circuit.state == "closed"
    assert await app.get_item(KEY, consistent=True) == ITEM


# ── a client made with faults from the beginning, over sockets of its own ────────────────────────────────────────────
@pytest.mark.parametrize("fault", [reset_after(), timeout_after(), expired_token(), success()], ids=repr)
async def test_faults_stand_above_the_sockets(fault: Fault) -> None:
    clock = FakeClock()
    plans: list[FaultPlan] = []

    def around(inner: Transport) -> FaultPlan:
        plans.append(FaultPlan(inner, [Rule(fault, nth=1)], clock=clock))
        return plans[0]

    with LocalServer(Engine(["app"])) as server:
        config = Config(region="us-east-1", endpoint_url=server.url, credentials=Static("x", "x"), clock=clock)
        async with DynamoDB(config, transport=around) as db:
            await db.table("app").put_item(ITEM)
        arrived: list[Any] = server.engine.calls("PutItem")
    assert len(arrived) == (2 if fault in {reset_after(), timeout_after()} else 1)
    assert "HttpTransport http://127.0.0.1" in repr(plans[0])
