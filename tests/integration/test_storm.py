"""Many workers through a network that breaks all the time, on real sockets: nothing is lost, nothing is applied twice,
nothing is left open; and that the books by which this is judged do notice.

``make storm`` does the same for longer, with the server and the proxy in processes of their own.
"""

from __future__ import annotations

import asyncio
import gc
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Final, TypeAlias

import pytest

from hashrange.client import DynamoDB
from hashrange.errors import AmbiguousWrite, ConnectionLost, DynamoDBError
from hashrange.resilience.replay_safety import is_write
from hashrange.resilience.retry import RetryPolicy, RetryRule
from hashrange.simulator.engine import Engine
from hashrange.wire.dial import tls_context
from hashrange.wire.transport import Request, Response, Transport
from tests.loops import LoopFactory, each_loop, run_clean
from tests.storm.books import Books, Register, Said
from tests.storm.faults import Fault
from tests.storm.place import PATIENCE, direct_client, open_sockets, place_in_thread, stormy_client
from tests.storm.survey import Survey
from tests.storm.tables import prepare
from tests.storm.workers import Storm
from tests.wire_servers import server_tls, trusting

OPERATIONS: Final = 700
WORKERS: Final = 40
SEED: Final = 20_261_121


@pytest.mark.parametrize("scheme", ["http", "https"])
@each_loop
def test_nothing_is_lost_applied_twice_or_left_open(loop_factory: LoopFactory, scheme: str) -> None:
    tls = None if scheme == "http" else trusting(tls_context())
    gc.collect()  # what others have left is not to be closed meanwhile
    sockets_before = open_sockets()
    with place_in_thread(SEED, None if tls is None else server_tls()) as place:

        async def blow() -> None:
            direct, db = direct_client(place.server.port), stormy_client(place.proxy.port, SEED, tls)
            await prepare(direct)
            storm = Storm(db, SEED, OPERATIONS)
            async with asyncio.timeout(3 * PATIENCE):
                await storm.blow(WORKERS)
            assert "no pool" in repr(db)
            await direct.close()
            await place.at_rest()

            direct, survey = direct_client(place.server.port), Survey(storm.books)
            await survey.take(direct)
            await direct.close()
            await place.at_rest()
            assert survey.differences() == [], f"seed {SEED}"
            assert_it_was_a_storm(storm)

        run_clean(loop_factory, blow)
        missing = [fault for fault in Fault if not place.proxy.injected[fault]]
        assert missing == [], f"seed {SEED}"
    assert open_sockets() == sockets_before


def assert_it_was_a_storm(storm: Storm) -> None:
    """Writes of every kind came through, and of some it is not known whether they did."""
    counts = storm.books.counts()
    assert all(said["acked"] for said in counts.values()), counts
    assert sum(said["maybe"] for said in counts.values()), counts
    assert storm.progress.cancelled
    assert storm.progress.checked


# ── what the books notice ────────────────────────────────────────────────────────────────────────────────────────────
Send: TypeAlias = Callable[[Request], Awaitable[Response]]
#: how a write is mistreated
Way: TypeAlias = Callable[[Send, Request], Awaitable[Response]]


class Unfaithful:
    """A transport that mistreats one write in three."""

    def __init__(self, transport: Transport, way: Way) -> None:
        self._transport, self._way = transport, way
        self._writes = count(1)

    async def send(self, request: Request) -> Response:
        await asyncio.sleep(0)
        if is_write(request.operation) and next(self._writes) % 3 == 0:
            return await self._way(self._transport.send, request)
        return await self._transport.send(request)

    def repair(self, error: DynamoDBError, response: Response) -> bool:
        return self._transport.repair(error, response)

    async def close(self) -> None:
        await self._transport.close()


async def forgotten(_: Send, request: Request) -> Response:
    """It is acknowledged, and was never sent."""
    return Response(200, b"{}")


async def sent_twice(send: Send, request: Request) -> Response:
    """As a proxy does that repeats what it should not."""
    await send(request)
    return await send(request)


async def said_to_be_unsent(send: Send, request: Request) -> Response:
    """It is applied, and its error says that it cannot have been."""
    await send(request)
    error = ConnectionLost("its answer is lost")
    error.sent = False
    raise error


@pytest.mark.parametrize(
    ("way", "found"),
    [
        (forgotten, ["put .* is lost", "count .* is lost", "chain .* is lost", "transfer .* is lost"]),
        (sent_twice, ["counts", "refused because of itself", "applied, and its error said that it was not"]),
        (said_to_be_unsent, ["counts", "refused because of itself", "applied, and its error said that it was not"]),
    ],
)
async def test_the_books_notice_an_unfaithful_client(way: Way, found: list[str]) -> None:
    engine, calm = Engine(), RetryPolicy(network=RetryRule(3, 0.0))
    async with DynamoDB.in_memory(engine=engine) as direct:
        await prepare(direct)
        db = DynamoDB.in_memory(engine=engine, transport=lambda inner: Unfaithful(inner, way), retry=calm)
        storm = Storm(db, SEED, 400)
        await storm.blow(10)
        survey = Survey(storm.books)
        await survey.take(direct)
    differences = "\n".join(survey.differences())
    for each in found:
        assert re.search(each, differences), differences


async def test_the_books_find_nothing_wrong_in_calm_weather() -> None:
    engine = Engine()
    async with DynamoDB.in_memory(engine=engine) as direct:
        await prepare(direct)
        storm = Storm(DynamoDB.in_memory(engine=engine), SEED, 400)
        await storm.blow(10)
        survey = Survey(storm.books)
        await survey.take(direct)
    assert survey.differences() == []


def test_what_a_register_may_hold() -> None:
    books, register = Books(), Register()
    books.registers[1] = register
    register.value, register.maybe = 7, 8
    assert [number for number in range(10) if register.allows(number)] == [7, 8]
    assert Survey(books).differences() == ["register 1: 0 is stored, and not 7 or 8"]


def test_what_was_never_answered_or_never_asked_for_is_a_difference() -> None:
    books = Books()
    unanswered, twice = books.new("put"), books.new("put")
    books.say(twice, Said.ACKED)
    assert books.differences(Counter({twice: 2, 9: 1})) == [
        f"put {unanswered} has not ended",
        f"put {twice} was applied 2 times",
        "nobody has asked for write 9",
    ]


def test_the_books_want_an_ambiguous_write_to_say_so() -> None:
    books = Books()
    number = books.new("count")
    books.fail(number, AmbiguousWrite("its answer is lost"))
    [difference] = books.differences(Counter())
    assert "ambiguous" in difference
