"""Streams, the simulator against DynamoDB Local: the same writes leave the same records, and who refuses what.

Local differs in ways that the table of refusals lists with their reasons. What it does not have is not compared: shards
that follow each other in four hours, the limit of 1 MB for an answer, AT_TIMESTAMP and ShardFilter; its sequence
numbers count from 1, and its times are whole minutes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, TypeAlias

import pytest
from msgspec import Struct

from tests.differential.compare import canonical_text, translated_body
from tests.differential.pair import Pair
from tests.simulated_items import item
from tests.simulated_streams import Poller

Request: TypeAlias = dict[str, Any]
#: puts a request to one of the two
Asked: TypeAlias = Callable[[str, Request], tuple[int, bytes]]

VIEW_TYPES = ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]
WRITES_COUNT = 60
POLLS_MAX_COUNT = 200
IV = "One or more parameter values were invalid: "
VE = "1 validation error detected: Value "
NULL = " failed to satisfy constraint: Member must not be null"
SHORT = " failed to satisfy constraint: Member must have length greater than or equal to "


class Streamed(Struct):
    """A table with a stream in both."""

    pair: Pair
    name: str
    view_type: str

    @property
    def sides(self) -> tuple[Asked, Asked]:
        return self.pair.ours, self.pair.local

    def arn(self, asked: Asked) -> str:
        table = self.pair.page(asked, "DescribeTable", {"TableName": self.name})["Table"]
        return str(table["LatestStreamArn"])

    def place(self, asked: Asked, kind: str = "LATEST") -> Request:
        """A whole request for an iterator."""
        arn = self.arn(asked)
        (shard,) = self.pair.page(asked, "DescribeStream", {"StreamArn": arn})["StreamDescription"]["Shards"]
        return {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": kind}


def streamed(pair: Pair, view_type: str) -> Streamed:
    pair.renew()
    name = pair.table_name()
    pair.both(
        "CreateTable",
        {
            "TableName": name,
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            "AttributeDefinitions": [{"AttributeName": each, "AttributeType": "S"} for each in ("pk", "sk")],
            "BillingMode": "PAY_PER_REQUEST",
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": view_type},
        },
    )
    return Streamed(pair, name, view_type)


@pytest.fixture
def table(pair: Pair) -> Iterator[Streamed]:
    made = streamed(pair, "NEW_AND_OLD_IMAGES")
    yield made
    pair.local("DeleteTable", {"TableName": made.name})


# ── records ──────────────────────────────────────────────────────────────────────────────────────────────────────────
VALUES: list[Request] = [
    {"N": "1"},
    {"N": "1.0"},
    {"N": "-12.50"},
    {"S": "\u00e4"},
    {"S": ""},
    {"B": "AP8="},
    {"BOOL": True},
    {"NULL": True},
    {"SS": ["b", "a"]},
    {"SS": ["a", "b"]},
    {"NS": ["1", "2.0"]},
    {"BS": ["AA==", "/w=="]},
    {"L": [{"S": "x"}, {"M": {"y": {"N": "1"}}}]},
    {"M": {}},
]
UPDATES: list[Request] = [
    {"UpdateExpression": "SET x = x"},
    {"UpdateExpression": "REMOVE x, y"},
    {"UpdateExpression": "SET y = :v", "ExpressionAttributeValues": {":v": {"N": "1.00"}}},
    {"UpdateExpression": "ADD n :v", "ExpressionAttributeValues": {":v": {"N": "0"}}},
    {"UpdateExpression": "ADD n :v", "ExpressionAttributeValues": {":v": {"N": "1"}}},
    {"UpdateExpression": "ADD tags :v", "ExpressionAttributeValues": {":v": {"SS": ["a"]}}},
    {"UpdateExpression": "DELETE tags :v", "ExpressionAttributeValues": {":v": {"SS": ["a"]}}},
    {},
]


def write(chance: Random, name: str) -> tuple[str, Request]:
    """Any write, good or bad; sometimes several at once."""
    key = item(pk=chance.choice("ab"), sk=chance.choice("12"))
    match chance.randrange(6):
        case 0 | 1:
            return "PutItem", {"TableName": name, "Item": key | {"x": chance.choice(VALUES)}}
        case 2 | 3:
            return "UpdateItem", {"TableName": name, "Key": key, **chance.choice(UPDATES)}
        case 4:
            return "DeleteItem", {"TableName": name, "Key": key}
    update = {"TableName": name, "Key": item(pk="a", sk="1"), **chance.choice(UPDATES[2:5])}
    put = {"TableName": name, "Item": item(pk="b", sk="1") | {"x": chance.choice(VALUES)}}
    return "TransactWriteItems", {"TransactItems": [{"Update": update}, {"Put": put}]}


def told(side: Asked, table: Streamed, count: int | None = None) -> list[str]:
    """What a stream's records say, but for numbers, times and places; of Local, which is late, so many."""

    def ask(operation: str, request: Request) -> Request:
        return table.pair.page(side, operation, request)

    records: list[Request] = []
    for _ in range(1 if count is None else POLLS_MAX_COUNT):
        records = Poller(ask, table.arn(side)).poll()
        if count is None or len(records) >= count:
            break
    texts = []
    for record in map(translated_body, records):
        change = record["dynamodb"]
        del record["eventID"], record["awsRegion"], change["SequenceNumber"], change["ApproximateCreationDateTime"]
        texts.append(canonical_text(record))
    return texts


