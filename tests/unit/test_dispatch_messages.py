"""What goes over the wire and comes back: requests, answers, and what the errors of both say."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from hashrange import limits
from hashrange.dispatch import Call, decode_answer, encode_request
from hashrange.errors import (
    BadResponse,
    ConditionFailed,
    ConnectionLost,
    ItemTooLarge,
    ServiceError,
    ValidationError,
)
from hashrange.wire.transport import Request, Response
from tests.fakes import FakeClock, FakeTransport, failure

from .calls import KEY, dispatcher, get


# ── what an error says ───────────────────────────────────────────────────────────────────────────────────────────────
async def test_an_error_knows_where_it_happened() -> None:
    clock = FakeClock()

    def slowly(request: Request) -> Response:
        clock.advance(0.25)
        return failure("ConditionalCheckFailedException", "The conditional request failed", request_id="REQ2")

    transport = FakeTransport(failure("ThrottlingException", request_id="REQ1"), slowly)
    with pytest.raises(ConditionFailed) as caught:
        await dispatcher(transport, clock).dispatch(get())
    error = caught.value
    assert (error.table, error.operation, error.key) == ("app", "GetItem", KEY)
    assert (error.request_id, error.attempts) == ("REQ2", 2)
    assert error.elapsed == pytest.approx(0.3)
    assert (error.code, error.status) == ("ConditionalCheckFailedException", 400)
    text = str(error)
    assert text == (
        "The conditional request failed [GetItem on table 'app', ConditionalCheckFailedException, "
        "2 attempts in 0.3 s, request REQ2]"
    )
    assert "USER#1" not in text
    assert pickle.loads(pickle.dumps(error)).__dict__ == error.__dict__


async def test_an_error_of_the_network_has_no_request_id_of_an_earlier_answer() -> None:
    transport = FakeTransport(failure("ThrottlingException", request_id="REQ1"), *[ConnectionLost("reset")] * 2)
    with pytest.raises(ConnectionLost) as caught:
        await dispatcher(transport).dispatch(get())
    assert caught.value.request_id is None


async def test_an_unknown_code_keeps_its_data() -> None:
    transport = FakeTransport(failure("BrandNewException", "what is this", data={"Extra": [1]}))
    with pytest.raises(ServiceError) as caught:
        await dispatcher(transport).dispatch(get())
    assert (caught.value.code, caught.value.message) == ("BrandNewException", "what is this")
    assert caught.value.data["Extra"] == [1]


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>not found</html>", b"[]", b"null", b'"text"', b"{}", b'{"__type": 3}', b"\xff\xfe", b"[" * 5000],
)
async def test_an_error_answer_that_is_not_the_services_says_to_look_at_the_endpoint(body: bytes) -> None:
    with pytest.raises(ServiceError, match="the service answered with HTTP status 404") as caught:
        await dispatcher(FakeTransport(Response(404, body))).dispatch(get())
    assert type(caught.value) is ServiceError
    assert "endpoint" in (caught.value.hint or "")
    assert (caught.value.code, caught.value.status) == (None, 404)


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


# ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def put(item: dict[str, Any]) -> Call:
    return Call("PutItem", {"TableName": "app", "Item": item}, "app", KEY, item=item)


def circle() -> dict[str, Any]:
    inner: dict[str, Any] = {}
    inner["M"] = {"self": inner}
    return inner


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
        encode_request(put(item))
    assert said in str(caught.value)
    str(caught.value).encode()  # and can itself be written
    assert (caught.value.table, caught.value.operation, caught.value.key) == ("app", "PutItem", KEY)


def test_an_item_of_exactly_400_kb_is_sent() -> None:
    item = {"PK": {"S": "x" * (limits.ITEM_SIZE_MAX_BYTES - 2)}}
    assert len(encode_request(put(item))) > limits.ITEM_SIZE_MAX_BYTES


def test_an_item_over_400_kb_is_refused() -> None:
    item = {"PK": {"S": "a"}, "text": {"S": "ä" * 200_000}, "data": {"B": "AAAA" * 20_000}, "n": {"N": "1"}}
    with pytest.raises(ItemTooLarge, match="at most 409600 are allowed; largest: 'text' 400004 bytes") as caught:
        encode_request(put(item))
    assert "PutItem on table 'app'" in str(caught.value)


def test_a_long_request_that_writes_no_whole_item_is_sent() -> None:
    item = {"PK": {"S": "x" * limits.ITEM_SIZE_MAX_BYTES}}
    assert encode_request(Call("BatchWriteItem", {"Item": item}))


def test_a_request_over_16_mb_is_refused() -> None:
    with pytest.raises(ValidationError, match="DynamoDB takes at most 16777216"):
        encode_request(Call("BatchWriteItem", {"text": "x" * limits.REQUEST_MAX_BYTES}))


async def test_what_is_refused_is_never_sent() -> None:
    transport = FakeTransport()
    with pytest.raises(ValidationError):
        await dispatcher(transport).dispatch(put({"a": {"S": "\ud800"}}))
    assert transport.requests == []
