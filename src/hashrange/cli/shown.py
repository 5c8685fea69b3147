"""How things look: tables, facts, amounts for people, items as JSON.

Owns every choice of presentation: on a terminal what ``painted`` makes of it, if rich is there, else aligned columns.
What comes from tables is never written to a terminal as it is: control characters in it are escaped. Must not know
commands.
"""

from __future__ import annotations

import sys
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final
from unicodedata import combining, east_asian_width

import msgspec

from .painted import painter

CELL_MAX_CHARS: Final = 40  # on a terminal; nothing is cut for a file or a pipe
_UNITS: Final = ("KB", "MB", "GB", "TB")
_INT_MAX: Final = 2**63  # beyond it, the encoder has no int
_encode = msgspec.json.Encoder(decimal_format="number").encode


def say(text: str = "") -> None:
    """Print a line."""
    sys.stdout.write(f"{text}\n")


def note(text: str) -> None:
    """Print a line beside the output: what is not part of it."""
    sys.stdout.flush()
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


# ── JSON ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def json_text(value: Any) -> str:
    """A value as JSON in one line: numbers with all their digits, sets as sorted lists, binary as base64."""
    return _encode(_plain(value)).decode()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, set | frozenset):
        return [_plain(one) for one in sorted(value)]
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, bytes | bytearray):
        return b64encode(value).decode()
    if isinstance(value, int) and not isinstance(value, bool) and not -_INT_MAX <= value < _INT_MAX:
        return Decimal(value)
    return value


# ── tables and facts ─────────────────────────────────────────────────────────────────────────────────────────────────
def show_table(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
    """Print a table; the first row is its heading.

    Args:
        right: the numbers of the columns (from 0) that are aligned to the right.
    """
    paint = painter(sys.stdout)
    if paint is not None:
        paint.table(rows, right)
    else:
        for line in columns(rows, right=right):
            say(line)


def show_facts(rows: Sequence[Sequence[str]], advice: Mapping[int, str] | None = None) -> None:
    """Print lines of names and what is to be said of each, which is last.

    Args:
        advice: number of a row → what is printed below it.
    """
    paint = painter(sys.stdout)
    if paint is not None:
        paint.facts(rows, advice)
        return
    for at, line in enumerate(columns(rows)):
        say(line)
        if advice and at in advice:
            say(f"         → {advice[at]}")


# ── text ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def cell(value: Any) -> str:
    """A value of an item in a column."""
    if isinstance(value, str):
        return printable(value) if value else '""'
    if isinstance(value, bytes):
        return b64encode(value).decode() or "(no bytes)"
    return printable(json_text(value))


def printable(text: str) -> str:
    """Text with everything escaped that a terminal would not show but obey."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def columns(rows: Iterable[Sequence[str]], widths: Sequence[int] = (), right: Iterable[int] = ()) -> list[str]:
    """Rows as lines with aligned columns.

    Args:
        widths: the least width of each column.
        right: the numbers of the columns (from 0) that are aligned to the right.
    """
    rows = list(rows)
    if not rows:
        return []
    found = [max(map(width, column)) for column in zip(*rows, strict=True)]
    for at, least in enumerate(widths):
        found[at] = max(found[at], least)
    sided = set(right)
    return ["  ".join(_padded(one, found[at], at in sided) for at, one in enumerate(row)).rstrip() for row in rows]


def _padded(text: str, to: int, right: bool) -> str:
    space = " " * (to - width(text))
    return space + text if right else text + space


def width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def cut(text: str, most: int | None) -> str:
    """Text of at most so many characters."""
    return text if most is None or len(text) <= most else f"{text[: most - 1]}…"


def size_text(size_bytes: int) -> str:
    """An amount of bytes for people: ``1.5 MB``."""
    if size_bytes < 1024:
        return f"{size_bytes} B"
    power = min((size_bytes.bit_length() - 1) // 10, len(_UNITS))
    return f"{size_bytes / 1024**power:,.1f} {_UNITS[power - 1]}"


def counted(number: int, what: str) -> str:
    """``1 item``, ``12,345 items``."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def is_terminal() -> bool:
    """Whether the output is looked at by a person."""
    return sys.stdout.isatty()
