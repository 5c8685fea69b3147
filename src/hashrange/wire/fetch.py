"""One small HTTP request over a connection of its own: for credential endpoints, which are asked a few times a day.

Must not know what is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit

from ..errors import ConnectFailed
from .dial import Origin, open_connection, tls_context


async def fetch(
    method: str, url: str, headers: Mapping[str, str], body: bytes = b"", *, timeout: float
) -> tuple[int, bytes]:
    """Send one request and return the answer's status and body.

    Args:
        method: GET, PUT or POST.
        url: http or https, with a host; proxies are not used.
        headers: sent as given, beside Host, Content-Length and Connection.
        timeout: seconds for the whole of it.

    Raises:
        NetworkError: no whole answer came.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConnectFailed(f"{parts.scheme}://{parts.hostname} is not an http or https address")
    secure = parts.scheme == "https"
    tls = await asyncio.to_thread(tls_context) if secure else None  # reads the trust store from disk
    origin = Origin(parts.hostname, parts.port or (443 if secure else 80), tls)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = parts.netloc.rpartition("@")[2]
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items() if name.lower() != "host"]
    head = "\r\n".join(lines)
    if head.count("\r\n") != len(lines) - 1 or not head.isascii():
        raise ConnectFailed("a header or the address holds a line break or a character that is not ASCII")
    loop = asyncio.get_running_loop()
    started = loop.time()
    connection = await open_connection(origin, timeout)
    try:
        answer = await connection.exchange(
            f"{head}\r\n\r\n".encode("ascii") + body, max(0.001, timeout - (loop.time() - started))
        )
    finally:
        connection.close()
    return answer.status, answer.body
