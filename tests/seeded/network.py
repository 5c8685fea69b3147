"""A bad network around an engine, seeded: slow, lossy, out of order, with a service behind it that fails now and then.

A request's way is drawn when it leaves: when it arrives, if ever, and how its attempt ends. These are two things: an
attempt that has ended (timed out, cut, cancelled) may have a request that is still on its way. Where the weather lets
such *late* requests arrive, they do so within ``LIFE_MAX_SECONDS``, as on a real network. A late request is applied
once, like any other; whoever writes one key twice in a row must wait for that long after an answer was lost, since
no client can call a request back. Shares nothing with ``hashrange.testing``: two sources of faults check each other.
"""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any, Final
from zlib import crc32

import msgspec
from msgspec import Struct

from hashrange.errors import AttemptTimeout, BadResponse, ConnectFailed, ConnectionLost, DynamoDBError
from hashrange.simulator import Engine
from hashrange.simulator.endpoint import handle
from hashrange.wire.transport import Request, Response

from .journal import Journal
from .weather import LIFE_MAX_SECONDS, Weather

#: an answer takes so many seconds at least, so that nothing is answered before it arrived
_ANSWER_MIN_SECONDS: Final = 0.0001
_FAIR_WAY_SECONDS: Final = 0.001

_TRANSACTIONS: Final = ("TransactWriteItems", "TransactGetItems")
_ITEM_WRITES: Final = ("PutItem", "UpdateItem", "DeleteItem")
_BATCHES: Final = {"BatchWriteItem": "UnprocessedItems", "BatchGetItem": "UnprocessedKeys"}

_REFUSALS: Final = {
    "throttled": (400, "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"),
    "unavailable": (503, "com.amazonaws.dynamodb.v20120810#ServiceUnavailable"),
    "failed": (500, "com.amazonaws.dynamodb.v20120810#InternalServerError"),
    "failed_applied": (500, "com.amazonaws.dynamodb.v20120810#InternalServerError"),
}
#: how an attempt ends that met a fault on its way; the others end with an answer
_BREAKS: Final[dict[str, tuple[type[DynamoDBError], str]]] = {
    "refused": (ConnectFailed, "nobody listens"),
    "lost": (ConnectionLost, "the connection was reset"),
    "cut": (ConnectionLost, "the connection was cut"),
    "damaged": (BadResponse, "the answer's checksum is wrong"),
}


class Journey(Struct):
    """One request's way.

    Attributes:
        number: of all requests.
        request: what travels.
        fault: what is to happen to it; "" for nothing.
        chance: its own.
        arrives_after: seconds until it is at the service; None: never.
        ends_after: seconds until its attempt ends.
        timed_out: whether it ends because its time is up.
        response: the service's answer, once it has arrived.
        arrival: what makes it arrive.
        over: whether its attempt has ended.
    """

    number: int
    request: Request
    fault: str
    chance: Random
    arrives_after: float | None
    ends_after: float
    timed_out: bool
    response: Response | None = None
    arrival: asyncio.TimerHandle | None = None
    over: bool = False


