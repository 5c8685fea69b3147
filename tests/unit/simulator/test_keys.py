"""Keys as bytes: the service's own encodings and order."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest

from hashrange.simulator.state.keys import (
    BUCKETS,
    HASH_BYTES,
    KeySchema,
    bucket_of,
    bucket_start,
    number_bytes,
    partition_hash,
    segment_buckets,
    sort_bytes,
)


@pytest.mark.parametrize(
    ("number", "encoded"),
    [
        ("0", "80"),
        ("1", "C102"),
        ("10", "C10B"),
        ("100", "C202"),
        ("-1", "3E6466"),
        ("0.1", "C00B"),
        ("1.5", "C10233"),
        ("12345", "C302182E"),
        ("-12345.678", "3C644E38221566"),
    ],
)
def test_numbers_are_encoded_as_the_service_does(number: str, encoded: str) -> None:
    assert number_bytes(number).hex().upper() == encoded


@pytest.mark.parametrize(
    ("value", "head"),
    [
        ({"S": "a"}, "f6558e"),
        ({"S": "b"}, "6521ac"),
        ({"S": "c"}, "961a1f"),
        ({"N": "1"}, "c3a031"),
        ({"N": "0"}, "ce212d"),
    ],
)
def test_partitions_are_hashed_as_the_service_does(value: dict[str, str], head: str) -> None:
    assert partition_hash(sort_bytes(value)).hex()[:6] == head


def test_numbers_sort_by_value() -> None:
    digits = "1234567890" * 3 + "12345678"
    numbers = [
        f"-{digits}",
        f"-{digits[:-1]}7",
        "-1" + "0" * 125,
        "-100.5",
        "-100",
        "-99.99",
        "-1.5",
        "-1",
        "-0.1",
        "-0.09",
        "-0." + "0" * 129 + "1",
        "0",
        "0." + "0" * 129 + "1",
        "0.09",
        "0.1",
        "1",
        "1.5",
        "2",
        "9",
        "10",
        "99.99",
        "100",
        "100.5",
        digits,
        "1" + "0" * 125,
    ]
    numbers.sort(key=Decimal)
    encoded = [number_bytes(number) for number in numbers]
    assert all(one < other for one, other in pairwise(encoded))


def test_text_sorts_by_its_utf8_bytes_and_binary_by_its_own() -> None:
    assert sort_bytes({"S": "Z"}) < sort_bytes({"S": "a"}) < sort_bytes({"S": "é"}) < sort_bytes({"S": "😀"})
    assert sort_bytes({"B": "AP8="}) == b"\x00\xff"


def test_buckets_are_the_first_three_hexadecimal_digits() -> None:
    assert bucket_of(bytes.fromhex("f6558e")) == 0xF65
    assert bucket_of(b"\x00\x0f") == 0
    assert bucket_of(b"\xff\xff") == BUCKETS - 1


@pytest.mark.parametrize("bucket", [0, 1, 0x0F, 0x10, 0x123, 0xFFF])
def test_a_bucket_starts_before_its_hashes_and_after_those_before(bucket: int) -> None:
    lowest = bytes.fromhex(f"{bucket:03x}0" + "00" * (HASH_BYTES - 2))
    highest = bytes.fromhex(f"{bucket:03x}f" + "ff" * (HASH_BYTES - 2))
    assert bucket_start(bucket) <= lowest < highest < bucket_start(bucket + 1)


@pytest.mark.parametrize("total", [1, 2, 3, 7, 4096, 1_000_000])
def test_segments_cover_every_bucket_once(total: int) -> None:
    ranges = [segment_buckets(segment, total) for segment in range(min(total, 5000))]
    if total <= 4096:
        assert [bucket for buckets in ranges for bucket in buckets] == list(range(BUCKETS))
    else:
        assert all(len(buckets) <= 1 for buckets in ranges)


def test_a_key_schema_encodes_and_picks_keys() -> None:
    schema = KeySchema((("pk", "HASH"), ("sk", "RANGE")), {"pk": "S", "sk": "N"})
    item = {"sk": {"N": "1"}, "x": {"S": "y"}, "pk": {"S": "a"}}
    assert schema.encode(item) == (b"a", b"\xc1\x02")
    assert schema.of(item) == {"pk": {"S": "a"}, "sk": {"N": "1"}}
    assert schema.names == ("pk", "sk")
    assert KeySchema((("pk", "HASH"),), {"pk": "B"}).encode({"pk": {"B": "AA=="}}) == (b"\x00", b"")
