"""Columns, amounts, JSON and progress, as text."""

from __future__ import annotations

import io
import json
from decimal import Decimal

import pytest

from hashrange.cli.progress import Progress
from hashrange.cli.shown import cell, columns, counted, cut, json_text, printable, size_text, width
from hashrange.testing import FakeClock


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KB"),
        (1536, "1.5 KB"),
        (1024**2, "1.0 MB"),
        (3 * 1024**3, "3.0 GB"),
        (1024**4, "1.0 TB"),
        (2048 * 1024**4, "2,048.0 TB"),
    ],
)
def test_sizes(size_bytes: int, text: str) -> None:
    assert size_text(size_bytes) == text


def test_counts() -> None:
    assert [counted(number, "item") for number in (0, 1, 12345)] == ["0 items", "1 item", "12,345 items"]


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert columns([("a", "1"), ("long", "10")], right=[1]) == ["a      1", "long  10"]
    assert columns([("a", "b")], widths=[3]) == ["a    b"]
    assert columns([]) == []
    assert columns([("日本", "x"), ("abcd", "y"), ("e\u0301", "z")]) == ["日本  x", "abcd  y", "e\u0301     z"]
    assert (width("日本"), width("e\u0301"), width("ab")) == (4, 1, 2)


def test_cells() -> None:
    assert [cell(value) for value in ("a", "", "a\tb\u202e", 1, Decimal("1.50"), None, True, b"\0", b"")] == [
        "a", '""', "a\\tb\\u202e", "1", "1.50", "null", "true", "AA==", "(no bytes)",
    ]  # fmt: skip
    assert cell({"a": {1, 3, 2}, "b": [b"\0", "\u202e"]}) == '{"a":[1,2,3],"b":["AA==","\\u202e"]}'
    assert cut("abcdef", 4) == "abc…"
    assert cut("abcdef", None) == cut("abcdef", 6) == "abcdef"
    assert printable("plain é 日") == "plain é 日"


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**125, 2**63 - 1, -(2**63), 0, True])
def test_json_has_every_digit(number: int) -> None:
    assert json.loads(json_text({"n": number}), parse_float=Decimal)["n"] == number


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_on_a_terminal(without_rich: None) -> None:
    clock, terminal = FakeClock(), Terminal()
    progress = Progress("exported", terminal, clock, before=1_000)
    progress.show(1_000, 0.25)
    progress.show(1_001, 0.25)
    assert terminal.getvalue() == "\r\x1b[K[#####---------------]  25% exported 1,000 items, 0/s", "not too often"
    clock.advance(2)
    progress.show(5_000, 7.0)
    assert terminal.getvalue().endswith("\r\x1b[K[####################] 100% exported 5,000 items, 2,000/s")
    progress.clear()
    progress.show(5_000)
    assert terminal.getvalue().endswith("2,000/s\r\x1b[K\r\x1b[Kexported 5,000 items, 2,000/s"), "at once, after clear"


def test_no_progress_in_a_file() -> None:
    stream = io.StringIO()
    progress = Progress("exported", stream, FakeClock())
    progress.show(1, 0.5)
    progress.clear()
    assert stream.getvalue() == ""
