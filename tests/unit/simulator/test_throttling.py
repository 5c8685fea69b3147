"""Operations that run out of throughput: what is throttled, what is paid for, and that time heals it."""

from __future__ import annotations

import random
from typing import Any

import pytest

from hashrange.simulator import Engine, Throughput
from tests.fakes import FakeClock
from tests.simulated_items import cancellation
from tests.simulated_trouble import TABLE, Troubled, key, table, text, units

NO_BURST = Throughput(burst_seconds=0)
PROVISIONED, ON_DEMAND = "ProvisionedThroughputExceededException", "ThrottlingException"
PUT = {"TableName": TABLE, "Item": key("new")}


def batch(*partitions: str) -> dict[str, Any]:
    return {"RequestItems": {TABLE: [{"PutRequest": {"Item": key(partition)}} for partition in partitions]}}


# ── off, on, off ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_world_without_trouble_never_throttles() -> None:
    world = Troubled(table(1, 1, gsi=(1, 1)))
    assert world.puts(500, g={"S": "g"}) == 500
    assert world.engine.trouble is None
    assert world.engine.throughput is None
    assert world.engine.disorder is None


def test_throughput_comes_and_goes_at_run_time() -> None:
    world = Troubled(table(1, 5))
    world.engine.throughput = NO_BURST
    assert world.puts(9) == 5
    assert repr(world.engine.trouble).startswith("Trouble(Throughput(provisioned=True, ")
    world.engine.throughput = None
    assert world.engine.trouble is None
    assert world.puts(9) == 9
    world.engine.throughput = NO_BURST
    assert world.puts(9) == 0


# ── single operations ────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_table_of_five_units_writes_five_items_a_second() -> None:
    world = Troubled(table(5, 5), throughput=NO_BURST)
    assert world.puts(9) == 5
    error = world.error("PutItem", **PUT)
    assert (error.name, error.status) == (PROVISIONED, 400)
    assert error.message == (
        "The level of configured provisioned throughput for the table was exceeded. "
        "Consider increasing your provisioning level with the UpdateTable API."
    )
    world.clock.advance(0.5)
    assert world.puts(9) == 3  # the last one finds half a unit
    world.clock.advance(60)
    assert world.puts(9) == 5


def test_a_new_table_has_its_burst_and_earns_it_again() -> None:
    world = Troubled(table(5, 5), throughput=Throughput(burst_seconds=4))
    assert world.puts(30) == 20
    world.clock.advance(2)
    assert world.puts(30) == 10
    world.clock.advance(3600)
    assert world.puts(30) == 20


def test_what_is_read_is_paid_for() -> None:
    world = Troubled(table(4, 50), throughput=Throughput(burst_seconds=1))
    world.put(v=text(9_000))  # 3 units of consistent reads
    reads = {"TableName": TABLE, "Key": key(), "ConsistentRead": True}
    assert [world.succeeds("GetItem", **reads) for _ in range(3)] == [True, True, False]
    world.clock.advance(1)  # it is overdrawn by 2
    reads["ConsistentRead"] = False
    assert [world.succeeds("GetItem", **reads) for _ in range(3)] == [True, True, False]
    missing = {"TableName": TABLE, "Key": key("missing")}
    world.clock.advance(1)
    assert sum(world.succeeds("GetItem", **missing) for _ in range(20)) == 6  # 3 units, a half each


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("UpdateItem", {"UpdateExpression": "SET v = :v", "ExpressionAttributeValues": {":v": text(2_100)}}),
        ("DeleteItem", {}),
    ],
)
def test_updates_and_deletes_are_throttled_too(operation: str, request_: dict[str, Any]) -> None:
    world = Troubled(table(5, 5), throughput=NO_BURST)
    request_ = {"TableName": TABLE, "Key": key(), **request_}
    assert world.put(v=text(2_100))  # 3 units
    assert world.succeeds(operation, **request_)
    assert world.error(operation, **request_).name == PROVISIONED


def test_a_condition_that_fails_costs_a_write() -> None:
    world = Troubled(table(5, 5), throughput=NO_BURST)
    world.put(v=text(2_100))  # 3 units
    conditional = {**PUT, "Item": key(), "ConditionExpression": "attribute_not_exists(PK)"}
    assert world.error("PutItem", **conditional).name == "ConditionalCheckFailedException"
    assert world.error("PutItem", **conditional).name == PROVISIONED


