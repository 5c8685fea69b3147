"""The end of a transport, in the middle of anything; and one transport under several event loops."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest

from hashrange.errors import ClientClosed, NetworkError
from hashrange.wire.dial import tls_context
from hashrange.wire.transport import Response
from tests.loops import LoopFactory, each_loop, on_each_loop, run_clean, settle
from tests.wire_clients import HASTE, PATIENCE, Slow, busy_threads, call, transport_of, until
from tests.wire_servers import OK, answering, serving, serving_in_thread, silent


# ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@on_each_loop
async def test_closing_is_idempotent_and_final() -> None:
    async with serving(answering(OK)) as server:
        client = transport_of(server.authority)
        await call(client)
        await client.close()
        await client.close()
        await server.all_gone()
        with pytest.raises(ClientClosed) as caught:
            await call(client)
        assert not caught.value.sent
        assert "no pool" in repr(client)


@on_each_loop
async def test_closing_before_anything_was_sent() -> None:
    client = transport_of("127.0.0.1:1")
    await client.close()
    with pytest.raises(ClientClosed) as caught:
        await call(client)
    assert not caught.value.sent


@on_each_loop
async def test_closing_with_calls_under_way() -> None:
    async with serving(silent) as server:
        client = transport_of(server.authority, max_connections=2)
        calls = [asyncio.create_task(call(client)) for _ in range(5)]
        await until(lambda: "2 busy, 0 opening of 2, 3 waiting" in repr(client))
        await settle()
        await client.close()
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(each) for each in outcomes] == [ClientClosed] * 5
        assert [isinstance(each, ClientClosed) and each.sent for each in outcomes] == [True] * 2 + [False] * 3
        await server.all_gone()


@on_each_loop
async def test_closing_while_a_call_connects() -> None:
    async with serving(silent) as server:
        client = transport_of(server.authority, "https", ssl_context=tls_context(), connect_timeout=HASTE)
        connecting = asyncio.create_task(call(client))
        await until(lambda: bool(server.peers))
        await client.close()
        with pytest.raises(NetworkError) as caught:
            await connecting
        assert not caught.value.sent
        await server.all_gone()


@on_each_loop
async def test_closing_while_a_call_waits_for_credentials() -> None:
    async with serving(silent) as server:
        client = transport_of(server.authority, provider=Slow())
        waiting = asyncio.create_task(call(client))
        await settle()
        await client.close()
        with pytest.raises(ClientClosed) as caught:
            await waiting
        assert not caught.value.sent
        assert server.peers == []


@on_each_loop
async def test_closing_while_the_trust_store_is_read() -> None:
    async with serving(silent) as server:
        client = transport_of(server.authority, "https")
        with busy_threads() as go:
            waiting = asyncio.create_task(call(client))
            await settle()
            await client.close()
            go.set()
            with pytest.raises(ClientClosed) as caught:
                await waiting
        assert not caught.value.sent
        assert server.peers == []


@on_each_loop
async def test_a_close_that_is_cancelled_has_closed_the_sockets() -> None:
    async with serving(answering(OK)) as server:
        client = transport_of(server.authority)
        await call(client)
        end = asyncio.create_task(client.close())
        asyncio.get_running_loop().call_soon(end.cancel)
        await asyncio.wait([end])
        await server.all_gone()
        await client.close()


# ── several loops ────────────────────────────────────────────────────────────────────────────────────────────────────
@each_loop
def test_one_client_under_one_loop_after_the_other(loop_factory: LoopFactory) -> None:
    """As a client at module level is used by several ``asyncio.run``; nobody closes it."""
    with serving_in_thread(answering(OK)) as server:
        client = transport_of(server.authority)

        async def work() -> None:
            responses = await asyncio.gather(*(call(client) for _ in range(3)))
            assert {response.status for response in responses} == {200}
            assert "<Pool 3 idle" in repr(client)

        for round_number in (1, 2, 3):
            run_clean(loop_factory, work)
            assert "no pool" in repr(client), "the loop's end closes its pool"
            assert len(server.peers) == 3 * round_number
        run_clean(loop_factory, client.close)


@each_loop
def test_a_loop_that_ends_amid_calls(loop_factory: LoopFactory) -> None:
    with serving_in_thread(silent) as server:
        client = transport_of(server.authority, max_connections=2)

        async def work() -> None:
            for _ in range(4):
                calls.append(asyncio.create_task(call(client)))
            await until(lambda: "2 busy, 0 opening of 2, 2 waiting" in repr(client))

        calls: list[asyncio.Task[Response]] = []
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(work())
        assert all(each.cancelled() for each in calls)
        assert "no pool" in repr(client)


@each_loop
def test_one_client_under_two_loops_at_once(loop_factory: LoopFactory) -> None:
    with serving_in_thread(answering(OK)) as server:
        client = transport_of(server.authority, max_connections=2)
        together = threading.Barrier(2)

        async def work() -> None:
            for _ in range(30):
                together.wait(PATIENCE)  # both threads come to the change of loops again and again
                responses = await asyncio.gather(*(call(client) for _ in range(3)))
                assert {response.status for response in responses} == {200}

        def run() -> None:
            with asyncio.Runner(loop_factory=loop_factory) as runner:
                runner.run(work())

        with ThreadPoolExecutor(2) as threads:
            for outcome in [threads.submit(run), threads.submit(run)]:
                outcome.result(30.0)
        assert "no pool" in repr(client)
        assert len(server.peers) == 4


@each_loop
def test_closing_under_one_loop_closes_the_sockets_of_the_others(loop_factory: LoopFactory) -> None:
    with serving_in_thread(answering(OK)) as server:
        client = transport_of(server.authority)
        used = threading.Event()

        async def work() -> None:
            await call(client)
            used.set()
            await until(lambda: "0 idle, 0 busy, 0 opening of 4, 0 waiting, closed" in repr(client))
            with pytest.raises(ClientClosed):
                await call(client)

        def run() -> None:
            with asyncio.Runner(loop_factory=loop_factory) as runner:
                runner.run(work())

        with ThreadPoolExecutor(1) as threads:
            elsewhere = threads.submit(run)
            assert used.wait(PATIENCE)
            run_clean(loop_factory, client.close)
            elsewhere.result(PATIENCE)
        assert "no pool" in repr(client)


def test_pools_of_loops_that_nobody_ended_well_are_forgotten() -> None:
    with serving_in_thread(answering(OK)) as server, warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # sockets that are left to the garbage collector
        client = transport_of(server.authority)
        for _ in range(3):
            loop = asyncio.new_event_loop()
            loop.run_until_complete(call(client))
            assert repr(client).count("<Pool") == 1
            loop.close()
        del loop, client
        gc.collect()
