"""A connection that ends early closes its own file descriptor, once: a second time could be somebody else's by then.

Descriptors are small numbers that are used again at once: by another connection of this program, or by a file.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import select
import socket
import struct

import pytest

from hashrange.errors import ConnectFailed, ConnectionLost
from hashrange.wire.connection import Connection
from hashrange.wire.dial import Origin, open_connection, start_tls, take_over, tls_context
from tests.loops import on_each_loop, settle
from tests.suspensions import When, for_each_suspension
from tests.wire_clients import PATIENCE
from tests.wire_servers import Handler, Peer, closing, resetting, serving

ROUNDS = 20
TLS = tls_context()


class Others:
    """Somebody else in this program, who opens files, and finds them open."""

    def __init__(self) -> None:
        self._opened: list[int] = []

    def open_file(self) -> None:
        self._opened.append(os.open(os.devnull, os.O_RDONLY))

    def close_all(self) -> None:
        gc.collect()
        for each in self._opened:
            os.fstat(each)
            os.close(each)


def reset_socket() -> socket.socket:
    """A connected socket whose peer has reset the connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sock = socket.create_connection(listener.getsockname(), PATIENCE)
        peer, _ = listener.accept()
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
    assert select.select([sock], [], [], PATIENCE)[0]
    return sock


@on_each_loop
async def test_a_reset_that_comes_before_the_loop_has_the_socket() -> None:
    others = Others()
    for _ in range(ROUNDS):
        connection = Connection(asyncio.get_running_loop())
        await take_over(reset_socket(), connection)
        await settle()
        others.open_file()
        with pytest.raises(ConnectionLost):
            await connection.exchange(b"", PATIENCE)
    others.close_all()


@on_each_loop
async def test_a_reset_before_a_handshake() -> None:
    others = Others()
    for _ in range(ROUNDS):
        with pytest.raises(OSError):
            await secured(reset_socket())
        await settle()
        others.open_file()
    others.close_all()


@pytest.mark.parametrize("when", ["waiting", "woken"])
@on_each_loop
async def test_a_reset_and_a_cancellation_at_one_moment(when: When) -> None:
    """The loop hears no complaint of it either."""
    others = Others()

    async def after() -> None:
        await settle()
        others.open_file()

    async def body() -> None:
        with contextlib.suppress(OSError):
            await secured(reset_socket())

    for _ in range(ROUNDS):
        assert await for_each_suspension(body, after, when)
    others.close_all()


async def secured(sock: socket.socket) -> None:
    transport, connection = await take_over(sock, Connection(asyncio.get_running_loop()))
    try:
        await start_tls(transport, connection, TLS, "localhost")
    finally:
        transport.abort()


async def resetting_amid_the_handshake(peer: Peer) -> None:
    await peer.reader.readexactly(5)
    peer.reset()


@pytest.mark.parametrize("handler", [closing, resetting, resetting_amid_the_handshake])
@on_each_loop
async def test_a_handshake_that_the_peer_ends(handler: Handler) -> None:
    others = Others()
    async with serving(handler) as server:
        for _ in range(ROUNDS):
            with pytest.raises(ConnectFailed):
                await open_connection(Origin(server.host, server.port, TLS), PATIENCE)
            others.open_file()
    others.close_all()
