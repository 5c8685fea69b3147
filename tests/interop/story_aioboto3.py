"""A story told by aioboto3, in its own environment: ``python story_aioboto3.py ENDPOINT``. Fails by an assertion."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import aioboto3  # type: ignore[import-not-found, unused-ignore]
from botocore.exceptions import ClientError

KEYS = [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}]
TYPES = [{"AttributeName": "PK", "AttributeType": "S"}, {"AttributeName": "SK", "AttributeType": "S"}]


def key(sort: str) -> dict[str, Any]:
    return {"PK": {"S": "a"}, "SK": {"S": sort}}


async def refused(call: Any) -> Any:
    """The answer of a call that must fail."""
    try:
        await call
    except ClientError as error:
        return error.response
    raise AssertionError("it did not fail")


async def items(client: Any) -> None:
    await client.put_item(TableName="app", Item={**key("1"), "n": {"N": "1"}, "b": {"B": b"\x00\xff"}})
    add = {"UpdateExpression": "ADD n :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}
    answer = await client.update_item(TableName="app", Key=key("1"), ReturnValues="ALL_NEW", **add)
    assert answer["Attributes"] == {**key("1"), "n": {"N": "2"}, "b": {"B": b"\x00\xff"}}, answer
    error = await refused(
        client.update_item(
            TableName="app",
            Key=key("1"),
            ConditionExpression="n < :n",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
            **add,
        )
    )
    assert error["Error"]["Code"] == "ConditionalCheckFailedException", error
    assert error["Item"]["n"] == {"N": "2"}, error


async def many(client: Any) -> None:
    puts = [{"PutRequest": {"Item": key(f"{number:02}")}} for number in range(25)]
    assert (await client.batch_write_item(RequestItems={"app": puts}))["UnprocessedItems"] == {}
    got = await client.batch_get_item(RequestItems={"app": {"Keys": [key("07"), key("none")]}})
    assert got["Responses"]["app"] == [key("07")], got
    pages = client.get_paginator("query").paginate(
        TableName="app",
        KeyConditionExpression="PK = :p AND begins_with(SK, :s)",
        ExpressionAttributeValues={":p": {"S": "a"}, ":s": {"S": "0"}},
        PaginationConfig={"PageSize": 4},
    )
    found = [page["Items"] async for page in pages]
    assert [len(page) for page in found] == [4, 4, 2], found
    # all at once, over several connections
    answers = await asyncio.gather(*(client.get_item(TableName="app", Key=key(f"{n % 25:02}")) for n in range(50)))
    assert all("Item" in answer for answer in answers)


async def transactions(client: Any) -> None:
    put = {"Put": {"TableName": "app", "Item": key("new")}}
    check = {
        "ConditionCheck": {"TableName": "app", "Key": key("none"), "ConditionExpression": "attribute_exists(PK)"},
    }
    error = await refused(client.transact_write_items(TransactItems=[put, check]))
    assert [reason["Code"] for reason in error["CancellationReasons"]] == ["None", "ConditionalCheckFailed"], error
    await client.transact_write_items(TransactItems=[put])
    got = await client.transact_get_items(TransactItems=[{"Get": {"TableName": "app", "Key": key("new")}}])
    assert got["Responses"] == [{"Item": key("new")}], got


async def story(endpoint: str) -> None:
    async with aioboto3.Session().client("dynamodb", endpoint_url=endpoint) as client:
        await client.create_table(
            TableName="app", KeySchema=KEYS, AttributeDefinitions=TYPES, BillingMode="PAY_PER_REQUEST"
        )
        await client.get_waiter("table_exists").wait(TableName="app", WaiterConfig={"Delay": 0, "MaxAttempts": 3})
        await items(client)
        await many(client)
        await transactions(client)
        specification = {"Enabled": True, "AttributeName": "until"}
        await client.update_time_to_live(TableName="app", TimeToLiveSpecification=specification)
        described = await client.describe_time_to_live(TableName="app")
        assert described["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED", described
        await client.delete_item(TableName="app", Key=key("1"))
        await client.delete_table(TableName="app")
        error = await refused(client.describe_table(TableName="app"))
        assert error["Error"]["Code"] == "ResourceNotFoundException", error


if __name__ == "__main__":
    asyncio.run(story(sys.argv[1]))
    print("told")
