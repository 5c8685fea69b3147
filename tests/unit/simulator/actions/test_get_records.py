"""GetRecords: what a record says of each write, which writes leave none, and how far one answer goes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes import NOW
from tests.simulated_items import item, wire
from tests.simulated_streams import BOTH, DAY, HOUR, TABLE, Streamed, sequence_numbers, shown

OLD, NEW = item(pk="a", sk="1", n=1), item(pk="a", sk="1", n=2)
KEYS = item(pk="a", sk="1")
#: bytes of the keys, and of either item
KEYS_SIZE, ITEM_SIZE = 6, 9


def story(world: Streamed) -> list[dict[str, Any]]:
    """The records of a put, another, and a delete."""
    world.put(n=1)
    world.put(n=2)
    world.delete()
    return world.records()


# ── records ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_record_is_whole() -> None:
    world = Streamed()
    world.clock.advance(1.7)
    (insert, modify, remove) = story(world)
    assert modify == {
        "eventID": modify["eventID"],
        "eventName": "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": NOW + 1,
            "Keys": KEYS,
            "NewImage": NEW,
            "OldImage": OLD,
            "SequenceNumber": modify["dynamodb"]["SequenceNumber"],
            "SizeBytes": KEYS_SIZE + 2 * ITEM_SIZE,
            "StreamViewType": BOTH,
        },
    }
    assert (insert["eventName"], remove["eventName"]) == ("INSERT", "REMOVE")
    ids = [record["eventID"] for record in (insert, modify, remove)]
    assert len(set(ids)) == 3
    assert all(len(each) == 32 and int(each, 16) for each in ids)
    assert [record["eventID"] for record in world.records()] == ids, "the same when it is read again"


def test_sequence_numbers_have_the_services_form() -> None:
    world = Streamed()
    for n in range(200):
        world.put(n=n)
    records = world.records()
    texts = [record["dynamodb"]["SequenceNumber"] for record in records]
    assert all(text.isdigit() and 21 <= len(text) <= 40 and text[0] != "0" for text in texts)
    numbers = sequence_numbers(records)
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize(
    ("view_type", "images", "sizes"),
    [
        ("KEYS_ONLY", [(), (), ()], [0, 0, 0]),
        ("NEW_IMAGE", [("NewImage",), ("NewImage",), ()], [1, 1, 0]),
        ("OLD_IMAGE", [(), ("OldImage",), ("OldImage",)], [0, 1, 1]),
        (BOTH, [("NewImage",), ("NewImage", "OldImage"), ("OldImage",)], [1, 2, 1]),
    ],
)
def test_view_types(view_type: str, images: list[tuple[str, ...]], sizes: list[int]) -> None:
    changes = [record["dynamodb"] for record in story(Streamed(view_type))]
    assert [tuple(name for name in ("NewImage", "OldImage") if name in change) for change in changes] == images
    assert [change["SizeBytes"] for change in changes] == [KEYS_SIZE + ITEM_SIZE * count for count in sizes]
    assert all(change["Keys"] == KEYS and change["StreamViewType"] == view_type for change in changes)
    expected = [{"NewImage": OLD}, {"NewImage": NEW, "OldImage": OLD}, {"OldImage": NEW}]
    for change, of_event in zip(changes, expected, strict=True):
        assert all(of_event[name] == change[name] for name in ("NewImage", "OldImage") if name in change)


def test_values_of_every_type_are_in_the_images() -> None:
    everything = item(
        pk="a",
        sk="1",
        n={"N": "-1.50"},
        b={"B": "AP8="},
        flag={"BOOL": False},
        nothing={"NULL": True},
        texts={"SS": ["b", "a"]},
        numbers={"NS": ["10", "9"]},
        blobs={"BS": ["/w==", "AA=="]},
        many={"L": [{"S": "x"}, {"M": {"y": {"N": "1"}}}]},
    )
    world = Streamed()
    world("PutItem", TableName=TABLE, Item=everything)
    stored = world("GetItem", TableName=TABLE, Key=KEYS)["Item"]
    (record,) = world.records()
    assert record["dynamodb"]["NewImage"] == stored


# ── which writes leave a record ──────────────────────────────────────────────────────────────────────────────────────
def update(expression: str, **values: Any) -> dict[str, Any]:
    given = {"ExpressionAttributeValues": {f":{name}": wire(value) for name, value in values.items()}} if values else {}
    return {"TableName": TABLE, "Key": KEYS, "UpdateExpression": expression, **given}


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("PutItem", {"TableName": TABLE, "Item": item(n={"N": "1.0"}, tags={"SS": ["b", "a"]}, sk="1", pk="a")}),
        ("UpdateItem", update("SET n = n")),
        ("UpdateItem", update("SET n = :n", n=1)),
        ("UpdateItem", update("REMOVE nothing")),
        ("UpdateItem", update("ADD tags :tags", tags={"SS": ["a"]})),
        ("UpdateItem", update("DELETE tags :tags", tags={"SS": ["z"]})),
        ("UpdateItem", {"TableName": TABLE, "Key": KEYS}),
        ("DeleteItem", {"TableName": TABLE, "Key": item(pk="a", sk="none")}),
    ],
)
def test_a_write_that_changes_nothing_leaves_none(operation: str, request_: dict[str, Any]) -> None:
    world = Streamed()
    world.put(n=1, tags={"SS": ["a", "b"]})
    world(operation, **request_)
    world("TransactWriteItems", TransactItems=[{operation.removesuffix("Item"): transacted(request_)}])
    assert world.events() == ["INSERT a 1"]


def transacted(request: dict[str, Any]) -> dict[str, Any]:
    """The same write in a transaction, where an update needs an expression."""
    if "Key" in request and "UpdateExpression" not in request:
        return {**request, "UpdateExpression": "REMOVE nothing"} if request["Key"] == KEYS else request
    return request


def test_an_update_that_makes_an_item_is_an_insert() -> None:
    world = Streamed()
    world("UpdateItem", TableName=TABLE, Key=KEYS)
    world("UpdateItem", **update("SET n = :n", n=2))
    first, second = world.records()
    assert (first["eventName"], first["dynamodb"]["NewImage"]) == ("INSERT", KEYS)
    assert (second["eventName"], second["dynamodb"]["OldImage"]) == ("MODIFY", KEYS)


def test_a_refused_write_leaves_none() -> None:
    world = Streamed()
    world.refused("PutItem", TableName=TABLE, Item=KEYS, ConditionExpression="attribute_exists(pk)")
    check = {"TableName": TABLE, "Key": KEYS, "ConditionExpression": "attribute_exists(pk)"}
    put = {"TableName": TABLE, "Item": item(pk="b", sk="1")}
    world.refused("TransactWriteItems", TransactItems=[{"Put": put}, {"ConditionCheck": check}])
    assert world.records() == []


def test_batches_and_transactions_leave_one_for_every_item_in_order() -> None:
    world = Streamed()
    puts = [{"PutRequest": {"Item": item(pk="a", sk=f"{n:02}")}} for n in range(25)]
    world("BatchWriteItem", RequestItems={TABLE: puts})
    world(
        "TransactWriteItems",
        TransactItems=[
            {"Delete": {"TableName": TABLE, "Key": item(pk="a", sk="00")}},
            {"Put": {"TableName": TABLE, "Item": item(pk="b", sk="1")}},
            {"Update": {**update("SET n = :n", n=1), "Key": item(pk="a", sk="01")}},
            {"ConditionCheck": {
                "TableName": TABLE, "Key": item(pk="a", sk="02"), "ConditionExpression": "attribute_exists(pk)"
            }},
        ],
    )  # fmt: skip
    inserts = [f"INSERT a {n:02}" for n in range(25)]
    assert world.events() == [*inserts, "REMOVE a 00", "INSERT b 1", "MODIFY a 01"]


def test_statements_leave_records_as_other_writes_do() -> None:
    world = Streamed()
    change = {"Statement": """UPDATE "events" SET n = 1 WHERE pk = 'a' AND sk = '1'"""}
    world("ExecuteStatement", Statement="""INSERT INTO "events" VALUE {'pk': 'a', 'sk': '1'}""")
    world("ExecuteStatement", **change)
    world("BatchExecuteStatement", Statements=[change])  # changes nothing
    insert = {"Statement": """INSERT INTO "events" VALUE {'pk': 'b', 'sk': '1'}"""}
    world("ExecuteTransaction", TransactStatements=[insert])
    world("ExecuteStatement", Statement="""DELETE FROM "events" WHERE pk = 'a' AND sk = '1'""")
    assert world.events() == ["INSERT a 1", "MODIFY a 1", "INSERT b 1", "REMOVE a 1"]


def test_a_transaction_that_is_repeated_leaves_none() -> None:
    world = Streamed()
    request = {"TransactItems": [{"Put": {"TableName": TABLE, "Item": KEYS}}], "ClientRequestToken": "once"}
    world("TransactWriteItems", **request)
    world("TransactWriteItems", **request)
    assert world.events() == ["INSERT a 1"]


def test_time_to_live_is_told_by_the_services_identity() -> None:
    world = Streamed()
    specification = {"Enabled": True, "AttributeName": "until"}
    world("UpdateTimeToLive", TableName=TABLE, TimeToLiveSpecification=specification)
    world.put(sk="1", until=int(NOW + 60))
    world.put(sk="2", until=int(NOW + 60))
    world.delete(sk="2")
    world.clock.advance(61)
    *_, by_hand, by_time = world.records()
    assert (shown(by_hand), shown(by_time)) == ("REMOVE a 2", "REMOVE a 1")
    assert by_time["userIdentity"] == {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
    assert by_time["dynamodb"]["ApproximateCreationDateTime"] == NOW + 61
    assert "userIdentity" not in by_hand


def test_writes_before_the_stream_leave_none() -> None:
    world = Streamed(None)
    world.put(n=1)
    world.switch(BOTH)
    world.put(n=2)
    (record,) = world.records()
    assert (record["eventName"], record["dynamodb"]["OldImage"]) == ("MODIFY", OLD)


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_open_shard_goes_on() -> None:
    world = Streamed()
    empty = world("GetRecords", ShardIterator=world.iterator())
    assert (empty["Records"], world("GetRecords", ShardIterator=empty["NextShardIterator"])["Records"]) == ([], [])
    world.put()
    later = world("GetRecords", ShardIterator=empty["NextShardIterator"])
    assert [shown(record) for record in later["Records"]] == ["INSERT a 1"]
    assert world("GetRecords", ShardIterator=later["NextShardIterator"])["Records"] == []


def test_a_closed_shard_ends() -> None:
    world = Streamed()
    for n in range(3):
        world.put(n=n)
    world.clock.advance(4 * HOUR)
    first = world("GetRecords", ShardIterator=world.iterator(shard=0), Limit=2)
    assert len(first["Records"]) == 2
    last = world("GetRecords", ShardIterator=first["NextShardIterator"], Limit=1)
    assert len(last["Records"]) == 1
    assert "NextShardIterator" not in last
    assert world("GetRecords", ShardIterator=world.iterator("LATEST", shard=0)) == {"Records": []}


def test_an_empty_closed_shard_ends_at_once() -> None:
    world = Streamed()
    world.clock.advance(4 * HOUR)
    assert world("GetRecords", ShardIterator=world.iterator(shard=0)) == {"Records": []}


def test_a_thousand_records_are_the_most() -> None:
    world = Streamed("KEYS_ONLY")
    for n in range(1001):
        world.put(n=n)
    page = world("GetRecords", ShardIterator=world.iterator())
    assert len(page["Records"]) == 1000
    assert len(world("GetRecords", ShardIterator=page["NextShardIterator"])["Records"]) == 1
    assert len(world("GetRecords", ShardIterator=world.iterator(), Limit=7)["Records"]) == 7


def test_a_megabyte_is_the_most() -> None:
    world = Streamed("NEW_IMAGE")
    large = 1024 * 1024 // 4 - 2 * KEYS_SIZE - 1  # with keys, keys in the image, and the name of the attribute
    for n in range(6):
        world.put(sk=str(n), x="x" * large)
    assert [record["dynamodb"]["SizeBytes"] for record in world.records()] == [1024 * 1024 // 4] * 6
    page = world("GetRecords", ShardIterator=world.iterator())
    assert len(page["Records"]) == 4
    assert len(world("GetRecords", ShardIterator=page["NextShardIterator"])["Records"]) == 2


def test_one_record_always_fits() -> None:
    world = Streamed()
    for letter in "ab":
        world.put(x=letter * 400_000)
        world.put(x=letter.upper() * 400_000)
    page = world("GetRecords", ShardIterator=world.iterator())
    assert len(page["Records"]) == 1
    assert len(world.records()) == 4


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_limits() -> None:
    world = Streamed()
    iterator = world.iterator()
    message = "One or more parameter values were invalid: Limit should be less than or equal to 1000"
    assert world.refused("GetRecords", ShardIterator=iterator, Limit=1001) == ("ValidationException", message)
    assert "Value '0' at 'limit'" in world.refused("GetRecords", ShardIterator=iterator, Limit=0)[1]
    assert world("GetRecords", ShardIterator=iterator, Limit=1000)["Records"] == []


def test_an_iterator_is_needed() -> None:
    message = "1 validation error detected: Value null at 'shardIterator' failed to satisfy constraint: "
    assert Streamed().refused("GetRecords") == ("ValidationException", f"{message}Member must not be null")
    assert "length greater than or equal to 1" in Streamed().refused("GetRecords", ShardIterator="")[1]
    assert "length less than or equal to 2048" in Streamed().refused("GetRecords", ShardIterator="x" * 2049)[1]


def test_an_iterator_lives_fifteen_minutes() -> None:
    world = Streamed()
    world.put()
    iterator = world.iterator()
    world.clock.advance(15 * 60)
    assert len(world("GetRecords", ShardIterator=iterator)["Records"]) == 1
    world.clock.advance(1)
    assert world.refused("GetRecords", ShardIterator=iterator)[0] == "ExpiredIteratorException"


def test_records_that_were_trimmed_meanwhile() -> None:
    world = Streamed()
    world.put(sk="1")
    world.clock.advance(60)
    world.put(sk="2")
    world.clock.advance(DAY - 61)
    iterator = world.iterator(shard=0)
    assert world.events() == ["INSERT a 1", "INSERT a 2"]
    world.clock.advance(1)
    trimmed = ("TrimmedDataAccessException", "The data you are trying to access has been trimmed")
    assert world.refused("GetRecords", ShardIterator=iterator) == trimmed
    assert world.events() == ["INSERT a 2"]
