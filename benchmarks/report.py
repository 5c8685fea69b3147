"""How figures are shown: tables for the terminal, a section for RESULTS.md, and the machine they were taken on."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import re
import ssl
import subprocess
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from benchmarks.figures import GROUPS, Figure, goals, ratio

STUB_BUSY_MAX = 0.9  # of the wall time; beyond, the stub is what is measured
BUSY_MIN = 0.7  # of the wall time; a client with enough in flight is always busy on a quiet machine
RESULTS = Path(__file__).resolve().parent / "RESULTS.md"


def _cpu_model() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def machine() -> dict[str, str]:
    """Where and when: date, CPU, cores, load, Python, OpenSSL, system."""
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "CPU": f"{_cpu_model()}, {os.cpu_count()} cores",
        "load before": f"{os.getloadavg()[0]:.1f}",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "OpenSSL": ssl.OPENSSL_VERSION.split()[1],
    }


def versions(distributions: Iterable[str]) -> dict[str, str]:
    """Installed versions, in the given order, each once."""
    return {name: importlib.metadata.version(name) for name in dict.fromkeys(distributions)}


def nginx_version(binary: str) -> str:
    """As nginx says it."""
    return subprocess.run([binary, "-v"], capture_output=True, text=True, check=True).stderr.rsplit("/", 1)[-1].strip()


def _ratio_text(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _row(one: Figure, figures: list[Figure]) -> list[str]:
    return [
        one.client,
        one.loop,
        f"{one.operations_per_s:,.0f}",
        f"{one.cpu_us:,.0f}" if one.cpu_us >= 100 else f"{one.cpu_us:.1f}",
        f"{one.p50_ms:.2f}",
        f"{one.p99_ms:.2f}",
        *(_ratio_text(ratio(one, figures, group)) for group in GROUPS),
    ]


GOALS = ["verdict", "needed", "measured", "by CPU time"]
HEADER = ["client", "loop", "operations/s", "CPU µs/call", "p50 ms", "p99 ms", *(f"× {group}" for group in GROUPS)]


def aligned(rows: Sequence[Sequence[str]], text: Collection[int] = (0, 1)) -> str:
    """Columns for a terminal; those in ``text`` begin at the left, numbers end at the right."""
    columns = []
    for number, column in enumerate(zip(*rows, strict=True)):
        width = max(map(len, column))
        columns.append([cell.ljust(width) if number in text else cell.rjust(width) for cell in column])
    return "\n".join("  ".join(row).rstrip() for row in zip(*columns, strict=True))


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]], text: Collection[int] = (0, 1)) -> str:
    """A table; columns in ``text`` begin at the left, numbers end at the right."""
    rule = ["---" if column in text else "---:" for column in range(len(header))]
    return "\n".join("| " + " | ".join(row) + " |" for row in (header, rule, *rows))


def cells(figures: Iterable[Figure]) -> list[tuple[str, int, str]]:
    """The cells of a run, the headline first."""
    return sorted({one.cell for one in figures}, key=lambda cell: (cell[0], -cell[1], cell[2]))


def _title(cell: tuple[str, int, str]) -> str:
    return f"{cell[0]}, {cell[1]} in flight, {'TLS' if cell[2] == 'tls' else 'plain'}"


def _fastest_first(figures: Iterable[Figure], cell: tuple[str, int, str]) -> list[Figure]:
    return sorted((one for one in figures if one.cell == cell), key=lambda one: -one.operations_per_s)


def warnings(figures: Iterable[Figure]) -> list[str]:
    """What makes a figure doubtful: the stub at its limit, a client that reconnects or has to wait for its core."""
    found = []
    for one in figures:
        name = f"{one.client} on {one.loop}, {_title(one.cell)}"
        if one.stub_busy > STUB_BUSY_MAX:
            found.append(f"{name}: the stub was busy {one.stub_busy:.0%} of the time, so it limits the operations/s")
        if one.connections > 2 * one.in_flight:
            found.append(f"{name}: opened {one.connections} connections while it was measured")
        if one.in_flight == 64 and one.client_busy < BUSY_MIN and one.stub_busy <= STUB_BUSY_MAX:
            share = f"{one.client_busy:.0%}"
            found.append(f"{name}: had its core for {share} of the time; other work disturbed operations/s")
    return found


def terminal(figures: list[Figure]) -> str:
    """Everything, for people at a terminal."""
    parts = []
    for cell in cells(figures):
        rows = [HEADER, *(_row(one, figures) for one in _fastest_first(figures, cell))]
        parts.append(f"{_title(cell)}\n{aligned(rows)}")
    parts.append(aligned([["GetItem, 64 in flight", *GOALS], *_goal_rows(figures)]))
    parts += [f"note: {text}" for text in warnings(figures)]
    return "\n\n".join(parts)


def _goal_rows(figures: list[Figure]) -> list[list[str]]:
    return [
        [
            goal.text,
            goal.verdict,
            f"{'≤' if goal.at_most else '≥'} {goal.needed:g} {goal.unit}",
            "–" if goal.measured is None else f"{goal.measured:.1f} {goal.unit}",
            "" if goal.cpu_times is None else f"{goal.cpu_times:.1f} ×",
        ]
        for goal in goals(figures)
    ]


def _sentence(where: dict[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in where.items()) + "."


def client_markdown(figures: list[Figure], where: dict[str, str], packages: dict[str, str], rounds: int) -> str:
    """The section of RESULTS.md for the client."""
    parts = [
        "## Client against a stub that costs nothing",
        _sentence(where),
        "Versions: " + ", ".join(f"{name} {version}" for name, version in packages.items()) + ".",
        f"Median of {rounds} interleaved rounds. × is operations/s over those of that peer's best row in the table.",
        markdown_table(["GetItem, 64 in flight", *GOALS], _goal_rows(figures)),
    ]
    for cell in cells(figures):
        rows = [_row(one, figures) for one in _fastest_first(figures, cell)]
        parts += [f"### {_title(cell)}", markdown_table(HEADER, rows)]
    parts += [f"Note: {text}." for text in warnings(figures)]
    return "\n\n".join(parts)


def import_markdown(
    where: dict[str, str], header: Sequence[str], rows: Iterable[Sequence[str]], notes: Iterable[str]
) -> str:
    """The section of RESULTS.md for ``import hashrange``."""
    parts = [
        "## Import",
        _sentence(where),
        *(f"{note}." for note in notes),
        markdown_table(header, rows, (0, len(header) - 1)),
    ]
    return "\n\n".join(parts)


def write_section(name: str, text: str, path: Path = RESULTS) -> None:
    """Put a section into RESULTS.md, between its markers.

    Raises:
        ValueError: the file has no markers of that name.
    """
    document = path.read_text(encoding="utf-8")
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    before, found, rest = document.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"{path.name} has no section {begin} … {end}")
    path.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")
