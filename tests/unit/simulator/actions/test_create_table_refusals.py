"""CreateTable: tables that cannot be, each with the service's words for it, and the order of checks."""

from __future__ import annotations

from typing import Any

import pytest

from ..table_world import ARN, INVALID, NAME, REGION, World, creation, definitions, index, keys, units

SORTED: dict[str, Any] = {"AttributeDefinitions": definitions(a="S", b="S"), "KeySchema": keys("a", "b")}
INDEXED: dict[str, Any] = {"AttributeDefinitions": definitions(a="S", g="S")}


def local(name: str = "lsi", *key: str, **members: Any) -> dict[str, Any]:
    return index(name, *(key or ("a", "c")), **members)


WITH_LOCAL: dict[str, Any] = {"AttributeDefinitions": definitions(a="S", b="S", c="S"), "KeySchema": keys("a", "b")}


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
    "no indexes at all": case(
        {"LocalSecondaryIndexes": [], "GlobalSecondaryIndexes": []}, f"{INVALID}List of LocalSecondaryIndexes is empty"
    ),
    "local indexes that cannot be, before no global ones": case(
        {
            "AttributeDefinitions": definitions(a="S", b="S"),
            "LocalSecondaryIndexes": [index("lsi", "a", "b")],
            "GlobalSecondaryIndexes": [],
        },
        f"{INVALID}Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex",
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
