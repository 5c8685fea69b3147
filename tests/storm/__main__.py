"""``python -m tests.storm``: a long storm, with ``hashrange serve`` and the proxy in processes of their own.

Owns the processes, the measurements and the report; its exit code is 1 if anything was lost, applied twice or left
open, or if the memory of the client's process grew. Must not know operations or faults.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ctypes
import gc
import json
import logging
import re
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import randrange
from typing import Final

from hashrange.client import DynamoDB
from hashrange.telemetry.usage import Usage
from tests.loops import LOOPS
from tests.storm.faults import table_of
from tests.storm.place import PATIENCE, direct_client, open_sockets, stormy_client
from tests.storm.survey import SHOWN_MAX, Survey
from tests.storm.tables import prepare
from tests.storm.workers import Storm

#: of the operations, after which memory is measured; at the first of them everything has been used
MILESTONES: Final = (0.2, 0.4, 0.6, 0.8, 1.0)
#: MiB by which it may grow from the first milestone to the end: what the books keep, and the allocator's untidiness
GROWTH_MAX: Final = 16.0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.storm", description="A long storm.")
    parser.add_argument("--operations", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=48)
    parser.add_argument("--seed", type=int, default=randrange(1_000_000))
    parser.add_argument("--loop", choices=LOOPS, default="uvloop")
    parser.add_argument("--tls", action="store_true", help="between the client and the proxy")
    options = parser.parse_args(arguments)
    loop = options.loop + (" by TLS" if options.tls else "")
    print(f"{options.operations} operations by {options.workers} workers on {loop}, seed {options.seed}")
    logging.getLogger("hashrange").setLevel(logging.ERROR)  # the circuit opens and closes all the time
    sockets_before = open_sockets()
    with _server() as (server, port), _proxy(port, options) as (proxy, client):
        served_before = open_sockets(server.pid)
        run = Run(options, port, client)
        with asyncio.Runner(loop_factory=LOOPS[options.loop]) as runner:
            wrong = runner.run(run.blow())
            # it ends when it has delivered all that it ever will; then the server has nothing more to do
            counts = json.loads(proxy.communicate(timeout=PATIENCE)[0])
            wrong += _left_open(server.pid, served_before, "of the server")
            wrong += runner.run(run.survey())
    wrong += _left_open("self", sockets_before, "of this process")
    run.report(counts["injected"], counts["accepted"])
    for line in wrong[:SHOWN_MAX]:
        print(f"WRONG: {line}")
    print(f"{len(wrong)} things are wrong" if wrong else "nothing lost, nothing applied twice, nothing left open")
    return 1 if wrong else 0


class Run:
    """One storm, and what was measured."""

    def __init__(self, options: argparse.Namespace, port: int, client: DynamoDB) -> None:
        self._operations, self._workers = options.operations, options.workers
        self._port = port
        self._milestones = [round(options.operations * (1 - share)) for share in MILESTONES]
        self._memory: list[float] = []
        self._blocks: list[int] = []
        self._usage = Usage()
        self._seconds = 0.0
        self._storm = Storm(client, options.seed, options.operations, self._milestone)

    async def blow(self) -> list[str]:
        """What is wrong when it is over, but for the tables."""
        storm = self._storm
        async with direct_client(self._port) as direct:
            await prepare(direct)
        started = time.monotonic()
        with storm.db.track() as self._usage:
            await storm.blow(self._workers)
        self._seconds = time.monotonic() - started
        self._measure()  # at rest: what was in use at the last milestone was in use
        growth = self._memory[-1] - self._memory[0]
        memory = [] if growth <= GROWTH_MAX else [f"the memory has grown by {growth:.1f} MiB"]
        left = asyncio.all_tasks() - {asyncio.current_task()}
        return memory + [f"a task is left: {task}" for task in left]

    async def survey(self) -> list[str]:
        """What is wrong with the tables."""
        survey = Survey(self._storm.books)
        async with direct_client(self._port) as direct:
            await survey.take(direct)
        return survey.differences()

    def _milestone(self, left: int) -> None:
        if self._milestones and left <= self._milestones[0]:
            del self._milestones[0]
            self._measure()
            print(f"  {left} left, {self._memory[-1]:.1f} MiB, {self._storm.db}", flush=True)

    def _measure(self) -> None:
        gc.collect()
        self._memory.append(_memory())
        self._blocks.append(sys.getallocatedblocks())

    def report(self, injected: dict[str, int], accepted: int) -> None:
        """Print the figures."""
        storm = self._storm
        print(f"\n{table_of(injected)}\n")
        for kind, said in storm.books.counts().items():
            print(f"{kind:>12}: " + ", ".join(f"{said[each]} {each}" for each in ("acked", "maybe", "never")))
        progress = storm.progress
        print(f"{'errors':>12}: " + ", ".join(f"{count} {name}" for name, count in progress.errors.most_common()))
        print(f"\n{self._operations} operations in {self._seconds:.1f} s, {progress.cancelled} of them cancelled")
        usage = self._usage
        print(f"{usage.calls} calls, {usage.retries} retries, {usage.failed_calls} calls failed")
        print(f"{len(storm.books)} writes, {progress.checked} reads checked, {accepted} connections")
        print(f"memory in MiB after each fifth, and at rest: {', '.join(f'{each:.1f}' for each in self._memory)}")
        print(f"Python's memory blocks: {', '.join(map(str, self._blocks))}")


def _memory() -> float:
    """What this process occupies, in MiB; 0 where the system does not tell.

    Less what the allocator has got back and keeps: uvloop has 256 KB for each TLS connection, which leave holes.
    """
    with contextlib.suppress(OSError, AttributeError):  # of glibc only
        ctypes.CDLL(None).malloc_trim(0)
    status = Path("/proc/self/status")
    found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return int(found.group(1)) / 1024 if found else 0.0


def _left_open(process: int | str, before: int, whose: str) -> list[str]:
    deadline = time.monotonic() + PATIENCE
    while open_sockets(process) != before and time.monotonic() < deadline:
        time.sleep(0.05)
    left = open_sockets(process) - before
    return [f"{left} sockets {whose} are left open"] if left else []


@contextlib.contextmanager
def _server() -> Iterator[tuple[subprocess.Popen[str], int]]:
    command = [sys.executable, "-m", "hashrange", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            endpoint = re.search(r"http://[0-9.]+:(\d+)", process.stdout.readline())
            assert endpoint, "the server does not say where it listens"
            yield process, int(endpoint.group(1))
        finally:
            process.terminate()


@contextlib.contextmanager
def _proxy(port: int, options: argparse.Namespace) -> Iterator[tuple[subprocess.Popen[str], DynamoDB]]:
    """The proxy, and a client of it."""
    command = [
        sys.executable,
        "-m",
        "tests.storm.proxy",
        str(port),
        str(options.seed),
        *(["tls"] if options.tls else []),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            said = json.loads(process.stdout.readline())
            tls = ssl.create_default_context(cadata=said["authority"]) if options.tls else None
            yield process, stormy_client(said["port"], options.seed, tls)
        finally:
            process.terminate()


if __name__ == "__main__":
    sys.exit(main())
