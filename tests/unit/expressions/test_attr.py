"""Attr: its paths, and the traps that Python sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hashrange.errors import InvalidExpression
from hashrange.expressions import Attr
from hashrange.expressions.path import steps_of

from .rendering import text_of


@pytest.mark.parametrize(
    "attr",
    [Attr("a", "b", 0), Attr("a").b[0], Attr("a")["b"][0], Attr("a", "b")[0]],
)
def test_one_path_many_ways(attr: Attr) -> None:
    assert steps_of(attr) == ("a", "b", 0)
    assert text_of(attr) == "#n0.#n1[0]"
    assert attr.describe() == "a.b[0]"


def test_a_dot_is_a_character_of_a_name() -> None:
    assert steps_of(Attr("a.b")) == ("a.b",)
    assert steps_of(Attr("a")["b.c"]) == ("a", "b.c")


def test_names_that_are_methods_go_into_brackets() -> None:
    assert steps_of(Attr("a")["size"]["contains"]) == ("a", "size", "contains")
    assert steps_of(Attr("size", "exists")) == ("size", "exists")
    assert steps_of(Attr("a")._private) == ("a", "_private")


def test_names_of_the_language_are_no_attributes() -> None:
    assert not hasattr(Attr("a"), "__fspath__")
    with pytest.raises(AttributeError):
        Attr("a").__length_hint__  # noqa: B018


@pytest.mark.parametrize("step", ["", -1, True, None, 1.5, slice(0, 1), ("b", 0)])
def test_refused_steps(step: Any) -> None:
    with pytest.raises(InvalidExpression):
        Attr("a")[step]
    with pytest.raises(InvalidExpression):
        Attr("a", step)


def test_a_path_is_at_most_32_steps_deep() -> None:
    attr = Attr("a")
    for _ in range(31):
        attr = attr.a
    assert text_of(attr).count("#n0") == 32
    with pytest.raises(InvalidExpression, match="33 steps"):
        attr.a  # noqa: B018
    with pytest.raises(InvalidExpression, match="33 steps"):
        attr[0]


@pytest.mark.parametrize(
    ("misuse", "reason"),
    [
        (lambda: bool(Attr("a")), "no truth value"),
        (lambda: Attr("a") and 1, "no truth value"),
        (lambda: not Attr("a"), "no truth value"),
        (lambda: list(Attr("a")), "cannot be iterated"),
        (lambda: 1 in Attr("a"), r"contains\(value\)"),
        (lambda: Attr("a").begin_with("x"), "'begin_with' is not a method of Attr"),  # type: ignore[operator]
        (lambda: Attr("a")("x"), "its methods are begins_with, between, contains,"),  # type: ignore[operator]
    ],
)
def test_traps(misuse: Callable[[], object], reason: str) -> None:
    with pytest.raises(InvalidExpression, match=reason):
        misuse()


def test_attributes_are_not_hashable_since_equality_builds_a_condition() -> None:
    for comparable in (Attr("a"), Attr("a").size()):
        with pytest.raises(TypeError, match="unhashable"):
            hash(comparable)


def test_attributes_cannot_be_assigned() -> None:
    attr: Any = Attr("a")
    with pytest.raises(AttributeError):
        attr.b = 1
    with pytest.raises(TypeError):
        attr["b"] = 1
