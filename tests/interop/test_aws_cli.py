"""The AWS CLI against the server. A command takes half a second: a few of them have to tell the story."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.interop.clients import INSTALL_TIMEOUT_SECONDS, aws_cli

PATIENCE_SECONDS = 60
KEY = {"PK": {"S": "a"}, "SK": {"S": "1"}}
TABLE = {
    "TableName": "app",
    "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK")],
    "BillingMode": "PAY_PER_REQUEST",
}


class Aws:
    """``aws dynamodb`` at one endpoint."""

    def __init__(self, endpoint: str) -> None:
        self._command = [str(aws_cli()), "--endpoint-url", endpoint, "--output", "json", "dynamodb"]

    def run(self, operation: str, *arguments: str, **request: Any) -> subprocess.CompletedProcess[str]:
        given = ["--cli-input-json", json.dumps(request)] if request else []
        command = [*self._command, operation, *given, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)

    def __call__(self, operation: str, *arguments: str, **request: Any) -> Any:
        """The answer."""
        done = self.run(operation, *arguments, **request)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout else None

    def refused(self, operation: str, **request: Any) -> str:
        """What is said of a call that must fail."""
        done = self.run(operation, **request)
        assert done.returncode > 0, done.stdout
        return done.stderr


@pytest.mark.timeout(INSTALL_TIMEOUT_SECONDS)
@pytest.mark.parametrize("endpoint", ["inside"], indirect=True)
def test_a_story(endpoint: str) -> None:
    aws = Aws(endpoint)
    assert aws("create-table", **TABLE)["TableDescription"]["TableName"] == "app"
    aws("update-time-to-live", TableName="app", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"})
    described = aws("describe-time-to-live", "--table-name", "app")["TimeToLiveDescription"]
    assert described == {"TimeToLiveStatus": "ENABLED", "AttributeName": "until"}

    assert aws("put-item", TableName="app", Item=KEY) is None
    assert aws("get-item", TableName="app", Key=KEY) == {"Item": KEY}
    add = {"UpdateExpression": "ADD n :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}
    updated = aws("update-item", TableName="app", Key=KEY, ReturnValues="UPDATED_NEW", **add)
    assert updated == {"Attributes": {"n": {"N": "1"}}}
    said = aws.refused("update-item", TableName="app", Key=KEY, ConditionExpression="n < :n", **add)
    assert "(ConditionalCheckFailedException)" in said
    assert "The conditional request failed" in said

    puts = [{"PutRequest": {"Item": {**KEY, "SK": {"S": str(n)}}}} for n in range(9)]
    assert aws("batch-write-item", RequestItems={"app": puts}) == {"UnprocessedItems": {}}
    query = {"KeyConditionExpression": "PK = :p", "ExpressionAttributeValues": {":p": {"S": "a"}}}
    found = aws("query", "--page-size", "2", TableName="app", **query)
    assert [item["SK"]["S"] for item in found["Items"]] == [str(n) for n in range(9)]
    check = {"TableName": "app", "Key": KEY, "ConditionExpression": "attribute_not_exists(PK)"}
    put = {"TableName": "app", "Item": {**KEY, "SK": {"S": "new"}}}
    said = aws.refused("transact-write-items", TransactItems=[{"Put": put}, {"ConditionCheck": check}])
    assert "[None, ConditionalCheckFailed]" in said

    assert aws("delete-item", TableName="app", Key=KEY, ReturnValues="ALL_OLD") == {"Attributes": KEY}
    aws("delete-table", "--table-name", "app")


@pytest.mark.timeout(INSTALL_TIMEOUT_SECONDS)
@pytest.mark.parametrize("endpoint", ["command"], indirect=True)
def test_the_command_answers_it(endpoint: str) -> None:
    aws = Aws(endpoint)
    assert aws("list-tables") == {"TableNames": []}
    assert "(ResourceNotFoundException)" in aws.refused("get-item", TableName="app", Key=KEY)
