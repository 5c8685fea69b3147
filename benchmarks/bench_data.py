"""``hashrange serve --data`` beside DynamoDB Local in file mode, and the start of a folder with 1,000,000 items.

Usage: ``python benchmarks/bench_data.py [--quick] [--rounds N] [--seconds N] [--items N] [--write]``. Makes its own
environment when that is missing. All servers run at once and are asked in turn (A B C A B C); medians count. A start
is the time from the process's to its first answer; each follows a SIGKILL.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import environment, load, report
from benchmarks.in_process import grown_item, wire_encoder
from benchmarks.sample import TABLE
from benchmarks.servers import SERVERS, Running, Server, ServerMissing, running
from benchmarks.stub import HOST, settle
from scripts import dynamodb_local

LASTING, MEMORY, LOCAL = "hashrange --data", "hashrange in memory", "DynamoDB Local, file mode"
PUT_MIN, START_S_MAX = 3.0, 1.0
PER_PARTITION = 100
FILL_TURN_ITEMS = 2_000
HEADER = ("server", "requests/s", "CPU µs/request", "p50 ms", "p99 ms")
GOALS = ("what", "verdict", "needed", "measured")


@dataclass(frozen=True)
class Start:
    """A start of a folder with many items.

    Attributes:
        seconds: from the process's start to its first answer.
        bare_seconds: the same of a folder without items.
        get_ms: the first GetItem.
        memory_bytes: resident after that.
    """

    items: int
    file_bytes: int
    seconds: float
    bare_seconds: float
    get_ms: float
    memory_bytes: int


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench_data", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one short round, and 100,000 items")
    parser.add_argument("--rounds", type=int, help="how often everything is measured (default 3)")
    parser.add_argument("--seconds", type=int, help="per operation, server and round (default 3)")
    parser.add_argument("--items", type=int, help="in the folder whose start is measured (default 1,000,000)")
    parser.add_argument("--write", action="store_true", help="put the section into RESULTS.md")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.seconds = options.seconds or (1 if options.quick else 3)
    options.items = options.items or (100_000 if options.quick else 1_000_000)
    return options


def _serve(folder: Path, port: int) -> Sequence[str]:
    return [sys.executable, "-m", "hashrange", "serve", "--host", HOST, "--port", str(port), "--data", str(folder)]


def _local(folder: Path, port: int) -> Sequence[str]:
    try:
        java, home = dynamodb_local.tool("java"), dynamodb_local.fetch()
    except dynamodb_local.Unavailable as error:
        raise ServerMissing(str(error)) from None
    command = [java, "-Xmx3g", f"-Djava.library.path={home / 'DynamoDBLocal_lib'}", "-jar"]
    command += [str(home / dynamodb_local.JAR), "-sharedDb", "-disableTelemetry"]
    return [*command, "-dbPath", str(folder), "-port", str(port)]


def _declare(work: Path) -> None:
    """The servers of this benchmark, beside the others."""
    for name in ("own", "local", "many", "bare"):
        (work / name).mkdir()
    SERVERS[LASTING] = Server(LASTING, lambda port: _serve(work / "own", port), lambda: "")
    SERVERS[MEMORY] = SERVERS["hashrange (uvloop)"]
    SERVERS[LOCAL] = Server(LOCAL, lambda port: _local(work / "local", port), lambda: dynamodb_local.VERSION)
    SERVERS["many"] = Server("many", lambda port: _serve(work / "many", port), lambda: "")
    SERVERS["bare"] = Server("bare", lambda port: _serve(work / "bare", port), lambda: "")


# ── what is measured ─────────────────────────────────────────────────────────────────────────────────────────────────
def rates(options: argparse.Namespace) -> dict[str, dict[str, load.Sample]]:
    """The median samples by operation and server."""
    samples: dict[str, dict[str, list[load.Sample]]] = defaultdict(lambda: defaultdict(list))
    with contextlib.ExitStack() as stack:
        servers: dict[str, Running] = {}
        for name in (LASTING, MEMORY, LOCAL):
            servers[name] = stack.enter_context(running(name))
            load.prepare(servers[name])
        for number in range(options.rounds):
            for operation in load.OPERATIONS:
                for name, server in servers.items():
                    warm_up = 3 if number == 0 else 0
                    sample = load.measure(server, operation, options.seconds, warm_up, None)
                    samples[operation][name].append(sample)
    return {
        operation: {name: _middle(several) for name, several in by_server.items()}
        for operation, by_server in samples.items()
    }


def _middle(samples: list[load.Sample]) -> load.Sample:
    names = ("requests_per_s", "cpu_us", "p50_ms", "p99_ms")
    return load.Sample(samples[0].operation, *(median(getattr(one, name) for one in samples) for name in names))


def start(options: argparse.Namespace, work: Path) -> Start:
    """The start of a folder with many items, whose last user was killed."""
    _fill(work / "many", options.items)
    with _killed("many") as server:
        _get(server)
    seconds: list[float] = []
    bare: list[float] = []
    get_ms, memory_bytes = 0.0, 0
    for _ in range(max(3, options.rounds)):
        with _timed("many", seconds) as server:
            begun = time.perf_counter()
            _get(server)
            get_ms = (time.perf_counter() - begun) * 1e3
            memory_bytes = server.memory_bytes()
        with _timed("bare", bare):
            pass
    size = (work / "many" / "hashrange.sqlite").stat().st_size
    return Start(options.items, size, median(seconds), median(bare), get_ms, memory_bytes)


def _fill(folder: Path, items: int) -> None:
    from hashrange.simulator import DiskEngine

    encode = wire_encoder()
    with DiskEngine(folder) as engine:
        engine.execute("CreateTable", dict(load.CREATE_TABLE))
        for number in range(items):
            item = json.loads(json.dumps(encode(grown_item(number, PER_PARTITION))))
            engine.execute_in_turn("PutItem", {"TableName": TABLE, "Item": item})
            if number % FILL_TURN_ITEMS == 0:
                engine.make_durable()
        engine.make_durable()


def _get(server: Running) -> None:
    caller = load.Caller(server)
    key = {name: value for name, value in wire_encoder()(grown_item(7, PER_PARTITION)).items() if name in ("PK", "SK")}
    answer = caller.call("GetItem", {"TableName": TABLE, "Key": key})
    if "Item" not in answer:
        raise load.LoadFailed("the item is not there")
    caller.close()


@contextlib.contextmanager
def _timed(name: str, seconds: list[float]) -> Iterator[Running]:
    begun = time.perf_counter()
    with _killed(name) as server:
        seconds.append(time.perf_counter() - begun)
        yield server


@contextlib.contextmanager
def _killed(name: str) -> Iterator[Running]:
    """A server that ends by SIGKILL."""
    with running(name) as server:
        yield server
        os.kill(server.pid, signal.SIGKILL)


# ── how it is shown ──────────────────────────────────────────────────────────────────────────────────────────────────
def _goal_rows(found: dict[str, dict[str, load.Sample]], began: Start) -> list[list[str]]:
    put = found["PutItem"]
    ratio = put[LASTING].requests_per_s / put[LOCAL].requests_per_s
    more = began.seconds - began.bare_seconds
    return [
        ["PutItem, against DynamoDB Local in file mode",
         _verdict(ratio >= PUT_MIN), f"≥ {PUT_MIN:g} ×", f"{ratio:.1f} ×"],
        [f"start with {began.items:,} items, process included", _verdict(began.seconds <= START_S_MAX),
         f"≤ {START_S_MAX:g} s", f"{began.seconds:.2f} s ({more * 1e3:+.0f} ms against no items)"],
        ["memory after that", "–", "",
         f"{began.memory_bytes / 1e6:.0f} MB, of a file of {began.file_bytes / 1e6:.0f} MB"],
        ["first GetItem after that", "–", "", f"{began.get_ms:.1f} ms"],
    ]  # fmt: skip


def _verdict(reached: bool) -> str:
    return "reached" if reached else "MISSED"


def _rows(samples: dict[str, load.Sample]) -> list[list[str]]:
    return [
        [name, f"{one.requests_per_s:,.0f}", f"{one.cpu_us:.0f}", f"{one.p50_ms:.2f}", f"{one.p99_ms:.2f}"]
        for name, one in samples.items()
    ]


def _shown(found: dict[str, dict[str, load.Sample]], began: Start, where: dict[str, str]) -> str:
    how = (
        f"{load.CONNECTIONS} connections of wrk, a thousand keys in turn. Both that keep data wait for the disk before "
        "they answer; how long that takes is the disk's matter, so the ratios count."
    )
    parts = [
        "## Data that stays",
        "; ".join(f"{name} {value}" for name, value in where.items()) + ".",
        how,
        report.markdown_table(GOALS, _goal_rows(found, began), (0, 1, 3)),
    ]
    for operation, samples in found.items():
        parts += [f"### {operation}, with data that stays", report.markdown_table(HEADER, _rows(samples), (0,))]
    return "\n\n".join(parts)


def main() -> int:
    """Measure and show; 2 when it could not be measured."""
    options = _arguments()
    began, where = time.monotonic(), report.machine()
    settle(os.getpid(), None)
    try:
        with tempfile.TemporaryDirectory(prefix="hashrange-data-") as name:
            work = Path(name)
            _declare(work)
            found, started = rates(options), start(options, work)
    except (ServerMissing, load.LoadFailed) as error:
        print(f"bench_data: {error}", file=sys.stderr)
        return 2
    section = _shown(found, started, where)
    print(section)
    if options.write:
        report.write_section("data", section)
    print(f"took {time.monotonic() - began:.0f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    environment.enter("benchmarks.bench_data")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are stopped on the way out
    sys.exit(main())
