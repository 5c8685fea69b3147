"""Paths applied to an item: the parts that are there, in their parents."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.simulator.language.check import Steps
from hashrange.simulator.language.project import projector

ITEM: dict[str, Any] = {
    "a": {"S": "x"},
    "m": {"M": {"a": {"N": "1"}, "b": {"M": {"c": {"N": "2"}}}, "l": {"L": [{"N": "3"}]}}},
    "l": {"L": [{"N": "0"}, {"M": {"k": {"N": "1"}, "j": {"N": "2"}}}, {"L": [{"N": "4"}, {"N": "5"}]}]},
    "empty": {"M": {}},
}


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        ([], {}),
        ([("a",), ("nope",)], {"a": {"S": "x"}}),
        ([("a", "b")], {}),
        ([("a", 0)], {}),
        ([("empty", "x")], {}),
        ([("m", "a")], {"m": {"M": {"a": {"N": "1"}}}}),
        ([("m", "b", "c"), ("m", "a"), ("m", "x", "y")],
         {"m": {"M": {"b": {"M": {"c": {"N": "2"}}}, "a": {"N": "1"}}}}),
        ([("m", "l", 0), ("m", "l", 1)], {"m": {"M": {"l": {"L": [{"N": "3"}]}}}}),
        ([("m", "l", 1)], {}),
        ([("m", 0)], {}),
        ([("l", "x")], {}),
        ([("l", 2), ("l", 0)], {"l": {"L": [{"N": "0"}, {"L": [{"N": "4"}, {"N": "5"}]}]}}),
        ([("l", 1, "k"), ("l", 1, "j")], {"l": {"L": [{"M": {"k": {"N": "1"}, "j": {"N": "2"}}}]}}),
        ([("l", 2, 1), ("l", 1, "x"), ("l", 0, "x")], {"l": {"L": [{"L": [{"N": "5"}]}]}}),
        ([("a",), ("l", 10)], {"a": {"S": "x"}}),
    ],
)  # fmt: skip
def test_parts_come_in_their_parents(paths: list[Steps], found: dict[str, Any]) -> None:
    assert projector(paths)(ITEM) == found


def test_one_projector_serves_many_items() -> None:
    project = projector([("m", "a")])
    assert [project(item) for item in ({}, ITEM, {"m": {"S": "x"}})] == [{}, {"m": {"M": {"a": {"N": "1"}}}}, {}]
