"""ReplicaUpdates of UpdateTable: what DescribeTable tells of replicas, the stream that feeds them, and every rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hashrange.simulator.disk.engine import DiskEngine

from ..table_world import ACCOUNT, INVALID, NAME, REGION, World, creation, definitions, index, units

US, AP = "us-east-1", "ap-northeast-1"
STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}


@pytest.fixture
def world() -> World:
    made = World(lifecycle=10.0)
    made.create()
    return made


def create(region: str = US, **members: Any) -> dict[str, Any]:
    return {"ReplicaUpdates": [{"Create": {"RegionName": region, **members}}]}


def update(region: str = US, **members: Any) -> dict[str, Any]:
    return {"ReplicaUpdates": [{"Update": {"RegionName": region, **members}}]}


def delete(*regions: str) -> dict[str, Any]:
    return {"ReplicaUpdates": [{"Delete": {"RegionName": region}} for region in regions or (US,)]}


def settled(world: World, **members: Any) -> Any:
    """The table after an update."""
    world.update(**members)
    world.clock.advance(10)
    return world.describe()


def refused(world: World, **members: Any) -> str:
    return world.refusal("UpdateTable", TableName=NAME, **members)


# ── what is told ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_replica_comes_and_goes(world: World) -> None:
    assert "GlobalTableVersion" not in world.describe()
    begun = world.update(**create())
    assert (begun["TableStatus"], begun["GlobalTableVersion"]) == ("UPDATING", "2019.11.21")
    assert begun["Replicas"] == [{"RegionName": US, "ReplicaStatus": "CREATING"}]
    world.clock.advance(10)
    table = world.describe()
    assert table["TableStatus"] == "ACTIVE"
    assert table["Replicas"] == [{"RegionName": US, "ReplicaStatus": "ACTIVE"}]
    assert "MultiRegionConsistency" not in table
    begun = world.update(**delete())
    assert begun["Replicas"] == [{"RegionName": US, "ReplicaStatus": "DELETING"}]
    world.clock.advance(10)
    table = world.describe()
    assert "Replicas" not in table
    assert "GlobalTableVersion" not in table


def test_several_replicas_one_after_the_other(world: World) -> None:
    settled(world, **create())
    table = settled(world, **create(AP), MultiRegionConsistency="EVENTUAL")
    assert [replica["RegionName"] for replica in table["Replicas"]] == [US, AP]
    assert table["MultiRegionConsistency"] == "EVENTUAL"
    table = settled(world, **delete())
    assert table["Replicas"] == [{"RegionName": AP, "ReplicaStatus": "ACTIVE"}]


def test_settings_of_a_replica() -> None:
    world = World(lifecycle=10.0)
    world.create(
        BillingMode="PROVISIONED",
        ProvisionedThroughput=units(5, 5),
        AttributeDefinitions=definitions(a="S", g="S"),
        GlobalSecondaryIndexes=[index(ProvisionedThroughput=units(5, 5))],
    )
    read: dict[str, Any] = {"ProvisionedThroughputOverride": {"ReadCapacityUnits": 7}}
    indexes = [{"IndexName": "gsi", **read}]
    table = settled(
        world, **create(GlobalSecondaryIndexes=indexes, TableClassOverride="STANDARD_INFREQUENT_ACCESS", **read)
    )
    expected = {
        "RegionName": US,
        "ReplicaStatus": "ACTIVE",
        **read,
        "GlobalSecondaryIndexes": indexes,
        "ReplicaTableClassSummary": {"TableClass": "STANDARD_INFREQUENT_ACCESS"},
    }
    assert table["Replicas"] == [expected]
    begun = world.update(**update(ProvisionedThroughputOverride={"ReadCapacityUnits": 9}))
    changed = expected | {"ProvisionedThroughputOverride": {"ReadCapacityUnits": 9}}
    assert begun["Replicas"] == [changed | {"ReplicaStatus": "UPDATING"}]
    world.clock.advance(10)
    assert world.describe()["Replicas"] == [changed]


def test_limits_of_a_replica(world: World) -> None:
    limits: dict[str, Any] = {"OnDemandThroughputOverride": {"MaxReadRequestUnits": 7}}
    assert settled(world, **create(**limits))["Replicas"][0]["OnDemandThroughputOverride"] == {"MaxReadRequestUnits": 7}
    message = refused(world, **update(OnDemandThroughputOverride={"MaxReadRequestUnits": 0}))
    assert message.startswith(f"{INVALID}Requested MaxReadRequestUnits for OnDemandThroughput")


def test_no_item_is_copied(world: World) -> None:
    world.do("PutItem", TableName=NAME, Item={"a": {"S": "1"}})
    settled(world, **create())
    assert world.do("ListTables") == {"TableNames": [NAME]}


# ── the stream ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_stream_is_switched_on(world: World) -> None:
    begun = world.update(**create())
    assert begun["StreamSpecification"] == STREAM
    assert begun["LatestStreamArn"] in {each["StreamArn"] for each in world.do("ListStreams")["Streams"]}
    world.clock.advance(10)
    refusal = refused(world, StreamSpecification={"StreamEnabled": False})
    assert refusal == f"{INVALID}Disabling Stream is not allowed for a Global Table replica."
    settled(world, **delete())
    assert "StreamSpecification" not in settled(world, StreamSpecification={"StreamEnabled": False})


def test_a_stream_that_fits_stays(world: World) -> None:
    arn = settled(world, StreamSpecification=STREAM)["LatestStreamArn"]
    assert settled(world, **create())["LatestStreamArn"] == arn


def test_another_stream_is_refused(world: World) -> None:
    settled(world, StreamSpecification=STREAM | {"StreamViewType": "KEYS_ONLY"})
    assert "NEW_AND_OLD_IMAGES" in refused(world, **create())


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_own_region(world: World) -> None:
    message = (
        "Cannot add, delete, or update the local region through ReplicaUpdates. "
        "Use CreateTable, DeleteTable, or UpdateTable as required."
    )
    for asked in (create(REGION), update(REGION), delete(REGION)):
        assert refused(world, **asked) == message


def test_regions_that_are_there_and_not(world: World) -> None:
    settled(world, **create())
    assert refused(world, **create()) == (
        f"Failed to create a the new replica of table with name: '{NAME}' because one or more replicas already "
        "existed as tables."
    )
    for asked in (update(AP), delete(AP)):
        assert refused(world, **asked) == f"{INVALID}Table has no replica in region: {AP}"
    for region in ("", "nowhere", "US-EAST-1", "us-east-1 ", "us-east-1\n"):
        assert refused(world, **create(region)) == f"{INVALID}Unsupported region: {region}"


def test_one_at_a_time(world: World) -> None:
    both = [*create()["ReplicaUpdates"], *create(AP)["ReplicaUpdates"]]
    message = "Update table operation with more than one create or delete replica action is not supported"
    assert refused(world, ReplicaUpdates=both) == message
    mixed = [*create()["ReplicaUpdates"], *delete(AP)["ReplicaUpdates"]]
    assert refused(world, ReplicaUpdates=mixed) == message
    assert "Only one update per replica" in refused(world, ReplicaUpdates=create()["ReplicaUpdates"] * 2)
    world.update(**create())
    found = world.failure("UpdateTable", TableName=NAME, **create(AP))
    assert found[0] == "ResourceInUseException"


@pytest.mark.parametrize(
    ("updates", "message"),
    [
        ([{}], "must not be null"),
        ([{"Create": {"RegionName": US}, "Delete": {"RegionName": US}}], "Only one action per replica update"),
        (
            [{"Disassociate": {"RegionName": US, "DisassociationMode": "WAIT_FOR_REPLICATION"}}],
            "Disassociate is not supported by this endpoint",
        ),
        ([], "length greater than or equal to 1"),
        ([{"Create": {}}], "regionName"),
        ([{"Create": {"RegionName": US, "GlobalSecondaryIndexes": []}}], "length greater than or equal to 1"),
        ([{"Create": {"RegionName": US, "TableClassOverride": "BEST"}}], "tableClassOverride"),
        (
            [{"Create": {"RegionName": US, "ProvisionedThroughputOverride": {"ReadCapacityUnits": 1}}}],
            "ProvisionedThroughputOverride cannot be specified when BillingMode is PAY_PER_REQUEST",
        ),
        (
            [{"Create": {"RegionName": US, "GlobalSecondaryIndexes": [{"IndexName": "nope"}]}}],
            "Table has no global secondary index: nope",
        ),
    ],
)
def test_updates_that_make_no_sense(updates: list[Any], message: str, world: World) -> None:
    assert message in refused(world, ReplicaUpdates=updates)


@pytest.mark.parametrize(
    "other", [{"StreamSpecification": STREAM}, {"BillingMode": "PAY_PER_REQUEST"}, {"WarmThroughput": {}}]
)
def test_they_come_alone(other: dict[str, Any], world: World) -> None:
    message = refused(world, **create(), **other)
    assert message == f"{INVALID}ReplicaUpdates modification must be the only operation in the request"


def test_a_key_of_ones_own_needs_one_in_each_region() -> None:
    world = World(lifecycle=10.0)
    world.create(SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/mine"})
    assert refused(world, **create()) == f"{INVALID}KMSMasterKeyId must be specified for each replica."
    table = settled(world, **create(KMSMasterKeyId="alias/theirs"))
    assert table["Replicas"][0]["KMSMasterKeyId"] == "alias/theirs"


def test_a_source_of_replicas_stays_for_a_day(world: World) -> None:
    settled(world, **create())
    message = world.refusal("DeleteTable", TableName=NAME)
    assert message.startswith("Replica cannot be deleted because it has acted as a source region")
    world.clock.advance(86_400)
    assert world.do("DeleteTable", TableName=NAME)["TableDescription"]["TableStatus"] == "DELETING"


def test_without_replicas_it_may_go_at_once(world: World) -> None:
    settled(world, **create())
    settled(world, **delete())
    world.do("DeleteTable", TableName=NAME)


# ── strong consistency ───────────────────────────────────────────────────────────────────────────────────────────────
def strong() -> dict[str, Any]:
    updates = [*create()["ReplicaUpdates"], *create(AP)["ReplicaUpdates"]]
    return {"ReplicaUpdates": updates, "MultiRegionConsistency": "STRONG"}


def test_two_replicas_at_once_may_be_strong(world: World) -> None:
    table = settled(world, **strong())
    assert [replica["RegionName"] for replica in table["Replicas"]] == [US, AP]
    assert table["MultiRegionConsistency"] == "STRONG"
    assert "StreamSpecification" not in table
    assert "exactly two replicas" in refused(world, **create("us-west-2"))
    assert "exactly two replicas" in refused(world, **delete())
    message = refused(world, **create("us-west-2"), MultiRegionConsistency="EVENTUAL")
    assert message.endswith("MultiRegionConsistency of a table with replicas cannot be changed")
    table = settled(world, **delete(US, AP))
    assert "Replicas" not in table
    assert "MultiRegionConsistency" not in table
    assert "MultiRegionConsistency" not in settled(world, **create())


def test_strong_replicas_begin_empty_and_as_two(world: World) -> None:
    assert "exactly two replicas" in refused(world, **create(), MultiRegionConsistency="STRONG")
    world.do("PutItem", TableName=NAME, Item={"a": {"S": "1"}})
    assert refused(world, **strong()).endswith("requires an empty table")
    settled(world, **create())
    message = refused(world, **create(AP), MultiRegionConsistency="STRONG")
    assert message.endswith("MultiRegionConsistency of a table with replicas cannot be changed")


def test_consistency_is_of_replicas(world: World) -> None:
    message = f"{INVALID}MultiRegionConsistency can only be specified when replicas are created"
    assert refused(world, MultiRegionConsistency="STRONG") == message
    assert refused(world, **delete(), MultiRegionConsistency="EVENTUAL") == message


# ── copies ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_snapshots_and_restored_tables(world: World) -> None:
    snapshot = world.engine.snapshot()
    settled(world, **create())
    arn = world.do("CreateBackup", TableName=NAME, BackupName="nightly")["BackupDetails"]["BackupArn"]
    restored = world.do("RestoreTableFromBackup", TargetTableName="copy", BackupArn=arn)["TableDescription"]
    assert "Replicas" not in restored
    world.engine.restore(snapshot)
    assert "Replicas" not in world.describe()


def test_they_stay_on_a_disk(tmp_path: Path) -> None:
    with DiskEngine(tmp_path, region=REGION, account=ACCOUNT, lifecycle_seconds=1000.0) as engine:
        engine.create_tables([creation()])
        engine.execute("UpdateTable", {"TableName": NAME, **create(KMSMasterKeyId="k")})
    with DiskEngine(tmp_path) as engine:
        answer = engine.execute("DescribeTable", {"TableName": NAME})
        assert answer is not None
        assert answer["Table"]["Replicas"] == [{"RegionName": US, "ReplicaStatus": "ACTIVE", "KMSMasterKeyId": "k"}], (
            "what was under way when it ended is done"
        )
