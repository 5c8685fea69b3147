"""What goes over the wire and comes back: requests, answers, and what the errors of both say."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from hashrange import limits
from hashrange.dispatch import Call
from hashrange.errors import (
    ConditionFailed,
    ConnectionLost,
    DynamoDBError,
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


# ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def put(item: dict[str, Any]) -> Call:
    return Call("PutItem", {"TableName": "app", "Item": item}, "app", KEY, item=item)


@pytest.mark.parametrize(
    ("item", "cls"),
    [({"a": {"S": "\ud800"}}, ValidationError), ({"a": {"S": "x" * limits.ITEM_SIZE_MAX_BYTES}}, ItemTooLarge)],
    ids=["not JSON", "too large"],
)
async def test_what_is_refused_is_never_sent(item: dict[str, Any], cls: type[DynamoDBError]) -> None:
    transport = FakeTransport()
    with pytest.raises(cls) as caught:
        await dispatcher(transport).dispatch(put(item))
    assert transport.requests == []
    error = caught.value
    assert (error.table, error.operation, error.key, error.attempts) == ("app", "PutItem", KEY, 0)
    assert "PutItem on table 'app'" in str(error)
