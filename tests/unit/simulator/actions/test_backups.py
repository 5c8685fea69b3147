"""CreateBackup, DescribeBackup, ListBackups and DeleteBackup: what is kept of a table, and for how long."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes import NOW

from ..table_world import ARN, NAME, World, creation, definitions, index, keys, units

MISSING = f"{ARN}/backup/01600000000000-00000000"


def backup(world: World, name: str = "nightly", table: str = NAME) -> str:
    """The ARN of a new backup."""
    arn: str = world.do("CreateBackup", TableName=table, BackupName=name)["BackupDetails"]["BackupArn"]
    return arn


def listed(world: World, **request: Any) -> list[str]:
    return [each["BackupName"] for each in world.do("ListBackups", **request)["BackupSummaries"]]


@pytest.fixture
def world() -> World:
    made = World()
    made.create()
    made.do("PutItem", TableName=NAME, Item={"a": {"S": "1"}})
    return made


def test_a_backup(world: World) -> None:
    details = world.do("CreateBackup", TableName=NAME, BackupName="nightly")["BackupDetails"]
    arn = details["BackupArn"]
    assert arn.startswith(f"{ARN}/backup/{int(NOW * 1000):014d}-")
    assert details == {
        "BackupArn": arn,
        "BackupName": "nightly",
        "BackupSizeBytes": 2,
        "BackupStatus": "CREATING",
        "BackupType": "USER",
        "BackupCreationDateTime": NOW,
    }
    table = world.describe()
    assert world.do("DescribeBackup", BackupArn=arn) == {
        "BackupDescription": {
            "BackupDetails": details | {"BackupStatus": "AVAILABLE"},
            "SourceTableDetails": {
                "TableName": NAME,
                "TableId": table["TableId"],
                "TableArn": ARN,
                "TableSizeBytes": 2,
                "KeySchema": keys("a"),
                "TableCreationDateTime": NOW,
                "ProvisionedThroughput": {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0},
                "ItemCount": 1,
                "BillingMode": "PAY_PER_REQUEST",
            },
            "SourceTableFeatureDetails": {},
        }
    }


def test_what_it_records() -> None:
    world = World()
    world.create(
        AttributeDefinitions=definitions(a="S", b="S", g="S"),
        KeySchema=keys("a", "b"),
        BillingMode="PROVISIONED",
        ProvisionedThroughput=units(5, 6),
        GlobalSecondaryIndexes=[
            index(
                "gsi",
                "g",
                ProvisionedThroughput=units(7, 8),
                Projection={"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x"]},
            )
        ],
        LocalSecondaryIndexes=[index("lsi", "a", "g")],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        SSESpecification={"Enabled": True, "SSEType": "KMS"},
        Tags=[{"Key": "k", "Value": "v"}],
        DeletionProtectionEnabled=True,
    )
    world.do("UpdateTimeToLive", TableName=NAME, TimeToLiveSpecification={"AttributeName": "ttl", "Enabled": True})
    found = world.do("DescribeBackup", BackupArn=backup(world))["BackupDescription"]
    assert found["SourceTableDetails"]["ProvisionedThroughput"] == units(5, 6)
    key_arn = world.describe()["SSEDescription"]["KMSMasterKeyArn"]
    assert found["SourceTableFeatureDetails"] == {
        "LocalSecondaryIndexes": [
            {"IndexName": "lsi", "KeySchema": keys("a", "g"), "Projection": {"ProjectionType": "ALL"}}
        ],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "gsi",
                "KeySchema": keys("g"),
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x"]},
                "ProvisionedThroughput": units(7, 8),
            }
        ],
        "StreamDescription": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        "TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"},
        "SSEDescription": {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key_arn},
    }


def test_names_need_not_differ_and_arns_do(world: World) -> None:
    arns = {backup(world) for _ in range(20)}
    assert len(arns) == 20
    assert listed(world) == ["nightly"] * 20


def test_it_outlives_its_table(world: World) -> None:
    arn = backup(world)
    world.do("DeleteTable", TableName=NAME)
    assert world.do("DescribeBackup", BackupArn=arn)["BackupDescription"]["SourceTableDetails"]["ItemCount"] == 1
    assert listed(world, TableName=NAME) == listed(world, TableName=ARN) == ["nightly"]
    assert listed(world, TableName="other") == []


def test_it_is_deleted(world: World) -> None:
    arn = backup(world)
    before = world.do("DescribeBackup", BackupArn=arn)["BackupDescription"]
    gone = world.do("DeleteBackup", BackupArn=arn)["BackupDescription"]
    assert gone == before | {"BackupDetails": before["BackupDetails"] | {"BackupStatus": "DELETED"}}
    missing = ("BackupNotFoundException", f"Backup not found: {arn}")
    assert world.failure("DeleteBackup", BackupArn=arn) == missing
    assert world.failure("DescribeBackup", BackupArn=arn) == missing
    assert listed(world) == []


def test_snapshots_of_the_engine_have_their_own_backups(world: World) -> None:
    arn = backup(world)
    snapshot = world.engine.snapshot()
    world.do("DeleteBackup", BackupArn=arn)
    backup(world, "later")
    world.engine.restore(snapshot)
    assert listed(world) == ["nightly"]


# ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_pages(world: World) -> None:
    for name in ("one", "two", "three"):
        backup(world, name)
        world.clock.advance(1)
    found: list[str] = []
    start: dict[str, Any] = {}
    while True:
        answer = world.do("ListBackups", Limit=2, **start)
        found += [each["BackupName"] for each in answer["BackupSummaries"]]
        if "LastEvaluatedBackupArn" not in answer:
            break
        start = {"ExclusiveStartBackupArn": answer["LastEvaluatedBackupArn"]}
    assert found == ["one", "two", "three"]
    assert "LastEvaluatedBackupArn" not in world.do("ListBackups", Limit=3)
    assert listed(world, ExclusiveStartBackupArn=MISSING) == found, "it need not exist"
    first = world.do("ListBackups")["BackupSummaries"][0]
    assert sorted(first) == [
        "BackupArn", "BackupCreationDateTime", "BackupName", "BackupSizeBytes", "BackupStatus", "BackupType",
        "TableArn", "TableId", "TableName",
    ]  # fmt: skip


def test_times_from_and_without(world: World) -> None:
    for name in ("one", "two", "three"):
        backup(world, name)
        world.clock.advance(1)
    assert listed(world, TimeRangeLowerBound=NOW + 1) == ["two", "three"]
    assert listed(world, TimeRangeUpperBound=NOW + 1) == ["one"]
    assert listed(world, TimeRangeLowerBound=NOW + 1, TimeRangeUpperBound=NOW + 1.001) == ["two"]
    assert world.refusal("ListBackups", TimeRangeLowerBound=2, TimeRangeUpperBound=1) == (
        "One or more parameter values were invalid: Time range lower bound must be less than or equal to upper bound"
    )


def test_a_deleted_table_with_recovery_leaves_a_backup_that_expires(world: World) -> None:
    specification = {"PointInTimeRecoveryEnabled": True}
    world.do("UpdateContinuousBackups", TableName=NAME, PointInTimeRecoverySpecification=specification)
    world.do("DeleteTable", TableName=NAME)
    assert listed(world) == []
    (found,) = world.do("ListBackups", BackupType="ALL")["BackupSummaries"]
    arn = f"{ARN}/backup/{int(NOW * 1000):014d}-00000000"
    assert (found["BackupName"], found["BackupType"], found["BackupArn"]) == (
        f"{NAME}$DeletedTableBackup",
        "SYSTEM",
        arn,
    )
    assert found["BackupExpiryDateTime"] == NOW + 35 * 86_400
    assert world.refusal("DeleteBackup", BackupArn=arn).startswith(
        f"Invalid Request: User is not allowed to delete the system backup with arn {arn}. "
        "It will automatically expire on "
    )
    assert world.do("DescribeBackup", BackupArn=arn)["BackupDescription"]["SourceTableFeatureDetails"] == {}
    assert listed(world, BackupType="SYSTEM") == [found["BackupName"]]
    assert listed(world, BackupType="AWS_BACKUP") == []
    world.clock.advance(35 * 86_400)
    assert world.failure("DescribeBackup", BackupArn=arn)[0] == "BackupNotFoundException"
    assert listed(world, BackupType="ALL") == []


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_tables_that_cannot_be_kept() -> None:
    world = World(lifecycle=10)
    missing = ("TableNotFoundException", f"Table not found: {NAME}")
    assert world.failure("CreateBackup", TableName=NAME, BackupName="nightly") == missing
    world.do("CreateTable", **creation())
    assert world.failure("CreateBackup", TableName=NAME, BackupName="nightly") == missing
    world.clock.advance(10)
    world.describe()
    world.do("DeleteTable", TableName=NAME)
    assert backup(world), "one that is being deleted still can"


@pytest.mark.parametrize(
    ("arn", "name", "message"),
    [
        (MISSING, "BackupNotFoundException", f"Backup not found: {MISSING}"),
        (ARN + "/stream/2026-01-01", "ValidationException", "Invalid Backup ARN"),
        ("x" * 48, "ValidationException", "Invalid Backup ARN"),
        (MISSING.replace("arn:aws:", "arn:aws-cn:"), "ValidationException", "Invalid Request: BackupArn is not valid"),
        (MISSING.replace(":dynamodb:", ":s3:"), "ValidationException", "Invalid Request: BackupArn is not valid"),
        (MISSING.replace(":123456789012:", ":999999999999:"), "AccessDeniedException", "Access is denied"),
    ],
)
def test_arns_of_nothing(arn: str, name: str, message: str) -> None:
    for operation in ("DescribeBackup", "DeleteBackup"):
        assert World().failure(operation, BackupArn=arn) == (name, message)


def test_the_region_of_an_arn_does_not_matter(world: World) -> None:
    elsewhere = backup(world).replace("eu-west-1", "us-east-1")
    assert (
        world.do("DescribeBackup", BackupArn=elsewhere)["BackupDescription"]["BackupDetails"]["BackupArn"] == elsewhere
    )
    assert world.refusal("ListBackups", ExclusiveStartBackupArn=elsewhere) == (
        "Invalid Request: The supplied ExclusiveStartBackupArn does not match the region"
    )
    world.do("DeleteBackup", BackupArn=elsewhere)
    assert listed(world) == []


def test_constraints(world: World) -> None:
    assert "greater than or equal to 3" in world.refusal("CreateBackup", TableName=NAME, BackupName="ab")
    assert "greater than or equal to 37" in world.refusal("DescribeBackup", BackupArn="short")
    assert "less than or equal to 100" in world.refusal("ListBackups", Limit=101)
    assert "enum value set" in world.refusal("ListBackups", BackupType="user")
