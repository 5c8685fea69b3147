"""The HTTP server of the simulator: where it listens, who is connected, and a graceful end.

Owns the socket, the set of connections and their one timer. Must not know HTTP or what a request means.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from .disk.engine import DiskEngine
from .engine import Engine
from .errors import ApiError
from .figures import Figures
from .gateway import Gateway
from .held_answers import HeldAnswers
from .http_connection import Connection, Limits

__all__ = ["Limits", "Server"]

_BACKLOG: Final = 1024  # connections that the kernel holds until they are accepted
_SWEEP_MAX_SECONDS: Final = 1.0
_EXPIRY_SECONDS: Final = 60.0  # between two looks for items whose time to live has ended


class Server:
    """An HTTP server for one engine.

    Args:
        engine: who executes the requests.
        host, port: where to listen; port 0 takes a free one.
        keys: access key to secret key, to check signatures; None accepts any complete credentials.
        cors: answer web pages of other origins, as the service does. Off by default: any page could read the tables.
        limits: what a client may use; None for the defaults.
        figures: where requests are counted; None: nowhere.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        keys: Mapping[str, str] | None = None,
        cors: bool = False,
        limits: Limits | None = None,
        figures: Figures | None = None,
    ) -> None:
        self.engine, self.host, self.port = engine, host, port
        self.stopping = False
        self.held: HeldAnswers | None = None
        self.connections: set[Connection] = set()
        self._limits = limits or Limits()
        self._gateway = Gateway(engine, keys=keys, cors=cors, figures=figures)
        self._server: asyncio.Server | None = None
        self._sweeping: asyncio.TimerHandle | None = None
        self._expiring: asyncio.TimerHandle | None = None
        self._all_gone: asyncio.Future[None] | None = None

    def __repr__(self) -> str:
        state = "stopped" if self.stopping else "listening" if self._server else "not started"
        return f"<Server {self.endpoint_url}: {state}, {len(self.connections)} connections>"

    @property
    def endpoint_url(self) -> str:
        """What to give to clients."""
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"

    async def start(self) -> None:
        """Begin to listen; from then on ``port`` is the real one.

        Raises:
            OSError: the address cannot be had.
        """
        loop = asyncio.get_running_loop()
        if isinstance(self.engine, DiskEngine):
            self.held = HeldAnswers(self.engine, self._gateway.failed, loop)

        def connection() -> Connection:
            return Connection(self, self._gateway, self._limits, loop)

        self._server = await loop.create_server(connection, self.host, self.port, backlog=_BACKLOG)
        self.port = self._server.sockets[0].getsockname()[1]
        self._expiring = loop.call_later(_EXPIRY_SECONDS, self._expire)

    async def stop(self, grace: float = 10.0) -> None:
        """Listen no more, finish what is under way within ``grace`` seconds, and close all connections. Idempotent."""
        self.stopping = True
        if self._server is None:
            return
        server, self._server = self._server, None
        server.close()
        if self._expiring is not None:
            self._expiring.cancel()
        for _ in range(3):  # what clients have sent already is read now, and counts as under way
            await asyncio.sleep(0)
        for connection in list(self.connections):
            connection.close_if_idle()
        try:
            async with asyncio.timeout(grace):
                await self._wait_for_all()
        except TimeoutError:
            for connection in list(self.connections):
                connection.abort()
            await self._wait_for_all()
        await server.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _wait_for_all(self) -> None:
        if self.connections:
            self._all_gone = asyncio.get_running_loop().create_future()
            await self._all_gone

    def _expire(self) -> None:
        self._expiring = asyncio.get_running_loop().call_later(_EXPIRY_SECONDS, self._expire)
        with suppress(ApiError):  # it could not be kept: then nothing has expired yet
            self.engine.expire()

    # ── the connections' side ────────────────────────────────────────────────────────────────────────────────────────
    def opened(self, connection: Connection) -> bool:
        self.connections.add(connection)
        if self._sweeping is None:
            self._sweep_later()
        return not self.stopping and len(self.connections) <= self._limits.connections_max_count

    def closed(self, connection: Connection) -> None:
        self.connections.discard(connection)
        if self.connections:
            return
        if self._sweeping is not None:
            self._sweeping.cancel()
            self._sweeping = None
        if self._all_gone is not None and not self._all_gone.done():
            self._all_gone.set_result(None)

    # one timer for all connections: a thousand idle ones cost a look a second, and a request costs no timer at all
    def _sweep_later(self) -> None:
        limits = self._limits
        shortest = min(limits.idle_timeout, limits.request_timeout, limits.write_timeout, limits.linger_timeout)
        self._sweeping = asyncio.get_running_loop().call_later(min(_SWEEP_MAX_SECONDS, shortest / 4), self._sweep)

    def _sweep(self) -> None:
        now = asyncio.get_running_loop().time()
        for connection in list(self.connections):
            connection.check_time(now)
        self._sweeping = None
        if self.connections:
            self._sweep_later()
