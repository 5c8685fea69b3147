"""boto3 against the server: its client with everything in it, and its resource for the conversions it makes."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, cast

import boto3
import pytest
from boto3.dynamodb.conditions import Attr, Key
from botocore.config import Config
from botocore.exceptions import ClientError

SETTINGS = Config(retries={"max_attempts": 0}, parameter_validation=False)


@pytest.fixture
def client(endpoint: str) -> Iterator[Any]:
    made: Any = boto3.client("dynamodb", endpoint_url=endpoint, config=SETTINGS)
    made.create_table(
        TableName="app",
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK", "day")],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_day",
                "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    made.get_waiter("table_exists").wait(TableName="app", WaiterConfig={"Delay": 0, "MaxAttempts": 3})
    yield made
    made.delete_table(TableName="app")
    with pytest.raises(made.exceptions.ResourceNotFoundException):
        made.describe_table(TableName="app")
    made.close()


def key(sort: str) -> dict[str, Any]:
    return {"PK": {"S": "a"}, "SK": {"S": sort}}


def test_a_story_of_items(client: Any) -> None:
    item = {**key("1"), "n": {"N": "1.50"}, "b": {"B": b"\x00\xff"}, "l": {"L": [{"NULL": True}, {"BOOL": False}]}}
    client.put_item(TableName="app", Item=item, ConditionExpression="attribute_not_exists(PK)")
    with pytest.raises(client.exceptions.ConditionalCheckFailedException) as caught:
        client.put_item(
            TableName="app",
            Item=key("1"),
            ConditionExpression="attribute_not_exists(PK)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert caught.value.response["Item"] == item | {"n": {"N": "1.5"}}
    got = client.get_item(TableName="app", Key=key("1"), ConsistentRead=True, ReturnConsumedCapacity="TOTAL")
    assert got["Item"] == item | {"n": {"N": "1.5"}}
    assert got["ConsumedCapacity"] == {"TableName": "app", "CapacityUnits": 1.0}
    assert got["ResponseMetadata"]["HTTPHeaders"]["x-amz-crc32"]
    assert got["ResponseMetadata"]["RequestId"].endswith("VV4KQNSO5AEMVJF66Q9ASUAAJG")
    add: dict[str, Any] = {"UpdateExpression": "ADD n :n", "ExpressionAttributeValues": {":n": {"N": "2"}}}
    done = client.update_item(TableName="app", Key=key("1"), ReturnValues="UPDATED_NEW", **add)
    assert done["Attributes"] == {"n": {"N": "3.5"}}
    with pytest.raises(client.exceptions.ConditionalCheckFailedException):
        client.update_item(TableName="app", Key=key("1"), ConditionExpression="n < :n", **add)
    old = client.delete_item(TableName="app", Key=key("1"), ReturnValues="ALL_OLD")
    assert old["Attributes"]["n"] == {"N": "3.5"}
    assert "Item" not in client.get_item(TableName="app", Key=key("1"))


def test_a_story_of_many_items(client: Any) -> None:
    puts: list[Any] = [{"PutRequest": {"Item": {**key(f"{n:02}"), "day": {"S": "monday"}}}} for n in range(25)]
    assert client.batch_write_item(RequestItems={"app": puts})["UnprocessedItems"] == {}
    pages = client.get_paginator("query").paginate(
        TableName="app",
        KeyConditionExpression="PK = :p AND SK BETWEEN :low AND :high",
        ExpressionAttributeValues={":p": {"S": "a"}, ":low": {"S": "03"}, ":high": {"S": "19"}},
        PaginationConfig={"PageSize": 5},
    )
    found = [[item["SK"]["S"] for item in page["Items"]] for page in pages]
    assert [len(page) for page in found] == [5, 5, 5, 2]
    assert [sort for page in found for sort in page] == [f"{n:02}" for n in range(3, 20)]
    indexed = client.query(
        TableName="app",
        IndexName="by_day",
        KeyConditionExpression="#d = :d",
        ExpressionAttributeNames={"#d": "day"},
        ExpressionAttributeValues={":d": {"S": "monday"}},
        Select="COUNT",
    )
    assert indexed["Count"] == 25
    scanned = client.get_paginator("scan").paginate(TableName="app", PaginationConfig={"PageSize": 10})
    assert sum(page["Count"] for page in scanned) == 25
    got = client.batch_get_item(RequestItems={"app": {"Keys": [key("07"), key("none"), key("11")]}})
    assert sorted(item["SK"]["S"] for item in got["Responses"]["app"]) == ["07", "11"]


def test_a_story_of_transactions(client: Any) -> None:
    client.put_item(TableName="app", Item={**key("1"), "n": {"N": "1"}})
    put: Any = {"Put": {"TableName": "app", "Item": key("2")}}
    check: Any = {
        "ConditionCheck": {
            "TableName": "app",
            "Key": key("1"),
            "ConditionExpression": "n > :n",
            "ExpressionAttributeValues": {":n": {"N": "1"}},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }
    with pytest.raises(client.exceptions.TransactionCanceledException) as caught:
        client.transact_write_items(TransactItems=[put, check])
    assert caught.value.response["CancellationReasons"] == [
        {"Code": "None"},
        {
            "Code": "ConditionalCheckFailed",
            "Message": "The conditional request failed",
            "Item": {**key("1"), "n": {"N": "1"}},
        },
    ]
    assert "[None, ConditionalCheckFailed]" in str(caught.value)
    client.transact_write_items(TransactItems=[put], ClientRequestToken="token")
    client.delete_item(TableName="app", Key=key("2"))
    client.transact_write_items(TransactItems=[put], ClientRequestToken="token")
    got = client.transact_get_items(TransactItems=[{"Get": {"TableName": "app", "Key": key(n)}} for n in "12"])
    assert got["Responses"] == [{"Item": {**key("1"), "n": {"N": "1"}}}, {}], "the second was not applied again"


def test_a_story_of_a_table(client: Any) -> None:
    specification: Any = {"Enabled": True, "AttributeName": "until"}
    client.update_time_to_live(TableName="app", TimeToLiveSpecification=specification)
    described = client.describe_time_to_live(TableName="app")["TimeToLiveDescription"]
    assert described == {"TimeToLiveStatus": "ENABLED", "AttributeName": "until"}
    arn = client.describe_table(TableName="app")["Table"]["TableArn"]
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "team", "Value": "blue"}])
    assert client.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "blue"}]
    client.untag_resource(ResourceArn=arn, TagKeys=["team"])
    assert client.list_tags_of_resource(ResourceArn=arn)["Tags"] == []
    assert client.list_tables()["TableNames"] == ["app"]
    with pytest.raises(client.exceptions.ResourceInUseException):
        client.create_table(
            TableName="app",
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )


def test_errors_have_their_codes(client: Any) -> None:
    with pytest.raises(ClientError) as caught:
        client.put_item(TableName="app", Item={"PK": {"S": ""}})
    assert cast("Any", caught.value.response)["Error"]["Code"] == "ValidationException"
    with pytest.raises(ClientError) as caught:
        client.query(TableName="app", KeyConditionExpression="PK = :p", ExpressionAttributeValues={":q": {"S": "a"}})
    assert "attribute value: :p" in cast("Any", caught.value.response)["Error"]["Message"]
    with pytest.raises(ClientError) as caught:
        client.list_global_tables()
    assert cast("Any", caught.value.response)["Error"]["Code"] == "UnknownOperationException"


@pytest.mark.usefixtures("client")
def test_the_resource_and_its_conditions(endpoint: str) -> None:
    table = boto3.resource("dynamodb", endpoint_url=endpoint, config=SETTINGS).Table("app")
    with table.batch_writer() as batch:
        for number in range(30):
            batch.put_item({"PK": "a", "SK": f"{number:02}", "n": number, "tags": {"x", "y"}, "half": Decimal("0.5")})
    found = table.query(
        KeyConditionExpression=Key("PK").eq("a") & Key("SK").begins_with("1"),
        FilterExpression=Attr("n").gt(12) & Attr("tags").contains("x"),
    )
    assert [item["n"] for item in found["Items"]] == [13, 14, 15, 16, 17, 18, 19]
    assert found["Items"][0]["tags"] == {"x", "y"}
    assert found["Items"][0]["half"] == Decimal("0.5")
    assert table.item_count == 30


@pytest.mark.usefixtures("client")
def test_requests_in_gzip(endpoint: str) -> None:
    """boto3 compresses for other services only; here it is done for it, before the request is signed."""

    def compress(request: Any, **_: Any) -> None:
        request.data = gzip.compress(request.data)
        request.headers["Content-Encoding"] = "gzip"

    made: Any = boto3.client("dynamodb", endpoint_url=endpoint, config=SETTINGS)
    made.meta.events.register_first("before-sign.dynamodb.*", compress)
    item = {**key("packed"), "text": {"S": "x" * 10_000}}
    made.put_item(TableName="app", Item=item)
    assert made.get_item(TableName="app", Key=key("packed"))["Item"] == item
    made.close()


@pytest.mark.usefixtures("client")
def test_settings_and_backups_of_a_table(endpoint: str) -> None:
    made: Any = boto3.client("dynamodb", endpoint_url=endpoint)
    made.put_item(TableName="app", Item=key("1"))
    on = made.update_continuous_backups(
        TableName="app", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert on["EarliestRestorableDateTime"] == on["LatestRestorableDateTime"]
    assert (
        made.describe_continuous_backups(TableName="app")["ContinuousBackupsDescription"][
            "PointInTimeRecoveryDescription"
        ]
        == on
    )
    made.update_continuous_backups(
        TableName="app", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )
    assert (
        made.update_contributor_insights(TableName="app", ContributorInsightsAction="ENABLE")[
            "ContributorInsightsStatus"
        ]
        == "ENABLING"
    )
    assert made.describe_contributor_insights(TableName="app")["ContributorInsightsStatus"] == "ENABLED"
    (summary,) = made.list_contributor_insights()["ContributorInsightsSummaries"]
    assert summary["TableName"] == "app"
    arn = made.describe_table(TableName="app")["Table"]["TableArn"]
    statement = {"Effect": "Allow", "Principal": "*", "Action": "dynamodb:GetItem", "Resource": arn}
    revision = made.put_resource_policy(ResourceArn=arn, Policy=json.dumps({"Statement": statement}))["RevisionId"]
    assert made.get_resource_policy(ResourceArn=arn)["RevisionId"] == revision
    assert made.delete_resource_policy(ResourceArn=arn)["RevisionId"] == revision
    with pytest.raises(made.exceptions.PolicyNotFoundException):
        made.get_resource_policy(ResourceArn=arn)


@pytest.mark.usefixtures("client")
def test_a_table_from_a_backup(endpoint: str) -> None:
    made: Any = boto3.client("dynamodb", endpoint_url=endpoint)
    made.put_item(TableName="app", Item=key("1"))
    arn = made.create_backup(TableName="app", BackupName="nightly")["BackupDetails"]["BackupArn"]
    assert [each["BackupArn"] for each in made.list_backups(TableName="app")["BackupSummaries"]] == [arn]
    described = made.describe_backup(BackupArn=arn)["BackupDescription"]
    assert described["SourceTableDetails"]["ItemCount"] == 1
    made.restore_table_from_backup(TargetTableName="copy", BackupArn=arn)
    made.get_waiter("table_exists").wait(TableName="copy", WaiterConfig={"Delay": 0, "MaxAttempts": 3})
    assert made.get_item(TableName="copy", Key=key("1"))["Item"] == key("1")
    made.delete_table(TableName="copy")
    assert made.delete_backup(BackupArn=arn)["BackupDescription"]["BackupDetails"]["BackupStatus"] == "DELETED"
    with pytest.raises(made.exceptions.BackupNotFoundException):
        made.describe_backup(BackupArn=arn)


def test_an_index_whose_keys_have_several_attributes(endpoint: str) -> None:
    made: Any = boto3.client("dynamodb", endpoint_url=endpoint)
    roles = (("place", "HASH"), ("season", "HASH"), ("stage", "RANGE"), ("court", "RANGE"))
    schema = [{"AttributeName": name, "KeyType": role} for name, role in roles]
    made.create_table(
        TableName="matches",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", *dict(roles))],
        GlobalSecondaryIndexes=[
            {"IndexName": "by_place", "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}}
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    try:
        assert made.describe_table(TableName="matches")["Table"]["GlobalSecondaryIndexes"][0]["KeySchema"] == schema
        for at in range(5):
            texts = {"id": str(at), "place": "rome", "season": "1", "stage": "semi", "court": str(at)}
            made.put_item(TableName="matches", Item={name: {"S": text} for name, text in texts.items()})
        pages = made.get_paginator("query").paginate(
            TableName="matches",
            IndexName="by_place",
            KeyConditionExpression="place = :p AND season = :s AND stage = :t AND court BETWEEN :a AND :b",
            ExpressionAttributeValues={
                f":{name}": {"S": text} for name, text in zip("pstab", ("rome", "1", "semi", "1", "3"), strict=True)
            },
            PaginationConfig={"PageSize": 2},
        )
        assert [item["id"]["S"] for page in pages for item in page["Items"]] == ["1", "2", "3"]
    finally:
        made.delete_table(TableName="matches")
        made.close()