@pytest.mark.parametrize("view_type", VIEW_TYPES)
def test_the_same_writes_leave_the_same_records(pair: Pair, view_type: str) -> None:
    table, chance = streamed(pair, view_type), Random(view_type)
    try:
        for _ in range(WRITES_COUNT):
            operation, request = write(chance, table.name)
            ours, local = (side(operation, request)[0] for side in table.sides)
            assert ours == local, (operation, request)
        ours_told = told(pair.ours, table)
        assert len(ours_told) > WRITES_COUNT // 3
        assert told(pair.local, table, len(ours_told)) == ours_told
    finally:
        pair.local("DeleteTable", {"TableName": table.name})


def test_a_stream_that_was_switched_off_ends(table: Streamed) -> None:
    table.pair.both("PutItem", {"TableName": table.name, "Item": item(pk="a", sk="1")})
    arns = [table.arn(side) for side in table.sides]
    off = {"TableName": table.name, "StreamSpecification": {"StreamEnabled": False}}
    table.pair.both("UpdateTable", off)
    described = []
    for side, arn in zip(table.sides, arns, strict=True):
        stream = table.pair.page(side, "DescribeStream", {"StreamArn": arn})["StreamDescription"]
        (shard,) = stream["Shards"]
        place = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = table.pair.page(side, "GetShardIterator", place)["ShardIterator"]
        answer = table.pair.page(side, "GetRecords", {"ShardIterator": iterator})
        described.append(
            (stream["StreamStatus"], stream["KeySchema"], shard["SequenceNumberRange"].keys(), len(answer["Records"]))
        )
        assert "NextShardIterator" not in answer
    assert described[0] == described[1]


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────────
class Refusal(Struct, frozen=True):
    """A request that is refused, made from a whole one.

    Attributes:
        change: members in place of those of the whole request; None takes one away.
        ours: what the simulator says, or "ok".
        local: what Local says, where that is something else.
        reason: then why.
    """

    operation: str
    change: Request
    ours: str
    local: str | None = None
    reason: str | None = None


