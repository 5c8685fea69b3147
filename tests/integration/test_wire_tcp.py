"""The race among a host's addresses, on real sockets and with a resolver that says what the test wants."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
import uvloop

from hashrange.wire.tcp import NEXT_ADDRESS_DELAY, open_socket
from tests.loops import LoopFactory, each_loop, on_each_loop, run_clean, settle
from tests.suspensions import When, for_each_suspension
from tests.wire_servers import black_hole, closing, free_port, serving, silent

Addresses: TypeAlias = list[tuple[str, int]]

NAME = "db.example"


def resolving(loop_factory: LoopFactory, find: Callable[[], Addresses]) -> LoopFactory:
    """Loops of this kind whose resolver gives these addresses to every name."""
    kind: Any = uvloop.Loop if loop_factory is uvloop.new_event_loop else asyncio.SelectorEventLoop

    async def getaddrinfo(_: Any, name: Any, port: Any, **options: Any) -> Any:
        await settle(1)
        if name != NAME:
            return socket.getaddrinfo(name, port, **options)  # uvloop asks for addresses too
        kinds = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        return [(*kinds, "", address) for address in find()]

    factory: LoopFactory = type("Resolving", (kind,), {"getaddrinfo": getaddrinfo})
    return factory


@on_each_loop
async def test_a_socket_is_connected_and_sends_at_once() -> None:
    async with serving(silent) as server:
        with await open_socket(server.host, server.port) as sock:
            assert sock.getpeername() == (server.host, server.port)
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert not sock.getblocking()
        await server.all_gone()


@on_each_loop
async def test_nagles_delay_is_off_for_what_the_loop_makes_of_it() -> None:
    """A small request must not wait for the acknowledgement of the one before."""
    async with serving(closing) as server:
        sock = await open_socket(server.host, server.port)
        transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=sock)
        found = transport.get_extra_info("socket")
        assert found.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        transport.abort()


@each_loop
def test_the_first_address_that_answers_wins(loop_factory: LoopFactory) -> None:
    addresses: Addresses = []

    async def race() -> None:
        async with serving(silent) as server:
            with free_port() as refused, free_port() as refused_too:
                addresses[:] = [("127.0.0.1", refused), ("127.0.0.1", refused_too), (server.host, server.port)]
                with await open_socket(NAME, 443) as sock:
                    assert sock.getpeername() == (server.host, server.port)
            await server.all_gone()

    run_clean(resolving(loop_factory, lambda: addresses), race)


@each_loop
def test_an_address_that_does_not_answer_is_not_waited_for(loop_factory: LoopFactory) -> None:
    addresses: Addresses = []

    async def race() -> None:
        async with serving(silent) as server:
            with black_hole() as port:
                addresses[:] = [("127.0.0.1", port), (server.host, server.port)]
                async with asyncio.timeout(NEXT_ADDRESS_DELAY * 10):
                    sock = await open_socket(NAME, 443)
            with sock:
                assert sock.getpeername() == (server.host, server.port)

    run_clean(resolving(loop_factory, lambda: addresses), race)


@each_loop
def test_all_that_went_wrong_is_told(loop_factory: LoopFactory) -> None:
    addresses: Addresses = []

    async def race() -> None:
        with free_port() as first, free_port() as second:
            addresses[:] = [("127.0.0.1", first), ("127.0.0.1", second)]
            with pytest.raises(OSError, match=f"{first}.*; .*{second}"):
                await open_socket(NAME, 443)

    run_clean(resolving(loop_factory, lambda: addresses), race)


@each_loop
def test_a_name_without_an_address(loop_factory: LoopFactory) -> None:
    async def race() -> None:
        with pytest.raises(OSError, match="no address"):
            await open_socket(NAME, 443)

    run_clean(resolving(loop_factory, list), race)


@pytest.mark.parametrize("when", ["waiting", "woken"])
@each_loop
def test_a_race_that_is_cancelled_leaves_no_socket(loop_factory: LoopFactory, when: When) -> None:
    addresses: Addresses = []

    async def race() -> None:
        async with serving(silent) as server, serving(silent) as other:
            addresses[:] = [(server.host, server.port), (other.host, other.port)]

            async def open_and_close() -> None:
                (await open_socket(NAME, 443)).close()

            async def all_gone() -> None:
                await settle()
                await server.all_gone()
                await other.all_gone()

            assert await for_each_suspension(open_and_close, all_gone, when) >= 2

    run_clean(resolving(loop_factory, lambda: addresses), race)
