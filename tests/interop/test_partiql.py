"""PartiQL by boto3 and by the AWS CLI: statements, pages, batches, transactions, and the errors they know by name."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.interop.clients import INSTALL_TIMEOUT_SECONDS
from tests.interop.test_aws_cli import TABLE, Aws

SETTINGS = Config(retries={"max_attempts": 0})


@pytest.fixture
def client(endpoint: str) -> Iterator[Any]:
    made: Any = boto3.client("dynamodb", endpoint_url=endpoint, config=SETTINGS)
    made.create_table(**TABLE)
    yield made
    made.delete_table(TableName="app")
    made.close()


def insert(client: Any, sort: str, amount: str) -> Any:
    values = [{"S": "a"}, {"S": sort}, {"N": amount}, {"B": b"\x00\xff"}]
    return client.execute_statement(
        Statement="INSERT INTO \"app\" VALUE {'PK': ?, 'SK': ?, 'n': ?, 'b': ?, 'm': {'l': [1, 'x']}}",
        Parameters=values,
    )


def test_a_story_of_statements(client: Any) -> None:
    for sort in ("1", "2", "3"):
        insert(client, sort, f"{sort}.50")
    with pytest.raises(client.exceptions.DuplicateItemException, match="Duplicate primary key exists in table"):
        insert(client, "1", "1")
    found = client.execute_statement(
        Statement='SELECT n, b, m.l[1] FROM "app" WHERE PK = ? AND SK = ?',
        Parameters=[{"S": "a"}, {"S": "1"}],
        ConsistentRead=True,
        ReturnConsumedCapacity="TOTAL",
    )
    assert found["Items"] == [{"n": {"N": "1.5"}, "b": {"B": b"\x00\xff"}, "l[1]": {"S": "x"}}]
    assert found["ConsumedCapacity"] == {"TableName": "app", "CapacityUnits": 1.0}
    update = "UPDATE \"app\" SET n = n + 1 REMOVE m.l[0] WHERE PK = 'a' AND SK = '2'"
    new = client.execute_statement(Statement=f"{update} RETURNING MODIFIED NEW *")
    assert new["Items"] == [{"n": {"N": "3.5"}, "m": {"M": {"l": {"L": [{"S": "x"}]}}}}]
    with pytest.raises(client.exceptions.ConditionalCheckFailedException) as caught:
        client.execute_statement(Statement=f"{update} AND n = 1", ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert caught.value.response["Item"]["n"] == {"N": "3.5"}
    pages: list[Any] = []
    request: dict[str, Any] = {"Statement": "SELECT SK FROM \"app\" WHERE PK = 'a' ORDER BY SK DESC", "Limit": 2}
    while not pages or "NextToken" in pages[-1]:
        token = {"NextToken": pages[-1]["NextToken"]} if pages else {}
        pages.append(client.execute_statement(**request, **token))
    assert [[item["SK"]["S"] for item in page["Items"]] for page in pages] == [["3", "2"], ["1"]]
    gone = client.execute_statement(Statement="DELETE FROM \"app\" WHERE PK = 'a' AND SK = '3' RETURNING ALL OLD *")
    assert gone["Items"][0]["n"] == {"N": "3.5"}
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.execute_statement(Statement="SELECT * FROM nowhere")


def test_a_story_of_batches_and_transactions(client: Any) -> None:
    insert(client, "1", "1")
    texts = ["SELECT n FROM app WHERE PK = 'a' AND SK = '1'", "SELECT n FROM app WHERE PK = 'a' AND SK = 1"]
    answer = client.batch_execute_statement(Statements=[{"Statement": text} for text in texts])
    good, bad = answer["Responses"]
    assert good == {"TableName": "app", "Item": {"n": {"N": "1"}}}
    assert bad["Error"]["Code"] == "ValidationError"
    statements = [
        {"Statement": "EXISTS(SELECT * FROM app WHERE PK = 'a' AND SK = '1' AND n = 1)"},
        {"Statement": "INSERT INTO app VALUE {'PK': 'a', 'SK': ?}", "Parameters": [{"S": "2"}]},
    ]
    client.execute_transaction(TransactStatements=statements, ClientRequestToken="once")
    client.execute_transaction(TransactStatements=statements, ClientRequestToken="once")
    with pytest.raises(client.exceptions.TransactionCanceledException) as caught:
        client.execute_transaction(TransactStatements=statements)
    assert [reason["Code"] for reason in caught.value.response["CancellationReasons"]] == ["None", "DuplicateItem"]
    reads = [{"Statement": f"SELECT SK FROM app WHERE PK = 'a' AND SK = '{sort}'"} for sort in ("1", "2", "3")]
    found = client.execute_transaction(TransactStatements=reads)["Responses"]
    assert found == [{"Item": {"SK": {"S": "1"}}}, {"Item": {"SK": {"S": "2"}}}, {}]


def test_the_resource_converts_values(client: Any, endpoint: str) -> None:
    assert client is not None, "the table is there"
    resource: Any = boto3.resource("dynamodb", endpoint_url=endpoint, config=SETTINGS)
    table = resource.Table("app")
    table.put_item(Item={"PK": "a", "SK": "1", "n": Decimal("2.5")})
    answer = table.meta.client.execute_statement(
        Statement="SELECT n FROM app WHERE PK = ? AND n > ?", Parameters=["a", Decimal(2)]
    )
    assert answer["Items"] == [{"n": Decimal("2.5")}]


@pytest.mark.timeout(INSTALL_TIMEOUT_SECONDS)
@pytest.mark.parametrize("endpoint", ["inside"], indirect=True)
def test_the_command_line(endpoint: str) -> None:
    aws = Aws(endpoint)
    aws("create-table", **TABLE)
    assert aws("execute-statement", "--statement", "INSERT INTO app VALUE {'PK': 'a', 'SK': '1', 'n': 1}") is None
    parameters = '[{"S": "a"}]'
    found = aws("execute-statement", "--statement", "SELECT * FROM app WHERE PK = ?", "--parameters", parameters)
    assert found == {"Items": [{"PK": {"S": "a"}, "SK": {"S": "1"}, "n": {"N": "1"}}]}
    said = aws.refused("execute-statement", Statement="SELECT * FROM")
    assert "(ValidationException)" in said
    assert "Statement wasn't well formed, can't be processed: " in said
    aws("delete-table", "--table-name", "app")