def test_what_is_refused_otherwise_costs_nothing() -> None:
    world = Troubled(table(5, 5), throughput=NO_BURST)
    for _ in range(20):
        assert world.error("PutItem", TableName=TABLE, Item={"PK": {"S": "a"}}).name == "ValidationException"
    assert world.puts(9) == 5


def test_one_big_item_throttles_for_a_while() -> None:
    world = Troubled(table(5, 5), throughput=NO_BURST)
    assert world.put(v=text(20_000))  # 20 units, of which 15 are owed
    world.clock.advance(2.9)
    assert not world.put()
    world.clock.advance(0.3)
    assert world.put()


def test_new_figures_of_update_table_take_effect() -> None:
    world = Troubled(table(5, 5), throughput=NO_BURST)
    assert world.puts(99) == 5
    world("UpdateTable", TableName=TABLE, ProvisionedThroughput=units(5, 50))
    world("DescribeTable", TableName=TABLE)
    world.clock.advance(1)
    assert world.puts(99) == 50
    world("UpdateTable", TableName=TABLE, BillingMode="PAY_PER_REQUEST")
    world("DescribeTable", TableName=TABLE)
    assert world.puts(99) == 99


def test_a_table_made_anew_begins_anew() -> None:
    world = Troubled(table(5, 5), throughput=NO_BURST)
    assert world.puts(9) == 5
    world("DeleteTable", TableName=TABLE)
    assert world("ListTables") == {"TableNames": []}
    world("CreateTable", **table(5, 5))
    world("DescribeTable", TableName=TABLE)
    assert world.puts(9) == 5


# ── on demand ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_on_demand_tables_carry_what_they_are_given() -> None:
    world = Troubled(throughput=Throughput(on_demand_write_units=3, burst_seconds=0))
    assert world.puts(9) == 3
    error = world.error("PutItem", **PUT)
    assert error.name == ON_DEMAND
    assert str(error.message).startswith("Throughput exceeds the current capacity of your table or index. DynamoDB is")
    assert world.get("p0", "s0") is not None


def test_the_maximum_of_a_table_holds() -> None:
    declared = {**table(), "OnDemandThroughput": {"MaxWriteRequestUnits": 4}}
    world = Troubled(declared, throughput=NO_BURST)
    assert world.puts(9) == 4
    expected = "Throughput exceeds the maximum OnDemandThroughput configured on table or index"
    assert world.error("PutItem", **PUT).message == expected


def test_a_hot_partition_throttles_while_others_go_on() -> None:
    world = Troubled(throughput=Throughput())
    assert world.puts(1_200, "hot") == 1_000
    assert world.puts(200) == 200
    world.clock.advance(0.125)
    assert world.puts(200, "hot") == 125
    world = Troubled(table(5_000, 40_000), throughput=Throughput(partition_write_units=10))
    assert world.puts(30, "hot") == 10
    assert world.error("PutItem", TableName=TABLE, Item=key("hot")).name == PROVISIONED
    assert world.puts(30) == 30


# ── indexes ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_global_index_that_cannot_follow_holds_writes_back() -> None:
    world = Troubled(table(50, 50, gsi=(50, 3)), throughput=NO_BURST)
    assert world.puts(9, g={"S": "g"}) == 3
    error = world.error("PutItem", TableName=TABLE, Item={**key(), "g": {"S": "g"}})
    assert error.name == PROVISIONED
    assert "for one or more global secondary indexes of the table was exceeded" in str(error.message)
    assert error.members["ThrottlingReasons"][0]["resource"].endswith(f"table/{TABLE}/index/gsi")
    assert world.put("other")  # it does not touch the index
    world.clock.advance(1)
    assert world.puts(9, g={"S": "h"}) == 2  # an entry that moves costs two writes


def test_a_hot_key_of_an_index_holds_writes_back() -> None:
    world = Troubled(table(0, 0, gsi=(0, 0)), throughput=Throughput(partition_write_units=10))
    assert world.puts(30, g={"S": "same"}) == 10
    error = world.error("PutItem", TableName=TABLE, Item={**key(), "g": {"S": "same"}})
    assert error.name == ON_DEMAND
    assert str(error.message).startswith("Throughput exceeds the current capacity for one or more global secondary")


def test_local_indexes_use_what_the_table_has() -> None:
    world = Troubled(table(50, 10), throughput=NO_BURST)
    assert world.puts(20, n={"N": "1"}) == 5


