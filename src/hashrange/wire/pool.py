"""Which connection a request gets: decide, then act.

``Ledger`` decides: it knows what is idle, busy and opening, and says what to use, open and close; it does no I/O, so a
table of cases tests it. ``Pool`` acts: it opens, waits, hands over and closes. Must not know HTTP or DynamoDB.

Rules: the connection used last is used first (LIFO); waiters are served in the order they came; never more than
``max_connections`` are open or opening; an idle connection is closed after ``idle_timeout``, any connection is given up
after ``AGE_MAX_SECONDS`` so that a changed DNS answer is noticed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final, Generic, Protocol, TypeVar

from ..errors import AttemptTimeout, ClientClosed
from .connection import Connection, State
from .dial import Dial

AGE_MAX_SECONDS: Final = 300.0


class Pooled(Protocol):
    """What the ledger needs to know of a connection."""

    state: State
    idle_since: float
    opened_at: float


C = TypeVar("C", bound=Pooled)


class Ledger(Generic[C]):
    """The book of a pool's connections. Every method takes the time, changes the book, and says what to do."""

    __slots__ = ("busy", "idle", "idle_timeout", "max_connections", "opening")

    def __init__(self, max_connections: int, idle_timeout: float) -> None:
        self.max_connections = max_connections
        self.idle_timeout = idle_timeout
        self.idle: list[C] = []  # oldest first
        self.busy: set[C] = set()
        self.opening = 0

    def __repr__(self) -> str:
        return f"{len(self.idle)} idle, {len(self.busy)} busy, {self.opening} opening of {self.max_connections}"

    def take(self, now: float) -> tuple[C | None, list[C]]:
        """The idle connection to use (now busy), or None; and those found stale, to be closed."""
        stale: list[C] = []
        while self.idle:
            connection = self.idle.pop()
            if self._fresh(connection, now):
                self.busy.add(connection)
                return connection, stale
            stale.append(connection)
        return None, stale

    def may_open(self) -> bool:
        """Whether another connection may be opened."""
        return len(self.busy) + len(self.idle) + self.opening < self.max_connections

    def give_back(self, connection: C, now: float) -> bool:
        """Whether a connection that was busy can be used again; it is in no list after this."""
        self.busy.discard(connection)
        return self._fresh(connection, now)

    def expired(self, now: float) -> list[C]:
        """The idle connections whose time is over; they are in no list after this."""
        gone = [connection for connection in self.idle if not self._fresh(connection, now)]
        self.idle = [connection for connection in self.idle if connection not in gone]
        return gone

    def _fresh(self, connection: C, now: float) -> bool:
        return (
            connection.state is State.IDLE
            and now - connection.idle_since < self.idle_timeout
            and now - connection.opened_at < AGE_MAX_SECONDS
        )


