"""The sketch against exact counts: what it promises of every counter, and the top of skewed workloads."""

from __future__ import annotations

from collections import Counter as Exact
from itertools import accumulate
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashrange.telemetry.heavy_hitters import Counter, HeavyHitters


def sketch(size: int) -> HeavyHitters[Counter]:
    return HeavyHitters(size, Counter)


def test_with_room_for_all_counts_are_exact() -> None:
    found = sketch(3)
    for key, weight in (("a", 1.0), ("b", 2.5), ("a", 0.5), ("c", 0.0)):
        assert found.add(key, weight).key == key
    assert [(one.key, one.count, one.error) for one in found.top(5)] == [("b", 2.5, 0), ("a", 1.5, 0), ("c", 0.0, 0)]
    assert (found.total, len(found)) == (4.0, 3)
    assert repr(found) == "<HeavyHitters 3 of 3 counters, total 4>"


def test_a_new_key_takes_over_the_smallest_counter() -> None:
    found = sketch(2)
    for key, weight in (("a", 5.0), ("b", 2.0), ("c", 1.0)):
        found.add(key, weight)
    assert [(one.key, one.count, one.error) for one in found.top(5)] == [("a", 5.0, 0), ("c", 3.0, 2.0)]
    found.add("b", 9.0)
    assert [(one.key, one.count, one.error) for one in found.top(1)] == [("b", 12.0, 3.0)]
    found.clear()
    assert (found.top(1), found.total, len(found)) == ([], 0.0, 0)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from([0.0, 0.5, 1.0, 4.0]))), st.integers(1, 12))
def test_every_counter_keeps_its_promise(weights: list[tuple[int, float]], size: int) -> None:
    found, exact = sketch(size), Exact[int]()
    for key, weight in weights:
        found.add(key, weight)
        exact[key] += weight  # type: ignore[assignment]
    assert len(found) == min(size, len(exact))
    counters = {one.key: one for one in found.top(size)}
    for key, one in counters.items():
        assert one.count - one.error <= exact[key] <= one.count
        assert one.error <= found.total / size
    heavy = [key for key, weight in exact.items() if weight > found.total / size]
    assert set(heavy) <= set(counters)


@pytest.mark.parametrize("exponent", [1.0, 1.2])
def test_the_top_of_a_skewed_workload_is_right(exponent: float) -> None:
    weights = list(accumulate(1 / (rank + 1) ** exponent for rank in range(20_000)))
    drawn = Random(1).choices(range(20_000), cum_weights=weights, k=100_000)
    found = sketch(1_000)
    for key in drawn:
        found.add(key, 1.0)
    exact = Exact(drawn).most_common(20)
    assert [(one.key, one.count) for one in found.top(20)] == exact
