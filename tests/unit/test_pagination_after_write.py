"""``execute_after_write``: a query that gives a write time to arrive where it cannot be read consistently."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hashrange.errors import ValidationError
from hashrange.pagination import Query
from hashrange.types import Item
from tests.fakes import NOW, FakeClock, ItemCollection, client

ITEMS = [{"PK": {"S": "a"}, "SK": {"S": str(number)}} for number in range(3)]


def query(clock: FakeClock, **options: Any) -> Query[Item]:
    return client(ItemCollection(ITEMS), clock=clock).table("app").query("a", **options)


@pytest.mark.parametrize(
    ("written_at", "delay", "waited"),
    [
        (NOW, 0.5, [0.5]),
        (NOW - 0.25, 0.5, [0.25]),
        (NOW - 0.5, 0.5, []),
        (NOW - 100, 0.5, []),
        (NOW + 100, 0.5, [0.5]),  # the clock of whoever wrote is ahead
        (int(NOW), timedelta(seconds=2), [2.0]),
        (datetime.fromtimestamp(NOW - 1, UTC), timedelta(seconds=2), [1.0]),
        (NOW, 0, []),
    ],
)
async def test_it_waits_for_what_is_left(written_at: Any, delay: Any, waited: list[float]) -> None:
    clock = FakeClock()
    found = await query(clock).execute_after_write(written_at, delay)
    assert clock.sleeps == waited
    assert [item["SK"] for item in found] == ["0", "1", "2"]


async def test_waiting_is_not_part_of_the_timeout_and_the_limit_holds() -> None:
    clock = FakeClock()
    found = await query(clock, limit=2, timeout=1.0).execute_after_write(NOW, 60)
    assert len(found) == 2


@pytest.mark.parametrize(
    ("written_at", "delay", "said"),
    [
        ("now", 1, "written_at is 'now'"),
        (None, 1, "written_at is None"),
        (True, 1, "written_at is True"),
        (-1, 1, "written_at is -1"),
        (NOW * 1000, 1, "written_at is in milliseconds"),
        (datetime(2026, 1, 1), 1, "no time zone"),
        (NOW, -1, "min_delay is -1"),
        (NOW, timedelta(seconds=-1), "min_delay is"),
        (NOW, float("inf"), "min_delay is inf"),
        (NOW, float("nan"), "min_delay is nan"),
        (NOW, "1", "min_delay is '1'"),
    ],
)
async def test_what_is_no_time(written_at: Any, delay: Any, said: str) -> None:
    clock = FakeClock()
    with pytest.raises(ValidationError, match=f"{said}.*Query on table 'app'"):
        await query(clock).execute_after_write(written_at, delay)
    assert clock.sleeps == []
