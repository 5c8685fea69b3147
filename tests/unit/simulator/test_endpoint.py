"""The endpoint: whatever comes in, the service's answer goes out, and never an exception."""

from __future__ import annotations

import logging
from typing import Any, cast

import msgspec
import pytest

from hashrange.simulator import endpoint
from hashrange.simulator.endpoint import handle, parse
from hashrange.simulator.engine import Engine
from hashrange.simulator.errors import ApiError

#: more than any limit of recursion: some packages raise that of the process
NESTED = 200_000
BARE = b'{"__type":"com.amazon.coral.service#SerializationException"}'


@pytest.fixture
def engine() -> Engine:
    return Engine()


def get(**members: Any) -> bytes:
    return msgspec.json.encode({"TableName": "app", "Key": {"PK": {"S": "a"}}} | members)


@pytest.mark.parametrize(
    "body",
    [
        b"nonsense",
        b"{",
        b'{"TableName":"app"',
        b'{"TableName":"app",}',
        b"\xff\xfe",
        b'{"TableName":"\xff"}',
        b'{"TableName":"\xed\xa0\x80"}',
        b'{"TableName":"\\ud800"}',
        b'{"TableName":"\x01"}',
        b'{"Limit":NaN}',
        b'{"Limit":1e}',
        b'{"Limit":01}',
        b"\xef\xbb\xbf{}",
        b"{}{}",
        b"\x00",
        b"[" * NESTED,
        b"[" * NESTED + b"]" * NESTED,
        b'{"a":' * NESTED + b"1" + b"}" * NESTED,
        b'{"Limit":1e999,"TableName":"\\ud800"}',
        b'{"Limit":1e999,"a":NaN}',
        b'{"Limit":1e999',
    ],
    ids=lambda body: repr(body[:24]),
)
def test_what_is_no_json(engine: Engine, body: bytes) -> None:
    assert handle(engine, "GetItem", body) == (400, BARE)
    assert handle(engine, "Nonsense", body) == (400, BARE), "before the operation is looked at"


@pytest.mark.parametrize("body", [b"[]", b"7", b'"text"', b"null", b"true", b" [1] ", b"9" * 5000])
def test_what_is_no_object(engine: Engine, body: bytes) -> None:
    assert handle(engine, "GetItem", body) == (400, BARE)


def test_an_empty_body(engine: Engine) -> None:
    assert handle(engine, "ListTables", b"") == (400, BARE)


@pytest.mark.parametrize("operation", ["", "getItem", "ListStream", "ExecuteStatements", "__class__", "GetItem "])
def test_an_unknown_operation(engine: Engine, operation: str) -> None:
    expected = b'{"__type":"com.amazon.coral.service#UnknownOperationException"}'
    assert handle(engine, operation, b"{}") == (400, expected)
    assert engine.calls() == []


@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 400, "-" + "9" * 5000, "1." + "0" * 5000 + "1", "1e-999"])
def test_huge_numbers_are_numbers(engine: Engine, number: str) -> None:
    body = f'{{"TableName":"app","Key":{{"PK":{{"N":{number}}}}}}}'.encode()
    status, answer = handle(engine, "GetItem", body)
    assert status == 400
    kind = "DECIMAL" if "." in number or "e" in number else "NUMBER"
    assert msgspec.json.decode(answer)["Message"] == f"{kind}_VALUE cannot be converted to String"


def test_a_million_digits_cost_nothing_much(engine: Engine) -> None:
    status, _ = handle(engine, "GetItem", b'{"TableName":' + b"9" * 4_000_000 + b"}")
    assert status == 400


@pytest.mark.parametrize("levels", [100, 400, 900])
def test_deep_values_are_refused_by_the_service_itself(engine: Engine, levels: int) -> None:
    value = '{"L":[' * levels + '{"S":"x"}' + "]}" * levels
    status, answer = handle(engine, "PutItem", f'{{"TableName":"app","Item":{{"PK":{value}}}}}'.encode())
    assert status == 400
    assert b"Nesting Levels have exceeded supported limits" in answer or answer == BARE


def test_unknown_members_and_nulls_do_not_matter(engine: Engine) -> None:
    body = get(Whatever={"deep": [1, 2]}, ProjectionExpression=None)
    status, answer = handle(engine, "GetItem", body)
    assert (status, msgspec.json.decode(answer)["message"]) == (400, "Requested resource not found")


# ── the caller ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_doorkeeper_stands_behind_the_object_and_before_the_empty_body(engine: Engine) -> None:
    def refuse() -> ApiError:
        return ApiError("MissingAuthenticationTokenException", "who?")

    assert handle(engine, "GetItem", b"[]", refuse) == (400, BARE)
    for body in (b"", b"{}", get()):
        status, answer = handle(engine, "GetItem", body, refuse)
        assert (status, msgspec.json.decode(answer)["message"]) == (400, "who?")
    assert engine.calls() == []
    assert handle(engine, "GetItem", b"", lambda: None) == (400, BARE)


# ── what operations give ─────────────────────────────────────────────────────────────────────────────────────────────
class Stub(Engine):
    """An engine whose every operation gives or raises one thing."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self._given = answer

    def execute(self, operation: str, payload: dict[str, Any]) -> dict[str, Any] | None:
        if isinstance(self._given, BaseException):
            raise self._given
        return cast("dict[str, Any] | None", self._given)


def test_stored_items_are_spliced() -> None:
    engine = Stub({"Item": msgspec.Raw(b'{"PK":{"S":"a"}}'), "Count": 1, "Units": 1.0})
    assert handle(engine, "GetItem", b"{}") == (200, b'{"Item":{"PK":{"S":"a"}},"Count":1,"Units":1.0}')


def test_some_operations_answer_nothing() -> None:
    assert handle(Stub(None), "TagResource", b"{}") == (200, b"")


def test_an_error_answer_has_its_members() -> None:
    engine = Stub(ApiError("ConditionalCheckFailedException", "failed", Item=msgspec.Raw(b"{}")))
    error = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"
    expected = f'{{"__type":"{error}","message":"failed","Item":{{}}}}'.encode()
    assert handle(engine, "PutItem", b"{}") == (400, expected)


@pytest.mark.parametrize("failure", [ValueError("a bug"), RecursionError(), {"Item": object()}])
def test_a_bug_is_an_internal_error_and_is_told(failure: Any, caplog: pytest.LogCaptureFixture) -> None:
    engine = Stub(failure)
    with caplog.at_level(logging.ERROR, endpoint.__name__):
        status, answer = handle(engine, "GetItem", b"{}")
    assert status == 500
    assert msgspec.json.decode(answer)["__type"] == "com.amazonaws.dynamodb.v20120810#InternalServerError"
    assert [record.getMessage() for record in caplog.records] == ["GetItem failed inside the simulator"]
    assert engine.calls()[0].error == "InternalServerError"


def test_calls_are_logged_as_they_were(engine: Engine) -> None:
    status, answer = handle(engine, "GetItem", get())
    (call,) = engine.calls()
    assert (call.operation, call.body, call.status, call.answer_body) == ("GetItem", get(), status, answer)


def test_json_is_what_it_is() -> None:
    assert parse(b' {"a": [1, 2.5, "\xc3\xa9", null, true]} ') == {"a": [1, 2.5, "\u00e9", None, True]}
    assert parse(b'{"a":1,"a":2}') == {"a": 2}
