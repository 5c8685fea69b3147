"""From the simulator's samples to its figures: medians, what SPEC asks of them, tables. Pure: no process, no clock.

A peer's best is the fastest of its group in a table. Ratios are between medians of one run on one machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.in_process import GET_BY_CALL, STATEMENT_BY_CALL
from benchmarks.report import aligned, markdown_table

GROUPS = ("dynalite", "DynamoDB Local", "moto")
RATIOS_NEEDED = {"dynalite": 1.5, "DynamoDB Local": 5.0, "moto": 50.0}
JUDGED = ("GetItem", "PutItem")
GET_PER_S_NEEDED = 25_000
START_MS_MAX = 5.0
WHOLE_PER_S_NEEDED = 10_000
GROWN_BYTES_MAX = 10**9
#: of the put at the largest size over the put at the smallest, medians of a thousand; beyond, it is not flat
FLAT_MAX = 2.0
#: milliseconds of p50 and p99 with 100 in flight
LATENCY_MAX_MS = {
    "GetItem": (5, 20),
    "PutItem": (10, 50),
    "UpdateItem": (10, 50),
    "Query of 10": (20, 100),
    "BatchGetItem of 25": (50, 200),
    "TransactWriteItems of 5": (50, 200),
}
#: a get by a statement over GetItem; and bytes of a stream at the end over those after its second day
PARTIQL_MIN, STREAM_GROWTH_MAX = 0.5, 1.1
GOALS = ("goal", "verdict", "needed", "measured", "by CPU time")
Rows = list[Sequence[str]]


@dataclass(frozen=True)
class Measured:
    """A run.

    Attributes:
        found: part to what it gave.
        groups: server to the peer it stands for.
    """

    found: dict[str, Any]
    rounds: int
    groups: dict[str, str]


@dataclass(frozen=True)
class Figure:
    """The medians of one server and operation."""

    server: str
    group: str
    requests_per_s: float
    cpu_us: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True)
class Section:
    title: str
    header: Sequence[str]
    rows: Rows


def _figures(measured: Measured, operation: str) -> list[Figure]:
    """The fastest first."""
    found = []
    for server, samples in measured.found.get("http", {}).get(operation, {}).items():
        names = ("requests_per_s", "cpu_us", "p50_ms", "p99_ms")
        middles = (median(getattr(sample, name) for sample in samples) for name in names)
        found.append(Figure(server, measured.groups[server], *middles))
    return sorted(found, key=lambda one: -one.requests_per_s)


def _best(figures: list[Figure], group: str) -> Figure | None:
    return next((one for one in figures if one.group == group), None)


def has_hashrange(measured: Measured) -> bool:
    """Whether hashrange's server was measured."""
    return all(_best(_figures(measured, operation), "hashrange") is not None for operation in JUDGED)


# ── goals ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _verdict(held: bool) -> str:
    return "met" if held else "missed"


def _http_goals(measured: Measured) -> Rows:
    rows: Rows = []
    for operation in JUDGED:
        figures = _figures(measured, operation)
        ours = _best(figures, "hashrange")
        for group, needed in RATIOS_NEEDED.items():
            peer, text = _best(figures, group), f"{operation} over HTTP, against {group}"
            if ours is None or peer is None:
                rows.append((text, "not measured", f"≥ {needed:g} ×", "–", ""))
                continue
            times, by_cpu = ours.requests_per_s / peer.requests_per_s, peer.cpu_us / ours.cpu_us
            rows.append((text, _verdict(times >= needed), f"≥ {needed:g} ×", f"{times:.1f} ×", f"{by_cpu:.1f} ×"))
    return rows


def _process_goals(found: dict[str, Any]) -> Rows:
    slowest = min(rows[0]["operations_per_s"] for rows in found["rates"].values())
    fresh = found["start"]["fresh"]
    partiql = min(_partiql_ratio(rows) for rows in found["rates"].values())
    return [
        (
            "GetItem in process, whole client",
            _verdict(slowest >= GET_PER_S_NEEDED),
            f"≥ {GET_PER_S_NEEDED:,} /s",
            f"{slowest:,.0f} /s",
            "",
        ),
        (
            "a fresh engine with a table",
            _verdict(fresh <= START_MS_MAX),
            f"≤ {START_MS_MAX:g} ms",
            f"{fresh:.2f} ms",
            "",
        ),
        (
            "a statement that gets by key, against GetItem, in process",
            _verdict(partiql >= PARTIQL_MIN),
            f"≥ {PARTIQL_MIN:g} ×",
            f"{partiql:.2f} ×",
            "",
        ),
    ]


