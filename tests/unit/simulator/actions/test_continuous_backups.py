"""DescribeContinuousBackups and UpdateContinuousBackups: point-in-time recovery as a setting."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes import NOW

from ..table_world import ARN, NAME, World, creation

OFF = {"PointInTimeRecoveryStatus": "DISABLED"}


def switched(world: World, enabled: bool = True, **more: Any) -> Any:
    specification = {"PointInTimeRecoveryEnabled": enabled} | more
    answer = world.do("UpdateContinuousBackups", TableName=NAME, PointInTimeRecoverySpecification=specification)
    return answer["ContinuousBackupsDescription"]


def described(world: World, name: str = NAME) -> Any:
    return world.do("DescribeContinuousBackups", TableName=name)["ContinuousBackupsDescription"]


@pytest.fixture
def world() -> World:
    made = World()
    made.create()
    return made


def test_it_is_off_until_it_is_switched_on(world: World) -> None:
    assert described(world) == {"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": OFF}
    assert described(world, ARN) == described(world)
    on = {
        "EarliestRestorableDateTime": float(int(NOW)),
        "LatestRestorableDateTime": float(int(NOW)),
        "PointInTimeRecoveryStatus": "ENABLED",
        "RecoveryPeriodInDays": 35,
    }
    assert switched(world) == {"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": on}
    assert described(world)["PointInTimeRecoveryDescription"] == on


def test_what_can_be_restored_moves_with_time(world: World) -> None:
    switched(world, RecoveryPeriodInDays=2)
    world.clock.advance(1000)
    found = described(world)["PointInTimeRecoveryDescription"]
    assert (found["EarliestRestorableDateTime"], found["LatestRestorableDateTime"]) == (NOW, NOW + 700)
    world.clock.advance(3 * 86_400)
    found = described(world)["PointInTimeRecoveryDescription"]
    assert found["EarliestRestorableDateTime"] == NOW + 1000 + 86_400


def test_switching_it_on_again_changes_nothing_but_off_and_on_does(world: World) -> None:
    switched(world, RecoveryPeriodInDays=7)
    world.clock.advance(100)
    again = switched(world)["PointInTimeRecoveryDescription"]
    assert (again["EarliestRestorableDateTime"], again["RecoveryPeriodInDays"]) == (NOW, 7)
    assert switched(world, RecoveryPeriodInDays=1)["PointInTimeRecoveryDescription"]["RecoveryPeriodInDays"] == 1
    assert switched(world, False)["PointInTimeRecoveryDescription"] == OFF
    assert switched(world, False)["PointInTimeRecoveryDescription"] == OFF
    new = switched(world)["PointInTimeRecoveryDescription"]
    assert (new["EarliestRestorableDateTime"], new["RecoveryPeriodInDays"]) == (NOW + 100, 35)


@pytest.mark.parametrize(
    ("specification", "message"),
    [
        (
            {"PointInTimeRecoveryEnabled": False, "RecoveryPeriodInDays": 35},
            "Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery.",
        ),
        (
            {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 36},
            (
                "1 validation error detected: Value '36' at "
                "'pointInTimeRecoverySpecification.recoveryPeriodInDays' failed to satisfy constraint: "
                "Member must have value less than or equal to 35"
            ),
        ),
        (
            {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 0},
            (
                "1 validation error detected: Value '0' at "
                "'pointInTimeRecoverySpecification.recoveryPeriodInDays' failed to satisfy constraint: "
                "Member must have value greater than or equal to 1"
            ),
        ),
        (
            {},
            (
                "1 validation error detected: Value null at "
                "'pointInTimeRecoverySpecification.pointInTimeRecoveryEnabled' failed to satisfy constraint: "
                "Member must not be null"
            ),
        ),
    ],
)
def test_what_cannot_be_set(world: World, specification: dict[str, Any], message: str) -> None:
    request = {"TableName": NAME, "PointInTimeRecoverySpecification": specification}
    assert world.refusal("UpdateContinuousBackups", **request) == message


def test_tables_there_are_not() -> None:
    world = World()
    on = {"PointInTimeRecoveryEnabled": True}
    missing = ("TableNotFoundException", f"Table not found: {NAME}")
    assert world.failure("DescribeContinuousBackups", TableName=ARN) == missing
    assert world.failure("UpdateContinuousBackups", TableName=NAME, PointInTimeRecoverySpecification=on) == missing


def test_a_table_that_is_being_created() -> None:
    world = World(lifecycle=10)
    world.do("CreateTable", **creation())
    assert described(world) == {"ContinuousBackupsStatus": "DISABLED", "PointInTimeRecoveryDescription": OFF}
    on = {"PointInTimeRecoveryEnabled": True}
    assert world.failure("UpdateContinuousBackups", TableName=NAME, PointInTimeRecoverySpecification=on) == (
        "ContinuousBackupsUnavailableException",
        f"Backups are being enabled for the table: {NAME}. Please retry later",
    )
