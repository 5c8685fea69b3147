"""A backfill from MariaDB into ``hashrange serve`` and its verification: rows with two lookups each.

Items a second, and memory.

Usage: ``python benchmarks/bench_migration.py [--quick] [--counts A,B] [--json FILE] [--markdown] [--write]``. Needs the
extra ``migrate`` and MariaDB's server; runs in the environment that it is started in. MariaDB is a private one in a
temporary folder; the server of the tables runs on one core, the backfill in another process on another core.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import load, migration, report
from benchmarks.children import cores, figures_of
from benchmarks.servers import ServerMissing, running
from benchmarks.stub import settle

SERVER = "hashrange (uvloop)"
RATE_MIN, MEMORY_GROWTH_MAX = 5_000, 1.25
HEADER = ("rows", "what", "items/s", "seconds", "CPU µs/item", "peak memory MB", "server busy")
GOALS = ("what", "verdict", "needed", "measured")
Sample = dict[str, dict[str, float]]
Samples = dict[int, Sample]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench_migration", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="10,000 and 100,000 rows only")
    parser.add_argument("--counts", help="numbers of rows, with commas (default 100000,1000000)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample")
    parser.add_argument("--markdown", action="store_true", help="print the section for RESULTS.md instead of tables")
    parser.add_argument("--write", action="store_true", help="put the section into RESULTS.md")
    options = parser.parse_args()
    counts = options.counts or ("10000,100000" if options.quick else "100000,1000000")
    options.counts = sorted(int(one) for one in counts.split(","))
    return options


def _child(job: dict[str, Any]) -> dict[str, float]:
    found: dict[str, float] = figures_of("benchmarks.migration", job, f"the {job['what']}")
    return found


def measure(count: int, port: int) -> Sample:
    """Move so many rows, and verify them."""
    from tests.mariadb import Database

    server_core, core = cores()
    database = Database(port)
    try:
        migration.fill(database, count)
        with running(SERVER, server_core) as server:
            caller = load.Caller(server)
            caller.call("CreateTable", {**load.CREATE_TABLE, "TableName": migration.TABLE})
            sample: Sample = {}
            for what in migration.WORK:
                before = server.cpu_s()
                job = {"what": what, "source": database.url, "url": server.url, "core": core, "rows": count}
                found = sample[what] = _child(job)
                found["server_busy"] = (server.cpu_s() - before) / found["seconds"]
            caller.close()
    finally:
        database.drop()
    return sample


# ── how it is shown ──────────────────────────────────────────────────────────────────────────────────────────────────
def _rows(samples: Samples) -> list[list[str]]:
    return [
        [
            f"{count:,}",
            what,
            f"{one['items_per_s']:,.0f}",
            f"{one['seconds']:.1f}",
            f"{one['cpu_us']:.0f}",
            f"{one['peak_mb']:.0f}",
            f"{one['server_busy']:.0%}",
        ]
        for count, sample in samples.items()
        for what, one in sample.items()
    ]


def _goal_rows(samples: Samples) -> list[list[str]]:
    counts = list(samples)
    found = []
    for what in migration.WORK:
        rate = min(sample[what]["items_per_s"] for sample in samples.values())
        growth = samples[counts[-1]][what]["peak_mb"] / samples[counts[0]][what]["peak_mb"]
        memory = f"{what}: peak memory at {counts[-1]:,} rows over that at {counts[0]:,}"
        found += [
            [f"{what}: items per second", _verdict(rate >= RATE_MIN), f"≥ {RATE_MIN:,}", f"{rate:,.0f}"],
            [memory, _verdict(growth <= MEMORY_GROWTH_MAX), f"≤ {MEMORY_GROWTH_MAX:g} ×", f"{growth:.2f} ×"],
        ]
    return found


def _verdict(reached: bool) -> str:
    return "reached" if reached else "MISSED"


def _terminal(samples: Samples) -> str:
    return "\n\n".join([report.aligned([HEADER, *_rows(samples)]), report.aligned([GOALS, *_goal_rows(samples)])])


def _markdown(samples: Samples, where: dict[str, str]) -> str:
    packages = report.versions(("pymysql", "sqlalchemy", "msgspec", "uvloop"))
    how = (
        f"Orders in MariaDB, each with its customer (of {migration.CUSTOMERS:,}) and product (of "
        f"{migration.PRODUCTS:,}) looked up, into `hashrange serve`: conditional puts, checkpoints synced to the disk; "
        "then all are verified. Three processes: MariaDB, the server, and the backfill or the verification, the last "
        "two on a core each."
    )
    return "\n\n".join(
        [
            "## Migration",
            "; ".join(f"{name} {value}" for name, value in where.items()) + ".",
            "Versions: " + ", ".join(f"{name} {version}" for name, version in packages.items()) + ".",
            how,
            report.markdown_table(GOALS, _goal_rows(samples)),
            report.markdown_table(HEADER, _rows(samples)),
        ]
    )


def main() -> int:
    """Measure and show; 2 when it could not be measured."""
    from tests.mariadb import running as mariadb

    options = _arguments()
    started, where = time.monotonic(), report.machine()
    settle(os.getpid(), None)
    try:
        with mariadb() as port:
            samples = {count: measure(count, port) for count in options.counts}
    except (ServerMissing, load.LoadFailed) as error:
        print(f"bench_migration: {error}", file=sys.stderr)
        return 2
    section = _markdown(samples, where)
    print(section if options.markdown else _terminal(samples))
    if options.write:
        report.write_section("migration", section)
    if options.json:
        content = {"machine": where, "samples": samples}
        options.json.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"took {time.monotonic() - started:.0f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are stopped on the way out
    sys.exit(main())