class Pool:
    """Connections to one origin, for one event loop.

    Args:
        dial: opens a connection.
        max_connections, max_waiters: how many connections there may be, and how many calls may wait for one.
        idle_timeout: seconds after which an unused connection is closed.
        connect_timeout: seconds that opening a connection may take.

    Attributes:
        loop: the event loop that its connections belong to.
    """

    def __init__(
        self, dial: Dial, *, max_connections: int, max_waiters: int, idle_timeout: float, connect_timeout: float
    ) -> None:
        self._dial = dial
        self.loop = asyncio.get_running_loop()
        self._connect_timeout = connect_timeout
        self._max_waiters = max_waiters
        self._ledger: Ledger[Connection] = Ledger(max_connections, idle_timeout)
        # a waiter gets a busy connection, or None: the right to open one, already counted as opening
        self._waiters: deque[asyncio.Future[Connection | None]] = deque()
        self._reaper: asyncio.TimerHandle | None = None
        self._closed = False

    def __repr__(self) -> str:
        state = ", closed" if self._closed else ""
        return f"<Pool {self._ledger!r}, {len(self._waiters)} waiting{state}>"

    @property
    def size(self) -> int:
        """How many connections are open, idle ones included."""
        return len(self._ledger.idle) + len(self._ledger.busy)

    def take(self) -> Connection | None:
        """A connection that is free right now, or None; without waiting."""
        if not self._ledger.idle:
            return None
        connection, stale = self._ledger.take(self.loop.time())
        for gone in stale:
            gone.close()
        return connection

    async def acquire(self, timeout: float) -> Connection:
        """A connection: an idle one, a new one, or the next that is given back. Give it back with ``release``.

        Raises:
            ConnectFailed: none could be opened.
            ClientClosed: the pool was closed.
            AttemptTimeout: none was free within ``timeout`` seconds, or too many calls are waiting already.
        """
        connection = self.take()
        if connection is not None:
            return connection
        if self._closed:
            raise client_closed()
        if self._ledger.may_open():
            self._ledger.opening += 1
            return await self._open(timeout)
        return await self._wait(timeout)

    def release(self, connection: Connection) -> None:
        """Give back a connection, whatever its state; the next waiter gets it, or a new one in its place."""
        reusable = self._ledger.give_back(connection, self.loop.time())
        if not reusable or self._closed:
            connection.close()
            self._wake_to_open()
            return
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                self._ledger.busy.add(connection)
                waiter.set_result(connection)
                return
        self._ledger.idle.append(connection)
        if self._reaper is None:
            self._reaper = self.loop.call_later(self._ledger.idle_timeout, self._reap)

    def close(self) -> None:
        """Close every connection; calls under way fail. Idempotent."""
        self._closed = True
        if self._reaper is not None:
            self._reaper.cancel()
            self._reaper = None
        idle, self._ledger.idle = self._ledger.idle, []
        for connection in (*idle, *self._ledger.busy):
            connection.close(ClientClosed("the client was closed while the call was under way"))
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_exception(client_closed())

    # ── the slow ways ────────────────────────────────────────────────────────────────────────────────────────────────
    async def _open(self, timeout: float) -> Connection:
        """Open a connection; it is counted as opening already."""
        try:
            if self._closed:
                raise client_closed()
            started = self.loop.time()
            connection = await self._dial(min(timeout, self._connect_timeout))
        except BaseException:
            self._ledger.opening -= 1
            self._wake_to_open()
            raise
        self._ledger.opening -= 1
        connection.on_idle_close = self._forget
        connection.opening_seconds = self.loop.time() - started
        self._ledger.busy.add(connection)
        if self._closed:
            self.release(connection)
            raise client_closed()
        return connection

    async def _wait(self, timeout: float) -> Connection:
        if len(self._waiters) >= self._max_waiters:
            raise _not_sent(
                f"all {self._ledger.max_connections} connections are in use and {len(self._waiters)} calls are waiting"
            )
        waiter: asyncio.Future[Connection | None] = self.loop.create_future()
        self._waiters.append(waiter)
        started = self.loop.time()
        try:
            async with asyncio.timeout(timeout):
                connection = await waiter
        except BaseException as error:
            self._abandon(waiter)
            if isinstance(error, TimeoutError):
                raise _not_sent(
                    f"none of the {self._ledger.max_connections} connections became free in {timeout:g} s"
                ) from None
            raise
        if connection is not None:
            if connection.state is State.IDLE:
                return connection
            self._ledger.busy.discard(connection)  # its peer closed it between the handing over and now
            self._ledger.opening += 1
        time_left = timeout - (self.loop.time() - started)
        if time_left <= 0:
            self._ledger.opening -= 1
            self._wake_to_open()
            raise _not_sent(f"a place for a connection became free only after {timeout:g} s")
        return await self._open(time_left)

    def _abandon(self, waiter: asyncio.Future[Connection | None]) -> None:
        """A call stopped waiting; what it was given meanwhile goes to the next."""
        if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
            connection = waiter.result()
            if connection is None:
                self._ledger.opening -= 1
                self._wake_to_open()
            else:
                self.release(connection)
        elif waiter in self._waiters:
            self._waiters.remove(waiter)

    def _wake_to_open(self) -> None:
        """A place has become free: the next waiter opens a connection."""
        while self._waiters and self._ledger.may_open() and not self._closed:
            waiter = self._waiters.popleft()
            if not waiter.done():
                self._ledger.opening += 1
                waiter.set_result(None)
                return

    def _forget(self, connection: Connection) -> None:
        """An idle connection ended by itself."""
        if connection in self._ledger.idle:
            self._ledger.idle.remove(connection)

    def _reap(self) -> None:
        self._reaper = None
        for connection in self._ledger.expired(self.loop.time()):
            connection.close()
        if self._ledger.idle:
            wait = self._ledger.idle[0].idle_since + self._ledger.idle_timeout - self.loop.time()
            self._reaper = self.loop.call_later(max(0.05, wait), self._reap)


def client_closed() -> ClientClosed:
    """The error of a call that comes too late; nothing was sent for it."""
    error = ClientClosed("the client was closed")
    error.sent = False
    return error


def _not_sent(message: str) -> AttemptTimeout:
    error = AttemptTimeout(message, hint="raise Config.max_connections, or send fewer calls at once")
    error.sent = False
    return error
