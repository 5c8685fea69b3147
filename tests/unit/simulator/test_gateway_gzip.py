"""gzip through HTTP: requests that come in it, answers that go out in it, and the checksum that is of what is sent."""

from __future__ import annotations

import gzip
from zlib import crc32

import msgspec
import pytest

from hashrange.limits import REQUEST_MAX_BYTES
from hashrange.simulator.content_encoding import COMPRESSED_MIN_BYTES
from hashrange.simulator.engine import Engine
from hashrange.simulator.gateway import Gateway
from hashrange.simulator.http_messages import HttpRequest
from hashrange.simulator.state.definitions import TableDefinition
from tests.fakes import FakeClock
from tests.unit.simulator.test_gateway import Answer, answer_of

SIGNED = b"AWS4-HMAC-SHA256 Credential=me/20270115/r/dynamodb/aws4_request, SignedHeaders=host, Signature=a"
KEY = b'"Key":{"PK":{"S":"a"},"SK":{"S":"b"}}'


@pytest.fixture
def gateway() -> Gateway:
    engine = Engine(clock=FakeClock())
    engine.catalog.create(TableDefinition("app", (("PK", "HASH"), ("SK", "RANGE")), {"PK": "S", "SK": "S"}))
    return Gateway(engine, cors=True)


def ask(gateway: Gateway, operation: str, body: bytes, **headers: str) -> Answer:
    named = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    given = {
        b"x-amz-target": f"DynamoDB_20120810.{operation}".encode(),
        b"content-type": b"application/x-amz-json-1.0",
        b"authorization": SIGNED,
        b"x-amz-date": b"20270115T080000Z",
        **named,
    }
    answer = answer_of(gateway.respond(HttpRequest(b"POST", b"/", given, body, True), keep_alive=True))
    assert answer.headers["x-amz-crc32"] == str(crc32(answer.body))
    assert answer.headers["Content-Length"] == str(len(answer.body))
    return answer


def put(gateway: Gateway, length: int) -> None:
    item = b'{"TableName":"app","Item":{"PK":{"S":"a"},"SK":{"S":"b"},"text":{"S":"%s"}}}' % (b"x" * length)
    assert ask(gateway, "PutItem", item).status == 200


# ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("encoding", ["gzip", "GZIP", " gzip "])
def test_a_request_in_gzip(gateway: Gateway, encoding: str) -> None:
    item = b'{"TableName":"app","Item":{"PK":{"S":"a"},"SK":{"S":"b"}}}'
    assert ask(gateway, "PutItem", gzip.compress(item), content_encoding=encoding).status == 200
    found = ask(gateway, "GetItem", gzip.compress(b'{"TableName":"app",%s}' % KEY), content_encoding=encoding)
    assert msgspec.json.decode(found.body) == {"Item": {"PK": {"S": "a"}, "SK": {"S": "b"}}}


@pytest.mark.parametrize(
    "body",
    [b'{"TableName":"app"}', gzip.compress(b'{"TableName":"app"}')[:-3], gzip.compress(b"no JSON")],
    ids=["plain", "cut", "no JSON"],
)
def test_a_request_that_is_not_what_it_says(gateway: Gateway, body: bytes) -> None:
    answer = ask(gateway, "DescribeTable", body, content_encoding="gzip")
    assert (answer.status, answer.error) == (400, "com.amazon.coral.service#SerializationException")


def test_a_request_without_a_body(gateway: Gateway) -> None:
    answer = ask(gateway, "DescribeTable", b"", content_encoding="gzip")
    assert (answer.status, answer.error) == (400, "com.amazon.coral.service#SerializationException")


def test_other_encodings_mean_nothing(gateway: Gateway) -> None:
    plain = b'{"TableName":"app"}'
    assert ask(gateway, "DescribeTable", plain, content_encoding="identity").status == 200
    answer = ask(gateway, "DescribeTable", gzip.compress(plain), content_encoding="br")
    assert (answer.status, answer.error) == (400, "com.amazon.coral.service#SerializationException")


def test_a_request_may_not_become_larger_than_one_that_is_sent_plain(gateway: Gateway) -> None:
    plain = b'{"TableName":"app"}'
    largest = plain + b" " * (REQUEST_MAX_BYTES - len(plain))
    assert ask(gateway, "DescribeTable", gzip.compress(largest), content_encoding="gzip").status == 200
    answer = ask(gateway, "DescribeTable", gzip.compress(largest + b" "), content_encoding="gzip")
    assert (answer.status, answer.body) == (413, b"")
    assert answer.headers["Connection"] == "keep-alive"


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_large_answer_in_gzip(gateway: Gateway) -> None:
    put(gateway, 100_000)
    plain = ask(gateway, "GetItem", b'{"TableName":"app",%s}' % KEY)
    answer = ask(gateway, "GetItem", b'{"TableName":"app",%s}' % KEY, accept_encoding="gzip, deflate")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.body) < 2000
    assert gzip.decompress(answer.body) == plain.body
    assert answer.headers["Content-Type"] == "application/x-amz-json-1.0"


@pytest.mark.parametrize(("length", "is_small"), [(COMPRESSED_MIN_BYTES - 1, True), (COMPRESSED_MIN_BYTES, False)])
def test_small_answers_stay_as_they_are(gateway: Gateway, length: int, is_small: bool) -> None:
    put(gateway, 1)
    overhead = len(ask(gateway, "GetItem", b'{"TableName":"app",%s}' % KEY).body) - 1
    put(gateway, length - overhead)
    answer = ask(gateway, "GetItem", b'{"TableName":"app",%s}' % KEY, accept_encoding="gzip")
    assert ("Content-Encoding" not in answer.headers) is is_small
    assert len(answer.body if is_small else gzip.decompress(answer.body)) == length


@pytest.mark.parametrize("headers", [{}, {"accept_encoding": "identity"}, {"accept_encoding": "gzip;q=0"}])
def test_who_does_not_ask_gets_plain_answers(gateway: Gateway, headers: dict[str, str]) -> None:
    put(gateway, 10_000)
    answer = ask(gateway, "GetItem", b'{"TableName":"app",%s}' % KEY, **headers)
    assert "Content-Encoding" not in answer.headers
    assert msgspec.json.decode(answer.body)["Item"]["PK"] == {"S": "a"}


def test_errors_are_never_compressed(gateway: Gateway) -> None:
    put(gateway, 10_000)
    body = b'{"TableName":"app",%s,"ConditionExpression":"attribute_not_exists(PK)",' % KEY
    body += b'"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}'
    answer = ask(gateway, "DeleteItem", body, accept_encoding="gzip")
    assert (answer.status, len(answer.body) > 10_000) == (400, True)
    assert "Content-Encoding" not in answer.headers


def test_pages_of_other_origins_get_it_too(gateway: Gateway) -> None:
    put(gateway, 10_000)
    body = b'{"TableName":"app",%s}' % KEY
    answer = ask(gateway, "GetItem", body, accept_encoding="gzip", origin="https://example.org")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
