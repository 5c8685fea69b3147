"""UpdateTable with GlobalSecondaryIndexUpdates: indexes come, go, and get other throughput."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.simulator.shapes import Wording
from tests.fakes import NOW

from ..table_world import ARN, IN_USE, INVALID, NAME, World, creation, definitions, index, keys, units

INDEXED: dict[str, Any] = {"AttributeDefinitions": definitions(a="S", g="S"), "GlobalSecondaryIndexes": [index()]}
PROVISIONED: dict[str, Any] = {
    "AttributeDefinitions": definitions(a="S", g="S"),
    "GlobalSecondaryIndexes": [index(ProvisionedThroughput=units(5, 5))],
    "BillingMode": None,
    "ProvisionedThroughput": units(5, 5),
}
NEW_DEFINITIONS = definitions(h="N")


def adding(name: str = "new", *key: str, **members: Any) -> dict[str, Any]:
    return {
        "AttributeDefinitions": NEW_DEFINITIONS,
        "GlobalSecondaryIndexUpdates": [{"Create": index(name, *(key or ("h",)), **members)}],
    }


def dropping(*names: str) -> dict[str, Any]:
    return {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": name}} for name in names]}


def changing(name: str = "gsi", **members: Any) -> dict[str, Any]:
    return {"GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": name, **members}}]}


def world_with(members: dict[str, Any], *, lifecycle: float = 0.0) -> World:
    world = World(lifecycle=lifecycle)
    world.create(**members)
    return world


def indexes(world: World) -> dict[str, dict[str, Any]]:
    return {each["IndexName"]: each for each in world.describe().get("GlobalSecondaryIndexes", [])}


NO_ACTION = (
    f"{INVALID}One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
    "GlobalSecondaryIndexUpdate.Delete must not be null"
)
NOT_DEFINED = (
    f"{INVALID}Some index key attributes are not defined in AttributeDefinitions. "
    "Keys: [h, g], AttributeDefinitions: [h]"
)


# ── wrong for any table ──────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("updates", "message"),
    [
        ([{}], NO_ACTION),
        (
            [{"Delete": {"IndexName": "gsi"}, "Create": index()}],
            f"{INVALID}Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object",
        ),
        (
            [{"Delete": {"IndexName": "gsi"}}, {"Delete": {"IndexName": "gsi"}}],
            f"{INVALID}Only one global secondary index update per index is allowed simultaneously. Index: gsi",
        ),
        ([{"Create": index("new", "h")}], f"{INVALID}AttributeDefinitions is not specified for index: new"),
    ],
)
def test_updates_that_no_table_can_make(updates: list[dict[str, Any]], message: str) -> None:
    assert World().refusal("UpdateTable", TableName="nowhere", GlobalSecondaryIndexUpdates=updates) == message


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (adding("new", "h", "g"), NOT_DEFINED),
        (
            adding("new", KeySchema=[{"AttributeName": "h", "KeyType": "RANGE"}]),
            "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
        ),
        (adding("new", Projection={}), f"{INVALID}Unknown ProjectionType: null"),
        (
            adding("new", OnDemandThroughput={"MaxReadRequestUnits": -1}),
            f"{INVALID}Requested MaxReadRequestUnits for OnDemandThroughput for index : new is outside of valid range",
        ),
    ],
)
def test_an_index_that_no_table_can_have(request_: dict[str, Any], message: str) -> None:
    assert World().refusal("UpdateTable", TableName="nowhere", **request_) == message


def test_an_empty_list_beside_another_change() -> None:
    message = World().refusal(
        "UpdateTable", TableName="nowhere", GlobalSecondaryIndexUpdates=[], DeletionProtectionEnabled=True
    )
    assert message == f"{INVALID}List of GlobalSecondaryIndexUpdates is empty"


# ── an index is added ────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_index_is_made_and_filled() -> None:
    world = world_with({})
    for key, value in (("1", {"N": "7"}), ("2", {"S": "wrong type"}), ("3", None)):
        item = {"a": {"S": key}} | ({} if value is None else {"h": value})
        world.do("PutItem", TableName=NAME, Item=item)
    described = world.update(**adding())
    assert described["TableStatus"] == "UPDATING"
    assert described["AttributeDefinitions"] == definitions(a="S", h="N")
    (new,) = described["GlobalSecondaryIndexes"]
    assert new == {
        "IndexName": "new",
        "KeySchema": keys("h"),
        "Projection": {"ProjectionType": "ALL"},
        "IndexStatus": "CREATING",
        "Backfilling": False,
        "ProvisionedThroughput": {"NumberOfDecreasesToday": 0, **units(0, 0)},
        "IndexSizeBytes": 5,
        "ItemCount": 1,
        "IndexArn": f"{ARN}/index/new",
    }
    (new,) = world.describe()["GlobalSecondaryIndexes"]
    assert new["IndexStatus"] == "ACTIVE"
    assert "Backfilling" not in new


def test_the_table_is_active_while_its_index_is_filled() -> None:
    world = world_with({}, lifecycle=10)
    world.update(**adding())
    for seconds, status, state, backfilling in (
        (0, "UPDATING", "CREATING", False),
        (4.9, "UPDATING", "CREATING", False),
        (0.2, "ACTIVE", "CREATING", True),
        (4.8, "ACTIVE", "CREATING", True),
        (0.2, "ACTIVE", "ACTIVE", None),
    ):
        world.clock.advance(seconds)
        new = indexes(world)["new"]
        found = (world.describe()["TableStatus"], new["IndexStatus"], new.get("Backfilling"))
        assert found == (status, state, backfilling)


def test_indexes_of_a_new_table_are_not_filled() -> None:
    world = World(lifecycle=10)
    world.do("CreateTable", **creation(**INDEXED))
    assert indexes(world)["gsi"]["IndexStatus"] == "CREATING"
    assert "Backfilling" not in indexes(world)["gsi"]


def test_the_type_that_an_attribute_has_already_wins() -> None:
    world = world_with(INDEXED)
    world.update(
        AttributeDefinitions=definitions(g="N", h="S", unused="S"),
        GlobalSecondaryIndexUpdates=[{"Create": index("new", "g", "h")}],
    )
    assert world.describe()["AttributeDefinitions"] == definitions(a="S", g="S", h="S")


def test_an_index_that_there_is() -> None:
    world = world_with(INDEXED)
    message = "Attempting to create an index which already exists"
    assert world.refusal("UpdateTable", TableName=NAME, **adding("gsi")) == message


def test_throughput_of_a_new_index() -> None:
    request = adding("new", ProvisionedThroughput=units(1, 1))
    assert world_with({}).refusal("UpdateTable", TableName=NAME, **request) == (
        f"{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: new "
        "when BillingMode is PAY_PER_REQUEST"
    )
    provisioned = world_with(PROVISIONED)
    assert provisioned.refusal("UpdateTable", TableName=NAME, **adding()) == (
        f"{INVALID}Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: new"
    )
    limited = adding("new", ProvisionedThroughput=units(1, 1), OnDemandThroughput={"MaxReadRequestUnits": 5})
    assert provisioned.refusal("UpdateTable", TableName=NAME, **limited) == (
        f"{INVALID}MaxReadRequestUnits for OnDemandThroughput for index : new cannot be specified "
        "when the table BillingMode is PROVISIONED"
    )
    provisioned.update(**request)
    assert indexes(provisioned)["new"]["ProvisionedThroughput"] == {"NumberOfDecreasesToday": 0, **units(1, 1)}


def test_too_much_throughput() -> None:
    world = world_with(PROVISIONED)
    blocked = (
        "This operation cannot be performed with given input values. "
        "Please contact DynamoDB service team for more info: Action Blocked: IndexUpdate"
    )
    for request in (changing, lambda **members: adding("new", **members)):
        beyond = request(ProvisionedThroughput=units(1, 1_000_000_000_001))
        assert world.refusal("UpdateTable", TableName=NAME, **beyond) == blocked
        above = world.failure("UpdateTable", TableName=NAME, **request(ProvisionedThroughput=units(1, 40_001)))
        assert above[0] == "LimitExceededException"


def test_the_twenty_first_index() -> None:
    world = world_with(INDEXED | {"GlobalSecondaryIndexes": [index(f"gs{number}") for number in range(20)]})
    assert world.failure("UpdateTable", TableName=NAME, **adding()) == (
        "LimitExceededException",
        "Subscriber limit exceeded: Number of global secondary indexes exceeds per-table limit of 20",
    )


# ── one at a time ────────────────────────────────────────────────────────────────────────────────────────────────────
ONE_AT_A_TIME = (
    "LimitExceededException",
    "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
)


def test_two_in_one_request() -> None:
    world = world_with(INDEXED)
    both = adding()["GlobalSecondaryIndexUpdates"] + dropping("gsi")["GlobalSecondaryIndexUpdates"]
    request = {"AttributeDefinitions": NEW_DEFINITIONS, "GlobalSecondaryIndexUpdates": both}
    assert world.failure("UpdateTable", TableName=NAME, **request) == ONE_AT_A_TIME
    assert world.failure("UpdateTable", TableName=NAME, **dropping("nowhere", "gsi")) == ONE_AT_A_TIME


def test_another_while_one_is_filled() -> None:
    world = world_with(INDEXED, lifecycle=10)
    world.update(**adding())
    world.clock.advance(5)
    assert world.failure("UpdateTable", TableName=NAME, **dropping("gsi")) == ONE_AT_A_TIME
    assert world.failure("UpdateTable", TableName=NAME, **adding("other")) == ONE_AT_A_TIME
    limits: dict[str, Any] = {"OnDemandThroughput": {"MaxReadRequestUnits": 5}}
    assert world.failure("UpdateTable", TableName=NAME, **changing("new", **limits)) == (
        "ResourceInUseException",
        f"{IN_USE}Index is being created.  Table: {NAME} Index: new",
    )
    world.update(**changing(**limits))
    assert world.failure("UpdateTable", TableName=NAME, **changing(**limits)) == (
        "ResourceInUseException",
        f"{IN_USE}Index is being updated.  Table: {NAME} Index: gsi",
    )
    world.update(**dropping("new"))
    assert indexes(world)["new"]["IndexStatus"] == "DELETING"


# ── an index goes ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_index_goes() -> None:
    world = world_with(INDEXED, lifecycle=10)
    described = world.update(**dropping("gsi"))
    assert described["TableStatus"] == "UPDATING"
    assert described["GlobalSecondaryIndexes"][0]["IndexStatus"] == "DELETING"
    assert described["AttributeDefinitions"] == definitions(a="S", g="S")
    world.clock.advance(10)
    described = world.describe()
    assert described["TableStatus"] == "ACTIVE"
    assert "GlobalSecondaryIndexes" not in described
    assert described["AttributeDefinitions"] == definitions(a="S")


def test_an_index_may_come_back() -> None:
    world = world_with(INDEXED)
    world.do("PutItem", TableName=NAME, Item={"a": {"S": "1"}, "g": {"S": "x"}})
    world.update(**dropping("gsi"))
    again = index(Projection={"ProjectionType": "KEYS_ONLY"})
    world.update(AttributeDefinitions=definitions(g="S"), GlobalSecondaryIndexUpdates=[{"Create": again}])
    assert indexes(world)["gsi"]["ItemCount"] == 1
    assert indexes(world)["gsi"]["Projection"] == {"ProjectionType": "KEYS_ONLY"}


@pytest.mark.parametrize(
    "request_", [dropping("nowhere"), changing("nowhere", OnDemandThroughput={"MaxReadRequestUnits": 5})]
)
@pytest.mark.parametrize(("wording", "named"), [("classic", ""), ("2026", f": Index nowhere for table {NAME}")])
def test_an_index_that_is_not_there(request_: dict[str, Any], wording: Wording, named: str) -> None:
    world = World(wording=wording)
    world.create(**INDEXED)
    assert world.failure("UpdateTable", TableName=NAME, **request_) == (
        "ResourceNotFoundException",
        f"Requested resource not found{named}",
    )


def test_a_local_index_stays() -> None:
    world = world_with(
        {
            "AttributeDefinitions": definitions(a="S", b="S"),
            "KeySchema": keys("a", "b"),
            "LocalSecondaryIndexes": [index("lsi", "a", "b")],
        }
    )
    message = "an index that is not a GlobalSecondaryIndex: lsi"
    assert world.refusal("UpdateTable", TableName=NAME, **dropping("lsi")) == f"Cannot delete {message}"
    limits: dict[str, Any] = {"OnDemandThroughput": {"MaxReadRequestUnits": 5}}
    assert world.refusal("UpdateTable", TableName=NAME, **changing("lsi", **limits)) == f"Cannot update {message}"
    request = {"AttributeDefinitions": definitions(b="S"), **dropping()}
    request["GlobalSecondaryIndexUpdates"] = [{"Create": index("lsi", "b")}]
    assert world.refusal("UpdateTable", TableName=NAME, **request).endswith("an index which already exists")


# ── throughput of an index ───────────────────────────────────────────────────────────────────────────────────────────
def test_throughput_of_an_index_grows_and_shrinks() -> None:
    world = world_with(PROVISIONED)
    described = world.update(**changing(ProvisionedThroughput=units(6, 4)))
    assert described["TableStatus"] == "ACTIVE"
    (gsi,) = described["GlobalSecondaryIndexes"]
    assert gsi["IndexStatus"] == "UPDATING"
    dates = {"LastIncreaseDateTime": NOW, "LastDecreaseDateTime": NOW}
    assert gsi["ProvisionedThroughput"] == {**dates, "NumberOfDecreasesToday": 0, **units(5, 5)}
    gsi = indexes(world)["gsi"]
    assert gsi["IndexStatus"] == "ACTIVE"
    assert gsi["ProvisionedThroughput"] == {**dates, "NumberOfDecreasesToday": 1, **units(6, 4)}


def test_throughput_of_an_index_that_does_not_change() -> None:
    assert world_with(PROVISIONED).refusal(
        "UpdateTable", TableName=NAME, **changing(ProvisionedThroughput=units(5, 5))
    ) == (
        "The provisioned throughput for the index gsi will not change. The requested value equals the current value. "
        "Current ReadCapacityUnits provisioned for index gsi: 5. Requested ReadCapacityUnits: 5. "
        "Current WriteCapacityUnits provisioned for index gsi: 5. Requested WriteCapacityUnits: 5. "
        "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
    )


def test_nothing_changes_where_one_of_several_cannot() -> None:
    world = world_with(PROVISIONED)
    both = changing(ProvisionedThroughput=units(6, 6))["GlobalSecondaryIndexUpdates"]
    both += changing("nowhere", ProvisionedThroughput=units(6, 6))["GlobalSecondaryIndexUpdates"]
    name, _ = world.failure("UpdateTable", TableName=NAME, GlobalSecondaryIndexUpdates=both)
    assert name == "ResourceNotFoundException"
    assert indexes(world)["gsi"]["IndexStatus"] == "ACTIVE"


def test_an_index_of_a_table_that_is_paid_by_request() -> None:
    world = world_with(INDEXED)
    assert world.refusal("UpdateTable", TableName=NAME, **changing(ProvisionedThroughput=units(1, 1))) == (
        f"{INVALID}The only Updates for index: gsi when TableThroughputMode is PAY_PER_REQUEST "
        "can be to OnDemandThroughput, WarmThroughput"
    )
    (gsi,) = world.update(**changing(OnDemandThroughput={"MaxReadRequestUnits": 5}))["GlobalSecondaryIndexes"]
    assert gsi["OnDemandThroughput"] == {"MaxReadRequestUnits": 5}
    assert gsi["IndexStatus"] == "UPDATING"
    world.update(**changing(OnDemandThroughput={"MaxReadRequestUnits": -1}))
    assert "OnDemandThroughput" not in indexes(world)["gsi"]
    world.update(**changing(WarmThroughput={"ReadUnitsPerSecond": 12_000}))
    assert indexes(world)["gsi"]["WarmThroughput"]["WriteUnitsPerSecond"] == 4_000
    cold = changing(WarmThroughput={"ReadUnitsPerSecond": 11_999})
    assert world.refusal("UpdateTable", TableName=NAME, **cold).startswith(
        f"{INVALID}Requested ReadUnitsPerSecond for WarmThroughput for index gsi is lower than current WarmThroughput"
    )


def test_on_demand_limits_of_an_index_of_a_provisioned_table() -> None:
    request = changing(OnDemandThroughput={"MaxWriteRequestUnits": 5})
    assert world_with(PROVISIONED).refusal("UpdateTable", TableName=NAME, **request) == (
        f"{INVALID}MaxWriteRequestUnits for OnDemandThroughput for index : gsi cannot be specified "
        "when the table BillingMode is PROVISIONED"
    )


# ── billing ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_every_index_needs_throughput_when_the_table_gets_it() -> None:
    world = world_with(INDEXED | {"GlobalSecondaryIndexes": [index(), index("gs2"), index("gs3")]})
    switch = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": units(5, 5)}
    one = changing("gs2", ProvisionedThroughput=units(1, 1))
    assert world.refusal("UpdateTable", TableName=NAME, **switch, **one) == (
        f"{INVALID}ProvisionedThroughput must be specified for index: gsi,gs3"
    )
    updates = [{"Update": {"IndexName": name, "ProvisionedThroughput": units(2, 3)}} for name in ("gsi", "gs2", "gs3")]
    described = world.update(**switch, GlobalSecondaryIndexUpdates=updates)
    for each in described["GlobalSecondaryIndexes"]:
        assert each["IndexStatus"] == "UPDATING"
        assert each["ProvisionedThroughput"] == {
            "LastIncreaseDateTime": NOW,
            "NumberOfDecreasesToday": 0,
            **units(2, 3),
        }


def test_indexes_follow_their_table_when_it_is_paid_by_request() -> None:
    world = world_with(PROVISIONED)
    (gsi,) = world.update(BillingMode="PAY_PER_REQUEST")["GlobalSecondaryIndexes"]
    assert gsi["IndexStatus"] == "UPDATING"
    assert gsi["ProvisionedThroughput"] == {"NumberOfDecreasesToday": 0, **units(0, 0)}
    assert indexes(world)["gsi"]["ProvisionedThroughput"] == {
        "LastDecreaseDateTime": NOW,
        "NumberOfDecreasesToday": 1,
        **units(0, 0),
    }


def test_local_indexes_are_not_paid() -> None:
    world = world_with(
        {
            "AttributeDefinitions": definitions(a="S", b="S"),
            "KeySchema": keys("a", "b"),
            "LocalSecondaryIndexes": [index("lsi", "a", "b")],
            "BillingMode": None,
            "ProvisionedThroughput": units(5, 5),
        }
    )
    before = world.describe()["LocalSecondaryIndexes"]
    assert world.update(BillingMode="PAY_PER_REQUEST")["LocalSecondaryIndexes"] == before


def test_an_index_may_come_with_the_switch_to_paying_by_request() -> None:
    world = world_with(PROVISIONED)
    world.update(BillingMode="PAY_PER_REQUEST", **adding())
    assert {name: each["IndexStatus"] for name, each in indexes(world).items()} == {"gsi": "ACTIVE", "new": "ACTIVE"}


def test_limits_of_indexes_go_when_the_table_gets_throughput() -> None:
    world = world_with(INDEXED)
    world.update(**changing(OnDemandThroughput={"MaxReadRequestUnits": 5}))
    world.update(
        BillingMode="PROVISIONED",
        ProvisionedThroughput=units(5, 5),
        **changing(ProvisionedThroughput=units(1, 1)),
    )
    assert "OnDemandThroughput" not in indexes(world)["gsi"]


def test_the_newest_wording_finds_out_first_whether_the_index_is_there() -> None:
    world = World(wording="2026")
    world.create(**INDEXED)
    assert world.failure("UpdateTable", TableName=NAME, **changing("nowhere"))[0] == "ResourceNotFoundException"
