"""Every kind of member with every kind of JSON, through the endpoint: which are taken, and what others are answered.

The members stand for all declared types and all places where a type can stand; the texts are the service's.
"""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from hashrange.simulator.endpoint import handle
from hashrange.simulator.engine import Engine

FOUND: Final[dict[str, Any]] = {
    "true": True,
    "false": False,
    "integer": 23,
    "float": 23.5,
    "string": "x",
    "array": [],
    "object": {},
}
STRUCTURE: Final = "Start of structure or map found where not expected"
FIELD: Final = "Unexpected field type"
VALUE: Final = "Unexpected value type in payload"
NOT_A_CLASS: Final = (
    "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class java.lang.Class "
    "(sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and java.lang.Class are in module java.base of "
    "loader 'bootstrap')"
)
PACKAGE: Final = "com.amazonaws.dynamodb.v20120810"


def scalar(declared: str, *, java: str = "", accepted: tuple[str, ...] = ()) -> dict[str, str]:
    tokens = {"true": "TRUE", "false": "FALSE", "integer": "NUMBER", "float": "DECIMAL", "string": "STRING"}
    texts = {kind: f"{tokens[kind]}_VALUE cannot be converted to {declared}" for kind in tokens if kind not in accepted}
    return texts | {
        "array": f"Unrecognized collection type class {java or f'java.lang.{declared}'}",
        "object": STRUCTURE,
    }


def collection(of_scalars: str, **others: str) -> dict[str, str]:
    return dict.fromkeys(("true", "false", "integer", "float", "string"), of_scalars) | others


def map_of(java: str) -> dict[str, str]:
    return collection(FIELD, array=f"Unrecognized collection type java.util.Map<java.lang.String, {java}>")


def structure(name: str, of_scalars: str = FIELD) -> dict[str, str]:
    return collection(of_scalars, array=f"Unrecognized collection type class {PACKAGE}.{name}")


STRING: Final = scalar("String", accepted=("string",))
INTEGER: Final = scalar("Integer", accepted=("integer", "float"))
LONG: Final = scalar("Long", accepted=("integer", "float"))
BOOLEAN: Final = scalar("Boolean", accepted=("true", "false")) | {"string": "Unexpected token received from parser"}
BLOB: Final = {
    **collection("only base-64-encoded strings are convertible to bytes"),
    "string": "Base64 encoded length is expected a multiple of 4 bytes but found: 1",
    "array": "Unrecognized collection type class java.nio.ByteBuffer",
    "object": STRUCTURE,
}
LIST: Final = collection(FIELD, object=STRUCTURE)
ITEM: Final = map_of(f"{PACKAGE}.AttributeValue")
ATTRIBUTE_VALUE: Final = structure("AttributeValue", VALUE)

