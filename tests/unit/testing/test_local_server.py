"""The server in a thread: what it answers, that it shares its engine, and that it ends."""

from __future__ import annotations

import asyncio
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from hashrange import ConnectFailed, DynamoDB, RetryPolicy
from hashrange.simulator import Engine
from hashrange.testing import LocalServer

from .clients import ITEM, KEY


def get(url: str) -> bytes:
    with urllib.request.urlopen(url) as response:
        found: bytes = response.read()
    return found


def test_it_answers_while_its_test_blocks() -> None:
    with LocalServer(Engine()) as server:
        assert b"healthy" in get(server.url)
        assert repr(server) == f"<LocalServer http://127.0.0.1:{server.port}>"
        server.start()  # has been done


async def test_it_shares_its_engine_with_clients_in_this_process() -> None:
    engine = Engine(["app"])
    with LocalServer(engine) as server:
        async with DynamoDB.in_memory(engine=engine) as near, DynamoDB.local(server.port) as far:
            await near.table("app").put_item(ITEM)
            assert await far.table("app").get_item(KEY) == ITEM
        assert [call.operation for call in server.engine.calls()] == ["PutItem", "GetItem"]


def test_it_ends_with_its_thread_and_connections() -> None:
    server = LocalServer(Engine(["app"]))
    server.stop()
    server.start()
    thread = next(thread for thread in threading.enumerate() if thread.name == "hashrange-server")

    async def use_and_stop() -> None:
        async with DynamoDB.local(server.port, retry=RetryPolicy.none()) as db:
            await db.table("app").put_item(ITEM)
            await asyncio.to_thread(server.stop)
            with pytest.raises(ConnectFailed):
                await db.table("app").get_item(KEY)

    asyncio.run(use_and_stop())
    server.stop()
    assert (thread.is_alive(), repr(server)) == (False, "<LocalServer not started>")
    url = server.url
    with server:
        assert b"healthy" in get(url), "it may start again, and is where it was"


def test_a_port_that_is_taken_is_an_error_at_once() -> None:
    with LocalServer(Engine()) as server:
        second = LocalServer(Engine(), port=server.port)
        with pytest.raises(OSError, match="address already in use"):
            second.start()
        second.stop()
        assert repr(second) == "<LocalServer not started>"
        assert b"healthy" in get(server.url)
    with second:
        assert second.port == server.port


def test_many_at_once_from_many_threads() -> None:
    def once(_: int) -> int:
        with LocalServer(Engine()) as server:
            get(server.url)
            return server.port

    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(once, range(8)))) == 8
