"""Query: what it refuses, with which texts, and which of two mistakes is told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulated_items import INDEXED, KEY_MISMATCH, NOT_FOUND, SIMPLE, SORTED, World, item
from tests.simulated_queries import INVALID, START_KEY, by_conditions, by_expression, filled, on_index


@pytest.fixture
def world() -> World:
    return filled()


def refusal(world: World, **request: Any) -> str:
    return world.message("Query", **request)


# ── what is refused before the table is looked up ────────────────────────────────────────────────────────────────────
def fault(value: str, place: str, constraint: str) -> str:
    return f"Value {value} at '{place}' failed to satisfy constraint: {constraint}"


OPERATORS = (
    "Member must satisfy enum value set: "
    "[IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, BEGINS_WITH, GE, CONTAINS]"
)
SELECT = "Member must satisfy enum value set: [SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]"


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (
            {"TableName": "none", "Limit": 0, "Select": "ALL", "IndexName": "a!"},
            "4 validation errors detected: "
            + "; ".join(
                [
                    fault("'ALL'", "select", SELECT),
                    fault("'a!'", "indexName", "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"),
                    fault("'a!'", "indexName", "Member must have length greater than or equal to 3"),
                    fault("'0'", "limit", "Member must have value greater than or equal to 1"),
                ]
            ),
        ),
        (
            {"Limit": 0, "ReturnConsumedCapacity": "", "ConditionalOperator": "", "AttributesToGet": []},
            "5 validation errors detected: "
            + "; ".join(
                [
                    fault(
                        "''",
                        "returnConsumedCapacity",
                        "Member must satisfy enum value set: [INDEXES, TOTAL, NONE]",
                    ),
                    fault("null", "tableName", "Member must not be null"),
                    fault("''", "conditionalOperator", "Member must satisfy enum value set: [OR, AND]"),
                    fault("'[]'", "attributesToGet", "Member must have length greater than or equal to 1"),
                    fault("'0'", "limit", "Member must have value greater than or equal to 1"),
                ]
            ),
        ),
        (
            {"TableName": "none", "QueryFilter": {"a": {"ComparisonOperator": "X"}}, "KeyConditions": {"b": {}}},
            "2 validation errors detected: "
            + "; ".join(
                [
                    fault("'X'", "queryFilter.a.member.comparisonOperator", OPERATORS),
                    fault("null", "keyConditions.b.member.comparisonOperator", "Member must not be null"),
                ]
            ),
        ),
    ],
)
def test_constraints(world: World, request_: dict[str, Any], expected: str) -> None:
    assert refusal(world, **request_) == expected


MIXED = "Can not use both expression and non-expression parameters in the same request: "
EQ_P = {"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "p"}]}}
ALL_PLAIN = {
    "AttributesToGet": ["a"],
    "QueryFilter": {"a": {"ComparisonOperator": "NULL"}},
    "ConditionalOperator": "OR",
    "KeyConditions": EQ_P,
}


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({}, "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."),
        (
            {**ALL_PLAIN, "KeyConditionExpression": "", "ProjectionExpression": "", "FilterExpression": ""},
            MIXED + "Non-expression parameters: {AttributesToGet, QueryFilter, ConditionalOperator, KeyConditions} "
            "Expression parameters: {ProjectionExpression, FilterExpression, KeyConditionExpression}",
        ),
        (
            {"KeyConditions": EQ_P, "AttributesToGet": ["a"], "FilterExpression": ""},
            MIXED + "Non-expression parameters: {AttributesToGet} Expression parameters: {FilterExpression}",
        ),
        (
            {"KeyConditions": EQ_P, "ExpressionAttributeNames": {}},
            "ExpressionAttributeNames can only be specified when using expressions",
        ),
        (
            {"KeyConditions": EQ_P, "ProjectionExpression": "a", "ExpressionAttributeValues": {}},
            (
                "ExpressionAttributeValues can only be specified when using expressions: "
                "FilterExpression and KeyConditionExpression are null"
            ),
        ),
        (
            {"QueryFilter": {"a": {"ComparisonOperator": "EQ"}}, "AttributesToGet": ["a", "a"]},
            INVALID + "Invalid number of argument(s) for the EQ ComparisonOperator",
        ),
        (
            {"QueryFilter": {"a": {"ComparisonOperator": "NULL"}}, "ConditionalOperator": "OR"},
            "ConditionalOperator can only be used when Filter or Expected has two or more elements",
        ),
        (
            {"KeyConditions": EQ_P, "ConditionalOperator": "OR"},
            "ConditionalOperator cannot be used without Filter or Expected",
        ),
        (
            {"AttributesToGet": ["a", "b", "a"], "ExclusiveStartKey": {"a": {}}},
            INVALID + "Duplicate value in attribute name: a",
        ),
        (
            {"ExclusiveStartKey": {"a": {}}},
            f"{START_KEY}: Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
        ),
        ({"ExclusiveStartKey": {"a": {"SS": []}}}, f"{START_KEY}: {INVALID}An string set  may not be empty"),
        ({"ExclusiveStartKey": {"a": {"NS": []}}}, INVALID + "An number set  may not be empty"),
        ({"ExclusiveStartKey": {"a": {"N": "x"}}}, "The parameter cannot be converted to a numeric value: x"),
        ({"ExclusiveStartKey": {"a": {"NS": ["1", "1.0"]}}}, "Input collection contains duplicates"),
        ({"KeyConditionExpression": ""}, "Invalid KeyConditionExpression: The expression can not be empty;"),
        (
            {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {}},
            "ExpressionAttributeValues must not be empty",
        ),
        (
            {"KeyConditionExpression": "pk = :p", "FilterExpression": "a b", "ProjectionExpression": "a b"},
            (
                "Invalid KeyConditionExpression: An expression attribute value used in expression is not defined; "
                "attribute value: :p"
            ),
        ),
        (
            {"KeyConditions": {}, "FilterExpression": "a b", "ProjectionExpression": "c d"},
            'Invalid FilterExpression: Syntax error; token: "b", near: "a b"',
        ),
        (
            {"KeyConditions": {}, "ProjectionExpression": "c d"},
            'Invalid ProjectionExpression: Syntax error; token: "d", near: "c d"',
        ),
        (
            {"KeyConditions": {}, "ProjectionExpression": "a", "ExpressionAttributeNames": {"#b": "b"}},
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}",
        ),
        (
            by_expression("pk <> :p", values={"q": "q"}, ProjectionExpression=":q") | {"ProjectionExpression": "a"},
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:q}",
        ),
        (by_expression("pk <> :p"), "Invalid operator used in KeyConditionExpression: <>"),
        (by_expression("pk = :p AND a = :p AND b = :p"), "Conditions can be of length 1 or 2 only"),
        ({"KeyConditions": {}}, "Conditions can be of length 1 or 2 only"),
        (by_conditions(a="x", b="x", c="x"), "Conditions can be of length 1 or 2 only"),
        (
            by_conditions(a=["EQ"], b="x", c="x"),
            INVALID + "Invalid number of argument(s) for the EQ ComparisonOperator",
        ),
        (
            by_conditions(pk=["BETWEEN", "b", "a"]),
            "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound",
        ),
        (
            by_conditions(pk=["LT", {"BOOL": True}]),
            INVALID + "ComparisonOperator LT is not valid for BOOL AttributeValue type",
        ),
        (
            by_expression("pk <> :p", Select="SPECIFIC_ATTRIBUTES"),
            "Invalid operator used in KeyConditionExpression: <>",
        ),
        (
            by_expression(Select="SPECIFIC_ATTRIBUTES"),
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
        ),
        (
            by_expression(Select="COUNT", ProjectionExpression="a"),
            "Cannot specify the ProjectionExpression when choosing to get only the Count",
        ),
        (
            by_conditions(pk="p") | {"Select": "ALL_ATTRIBUTES", "AttributesToGet": ["a"]},
            "Cannot specify the AttributesToGet when choosing to get ALL_ATTRIBUTES",
        ),
        (
            by_expression(Select="ALL_PROJECTED_ATTRIBUTES", ProjectionExpression="a"),
            "Cannot specify the ProjectionExpression when choosing to get ALL_PROJECTED_ATTRIBUTES",
        ),
        (
            by_expression(Select="ALL_PROJECTED_ATTRIBUTES"),
            "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName",
        ),
    ],
)
def test_what_is_refused_whether_the_table_exists_or_not(world: World, request_: dict[str, Any], expected: str) -> None:
    for table in ("nope", SORTED):
        assert refusal(world, **{**request_, "TableName": table}) == expected


def test_a_table_that_does_not_exist(world: World) -> None:
    error = world.refused("Query", **by_expression("nope = :p", TableName="nope", IndexName="none"))
    assert (error.name, error.message) == ("ResourceNotFoundException", NOT_FOUND)


# ── what is refused when the table is known ──────────────────────────────────────────────────────────────────────────
KEY = item(pk="p", sk="b")


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (by_expression("nope = :p", IndexName="none"), "The table does not have the specified index: none"),
        (
            on_index("by-g", "nope = :p", ConsistentRead=True),
            "Consistent reads are not supported on global secondary indexes",
        ),
        # the start key's members, then each key with its condition
        (by_expression("nope = :p", ExclusiveStartKey=item(pk="p")), START_KEY),
        (by_expression("nope = :p", ExclusiveStartKey={}), START_KEY),
        (by_expression("nope = :p", ExclusiveStartKey=item(pk="p", sk="b", x="y")), START_KEY),
        (by_expression("nope = :p", ExclusiveStartKey=item(sk="b", x="y")), START_KEY),
        (by_expression("nope = :p", ExclusiveStartKey=item(pk=1, sk=1)), KEY_MISMATCH),
        (
            by_expression("nope = :p", ExclusiveStartKey=item(pk="", sk=1)),
            (
                f"{START_KEY}: One or more parameter values are not valid. "
                "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk"
            ),
        ),
        (
            by_expression("nope = :p", ExclusiveStartKey=item(pk="p", sk=1)),
            "Query condition missed key schema element: pk",
        ),
        (by_expression(ExclusiveStartKey=item(pk="p", sk=1)), KEY_MISMATCH),
        (by_expression("pk = :p AND a = :p", ExclusiveStartKey=item(pk="p", x="y")), START_KEY),
        (
            by_expression("pk = :p AND a = :p", ExclusiveStartKey=KEY),
            "Query condition missed key schema element: sk",
        ),
        (
            by_conditions(pk="p", sk=["NE", "x"]),
            "Attempted conditional constraint is not an indexable operation",
        ),
        (by_conditions(pk=["IN", {"N": "1"}]), "Attempted conditional constraint is not an indexable operation"),
        (by_conditions(pk=["GT", {"N": "1"}]), INVALID + "Condition parameter type does not match schema type"),
        (by_conditions(pk=["GT", "p"]), "Query key condition not supported"),
        (by_expression("pk = :p AND a = :p", TableName=SIMPLE), "Query key condition not supported"),
        # the start key as a whole
        (
            by_expression("pk = :p", ExclusiveStartKey=item(pk="other", sk="b")),
            "The provided starting key is outside query boundaries based on provided conditions",
        ),
        (
            by_expression("pk = :p AND sk > :b", values={"b": "b"}, ExclusiveStartKey=KEY),
            "The provided starting key does not match the range key predicate",
        ),
        (
            by_expression("pk = :p AND sk > :b", values={"b": "b"}, ExclusiveStartKey=item(pk="other", sk="b")),
            "The provided starting key does not match the range key predicate",
        ),
        (
            by_expression("pk = :p AND sk = :b", values={"b": "b"}, ExclusiveStartKey=item(pk="other", sk="b")),
            "The query can return at most one row and cannot be restarted",
        ),
        (
            by_expression(TableName=SIMPLE, ExclusiveStartKey=item(pk="q")),
            "The provided starting key is outside query boundaries based on provided conditions",
        ),
        # the start key of an index
        (on_index("by-n", "pk = :p", ExclusiveStartKey=KEY), START_KEY),
        (on_index("by-n", "pk = :p", ExclusiveStartKey=KEY | item(x=1)), START_KEY),
        (on_index("by-n", "pk = :p", ExclusiveStartKey=KEY | item(n="1")), KEY_MISMATCH),
        (
            on_index("by-n", "pk = :p", ExclusiveStartKey=item(pk="p", sk=1, n=1)),
            f"{START_KEY}: {KEY_MISMATCH}",
        ),
        (
            on_index("by-n", "pk = :p", ExclusiveStartKey=item(pk="p", x="y", n=1)),
            f"{START_KEY}: {KEY_MISMATCH}",
        ),
        (
            on_index("by-n", "pk = :p", ExclusiveStartKey=item(pk="p", sk="", n=1)),
            (
                f"{START_KEY}: One or more parameter values are not valid. "
                "The AttributeValue for a key attribute cannot contain an empty string value. Key: sk"
            ),
        ),
        (
            on_index("by-n", "pk = :p", ExclusiveStartKey=item(pk="q", sk="1", n=1)),
            "The provided starting key is outside query boundaries based on provided conditions",
        ),
        (
            on_index("by-gn", "g = :x AND n < :n", values={"x": "x", "n": 2}, ExclusiveStartKey=KEY | item(g="x", n=2)),
            "The provided starting key does not match the range key predicate",
        ),
        # projections and filters
        (
            by_expression("pk = :p", ProjectionExpression="a, sk.b", FilterExpression="pk = :p"),
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: sk",
        ),
        (
            by_expression("pk = :p", TableName=INDEXED, ProjectionExpression="n[0]"),
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: n",
        ),
        (
            by_expression("pk = :p", FilterExpression="n = :p OR sk = :p AND pk = :p"),
            "Filter Expression can only contain non-primary key attributes: Primary key attribute: pk",
        ),
        (
            by_expression("pk = :p", FilterExpression="sk.x = :p"),
            "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk",
        ),
        (
            by_conditions(pk="p") | {"QueryFilter": {"sk": {"ComparisonOperator": "NULL"}}},
            "QueryFilter can only contain non-primary key attributes: Primary key attribute: sk",
        ),
        (
            on_index("by-n", "pk = :p", FilterExpression="n = :p"),
            "Filter Expression can only contain non-primary key attributes: Primary key attribute: n",
        ),
        (
            on_index("by-gn", "g = :x", values={"x": "x"}, FilterExpression="kept = :x AND extra = :x"),
            INVALID + "Secondary index by-gn does not project one or more filter attributes: [extra, kept]",
        ),
        (
            on_index("by-t", "pk = :p", FilterExpression="extra = :p", Select="ALL_ATTRIBUTES"),
            INVALID + "Secondary index by-t does not project one or more filter attributes: [extra]",
        ),
        (
            on_index("by-gn", "g = :x", values={"x": "x"}, Select="ALL_ATTRIBUTES"),
            INVALID + "Select type ALL_ATTRIBUTES is not supported for global secondary index by-gn "
            "because its projection type is not ALL",
        ),
        (
            on_index("by-gn", "g = :x", values={"x": "x"}, ProjectionExpression="kept[0], extra.a, g, pk"),
            INVALID + "Global secondary index by-gn does not project [extra, kept]",
        ),
        (
            by_expression("pk = :p", TableName=INDEXED, FilterExpression="n.x = :p"),
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: n",
        ),
    ],
)
def test_what_is_refused_of_a_table(world: World, request_: dict[str, Any], expected: str) -> None:
    assert refusal(world, **request_) == expected
