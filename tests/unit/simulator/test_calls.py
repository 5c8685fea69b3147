"""The log of calls: what it keeps, and when it forgets."""

from __future__ import annotations

import pytest

from hashrange.simulator import calls
from hashrange.simulator.calls import Call, CallLog


def test_a_call_is_decoded_for_who_asks() -> None:
    call = Call("GetItem", b'{"TableName":"app"}', 200, b'{"Item":{"PK":{"S":"a"}}}', 1.5)
    assert call.request == {"TableName": "app"}
    assert call.answer == {"Item": {"PK": {"S": "a"}}}
    assert call.error is None
    assert repr(call) == "<Call GetItem: ok>"


def test_a_call_that_failed() -> None:
    call = Call("GetItem", b"{}", 400, b'{"__type":"com.amazon.coral.validate#ValidationException","message":"m"}', 1.5)
    assert call.error == "ValidationException"
    assert call.answer["message"] == "m"
    assert repr(call) == "<Call GetItem: ValidationException>"


def test_an_empty_answer() -> None:
    assert Call("TagResource", b"{}", 200, b"", 1.5).answer == {}


@pytest.mark.parametrize("body", [b"", b"[]", b"nonsense", b"[" * 10_000])
def test_a_body_that_is_no_object(body: bytes) -> None:
    assert Call("GetItem", body, 400, b"{}", 0.0).request == {}


def test_calls_of_one_operation_in_order() -> None:
    log = CallLog()
    for number, operation in enumerate(["GetItem", "PutItem", "GetItem"]):
        log.add(operation, b"{}", 200, b"{}", float(number))
    assert [call.time for call in log.of(None)] == [0.0, 1.0, 2.0]
    assert [call.time for call in log.of("GetItem")] == [0.0, 2.0]
    assert log.of("Scan") == []
    assert repr(log) == "<CallLog of 3 calls>"


def test_the_oldest_give_way_by_count() -> None:
    log = CallLog(calls_max=2)
    for number in range(5):
        log.add("GetItem", b"{}", 200, b"{}", float(number))
    assert [call.time for call in log.of(None)] == [3.0, 4.0]


def test_the_oldest_give_way_by_bytes() -> None:
    log = CallLog()
    body = bytes(calls.CALLS_MAX_BYTES // 2 - 10)
    for number in range(3):
        log.add("PutItem", body, 200, b"{}", float(number))
    assert [call.time for call in log.of(None)] == [1.0, 2.0]


def test_one_that_is_too_large_is_not_kept() -> None:
    log = CallLog()
    log.add("PutItem", bytes(calls.CALLS_MAX_BYTES + 1), 200, b"", 0.0)
    assert log.of(None) == []


def test_a_log_that_keeps_none() -> None:
    log = CallLog(calls_max=0)
    log.add("GetItem", b"{}", 200, b"{}", 0.0)
    assert log.of(None) == []


def test_clearing() -> None:
    log = CallLog()
    body = bytes(calls.CALLS_MAX_BYTES - 10)
    log.add("PutItem", body, 200, b"", 0.0)
    log.clear()
    log.add("PutItem", body, 200, b"", 1.0)
    assert [call.time for call in log.of(None)] == [1.0]
