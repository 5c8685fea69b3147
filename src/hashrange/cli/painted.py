"""Tables, facts and a bar on a terminal, with rich: the only file that knows rich.

Everything is given as text that has been made harmless, and is never read as markup. Whether colours are shown is
rich's choice (NO_COLOR, the kind of terminal). Needs the extra ``cli``: without it there is no painter, and ``shown``
prints plain columns. Must not know commands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Final, Literal, TextIO, TypeAlias

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

Side: TypeAlias = Literal["left", "right"]
Overflow: TypeAlias = Literal["fold", "ellipsis"]

_GAP: Final = 2  # columns of the terminal between two of a table: one of padding, one where a box has its lines
_CELL_MIN_CHARS: Final = 12  # narrower cells say nothing: items are shown one below the other then
_HEADING: Final = "bold cyan"
_NAME: Final = "cyan"
_WORDS: Final = {
    "ok": "green", "warning": "yellow", "failed": "bold red",
    "ACTIVE": "green", "UPDATING": "yellow", "CREATING": "yellow", "DELETING": "red", "ARCHIVED": "red",
}  # fmt: skip


def painter(stream: TextIO) -> Painter | None:
    """What paints on a stream; None where that is no terminal (or one that can nothing), or rich is not installed."""
    if not stream.isatty():
        return None
    try:
        from rich.console import Console
    except ImportError:
        return None
    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    return None if console.is_dumb_terminal else Painter(console)


class Painter:
    """Prints on one terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._numbers = count(1)

    # ── what the service says ────────────────────────────────────────────────────────────────────────────────────────
    def table(self, rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
        """A table; the first row is its heading. Nothing is cut: the widest column goes on in the next line, and where
        even that is too wide, the columns stand below each other."""
        from rich.table import Table
        from rich.text import Text

        heading, *others = rows
        widths = self._widths(rows)
        longest = widths.index(max(widths))
        room = self._console.width - sum(widths) + widths[longest] - _GAP * (len(widths) - 1)
        if room < min(widths[longest], _CELL_MIN_CHARS):
            self._below_each_other(heading, others, 1, overflow="fold")
            return
        table = self._empty(Table)
        for at, name in enumerate(heading):
            side: Side = "right" if at in right else "left"
            table.add_column(Text(name), justify=side, no_wrap=at != longest, overflow="fold")
        for row in others:
            table.add_row(*(Text(cell, _WORDS.get(cell, "")) for cell in row))
        self._console.print(table)

    def facts(self, rows: Sequence[Sequence[str]], advice: Mapping[int, str] | None = None) -> None:
        """Lines of a name (or an outcome and a name) and what is to be said of it.

        Args:
            advice: number of a row → what is printed below it.
        """
        from rich.text import Text

        *names, _ = self._widths(rows)
        grid = self._grid(names, "fold")
        for at, (*names_of, said) in enumerate(rows):
            grid.add_row(*(Text(name, _WORDS.get(name, _NAME)) for name in names_of), Text(said, _WORDS.get(said, "")))
            if advice and at in advice:
                grid.add_row(*([""] * len(names_of)), Text(f"→ {advice[at]}", "yellow"))
        self._console.print(grid)

    # ── items ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def items(self, names: Sequence[str], rows: Sequence[Sequence[str]], keys: int) -> None:
        """Items, one a line where that fits, else one attribute a line; the first ``keys`` names are of their keys."""
        widths = self._widths([names, *rows])
        most = widest(widths, self._console.width - _GAP * (len(widths) - 1))
        if most is None:
            self._below_each_other(names, rows, keys, overflow="ellipsis")
        else:
            self._in_lines(names, rows, keys, [min(width, most) for width in widths])

    def _in_lines(self, names: Sequence[str], rows: Sequence[Sequence[str]], keys: int, widths: Sequence[int]) -> None:
        """Looks as ``table``, and is several times as fast: lists of items are long."""
        from rich.text import Text

        gap = " " * _GAP
        shown = Text()
        shown.append(gap.join(map(_fitted, names, widths)).rstrip(), _HEADING)
        shown.append(f"\n{'─' * (sum(widths) + _GAP * (len(widths) - 1))}")
        for row in rows:
            cells = list(map(_fitted, row, widths))
            shown.append("\n")
            shown.append(gap.join(cells[:keys]), _NAME)
            shown.append((gap * (keys > 0) + gap.join(cells[keys:])).rstrip())
        self._console.print(shown, no_wrap=True, overflow="ignore", crop=False)

    # ── both ─────────────────────────────────────────────────────────────────────────────────────────────────────────
    def _below_each_other(
        self, names: Sequence[str], rows: Sequence[Sequence[str]], keys: int, overflow: Overflow
    ) -> None:
        """Each row as a block of names and values; those that are empty are left out."""
        from rich.text import Text

        longest = min(max(self._widths([[name] for name in names])), self._console.width // 2)
        for row in rows:
            self._console.print(Text(f"── {next(self._numbers):,}", "dim"))
            grid = self._grid([longest], overflow)
            for at, (name, said) in enumerate(zip(names, row, strict=True)):
                if said:
                    style = _WORDS.get(said, "") if overflow == "fold" else _NAME if at < keys else ""
                    grid.add_row(Text(name, "bold" if at < keys else ""), Text(said, style))
            self._console.print(grid)

    def _grid(self, names: Sequence[int], overflow: Overflow) -> Table:
        """Columns of names, which are that wide, and one of what is said of them."""
        from rich.table import Table

        grid = Table.grid(padding=(0, _GAP, 0, 0))
        for width in names:
            grid.add_column(width=width, no_wrap=True, overflow="ellipsis")
        rest = self._console.width - sum(names) - _GAP * (len(names) + 1)  # older releases pad the last column, too
        grid.add_column(no_wrap=overflow == "ellipsis", overflow=overflow, max_width=max(rest, 1))
        return grid

    def _empty(self, kind: type[Table]) -> Table:
        from rich import box

        return kind(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, pad_edge=False, header_style=_HEADING)

    def _widths(self, rows: Sequence[Sequence[str]]) -> list[int]:
        from rich.cells import cell_len

        return [max(map(cell_len, column)) for column in zip(*rows, strict=True)]

    # ── progress ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def bar(self, done: int, left: int, text: str) -> str:
        """A bar of so many full and empty parts and a text, in one line, as what is to be written."""
        from rich.text import Text

        line = Text.assemble(("━" * done, "green"), ("━" * left, "dim"), " " if done + left else "", text)
        line.truncate(max(self._console.width - 1, 1), overflow="ellipsis")
        with self._console.capture() as captured:
            self._console.print(line, end="", no_wrap=True)
        return captured.get()


def _fitted(text: str, width: int) -> str:
    """Text as wide as a column: filled up, or cut."""
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, width - 1) + "…"


def widest(widths: Sequence[int], room: int) -> int | None:
    """How wide a column may be at most, so that all of them have room: the widest ones are cut first.

    Returns:
        None where columns would be too narrow to say anything.
    """
    if sum(min(width, _CELL_MIN_CHARS) for width in widths) > room:
        return None
    most = max(widths)
    while sum(min(width, most) for width in widths) > room:
        most -= 1
    return most
