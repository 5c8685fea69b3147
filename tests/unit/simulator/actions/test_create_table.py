"""CreateTable: the order of violations, and what a new table looks like."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes import NOW

from ..table_world import ACCOUNT, ARN, NAME, REGION, World, creation, definitions, index, keys, units

SORTED: dict[str, Any] = {"AttributeDefinitions": definitions(a="S", b="S"), "KeySchema": keys("a", "b")}

#: of whom nobody is kept out
POLICY = '{"Statement":{"Effect":"Allow","Principal":{"AWS":"1"},"Action":"*","Resource":"*"}}'


def local(name: str = "lsi", *key: str, **members: Any) -> dict[str, Any]:
    return index(name, *(key or ("a", "c")), **members)


# ── shapes ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_violations_come_in_the_services_order() -> None:
    message = World().refusal(
        "CreateTable",
        TableName="abc;",
        AttributeDefinitions=[{"AttributeType": "Q"}],
        BillingMode="FREE",
        ProvisionedThroughput={"ReadCapacityUnits": 0},
        KeySchema=[],
        LocalSecondaryIndexes=[{"IndexName": "h;", "Projection": {"NonKeyAttributes": []}}],
    )
    assert message.startswith("10 validation errors detected: ")
    subjects = [
        text.split(" failed")[0] for text in message.removeprefix("10 validation errors detected: ").split("; ")
    ]
    assert subjects == [
        "Value null at 'attributeDefinitions.1.member.attributeName'",
        "Value 'Q' at 'attributeDefinitions.1.member.attributeType'",
        "Value 'abc;' at 'tableName'",
        "Value 'FREE' at 'billingMode'",
        "Value null at 'provisionedThroughput.writeCapacityUnits'",
        "Value '0' at 'provisionedThroughput.readCapacityUnits'",
        "Value '[]' at 'keySchema'",
        "Value 'h;' at 'localSecondaryIndexes.1.member.indexName'",
        "Value 'h;' at 'localSecondaryIndexes.1.member.indexName'",
        "Value null at 'localSecondaryIndexes.1.member.keySchema'",
    ]


def test_violations_of_a_global_index() -> None:
    message = World().refusal(
        "CreateTable",
        **creation(GlobalSecondaryIndexes=[{"ProvisionedThroughput": {}, "Projection": {"ProjectionType": "SOME"}}]),
    )
    subjects = [text.split(" at ")[1].split(" failed")[0] for text in message.split(": ", 1)[1].split("; ")]
    assert subjects == [
        f"'globalSecondaryIndexes.1.member.{path}'"
        for path in (
            "indexName",
            "keySchema",
            "projection.projectionType",
            "provisionedThroughput.writeCapacityUnits",
            "provisionedThroughput.readCapacityUnits",
        )
    ]
    assert "Member must satisfy enum value set: [ALL, INCLUDE, KEYS_ONLY]" in message


def test_the_newest_wording_has_another_order() -> None:
    message = World(wording="2026").refusal(
        "CreateTable", TableName="ab", KeySchema=[], GlobalSecondaryIndexes=[{"IndexName": ";;;"}]
    )
    subjects = [text.split(" at ")[1].split(" failed")[0] for text in message.split(": ", 1)[1].split("; ")]
    assert subjects == [
        "'tableName'",
        "'keySchema'",
        "'attributeDefinitions'",
        "'globalSecondaryIndexes.1.member.keySchema'",
        "'globalSecondaryIndexes.1.member.projection'",
        "'globalSecondaryIndexes.1.member.indexName'",
    ]


def test_a_class_that_there_is_not() -> None:
    request = creation(TableClass="GOLD")
    choices = "[STANDARD, STANDARD_INFREQUENT_ACCESS]"
    assert World().refusal("CreateTable", **request).endswith(f"Member must satisfy enum value set: {choices}")
    assert World(wording="2026").refusal("CreateTable", **request) == (
        f"Invalid table-class parameter provided. Please try again with a valid table-class value: {choices}."
    )


# ── what a new table looks like ──────────────────────────────────────────────────────────────────────────────────────
def test_a_table_that_is_paid_by_request() -> None:
    world = World()
    described = world.do("CreateTable", **creation(**SORTED))["TableDescription"]
    identity = described.pop("TableId")
    assert [len(part) for part in identity.split("-")] == [8, 4, 4, 4, 12]
    assert described == {
        "AttributeDefinitions": definitions(a="S", b="S"),
        "TableName": NAME,
        "KeySchema": keys("a", "b"),
        "TableStatus": "CREATING",
        "CreationDateTime": NOW,
        "ProvisionedThroughput": {"NumberOfDecreasesToday": 0, **units(0, 0)},
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
        "TableThroughputModeSummary": {"TableThroughputMode": "PAY_PER_REQUEST"},
        "TableSizeBytes": 0,
        "ItemCount": 0,
        "TableArn": ARN,
        "DeletionProtectionEnabled": False,
    }
    later = world.describe()
    assert later["TableStatus"] == "ACTIVE"
    assert later["TableId"] == identity
    assert later["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"] == NOW


def test_a_provisioned_table_does_not_tell_its_billing() -> None:
    described = World().create(BillingMode=None, ProvisionedThroughput=units(3, 4))
    assert described["ProvisionedThroughput"] == {"NumberOfDecreasesToday": 0, **units(3, 4)}
    assert "BillingModeSummary" not in described
    assert "TableThroughputModeSummary" not in described


@pytest.mark.parametrize(("mode", "billed"), [("PAY_PER_REQUEST", "PAY_PER_REQUEST"), ("PROVISIONED", None)])
def test_the_other_name_of_the_billing_mode(mode: str, billed: str | None) -> None:
    throughput = None if mode == "PAY_PER_REQUEST" else units(1, 1)
    described = World().create(BillingMode=None, TableThroughputMode=mode, ProvisionedThroughput=throughput)
    assert described.get("BillingModeSummary", {}).get("BillingMode") == billed


def test_the_billing_mode_wins_over_its_other_name() -> None:
    described = World().create(TableThroughputMode="PROVISIONED")
    assert described["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"


def test_indexes() -> None:
    world = World()
    request = creation(
        AttributeDefinitions=definitions(g="B", c="N", b="S", a="S"),
        KeySchema=keys("a", "b"),
        BillingMode=None,
        ProvisionedThroughput=units(1, 1),
        LocalSecondaryIndexes=[local(Projection={"ProjectionType": "INCLUDE", "NonKeyAttributes": ["z", "y"]})],
        GlobalSecondaryIndexes=[
            index("zzz", "g", "b", ProvisionedThroughput=units(2, 3)),
            index("aaa", "a", Projection={"ProjectionType": "KEYS_ONLY"}, ProvisionedThroughput=units(1, 1)),
        ],
    )
    described = world.do("CreateTable", **request)["TableDescription"]
    assert described["AttributeDefinitions"] == definitions(a="S", b="S", c="N", g="B")
    assert described["LocalSecondaryIndexes"] == [
        {
            "IndexName": "lsi",
            "KeySchema": keys("a", "c"),
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["y", "z"]},
            "IndexSizeBytes": 0,
            "ItemCount": 0,
            "IndexArn": f"{ARN}/index/lsi",
        }
    ]
    first, second = described["GlobalSecondaryIndexes"]
    assert first == {
        "IndexName": "zzz",
        "KeySchema": keys("g", "b"),
        "Projection": {"ProjectionType": "ALL"},
        "IndexStatus": "CREATING",
        "ProvisionedThroughput": {"NumberOfDecreasesToday": 0, **units(2, 3)},
        "IndexSizeBytes": 0,
        "ItemCount": 0,
        "IndexArn": f"{ARN}/index/zzz",
    }
    assert second["Projection"] == {"ProjectionType": "KEYS_ONLY"}
    assert [each["IndexStatus"] for each in world.describe()["GlobalSecondaryIndexes"]] == ["ACTIVE", "ACTIVE"]


def test_what_an_index_may_repeat() -> None:
    described = World().create(
        **SORTED,
        LocalSecondaryIndexes=[local("lsi", "a", "b")],
        GlobalSecondaryIndexes=[index(NAME, "a", "b"), *(index(f"gs{number}", "b") for number in range(19))],
    )
    assert len(described["GlobalSecondaryIndexes"]) == 20


def test_settings() -> None:
    world = World()
    described = world.create(
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        SSESpecification={"SSEType": "KMS", "KMSMasterKeyId": "1234"},
        TableClass="STANDARD_INFREQUENT_ACCESS",
        DeletionProtectionEnabled=True,
        OnDemandThroughput={"MaxReadRequestUnits": 100},
        WarmThroughput={"ReadUnitsPerSecond": 12_001},
        ResourcePolicy=POLICY,
        Tags=[{"Key": "team", "Value": "blue"}],
    )
    assert described["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    assert described["LatestStreamLabel"] == "2027-01-15T08:00:00.000"
    assert described["LatestStreamArn"] == f"{ARN}/stream/2027-01-15T08:00:00.000"
    assert described["SSEDescription"] == {
        "Status": "ENABLED",
        "SSEType": "KMS",
        "KMSMasterKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234",
    }
    assert described["TableClassSummary"] == {"TableClass": "STANDARD_INFREQUENT_ACCESS"}
    assert described["DeletionProtectionEnabled"] is True
    assert described["OnDemandThroughput"] == {"MaxReadRequestUnits": 100}
    assert described["WarmThroughput"] == {
        "ReadUnitsPerSecond": 12_001,
        "WriteUnitsPerSecond": 4_000,
        "Status": "ACTIVE",
    }
    assert world.do("ListTagsOfResource", ResourceArn=ARN) == {"Tags": [{"Key": "team", "Value": "blue"}]}


@pytest.mark.parametrize("key", [None, "alias/aws/dynamodb"])
def test_the_accounts_own_key(key: str | None) -> None:
    specification = {"Enabled": True, "SSEType": "KMS"} | ({} if key is None else {"KMSMasterKeyId": key})
    arn = World().create(SSESpecification=specification)["SSEDescription"]["KMSMasterKeyArn"]
    assert arn.startswith(f"arn:aws:kms:{REGION}:{ACCOUNT}:key/")
    assert arn == World().create(SSESpecification={"Enabled": True})["SSEDescription"]["KMSMasterKeyArn"]


@pytest.mark.parametrize("specification", [{}, {"Enabled": False}])
def test_encryption_by_default_is_not_described(specification: dict[str, Any]) -> None:
    assert "SSEDescription" not in World().create(SSESpecification=specification)


def test_no_stream_is_not_described() -> None:
    assert "StreamSpecification" not in World().create(StreamSpecification={"StreamEnabled": False})


def test_a_table_may_be_named_by_its_arn() -> None:
    assert World().create(TableName=ARN)["TableName"] == NAME