def test_pages_are_paid_for_after_they_were_read() -> None:
    world = Troubled(table(2, 500, gsi=(1, 500)), throughput=Throughput(burst_seconds=1))
    for number in range(10):
        world.put("a", str(number), v=text(4_000), g={"S": "g"}, n={"N": str(number)})
    query: dict[str, Any] = {
        "TableName": TABLE,
        "KeyConditionExpression": "PK = :p",
        "ExpressionAttributeValues": {":p": {"S": "a"}},
    }
    assert world("Query", **query)["Count"] == 10  # 5 units, of which 3 are owed
    assert world.error("Query", **query).name == PROVISIONED
    assert world.error("Query", **query, IndexName="local").name == PROVISIONED
    assert world.error("Scan", TableName=TABLE).name == PROVISIONED
    assert len(world.index("gsi")) == 10  # the index has its own, and now owes 4
    refused = world.error("Scan", TableName=TABLE, IndexName="gsi")
    assert "global secondary indexes" in str(refused.message)
    world.clock.advance(2)
    assert world("Scan", TableName=TABLE)["Count"] == 10
    assert world.error("Scan", TableName=TABLE, IndexName="gsi").name == PROVISIONED


def test_a_query_of_a_hot_partition_is_throttled() -> None:
    world = Troubled(throughput=Throughput(partition_read_units=1))
    world.put("hot", v=text(9_000))
    query: dict[str, Any] = {"TableName": TABLE, "KeyConditionExpression": "PK = :p"}
    hot, cold = ({**query, "ExpressionAttributeValues": {":p": {"S": name}}} for name in ("hot", "cold"))
    assert [world.succeeds("Query", **hot) for _ in range(2)] == [True, False]
    assert world.succeeds("Query", **cold)
    assert world.succeeds("Scan", TableName=TABLE)


# ── batches ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_what_a_batch_cannot_write_comes_back() -> None:
    world = Troubled(table(5, 3), throughput=NO_BURST)
    writes = [{"PutRequest": {"Item": {**key(name), "n": {"N": "1.50"}}}} for name in "bcde"]
    writes.append({"DeleteRequest": {"Key": key("f")}})
    answer = world(
        "BatchWriteItem",
        RequestItems={TABLE: writes},
        ReturnConsumedCapacity="TOTAL",
        ReturnItemCollectionMetrics="SIZE",
    )
    left = [{"PutRequest": {"Item": {**key(name), "n": {"N": "1.5"}}}} for name in "de"] + writes[4:]
    assert answer["UnprocessedItems"] == {TABLE: left}
    assert answer["ConsumedCapacity"] == [{"TableName": TABLE, "CapacityUnits": 4.0}]
    assert [each["ItemCollectionKey"] for each in answer["ItemCollectionMetrics"][TABLE]] == [
        {"PK": {"S": "b"}},
        {"PK": {"S": "c"}},
    ]
    assert len(world.bodies()) == 2
    refused = world.error("BatchWriteItem", RequestItems={TABLE: left})
    assert refused.name == PROVISIONED
    world.clock.advance(2)
    assert world("BatchWriteItem", RequestItems={TABLE: left})["UnprocessedItems"].keys() == {TABLE}


def test_what_a_batch_cannot_read_comes_back_with_what_was_asked_of_it() -> None:
    world = Troubled(table(2, 50), throughput=Throughput(burst_seconds=1))
    for name in "abcd":
        world.put(name, v=text(4_500))  # 2 units of consistent reads, each
    asked = {
        "Keys": [key(name) for name in "abcd"],
        "ConsistentRead": True,
        "ProjectionExpression": "#p",
        "ExpressionAttributeNames": {"#p": "PK"},
    }
    answer = world("BatchGetItem", RequestItems={TABLE: asked}, ReturnConsumedCapacity="TOTAL")
    assert answer["Responses"] == {TABLE: [{"PK": {"S": "a"}}]}
    assert answer["UnprocessedKeys"] == {TABLE: {**asked, "Keys": [key(name) for name in "bcd"]}}
    assert answer["ConsumedCapacity"] == [{"TableName": TABLE, "CapacityUnits": 2.0}]
    refused = world.error("BatchGetItem", RequestItems=answer["UnprocessedKeys"])
    assert refused.name == PROVISIONED
    world.clock.advance(1)
    assert world("BatchGetItem", RequestItems=answer["UnprocessedKeys"])["Responses"] == {TABLE: [{"PK": {"S": "b"}}]}


