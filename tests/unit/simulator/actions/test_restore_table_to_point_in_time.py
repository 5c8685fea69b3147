"""RestoreTableToPointInTime: a copy of now, and the refusal of every other time."""

from __future__ import annotations

from typing import Any

import pytest

from ..table_world import ARN, NAME, World, creation, definitions, index, keys, units

LATEST = {"TargetTableName": "copy", "UseLatestRestorableTime": True}
OUTSIDE = (
    "An invalid restore time was specified. "
    "RestoreDateTime must be between EarliestRestorableDateTime and LatestRestorableDateTime."
)


@pytest.fixture
def world() -> World:
    made = World(lifecycle=10.0)
    made.create(
        AttributeDefinitions=definitions(a="S", b="S", g="S"),
        KeySchema=keys("a", "b"),
        GlobalSecondaryIndexes=[index()],
        LocalSecondaryIndexes=[index("lsi", "a", "g")],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        Tags=[{"Key": "k", "Value": "v"}],
    )
    enable(made)
    for number in range(3):
        made.do("PutItem", TableName=NAME, Item={"a": {"S": str(number)}, "b": {"S": "x"}, "g": {"S": "y"}})
    return made


def enable(world: World) -> None:
    specification = {"PointInTimeRecoveryEnabled": True}
    world.do("UpdateContinuousBackups", TableName=NAME, PointInTimeRecoverySpecification=specification)


@pytest.mark.parametrize("source", [{"SourceTableName": NAME}, {"SourceTableArn": ARN}])
def test_a_copy_of_now(source: dict[str, str], world: World) -> None:
    now = world.engine.catalog.now()
    made = world.do("RestoreTableToPointInTime", **source, **LATEST)["TableDescription"]
    assert made["TableStatus"] == "CREATING"
    assert made["RestoreSummary"] == {"SourceTableArn": ARN, "RestoreDateTime": now, "RestoreInProgress": True}
    world.clock.advance(10)
    assert world.engine.dump("copy")["copy"] == world.engine.dump(NAME)[NAME]
    copy, table = world.describe("copy"), world.describe()
    assert copy["RestoreSummary"]["RestoreInProgress"] is False
    for member in ("KeySchema", "AttributeDefinitions", "ItemCount", "TableSizeBytes"):
        assert copy[member] == table[member]
    assert [each["IndexName"] for each in copy["GlobalSecondaryIndexes"]] == ["gsi"]
    assert [each["ItemCount"] for each in copy["LocalSecondaryIndexes"]] == [3]
    assert "StreamSpecification" not in copy
    assert world.do("ListTagsOfResource", ResourceArn=copy["TableArn"])["Tags"] == []


def test_it_is_a_table_of_its_own(world: World) -> None:
    world.do("RestoreTableToPointInTime", SourceTableName=NAME, **LATEST)
    world.clock.advance(10)
    world.do("DeleteItem", TableName="copy", Key={"a": {"S": "1"}, "b": {"S": "x"}})
    assert (world.describe("copy")["ItemCount"], world.describe()["ItemCount"]) == (2, 3)


def test_what_is_overridden(world: World) -> None:
    made = world.do(
        "RestoreTableToPointInTime",
        SourceTableName=NAME,
        **LATEST,
        BillingModeOverride="PROVISIONED",
        ProvisionedThroughputOverride=units(3, 4),
        GlobalSecondaryIndexOverride=[],
        LocalSecondaryIndexOverride=[],
    )["TableDescription"]
    assert made["ProvisionedThroughput"] == {"NumberOfDecreasesToday": 0, **units(3, 4)}
    assert "GlobalSecondaryIndexes" not in made
    message = world.refusal(
        "RestoreTableToPointInTime", SourceTableName=NAME, **LATEST, BillingModeOverride="PROVISIONED"
    )
    assert message.startswith("Invalid Request: Must override ProvisionedThroughput")


