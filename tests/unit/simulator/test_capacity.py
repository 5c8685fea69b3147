"""Consumed capacity: units of reads and writes, arms of tables and indexes, and how an answer tells them."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.simulator.capacity import Usage, is_wanted, read_units, usages_answer, write_units, write_usage
from hashrange.simulator.state.table import Table
from tests.simulated_items import indexed, item


@pytest.mark.parametrize(
    ("size", "strong", "eventual", "written"),
    [(0, 1, 0.5, 1), (1, 1, 0.5, 1), (1024, 1, 0.5, 1), (1025, 1, 0.5, 2), (4096, 1, 0.5, 4), (4097, 2, 1, 5),
     (409_600, 100, 50, 400)],
)  # fmt: skip
def test_units_are_whole_steps(size: int, strong: float, eventual: float, written: float) -> None:
    found = read_units(size, consistent=True), read_units(size, consistent=False), write_units(size)
    assert found == (strong, eventual, written)
    assert all(isinstance(units, float) for units in found)


@pytest.mark.parametrize(("mode", "wanted"), [(None, False), ("NONE", False), ("TOTAL", True), ("INDEXES", True)])
def test_capacity_is_told_if_asked(mode: str | None, wanted: bool) -> None:
    assert is_wanted(mode) is wanted


def test_a_total_has_no_arms() -> None:
    usage = Usage(1.0)
    usage.add_index("by-g", 2.0, is_global=True)
    assert usage.answer("TOTAL", "t") == {"TableName": "t", "CapacityUnits": 3.0}


def test_arms_are_told_for_what_was_touched() -> None:
    usage = Usage(0.0)
    usage.add_index("by-g", 2.0, is_global=True)
    usage.add_index("by-g", 0.5, is_global=True)
    usage.add_index("by-n", 1.0, is_global=False)
    assert usage.answer("INDEXES", "t") == {
        "TableName": "t",
        "CapacityUnits": 3.5,
        "Table": {"CapacityUnits": 0.0},
        "GlobalSecondaryIndexes": {"by-g": {"CapacityUnits": 2.5}},
        "LocalSecondaryIndexes": {"by-n": {"CapacityUnits": 1.0}},
    }
    assert Usage(1.0).answer("INDEXES", "t") == {
        "TableName": "t",
        "CapacityUnits": 1.0,
        "Table": {"CapacityUnits": 1.0},
    }


def test_transactions_tell_the_kind_of_units_in_every_arm() -> None:
    usage = Usage(4.0)
    usage.add_index("by-g", 1.0, is_global=True)
    both = {"CapacityUnits": 4.0, "WriteCapacityUnits": 4.0}
    assert usages_answer("INDEXES", {"t": usage}, "WriteCapacityUnits") == [
        {
            "TableName": "t",
            "CapacityUnits": 5.0,
            "WriteCapacityUnits": 5.0,
            "Table": both,
            "GlobalSecondaryIndexes": {"by-g": {"CapacityUnits": 1.0, "WriteCapacityUnits": 1.0}},
        }
    ]
    assert usages_answer("TOTAL", {"t": Usage(2.0)}, "ReadCapacityUnits") == [
        {"TableName": "t", "CapacityUnits": 2.0, "ReadCapacityUnits": 2.0}
    ]


def test_usages_add_up() -> None:
    one, other = Usage(1.0, {"g": 1.0}, {"l": 1.0}), Usage(2.0, {"g": 1.0, "h": 2.0}, {"l": 0.5})
    one.add(other)
    assert one == Usage(3.0, {"g": 2.0, "h": 2.0}, {"l": 1.5})
    assert one.total == 8.5


def written(old: dict[str, Any] | None, new: dict[str, Any] | None, factor: int = 1) -> Usage:
    """What replacing one item by another costs; keys are added."""
    table = Table(indexed())
    key = item(pk="a", sk="b")
    record = None
    if old is not None:
        table.commit(table.plan_write(None, {**key, **item(**old)}))
        record = table.get(key)
    return write_usage(table.plan_write(record, None if new is None else {**key, **item(**new)}), factor)


@pytest.mark.parametrize(
    ("old", "new", "usage"),
    [
        (None, {}, Usage(1.0)),
        (None, None, Usage(1.0)),
        ({"g": "x"}, None, Usage(1.0, {"by-g": 1.0})),
        (None, {"g": "x", "v": "y" * 2000}, Usage(2.0, {"by-g": 2.0})),
        ({"g": "x", "v": "y" * 2000}, {"g": "x"}, Usage(2.0, {"by-g": 2.0})),
        ({"g": "x", "v": "y" * 2000}, {"g": "z"}, Usage(2.0, {"by-g": 3.0})),
        ({"g": "x", "n": 1, "v": "y" * 2000}, {"g": "x", "n": 1}, Usage(2.0, {"by-g": 2.0}, {"by-n": 2.0})),
        ({"n": 1}, {"n": 2}, Usage(1.0, {}, {"by-n": 2.0})),
        ({"t": {"B": "AA=="}, "v": "y" * 2000}, {"t": {"B": "AA=="}}, Usage(2.0)),
        ({"t": {"B": "AA=="}, "kept": "y" * 2000}, {"t": {"B": "AA=="}}, Usage(2.0, {}, {"by-t": 2.0})),
        ({"v": {"SS": ["a", "b"]}, "g": "x"}, {"g": "x", "v": {"SS": ["a", "b"]}}, Usage(1.0)),
    ],
)
def test_an_index_is_charged_for_the_entries_that_change(
    old: dict[str, Any] | None, new: dict[str, Any] | None, usage: Usage
) -> None:
    assert written(old, new) == usage


def test_a_transaction_doubles_the_table_alone() -> None:
    assert written({"g": "x"}, {"g": "y", "v": "y" * 1500}, factor=2) == Usage(4.0, {"by-g": 3.0})
