"""A simulated world for tests of operations on tables: an engine on a clock that stands, and short requests."""

from __future__ import annotations

import random
from typing import Any

import pytest

from hashrange.simulator.engine import Engine
from hashrange.simulator.errors import ApiError
from hashrange.simulator.shapes import Wording
from tests.fakes import FakeClock

ACCOUNT, REGION = "123456789012", "eu-west-1"
INVALID = "One or more parameter values were invalid: "
IN_USE = "Attempt to change a resource which is still in use: "
NAME = "users"
ARN = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{NAME}"


class World:
    """An engine, its clock, and what it answers. ``lifecycle`` is how long states last, in seconds."""

    def __init__(self, *, wording: Wording = "classic", lifecycle: float = 0.0) -> None:
        self.clock = FakeClock()
        self.engine = Engine(
            region=REGION,
            account=ACCOUNT,
            clock=self.clock,
            randomness=random.Random(7),
            wording=wording,
            lifecycle_seconds=lifecycle,
        )

    def do(self, operation: str, /, **request: Any) -> Any:
        return self.engine.execute(operation, request)

    def refusal(self, operation: str, /, **request: Any) -> str:
        """The message of the ValidationException that answers a request."""
        name, message = self.failure(operation, **request)
        assert name == "ValidationException", (name, message)
        return message

    def failure(self, operation: str, /, **request: Any) -> tuple[str, str]:
        """Name and message of the error that answers a request, which changes nothing."""
        before = self.engine.snapshot()
        with pytest.raises(ApiError) as caught:
            self.engine.execute(operation, request)
        after = self.engine.snapshot()
        assert [table.definition for table in before.catalog.tables] == [
            table.definition for table in after.catalog.tables
        ]
        return caught.value.name, caught.value.message or ""

    def create(self, **members: Any) -> Any:
        """Create the table, wait until it is ACTIVE, and give its description."""
        self.do("CreateTable", **creation(**members))
        self.clock.advance(self.engine.catalog.lifecycle_seconds)
        return self.describe(members.get("TableName", NAME))

    def describe(self, name: str = NAME) -> Any:
        return self.do("DescribeTable", TableName=name)["Table"]

    def update(self, **members: Any) -> Any:
        return self.do("UpdateTable", TableName=NAME, **members)["TableDescription"]


def definitions(**types: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "AttributeType": letter} for name, letter in types.items()]


def keys(*names: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": role} for name, role in zip(names, ("HASH", "RANGE"), strict=False)]


def units(read: int, write: int) -> dict[str, int]:
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


def index(name: str = "gsi", *key: str, **members: Any) -> dict[str, Any]:
    """The request for an index; ``g`` is its key if none is given."""
    described = {"IndexName": name, "KeySchema": keys(*(key or ("g",))), "Projection": {"ProjectionType": "ALL"}}
    return described | members


def creation(**members: Any) -> dict[str, Any]:
    """A CreateTable request; None takes a member away."""
    request = {
        "TableName": NAME,
        "AttributeDefinitions": definitions(a="S"),
        "KeySchema": keys("a"),
        "BillingMode": "PAY_PER_REQUEST",
    } | members
    return {name: value for name, value in request.items() if value is not None}
