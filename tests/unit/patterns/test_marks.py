"""Marks: their text, what each write makes of them, and what they tell whoever has lost an answer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashrange.patterns.marks import LANES_MAX_COUNT, Marks, next_marks, parse_marks, wrote


def test_the_text_there_and_back() -> None:
    marks = Marks(41, (("Kx3vbTqz", 57), ("p0a_J-4h", 56)))
    assert str(marks) == "41:Kx3vbTqz.57,p0a_J-4h.56"
    assert parse_marks(str(marks)) == marks


@pytest.mark.parametrize(
    "text", [None, 5, "", "41", "41:", ":a.1", "x:a.1", "1:a", "1:a.1,", "1:a.1 ", "1:a.b", "²:a.1", ["1:a.1"]]
)
def test_what_is_no_text_of_marks_is_none(text: Any) -> None:
    assert parse_marks(text) is None


def test_every_lane_is_named_once_and_the_newest_first() -> None:
    marks = next_marks(None, None, "a", 1)
    for version, lane in enumerate("bab", 2):
        marks = next_marks(marks, version - 1, lane, version)
    assert str(marks) == "1:b.4,a.3"


@pytest.mark.parametrize("expected", [None, 0, 3, 5])
def test_marks_of_another_version_begin_anew(expected: int | None) -> None:
    before = Marks(1, (("a", 4),))
    assert str(next_marks(before, expected, "b", 6)) == "6:b.6"


def test_the_oldest_lane_is_forgotten() -> None:
    marks = next_marks(None, None, "lane1", 1)
    for version in range(2, LANES_MAX_COUNT + 2):
        marks = next_marks(marks, version - 1, f"lane{version}", version)
    assert len(marks.lanes) == LANES_MAX_COUNT
    assert marks.lanes[-1] == ("lane2", 2)
    assert len(str(marks)) < 500
    assert wrote(marks, marks.latest, "lane1", 1) is None
    assert wrote(marks, marks.latest, "lane2", 2) is True
    assert wrote(marks, marks.latest, "mine", 2) is False


MARKS = Marks(5, (("a", 9), ("b", 7)))


@pytest.mark.parametrize(
    ("found", "found_version", "version", "told"),
    [
        (MARKS, 9, 9, True),
        (MARKS, 11, 9, True),  # others, who leave no marks, have written since
        (MARKS, 9, 8, False),
        (MARKS, 9, 5, False),
        (MARKS, 9, 4, None),  # before the marks began
        (None, 8, 8, False),  # this very version, without a mark
        (None, 9, 8, None),
        (None, None, 1, None),
    ],
)
def test_what_marks_tell(found: Marks | None, found_version: int | None, version: int, told: bool | None) -> None:
    assert wrote(found, found_version, "a", version) is told


@settings(deadline=None)
@given(st.lists(st.integers(0, LANES_MAX_COUNT + 8), min_size=1, max_size=120))
def test_marks_never_lie(writers: list[int]) -> None:
    """Whoever wrote a version last of its own learns that it did, or nothing; whoever did not, that it did not."""
    marks: Marks | None = None
    last: dict[str, int] = {}
    for version, writer in enumerate(writers, 1):
        marks = next_marks(marks, version - 1 or None, f"lane{writer}", version)
        last[f"lane{writer}"] = version
    for lane, version in last.items():
        assert wrote(marks, len(writers), lane, version) is not False
    for version in range(1, len(writers) + 1):
        assert wrote(marks, len(writers), "nobody", version) is not True
    if len(last) <= LANES_MAX_COUNT:
        assert all(wrote(marks, len(writers), lane, version) for lane, version in last.items())
