"""The retry quota: what retries cost, what successes give back, and that an empty bucket allows none."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.errors import (
    ConfigurationError,
    ConnectionLost,
    InternalServerError,
    ProvisionedThroughputExceeded,
    ServiceUnavailable,
    Throttling,
    TransactionConflict,
)
from hashrange.resilience.quota import Quota, QuotaRule

TRANSIENT = [ConnectionLost(), InternalServerError(), ServiceUnavailable(), TransactionConflict()]


def test_the_defaults_are_those_of_the_sdks() -> None:
    assert QuotaRule() == QuotaRule(capacity=500, cost=14, throttling_cost=5)
    assert repr(Quota(QuotaRule())) == "<Quota 500 of 500>"


@pytest.mark.parametrize("error", TRANSIENT, ids=repr)
def test_a_retry_costs(error: Any) -> None:
    quota = Quota(QuotaRule())
    assert quota.take(error) == 14
    assert repr(quota) == "<Quota 486 of 500>"


@pytest.mark.parametrize("error", [Throttling(), ProvisionedThroughputExceeded()], ids=repr)
def test_a_retry_after_throttling_costs_less(error: Any) -> None:
    quota = Quota(QuotaRule())
    assert quota.take(error) == 5
    assert repr(quota) == "<Quota 495 of 500>"


def test_an_empty_bucket_allows_no_retry_and_never_gets_less_than_empty() -> None:
    quota = Quota(QuotaRule())
    taken = [quota.take(ConnectionLost()) for _ in range(40)]
    assert taken == [14] * 35 + [None] * 5  # 500 // 14
    assert repr(quota) == "<Quota 10 of 500>"
    assert quota.take(Throttling()) == 5  # the rest is enough for these
    assert quota.take(Throttling()) == 5
    assert quota.take(Throttling()) is None


def test_a_success_gives_back_what_its_last_retry_cost_and_one_token_where_it_had_none() -> None:
    quota = Quota(QuotaRule(capacity=100))
    paid = quota.take(ConnectionLost())
    assert paid == 14
    assert quota.take(Throttling()) == 5
    quota.give_back(paid)
    assert repr(quota) == "<Quota 95 of 100>"
    quota.give_back(0)
    assert repr(quota) == "<Quota 96 of 100>"


def test_it_never_holds_more_than_its_capacity() -> None:
    quota = Quota(QuotaRule(capacity=20))
    quota.give_back(0)
    assert quota.take(ConnectionLost()) == 14
    quota.give_back(14)
    quota.give_back(14)
    assert repr(quota) == "<Quota 20 of 20>"


def test_a_quota_of_nothing_allows_nothing_and_retries_may_be_free() -> None:
    assert Quota(QuotaRule(capacity=0)).take(ConnectionLost()) is None
    free = Quota(QuotaRule(capacity=0, cost=0))
    assert [free.take(ConnectionLost()) for _ in range(3)] == [0, 0, 0]


@pytest.mark.parametrize("name", ["capacity", "cost", "throttling_cost"])
@pytest.mark.parametrize("value", [-1, 1.0, True, None, "5"])
def test_numbers_of_tokens_are_whole(name: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{name} is .* whole number of at least 0"):
        QuotaRule(**{name: value})
