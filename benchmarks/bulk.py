"""Many items into one table: one client in one process, which reads a job from standard input and prints its figures.

Each client is used as its documentation shows: hashrange by ``table.batch()``, the others by ``batch_writer()``. The
process holds nothing but the client, so its CPU time is the client's. Also hashrange over a simulator in the same
process that leaves a share of every batch undone, as a throttled table does.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import run
from benchmarks.sample import ACCESS_KEY, ITEM, REGION, SECRET_KEY, TABLE
from benchmarks.stub import settle

Row = dict[str, Any]


def rows(count: int) -> Iterator[Row]:
    """The sample item, under so many keys."""
    for number in range(count):
        yield {**ITEM, "PK": f"USER#{number:08d}"}


# ── the clients ──────────────────────────────────────────────────────────────────────────────────────────────────────
def _botocore_arguments(url: str, config: Any) -> dict[str, Any]:
    return {
        "region_name": REGION,
        "endpoint_url": url,
        "aws_access_key_id": ACCESS_KEY,
        "aws_secret_access_key": SECRET_KEY,
        "config": config(),
    }


async def _hashrange(url: str, table: str, count: int) -> None:
    hashrange = importlib.import_module("hashrange")
    config = hashrange.Config(endpoint_url=url, region=REGION, credentials=hashrange.Static(ACCESS_KEY, SECRET_KEY))
    async with hashrange.DynamoDB(config) as db, db.table(table).batch() as batch:
        for item in rows(count):
            await batch.put(item)


async def _aioboto3(url: str, table: str, count: int) -> None:
    session = importlib.import_module("aioboto3").Session()
    arguments = _botocore_arguments(url, importlib.import_module("aiobotocore.config").AioConfig)
    async with session.resource("dynamodb", **arguments) as tables:
        written = await tables.Table(table)
        async with written.batch_writer() as batch:
            for item in rows(count):
                await batch.put_item(Item=item)


async def _boto3(url: str, table: str, count: int) -> None:
    arguments = _botocore_arguments(url, importlib.import_module("botocore.config").Config)
    tables = importlib.import_module("boto3").resource("dynamodb", **arguments)
    with tables.Table(table).batch_writer() as batch:
        for item in rows(count):
            batch.put_item(Item=item)


@dataclass(frozen=True)
class Writer:
    """A row of the table: how many items are written, and the loops on which it can run."""

    write: Callable[[str, str, int], Awaitable[None]]
    loops: tuple[str, ...] = ("asyncio", "uvloop")


WRITERS = {
    "hashrange batch()": Writer(_hashrange),
    "aioboto3 batch_writer": Writer(_aioboto3),
    "boto3 batch_writer": Writer(_boto3, ("asyncio",)),  # it blocks; the loop only runs it
}


# ── left undone ──────────────────────────────────────────────────────────────────────────────────────────────────────
class Reluctant:
    """Leaves a share of all operations undone: every twentieth one, for 5 %.

    Attributes:
        offered, first_done: operations that were sent for the first time, and those of them that were done at once.
        left: how often one was left undone.
    """

    def __init__(self, beneath: Any, share: float) -> None:
        self._beneath, self._every = beneath, round(1 / share) if share else 0
        self._sent = 0
        self._msgspec = importlib.import_module("msgspec")
        self._response = importlib.import_module("hashrange.wire.transport").Response
        self._seen: set[str] = set()
        self.offered = self.first_done = self.left = 0

    async def send(self, request: Any) -> Any:
        payload = self._msgspec.json.decode(request.body)
        ((table, operations),) = payload["RequestItems"].items()
        left = [one for one in operations if self._leaves(one["PutRequest"]["Item"]["PK"]["S"])]
        done = [one for one in operations if one not in left]
        if not left:
            return await self._beneath.send(request)
        response = self._response(200, b"{}")
        if done:
            request.body = self._msgspec.json.encode({"RequestItems": {table: done}})
            response = await self._beneath.send(request)
        answer = self._msgspec.json.decode(response.body) | {"UnprocessedItems": {table: left}}
        return self._response(200, self._msgspec.json.encode(answer))

    def _leaves(self, key: str) -> bool:
        self._sent += 1
        leaves = bool(self._every) and self._sent % self._every == 0
        self.left += leaves
        if key not in self._seen:
            self._seen.add(key)
            self.offered += 1
            self.first_done += not leaves
        return leaves

    def repair(self, error: object, response: object) -> bool:
        return False

    async def close(self) -> None:
        await self._beneath.close()


async def reluctant(count: int, share: float) -> dict[str, float]:
    """Items per second, and what was written by the first round and in the end."""
    hashrange = importlib.import_module("hashrange")
    engine = importlib.import_module("hashrange.simulator.engine").Engine([TABLE])
    beneath = importlib.import_module("hashrange.simulator.transport").InProcess(engine)
    transport = Reluctant(beneath, share)
    config = hashrange.Config(region=REGION, credentials=hashrange.Static(ACCESS_KEY, SECRET_KEY))
    async with hashrange.DynamoDB(config, transport=transport) as db:
        started = time.perf_counter()
        report = await db.table(TABLE).batch_write(rows(count))
        wall = time.perf_counter() - started
    async with hashrange.DynamoDB.in_memory(engine=engine) as db:
        stored = await db.table(TABLE).scan().count()
    return {
        "share": share,
        "items_per_s": count / wall,
        "first_round": transport.first_done / transport.offered,
        "written": stored / count,
        "requests": report.requests,
        "retried": report.retried,
    }


# ── the process ──────────────────────────────────────────────────────────────────────────────────────────────────────
def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _memory_bytes() -> int:
    fields = Path("/proc/self/statm").read_text(encoding="ascii").split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")


async def _write(job: dict[str, Any]) -> dict[str, float]:
    writer = WRITERS[job["writer"]]
    await writer.write(job["url"], job["table"], 500)  # imports, connections and caches
    wall, cpu = time.perf_counter(), _cpu_s()
    await writer.write(job["url"], job["table"], job["items"])
    cpu, wall = _cpu_s() - cpu, time.perf_counter() - wall
    return {
        "items_per_s": job["items"] / wall,
        "cpu_us": cpu / job["items"] * 1e6,
        "memory_mb": _memory_bytes() / 1e6,
    }


def main() -> None:
    """The process's life: job in, figures out."""
    job = json.load(sys.stdin)
    settle(os.getpid(), job["core"])
    if job["kind"] == "reluctant":
        found = run(job["loop"], lambda: reluctant(job["items"], job["share"]))
    else:
        found = run(job["loop"], lambda: _write(job))
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
