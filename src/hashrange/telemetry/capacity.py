"""Consumed capacity added up by table, operation and index, for as long as the client lives: ``db.capacity.report()``.

An observer that the client brings along; without ``Config.capacity`` nothing reports to it and it costs nothing. Memory
grows with the names of tables, operations and indexes only. Must not know how capacity is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from threading import Lock
from typing import Any, Final, TextIO

from msgspec import Struct

from .events import READS, AttemptFailed, CallFinished, CircuitChanged

_HEAD: Final = ("table", "operation", "index", "calls", "read units", "write units")
_TEXT_COLUMNS: Final = 3  # the others are numbers
_INDEXES: Final = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")


class CapacityLine(Struct, frozen=True):
    """What one operation has consumed of one table or index.

    Attributes:
        table: its name.
        operation: the service's name of it.
        index: whose units these are; None: the table's own, or (with ``capacity="total"``) all of a write's.
        calls: how many answers reported units of it.
        read_units, write_units: capacity units.
    """

    table: str
    operation: str
    index: str | None
    calls: int
    read_units: float
    write_units: float


class CapacityLedger:
    """Adds up what the service reports.

    Args:
        is_reported: whether the client asks for it.
    """

    def __init__(self, *, is_reported: bool) -> None:
        self._is_reported = is_reported
        self._lock = Lock()  # a client may be used by event loops in several threads
        self._sums: dict[tuple[str, str, str | None], list[float]] = {}

    def __repr__(self) -> str:
        return f"<CapacityLedger of {len(self._sums)} lines>"

    def __str__(self) -> str:
        """A table for people, with a line of totals."""
        lines = self.lines()
        if not lines:
            nothing = "No capacity has been reported yet."
            asked = "" if self._is_reported else ' It is not asked for: Config(capacity="indexes").'
            return nothing + asked
        rows = [_HEAD, *map(_row, lines)]
        reads, writes = sum(line.read_units for line in lines), sum(line.write_units for line in lines)
        rows.append(("total", "", "", "", f"{reads:,.1f}", f"{writes:,.1f}"))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(_aligned(row, widths) for row in rows)

    def report(self, file: TextIO | None = None) -> None:
        """Print the table; to standard output unless ``file`` is given."""
        print(self, file=file)

    def lines(self) -> list[CapacityLine]:
        """The sums, ordered by table, operation and index."""
        with self._lock:
            sums = {place: list(units) for place, units in self._sums.items()}
        ordered = sorted(sums, key=lambda place: (place[0], place[1], place[2] or ""))
        return [CapacityLine(*place, int(sums[place][0]), sums[place][1], sums[place][2]) for place in ordered]

    def clear(self) -> None:
        """Begin anew."""
        with self._lock:
            self._sums.clear()

    # ── Observer ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def attempt_failed(self, event: AttemptFailed) -> None:
        return None

    def call_finished(self, event: CallFinished) -> None:
        reported = event.answer.get("ConsumedCapacity")
        if not reported:
            return
        reads = event.operation in READS
        with self._lock:
            for part in reported if isinstance(reported, list) else [reported]:
                table = str(part.get("TableName") or event.table or "")
                for index, units in _parts(part, event.index):
                    sums = self._sums.setdefault((table, event.operation, index), [0, 0.0, 0.0])
                    read_units, write_units = units_of(units, reads=reads)
                    sums[0] += 1
                    sums[1] += read_units
                    sums[2] += write_units

    def circuit_changed(self, event: CircuitChanged) -> None:
        return None


def units_of(reported: Mapping[str, Any], *, reads: bool) -> tuple[float, float]:
    """The read and the write units of a part of ConsumedCapacity; ``reads``: what they are if it does not say."""
    units = float(reported.get("CapacityUnits", 0.0))
    if "ReadCapacityUnits" not in reported and "WriteCapacityUnits" not in reported:
        return (units, 0.0) if reads else (0.0, units)
    return float(reported.get("ReadCapacityUnits", 0.0)), float(reported.get("WriteCapacityUnits", 0.0))


def _parts(reported: Mapping[str, Any], read_index: str | None) -> Iterator[tuple[str | None, Mapping[str, Any]]]:
    """The table's part and those of indexes; of a mere total, all of it, which is the index's that was read."""
    if not any(group in reported for group in ("Table", *_INDEXES)):
        yield read_index, reported
        return
    table = reported.get("Table")
    if table and (table.get("CapacityUnits") or read_index is None):
        yield None, table
    for group in _INDEXES:
        yield from (reported.get(group) or {}).items()


def _row(line: CapacityLine) -> tuple[str, ...]:
    units = (f"{line.calls:,}", f"{line.read_units:,.1f}", f"{line.write_units:,.1f}")
    return (line.table, line.operation, line.index or "-", *units)


def _aligned(row: tuple[str, ...], widths: list[int]) -> str:
    cells = [
        f"{cell:<{width}}" if column < _TEXT_COLUMNS else f"{cell:>{width}}"
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()
