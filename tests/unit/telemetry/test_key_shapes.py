"""Which partition keys look counted up or dated, and that ids with chance in them do not."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from hashrange.telemetry.key_shapes import STRIDE, WINDOW, KeyShapes, shape_of

WRITES = WINDOW * STRIDE


def shape(make: Callable[[int], Any]) -> str | None:
    """What the window of these writes looks like."""
    return shape_of([make(number) for number in range(STRIDE - 1, WRITES, STRIDE)], STRIDE)


def jittered(number: int) -> int:
    """The order in which 64 concurrent writers write."""
    return number + Random(number).randrange(64)


@pytest.mark.parametrize(
    "make",
    [
        lambda n: f"ORDER#{1_000 + n}",
        lambda n: f"ORDER#{jittered(n)}",
        lambda n: f"{n:012d}",
        lambda n: n + 7,
        lambda n: Decimal(n * 3),
        lambda n: f"EVENT#{1_763_000_000_000 + n * 20}",  # milliseconds
        lambda n: f"ORDER#{n}" if n % 16 > 7 or n % 5 else "CONFIG#main",
    ],
)
def test_what_is_counted_up_is_sequential(make: Callable[[int], Any]) -> None:
    assert shape(make) == "sequential"


@pytest.mark.parametrize(
    "make",
    [
        lambda n: "2026-11-21",
        lambda n: f"LOG#2026/11/21#{n % 4}",
        lambda n: "20261121",
        lambda n: 20261121,
        lambda n: f"TICK#{1_763_000_000 + n // 200}",
        lambda n: "METRICS#2026-11-21T09",
    ],
)
def test_what_is_named_by_its_time_is_dated(make: Callable[[int], Any]) -> None:
    assert shape(make) == "dates"


def snowflake(n: int, chance: Random) -> int:
    return (1_763_000_000_000 + n) << 22 | chance.randrange(1 << 22)


def uuid7(n: int, chance: Random) -> str:
    return str(uuid.UUID(int=(1_763_000_000_000 + n) << 80 | 7 << 76 | chance.getrandbits(76)))


@pytest.mark.parametrize(
    "make",
    [
        lambda n, chance: str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        lambda n, chance: f"USER#{uuid.UUID(int=chance.getrandbits(128), version=4)}",
        lambda n, chance: uuid.UUID(int=chance.getrandbits(128), version=4).hex,
        uuid7,
        snowflake,
        lambda n, chance: f"USER#{chance.randrange(10**6)}",
        lambda n, chance: f"USER#{chance.randrange(1_000)}",
        lambda n, chance: chance.randrange(10**12),
        lambda n, chance: "".join(chance.choices("0123456789ABCDEFGHJKMNPQRSTVWXYZ", k=26)),
        lambda n, chance: chance.randbytes(16),
        lambda n, chance: f"USER#{chance.randrange(10**6)}#2026-11-21",  # a date, and spread
        lambda n, chance: f"2026-11-21#SHARD#{chance.randrange(10)}",
        lambda n, chance: f"BORN#19{chance.randrange(50, 99)}-0{chance.randrange(1, 9)}-11",
        lambda n, chance: "CONFIG",
        lambda n, chance: f"TENANT#{n % 3}",
        lambda n, chance: f"{chance.choice('ABCDEFGH')}#{n}",  # counted up, under other beginnings
    ],
)
def test_what_is_spread_is_not_complained_of(make: Callable[[int, Random], Any]) -> None:
    for seed in range(50):
        chance = Random(seed)
        assert shape(lambda n: make(n, chance)) is None  # noqa: B023 - used at once


def note(writes: int, seconds: float, load: float = 100.0) -> list[str]:
    shapes = KeyShapes(load)
    found = [shapes.note(f"ORDER#{n}", n * seconds / writes) for n in range(writes)]
    return [one for one in found if one is not None]


def test_keys_are_judged_under_load_only() -> None:
    assert note(2 * WRITES, 1.0) == ["sequential"] * 2
    assert note(2 * WRITES, 9.0) == ["sequential"] * 2
    assert note(2 * WRITES, 11.0) == []
    assert note(WRITES - 1, 1.0) == []


def test_the_first_key_of_a_window_begins_its_time() -> None:
    shapes = KeyShapes(100.0)
    found = [shapes.note(f"ORDER#{n}", n * 0.001) for n in range(WRITES)]
    found += [shapes.note(f"ORDER#{n}", 3600 + n * 0.001) for n in range(WRITES, 2 * WRITES)]
    assert [one for one in found if one] == ["sequential"] * 2
