"""A service for batches, as a transport: tables of items, and what it leaves undone, refuses or holds back by a script.

It is as strict as DynamoDB where a client could go wrong: a request with more than 25 operations (100 keys), over
16 MB, or with one key twice fails the test.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from hashrange.errors import DynamoDBError
from hashrange.table import Table
from hashrange.types import WireItem, WireObject
from hashrange.wire.transport import Request, Response
from tests.fakes import FakeClock, answer, client, failure

Row = dict[str, Any]
Place = tuple[Any, ...]
#: one operation as the service sees it: "put" or "delete" or "get", the table, the key, the item
Seen = tuple[str, str, Place, WireItem]


def row(number: int, **more: Any) -> Row:
    return {"PK": f"USER#{number:04d}", "SK": "PROFILE", "n": number, **more}


class BatchService:
    """Serves BatchWriteItem and BatchGetItem.

    Args:
        tables: their names; all have the keys PK and SK.
        leaves: how many operations of the first request, of the second, and so on are left undone, from the end.
        leaves_always: of every request after these.
        answers: request number (from 1) → an error answer, or an error of the network.
        applies_lost: errors of the network come after the request was applied: its answer is lost.
        clock: of the service, and of its clients.

    An item with the attribute ``bad`` makes it refuse the whole request.
    """

    def __init__(
        self,
        *tables: str,
        leaves: Iterable[int] = (),
        leaves_always: int = 0,
        answers: Mapping[int, Response | DynamoDBError | BaseException] | None = None,
        applies_lost: bool = False,
        clock: FakeClock | None = None,
    ) -> None:
        self.items: dict[str, dict[Place, WireItem]] = {name: {} for name in tables or ("app",)}
        self.leaves, self.leaves_always = list(leaves), leaves_always
        self.answers, self.applies_lost = dict(answers or {}), applies_lost
        self.clock = FakeClock() if clock is None else clock
        self.payloads: list[WireObject] = []
        self.bodies: list[bytes] = []
        self.requests: list[list[Seen]] = []
        self.timeouts: list[float] = []
        self.times: list[float] = []
        self.under_way = self.under_way_most = 0
        self.gates: dict[int, asyncio.Event] = {}  # request number → it waits for this before it is applied
        self.rewrite: Callable[[WireObject], WireObject] = lambda document: document

    @property
    def counts(self) -> list[int]:
        """How many operations each request had."""
        return [len(request) for request in self.requests]

    def rows(self, table: str = "app") -> list[int]:
        """The numbers of the items of a table."""
        return sorted(int(item["n"]["N"]) for item in self.items[table].values())

    async def send(self, request: Request) -> Response:
        number = len(self.requests) + 1
        payload: WireObject = msgspec.json.decode(request.body)
        seen = _operations(payload["RequestItems"])
        assert len(request.body) <= 16 * 1024 * 1024
        assert 1 <= len(seen) <= (100 if request.operation == "BatchGetItem" else 25)
        assert len({(table, place) for _, table, place, _ in seen}) == len(seen), "a key twice in one request"
        self.payloads.append(payload)
        self.bodies.append(request.body)
        self.requests.append(seen)
        self.timeouts.append(request.timeout)
        self.times.append(self.clock.monotonic())
        self.under_way += 1
        self.under_way_most = max(self.under_way_most, self.under_way)
        try:
            await asyncio.sleep(0)
            if number in self.gates:
                await self.gates[number].wait()
            return self._answer(number, payload, seen)
        finally:
            self.under_way -= 1

    def repair(self, error: DynamoDBError, response: Response) -> bool:
        return False

    async def close(self) -> None:
        return None

    def _answer(self, number: int, payload: WireObject, seen: Sequence[Seen]) -> Response:
        scripted = self.answers.get(number)
        if isinstance(scripted, Response):
            return scripted
        if scripted is not None:
            if self.applies_lost:
                self._apply(seen)
            raise scripted
        if any(table not in self.items for _, table, _, _ in seen):
            return failure("ResourceNotFoundException", "Requested resource not found")
        if any("bad" in item for _, _, _, item in seen):
            return failure("ValidationException", "One or more parameter values were invalid")
        undone = self.leaves.pop(0) if self.leaves else self.leaves_always
        done, left = seen[: len(seen) - undone], seen[len(seen) - undone :]
        document = self._apply(done)
        if left:
            document |= _left(left)
        if payload.get("ReturnConsumedCapacity"):
            names = dict.fromkeys(table for _, table, _, _ in seen)
            document["ConsumedCapacity"] = [{"TableName": name, "CapacityUnits": len(done)} for name in names]
        return answer(self.rewrite(document))

    def _apply(self, done: Iterable[Seen]) -> WireObject:
        found: dict[str, list[WireItem]] = {}
        for kind, table, place, item in done:
            if kind == "put":
                self.items[table][place] = item
            elif kind == "delete":
                self.items[table].pop(place, None)
            elif place in self.items[table]:
                found.setdefault(table, []).append(self.items[table][place])
        return {"Responses": {table: items[::-1] for table, items in found.items()}} if found else {}


def _operations(request_items: WireObject) -> list[Seen]:
    seen: list[Seen] = []
    for table, part in request_items.items():
        if isinstance(part, dict):
            seen += [("get", table, place_of(key), key) for key in part["Keys"]]
            continue
        for request in part:
            ((name, content),) = request.items()
            kind, subject = ("put", content["Item"]) if name == "PutRequest" else ("delete", content["Key"])
            seen.append((kind, table, place_of(subject), subject))
    return seen


def place_of(subject: WireItem) -> Place:
    values = [next(iter(subject[name].items())) for name in ("PK", "SK") if name in subject]
    return tuple((kind, Decimal(content) if kind == "N" else content) for kind, content in values)


def _left(left: Iterable[Seen]) -> WireObject:
    """What was left undone, in another order than it came in."""
    writes: dict[str, list[WireObject]] = {}
    keys: dict[str, WireObject] = {}
    for kind, table, _, subject in left:
        if kind == "get":
            keys.setdefault(table, {"Keys": []})["Keys"].insert(0, subject)
        else:
            one = {"PutRequest": {"Item": subject}} if kind == "put" else {"DeleteRequest": {"Key": subject}}
            writes.setdefault(table, []).insert(0, one)
    return {"UnprocessedItems": writes} if writes else {"UnprocessedKeys": keys}


def table(service: BatchService, name: str = "app", **config: Any) -> Table[Row]:
    return client(service, **{"clock": service.clock, **config}).table(name)
