"""How far a long command is, in one line that a terminal shows over and over.

Prints nothing where the error output is no terminal. Time comes in through the constructor.
"""

from __future__ import annotations

import shutil
import sys
from typing import Final, TextIO

from ..clock import SYSTEM_CLOCK, Clock
from .painted import Painter, painter
from .shown import cut

_PAUSE_SECONDS: Final = 0.1  # between two lines
_BAR_CHARS: Final = 20


class Progress:
    """A line of progress.

    Args:
        verb: what is done: "exported".
        stream: where the line is shown, if that is a terminal.
        clock: for rate and pauses.
        before: what an earlier run has done, which says nothing of the rate.
    """

    def __init__(
        self, verb: str, stream: TextIO | None = None, clock: Clock = SYSTEM_CLOCK, *, before: int = 0
    ) -> None:
        self._verb, self._clock = verb, clock
        self._stream = sys.stderr if stream is None else stream
        self._shows = self._stream.isatty()
        self._paint: Painter | None = None
        self._begun = clock.monotonic()
        self._next = 0.0
        self._before = before

    def show(self, items: int, share: float | None = None) -> None:
        """So many items are done, which is that share (0 to 1) of all; None: nobody knows."""
        now = self._clock.monotonic()
        if not self._shows or now < self._next:
            return
        self._next = now + _PAUSE_SECONDS
        elapsed = now - self._begun
        rate = (items - self._before) / elapsed if elapsed > 0 else 0.0
        self._stream.write(f"\r\x1b[K{self._line(f'{self._verb} {items:,} items, {rate:,.0f}/s', share)}")
        self._stream.flush()

    def _line(self, text: str, share: float | None) -> str:
        self._paint = self._paint or painter(self._stream)
        share = None if share is None else min(max(share, 0.0), 1.0)
        done = 0 if share is None else int(share * _BAR_CHARS)
        left = 0 if share is None else _BAR_CHARS - done
        text = text if share is None else f"{share:4.0%} {text}"
        if self._paint is not None:
            return self._paint.bar(done, left, text)
        bar = "" if share is None else f"[{'#' * done}{'-' * left}] "
        return cut(bar + text, max(shutil.get_terminal_size().columns - 1, 1))

    def clear(self) -> None:
        """Take the line away, so that something else can be printed; ``show`` brings it back."""
        if self._shows:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._next = 0.0
