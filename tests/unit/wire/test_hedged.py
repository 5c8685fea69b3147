"""Hedged reads: when the second attempt is sent, which answer counts, and that nothing is left of the other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import pytest

from hashrange.clock import SYSTEM_CLOCK
from hashrange.errors import (
    AttemptTimeout,
    ClientClosed,
    ConnectFailed,
    ConnectionLost,
    CredentialsNotFound,
    DynamoDBError,
)
from hashrange.key import Key
from hashrange.wire.hedged import Hedged
from hashrange.wire.transport import Request, Response
from tests.fakes import FakeTransport, answer, client, failure
from tests.loops import in_virtual_time, on_each_loop, settle
from tests.suspensions import When, for_each_suspension
from tests.wire_clients import client_of
from tests.wire_servers import Peer, answering, serving
from tests.wire_servers import answer as wire_answer

FIRST, SECOND = answer({"from": "the first"}), answer({"from": "the second"})
REQUEST = Request("GetItem", b"{}", 5.0, "app")

Attempt: TypeAlias = Callable[[Request], Awaitable[Response]]


class Attempts:
    """A transport whose first request meets the first attempt, and so on.

    Attributes:
        requests: what was sent, with the loop's time since the start.
        open: attempts under way.
        cancelled: the numbers of those that were cancelled.
    """

    def __init__(self, *attempts: Attempt) -> None:
        self._attempts = attempts
        self._started = asyncio.get_running_loop().time()
        self.requests: list[tuple[float, Request]] = []
        self.open = 0
        self.cancelled: list[int] = []
        self.closed = 0

    def __repr__(self) -> str:
        return "<Attempts>"

    @property
    def now(self) -> float:
        return round(asyncio.get_running_loop().time() - self._started, 6)

    async def send(self, request: Request) -> Response:
        number = len(self.requests)
        self.requests.append((self.now, request))
        self.open += 1
        try:
            return await self._attempts[number](request)
        except asyncio.CancelledError:
            self.cancelled.append(number)
            raise
        finally:
            self.open -= 1

    def repair(self, error: DynamoDBError, response: Response) -> bool:
        return response is FIRST

    async def close(self) -> None:
        self.closed += 1


def after(seconds: float, outcome: Response | DynamoDBError) -> Attempt:
    async def attempt(request: Request) -> Response:
        await asyncio.sleep(seconds)
        if isinstance(outcome, DynamoDBError):
            raise outcome
        return outcome

    return attempt


async def never(request: Request) -> Response:
    await asyncio.Event().wait()
    raise AssertionError


def hedged(attempts: Attempts, delay: float = 0.1) -> Hedged:
    return Hedged(attempts, delay, SYSTEM_CLOCK)


# ── when there is a second attempt ───────────────────────────────────────────────────────────────────────────────────
@in_virtual_time
async def test_a_quick_answer_needs_no_second_attempt() -> None:
    attempts = Attempts(after(0.099, FIRST))
    assert await hedged(attempts).send(REQUEST) is FIRST
    assert (attempts.requests, attempts.now) == ([(0.0, REQUEST)], 0.099)


@in_virtual_time
async def test_a_slow_one_gets_a_second_beside_it_with_what_is_left_of_the_time() -> None:
    attempts = Attempts(never, after(0.2, SECOND))
    assert await hedged(attempts).send(REQUEST) is SECOND
    assert attempts.requests == [(0.0, REQUEST), (0.1, Request("GetItem", b"{}", 4.9, "app"))]
    assert attempts.now == 0.3


@pytest.mark.parametrize("operation", ["PutItem", "UpdateItem", "Query", "Scan", "TransactGetItems", "BatchWriteItem"])
@in_virtual_time
async def test_only_single_and_batch_gets_are_sent_twice(operation: str) -> None:
    attempts = Attempts(after(3.0, FIRST))
    assert await hedged(attempts).send(Request(operation, b"{}", 5.0)) is FIRST
    assert len(attempts.requests) == 1


@in_virtual_time
async def test_batch_gets_are_sent_twice() -> None:
    attempts = Attempts(never, after(0.0, SECOND))
    assert await hedged(attempts).send(Request("BatchGetItem", b"{}", 5.0)) is SECOND


@pytest.mark.parametrize("timeout", [0.05, 0.1])
@in_virtual_time
async def test_what_has_no_more_time_than_the_delay_is_sent_once(timeout: float) -> None:
    attempts = Attempts(after(3.0, FIRST))
    assert await hedged(attempts).send(Request("GetItem", b"{}", timeout)) is FIRST
    assert len(attempts.requests) == 1


# ── which answer counts ──────────────────────────────────────────────────────────────────────────────────────────────
Outcomes: TypeAlias = tuple[Attempt, Attempt]
RACES: dict[str, tuple[Outcomes, Response | DynamoDBError, float, list[int]]] = {
    "the first wins late": ((after(0.3, FIRST), after(0.4, SECOND)), FIRST, 0.3, [1]),
    "the second wins": ((after(0.5, FIRST), after(0.2, SECOND)), SECOND, 0.3, [0]),
    "both at once": ((after(0.3, FIRST), after(0.2, SECOND)), FIRST, 0.3, []),
    "an error answer is an answer": (
        (after(0.3, BROKEN := failure("InternalServerError", status=500)), after(0.4, SECOND)),
        BROKEN,
        0.3,
        [1],
    ),
    "the first is lost, the second answers": (
        (after(0.2, ConnectionLost("reset")), after(0.4, SECOND)),
        SECOND,
        0.5,
        [],
    ),
    "the second is lost, the first answers": (
        (after(0.4, FIRST), after(0.1, ConnectFailed("refused"))),
        FIRST,
        0.4,
        [],
    ),
    "one is lost and one answers at once": (
        (after(0.3, ConnectionLost("reset")), after(0.2, SECOND)),
        SECOND,
        0.3,
        [],
    ),
    "one answers and one is lost at once": (
        (after(0.3, FIRST), after(0.2, ConnectionLost("reset"))),
        FIRST,
        0.3,
        [],
    ),
    "both are lost": (
        (after(0.2, ConnectionLost("reset")), after(0.3, LAST := AttemptTimeout("too late"))),
        LAST,
        0.4,
        [],
    ),
    "both are lost, the first one last": (
        (after(0.4, LAST_FIRST := AttemptTimeout("too late")), after(0.1, ConnectionLost("reset"))),
        LAST_FIRST,
        0.4,
        [],
    ),
    "what no second attempt can mend is raised at once": (
        (after(0.2, NOWHERE := CredentialsNotFound("nowhere")), never),
        NOWHERE,
        0.2,
        [1],
    ),
    "the client was closed": (
        (after(0.2, ClientClosed("closed")), after(0.1, CLOSED := ClientClosed("closed"))),
        CLOSED,
        0.2,
        [],
    ),
}


@pytest.mark.parametrize("name", RACES)
@in_virtual_time
async def test_the_first_answer_counts(name: str) -> None:
    race, expected, at, cancelled = RACES[name]
    attempts = Attempts(*race)
    outcome: Response | DynamoDBError
    try:
        outcome = await hedged(attempts).send(REQUEST)
    except DynamoDBError as error:
        outcome = error
    assert outcome is expected
    assert (len(attempts.requests), attempts.now) == (2, at)
    assert (attempts.cancelled, attempts.open) == (cancelled, 0)


@pytest.mark.parametrize("error", [ConnectFailed("refused"), ConnectionLost("reset"), ClientClosed("closed")], ids=repr)
@in_virtual_time
async def test_a_network_that_fails_before_the_delay_is_the_retries_business(error: DynamoDBError) -> None:
    attempts = Attempts(after(0.02, error))
    with pytest.raises(type(error)):
        await hedged(attempts).send(REQUEST)
    assert (len(attempts.requests), attempts.now) == (1, 0.02)


# ── nothing is left ──────────────────────────────────────────────────────────────────────────────────────────────────
@in_virtual_time
async def test_the_loser_has_let_go_when_the_winner_is_told() -> None:
    async def clinging(request: Request) -> Response:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)  # as a transport that has to say goodbye
        raise AssertionError

    attempts = Attempts(clinging, after(0.1, SECOND))
    assert await hedged(attempts).send(REQUEST) is SECOND
    assert (attempts.open, attempts.now) == (0, 0.25)


@in_virtual_time
async def test_a_loser_that_fails_while_it_is_cancelled_is_nobodys_complaint() -> None:
    async def failing(request: Request) -> Response:
        try:
            await asyncio.Event().wait()
        finally:
            raise ConnectionLost("closed while waiting")

    attempts = Attempts(failing, after(0.1, SECOND))
    assert await hedged(attempts).send(REQUEST) is SECOND


@pytest.mark.parametrize("when", ["waiting", "woken"])
@pytest.mark.parametrize("race", ["one attempt", "two attempts", "one is lost"])
@in_virtual_time
async def test_cancelled_anywhere_nothing_is_left(when: When, race: str) -> None:
    made: list[Attempts] = []

    def body() -> Any:
        second = ConnectionLost("reset") if race == "one is lost" else SECOND
        first = after(0.05 if race == "one attempt" else 0.5, FIRST)
        made.append(Attempts(first, after(0.2, second)))
        return hedged(made[-1]).send(REQUEST)

    async def rest() -> None:
        await settle()
        assert made[-1].open == 0
        assert asyncio.all_tasks() == {asyncio.current_task()}

    count = await for_each_suspension(body, rest, when)
    assert count == {"one attempt": 2, "two attempts": 3, "one is lost": 3}[race]


# ── as a transport ───────────────────────────────────────────────────────────────────────────────────────────────────
@in_virtual_time
async def test_the_rest_is_the_transports() -> None:
    attempts = Attempts()
    transport = hedged(attempts, 0.25)
    assert transport.repair(CredentialsNotFound(), FIRST) is True
    assert transport.repair(CredentialsNotFound(), SECOND) is False
    await transport.close()
    assert attempts.closed == 1
    assert repr(transport) == "<Hedged after 0.25 s <Attempts>>"


class Impatient:
    """A clock whose sleeps are over when the test says so."""

    def __init__(self) -> None:
        self.asleep: list[float] = []
        self.wake = asyncio.Event()

    def monotonic(self) -> float:
        return 0.0

    def time(self) -> float:
        return 1_800_000_000.0

    async def sleep(self, seconds: float) -> None:
        self.asleep.append(seconds)
        await self.wake.wait()


class Stalling(FakeTransport):
    """Its first request is never answered."""

    async def send(self, request: Request) -> Response:
        if not self.requests:
            self.requests.append(request)
            await asyncio.Event().wait()
        return await super().send(request)


async def test_a_client_measures_the_delay_on_its_own_clock() -> None:
    clock, transport = Impatient(), Stalling(answer({"Item": {"PK": {"S": "a"}}}))
    db = client(transport, hedge_after=0.02, clock=clock)
    found = asyncio.create_task(db.table("app").get_item(Key("a", "b")))
    await settle()
    assert (clock.asleep, len(transport.requests)) == ([0.02], 1)
    clock.wake.set()
    assert await found == {"PK": "a"}
    assert [request.operation for request in transport.requests] == ["GetItem"] * 2
    assert transport.requests[0].body == transport.requests[1].body
    await db.close()
    assert transport.closed == 1


async def test_a_client_hedges_nothing_unless_told() -> None:
    transport = FakeTransport(answer({}))
    assert repr(client(transport)) == f"<DynamoDB {transport!r}>"


# ── over sockets ─────────────────────────────────────────────────────────────────────────────────────────────────────
@on_each_loop
async def test_over_sockets_the_losers_connection_is_closed() -> None:
    ended = asyncio.Event()

    async def never_answering(peer: Peer) -> None:
        await peer.gone()
        ended.set()

    quick = answering(wire_answer(b'{"from":"the second"}'))
    async with serving(never_answering, quick) as server, client_of(server) as transport:
        response = await hedged_over(transport).send(REQUEST)
        assert response.body == b'{"from":"the second"}'
        await ended.wait()
        assert "1 idle, 0 busy, 0 opening" in repr(transport)
        assert (await transport.send(REQUEST)).status == 200
        assert len(server.peers) == 2


@on_each_loop
async def test_over_sockets_a_cancelled_read_closes_both() -> None:
    both = asyncio.Event()

    async def never_answering(peer: Peer) -> None:
        await peer.request()
        if len(server.requests) == 2:
            both.set()
        await peer.gone()

    async with serving(never_answering) as server, client_of(server) as transport:
        reading = asyncio.create_task(hedged_over(transport).send(REQUEST))
        await both.wait()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        await server.all_gone()
        assert "0 idle, 0 busy, 0 opening" in repr(transport)


def hedged_over(transport: Any) -> Hedged:
    return Hedged(transport, 0.01, SYSTEM_CLOCK)
