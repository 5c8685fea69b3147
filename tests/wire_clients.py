"""Transports to the servers of ``wire_servers``, and what must hold of them when a test is over."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from hashrange.auth.credentials import Credentials, Provider, Secret
from hashrange.auth.refresh import CredentialCache
from hashrange.auth.static import Static
from hashrange.clock import SYSTEM_CLOCK, Clock
from hashrange.errors import NetworkError
from hashrange.wire.endpoints import resolve_endpoint
from hashrange.wire.http_transport import HttpTransport
from hashrange.wire.transport import Request, Response
from tests.loops import settle
from tests.wire_servers import Served

PATIENCE = 5.0  # where it should succeed
HASTE = 0.1  # where the end of the time is the subject
KEYS = Static("AKIDEXAMPLE", "hush/secret")


def transport_of(
    authority: str, scheme: str = "http", provider: Provider = KEYS, clock: Clock = SYSTEM_CLOCK, **options: Any
) -> HttpTransport:
    endpoint = resolve_endpoint("eu-west-1", endpoint_url=f"{scheme}://{authority}")
    options = {"connect_timeout": PATIENCE, "max_connections": 4} | options
    return HttpTransport(endpoint, CredentialCache(provider, clock), clock, user_agent="hashrange/test", **options)


@contextlib.asynccontextmanager
async def client_of(server: Served, scheme: str = "http", **options: Any) -> AsyncIterator[HttpTransport]:
    """A transport to the server; afterwards nothing of it may be busy, opening or waiting."""
    transport = transport_of(server.authority, scheme, **options)
    try:
        yield transport
        await settle()
        assert_at_rest(transport)
    finally:
        await transport.close()


def assert_at_rest(transport: HttpTransport) -> None:
    text = repr(transport)
    assert "0 busy, 0 opening" in text or "no pool" in text, text
    assert "0 waiting" in text or "no pool" in text, text


async def call(transport: HttpTransport, timeout: float = PATIENCE, body: bytes = b"{}") -> Response:
    return await transport.send(Request("GetItem", body, timeout, "table"))


async def failure(transport: HttpTransport, timeout: float = PATIENCE) -> NetworkError:
    with pytest.raises(NetworkError) as caught:
        await call(transport, timeout)
    return caught.value


async def until(condition: Callable[[], bool]) -> None:
    """Return when it holds; what makes it hold is already on its way."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - what is looked at tells nobody when it changes
            await asyncio.sleep(0)


# ── what keeps a call waiting ─────────────────────────────────────────────────────────────────────────────────────────
class Slow:
    """A provider that gives nothing until it is told to."""

    name = "slow"

    def __init__(self) -> None:
        self.go = asyncio.Event()

    async def fetch(self) -> Credentials:
        await self.go.wait()
        return Credentials("AKIDEXAMPLE", Secret("hush/secret"))


@contextlib.contextmanager
def busy_threads() -> Iterator[threading.Event]:
    """The loop's threads are all busy until the event is set."""
    go = threading.Event()
    executor = ThreadPoolExecutor(1)
    asyncio.get_running_loop().set_default_executor(executor)
    executor.submit(go.wait, PATIENCE)
    try:
        yield go
    finally:
        go.set()
