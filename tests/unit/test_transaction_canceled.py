"""Transactions that fail: what is sent again, and with which token; reasons that point at the caller's own actions."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from hashrange.client import DynamoDB
from hashrange.errors import (
    ConnectionLost,
    DeadlineExceeded,
    DynamoDBError,
    IdempotentParameterMismatch,
    ServiceError,
    TransactionCanceled,
    TransactionInProgress,
)
from hashrange.expressions import Attr, Update
from hashrange.key import Key
from hashrange.resilience.retry import RetryPolicy
from hashrange.transaction import Transaction
from hashrange.types import CANCELLATION_CODES, CancellationCode, CancellationReason, TransactionAction
from hashrange.wire.transport import Response
from tests.fakes import FakeClock, FakeTransport, answer, client, failure

from .transacting import canceled, run
from .users import KEY, USER, WIRE, User

OTHER = Key("USER#2", "PROFILE")
CONFLICT = canceled("None", "TransactionConflict")
REFUSED = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}


async def two_actions(db: DynamoDB, **options: Any) -> Transaction:
    """A put of USER (action 1) and a check (action 2)."""
    users = db.table("app", model=User)
    return await run(
        db.transaction(**options),
        lambda tx: tx.put(users, USER, condition=Attr("PK").not_exists()),
        lambda tx: tx.check(db.table("stock", "id", None), Key("a"), Attr("free") >= 1),
    )


async def error_of(transport: FakeTransport, **options: Any) -> TransactionCanceled:
    with pytest.raises(TransactionCanceled) as caught:
        await two_actions(client(transport), **options)
    return caught.value


# ── what is sent again ───────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("token", [None, "order-981"])
@pytest.mark.parametrize(
    ("failed", "delay"),
    [
        (CONFLICT, 0.1),
        (canceled("ThrottlingError", "None"), 0.05),
        (canceled("ProvisionedThroughputExceeded", "ThrottlingError"), 0.05),
        (canceled("ThrottlingError", "TransactionConflict"), 0.1),
        (failure("TransactionInProgressException"), 0.1),
        (failure("ThrottlingException"), 0.05),
        (failure("InternalServerError", status=500), 0.1),
        (ConnectionLost("the connection ended"), 0.1),
    ],
)
async def test_a_retry_sends_the_same_bytes_and_so_the_same_token(
    failed: Response | DynamoDBError, delay: float, token: str | None
) -> None:
    transport, clock = FakeTransport(failed, failed, answer()), FakeClock()
    tx = await two_actions(client(transport, clock=clock), token=token)
    first, second, third = (request.body for request in transport.requests)
    assert first == second == third
    assert transport.payloads[0]["ClientRequestToken"] == tx.token
    assert clock.sleeps == pytest.approx([delay, 2 * delay])


async def test_a_conflict_is_tried_three_times() -> None:
    transport = FakeTransport(CONFLICT, repeat=True)
    error = await error_of(transport)
    assert (len(transport.requests), error.attempts) == (3, 3)
    assert [reason.code for reason in error.reasons] == [CancellationCode.none, CancellationCode.conflict]


async def test_without_retry_conflicts_a_conflict_is_tried_once() -> None:
    transport = FakeTransport(CONFLICT, repeat=True)
    error = await error_of(transport, retry_conflicts=False)
    assert (len(transport.requests), error.attempts) == (1, 1)


async def test_without_retry_conflicts_other_failures_are_retried() -> None:
    lost, throttled = ConnectionLost("the connection ended"), canceled("ThrottlingError", "None")
    transport = FakeTransport(lost, throttled, answer())
    await two_actions(client(transport), retry_conflicts=False)
    assert len(transport.requests) == 3


@pytest.mark.parametrize("code", ["ConditionalCheckFailed", "ValidationError", "AccessDenied", "SomethingNew"])
async def test_one_failure_for_good_is_not_retried_even_beside_a_conflict(code: str) -> None:
    transport = FakeTransport(canceled("TransactionConflict", code), repeat=True)
    error = await error_of(transport)
    assert len(transport.requests) == error.attempts == 1


@pytest.mark.parametrize(
    ("code", "error", "attempts"),
    [
        ("IdempotentParameterMismatchException", IdempotentParameterMismatch, 1),
        ("TransactionInProgressException", TransactionInProgress, 3),
    ],
)
async def test_errors_about_tokens(code: str, error: type[DynamoDBError], attempts: int) -> None:
    transport = FakeTransport(failure(code), repeat=True)
    with pytest.raises(error) as caught:
        await two_actions(client(transport), token="order-981")
    assert caught.value.attempts == len(transport.requests) == attempts
    assert caught.value.operation == "TransactWriteItems"


async def test_an_answer_that_is_lost_is_asked_for_again() -> None:
    """No AmbiguousWrite: a transaction has a token, and so counters in it count once."""
    transport = FakeTransport(ConnectionLost("the connection ended"), answer())
    db = client(transport)
    await run(db.transaction(), lambda tx: tx.update(db.table("app"), KEY, Update().add("visits", 1)))
    assert len(transport.requests) == 2


async def test_the_timeout_is_that_of_the_whole() -> None:
    transport, clock = FakeTransport(CONFLICT, repeat=True), FakeClock()
    with pytest.raises(DeadlineExceeded) as caught:
        await two_actions(client(transport, clock=clock), timeout=0.15)
    assert clock.sleeps == [0.1]
    assert transport.requests[0].timeout == pytest.approx(0.15)
    cause = caught.value.__cause__
    assert isinstance(cause, TransactionCanceled)
    assert [reason.action and reason.action.kind for reason in cause.reasons] == ["put", "check"]


# ── reasons ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_reasons_are_those_of_the_callers_actions() -> None:
    error = await error_of(FakeTransport(canceled({**REFUSED, "Item": WIRE}, "None")))
    assert error.reasons == [
        CancellationReason(
            TransactionAction(1, "put", "app", KEY),
            CancellationCode.condition_failed,
            "The conditional request failed",
            USER,
            "ConditionalCheckFailed",
        ),
        CancellationReason(
            TransactionAction(2, "check", "stock", Key("a")), CancellationCode.none, service_code="None"
        ),
    ]
    assert (error.operation, error.table, error.key) == ("TransactWriteItems", None, None)


async def test_the_item_of_a_reason_is_read_by_its_own_table() -> None:
    there = {"id": {"S": "a"}, "free": {"N": "0"}}
    error = await error_of(FakeTransport(canceled(REFUSED, {**REFUSED, "Item": there})))
    assert [reason.item for reason in error.reasons] == [None, {"id": "a", "free": 0}]


async def test_an_item_that_does_not_fit_its_model_is_a_dict() -> None:
    error = await error_of(FakeTransport(canceled({**REFUSED, "Item": {"PK": {"S": "x"}}}, "None")))
    assert error.reasons[0].item == {"PK": "x"}


@pytest.mark.parametrize(("text", "code"), [*CANCELLATION_CODES.items(), ("SomethingNew", CancellationCode.unknown)])
async def test_every_code_of_the_service(text: str, code: CancellationCode) -> None:
    error = await error_of(FakeTransport(canceled(text, "ConditionalCheckFailed"), repeat=True))
    assert (error.reasons[0].code, error.reasons[0].service_code) == (code, text)


def test_every_code_but_unknown_has_a_text_of_the_service() -> None:
    assert {*CANCELLATION_CODES.values(), CancellationCode.unknown} == set(CancellationCode)
    assert all(code.value == code.name for code in CancellationCode)


# ── what people see ──────────────────────────────────────────────────────────────────────────────────────────────────
async def test_the_text_says_which_actions_failed_and_why_without_values() -> None:
    invalid = {"Code": "ValidationError", "Message": "An operand in the update expression has an incorrect data type"}
    error = await error_of(FakeTransport(canceled({**REFUSED, "Item": WIRE}, invalid)))
    assert str(error) == (
        "the transaction was canceled: action 1 (put on table 'app') condition_failed; action 2 (check on table "
        "'stock') validation: An operand in the update expression has an incorrect data type "
        "[TransactWriteItems, TransactionCanceledException]"
    )
    assert error.message.startswith("Transaction cancelled, please refer")


async def test_a_code_that_is_not_known_is_shown_as_it_came() -> None:
    error = await error_of(FakeTransport(canceled({"Code": "TooSunny", "Message": "wait for rain"}, "None")))
    assert "action 1 (put on table 'app') TooSunny: wait for rain [" in str(error)


async def test_many_failures_are_not_all_in_the_text() -> None:
    db = client(FakeTransport(canceled(*["None", *["ConditionalCheckFailed"] * 8])))
    app = db.table("app")
    deletes = [lambda tx, n=n: tx.delete(app, Key("A", str(n)), condition=Attr("x").exists()) for n in range(9)]
    with pytest.raises(TransactionCanceled) as caught:
        await run(db.transaction(), *deletes)
    assert len(caught.value.reasons) == 9
    assert "action 6 (delete on table 'app') condition_failed; 3 more [" in str(caught.value)
    assert "action 7" not in str(caught.value)


async def test_no_text_shows_an_item_or_a_key() -> None:
    error = await error_of(FakeTransport(canceled({**REFUSED, "Item": WIRE}, "None")))
    shown = str(error) + repr(error) + repr(error.reasons) + str(error.reasons[0].action)
    assert "Ann" not in shown
    assert "USER#1" not in shown


async def test_reasons_pickle() -> None:
    error = await error_of(FakeTransport(canceled({**REFUSED, "Item": WIRE}, "SomethingNew")))
    again = pickle.loads(pickle.dumps(error))
    assert again.reasons == error.reasons
    assert str(again) == str(error)
    assert again.reasons[0].item == USER
    assert again.reasons[0].code is CancellationCode.condition_failed


async def test_redact_drops_items_and_keys_and_keeps_the_reasons() -> None:
    error = await error_of(FakeTransport(canceled({**REFUSED, "Item": WIRE}, "None")))
    text = str(error)
    assert error.redact() is error
    assert [(reason.item, reason.action and reason.action.key) for reason in error.reasons] == [(None, None)] * 2
    assert [reason.code.value for reason in error.reasons] == ["condition_failed", "none"]
    assert str(error) == text
    assert "Ann" not in repr(vars(error))
    assert "USER#1" not in repr(vars(error))


async def test_a_raw_call_has_reasons_without_actions() -> None:
    db = client(FakeTransport(canceled("None", {**REFUSED, "Item": WIRE})))
    with pytest.raises(TransactionCanceled) as caught:
        await db.call("TransactWriteItems", {"TransactItems": []})
    assert [(reason.action, reason.code.value, reason.item) for reason in caught.value.reasons] == [
        (None, "none", None),
        (None, "condition_failed", WIRE),
    ]
    assert "the transaction was canceled: action 2 condition_failed [" in str(caught.value)
    assert "Ann" not in repr(vars(caught.value.redact()))


@pytest.mark.parametrize("data", [{}, {"CancellationReasons": []}, {"CancellationReasons": "odd"}])
async def test_a_cancellation_without_reasons_keeps_the_services_words(data: Any) -> None:
    """DynamoDB Local cancels some transactions so."""
    error = await error_of(FakeTransport(failure("TransactionCanceledException", "Type mismatch for key", data=data)))
    assert error.reasons == []
    assert str(error) == "Type mismatch for key [TransactWriteItems, TransactionCanceledException]"


async def test_an_error_that_is_no_cancellation_goes_on_as_it_is() -> None:
    db = client(FakeTransport(failure("SomethingException", "odd")), retry=RetryPolicy.none())
    with pytest.raises(ServiceError, match="odd"):
        await two_actions(db)
