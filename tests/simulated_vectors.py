"""A simulated world with a table of products and a vector index: short requests, and what they answer or refuse."""

from __future__ import annotations

import random
from typing import Any

import pytest

from hashrange.simulator.engine import Engine
from hashrange.simulator.errors import ApiError
from hashrange.simulator.shapes import Wording
from tests.fakes import FakeClock

PRODUCTS, VECTORS = "Products", "by-embedding"
INVALID = "One or more parameter values were invalid: "
SCHEMA = {"category": "HASH", "brand": "INLINE_FILTER"}
ARN = f"arn:aws:dynamodb:us-east-1:123456789012:table/{PRODUCTS}"


def numbers(*values: float | str) -> list[dict[str, str]]:
    """A vector as SearchVector has it."""
    return [{"N": str(value)} for value in values]


def vector(*values: float | str) -> dict[str, Any]:
    """A vector as an item has it."""
    return {"L": numbers(*values)}


def vector_index(name: str = VECTORS, schema: dict[str, str] | None = None, **members: Any) -> dict[str, Any]:
    """The request for an index of three dimensions; None takes a member away."""
    elements = [{"AttributeName": key, "SearchSchemaElementType": role} for key, role in (schema or {}).items()]
    index = {
        "IndexName": name,
        "VectorAttribute": {"AttributeName": "embedding"},
        "SearchSchema": elements or None,
        "Projection": {"ProjectionType": "ALL"},
        "Dimensions": 3,
        "DistanceFunction": "COSINE",
    } | members
    return {member: value for member, value in index.items() if value is not None}


def creation(*indexes: dict[str, Any], types: dict[str, str] | None = None, **members: Any) -> dict[str, Any]:
    """A CreateTable request with these vector indexes; the types of what their schemas name are S."""
    named = {each["AttributeName"] for index in indexes for each in index.get("SearchSchema", ())}
    all_types = {"id": "S", **dict.fromkeys(sorted(named), "S"), **(types or {})}
    request = {
        "TableName": PRODUCTS,
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind in all_types.items()],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "VectorIndexes": list(indexes),
    } | members
    return {name: value for name, value in request.items() if value is not None}


class World:
    """An engine on a clock that stands; with indexes also the table that has them."""

    def __init__(
        self,
        *indexes: dict[str, Any],
        types: dict[str, str] | None = None,
        engine: Engine | None = None,
        wording: Wording = "classic",
        **settings: Any,
    ) -> None:
        self.clock = FakeClock()
        self.engine = engine or Engine(
            clock=self.clock, randomness=random.Random(7), wording=wording, calls_max=0, **settings
        )
        if indexes:
            self.do("CreateTable", **creation(*indexes, types=types))
            self.clock.advance(self.engine.catalog.lifecycle_seconds)

    def do(self, operation: str, /, **request: Any) -> Any:
        return self.engine.execute(operation, request)

    def failure(self, operation: str, /, **request: Any) -> tuple[str, str]:
        """Name and message of the error that answers a request, which changes nothing."""
        before = self.engine.dump()
        with pytest.raises(ApiError) as caught:
            self.engine.execute(operation, request)
        assert self.engine.dump() == before
        return caught.value.name, caught.value.message or ""

    def refusal(self, operation: str, /, **request: Any) -> str:
        name, message = self.failure(operation, **request)
        assert name == "ValidationException", (name, message)
        return message

    def put(self, key: str, *values: float | str, **attributes: str) -> Any:
        """Put an item with a vector, or without one; further attributes are texts."""
        item: dict[str, Any] = {"id": {"S": key}, **{name: {"S": text} for name, text in attributes.items()}}
        if values:
            item["embedding"] = vector(*values)
        return self.do("PutItem", TableName=PRODUCTS, Item=item, ReturnConsumedCapacity="INDEXES")

    def search(self, *values: float | str, condition: str | None = None, **request: Any) -> Any:
        """The answer of a search; values ``:x`` of a condition are given as ``x=``, as texts."""
        texts = {name: value for name, value in request.items() if name.islower()}
        others = {name: value for name, value in request.items() if not name.islower()}
        if condition is not None:
            others["SearchConditionExpression"] = condition
        if texts:
            others["ExpressionAttributeValues"] = {f":{name}": {"S": text} for name, text in texts.items()}
        given = {"TableName": PRODUCTS, "IndexName": VECTORS, "SearchVector": numbers(*values), "TopK": 100}
        return self.do("SearchVectors", **(given | others))

    def found(self, *values: float | str, **request: Any) -> list[str]:
        """The keys of what a search finds, nearest first."""
        return [each["Item"]["id"]["S"] for each in self.search(*values, **request)["SearchResults"]]

    def scores(self, *values: float | str, **request: Any) -> dict[str, float]:
        return {each["Item"]["id"]["S"]: each["Score"] for each in self.search(*values, **request)["SearchResults"]}

    def describe(self) -> Any:
        return self.do("DescribeTable", TableName=PRODUCTS)["Table"]

    def described(self, name: str = VECTORS) -> Any:
        """A vector index as DescribeTable shows it; None where there is none of the name."""
        return next((each for each in self.describe().get("VectorIndexes", ()) if each["IndexName"] == name), None)
