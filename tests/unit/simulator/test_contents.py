"""Items put into an engine from Python, and taken out again."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hashrange.codec import decode_item, encode_item
from hashrange.simulator import DiskEngine, Dump, Engine, SeedError, TableSpec, Throughput
from hashrange.simulator.python_values import NotAValue, python_item, wire_item

EVERYTHING: dict[str, Any] = {
    "PK": "a",
    "SK": "b",
    "text": "é",
    "whole": 12345678901234567890123456789012345678,
    "negative": -5,
    "part": Decimal("1.5"),
    "binary": b"\x00\xff",
    "yes": True,
    "no": False,
    "none": None,
    "list": [1, "x", [b"y"], {}],
    "map": {"inner": {"n": 0}},
    "texts": {"a", "b"},
    "numbers": {1, Decimal("2.5")},
    "binaries": {b"a", b"b"},
}


def test_what_is_put_in_comes_out() -> None:
    engine = Engine(["app"])
    assert engine.seed("app", [EVERYTHING]) == 1
    assert engine.dump() == {"app": [EVERYTHING]}
    assert type(engine.dump()["app"][0]["yes"]) is bool


def test_values_are_read_as_the_client_reads_them() -> None:
    """Two independent readings of the same values."""
    assert decode_item(wire_item(EVERYTHING)) == EVERYTHING
    assert python_item(encode_item(EVERYTHING)) == EVERYTHING


@pytest.mark.parametrize(
    ("given", "stored"),
    [(1.5, Decimal("1.5")), (2.0, 2), (Decimal(100), 100), ((1, 2), [1, 2]), (bytearray(b"x"), b"x"), (1e20, 10**20)],
)
def test_other_ways_to_write_a_value(given: Any, stored: Any) -> None:
    engine = Engine(["app"])
    engine.seed("app", [{"PK": "a", "SK": "b", "x": given}])
    assert engine.dump()["app"][0]["x"] == stored


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (object(), r"x is a object, which is no value"),
        ({"deep": [1, {2, "a"}]}, r"x\.deep\[1\] is a set that is empty, or not of all"),
        (set(), "x is a set that is empty"),
        ({True}, "x is a set that is empty"),
    ],
)
def test_what_is_no_value_is_named(value: Any, text: str) -> None:
    with pytest.raises(NotAValue, match=text):
        wire_item({"x": value})


def test_items_come_in_the_order_of_their_keys() -> None:
    engine = Engine([TableSpec("app", "id:N", "at:N")])
    pairs = [(10, 1), (9, -1), (9, 2), (-1, 0), (10, -3), (9, 10)]
    engine.seed("app", [{"id": one, "at": other} for one, other in pairs])
    assert [(item["id"], item["at"]) for item in engine.dump()["app"]] == sorted(pairs)


def test_a_dump_is_of_all_tables_or_of_some_and_knows_their_keys() -> None:
    engine = Engine(["app", TableSpec("users", "id", None)])
    engine.seed("users", [{"id": "ada"}])
    assert engine.dump() == {"app": [], "users": [{"id": "ada"}]}
    some = engine.dump("users")
    assert isinstance(some, Dump)
    assert (some, some.key_names) == ({"users": [{"id": "ada"}]}, {"users": ("id",)})
    with pytest.raises(KeyError, match="nowhere"):
        engine.dump("nowhere")


def test_a_dump_does_not_change_with_the_tables() -> None:
    engine = Engine(["app"])
    before = engine.dump()
    engine.seed("app", [EVERYTHING])
    assert before == {"app": []}


@pytest.mark.parametrize(
    ("table", "item", "text"),
    [
        ("app", {"PK": "a"}, r"table 'app', item 1: One or more parameter values were invalid: Missing the key SK"),
        ("app", {"PK": "a", "SK": "b", "x": object()}, r"table 'app', item 1: x is a object"),
    ],
)
def test_what_cannot_be_put_is_named_and_those_before_it_are_there(table: str, item: Any, text: str) -> None:
    engine = Engine(["app"])
    with pytest.raises(SeedError, match=text):
        engine.seed(table, [EVERYTHING, item])
    assert engine.dump() == {"app": [EVERYTHING]}


def test_a_table_that_is_not_there_is_named() -> None:
    with pytest.raises(SeedError, match=r"table 'app', item 0: Requested resource not found"):
        Engine().seed("app", [EVERYTHING])


def test_nothing_throttles_it() -> None:
    engine = Engine(["app"], throughput=Throughput(partition_write_units=1))
    assert engine.seed("app", ({"PK": "a", "SK": str(n), "text": "x" * 3000} for n in range(400))) == 400
    assert engine.trouble is not None
    assert engine.calls() == []


def test_on_disk_all_of_it_is_one_transaction(tmp_path: Path) -> None:
    with DiskEngine(tmp_path, ["app"]) as engine:
        engine.seed("app", [EVERYTHING])
        with pytest.raises(SeedError):
            engine.seed("app", [{"PK": "a", "SK": "c"}, {}])
        dump = engine.dump()
        assert engine.is_durable
    with DiskEngine(tmp_path) as engine:
        assert engine.dump() == dump == {"app": [EVERYTHING, {"PK": "a", "SK": "c"}]}
