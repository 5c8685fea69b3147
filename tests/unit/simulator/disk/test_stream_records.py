"""Streams whose records stay: after every start they are as those of an engine in memory that was never stopped."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest

from hashrange.simulator import DiskEngine
from hashrange.simulator.disk.file import File
from hashrange.simulator.disk.folder import FILE_NAME, Folder
from hashrange.simulator.disk.keeper import DiskKeeper
from hashrange.simulator.disk.snapshot import load_snapshot, save_snapshot
from hashrange.simulator.disk.stream_records import DiskRecords
from hashrange.simulator.errors import ApiError
from hashrange.simulator.state.shard import StreamEntry
from tests.fakes import FakeClock
from tests.full_disk import files_up_to
from tests.simulated_items import item
from tests.simulated_streams import BOTH, DAY, HOUR, TABLE, Poller, Streamed, Wire, sequence_numbers

Step = Callable[[Streamed], object]


class Lasting(Streamed):
    """A world with a data folder, which can be stopped and started; the table is made where it is not there."""

    def __init__(self, folder: Path, clock: FakeClock | None = None) -> None:
        self.folder = folder
        self.engine: DiskEngine
        self.clock, self._random = clock or FakeClock(), Random(7)
        self.start()
        if not self.engine.catalog.tables:
            self.create()

    def start(self) -> None:
        self.engine = DiskEngine(self.folder, clock=self.clock, randomness=self._random)

    def restart(self) -> None:
        self.engine.close()
        self.start()


def everything(world: Streamed) -> list[Any]:
    """What can be asked of the streams of a world."""
    about: list[Any] = [world("ListStreams")]
    for stream in about[0]["Streams"]:
        about += [world.stream(stream["StreamArn"]), world.records(stream["StreamArn"])]
    return about


def kept(folder: Path) -> dict[str, int]:
    """The tables of records that a file has, and how many there are in each."""
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        found = connection.execute("SELECT name FROM sqlite_master WHERE name LIKE 'records_%' ORDER BY name")
        names = [name for (name,) in found]
        return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}


def later(seconds: float) -> Step:
    return lambda world: world.clock.advance(seconds)


def expiring(world: Streamed) -> None:
    attribute = {"Enabled": True, "AttributeName": "until"}
    world("UpdateTimeToLive", TableName=TABLE, TimeToLiveSpecification=attribute)
    world.put(until=int(world.clock.time()) + 5)
    world.clock.advance(10)
    assert world.engine.expire() == 1


def in_a_transaction(world: Streamed) -> None:
    puts = [{"Put": {"TableName": TABLE, "Item": item(pk="t", sk=str(number))}} for number in range(5)]
    world("TransactWriteItems", TransactItems=puts)


def puts(*sorts: str) -> Step:
    def step(world: Streamed) -> None:
        for sort in sorts:
            world.put(sk=sort, text=f"of {sort}")

    return step


LIVES: dict[str, list[Step]] = {
    "writes": [puts("1", "2"), puts("1"), lambda world: world.delete(sk="2"), puts("3")],
    "a transaction": [puts("1"), in_a_transaction, puts("2")],
    "time to live": [expiring, puts("1")],
    "shards": [puts("1"), later(4 * HOUR), puts("2"), later(3 * HOUR), puts("3"), later(9 * HOUR), puts("4")],
    "shards that nobody writes to": [later(5 * HOUR), later(5 * HOUR), later(20 * HOUR), puts("1"), later(3 * DAY)],
    "retention": [puts("1"), later(HOUR), puts("2"), later(DAY - HOUR), puts("3"), later(HOUR), later(DAY), puts("4")],
    "switched off": [puts("1"), lambda world: world.switch(None), puts("2"), later(DAY - 1), later(1)],
    "switched off and on": [
        puts("1"),
        lambda world: world.switch(None),
        lambda world: world.switch("KEYS_ONLY"),
        puts("2"),
        later(HOUR),
        lambda world: world.switch(None),
        lambda world: world.switch("OLD_IMAGE"),
        puts("2"),
    ],
    "a table that goes": [
        puts("1"),
        lambda world: world("DeleteTable", TableName=TABLE),
        lambda world: world.create(),
        puts("2"),
        later(DAY),
        puts("3"),
    ],
}


@pytest.mark.parametrize("steps", LIVES.values(), ids=LIVES)
@pytest.mark.parametrize("restarts", ["after each step", "at the end"])
def test_after_a_start_it_is_as_if_there_had_been_none(tmp_path: Path, steps: list[Step], restarts: str) -> None:
    memory, disk = Streamed(), Lasting(tmp_path)
    for step in steps:
        step(memory)
        step(disk)
        if restarts == "after each step":
            disk.restart()
        assert everything(disk) == everything(memory)
    disk.restart()
    assert everything(disk) == everything(memory)
    disk.engine.close()


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_it_is_as_one_in_memory(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    memory, disk = Streamed(), Lasting(tmp_path)
    worlds = memory, disk
    for _ in range(120):
        action = random.random()
        sort, text = str(random.randrange(5)), "x" * random.randrange(9_000)
        is_on = "StreamSpecification" in memory.described()
        view_type = None if is_on else random.choice([BOTH, "KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE"])
        seconds = random.choice([1.0, 50.0, HOUR, 5 * HOUR, DAY if random.random() < 0.2 else HOUR])
        for world in worlds:
            if action < 0.5:
                world.put(sk=sort, text=text)
            elif action < 0.65:
                world.delete(sk=sort)
            elif action < 0.85:
                world.clock.advance(seconds)
            elif action < 0.88:
                world.switch(view_type)
        if action >= 0.96:
            disk.restart()
        elif action >= 0.93:
            disk.engine.expire()
        elif action >= 0.88:
            assert everything(disk) == everything(memory)
    disk.restart()
    assert everything(disk) == everything(memory)
    disk.engine.close()


def test_a_clock_that_goes_back_between_two_starts_leaves_records_in_order(tmp_path: Path) -> None:
    world = Lasting(tmp_path)
    world.clock.advance(10)
    puts("1")(world)
    world.clock.advance(-30)
    world.restart()
    puts("2")(world)
    times = [record["dynamodb"]["ApproximateCreationDateTime"] for record in world.records()]
    assert times == [times[0]] * 2
    world.engine.close()


# ── iterators ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_iterators_lead_on_after_a_start(tmp_path: Path) -> None:
    world = Lasting(tmp_path)
    puts("1", "2", "3")(world)
    start, end = world.iterator("TRIM_HORIZON"), world.iterator("LATEST")
    page = world("GetRecords", ShardIterator=start, Limit=1)
    before = world("GetRecords", ShardIterator=start)["Records"]
    world.restart()
    assert world("GetRecords", ShardIterator=start)["Records"] == before
    assert world("GetRecords", ShardIterator=page["NextShardIterator"])["Records"] == before[1:]
    assert world("GetRecords", ShardIterator=end)["Records"] == []
    puts("4")(world)
    (record,) = world("GetRecords", ShardIterator=end)["Records"]
    assert record["dynamodb"]["Keys"]["sk"] == {"S": "4"}
    world.clock.advance(15 * 60 + 1)
    world.restart()
    assert world.refused("GetRecords", ShardIterator=start)[0] == "ExpiredIteratorException"
    world.engine.close()


def test_places_are_found_in_the_file(tmp_path: Path) -> None:
    memory, disk = Streamed(), Lasting(tmp_path)
    found = []
    for world in (memory, disk):
        for number in range(40):
            world.put(sk=f"{number:02}")
            world.clock.advance(0.4)
        numbers = sequence_numbers(world.records())
        iterators = [
            *(world.iterator("AT_TIMESTAMP", Timestamp=world.clock.time() - back) for back in (0, 1.1, 3.9, 8, 99)),
            *(world.iterator("AT_SEQUENCE_NUMBER", SequenceNumber=str(numbers[at])) for at in (0, 7, 39)),
            *(world.iterator("AFTER_SEQUENCE_NUMBER", SequenceNumber=str(numbers[at])) for at in (0, 7, 39)),
        ]
        found.append([world("GetRecords", ShardIterator=iterator, Limit=3)["Records"] for iterator in iterators])
    assert found[0] == found[1]
    disk.engine.close()


def test_a_page_holds_no_more_than_one_in_memory(tmp_path: Path) -> None:
    def pages(world: Streamed) -> list[int]:
        for number in range(7):
            world.put(sk=str(number), text="x" * 300_000)
            world.put(sk=str(number), text="y" * 1_000)
        asked: list[int] = []

        def ask(operation: str, request: Wire) -> Wire:
            answer = world(operation, **request)
            asked.append(len(answer.get("Records", ())))
            return answer

        assert len(Poller(ask, world.arn).poll()) == 14
        return asked

    disk = Lasting(tmp_path)
    assert pages(disk) == pages(Streamed())
    disk.engine.close()


# ── what goes ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_what_is_older_than_a_day_is_deleted_by_the_writes_that_follow(tmp_path: Path) -> None:
    world = Lasting(tmp_path)
    puts(*map(str, range(100)))(world)
    assert kept(tmp_path) == {"records_1": 100}
    world.clock.advance(DAY)
    puts("new")(world)
    assert world.events() == ["INSERT a new"], "it is not seen any more"
    assert 1 < kept(tmp_path)["records_1"] < 100, "no write waits until all of it is deleted"
    puts(*(f"new {number}" for number in range(6)))(world)
    assert kept(tmp_path) == {"records_1": 7}
    world.engine.close()


def test_where_nobody_writes_it_is_deleted_too(tmp_path: Path) -> None:
    world = Lasting(tmp_path)
    puts(*map(str, range(100)))(world)
    numbers = sequence_numbers(world.records())
    world.clock.advance(DAY)
    world.engine.expire()
    assert kept(tmp_path) == {"records_1": 0}
    world.restart()
    puts("new")(world)
    assert min(sequence_numbers(world.records())) > max(numbers), "though no record tells it any more"
    world.engine.close()


def test_a_start_deletes_some_too(tmp_path: Path) -> None:
    world = Lasting(tmp_path)
    puts("1", "2")(world)
    world.clock.advance(DAY)
    world.restart()
    assert kept(tmp_path) == {"records_1": 0}
    world.engine.close()


def test_a_stream_that_is_gone_leaves_nothing(tmp_path: Path) -> None:
    world = Lasting(tmp_path)
    puts("1")(world)
    world.switch(None)
    world.switch(BOTH)
    puts("2", "3")(world)
    assert kept(tmp_path) == {"records_1": 1, "records_2": 2}
    world.clock.advance(DAY)
    puts("4")(world)
    world.restart()
    assert kept(tmp_path) == {"records_2": 1}
    world("DeleteTable", TableName=TABLE)
    world.clock.advance(DAY)
    world.engine.expire()
    assert kept(tmp_path) == {}
    world.create()
    puts("5")(world)
    assert world.events() == ["INSERT a 5"]
    world.engine.close()


def test_what_is_gone_is_deleted_in_portions(tmp_path: Path) -> None:
    world = Lasting(tmp_path)
    puts(*map(str, range(25)))(world)
    world.switch(None)
    world.clock.advance(DAY)
    world.engine.close()
    file = File(Folder(tmp_path))
    streams = DiskKeeper(file).streams(world.clock)
    left = []
    for _ in range(4):
        streams.tidy(10)
        file.commit()
        left.append(kept(tmp_path))
    assert left == [{"records_1": 15}, {"records_1": 5}, {}, {}]
    file.close()


def test_a_portion_of_large_records_is_a_small_one(tmp_path: Path) -> None:
    """Whoever deletes a gigabyte at once lets all others wait."""
    file = File(Folder(tmp_path))
    DiskKeeper(file)
    records = DiskRecords(file, 1, 1)
    records.create()
    for number in range(1, 101):
        records.add(number, StreamEntry("INSERT", b"{}", None, b"{}", 800_000, 1.0, False))
    records.wanted = 90
    oldest = []
    for _ in range(3):
        records.delete(1_000)
        oldest.append(records.oldest)
    assert oldest == [43, 85, 90]
    records.push()
    file.commit()
    assert kept(tmp_path) == {"records_1": 11}
    file.close()


def test_a_file_that_is_written_to_for_days_does_not_grow(tmp_path: Path) -> None:
    def pages() -> int:
        with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
            return int(connection.execute("PRAGMA page_count").fetchone()[0])

    world = Lasting(tmp_path)
    counts = []
    for _ in range(8):
        for minute in range(0, 24 * 60, 10):
            world.put(sk=str(minute), text=f"{world.clock.time()}" + "x" * 2_000)
            world.clock.advance(600)
        counts.append(pages())
    assert max(counts[2:]) <= 1.1 * counts[2]
    world.engine.close()


def test_many_records_of_one_transaction_do_not_pile_up_in_memory(tmp_path: Path) -> None:
    file = File(Folder(tmp_path))
    DiskKeeper(file)
    records = DiskRecords(file, 1, 1)
    records.create()
    for number in range(1, 10_051):
        records.add(number, StreamEntry("INSERT", b"{}", None, b"{}", 2, 1.0, False))
    assert repr(records) == "<DiskRecords 1: 50 to write>"
    assert len(records.read(1, 20_000, 20_000)) == 10_050
    file.close()


# ── both or none ─────────────────────────────────────────────────────────────────────────────────────────────────────
def keys(world: Streamed) -> list[str]:
    found = world("Scan", TableName=TABLE, ProjectionExpression="sk")["Items"]
    return sorted(one["sk"]["S"] for one in found)


def filled(world: Streamed) -> list[str]:
    """Put until it is refused; the sort keys of what was put."""
    written: list[str] = []
    try:
        for number in range(1000):
            world.put(sk=f"{number:03}", text="x" * 2_000)
            written.append(f"{number:03}")
    except ApiError:
        return written
    raise AssertionError("there was room for everything")


def test_what_was_not_acknowledged_is_neither_written_nor_recorded(tmp_path: Path) -> None:
    world = Lasting(tmp_path)
    puts("1")(world)
    for number in range(20_000):  # more than are kept back in memory
        world.engine.execute_in_turn("PutItem", {"TableName": TABLE, "Item": item(pk="b", sk=str(number))})
    assert not world.engine.is_durable
    world.restart()
    assert (keys(world), world.events()) == (["1"], ["INSERT a 1"])
    world.engine.close()


def assert_told(world: Streamed) -> list[str]:
    """See that the records, done again, make the items that are there; what they tell."""
    made: dict[str, Wire] = {}
    for record in world.records():
        change = record["dynamodb"]
        assert made.pop(change["Keys"]["sk"]["S"], None) == change.get("OldImage")
        if "NewImage" in change:
            made[change["Keys"]["sk"]["S"]] = change["NewImage"]
    found = world("Scan", TableName=TABLE)["Items"]
    assert {one["sk"]["S"]: one for one in found} == made
    return world.events()


def test_wherever_the_log_of_the_file_ends_items_and_records_tell_the_same(tmp_path: Path) -> None:
    """As after a kill, or a power cut, in the middle of any write to the disk."""
    random = Random(1)
    world = Lasting(tmp_path / "data")
    for number in range(40):
        if number % 5 == 4:
            in_a_transaction(world)
            world.delete(pk="t", sk=str(number % 3))
        world.put(pk="t", sk=str(number % 7), text="x" * random.randrange(6_000))
        if number % 13 == 12:
            world.clock.advance(4 * HOUR)
    whole = assert_told(world)
    main, log = world.folder / FILE_NAME, world.folder / f"{FILE_NAME}-wal"
    written = log.read_bytes()
    seen = set()
    for turn in range(30):
        folder = tmp_path / str(turn)
        folder.mkdir()
        (folder / FILE_NAME).write_bytes(main.read_bytes())
        (folder / log.name).write_bytes(written[: random.randrange(len(written))])
        cut = Lasting(folder, world.clock)
        events = assert_told(cut)
        assert events == whole[: len(events)]
        seen.add(len(events))
        cut.engine.close()
    assert len(seen) > 15
    world.engine.close()


def test_on_a_full_disk_there_is_neither_the_write_nor_the_record(tmp_path: Path) -> None:
    world = Lasting(tmp_path)
    in_a_transaction(world)
    assert len(world.records()) == 5, "what is used for the first time is loaded, which may write a file of Python's"
    with files_up_to(512 * 1024):
        written = [*"01234", *filled(world)]
        for _ in range(2):
            assert keys(world) == sorted(written)
            assert [event.split()[2] for event in world.events()] == written
            with pytest.raises(ApiError, match="InternalServerError"):
                world.put(sk="one more", text="x" * 300_000)
    assert len(written) > 20
    world.restart()
    puts("after")(world)
    assert [event.split()[2] for event in world.events()] == [*written, "after"]
    numbers = sequence_numbers(world.records())
    assert len({number - other for number, other in zip(numbers[1:], numbers, strict=False)}) == 1, "no number is lost"
    world.engine.close()


# ── copies ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_copy_has_the_records_too(tmp_path: Path) -> None:
    world = Lasting(tmp_path / "data")
    puts("1", "2")(world)
    before = everything(world)
    assert save_snapshot(tmp_path / "data", tmp_path / "copy") == 2
    puts("3")(world)
    world.engine.close()
    load_snapshot(tmp_path / "copy", tmp_path / "again")
    world.folder = tmp_path / "again"
    world.start()
    assert everything(world) == before
    world.engine.close()


def test_repr_shows_no_item(tmp_path: Path) -> None:
    world = Lasting(tmp_path)
    world.put(secret="hush")
    table: Any = world.engine.catalog.tables[0]
    shown = f"{table.stream!r} {table.stream.shards!r} {world.engine.catalog.streams!r}"
    assert "1 shards, 1 records" in shown
    assert "hush" not in shown
    world.engine.close()
