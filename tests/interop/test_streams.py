"""Stream records as boto3 reads them from DynamoDB Local, after writes by this client: GetRecords, from a service."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import boto3

from hashrange import Config, DynamoDB, Key, Static, StreamEventName, StreamRecord, StreamViewType, Update

ACCESS_KEY = "streams"
READS_MAX_COUNT = 200  # of one stream, until its records are there
DEFINITION: dict[str, Any] = {
    "AttributeDefinitions": [{"AttributeName": "PK", "AttributeType": "B"}],
    "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}


@dataclass
class Thing:
    PK: bytes
    total: Decimal
    tags: set[str]
    parts: list[bytes]
    count: int = 0
    note: str | None = None


THING = Thing(b"\x00\xff", Decimal("12345678901234567890.123456789"), {"a", "b"}, [b"\x01", b"\x80"])


def read(endpoint: str, arn: str, count: int) -> dict[str, Any]:
    """An answer of GetRecords, asked for until there are so many records."""
    streams: Any = boto3.client(
        "dynamodbstreams",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=ACCESS_KEY,
    )
    try:
        (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        answer: dict[str, Any] = {}
        for _ in range(READS_MAX_COUNT):
            iterator = streams.get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            answer = streams.get_records(ShardIterator=iterator)
            if len(answer["Records"]) >= count:
                break
        return answer
    finally:
        streams.close()


async def records(endpoint: str, view: str) -> list[StreamRecord[Thing]]:
    """What a stream tells of a put, an update and a delete."""
    config = Config(endpoint_url=endpoint, region="us-east-1", credentials=Static(ACCESS_KEY, ACCESS_KEY))
    async with DynamoDB(config) as db:
        name = f"things-{view}"
        stream = {"StreamEnabled": True, "StreamViewType": view}
        await db.call("CreateTable", {"TableName": name, **DEFINITION, "StreamSpecification": stream})
        things = db.table(name, sort_key=None, model=Thing)
        await things.put_item(THING)
        await things.update_item(Key(THING.PK), Update().add("count", 1).set("note", "ä"))
        await things.delete_item(Key(THING.PK))
        found = (await db.describe_table(name)).stream
        assert (found.status, found.view_type) == ("ENABLED", view)
        assert found.arn is not None
        answer = await asyncio.to_thread(read, endpoint, found.arn, 3)
        await db.call("DeleteTable", {"TableName": name})
    return StreamRecord.from_event(answer, model=Thing)


async def test_images_are_what_was_written(dynamodb_local: str) -> None:
    found = await records(dynamodb_local, "NEW_AND_OLD_IMAGES")
    changed = Thing(THING.PK, THING.total, THING.tags, THING.parts, 1, "ä")
    assert [(record.event_name, record.old_image, record.new_image) for record in found] == [
        (StreamEventName.INSERT, None, THING),
        (StreamEventName.MODIFY, THING, changed),
        (StreamEventName.REMOVE, changed, None),
    ]
    assert [record.keys for record in found] == [{"PK": THING.PK}] * 3
    numbers = [int(record.sequence_number) for record in found]
    assert numbers == sorted(numbers)
    assert len({record.event_id for record in found}) == 3
    for record in found:
        assert (record.view_type, record.expired_by_ttl) == (StreamViewType.NEW_AND_OLD_IMAGES, False)
        assert record.created_at is not None
        assert abs(datetime.now(UTC) - record.created_at) < timedelta(minutes=5)


async def test_a_stream_of_keys_has_no_images(dynamodb_local: str) -> None:
    found = await records(dynamodb_local, "KEYS_ONLY")
    assert [(record.event_name.value, record.old_image, record.new_image) for record in found] == [
        ("INSERT", None, None),
        ("MODIFY", None, None),
        ("REMOVE", None, None),
    ]
    assert {record.view_type for record in found} == {StreamViewType.KEYS_ONLY}
