"""Descriptions of tables as the service gives them, and tables configured from them."""

from __future__ import annotations

import pytest

from hashrange import DynamoDB, IndexDescription, Key, KeySchema, ResourceNotFound

from .conftest import MakeTable


async def described(make_table: MakeTable) -> str:
    return await make_table(
        AttributeDefinitions=[
            {"AttributeName": "PK", "AttributeType": "S"},
            {"AttributeName": "SK", "AttributeType": "N"},
            {"AttributeName": "email", "AttributeType": "S"},
            {"AttributeName": "total", "AttributeType": "N"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_email",
                "KeySchema": [{"AttributeName": "email", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["name"]},
            }
        ],
        LocalSecondaryIndexes=[
            {
                "IndexName": "by_total",
                "KeySchema": [
                    {"AttributeName": "PK", "KeyType": "HASH"},
                    {"AttributeName": "total", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )


async def test_what_a_description_says(db: DynamoDB, make_table: MakeTable) -> None:
    name = await described(make_table)
    await db.call(
        "UpdateTimeToLive",
        {"TableName": name, "TimeToLiveSpecification": {"AttributeName": "until", "Enabled": True}},
    )
    found = await db.describe_table(name)
    assert (found.name, found.status, found.keys) == (name, "ACTIVE", KeySchema("PK", "SK"))
    assert found.attribute_types == {"PK": "S", "SK": "N", "email": "S", "total": "N"}
    assert found.indexes == {
        "by_email": IndexDescription("by_email", KeySchema("email"), True, "INCLUDE", ("name",), "ACTIVE"),
        "by_total": IndexDescription("by_total", KeySchema("PK", "total"), False, "KEYS_ONLY"),
    }
    assert found.ttl_attribute == "until"
    assert (found.stream.enabled, found.stream.view_type) == (True, "NEW_AND_OLD_IMAGES")
    assert found.stream.arn is not None
    assert found.stream.arn.startswith(found.arn)
    assert found.billing_mode == "PAY_PER_REQUEST"
    assert found.raw["TableName"] == name


async def test_a_plain_table(db: DynamoDB, make_table: MakeTable) -> None:
    found = await db.describe_table(await make_table())
    assert (found.keys, found.indexes, found.ttl_attribute) == (KeySchema("PK", "SK"), {}, None)
    assert (found.stream.enabled, found.stream.arn, found.replicas) == (False, None, ())


async def test_a_loaded_table_knows_its_keys_and_indexes(db: DynamoDB, make_table: MakeTable) -> None:
    name = await described(make_table)
    table = await db.load_table(name)
    await table.put_item({"PK": "a", "SK": 1, "email": "a@example.org", "total": 5, "name": "Ann", "age": 3})
    assert await table.get_item(Key("a", 1), projection=["name"]) == {"name": "Ann"}
    found = await table.query("a@example.org", index="by_email").one()
    assert found == {"PK": "a", "SK": 1, "email": "a@example.org", "name": "Ann"}
    assert await table.query("a", 5, index="by_total", consistent=True).count() == 1


async def test_a_table_that_is_not_there(db: DynamoDB) -> None:
    for attempt in (db.describe_table("no-such-table"), db.load_table("no-such-table")):
        with pytest.raises(ResourceNotFound) as caught:
            await attempt
        assert (caught.value.table, caught.value.operation) == ("no-such-table", "DescribeTable")
        assert caught.value.hint is not None
