"""Paths of one expression that may not stand beside each other."""

from __future__ import annotations

import pytest

from tests.simulated_faults import V, conflict, fault, overlap
from tests.simulated_language import projection, update


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ("a, a", overlap("[a]", "[a]")),
        ("a, #a", overlap("[a]", "[a]")),
        ("a.b, a", overlap("[a, b]", "[a]")),
        ("a, a.b", overlap("[a]", "[a, b]")),
        ("a[0], a[0]", overlap("[a, [0]]", "[a, [0]]")),
        ("a[0].b, c, a[0]", overlap("[a, [0], b]", "[a, [0]]")),
        ("a[0], a.b", conflict("[a, [0]]", "[a, b]")),
        ("a.b.c, a[1]", conflict("[a, b, c]", "[a, [1]]")),
        ("x.a[0], x.a.b", conflict("[x, a, [0]]", "[x, a, b]")),
        ("a.b, a.c, a", overlap("[a, c]", "[a]")),
        ("a, a.b, a.c", overlap("[a]", "[a, c]")),
        ("a, b, b.c, a.b", overlap("[b]", "[b, c]")),
        ("a[0], a[1], a.b", conflict("[a, [1]]", "[a, b]")),
    ],
)
def test_paths_that_meet(paths: str, expected: str) -> None:
    assert fault(paths, "Projection") == expected
    assert fault(f"REMOVE {paths}", "Update") == expected


def test_paths_of_all_sections_are_held_against_each_other() -> None:
    assert fault("SET a = :s REMOVE a.b", "Update") == overlap("[a]", "[a, b]")
    assert fault("ADD a :n SET b = :s, a = :s", "Update") == overlap("[a]", "[a]")
    assert update("SET a = b, b = a", V)  # what is read does not count


@pytest.mark.parametrize("paths", ["a, b", "a.b, a.c", "a[0], a[1]", "a.b, c.b", "a[0].b, a[1].b", "a.b[0], a.c"])
def test_paths_that_do_not_meet(paths: str) -> None:
    assert len(projection(paths)) == 2
