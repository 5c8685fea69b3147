"""The formula: its documented values, its bounds, and that huge counts do not overflow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashrange.resilience.backoff import delay


@pytest.mark.parametrize(
    ("failures", "expected"), [(1, 0.05), (2, 0.1), (3, 0.2), (4, 0.4), (8, 6.4), (9, 12.8), (10, 20.0), (11, 20.0)]
)
def test_it_doubles_from_the_base_to_the_maximum(failures: int, expected: float) -> None:
    assert delay(failures, 0.05, 20.0, 0.0) == pytest.approx(expected)


@pytest.mark.parametrize(("chance", "expected"), [(0.0, 0.2), (0.25, 0.25), (0.5, 0.3), (0.999, 0.3998)])
def test_chance_adds_up_to_as_much_again(chance: float, expected: float) -> None:
    assert delay(2, 0.1, 20.0, chance) == pytest.approx(expected)


def test_the_maximum_holds_after_chance() -> None:
    assert delay(5, 1.0, 20.0, 0.9) == 20.0


def test_no_base_is_no_delay() -> None:
    assert delay(7, 0.0, 20.0, 0.9) == 0.0


def test_no_maximum_is_no_delay() -> None:
    assert delay(7, 1.0, 0.0, 0.9) == 0.0


@given(
    failures=st.integers(1, 100_000),
    base=st.floats(0, 1e6),
    max_delay=st.floats(0, 1e6),
    chance=st.floats(0, 1, exclude_max=True),
)
def test_it_is_between_the_exponential_and_the_maximum(
    failures: int, base: float, max_delay: float, chance: float
) -> None:
    found = delay(failures, base, max_delay, chance)
    assert min(base, max_delay) <= found <= max_delay
    assert found >= delay(failures, base, max_delay, 0.0)
    assert delay(failures + 1, base, max_delay, chance) >= found