def test_a_throttled_table_does_not_hold_up_another_of_the_batch() -> None:
    world = Troubled(table(5, 1), throughput=NO_BURST)
    world.engine.create_tables(["other"])
    world.put()
    items = {**batch("x", "y")["RequestItems"], "other": batch("z")["RequestItems"][TABLE]}
    assert world("BatchWriteItem", RequestItems=items)["UnprocessedItems"] == {TABLE: items[TABLE]}


def test_an_index_that_cannot_follow_leaves_parts_of_a_batch() -> None:
    world = Troubled(table(50, 50, gsi=(5, 1)), throughput=NO_BURST)
    writes = [{"PutRequest": {"Item": {**key(name), "g": {"S": name}}}} for name in "abc"]
    answer = world("BatchWriteItem", RequestItems={TABLE: writes})
    assert answer == {"UnprocessedItems": {TABLE: writes[1:]}}


# ── transactions ─────────────────────────────────────────────────────────────────────────────────────────────────────
def puts(*partitions: str, **attributes: Any) -> dict[str, Any]:
    return {
        "TransactItems": [
            {"Put": {"TableName": TABLE, "Item": {**key(partition), **attributes}}} for partition in partitions
        ]
    }


def test_a_transaction_is_cancelled_where_nothing_is_left() -> None:
    world = Troubled(table(5, 4), throughput=NO_BURST)
    world.engine.create_tables(["other"])
    world("TransactWriteItems", **puts("a", "b"))  # 2 units each
    elements = [{"Put": {"TableName": "other", "Item": key()}}, *puts("c")["TransactItems"]]
    reasons = cancellation(world.error("TransactWriteItems", TransactItems=elements))
    assert [reason["Code"] for reason in reasons] == ["None", "ProvisionedThroughputExceeded"]
    assert reasons[1].keys() == {"Code", "Message"}
    assert str(reasons[1]["Message"]).startswith("The level of configured provisioned throughput for the table was")
    world.clock.advance(1)
    world("TransactWriteItems", TransactItems=elements)


def test_a_transaction_on_demand_says_so() -> None:
    world = Troubled(table(0, 0, gsi=(0, 0)), throughput=Throughput(on_demand_write_units=2, burst_seconds=0))
    world.put("a", g={"S": "g"})
    world.put("b", g={"S": "g"})
    (reason,) = cancellation(world.error("TransactWriteItems", **puts("c")))
    assert reason["Code"] == "ThrottlingError"
    assert str(reason["Message"]).startswith("Throughput exceeds the current capacity of your table or index.")


def test_a_transaction_waits_for_an_index() -> None:
    world = Troubled(table(50, 50, gsi=(5, 1)), throughput=NO_BURST)
    world("TransactWriteItems", **puts("a", "b", g={"S": "g"}))
    reasons = cancellation(world.error("TransactWriteItems", **puts("a", "c", g={"S": "g"})))
    assert [reason["Code"] for reason in reasons] == ["None", "ProvisionedThroughputExceeded"]
    assert "global secondary indexes" in reasons[1]["Message"]


def test_reads_of_a_transaction_cost_twice_as_much() -> None:
    world = Troubled(table(4, 50), throughput=Throughput(burst_seconds=1))
    gets = {"TransactItems": [{"Get": {"TableName": TABLE, "Key": key(name)}} for name in "ab"]}
    assert world("TransactGetItems", **gets) == {"Responses": [{}, {}]}
    reasons = cancellation(world.error("TransactGetItems", **gets))
    assert [reason["Code"] for reason in reasons] == ["ProvisionedThroughputExceeded"] * 2


# ── snapshots, seeds ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_snapshot_remembers_what_was_left() -> None:
    world = Troubled(table(5, 5), throughput=NO_BURST)
    world.puts(3)
    snapshot = world.engine.snapshot()
    for _ in range(2):
        assert world.puts(9) == 2
        world.engine.restore(snapshot)


def test_items_that_expire_cost_nothing() -> None:
    clock = FakeClock()
    declared = {**table(5, 5), "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "until"}}
    engine = Engine([declared], clock=clock, randomness=random.Random(1), throughput=NO_BURST)
    until = {"until": {"N": str(int(clock.time()) + 10)}}
    for number in range(5):
        engine.execute("PutItem", {"TableName": TABLE, "Item": {**key(str(number)), **until}})
    clock.advance(11)
    for number in range(5):
        engine.execute("PutItem", {"TableName": TABLE, "Item": key(f"new{number}")})
    assert engine.catalog.table(TABLE).item_count == 5
