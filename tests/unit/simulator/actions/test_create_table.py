"""CreateTable: what is checked in which order, and what a new table looks like."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes import NOW

from ..table_world import ACCOUNT, ARN, INVALID, NAME, REGION, World, creation, definitions, index, keys, units

SORTED: dict[str, Any] = {"AttributeDefinitions": definitions(a="S", b="S"), "KeySchema": keys("a", "b")}
INDEXED: dict[str, Any] = {"AttributeDefinitions": definitions(a="S", g="S")}


def local(name: str = "lsi", *key: str, **members: Any) -> dict[str, Any]:
    return index(name, *(key or ("a", "c")), **members)


WITH_LOCAL: dict[str, Any] = {"AttributeDefinitions": definitions(a="S", b="S", c="S"), "KeySchema": keys("a", "b")}


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


# ── checks ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def case(members: dict[str, Any], message: str) -> tuple[dict[str, Any], str]:
    """Members of a request, and what is wrong with them."""
    return members, message


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "throughput on demand": case(
        {"ProvisionedThroughput": units(1, 1)},
        f"{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
        "when BillingMode is PAY_PER_REQUEST",
    ),
    "no throughput": case(
        {"BillingMode": None},
        f"{INVALID}ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
    ),
    "no throughput, said": case(
        {"BillingMode": "PROVISIONED", "KeySchema": keys("zz")},
        f"{INVALID}ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
    ),
    "read out of bounds": case(
        {"BillingMode": None, "ProvisionedThroughput": units(1_000_000_000_001, 1_000_000_000_001)},
        "Given value 1000000000001 for ReadCapacityUnits is out of bounds",
    ),
    "write out of bounds": case(
        {"BillingMode": None, "ProvisionedThroughput": units(1_000_000_000_000, 1_000_000_000_001)},
        "Given value 1000000000001 for WriteCapacityUnits is out of bounds",
    ),
    "defined twice": case({"AttributeDefinitions": definitions(a="S") * 2}, "Attribute Name is duplicated: a"),
    "fewer definitions than keys": case(
        {"KeySchema": keys("a", "b")},
        "Invalid KeySchema: Some index key attribute have no definition",
    ),
    "no definitions": case(
        {"AttributeDefinitions": []}, "Invalid KeySchema: Some index key attribute have no definition"
    ),
    "key not defined": case(
        {"AttributeDefinitions": definitions(b="S", c="N"), "KeySchema": keys("a", "b")},
        f"{INVALID}Some index key attributes are not defined in AttributeDefinitions. "
        "Keys: [a, b], AttributeDefinitions: [b, c]",
    ),
    "same key twice": case(
        {"AttributeDefinitions": definitions(a="S", b="S"), "KeySchema": keys("a", "a")},
        "Both the Hash Key and the Range Key element in the KeySchema have the same name",
    ),
    "first not hash": case(
        {"KeySchema": [{"AttributeName": "a", "KeyType": "RANGE"}]},
        "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
    ),
    "second not range": case(
        {
            "AttributeDefinitions": definitions(a="S", b="S"),
            "KeySchema": [{"AttributeName": name, "KeyType": "HASH"} for name in "ab"],
        },
        "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type",
    ),
    "unused definition": case(
        {"AttributeDefinitions": definitions(a="S", b="S")},
        f"{INVALID}Number of attributes in KeySchema does not exactly match "
        "number of attributes defined in AttributeDefinitions",
    ),
    "unused definition beside an index": case(
        {"AttributeDefinitions": definitions(a="S", x="S", g="S"), "GlobalSecondaryIndexes": [index()]},
        f"{INVALID}Some AttributeDefinitions are not used. AttributeDefinitions: [a, x, g], keys used: [a, g]",
    ),
    "no local indexes": case(
        {"AttributeDefinitions": definitions(a="S", b="S"), "LocalSecondaryIndexes": []},
        f"{INVALID}List of LocalSecondaryIndexes is empty",
    ),
    "no global indexes": case({"GlobalSecondaryIndexes": []}, f"{INVALID}List of GlobalSecondaryIndexes is empty"),
    "local index without a sort key in the table": case(
        {"AttributeDefinitions": definitions(a="S", c="S"), "LocalSecondaryIndexes": [local()]},
        f"{INVALID}Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex",
    ),
    "local index of nothing": case(
        WITH_LOCAL | {"LocalSecondaryIndexes": [local(), local("ls2", "a", "d")]},
        f"{INVALID}Some index key attributes are not defined in AttributeDefinitions. "
        "Keys: [a, d], AttributeDefinitions: [a, b, c]",
    ),
    "local index with one key twice": case(
        SORTED | {"LocalSecondaryIndexes": [local("lsi", "a", "a")]},
        "Both the Hash Key and the Range Key element in the KeySchema have the same name",
    ),
    "local index without a sort key": case(
        SORTED | {"LocalSecondaryIndexes": [local("lsi", "a")]},
        f"{INVALID}Index KeySchema does not have a range key for index: lsi",
    ),
    "local index with another key": case(
        WITH_LOCAL | {"LocalSecondaryIndexes": [local("lsi", "c", "a")]},
        f"{INVALID}Index KeySchema does not have the same leading hash key as table KeySchema for index: lsi. "
        "index hash key: c, table hash key: a",
    ),
    "local index without projection": case(
        WITH_LOCAL | {"LocalSecondaryIndexes": [local(Projection={})]},
        f"{INVALID}Unknown ProjectionType: null",
    ),
    "local index named twice": case(
        WITH_LOCAL | {"LocalSecondaryIndexes": [local(), local()]},
        f"{INVALID}Duplicate index name: lsi",
    ),
    "six local indexes": case(
        WITH_LOCAL | {"LocalSecondaryIndexes": [local(f"ls{number}") for number in range(6)]},
        f"{INVALID}Number of LocalSecondaryIndexes exceeds per-table limit of 5",
    ),
    "global index of nothing": case(
        {"GlobalSecondaryIndexes": [index()]},
        f"{INVALID}Some index key attributes are not defined in AttributeDefinitions. "
        "Keys: [g], AttributeDefinitions: [a]",
    ),
    "global index in the wrong order": case(
        INDEXED | {"GlobalSecondaryIndexes": [index(KeySchema=[{"AttributeName": "g", "KeyType": "RANGE"}])]},
        "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
    ),
    "attributes for ALL": case(
        INDEXED | {"GlobalSecondaryIndexes": [index(Projection={"ProjectionType": "ALL", "NonKeyAttributes": ["x"]})]},
        f"{INVALID}ProjectionType is ALL, but NonKeyAttributes is specified",
    ),
    "no attributes for INCLUDE": case(
        INDEXED | {"GlobalSecondaryIndexes": [index(Projection={"ProjectionType": "INCLUDE"})]},
        f"{INVALID}ProjectionType is INCLUDE, but NonKeyAttributes is not specified",
    ),
    "attribute projected twice": case(
        INDEXED
        | {"GlobalSecondaryIndexes": [index(Projection={"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "x"]})]},
        f"{INVALID}Duplicate element in NonKeyAttributes: x",
    ),
    "index throughput on demand": case(
        INDEXED | {"GlobalSecondaryIndexes": [index(ProvisionedThroughput=units(1, 1))]},
        f"{INVALID}ProvisionedThroughput should not be specified for index: gsi when BillingMode is PAY_PER_REQUEST",
    ),
    "no index throughput": case(
        INDEXED | {"BillingMode": None, "ProvisionedThroughput": units(1, 1), "GlobalSecondaryIndexes": [index()]},
        f"{INVALID}ProvisionedThroughput is not specified for index: gsi",
    ),
    "one name for a local and a global index": case(
        WITH_LOCAL | {"LocalSecondaryIndexes": [local("one")], "GlobalSecondaryIndexes": [index("one", "c")]},
        f"{INVALID}Duplicate index name: one",
    ),
    "twenty-one global indexes": case(
        INDEXED | {"GlobalSecondaryIndexes": [index(f"gs{number}") for number in range(21)]},
        f"{INVALID}GlobalSecondaryIndex count exceeds the per-table limit of 20",
    ),
    "on-demand limit of an index that is not": case(
        INDEXED
        | {
            "BillingMode": None,
            "ProvisionedThroughput": units(1, 1),
            "GlobalSecondaryIndexes": [
                index(ProvisionedThroughput=units(1, 1), OnDemandThroughput={"MaxWriteRequestUnits": 5})
            ],
        },
        f"{INVALID}MaxWriteRequestUnits for OnDemandThroughput for index: gsi cannot be specified "
        "when table BillingMode is PROVISIONED.",
    ),
    "on-demand limit of 0 for an index": case(
        INDEXED | {"GlobalSecondaryIndexes": [index(OnDemandThroughput={"MaxReadRequestUnits": 0})]},
        f"{INVALID}Requested MaxReadRequestUnits for OnDemandThroughput for index : gsi is outside of valid range",
    ),
    "cold index": case(
        INDEXED | {"GlobalSecondaryIndexes": [index(WarmThroughput={"WriteUnitsPerSecond": 3999})]},
        f"{INVALID}Requested WriteUnitsPerSecond for WarmThroughput for index gsi is lower than initial throughput "
        "for OnDemand. See: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
        "on-demand-capacity-mode.html#on-demand-capacity-mode-initial",
    ),
    "no stream with a view": case(
        {"StreamSpecification": {"StreamEnabled": False, "StreamViewType": "KEYS_ONLY"}},
        f"{INVALID}Table is being created with a stream disabled, UpdateViewType should not be specified",
    ),
    "stream without a view": case(
        {"StreamSpecification": {"StreamEnabled": True}},
        f"{INVALID}Table is being created with a stream enabled, UpdateViewType is required",
    ),
    "on-demand limit of a provisioned table": case(
        {
            "BillingMode": None,
            "ProvisionedThroughput": units(1, 1),
            "OnDemandThroughput": {"MaxReadRequestUnits": 1, "MaxWriteRequestUnits": 1},
        },
        f"{INVALID}MaxReadRequestUnits for OnDemandThroughput cannot be specified "
        "when table BillingMode is PROVISIONED.",
    ),
    "on-demand limit of -1": case(
        {"OnDemandThroughput": {"MaxReadRequestUnits": -1}},
        f"{INVALID}Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid range",
    ),
    "cold table": case(
        {
            "BillingMode": None,
            "ProvisionedThroughput": units(10, 10),
            "WarmThroughput": {"ReadUnitsPerSecond": 9, "WriteUnitsPerSecond": 10},
        },
        f"{INVALID}Requested ReadUnitsPerSecond for WarmThroughput for table is lower than "
        "ReadCapacityUnits of ProvisionedThroughput",
    ),
    "key without encryption": case(
        {"SSESpecification": {"Enabled": False, "KMSMasterKeyId": "k"}},
        f"{INVALID}KMSMasterKeyId can not be specified if Enabled is false",
    ),
    "another encryption": case(
        {"SSESpecification": {"Enabled": True, "SSEType": "AES256"}},
        f"{INVALID}SSEType AES256 is not supported",
    ),
    "key without KMS": case(
        {"SSESpecification": {"Enabled": True, "KMSMasterKeyId": "k"}},
        f"{INVALID}SSEType KMS is required if KMSMasterKeyId is specified",
    ),
    "reserved tag": case({"Tags": [{"Key": "AWS:x", "Value": ""}]}, "Tag Key cannot be prefixed with aws:, Key: AWS:x"),
    "copy of a global table": case(
        {"GlobalTableSourceArn": ARN},
        f"{INVALID}GlobalTableSourceArn is not supported by this endpoint",
    ),
    "vector index": case(
        {"VectorIndexes": [{"IndexName": "vec"}]},
        f"{INVALID}VectorIndexes is not supported by this endpoint",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_created(wrong: str) -> None:
    members, message = WRONG[wrong]
    assert World().refusal("CreateTable", **creation(**members)) == message


def test_the_limits_of_an_account() -> None:
    guide = "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
    request = creation(BillingMode=None, ProvisionedThroughput=units(40_001, 1))
    name, message = World().failure("CreateTable", **request)
    assert name == "LimitExceededException"
    assert message == (
        f"The requested ReadCapacityUnits, 40001, is above the per table maximum for the account in {REGION}. "
        f"Per table maximum: 40000. {guide}"
    )
    request = creation(
        **INDEXED,
        BillingMode=None,
        ProvisionedThroughput=units(40_000, 1),
        GlobalSecondaryIndexes=[index(ProvisionedThroughput=units(1, 40_001))],
    )
    assert (
        World()
        .failure("CreateTable", **request)[1]
        .startswith(
            "The requested WriteCapacityUnits for index gsi, 40001, is above the per index maximum for the account"
        )
    )


def test_a_name_is_taken_once() -> None:
    world = World(lifecycle=10)
    world.do("CreateTable", **creation())
    assert world.failure("CreateTable", **creation()) == ("ResourceInUseException", f"Table already exists: {NAME}")
    assert world.refusal("CreateTable", **creation(KeySchema=keys("zz"))).startswith(INVALID), "checked before"
    world.do("CreateTable", **creation(TableName=NAME.upper()))


def test_a_name_that_is_being_created_in_the_newest_wording() -> None:
    world = World(wording="2026", lifecycle=10)
    world.do("CreateTable", **creation())
    assert world.failure("CreateTable", **creation())[1].endswith(f"Table is being created: {NAME}")
    world.clock.advance(10)
    assert world.failure("CreateTable", **creation())[1] == f"Table already exists: {NAME}"


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
        ResourcePolicy="{}",
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
