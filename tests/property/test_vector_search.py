"""SearchVectors against a search that looks at every item of the table anew, in exact fractions where that can be.

Items come, change and go; the index may have a partition attribute and a filter. Whole numbers make exact scores and
many ties; any others must come out right to 32 bits.
"""

from __future__ import annotations

from array import array
from fractions import Fraction
from math import sqrt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulated_vectors import PRODUCTS, SCHEMA, World, vector_index

DIMENSIONS = 4
CATEGORIES, BRANDS = ["c", "d"], ["x", "y"]
wholes = st.lists(st.integers(-3, 3), min_size=DIMENSIONS, max_size=DIMENSIONS)
reals = st.lists(st.floats(-1e6, 1e6, width=32, allow_subnormal=False), min_size=DIMENSIONS, max_size=DIMENSIONS)
#: key, vector, category, brand; a vector of None removes the item, "" leaves the attribute out
writes = st.lists(
    st.tuples(
        st.sampled_from("abcdefgh"),
        st.one_of(st.none(), wholes),
        st.sampled_from(["", *CATEGORIES]),
        st.sampled_from(["", *BRANDS]),
    ),
    max_size=25,
)


def single(number: float) -> float:
    return array("f", [number])[0]


def exact(function: str, left: list[Any], right: list[Any]) -> Fraction | float:
    """A score: exact but for a root at the end."""
    a, b = [Fraction(each) for each in left], [Fraction(each) for each in right]
    dot = sum((x * y for x, y in zip(a, b, strict=True)), Fraction(0))
    if function == "DOT_PRODUCT":
        return dot
    if function == "EUCLIDEAN":
        return sqrt(sum((x - y) ** 2 for x, y in zip(a, b, strict=True)))
    squares = sum(x * x for x in a) * sum(y * y for y in b)
    return 1.0 if not squares else 1 - float(dot) / sqrt(squares)


@pytest.mark.parametrize("function", ["COSINE", "EUCLIDEAN", "DOT_PRODUCT"])
@given(writes=writes, query=wholes, count=st.integers(1, 10), brand=st.sampled_from(["", *BRANDS]))
@settings(deadline=None, max_examples=60)
def test_it_finds_what_looking_at_everything_finds(
    function: str, writes: list[Any], query: list[int], count: int, brand: str
) -> None:
    world = World(vector_index(schema=SCHEMA, DistanceFunction=function, Dimensions=DIMENSIONS))
    items: dict[str, tuple[list[int], str, str]] = {}
    for key, numbers, category, its_brand in writes:
        if numbers is None:
            world.do("DeleteItem", TableName=PRODUCTS, Key={"id": {"S": key}})
            items.pop(key, None)
            continue
        attributes = {name: text for name, text in (("category", category), ("brand", its_brand)) if text}
        world.put(key, *numbers, **attributes)
        items[key] = numbers, category, its_brand
    filtered = {"condition": "category = :c AND brand = :b", "b": brand} if brand else {"condition": "category = :c"}
    for wanted in CATEGORIES:
        found = world.search(*query, c=wanted, TopK=count, **filtered)["SearchResults"]
        inside = {
            key: single(float(exact(function, query, numbers)))
            for key, (numbers, category, its_brand) in items.items()
            if category == wanted and (not brand or its_brand == brand)
        }
        best = sorted(inside.values(), reverse=function == "DOT_PRODUCT")[:count]
        assert [each["Score"] for each in found] == pytest.approx(best, abs=3e-7)
        assert len({each["Item"]["id"]["S"] for each in found}) == len(found) == min(count, len(inside))
        for each in found:
            assert each["Score"] == pytest.approx(inside[each["Item"]["id"]["S"]], abs=3e-7)


@pytest.mark.parametrize("function", ["COSINE", "EUCLIDEAN", "DOT_PRODUCT"])
@given(vectors=st.lists(reals, min_size=1, max_size=12), query=reals)
@settings(deadline=None, max_examples=60)
def test_any_numbers_are_right_to_32_bits(function: str, vectors: list[list[float]], query: list[float]) -> None:
    world = World(vector_index(DistanceFunction=function, Dimensions=DIMENSIONS))
    for at, numbers in enumerate(vectors):
        world.put(str(at), *map(written, numbers))
    scores = world.scores(*map(written, query))
    length = sqrt(sum(each * each for each in query))
    for at, numbers in enumerate(vectors):
        size = sqrt(sum(each * each for each in numbers)) * length  # what a sum can lose goes by the lengths
        slack = 1e-12 * size if function == "DOT_PRODUCT" else 1e-6
        assert scores[str(at)] == pytest.approx(float(exact(function, query, numbers)), rel=1e-6, abs=slack)
    ordered = list(scores.values())
    assert ordered == sorted(ordered, reverse=function == "DOT_PRODUCT")


def written(number: float) -> str:
    return f"{number:.17g}"
