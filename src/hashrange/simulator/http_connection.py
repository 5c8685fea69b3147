"""One client's connection to the HTTP server: bytes in, whole requests to the gateway, answers out in their order.

Every client may be slow, silent, wrong or hostile: what it may use of memory and time is bounded by ``Limits``. Must
not know what a request means.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from enum import Enum
from typing import Final, Protocol, cast

import httptools
from msgspec import Struct

from ..limits import REQUEST_MAX_BYTES
from .gateway import Gateway
from .held_answers import HeldAnswers
from .http_messages import BAD_REQUEST, CONTINUE, HEAD_TOO_LARGE, TOO_LARGE, HttpRequest

#: of one connection at once, before others get their turn
BURST_MAX_REQUESTS: Final = 32

_log = logging.getLogger(__name__)


class Limits(Struct, frozen=True, kw_only=True):
    """What a client may use.

    Attributes:
        body_max_bytes, head_max_bytes, headers_max_count: of one request.
        connections_max_count: of all clients; one more is closed at once.
        idle_timeout: seconds without a request.
        request_timeout: seconds from a request's first byte to its last.
        write_timeout: seconds in which a client does not take its answers.
        linger_timeout: seconds for which a refused client may still send.
    """

    body_max_bytes: int = REQUEST_MAX_BYTES
    head_max_bytes: int = 64 * 1024
    headers_max_count: int = 128
    connections_max_count: int = 10_000
    idle_timeout: float = 300.0
    request_timeout: float = 60.0
    write_timeout: float = 60.0
    linger_timeout: float = 5.0


class Owner(Protocol):
    """Who has the connections."""

    stopping: bool
    held: HeldAnswers | None

    def opened(self, connection: Connection) -> bool:
        """Whether it may stay."""
        ...

    def closed(self, connection: Connection) -> None: ...


class Waiting(Enum):
    """What a connection waits for."""

    REQUEST = "a request"
    REST = "the rest of a request"
    CLIENT = "the client to take its answers"
    END = "the client to end"


class Connection(asyncio.Protocol):
    """One client's connection; made for ``create_server``.

    A refused client (no HTTP, too much) gets its answer, and the connection lingers: what still comes is thrown away
    until the client has seen the answer and ends, for closing at once would tear the answer away from it.
    """

    __slots__ = (
        "_blocked",
        "_burst",
        "_chunks",
        "_eof",
        "_fed_bytes",
        "_gateway",
        "_head_bytes",
        "_headers",
        "_in_body",
        "_in_head",
        "_last",
        "_limits",
        "_lingering",
        "_loop",
        "_owner",
        "_parser",
        "_received_bytes",
        "_seen_at",
        "_seen_steps",
        "_steps",
        "_target",
        "_transport",
        "_upgrading",
        "_waiting",
    )

    def __init__(self, owner: Owner, gateway: Gateway, limits: Limits, loop: asyncio.AbstractEventLoop) -> None:
        self._owner, self._gateway, self._limits, self._loop = owner, gateway, limits, loop
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        # of the request that is being received
        self._in_head = self._in_body = self._upgrading = False
        self._target = b""
        self._headers: dict[bytes, bytes] = {}
        self._chunks: list[bytes] = []
        self._head_bytes = self._received_bytes = self._fed_bytes = 0
        # of the connection
        self._waiting: deque[HttpRequest] = deque()  # whole requests that wait for their turn
        self._burst = 0  # answered since the loop gave us this turn
        self._blocked = False  # the client does not take its answers
        self._eof = self._lingering = False
        self._last: bytes | None = None  # once it is set, no further request is taken; sent after all other answers
        self._steps = self._seen_steps = 0  # progress, counted; who looks now and then sees whether there was any
        self._seen_at = loop.time()

    def __repr__(self) -> str:
        return f"<Connection: waits for {self.waits_for.value}>"

    @property
    def waits_for(self) -> Waiting:
        if self._blocked:
            return Waiting.CLIENT
        if self._lingering:
            return Waiting.END
        return Waiting.REST if self._in_head or self._in_body else Waiting.REQUEST

    # ── the owner's side ─────────────────────────────────────────────────────────────────────────────────────────────
    def check_time(self, now: float) -> None:
        """Close it if it has waited too long."""
        if self._seen_steps != self._steps:
            self._seen_steps, self._seen_at = self._steps, now
            return
        limits = self._limits
        allowed = {
            Waiting.REQUEST: limits.idle_timeout,
            Waiting.REST: limits.request_timeout,
            Waiting.CLIENT: limits.write_timeout,
            Waiting.END: limits.linger_timeout,
        }
        if now - self._seen_at >= allowed[self.waits_for]:
            self.abort()

    def close_if_idle(self) -> None:
        """Close it, if nothing is under way: else it will close after its next answer, as its owner is stopping."""
        self._release()
        if self._transport is not None and self.waits_for is Waiting.REQUEST and not self._waiting:
            self._transport.close()

    def abort(self) -> None:
        """Close it at once."""
        if self._transport is not None:
            self._transport.abort()

    # ── asyncio's side ───────────────────────────────────────────────────────────────────────────────────────────────
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if not self._owner.opened(self):
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._waiting.clear()
        self._owner.closed(self)

    def data_received(self, data: bytes) -> None:
        if self._last is not None:
            return
        self._burst, self._fed_bytes = 0, len(data)
        self._feed(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > self._limits.head_max_bytes:
                self._refuse(HEAD_TOO_LARGE)
        if self._waiting and not self._blocked and self._transport is not None:
            self._transport.pause_reading()
            self._loop.call_soon(self._work)

    def eof_received(self) -> bool:
        self._eof = True
        self._release()
        return bool(self._waiting)  # a client may have said all it had to say, and still want its answers

    def pause_writing(self) -> None:
        self._blocked = True
        self._steps += 1
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._blocked = False
        self._steps += 1
        self._loop.call_soon(self._work)

    # ── the parser's side ────────────────────────────────────────────────────────────────────────────────────────────
    def _feed(self, data: bytes) -> None:
        for _ in range(BURST_MAX_REQUESTS):
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                if not self._upgrading:  # CONNECT: it has been answered, and what follows is no HTTP
                    self._refuse(b"")
                    return
                data = self._without_upgrade() + data[upgrade.args[0] :]
            except httptools.HttpParserCallbackError:
                _log.exception("a request failed inside the server")
                self._refuse(BAD_REQUEST)
                return
            except httptools.HttpParserError:
                self._refuse(BAD_REQUEST)
                return
            else:
                return
        self._refuse(BAD_REQUEST)

    def _without_upgrade(self) -> bytes:
        """The head of the current request, less its offer of another protocol: that may be ignored (RFC 9110, 7.8)."""
        method = self._parser.get_method()
        self._parser, self._upgrading = httptools.HttpRequestParser(self), False
        kept = [pair for pair in self._headers.items() if pair[0] not in (b"upgrade", b"connection")]
        head = b"%s %s HTTP/1.1\r\n" % (method, self._target)
        return head + b"".join(b"%s: %s\r\n" % pair for pair in kept) + b"\r\n"

    def on_message_begin(self) -> None:
        self._target, self._headers = b"", {}
        self._chunks.clear()
        self._in_head, self._in_body = True, False
        self._head_bytes, self._received_bytes = -self._fed_bytes, 0  # what came before it in the same data is not its
        self._steps += 1

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # else it comes after the body, where nothing that we know may stand
            self._headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        self._in_head, self._in_body = False, True
        headers, limits = self._headers, self._limits
        if len(headers) > limits.headers_max_count:
            self._refuse(HEAD_TOO_LARGE)
        elif int(headers.get(b"content-length", 0)) > limits.body_max_bytes:
            self._refuse(TOO_LARGE)
        elif b"upgrade" in headers:
            self._upgrading = self._parser.should_upgrade()
        if b"expect" in headers and self._last is None:
            self._continue()

    def on_body(self, body: bytes) -> None:
        self._received_bytes += len(body)
        if self._received_bytes > self._limits.body_max_bytes:
            self._refuse(TOO_LARGE)
        elif self._last is None:
            self._chunks.append(body)

    def on_message_complete(self) -> None:
        if self._last is not None or self._upgrading:
            return
        self._in_body = False
        self._steps += 1
        chunks, parser = self._chunks, self._parser
        body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        request = HttpRequest(parser.get_method(), self._target, self._headers, body, parser.should_keep_alive())
        if self._waiting or self._blocked or self._owner.stopping or self._burst == BURST_MAX_REQUESTS:
            self._waiting.append(request)
        else:
            self._burst += 1
            self._answer(request)

    # ── answering ────────────────────────────────────────────────────────────────────────────────────────────────────
    def _answer(self, request: HttpRequest) -> None:
        transport = self._transport
        if transport is None:
            return
        keep_alive = request.keep_alive and not (self._owner.stopping and not self._waiting)
        answer = self._gateway.respond(request, keep_alive=keep_alive)
        if not keep_alive:
            self._last = b""
            self._waiting.clear()
        held = self._owner.held
        if held is None or not held.hold(self, answer, keep_alive=keep_alive):
            self.send(answer, keep_alive=keep_alive)

    def send(self, answer: bytes, *, keep_alive: bool) -> None:
        """Send the answer whose turn it is."""
        transport = self._transport
        if transport is None:
            return
        transport.write(answer)
        if not keep_alive:
            transport.close()

    def _release(self) -> None:
        """Let no answer be held any longer: what is done next must come after them."""
        if self._owner.held is not None:
            self._owner.held.release()

    def _work(self) -> None:
        """Answer the requests that wait, as far as the client takes the answers."""
        transport = self._transport
        for _ in range(BURST_MAX_REQUESTS):
            if transport is None or transport.is_closing() or self._blocked:
                return
            if not self._waiting:
                break
            self._answer(self._waiting.popleft())
        if transport is None or transport.is_closing() or self._blocked:
            return
        if self._waiting:
            self._loop.call_soon(self._work)
        elif self._last is not None:
            self._linger()
        elif self._eof:
            self._release()
            transport.close()
        else:
            transport.resume_reading()

    def _continue(self) -> None:
        """Tell a client that waits for it to send its body (RFC 9110, 10.1.1)."""
        idle = not self._waiting and not self._blocked and self._transport is not None
        if idle and self._headers[b"expect"].lower() == b"100-continue" and self._transport is not None:
            self._release()
            self._transport.write(CONTINUE)

    def _refuse(self, answer: bytes) -> None:
        """Take no more from this client; after the answers that are due, it gets this one."""
        if self._last is None:
            self._last = answer
            if not self._waiting and not self._blocked:
                self._linger()

    def _linger(self) -> None:
        self._release()
        transport = self._transport
        if transport is None or self._last is None or transport.is_closing() or self._lingering:
            return
        self._lingering = True
        self._steps += 1
        transport.write(self._last)
        try:
            transport.write_eof()
        except OSError:  # the client has reset the connection meanwhile
            transport.abort()
            return
        transport.resume_reading()
