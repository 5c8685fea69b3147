"""The transport over sockets: credentials, signature, pool, checksum.

Owns one pool per event loop. Must not know operations, retries or what is in a body.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator
from typing import Final
from zlib import crc32

from ..auth.credentials import Credentials
from ..auth.refresh import CredentialCache
from ..clock import Clock
from ..errors import AuthenticationError, BadResponse, ClientClosed, DynamoDBError, TokenExpired
from .connection import HttpAnswer
from .dial import Origin, dialer, tls_context
from .endpoints import Endpoint
from .pool import Pool
from .sigv4 import DynamoDBSigner
from .transport import Request, Response

#: the service accepts signatures of up to five minutes' age; a smaller difference is not the clock's fault
CLOCK_SKEW_MIN_SECONDS: Final = 240.0


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
        self._clock = clock
        self._signer = DynamoDBSigner(endpoint.host_header, endpoint.region, user_agent)
        self._max_connections, self._max_waiters = max_connections, max_waiters
        self._idle_timeout, self._connect_timeout = idle_timeout, connect_timeout
        self._skew = 0.0
        self._pools: dict[asyncio.AbstractEventLoop, tuple[Pool, AsyncGenerator[None, None]]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None  # the loop used last, and its pool
        self._pool: Pool | None = None
        self._closed = False

    def __repr__(self) -> str:
        pools = ", ".join(repr(pool) for pool, _ in self._pools.values()) or "no pool"
        return f"<HttpTransport {self._endpoint.url}: {pools}>"

    async def send(self, request: Request) -> Response:
        clock, loop = self._clock, asyncio.get_running_loop()
        started = connecting = loop.time()
        credentials = self.credentials.current()
        if credentials is None:
            credentials = await self._fetch_credentials(request.timeout)
        pool = self._pool
        if pool is None or loop is not self._loop:
            pool = await self._pool_of(loop)
        connection = pool.take()
        if connection is None:
            connecting = loop.time()
            connection = await pool.acquire(request.timeout - (connecting - started))
        sending = loop.time()
        try:
            answer = await connection.exchange(
                self._signer.request(
                    request.operation,
                    request.body,
                    identity=credentials,
                    access_key=credentials.access_key,
                    secret_key=credentials.secret_key.reveal(),
                    token=None if credentials.token is None else credentials.token.reveal(),
                    now=clock.time() + self._skew,
                ),
                request.timeout - (sending - started),
            )
        finally:
            pool.release(connection)
        return self._response(answer, credentials, sending - connecting, loop.time() - sending)

    def repair(self, error: DynamoDBError, response: Response) -> bool:
        """After an authentication error: whether something was mended here, so that sending once more makes sense.

        An expired token is thrown away, so that the next attempt fetches another; a clock that differs from the
        service's Date is corrected for.
        """
        if isinstance(error, TokenExpired):
            if isinstance(response.origin, Credentials):
                self.credentials.invalidate(response.origin)
            return True
        if isinstance(error, AuthenticationError) and response.server_time is not None:
            skew = response.server_time - self._clock.time()
            if abs(skew - self._skew) >= CLOCK_SKEW_MIN_SECONDS:
                self._skew = skew
                return True
        return False

    async def close(self) -> None:
        self._closed, self._pool = True, None
        await self.credentials.close()
        mine = self._pools.pop(asyncio.get_running_loop(), None)
        if mine is not None:
            await mine[1].aclose()
            await asyncio.sleep(0)  # lets the loop tell the sockets that they are closed

    # ── the slow ways ────────────────────────────────────────────────────────────────────────────────────────────────
    async def _fetch_credentials(self, timeout: float) -> Credentials:
        try:
            async with asyncio.timeout(timeout):
                return await self.credentials.get()
        except TimeoutError:
            raise AuthenticationError(
                f"no credentials within {timeout:g} s",
                hint="'await db.credentials.explain()' says which source is slow",
            ) from None

    async def _pool_of(self, loop: asyncio.AbstractEventLoop) -> Pool:
        """The pool of this loop, made at its first call."""
        if self._endpoint.tls and self._ssl_context is None:
            self._ssl_context = await asyncio.to_thread(tls_context)  # reads the trust store from disk
        if self._closed:
            raise ClientClosed("the client was closed")
        if loop not in self._pools:
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
        self._loop, self._pool = loop, self._pools[loop][0]
        return self._pool

    async def _closing(self, loop: asyncio.AbstractEventLoop, pool: Pool) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            pool.close()
            self._pools.pop(loop, None)
            if self._loop is loop:
                self._loop = self._pool = None

    def _response(self, answer: HttpAnswer, credentials: Credentials, connect: float, wait: float) -> Response:
        headers, body = answer.headers, answer.body
        checksum = headers.get(b"x-amz-crc32")
        if checksum is not None and not (checksum.isdigit() and int(checksum) == crc32(body)):
            raise BadResponse("the answer's checksum is wrong: it was damaged on its way")
        request_id = headers.get(b"x-amzn-requestid")
        response = Response(
            answer.status,
            body,
            None if request_id is None else request_id.decode("latin-1"),
            connect=connect,
            wait=wait,
        )
        if answer.status >= 400:
            response.origin = credentials
            response.server_time = _http_date(headers.get(b"date"))
        return response


def _http_date(value: bytes | None) -> float | None:
    if value is None:
        return None
    from email.utils import parsedate_to_datetime  # not needed before something fails

    try:
        return parsedate_to_datetime(value.decode("latin-1")).timestamp()
    except ValueError:
        return None
