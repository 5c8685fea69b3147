"""The allocator, and its twin that prints."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hashrange.errors import TypeMismatch
from hashrange.expressions import Placeholders
from hashrange.expressions.placeholders import Printer, identity, readable


def test_names_and_values_are_numbered_in_order() -> None:
    placeholders = Placeholders()
    assert [placeholders.name(name) for name in ("b", "a", "b", "c")] == ["#n0", "#n1", "#n0", "#n2"]
    assert [placeholders.value(value) for value in ("x", 1, "x", 2)] == [":v0", ":v1", ":v0", ":v2"]
    assert placeholders.names == {"#n0": "b", "#n1": "a", "#n2": "c"}
    assert placeholders.values == {":v0": {"S": "x"}, ":v1": {"N": "1"}, ":v2": {"N": "2"}}
    assert repr(placeholders) == "Placeholders(3 names, 3 values)"


def test_many_names_and_values() -> None:
    placeholders = Placeholders()
    assert [placeholders.name(f"a{number}") for number in range(200)] == [f"#n{number}" for number in range(200)]
    assert [placeholders.value(number) for number in range(200)] == [f":v{number}" for number in range(200)]
    assert len(placeholders.names) == len(placeholders.values) == 200


@pytest.mark.parametrize(
    "equal",
    [
        [1, 1.0, Decimal("1.00"), Decimal("10E-1")],
        [-5, -5.0, Decimal("-5.0")],
        [0, 0.0, -0.0, Decimal("-0"), Decimal("0E+5")],
        [10**20, Decimal("1E+20"), 1e20],
        [0.1, Decimal("0.1"), Decimal("0.10")],
        [Decimal("1E+125"), Decimal("10E+124")],
        ["", ""],
        [b"a", bytearray(b"a"), memoryview(b"a")],
        [[1, "a"], (1.0, "a")],
        [{"a": 1, "b": [2]}, {"b": [Decimal("2.0")], "a": 1.0}],
        [{1, 2}, frozenset({2.0, 1.0})],
        [{"a", "b"}, {"b", "a"}],
        [[], ()],
        [{}, {}],
    ],
)
def test_equal_values_share(equal: list[Any]) -> None:
    placeholders = Placeholders()
    assert {placeholders.value(value) for value in equal} == {":v0"}
    assert len(placeholders.values) == 1


def test_values_that_only_python_finds_equal_do_not_share() -> None:
    placeholders = Placeholders()
    different: list[Any] = [1, True, "1", b"1", 0, False, None, "", b"", [1], [True], ["1"], [[1]], {1}, {"1"}, {b"1"}]
    different += [
        {"a": 1},
        {"a": True},
        {"b": 1},
        {"a": 1, "b": 1},
        [1, 2],
        [2, 1],
        {1, 2},
        {1, 3},
        "YQ==",
        b"a",
        {},
        [],
    ]
    assert len({placeholders.value(value) for value in different}) == len(different)


def test_values_are_checked() -> None:
    with pytest.raises(TypeMismatch):
        Placeholders().value(object())  # type: ignore[arg-type]


def test_same_meaning() -> None:
    one, other = Placeholders(), Placeholders()
    one.name("a"), other.name("a")
    one.value({1, 2}), other.value({2.0, 1})
    assert one.same_meaning(other)
    other.value("more")
    assert not one.same_meaning(other)
    one.value("more")
    one.name("b")
    assert not one.same_meaning(other)


def test_composites_are_no_equals_of_scalars() -> None:
    assert identity({"L": []}) != identity({"S": ""})
    assert identity({"L": []}) != identity({"M": {}})


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("a", "a"),
        ("_a1", "_a1"),
        ("a.b", "`a.b`"),
        ("my-attr", "`my-attr`"),
        ("#x", "`#x`"),
        ("1a", "`1a`"),
        ("ß", "`ß`"),
        ("a`b\\", "`a\\`b\\\\`"),
    ],
)
def test_printed_names(name: str, printed: str) -> None:
    assert Printer().name(name) == printed


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        ("it's", '"it\'s"'),
        (1, "1"),
        (Decimal("1.50"), "1.50"),
        (b"\x00a", "b'\\x00a'"),
        (True, "True"),
        (False, "False"),
        (None, "None"),
        ([1, ["a"]], "[1, ['a']]"),
        ({"a": {"b": 1}}, "{'a': {'b': 1}}"),
        ({"b", "a"}, "{'a', 'b'}"),
        ({10, 9, -1}, "{-1, 9, 10}"),
        ({b"b", b"a"}, "{b'a', b'b'}"),
    ],
)
def test_printed_values(value: Any, printed: str) -> None:
    assert Printer().value(value) == printed
    assert Printer(redact=True).value(value) == "?"


def test_readable_takes_the_wire_shape() -> None:
    assert readable({"M": {"a": {"L": [{"NULL": True}]}}}) == "{'a': [None]}"
