"""One HTTP/1.1 connection: bytes of a request in, a whole answer out.

Owns one socket, its parser and its timer. A connection carries one exchange at a time; whatever ends an exchange before
its answer is whole (timeout, cancellation, garbage, a closed peer) also ends the connection. Must not know DynamoDB,
signatures, retries or the pool.
"""

from __future__ import annotations

import asyncio
import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

import httptools

from ..errors import AttemptTimeout, BadResponse, ConnectionLost, NetworkError

if TYPE_CHECKING:
    from collections.abc import Callable

#: DynamoDB's answers hold at most 16 MB of items; JSON and base64 make that at most four times as long.
ANSWER_MAX_BYTES: Final = 64 * 1024 * 1024
HEADERS_MAX_COUNT: Final = 128


@dataclass(slots=True)
class HttpAnswer:
    """A whole answer. Header names are lower-case bytes."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes


class State(enum.Enum):
    OPENING = "opening"
    IDLE = "idle"
    BUSY = "busy"
    CLOSED = "closed"


class Connection(asyncio.Protocol):
    """One connection; made by ``wire.dial``, lent out by ``wire.pool``.

    Attributes:
        state: where it is in its life; only an IDLE connection may be used.
        idle_since, opened_at: the loop's time of the last exchange's end, and of the opening.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.state = State.OPENING
        self.opened_at = self.idle_since = loop.time()
        self.on_idle_close: Callable[[Connection], None] | None = None
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[HttpAnswer] | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._headers: dict[bytes, bytes] = {}
        self._body: list[bytes] = []
        self._received_bytes = 0
        self._deadline: float | None = None
        self._timer: asyncio.TimerHandle | None = None

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
        """
        if self.state is not State.IDLE:
            raise _unsent(ConnectionLost("the connection was closed before it could be used"))
        assert self._transport is not None, "an idle connection has a transport"
        self.state = State.BUSY
        self._waiter = self._loop.create_future()
        self._arm(timeout)
        self._transport.write(request)
        del request  # it holds a signature: tools that show the locals of a traceback must not find it
        try:
            return await self._waiter
        except BaseException:
            self.close()
            raise
        finally:
            self._waiter = None
            self._deadline = None

    def close(self) -> None:
        """Close at once, without waiting for the peer. Idempotent."""
        self._end(ConnectionLost("the connection was closed on this side"))

    # ── asyncio's side ───────────────────────────────────────────────────────────────────────────────────────────────
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.opened_at = self.idle_since = self._loop.time()
        self._parser = httptools.HttpResponseParser(self)
        self.state = State.IDLE

    def data_received(self, data: bytes) -> None:
        if self.state is not State.BUSY or self._parser is None:
            self._end(BadResponse("the peer sent data that nobody asked for"))
            return
        self._received_bytes += len(data)
        if self._received_bytes > ANSWER_MAX_BYTES:
            self._end(BadResponse(f"the answer is longer than {ANSWER_MAX_BYTES} bytes"))
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._end(BadResponse(f"the peer does not speak HTTP: {error}"))

    def eof_received(self) -> bool:
        return False  # close our half too

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        reason = f": {exc}" if exc else ""
        if self._body or self._headers:
            self._end(ConnectionLost(f"the peer closed the connection in the middle of its answer{reason}"))
        else:
            self._end(ConnectionLost(f"the peer closed the connection{reason}"))

    # ── httptools' side ──────────────────────────────────────────────────────────────────────────────────────────────
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
            if self._timer.when() <= deadline:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(deadline, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        deadline = self._deadline
        if deadline is None:
            return
        if self._loop.time() >= deadline:
            self._end(AttemptTimeout("no whole answer came in time"))
        else:
            self._timer = self._loop.call_at(deadline, self._on_timer)


def _unsent(error: NetworkError) -> NetworkError:
    error.sent = False
    return error
