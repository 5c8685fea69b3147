"""Tokens of transactions: what is remembered, for how long, and for whom."""

from __future__ import annotations

import pytest

from hashrange.simulator.errors import ApiError
from hashrange.simulator.state.tokens import Tokens, fingerprint
from tests.fakes import FakeClock

A, B = fingerprint({"a": 1}), fingerprint({"b": 1})


def test_a_receipt_is_kept_for_ten_minutes() -> None:
    clock = FakeClock()
    tokens = Tokens(clock)
    assert tokens.receipt("TransactWriteItems", "t", A) is None
    tokens.remember("TransactWriteItems", "t", A, "receipt")
    clock.advance(300)
    tokens.remember("TransactWriteItems", "u", B, "other")
    clock.advance(299.9)
    assert tokens.receipt("TransactWriteItems", "t", A) == "receipt"
    clock.advance(0.1)
    assert tokens.receipt("TransactWriteItems", "t", A) is None
    assert repr(tokens) == "<Tokens: 1 remembered>"
    assert tokens.receipt("TransactWriteItems", "t", B) is None, "it is free again"


def test_another_request_under_a_token_is_refused() -> None:
    tokens = Tokens(FakeClock())
    tokens.remember("TransactWriteItems", "t", A, "receipt")
    with pytest.raises(ApiError) as caught:
        tokens.receipt("TransactWriteItems", "t", B)
    assert caught.value.answer() == {
        "__type": "com.amazonaws.dynamodb.v20120810#IdempotentParameterMismatchException",
        "Message": "The ClientRequestToken was used before, with other parameters",
    }
    assert tokens.receipt("ExecuteTransaction", "t", B) is None, "tokens belong to an operation"


def test_a_copy_changes_independently() -> None:
    tokens = Tokens(FakeClock())
    tokens.remember("TransactWriteItems", "t", A, "receipt")
    twin = tokens.copy()
    tokens.remember("TransactWriteItems", "u", A, "receipt")
    assert twin.receipt("TransactWriteItems", "t", A) == "receipt"
    assert twin.receipt("TransactWriteItems", "u", A) is None


def test_a_fingerprint_ignores_the_order_of_members_but_not_of_elements() -> None:
    one = fingerprint([{"a": {"x": 1, "y": 2}, "b": 3}])
    assert one == fingerprint([{"b": 3, "a": {"y": 2, "x": 1}}])
    assert one != fingerprint([{"a": {"x": 1, "y": 2}, "b": 4}])
    assert fingerprint([1, 2]) != fingerprint([2, 1])
