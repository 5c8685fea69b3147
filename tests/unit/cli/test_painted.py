"""What a terminal shows with rich: tables, facts, items that do not fit, a bar; and who gets plain text instead."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from contextlib import redirect_stdout
from itertools import pairwise
from typing import Any

import pytest

from hashrange.cli.items import Columns
from hashrange.cli.painted import Painter, painter, widest
from hashrange.cli.progress import Progress
from hashrange.cli.shown import show_facts, show_table
from hashrange.testing import FakeClock

pytest.importorskip("rich")

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
TABLES = [
    ("TABLE", "STATUS", "KEYS", "ITEMS"),
    ("app", "ACTIVE", "PK:S SK:S", "1,000"),
    ("orders", "DELETING", "customer:S number:N", "3"),
]


class Terminal(io.StringIO):
    """A terminal that writes down what it is sent."""

    def isatty(self) -> bool:
        return True

    def shows(self, act: Callable[..., None], *arguments: Any, **named: Any) -> None:
        """Do that with this terminal as the output."""
        with redirect_stdout(self):
            act(*arguments, **named)

    @property
    def lines(self) -> list[str]:
        """What is seen, without colours and the spaces at the end of a line."""
        return [line.rstrip() for line in ESCAPES.sub("", self.getvalue()).splitlines()]


@pytest.fixture(autouse=True)
def kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 80 columns with colours, whatever runs the tests."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


Narrow = Callable[[int], None]


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Narrow:
    return lambda columns: monkeypatch.setenv("COLUMNS", str(columns))


def painted(terminal: Terminal) -> Painter:
    found = painter(terminal)
    assert found is not None
    return found


# ── who gets it ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_file_gets_plain_text() -> None:
    assert painter(io.StringIO()) is None


def test_a_terminal_that_can_nothing_gets_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert painter(Terminal()) is None


def test_without_rich_a_terminal_gets_plain_text(terminal: Terminal, without_rich: None) -> None:
    assert painter(terminal) is None
    terminal.shows(show_table, TABLES, right=(3,))
    terminal.shows(show_facts, [("ok", "region", "here"), ("failed", "table", "gone")], {1: "make it"})
    assert terminal.getvalue().splitlines() == [
        "TABLE   STATUS    KEYS                 ITEMS",
        "app     ACTIVE    PK:S SK:S            1,000",
        "orders  DELETING  customer:S number:N      3",
        "ok      region  here",
        "failed  table   gone",
        "         → make it",
    ]


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_table(terminal: Terminal) -> None:
    terminal.shows(show_table, TABLES, right=(3,))
    assert terminal.lines == [
        "TABLE   STATUS    KEYS                 ITEMS",
        "────────────────────────────────────────────",
        "app     ACTIVE    PK:S SK:S            1,000",
        "orders  DELETING  customer:S number:N      3",
    ]
    shown = terminal.getvalue()
    assert "\x1b[1;36mTABLE" in shown
    assert "\x1b[32mACTIVE" in shown
    assert "\x1b[31mDELETING" in shown


def test_no_color(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    terminal.shows(show_table, TABLES)
    assert terminal.lines[0] == "TABLE   STATUS    KEYS                 ITEMS"
    assert not re.search(r"\x1b\[[0-9;]*(3[0-7]|9[0-7]|38;)", terminal.getvalue()), "bold, and no colour"


@pytest.mark.parametrize("columns", [80, 60, 44, 43, 40, 30, 20])
def test_no_line_of_a_table_is_too_long_and_nothing_is_lost(columns: int, terminal: Terminal, narrow: Narrow) -> None:
    narrow(columns)
    rows = [*TABLES, ("a-table-with-a-name-as-long-as-they-get", "ACTIVE", "PK:S", "0")]
    terminal.shows(show_table, rows)
    assert max(map(len, terminal.lines)) <= columns
    joined = "".join("".join(terminal.lines).split())
    letters = {char for char in "".join(name for row in rows for name in row) if not char.isspace()}
    assert letters <= set(joined)
    for name in ("ACTIVE", "DELETING", "1,000"):
        assert name in joined


def test_a_narrow_terminal_has_the_columns_below_each_other(terminal: Terminal, narrow: Narrow) -> None:
    narrow(30)
    terminal.shows(show_table, TABLES)
    assert terminal.lines == [
        "── 1",
        "TABLE   app",
        "STATUS  ACTIVE",
        "KEYS    PK:S SK:S",
        "ITEMS   1,000",
        "── 2",
        "TABLE   orders",
        "STATUS  DELETING",
        "KEYS    customer:S number:N",
        "ITEMS   3",
    ]


def test_facts_and_advice(terminal: Terminal, narrow: Narrow) -> None:
    narrow(40)
    rows = [("ok", "region", "eu-west-1"), ("failed", "credentials", "none (environment keys: absent, not set)")]
    terminal.shows(show_facts, rows, {1: "set AWS_ACCESS_KEY_ID"})
    assert terminal.lines == [
        "ok      region       eu-west-1",
        "failed  credentials  none (environment",
        "                     keys: absent, not",
        "                     set)",
        "                     → set",
        "                     AWS_ACCESS_KEY_ID",
    ]
    assert "\x1b[1;31mfailed" in terminal.getvalue()


# ── items ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def shown_items(terminal: Terminal, *items: dict[str, Any]) -> list[str]:
    columns = Columns(("PK", "SK"))
    for item in items:
        terminal.shows(columns.add, item)
    terminal.shows(columns.flush)
    return terminal.lines


def test_items_are_text_and_no_markup(terminal: Terminal) -> None:
    lines = shown_items(
        terminal,
        {"PK": "[red]a[/red]", "SK": ":smile:", "n": 1},
        {"PK": "日本", "SK": "b\x1b[2J\n", "link": "[link=http://x]y[/link]"},
    )
    assert lines == [
        "PK            SK          link                     n",
        "────────────────────────────────────────────────────",
        "[red]a[/red]  :smile:                              1",
        "日本          b\\x1b[2J\\n  [link=http://x]y[/link]",
    ]


def test_wide_items_are_cut_where_they_are_widest(terminal: Terminal, narrow: Narrow) -> None:
    narrow(45)
    lines = shown_items(terminal, {"PK": "USER#1", "SK": "PROFILE", "one": "x" * 30, "other": "y" * 12})
    assert lines == [
        "PK      SK       one             other",
        "─────────────────────────────────────────────",
        "USER#1  PROFILE  xxxxxxxxxxxxx…  yyyyyyyyyyyy",
    ]


def test_items_that_do_not_fit_are_shown_below_each_other(terminal: Terminal, narrow: Narrow) -> None:
    narrow(30)
    lines = shown_items(
        terminal,
        {"PK": "USER#1", "SK": "PROFILE", "description": "z" * 90, "other": "y" * 12},
        {"PK": "USER#2", "SK": "PROFILE"},
    )
    cut = lines[3]  # a column or two less wide with some releases of rich
    assert re.fullmatch("description  z{13,16}…", cut)
    assert lines == [
        "── 1",
        "PK           USER#1",
        "SK           PROFILE",
        cut,
        "other        yyyyyyyyyyyy",
        "── 2",
        "PK           USER#2",
        "SK           PROFILE",
    ]


def test_blocks_of_many_items_have_a_heading_each(terminal: Terminal) -> None:
    lines = shown_items(terminal, *({"PK": "a", "SK": str(number)} for number in range(450)))
    assert [line for line in lines if line.startswith("PK")] == ["PK  SK"] * 3
    assert len(lines) == 450 + 3 * 2


@pytest.mark.parametrize("room", range(10, 60, 7))
def test_the_widest_columns_are_cut_first(room: int) -> None:
    widths = [3, 8, 20, 40]
    most = widest(widths, room)
    if most is None:
        assert room < 3 + 8 + 12 + 12
    else:
        assert sum(min(width, most) for width in widths) <= room
        assert most == max(widths) or sum(min(width, most + 1) for width in widths) > room


def test_what_fits_is_not_cut() -> None:
    assert widest([3, 8], 11) == 8
    assert [widest([5, 5], room) for room in (9, 10)] == [None, 5]
    assert all(one >= other for one, other in pairwise(widest([30, 30], room) or 0 for room in range(70, 20, -1)))


# ── progress ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_bar(narrow: Narrow) -> None:
    clock, terminal = FakeClock(), Terminal()
    progress = Progress("exported", terminal, clock)
    progress.show(1_000, 0.25)
    assert ESCAPES.sub("", terminal.getvalue()) == f"\r\x1b[K{'━' * 20}  25% exported 1,000 items, 0/s"
    assert f"\x1b[32m{'━' * 5}\x1b[0m\x1b[2m{'━' * 15}" in terminal.getvalue(), "five of twenty are full"
    narrow(30)
    terminal = Terminal()
    Progress("exported", terminal, clock).show(1_000, 0.25)
    assert ESCAPES.sub("", terminal.getvalue()) == f"\r\x1b[K{'━' * 20}  25% ex…"
    terminal = Terminal()
    Progress("exported", terminal, clock).show(7)
    assert terminal.getvalue() == "\r\x1b[Kexported 7 items, 0/s"


def test_a_bar_without_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal()
    painted(terminal)
    Progress("exported", terminal, FakeClock()).show(1_000, 0.25)
    assert "\x1b[32m" not in terminal.getvalue()
    assert " 25% exported 1,000 items" in terminal.getvalue()
