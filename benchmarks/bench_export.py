"""``hashrange import`` and ``export`` of 10,000, 100,000 and 1,000,000 items: rate, memory, and both killed on the way.

Usage: ``python benchmarks/bench_export.py [--quick] [--counts A,B,C] [--json FILE] [--markdown] [--write]``. Makes its
own environment when that is missing. The server is ``hashrange serve`` in a process of its own, on one core; the
command runs in another process on another core, as it is typed. What is exported is compared with what was imported,
line by line; then both are killed (SIGKILL) halfway, given again, and compared once more.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import environment, load, report
from benchmarks.children import PROCESS_S_MAX, cores
from benchmarks.in_process import grown_item, wire_encoder
from benchmarks.servers import Running, ServerMissing, running
from benchmarks.stub import settle

SERVER = "hashrange (uvloop)"
TABLE = "export"
T = TypeVar("T")
PER_PARTITION = 100
LOOK_S = 0.02  # between two looks at a process
RATE_MIN, MEMORY_GROWTH_MAX = 20_000, 1.25
HEADER = ("items", "command", "items/s", "seconds", "CPU µs/item", "peak memory MB", "server busy")
KILLED_HEADER = ("items", "command", "killed after", "went on with", "the result")
GOALS = ("what", "verdict", "needed", "measured", "")


@dataclass(frozen=True)
class Ran:
    """A command that ended well."""

    command: str
    items: int
    seconds: float
    cpu_s: float
    memory_bytes: int
    server_busy: float


@dataclass(frozen=True)
class Killed:
    """A command that was killed and given again; ``equal``: whether the result is that of one that was not."""

    command: str
    items: int
    killed_after: int
    resumed_at: int
    equal: bool


class Failed(Exception):
    """A command did not do what it should."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench_export", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="10,000 and 100,000 items only")
    parser.add_argument("--counts", help="numbers of items, with commas (default 10000,100000,1000000)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample")
    parser.add_argument("--markdown", action="store_true", help="print the section for RESULTS.md instead of tables")
    parser.add_argument("--write", action="store_true", help="put the section into RESULTS.md")
    options = parser.parse_args()
    counts = options.counts or ("10000,100000" if options.quick else "10000,100000,1000000")
    options.counts = sorted(int(count) for count in counts.split(","))
    return options


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _written(path: Path, count: int) -> int:
    """Items of 300 bytes as the service counts them, as JSON lines; the digest of the file."""
    encode = wire_encoder()
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            file.write(json.dumps(encode(grown_item(number, PER_PARTITION)), separators=(",", ":")) + "\n")
    return _digest(path)


def _digest(path: Path) -> int:
    """Of all lines in any order: one that is missing, broken or there twice changes it."""
    total = 0
    with path.open("rb") as file:
        for line in file:
            total += int.from_bytes(blake2b(line, digest_size=16).digest(), "big")
    return total


# ── processes ────────────────────────────────────────────────────────────────────────────────────────────────────────
@contextmanager
def _command(*arguments: str, core: int | None) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "hashrange", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=environment.ROOT,
        start_new_session=True,
    )
    try:
        settle(process.pid, core)
        yield process
    finally:
        process.kill()
        process.communicate()


