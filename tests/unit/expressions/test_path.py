"""Paths: what they may be, and which ones cannot stand together."""

from __future__ import annotations

from enum import Enum, IntEnum, StrEnum
from typing import Any

import pytest

from hashrange import limits
from hashrange.errors import InvalidExpression
from hashrange.expressions.path import Path, overlap, refuse_overlap, steps_of, to_path
from hashrange.limits import LIST_INDEX_MAX

from .rendering import rendered


@pytest.mark.parametrize(
    ("steps", "text", "names"),
    [
        (("a",), "#n0", ["a"]),
        (("a", "b", 0), "#n0.#n1[0]", ["a", "b"]),
        (("a", 0, 1, "b"), "#n0[0][1].#n1", ["a", "b"]),
        (("a", "a", "a"), "#n0.#n0.#n0", ["a"]),
        (("a.b",), "#n0", ["a.b"]),
        (("a[0]",), "#n0", ["a[0]"]),
        (("select",), "#n0", ["select"]),
        (("my-attr", "#x", ":y", "a b"), "#n0.#n1.#n2.#n3", ["my-attr", "#x", ":y", "a b"]),
        (("ßü€😀",), "#n0", ["ßü€😀"]),
        (("a", LIST_INDEX_MAX), f"#n0[{LIST_INDEX_MAX}]", ["a"]),
    ],
)
def test_every_name_is_aliased(steps: tuple[Any, ...], text: str, names: list[str]) -> None:
    found = rendered(Path(*steps))
    assert found.text == text
    assert list(found.names.values()) == names
    assert found.values == {}


def test_steps_are_plain_text_and_numbers_whatever_their_class() -> None:
    class Name(StrEnum):
        KEY = "PK"

    class OldName(str, Enum):  # noqa: UP042 - people still have such
        KEY = "SK"

    class Place(IntEnum):
        FIRST = 0

    steps = steps_of(Path(Name.KEY, OldName.KEY, Place.FIRST))
    assert steps == ("PK", "SK", 0)
    assert [type(step) for step in steps] == [str, str, int]


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ((), "starts with the name"),
        ((0,), "starts with the name"),
        (("",), "empty name"),
        (("a", ""), "empty name"),
        (("a", -1), "not between 0 and"),
        (("a", LIST_INDEX_MAX + 1), "not between 0 and"),
        (("a", True), "of type bool"),
        (("a", 1.0), "of type float"),
        ((None,), "of type NoneType"),
        ((b"a",), "of type bytes"),
        (("\ud800",), "not valid Unicode"),
        (("x" * (limits.ATTRIBUTE_NAME_MAX_BYTES + 1),), "65536 bytes"),
        (("ß" * 32_768,), "65536 bytes"),
        (("a",) * 33, "33 steps; at most 32"),
    ],
)
def test_refused_steps(steps: tuple[Any, ...], reason: str) -> None:
    with pytest.raises(InvalidExpression, match=reason):
        Path(*steps)


@pytest.mark.parametrize("steps", [("x" * limits.ATTRIBUTE_NAME_MAX_BYTES,), ("ß" * 32_767,), ("a",) * 32])
def test_the_largest_paths_are_taken(steps: tuple[str, ...]) -> None:
    assert steps_of(Path(*steps)) == steps


def test_text_is_one_name_and_a_path_stays_itself() -> None:
    path = Path("a", 0)
    assert to_path(path) is path
    assert steps_of(to_path("a.b[0]")) == ("a.b[0]",)


@pytest.mark.parametrize("target", [None, 1, b"a", ["a"]])
def test_nothing_else_is_a_path(target: Any) -> None:
    with pytest.raises(InvalidExpression, match="neither an attribute name nor a path") as refused:
        to_path(target)
    assert refused.value.hint is not None


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (("a",), ("a",), "overlap"),
        (("a",), ("a", "b"), "overlap"),
        (("a", "b", 0), ("a", "b"), "overlap"),
        (("a", 0), ("a", 0, "x"), "overlap"),
        (("a", "b"), ("a", 0), "conflict"),
        (("a", "b", "c"), ("a", 0, "c"), "conflict"),
        (("a", 0, "x"), ("a", 0, 1), "conflict"),
        (("a",), ("b",), None),
        (("a", "b"), ("a", "c"), None),
        (("a", 0), ("a", 1), None),
        (("a", "b", "c"), ("a", "d", 0), None),
        (("a.b",), ("a", "b"), None),
    ],
)
def test_overlap(one: tuple[Any, ...], other: tuple[Any, ...], expected: str | None) -> None:
    assert overlap(Path(*one), Path(*other)) == expected
    assert overlap(Path(*other), Path(*one)) == expected


def test_refused_overlaps_name_both_paths() -> None:
    with pytest.raises(InvalidExpression, match=r"a\.b and a\.b\[0\] overlap"):
        refuse_overlap(Path("a", "b", 0), [Path("c"), Path("a", "b")])
    with pytest.raises(InvalidExpression, match=r"a\.b and a\[0\] conflict"):
        refuse_overlap(Path("a", 0), [Path("a", "b")])
    refuse_overlap(Path("a"), [Path("b"), Path("c", "a")])


def test_paths_compare_by_their_steps() -> None:
    assert Path("a", 0) == Path("a", 0)
    assert hash(Path("a", 0)) == hash(Path("a", 0))
    assert Path("a", 0) != Path("a", 1)
    assert Path("a.b") != Path("a", "b")
