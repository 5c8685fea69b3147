"""The client's figures: hashrange, its peers and the bare loop, against a stub that costs nothing, in one run.

Usage: ``python benchmarks/bench_client.py [--quick] [--json FILE] [--markdown] [--write] [--clients a,b]``. Makes its
own environment when that is missing. Every client is measured in a process of its own, round after round (A B C A B C),
the stub on one core and the client on another where the system can do that; the medians count.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import environment, figures, report, stub
from benchmarks.children import cores
from benchmarks.clients import CLIENTS, Client
from benchmarks.measure import Cell, Job

PROCESS_S_MAX = 30.0
HEADLINE = ("GetItem", 64)
Samples = dict[tuple[str, str], list[dict[str, Any]]]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench_client", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one short round, under a minute")
    parser.add_argument("--rounds", type=int, help="how often everything is measured (default 3)")
    parser.add_argument("--seconds", type=float, help="per headline cell and round (default 0.6; others half of it)")
    parser.add_argument("--clients", help="comma-separated beginnings of names, for example hashrange,bare")
    parser.add_argument("--loops", help="comma-separated: asyncio,uvloop,threads")
    parser.add_argument("--transports", default="plain,tls")
    parser.add_argument("--operations", default="GetItem,PutItem")
    parser.add_argument("--in-flight", default="64,1")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample and figure")
    parser.add_argument("--markdown", action="store_true", help="print the section for RESULTS.md instead of tables")
    parser.add_argument("--write", action="store_true", help="put the section into RESULTS.md")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.seconds = options.seconds or (0.3 if options.quick else 0.6)
    return options


def _cells(options: argparse.Namespace, client: Client) -> tuple[Cell, ...]:
    """The headline cells are measured longer; a variant is measured in these only."""
    found = []
    for transport in options.transports.split(","):
        for operation in options.operations.split(","):
            for in_flight in map(int, options.in_flight.split(",")):
                headline = (operation, in_flight) == HEADLINE
                if headline or not client.variant:
                    seconds = options.seconds if headline else options.seconds / 2
                    found.append(Cell(operation, in_flight, transport, seconds, warm_up=seconds / 3))
    return tuple(found)


def _plan(options: argparse.Namespace) -> list[tuple[str, str, tuple[Cell, ...]]]:
    """One round: which client on which loop measures what."""
    wanted = options.clients.split(",") if options.clients else [""]
    loops = options.loops.split(",") if options.loops else ["asyncio", "uvloop", "threads"]
    return [
        (name, loop, cells)
        for name, client in CLIENTS.items()
        if any(name.startswith(beginning) for beginning in wanted)
        for loop in client.loops
        if loop in loops and (cells := _cells(options, client))
    ]


def _child_environment(ca: Path) -> dict[str, str]:
    """No AWS settings and proxies of this machine; the stub's certificate for clients that take it only here."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(("AWS_", "DYNAMODB_", "PYTHON")) and not name.upper().endswith("_PROXY")
    }
    return {
        **kept,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SSL_CERT_FILE": str(ca),
    }


def _measure(
    name: str, loop: str, cells: tuple[Cell, ...], server: stub.Stub, core: int | None
) -> list[dict[str, Any]]:
    """Run one client's process; an empty list when it fails, and its last words on standard error."""
    urls = {transport: server.url(transport) for transport in ("plain", "tls")}
    job = Job(name, loop, cells, urls, str(server.ca), server.pid, server.port, core)
    try:
        process = subprocess.run(
            [sys.executable, "-m", "benchmarks.measure"],
            input=json.dumps(asdict(job)),
            capture_output=True,
            text=True,
            timeout=PROCESS_S_MAX,
            check=True,
            cwd=environment.ROOT,
            start_new_session=True,
            env=_child_environment(server.ca),
        )
    except subprocess.TimeoutExpired:
        print(f"{name} on {loop} could not be measured: no end after {PROCESS_S_MAX:.0f} s", file=sys.stderr)
        return []
    except subprocess.CalledProcessError as error:
        words = (error.stderr.strip().splitlines() or [f"exit status {error.returncode}"])[-1]
        print(f"{name} on {loop} could not be measured: {words}", file=sys.stderr)
        return []
    samples: list[dict[str, Any]] = json.loads(process.stdout)
    return samples


def _rounds(options: argparse.Namespace) -> Samples:
    plan = _plan(options)
    samples: Samples = defaultdict(list)
    stub_core, client_core = cores()
    with stub.running(stub_core) as server:
        for number in range(options.rounds):
            for name, loop, cells in plan:
                if sys.stderr.isatty():
                    print(f"\r\033[Kround {number + 1}/{options.rounds}: {name} on {loop}", end="", file=sys.stderr)
                samples[name, loop] += _measure(name, loop, cells, server, client_core)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    return samples


def _figures(samples: Samples) -> list[figures.Figure]:
    found = []
    for (name, loop), all_cells in samples.items():
        by_cell: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
        for sample in all_cells:
            by_cell[sample["operation"], sample["in_flight"], sample["transport"]].append(sample)
        found += [figures.figure(name, CLIENTS[name].group, loop, one) for one in by_cell.values()]
    return found


def main() -> int:
    """Measure and show; 1 when hashrange was to be measured and could not be."""
    options = _arguments()
    started, where = time.monotonic(), report.machine()
    try:
        samples = _rounds(options)
    except stub.StubMissing as error:
        print(f"bench_client: {error}", file=sys.stderr)
        return 2
    found = _figures(samples)
    packages = report.versions(name for client in CLIENTS.values() for name in client.distributions)
    packages["nginx"] = report.nginx_version(stub.nginx_path())
    section = report.client_markdown(found, where, packages, options.rounds)
    print(section if options.markdown else report.terminal(found))
    if options.write:
        report.write_section("client", section)
    if options.json:
        content = {
            "machine": where,
            "versions": packages,
            "figures": [asdict(one) for one in found],
            "samples": [{"client": name, "loop": loop, "rounds": all_} for (name, loop), all_ in samples.items()],
        }
        options.json.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"took {time.monotonic() - started:.0f} s", file=sys.stderr)
    return 1 if any(name == "hashrange" and not all_ for (name, _), all_ in samples.items()) else 0


if __name__ == "__main__":
    environment.enter("benchmarks.bench_client")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the stub is stopped on the way out
    sys.exit(main())
