"""What two requests differ in, path by path."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.testing import Difference, Near, Recording
from hashrange.testing.differences import differences, nearest


@pytest.mark.parametrize(
    ("asked", "recorded", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, ["a is 1, recorded 2"]),
        ({"a": 1}, {}, ["a is 1, not recorded"]),
        ({}, {"a": {"b": []}}, ['a is absent, recorded {"b":[]}']),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}, 4]}, ["a[1].b is 2, recorded 3", "a[2] is absent, recorded 4"]),
        ({"a": 1}, {"a": True}, ["a is 1, recorded true"]),
        ({"a": {}}, {"a": []}, ["a is {}, recorded []"]),
        ("eA==", {}, ['the request is "eA==", recorded {}']),
        ({"a": "x" * 100}, {"a": None}, [f'a is "{"x" * 56}..., recorded null']),
    ],
)
def test_every_place_is_named(asked: Any, recorded: Any, expected: list[str]) -> None:
    assert [str(each) for each in differences(asked, recorded)] == expected


def test_the_nearest_differ_least_and_are_not_used() -> None:
    def row(line: int, used: bool, **request: Any) -> tuple[int, Recording, bool]:
        return line, Recording(operation="Scan", request=request, status=200), used

    rows = [row(2, False, a=1, b=2, c=3), row(3, True, a=1), row(4, False, a=1), row(5, False, a=1, b=2)]
    rows.append((6, Recording(operation="Query", request={"a": 1}, status=200), False))
    assert [near.line for near in nearest("Scan", {"a": 1}, rows)] == [4, 3, 5]
    assert nearest("PutItem", {}, rows) == []


def test_many_differences_are_counted() -> None:
    many = tuple(Difference(f"a[{at}]", "1", "2") for at in range(7))
    assert str(Near(2, "Scan", False, many)).endswith("a[4] is 1, recorded 2; and 2 more")
