"""What shows that DynamoDB Local still answers otherwise: requests for every entry of the known differences.

All are put to ``refusals.TABLE``, empty at first: keys ``pk`` (S) and ``sk`` (N); index ``local`` (``pk``, ``g``),
index ``global`` (``g`` S, ``h`` B), which holds keys only. The last request is the one that is answered otherwise;
those before it are answered alike.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from tests.differential.refusals import KEY, ONE, THINGS, Request, condition, names, put, query, update, values

Ask: TypeAlias = tuple[str, Request]

OTHER: Final[Request] = {"pk": {"S": "b"}, "sk": {"N": "2"}}
MEASURED: Final[Request] = {"ReturnConsumedCapacity": "INDEXES"}
ALL: Final = query("pk = :a", **values(a={"S": "a"}))


def scan(text: str, **more: Any) -> Request:
    return {**THINGS, "FilterExpression": text, **more}


def on_global(request: Request, text: str = "g = :a") -> Request:
    return request | {"IndexName": "global", "KeyConditionExpression": text}


def get(*keys: Request, **more: Any) -> Ask:
    """Keys of the table, in one batch."""
    return "BatchGetItem", {"RequestItems": {"things": {"Keys": [*keys], **more}}}


def transact(*parts: tuple[str, Request], **more: Any) -> Ask:
    return "TransactWriteItems", {"TransactItems": [{kind: part} for kind, part in parts], **more}


def transact_get(*keys: Request, **more: Any) -> Ask:
    parts = [{"Get": {**THINGS, "Key": key}} for key in keys]
    return "TransactGetItems", {"TransactItems": parts, **more}


def compared(operator: str, *arguments: Request) -> Request:
    return {"ComparisonOperator": operator, "AttributeValueList": [*arguments]}


FAILING: Final = condition("attribute_exists(pk)")

EXAMPLES: Final[dict[str, list[Ask]]] = {
    "json types": [("Scan", {"TableName": 0})],
    "shapes": [("BatchGetItem", {})],
    "booleans": [("GetItem", {**ONE, "ConsistentRead": 0})],
    "empty choices": [("GetItem", {**ONE, "ReturnConsumedCapacity": ""})],
    "texts of Local": [("BatchWriteItem", {"RequestItems": {}})],
    "tables and keys last": [get({}, ProjectionExpression="!")],
    "one part is blamed": [transact_get({})],
    "values first": [("DeleteItem", {**THINGS, "Key": {"pk": {}}, "ReturnValues": "ALL_NEW"})],
    "sets of binaries": [("UpdateItem", update("SET a = :a", **values(a={"BS": ["AA==", "AA=="]})))],
    "Local fails inside": [("UpdateItem", {**ONE, "ReturnValues": "UPDATED_NEW"})],
    "capacity unasked for": [("DeleteItem", ONE)],
    "reads that find nothing": [("Scan", {**THINGS, **MEASURED})],
    "writes counted twice": [
        ("BatchWriteItem", {"RequestItems": {"things": [{"DeleteRequest": {"Key": KEY}}]}, **MEASURED})
    ],
    "arms of transactions": [transact_get(KEY, **MEASURED)],
    "sparse indexes": [("PutItem", put(h={"B": "AA=="})), ("PutItem", {**put(g={"S": "a"}), **MEASURED})],
    "innocent paths": [("GetItem", {**ONE, "ProjectionExpression": "a, b, a"})],
    "two faults in an item": [("UpdateItem", update("SET a = nope REMOVE b.c"))],
    "updates of keys": [
        ("UpdateItem", update("SET g = :a REMOVE b.c", **values(a={"N": "1"}))),
    ],
    "updates of keys in transactions": [
        transact(("Update", update("SET g = :a", ConditionExpression="b = :a", **values(a={"N": "1"}))))
    ],
    "parts after an update of a key": [
        transact(("Update", update("REMOVE pk")), ("Update", {**THINGS, "Key": OTHER, "UpdateExpression": "REMOVE pk"}))
    ],
    "paths into keys in transactions": [transact(("ConditionCheck", condition("attribute_not_exists(g.a)")))],
    "values as steps": [("UpdateItem", update("REMOVE a.:b"))],
    "Select before tables": [("Query", query("pk > :a", Select="ALL_PROJECTED_ATTRIBUTES", **values(a={"S": "a"})))],
    "key conditions before projections": [
        ("Query", on_global({**ALL, "Select": "ALL_ATTRIBUTES", "FilterExpression": "attribute_exists(a)"}))
    ],
    "what needs no table before indexes": [("Scan", {**THINGS, "IndexName": "none", **values(a={"S": "a"})})],
    "filters of index scans": [
        ("PutItem", put(g={"S": "a"}, h={"B": "AA=="}, a={"S": "a"})),
        ("Scan", scan("attribute_not_exists(a)", IndexName="global")),
    ],
    "key conditions missing": [("Query", scan("attribute_exists(a)", **values(a={"S": "a"})))],
    "keys before execution": [
        transact(("Update", update("REMOVE pk")), ("Delete", {**THINGS, "Key": {}})),
    ],
    "keys before expressions": [
        transact(("Put", {**put(), **names(a="a")}), ("Put", {**THINGS, "Item": {**OTHER, "g": {"S": ""}}}))
    ],
    "paths into several keys": [("Scan", scan("attribute_exists(g.a)", ProjectionExpression="h.a"))],
    "reserved size": [("GetItem", {**ONE, "ProjectionExpression": "size"})],
    "NOT_CONTAINS": [("PutItem", {**put(), "Expected": {"a": compared("NOT_CONTAINS", {"S": "a"})}})],
    "NOT_CONTAINS in reads": [
        ("PutItem", put()),
        ("Scan", {**THINGS, "ScanFilter": {"a": compared("NOT_CONTAINS", {"S": "a"})}}),
    ],
    "types of index keys": [("UpdateItem", update("SET g = :a", **values(a={"N": "1"})))],
    "segments beyond the last": [("Scan", {**THINGS, "TotalSegments": 2, "Segment": 2})],
    "segments before expressions": [("Scan", scan("!", TotalSegments=2, Segment=2))],
    "starting keys": [("Scan", {**THINGS, "ExclusiveStartKey": {**KEY, "sk": {"L": []}}})],
    "updates that fail in transactions": [transact(("Update", update("SET a = nope")))],
    "items named twice": [transact(("ConditionCheck", FAILING), ("Delete", ONE))],
    "keys before duplicates": [transact_get(KEY, KEY, {})],
    "expressions before keys of batches": [get(KEY, KEY, ProjectionExpression="!")],
    "order of expressions": [("Query", scan("!"))],
    "key conditions before paths into keys": [
        ("Query", query("pk = :a AND size(g.a) = :a", **values(a={"S": "a"}))),
    ],
    "names before ReturnValues": [("PutItem", {**put(), **names(a="a"), "ReturnValues": "ALL_NEW"})],
    "ReturnValues before Expected": [("DeleteItem", {**ONE, "Expected": {"a": {}}, "ReturnValues": "ALL_NEW"})],
    "operators before types": [
        (
            "Query",
            {
                **THINGS,
                "KeyConditions": {"pk": compared("EQ", {"S": "a"}), "sk": compared("CONTAINS", {"S": "a"})},
            },
        )
    ],
    "AttributeUpdates first": [
        ("PutItem", put(a={"S": "a"})),
        (
            "UpdateItem",
            {
                **ONE,
                "AttributeUpdates": {
                    "a": {"Action": "ADD", "Value": {"N": "1"}},
                    "b": {"Action": "ADD", "Value": {"S": "a"}},
                },
            },
        ),
    ],
    "several types of arguments": [
        ("Scan", {**THINGS, "ScanFilter": {"a": compared("IN", {"SS": ["a"]}, {"S": "a"})}}),
    ],
}

TOKEN: Final = {"ClientRequestToken": "once"}

TEXT_EXAMPLES: Final[dict[str, list[Ask]]] = {
    "types of a set's action": [("UpdateItem", update("DELETE a :a", **values(a={"S": "a"})))],
    "failed conditions": [transact(("ConditionCheck", FAILING))],
    "ReturnValues": [("PutItem", {**put(), "ReturnValues": "ALL_NEW"})],
    "tables for data": [("GetItem", {**ONE, "TableName": "nowhere"})],
    "consistent reads": [("Query", on_global({**ALL, "ConsistentRead": True}))],
    "conditions on keys": [("GetItem", {**THINGS, "Key": {}})],
    "Amazon's own types": [("UpdateItem", condition("attribute_type(a, b)"))],
    "short types": [("UpdateItem", {**ONE, "AttributeUpdates": {"a": {"Action": "ADD", "Value": {"S": "a"}}}})],
    "scalar sort keys": [
        (
            "Query",
            {**THINGS, "KeyConditions": {"pk": compared("EQ", {"S": "a"}), "sk": {"ComparisonOperator": "NULL"}}},
        )
    ],
    "duplicates in sets of texts": [
        ("UpdateItem", update("SET a = :a", **values(a={"SS": ["a", "a"]}))),
    ],
    "tokens": [transact(("Put", put()), **TOKEN), transact(("Delete", ONE), **TOKEN)],
    "nulls": [("TransactWriteItems", {})],
}
