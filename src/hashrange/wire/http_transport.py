"""The transport over sockets: credentials, signature, pool, checksum.

Owns one pool per event loop. Must not know operations, retries or what is in a body.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import suppress
from threading import Lock
from typing import Final
from zlib import crc32

from msgspec import Struct

from ..auth.credentials import Credentials
from ..auth.refresh import CredentialCache
from ..clock import Clock
from ..errors import AttemptTimeout, AuthenticationError, BadResponse, DynamoDBError, NetworkError, TokenExpired
from .connection import HttpAnswer
from .dial import Origin, dialer, tls_context
from .endpoints import Endpoint
from .pool import Pool, client_closed
from .sigv4 import DynamoDBSigner
from .transport import Request, Response

#: the service accepts signatures of up to five minutes' age; a smaller difference is not the clock's fault
CLOCK_SKEW_MIN_SECONDS: Final = 240.0
_YEAR_10000: Final = 253_402_300_800  # seconds since the epoch


class _Signed(Struct, frozen=True):
    """What a request was signed with."""

    credentials: Credentials
    skew: float


class HttpTransport:
    """Sends requests to one endpoint over HTTP/1.1.

    Args:
        endpoint: where to, and the region to sign for.
        credentials: who we are.
        clock: the time to sign with.
        user_agent: how we present ourselves.
        ssl_context: None makes one that checks certificates against the machine's trust store.
        proxy: URL of a proxy that understands CONNECT, or None.
        max_connections, max_waiters, idle_timeout, connect_timeout: see ``Pool``.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        credentials: CredentialCache,
        clock: Clock,
        *,
        user_agent: str,
        ssl_context: ssl.SSLContext | None = None,
        proxy: str | None = None,
        max_connections: int = 64,
        max_waiters: int = 10_000,
        idle_timeout: float = 15.0,
        connect_timeout: float = 1.0,
    ) -> None:
        self.credentials = credentials
        self._endpoint, self._proxy, self._ssl_context = endpoint, proxy, ssl_context
        self._ssl_lock = Lock()
        self._clock = clock
        self._signer = DynamoDBSigner(endpoint.host_header, endpoint.region, user_agent)
        self._max_connections, self._max_waiters = max_connections, max_waiters
        self._idle_timeout, self._connect_timeout = idle_timeout, connect_timeout
        self._skew = 0.0
        self._pools: dict[asyncio.AbstractEventLoop, tuple[Pool, AsyncGenerator[None, None]]] = {}
        self._pool: Pool | None = None  # of the loop used last
        self._closed = False

    def __repr__(self) -> str:
        pools = ", ".join(repr(pool) for pool, _ in list(self._pools.values())) or "no pool"
        return f"<HttpTransport {self._endpoint.url}: {pools}>"

    @property
    def connections(self) -> int:
        """How many connections are open, idle ones included; for any thread."""
        return sum([pool.size for pool, _ in list(self._pools.values())])

    async def send(self, request: Request) -> Response:
        clock, loop = self._clock, asyncio.get_running_loop()
        started = connecting = clock.monotonic()
        credentials = self.credentials.current()
        if credentials is None:
            credentials = await self._fetch_credentials(request.timeout)
            connecting = clock.monotonic()
        pool = self._pool
        if pool is None or pool.loop is not loop:
            pool = await self._pool_of(loop, request.timeout - (connecting - started))
        connection = pool.take()
        opening: float | None = None
        if connection is None:
            connecting = clock.monotonic()
            connection = await pool.acquire(request.timeout - (connecting - started))
            opening, connection.opening_seconds = connection.opening_seconds, 0.0
        sending, skew = clock.monotonic(), self._skew
        try:
            # the signed bytes have no name here: tools that show the locals of a traceback must not find them
            answer = await connection.exchange(
                self._signed(request, credentials, clock.time() + skew), request.timeout - (sending - started)
            )
        finally:
            pool.release(connection)
        response = self._response(answer, sending - connecting, clock.monotonic() - sending)
        if opening is not None:
            response.pool_wait = max(0.0, response.connect - opening)
        if answer.status >= 400:
            response.origin = _Signed(credentials, skew)
            response.server_time = http_date(answer.headers.get(b"date"))
        return response

    def _signed(self, request: Request, credentials: Credentials, now: float) -> bytes:
        return self._signer.request(
            request.operation,
            request.body,
            identity=credentials,
            access_key=credentials.access_key,
            secret_key=credentials.secret_key.reveal(),
            token=None if credentials.token is None else credentials.token.reveal(),
            now=now,
        )

    def repair(self, error: DynamoDBError, response: Response) -> bool:
        """After an authentication error: whether something was mended here, so that sending once more makes sense.

        An expired token is thrown away, so that the next attempt fetches another; a clock that differs from the
        service's Date is corrected for.
        """
        signed = response.origin
        if not isinstance(signed, _Signed):
            return False
        if isinstance(error, TokenExpired):
            self.credentials.invalidate(signed.credentials)
            return True
        if isinstance(error, AuthenticationError) and response.server_time is not None:
            skew = response.server_time - self._clock.time()
            if abs(skew - signed.skew) >= CLOCK_SKEW_MIN_SECONDS:
                self._skew = skew
                return True
        return False

    async def close(self) -> None:
        self._closed, self._pool = True, None
        here = asyncio.get_running_loop()
        for loop, (pool, guard) in list(self._pools.items()):
            if loop is here:
                await guard.aclose()
            else:
                with suppress(RuntimeError):  # that loop has been closed: its sockets are gone
                    loop.call_soon_threadsafe(pool.close)
        await self.credentials.close()
        await asyncio.sleep(0)  # lets the loop tell the sockets that they are closed

    # ── the slow ways ────────────────────────────────────────────────────────────────────────────────────────────────
    async def _fetch_credentials(self, timeout: float) -> Credentials:
        try:
            async with asyncio.timeout(timeout):
                return await self.credentials.get()
        except NetworkError as error:
            error.sent = False  # what a source of credentials was sent is not the request
            raise
        except TimeoutError:
            raise AuthenticationError(
                f"no credentials within {timeout:g} s",
                hint="'await db.credentials.explain()' says which source is slow",
            ) from None

    async def _pool_of(self, loop: asyncio.AbstractEventLoop, timeout: float) -> Pool:
        """The pool of this loop, made at its first call."""
        if self._endpoint.tls and self._ssl_context is None and not self._closed:
            try:
                async with asyncio.timeout(timeout):
                    await asyncio.to_thread(self._trust_store)
            except TimeoutError:
                error = AttemptTimeout(
                    f"the trust store was not read within {timeout:g} s",
                    hint="the event loop's threads are busy: do not block them, or give Config.ssl_context",
                )
                error.sent = False
                raise error from None
        if self._closed:
            raise client_closed()
        if loop not in self._pools:
            for gone in [each for each in list(self._pools) if each.is_closed()]:
                del self._pools[gone]
            endpoint = self._endpoint
            origin = Origin(endpoint.host, endpoint.port, self._ssl_context if endpoint.tls else None, self._proxy)
            pool = Pool(
                dialer(origin),
                max_connections=self._max_connections,
                max_waiters=self._max_waiters,
                idle_timeout=self._idle_timeout,
                connect_timeout=self._connect_timeout,
            )
            # a loop closes its asynchronous generators before it ends: so no socket outlives its loop
            guard = self._closing(loop, pool)
            self._pools[loop] = pool, guard
            await guard.asend(None)
        self._pool = pool = self._pools[loop][0]
        return pool

    def _trust_store(self) -> ssl.SSLContext:
        """Reads it from disk: for a thread, and once for all who come first."""
        with self._ssl_lock:
            if self._ssl_context is None:
                self._ssl_context = tls_context()
            return self._ssl_context

    async def _closing(self, loop: asyncio.AbstractEventLoop, pool: Pool) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            pool.close()
            self._pools.pop(loop, None)
            if self._pool is pool:
                self._pool = None

    def _response(self, answer: HttpAnswer, connect: float, wait: float) -> Response:
        headers, body = answer.headers, answer.body
        checksum = headers.get(b"x-amz-crc32")
        if checksum is not None and checksum != b"%d" % crc32(body):
            raise BadResponse("the answer's checksum is wrong: it was damaged on its way")
        encoding = headers.get(b"content-encoding")
        if encoding is not None and body:
            from .content_encoding import decoded  # not asked for, so it hardly ever comes

            body = decoded(body, encoding)
        request_id = headers.get(b"x-amzn-requestid")
        return Response(
            answer.status,
            body,
            None if request_id is None else request_id.decode("latin-1"),
            connect=connect,
            wait=wait,
        )


def http_date(value: bytes | None) -> float | None:
    """Seconds since the epoch; None for what is no date."""
    if value is None:
        return None
    from calendar import timegm  # not needed before something fails
    from email.utils import parsedate_tz

    try:
        parsed = parsedate_tz(value.decode("latin-1"))
        seconds = (
            -1 if parsed is None else timegm(parsed[:9]) - (parsed[9] or 0)
        )  # GMT, whatever zone this machine is in
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return float(seconds) if 0 <= seconds < _YEAR_10000 else None