def _partiql_ratio(rows: list[dict[str, Any]]) -> float:
    rates = {row["operation"]: row["operations_per_s"] for row in rows}
    return float(rates[STATEMENT_BY_CALL] / rates[GET_BY_CALL])


def _whole_goals(found: dict[str, list[dict[str, Any]]]) -> Rows:
    rows: Rows = []
    for place, operation in enumerate(JUDGED):
        slowest = min(rows_[place]["operations_per_s"] for rows_ in found.values())
        text = f"{operation}, whole client and server in two processes, 100 in flight"
        rows.append(
            (
                text,
                _verdict(slowest >= WHOLE_PER_S_NEEDED),
                f"≥ {WHOLE_PER_S_NEEDED:,} /s",
                f"{slowest:,.0f} /s",
                "",
            )
        )
    late = [f"{row['operation']} on {loop}" for loop, rows_ in found.items() for row in rows_ if not _in_time(row)]
    rows.append(("the table of latencies", _verdict(not late), "all rows", ", ".join(late) or "all rows", ""))
    return rows


def _in_time(row: dict[str, Any]) -> bool:
    p50, p99 = LATENCY_MAX_MS[row["operation"]]
    return bool(row["p50_ms"] < p50 and row["p99_ms"] < p99)


def _memory_goals(found: dict[str, Any]) -> Rows:
    rows: Rows = []
    for grown in found["growth"]:
        text, costs = f"{grown['items']:,} items of 300 bytes, {grown['layout']}", list(grown["put_us"].values())
        held, ratio = grown["bytes"] <= GROWN_BYTES_MAX, costs[-1] / costs[0]
        rows.append((f"{text}: memory", _verdict(held), "≤ 1,000 MB", f"{grown['bytes'] / 1e6:,.0f} MB", ""))
        rows.append((f"{text}: put cost", _verdict(ratio <= FLAT_MAX), f"≤ {FLAT_MAX:g} ×", f"{ratio:.1f} ×", ""))
    return rows


def _stream_goals(found: dict[str, Any]) -> Rows:
    ratio = found["bytes"] / found["bytes_first"]
    text = f"{found['items']:,} records of a stream that keeps {found['kept']:,}: memory over that after the second day"
    return [(text, _verdict(ratio <= STREAM_GROWTH_MAX), f"≤ {STREAM_GROWTH_MAX:g} ×", f"{ratio:.2f} ×", "")]


def goal_rows(measured: Measured) -> Rows:
    """What the performance requirements ask of the simulator, with what this run measured."""
    parts = {"process": _process_goals, "whole": _whole_goals, "memory": _memory_goals, "stream": _stream_goals}
    rows = _http_goals(measured) if "http" in measured.found else []
    for part, goals in parts.items():
        if part in measured.found:
            rows += goals(measured.found[part])
    return rows


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def _cpu_text(microseconds: float) -> str:
    return f"{microseconds:,.0f}" if microseconds >= 100 else f"{microseconds:.1f}"


def _http_section(measured: Measured, operation: str) -> Section:
    figures = _figures(measured, operation)
    rows: Rows = []
    for one in figures:
        peers = (_best(figures, group) for group in GROUPS)
        ratios = ("–" if peer is None else f"{one.requests_per_s / peer.requests_per_s:.1f}" for peer in peers)
        cells = (f"{one.requests_per_s:,.0f}", _cpu_text(one.cpu_us), f"{one.p50_ms:.2f}", f"{one.p99_ms:.2f}")
        rows.append((one.server, *cells, *ratios))
    header = ("server", "requests/s", "CPU µs/request", "p50 ms", "p99 ms", *(f"× {group}" for group in GROUPS))
    title = "Query of 10" if operation == "Query" else operation
    return Section(f"{title} over HTTP, 16 connections of wrk", header, rows)


