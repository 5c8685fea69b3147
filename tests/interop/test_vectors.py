"""Vector indexes by boto3, which sends SearchVectors where its endpoint says, and by hashrange's own client."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from hashrange import DynamoDB, ValidationError
from hashrange.config import Config as Settings
from tests.simulated_vectors import PRODUCTS, VECTORS, creation, numbers, vector, vector_index

SCHEMA = {"category": "HASH", "brand": "INLINE_FILTER"}
CREATION = creation(vector_index(schema=SCHEMA))
ITEMS = [
    {"id": {"S": key}, "category": {"S": "c"}, "brand": {"S": brand}, "embedding": vector(*values)}
    for key, brand, values in (("same", "x", (1, 0, 0)), ("near", "y", (1, 1, 0)), ("far", "x", (-1, 0, 0)))
]
SEARCH: dict[str, Any] = {
    "TableName": PRODUCTS,
    "IndexName": VECTORS,
    "SearchVector": numbers(1, 0, 0),
    "TopK": 2,
    "SearchConditionExpression": "category = :c",
    "ExpressionAttributeValues": {":c": {"S": "c"}},
    "ReturnConsumedCapacity": "TOTAL",
}
FOUND = [
    ({"id": {"S": "same"}, "category": {"S": "c"}, "brand": {"S": "x"}}, 0.0),
    ({"id": {"S": "near"}, "category": {"S": "c"}, "brand": {"S": "y"}}, pytest.approx(0.29289323)),
]


def results(answer: Any) -> list[tuple[Any, float]]:
    return [(each["Item"], each["Score"]) for each in answer["SearchResults"]]


def test_boto3(endpoint: str) -> None:
    session: Any = boto3.Session()
    client = session.client("dynamodb", endpoint_url=endpoint, config=Config(retries={"max_attempts": 0}))
    client.create_table(**CREATION)
    try:
        client.get_waiter("table_exists").wait(TableName=PRODUCTS, WaiterConfig={"Delay": 0, "MaxAttempts": 3})
        client.batch_write_item(RequestItems={PRODUCTS: [{"PutRequest": {"Item": item}} for item in ITEMS]})
        answer = client.search_vectors(**SEARCH)
        assert results(answer) == FOUND
        assert answer["ConsumedCapacity"] == {"VectorSearchRequestBytes": 1024.0}
        (index,) = client.describe_table(TableName=PRODUCTS)["Table"]["VectorIndexes"]
        assert (index["IndexStatus"], index["ItemCount"], index["Dimensions"]) == ("ACTIVE", 3, 3)
        with pytest.raises(ClientError, match="Input search vector dimension 2 does not match"):
            client.search_vectors(**SEARCH | {"SearchVector": numbers(1, 0)})
        added = {"Create": vector_index("all", DistanceFunction="EUCLIDEAN")}
        client.update_table(TableName=PRODUCTS, VectorIndexUpdates=[added])
        client.describe_table(TableName=PRODUCTS)
        near = client.search_vectors(
            TableName=PRODUCTS, IndexName="all", SearchVector=numbers(-1, 0, 0), TopK=1, ProjectionExpression="id"
        )
        assert results(near) == [({"id": {"S": "far"}}, 0.0)]
    finally:
        client.delete_table(TableName=PRODUCTS)
        client.close()


async def story(db: DynamoDB) -> None:
    await db.call("CreateTable", CREATION)
    await db.call("DescribeTable", {"TableName": PRODUCTS})
    products = await db.load_table(PRODUCTS)
    for item in ITEMS:
        await db.call("PutItem", {"TableName": PRODUCTS, "Item": item})
    assert results(await db.call("SearchVectors", SEARCH)) == FOUND
    assert await products.scan().count() == 3
    with pytest.raises(ValidationError, match="Provided TopK value '101' is out of valid range"):
        await db.call("SearchVectors", SEARCH | {"TopK": 101})
    await db.call("DeleteTable", {"TableName": PRODUCTS})


async def test_our_client(endpoint: str) -> None:
    async with DynamoDB(Settings.from_env(endpoint_url=endpoint)) as db:
        await story(db)


async def test_our_client_in_memory() -> None:
    async with DynamoDB.in_memory() as db:
        await story(db)
