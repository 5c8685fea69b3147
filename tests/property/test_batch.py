"""Chunks never lose, double or reorder what they are given; and a batch over a service that leaves things undone,
refuses and breaks ends with every operation either written or told."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw

from hashrange.batch import Batch
from hashrange.errors import BatchError, ConnectionLost
from hashrange.key import Key, KeySchema
from hashrange.operations.batch import WRITE_LIMITS, ChunkLimits, Write, take_chunk
from hashrange.resilience.retry import RetryPolicy, RetryRule
from tests.fakes import Chance, failure
from tests.unit.batches import BatchService, row, table

KEYS = KeySchema("PK", "SK")


@given(
    st.lists(st.integers(1, 12_000_000), max_size=120),
    st.builds(ChunkLimits, st.integers(1, 30), st.integers(1, 20_000_000)) | st.just(WRITE_LIMITS),
)
@settings(deadline=None, max_examples=200)
def test_batch_chunking_preserves_items(sizes: list[int], chunk_limits: ChunkLimits) -> None:
    given_: list[Write] = [Write(("app", number), "app", KEYS, Raw(b""), size) for number, size in enumerate(sizes)]
    ready = deque(given_)
    chunks = []
    while chunk := take_chunk(ready, chunk_limits):
        chunks.append(chunk)
    assert [entry for chunk in chunks for entry in chunk] == given_
    following: list[Write]
    for chunk, following in itertools.zip_longest(chunks, chunks[1:], fillvalue=[]):
        total = sum(entry.size_bytes for entry in chunk)
        assert len(chunk) <= chunk_limits.count_max
        assert total <= chunk_limits.bytes_max or len(chunk) == 1
        # as few as possible: the next one would not have fitted
        if following and len(chunk) < chunk_limits.count_max:
            assert total + following[0].size_bytes > chunk_limits.bytes_max


@dataclass(frozen=True)
class Trouble:
    """What goes wrong with a batch of ``operations``: (number of the item, whether it is deleted, where it pauses)."""

    operations: list[tuple[int, bool, bool]]
    leaves: list[int]
    broken: set[int]
    applies_lost: bool
    bad: set[int]
    concurrency: int
    rounds: int


troubles = st.builds(
    Trouble,
    operations=st.lists(st.tuples(st.integers(0, 60), st.booleans(), st.booleans()), max_size=150),
    leaves=st.lists(st.integers(0, 12), max_size=12),
    broken=st.sets(st.integers(1, 8), max_size=3),
    applies_lost=st.booleans(),
    bad=st.sets(st.integers(0, 60), max_size=3),
    concurrency=st.integers(1, 4),
    rounds=st.integers(1, 4),
)


@given(troubles)
@settings(deadline=None, max_examples=80)
def test_every_operation_is_written_or_told_and_the_last_one_wins(trouble: Trouble) -> None:
    asyncio.run(_write_in_trouble(trouble))


async def _write_in_trouble(trouble: Trouble) -> None:
    answers: dict[int, Any] = {
        number: failure("InternalServerError", status=500) if number % 2 else ConnectionLost("lost")
        for number in trouble.broken
    }
    service = BatchService(leaves=trouble.leaves, answers=answers, applies_lost=trouble.applies_lost)
    policy = RetryPolicy(RetryRule(trouble.rounds, 0.01), RetryRule(1), RetryRule(1))
    batch = table(service, retry=policy, randomness=Chance(0.1, 0.9, 0.4)).batch(concurrency=trouble.concurrency)
    failed = await _fill(batch, trouble)
    report = batch.report
    assert report.processed + report.unprocessed + report.replaced == len(trouble.operations)
    assert report.unprocessed == len(failed)
    _compare(service, trouble, failed)


async def _fill(batch: Batch[Any], trouble: Trouble) -> set[int]:
    """The numbers of the operations that failed."""
    try:
        async with batch:
            for order, (number, deletes, pauses) in enumerate(trouble.operations, 1):
                if deletes:
                    batch.delete(Key(f"USER#{number:04d}", "PROFILE"))
                else:
                    bad = {"bad": True} if number in trouble.bad else {}
                    batch.put(row(number, order=order, **bad))
                if pauses:
                    await asyncio.sleep(0)
    except BatchError as error:
        return {one.number for one in error.failed}
    return set()


def _compare(service: BatchService, trouble: Trouble, failed: set[int]) -> None:
    """Each key holds what the last operation on it that did not fail says; where one failed, it may be an older one."""
    found = {int(item["n"]["N"]): int(item["order"]["N"]) for item in service.items["app"].values()}
    by_number: dict[int, list[tuple[int, bool]]] = {}
    for order, (number, deletes, _) in enumerate(trouble.operations, 1):
        by_number.setdefault(number, []).append((order, deletes))
    assert found.keys() <= by_number.keys()
    for number, operations in by_number.items():
        order, deletes = operations[-1]
        if order in failed:
            continue
        assert found.get(number) == (None if deletes else order)
