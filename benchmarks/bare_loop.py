"""The floor: what a call costs when nothing is done but the call.

An asyncio protocol, httptools, msgspec and SigV4 with a cached key, over a last-in-first-out list of connections. No
deadline, retry, crc32, events, errors, proxy, models or cancellation, and the answer stays in the wire's shape. A
client with all of these cannot be cheaper; how near it comes is the figure worth watching.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ssl
import time
from typing import Any, cast
from urllib.parse import urlsplit

import httptools
import msgspec

from benchmarks.sample import ACCESS_KEY, REGION, SECRET_KEY

SIGNED = "content-type;host;x-amz-date;x-amz-target"


class _Connection(asyncio.BufferedProtocol):
    """One socket with at most one request on it.

    Buffered, because asyncio otherwise allocates 256 KiB for every read; where the allocator gives that back to the
    system each time, the page faults cost as much as all the rest of a call.
    """

    buffer = memoryview(bytearray(65536))  # one for all: what is read is parsed before anything else can run

    def __init__(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.answer: asyncio.Future[bytes] | None = None
        self.body = b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but its base class

    def get_buffer(self, sizehint: int) -> memoryview:
        return self.buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.parser.feed_data(self.buffer[:nbytes])

    def connection_lost(self, exc: Exception | None) -> None:
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(exc or ConnectionResetError("closed by the stub"))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        assert self.answer is not None
        body, self.body = self.body, b""
        if self.parser.get_status_code() == 200:
            self.answer.set_result(body)
        else:
            self.answer.set_exception(RuntimeError(body.decode()))


class _Signer:
    """SigV4 for one endpoint and one pair of keys; what is equal for a second or a day is made once."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.second = 0
        self.stamp = self.scope = self.key_day = ""
        self.key = b""

    def _tick(self, second: int) -> None:
        self.second = second
        self.stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(second))
        day = self.stamp[:8]
        if day != self.key_day:
            self.key_day = day
            self.scope = f"{day}/{REGION}/dynamodb/aws4_request"
            self.key = f"AWS4{SECRET_KEY}".encode()
            for part in self.scope.split("/"):
                self.key = hmac.digest(self.key, part.encode(), "sha256")

    def head(self, target: str, body: bytes) -> bytes:
        """The request's line and headers, signed."""
        second = int(time.time())
        if second != self.second:
            self._tick(second)
        canonical = (
            f"POST\n/\n\ncontent-type:application/x-amz-json-1.0\nhost:{self.host}\nx-amz-date:{self.stamp}\n"
            f"x-amz-target:{target}\n\n{SIGNED}\n{hashlib.sha256(body).hexdigest()}"
        )
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        to_sign = f"AWS4-HMAC-SHA256\n{self.stamp}\n{self.scope}\n{digest}"
        signature = hmac.digest(self.key, to_sign.encode(), "sha256").hex()
        return (
            f"POST / HTTP/1.1\r\nhost: {self.host}\r\ncontent-type: application/x-amz-json-1.0\r\n"
            f"x-amz-date: {self.stamp}\r\nx-amz-target: {target}\r\ncontent-length: {len(body)}\r\n"
            f"authorization: AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/{self.scope}, SignedHeaders={SIGNED}, "
            f"Signature={signature}\r\n\r\n"
        ).encode()


class BareLoop:
    """Calls by operation and wire-shaped request."""

    def __init__(self, url: str, context: ssl.SSLContext | None) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        self.address = (parts.hostname, parts.port)
        self.context = context
        self.signer = _Signer(parts.netloc)
        self.idle: list[_Connection] = []
        self.encode = msgspec.json.Encoder().encode
        self.decode = msgspec.json.Decoder(dict[str, Any]).decode

    async def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """One call; the answer is in the wire's shape."""
        body = self.encode(request)
        head = self.signer.head("DynamoDB_20120810." + operation, body)
        if self.idle:
            connection = self.idle.pop()
        else:
            loop = asyncio.get_running_loop()
            _, connection = await loop.create_connection(_Connection, *self.address, ssl=self.context)
        answer = connection.answer = asyncio.get_running_loop().create_future()
        assert connection.transport is not None
        connection.transport.write(head + body)
        raw = await answer
        self.idle.append(connection)
        return self.decode(raw)

    async def close(self) -> None:
        """Close what is open."""
        for connection in self.idle:
            assert connection.transport is not None
            connection.transport.close()
        self.idle.clear()
        await asyncio.sleep(0)
