"""Requests that the service refuses, with its message written out: which texts, and which of several mistakes it names.

They hold where DynamoDB Local cannot be asked, because it says something else. Sources: recordings of the service
(dynalite's, and public ones of 2019 to 2026), its documentation, and its own expression engine.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

Request: TypeAlias = dict[str, Any]

TABLE: Final[Request] = {
    "TableName": "things",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "N"},
        {"AttributeName": "g", "AttributeType": "S"},
        {"AttributeName": "h", "AttributeType": "B"},
    ],
    "LocalSecondaryIndexes": [
        {
            "IndexName": "local",
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "g", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "global",
            "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}, {"AttributeName": "h", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ],
}
THINGS: Final[Request] = {"TableName": "things"}
KEY: Final[Request] = {"pk": {"S": "a"}, "sk": {"N": "1"}}
ONE: Final[Request] = {**THINGS, "Key": KEY}
IPV: Final = "One or more parameter values were invalid: "
NOT_VALID: Final = "One or more parameter values are not valid. "
NO_MATCH: Final = "The provided key element does not match the schema"


def put(**attributes: Any) -> Request:
    return {**THINGS, "Item": {**KEY, **attributes}}


def values(**found: Any) -> Request:
    return {"ExpressionAttributeValues": {f":{name}": value for name, value in found.items()}}


def names(**found: str) -> Request:
    return {"ExpressionAttributeNames": {f"#{name}": value for name, value in found.items()}}


def update(text: str, **more: Any) -> Request:
    return {**ONE, "UpdateExpression": text, **more}


def condition(text: str, **more: Any) -> Request:
    return {**ONE, "ConditionExpression": text, **more}


def query(text: str, **more: Any) -> Request:
    return {**THINGS, "KeyConditionExpression": text, **more}


#: operation, request, and the message of its ValidationException
REFUSED: Final[list[tuple[str, Request, str]]] = [
    # ── shapes ───────────────────────────────────────────────────────────────────────────────────────────────────────
    (
        "GetItem",
        {"TableName": "a!", "ReturnConsumedCapacity": "MUCH", "AttributesToGet": []},
        (
            "5 validation errors detected: "
            "Value 'MUCH' at 'returnConsumedCapacity' failed to satisfy constraint: "
            "Member must satisfy enum value set: [INDEXES, TOTAL, NONE]; "
            "Value '[]' at 'attributesToGet' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1; "
            "Value 'a!' at 'tableName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; "
            "Value 'a!' at 'tableName' failed to satisfy constraint: "
            "Member must have length greater than or equal to 3; "
            "Value null at 'key' failed to satisfy constraint: Member must not be null"
        ),
    ),
    (
        "Query",
        {**THINGS, "Limit": 0, "Select": "SOME"},
        (
            "2 validation errors detected: "
            "Value 'SOME' at 'select' failed to satisfy constraint: Member must satisfy enum value set: "
            "[SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]; "
            "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"
        ),
    ),
    (
        "TransactWriteItems",
        {"TransactItems": []},
        (
            "1 validation error detected: Value '[]' at 'transactItems' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1"
        ),
    ),
    ("DescribeTable", {}, "The parameter 'TableName' is required but was not present in the request"),
    (
        "DescribeTable",
        {"TableName": "ab"},
        "TableName must be at least 3 characters long and at most 255 characters long",
    ),
    # ── expressions beside other parameters ──────────────────────────────────────────────────────────────────────────
    (
        "UpdateItem",
        {**ONE, "UpdateExpression": "", "AttributeUpdates": {}, "Expected": {}, **values(x={})},
        (
            "Can not use both expression and non-expression parameters in the same request: "
            "Non-expression parameters: {AttributeUpdates, Expected} Expression parameters: {UpdateExpression}"
        ),
    ),
    (
        "PutItem",
        {**put(), **names(a="a"), **values(x={"S": "x"})},
        "ExpressionAttributeNames can only be specified when using expressions",
    ),
    (
        "PutItem",
        {**put(), **values(x={"S": "x"})},
        "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null",
    ),
    (
        "UpdateItem",
        {**ONE, **values(x={"S": "x"})},
        (
            "ExpressionAttributeValues can only be specified when using expressions: "
            "UpdateExpression and ConditionExpression are null"
        ),
    ),
    (
        "Query",
        {**THINGS, "ProjectionExpression": "a", **values(x={"S": "x"})},
        (
            "ExpressionAttributeValues can only be specified when using expressions: "
            "FilterExpression and KeyConditionExpression are null"
        ),
    ),
    (
        "Scan",
        {**THINGS, **values(x={"S": "x"})},
        "ExpressionAttributeValues can only be specified when using expressions: FilterExpression is null",
    ),
    ("UpdateItem", update("", **names(), **values()), "ExpressionAttributeNames must not be empty"),
    ("UpdateItem", update("", **values()), "ExpressionAttributeValues must not be empty"),
    (
        "UpdateItem",
        update("", ExpressionAttributeNames={"a": "a"}),
        'ExpressionAttributeNames contains invalid key: Syntax error; key: "a"',
    ),
    (
        "UpdateItem",
        update("", ExpressionAttributeValues={":x": {}, "x": {"S": "x"}}),
        'ExpressionAttributeValues contains invalid key: Syntax error; key: "x"',
    ),
    (
        "UpdateItem",
        update("", ExpressionAttributeValues={":x": {}}),
        (
            "ExpressionAttributeValues contains invalid value: Supplied AttributeValue is empty, must contain exactly "
            "one of the supported datatypes for key :x"
        ),
    ),
    ("UpdateItem", update(""), "Invalid UpdateExpression: The expression can not be empty;"),
    ("PutItem", {**put(), "ConditionExpression": ""}, "Invalid ConditionExpression: The expression can not be empty;"),
    (
        "UpdateItem",
        update("REMOVE a", ConditionExpression="b =", **names(c="c")),
        'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "="',
    ),
    (
        "UpdateItem",
        update("REMOVE a", **names(c="c"), **values(x={"S": "x"})),
        "Value provided in ExpressionAttributeNames unused in expressions: keys: {#c}",
    ),
    (
        "UpdateItem",
        update("REMOVE a", **values(x={"S": "x"})),
        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:x}",
    ),
    ("GetItem", {**ONE, "AttributesToGet": ["a", "b", "a"]}, IPV + "Duplicate value in attribute name: a"),
    # ── expressions ──────────────────────────────────────────────────────────────────────────────────────────────────
    ("UpdateItem", update("SET _x = a"), 'Invalid UpdateExpression: Syntax error; token: "_", near: "SET _x"'),
    (
        "UpdateItem",
        update("SET a = b SET c = d"),
        'Invalid UpdateExpression: The "SET" section can only be used once in an update expression;',
    ),
    (
        "UpdateItem",
        update("SET name = a"),
        "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: name",
    ),
    (
        "UpdateItem",
        update("SET a = #b"),
        (
            "Invalid UpdateExpression: An expression attribute name used in the document path is not defined; "
            "attribute name: #b"
        ),
    ),
    (
        "UpdateItem",
        update("SET a = :b"),
        (
            "Invalid UpdateExpression: An expression attribute value used in expression is not defined; "
            "attribute value: :b"
        ),
    ),
    (
        "GetItem",
        {**ONE, "ProjectionExpression": "z, z, l"},
        (
            "Invalid ProjectionExpression: Two document paths overlap with each other; "
            "must remove or rewrite one of these paths; path one: [z], path two: [z]"
        ),
    ),
    (
        "GetItem",
        {**ONE, "ProjectionExpression": "a[0], b, a.c"},
        (
            "Invalid ProjectionExpression: Two document paths conflict with each other; "
            "must remove or rewrite one of these paths; path one: [a, [0]], path two: [a, c]"
        ),
    ),
    (
        "UpdateItem",
        update("ADD a :x", **values(x={"S": "x"})),
        (
            "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, "
            "operand type: STRING"
        ),
    ),
    (
        "UpdateItem",
        condition("((a = :x))", **values(x={"S": "x"})),
        "Invalid ConditionExpression: The expression has redundant parentheses;",
    ),
    (
        "UpdateItem",
        condition("SIZE(a) = :x", **values(x={"S": "x"})),
        "Invalid ConditionExpression: Invalid function name; function: SIZE",
    ),
    (
        "UpdateItem",
        condition("a.b = a.b"),
        (
            "Invalid ConditionExpression: The first operand must be distinct from the remaining operands for this "
            "operator or function; operator: =, first operand: [a, b]"
        ),
    ),
    (
        "UpdateItem",
        condition("size(:x) > a", **values(x={"BOOL": True})),
        (
            "Invalid ConditionExpression: Incorrect operand type for operator or function; operator or function: size, "
            "operand type: BOOL"
        ),
    ),
    (
        "UpdateItem",
        condition("begins_with(a)"),
        (
            "Invalid ConditionExpression: Incorrect number of operands for operator or function; "
            "operator or function: begins_with, number of operands: 1"
        ),
    ),
    (
        "UpdateItem",
        condition("a BETWEEN :x AND :y", **values(x={"S": "b"}, y={"S": "a"})),
        (
            "Invalid ConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal to "
            "lower bound; lower bound operand: AttributeValue: {S:b}, upper bound operand: AttributeValue: {S:a}"
        ),
    ),
    (
        "UpdateItem",
        update("SET a = b"),
        "The provided expression refers to an attribute that does not exist in the item",
    ),
    ("UpdateItem", update("REMOVE a.b"), "The document path provided in the update expression is invalid for update"),
    (
        "UpdateItem",
        update("SET b = list_append(pk, nope)"),
        "An operand in the update expression has an incorrect data type",
    ),
    # ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────
    ("PutItem", put(a={"N": " 1"}), "The parameter cannot be converted to a numeric value:  1"),
    ("PutItem", put(a={"N": ""}), "The parameter cannot be converted to a numeric value"),
    (
        "PutItem",
        put(a={"N": "1", "S": "x"}),
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
    ),
    ("PutItem", put(a={"N": "x", "S": "x"}), "The parameter cannot be converted to a numeric value: x"),
    ("PutItem", put(a={"SS": ["a", "a"]}), IPV + "Input collection [a, a] contains duplicates."),
    ("PutItem", put(a={"NS": ["1", "1.0"]}), "Input collection contains duplicates"),
    ("PutItem", put(a={"BS": ["AA==", "AA=="]}), IPV + "Input collection [AA==, AA==]of type BS contains duplicates."),
    ("PutItem", put(a={"SS": []}), IPV + "An string set  may not be empty"),
    ("PutItem", put(a={"NULL": False}), IPV + "Null attribute value types must have the value of true"),
    (
        "PutItem",
        put(a={"N": "1e126"}),
        "Number overflow. Attempting to store a number with magnitude larger than supported range",
    ),
    ("PutItem", put(a={"N": "1" * 39}), "Attempting to store more than 38 significant digits in a Number"),
    (
        "PutItem",
        {**put(a={}), "ReturnValues": "ALL_NEW", "TableName": "nowhere"},
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
    ),
    (
        "PutItem",
        {**put(), "ReturnValues": "ALL_NEW", "TableName": "nowhere"},
        "ReturnValues can only be ALL_OLD or NONE",
    ),
    ("DeleteItem", {**ONE, "ReturnValues": "UPDATED_OLD"}, "ReturnValues can only be ALL_OLD or NONE"),
    ("PutItem", put(a={"S": "x" * 409_600}), "Item size has exceeded the maximum allowed size"),
    # ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────
    ("GetItem", {**THINGS, "Key": {"pk": {"S": "a"}}}, NO_MATCH),
    ("GetItem", {**THINGS, "Key": {"pk": {"S": "a"}, "sk": {"S": "1"}}}, NO_MATCH),
    ("GetItem", {**THINGS, "Key": {**KEY, "g": {"S": "a"}}}, NO_MATCH),
    (
        "GetItem",
        {**THINGS, "Key": {"pk": {"S": ""}, "sk": {"N": "1"}}},
        NOT_VALID + "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk",
    ),
    (
        "GetItem",
        {**THINGS, "Key": {}, "ProjectionExpression": "pk.a"},
        "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: pk",
    ),
    ("PutItem", {**THINGS, "Item": {"pk": {"S": "a"}}}, IPV + "Missing the key sk in the item"),
    (
        "PutItem",
        {**THINGS, "Item": {"pk": {"S": "a"}, "sk": {"B": "AA=="}}},
        IPV + "Type mismatch for key sk expected: N actual: B",
    ),
    ("BatchWriteItem", {"RequestItems": {"things": [{"PutRequest": {"Item": {"pk": {"S": "a"}}}}]}}, NO_MATCH),
    (
        "PutItem",
        {**THINGS, "Item": {"pk": {"S": "x" * 2049}, "sk": {"N": "1"}}},
        IPV + "Size of hashkey has exceeded the maximum size limit of2048 bytes",
    ),
    (
        "PutItem",
        put(h={"N": "1"}),
        IPV + "Type mismatch for Index Key h Expected: B Actual: N IndexName: global",
    ),
    (
        "PutItem",
        put(h={"B": ""}),
        NOT_VALID + "A value specified for a secondary index key is not supported. The AttributeValue for a key "
        "attribute cannot contain an empty binary value. IndexName: global, IndexKey: h",
    ),
    (
        "UpdateItem",
        update("SET h = :x", **values(x={"B": ""})),
        NOT_VALID + "The update expression attempted to update a secondary index key to a value that is not "
        "supported. The AttributeValue for a key attribute cannot contain an empty binary value.",
    ),
    (
        "UpdateItem",
        update("SET sk = :x", ConditionExpression="attribute_exists(pk)", **values(x={"N": "1"})),
        IPV + "Cannot update attribute sk. This attribute is part of the key",
    ),
    # ── queries and scans ────────────────────────────────────────────────────────────────────────────────────────────
    ("Query", THINGS, "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."),
    (
        "Query",
        query("pk = :x OR sk = :x", **values(x={"S": "x"})),
        "Invalid operator used in KeyConditionExpression: OR",
    ),
    (
        "Query",
        query("sk = :x", **values(x={"N": "1"})),
        "Query condition missed key schema element: pk",
    ),
    ("Query", query("pk > :x", **values(x={"S": "x"})), "Query key condition not supported"),
    (
        "Query",
        query("pk = :x", **values(x={"N": "1"})),
        IPV + "Condition parameter type does not match schema type",
    ),
    (
        "Query",
        query("g = :x", IndexName="global", **values(x={"S": ""})),
        NOT_VALID + "A value specified for a secondary index key is not supported. The AttributeValue for a key "
        "attribute cannot contain an empty string value. IndexName: global, IndexKey: g",
    ),
    (
        "Query",
        query("pk = :x", IndexName="nowhere", ConsistentRead=True, **values(x={"N": "1"})),
        "The table does not have the specified index: nowhere",
    ),
    (
        "Query",
        query("g = :x", IndexName="global", ConsistentRead=True, **values(x={"N": "1"})),
        "Consistent reads are not supported on global secondary indexes",
    ),
    (
        "Query",
        query("pk = :x", FilterExpression="sk = :y", **values(x={"S": "x"}, y={"N": "1"})),
        "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk",
    ),
    (
        "Query",
        query("g = :x", IndexName="global", Select="ALL_ATTRIBUTES", **values(x={"S": "x"})),
        IPV + "Select type ALL_ATTRIBUTES is not supported for global secondary index global because its projection "
        "type is not ALL",
    ),
    (
        "Scan",
        {**THINGS, "IndexName": "global", "ProjectionExpression": "a, g.b"},
        "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: g",
    ),
    (
        "Scan",
        {**THINGS, "IndexName": "global", "ProjectionExpression": "a"},
        IPV + "Global secondary index global does not project [a]",
    ),
    (
        "Scan",
        {**THINGS, "Segment": 2, "TotalSegments": 2},
        (
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 2 is not less "
            "than TotalSegments: 2"
        ),
    ),
    # ── batches and transactions ─────────────────────────────────────────────────────────────────────────────────────
    ("BatchGetItem", {"RequestItems": {}}, "The requestItems parameter is required for BatchGetItem"),
    (
        "BatchGetItem",
        {"RequestItems": {"things": {"Keys": [KEY, KEY]}}},
        "Provided list of item keys contains duplicates",
    ),
    (
        "TransactWriteItems",
        {"TransactItems": [{"Delete": ONE}, {"Put": put()}]},
        "Transaction request cannot include multiple operations on one item",
    ),
    (
        "TransactWriteItems",
        {"TransactItems": [{"Delete": ONE, "Put": put()}]},
        "TransactItems can only contain one of Check, Put, Update or Delete",
    ),
    # ── the older parameters ─────────────────────────────────────────────────────────────────────────────────────────
    (
        "PutItem",
        {**put(), "Expected": {"a": {"Exists": True}}},
        IPV + "Value must be provided when Exists is true for Attribute: a",
    ),
    (
        "UpdateItem",
        {**ONE, "AttributeUpdates": {"a": {"Action": "ADD", "Value": {"S": "x"}}}},
        IPV + "ADD action is not supported for the type S",
    ),
    (
        "Scan",
        {**THINGS, "ScanFilter": {"a": {"ComparisonOperator": "IN", "AttributeValueList": [{"S": "a"}, {"L": []}]}}},
        IPV + "AttributeValues inside AttributeValueList must be of same type",
    ),
]
