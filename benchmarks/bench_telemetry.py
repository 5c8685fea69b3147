"""What telemetry costs a call: its events, each adapter, and OpenTelemetry spans with Prometheus metrics together.

Usage: ``python benchmarks/bench_telemetry.py [--quick] [--rounds N] [--seconds S] [--loop asyncio] [--json FILE]
[--markdown] [--write]``. Makes its own environment when that is missing. Each set of adapters is measured in a process
of its own, round after round (A B C A B C); the lowest counts, for other work on the machine can only add to it.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import environment, report
from benchmarks.adapters import BOTH, NO_ADAPTER, NULL, SETS, WITHOUT_EVENTS
from benchmarks.children import cores, figures_of

NO_ADAPTER_MAX_US, BOTH_MAX_US = 2.0, 40.0
CAPACITY = 'with Config(capacity="total")'
HEADER = ("what is on", "CPU µs/call", "adds µs", f"adds µs {CAPACITY}")
GOALS = ("what", "verdict", "needed", "measured")
#: what is on and whether capacity is asked for → microseconds a call, round by round
Samples = dict[tuple[str, bool], list[float]]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench_telemetry", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two short rounds")
    parser.add_argument("--rounds", type=int, help="how often everything is measured (default 9)")
    parser.add_argument("--seconds", type=float, help="for each set and round (default 0.4)")
    parser.add_argument("--loop", choices=("asyncio", "uvloop"), default="asyncio")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample")
    parser.add_argument("--markdown", action="store_true", help="print the section for RESULTS.md instead of tables")
    parser.add_argument("--write", action="store_true", help="put the section into RESULTS.md")
    options = parser.parse_args()
    options.rounds = options.rounds or (2 if options.quick else 9)
    options.seconds = options.seconds or (0.3 if options.quick else 0.4)
    return options


def _child(options: argparse.Namespace, name: str, capacity: bool) -> float:
    job = {"set": name, "capacity": capacity, "seconds": options.seconds, "loop": options.loop, "core": cores()[1]}
    return float(figures_of("benchmarks.adapters", job, name)["us"])


def measure(options: argparse.Namespace) -> Samples:
    """All rounds."""
    samples: Samples = defaultdict(list)
    for number in range(options.rounds):
        for name in SETS:
            for capacity in (False, True):
                if sys.stderr.isatty():
                    print(f"\r\033[Kround {number + 1}/{options.rounds}: {name}", end="", file=sys.stderr)
                samples[name, capacity].append(_child(options, name, capacity))
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    return samples


# ── how it is shown ──────────────────────────────────────────────────────────────────────────────────────────────────
def added(samples: Samples, name: str, base: str, capacity: bool = False) -> float:
    """What it adds to a call with the base, in microseconds."""
    return min(samples[name, capacity]) - min(samples[base, capacity])


def _rows(samples: Samples) -> list[list[str]]:
    rows = []
    for name in SETS:
        adds = [f"{added(samples, name, NO_ADAPTER, capacity):+.2f}" for capacity in (False, True)]
        rows.append([name, f"{min(samples[name, False]):.2f}", *(["–", "–"] if name == NO_ADAPTER else adds)])
    return rows


def _goal_rows(samples: Samples) -> list[list[str]]:
    goals = [
        ("events, no adapter", added(samples, NO_ADAPTER, WITHOUT_EVENTS), NO_ADAPTER_MAX_US),
        ("events made and handed to an observer that does nothing", added(samples, NULL, NO_ADAPTER), None),
        (f"db.capacity.report(), {CAPACITY}", added(samples, NO_ADAPTER, WITHOUT_EVENTS, True), None),
        ("spans and Prometheus, events included", added(samples, BOTH, WITHOUT_EVENTS), BOTH_MAX_US),
        (f"the same, {CAPACITY}", added(samples, BOTH, WITHOUT_EVENTS, True), BOTH_MAX_US),
    ]
    return [
        [what, "–", "–", f"{us:.2f} µs"]
        if most is None
        else [what, "reached" if us <= most else "MISSED", f"≤ {most:g} µs", f"{us:.2f} µs"]
        for what, us, most in goals
    ]


def _terminal(samples: Samples) -> str:
    return "\n\n".join([report.aligned([HEADER, *_rows(samples)], (0,)), report.aligned([GOALS, *_goal_rows(samples)])])


def _markdown(samples: Samples, where: dict[str, str], options: argparse.Namespace) -> str:
    packages = report.versions(("opentelemetry-api", "opentelemetry-sdk", "prometheus-client", "msgspec"))
    how = (
        f"GetItem on {options.loop} over a transport in the process that answers at once: what is left is the client "
        f"and its telemetry. The lowest of {options.rounds} interleaved rounds, each in a process of its own: other "
        f"work on the machine can only add. “{WITHOUT_EVENTS}” is dispatch.py without the lines that tell of a "
        "success. OpenTelemetry's SDK samples every span and batches it for an exporter that sends nothing; its "
        "thread's time is in the figure."
    )
    return "\n\n".join(
        [
            "## Telemetry",
            "; ".join(f"{name} {value}" for name, value in where.items()) + ".",
            "Versions: " + ", ".join(f"{name} {version}" for name, version in packages.items()) + ".",
            how,
            report.markdown_table(GOALS, _goal_rows(samples)),
            report.markdown_table(HEADER, _rows(samples), (0,)),
        ]
    )


def main() -> int:
    """Measure and show; 2 when it could not be measured."""
    options = _arguments()
    started, where = time.monotonic(), report.machine()
    try:
        samples = measure(options)
    except RuntimeError as error:
        print(f"bench_telemetry: {error}", file=sys.stderr)
        return 2
    section = _markdown(samples, where, options)
    print(section if options.markdown else _terminal(samples))
    if options.write:
        report.write_section("telemetry", section)
    if options.json:
        found = {f"{name}, {CAPACITY}" if capacity else name: one for (name, capacity), one in samples.items()}
        text = json.dumps({"machine": where, "us": found}, indent=1, ensure_ascii=False)
        options.json.write_text(text + "\n", encoding="utf-8")
    print(f"took {time.monotonic() - started:.0f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    environment.enter("benchmarks.bench_telemetry")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
