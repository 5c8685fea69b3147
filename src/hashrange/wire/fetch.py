"""One small HTTP request over a connection of its own: for credential endpoints, which are asked a few times a day.

Must not know what is asked.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from typing import Final

from ..errors import ConnectFailed
from .dial import Origin, open_connection, tls_context
from .sigv4 import host_header

_SET_HERE: Final = frozenset({"host", "connection", "content-length"})


async def fetch(
    method: str, url: str, headers: Mapping[str, str], body: bytes = b"", *, timeout: float
) -> tuple[int, bytes]:
    """Send one request and return the answer's status and body.

    Args:
        method: GET, PUT or POST.
        url: http or https, with a host, percent-encoded; proxies are not used.
        headers: sent as given, but for Host, Content-Length and Connection, which are set here.
        timeout: seconds for the whole of it.

    Raises:
        NetworkError: no whole answer came.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout
    host, port, secure, target = _address(url)
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host_header(url)}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items() if name.lower() not in _SET_HERE]
    lines += [f"Content-Length: {len(body)}"]
    if not all(line.isascii() and line.isprintable() for line in lines) or lines[0].count(" ") != 2:
        raise ConnectFailed("a header or the address holds a line break, or a character that is not allowed there")
    request = "\r\n".join((*lines, "", "")).encode("ascii") + body
    tls = await _trust_store(timeout) if secure else None
    connection = await open_connection(Origin(host, port, tls), deadline - loop.time())
    try:
        answer = await connection.exchange(request, deadline - loop.time())
    finally:
        connection.close()
    return answer.status, answer.body


def _address(url: str) -> tuple[str, int, bool, str]:
    """Host, port, whether it is https, and the request's target."""
    from urllib.parse import urlsplit  # slow to import, and few programs need it

    try:
        parts = urlsplit(url)
        host, given_port = parts.hostname, parts.port
    except ValueError:  # its text may hold a part of a password
        raise ConnectFailed("the address is malformed: its host or its port cannot be read") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ConnectFailed(f"{parts.scheme}://{host} is not an http or https address")
    secure = parts.scheme == "https"
    port = (443 if secure else 80) if given_port is None else given_port
    return host, port, secure, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


async def _trust_store(timeout: float) -> ssl.SSLContext:
    try:
        async with asyncio.timeout(timeout):
            return await asyncio.to_thread(tls_context)  # reads it from disk
    except TimeoutError:
        raise ConnectFailed(f"the trust store was not read within {timeout:g} s") from None
