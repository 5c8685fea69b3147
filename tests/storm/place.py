"""Where a storm takes place: a server and a proxy in a thread, and clients of both; what is open when it is over.

Owns the settings of the client in the storm. Must not know what it does.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

from hashrange.auth.static import Static
from hashrange.client import DynamoDB
from hashrange.config import Config
from hashrange.resilience.breaker import CircuitRule
from hashrange.resilience.retry import RetryPolicy, RetryRule
from hashrange.simulator.engine import Engine
from hashrange.simulator.server import Server
from tests.storm.proxy import Proxy

#: seconds for what only waits until something has ended
PATIENCE: Final = 30.0
#: three attempts, which together outlast an outage now and then
_RETRY: Final = RetryRule(3, 0.03)
_SOCKETS: Final = "socket:"


def direct_client(port: int) -> DynamoDB:
    """A client of the server itself."""
    return DynamoDB(_config(port))


def stormy_client(port: int, seed: int, tls: ssl.SSLContext | None = None) -> DynamoDB:
    """A client as a program has it, but in a hurry; with every feature that opens and closes connections."""
    retry = RetryPolicy(_RETRY, _RETRY, _RETRY, _RETRY, _RETRY)
    return DynamoDB(
        _config(
            port,
            tls,
            timeout=3.0,
            attempt_timeout=0.4,
            connect_timeout=0.4,
            idle_timeout=0.5,
            max_connections=24,
            hedge_after=0.1,
            retry=retry,
            circuit=CircuitRule(failures=10, open_seconds=0.1, successes=1),
            randomness=Random(seed),
        )
    )


def _config(port: int, tls: ssl.SSLContext | None = None, **settings: Any) -> Config:
    scheme = "http" if tls is None else "https"
    return Config(
        endpoint_url=f"{scheme}://127.0.0.1:{port}",
        region="us-east-1",
        credentials=Static("storm", "storm"),
        ssl_context=tls,
        **settings,
    )


@dataclass
class Place:
    """A server and the proxy in front of it, which run in another thread."""

    server: Server
    proxy: Proxy
    loop: asyncio.AbstractEventLoop

    async def at_rest(self) -> None:
        """Return when the proxy has delivered all that it ever will, and the server has no connection."""
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._at_rest(), self.loop))

    async def _at_rest(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.proxy.at_rest()
            while self.server.connections:  # noqa: ASYNC110 - the server tells nobody
                await asyncio.sleep(0.005)


@contextlib.contextmanager
def place_in_thread(seed: int, tls: ssl.SSLContext | None = None) -> Iterator[Place]:
    """They have a loop of their own, so that nothing that the client's loop does disturbs them."""
    started, stop = threading.Event(), asyncio.Event()
    found: list[Place] = []

    async def serve() -> None:
        async with Server(Engine()) as server, Proxy(server.port, seed, tls) as proxy:
            found.append(Place(server, proxy, asyncio.get_running_loop()))
            started.set()
            await stop.wait()

    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(asyncio.run, serve())
        assert started.wait(PATIENCE)
        try:
            yield found[0]
        finally:
            found[0].loop.call_soon_threadsafe(stop.set)
            running.result(PATIENCE)


def open_sockets(process: int | str = "self") -> int:
    """How many sockets a process has; 0 where the system does not tell."""
    folder = Path(f"/proc/{process}/fd")
    count = 0
    for each in folder.iterdir() if folder.is_dir() else ():
        with contextlib.suppress(OSError):  # the listing's own
            count += os.readlink(each).startswith(_SOCKETS)
    return count
