"""How far a long command is, in one line that a terminal shows over and over.

Prints nothing where the error output is no terminal. Time comes in through the constructor.
"""

from __future__ import annotations

import shutil
import sys
from typing import Final, TextIO

from ..clock import SYSTEM_CLOCK, Clock
from .shown import cut

_PAUSE_SECONDS: Final = 0.1  # between two lines
_BAR_CHARS: Final = 20


class Progress:
    """A line of progress.

    Args:
        verb: what is done: "exported".
        stream: where the line is shown, if that is a terminal.
        clock: for rate and pauses.
    """

    def __init__(self, verb: str, stream: TextIO | None = None, clock: Clock = SYSTEM_CLOCK) -> None:
        self._verb, self._clock = verb, clock
        self._stream = sys.stderr if stream is None else stream
        self._shows = self._stream.isatty()
        self._begun = clock.monotonic()
        self._next = 0.0
        self._from: int | None = None

    def show(self, items: int, share: float | None = None) -> None:
        """So many items are done, which is that share (0 to 1) of all; None: nobody knows."""
        if self._from is None:
            self._from = items  # what an earlier run has done says nothing of the rate
        now = self._clock.monotonic()
        if not self._shows or now < self._next:
            return
        self._next = now + _PAUSE_SECONDS
        elapsed = now - self._begun
        rate = (items - self._from) / elapsed if elapsed > 0 else 0.0
        bar = "" if share is None else f"{_bar(share)} "
        line = f"{bar}{self._verb} {items:,} items, {rate:,.0f}/s"
        columns = shutil.get_terminal_size().columns
        self._stream.write(f"\r\x1b[K{cut(line, max(columns - 1, 1))}")
        self._stream.flush()

    def clear(self) -> None:
        """Take the line away, so that something else can be printed; ``show`` brings it back."""
        if self._shows:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._next = 0.0


def _bar(share: float) -> str:
    share = min(max(share, 0.0), 1.0)
    full = int(share * _BAR_CHARS)
    return f"[{'#' * full}{'-' * (_BAR_CHARS - full)}] {share:4.0%}"