class Network:
    """A transport to an engine.

    Args:
        engine: who answers.
        weather: how bad it is.
        seed: of its chance.
        journal: told of every departure, arrival and end.

    Attributes:
        fair: set for good weather from now on.
    """

    def __init__(self, engine: Engine, weather: Weather, seed: int, journal: Journal) -> None:
        self._engine, self._weather, self._seed, self._journal = engine, weather, seed, journal
        self._sent = 0
        self.fair = False

    def __repr__(self) -> str:
        return f"<Network {self._sent} sent>"

    def repair(self, error: DynamoDBError, response: Response) -> bool:
        return False

    async def close(self) -> None:
        return None

    async def send(self, request: Request) -> Response:
        journey = self._depart(request)
        try:
            await asyncio.sleep(journey.ends_after)
        except asyncio.CancelledError:
            self._end(journey, "cancelled")
            raise
        if journey.timed_out:
            self._end(journey, "timed out")
            raise AttemptTimeout("no whole answer came in time")
        if journey.fault in _BREAKS:
            self._end(journey, "broken")
            error, text = _BREAKS[journey.fault]
            broken = error(text)
            if isinstance(broken, ConnectFailed):
                broken.sent = False
            raise broken
        self._end(journey, "answered")
        assert journey.response is not None, "what is answered has arrived"
        return journey.response

    # ── setting out ──────────────────────────────────────────────────────────────────────────────────────────────────
    def _depart(self, request: Request) -> Journey:
        self._sent += 1
        loop, weather = asyncio.get_running_loop(), self._weather
        chance = Random(f"journey {self._seed} {self._sent}")
        fault = "" if self.fair else self._fault(request.operation, chance, loop.time())
        there, back = self._way(chance), max(_ANSWER_MIN_SECONDS, self._way(chance))
        ends_after = chance.uniform(0.0, there + back) if fault == "cut" else there + back
        timed_out = ends_after > request.timeout
        journey = Journey(
            self._sent, request, fault, chance, None if fault in ("lost", "refused") else there,
            max(0.0, min(ends_after, request.timeout)), timed_out,
        )  # fmt: skip
        late = there >= journey.ends_after
        if journey.arrives_after is not None and not (late and not weather.late):
            journey.arrival = loop.call_later(there, self._arrive, journey)
        self._journal.note("sent", f"#{journey.number} {request.operation} {crc32(request.body):08x} {fault or 'well'}")
        if fault:
            self._journal.counts[fault] += 1
        return journey

    def _fault(self, operation: str, chance: Random, now: float) -> str:
        if any(start <= now < end for start, end in self._weather.outages):
            return chance.choice(("refused", "lost", "unavailable"))
        draw = chance.random()
        for name, probability in self._weather.faults.items():
            draw -= probability
            if draw < 0:
                return name if _can_happen(name, operation) else ""
        return ""

    def _way(self, chance: Random) -> float:
        """Seconds of one way."""
        if self.fair:
            return _FAIR_WAY_SECONDS
        if chance.random() < self._weather.slow:
            return chance.uniform(0.0, LIFE_MAX_SECONDS)
        return min(chance.expovariate(1 / self._weather.way_seconds), LIFE_MAX_SECONDS)

    def _end(self, journey: Journey, how: str) -> None:
        journey.over = True
        if journey.arrival is not None and journey.response is None and not self._weather.late:
            journey.arrival.cancel()
        status = "" if journey.response is None else f" {journey.response.status}"
        self._journal.note("ended", f"#{journey.number} {how}{status}")

    # ── at the service ───────────────────────────────────────────────────────────────────────────────────────────────
    def _arrive(self, journey: Journey) -> None:
        request, fault = journey.request, journey.fault
        if journey.over:
            self._journal.counts["late"] += 1
        if fault == "partial":
            status, body = self._answer_partly(request, journey.chance)
        elif fault == "conflict":
            status, body = 400, _conflict(request)
        else:
            status, body = 0, b""
            if fault not in _REFUSALS or fault == "failed_applied":
                status, body = handle(self._engine, request.operation, request.body)
            if fault in _REFUSALS and (fault != "failed_applied" or status == 200):
                status, code = _REFUSALS[fault]
                body = msgspec.json.encode({"__type": code, "message": f"the service has {fault} it"})
        body = _shuffled(request.operation, body, journey.chance)
        journey.response = Response(status, body, f"REQUEST{journey.number}")
        late = " late" if journey.over else ""
        self._journal.note("arrived", f"#{journey.number}{late} {status} {crc32(body):08x}")

    def _answer_partly(self, request: Request, chance: Random) -> tuple[int, bytes]:
        """A batch of which the service does a part, or nothing."""
        document: dict[str, Any] = msgspec.json.decode(request.body)
        entries = [(name, each) for name, part in document["RequestItems"].items() for each in _entries(part)]
        withheld = frozenset(chance.sample(range(len(entries)), chance.randint(1, len(entries))))
        done = _regrouped(document, [entry for at, entry in enumerate(entries) if at not in withheld])
        left = _regrouped(document, [entry for at, entry in enumerate(entries) if at in withheld])
        answer: dict[str, Any] = {}
        if done:
            body = msgspec.json.encode(document | {"RequestItems": done})
            status, answered = handle(self._engine, request.operation, body)
            if status != 200:
                return status, answered
            answer = msgspec.json.decode(answered)
        unprocessed = answer.setdefault(_BATCHES[request.operation], {})
        for name, part in left.items():
            if isinstance(part, dict):
                part = {**part, "Keys": part["Keys"] + unprocessed.get(name, {}).get("Keys", [])}
            else:
                part = part + unprocessed.get(name, [])
            unprocessed[name] = part
        return 200, msgspec.json.encode(answer)


def _can_happen(fault: str, operation: str) -> bool:
    if fault == "partial":
        return operation in _BATCHES
    return fault != "conflict" or operation in _TRANSACTIONS or operation in _ITEM_WRITES


def _conflict(request: Request) -> bytes:
    text = "Transaction is ongoing for the item"
    if request.operation not in _TRANSACTIONS:
        code = "com.amazonaws.dynamodb.v20120810#TransactionConflictException"
        return msgspec.json.encode({"__type": code, "message": text})
    count = len(msgspec.json.decode(request.body)["TransactItems"])
    reasons = [{"Code": "TransactionConflict", "Message": text}, *[{"Code": "None"}] * (count - 1)]
    code = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException"
    return msgspec.json.encode({"__type": code, "Message": "Transaction cancelled", "CancellationReasons": reasons})


def _entries(part: Any) -> list[Any]:
    entries: list[Any] = part["Keys"] if isinstance(part, dict) else part
    return entries


def _regrouped(document: dict[str, Any], entries: list[tuple[str, Any]]) -> dict[str, Any]:
    """A batch's RequestItems with these entries only."""
    groups: dict[str, list[Any]] = {}
    for name, entry in entries:
        groups.setdefault(name, []).append(entry)
    parts = document["RequestItems"]
    return {
        name: {**parts[name], "Keys": group} if isinstance(parts[name], dict) else group
        for name, group in groups.items()
    }


def _shuffled(operation: str, body: bytes, chance: Random) -> bytes:
    """A batch's answer in another order: the service promises none."""
    if operation not in _BATCHES:
        return body
    answer: dict[str, Any] = msgspec.json.decode(body)
    for items in answer.get("Responses", {}).values():
        chance.shuffle(items)
    for part in answer.get(_BATCHES[operation], {}).values():
        chance.shuffle(_entries(part))
    return msgspec.json.encode(answer)
