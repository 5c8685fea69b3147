"""The clock that only tests move."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange import Clock, ConfigurationError, DynamoDB
from hashrange.testing import FakeClock
from hashrange.testing.fake_clock import clock_of_test


async def test_sleeping_takes_no_time_and_moves_it() -> None:
    clock = FakeClock(1_000.0)
    ours: Clock = clock
    await ours.sleep(2.5)
    await ours.sleep(-1)
    assert (clock.monotonic(), clock.time(), clock.sleeps) == (2.5, 1002.5, [2.5, -1])
    clock.advance(60)
    assert (clock.monotonic(), repr(clock)) == (62.5, "<FakeClock 62.5 s after its start>")


async def test_items_expire_when_it_is_advanced() -> None:
    clock = FakeClock()
    async with DynamoDB.in_memory(["app"], clock=clock) as db:
        await db.call(
            "UpdateTimeToLive",
            {"TableName": "app", "TimeToLiveSpecification": {"AttributeName": "until", "Enabled": True}},
        )
        app = db.table("app")
        await app.put_item({"PK": "a", "SK": "b", "until": int(clock.time()) + 60})
        clock.advance(3600)
        assert await app.scan().all() == []


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), "1", None])
def test_time_goes_forward_only(seconds: Any) -> None:
    with pytest.raises(ConfigurationError, match="seconds is"):
        FakeClock().advance(seconds)
    with pytest.raises(ConfigurationError, match="now is"):
        FakeClock(seconds)


def test_a_mark_names_a_clock_or_what_makes_one() -> None:
    clock = FakeClock()
    assert clock_of_test(clock) is clock
    assert clock_of_test(lambda: clock) is clock
    assert isinstance(clock_of_test(FakeClock), FakeClock)
