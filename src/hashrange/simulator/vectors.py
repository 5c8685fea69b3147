"""Vectors as a vector index keeps and compares them: numbers of 32 bits.

Sums are made in 64 bits; a score is then rounded to 32 bits, so that what is equally near is equal. Where something is
not known of the service: a vector of zeros has no direction, and its cosine distance to any other is 1. Must not know
tables, items or requests.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Sequence
from heapq import nlargest, nsmallest
from math import dist, inf, isinf, sqrt
from operator import mul
from typing import Any, Final, TypeAlias

from msgspec import Struct

from .values import canonical, kind

if sys.version_info >= (3, 12):
    from math import sumprod
else:

    def sumprod(left: Sequence[float], right: Sequence[float], /) -> float:
        return sum(map(mul, left, right), 0.0)


FLOAT_BYTES: Final = 4
FLOAT_MAX: Final = (2 - 2**-23) * 2.0**127
_DIGITS_LEAST, _DIGITS_MOST = 6, 9  # that many tell any two numbers of 32 bits apart


class NotAVector(Exception):
    """An element that is no number of 32 bits: which, and its type; ``N`` where it is a number out of range."""

    def __init__(self, at: int, found: str) -> None:
        super().__init__(at, found)
        self.at, self.found = at, found


class Vector(Struct, frozen=True, eq=False, gc=False):
    """A vector, with the square of its length."""

    numbers: array[float]
    square: float


#: the scores of vectors, in their order
_Measure: TypeAlias = Callable[[Vector, Sequence[Vector]], "list[float]"]


def vector_of(values: Sequence[Any]) -> Vector:
    """The vector of a list's elements, which are canonical attribute values.

    Raises:
        NotAVector: one is no number, or too large for 32 bits.
    """
    try:
        numbers = array("f", [float(value["N"]) for value in values])
    except KeyError:
        at = next(at for at, value in enumerate(values) if "N" not in value)
        raise NotAVector(at, kind(values[at])) from None
    if inf in numbers or -inf in numbers:
        raise NotAVector(next(at for at, number in enumerate(numbers) if isinf(number)), "N")
    return Vector(numbers, sumprod(numbers, numbers))


def values_of(vector: Vector) -> list[dict[str, str]]:
    """The elements of a vector as attribute values: the shortest numbers that become the same ones."""
    return [canonical({"N": _shortest(number)}) for number in vector.numbers]


def _shortest(number: float) -> str:
    for digits in range(_DIGITS_LEAST, _DIGITS_MOST):
        text = f"{number:.{digits}g}"
        if array("f", [float(text)])[0] == number:
            return text
    return f"{number:.{_DIGITS_MOST}g}"


# ── distances ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _cosine(query: Vector, vectors: Sequence[Vector]) -> list[float]:
    numbers, square = [*query.numbers], query.square
    scores = []
    for vector in vectors:
        both = square * vector.square
        score = 1 - sumprod(numbers, vector.numbers) / sqrt(both) if both else 1.0
        scores.append(min(max(score, 0.0), 2.0))
    return scores


def _euclidean(query: Vector, vectors: Sequence[Vector]) -> list[float]:
    numbers = tuple(query.numbers)
    return [dist(numbers, vector.numbers) for vector in vectors]


def _dot_product(query: Vector, vectors: Sequence[Vector]) -> list[float]:
    numbers = [*query.numbers]
    return [sumprod(numbers, vector.numbers) for vector in vectors]


_MEASURES: Final[dict[str, _Measure]] = {"COSINE": _cosine, "EUCLIDEAN": _euclidean, "DOT_PRODUCT": _dot_product}


def nearest(query: Vector, vectors: Sequence[Vector], distance: str, count: int) -> list[tuple[int, float]]:
    """The most similar vectors, nearest first, as places in the sequence with their scores; ties in its order.

    Args:
        distance: COSINE and EUCLIDEAN, where the smallest score is nearest, or DOT_PRODUCT, where the largest is.
        count: how many are wanted.
    """
    scores = array("f", _MEASURES[distance](query, vectors))
    chosen = (nlargest if distance == "DOT_PRODUCT" else nsmallest)(count, range(len(scores)), key=scores.__getitem__)
    return [(at, min(max(scores[at], -FLOAT_MAX), FLOAT_MAX)) for at in chosen]
