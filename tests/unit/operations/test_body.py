"""The bytes of requests and answers: what JSON cannot carry, what is too long, and what is no answer of DynamoDB."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange import limits
from hashrange.errors import (
    BadResponse,
    ConditionFailed,
    InternalServerError,
    ItemTooLarge,
    ServiceError,
    ServiceUnavailable,
    Throttling,
    ValidationError,
)
from hashrange.operations.body import decode_answer, encode_body
from hashrange.wire.transport import Response


# ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def put(item: dict[str, Any]) -> bytes:
    return encode_body({"TableName": "app", "Item": item}, item)


def circle() -> dict[str, Any]:
    inner: dict[str, Any] = {}
    inner["M"] = {"self": inner}
    return inner


def test_a_request_is_compact_json_in_utf_8() -> None:
    assert put({"PK": {"S": "ä"}}) == '{"TableName":"app","Item":{"PK":{"S":"ä"}}}'.encode()


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ({"a": {"S": "x"}, "note": {"S": "\ud800"}}, "Item.note.S"),
        ({"tags": {"L": [{"S": "fine"}, {"M": {"deep": {"S": "x\udfff"}}}]}}, "Item.tags.L[1].M.deep.S"),
        ({"bad\ud800name": {"S": "x"}}, r"Item.bad\ud800name: it"),
        ({"a": {"S": object()}}, "Item.a.S: it cannot be written as JSON: Encoding objects of type object"),
        ({"a": circle()}, "the request holds itself"),
    ],
)
def test_what_json_cannot_carry_is_refused(item: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match="JSON") as caught:
        put(item)
    assert said in str(caught.value)
    str(caught.value).encode()  # and can itself be written


def test_an_item_of_exactly_400_kb_is_sent() -> None:
    item = {"PK": {"S": "x" * (limits.ITEM_SIZE_MAX_BYTES - 2)}}
    assert len(put(item)) > limits.ITEM_SIZE_MAX_BYTES


def test_an_item_over_400_kb_is_refused() -> None:
    item = {"PK": {"S": "a"}, "text": {"S": "ä" * 200_000}, "data": {"B": "AAAA" * 20_000}, "n": {"N": "1"}}
    with pytest.raises(ItemTooLarge, match="at most 409600 are allowed; largest: 'text' 400004 bytes"):
        put(item)


def test_a_long_request_that_writes_no_whole_item_is_sent() -> None:
    item = {"PK": {"S": "x" * limits.ITEM_SIZE_MAX_BYTES}}
    assert encode_body({"Item": item})


def test_a_request_over_16_mb_is_refused() -> None:
    with pytest.raises(ValidationError, match="DynamoDB takes at most 16777216"):
        encode_body({"text": "x" * limits.REQUEST_MAX_BYTES})


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>welcome</html>", "not JSON"),
        (b'{"Item": ', "not JSON"),
        (b"\xff", "not JSON"),
        (b'{"a": "\xff"}', "not JSON"),
        (b"[" * 5000, "not JSON"),
        (b"[]", "not a JSON object"),
        (b'"text"', "not a JSON object"),
        (b"null", "not a JSON object"),
        (b"3", "not a JSON object"),
        (b"", "empty"),
    ],
)
def test_an_answer_that_is_not_an_object_is_a_bad_response(body: bytes, reason: str) -> None:
    with pytest.raises(BadResponse, match=reason) as caught:
        decode_answer(Response(200, body))
    assert caught.value.status == 200


def test_operations_that_answer_nothing_may_do_so() -> None:
    assert decode_answer(Response(200, b"", request_id="REQ1")) == {}  # TagResource, UntagResource


@pytest.mark.parametrize("status", [201, 204, 301, 400, 404, 413])
def test_only_200_is_a_success(status: int) -> None:
    with pytest.raises(ServiceError):
        decode_answer(Response(status, b"{}"))


@pytest.mark.parametrize(
    ("status", "body", "cls"),
    [
        (400, b'{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}', ConditionFailed),
        (400, b'{"__type":"ThrottlingException","message":"slow down"}', Throttling),
        (429, b"Too Many Requests", Throttling),
        (500, b"", InternalServerError),
        (502, b"<html>Bad Gateway</html>", InternalServerError),
        (503, b"[]", ServiceUnavailable),
    ],
)
def test_an_error_answer_is_its_error(status: int, body: bytes, cls: type[Exception]) -> None:
    with pytest.raises(cls) as caught:
        decode_answer(Response(status, body))
    assert type(caught.value) is cls
