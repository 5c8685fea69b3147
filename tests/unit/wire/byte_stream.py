"""A connection's other end in memory: keeps what is written, and hands over the bytes that a test feeds.

Behaves as asyncio's socket transports do where it matters: it tells its protocol of the end in the loop's next round,
once, and nothing after that.
"""

from __future__ import annotations

import asyncio

import pytest

from hashrange.errors import NetworkError
from hashrange.wire.connection import Connection, HttpAnswer, State
from tests.loops import virtual_loop


class ByteStream(asyncio.Transport):
    """A transport whose peer is the test.

    Attributes:
        written: what was written, one entry for each write.
        aborted, closed: how our side ended it, if it did.
    """

    def __init__(self, protocol: Connection) -> None:
        super().__init__()
        self._protocol = protocol
        self.written: list[bytes] = []
        self.aborted = self.closed = False

    # ── our side ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.is_closing(), "nothing may be written after the end"
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return self.aborted or self.closed

    def abort(self) -> None:
        assert not self.aborted, "an end is final"
        self._end("aborted")

    def close(self) -> None:
        self._end("closed")

    def _end(self, how: str, error: Exception | None = None) -> None:
        if not self.is_closing():
            asyncio.get_running_loop().call_soon(self._protocol.connection_lost, error)
        setattr(self, how, True)

    # ── the peer's side ──────────────────────────────────────────────────────────────────────────────────────────────
    def feed(self, *pieces: bytes) -> None:
        """The peer sends bytes, one segment after the other; as with a socket, none arrive after our end."""
        for piece in pieces:
            rest = memoryview(piece)
            while rest and not self.is_closing():
                buffer = self._protocol.get_buffer(len(rest))
                part, rest = rest[: len(buffer)], rest[len(buffer) :]
                buffer[: len(part)] = part
                self._protocol.buffer_updated(len(part))

    def feed_eof(self) -> None:
        """The peer closes its half."""
        if not self._protocol.eof_received() and not self.is_closing():
            self.close()

    def reset(self) -> None:
        """The peer resets the connection."""
        self._end("closed", ConnectionResetError(104, "Connection reset by peer"))


def connected() -> tuple[Connection, ByteStream]:
    """An idle connection and its other end."""
    connection = Connection(asyncio.get_running_loop())
    stream = ByteStream(connection)
    connection.connection_made(stream)
    return connection, stream


# ── an exchange over it ───────────────────────────────────────────────────────────────────────────────────────────────
REQUEST = b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
TIMEOUT = 5.0


async def started(connection: Connection, timeout: float = TIMEOUT) -> asyncio.Task[HttpAnswer]:
    """An exchange that has sent its request and waits."""
    exchange = asyncio.create_task(connection.exchange(REQUEST, timeout))
    await asyncio.sleep(0)
    return exchange


async def answered(*pieces: bytes) -> tuple[HttpAnswer, Connection, ByteStream]:
    connection, stream = connected()
    exchange = await started(connection)
    stream.feed(*pieces)
    return await exchange, connection, stream


async def failed(exchange: asyncio.Task[HttpAnswer], error: type[NetworkError]) -> NetworkError:
    with pytest.raises(error) as caught:
        await exchange
    return caught.value


def assert_ended(connection: Connection, stream: ByteStream) -> None:
    """Closed, for good, and without a timer."""
    assert connection.state is State.CLOSED
    assert stream.is_closing()
    assert virtual_loop().timers() == []
