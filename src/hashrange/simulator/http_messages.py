"""HTTP messages as data: a request that came whole, and the bytes of an answer.

Owns the heads of answers. Must not know sockets, what is answered, or when.
"""

from __future__ import annotations

from email.utils import formatdate
from http import HTTPStatus
from typing import Final
from zlib import crc32

from msgspec import Struct

JSON_1_0: Final = b"application/x-amz-json-1.0"
JSON: Final = b"application/json"

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
#: what is no HTTP gets no more than this
BAD_REQUEST: Final = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
#: as the service answers a body over its limit: without an id, and in chunks
TOO_LARGE: Final = b"HTTP/1.1 413 Payload Too Large\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n"
HEAD_TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)

_STATUS_LINES: Final = {status.value: f"{status.value} {status.phrase}".encode("ascii") for status in HTTPStatus}
_HEAD: Final = (
    b"HTTP/1.1 %s\r\nServer: hashrange\r\nDate: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n"
    b"Connection: %s\r\nx-amzn-RequestId: %s\r\nx-amz-crc32: %d\r\n%s\r\n"
)


class HttpRequest(Struct):
    """A whole request. Names of headers are in lower case.

    Attributes:
        target: path and query, as they came.
        keep_alive: whether the client wants the connection to stay open.
    """

    method: bytes
    target: bytes
    headers: dict[bytes, bytes]
    body: bytes
    keep_alive: bool


class AnswerWriter:
    """Makes answers. Keeps the Date header of the current second."""

    __slots__ = ("_date", "_second")

    def __init__(self) -> None:
        self._second, self._date = -1, b""

    def write(
        self,
        status: int,
        body: bytes,
        *,
        now: float,
        request_id: str,
        content_type: bytes,
        keep_alive: bool,
        headers: bytes = b"",
        without_body: bool = False,
    ) -> bytes:
        """A whole answer.

        Args:
            now: seconds since the epoch.
            headers: further ones, each ending in CRLF.
            without_body: for HEAD: the head of the answer with the body, and no body.
        """
        second = int(now)
        if second != self._second:
            self._second, self._date = second, formatdate(second, usegmt=True).encode("ascii")
        head = _HEAD % (
            _STATUS_LINES[status],
            self._date,
            content_type,
            len(body),
            b"keep-alive" if keep_alive else b"close",
            request_id.encode("ascii"),
            crc32(body),
            headers,
        )
        return head if without_body else head + body
