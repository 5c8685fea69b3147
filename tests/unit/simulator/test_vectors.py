"""Vectors: numbers of 32 bits, what is none, the distances, and which vectors are nearest."""

from __future__ import annotations

from array import array
from math import sqrt
from typing import Any

import pytest

from hashrange.simulator.vectors import FLOAT_MAX, NotAVector, Vector, nearest, values_of, vector_of
from tests.simulated_vectors import numbers


def made(*values: float | str) -> Vector:
    return vector_of(numbers(*values))


def score(function: str, left: Vector, right: Vector) -> float:
    return nearest(left, [right], function, 1)[0][1]


def test_a_number_keeps_32_bits() -> None:
    assert made("0.1", "16777217").numbers.tolist() == array("f", [0.1, 16777216.0]).tolist()


def test_the_largest_numbers_are_taken() -> None:
    assert made(FLOAT_MAX, -FLOAT_MAX).numbers.tolist() == [FLOAT_MAX, -FLOAT_MAX]


@pytest.mark.parametrize("text", ["3.5e38", "-3.5e38", "1e125"])
def test_a_number_out_of_range_is_none(text: str) -> None:
    with pytest.raises(NotAVector) as caught:
        made(1, 2, text)
    assert (caught.value.at, caught.value.found) == (2, "N")


def test_an_element_of_another_type_is_none() -> None:
    elements: list[dict[str, Any]] = [{"N": "1"}, {"S": "2"}, {"BOOL": True}]
    with pytest.raises(NotAVector) as caught:
        vector_of(elements)
    assert (caught.value.at, caught.value.found) == (1, "S")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("0.1234", "0.1234"),
        ("0.123456789012", "0.12345679"),
        ("-7", "-7"),
        ("16777217", "16777216"),
        ("0", "0"),
        ("1e-45", "0." + "0" * 44 + "14013"),
        ("1e20", "1" + "0" * 20),
    ],
)
def test_numbers_are_shown_as_short_as_they_can_be(given: str, shown: str) -> None:
    (value,) = values_of(made(given))
    assert made(value["N"]).numbers == made(given).numbers
    assert float(value["N"]) == pytest.approx(float(shown), rel=1e-4)
    assert "e" not in value["N"].lower()
    if not given.startswith("1e-"):
        assert value["N"] == shown


@pytest.mark.parametrize(
    ("function", "left", "right", "wanted"),
    [
        ("COSINE", (1, 0), (10, 0), 0.0),
        ("COSINE", (1, 0), (0, 3), 1.0),
        ("COSINE", (1, 0), (-2, 0), 2.0),
        ("COSINE", (1, 0), (1, 1), 1 - 1 / sqrt(2)),
        ("COSINE", (0, 0), (1, 1), 1.0),
        ("COSINE", (1, 1), (0, 0), 1.0),
        ("EUCLIDEAN", (1, 0, 0, 0), (10, 0, 0, 0), 9.0),
        ("EUCLIDEAN", (0, 0), (3, 4), 5.0),
        ("EUCLIDEAN", (FLOAT_MAX,), (-FLOAT_MAX,), FLOAT_MAX),
        ("DOT_PRODUCT", (1, 2), (3, 4), 11.0),
        ("DOT_PRODUCT", (1, 2), (-3, -4), -11.0),
        ("DOT_PRODUCT", (FLOAT_MAX,), (-FLOAT_MAX,), -FLOAT_MAX),
    ],
)
def test_scores(function: str, left: tuple[float, ...], right: tuple[float, ...], wanted: float) -> None:
    assert score(function, made(*left), made(*right)) == array("f", [wanted])[0]


def test_a_vector_is_no_distance_from_itself() -> None:
    awkward = made("0.1", "0.7", "-0.3333333333", "1e-20", "3e37")
    assert score("COSINE", awkward, awkward) == score("EUCLIDEAN", awkward, awkward) == 0.0


@pytest.mark.parametrize(
    ("function", "order"), [("COSINE", [0, 2, 1]), ("EUCLIDEAN", [0, 2, 1]), ("DOT_PRODUCT", [2, 0, 1])]
)
def test_the_nearest_come_first(function: str, order: list[int]) -> None:
    vectors = [made(1, 0), made(-1, 0), made(2, 1)]
    assert [at for at, _ in nearest(made(1, 0), vectors, function, 3)] == order
    assert [at for at, _ in nearest(made(1, 0), vectors, function, 1)] == order[:1]


@pytest.mark.parametrize("function", ["COSINE", "EUCLIDEAN", "DOT_PRODUCT"])
def test_ties_stay_in_their_order(function: str) -> None:
    vectors = [made(1, 1)] * 5
    assert [at for at, _ in nearest(made(1, 0), vectors, function, 3)] == [0, 1, 2]


def test_nothing_is_nearest_to_nothing() -> None:
    assert nearest(made(1), [], "COSINE", 5) == []