def _peak_bytes(pid: int) -> int:
    """The most memory that a process had resident; 0 where it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    line = next((line for line in status.splitlines() if line.startswith("VmHWM:")), "VmHWM: 0 kB")
    return int(line.split()[1]) * 1024


def _run(server: Running, command: str, path: Path, items: int, core: int | None) -> Ran:
    begun, server_cpu, children = time.perf_counter(), server.cpu_s(), os.times()
    peak = 0
    with _command(command, TABLE, str(path), "--local", str(server.port), core=core) as process:
        while process.poll() is None:
            peak = max(peak, _peak_bytes(process.pid))
            if time.perf_counter() - begun > PROCESS_S_MAX:
                raise Failed(f"{command} of {items:,} items has not ended after {PROCESS_S_MAX:.0f} s")
            time.sleep(LOOK_S)
        seconds = time.perf_counter() - begun
        _, errors = process.communicate()
        if process.returncode:
            raise Failed(f"{command}: {errors.strip()}")
    after = os.times()
    cpu = after.children_user + after.children_system - children.children_user - children.children_system
    return Ran(command, items, seconds, cpu, peak, (server.cpu_s() - server_cpu) / seconds)


def _kill(server: Running, command: str, path: Path, state: Path, member: str, items: int, core: int | None) -> int:
    """Kill a command as soon as its state says that half is done; how much it says then."""
    deadline = time.perf_counter() + PROCESS_S_MAX
    with _command(command, TABLE, str(path), "--local", str(server.port), core=core) as process:
        while process.poll() is None and time.perf_counter() < deadline:
            if _said(state, member) >= items // 2:
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
                return _said(state, member)
            time.sleep(LOOK_S / 10)
    raise Failed(f"{command} of {items:,} items ended before it was killed")


def _said(state: Path, member: str) -> int:
    try:
        return int(json.loads(state.read_bytes())[member])
    except FileNotFoundError:
        return 0


def _resumed(server: Running, command: str, path: Path, core: int | None) -> int:
    """Give a command again; where it went on."""
    arguments = (command, TABLE, str(path), "--json", "--local", str(server.port))
    with _command(*arguments, core=core) as process:
        output, errors = process.communicate(timeout=PROCESS_S_MAX)
        if process.returncode:
            raise Failed(f"{command}, again: {errors.strip()}")
    return int(json.loads(output)["resumed_at"])


# ── what is measured ─────────────────────────────────────────────────────────────────────────────────────────────────
def measure(items: int, folder: Path) -> tuple[list[Ran], list[Killed]]:
    """Everything for one number of items."""
    server_core, core = cores()
    given, exported = folder / "given.jsonl", folder / "exported.jsonl"
    expected = _written(given, items)
    with running(SERVER, server_core) as server:
        caller = load.Caller(server)

        def fresh_table() -> None:
            caller.call("CreateTable", {**load.CREATE_TABLE, "TableName": TABLE})

        def export_is_equal() -> bool:
            equal = _digest(exported) == expected
            exported.unlink()
            return equal

        fresh_table()
        ran = [
            _noted(lambda: _run(server, "import", given, items, core), f"import of {items:,}"),
            _noted(lambda: _run(server, "export", exported, items, core), f"export of {items:,}"),
        ]
        if not export_is_equal():
            raise Failed(f"what was exported of {items:,} items is not what was imported")
        state = folder / "exported.jsonl.checkpoint"
        after = _noted(lambda: _kill(server, "export", exported, state, "items", items, core), "export, killed")
        resumed = _resumed(server, "export", exported, core)
        killed = [Killed("export", items, after, resumed, export_is_equal())]
        caller.call("DeleteTable", {"TableName": TABLE})
        fresh_table()
        state = folder / "given.jsonl.import-state"
        after = _noted(lambda: _kill(server, "import", given, state, "lines", items, core), "import, killed")
        resumed = _resumed(server, "import", given, core)
        _run(server, "export", exported, items, core)
        killed.insert(0, Killed("import", items, after, resumed, export_is_equal()))
        caller.close()
    given.unlink()
    return ran, killed


def _noted(act: Callable[[], T], what: str) -> T:
    if sys.stderr.isatty():
        print(f"\r\033[K{what}", end="", file=sys.stderr)
    return act()


# ── how it is shown ──────────────────────────────────────────────────────────────────────────────────────────────────
def _row(one: Ran) -> list[str]:
    return [
        f"{one.items:,}",
        one.command,
        f"{one.items / one.seconds:,.0f}",
        f"{one.seconds:.1f}",
        f"{one.cpu_s / one.items * 1e6:.1f}",
        f"{one.memory_bytes / 1e6:.1f}",
        f"{one.server_busy:.0%}",
    ]


def _killed_row(one: Killed) -> list[str]:
    unit = "lines" if one.command == "import" else "items"
    result = "equal" if one.equal else "DIFFERENT"
    return [f"{one.items:,}", one.command, f"{one.killed_after:,} {unit}", f"{one.resumed_at + 1:,}", result]


def _goal_rows(ran: list[Ran], killed: list[Killed]) -> list[list[str]]:
    rows = []
    for command in ("import", "export"):
        own = [one for one in ran if one.command == command]
        most = own[-1]
        rate = most.items / most.seconds
        rows.append([f"{command} of {most.items:,} items", _verdict(rate >= RATE_MIN), f"≥ {RATE_MIN:,} items/s",
                     f"{rate:,.0f} items/s", "process start included"])  # fmt: skip
        base = own[0]
        growth = most.memory_bytes / base.memory_bytes
        rows.append([f"memory of {command}, {most.items:,} items against {base.items:,}",
                     _verdict(growth <= MEMORY_GROWTH_MAX), f"≤ {MEMORY_GROWTH_MAX:g} ×", f"{growth:.2f} ×",
                     f"{most.memory_bytes / 1e6:.0f} MB"])  # fmt: skip
    equal = all(one.equal for one in killed)
    rows.append(["killed halfway and given again", _verdict(equal), "equal", "equal" if equal else "different", ""])
    return rows


def _verdict(reached: bool) -> str:
    return "reached" if reached else "MISSED"


def _terminal(ran: list[Ran], killed: list[Killed]) -> str:
    parts = [
        report.aligned([HEADER, *map(_row, ran)], (1,)),
        report.aligned([KILLED_HEADER, *map(_killed_row, killed)], (1, 4)),
        report.aligned([GOALS, *_goal_rows(ran, killed)], (0, 1, 4)),
    ]
    return "\n\n".join(parts)


def _markdown(ran: list[Ran], killed: list[Killed], where: dict[str, str]) -> str:
    packages = report.versions(("msgspec", "httptools", "uvloop"))
    how = (
        "Items of 300 bytes with a sort key, 100 a partition, between a file and `hashrange serve`, on loopback; one "
        "run each. Seconds and memory are of the whole process of the command, from its start to its end; memory is "
        "the most that was resident. The server has a core of its own: near 100 % busy, it limits the rate."
    )
    return "\n\n".join(
        [
            "## Export and import",
            "; ".join(f"{name} {value}" for name, value in where.items()) + ".",
            "Versions: " + ", ".join(f"{name} {version}" for name, version in packages.items()) + ".",
            how,
            report.markdown_table(GOALS, _goal_rows(ran, killed), (0, 1, 4)),
            report.markdown_table(HEADER, map(_row, ran), (1,)),
            "### Killed with SIGKILL halfway, and given again",
            report.markdown_table(KILLED_HEADER, map(_killed_row, killed), (1, 4)),
        ]
    )


def main() -> int:
    """Measure and show; 1 where a result was wrong, 2 when it could not be measured."""
    options = _arguments()
    started, where = time.monotonic(), report.machine()
    settle(os.getpid(), None)
    ran: list[Ran] = []
    killed: list[Killed] = []
    try:
        for count in options.counts:
            with tempfile.TemporaryDirectory(prefix="hashrange-export-") as folder:
                one, other = measure(count, Path(folder))
                ran += one
                killed += other
    except (ServerMissing, load.LoadFailed, Failed) as error:
        print(f"bench_export: {error}", file=sys.stderr)
        return 1 if isinstance(error, Failed) else 2
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    section = _markdown(ran, killed, where)
    print(section if options.markdown else _terminal(ran, killed))
    if options.write:
        report.write_section("export", section)
    if options.json:
        content = {"machine": where, "ran": [asdict(one) for one in ran], "killed": [asdict(one) for one in killed]}
        options.json.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"took {time.monotonic() - started:.0f} s", file=sys.stderr)
    return 0 if all(one.equal for one in killed) else 1


if __name__ == "__main__":
    environment.enter("benchmarks.bench_export")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the server is stopped on the way out
    sys.exit(main())
