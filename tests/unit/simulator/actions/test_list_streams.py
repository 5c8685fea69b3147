"""ListStreams: of all tables or one, in pages, and for a day after a stream was switched off."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulated_streams import BOTH, DAY, TABLE, Streamed


def arns(world: Streamed, **request: Any) -> list[str]:
    return [stream["StreamArn"] for stream in world("ListStreams", **request)["Streams"]]


def test_what_is_listed() -> None:
    world = Streamed()
    label = world.described()["LatestStreamLabel"]
    stream = {"StreamArn": world.arn, "TableName": TABLE, "StreamLabel": label}
    assert world("ListStreams") == {"Streams": [stream]}
    assert Streamed(None)("ListStreams") == {"Streams": []}


def test_of_one_table() -> None:
    world = Streamed()
    other = world.create("others")
    assert arns(world, TableName="others") == [other]
    assert arns(world, TableName=TABLE) == [world.arn]
    assert arns(world, TableName="nobody") == []


def test_pages() -> None:
    world = Streamed()
    everything = sorted([world.arn, *(str(world.create(f"table-{n}")) for n in range(4))])
    found: list[str] = []
    start: dict[str, Any] = {}
    for expected in (2, 2, 1):
        page = world("ListStreams", Limit=2, **start)
        assert len(page["Streams"]) == expected
        found += [stream["StreamArn"] for stream in page["Streams"]]
        start = {"ExclusiveStartStreamArn": page.get("LastEvaluatedStreamArn")}
    assert found == everything
    assert start == {"ExclusiveStartStreamArn": None}
    assert "LastEvaluatedStreamArn" not in world("ListStreams", Limit=5)


def test_pages_of_one_table() -> None:
    world = Streamed()
    for _ in range(3):
        world.clock.advance(1)
        world.switch(None)
        world.switch(BOTH)
    world.create("aaa")
    everything = arns(world, TableName=TABLE)
    assert len(everything) == 4
    page = world("ListStreams", TableName=TABLE, Limit=3)
    assert page["LastEvaluatedStreamArn"] == everything[2]
    assert arns(world, TableName=TABLE, ExclusiveStartStreamArn=everything[2]) == everything[3:]


def test_a_page_may_begin_behind_a_stream_that_has_gone() -> None:
    world = Streamed()
    first = world.arn
    world.clock.advance(1)
    world.switch(None)
    world.switch(BOTH)
    world.clock.advance(DAY)
    assert arns(world) == [world.arn]
    assert arns(world, ExclusiveStartStreamArn=first) == [world.arn]
    assert arns(world, ExclusiveStartStreamArn=world.arn) == []


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"Limit": 0}, "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or"),
        ({"Limit": 101}, "One or more parameter values were invalid: Limit cannot be greater than the maximum allowed"),
        (
            {"TableName": "ab"},
            "Value 'ab' at 'tableName' failed to satisfy constraint: Member must have length greater",
        ),
        (
            {"TableName": "a;b;"},
            "Value 'a;b;' at 'tableName' failed to satisfy constraint: Member must satisfy regular",
        ),
        ({"ExclusiveStartStreamArn": "x"}, "Value 'x' at 'exclusiveStartStreamArn' failed to satisfy constraint: "),
    ],
)
def test_refusals(request_: dict[str, Any], message: str) -> None:
    name, text = Streamed().refused("ListStreams", **request_)
    assert name == "ValidationException"
    assert message in text
