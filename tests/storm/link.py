"""One client's connection through the proxy, and its own connection to the server: whole messages, and violence.

Owns two sockets. Must not know which fault comes when.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
import struct
from random import Random
from typing import Final

#: one request with the largest item, or a page of a query
BUFFER_MAX_BYTES: Final = 1 << 20
_NO_LINGER: Final = struct.pack("ii", 1, 0)
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Side:
    """One end of a link."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def message(self) -> bytes:
        """The next request or answer, whole.

        Raises:
            EOFError, ConnectionError: the peer is gone.
        """
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        return head if length is None else head + await self.reader.readexactly(int(length.group(1)))

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def drip(self, data: bytes, pieces: int, seconds: float) -> None:
        """Send it in so many pieces, with a pause after each, while the peer is there."""
        size = max(1, len(data) // pieces)
        for start in range(0, len(data), size):
            if self.reader.at_eof():
                raise EOFError
            await self.send(data[start : start + size])
            await asyncio.sleep(seconds)

    async def gone(self) -> None:
        """Return when the peer has closed."""
        with contextlib.suppress(ConnectionError):
            while await self.reader.read(65_536):
                pass

    def close(self) -> None:
        """End it as a peer does that has nothing more to say."""
        self.writer.close()

    def reset(self) -> None:
        """End it as a peer does that has crashed."""
        if not self.writer.transport.is_closing():
            self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self.writer.transport.abort()

    def close_half(self) -> None:
        """Say that nothing more will be said, and go on listening; TLS has no such thing, and is ended."""
        if self.writer.can_write_eof():
            self.writer.write_eof()
        else:
            self.close()


async def accepted_side(sock: socket.socket, tls: ssl.SSLContext | None) -> Side:
    """A client that has been let in.

    Raises:
        OSError: it has left, or does not speak TLS.
    """
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=BUFFER_MAX_BYTES)
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await loop.connect_accepted_socket(lambda: protocol, sock, ssl=tls)
    return Side(reader, asyncio.StreamWriter(transport, protocol, reader, loop))


async def opened_side(port: int) -> Side:
    """A new connection to a server on this machine.

    Raises:
        OSError: it is not there.
    """
    return Side(*await asyncio.open_connection("127.0.0.1", port, limit=BUFFER_MAX_BYTES))


def reset(sock: socket.socket) -> None:
    """End a connection that nobody has begun to use."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    sock.close()


class Link:
    """A client and the server."""

    def __init__(self, client: Side, server: Side) -> None:
        self.client, self.server = client, server

    async def ask(self, request: bytes) -> bytes:
        """Pass a request on; its answer."""
        await self.server.send(request)
        return await self.server.message()

    def reset(self) -> None:
        self.client.reset()
        self.server.reset()

    def close(self) -> None:
        self.client.close()
        self.server.close()


def part_of(data: bytes, chance: Random) -> bytes:
    """A beginning of it, at least one byte short."""
    return data[: chance.randrange(len(data))]


def flipped(answer: bytes, chance: Random) -> bytes:
    """The same with one bit of its body changed."""
    at = chance.randrange(answer.index(b"\r\n\r\n") + 4, len(answer))
    return answer[:at] + bytes([answer[at] ^ 1 << chance.randrange(8)]) + answer[at + 1 :]


def garbage(chance: Random) -> bytes:
    """What a client may get that asks something else than an HTTP server, or a bad one."""
    kinds = (
        chance.randbytes(chance.randrange(1, 400)),
        b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html></html>",
        b"HTTP/1.1 200 OK\r\nContent-Length: minus one\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/9.9 777\r\n" * 3,
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\r\n\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 400,
    )
    return chance.choice(kinds)


def own_answer(status: int) -> bytes:
    """What a proxy says of itself."""
    body = b"<html><h1>Bad day</h1></html>"
    return b"HTTP/1.1 %d Bad Day\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)
