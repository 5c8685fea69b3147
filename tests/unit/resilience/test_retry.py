"""The retry table, one row per class of error: how often, after how long, and when time is up."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.errors import (
    AccessDenied,
    AmbiguousWrite,
    AttemptTimeout,
    AuthenticationError,
    BadResponse,
    CircuitOpen,
    ClientClosed,
    ConditionFailed,
    ConfigurationError,
    ConnectFailed,
    ConnectionLost,
    DeadlineExceeded,
    DynamoDBError,
    IdempotentParameterMismatch,
    InternalServerError,
    ItemCollectionSizeLimitExceeded,
    NetworkError,
    ProvisionedThroughputExceeded,
    RequestLimitExceeded,
    ResourceNotFound,
    ServiceError,
    ServiceUnavailable,
    Throttling,
    ThroughputError,
    TokenExpired,
    TransactionCanceled,
    TransactionConflict,
    TransactionInProgress,
    ValidationError,
    all_errors,
)
from hashrange.resilience.quota import QuotaRule
from hashrange.resilience.retry import GIVE_UP, ONCE, Decision, RetryPolicy, RetryRule, decide, is_conflict

DEFAULT = RetryPolicy.default()

#: class → attempts, base delay: the specification's table
TABLE: dict[type[DynamoDBError], tuple[int, float]] = {
    ThroughputError: (10, 0.050),
    ProvisionedThroughputExceeded: (10, 0.050),
    RequestLimitExceeded: (10, 0.050),
    Throttling: (10, 0.050),
    InternalServerError: (3, 0.100),
    NetworkError: (3, 0.100),
    ConnectFailed: (3, 0.100),
    ConnectionLost: (3, 0.100),
    AttemptTimeout: (3, 0.100),
    BadResponse: (3, 0.100),
    ServiceUnavailable: (3, 0.500),
    TransactionConflict: (3, 0.100),
    TransactionInProgress: (3, 0.100),
}


@pytest.mark.parametrize(("cls", "rule"), TABLE.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_the_table(cls: type[DynamoDBError], rule: tuple[int, float]) -> None:
    attempts, base = rule
    for failures in range(1, attempts):
        expected = Decision(retry=True, delay=min(base * 2 ** (failures - 1), 20.0))
        assert decide(DEFAULT, cls(), failures, 1e9, 0.0) == expected
    assert decide(DEFAULT, cls(), attempts, 1e9, 0.0) == GIVE_UP


@pytest.mark.parametrize("cls", [cls for cls in all_errors() if cls not in TABLE], ids=lambda cls: cls.__name__)
def test_everything_else_is_tried_once(cls: type[DynamoDBError]) -> None:
    assert decide(DEFAULT, cls(), 1, 1e9, 0.0) == GIVE_UP


def test_the_table_names_every_retryable_class() -> None:
    assert {cls for cls in all_errors() if cls.retryable} == TABLE.keys()


@pytest.mark.parametrize(
    "cls",
    [
        AccessDenied,
        AmbiguousWrite,
        AuthenticationError,
        CircuitOpen,
        ClientClosed,
        ConditionFailed,
        DeadlineExceeded,
        IdempotentParameterMismatch,
        ItemCollectionSizeLimitExceeded,
        ResourceNotFound,
        ServiceError,
        TokenExpired,
        ValidationError,
    ],
)
def test_what_cannot_get_better_is_never_sent_again(cls: type[DynamoDBError]) -> None:
    assert not cls.retryable
    assert DEFAULT.rule(cls()) is ONCE


def test_a_retryable_class_without_a_rule_is_tried_once() -> None:
    class Unforeseen(DynamoDBError):
        retryable = True

    assert DEFAULT.rule(Unforeseen()) is ONCE


# ── canceled transactions ────────────────────────────────────────────────────────────────────────────────────────────
def canceled(*codes: Any) -> TransactionCanceled:
    return TransactionCanceled(data={"CancellationReasons": [{"Code": code} for code in codes]})


@pytest.mark.parametrize(
    ("codes", "rule"),
    [
        (["TransactionConflict"], DEFAULT.conflict),
        (["None", "TransactionConflict", "None"], DEFAULT.conflict),
        (["ThrottlingError", "TransactionConflict"], DEFAULT.conflict),
        (["ThrottlingError"], DEFAULT.throttling),
        (["None", "ProvisionedThroughputExceeded", "ThrottlingError"], DEFAULT.throttling),
        (["ConditionalCheckFailed"], ONCE),
        (["TransactionConflict", "ConditionalCheckFailed"], ONCE),
        (["TransactionConflict", "ValidationError"], ONCE),
        (["ItemCollectionSizeLimitExceeded"], ONCE),
        (["SomethingNew"], ONCE),
        (["None"], ONCE),
        ([None], ONCE),
        ([], ONCE),
    ],
)
def test_a_canceled_transaction_is_retried_when_every_reason_may_pass(codes: list[Any], rule: RetryRule) -> None:
    assert DEFAULT.rule(canceled(*codes)) is rule


@pytest.mark.parametrize("reasons", [None, "TransactionConflict", {"Code": "TransactionConflict"}, ["x", None, 3]])
def test_reasons_of_an_odd_shape_are_not_retried(reasons: Any) -> None:
    assert DEFAULT.rule(TransactionCanceled(data={"CancellationReasons": reasons})) is ONCE


# ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_wait_that_would_outlast_the_deadline_is_not_waited() -> None:
    assert decide(DEFAULT, Throttling(), 3, 0.21, 0.0) == Decision(retry=True, delay=0.2)
    assert decide(DEFAULT, Throttling(), 3, 0.2, 0.0) == Decision(retry=False, out_of_time=True)
    assert decide(DEFAULT, Throttling(), 3, 0.21, 0.1) == Decision(retry=False, out_of_time=True)


def test_a_last_attempt_that_the_deadline_ended_is_out_of_time() -> None:
    assert decide(DEFAULT, AttemptTimeout(), 3, 0.0, 0.0) == Decision(retry=False, out_of_time=True)
    assert decide(RetryPolicy.none(), AttemptTimeout(), 1, -0.1, 0.0) == Decision(retry=False, out_of_time=True)
    assert decide(DEFAULT, AttemptTimeout(), 3, 0.1, 0.0) == GIVE_UP


def test_what_is_not_retryable_is_told_as_it_is_however_late() -> None:
    assert decide(DEFAULT, ConditionFailed(), 1, -1.0, 0.0) == GIVE_UP
    assert decide(DEFAULT, canceled("ConditionalCheckFailed"), 1, -1.0, 0.0) == GIVE_UP


def test_chance_spreads_the_delays() -> None:
    assert decide(DEFAULT, InternalServerError(), 2, 9.0, 0.5).delay == pytest.approx(0.3)


def test_no_delay_is_longer_than_the_maximum() -> None:
    policy = RetryPolicy(throttling=RetryRule(100, 1.0), max_delay=4.0)
    assert [decide(policy, Throttling(), n, 1e9, 0.9).delay for n in (1, 2, 3, 50)] == [1.9, 3.8, 4.0, 4.0]


# ── policies ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_none_tries_everything_once() -> None:
    for cls in all_errors():
        assert decide(RetryPolicy.none(), cls(), 1, 1e9, 0.0) == GIVE_UP


def test_each_rule_of_a_policy_is_its_own() -> None:
    rules = [RetryRule(n, n / 10) for n in range(2, 7)]
    policy = RetryPolicy(rules[0], rules[1], rules[2], rules[3], rules[4])
    errors = [Throttling(), InternalServerError(), ConnectionLost(), ServiceUnavailable(), TransactionConflict()]
    assert [policy.rule(error) for error in errors] == rules


@pytest.mark.parametrize("attempts", [0, -1, 1.0, True, None, "3"])
def test_attempts_are_a_whole_number(attempts: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"max_attempts is .* whole number of at least 1"):
        RetryRule(attempts, 0.1)


@pytest.mark.parametrize("seconds", [-0.1, float("nan"), float("inf"), "1", None, True])
def test_delays_are_seconds(seconds: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"base_delay is .* number of seconds, 0 or more"):
        RetryRule(3, seconds)
    with pytest.raises(ConfigurationError, match=r"max_delay is .* number of seconds, 0 or more"):
        RetryPolicy(max_delay=seconds)


@pytest.mark.parametrize("rule", [None, 3, (3, 0.1)])
def test_rules_are_rules(rule: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"conflict is .* must be a RetryRule"):
        RetryPolicy(conflict=rule)


def test_policies_are_values() -> None:
    assert RetryPolicy.default() == RetryPolicy()
    assert hash(RetryPolicy.none()) == hash(RetryPolicy.none())
    assert RetryPolicy.none() != RetryPolicy.default()


# ── the SDKs' standard mode ──────────────────────────────────────────────────────────────────────────────────────────
STANDARD = RetryPolicy.aws_standard()


@pytest.mark.parametrize("cls", TABLE, ids=lambda cls: cls.__name__)
def test_aws_standard_tries_everything_that_may_pass_four_times(cls: type[DynamoDBError]) -> None:
    base = 1.0 if issubclass(cls, ThroughputError) else 0.025
    decisions = [decide(STANDARD, cls(), failures, 1e9, 0.0) for failures in (1, 2, 3, 4)]
    assert decisions == [*[Decision(retry=True, delay=base * 2**n) for n in range(3)], GIVE_UP]


def test_aws_standard_has_the_quota_of_the_sdks() -> None:
    assert STANDARD.quota == QuotaRule(capacity=500, cost=14, throttling_cost=5)
    assert STANDARD.max_delay == 20.0
    assert STANDARD == RetryPolicy.aws_standard() != RetryPolicy.default()
    assert (RetryPolicy.default().quota, RetryPolicy.none().quota) == (None, None)


@pytest.mark.parametrize("cls", [cls for cls in all_errors() if cls not in TABLE], ids=lambda cls: cls.__name__)
def test_aws_standard_tries_everything_else_once(cls: type[DynamoDBError]) -> None:
    assert decide(STANDARD, cls(), 1, 1e9, 0.0) == GIVE_UP


@pytest.mark.parametrize("quota", [500, True, (500, 14, 5), QuotaRule])
def test_a_quota_is_a_rule_or_none(quota: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^quota is .*; it must be a QuotaRule or None"):
        RetryPolicy(quota=quota)


# ── conflicts ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("error", "conflict"),
    [
        (TransactionConflict(), True),
        (canceled("None", "TransactionConflict"), True),
        (canceled("ThrottlingError", "TransactionConflict"), True),
        (canceled("ThrottlingError"), False),
        (canceled("ConditionalCheckFailed"), False),
        (TransactionInProgress(), False),  # the very same transaction is at work, and nobody else
        (Throttling(), False),
        (ConditionFailed(), False),
    ],
    ids=repr,
)
def test_what_is_a_conflict_with_another_writer(error: DynamoDBError, conflict: bool) -> None:
    assert is_conflict(error) is conflict
