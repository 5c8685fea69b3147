"""A pool whose connections are in memory, and a dial that ends when and as the test says.

Must not know what a test wants to see.
"""

from __future__ import annotations

import asyncio

import pytest

from hashrange.errors import ConnectFailed, NetworkError
from hashrange.wire.connection import Connection, HttpAnswer
from hashrange.wire.pool import Pool
from tests.loops import settle, virtual_loop

from .byte_stream import ByteStream

IDLE_TIMEOUT = 15.0


class HandDial:
    """Keeps every dial under way until the test says how it ends."""

    def __init__(self) -> None:
        self.under_way: list[asyncio.Future[Connection]] = []
        self.timeouts: list[float] = []
        self.streams: dict[Connection, ByteStream] = {}

    async def __call__(self, timeout: float) -> Connection:
        self.timeouts.append(timeout)
        dial: asyncio.Future[Connection] = asyncio.get_running_loop().create_future()
        self.under_way.append(dial)
        try:
            return await dial
        finally:
            self.under_way.remove(dial)

    def new(self) -> Connection:
        """An open connection, as a dial would give it."""
        connection = Connection(asyncio.get_running_loop())
        stream = self.streams[connection] = ByteStream(connection)
        connection.connection_made(stream)
        return connection

    def succeed(self, at: int = 0) -> Connection:
        connection = self.new()
        self.under_way[at].set_result(connection)
        return connection

    def fail(self, at: int = 0, reason: str = "refused") -> None:
        self.under_way[at].set_exception(ConnectFailed(reason))

    def stream(self, connection: Connection) -> ByteStream:
        return self.streams[connection]


def pool_of(
    limit: int = 2, waiters: int = 10, idle_timeout: float = IDLE_TIMEOUT, connect_timeout: float = 1.0
) -> tuple[Pool, HandDial]:
    dial = HandDial()
    pool = Pool(
        dial, max_connections=limit, max_waiters=waiters, idle_timeout=idle_timeout, connect_timeout=connect_timeout
    )
    return pool, dial


async def acquiring(pool: Pool, timeout: float = 5.0) -> asyncio.Task[Connection]:
    """A call that has asked for a connection and waits."""
    call = asyncio.create_task(pool.acquire(timeout))
    await settle()
    return call


async def lend(pool: Pool, dial: HandDial, count: int) -> list[Connection]:
    """So many connections, opened and busy."""
    calls = [await acquiring(pool) for _ in range(count)]
    for _ in range(len(dial.under_way)):
        dial.succeed()
        await settle()
    return [await call for call in calls]


def state(pool: Pool) -> str:
    return repr(pool).removeprefix("<Pool ").removesuffix(">")


def assert_empty(pool: Pool, limit: int = 2) -> None:
    assert state(pool) == f"0 idle, 0 busy, 0 opening of {limit}, 0 waiting, closed"
    assert virtual_loop().timers() == []


async def assert_fails(call: asyncio.Task[Connection], error: type[NetworkError], text: str = ".") -> None:
    """The call has ended with this error, and nothing was sent for it."""
    await settle()
    assert call.done()
    with pytest.raises(error, match=text) as caught:
        await call
    assert not caught.value.sent


async def exchange(connection: Connection, stream: ByteStream) -> HttpAnswer:
    task = asyncio.create_task(connection.exchange(b"GET / HTTP/1.1\r\n\r\n", 5.0))
    await settle()
    stream.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    return await task
