"""GetShardIterator: where each kind of iterator begins, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes import NOW
from tests.simulated_streams import DAY, HOUR, Streamed, shown

INVALID = "One or more parameter values were invalid: "
ABSENT = "shardId-00000000000000000000-aaaaaaaa"


def written() -> Streamed:
    """Three records, an hour apart."""
    world = Streamed()
    for n in range(3):
        world.put(sk=str(n))
        world.clock.advance(HOUR)
    return world


def read(world: Streamed, kind: str, shard: int = -1, **request: Any) -> str:
    """The sort keys of what is read from an iterator on."""
    records = world("GetRecords", ShardIterator=world.iterator(kind, shard, **request))["Records"]
    return "".join(record["dynamodb"]["Keys"]["sk"]["S"] for record in records)


def numbers(world: Streamed) -> list[str]:
    return [record["dynamodb"]["SequenceNumber"] for record in world.records()]


# ── where it begins ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_at_the_ends() -> None:
    world = written()
    assert read(world, "TRIM_HORIZON") == "012"
    latest = world.iterator("LATEST")
    assert world("GetRecords", ShardIterator=latest)["Records"] == []
    world.put(sk="3")
    assert [shown(record) for record in world("GetRecords", ShardIterator=latest)["Records"]] == ["INSERT a 3"]


def test_at_and_after_sequence_numbers() -> None:
    world = written()
    for at, number in enumerate(numbers(world)):
        assert read(world, "AT_SEQUENCE_NUMBER", SequenceNumber=number) == "012"[at:]
        assert read(world, "AFTER_SEQUENCE_NUMBER", SequenceNumber=number) == "012"[at + 1 :]


def test_at_a_number_between_two_records() -> None:
    world = written()
    between = str(int(numbers(world)[0]) + 1)
    assert read(world, "AT_SEQUENCE_NUMBER", SequenceNumber=between) == "12"
    assert read(world, "AFTER_SEQUENCE_NUMBER", SequenceNumber=between) == "12"


def test_at_the_numbers_that_describe_stream_tells() -> None:
    world = written()
    world.clock.advance(4 * HOUR)
    closed, opened = (shard["SequenceNumberRange"] for shard in world.shards())
    begin, end = closed["StartingSequenceNumber"], closed["EndingSequenceNumber"]
    assert [begin, end] == [numbers(world)[0], numbers(world)[-1]]
    assert read(world, "AT_SEQUENCE_NUMBER", 0, SequenceNumber=begin) == "012"
    assert read(world, "AT_SEQUENCE_NUMBER", 0, SequenceNumber=end) == "2"
    assert read(world, "AFTER_SEQUENCE_NUMBER", 0, SequenceNumber=end) == ""
    assert read(world, "AT_SEQUENCE_NUMBER", 1, SequenceNumber=opened["StartingSequenceNumber"]) == ""
    world.put(sk="3")
    assert numbers(world)[-1] == opened["StartingSequenceNumber"]
    assert read(world, "AT_SEQUENCE_NUMBER", 1, SequenceNumber=opened["StartingSequenceNumber"]) == "3"


@pytest.mark.parametrize(
    ("hours", "found"), [(-1, "012"), (0, "012"), (0.5, "12"), (1, "12"), (1.0001, "2"), (2, "2"), (2.5, ""), (3, "")]
)
def test_at_a_timestamp(hours: float, found: str) -> None:
    assert read(written(), "AT_TIMESTAMP", Timestamp=NOW + hours * HOUR) == found


def test_a_timestamp_means_whole_seconds_as_records_show_them() -> None:
    world = Streamed()
    world.clock.advance(0.9)
    world.put(sk="0")
    assert read(world, "AT_TIMESTAMP", Timestamp=NOW) == "0"
    assert read(world, "AT_TIMESTAMP", Timestamp=NOW + 0.5) == ""


def test_the_trim_horizon_moves() -> None:
    world = written()
    world.clock.advance(DAY - 2 * HOUR)
    assert read(world, "TRIM_HORIZON", 0) == "2"
    assert read(world, "AT_TIMESTAMP", 0, Timestamp=NOW) == "2"


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def refused(world: Streamed, **request: Any) -> tuple[str, str]:
    shard = world.shards()[-1]["ShardId"]
    whole = {"StreamArn": world.arn, "ShardId": shard, "ShardIteratorType": "LATEST"} | request
    return world.refused("GetShardIterator", **{name: value for name, value in whole.items() if value is not None})


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"StreamArn": None}, "Value null at 'streamArn' failed to satisfy constraint: Member must not be null"),
        ({"ShardId": None}, "Value null at 'shardId' failed to satisfy constraint: Member must not be null"),
        ({"ShardIteratorType": None}, "Value null at 'shardIteratorType' failed to satisfy constraint: "),
        ({"StreamArn": "x" * 36}, "at 'streamArn' failed to satisfy constraint: Member must have length greater than"),
        ({"ShardId": "x" * 27}, "at 'shardId' failed to satisfy constraint: Member must have length greater than or"),
        ({"ShardId": "x" * 66}, "at 'shardId' failed to satisfy constraint: Member must have length less than or"),
        ({"SequenceNumber": "1" * 20}, "at 'sequenceNumber' failed to satisfy constraint: Member must have length"),
        ({"SequenceNumber": "1" * 41}, "at 'sequenceNumber' failed to satisfy constraint: Member must have length"),
    ],
)
def test_constraints(request_: dict[str, Any], message: str) -> None:
    name, text = refused(Streamed(), **request_)
    assert name == "ValidationException"
    assert text.startswith("1 validation error detected: ")
    assert message in text


NO_NUMBER = INVALID + "Invalid SequenceNumber"
NOT_WANTED = INVALID + "SequenceNumber should not be passed for this iterator type"


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"StreamArn": "x" * 50}, "Invalid StreamArn"),
        ({"StreamArn": "arn:aws:dynamodb:us-east-1:123456789012:table/events"}, "Invalid StreamArn"),
        ({"ShardIteratorType": "OLDEST"}, "Invalid ShardIteratorType."),
        ({"ShardIteratorType": "AT_SEQUENCE_NUMBER"}, NO_NUMBER),
        ({"ShardIteratorType": "AFTER_SEQUENCE_NUMBER"}, NO_NUMBER),
        ({"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": "x" * 21}, NO_NUMBER),
        ({"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": "\u0661" * 21}, NO_NUMBER),
        ({"SequenceNumber": "1" * 21}, NOT_WANTED),
        ({"ShardIteratorType": "TRIM_HORIZON", "SequenceNumber": "1" * 21}, NOT_WANTED),
        (
            {"ShardIteratorType": "AT_TIMESTAMP"},
            f"{INVALID}Timestamp must be passed for the AT_TIMESTAMP iterator type",
        ),
        ({"Timestamp": NOW}, f"{INVALID}Timestamp should not be passed for this iterator type"),
        (
            {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": NOW + 1},
            f"{INVALID}Timestamp should not be in the future",
        ),
    ],
)
def test_values_that_do_not_fit(request_: dict[str, Any], message: str) -> None:
    assert refused(Streamed(), **request_) == ("ValidationException", message)


def test_what_is_not_there() -> None:
    world = Streamed()
    other = world.arn.replace("events", "others")
    stream = f"Requested resource not found: Stream: {other} not found"
    assert refused(world, StreamArn=other) == ("ResourceNotFoundException", stream)
    shard = "Requested resource not found: Shard does not exist"
    assert refused(world, ShardId=ABSENT) == ("ResourceNotFoundException", shard)


def test_numbers_of_other_shards() -> None:
    world = written()
    world.clock.advance(4 * HOUR)
    world.put(sk="3")
    *_, of_first, of_second = numbers(world)
    message = ("ValidationException", "Invalid SequenceNumber for the shard")
    assert refused(world, ShardIteratorType="AT_SEQUENCE_NUMBER", SequenceNumber=of_first) == message
    first = world.shards()[0]["ShardId"]
    request = {"ShardId": first, "ShardIteratorType": "AFTER_SEQUENCE_NUMBER"}
    assert refused(world, **request, SequenceNumber=of_second) == message
    assert refused(world, **request, SequenceNumber="9" * 40) == message
    assert refused(world, **request, SequenceNumber="0" * 21) == message


def test_numbers_that_were_trimmed() -> None:
    world = written()
    first, second, third = numbers(world)
    world.clock.advance(DAY - 2 * HOUR)
    request = {"ShardId": world.shards()[0]["ShardId"], "ShardIteratorType": "AT_SEQUENCE_NUMBER"}
    trimmed = ("TrimmedDataAccessException", "The data you are trying to access has been trimmed")
    assert refused(world, **request, SequenceNumber=first) == trimmed
    assert refused(world, **{**request, "ShardIteratorType": "AFTER_SEQUENCE_NUMBER"}, SequenceNumber=second) == trimmed
    assert read(world, "AT_SEQUENCE_NUMBER", 0, SequenceNumber=third) == "2"


def test_a_shard_that_has_gone() -> None:
    world = written()
    first = world.shards()[0]["ShardId"]
    world.clock.advance(DAY + 4 * HOUR)
    shard = "Requested resource not found: Shard does not exist"
    assert refused(world, ShardId=first) == ("ResourceNotFoundException", shard)
