"""An HTTP endpoint of the embedded DynamoDB in a thread of its own, for clients that block the test's thread.

Owns the thread and its event loop. Must not know pytest.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from threading import Thread
from types import TracebackType
from typing import Final, Self

from ..simulator.engine import Engine
from ..simulator.server import Server

_GRACE_SECONDS: Final = 1.0  # for requests under way when it stops


class LocalServer:
    """A DynamoDB over HTTP on 127.0.0.1, from ``with`` to its end, or from ``start`` to ``stop``.

    Args:
        engine: who answers; it may be shared with clients in this process.
        port: where to listen; 0 takes a free one, and keeps it when it is started again.

    Attributes:
        engine: as given: for ``engine.calls()``, ``engine.snapshot()`` and so on.
    """

    def __init__(self, engine: Engine, *, port: int = 0) -> None:
        self.engine = engine
        self._thread: Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Event | None = None
        self._wanted_port = self._port = port

    def __repr__(self) -> str:
        return f"<LocalServer {self.url if self._thread else 'not started'}>"

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._port

    @property
    def url(self) -> str:
        """What to give to clients: ``endpoint_url``."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Begin to listen; returns when clients can connect.

        Raises:
            OSError: the port cannot be had.
        """
        if self._thread is not None:
            return
        started: Future[int] = Future()
        self._thread = Thread(target=lambda: asyncio.run(self._serve(started)), name="hashrange-server", daemon=True)
        self._thread.start()
        try:
            self._wanted_port = self._port = started.result()
        except Exception:
            self._thread.join()
            self._thread = None
            raise

    def stop(self) -> None:
        """Listen no more, and close all connections. Idempotent."""
        thread, self._thread = self._thread, None
        if thread is None or self._loop is None or self._ending is None:
            return
        self._loop.call_soon_threadsafe(self._ending.set)
        thread.join()

    async def _serve(self, started: Future[int]) -> None:
        self._loop, self._ending = asyncio.get_running_loop(), asyncio.Event()
        server = Server(self.engine, port=self._wanted_port)
        try:
            await server.start()
        except BaseException as error:
            started.set_exception(error)
            return
        started.set_result(server.port)
        await self._ending.wait()
        await server.stop(_GRACE_SECONDS)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
