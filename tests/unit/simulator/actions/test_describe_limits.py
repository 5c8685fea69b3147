"""DescribeLimits."""

from __future__ import annotations

from ..table_world import World


def test_the_limits_of_an_account() -> None:
    assert World().do("DescribeLimits", Ignored=1) == {
        "AccountMaxReadCapacityUnits": 80_000,
        "AccountMaxWriteCapacityUnits": 80_000,
        "TableMaxReadCapacityUnits": 40_000,
        "TableMaxWriteCapacityUnits": 40_000,
    }
