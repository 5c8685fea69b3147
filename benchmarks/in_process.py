"""What is measured inside one Python process: the whole client on an embedded simulator, its start and its memory.

Run as a child (``python -m benchmarks.in_process``): a job on standard input, figures as JSON on standard output. Also
the whole client against a server in another process. Nothing else runs in the process, so CPU time and memory are its.
"""

from __future__ import annotations

import gc
import importlib
import itertools
import json
import os
import random
import resource
import sys
import time
from array import array
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.measure import drive, run
from benchmarks.sample import ACCESS_KEY, ITEM, KEY, REGION, SECRET_KEY, TABLE
from benchmarks.stub import settle

STARTS_COUNT = 50
ITEM_BYTES = 300  # as the service counts them
WINDOW_PUTS = 1000  # what a put costs is the median of so many
SEED = 300
RETENTION_S = 24 * 3600  # how long the service keeps a record of a stream
STREAM_DAYS = 10
GET_BY_CALL, STATEMENT_BY_CALL = "GetItem by call", "ExecuteStatement by call"
#: how the items of a growing table are spread: items of one partition, 0 for all
LAYOUTS = {"100 items a partition": 100, "one item a partition": 1, "all items in one partition": 0}


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _resident_bytes() -> int:
    fields = Path("/proc/self/statm").read_text(encoding="ascii").split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")


