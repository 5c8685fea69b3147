"""DescribeTable and DescribeTimeToLive as the service answers them, in full and with nothing optional."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from hashrange.key import KeySchema
from hashrange.operations.describe import (
    IndexDescription,
    ReplicaDescription,
    StreamDescription,
    parse_description,
)
from hashrange.schema import IndexSchema, TableSchema

FULL: dict[str, Any] = {
    "TableName": "app",
    "TableArn": "arn:aws:dynamodb:eu-west-1:123456789012:table/app",
    "TableStatus": "ACTIVE",
    "AttributeDefinitions": [
        {"AttributeName": "PK", "AttributeType": "S"},
        {"AttributeName": "SK", "AttributeType": "S"},
        {"AttributeName": "total", "AttributeType": "N"},
        {"AttributeName": "email", "AttributeType": "S"},
    ],
    # the service does not promise an order
    "KeySchema": [{"AttributeName": "SK", "KeyType": "RANGE"}, {"AttributeName": "PK", "KeyType": "HASH"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by_email",
            "KeySchema": [{"AttributeName": "email", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["name", "age"]},
            "IndexStatus": "CREATING",
        }
    ],
    "LocalSecondaryIndexes": [
        {
            "IndexName": "by_total",
            "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "total", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ],
    "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
    "ItemCount": 42,
    "TableSizeBytes": 1234,
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    "LatestStreamArn": "arn:aws:dynamodb:eu-west-1:123456789012:table/app/stream/2026",
    "LatestStreamLabel": "2026",
    "GlobalTableVersion": "2019.11.21",
    "MultiRegionConsistency": "EVENTUAL",
    "Replicas": [
        {"RegionName": "us-east-1", "ReplicaStatus": "ACTIVE"},
        {
            "RegionName": "ap-south-1",
            "ReplicaStatus": "CREATION_FAILED",
            "ReplicaStatusDescription": "no permission",
            "ReplicaStatusPercentProgress": "53%",
            "ReplicaInaccessibleDateTime": 1769904000.0,
        },
    ],
}
BARE: dict[str, Any] = {"TableName": "bare", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}


def ttl(status: str) -> dict[str, Any]:
    return {"TimeToLiveDescription": {"TimeToLiveStatus": status, "AttributeName": "expires_at"}}


def test_a_full_description() -> None:
    found = parse_description({"Table": FULL}, ttl("ENABLED"))
    assert (found.name, found.arn, found.status) == ("app", FULL["TableArn"], "ACTIVE")
    assert found.keys == KeySchema("PK", "SK")
    assert found.attribute_types == {"PK": "S", "SK": "S", "total": "N", "email": "S"}
    assert found.indexes == {
        "by_email": IndexDescription(
            "by_email", KeySchema("email"), True, "INCLUDE", ("name", "age"), status="CREATING"
        ),
        "by_total": IndexDescription("by_total", KeySchema("PK", "total"), False, "KEYS_ONLY"),
    }
    assert found.ttl_attribute == "expires_at"
    assert found.stream == StreamDescription(True, "NEW_AND_OLD_IMAGES", FULL["LatestStreamArn"], "2026")
    assert (found.item_count, found.size_bytes, found.billing_mode) == (42, 1234, "PAY_PER_REQUEST")
    assert found.replicas == (
        ReplicaDescription("us-east-1", "ACTIVE"),
        ReplicaDescription("ap-south-1", "CREATION_FAILED", "no permission", "53%", datetime(2026, 2, 1, tzinfo=UTC)),
    )
    assert (found.global_table_version, found.consistency) == ("2019.11.21", "EVENTUAL")
    assert found.raw == FULL
    assert "KeyType" not in repr(found)


def test_its_schema_is_what_a_table_needs() -> None:
    assert parse_description({"Table": FULL}, ttl("ENABLED")).schema == TableSchema(
        "app",
        KeySchema("PK", "SK"),
        {
            "by_email": IndexSchema("by_email", KeySchema("email"), is_global=True),
            "by_total": IndexSchema("by_total", KeySchema("PK", "total"), is_global=False),
        },
        "expires_at",
    )


def test_a_bare_description() -> None:
    found = parse_description({"Table": BARE}, {})
    assert found.keys == KeySchema("id")
    assert found.stream == StreamDescription()
    assert (found.arn, found.status, found.item_count, found.size_bytes) == ("", "", 0, 0)
    assert (found.attribute_types, found.indexes, found.replicas, found.ttl_attribute) == ({}, {}, (), None)
    assert (found.global_table_version, found.consistency) == (None, None)
    assert found.billing_mode == "PROVISIONED"


def test_a_disabled_stream_keeps_its_latest_arn() -> None:
    table = BARE | {"LatestStreamArn": "arn", "LatestStreamLabel": "label"}
    assert parse_description({"Table": table}, {}).stream == StreamDescription(False, None, "arn", "label")


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ({}, "NONE"),
        ({"LatestStreamArn": "arn"}, "DISABLED"),
        ({"LatestStreamArn": "arn", "StreamSpecification": {"StreamEnabled": False}}, "DISABLED"),
        ({"LatestStreamArn": "arn", "StreamSpecification": {"StreamEnabled": True}}, "ENABLED"),
    ],
)
def test_the_status_of_a_stream(members: dict[str, Any], status: str) -> None:
    assert parse_description({"Table": BARE | members}, {}).stream.status == status


@pytest.mark.parametrize(
    ("status", "attribute"),
    [("ENABLED", "expires_at"), ("ENABLING", "expires_at"), ("DISABLED", None), ("DISABLING", None)],
)
def test_the_ttl_attribute_is_where_ttl_is_on(status: str, attribute: str | None) -> None:
    assert parse_description({"Table": BARE}, ttl(status)).ttl_attribute == attribute


@pytest.mark.parametrize(
    "absent", ["GlobalSecondaryIndexes", "LocalSecondaryIndexes", "Replicas", "BillingModeSummary"]
)
def test_null_is_the_same_as_absent(absent: str) -> None:
    without = {name: value for name, value in FULL.items() if name != absent}
    found, expected = (parse_description({"Table": table}, {}) for table in (FULL | {absent: None}, without))
    assert (found.indexes, found.replicas, found.billing_mode) == (
        expected.indexes,
        expected.replicas,
        expected.billing_mode,
    )
