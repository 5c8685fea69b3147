"""Clients over a DynamoDB in memory with something around its transport, on a clock that nobody waits for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from hashrange import DynamoDB, Key
from hashrange.simulator import Engine, InProcess
from hashrange.testing import FakeClock
from hashrange.wire.transport import Request, Transport
from tests.fakes import Chance

KEY = Key("USER#1", "PROFILE")
WIRE_KEY = {"PK": {"S": "USER#1"}, "SK": {"S": "PROFILE"}}
ITEM = {"PK": "USER#1", "SK": "PROFILE", "visits": 1}


class World:
    """A DynamoDB with a table ``app``, and its time."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.engine = Engine(["app"], clock=self.clock)
        self.transport = InProcess(self.engine)

    def client(self, wrapper: Callable[[Transport], Transport], **config: Any) -> DynamoDB:
        return DynamoDB.in_memory(engine=self.engine, transport=wrapper, **{"randomness": Chance(), **config})

    def stored(self) -> list[Any]:
        """All items, read past the client."""
        answer = self.engine.execute("Scan", {"TableName": "app"})
        assert answer is not None
        items: list[Any] = msgspec.json.decode(msgspec.json.encode(answer["Items"]))
        return items

    def operations(self) -> list[str]:
        """What reached the service."""
        return [call.operation for call in self.engine.calls()]


def request(operation: str = "GetItem", timeout: float = 5.0, table: str | None = "app", **payload: Any) -> Request:
    """A request in wire shape; a GetItem of KEY unless said otherwise."""
    body = payload or {"TableName": "app", "Key": WIRE_KEY}
    return Request(operation, msgspec.json.encode(body), timeout, table)


def put(item: Any = WIRE_KEY, **payload: Any) -> Request:
    return request("PutItem", TableName="app", Item=item, **payload)
