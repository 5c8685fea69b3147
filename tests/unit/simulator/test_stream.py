"""A stream's life: on and off, with its table, in snapshots, and how much it keeps."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from hashrange.simulator.state.definitions import Stream, TableDefinition
from hashrange.simulator.state.store import Record
from hashrange.simulator.state.stream import StreamLog
from hashrange.simulator.state.write import Write
from tests.fakes import FakeClock
from tests.simulated_items import item
from tests.simulated_streams import BOTH, DAY, HOUR, TABLE, Streamed


# ── on and off ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_switched_off_it_can_be_read_for_a_day() -> None:
    world = Streamed()
    world.put(sk="1")
    arn = world.arn
    described = world.switch(None)
    assert "StreamSpecification" not in described
    assert described["LatestStreamArn"] == arn
    world.put(sk="2")
    assert world.events(arn) == ["INSERT a 1"]
    stream = world.stream(arn)
    assert stream["StreamStatus"] == "DISABLED"
    (shard,) = stream["Shards"]
    numbers = shard["SequenceNumberRange"]
    assert numbers["StartingSequenceNumber"] == numbers["EndingSequenceNumber"]
    world.clock.advance(DAY - 1)
    assert world.events(arn) == ["INSERT a 1"]
    assert len(world.shards(arn)) == 1, "a stream that is off has no new shards"
    world.clock.advance(1)
    assert world.refused("DescribeStream", StreamArn=arn)[0] == "ResourceNotFoundException"
    assert world("ListStreams") == {"Streams": []}
    assert world.described()["LatestStreamArn"] == arn


def test_switched_on_again_it_is_another_one() -> None:
    world = Streamed("KEYS_ONLY")
    first = world.arn
    world.put(sk="1")
    world.switch(None)
    world.put(sk="2")
    described = world.switch("OLD_IMAGE")
    assert described["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "OLD_IMAGE"}
    second = described["LatestStreamArn"]
    assert second.rpartition("/")[2] == described["LatestStreamLabel"] > first.rpartition("/")[2]
    world.put(sk="3")
    assert (world.events(first), world.events(second)) == (["INSERT a 1"], ["INSERT a 3"])
    assert world.stream()["StreamViewType"] == "OLD_IMAGE"
    assert len(world("ListStreams")["Streams"]) == 2


def test_what_cannot_be_switched() -> None:
    world = Streamed()
    arn = world.arn
    request = {"TableName": TABLE, "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}}
    message = "Table already has an enabled stream: TableName: events"
    assert world.refused("UpdateTable", **request) == ("ValidationException", message)
    world.put()
    assert (world.arn, world.stream()["StreamViewType"], world.events()) == (arn, BOTH, ["INSERT a 1"])
    off = {"TableName": TABLE, "StreamSpecification": {"StreamEnabled": False}}
    world("UpdateTable", **off)
    message = "Table has no stream to disable: TableName: events"
    assert world.refused("UpdateTable", **off) == ("ValidationException", message)


def test_another_change_of_the_table_leaves_it_alone() -> None:
    world = Streamed()
    world.put(sk="1")
    world("UpdateTable", TableName=TABLE, DeletionProtectionEnabled=True)
    world.put(sk="2")
    assert world.events() == ["INSERT a 1", "INSERT a 2"]


@pytest.mark.parametrize("seconds", [0.0, 30.0])
def test_it_takes_as_long_as_its_table(seconds: float) -> None:
    world = Streamed(lifecycle_seconds=seconds)
    arn = world.arn
    under_way = "ENABLING" if seconds else "ENABLED"
    assert world.stream()["StreamStatus"] == under_way
    world.clock.advance(seconds)
    assert world.stream()["StreamStatus"] == "ENABLED"
    world.switch(None)
    assert world.stream(arn)["StreamStatus"] == ("DISABLING" if seconds else "DISABLED")
    world.clock.advance(seconds)
    assert world.stream(arn)["StreamStatus"] == "DISABLED"
    world.switch(BOTH)
    assert world.stream()["StreamStatus"] == under_way


# ── with its table ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_it_outlives_its_table_by_a_day() -> None:
    world = Streamed()
    world.put()
    arn = world.arn
    world("DeleteTable", TableName=TABLE)
    assert world.refused("DescribeTable", TableName=TABLE)[0] == "ResourceNotFoundException"
    world.clock.advance(DAY - 1)
    assert world.events(arn) == ["INSERT a 1"]
    assert world.stream(arn)["StreamStatus"] == "DISABLED"
    assert [stream["TableName"] for stream in world("ListStreams", TableName=TABLE)["Streams"]] == [TABLE]
    world.clock.advance(1)
    assert world("ListStreams") == {"Streams": []}


def test_a_new_table_of_the_same_name_has_another_one() -> None:
    world = Streamed()
    world.put(sk="1")
    old = world.arn
    world("DeleteTable", TableName=TABLE)
    new = world.create()
    world.put(sk="2")
    assert new != old, "though no time has passed"
    assert (world.events(old), world.events(new)) == (["INSERT a 1"], ["INSERT a 2"])


def test_those_that_have_gone_take_up_no_memory() -> None:
    world = Streamed()
    for _ in range(3):
        world.put()
        world("DeleteTable", TableName=TABLE)
        world.clock.advance(DAY)
        world.create()
        assert repr(world.engine.catalog.streams) == "<Streams: 1>"


def test_a_table_without_one_has_none() -> None:
    world = Streamed(None)
    world.put()
    assert world("ListStreams") == {"Streams": []}
    assert world.engine.catalog.tables[0].stream is None


def test_snapshots_hold_it() -> None:
    world = Streamed()
    world.put(sk="1")
    snapshot = world.engine.snapshot()
    ids = [record["eventID"] for record in world.records()]
    for _ in range(2):
        world.put(sk="2")
        assert world.events() == ["INSERT a 1", "INSERT a 2"]
        world.clock.advance(4 * HOUR)
        world.switch(None)
        world.engine.restore(snapshot)
        assert world.events() == ["INSERT a 1"]
        assert [record["eventID"] for record in world.records()] == ids
        assert world.described()["StreamSpecification"]["StreamEnabled"]


def test_snapshots_hold_one_that_has_no_table_any_more() -> None:
    world = Streamed()
    world.put()
    arn = world.arn
    world("DeleteTable", TableName=TABLE)
    world.engine.restore(world.engine.snapshot())
    assert world.events(arn) == ["INSERT a 1"]


def test_replicas_and_indexes_that_are_late_do_not_concern_it() -> None:
    from hashrange.simulator import Disorder

    world = Streamed(disorder=Disorder(index_lag=60, staleness=60, stale_share=1.0))
    world.put()
    assert world.events() == ["INSERT a 1"]


# ── what it keeps ────────────────────────────────────────────────────────────────────────────────────────────────────
def log(clock: FakeClock, view_type: str = BOTH) -> StreamLog:
    definition = TableDefinition("t", (("pk", "HASH"),), {"pk": "S"})
    return StreamLog(Stream("arn", "label", view_type), definition, clock, 0.0)


def write(number: int, before: Write | None) -> Write:
    body = b'{"pk":{"S":"%08d"},"text":{"S":"%s"}}' % (number, b"x" * 200)
    record = Record(b"%08d" % number, b"", b"", body, 220)
    return Write(None if before is None else before.new, record, item(pk=f"{number:08}", text="x" * 200))


def test_only_a_day_is_kept() -> None:
    clock = FakeClock()
    kept = log(clock)
    for n in range(5_000):
        kept.append(write(n, None))
        clock.advance(60)
    assert DAY / 60 <= kept.record_count <= DAY / 60 + 2
    assert kept.shards[-1].next == 5_001 + sum(shard.end == shard.next for shard in kept.shards)


def peak(records: int, seconds: float) -> tuple[int, int]:
    """Bytes that a stream takes up after so many records, and records that it keeps then."""
    clock = FakeClock()
    tracemalloc.start()
    try:
        kept, last = log(clock), write(0, None)
        for n in range(records):
            clock.advance(seconds)
            last = write(n, last)
            kept.append(last)
        return tracemalloc.get_traced_memory()[0], kept.record_count
    finally:
        tracemalloc.stop()


def test_memory_is_flat_under_retention() -> None:
    """Ten times as many records over ten times as many days take up no more."""
    each = DAY / 500
    small, large = peak(1_000, each), peak(10_000, each)
    assert large[1] == pytest.approx(small[1], abs=4)
    assert large[0] < small[0] * 1.2


def test_images_are_not_copied() -> None:
    clock = FakeClock()
    kept, first = log(clock), write(1, None)
    kept.append(first)
    assert first.new is not None
    (entry,) = kept.shards[0].read(1, 10)
    assert entry.new is first.new.body


def test_a_clock_that_goes_back_leaves_records_in_order() -> None:
    world = Streamed()
    world.put(sk="1")
    world.clock.advance(-30)
    world.put(sk="2")
    times = [record["dynamodb"]["ApproximateCreationDateTime"] for record in world.records()]
    assert times == [times[0]] * 2


def test_repr_shows_no_item() -> None:
    world = Streamed()
    world.put(secret="hush")
    table: Any = world.engine.catalog.tables[0]
    shown = f"{table.stream!r} {table.stream.shards!r} {world.engine.catalog.streams!r}"
    assert "hush" not in shown
    assert "1 shards, 1 records" in shown
