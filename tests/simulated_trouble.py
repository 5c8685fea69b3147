"""A simulated world with throughput and disorder: one table on a clock that stands, a seed, and short requests."""

from __future__ import annotations

import random
from typing import Any

import msgspec

from hashrange.simulator import Disorder, Engine, Throughput
from hashrange.simulator.errors import ApiError
from tests.fakes import FakeClock

TABLE = "app"
ARN = f"arn:aws:dynamodb:us-east-1:123456789012:table/{TABLE}"


def units(read: int, write: int) -> dict[str, int]:
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


def table(read: int = 0, write: int = 0, **index: tuple[int, int]) -> dict[str, Any]:
    """A table with the key PK and SK, a local index "local" on n, and global ones on g; 0 and 0: paid by request."""
    types = {"PK": "S", "SK": "S", "n": "N"} | ({"g": "S"} if index else {})
    request: dict[str, Any] = {
        "TableName": TABLE,
        "KeySchema": keys("PK", "SK"),
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()],
        "BillingMode": "PROVISIONED" if read else "PAY_PER_REQUEST",
        "LocalSecondaryIndexes": [
            {"IndexName": "local", "KeySchema": keys("PK", "n"), "Projection": {"ProjectionType": "KEYS_ONLY"}}
        ],
    }
    if read:
        request["ProvisionedThroughput"] = units(read, write)
    if index:
        request["GlobalSecondaryIndexes"] = [
            {"IndexName": name, "KeySchema": keys("g", "SK"), "Projection": {"ProjectionType": "ALL"}}
            | ({"ProvisionedThroughput": units(*figures)} if read else {})
            for name, figures in index.items()
        ]
    return request


def keys(partition: str, sort: str) -> list[dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]


def key(partition: str = "a", sort: str = "1") -> dict[str, Any]:
    return {"PK": {"S": partition}, "SK": {"S": sort}}


class Troubled:
    """An engine with one table. ``seed`` is that of its chance."""

    def __init__(
        self,
        declared: dict[str, Any] | None = None,
        *,
        throughput: Throughput | None = None,
        disorder: Disorder | None = None,
        seed: int = 7,
    ) -> None:
        self.clock = FakeClock()
        self.engine = Engine(
            [table() if declared is None else declared],
            clock=self.clock,
            randomness=random.Random(seed),
            throughput=throughput,
            disorder=disorder,
        )

    def __call__(self, operation: str, **request: Any) -> dict[str, Any]:
        """The answer, as JSON would show it."""
        answer = self.engine.execute(operation, request)
        return msgspec.json.decode(msgspec.json.encode(answer))  # type: ignore[no-any-return]

    def error(self, operation: str, **request: Any) -> ApiError:
        """The error of a request, which changes nothing."""
        before = self.bodies()
        try:
            self.engine.execute(operation, request)
        except ApiError as error:
            assert self.bodies() == before, "what is refused changes nothing"
            return error
        raise AssertionError(f"{operation} was not refused")

    def succeeds(self, operation: str, **request: Any) -> bool:
        """Whether a request is let through; if not, it is throttled."""
        try:
            self.engine.execute(operation, request)
        except ApiError as error:
            if error.name not in ("ProvisionedThroughputExceededException", "ThrottlingException"):
                raise
            return False
        return True

    def bodies(self) -> list[bytes]:
        """What the table really holds."""
        return [record.body for record in self.engine.catalog.table(TABLE).store.scan()]

    # ── short requests ───────────────────────────────────────────────────────────────────────────────────────────────
    def put(self, partition: str = "a", sort: str = "1", **attributes: Any) -> bool:
        """Whether an item could be put."""
        return self.succeeds("PutItem", TableName=TABLE, Item={**key(partition, sort), **attributes})

    def get(self, partition: str = "a", sort: str = "1", *, consistent: bool = False) -> dict[str, Any] | None:
        return self("GetItem", TableName=TABLE, Key=key(partition, sort), ConsistentRead=consistent).get("Item")

    def puts(self, count: int, partition: str | None = None, **attributes: Any) -> int:
        """How many of so many items of other partitions (or of one) could be put."""
        return sum(self.put(partition or f"p{number}", f"s{number}", **attributes) for number in range(count))

    def index(self, name: str, value: str = "g", **request: Any) -> list[str]:
        """The sort keys of what a global index has under a value."""
        items = self(
            "Query",
            TableName=TABLE,
            IndexName=name,
            KeyConditionExpression="g = :g",
            ExpressionAttributeValues={":g": {"S": value}},
            **request,
        )["Items"]
        return [item["SK"]["S"] for item in items]


def text(size: int) -> dict[str, str]:
    """An attribute of about so many bytes."""
    return {"S": "x" * size}
