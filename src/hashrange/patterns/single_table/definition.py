"""The table's own definition: the CreateTable request, and the CloudFormation resource.

Made of the key schema and of the types that templates give the key attributes. Must not know entities.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...key import KeySchema
from ...schema import TableSchema


def create_table_request(schema: TableSchema, types: Mapping[str, str], name: str | None) -> dict[str, Any]:
    """CreateTable, in wire shape; a key attribute that no entity uses is text."""
    indexes = schema.indexes.values()
    used = dict.fromkeys(
        attribute for keys in (schema.keys, *(index.keys for index in indexes)) for attribute in keys.names
    )
    request: dict[str, Any] = {
        "TableName": name or schema.name,
        "AttributeDefinitions": [
            {"AttributeName": attribute, "AttributeType": types.get(attribute, "S")} for attribute in used
        ],
        "KeySchema": _keys(schema.keys),
        "BillingMode": "PAY_PER_REQUEST",
    }
    for kind, is_global in (("GlobalSecondaryIndexes", True), ("LocalSecondaryIndexes", False)):
        found = [
            {"IndexName": index.name, "KeySchema": _keys(index.keys), "Projection": {"ProjectionType": "ALL"}}
            for index in indexes
            if index.is_global is is_global
        ]
        if found:
            request[kind] = found
    return request


def cloudformation(schema: TableSchema, types: Mapping[str, str], name: str | None) -> dict[str, Any]:
    """AWS::DynamoDB::Table (CloudFormation user guide, resource reference)."""
    properties = create_table_request(schema, types, name)
    if schema.ttl_attribute is not None:
        properties["TimeToLiveSpecification"] = {"AttributeName": schema.ttl_attribute, "Enabled": True}
    return {"Type": "AWS::DynamoDB::Table", "Properties": properties}


def _keys(keys: KeySchema) -> list[dict[str, str]]:
    kinds = ("HASH", "RANGE")
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(keys.names, kinds, strict=False)]
