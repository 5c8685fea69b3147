"""Streams through the client: ``db.call`` reaches their operations, and a poller finds exactly what was written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from hashrange import DynamoDB, Key, StreamRecord, Update, ValidationError
from hashrange.errors import DynamoDBError, ResourceNotFound

from .conftest import MakeTable

STREAM: dict[str, Any] = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
LIMIT = 7
#: of one shard, until its records are there: DynamoDB Local notes them a moment later
READS_MAX_COUNT = 200


async def shards_of(db: DynamoDB, arn: str) -> list[dict[str, Any]]:
    answer = await db.call("DescribeStream", {"StreamArn": arn})
    shards: list[dict[str, Any]] = answer["StreamDescription"]["Shards"]
    return shards


async def read(db: DynamoDB, arn: str, count: int) -> list[StreamRecord[Any]]:
    """The records of a stream, shard by shard with parents first, until there are so many."""
    records: list[StreamRecord[Any]] = []
    waiting = {shard["ShardId"]: shard.get("ParentShardId") for shard in await shards_of(db, arn)}
    while waiting:
        shard = next(shard for shard, parent in waiting.items() if parent not in waiting)
        del waiting[shard]
        place = {"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
        iterator = (await db.call("GetShardIterator", place)).get("ShardIterator")
        for _ in range(READS_MAX_COUNT):
            if iterator is None or len(records) >= count:
                break
            answer = await db.call("GetRecords", {"ShardIterator": iterator, "Limit": LIMIT})
            assert len(answer["Records"]) <= LIMIT
            records += StreamRecord.from_event(answer)
            iterator = answer.get("NextShardIterator")
    return records


async def test_a_poller_finds_exactly_what_was_written(db: DynamoDB, make_table: MakeTable) -> None:
    name = await make_table(StreamSpecification=STREAM)
    table = db.table(name)
    arn = (await db.describe_table(name)).stream.arn
    assert arn is not None
    await table.batch_write(puts=[{"PK": "a", "SK": f"{n:02}", "n": n} for n in range(30)])
    for n in range(10):
        await table.update_item(Key("a", f"{n:02}"), Update().set("n", n))  # changes nothing
        await table.update_item(Key("a", f"{n:02}"), Update().add("n", 100))
    async with db.transaction() as tx:
        tx.put(table, {"PK": "b", "SK": "1"})
        tx.delete(table, Key("a", "00"))
    records = await read(db, arn, 42)
    replayed: dict[str, Any] = {}
    for record in records:
        at = f"{record.keys['PK']}{record.keys['SK']}"
        assert replayed.pop(at, None) == record.old_image
        if record.new_image is not None:
            replayed[at] = record.new_image
    items = await table.scan().all()
    assert replayed == {f"{item['PK']}{item['SK']}": item for item in items}
    assert len(records) == 42


async def test_switched_off_and_on(db: DynamoDB, make_table: MakeTable) -> None:
    name = await make_table(StreamSpecification=STREAM)
    table = db.table(name)
    first = (await db.describe_table(name)).stream.arn
    assert first is not None
    await table.put_item({"PK": "a", "SK": "1"})
    await db.call("UpdateTable", {"TableName": name, "StreamSpecification": {"StreamEnabled": False}})
    stream = await status(db, name, "DISABLED")
    await table.put_item({"PK": "a", "SK": "2"})
    await db.call("UpdateTable", {"TableName": name, "StreamSpecification": STREAM})
    stream = await status(db, name, "ENABLED")
    assert stream.arn not in (None, first)
    await table.put_item({"PK": "a", "SK": "3"})
    assert [record.keys["SK"] for record in await read(db, first, 2)] == ["1"]
    assert [record.keys["SK"] for record in await read(db, str(stream.arn), 1)] == ["3"]
    listed = await db.call("ListStreams", {"TableName": name})
    assert {each["StreamArn"] for each in listed["Streams"]} == {first, stream.arn}


async def status(db: DynamoDB, name: str, wanted: str) -> Any:
    """A table's stream, once its status is the wanted one and the table can be changed again."""
    while True:
        described = await db.describe_table(name)
        if described.stream.status == wanted and described.status == "ACTIVE":
            return described.stream
        await asyncio.sleep(0)


REFUSALS: list[tuple[str, Callable[[str], dict[str, Any]], type[DynamoDBError]]] = [
    ("DescribeStream", lambda arn: {"StreamArn": arn + "0"}, ResourceNotFound),
    ("DescribeStream", lambda arn: {"StreamArn": arn, "Limit": 0}, ValidationError),
    ("GetRecords", lambda arn: {"ShardIterator": f"{arn}|1|AAAA"}, ValidationError),
]


@pytest.mark.parametrize("case", range(len(REFUSALS)))
async def test_refusals_are_errors_of_the_client(db: DynamoDB, make_table: MakeTable, case: int) -> None:
    operation, request, error = REFUSALS[case]
    name = await make_table(StreamSpecification=STREAM)
    arn = str((await db.describe_table(name)).stream.arn)
    with pytest.raises(error):
        await db.call(operation, request(arn))