def at(world: World, seconds: float) -> dict[str, Any]:
    """A request to restore what was, or will be, so many seconds from now."""
    time = world.engine.catalog.now() + seconds
    return {"SourceTableName": NAME, "TargetTableName": "copy", "RestoreDateTime": time}


@pytest.mark.parametrize("seconds", [0.0, -1.0, -300.0])
def test_about_now_is_now(seconds: float, world: World) -> None:
    world.clock.advance(3600)
    request = at(world, seconds)
    made = world.do("RestoreTableToPointInTime", **request)["TableDescription"]
    assert made["RestoreSummary"]["RestoreDateTime"] == request["RestoreDateTime"]


@pytest.mark.parametrize("seconds", [-301.5, -3599.0])
def test_the_past_is_not_kept(seconds: float, world: World) -> None:
    world.clock.advance(3600)
    name, message = world.failure("RestoreTableToPointInTime", **at(world, seconds))
    assert name == "InvalidRestoreTimeException"
    assert message == f"{OUTSIDE} This endpoint does not keep the past: use UseLatestRestorableTime"


@pytest.mark.parametrize("seconds", [0.001, 1e10, -3601.0, -1e12])
def test_a_time_outside_of_the_window(seconds: float, world: World) -> None:
    world.clock.advance(3600)
    found = world.failure("RestoreTableToPointInTime", **at(world, seconds))
    assert found == ("InvalidRestoreTimeException", OUTSIDE)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"UseLatestRestorableTime": True}, "One of SourceTableArn and SourceTableName must be specified"),
        (
            {"SourceTableName": NAME, "SourceTableArn": ARN, "UseLatestRestorableTime": True},
            "Only one of SourceTableArn and SourceTableName can be specified",
        ),
        ({"SourceTableName": NAME}, "One of RestoreDateTime and UseLatestRestorableTime must be specified"),
        (
            {"SourceTableName": NAME, "UseLatestRestorableTime": False},
            "One of RestoreDateTime and UseLatestRestorableTime must be specified",
        ),
        (
            {"SourceTableName": NAME, "UseLatestRestorableTime": True, "RestoreDateTime": 1.0},
            "RestoreDateTime cannot be specified if UseLatestRestorableTime is true",
        ),
    ],
)
def test_what_is_asked_for_must_be_clear(request_: dict[str, Any], message: str, world: World) -> None:
    refused = world.refusal("RestoreTableToPointInTime", TargetTableName="copy", **request_)
    assert refused == f"Invalid Request: {message}"


def test_the_source_must_be_there(world: World) -> None:
    found = world.failure("RestoreTableToPointInTime", SourceTableName="nowhere", **LATEST)
    assert found == ("TableNotFoundException", "Table not found: nowhere")


def test_the_target_must_not(world: World) -> None:
    world.do("CreateTable", **creation(TableName="copy"))
    found = world.failure("RestoreTableToPointInTime", SourceTableName=NAME, **LATEST)
    assert found == ("TableAlreadyExistsException", "Table already exists: copy")


def test_recovery_must_be_on() -> None:
    world = World()
    world.create()
    unavailable = (
        "PointInTimeRecoveryUnavailableException",
        f"Point in time recovery is not enabled for table '{NAME}'",
    )
    assert world.failure("RestoreTableToPointInTime", SourceTableName=NAME, **LATEST) == unavailable
    enable(world)
    specification = {"PointInTimeRecoveryEnabled": False}
    world.do("UpdateContinuousBackups", TableName=NAME, PointInTimeRecoverySpecification=specification)
    assert world.failure("RestoreTableToPointInTime", SourceTableName=NAME, **LATEST) == unavailable


def test_a_table_that_goes_cannot_be_restored(world: World) -> None:
    world.do("DeleteTable", TableName=NAME)
    name, _ = world.failure("RestoreTableToPointInTime", SourceTableName=NAME, **LATEST)
    assert name == "PointInTimeRecoveryUnavailableException"