#: what may be in an attribute value
CONTENTS: Final = {
    **dict.fromkeys(("S", "N", "SS.0", "NS.0"), STRING),
    **dict.fromkeys(("B", "BS.0", "L.0.B"), BLOB),
    **dict.fromkeys(("BOOL", "NULL", "M.a.BOOL"), BOOLEAN),
    **dict.fromkeys(("SS", "NS", "BS", "L"), LIST),
    **dict.fromkeys(("M", "L.0.M"), ITEM),
    **dict.fromkeys(("L.0", "M.a"), ATTRIBUTE_VALUE),
}
VALUES: Final = (
    "PutItem Item.a",
    "GetItem Key.a",
    "Query ExclusiveStartKey.a",
    "Scan ExpressionAttributeValues.:a",
    "PutItem Expected.a.Value",
    "UpdateItem AttributeUpdates.a.Value",
    "Query KeyConditions.a.AttributeValueList.0",
    "BatchGetItem RequestItems.t.Keys.0.a",
    "BatchWriteItem RequestItems.t.0.PutRequest.Item.a",
    "TransactWriteItems TransactItems.0.Delete.Key.a",
)
INDEXES: Final = "CreateTable GlobalSecondaryIndexes"
UPDATES: Final = "UpdateTable GlobalSecondaryIndexUpdates"
MEMBERS: Final[dict[str, dict[str, str]]] = {
    "GetItem TableName": STRING,
    "DescribeTable TableName": STRING,
    "GetItem ConsistentRead": BOOLEAN,
    "GetItem AttributesToGet": LIST,
    "GetItem AttributesToGet.0": STRING,
    "GetItem Key": ITEM,
    "GetItem ExpressionAttributeNames": map_of("java.lang.String"),
    "GetItem ExpressionAttributeNames.#a": STRING,
    "ListTables Limit": INTEGER,
    "Scan Segment": INTEGER,
    "Scan TotalSegments": INTEGER,
    "Query QueryFilter": map_of(f"{PACKAGE}.Condition"),
    "Query QueryFilter.a": structure("Condition", VALUE),
    "PutItem Expected": map_of(f"{PACKAGE}.ExpectedAttributeValue"),
    "PutItem Expected.a": structure("ExpectedAttributeValue", VALUE),
    "PutItem Expected.a.Value": structure("AttributeValue"),
    "UpdateItem AttributeUpdates": map_of(f"{PACKAGE}.AttributeValueUpdate"),
    "UpdateItem AttributeUpdates.a": structure("AttributeValueUpdate", VALUE),
    "BatchGetItem RequestItems": map_of(f"{PACKAGE}.KeysAndAttributes"),
    "BatchGetItem RequestItems.t": structure("KeysAndAttributes", VALUE),
    "BatchGetItem RequestItems.t.Keys": LIST,
    "BatchGetItem RequestItems.t.Keys.0": {**ITEM, **collection(NOT_A_CLASS)},
    "BatchWriteItem RequestItems": map_of(f"java.util.List<{PACKAGE}.WriteRequest>"),
    "BatchWriteItem RequestItems.t": {**LIST, **collection(NOT_A_CLASS)},
    "BatchWriteItem RequestItems.t.0": structure("WriteRequest", VALUE),
    "BatchWriteItem RequestItems.t.0.PutRequest": structure("PutRequest"),
    "BatchWriteItem RequestItems.t.0.DeleteRequest": structure("DeleteRequest"),
    "CreateTable ProvisionedThroughput": structure("ProvisionedThroughput"),
    "CreateTable ProvisionedThroughput.ReadCapacityUnits": LONG,
    "CreateTable AttributeDefinitions": LIST,
    "CreateTable AttributeDefinitions.0": structure("AttributeDefinition", VALUE),
    "CreateTable KeySchema.0": structure("KeySchemaElement", VALUE),
    "CreateTable LocalSecondaryIndexes.0": structure("LocalSecondaryIndex", VALUE),
    f"{INDEXES}.0": structure("GlobalSecondaryIndex", VALUE),
    f"{INDEXES}.0.Projection": structure("Projection"),
    f"{INDEXES}.0.Projection.NonKeyAttributes": LIST,
    f"{UPDATES}.0": structure("GlobalSecondaryIndexUpdate", VALUE),
    f"{UPDATES}.0.Create": structure("CreateGlobalSecondaryIndexAction"),
    f"{UPDATES}.0.Update": structure("UpdateGlobalSecondaryIndexAction"),
    f"{UPDATES}.0.Delete": structure("DeleteGlobalSecondaryIndexAction"),
    "TagResource Tags.0": structure("Tag", VALUE),
    "UntagResource TagKeys.0": STRING,
    **{f"{place}.{path}": texts for place in VALUES for path, texts in CONTENTS.items()},
}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def message(engine: Engine, member: str, found: Any) -> str | None:
    """The message of the SerializationException that answers a request with that member; None for another answer."""
    operation, _, path = member.partition(" ")
    request = found
    for step in reversed(path.split(".")):
        request = [request] if step == "0" else {step: request}
    answer = json.loads(handle(engine, operation, json.dumps(request).encode())[1])
    is_serialization = answer.get("__type") == "com.amazon.coral.service#SerializationException"
    return answer["Message"] if is_serialization else None


@pytest.mark.parametrize("member", MEMBERS)
def test_every_kind_of_json(engine: Engine, member: str) -> None:
    answers = {kind: message(engine, member, FOUND[kind]) for kind in FOUND}
    assert answers == {kind: MEMBERS[member].get(kind) for kind in FOUND}


@pytest.mark.parametrize("member", MEMBERS)
def test_null_is_never_of_a_wrong_type(engine: Engine, member: str) -> None:
    assert message(engine, member, None) is None


@pytest.mark.parametrize("text", ["true", "TRUE", "1", "Yes", "false", "False", "0", "NO"])
def test_texts_that_are_booleans(engine: Engine, text: str) -> None:
    assert message(engine, "GetItem ConsistentRead", text) is None


@pytest.mark.parametrize("text", ["abd=", "AAB=", "a===", "====", "A A=", "\u00e9\u00e9\u00e9\u00e9"])
def test_base64_that_does_not_come_back_the_same(engine: Engine, text: str) -> None:
    assert message(engine, "PutItem Item.a.B", text) == "Invalid last non-pad Base64 character dectected"


def test_the_first_wrong_member_is_named_in_the_order_of_the_shape(engine: Engine) -> None:
    request = b'{"Key":7,"TableName":7,"ConsistentRead":7}'
    answer = json.loads(handle(engine, "GetItem", request)[1])
    assert answer["Message"] == "NUMBER_VALUE cannot be converted to String", "not the first in the text"
