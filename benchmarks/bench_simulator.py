"""The simulator's figures: its server beside other simulators under wrk, in process, and as its tables grow.

Usage: ``python benchmarks/bench_simulator.py [--quick] [--parts http,process,whole,memory,stream] [--json FILE]
[--markdown] [--write]``. Makes its own environment when that is missing. All servers run at once and are asked in turn,
round after round (A B C A B C); the medians count. The load is on one core; a server may use all.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import environment, in_process, load, report, simulator_report
from benchmarks.children import cores, figures_of
from benchmarks.servers import SERVERS, Running, ServerMissing, running
from benchmarks.stub import settle

PARTS = ("http", "process", "whole", "memory", "stream")
IN_FLIGHT = 100
LOCAL = "DynamoDB Local"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench_simulator", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one short round, and tables of 100,000 items")
    parser.add_argument("--rounds", type=int, help="how often everything is measured (default 3)")
    parser.add_argument("--seconds", type=int, help="per operation, server and round (default 3)")
    parser.add_argument("--servers", help="comma-separated beginnings of names, for example hashrange,dynalite")
    parser.add_argument("--items", type=int, help="how large the growing tables become (default 1,000,000)")
    parser.add_argument("--parts", default=",".join(PARTS), help="what to measure (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample and figure")
    parser.add_argument("--markdown", action="store_true", help="print the section for RESULTS.md instead of tables")
    parser.add_argument("--write", action="store_true", help="put the section into RESULTS.md")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.seconds = options.seconds or (1 if options.quick else 3)
    options.warm_up = 2 if options.quick else 6
    options.items = options.items or (100_000 if options.quick else 1_000_000)
    options.parts = options.parts.split(",")
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"unknown part: {', '.join(sorted(unknown))}; known: {', '.join(PARTS)}")
    return options


def _say(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr)


# ── over HTTP ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _wanted(options: argparse.Namespace) -> list[str]:
    beginnings = options.servers.split(",") if options.servers else [""]
    return [name for name in SERVERS if any(name.startswith(beginning) for beginning in beginnings)]


@contextlib.contextmanager
def _started(names: Iterable[str]) -> Any:
    """The servers that can be had here, each with the table; what cannot is said and left out."""
    with contextlib.ExitStack() as stack:
        found: dict[str, Running] = {}
        for name in names:
            _say(f"starting {name}")
            try:
                server = stack.enter_context(running(name))
                load.prepare(server)
            except (ServerMissing, load.LoadFailed) as error:
                print(f"{name} could not be measured: {error}", file=sys.stderr)
            else:
                found[name] = server
        yield found


def http(options: argparse.Namespace) -> dict[str, dict[str, list[load.Sample]]]:
    """Samples by operation and server."""
    load.wrk_path()
    samples: dict[str, dict[str, list[load.Sample]]] = {name: defaultdict(list) for name in load.OPERATIONS}
    _, core = cores()
    with _started(_wanted(options)) as servers:
        for number in range(options.rounds):
            for operation in load.OPERATIONS:
                for name, server in servers.items():
                    _say(f"round {number + 1}/{options.rounds}: {operation}, {name}")
                    # the first round warms each server up: some compile what they run
                    warm_up = options.warm_up if number == 0 else 0
                    try:
                        sample = load.measure(server, operation, options.seconds, warm_up, core)
                    except load.LoadFailed as error:
                        print(f"{name}: {error}", file=sys.stderr)
                    else:
                        samples[operation][name].append(sample)
    return samples


# ── in Python processes of their own ─────────────────────────────────────────────────────────────────────────────────
def _child(job: str, core: int | None, loop: str = "asyncio", **details: Any) -> Any:
    _say(f"{job} on {loop} {details.get('layout', '')}")
    return figures_of("benchmarks.in_process", {"job": job, "core": core, "loop": loop, **details}, job)


def _middle(rounds: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """The medians of several rounds of the same rows."""
    return [
        {
            name: value if isinstance(value, str) else median(row[name] for row in rows)
            for name, value in rows[0].items()
        }
        for rows in zip(*rounds, strict=True)
    ]


def process(options: argparse.Namespace) -> dict[str, Any]:
    """Rates by loop, and the milliseconds of a start."""
    _, core = cores()
    rates: dict[str, list[Any]] = {"uvloop": [], "asyncio": []}
    starts = []
    for _ in range(options.rounds):
        for loop, found in rates.items():
            found.append(_child("rates", core, loop, seconds=options.seconds / 2))
        starts.append([_child("start", core)])
    return {"rates": {loop: _middle(found) for loop, found in rates.items()}, "start": _middle(starts)[0]}


def whole(options: argparse.Namespace) -> dict[str, list[dict[str, Any]]]:
    """Latency rows of the whole client against the server, by loop of both."""
    server_core, client_core = cores()
    found: dict[str, list[Any]] = {"uvloop": [], "asyncio": []}
    for _ in range(options.rounds):
        for loop, rounds in found.items():
            with running(f"hashrange ({loop})", server_core) as server:
                caller = load.Caller(server)
                load.create_table(caller)
                caller.close()
                details = {"url": server.url, "in_flight": IN_FLIGHT, "seconds": options.seconds / 2}
                rounds.append(_child("whole", client_core, loop, **details))
    return {loop: _middle(rounds) for loop, rounds in found.items()}


# ── memory ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def memory(options: argparse.Namespace) -> dict[str, Any]:
    """What growing tables cost in process, and what DynamoDB Local takes for the same items."""
    _, core = cores()
    grown = [_child("growth", core, layout=layout, items=options.items) for layout in in_process.LAYOUTS]
    found: dict[str, Any] = {"growth": grown, "local": None}
    try:
        with running(LOCAL) as server:
            _say(f"filling {LOCAL}")
            caller = load.Caller(server)
            load.create_table(caller)
            before = server.memory_bytes()
            layout, per_partition = next(iter(in_process.LAYOUTS.items()))
            encode = in_process.wire_encoder()
            load.put_all(caller, (encode(in_process.grown_item(n, per_partition)) for n in range(options.items)))
            after = server.memory_bytes()
            found["local"] = {"layout": layout, "items": options.items, "bytes": after, "grown_by": after - before}
            caller.close()
    except (ServerMissing, load.LoadFailed) as error:
        print(f"{LOCAL} could not be measured: {error}", file=sys.stderr)
    return found


def stream(options: argparse.Namespace) -> dict[str, Any]:
    """What a stream costs that is written for days."""
    _, core = cores()
    found: dict[str, Any] = _child("stream", core, items=options.items)
    return found


def main() -> int:
    """Measure and show; 1 when hashrange was to be measured over HTTP and could not be."""
    options = _arguments()
    jobs = {"http": http, "process": process, "whole": whole, "memory": memory, "stream": stream}
    started, where = time.monotonic(), report.machine()
    settle(os.getpid(), None)
    found: dict[str, Any] = {}
    try:
        for part in options.parts:
            found[part] = jobs[part](options)
    except ServerMissing as error:
        print(f"bench_simulator: {error}", file=sys.stderr)
        return 2
    _say("")
    measured = simulator_report.Measured(found, options.rounds, {name: SERVERS[name].group for name in SERVERS})
    versions = {server.group: server.version() for name, server in SERVERS.items() if name in _wanted(options)}
    packages = report.versions(("msgspec", "httptools", "uvloop"))
    section = simulator_report.markdown(measured, where, versions | packages)
    print(section if options.markdown else simulator_report.terminal(measured))
    if options.write:
        report.write_section("simulator", section)
    if options.json:
        content = {"machine": where, "versions": versions | packages, "found": found}
        text = json.dumps(content, indent=1, ensure_ascii=False, default=asdict)
        options.json.write_text(text + "\n", encoding="utf-8")
    print(f"took {time.monotonic() - started:.0f} s", file=sys.stderr)
    return 1 if "http" in found and not simulator_report.has_hashrange(measured) else 0


if __name__ == "__main__":
    environment.enter("benchmarks.bench_simulator")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are stopped on the way out
    sys.exit(main())
