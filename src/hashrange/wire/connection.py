"""One HTTP/1.1 connection: bytes of a request in, a whole answer out.

Owns one socket, its parser and its timer. A connection carries one exchange at a time; whatever ends an exchange before
its answer is whole (timeout, cancellation, garbage, a closed peer) also ends the connection. Must not know DynamoDB,
signatures, retries or the pool.
"""

from __future__ import annotations

import asyncio
import enum
from typing import TYPE_CHECKING, Final, cast

import httptools
from msgspec import Struct

from ..errors import AttemptTimeout, BadResponse, ConnectionLost, NetworkError

if TYPE_CHECKING:
    from collections.abc import Callable

#: DynamoDB's answers hold at most 16 MB of items; JSON and base64 make that at most four times as long.
ANSWER_MAX_BYTES: Final = 64 * 1024 * 1024
HEADERS_MAX_COUNT: Final = 128
HEADERS_MAX_BYTES: Final = 64 * 1024  # the parser copies a header with every piece that it comes in
READ_BUFFER_BYTES: Final = 64 * 1024
#: an answer with none of these headers has no length of its own
_FRAMED: Final = frozenset({b"content-length", b"transfer-encoding"})


class HttpAnswer(Struct):
    """A whole answer. Header names are lower-case bytes."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes


def read_buffer() -> memoryview:
    """What connections of one loop read into; a new one for every read would cost more than the read itself."""
    return memoryview(bytearray(READ_BUFFER_BYTES))


class State(enum.Enum):
    OPENING = "opening"
    IDLE = "idle"
    BUSY = "busy"
    CLOSED = "closed"


class Connection(asyncio.BufferedProtocol):
    """One connection; made by ``wire.dial``, lent out by ``wire.pool``.

    Attributes:
        state: where it is in its life; only an IDLE connection may be used.
        idle_since, opened_at: the loop's time of the last exchange's end, and of the opening.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, buffer: memoryview | None = None) -> None:
        self._loop = loop
        # what is read is used up before anything else is read in this loop: so connections can share a buffer
        self._buffer = read_buffer() if buffer is None else buffer
        self.state = State.OPENING
        self.opened_at = self.idle_since = loop.time()
        self.opening_seconds = 0.0  # what the call it was opened for spent on that, until that call has noted it
        self.on_idle_close: Callable[[Connection], None] | None = None
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[HttpAnswer] | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._headers: dict[bytes, bytes] = {}
        self._body: list[bytes] = []
        self._received_bytes = 0
        self._deadline: float | None = None
        self._timer: asyncio.Handle | None = None
        self._timer_at = 0.0

    def __repr__(self) -> str:
        return f"<Connection {self.state.value}>"

    # ── one exchange ─────────────────────────────────────────────────────────────────────────────────────────────────
    async def exchange(self, request: bytes, timeout: float) -> HttpAnswer:
        """Send a request's bytes and return its answer, within ``timeout`` seconds.

        Afterwards the connection is IDLE if it can be used again, else CLOSED.

        Raises:
            ConnectionLost: the peer closed or reset it, before or within the answer.
            AttemptTimeout: the answer was not whole in time.
            BadResponse: what came is not HTTP, or too much.
            ClientClosed, or what else ``close`` was given: it was closed on this side.
        """
        transport = self._transport
        if self.state is not State.IDLE or transport is None or transport.is_closing():
            if self.state is State.IDLE:
                self.close()  # the transport has seen a reset, and tells us in the loop's next round
            raise _unsent(ConnectionLost("the connection was closed before it could be used"))
        if timeout <= 0:
            raise _unsent(AttemptTimeout("no time was left to send the request"))
        self.state = State.BUSY
        self._waiter = self._loop.create_future()
        self._arm(timeout)
        transport.write(request)
        del request  # it holds a signature: tools that show the locals of a traceback must not find it
        try:
            return await self._waiter
        except BaseException:
            self.close()
            raise
        finally:
            self._waiter = None
            self._deadline = None

    def close(self, error: NetworkError | None = None) -> None:
        """Close at once, without waiting for the peer; an exchange under way fails with ``error``. Idempotent."""
        self._end(error or ConnectionLost("the connection was closed on this side"))

    # ── asyncio's side ───────────────────────────────────────────────────────────────────────────────────────────────
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.opened_at = self.idle_since = self._loop.time()
        self._parser = httptools.HttpResponseParser(self)
        self.state = State.IDLE

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        data = self._buffer[:nbytes]
        if self.state is not State.BUSY or self._parser is None:
            self._end(BadResponse("the peer sent data that nobody asked for"))
            return
        before = self._received_bytes
        self._received_bytes = before + nbytes
        if before > HEADERS_MAX_BYTES and not self._body:
            self._end(BadResponse(f"the answer's headers are longer than {HEADERS_MAX_BYTES} bytes"))
            return
        if self._received_bytes > ANSWER_MAX_BYTES:
            self._end(BadResponse(f"the answer is longer than {ANSWER_MAX_BYTES} bytes"))
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._end(BadResponse(f"the peer does not speak HTTP: {error}"))

    def eof_received(self) -> bool:
        waiter, parser = self._waiter, self._parser
        # a body with neither a length nor chunks ends where the connection ends (RFC 9112, 6.3)
        whole = bool(self._body) and _FRAMED.isdisjoint(self._headers)
        if whole and parser is not None and waiter is not None and not waiter.done():
            waiter.set_result(HttpAnswer(parser.get_status_code(), self._headers, b"".join(self._body)))
        self._lose(None)  # at once: by the time that connection_lost comes, somebody could have used it
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._lose(exc)

    def _lose(self, reason: Exception | None) -> None:
        middle = " in the middle of its answer" if self._received_bytes else ""
        self._end(ConnectionLost(f"the peer closed the connection{middle}{f': {reason}' if reason else ''}"))

    # ── httptools' side ──────────────────────────────────────────────────────────────────────────────────────────────
    def on_message_begin(self) -> None:
        if self.state is not State.BUSY:
            self._end(BadResponse("the peer sent more than one answer"))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.lower()] = value
        if len(self._headers) > HEADERS_MAX_COUNT:
            self._end(BadResponse(f"the answer has more than {HEADERS_MAX_COUNT} headers"))

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        waiter, parser = self._waiter, self._parser
        if waiter is None or parser is None or waiter.done():
            self._end(BadResponse("the peer sent more than one answer"))
            return
        body = self._body
        answer = HttpAnswer(parser.get_status_code(), self._headers, body[0] if len(body) == 1 else b"".join(body))
        if answer.status < 200:
            self._headers, self._body = {}, []
            return  # 100 Continue and its like come before the answer
        self._headers, self._body, self._received_bytes = {}, [], 0
        self._deadline = None
        if parser.should_keep_alive():
            self.state, self.idle_since = State.IDLE, self._loop.time()
        else:
            self._end(ConnectionLost("the peer wants no further request"), failing_waiter=False)
        waiter.set_result(answer)

    # ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def _end(self, error: NetworkError, *, failing_waiter: bool = True) -> None:
        was, self.state = self.state, State.CLOSED
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._transport is not None:
            self._transport.abort()
            self._transport = None
        self._parser = None
        waiter = self._waiter
        if failing_waiter and waiter is not None and not waiter.done():
            waiter.set_exception(error)
        if was is State.IDLE and self.on_idle_close is not None:
            self.on_idle_close(self)

    # ── the timer: armed once and moved lazily, since most exchanges end long before it ──────────────────────────────
    def _arm(self, timeout: float) -> None:
        self._deadline = deadline = self._loop.time() + timeout
        if self._timer is not None:
            if self._timer_at <= deadline:
                return
            self._timer.cancel()
        self._set_timer(deadline)

    def _set_timer(self, at: float) -> None:
        self._timer_at = at  # not asked of the handle: uvloop's has no time where it is due at once
        self._timer = self._loop.call_at(at, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        deadline = self._deadline
        if deadline is None:
            return
        if self._loop.time() >= deadline:
            self._end(AttemptTimeout("no whole answer came in time"))
        else:
            self._set_timer(deadline)


def _unsent(error: NetworkError) -> NetworkError:
    error.sent = False
    return error
