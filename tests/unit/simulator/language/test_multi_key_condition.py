"""Key conditions on several attributes: the bytes they allow. What is refused is told where queries are tested."""

from __future__ import annotations

import pytest

from hashrange.simulator.language.key_condition import AttributeCondition, SortRange
from hashrange.simulator.language.multi_key_condition import multi_sort_range
from hashrange.simulator.state.keys import KeySchema, MultiKeySchema, key_schema

TYPES = {"p": "S", "q": "S", "s": "S", "t": "S"}


def schema(partitions: str, sorts: str) -> KeySchema:
    return key_schema([*((name, "HASH") for name in partitions), *((name, "RANGE") for name in sorts)], TYPES)


def allowed(*conditions: tuple[str, str, list[str]], sorts: str = "st") -> SortRange:
    keys = schema("pq", sorts)
    assert isinstance(keys, MultiKeySchema)
    named = [
        AttributeCondition(name, operator, tuple({"S": text} for text in texts)) for name, operator, texts in conditions
    ]
    return multi_sort_range({condition.name: condition for condition in named}, keys)


def test_only_keys_of_several_attributes_are_of_that_kind() -> None:
    assert not isinstance(schema("p", ""), MultiKeySchema)
    assert not isinstance(schema("p", "s"), MultiKeySchema)
    for partitions, sorts in (("pq", ""), ("pq", "s"), ("p", "st"), ("pq", "st")):
        keys = schema(partitions, sorts)
        assert isinstance(keys, MultiKeySchema)
        assert (keys.partitions, keys.sorts) == (tuple(partitions), tuple(sorts))
        assert (keys.partition, keys.sort) == ("p", "s" if sorts else None)
        assert keys.names == tuple(partitions + sorts)


def test_one_attribute_alone_is_as_in_other_keys() -> None:
    item = {name: {"S": "a\0"} for name in TYPES}
    assert schema("p", "st").encode(item) == (b"a\0", b"a\0\xff\0\0a\0\xff\0\0")
    assert schema("pq", "s").encode(item) == (b"a\0\xff\0\0a\0\xff\0\0", b"a\0")
    assert schema("pq", "").encode(item) == (b"a\0\xff\0\0a\0\xff\0\0", b"")


@pytest.mark.parametrize(
    ("conditions", "low", "high"),
    [
        ([], b"", None),
        ([("s", "EQ", ["a"])], b"a\0\0", b"a\0\1"),
        ([("s", "LT", ["a"])], b"", b"a\0\0"),
        ([("s", "LE", ["a"])], b"", b"a\0\1"),
        ([("s", "GT", ["a"])], b"a\0\1", None),
        ([("s", "GE", ["a"])], b"a\0\0", None),
        ([("s", "BETWEEN", ["a", "b"])], b"a\0\0", b"b\0\1"),
        ([("s", "BEGINS_WITH", ["a\0"])], b"a\0\xff", b"a\1"),
        ([("s", "EQ", ["a"]), ("t", "EQ", ["b"])], b"a\0\0b\0\0", b"a\0\0b\0\1"),
        ([("s", "EQ", ["a"]), ("t", "LT", ["b"])], b"a\0\0", b"a\0\0b\0\0"),
        ([("s", "EQ", ["a"]), ("t", "GT", ["b"])], b"a\0\0b\0\1", b"a\0\1"),
        ([("s", "EQ", ["a"]), ("t", "BEGINS_WITH", ["b"])], b"a\0\0b", b"a\0\0c"),
    ],
)
def test_a_stretch_of_several_attributes(
    conditions: list[tuple[str, str, list[str]]], low: bytes, high: bytes | None
) -> None:
    assert allowed(*conditions) == SortRange(low, high)


def test_a_sort_key_of_one_attribute() -> None:
    assert allowed(sorts="s") == SortRange()
    assert allowed(("s", "LT", ["a"]), sorts="s") == SortRange(b"", b"a")
