"""A call, and a dispatcher over a scripted transport, for the tests of a call's life."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.dispatch import Call, Dispatcher
from hashrange.key import Key
from hashrange.resilience.retry import RetryPolicy
from tests.fakes import Chance, FakeClock, FakeTransport, failure

KEY = Key("USER#1", "PROFILE")
GET = {"TableName": "app", "Key": {"PK": {"S": "USER#1"}}}
THROTTLED = failure("ProvisionedThroughputExceededException", "too fast")
FOUND = {"Item": {"PK": {"S": "USER#1"}}}


def get(**changes: Any) -> Call:
    return Call(**{"operation": "GetItem", "payload": GET, "table": "app", "key": KEY, **changes})


def dispatcher(transport: FakeTransport, clock: FakeClock | None = None, **changes: Any) -> Dispatcher:
    settings: dict[str, Any] = {
        "policy": RetryPolicy.default(),
        "timeout": 30.0,
        "attempt_timeout": 5.0,
        "clock": FakeClock() if clock is None else clock,
        "randomness": Chance(),
    }
    return Dispatcher(transport, **{**settings, **changes})


def about(seconds: float) -> Any:
    return pytest.approx(seconds)
