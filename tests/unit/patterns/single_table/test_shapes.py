"""Whether two shapes can be one text, and which."""

from __future__ import annotations

import re

import pytest

from hashrange.patterns.single_table.shapes import ANYTHING, Chars, Choice, Run, Shape, shape_regex, shared_text

TEXT = Run(Chars("#", but=True))
DIGITS = Run(Chars("0123456789"), 4)


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        (("A",), ("A",), "A"),
        (("A",), ("B",), None),
        (("A",), ("AB",), None),
        (("ORDER#", TEXT), ("ORDER#", TEXT, "#ITEM#", TEXT), None),
        (("ORDER#", ANYTHING), ("ORDER#", TEXT, "#ITEM#", TEXT), "ORDER#1#ITEM#1"),
        (("ORDER#", TEXT), (TEXT, "#", TEXT), "ORDER#1"),
        ((TEXT,), ("PROFILE",), "PROFILE"),
        ((DIGITS,), (TEXT,), "0000"),
        ((DIGITS,), (Run(Chars("abc"), 4),), None),
        ((DIGITS,), (DIGITS, DIGITS), None),
        ((Choice(("open", "closed")), "#", DIGITS), (TEXT, "#", TEXT), "open#0000"),
        ((Choice(("open", "closed")),), (Choice(("done", "closed")),), "closed"),
        ((Choice(("open",)),), (Choice(("done",)),), None),
        ((Run(Chars("ab", but=True)),), (Run(Chars("#1", but=True)),), "c"),
    ],
)
def test_the_shortest_shared_text(one: Shape, other: Shape, shared: str | None) -> None:
    for pair in ((one, other), (other, one)):
        found = shared_text(*pair)
        assert (found is None) == (shared is None)
        if found is not None and shared is not None:
            assert len(found) == len(shared)
            assert all(re.fullmatch(shape_regex(shape), found, re.DOTALL) for shape in pair)
    assert shared_text(one, other) == shared