def _measured(operation: str, latencies: array[float], cpu: float, wall: float) -> dict[str, Any]:
    ordered, calls = sorted(latencies), len(latencies)
    return {
        "operation": operation,
        "operations_per_s": calls / wall,
        "cpu_us": cpu / calls * 1e6,
        "p50_ms": ordered[calls // 2] * 1e3,
        "p99_ms": ordered[int(calls * 0.99)] * 1e3,
    }


async def _drive(operation: str, call: Callable[[], Awaitable[Any]], in_flight: int, seconds: float) -> dict[str, Any]:
    await drive(call, in_flight, seconds / 3)
    gc.collect()
    wall, cpu = time.perf_counter(), _cpu_s()
    latencies = await drive(call, in_flight, seconds)
    return _measured(operation, latencies, _cpu_s() - cpu, time.perf_counter() - wall)


# ── the jobs ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async def rates(job: dict[str, Any]) -> list[dict[str, Any]]:
    """Operations per second of the whole client with the simulator in the same process, one call after the other."""
    hashrange = importlib.import_module("hashrange")
    async with hashrange.DynamoDB.in_memory(tables=[TABLE]) as db:
        table = db.table(TABLE)
        key = hashrange.Key(*KEY.values())
        await table.put_item(ITEM)
        assert await table.get_item(key) == ITEM
        return [
            await _drive("GetItem", lambda: table.get_item(key), 1, job["seconds"]),
            await _drive("PutItem", lambda: table.put_item(ITEM), 1, job["seconds"]),
            *[await _drive(name, call, 1, job["seconds"]) for name, call in _gets_by_call(db).items()],
        ]


def _gets_by_call(db: Any) -> dict[str, Callable[[], Awaitable[Any]]]:
    """The same item by its key, once as an operation and once as a statement."""
    key = {name: {"S": value} for name, value in KEY.items()}
    where = " AND ".join(f'"{name}" = ?' for name in KEY)
    statement = {"Statement": f'SELECT * FROM "{TABLE}" WHERE {where}', "Parameters": list(key.values())}
    return {
        GET_BY_CALL: lambda: db.call("GetItem", {"TableName": TABLE, "Key": key}),
        STATEMENT_BY_CALL: lambda: db.call("ExecuteStatement", statement),
    }


async def start(job: dict[str, Any]) -> dict[str, float]:
    """Milliseconds until a table can be used: of the first engine in a process, and of one more."""
    begin = time.perf_counter()
    hashrange = importlib.import_module("hashrange")
    imported = time.perf_counter()
    async with hashrange.DynamoDB.in_memory(tables=["app"]):
        first = time.perf_counter()
    fresh = []
    for _ in range(STARTS_COUNT):
        before = time.perf_counter()
        db = hashrange.DynamoDB.in_memory(tables=["app"])
        fresh.append(time.perf_counter() - before)
        await db.close()
    return {"import": (imported - begin) * 1e3, "first": (first - imported) * 1e3, "fresh": median(fresh) * 1e3}


def grown_item(number: int, per_partition: int) -> dict[str, Any]:
    """The items of a growing table: 300 bytes each, of several types."""
    partition = number // per_partition if per_partition else 0
    item = {"PK": f"ACCOUNT#{partition:07}", "SK": f"EVENT#{number:07}", "visits": number, "active": True}
    digits = str(number).rstrip("0")
    rest = ITEM_BYTES - sum(map(len, item)) - 15 - 13 - (1 + (len(digits) + 1) // 2) - 1 - len("text")
    return {**item, "text": (f"{number:07} " * 40)[:rest]}


def wire_encoder() -> Callable[[dict[str, Any]], dict[str, Any]]:
    """What turns such an item into the wire's shape."""
    encode: Callable[[dict[str, Any]], dict[str, Any]] = importlib.import_module("hashrange.codec").encode_item
    return encode


async def growth(job: dict[str, Any]) -> dict[str, Any]:
    """What a put costs as a table grows, its items in no order, and what the process holds at the end."""
    hashrange = importlib.import_module("hashrange")
    values = importlib.import_module("hashrange.simulator.values")
    encode = wire_encoder()
    count, per_partition = job["items"], LAYOUTS[job["layout"]]
    assert values.item_size(encode(grown_item(count // 7, per_partition))) == ITEM_BYTES
    numbers = array("I", range(count))
    random.Random(SEED).shuffle(numbers)
    marks = [10**power for power in range(3, 7) if 10**power <= count]
    costs = {}
    engine = importlib.import_module("hashrange.simulator.engine").Engine(calls_max=0)
    async with hashrange.DynamoDB.in_memory(tables=[TABLE], engine=engine) as db:
        put = db.table(TABLE).put_item
        gc.collect()
        empty = _resident_bytes()
        clock, window = time.perf_counter, array("d", bytes(8 * WINDOW_PUTS))
        for done, number in enumerate(numbers, 1):
            item = grown_item(number, per_partition)
            before = clock()
            await put(item)
            window[done % WINDOW_PUTS] = clock() - before
            if done in marks:
                costs[done] = median(window) * 1e6
        gc.collect()
        resident = _resident_bytes()
        return {
            "layout": job["layout"],
            "items": count,
            "put_us": costs,
            "bytes": resident,
            "grown_by": resident - empty,
        }


async def stream(job: dict[str, Any]) -> dict[str, float]:
    """Bytes of the process while a stream has as many records as are kept, and after five times as many."""
    hashrange = importlib.import_module("hashrange")
    engine_class = importlib.import_module("hashrange.simulator.engine").Engine
    clock = importlib.import_module("hashrange.testing").FakeClock()
    kept = job["items"] // STREAM_DAYS
    view = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    engine = engine_class(clock=clock, calls_max=0)
    async with hashrange.DynamoDB.in_memory(tables=[TABLE], engine=engine) as db:
        await db.call("UpdateTable", {"TableName": TABLE, "StreamSpecification": view})
        put, sizes, begin = db.table(TABLE).put_item, {}, time.perf_counter()
        for number in range(1, job["items"] + 1):
            # a thousand items, each written over and over
            await put({**grown_item(number % 1_000, 1), "visits": number})
            clock.advance(RETENTION_S / kept)
            if number % kept == 0:
                gc.collect()
                sizes[number // kept] = _resident_bytes()
        return {
            "items": job["items"],
            "kept": kept,
            "bytes_first": sizes[2],
            "bytes": sizes[STREAM_DAYS],
            "records_per_s": job["items"] / (time.perf_counter() - begin),
        }


async def whole(job: dict[str, Any]) -> list[dict[str, Any]]:
    """The whole client against a server in another process."""
    hashrange = importlib.import_module("hashrange")
    static = importlib.import_module("hashrange.auth.static").Static(ACCESS_KEY, SECRET_KEY)
    config = hashrange.Config(
        region=REGION, endpoint_url=job["url"], credentials=static, max_connections=job["in_flight"]
    )
    async with hashrange.DynamoDB(config) as db:
        calls = await _calls(hashrange, db)
        return [await _drive(name, call, job["in_flight"], job["seconds"]) for name, call in calls.items()]


async def _calls(hashrange: Any, db: Any) -> dict[str, Callable[[], Awaitable[Any]]]:
    """One call for each row of the latency table; the items that they need are there."""
    table, key = db.table(TABLE), hashrange.Key(*KEY.values())
    await table.put_item(ITEM)
    for number in range(10):
        await table.put_item({**ITEM, "PK": "LIST", "SK": f"ENTRY#{number:03}"})
    for number in range(25):
        await table.put_item({**ITEM, "PK": f"MANY#{number:03}"})
    update = hashrange.Update().set("name", "Ada King").add("visits", 1)
    keys = [{"PK": {"S": f"MANY#{number:03}"}, "SK": {"S": KEY["SK"]}} for number in range(25)]
    batch = {"RequestItems": {TABLE: {"Keys": keys}}}
    wire = importlib.import_module("benchmarks.sample").WIRE_ITEM
    puts = [{"Put": {"TableName": TABLE, "Item": {**wire, **keys[number]}}} for number in range(25)]
    transactions = itertools.cycle([{"TransactItems": puts[at : at + 5]} for at in range(0, 25, 5)])
    assert len(await table.query("LIST").all()) == 10
    return {
        "GetItem": lambda: table.get_item(key),
        "PutItem": lambda: table.put_item(ITEM),
        "UpdateItem": lambda: table.update_item(key, update),
        "Query of 10": lambda: table.query("LIST").all(),
        "BatchGetItem of 25": lambda: db.call("BatchGetItem", batch),
        "TransactWriteItems of 5": lambda: db.call("TransactWriteItems", next(transactions)),
    }


JOBS: dict[str, Callable[[dict[str, Any]], Awaitable[Any]]] = {
    "rates": rates,
    "start": start,
    "growth": growth,
    "stream": stream,
    "whole": whole,
}


def main() -> None:
    """The process's life: job in, figures out."""
    job = json.load(sys.stdin)
    settle(os.getpid(), job["core"])
    json.dump(run(job["loop"], lambda: JOBS[job["job"]](job)), sys.stdout)


if __name__ == "__main__":
    main()
