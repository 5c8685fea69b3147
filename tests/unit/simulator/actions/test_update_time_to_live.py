"""UpdateTimeToLive: on and off, once an hour."""

from __future__ import annotations

from typing import Any

import pytest

from ..table_world import IN_USE, NAME, World, creation

TOO_OFTEN = "Time to live has been modified multiple times within a fixed interval"


def setting(enabled: bool, attribute: str = "until") -> dict[str, Any]:
    return {"TableName": NAME, "TimeToLiveSpecification": {"Enabled": enabled, "AttributeName": attribute}}


@pytest.fixture
def world() -> World:
    world = World()
    world.create()
    return world


def status(world: World) -> Any:
    return world.do("DescribeTimeToLive", TableName=NAME)["TimeToLiveDescription"]


def test_time_to_live_is_enabled_and_disabled(world: World) -> None:
    answer = world.do("UpdateTimeToLive", **setting(True))
    assert answer == {"TimeToLiveSpecification": {"Enabled": True, "AttributeName": "until"}}
    assert status(world) == {"TimeToLiveStatus": "ENABLED", "AttributeName": "until"}
    world.clock.advance(3_600)
    answer = world.do("UpdateTimeToLive", **setting(False))
    assert answer == {"TimeToLiveSpecification": {"Enabled": False, "AttributeName": "until"}}
    assert status(world) == {"TimeToLiveStatus": "DISABLED"}, "the attribute is forgotten"


def test_it_changes_once_an_hour(world: World) -> None:
    world.do("UpdateTimeToLive", **setting(True))
    world.clock.advance(3_599)
    assert world.refusal("UpdateTimeToLive", **setting(False)) == TOO_OFTEN
    world.clock.advance(1)
    world.do("UpdateTimeToLive", **setting(False))
    assert world.refusal("UpdateTimeToLive", **setting(True)) == TOO_OFTEN


def test_what_is_so_already(world: World) -> None:
    assert world.refusal("UpdateTimeToLive", **setting(False)) == "TimeToLive is already disabled"
    world.do("UpdateTimeToLive", **setting(True))
    assert world.refusal("UpdateTimeToLive", **setting(True)) == "TimeToLive is already enabled"


@pytest.mark.parametrize("enabled", [True, False])
def test_another_attribute(enabled: bool, world: World) -> None:
    world.do("UpdateTimeToLive", **setting(True))
    assert world.refusal("UpdateTimeToLive", **setting(enabled, "other")) == (
        "TimeToLive is active on a different AttributeName: current AttributeName is until"
    )


def test_the_partition_key_may_be_it(world: World) -> None:
    world.do("UpdateTimeToLive", **setting(True, "a"))
    assert status(world)["AttributeName"] == "a"


def test_a_table_that_is_not_there() -> None:
    assert World().failure("UpdateTimeToLive", **setting(True)) == (
        "ResourceNotFoundException",
        f"Requested resource not found: Table: {NAME} not found",
    )


def test_a_table_that_is_being_created() -> None:
    world = World(lifecycle=10)
    world.do("CreateTable", **creation())
    found = world.failure("UpdateTimeToLive", **setting(True))
    assert found == ("ResourceInUseException", f"{IN_USE}Table is being created: {NAME}")


@pytest.mark.parametrize(
    ("specification", "subjects"),
    [
        (None, ["null at 'timeToLiveSpecification'"]),
        (
            {},
            ["null at 'timeToLiveSpecification.attributeName'", "null at 'timeToLiveSpecification.enabled'"],
        ),
        ({"Enabled": True, "AttributeName": ""}, ["'' at 'timeToLiveSpecification.attributeName'"]),
        ({"Enabled": True, "AttributeName": "x" * 256}, [f"'{'x' * 256}' at 'timeToLiveSpecification.attributeName'"]),
    ],
)
def test_violations(specification: dict[str, Any] | None, subjects: list[str]) -> None:
    message = World().refusal("UpdateTimeToLive", TableName=NAME, TimeToLiveSpecification=specification)
    assert [text.split(" failed")[0] for text in message.split(": ", 1)[1].split("; ")] == [
        f"Value {subject}" for subject in subjects
    ]
