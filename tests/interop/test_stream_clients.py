"""Streams of our server, as boto3 and the AWS CLI read them; what boto3 gets, ``StreamRecord`` decodes.

The CLI's commands take half a second each: it lists, describes and reads once.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.config import Config

from hashrange import StreamRecord
from tests.interop.clients import INSTALL_TIMEOUT_SECONDS, aws_cli
from tests.simulated_streams import Poller, sequence_numbers

PATIENCE_SECONDS = 60
SETTINGS = Config(retries={"max_attempts": 0})
TABLE = "boto-events"
ITEM: dict[str, Any] = {
    "PK": {"S": "a"},
    "total": {"N": "1.50"},
    "blob": {"B": b"\x00\xff"},
    "tags": {"SS": ["x", "y"]},
}


@dataclass
class Thing:
    PK: str
    total: Decimal
    blob: bytes
    tags: set[str]


@pytest.fixture
def written(endpoint: str) -> Iterator[str]:
    """The endpoint; there, a table with a stream, and an item that was put, changed and deleted."""
    client: Any = boto3.client("dynamodb", endpoint_url=endpoint, config=SETTINGS)
    client.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    client.put_item(TableName=TABLE, Item=ITEM)
    client.put_item(TableName=TABLE, Item=ITEM)  # changes nothing
    client.put_item(TableName=TABLE, Item=ITEM | {"total": {"N": "2"}})
    client.delete_item(TableName=TABLE, Key={"PK": ITEM["PK"]})
    yield endpoint
    client.delete_table(TableName=TABLE)
    client.close()


@pytest.fixture
def streams(written: str) -> Iterator[Any]:
    client: Any = boto3.client("dynamodbstreams", endpoint_url=written, config=SETTINGS)
    yield client
    client.close()


METHODS = {
    "DescribeStream": "describe_stream",
    "GetRecords": "get_records",
    "GetShardIterator": "get_shard_iterator",
}


def latest(streams: Any) -> str:
    """The ARN of the table's newest stream: the server may know older ones of tables that have gone."""
    found: list[str] = [each["StreamArn"] for each in streams.list_streams(TableName=TABLE)["Streams"]]
    return found[-1]


def test_boto3_reads_what_was_written(streams: Any) -> None:
    arn = latest(streams)
    records = Poller(lambda operation, request: getattr(streams, METHODS[operation])(**request), arn, limit=2).poll()
    put, change, delete = StreamRecord.from_event({"Records": records}, model=Thing)
    before = Thing("a", Decimal("1.5"), b"\x00\xff", {"x", "y"})
    after = Thing("a", Decimal(2), b"\x00\xff", {"x", "y"})
    assert (put.event_name, put.old_image, put.new_image) == ("INSERT", None, before)
    assert (change.event_name, change.old_image, change.new_image) == ("MODIFY", before, after)
    assert (delete.event_name, delete.old_image, delete.new_image) == ("REMOVE", after, None)
    assert put.keys == {"PK": "a"}
    assert put.created_at is not None
    assert abs(datetime.now(UTC) - put.created_at) < timedelta(minutes=5)
    numbers = sequence_numbers(records)
    assert numbers == sorted(set(numbers))


def test_boto3_knows_the_errors(streams: Any) -> None:
    arn = latest(streams)
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    with pytest.raises(streams.exceptions.ResourceNotFoundException):
        streams.describe_stream(StreamArn=arn + "0")
    with pytest.raises(streams.exceptions.ResourceNotFoundException):
        streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"][:-1] + "x", ShardIteratorType="LATEST")
    with pytest.raises(streams.exceptions.ClientError) as caught:
        streams.get_records(ShardIterator="x")
    assert caught.value.response["Error"] == {"Code": "ValidationException", "Message": "Invalid ShardIterator"}


@pytest.mark.timeout(INSTALL_TIMEOUT_SECONDS)
@pytest.mark.parametrize("endpoint", ["inside"], indirect=True)
def test_the_aws_cli(written: str) -> None:
    def aws(operation: str, *arguments: str) -> Any:
        command = [
            str(aws_cli()),
            "--endpoint-url",
            written,
            "--output",
            "json",
            "dynamodbstreams",
            operation,
            *arguments,
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    (stream,) = aws("list-streams", "--table-name", TABLE)["Streams"]
    arn = stream["StreamArn"]
    (shard,) = aws("describe-stream", "--stream-arn", arn)["StreamDescription"]["Shards"]
    place = ["--stream-arn", arn, "--shard-id", shard["ShardId"], "--shard-iterator-type", "TRIM_HORIZON"]
    iterator = aws("get-shard-iterator", *place)["ShardIterator"]
    records = aws("get-records", "--shard-iterator", iterator)["Records"]
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"]
