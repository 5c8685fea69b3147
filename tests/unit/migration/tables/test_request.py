"""CreateTable says the keys, the indexes with what they hold, and nothing else."""

from __future__ import annotations

from hashrange.client import DynamoDB
from hashrange.migration.conventions import Conventions
from hashrange.migration.tables.request import create_table_request, create_table_requests

from .contracts import SHOP


def test_a_table_with_indexes() -> None:
    assert create_table_request(SHOP.tables["Orders"]) == {
        "TableName": "Orders",
        "AttributeDefinitions": [
            {"AttributeName": "PK", "AttributeType": "S"},
            {"AttributeName": "SK", "AttributeType": "S"},
            {"AttributeName": "GSI1PK", "AttributeType": "S"},
            {"AttributeName": "GSI1SK", "AttributeType": "S"},
            {"AttributeName": "total", "AttributeType": "N"},
        ],
        "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
        "BillingMode": "PAY_PER_REQUEST",
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "GSI1",
                "KeySchema": [
                    {"AttributeName": "GSI1PK", "KeyType": "HASH"},
                    {"AttributeName": "GSI1SK", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["status", "placed_at"]},
            },
            {
                "IndexName": "by.total-2",
                "KeySchema": [{"AttributeName": "total", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
        ],
    }


def test_a_table_without_sort_key_and_indexes_has_neither() -> None:
    request = create_table_request(SHOP.tables["Sessions"], Conventions(table_prefix="staging-"))
    assert request["TableName"] == "staging-Sessions"
    assert request["KeySchema"] == [{"AttributeName": "PK", "KeyType": "HASH"}]
    assert "GlobalSecondaryIndexes" not in request


async def test_the_simulator_takes_the_requests() -> None:
    async with DynamoDB.in_memory(create_table_requests(SHOP)) as db:
        assert (await db.call("ListTables", {}))["TableNames"] == ["Orders", "Sessions"]
