"""Items in order: partitions by hash, items by sort key, one item, some, or thousands in a partition."""

from __future__ import annotations

import random

import pytest

from hashrange.simulator.state.blocks import BLOCK_MAX_ENTRIES, Blocks
from hashrange.simulator.state.keys import BUCKETS, bucket_of, partition_hash, segment_buckets
from hashrange.simulator.state.store import Record, Store


def record(partition: int | bytes, sort: int | bytes = b"", body: bytes = b"{}", size: int = 1) -> Record:
    as_bytes = [value if isinstance(value, bytes) else b"%06d" % value for value in (partition, sort)]
    return Record(as_bytes[0], as_bytes[1], b"", body, size)


def sorts(records: object) -> list[bytes]:
    return [each.sort for each in records]  # type: ignore[attr-defined]


def test_a_record_is_found_replaced_and_removed() -> None:
    store = Store()
    first = record(b"p", size=3)
    store.put(first)
    assert store.get(b"p", (b"", b"")) is first
    assert store.get(b"p", (b"x", b"")) is None
    assert store.get(b"q", (b"", b"")) is None
    second = record(b"p", body=b'{"a":{"S":"b"}}', size=5)
    store.put(second)
    assert (store.count, store.size) == (1, 5)
    found = store.get(b"p", (b"", b""))
    assert found is second
    assert found.item == {"a": {"S": "b"}}
    store.remove(second)
    assert (store.count, store.size) == (0, 0)
    assert store.get(b"p", (b"", b"")) is None


@pytest.mark.parametrize("count", [1, 2, 5, BLOCK_MAX_ENTRIES, BLOCK_MAX_ENTRIES + 1, 5 * BLOCK_MAX_ENTRIES])
def test_a_partition_of_any_length_is_in_order(count: int) -> None:
    store = Store()
    numbers = list(range(count))
    random.Random(1).shuffle(numbers)
    for number in numbers:
        store.put(record(b"p", number))
    expected = [b"%06d" % number for number in range(count)]
    assert sorts(store.records(b"p")) == expected
    assert sorts(store.records(b"p", backward=True)) == expected[::-1]
    assert sorts(store.all()) == expected
    assert sorts(store.scan()) == expected
    assert store.count == count
    for at in {0, 1, count // 2, count - 1} & set(range(count)):
        place = (expected[at], b"")
        assert sorts(store.records(b"p", place)) == expected[at + 1 :]
        assert sorts(store.records(b"p", place, backward=True)) == expected[:at][::-1]
        assert sorts(store.records(b"p", (expected[at],))) == expected[at:], "a sort key alone stands before its places"
        assert store.get(b"p", place) is not None


def test_a_partition_shrinks_to_nothing_in_any_order() -> None:
    store = Store()
    records = [record(b"p", number) for number in range(3 * BLOCK_MAX_ENTRIES)]
    for each in records:
        store.put(each)
    left = list(records)
    random.Random(2).shuffle(left)
    while left:
        store.remove(left.pop())
        if len(left) % 501 == 0:
            assert sorts(store.records(b"p")) == sorted(sorts(left))
            assert sorts(store.records(b"p", backward=True)) == sorted(sorts(left))[::-1]
    assert (store.count, store.size) == (0, 0)
    assert list(store.scan()) == []
    store.put(record(b"p", 1))
    assert store.count == 1


def test_replacing_in_a_long_partition_keeps_the_count() -> None:
    store = Store()
    for number in range(2 * BLOCK_MAX_ENTRIES):
        store.put(record(b"p", number))
    store.put(record(b"p", 17, size=10))
    assert store.count == 2 * BLOCK_MAX_ENTRIES
    assert store.size == 2 * BLOCK_MAX_ENTRIES + 9


def test_a_scan_goes_by_the_hash_of_partitions() -> None:
    store = Store()
    for name in (b"a", b"b", b"c"):
        store.put(record(name))
    assert [each.partition for each in store.scan()] == [b"b", b"c", b"a"]  # 6521ac, 961a1f, f6558e
    store.put(record(b"d", 2))
    store.put(record(b"d", 1))
    expected = sorted([b"a", b"b", b"c", b"d"], key=partition_hash)
    assert list(dict.fromkeys(each.partition for each in store.scan())) == expected
    store.remove(record(b"b"))
    assert b"b" not in [each.partition for each in store.scan()]


def test_a_scan_goes_on_after_any_place_even_one_that_is_gone() -> None:
    store = Store()
    for partition in range(50):
        for sort in range(3):
            store.put(record(partition, sort))
    everything = [(each.partition, each.sort) for each in store.scan()]
    for at, (name, last) in enumerate(everything):
        rest = [(each.partition, each.sort) for each in store.scan(after=(name, (last, b"")))]
        assert rest == everything[at + 1 :]
    gone = everything[60]
    for sort in range(3):
        found = store.get(gone[0], (b"%06d" % sort, b""))
        assert found is not None
        store.remove(found)
    rest = [(each.partition, each.sort) for each in store.scan(after=(gone[0], (b"%06d" % 1, b"")))]
    assert rest == [each for each in everything[61:] if each[0] != gone[0]]


@pytest.mark.parametrize("total", [1, 2, 3, 10, 100])
def test_segments_of_a_scan_are_parts_of_the_whole(total: int) -> None:
    store = Store()
    for partition in range(300):
        store.put(record(partition))
    parts = [list(store.scan(segment_buckets(segment, total))) for segment in range(total)]
    assert [each for part in parts for each in part] == list(store.scan())
    for segment, part in enumerate(parts):
        assert all(bucket_of(partition_hash(each.partition)) in segment_buckets(segment, total) for each in part)
    for segment, part in enumerate(parts):
        if part:
            after = (part[0].partition, part[0].place)
            assert list(store.scan(segment_buckets(segment, total), after)) == part[1:]


def test_a_place_before_a_segment_starts_it_from_its_beginning() -> None:
    store = Store()
    for partition in range(100):
        store.put(record(partition))
    everything = list(store.scan())
    buckets = range(BUCKETS // 2, BUCKETS)
    after = (everything[0].partition, everything[0].place)
    assert list(store.scan(buckets, after)) == list(store.scan(buckets))


def test_a_copy_changes_independently() -> None:
    store = Store()
    for partition, count in ((b"one", 1), (b"some", 5), (b"many", 2 * BLOCK_MAX_ENTRIES)):
        for sort in range(count):
            store.put(record(partition, sort))
    list(store.scan())  # the order is known
    before = list(store.scan())
    twin = store.copy()
    assert list(twin.scan()) == before
    for each in before[:-1]:
        store.remove(each)
    store.put(record(b"new"))
    assert list(twin.scan()) == before
    assert (twin.count, twin.size) == (len(before), len(before))
    twin.put(record(b"other"))
    assert store.get(b"other", (b"", b"")) is None


def test_blocks_of_plain_entries() -> None:
    numbers = Blocks(list(range(0, 5000, 2)))
    assert numbers.put(2) == 2
    assert numbers.put(3) is None
    assert numbers.find(3) == 3
    assert numbers.find(5) is None
    assert list(numbers.forward(4990)) == [4992, 4994, 4996, 4998]
    assert list(numbers.backward(5)) == [4, 3, 2, 0]
    numbers.remove(3)
    assert list(numbers.forward()) == list(range(0, 5000, 2))
    assert list(Blocks[int]([]).forward()) == list(Blocks[int]([]).backward()) == []
