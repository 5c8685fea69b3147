"""Sizes of values and items, as the service counts them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hashrange.codec import encode_value, item_size, wire_item_size

#: half a byte for each digit, left and right of the point, each rounded up; where an item just fits into 400 KB, the
#: service shows that it counts so. (DynamoDB Local pairs digits across the point: 10010 has 4 bytes there.)
NUMBER_SIZES = """
0:1 1:2 12:2 123:3 1.5:3 12.5:3 -1:3 -12:3 1E125:2 1E+125:2 100:2 1000:2 0.01:2 0.001:2 0.10:2 1E-130:2 10.01:3
1.23456:5 10010:3 0.011:2 0.040110:3 0.0435051:4 -4.8895538E+12:6 2.517357551E+16:6 -7.88203E+6:5 4.88989E+8:4
3.42262397688E+14:7 100100.001:6 1.0001:4 0.0123:3 123E10:3 00:1 -0.0:1 0E+7:1
"""


@pytest.mark.parametrize(("text", "size"), [pair.split(":") for pair in NUMBER_SIZES.split()])
def test_sizes_of_numbers(text: str, size: str) -> None:
    assert wire_item_size({"n": {"N": text}}) == 1 + int(size)
    assert item_size({"n": Decimal(text)}) == 1 + int(size)


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ("", 0),
        ("a", 1),
        ("é", 2),
        ("😀", 4),
        (b"", 0),
        (b"a", 1),
        (b"ab", 2),
        (b"abc", 3),
        (b"\x00" * 100, 100),
        (True, 1),
        (False, 1),
        (None, 1),
        (10**125, 2),
        (10**38 - 1, 20),
        (-(10**38) + 1, 21),
        (1.5, 3),
        ([], 3),
        ({}, 3),
        (["ab"], 6),
        ([[]], 7),
        ({"k": 1}, 7),
        ({"é": None}, 7),
        ({"a": {"b": [1, "x"]}}, 3 + (1 + 1) + 3 + (1 + 1) + 3 + (1 + 2) + (1 + 1)),
        ({"a", "bc"}, 3),
        ({1, 123}, 5),
        ({b"a", b""}, 1),
    ],
    ids=lambda each: type(each).__name__,
)
def test_sizes(value: Any, size: int) -> None:
    assert item_size({"n": value}) == 1 + size
    assert wire_item_size({"n": encode_value(value)}) == 1 + size


def test_sizes_of_items() -> None:
    assert item_size({"pk": "a"}) == 3
    assert item_size({"pk": "a", "é": 12}) == 3 + 2 + 2
    assert item_size({}) == 0
    assert item_size({"x" * 1_000: b"y" * 10_000}) == 11_000
