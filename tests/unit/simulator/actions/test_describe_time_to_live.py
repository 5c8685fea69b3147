"""DescribeTimeToLive."""

from __future__ import annotations

from ..table_world import NAME, World, creation


def test_by_default_nothing_expires() -> None:
    world = World()
    world.create()
    assert world.do("DescribeTimeToLive", TableName=NAME) == {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}


def test_a_table_that_is_not_there() -> None:
    found = World().failure("DescribeTimeToLive", TableName=NAME)
    assert found == ("ResourceNotFoundException", f"Requested resource not found: Table: {NAME} not found")


def test_a_table_that_is_coming_or_going() -> None:
    world = World(lifecycle=10)
    world.do("CreateTable", **creation())
    message = "Cannot describe time to live while table is in CREATING state: Current table state is CREATING"
    assert world.refusal("DescribeTimeToLive", TableName=NAME) == message
    world.clock.advance(10)
    world.do("DeleteTable", TableName=NAME)
    assert world.refusal("DescribeTimeToLive", TableName=NAME) == message.replace("CREATING", "DELETING")