MODEL = "the service's model demands it; Local has a check of its own, or none"
NAMES = "the service names the stream or shard (public reports); Local does not"
ITERATOR = "GetShardIterator"
REFUSALS = [
    Refusal(
        "ListStreams", {"Limit": 0}, f"{VE}'0' at 'limit' failed to satisfy constraint: Member must have value gre"
    ),
    Refusal("ListStreams", {"Limit": 101}, f"{IV}Limit cannot be greater than the maximum allowed size: 100"),
    Refusal("ListStreams", {"TableName": "nobody"}, "ok"),
    Refusal("ListStreams", {"TableName": "ab"}, f"{VE}'ab' at 'tableName'{SHORT}3", "ok", MODEL),
    Refusal(
        "ListStreams", {"ExclusiveStartStreamArn": "x"}, f"{VE}'x' at 'exclusiveStartStreamArn'{SHORT}37", "ok", MODEL
    ),
    Refusal("DescribeStream", {"Limit": 101}, f"{IV}Limit cannot be greater than the maximum: 100"),
    Refusal("DescribeStream", {"StreamArn": None}, f"{VE}null at 'streamArn'{NULL}", "Invalid StreamArn", MODEL),
    Refusal("DescribeStream", {"StreamArn": "x"}, f"{VE}'x' at 'streamArn'{SHORT}37", "Requested resource not", MODEL),
    Refusal("DescribeStream", {"StreamArn": "x" * 50}, "Invalid StreamArn", "Requested resource not found", MODEL),
    Refusal(
        "DescribeStream",
        {"StreamArn": "arn:aws:dynamodb:us-east-1:000000000000:table/nobody/stream/2026-01-01T00:00:00.000"},
        "Requested resource not found: Stream: arn:aws:dynamodb:us-east-1:000000000000:table/nobody/stream/2026-01-01",
    ),
    Refusal("DescribeStream", {"ExclusiveStartShardId": "x"}, f"{VE}'x' at 'exclusiveStartShardId'{SHORT}28"),
    Refusal("DescribeStream", {"ExclusiveStartShardId": "shardId-00000000000000000000-aaaaaaaa"}, "ok"),
    Refusal(ITERATOR, {"StreamArn": None}, f"{VE}null at 'streamArn'{NULL}", f"{IV}streamArn cannot be empty", MODEL),
    Refusal(ITERATOR, {"ShardId": None}, f"{VE}null at 'shardId'{NULL}", "No ShardId specified.", MODEL),
    Refusal(ITERATOR, {"ShardId": "x"}, f"{VE}'x' at 'shardId'{SHORT}28", "Shard does not exist", MODEL),
    Refusal(ITERATOR, {"ShardId": "x" * 30}, "Requested resource not found: Shard does", "Shard does not exist", NAMES),
    Refusal(
        ITERATOR,
        {"StreamArn": "arn:aws:dynamodb:us-east-1:000000000000:table/nobody/stream/2026-01-01T00:00:00.000"},
        "Requested resource not found: Stream: arn:aws:dynamodb:us-east-1:000000000000:table/nobody/stream/2026-01-01",
        "Stream does not exist",
        NAMES,
    ),
    Refusal(
        ITERATOR,
        {"ShardIteratorType": None},
        f"{VE}null at 'shardIteratorType'{NULL}",
        "Invalid ShardIteratorType.",
        MODEL,
    ),
    Refusal(ITERATOR, {"ShardIteratorType": "OLDEST"}, "Invalid ShardIteratorType."),
    Refusal(ITERATOR, {"ShardIteratorType": "AT_SEQUENCE_NUMBER"}, f"{IV}Invalid SequenceNumber"),
    Refusal(ITERATOR, {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER"}, f"{IV}Invalid SequenceNumber"),
    Refusal(ITERATOR, {"SequenceNumber": "1" * 21}, f"{IV}SequenceNumber should not be passed for this iterator type"),
    Refusal(
        ITERATOR,
        {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": "1"},
        f"{VE}'1' at 'sequenceNumber'{SHORT}21",
    ),
    Refusal(
        ITERATOR,
        {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": "0" * 21},
        "Invalid SequenceNumber for the shard",
    ),
    Refusal(
        ITERATOR,
        {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": "x" * 21},
        f"{IV}Invalid SequenceNumber",
        "The request processing has failed because of an unknown error",
        "Local fails inside",
    ),
    Refusal("GetRecords", {"Limit": 1001}, f"{IV}Limit should be less than or equal to 1000"),
    Refusal("GetRecords", {"ShardIterator": "x"}, "Invalid ShardIterator"),
    Refusal(
        "GetRecords", {"ShardIterator": None}, f"{VE}null at 'shardIterator'{NULL}", "Invalid ShardIterator", MODEL
    ),
]


def whole(table: Streamed, side: Asked, operation: str) -> Request:
    """A request that succeeds."""
    if operation == "ListStreams":
        return {"TableName": table.name}
    if operation == "DescribeStream":
        return {"StreamArn": table.arn(side)}
    place = table.place(side)
    if operation == ITERATOR:
        return place
    return {"ShardIterator": table.pair.page(side, ITERATOR, place)["ShardIterator"]}


def said(table: Streamed, side: Asked, refusal: Refusal) -> str:
    request = whole(table, side, refusal.operation) | refusal.change
    status, body = side(refusal.operation, {name: value for name, value in request.items() if value is not None})
    answer = json.loads(body)
    return "ok" if status == 200 else str(answer.get("message", answer.get("Message")))


@pytest.mark.parametrize("at", range(len(REFUSALS)))
def test_refusals(table: Streamed, at: int) -> None:
    refusal = REFUSALS[at]
    assert (refusal.local is None) == (refusal.reason is None), "a difference has a reason, and nothing else has one"
    ours, local = (said(table, side, refusal) for side in table.sides)
    assert ours.startswith(refusal.ours), (ours, local)
    assert local.startswith(refusal.local or refusal.ours), (ours, local)
    if refusal.local is None:
        assert local == ours
    else:
        assert not local.startswith(refusal.ours), "it is no difference any more"
