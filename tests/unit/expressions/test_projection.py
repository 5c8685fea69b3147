"""Projections: paths, duplicates, overlaps, and what is taken for one."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.errors import InvalidExpression
from hashrange.expressions import Attr, Placeholders, Projection, Raw
from hashrange.expressions.projection import as_projection, projected_names, render_projection

from .rendering import rendered


@pytest.mark.parametrize(
    ("projection", "text", "names"),
    [
        (Projection("a"), "#n0", ["a"]),
        (Projection("a", "b"), "#n0, #n1", ["a", "b"]),
        (Projection("a.b", Attr("a").b[0], Attr("c")[1]), "#n0, #n1.#n2[0], #n3[1]", ["a.b", "a", "b", "c"]),
        (Projection("a", "b", "a", Attr("b")), "#n0, #n1", ["a", "b"]),
        (Projection(Attr("a").b, Attr("a").c), "#n0.#n1, #n0.#n2", ["a", "b", "c"]),
        (Projection.of("a", ["b", Attr("c").d], ("e",)), "#n0, #n1, #n2.#n3, #n4", ["a", "b", "c", "d", "e"]),
        (Projection.of(name for name in ("size", "name")), "#n0, #n1", ["size", "name"]),
    ],
)
def test_text(projection: Projection, text: str, names: list[str]) -> None:
    found = rendered(projection)
    assert found.text == text
    assert list(found.names.values()) == names
    assert found.values == {}


def test_many_attributes() -> None:
    text = rendered(Projection(*(f"a{number}" for number in range(500)))).text
    assert text.startswith("#n0, #n1, ")
    assert text.endswith("#n499")


@pytest.mark.parametrize(
    ("paths", "reason"),
    [
        ((), "the projection is empty"),
        (("a", Attr("a").b), r"a and a\.b overlap"),
        ((Attr("a")[0].x, "b", Attr("a")[0]), r"a\[0\]\.x and a\[0\] overlap"),
        ((Attr("a").b, Attr("a")[0]), "conflict"),
        (("a", ""), "empty name"),
        ((1,), "neither an attribute name nor a path"),
    ],
)
def test_refused_paths(paths: tuple[Any, ...], reason: str) -> None:
    with pytest.raises(InvalidExpression, match=reason):
        Projection(*paths)


def test_what_is_taken_for_a_projection() -> None:
    projection = Projection("a")
    raw = Raw("a, #b", names={"#b": "size"})
    assert as_projection(projection) is projection
    assert as_projection(raw) is raw
    assert as_projection(["a", Attr("b").c]) == Projection("a", Attr("b").c)
    assert as_projection(("a",)) == Projection("a")


@pytest.mark.parametrize("projection", ["a, b", b"a", 5, None, Attr("a"), Attr("a") == 1])
def test_nothing_else_is_a_projection(projection: Any) -> None:
    with pytest.raises(InvalidExpression, match="a projection is a list of names and paths") as refused:
        as_projection(projection)
    assert refused.value.hint


def test_empty_lists_are_refused() -> None:
    with pytest.raises(InvalidExpression, match="empty"):
        render_projection([], Placeholders())
    with pytest.raises(InvalidExpression, match="empty"):
        Projection.of([])


def test_rendering_shares_the_allocator() -> None:
    placeholders = Placeholders()
    placeholders.name("b")
    assert render_projection(["a", "b"], placeholders) == "#n1, #n0"
    assert render_projection(Raw("x, #y", names={"#y": "b"}), placeholders) == "x, #n0"


def test_what_is_read_as_a_whole() -> None:
    assert projected_names(["a", Attr("b").c, Attr("d")]) == frozenset({"a", "d"})
    assert projected_names(Projection(Attr("b").c)) == frozenset()
    assert projected_names(Raw("a")) is None
