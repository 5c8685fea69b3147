"""A client that resets its connection at the very moment in which the server takes leave of it."""

from __future__ import annotations

import asyncio
import errno

from hashrange.simulator.http_connection import Connection, Limits
from hashrange.simulator.http_messages import BAD_REQUEST
from tests.unit.simulator.http_client import Echo, House, Wire


class ResetWire(Wire):
    """What was written went into the kernel; then the peer's reset came."""

    def write_eof(self) -> None:
        raise OSError(errno.ENOTCONN, "Transport endpoint is not connected")


async def test_a_reset_before_the_end_is_said_ends_the_connection() -> None:
    wire = ResetWire()
    connection = Connection(House(), Echo(), Limits(), asyncio.get_running_loop())
    connection.connection_made(wire)
    connection.data_received(b"no HTTP\r\n\r\n")
    assert wire.sent == BAD_REQUEST
    assert wire.aborted
