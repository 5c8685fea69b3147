"""Stand-ins at the lowest seams: time, chance, and a transport that answers from a script or by a function.

Nothing here patches anything: they go in through constructors. ``ItemCollection`` is a transport that pages over a list
of items as the service does, and knows no expression language: filters and orders are Python functions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from hashrange.auth.static import Static
from hashrange.client import DynamoDB
from hashrange.config import Config
from hashrange.errors import DynamoDBError
from hashrange.telemetry.events import AttemptFailed, CallFinished, CircuitChanged
from hashrange.types import WireItem, WireObject
from hashrange.wire.transport import Request, Response

NOW = 1_800_000_000.0


class FakeClock:
    """A clock that only sleeping and ``advance`` move; what was slept is written down."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now
        self.sleeps: list[float] = []

    def monotonic(self) -> float:
        return self.now - NOW

    def time(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        self.now += seconds


class Chance:
    """Randomness that gives these numbers in turn, over and over."""

    def __init__(self, *numbers: float) -> None:
        self._numbers = numbers or (0.0,)
        self._taken = 0

    def random(self) -> float:
        self._taken += 1
        return self._numbers[(self._taken - 1) % len(self._numbers)]


def answer(document: Any = None, **context: Any) -> Response:
    """A success."""
    return Response(200, msgspec.json.encode({} if document is None else document), **context)


def failure(code: str, message: str = "it failed", *, status: int = 400, data: Any = None, **context: Any) -> Response:
    """An error answer of the service."""
    document = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message, **(data or {})}
    return Response(status, msgspec.json.encode(document), **context)


class Listener:
    """An observer that writes down every event."""

    def __init__(self) -> None:
        self.failed: list[AttemptFailed] = []
        self.finished: list[CallFinished] = []
        self.circuit: list[CircuitChanged] = []

    def attempt_failed(self, event: AttemptFailed) -> None:
        self.failed.append(event)

    def call_finished(self, event: CallFinished) -> None:
        self.finished.append(event)

    def circuit_changed(self, event: CircuitChanged) -> None:
        self.circuit.append(event)


#: what comes of one request: an answer, an error of the network, or a function that decides
Step: TypeAlias = "Response | DynamoDBError | Callable[[Request], Response]"


class FakeTransport:
    """Answers requests by a script; the last step stays for ever with ``repeat``, or else running out is an error."""

    def __init__(self, *script: Step, repeat: bool = False, mends: Sequence[bool] = ()) -> None:
        self.script = list(script)
        self.requests: list[Request] = []
        self.repairs: list[tuple[DynamoDBError, Response]] = []
        self.closed = 0
        self._repeat, self._mends = repeat, list(mends)

    @property
    def payloads(self) -> list[WireObject]:
        """The bodies of all requests, decoded."""
        return [msgspec.json.decode(request.body) for request in self.requests]

    @property
    def operations(self) -> list[str]:
        return [request.operation for request in self.requests]

    async def send(self, request: Request) -> Response:
        self.requests.append(request)
        await asyncio.sleep(0)
        if not self.script:
            raise AssertionError(f"nobody expected a {request.operation}: {request.body!r}")
        step = self.script[0] if self._repeat and len(self.script) == 1 else self.script.pop(0)
        if isinstance(step, DynamoDBError):
            raise step
        return step if isinstance(step, Response) else step(request)

    def repair(self, error: DynamoDBError, response: Response) -> bool:
        self.repairs.append((error, response))
        return self._mends.pop(0) if self._mends else False

    async def close(self) -> None:
        self.closed += 1


class ItemCollection:
    """A transport that serves Query and Scan over a list of items, in the list's order.

    Args:
        items: in wire shape.
        position: the attributes of a LastEvaluatedKey: the keys of the index and of the table.
        page_max: how many items one page reads at most, as the service's 1 MB would do.
        matches: the filter; it holds only where a request has a FilterExpression.
    """

    def __init__(
        self,
        items: Sequence[WireItem],
        position: Sequence[str] = ("PK", "SK"),
        *,
        page_max: int = 1_000,
        matches: Callable[[WireItem], bool] = lambda item: True,
    ) -> None:
        self.items, self.position, self.page_max, self.matches = list(items), tuple(position), page_max, matches
        self.payloads: list[WireObject] = []
        self.answered = 0
        self.gate: asyncio.Event | None = None  # answers wait for it

    async def send(self, request: Request) -> Response:
        payload: WireObject = msgspec.json.decode(request.body)
        self.payloads.append(payload)
        await asyncio.sleep(0)
        if self.gate is not None:
            await self.gate.wait()
        self.answered += 1
        return answer(self.page(payload))

    def repair(self, error: DynamoDBError, response: Response) -> bool:
        return False

    async def close(self) -> None:
        return None

    def page(self, payload: Mapping[str, Any]) -> WireObject:
        """The answer to a request."""
        items = self._reachable(payload)
        length = min(payload.get("Limit", self.page_max), self.page_max)
        read = items[:length]
        found = [item for item in read if self.matches(item)] if "FilterExpression" in payload else read
        document: WireObject = {"Count": len(found), "ScannedCount": len(read)}
        if payload.get("Select") != "COUNT":
            document["Items"] = [self._projected(item, payload) for item in found]
        # like the service: where the limit was reached, there may be more, even if there is not
        if len(items) > length or (read and len(read) == payload.get("Limit")):
            document["LastEvaluatedKey"] = {name: read[-1][name] for name in self.position}
        if payload.get("ReturnConsumedCapacity", "NONE") != "NONE":
            document["ConsumedCapacity"] = {"TableName": payload["TableName"], "CapacityUnits": len(read) * 0.5}
        return document

    def _reachable(self, payload: Mapping[str, Any]) -> list[WireItem]:
        items = self.items[payload.get("Segment", 0) :: payload.get("TotalSegments", 1)]
        if not payload.get("ScanIndexForward", True):
            items.reverse()
        start = payload.get("ExclusiveStartKey")
        if start is None:
            return items
        places = [{name: item[name] for name in self.position} for item in items]
        return items[places.index(start) + 1 :]

    def _projected(self, item: WireItem, payload: Mapping[str, Any]) -> WireItem:
        text: str | None = payload.get("ProjectionExpression")
        if text is None:
            return item
        names = payload.get("ExpressionAttributeNames", {})
        asked = {names.get(part.strip(), part.strip()) for part in text.split(",")}
        return {name: value for name, value in item.items() if name in asked}


def client(transport: Any, **config: Any) -> DynamoDB:
    """A client over a fake transport: it signs nothing, its time stands still, its chance is 0."""
    defaults: dict[str, Any] = {
        "region": "eu-west-1",
        "credentials": Static("AKIAEXAMPLE", "example"),
        "clock": FakeClock(),
        "randomness": Chance(),
    }
    return DynamoDB(Config(**{**defaults, **config}), transport=transport)


async def turns(count: int = 10) -> None:
    """Let everything go on that can, so many times."""
    for _ in range(count):
        await asyncio.sleep(0)
