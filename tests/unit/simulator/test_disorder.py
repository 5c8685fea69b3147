"""Disorder: its figures, transactions that are under way, what is left unprocessed, conflicts, lag and stale reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hashrange.simulator import Disorder
from hashrange.simulator.disorder import Ongoing
from tests.simulated_items import cancellation
from tests.simulated_trouble import TABLE, Troubled, key, table

ONGOING = "Transaction is ongoing for the item"
INDEXED = table(0, 0, gsi=(0, 0))
G = {"S": "g"}


# ── figures ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("figures", "complaint"),
    [
        ({"unprocessed": 1.1}, "unprocessed is a probability from 0 to 1, not 1.1"),
        ({"conflicts": -0.1}, "conflicts is a probability from 0 to 1, not -0.1"),
        ({"stale_share": True}, "stale_share is a probability from 0 to 1, not True"),
        ({"unprocessed": None}, "unprocessed is a probability from 0 to 1, not None"),
        ({"transaction_seconds": -1}, "transaction_seconds is 0 or more seconds, not -1"),
        ({"index_lag": float("nan")}, "index_lag is 0 or more seconds, not nan"),
        ({"staleness": "1"}, "staleness is 0 or more seconds, not '1'"),
        ({"staleness": float("inf")}, "staleness is 0 or more seconds, not inf"),
    ],
)
def test_figures_that_mean_nothing(figures: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=f"^{complaint}$"):
        Disorder(**figures)


def test_what_is_under_way_ends() -> None:
    ongoing = Ongoing()
    ongoing.begin_item("app", b"p", (b"s", b""), 5.0)
    ongoing.begin_token("t", 3.0)
    assert [ongoing.has_item("app", b"p", (b"s", b""), now) for now in (0.0, 4.9, 5.0)] == [True, True, False]
    assert [ongoing.has_token("t", now) for now in (0.0, 2.9, 3.0)] == [True, True, False]
    assert not ongoing.has_item("app", b"p", (b"x", b""), 0.0)
    twin = ongoing.copy()
    ongoing.clear()
    assert (repr(ongoing), repr(twin)) == ("<Ongoing: 0 items and tokens>", "<Ongoing: 2 items and tokens>")


def test_what_is_over_is_forgotten() -> None:
    ongoing = Ongoing()
    for now in range(10_000):
        ongoing.begin_token(str(now), now + 100.0)
        ongoing.tidy(now)
    assert len(ongoing) < 2_000
    assert ongoing.has_token("9999", 9_999.0)


# ── batches ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_some_of_a_batch_is_left_unprocessed() -> None:
    world = Troubled(disorder=Disorder(unprocessed=0.3))
    requests = [{"PutRequest": {"Item": key(f"p{number}")}} for number in range(25)]
    left = world("BatchWriteItem", RequestItems={TABLE: requests})["UnprocessedItems"][TABLE]
    assert 1 < len(left) < 15
    assert all(each in requests for each in left)
    assert len(world.bodies()) == 25 - len(left)
    reads = {TABLE: {"Keys": [key(f"p{number}") for number in range(25)], "ConsistentRead": True}}
    answer = world("BatchGetItem", RequestItems=reads)
    missing = answer["UnprocessedKeys"][TABLE]
    assert missing.keys() == {"Keys", "ConsistentRead"}
    assert 1 < len(missing["Keys"]) < 15
    found = [{name: item[name] for name in ("PK", "SK")} for item in answer["Responses"][TABLE]]
    written = [key(f"p{number}") for number in range(25) if requests[number] not in left]
    assert found == [each for each in written if each not in missing["Keys"]]


def test_a_batch_of_which_nothing_is_processed_is_throttled() -> None:
    world = Troubled(disorder=Disorder(unprocessed=1))
    delete = {"RequestItems": {TABLE: [{"DeleteRequest": {"Key": key()}}]}}
    assert world.error("BatchWriteItem", **delete).name == "ThrottlingException"
    assert world.error("BatchGetItem", RequestItems={TABLE: {"Keys": [key()]}}).name == "ThrottlingException"
    provisioned = Troubled(table(5, 5), disorder=Disorder(unprocessed=1))
    assert provisioned.error("BatchWriteItem", **delete).name == "ProvisionedThroughputExceededException"


# ── conflicts ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_single_writes_meet_conflicts() -> None:
    world = Troubled(disorder=Disorder(conflicts=1))
    update = {"UpdateExpression": "SET v = :v", "ExpressionAttributeValues": {":v": {"S": "x"}}}
    for operation, request in (
        ("PutItem", {"Item": key()}),
        ("UpdateItem", {"Key": key(), **update}),
        ("DeleteItem", {"Key": key()}),
    ):
        error = world.error(operation, TableName=TABLE, **request)
        assert (error.name, error.message) == ("TransactionConflictException", ONGOING)
    assert world.get() is None
    assert world("BatchWriteItem", RequestItems={TABLE: [{"PutRequest": {"Item": key()}}]}) == {"UnprocessedItems": {}}


def test_elements_of_transactions_meet_conflicts() -> None:
    world = Troubled(disorder=Disorder(conflicts=0.5))
    writes = [{"Put": {"TableName": TABLE, "Item": key(f"p{number}")}} for number in range(20)]
    gets = [{"Get": {"TableName": TABLE, "Key": key(f"p{number}")}} for number in range(20)]
    for operation, elements in (("TransactWriteItems", writes), ("TransactGetItems", gets)):
        reasons = cancellation(world.error(operation, TransactItems=elements))
        conflict = {"Code": "TransactionConflict", "Message": f"{ONGOING}."}
        assert all(reason in ({"Code": "None"}, conflict) for reason in reasons)
        assert 4 < reasons.count(conflict) < 16


# ── transactions that take a while ───────────────────────────────────────────────────────────────────────────────────
def transaction(token: str = "token", **element: Any) -> dict[str, Any]:
    update = {"UpdateExpression": "ADD n :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}
    check = {"TableName": TABLE, "Key": key("checked"), "ConditionExpression": "attribute_not_exists(PK)"}
    elements = [{"Update": {"TableName": TABLE, "Key": key(), **update, **element}}, {"ConditionCheck": check}]
    return {"TransactItems": elements, "ClientRequestToken": token}


def test_items_of_a_transaction_stay_busy() -> None:
    world = Troubled(disorder=Disorder(transaction_seconds=2))
    world("TransactWriteItems", **transaction())
    for name in ("a", "checked"):
        error = world.error("PutItem", TableName=TABLE, Item=key(name))
        assert (error.name, error.message) == ("TransactionConflictException", ONGOING)
    reasons = cancellation(world.error("TransactWriteItems", **transaction("other")))
    assert [reason["Code"] for reason in reasons] == ["TransactionConflict"] * 2
    gets = {"TransactItems": [{"Get": {"TableName": TABLE, "Key": key(name)}} for name in ("free", "a")]}
    reasons = cancellation(world.error("TransactGetItems", **gets))
    assert [reason["Code"] for reason in reasons] == ["None", "TransactionConflict"]
    assert world.get() == {**key(), "n": {"N": "1"}}
    assert world.put("a", "free")
    writes = [{"PutRequest": {"Item": key(name)}} for name in ("a", "free")]
    assert world("BatchWriteItem", RequestItems={TABLE: writes})["UnprocessedItems"] == {TABLE: writes[:1]}
    world.clock.advance(2)
    assert world.put("a")
    assert world.put("checked")


def test_the_same_token_meanwhile_and_afterwards() -> None:
    world = Troubled(disorder=Disorder(transaction_seconds=2))
    world("TransactWriteItems", **transaction())
    error = world.error("TransactWriteItems", **transaction())
    assert error.answer() == {
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionInProgressException",
        "Message": "Transaction from previous request is still in progress",
    }
    mismatch = world.error("TransactWriteItems", **transaction(ReturnValuesOnConditionCheckFailure="ALL_OLD"))
    assert mismatch.name == "IdempotentParameterMismatchException"
    world.clock.advance(2)
    assert world("TransactWriteItems", **transaction()) == {}
    assert world.get() == {**key(), "n": {"N": "1"}}


def test_a_cancelled_transaction_keeps_nothing_busy() -> None:
    world = Troubled(disorder=Disorder(transaction_seconds=2))
    world.put("checked")
    assert cancellation(world.error("TransactWriteItems", **transaction()))
    assert world.put("a")


def test_without_disorder_all_transactions_are_over() -> None:
    world = Troubled(disorder=Disorder(transaction_seconds=60))
    world("TransactWriteItems", **transaction())
    snapshot = world.engine.snapshot()
    world.engine.disorder = Disorder(conflicts=0)
    assert world.put("a")
    world.engine.disorder = Disorder(transaction_seconds=60)
    assert world.put("a")
    world.engine.restore(snapshot)
    assert world.error("PutItem", TableName=TABLE, Item=key()).name == "TransactionConflictException"


# ── global indexes that lag ──────────────────────────────────────────────────────────────────────────────────────────
def test_a_global_index_shows_a_write_later() -> None:
    world = Troubled(INDEXED, disorder=Disorder(index_lag=5))
    world.put("a", "1", g=G)
    assert world.index("gsi") == []
    assert world.get() is not None
    scan = world("Scan", TableName=TABLE, IndexName="gsi")
    assert (scan["Count"], scan["ScannedCount"]) == (0, 0)
    world.clock.advance(5)
    assert world.index("gsi") == ["1"]
    world.put("a", "1", g={"S": "moved"})
    assert (world.index("gsi"), world.index("gsi", "moved")) == (["1"], [])
    world.clock.advance(5)
    assert (world.index("gsi"), world.index("gsi", "moved")) == ([], ["1"])
    description = world("DescribeTable", TableName=TABLE)["Table"]["GlobalSecondaryIndexes"][0]
    assert description["ItemCount"] == 1


def test_an_index_shows_writes_in_their_order() -> None:
    world = Troubled(INDEXED, disorder=Disorder(index_lag=10))
    for number in range(30):
        world.put("a", f"{number:02}", g=G)
    seen = []
    for _ in range(40):
        seen.append(world.index("gsi"))
        world.clock.advance(0.25)
    assert all(part == [f"{number:02}" for number in range(len(part))] for part in seen)
    assert len({len(part) for part in seen}) > 3
    assert len(world.index("gsi")) == 30


def test_without_lag_indexes_catch_up_at_once() -> None:
    world = Troubled(INDEXED, disorder=Disorder(index_lag=60))
    world.put("a", "1", g=G)
    world.engine.disorder = Disorder(unprocessed=0.1, index_lag=30)
    assert world.index("gsi") == []
    world.engine.disorder = None
    assert world.index("gsi") == ["1"]
    world.put("a", "2", g=G)
    assert world.index("gsi") == ["1", "2"]
    world.engine.disorder = Disorder(index_lag=60)
    world.put("a", "3", g=G)
    assert world.index("gsi") == ["1", "2"]


def test_a_new_index_is_filled_at_once_and_lags_then() -> None:
    world = Troubled(disorder=Disorder(index_lag=5))
    world.put("a", "1", g=G)
    create = {k: INDEXED["GlobalSecondaryIndexes"][0][k] for k in ("IndexName", "KeySchema", "Projection")}
    update = {"AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("g", "SK")]}
    world("UpdateTable", TableName=TABLE, GlobalSecondaryIndexUpdates=[{"Create": create}], **update)
    world("DescribeTable", TableName=TABLE)
    assert world.index("gsi") == ["1"]
    world.put("a", "2", g=G)
    assert world.index("gsi") == ["1"]
    world("UpdateTable", TableName=TABLE, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "gsi"}}])
    world("DescribeTable", TableName=TABLE)
    world("UpdateTable", TableName=TABLE, GlobalSecondaryIndexUpdates=[{"Create": create}], **update)
    world("DescribeTable", TableName=TABLE)
    assert world.index("gsi") == ["1", "2"]


def test_tables_that_come_later_lag_too() -> None:
    world = Troubled(disorder=Disorder(index_lag=5))
    world.engine.create_tables([{**INDEXED, "TableName": "later"}])
    world("PutItem", TableName="later", Item={**key(), "g": G})
    assert world("Scan", TableName="later", IndexName="gsi")["Count"] == 0
    world.clock.advance(5)
    assert world("Scan", TableName="later", IndexName="gsi")["Count"] == 1


def test_what_expires_leaves_an_index_later() -> None:
    declared = {**INDEXED, "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "until"}}
    world = Troubled(declared, disorder=Disorder(index_lag=5))
    world.put("a", "1", g=G, until={"N": str(int(world.clock.time()) + 20)})
    world.clock.advance(21)
    assert world.get() is None
    assert world.index("gsi") == ["1"]
    world.clock.advance(5)
    assert world.index("gsi") == []


# ── stale reads ──────────────────────────────────────────────────────────────────────────────────────────────────────
def get(world: Troubled, **how: Any) -> Any:
    return world("GetItem", TableName=TABLE, Key=key(), **how).get("Item")


def batch_get(world: Troubled, **how: Any) -> Any:
    return (world("BatchGetItem", RequestItems={TABLE: {"Keys": [key()], **how}})["Responses"][TABLE] or [None])[0]


def query(world: Troubled, **how: Any) -> Any:
    condition = {"KeyConditionExpression": "PK = :p", "ExpressionAttributeValues": {":p": {"S": "a"}}}
    return (world("Query", TableName=TABLE, **condition, **how)["Items"] or [None])[0]


def query_local(world: Troubled, **how: Any) -> Any:
    return query(world, IndexName="local", Select="ALL_ATTRIBUTES", **how)


def scan(world: Troubled, **how: Any) -> Any:
    return (world("Scan", TableName=TABLE, **how)["Items"] or [None])[0]


@pytest.mark.parametrize("read", [get, batch_get, query, query_local, scan])
def test_a_stale_read_sees_what_was(read: Callable[..., Any]) -> None:
    world = Troubled(disorder=Disorder(staleness=5, stale_share=1))
    one, two = ({**key(), "n": {"N": number}, "v": {"S": number}} for number in "12")
    world("PutItem", TableName=TABLE, Item=one)
    assert read(world) is None
    assert read(world, ConsistentRead=True) == one
    world.clock.advance(5)
    assert read(world) == one
    world("PutItem", TableName=TABLE, Item=two)
    assert read(world) == one
    assert read(world, ConsistentRead=True) == two
    world("DeleteItem", TableName=TABLE, Key=key())
    assert read(world) == one
    assert read(world, ConsistentRead=True) is None
    world.engine.disorder = None
    assert read(world) is None


def test_a_third_of_the_reads_is_stale() -> None:
    world = Troubled(disorder=Disorder(staleness=5))
    world.put()
    found = [world.get() is not None for _ in range(300)]
    assert 70 < found.count(False) < 130
    world.clock.advance(5)
    assert all(world.get() for _ in range(100))


def test_writes_and_conditions_are_never_stale() -> None:
    world = Troubled(disorder=Disorder(staleness=60, stale_share=1))
    assert world.put()
    error = world.error("PutItem", TableName=TABLE, Item=key(), ConditionExpression="attribute_not_exists(PK)")
    assert error.name == "ConditionalCheckFailedException"
    gets = {"TransactItems": [{"Get": {"TableName": TABLE, "Key": key()}}]}
    assert world("TransactGetItems", **gets) == {"Responses": [{"Item": key()}]}


def test_staleness_that_comes_later_begins_with_what_is_there() -> None:
    world = Troubled()
    world.put("a", "1")
    world.engine.disorder = Disorder(staleness=60, stale_share=1)
    assert world.get() is not None
    world.put("a", "2")
    assert world.get("a", "2") is None
    world.engine.disorder = Disorder(staleness=30, stale_share=0)
    assert world.get("a", "2") is not None
    world.engine.disorder = Disorder(index_lag=1)
    assert world.engine.catalog.table(TABLE).replica is None


# ── seeds and snapshots ──────────────────────────────────────────────────────────────────────────────────────────────
def test_the_same_seed_makes_the_same_trouble() -> None:
    def seen(seed: int) -> list[Any]:
        disorder = Disorder(unprocessed=0.2, index_lag=4, staleness=4)
        world = Troubled(INDEXED, disorder=disorder, seed=seed)
        found: list[Any] = []
        for number in range(40):
            writes = [{"PutRequest": {"Item": {**key("a", f"{number}.{each}"), "g": G}}} for each in range(5)]
            found.append(world("BatchWriteItem", RequestItems={TABLE: writes}))
            world.clock.advance(0.25)
            found += [world.index("gsi"), scan(world)]
        return found

    assert seen(1) == seen(1)
    assert seen(1) != seen(2)


def test_a_snapshot_remembers_what_is_not_seen_yet() -> None:
    world = Troubled(INDEXED, disorder=Disorder(index_lag=5, staleness=5, stale_share=1))
    world.put("a", "1", g=G)
    snapshot = world.engine.snapshot()
    for _ in range(2):
        assert (world.index("gsi"), world.get()) == ([], None)
        world.put("a", "2", g=G)
        world.engine.restore(snapshot)
    world.clock.advance(5)
    assert (world.index("gsi"), world.get()) == (["1"], key() | {"g": G})
    world.engine.restore(snapshot)
    assert world.index("gsi") == ["1"]
    world.engine.disorder = None
    world.engine.restore(snapshot)
    assert (world.index("gsi"), world.get()) == (["1"], key() | {"g": G})
