"""What the patterns cost: the hot-key sketch against exact counts, and shards merged in order.

Usage: ``python benchmarks/bench_patterns.py [--quick]``. Times are CPU time of this process, the median of several
rounds; the empty loop around the calls is taken off.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from hashrange import CallFinished, DynamoDB, HotKeys, Key, Sharded, ShardedKey

KEYS = 100_000
ACCESSES = 1_000_000
TOP = 20
SHARDS, ITEMS_A_SHARD = 10, 1_000


def drawn(exponent: float, accesses: int) -> list[int]:
    """Accesses to keys of a Zipf distribution."""
    weights = list(accumulate(1 / (rank + 1) ** exponent for rank in range(KEYS)))
    return Random(1).choices(range(KEYS), cum_weights=weights, k=accesses)


def events(operation: str) -> list[CallFinished]:
    answer: dict[str, Any] = {"ConsumedCapacity": {"TableName": "app", "CapacityUnits": 1.0}}
    return [
        CallFinished(operation, "app", None, 1, 0.01, "R", answer, 0.0, 0.0, 0.0, key=Key(f"USER#{number}", "PROFILE"))
        for number in range(KEYS)
    ]


def microseconds(call: Callable[[Any], object], arguments: list[Any]) -> float:
    """CPU time of one call."""
    began = time.process_time()
    for argument in arguments:
        call(argument)
    middle = time.process_time()
    for _ in arguments:
        pass
    return (2 * middle - began - time.process_time()) / len(arguments) * 1e6


def hot_keys(accesses: int, rounds: int) -> None:
    print(f"HotKeys: {accesses:,} accesses to {KEYS:,} keys; the first {TOP} against exact counts")
    print(f"{'workload':28} {'us a call':>10} {'first ' + str(TOP):>12} {'greatest error':>15}")
    for exponent in (1.0, 1.2):
        for operation in ("GetItem", "PutItem"):
            numbers, known = drawn(exponent, accesses), events(operation)
            arguments = [known[number] for number in numbers]
            exact = [(f"USER#{number}", count) for number, count in Counter(numbers).most_common(TOP)]
            times: list[float] = []
            for _ in range(rounds):
                hot = HotKeys()
                times.append(microseconds(hot.call_finished, arguments))
            top = hot.top(TOP)
            right = "right" if [one.key for one in top] == [key for key, _ in exact] else "WRONG"
            error = max(abs(one.units - count) for one, (_, count) in zip(top, exact, strict=True))
            print(f"{f'Zipf {exponent}, {operation}':28} {median(times):10.2f} {right:>12} {error:15.0f}")
    known = events("PutItem")
    uniform = [known[number] for number in Random(2).choices(range(KEYS), k=accesses // 5)]
    times = [microseconds(HotKeys().call_finished, uniform) for _ in range(rounds)]
    print(f"{'all alike (worst), PutItem':28} {median(times):10.2f}")
    tracemalloc.start()
    hot = HotKeys()
    before = tracemalloc.get_traced_memory()[0]
    for event in uniform:
        hot.call_finished(event)
    print(f"memory with all counters in use: {(tracemalloc.get_traced_memory()[0] - before) / 1e6:.2f} MB\n")
    tracemalloc.stop()


async def merging(rounds: int) -> None:
    key = ShardedKey("FEED", shards=SHARDS)
    count = SHARDS * ITEMS_A_SHARD
    async with DynamoDB.in_memory(["app"]) as db:
        feed = Sharded(db.table("app"))
        items = ({"PK": key.key_for(number), "SK": f"{number:06d}", "n": number} for number in range(count))
        await feed.table.batch_write(items)
        merged: list[float] = []
        plain: list[float] = []
        for _ in range(rounds):
            began = time.process_time()
            found = [item["n"] async for item in feed.query_sharded(key, page_size=100)]
            middle = time.process_time()
            for each in key.keys:
                await feed.table.query(each, page_size=100).all()
            plain.append(time.process_time() - middle)
            merged.append(middle - began)
            assert found == list(range(count))
        tracemalloc.start()
        async for _ in feed.query_sharded(key, page_size=100):
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    print(f"query_sharded: {SHARDS} shards of {ITEMS_A_SHARD:,} items in order, in process, pages of 100")
    print(f"{median(merged) / count * 1e6:.1f} us an item, of which a query of each shard takes", end=" ")
    print(f"{median(plain) / count * 1e6:.1f} us")
    print(f"at most {peak / 1e6:.1f} MB at a time")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a first look")
    quick = parser.parse_args().quick
    logging.getLogger("hashrange").setLevel(logging.ERROR)
    hot_keys(ACCESSES // 10 if quick else ACCESSES, 1 if quick else 3)
    asyncio.run(merging(1 if quick else 5))


if __name__ == "__main__":
    main()
