"""Many items at once: hashrange's ``batch()`` beside the batch writers of its peers, on the same server, in one run.

Usage: ``python benchmarks/bench_bulk.py [--quick] [--items N] [--rounds N] [--json FILE] [--markdown] [--write]``.
Makes its own environment when that is missing. The server is ``hashrange serve`` in a process of its own, on one core;
each client writes from another process on another core, into a table of its own, round after round (A B C A B C); the
medians count. Then hashrange over a simulator in the same process that leaves 5 % of all operations undone.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import environment, load, report
from benchmarks.bulk import WRITERS
from benchmarks.children import cores, figures_of
from benchmarks.servers import ServerMissing, running
from benchmarks.stub import settle

SERVER = "hashrange (uvloop)"
OURS, PEER = "hashrange batch()", "aioboto3 batch_writer"
RATIO_MIN, FIRST_ROUND_MIN, UNDONE_SHARE = 3.0, 0.95, 0.05
HEADER = ("client", "loop", "items/s", "CPU µs/item", "memory MB", f"× {PEER}")
UNDONE_HEADER = ("left undone", "loop", "items/s", "written by the first round", "written", "requests", "sent again")
Samples = dict[tuple[str, str], list[dict[str, float]]]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench_bulk", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one round of 10,000 items")
    parser.add_argument("--items", type=int, help="how many items each client writes (default 100,000)")
    parser.add_argument("--rounds", type=int, help="how often everything is measured (default 3)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample")
    parser.add_argument("--markdown", action="store_true", help="print the section for RESULTS.md instead of tables")
    parser.add_argument("--write", action="store_true", help="put the section into RESULTS.md")
    options = parser.parse_args()
    options.items = options.items or (10_000 if options.quick else 100_000)
    options.rounds = options.rounds or (1 if options.quick else 3)
    return options


def _child(**job: Any) -> dict[str, float]:
    if sys.stderr.isatty():
        print(f"\r\033[K{job.get('writer', job['kind'])} on {job['loop']}", end="", file=sys.stderr)
    found: dict[str, float] = figures_of("benchmarks.bulk", job, str(job["kind"]))
    return found


def writers(options: argparse.Namespace) -> Samples:
    """Samples by client and loop."""
    samples: Samples = defaultdict(list)
    server_core, core = cores()
    for number in range(options.rounds):
        with running(SERVER, server_core) as server:  # a new one for each round: what is stored costs nobody more
            caller = load.Caller(server)
            for name, writer in WRITERS.items():
                for loop in writer.loops:
                    table = f"bulk-{number}-{len(samples)}-{loop}"
                    caller.call("CreateTable", {**load.CREATE_TABLE, "TableName": table})
                    job = {"kind": "write", "writer": name, "loop": loop, "core": core, "items": options.items}
                    before = server.cpu_s()
                    sample = _child(**job, url=server.url, table=table)
                    sample["server_busy"] = (server.cpu_s() - before) / (options.items / sample["items_per_s"])
                    samples[name, loop].append(sample)
                    caller.call("DeleteTable", {"TableName": table})
            caller.close()
    return samples


def undone(options: argparse.Namespace) -> Samples:
    """Samples by share and loop."""
    samples: Samples = defaultdict(list)
    _, core = cores()
    for _ in range(options.rounds):
        for share in (0.0, UNDONE_SHARE):
            for loop in ("asyncio", "uvloop"):
                job = {"kind": "reluctant", "loop": loop, "core": core, "items": options.items, "share": share}
                samples[f"{share:.0%}", loop].append(_child(**job))
    return samples


# ── how it is shown ──────────────────────────────────────────────────────────────────────────────────────────────────
def _middle(samples: list[dict[str, float]]) -> dict[str, float]:
    return {name: median(sample[name] for sample in samples) for name in samples[0]}


def _writer_rows(samples: Samples) -> list[list[str]]:
    middles = {key: _middle(found) for key, found in samples.items()}
    peer = max(one["items_per_s"] for (name, _), one in middles.items() if name == PEER)
    return [
        [
            name,
            loop,
            f"{one['items_per_s']:,.0f}",
            f"{one['cpu_us']:.1f}",
            f"{one['memory_mb']:.0f}",
            f"{one['items_per_s'] / peer:.1f}",
        ]
        for (name, loop), one in middles.items()
    ]


def _undone_rows(samples: Samples) -> list[list[str]]:
    return [
        [
            share,
            loop,
            f"{one['items_per_s']:,.0f}",
            f"{one['first_round']:.2%}",
            f"{one['written']:.2%}",
            f"{one['requests']:,.0f}",
            f"{one['retried']:,.0f}",
        ]
        for (share, loop), found in samples.items()
        for one in [_middle(found)]
    ]


def _goal_rows(written: Samples, left: Samples) -> list[list[str]]:
    """Best against best; the worst of the shares."""
    best = {name: max(_middle(found)["items_per_s"] for (one, _), found in written.items() if one == name)
            for name in (OURS, PEER)}  # fmt: skip
    cpu = {name: min(_middle(found)["cpu_us"] for (one, _), found in written.items() if one == name)
           for name in (OURS, PEER)}  # fmt: skip
    ratio = best[OURS] / best[PEER]
    hard = [sample for (share, _), found in left.items() if share != "0%" for sample in found]
    first, stored = min(one["first_round"] for one in hard), min(one["written"] for one in hard)
    return [
        ["items per second", _verdict(ratio >= RATIO_MIN), f"≥ {RATIO_MIN:g} × {PEER}", f"{ratio:.1f} ×",
         f"{cpu[PEER] / cpu[OURS]:.1f} × by CPU time"],
        [f"written by the first round, {UNDONE_SHARE:.0%} left undone", _verdict(first > FIRST_ROUND_MIN),
         f"> {FIRST_ROUND_MIN:.0%}", f"{first:.2%}", "all that the server took"],
        ["written in the end", _verdict(stored == 1.0), "100%", f"{stored:.2%}", ""],
    ]  # fmt: skip


def _verdict(reached: bool) -> str:
    return "reached" if reached else "MISSED"


GOALS = ("what", "verdict", "needed", "measured", "")


def _terminal(written: Samples, left: Samples) -> str:
    parts = [
        report.aligned([HEADER, *_writer_rows(written)]),
        report.aligned([UNDONE_HEADER, *_undone_rows(left)]),
        report.aligned([GOALS, *_goal_rows(written, left)]),
    ]
    return "\n\n".join(parts)


def _markdown(written: Samples, left: Samples, where: dict[str, str], options: argparse.Namespace) -> str:
    packages = report.versions(("aioboto3", "aiobotocore", "boto3", "msgspec", "httptools", "uvloop"))
    busy = max(_middle(found)["server_busy"] for (name, _), found in written.items() if name == OURS)
    how = (
        f"{options.items:,} items into `hashrange serve`, each client with its defaults; median of {options.rounds} "
        f"interleaved rounds. × is items/s over the best row of that peer. The server was busy {busy:.0%} of the time "
        "under hashrange: near 100 %, it is the server that limits the rate, and CPU time compares the clients."
    )
    return "\n\n".join(
        [
            "## Many items",
            "; ".join(f"{name} {value}" for name, value in where.items()) + ".",
            "Versions: " + ", ".join(f"{name} {version}" for name, version in packages.items()) + ".",
            how,
            report.markdown_table(GOALS, _goal_rows(written, left)),
            "### Against the batch writers of others",
            report.markdown_table(HEADER, _writer_rows(written)),
            "### A table that leaves operations undone (in process, client and simulator together)",
            report.markdown_table(UNDONE_HEADER, _undone_rows(left)),
        ]
    )


def main() -> int:
    """Measure and show; 2 when it could not be measured."""
    options = _arguments()
    started, where = time.monotonic(), report.machine()
    settle(os.getpid(), None)
    try:
        written, left = writers(options), undone(options)
    except (ServerMissing, load.LoadFailed) as error:
        print(f"bench_bulk: {error}", file=sys.stderr)
        return 2
    section = _markdown(written, left, where, options)
    print(section if options.markdown else _terminal(written, left))
    if options.write:
        report.write_section("bulk", section)
    if options.json:
        content = {
            "machine": where,
            "written": {" on ".join(key): found for key, found in written.items()},
            "undone": {" on ".join(key): found for key, found in left.items()},
        }
        options.json.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"took {time.monotonic() - started:.0f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    environment.enter("benchmarks.bench_bulk")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the server is stopped on the way out
    sys.exit(main())
