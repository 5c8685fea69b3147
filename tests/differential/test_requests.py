"""What the service answers to hand-picked requests, on the simulator alone: texts, and the order of checks.

They hold where DynamoDB Local cannot be asked, because it says something else.
"""

from __future__ import annotations

import json

import pytest

from hashrange.simulator.endpoint import handle
from hashrange.simulator.engine import Engine
from tests.differential.refusals import ONE, REFUSED, TABLE, THINGS, Request, put, query, values


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine([TABLE])


def labels(case: tuple[str, Request, str]) -> str:
    return f"{case[0]}-{case[2][:40]}"


@pytest.mark.parametrize("case", REFUSED, ids=labels)
def test_refused_requests(engine: Engine, case: tuple[str, Request, str]) -> None:
    operation, request, message = case
    status, body = handle(engine, operation, json.dumps(request).encode())
    answer = json.loads(body)
    assert answer == {"__type": "com.amazon.coral.validate#ValidationException", "message": message}
    assert status == 400


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        ("GetItem", {"TableName": 1, "Key": {"pk": 1}}, "NUMBER_VALUE cannot be converted to String"),
        ("GetItem", {**THINGS, "Key": {"pk": {"S": True}}}, "TRUE_VALUE cannot be converted to String"),
        ("GetItem", {**THINGS, "Key": {"pk": "a"}}, "Unexpected value type in payload"),
        ("GetItem", {**THINGS, "Key": "a"}, "Unexpected field type"),
        ("GetItem", {**ONE, "ConsistentRead": 1}, "NUMBER_VALUE cannot be converted to Boolean"),
        ("Scan", {**THINGS, "Limit": "x"}, "STRING_VALUE cannot be converted to Integer"),
        ("PutItem", put(a={"B": "a"}), "Base64 encoded length is expected a multiple of 4 bytes but found: 1"),
        ("PutItem", put(a={"L": {}}), "Start of structure or map found where not expected"),
    ],
)
def test_wrong_json_types(engine: Engine, operation: str, request_: Request, message: str) -> None:
    status, body = handle(engine, operation, json.dumps(request_).encode())
    assert json.loads(body) == {"__type": "com.amazon.coral.service#SerializationException", "Message": message}
    assert status == 400


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        ("GetItem", {"TableName": "nowhere", "Key": {}}, "Requested resource not found"),
        ("Query", {**query("a = :x", **values(x={"S": ""})), "TableName": "nowhere"}, "Requested resource not found"),
        ("DescribeTable", {"TableName": "nowhere"}, "Requested resource not found: Table: nowhere not found"),
        ("DeleteTable", {"TableName": "nowhere"}, "Requested resource not found: Table: nowhere not found"),
    ],
)
def test_tables_that_are_not_there(engine: Engine, operation: str, request_: Request, message: str) -> None:
    status, body = handle(engine, operation, json.dumps(request_).encode())
    name = "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"
    assert json.loads(body) == {"__type": name, "message": message}
    assert status == 400
