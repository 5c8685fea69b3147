"""Where a call's time goes, by module: profiles one loop of GetItem or PutItem against the stub.

Usage: ``python benchmarks/profile_client.py [--client hashrange] [--operation GetItem] [--in-flight 64]
[--loop asyncio] [--transport plain] [--seconds 2] [--functions 25]``. The profiler makes Python code look dearer than
it is, and C code cheaper, so read the shares and not the sums; the first line says what a call costs without it. Time
in C functions is given to the module that called them.
"""

from __future__ import annotations

import argparse
import cProfile
import functools
import os
import pstats
import signal
import sys
import sysconfig
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import environment, report, stub
from benchmarks.clients import CLIENTS, Target
from benchmarks.measure import drive, run

WARM_UP_S = 0.5
Function = tuple[str, int, str]
Stats = dict[Function, tuple[int, int, float, float, dict[Function, tuple[int, int, float, float]]]]


@functools.cache
def module_of(filename: str) -> str:
    """A short name for a source file: ``hashrange/wire/sigv4``, ``aiohttp/client``, ``asyncio/events``."""
    path = Path(filename)
    roots = (environment.ROOT / "src", sysconfig.get_path("purelib"), environment.ROOT, sysconfig.get_path("stdlib"))
    for root in roots:
        if path.is_relative_to(root):
            return path.relative_to(root).with_suffix("").as_posix().removesuffix("/__init__")
    return filename


def by_module(stats: Stats) -> dict[str, tuple[float, int]]:
    """Seconds and number of calls of Python functions in each module, C functions counted to their callers."""
    found: dict[str, list[float]] = defaultdict(lambda: [0.0, 0])
    for (filename, _, _), (_, calls, own_s, _, callers) in stats.items():
        if filename != "~":
            found[module_of(filename)][0] += own_s
            found[module_of(filename)][1] += calls
            continue
        for (caller_file, _, _), (_, _, share_s, _) in callers.items():
            found["C called by C" if caller_file == "~" else module_of(caller_file)][0] += share_s
    return {name: (seconds, int(calls)) for name, (seconds, calls) in found.items()}


def module_rows(stats: Stats, calls: int, modules_min_us: float = 0.05) -> list[list[str]]:
    """The dearest module first: microseconds and Python function calls for one operation, share of all."""
    modules = by_module(stats)
    total_s = sum(seconds for seconds, _ in modules.values())
    return [
        [name, f"{seconds / calls * 1e6:.2f}", f"{seconds / total_s:.1%}", f"{count / calls:.1f}"]
        for name, (seconds, count) in sorted(modules.items(), key=lambda one: -one[1][0])
        if seconds / calls * 1e6 >= modules_min_us
    ]


def function_rows(stats: Stats, calls: int, count: int) -> list[list[str]]:
    """The dearest functions by their own time, for one operation."""
    dearest = sorted(stats.items(), key=lambda one: -one[1][2])[:count]
    return [
        [
            name if filename == "~" else f"{module_of(filename)}:{line} {name}",
            f"{own_s / calls * 1e6:.2f}",
            f"{number / calls:.1f}",
        ]
        for (filename, line, name), (_, number, own_s, _, _) in dearest
    ]


async def _profile(options: argparse.Namespace, target: Target) -> tuple[float, int, Stats]:
    """CPU seconds a call without the profiler, the calls made under it, and what it saw."""
    async with CLIENTS[options.client].open(target) as calls:
        call = calls.get if options.operation == "GetItem" else calls.put
        await drive(call, options.in_flight, WARM_UP_S)
        before = time.process_time()
        plain = len(await drive(call, options.in_flight, options.seconds))
        cpu_s = (time.process_time() - before) / plain
        profiler = cProfile.Profile()
        profiler.enable()
        made = len(await drive(call, options.in_flight, options.seconds))
        profiler.disable()
        stats: Any = pstats.Stats(profiler)
        return cpu_s, made, stats.stats


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="profile_client", description=__doc__.splitlines()[0])
    asynchronous = [name for name, client in CLIENTS.items() if "asyncio" in client.loops]
    parser.add_argument("--client", default="hashrange", choices=asynchronous)
    parser.add_argument("--operation", default="GetItem", choices=["GetItem", "PutItem"])
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--loop", default="asyncio", choices=["asyncio", "uvloop"], help="uvloop's own time is hidden")
    parser.add_argument("--transport", default="plain", choices=["plain", "tls"])
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--functions", type=int, default=25, help="how many single functions to list")
    return parser.parse_args()


def main() -> int:
    """Profile and print."""
    options = _arguments()
    try:
        with stub.running(None) as server:
            os.environ["SSL_CERT_FILE"] = str(server.ca)
            target = Target(server.url(options.transport), server.ca, options.in_flight)
            cpu_s, calls, stats = run(options.loop, lambda: _profile(options, target))
    except stub.StubMissing as error:
        print(f"profile_client: {error}", file=sys.stderr)
        return 2
    print(f"{options.client}, {options.operation}, {options.in_flight} in flight, {options.transport}, {options.loop}")
    print(f"{cpu_s * 1e6:.1f} µs CPU a call without the profiler; {calls} calls under it\n")
    header = ["module", "µs/call", "share", "calls/call"]
    print(report.aligned([header, *module_rows(stats, calls)], (0,)), end="\n\n")
    rows = function_rows(stats, calls, options.functions)
    print(report.aligned([["function (own time)", "µs/call", "calls/call"], *rows], (0,)))
    return 0


if __name__ == "__main__":
    environment.enter("benchmarks.profile_client")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the stub is stopped on the way out
    sys.exit(main())
