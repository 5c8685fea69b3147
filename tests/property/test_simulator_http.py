"""Whatever comes over HTTP: no exception gets out, answers do not depend on where bytes were cut."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hashrange.simulator.actions import OPERATIONS
from hashrange.simulator.endpoint import handle
from hashrange.simulator.engine import Engine
from hashrange.simulator.http_connection import Limits, Waiting
from tests.unit.simulator.http_client import Client, post

SMALL = Limits(body_max_bytes=64, head_max_bytes=512, headers_max_count=8)
HEADERS = [
    "Connection: close",
    "Connection: keep-alive",
    "Connection: Upgrade",
    "Upgrade: h2c",
    "Expect: 100-continue",
    "X-Amz-Target: a",
    "A: " + "b" * 200,
]
HEAD = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"

requests = st.one_of(
    st.builds(post, st.binary(max_size=80), *([st.sampled_from(HEADERS)] * 2), version=st.sampled_from(["1.1", "1.0"])),
    st.lists(st.binary(min_size=1, max_size=40), max_size=3).map(
        lambda parts: HEAD + b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    ),
    st.sampled_from([b"GET /x?y HTTP/1.1\r\n\r\n", b"\r\n", b"CONNECT a:1 HTTP/1.1\r\n\r\n", b"PUT / HTTP/1.1\r\n"]),
)
garbage = st.one_of(st.binary(max_size=60), st.sampled_from([b"\r\n\r\n", b"HTTP/1.1", b"Content-Length: ", b"0\r\n"]))


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """Requests, some with a few bytes changed, and garbage between them."""
    stream = bytearray(b"".join(draw(st.lists(st.one_of(requests, requests, garbage), max_size=5))))
    for _ in range(draw(st.integers(0, 3)) if stream else 0):
        stream[draw(st.integers(0, len(stream) - 1))] = draw(st.integers(0, 255))
    return bytes(stream)


async def _sent(pieces: list[bytes]) -> tuple[bytes, bool, bool]:
    """What is sent to a client that sends these pieces, and whether the connection is at its end."""
    client = Client(SMALL)
    for piece in pieces:
        client.send(piece)
        for _ in range(4):  # turns of work
            await asyncio.sleep(0)
    refused = client.connection.waits_for is Waiting.END
    assert refused == (client.wire.ended and not client.wire.closed)
    return client.wire.sent, client.wire.closed, refused


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(stream=streams(), data=st.data())
def test_http_answers_do_not_depend_on_where_bytes_are_cut(stream: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    whole, cut = asyncio.run(_sent([stream])), asyncio.run(_sent(pieces))
    # a head may be found too long before or after the rest of it is known to be wrong
    if b"431" not in whole[0] + cut[0]:
        assert whole == cut


ITEM = {"PK": {"S": "a"}, "SK": {"S": "b"}}
NAMES = ["S", "N", "M", "L", "SS", "PK", "SK", "a"]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner),
    max_leaves=6,
)
MEMBERS = [
    "TableName", "Key", "Item", "Limit", "Select", "IndexName", "RequestItems", "TransactItems", "ReturnValues",
    "KeyConditionExpression", "FilterExpression", "UpdateExpression", "ConditionExpression", "ProjectionExpression",
    "ExpressionAttributeNames", "ExpressionAttributeValues", "ExclusiveStartKey", "Expected", "AttributeUpdates",
    "KeyConditions", "ScanFilter", "AttributesToGet", "KeySchema", "AttributeDefinitions", "Segment", "TotalSegments",
    "ConsistentRead", "ProvisionedThroughput", "GlobalSecondaryIndexes", "TimeToLiveSpecification", "ResourceArn",
]  # fmt: skip
payloads = st.dictionaries(st.sampled_from(MEMBERS), json_values, max_size=4).map(
    lambda payload: {"TableName": "app", "Key": ITEM} | payload
)


@settings(deadline=None, max_examples=200)
@given(operation=st.sampled_from(OPERATIONS), payload=payloads)
def test_a_request_of_any_shape_gets_an_answer_of_the_service(operation: str, payload: Any) -> None:
    engine = Engine(["app"])
    status, body = handle(engine, operation, msgspec.json.encode(payload))
    answer = msgspec.json.decode(body) if body else {}
    assert status == (400 if "__type" in answer else 200), answer


@settings(deadline=None, max_examples=200)
@given(body=st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_a_body_of_any_bytes_gets_an_answer_of_the_service(body: bytes) -> None:
    status, answer = handle(Engine(), "GetItem", body)
    assert status == 400
    assert msgspec.json.decode(answer)["__type"].startswith("com.amazon")