def _call_rows(found: dict[str, list[dict[str, Any]]]) -> Rows:
    return [
        (
            row["operation"],
            loop,
            f"{row['operations_per_s']:,.0f}",
            _cpu_text(row["cpu_us"]),
            f"{row['p50_ms']:.3g}",
            f"{row['p99_ms']:.3g}",
        )
        for loop, rows in found.items()
        for row in rows
    ]


def _sections(measured: Measured) -> list[Section]:
    found = measured.found
    sections = [_http_section(measured, operation) for operation in found.get("http", {})]
    header = ("operation", "loop", "operations/s", "CPU µs/call", "p50 ms", "p99 ms")
    if "whole" in found:
        title = "The whole client against the server, two processes, 100 in flight"
        client = ("operation", "loop of both", "operations/s", "client's CPU µs/call", "p50 ms", "p99 ms")
        sections.append(Section(title, client, _call_rows(found["whole"])))
    if "process" in found:
        title = "In process, the whole client included, one call after the other"
        sections.append(Section(title, header, _call_rows(found["process"]["rates"])))
        start = found["process"]["start"]
        rows: Rows = [
            ("`import hashrange` in a new process", f"{start['import']:.2f}"),
            (
                "the first `DynamoDB.in_memory(tables=['app'])` after it, which loads the simulator",
                f"{start['first']:.2f}",
            ),
            ("every further one", f"{start['fresh']:.2f}"),
        ]
        sections.append(Section("Start", ("what", "ms"), rows))
    if "memory" in found:
        sections.append(_memory_section(found["memory"]))
    if "stream" in found:
        one = found["stream"]
        cells = (f"{one[name] / 1e6:,.0f}" for name in ("bytes_first", "bytes"))
        title = "A stream with both images, ten days of writes to 1,000 items, one day kept"
        head = ("records", "kept", "process MB after two days", "process MB at the end", "puts/s")
        numbers = (f"{one['items']:,}", f"{one['kept']:,}", *cells, f"{one['records_per_s']:,.0f}")
        sections.append(Section(title, head, [numbers]))
    return sections


def _memory_section(found: dict[str, Any]) -> Section:
    marks = list(found["growth"][0]["put_us"])
    header = ["where", "items", "process MB", "of it the items MB", *(f"put µs at {int(mark):,}" for mark in marks)]
    rows: Rows = []
    for grown in found["growth"]:
        cells = (f"{grown['items']:,}", f"{grown['bytes'] / 1e6:,.0f}", f"{grown['grown_by'] / 1e6:,.0f}")
        rows.append((f"in process, {grown['layout']}", *cells, *(f"{grown['put_us'][mark]:.1f}" for mark in marks)))
    local = found["local"]
    if local is not None:
        cells = (f"{local['items']:,}", f"{local['bytes'] / 1e6:,.0f}", f"{local['grown_by'] / 1e6:,.0f}")
        rows.append((f"DynamoDB Local, {local['layout']}", *cells, *("" for _ in marks)))
    return Section("Items of 300 bytes with a sort key, put in no order", header, rows)


def terminal(measured: Measured) -> str:
    """Everything, for people at a terminal."""
    parts = [f"{one.title}\n{aligned([one.header, *one.rows], (0,))}" for one in _sections(measured)]
    return "\n\n".join([*parts, aligned([GOALS, *goal_rows(measured)], (0, 1))])


def markdown(measured: Measured, where: dict[str, str], versions: dict[str, str]) -> str:
    """The section of RESULTS.md for the simulator."""
    parts = [
        "## Simulator",
        "; ".join(f"{name} {value}" for name, value in where.items()) + ".",
        "Versions: " + ", ".join(f"{name} {version}" for name, version in versions.items()) + ".",
        f"Median of {measured.rounds} interleaved rounds. × is requests/s over those of that peer in the table.",
        markdown_table(GOALS, goal_rows(measured)),
    ]
    for one in _sections(measured):
        text = (0, 1) if one.header[1].startswith("loop") else (0,)
        parts += [f"### {one.title}", markdown_table(one.header, one.rows, text)]
    return "\n\n".join(parts)
