"""UpdateTable: which changes are possible, together or alone, and how they show while they are under way."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes import NOW

from ..table_world import ACCOUNT, ARN, IN_USE, INVALID, NAME, REGION, World, creation, definitions, units

LATER = 60.0
PROVISIONED: dict[str, Any] = {"BillingMode": None, "ProvisionedThroughput": units(5, 5)}


def at(seconds: float = LATER) -> float:
    return NOW + seconds


@pytest.fixture
def on_demand() -> World:
    world = World()
    world.create()
    world.clock.advance(LATER)
    return world


@pytest.fixture
def provisioned() -> World:
    world = World()
    world.create(**PROVISIONED)
    world.clock.advance(LATER)
    return world


# ── what a request must hold ─────────────────────────────────────────────────────────────────────────────────────────
NOTHING = (
    "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates "
    "or SSESpecification or ReplicaUpdates is required"
)


@pytest.mark.parametrize(
    "request_of_nothing",
    [{}, {"GlobalSecondaryIndexUpdates": []}, {"AttributeDefinitions": definitions(a="S")}, {"KeySchema": "ignored"}],
)
def test_something_has_to_change(request_of_nothing: dict[str, Any]) -> None:
    assert World().refusal("UpdateTable", TableName="nowhere", **request_of_nothing) == NOTHING
    newest = World(wording="2026").refusal("UpdateTable", TableName="nowhere", **request_of_nothing)
    assert newest.endswith("DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required")


def test_violations_come_in_the_services_order() -> None:
    message = World().refusal(
        "UpdateTable",
        TableName="abc;",
        ProvisionedThroughput={"WriteCapacityUnits": -1, "ReadCapacityUnits": -1},
        BillingMode="FREE",
        GlobalSecondaryIndexUpdates=[{"Update": {}}, {"Create": {}}, {"Delete": {}}],
    )
    subjects = [text.split(" failed")[0] for text in message.split(": ", 1)[1].split("; ")]
    assert subjects == [
        "Value 'abc;' at 'tableName'",
        "Value '-1' at 'provisionedThroughput.writeCapacityUnits'",
        "Value '-1' at 'provisionedThroughput.readCapacityUnits'",
        "Value 'FREE' at 'billingMode'",
        "Value null at 'globalSecondaryIndexUpdates.1.member.update.indexName'",
        "Value null at 'globalSecondaryIndexUpdates.1.member.update.provisionedThroughput'",
        "Value null at 'globalSecondaryIndexUpdates.2.member.create.projection'",
        "Value null at 'globalSecondaryIndexUpdates.2.member.create.indexName'",
        "Value null at 'globalSecondaryIndexUpdates.2.member.create.keySchema'",
        "Value null at 'globalSecondaryIndexUpdates.3.member.delete.indexName'",
    ]


SSE, CLASS, PROTECTION = "Server-Side Encryption", "TableClass", "DeletionProtection"
STREAM: dict[str, Any] = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}}
ENCRYPTION: dict[str, Any] = {"SSESpecification": {"Enabled": True}}
PROTECTED: dict[str, Any] = {"DeletionProtectionEnabled": True}
COLD: dict[str, Any] = {"TableClass": "STANDARD_INFREQUENT_ACCESS"}
LIMITED: dict[str, Any] = {"OnDemandThroughput": {"MaxReadRequestUnits": 5}}
WARM: dict[str, Any] = {"WarmThroughput": {"ReadUnitsPerSecond": 20_000}}
BILLING: dict[str, Any] = {"BillingMode": "PAY_PER_REQUEST"}
THROUGHPUT: dict[str, Any] = {"ProvisionedThroughput": units(9, 9)}
DROP: dict[str, Any] = {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "gsi"}}]}


@pytest.mark.parametrize(
    ("together", "message"),
    [
        (ENCRYPTION | COLD | PROTECTED, f"{SSE} modification must be the only operation in the request"),
        (COLD | PROTECTED, f"{CLASS} modification must be the only operation in the request"),
        (PROTECTED | WARM, f"{PROTECTION} modification must be the only operation in the request"),
        (PROTECTED | BILLING, f"{PROTECTION} modification must be the only operation in the request"),
        (DROP | PROTECTED, f"{PROTECTION} modification must be the only operation in the request"),
        (LIMITED | WARM, "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request"),
        (LIMITED | STREAM, "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request"),
        (WARM | STREAM, "WarmThroughput must be the only operation in the request"),
        (WARM | DROP, "Create global secondary index cannot be specified when updating WarmThroughput"),
        (STREAM | THROUGHPUT, "You cannot modify stream status while updating table IOPS"),
        (DROP | THROUGHPUT, "You cannot create or delete index while updating table IOPS"),
        (DROP | STREAM, "You cannot create or delete index while changing stream status"),
    ],
)
def test_what_cannot_change_together(together: dict[str, Any], message: str) -> None:
    assert World().refusal("UpdateTable", TableName="nowhere", **together) == f"{INVALID}{message}"


@pytest.mark.parametrize(
    "member", ["GlobalTableWitnessUpdates", "GlobalTableSettingsReplicationMode", "DisassociationProtectionEnabled"]
)
def test_what_is_not_simulated_is_refused(member: str, on_demand: World) -> None:
    message = on_demand.refusal("UpdateTable", TableName=NAME, **{member: [{"Create": {}}]})
    assert message == f"{INVALID}{member} is not supported by this endpoint"


def test_the_table_must_be_there() -> None:
    found = World().failure("UpdateTable", TableName="nowhere", **PROTECTED)
    assert found == ("ResourceNotFoundException", "Requested resource not found: Table: nowhere not found")


@pytest.mark.parametrize(("step", "state"), [("create", "created"), ("update", "updated"), ("delete", "deleted")])
def test_the_table_must_be_active(step: str, state: str) -> None:
    world = World(lifecycle=10)
    if step == "create":
        world.do("CreateTable", **creation())
    else:
        world.create()
    if step == "update":
        world.update(**STREAM)
    if step == "delete":
        world.do("DeleteTable", TableName=NAME)
    found = world.failure("UpdateTable", TableName=NAME, **PROTECTED)
    assert found == ("ResourceInUseException", f"{IN_USE}Table is being {state}: {NAME}")


# ── throughput and billing ───────────────────────────────────────────────────────────────────────────────────────────
BEYOND = 1_000_000_000_001


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"BillingMode": "PROVISIONED"},
            f"{INVALID}ProvisionedThroughput must be specified when BillingMode is PROVISIONED",
        ),
        (
            {"ProvisionedThroughput": units(BEYOND, BEYOND)},
            f"Given value {BEYOND} for ReadCapacityUnits is out of bounds",
        ),
        ({"ProvisionedThroughput": units(1, BEYOND)}, f"Given value {BEYOND} for WriteCapacityUnits is out of bounds"),
    ],
)
def test_throughput_that_is_wrong_for_any_table(change: dict[str, Any], message: str) -> None:
    assert World().refusal("UpdateTable", TableName="nowhere", **change) == message


def test_throughput_of_a_table_that_is_paid_by_request(on_demand: World, provisioned: World) -> None:
    message = (
        f"{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
        "when BillingMode is PAY_PER_REQUEST"
    )
    assert on_demand.refusal("UpdateTable", TableName=NAME, **THROUGHPUT) == message
    switch = THROUGHPUT | {"BillingMode": "PAY_PER_REQUEST"}
    assert provisioned.refusal("UpdateTable", TableName=NAME, **switch) == message


@pytest.mark.parametrize("mode", [{}, {"BillingMode": "PROVISIONED"}])
def test_throughput_that_does_not_change(mode: dict[str, Any], provisioned: World) -> None:
    assert provisioned.refusal("UpdateTable", TableName=NAME, ProvisionedThroughput=units(5, 5), **mode) == (
        "The provisioned throughput for the table will not change. The requested value equals the current value. "
        "Current ReadCapacityUnits provisioned for the table: 5. Requested ReadCapacityUnits: 5. "
        "Current WriteCapacityUnits provisioned for the table: 5. Requested WriteCapacityUnits: 5. "
        "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
    )


def test_throughput_grows(provisioned: World) -> None:
    described = provisioned.update(ProvisionedThroughput=units(15, 5))
    assert described["TableStatus"] == "UPDATING"
    assert described["ProvisionedThroughput"] == {
        "LastIncreaseDateTime": at(),
        "NumberOfDecreasesToday": 0,
        **units(5, 5),
    }
    described = provisioned.describe()
    assert described["TableStatus"] == "ACTIVE"
    assert described["ProvisionedThroughput"] == {
        "LastIncreaseDateTime": at(),
        "NumberOfDecreasesToday": 0,
        **units(15, 5),
    }


def test_throughput_shrinks(provisioned: World) -> None:
    described = provisioned.update(ProvisionedThroughput=units(4, 6))
    dates = {"LastIncreaseDateTime": at(), "LastDecreaseDateTime": at()}
    assert described["ProvisionedThroughput"] == {**dates, "NumberOfDecreasesToday": 0, **units(5, 5)}
    assert provisioned.describe()["ProvisionedThroughput"] == {**dates, "NumberOfDecreasesToday": 1, **units(4, 6)}
    provisioned.clock.advance(86_400)
    assert provisioned.describe()["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 0, "of today"


def test_throughput_shrinks_four_times_a_day_then_once_an_hour(provisioned: World) -> None:
    for unit in (4, 3, 2):
        provisioned.update(ProvisionedThroughput=units(unit, 5))
    provisioned.update(ProvisionedThroughput=units(2, 1))
    name, message = provisioned.failure("UpdateTable", TableName=NAME, ProvisionedThroughput=units(1, 1))
    assert name == "LimitExceededException"
    assert message == (
        "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. After the "
        "first 4 decreases, each subsequent decrease in the same UTC day can be performed at most once every 3600 "
        "seconds. Number of decreases today: 4. "
        "Last decrease at Friday, January 15, 2027 at 8:01:00 AM Coordinated Universal Time. "
        "Next decrease can be made at Friday, January 15, 2027 at 9:01:00 AM Coordinated Universal Time"
    )
    provisioned.update(ProvisionedThroughput=units(3, 1))
    provisioned.clock.advance(3_600)
    provisioned.update(ProvisionedThroughput=units(1, 1))
    assert provisioned.describe()["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 5


def test_throughput_has_a_maximum(provisioned: World) -> None:
    name, message = provisioned.failure("UpdateTable", TableName=NAME, ProvisionedThroughput=units(5, 40_001))
    assert name == "LimitExceededException"
    assert message.startswith("The requested WriteCapacityUnits, 40001, is above the per table maximum")


def test_a_table_comes_to_be_paid_by_request(provisioned: World) -> None:
    described = provisioned.update(BillingMode="PAY_PER_REQUEST")
    assert described["TableStatus"] == "UPDATING"
    assert described["BillingModeSummary"] == {"BillingMode": "PAY_PER_REQUEST"}
    assert described["ProvisionedThroughput"] == {
        "LastDecreaseDateTime": at(),
        "NumberOfDecreasesToday": 0,
        **units(0, 0),
    }
    described = provisioned.describe()
    summary = {"LastUpdateToPayPerRequestDateTime": at()}
    assert described["BillingModeSummary"] == {"BillingMode": "PAY_PER_REQUEST", **summary}
    assert described["TableThroughputModeSummary"] == {"TableThroughputMode": "PAY_PER_REQUEST", **summary}
    assert described["ProvisionedThroughput"] == {"NumberOfDecreasesToday": 0, **units(0, 0)}


def test_a_table_comes_to_be_provisioned(on_demand: World) -> None:
    on_demand.update(OnDemandThroughput={"MaxReadRequestUnits": 5})
    described = on_demand.update(BillingMode="PROVISIONED", **THROUGHPUT)
    assert described["TableStatus"] == "UPDATING"
    assert described["ProvisionedThroughput"] == {
        "LastIncreaseDateTime": at(),
        "NumberOfDecreasesToday": 0,
        **units(9, 9),
    }
    assert described["BillingModeSummary"] == {"BillingMode": "PROVISIONED", "LastUpdateToPayPerRequestDateTime": NOW}
    assert described["TableThroughputModeSummary"]["TableThroughputMode"] == "PROVISIONED"
    assert "OnDemandThroughput" not in described
    assert on_demand.describe() == described | {"TableStatus": "ACTIVE"}


def test_the_other_name_of_the_billing_mode(provisioned: World) -> None:
    provisioned.update(TableThroughputMode="PAY_PER_REQUEST")
    assert provisioned.describe()["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"


def test_the_same_billing_again_changes_nothing(on_demand: World) -> None:
    before = on_demand.describe()
    assert on_demand.update(BillingMode="PAY_PER_REQUEST")["TableStatus"] == "UPDATING"
    assert on_demand.describe() == before


# ── on-demand limits and warm throughput ─────────────────────────────────────────────────────────────────────────────
def test_limits_are_merged_and_removed(on_demand: World) -> None:
    described = on_demand.update(OnDemandThroughput={"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": 20})
    assert described["OnDemandThroughput"] == {"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": 20}
    assert described["TableStatus"] == "ACTIVE"
    described = on_demand.update(OnDemandThroughput={"MaxReadRequestUnits": -1})
    assert described["OnDemandThroughput"] == {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": 20}
    assert on_demand.describe()["OnDemandThroughput"] == {"MaxWriteRequestUnits": 20}
    on_demand.update(OnDemandThroughput={"MaxWriteRequestUnits": -1})
    assert "OnDemandThroughput" not in on_demand.describe()


@pytest.mark.parametrize("limit", [0, -2])
def test_limits_have_a_range(limit: int) -> None:
    message = World().refusal("UpdateTable", TableName="nowhere", OnDemandThroughput={"MaxWriteRequestUnits": limit})
    assert message == (
        f"{INVALID}Requested MaxWriteRequestUnits for OnDemandThroughput for table is outside of valid range"
    )


def test_limits_are_for_tables_that_are_paid_by_request(provisioned: World) -> None:
    assert provisioned.refusal("UpdateTable", TableName=NAME, **LIMITED) == (
        f"{INVALID}MaxReadRequestUnits for OnDemandThroughput cannot be specified "
        "when the table BillingMode is PROVISIONED"
    )
    provisioned.update(BillingMode="PAY_PER_REQUEST", **LIMITED)
    assert provisioned.describe()["OnDemandThroughput"] == {"MaxReadRequestUnits": 5}


def test_warm_throughput_only_grows(on_demand: World, provisioned: World) -> None:
    on_demand.update(**WARM)
    warm = {"ReadUnitsPerSecond": 20_000, "WriteUnitsPerSecond": 4_000, "Status": "ACTIVE"}
    assert on_demand.describe()["WarmThroughput"] == warm
    on_demand.update(WarmThroughput={"WriteUnitsPerSecond": 5_000})
    assert on_demand.describe()["WarmThroughput"] == warm | {"WriteUnitsPerSecond": 5_000}
    message = (
        f"{INVALID}Requested ReadUnitsPerSecond for WarmThroughput for table is lower than current WarmThroughput, "
        "decreasing WarmThroughput is not supported"
    )
    for world, units_ in ((on_demand, 19_999), (provisioned, 4)):
        request = {"ReadUnitsPerSecond": units_}
        assert world.refusal("UpdateTable", TableName=NAME, WarmThroughput=request) == message


# ── streams ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_stream_is_enabled_and_disabled(on_demand: World) -> None:
    described = on_demand.update(**STREAM)
    assert described["TableStatus"] == "UPDATING"
    assert described["StreamSpecification"] == STREAM["StreamSpecification"]
    first = described["LatestStreamArn"]
    assert first == f"{ARN}/stream/2027-01-15T08:01:00.000"
    enabled = f"Table already has an enabled stream: TableName: {NAME}"
    other_view = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    assert on_demand.refusal("UpdateTable", TableName=NAME, **STREAM) == enabled
    assert on_demand.refusal("UpdateTable", TableName=NAME, StreamSpecification=other_view) == enabled
    described = on_demand.update(StreamSpecification={"StreamEnabled": False})
    assert "StreamSpecification" not in described
    assert described["LatestStreamArn"] == first, "it stays readable"
    disabled = on_demand.refusal("UpdateTable", TableName=NAME, StreamSpecification={"StreamEnabled": False})
    assert disabled == f"Table has no stream to disable: TableName: {NAME}"
    described = on_demand.update(**STREAM)
    assert described["LatestStreamLabel"] == "2027-01-15T08:01:00.001", "another one, though the clock stands"
    assert described["LatestStreamArn"].endswith("/stream/2027-01-15T08:01:00.001")


@pytest.mark.parametrize(
    ("specification", "message"),
    [
        ({"StreamEnabled": True}, f"{INVALID}If stream is being enabled then UpdateViewType is required"),
        (
            {"StreamEnabled": False, "StreamViewType": "KEYS_ONLY"},
            f"{INVALID}If stream is being disabled, then UpdateViewType must not be specified",
        ),
    ],
)
def test_a_stream_needs_a_view(specification: dict[str, Any], message: str) -> None:
    assert World().refusal("UpdateTable", TableName="nowhere", StreamSpecification=specification) == message


# ── other settings ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_encryption(on_demand: World) -> None:
    by_default = f"{INVALID}Table is already encrypted by default"
    assert on_demand.refusal("UpdateTable", TableName=NAME, SSESpecification={"Enabled": False}) == by_default
    assert on_demand.refusal("UpdateTable", TableName=NAME, SSESpecification={}) == by_default
    with_key = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "1234"}
    described = on_demand.update(SSESpecification=with_key)
    arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234"
    assert described["SSEDescription"]["KMSMasterKeyArn"] == arn
    for key in ("1234", arn):
        request = with_key | {"KMSMasterKeyId": key}
        assert on_demand.refusal("UpdateTable", TableName=NAME, SSESpecification=request).startswith(
            f"{INVALID}Table is already encrypted with given KMSMasterKeyId."
        )
    assert "SSEDescription" not in on_demand.update(SSESpecification={"Enabled": False})


def test_table_class(on_demand: World) -> None:
    described = on_demand.update(**COLD)
    assert described["TableStatus"] == "UPDATING"
    assert described["TableClassSummary"] == {
        "TableClass": "STANDARD_INFREQUENT_ACCESS",
        "LastUpdateDateTime": at(),
    }


def test_a_class_that_there_is_not() -> None:
    request = {"TableName": "nowhere", "TableClass": "GOLD"}
    assert World().refusal("UpdateTable", **request).endswith("enum value set: [STANDARD, STANDARD_INFREQUENT_ACCESS]")
    assert World(wording="2026").refusal("UpdateTable", **request).startswith("Invalid table-class parameter provided.")


def test_deletion_protection(on_demand: World) -> None:
    assert on_demand.update(**PROTECTED)["DeletionProtectionEnabled"] is True
    assert on_demand.update(DeletionProtectionEnabled=False)["DeletionProtectionEnabled"] is False


def test_unused_definitions_are_ignored(on_demand: World) -> None:
    on_demand.update(AttributeDefinitions=definitions(a="N", z="B"), **PROTECTED)
    assert on_demand.describe()["AttributeDefinitions"] == definitions(a="S")


def test_a_table_may_be_named_by_its_arn(on_demand: World) -> None:
    assert on_demand.do("UpdateTable", TableName=ARN, **PROTECTED)["TableDescription"]["TableName"] == NAME
