"""One client in one process: reads a job from standard input, measures its cells, prints the numbers as JSON.

The process holds nothing but the client, so its CPU time (user and system, all threads) is the client's. Calls run in a
closed loop: ``in_flight`` workers, each awaiting its call before it makes the next. Before the clock starts every
worker has made calls, so connections are open, and the answer has been checked once.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import json
import os
import resource
import sys
import threading
import time
from array import array
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.clients import CLIENTS, Calls, Target
from benchmarks.sample import ITEM
from benchmarks.stub import accepted, settle

CALLS_PER_WORKER_MIN = 2  # so that every worker's connection is open before the clock starts
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cell:
    """What is measured: an operation, how many at a time, over what, for how long."""

    operation: str
    in_flight: int
    transport: str
    seconds: float
    warm_up: float


@dataclass(frozen=True)
class Job:
    """What the parent asks of a process."""

    client: str
    loop: str
    cells: tuple[Cell, ...]
    urls: dict[str, str]
    ca: str
    stub_pid: int
    stub_port: int
    core: int | None


@dataclass(frozen=True)
class Sample:
    """What one cell gave.

    Attributes:
        operations_per_s: calls over wall time.
        cpu_us: CPU microseconds of this process per call.
        p50_ms, p99_ms: latency as the caller saw it.
        calls: how many were made.
        connections: opened while the clock ran; 0 for a client that keeps its connections.
        stub_busy: the share of the wall time that the stub spent on its CPU; near 1 it is the stub that is measured.
    """

    operation: str
    in_flight: int
    transport: str
    operations_per_s: float
    cpu_us: float
    p50_ms: float
    p99_ms: float
    calls: int
    connections: int
    stub_busy: float


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _cpu_s_of(pid: int) -> float:
    """CPU time of another process; 0 where there is no /proc."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S
    return 0.0


async def drive(call: Callable[[], Any], in_flight: int, seconds: float) -> array[float]:
    """Latencies in seconds, in the order in which the calls ended."""
    latencies: array[float] = array("d")
    clock, add = time.perf_counter, latencies.append
    deadline = clock() + seconds

    async def worker() -> None:
        started, left = clock(), CALLS_PER_WORKER_MIN
        while started < deadline or left > 0:
            await call()
            ended = clock()
            add(ended - started)
            started, left = ended, left - 1

    async with asyncio.TaskGroup() as group:
        for _ in range(in_flight):
            group.create_task(worker())
    return latencies


def _drive_threads(call: Callable[[], Any], in_flight: int, seconds: float) -> array[float]:
    """The same for a client that blocks; one at a time runs on the main thread."""
    clock = time.perf_counter
    deadline = clock() + seconds
    shares: list[array[float]] = [array("d") for _ in range(in_flight)]

    def worker(latencies: array[float]) -> None:
        started = clock()
        while started < deadline or len(latencies) < CALLS_PER_WORKER_MIN:
            call()
            ended = clock()
            latencies.append(ended - started)
            started = ended

    threads = [threading.Thread(target=worker, args=(share,)) for share in shares[1:]]
    for thread in threads:
        thread.start()
    worker(shares[0])
    for thread in threads:
        thread.join()
    return array("d", (latency for share in shares for latency in share))


def _check(answer: object) -> None:
    """A client that does not give the item back must not win."""
    if str(ITEM["email"]) not in repr(answer):
        raise RuntimeError(f"the client gave {answer!r} for the sample item")


def _percentile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class _Meter:
    """Stands before and after the measured stretch and turns the difference into a Sample."""

    def __init__(self, job: Job, cell: Cell) -> None:
        self._job, self._cell = job, cell
        gc.collect()
        self._accepted = accepted(job.stub_port)
        self._stub = _cpu_s_of(job.stub_pid)
        self._wall = time.perf_counter()
        self._cpu = _cpu_s()

    def read(self, latencies: Iterable[float]) -> Sample:
        cpu, wall = _cpu_s() - self._cpu, time.perf_counter() - self._wall
        stub = _cpu_s_of(self._job.stub_pid) - self._stub
        ordered = sorted(latencies)
        calls = len(ordered)
        return Sample(
            operation=self._cell.operation,
            in_flight=self._cell.in_flight,
            transport=self._cell.transport,
            operations_per_s=calls / wall,
            cpu_us=cpu / calls * 1e6,
            p50_ms=_percentile(ordered, 0.50) * 1e3,
            p99_ms=_percentile(ordered, 0.99) * 1e3,
            calls=calls,
            connections=accepted(self._job.stub_port) - self._accepted - 1,
            stub_busy=stub / wall,
        )


async def _measure_cell(job: Job, cell: Cell, calls: Calls) -> Sample:
    call = calls.get if cell.operation == "GetItem" else calls.put
    if job.loop == "threads":
        _check(calls.get())
        _drive_threads(call, cell.in_flight, cell.warm_up)
        meter = _Meter(job, cell)
        return meter.read(_drive_threads(call, cell.in_flight, cell.seconds))
    _check(await calls.get())
    await drive(call, cell.in_flight, cell.warm_up)
    meter = _Meter(job, cell)
    return meter.read(await drive(call, cell.in_flight, cell.seconds))


async def _measure(job: Job) -> list[Sample]:
    samples = []
    for cell in job.cells:
        target = Target(job.urls[cell.transport], Path(job.ca), cell.in_flight)
        async with CLIENTS[job.client].open(target) as calls:
            samples.append(await _measure_cell(job, cell, calls))
    return samples


def run(loop: str, main: Callable[[], Any]) -> Any:
    """Run an async function on ``asyncio`` or ``uvloop`` (``threads`` needs a loop only to open the client)."""
    factory = importlib.import_module("uvloop").new_event_loop if loop == "uvloop" else None
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(main())


def main() -> None:
    """The process's life: job in, samples out."""
    raw = json.load(sys.stdin)
    job = Job(**{**raw, "cells": tuple(Cell(**cell) for cell in raw["cells"])})
    settle(os.getpid(), job.core)
    samples: list[Sample] = run(job.loop, lambda: _measure(job))
    json.dump([asdict(sample) for sample in samples], sys.stdout)


if __name__ == "__main__":
    main()
