"""RestoreTableFromBackup: what a new table has of a backup, and what is asked for instead."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ..table_world import ARN, NAME, World, definitions, index, keys, units

COPY = "copy"
NOT_RESTORED = (
    "Invalid Request: Index {} does not match a secondary index that existed in the source table and cannot be "
    "created during the restore operation"
)


def made(lifecycle: float = 0.0, *, provisioned: bool = False) -> World:
    """With a table that has two items, a global and a local index and other things."""
    throughput: dict[str, Any] = {"ProvisionedThroughput": units(5, 6)} if provisioned else {}
    world = World(lifecycle=lifecycle)
    world.create(
        AttributeDefinitions=definitions(a="S", b="S", g="S"),
        KeySchema=keys("a", "b"),
        BillingMode="PROVISIONED" if provisioned else "PAY_PER_REQUEST",
        **throughput,
        GlobalSecondaryIndexes=[index("gsi", "g", **throughput)],
        LocalSecondaryIndexes=[index("lsi", "a", "g")],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        Tags=[{"Key": "k", "Value": "v"}],
        DeletionProtectionEnabled=True,
    )
    for at, more in (("1", {"g": {"S": "x"}}), ("2", {})):
        world.do("PutItem", TableName=NAME, Item={"a": {"S": "a"}, "b": {"S": at}, **more})
    return world


def backup(world: World) -> str:
    arn: str = world.do("CreateBackup", TableName=NAME, BackupName="nightly")["BackupDetails"]["BackupArn"]
    return arn


def restore(world: World, arn: str, name: str = COPY, **overrides: Any) -> Any:
    request = {"TargetTableName": name, "BackupArn": arn, **overrides}
    return world.do("RestoreTableFromBackup", **request)["TableDescription"]


def sorts(world: World, **request: Any) -> list[str]:
    answer = msgspec.json.encode(world.do("Scan", TableName=COPY, **request))
    return sorted(item["b"]["S"] for item in msgspec.json.decode(answer)["Items"])


def test_a_table_is_as_it_was() -> None:
    world = made()
    arn = backup(world)
    world.do("PutItem", TableName=NAME, Item={"a": {"S": "a"}, "b": {"S": "3"}})
    world.do("DeleteItem", TableName=NAME, Key={"a": {"S": "a"}, "b": {"S": "1"}})
    created = restore(world, arn)
    summary = {
        "SourceBackupArn": arn,
        "SourceTableArn": ARN,
        "RestoreDateTime": created["CreationDateTime"],
        "RestoreInProgress": True,
    }
    assert (created["TableStatus"], created["RestoreSummary"]) == ("CREATING", summary)
    found = world.describe(COPY)
    assert found["RestoreSummary"] == summary | {"RestoreInProgress": False}
    assert (sorts(world), sorts(world, IndexName="gsi"), sorts(world, IndexName="lsi")) == (["1", "2"], ["1"], ["1"])
    assert (found["ItemCount"], found["KeySchema"]) == (2, keys("a", "b"))
    assert not {"StreamSpecification", "LatestStreamArn"} & found.keys()
    assert not found["DeletionProtectionEnabled"]
    assert world.do("ListTagsOfResource", ResourceArn=found["TableArn"])["Tags"] == []
    world.do("PutItem", TableName=COPY, Item={"a": {"S": "a"}, "b": {"S": "9"}})
    assert sorts(world) == ["1", "2", "9"]
    assert world.do("DescribeBackup", BackupArn=arn)["BackupDescription"]["SourceTableDetails"]["ItemCount"] == 2


def test_a_table_that_has_gone() -> None:
    world = World()
    world.create()
    world.do("PutItem", TableName=NAME, Item={"a": {"S": "1"}})
    arn = backup(world)
    world.do("DeleteTable", TableName=NAME)
    world.engine.catalog.tables  # noqa: B018 # it looks, and the table is gone
    restore(world, arn, NAME)
    assert world.describe()["ItemCount"] == 1
    assert world.do("GetItem", TableName=NAME, Key={"a": {"S": "1"}})


def test_one_restore_at_a_time() -> None:
    world = made(lifecycle=10)
    arn = backup(world)
    restore(world, arn)
    request = {"TargetTableName": "other", "BackupArn": arn}
    assert world.failure("RestoreTableFromBackup", **request) == (
        "BackupInUseException",
        f"Backup is being used to restore another table: {arn}",
    )
    assert world.failure("DeleteBackup", BackupArn=arn) == (
        "BackupInUseException",
        f"Backup is being used to restore table: {arn}",
    )
    assert world.failure("Scan", TableName=COPY)[0] == "ResourceNotFoundException"
    world.clock.advance(10)
    assert sorts(world) == ["1", "2"]
    restore(world, arn, "other")


# ── overrides ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_recorded_throughput_is_restored() -> None:
    world = made(provisioned=True)
    arn = backup(world)
    more = [{"Update": {"IndexName": "gsi", "ProvisionedThroughput": units(10, 10)}}]
    world.update(GlobalSecondaryIndexUpdates=more)
    found = restore(world, arn)
    assert found["ProvisionedThroughput"] == units(5, 6) | {"NumberOfDecreasesToday": 0}
    assert found["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["ReadCapacityUnits"] == 5


def test_it_is_paid_in_another_way() -> None:
    world = made(provisioned=True)
    limits = {"MaxReadRequestUnits": 10}
    found = restore(world, backup(world), BillingModeOverride="PAY_PER_REQUEST", OnDemandThroughputOverride=limits)
    assert (found["BillingModeSummary"]["BillingMode"], found["OnDemandThroughput"]) == ("PAY_PER_REQUEST", limits)
    assert found["ProvisionedThroughput"]["ReadCapacityUnits"] == 0
    world = made()
    gsi = index("gsi", "g", ProvisionedThroughput=units(3, 4))
    found = restore(
        world,
        backup(world),
        BillingModeOverride="PROVISIONED",
        ProvisionedThroughputOverride=units(1, 2),
        GlobalSecondaryIndexOverride=[gsi],
    )
    assert "BillingModeSummary" not in found
    assert found["ProvisionedThroughput"]["WriteCapacityUnits"] == 2
    assert found["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["WriteCapacityUnits"] == 4


def test_without_its_indexes() -> None:
    world = made()
    found = restore(world, backup(world), GlobalSecondaryIndexOverride=[], LocalSecondaryIndexOverride=[])
    assert not {"GlobalSecondaryIndexes", "LocalSecondaryIndexes"} & found.keys()
    assert found["AttributeDefinitions"] == definitions(a="S", b="S")
    assert sorts(world) == ["1", "2"]


def test_with_another_key_of_encryption() -> None:
    world = made()
    found = restore(world, backup(world), SSESpecificationOverride={"Enabled": True, "SSEType": "KMS"})
    assert found["SSEDescription"]["SSEType"] == "KMS"


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────────
THROUGHPUT = "Invalid Request: Cannot override ProvisionedThroughput"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            {"BillingModeOverride": "PAY_PER_REQUEST", "ProvisionedThroughputOverride": units(1, 1)},
            f"{THROUGHPUT} if BillingMode is overridden to PAY_PER_REQUEST",
        ),
        (
            {"BillingModeOverride": "PROVISIONED"},
            "Invalid Request: Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED",
        ),
        ({"ProvisionedThroughputOverride": units(1, 1)}, f"{THROUGHPUT} unless BillingMode is PROVISIONED"),
        (
            {"BillingModeOverride": "PROVISIONED", "ProvisionedThroughputOverride": units(1, 1)},
            "Invalid Request: Must specify provisioned throughput for index gsi",
        ),
        (
            {"GlobalSecondaryIndexOverride": [index("gsi", "g", ProvisionedThroughput=units(1, 1))]},
            f"{THROUGHPUT} if BillingMode is overridden to PAY_PER_REQUEST for index gsi",
        ),
        (
            {"OnDemandThroughputOverride": {"MaxReadRequestUnits": 5}},
            (
                "Invalid Request: Cannot override MaxReadRequestUnits for OnDemandThroughput "
                "unless BillingModeOverride is PAY_PER_REQUEST"
            ),
        ),
        (
            {
                "BillingModeOverride": "PAY_PER_REQUEST",
                "OnDemandThroughputOverride": {"MaxWriteRequestUnits": 0},
            },
            "Invalid Request: Requested MaxWriteRequestUnits for OnDemandThroughput is outside of valid range",
        ),
        ({"GlobalSecondaryIndexOverride": [index("new", "g")]}, NOT_RESTORED.format("new")),
        ({"GlobalSecondaryIndexOverride": [index("gsi", "b")]}, NOT_RESTORED.format("gsi")),
        ({"LocalSecondaryIndexOverride": [index("gsi", "g")]}, NOT_RESTORED.format("gsi")),
        (
            {"GlobalSecondaryIndexOverride": [index("gsi", "g", Projection={"ProjectionType": "KEYS_ONLY"})]},
            NOT_RESTORED.format("gsi"),
        ),
    ],
    ids=lambda value: str(value)[:60] if isinstance(value, str) else "",
)
def test_overrides_that_cannot_be(overrides: dict[str, Any], message: str) -> None:
    world = made()
    request = {"TargetTableName": COPY, "BackupArn": backup(world), **overrides}
    assert world.refusal("RestoreTableFromBackup", **request) == message


def test_a_table_that_is_there_and_a_backup_that_is_not() -> None:
    world = made()
    arn = backup(world)
    assert world.failure("RestoreTableFromBackup", TargetTableName=NAME, BackupArn=arn) == (
        "TableAlreadyExistsException",
        f"Table already exists: {NAME}",
    )
    missing = f"{ARN}/backup/01600000000000-00000000"
    assert world.failure("RestoreTableFromBackup", TargetTableName=COPY, BackupArn=missing) == (
        "BackupNotFoundException",
        f"Backup not found: {missing}",
    )
