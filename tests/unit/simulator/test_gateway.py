"""HTTP without sockets: methods, content types, targets, callers, in the service's order; what an answer looks like."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from zlib import crc32

import msgspec
import pytest

from hashrange.simulator.actions import OPERATIONS, STREAM_OPERATIONS
from hashrange.simulator.engine import Engine
from hashrange.simulator.gateway import Gateway
from hashrange.simulator.http_messages import HttpRequest
from tests.fakes import NOW, FakeClock

JSON = "application/x-amz-json-1.0"
SIGNED = "AWS4-HMAC-SHA256 Credential=me/20270115/r/dynamodb/aws4_request, SignedHeaders=host, Signature=a"
#: reaches the engine, which has no such table
GET = b'{"TableName":"app","Key":{"PK":{"S":"a"}}}'


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def error(self) -> str:
        return str(msgspec.json.decode(self.body)["__type"])


def answer_of(data: bytes) -> Answer:
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("ascii").split("\r\n")
    version, status, _ = first.split(" ", 2)
    assert version == "HTTP/1.1"
    return Answer(int(status), dict(line.split(": ", 1) for line in lines), body)


def engine() -> Engine:
    return Engine(clock=FakeClock())


def respond(
    body: bytes = GET,
    *,
    method: str = "POST",
    target: str | None = "DynamoDB_20120810.GetItem",
    content_type: str | None = JSON,
    authorization: str | None = SIGNED,
    headers: dict[str, str] | None = None,
    gateway: Gateway | None = None,
    keep_alive: bool = True,
) -> Answer:
    given = {
        "x-amz-target": target,
        "content-type": content_type,
        "authorization": authorization,
        "x-amz-date": "20270115T080000Z",
        **(headers or {}),
    }
    encoded = {name.encode(): value.encode() for name, value in given.items() if value is not None}
    request = HttpRequest(method.encode(), b"/", encoded, body, keep_alive)
    return answer_of((gateway or Gateway(engine())).respond(request, keep_alive=keep_alive))


# ── what an answer looks like ────────────────────────────────────────────────────────────────────────────────────────
def test_the_head_of_an_answer() -> None:
    answer = respond()
    assert answer.status == 400
    assert answer.headers["Content-Type"] == JSON
    assert answer.headers["Content-Length"] == str(len(answer.body))
    assert answer.headers["x-amz-crc32"] == str(crc32(answer.body))
    assert answer.headers["Connection"] == "keep-alive"
    assert parsedate_to_datetime(answer.headers["Date"]).timestamp() == NOW
    assert re.fullmatch("[0-9A-Z]{26}VV4KQNSO5AEMVJF66Q9ASUAAJG", answer.headers["x-amzn-RequestId"])


def test_each_answer_has_an_id_of_its_own() -> None:
    gateway = Gateway(engine())
    ids = {respond(gateway=gateway).headers["x-amzn-RequestId"] for _ in range(100)}
    assert len(ids) == 100


def test_the_date_moves_with_the_clock() -> None:
    clock = FakeClock()
    gateway = Gateway(Engine(clock=clock))
    respond(gateway=gateway)
    clock.advance(61)
    assert parsedate_to_datetime(respond(gateway=gateway).headers["Date"]).timestamp() == NOW + 61


def test_the_end_of_a_connection_is_announced() -> None:
    assert respond(keep_alive=False).headers["Connection"] == "close"


# ── methods and content types ────────────────────────────────────────────────────────────────────────────────────────
def test_get_says_that_it_is_alive() -> None:
    answer = respond(b"", method="GET", content_type=None, target=None, authorization=None)
    assert (answer.status, answer.body) == (200, b"healthy: dynamodb.us-east-1.amazonaws.com ")
    assert answer.headers["x-amz-crc32"] == "3128867991"
    assert answer.headers["Content-Length"] == "42"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_not_found(method: str) -> None:
    answer = respond(method=method)
    assert (answer.status, answer.body) == (404, b"<UnknownOperationException/>\n")
    assert answer.headers["x-amz-crc32"] == "3552371480"
    assert answer.headers["Content-Length"] == "29"


def test_head_has_no_body() -> None:
    answer = respond(b"", method="HEAD")
    assert (answer.status, answer.body) == (404, b"")
    assert answer.headers["Content-Length"] == "29"


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/x-amz-json-1.1", "application/jsonx"])
def test_other_content_types_are_not_found(content_type: str | None) -> None:
    answer = respond(content_type=content_type)
    assert (answer.status, answer.body) == (404, b"<UnknownOperationException/>\n")


@pytest.mark.parametrize(
    ("given", "answered"),
    [
        (JSON, JSON),
        ("application/json", "application/json"),
        ("Application/JSON; charset=utf-8", "application/json"),
        ("application/x-amz-json-1.0;charset=utf-8", JSON),
        ("APPLICATION/X-AMZ-JSON-1.0 ; a", JSON),
    ],
)
def test_json_is_answered_as_it_was_asked(given: str, answered: str) -> None:
    answer = respond(content_type=given)
    assert answer.error.endswith("#ResourceNotFoundException")
    assert answer.headers["Content-Type"] == answered


def test_without_a_body_the_content_type_does_not_matter() -> None:
    answer = respond(b"", content_type=None)
    assert answer.body == b'{"__type":"com.amazon.coral.service#SerializationException"}'
    assert answer.headers["Content-Type"] == JSON


# ── the order of checks ──────────────────────────────────────────────────────────────────────────────────────────────
SERIALIZATION = b'{"__type":"com.amazon.coral.service#SerializationException"}'
UNKNOWN = b'{"__type":"com.amazon.coral.service#UnknownOperationException"}'


def test_first_json_then_the_target_then_the_object_then_the_caller_then_the_empty_body() -> None:
    assert respond(b"nonsense", target=None, authorization=None).body == SERIALIZATION
    assert respond(b"[]", target=None, authorization=None).body == UNKNOWN
    assert respond(b"", target=None, authorization=None).body == UNKNOWN
    assert respond(b"[]", authorization=None).body == SERIALIZATION
    assert respond(b"{}", authorization=None).error == "com.amazon.coral.service#MissingAuthenticationTokenException"
    assert respond(b"", authorization=None).error == "com.amazon.coral.service#MissingAuthenticationTokenException"
    assert respond(b"").body == SERIALIZATION
    assert respond(b"{}").error == "com.amazon.coral.validate#ValidationException"


@pytest.mark.parametrize(
    "target",
    [
        "",
        "GetItem",
        "DynamoDB_20120810",
        "DynamoDB_20120810.",
        "DynamoDB_20120810.getItem",
        "DynamoDB_20120810.GetItem.",
        "DynamoDB_20120810.GetItems",
        "DynamoDB_20111205.GetItem",
        "DynamoDBStreams_20120810.",
        "DynamoDBStreams_20120810.GetItem",
        "DynamoDB_20120810.ListStreams",
        "DynamoDB_20120810.ExecuteStatements",
        "DynamoDB_20120810.DescribeGlobalTable",
        "\u00e9",
    ],
)
def test_unknown_targets(target: str) -> None:
    assert respond(target=target).body == UNKNOWN


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_has_a_target(operation: str) -> None:
    answer = respond(b'{"TableName":7}', target=f"DynamoDB_20120810.{operation}")
    assert b"UnknownOperation" not in answer.body
    assert answer.status in (200, 400)


@pytest.mark.parametrize("operation", STREAM_OPERATIONS)
def test_streams_have_targets_of_their_own(operation: str) -> None:
    answer = respond(b'{"Limit":0}', target=f"DynamoDBStreams_20120810.{operation}")
    assert answer.error == "com.amazon.coral.validate#ValidationException"
    assert respond(b"{}", target=f"DynamoDB_20120810.{operation}").body == UNKNOWN


def test_every_client_error_is_400() -> None:
    assert {respond(body).status for body in (b"x", b"[]", b"", b"{}", b'{"TableName":1}', GET)} == {400}


# ── callers ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_with_keys_a_signature_is_checked() -> None:
    gateway = Gateway(engine(), keys={"me": "secret"})
    answer = respond(gateway=gateway, authorization=SIGNED)
    assert answer.error == "com.amazon.coral.service#InvalidSignatureException"
    assert b"secret " not in answer.body
    assert "secret" not in repr(gateway)


def test_a_refused_caller_is_not_in_the_log() -> None:
    found = engine()
    gateway = Gateway(found)
    respond(gateway=gateway, authorization="AWS4-HMAC-SHA256 Credential=me, Signature=abc")
    assert found.calls() == []
    respond(gateway=gateway)
    assert [call.operation for call in found.calls()] == ["GetItem"]


# ── other origins ────────────────────────────────────────────────────────────────────────────────────────────────────
ORIGIN = {"origin": "http://example.com"}
ASKING = ORIGIN | {"access-control-request-headers": "a, b", "access-control-request-method": "POST"}


def test_other_origins_are_not_answered_unless_told_so() -> None:
    assert respond(b"", method="OPTIONS", headers=ASKING).status == 404
    assert not any(name.startswith("Access-Control") for name in respond(headers=ORIGIN).headers)


def test_other_origins_are_answered_if_told_so() -> None:
    gateway = Gateway(engine(), cors=True)
    for answer in (
        respond(gateway=gateway, headers=ORIGIN),
        respond(gateway=gateway, headers=ORIGIN, method="GET"),
        respond(gateway=gateway, headers=ORIGIN, content_type="text/plain"),
    ):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in respond(gateway=gateway).headers


def test_a_preflight_request() -> None:
    gateway = Gateway(engine(), cors=True)
    answer = respond(b"", method="OPTIONS", gateway=gateway, headers=ASKING, authorization=None)
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Max-Age"] == "172800"
    assert answer.headers["Access-Control-Allow-Headers"] == "a, b"
    assert answer.headers["Access-Control-Allow-Methods"] == "POST"
    assert answer.headers["x-amz-crc32"] == "0"
    bare = respond(b"", method="OPTIONS", gateway=gateway, headers=ORIGIN)
    assert "Access-Control-Allow-Headers" not in bare.headers
    assert "Access-Control-Allow-Methods" not in bare.headers
    assert respond(b"", method="OPTIONS", gateway=gateway).status == 404
