"""What ``import hashrange`` costs, beside ``import asyncio, ssl`` and the peers, and what it drags in.

Usage: ``python benchmarks/bench_import.py [--runs 15] [--json FILE] [--markdown] [--write]``. Every import runs in a
new interpreter that times only the import statement; runs are interleaved and the medians count. A second look lists
the heavy modules that were loaded and, for hashrange, where the time went. The row that counts takes names out of the
package, so that a package which loads itself on first use cannot look cheaper than it is.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import environment, report

BASE = "import asyncio, ssl"
OURS = "from hashrange import DynamoDB, Config, Key, Attr, Update"
SUBJECTS = (
    BASE,
    "import hashrange",
    OURS,
    "import aiodynamo.client",
    "import pydynox",
    "import boto3",
    "import aiobotocore.session",
    "import aioboto3",
)
GOAL_TIMES_MAX = 1.5
RUNS_MIN = 11
#: Packages that cost time or memory by themselves; the first group must never be loaded by ``import hashrange``.
FORBIDDEN = (
    "aiobotocore",
    "boto3",
    "botocore",
    "opentelemetry",
    "prometheus_client",
    "pydantic",
    "hashrange.simulator",
)
HEAVY = (
    *FORBIDDEN,
    "aiohttp",
    "attr",
    "decimal",
    "email",
    "http.client",
    "httptools",
    "httpx",
    "inspect",
    "msgspec",
    "sqlite3",
    "typing_extensions",
    "unittest",
    "urllib.request",
    "urllib3",
    "uvloop",
    "xml",
    "yarl",
)
CHILD = """
import sys, time
before = time.perf_counter(); cpu = time.process_time()
{subject}
cpu = time.process_time() - cpu; wall = time.perf_counter() - before
import json
heavy = [name for name in {heavy!r} if name in sys.modules]
print(json.dumps([wall, cpu, len(sys.modules), heavy]))
"""


@dataclass(frozen=True)
class Import:
    """Medians of one import: wall and CPU milliseconds, modules loaded in all, the heavy ones among them."""

    subject: str
    wall_ms: float
    cpu_ms: float
    modules: int
    heavy: tuple[str, ...]


def _python(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=environment.ROOT)


def _once(subject: str) -> tuple[float, float, int, list[str]]:
    wall, cpu, modules, heavy = json.loads(_python("-c", CHILD.format(subject=subject, heavy=HEAVY)).stdout)
    return wall, cpu, modules, heavy


def measure(runs: int) -> list[Import]:
    """Time all subjects, ``runs`` times in turn, after one run each that only writes the byte code."""
    for subject in SUBJECTS:
        _once(subject)
    taken = [[_once(subject) for subject in SUBJECTS] for _ in range(runs)]
    return [
        Import(
            subject,
            wall_ms=median(one[0] for one in column) * 1e3,
            cpu_ms=median(one[1] for one in column) * 1e3,
            modules=column[0][2],
            heavy=tuple(column[0][3]),
        )
        for subject, column in zip(SUBJECTS, zip(*taken, strict=True), strict=True)
    ]


def dearest(count: int) -> list[tuple[str, float]]:
    """The modules in which importing hashrange spends most, with their own milliseconds.

    What ``import asyncio, ssl`` loads is left out.
    """
    lines = _python("-X", "importtime", "-c", f"{BASE}\n{OURS}").stderr
    base = set(_python("-c", f"{BASE}, sys; print(*sys.modules)").stdout.split())
    found = re.findall(r"^import time:\s+(\d+) \|\s+\d+ \| +(\S+)$", lines, re.MULTILINE)
    ours = [(name, int(own_us) / 1e3) for own_us, name in found if name not in base]
    return sorted(ours, key=lambda one: -one[1])[:count]


HEADER = ["statement", "ms", "CPU ms", "× the first", "× by CPU", "modules", "heavy ones among them"]


def rows(found: list[Import]) -> list[list[str]]:
    """The table's rows."""
    first = found[0]
    return [
        [
            one.subject,
            f"{one.wall_ms:.1f}",
            f"{one.cpu_ms:.1f}",
            f"{one.wall_ms / first.wall_ms:.2f}",
            f"{one.cpu_ms / first.cpu_ms:.2f}",
            str(one.modules),
            ", ".join(one.heavy) or "–",
        ]
        for one in found
    ]


def verdict(found: list[Import]) -> tuple[bool, str]:
    """Whether the requirement holds, and the sentence that says so."""
    ours = next(one for one in found if one.subject == OURS)
    times = ours.wall_ms / found[0].wall_ms
    wrong = [name for name in ours.heavy if name in FORBIDDEN]
    met = times <= GOAL_TIMES_MAX and not wrong
    loaded = f"it loads {', '.join(wrong)}" if wrong else "none of " + ", ".join(FORBIDDEN) + " is loaded"
    needed = f"needed ≤ {GOAL_TIMES_MAX} ×"
    return met, f"import hashrange: {'met' if met else 'missed'}: {times:.2f} × `{BASE}` ({needed}); {loaded}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench_import", description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=15, help=f"interleaved runs, at least {RUNS_MIN}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    parser.add_argument("--markdown", action="store_true", help="print the section for RESULTS.md instead of a table")
    parser.add_argument("--write", action="store_true", help="put the section into RESULTS.md")
    return parser.parse_args()


def main() -> int:
    """Measure and show; 1 when the requirement is missed, 2 when something could not be imported."""
    options = _arguments()
    where = report.machine()
    try:
        found, inside = measure(max(RUNS_MIN, options.runs)), dearest(8)
    except subprocess.CalledProcessError as error:
        print(f"bench_import: {error.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return 2
    met, sentence = verdict(found)
    costs = "Dearest modules of hashrange (own ms): " + ", ".join(f"{name} {own_ms:.1f}" for name, own_ms in inside)
    section = report.import_markdown(where, HEADER, rows(found), [sentence, costs])
    print(
        section
        if options.markdown
        else f"{report.aligned([HEADER, *rows(found)], (0, len(HEADER) - 1))}\n\n{sentence}\n{costs}"
    )
    if options.write:
        report.write_section("import", section)
    if options.json:
        content = {"machine": where, "imports": [asdict(one) for one in found], "hashrange_own_ms": dict(inside)}
        options.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return 0 if met else 1


if __name__ == "__main__":
    environment.enter("benchmarks.bench_import")
    sys.exit(main())
