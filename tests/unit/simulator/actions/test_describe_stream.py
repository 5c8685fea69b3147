"""DescribeStream: what a stream says of itself, the lineage of its shards, and pages of them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.fakes import NOW
from tests.simulated_streams import BOTH, DAY, HOUR, TABLE, Streamed

INVALID = "One or more parameter values were invalid: "
ONE = "1 validation error detected: Value "
FAILED = " failed to satisfy constraint: "
LABEL = "2027-01-15T08:00:00.000"


def test_a_stream() -> None:
    world = Streamed()
    arn = f"arn:aws:dynamodb:us-east-1:123456789012:table/{TABLE}/stream/{LABEL}"
    described = world.stream()
    (shard,) = described.pop("Shards")
    assert described == {
        "StreamArn": arn,
        "StreamLabel": LABEL,
        "StreamStatus": "ENABLED",
        "StreamViewType": BOTH,
        "CreationRequestDateTime": NOW,
        "TableName": TABLE,
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    }
    assert re.fullmatch(r"shardId-\d{20}-[0-9a-f]{8}", shard["ShardId"])
    assert shard.keys() == {"ShardId", "SequenceNumberRange"}
    assert re.fullmatch(r"\d{21,40}", shard["SequenceNumberRange"]["StartingSequenceNumber"])
    assert (world.arn, world.described()["LatestStreamLabel"]) == (arn, LABEL)


# ── shards ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_shard_is_open_for_four_hours() -> None:
    world = Streamed()
    world.put()
    world.clock.advance(4 * HOUR - 1)
    assert len(world.shards()) == 1
    world.clock.advance(1)
    closed, opened = world.shards()
    assert "EndingSequenceNumber" in closed["SequenceNumberRange"]
    assert "EndingSequenceNumber" not in opened["SequenceNumberRange"]
    assert opened["ParentShardId"] == closed["ShardId"]


def test_shards_follow_each_other_without_writes() -> None:
    world = Streamed()
    world.clock.advance(20 * HOUR)
    shards = world.shards()
    assert len(shards) == 6
    assert [shard.get("ParentShardId") for shard in shards] == [None, *(shard["ShardId"] for shard in shards[:-1])]
    assert [shard["ShardId"] for shard in shards] == sorted(shard["ShardId"] for shard in shards)
    ends = [int(shard["SequenceNumberRange"]["EndingSequenceNumber"]) for shard in shards[:-1]]
    starts = [int(shard["SequenceNumberRange"]["StartingSequenceNumber"]) for shard in shards]
    assert all(start <= end < following for start, end, following in zip(starts, ends, starts[1:], strict=False))


def test_shards_are_forgotten_a_day_after_they_were_closed() -> None:
    world = Streamed()
    first = world.shards()[0]["ShardId"]
    world.clock.advance(DAY + 4 * HOUR - 1)
    assert world.shards()[0]["ShardId"] == first
    world.clock.advance(1)
    oldest = world.shards()[0]
    assert oldest["ParentShardId"] == first, "its parent is still named"
    world.clock.advance(365 * DAY)
    assert len(world.shards()) == 7
    assert world.shards()[-1]["SequenceNumberRange"].keys() == {"StartingSequenceNumber"}


def test_no_write_is_lost_between_two_shards() -> None:
    world = Streamed()
    for n in range(40):
        world.put(sk=f"{n:02}")
        world.clock.advance(0.5 * HOUR)
    assert len(world.shards()) == 6
    assert world.events() == [f"INSERT a {n:02}" for n in range(40)]


# ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_pages() -> None:
    world = Streamed()
    world.clock.advance(16 * HOUR)
    everything = [shard["ShardId"] for shard in world.shards()]
    found: list[str] = []
    start: dict[str, Any] = {}
    for expected in (2, 2, 1):
        page = world.stream(Limit=2, **start)
        assert len(page["Shards"]) == expected
        found += [shard["ShardId"] for shard in page["Shards"]]
        start = {"ExclusiveStartShardId": page.get("LastEvaluatedShardId")}
    assert found == everything
    assert start == {"ExclusiveStartShardId": None}
    assert world.stream(Limit=5).keys() == world.stream().keys(), "a page that is full and the last one"
    assert world.stream(ExclusiveStartShardId=everything[-1])["Shards"] == []


def test_a_page_may_begin_behind_a_shard_that_has_gone() -> None:
    world = Streamed()
    world.clock.advance(8 * HOUR)
    first, second, third = world.shards()
    world.clock.advance(DAY - 4 * HOUR)
    assert world.shards()[0] == second
    assert world.stream(ExclusiveStartShardId=first["ShardId"])["Shards"][0] == second
    assert world.stream(ExclusiveStartShardId=second["ShardId"], Limit=1)["Shards"][0]["ShardId"] == third["ShardId"]


def test_children_of_a_shard() -> None:
    world = Streamed()
    world.clock.advance(8 * HOUR)
    first, second, third = world.shards()

    def children(shard: dict[str, Any]) -> list[dict[str, Any]]:
        shards: list[dict[str, Any]] = world.stream(ShardFilter={"Type": "CHILD_SHARDS", "ShardId": shard["ShardId"]})[
            "Shards"
        ]
        return shards

    assert (children(first), children(second), children(third)) == ([second], [third], [])


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({}, f"{ONE}null at 'streamArn'{FAILED}Member must not be null"),
        ({"StreamArn": "x" * 40}, "Invalid StreamArn"),
        ({"Limit": 0}, f"{ONE}'0' at 'limit'{FAILED}Member must have value greater than or equal to 1"),
        ({"Limit": 101}, INVALID + "Limit cannot be greater than the maximum: 100"),
        (
            {"ExclusiveStartShardId": "x"},
            f"{ONE}'x' at 'exclusiveStartShardId'{FAILED}Member must have length greater than or equal to 28",
        ),
        (
            {"ShardFilter": {"Type": "PARENTS", "ShardId": "x" * 30}},
            f"{ONE}'PARENTS' at 'shardFilter.type'{FAILED}Member must satisfy enum value set: [CHILD_SHARDS]",
        ),
        ({"ShardFilter": {"Type": "CHILD_SHARDS"}}, INVALID + "ShardFilter needs both Type and ShardId"),
    ],
)
def test_refusals(request_: dict[str, Any], message: str) -> None:
    world = Streamed()
    whole = {"StreamArn": world.arn} | request_ if request_ else request_
    assert world.refused("DescribeStream", **whole) == ("ValidationException", message)


@pytest.mark.parametrize("part", ["events", "us-east-1", "123456789012", LABEL])
def test_what_is_not_there(part: str) -> None:
    world = Streamed()
    arn = world.arn.replace(part, "another")
    message = f"Requested resource not found: Stream: {arn} not found"
    assert world.refused("DescribeStream", StreamArn=arn) == ("ResourceNotFoundException", message)
