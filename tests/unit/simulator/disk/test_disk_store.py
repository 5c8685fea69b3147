"""A store on disk gives what one in memory gives, whatever is written, and when."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from hashrange.simulator.disk.file import File
from hashrange.simulator.disk.folder import Folder
from hashrange.simulator.disk.keeper import DiskKeeper
from hashrange.simulator.state.keys import bucket_of, partition_hash, segment_buckets
from hashrange.simulator.state.store import Place, Record, Store

PARTITIONS = [b"", b"a", b"a\x00", b"b", b"\xff\xff"]
SORTS = [b"", b"\x00", b"a", b"a\x00", b"ab", b"b", b"\xff"]
TIES = [b"", b"\x01", b"\xff"]


class Twins:
    """A store in memory and one on disk, which are written alike."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.memory = Store()
        self._open()

    def _open(self) -> None:
        self.file = File(Folder(self.path))
        self.disk = DiskKeeper(self.file).store("Table", None)

    def reopen(self) -> None:
        self.file.commit()
        self.file.close()
        self._open()

    def write(self, new: Record) -> None:
        old = self.memory.get(new.partition, new.place)
        self.memory.put(new, old)
        self.disk.put(new, old)

    def remove(self, partition: bytes, place: Place) -> None:
        old = self.memory.get(partition, place)
        if old is not None:
            self.memory.remove(old)
            self.disk.remove(old)

    def move(self, old: Record | None, new: Record) -> None:
        if old is not None and old.place != new.place and self.memory.get(new.partition, new.place):
            return
        self.memory.change(old, new)
        self.disk.change(old, new)

    def check(self, random: Random) -> None:
        memory, disk = self.memory, self.disk
        assert (disk.count, disk.size) == (memory.count, memory.size)
        assert plain(disk.all()) == plain(memory.scan())
        segment = segment_buckets(random.randrange(3), 3)
        assert plain(disk.scan(segment)) == plain(memory.scan(segment))
        for partition in PARTITIONS:
            place = (random.choice(SORTS), random.choice(TIES))
            assert plain(disk.scan(after=(partition, place))) == plain(memory.scan(after=(partition, place)))
            if bucket_of(partition_hash(partition)) < segment.stop:  # a scan goes on only from where it was
                assert plain(disk.scan(segment, (partition, place))) == plain(memory.scan(segment, (partition, place)))
            assert disk.partition_size(partition) == memory.partition_size(partition)
            for after in (None, place, place[:1]):
                for backward in (False, True):
                    expected = memory.records(partition, after, backward=backward)
                    assert plain(disk.records(partition, after, backward=backward)) == plain(expected)
            for sort in SORTS:
                found, expected_one = disk.get(partition, (sort, b"")), memory.get(partition, (sort, b""))
                assert (found and plain([found])) == (expected_one and plain([expected_one]))


def plain(records: Iterator[Record] | list[Record]) -> list[tuple[bytes, bytes, bytes, bytes, int]]:
    return [(one.partition, one.sort, one.tie, one.body, one.size) for one in records]


@pytest.mark.parametrize("seed", range(6))
def test_it_gives_what_a_store_in_memory_gives(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    twins = Twins(tmp_path)
    for step in range(300):
        partition, place = random.choice(PARTITIONS), (random.choice(SORTS), random.choice(TIES))
        new = Record(partition, *place, b"%d" % step, random.randrange(1000))
        action = random.random()
        if action < 0.5:
            twins.write(new)
        elif action < 0.7:
            twins.remove(partition, place)
        elif action < 0.8:
            there = next(twins.memory.records(partition), None)
            twins.move(there, new)
        elif action < 0.9:
            twins.file.commit()
        elif action < 0.95:
            twins.reopen()
        else:
            twins.check(random)
    twins.check(random)
    twins.reopen()
    twins.check(random)
    twins.file.close()


def test_a_read_in_order_sees_what_was_written_just_now(tmp_path: Path) -> None:
    twins = Twins(tmp_path)
    twins.write(Record(b"a", b"1", b"", b"{}", 1))
    assert [record.sort for record in twins.disk.records(b"a")] == [b"1"]
    assert twins.file.is_dirty, "reading is no reason to end the transaction"
    twins.file.close()


def test_what_was_not_committed_is_not_there(tmp_path: Path) -> None:
    twins = Twins(tmp_path)
    twins.file.commit()
    twins.write(Record(b"a", b"1", b"", b"{}", 1))
    list(twins.disk.all())
    twins.file.close()
    twins.__init__(tmp_path)  # type: ignore[misc]
    assert list(twins.disk.all()) == []
    assert twins.disk.count == 0
    twins.file.close()


def test_a_long_fill_does_not_pile_up_in_memory(tmp_path: Path) -> None:
    twins = Twins(tmp_path)
    for number in range(10_050):
        twins.disk.put(Record(b"a", b"%06d" % number, b"", b"{}", 2))
    assert "50 changes to write" in repr(twins.disk)
    assert twins.disk.count == 10_050
    twins.file.close()
