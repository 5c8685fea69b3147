"""The CreateTable request of a contract's table: its keys, its indexes with their projections, and nothing beside."""

from __future__ import annotations

from typing import Any

from ..contract.model import Contract, Index, TableContract
from ..conventions import DEFAULT, Conventions


def create_table_request(table: TableContract, conventions: Conventions = DEFAULT) -> dict[str, Any]:
    """CreateTable for a table of the contract, on demand, in wire shape: for ``db.call("CreateTable", ...)``,
    ``DynamoDB.in_memory([...])`` and ``hashrange serve --tables``."""
    request: dict[str, Any] = {
        "TableName": conventions.table_prefix + table.name,
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind} for name, kind in table.key_attributes().items()
        ],
        "KeySchema": key_schema(table.pk, table.sk),
        "BillingMode": "PAY_PER_REQUEST",
    }
    if table.indexes:
        request["GlobalSecondaryIndexes"] = [index_request(index) for index in table.indexes.values()]
    return request


def create_table_requests(contract: Contract, conventions: Conventions = DEFAULT) -> list[dict[str, Any]]:
    """The requests of all its tables."""
    return [create_table_request(table, conventions) for table in contract.tables.values()]


def index_request(index: Index) -> dict[str, Any]:
    """A global index, as in CreateTable."""
    projection: dict[str, Any] = {"ProjectionType": index.projection}
    if index.projection == "INCLUDE":
        projection["NonKeyAttributes"] = list(index.projected)
    return {"IndexName": index.name, "KeySchema": key_schema(index.pk, index.sk), "Projection": projection}


def key_schema(pk: str, sk: str | None) -> list[dict[str, str]]:
    """A KeySchema."""
    keys = [{"AttributeName": pk, "KeyType": "HASH"}]
    if sk is not None:
        keys.append({"AttributeName": sk, "KeyType": "RANGE"})
    return keys
