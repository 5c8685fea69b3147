"""What stands between HTTP and the endpoint: methods, content types, targets, callers; in the service's order.

A whole request in, the bytes of an answer out. Must not know sockets, or how a request came together.
"""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import Final

from ..limits import REQUEST_MAX_BYTES
from .actions import OPERATIONS, STREAM_OPERATIONS
from .authentication import refusal
from .content_encoding import COMPRESSED_MIN_BYTES, GZIP, InflatesTooFar, accepts_gzip, compressed, inflated
from .disk.engine import DiskEngine
from .endpoint import failed_answer, handle
from .engine import Engine
from .errors import ApiError
from .figures import Figures
from .http_messages import JSON, JSON_1_0, AnswerWriter, HttpRequest

API: Final = "DynamoDB_20120810"
STREAMS_API: Final = "DynamoDBStreams_20120810"

#: the API of 2011 is unknown like any other text
_TARGETS: Final = {
    f"{api}.{operation}".encode("ascii"): operation
    for api, operations in ((API, OPERATIONS), (STREAMS_API, STREAM_OPERATIONS))
    for operation in operations
}
_UNKNOWN: Final = ""
_CONTENT_TYPES: Final = {JSON_1_0: JSON_1_0, JSON: JSON}
_NOT_FOUND: Final = b"<UnknownOperationException/>\n"
#: stands for what cannot be inflated: it is answered as any other body that is no JSON
_NO_JSON: Final = b"\0"
_COMPRESSED: Final = b"Content-Encoding: gzip\r\n"
_CORS_MAX_AGE: Final = b"Access-Control-Max-Age: 172800\r\n"
_PREFLIGHT: Final = {
    b"access-control-request-headers": b"Access-Control-Allow-Headers",
    b"access-control-request-method": b"Access-Control-Allow-Methods",
}


class Gateway:
    """Answers HTTP requests.

    Args:
        engine: who executes them.
        keys: access key to secret key, to check signatures; None accepts any complete credentials.
        cors: answer pages of other origins, as the service does.
        figures: where requests to the API are counted; None: nowhere.
    """

    __slots__ = ("_cors", "_engine", "_execute", "_figures", "_healthy", "_keys", "_writer")

    def __init__(
        self,
        engine: Engine,
        *,
        keys: Mapping[str, str] | None = None,
        cors: bool = False,
        figures: Figures | None = None,
    ) -> None:
        self._engine, self._keys, self._cors, self._figures = engine, keys, cors, figures
        self._execute = engine.execute_in_turn if isinstance(engine, DiskEngine) else engine.execute
        self._healthy = f"healthy: dynamodb.{engine.region}.amazonaws.com ".encode()
        self._writer = AnswerWriter()

    def __repr__(self) -> str:
        return f"<Gateway to {self._engine!r}>"

    def respond(self, request: HttpRequest, *, keep_alive: bool) -> bytes:
        """The bytes of the answer; ``keep_alive`` is what it says of the connection."""
        headers = request.headers
        if request.method != b"POST" or (self._cors and b"origin" in headers):
            return self._respond_unusually(request, keep_alive)
        return self._post(request, keep_alive)

    def _post(self, request: HttpRequest, keep_alive: bool, cors: bytes = b"") -> bytes:
        headers = request.headers
        given = headers.get(b"content-type", b"")
        content_type = _CONTENT_TYPES.get(given) or _CONTENT_TYPES.get(given.partition(b";")[0].strip().lower())
        if content_type is None:
            if request.body:
                return self._answer(404, _NOT_FOUND, keep_alive, headers=cors)
            content_type = JSON_1_0
        payload = request.body
        if b"content-encoding" in headers:
            try:
                payload = _inflated(request)
            except InflatesTooFar:
                return self._answer(413, b"", keep_alive, headers=cors)
        operation = _TARGETS.get(headers.get(b"x-amz-target", b""), _UNKNOWN)
        figures = self._figures
        began = 0.0 if figures is None else perf_counter()
        status, body = handle(self._engine, operation, payload, lambda: self._refusal(request), self._execute)
        if figures is not None:
            figures.add(operation, status, perf_counter() - began)
        if len(body) >= COMPRESSED_MIN_BYTES and status == 200 and accepts_gzip(headers.get(b"accept-encoding", b"")):
            body, cors = compressed(body), cors + _COMPRESSED
        return self._answer(status, body, keep_alive, content_type=content_type, headers=cors)

    def failed(self, keep_alive: bool) -> bytes:
        """The answer to a request whose effects could not be kept, and have not happened."""
        return self._answer(500, failed_answer(), keep_alive)

    def _refusal(self, request: HttpRequest) -> ApiError | None:
        return refusal(request, self._keys, self._engine.clock.time())

    def _respond_unusually(self, request: HttpRequest, keep_alive: bool) -> bytes:
        cors = b""
        if self._cors and b"origin" in request.headers:
            cors = b"Access-Control-Allow-Origin: *\r\n"
            if request.method == b"OPTIONS":
                return self._answer(200, b"", keep_alive, headers=cors + _allowed(request.headers))
        if request.method == b"POST":
            return self._post(request, keep_alive, cors)
        if request.method == b"GET":
            return self._answer(200, self._healthy, keep_alive, headers=cors)
        without_body = request.method == b"HEAD"
        return self._answer(404, _NOT_FOUND, keep_alive, headers=cors, without_body=without_body)

    def _answer(
        self,
        status: int,
        body: bytes,
        keep_alive: bool,
        *,
        content_type: bytes = JSON_1_0,
        headers: bytes = b"",
        without_body: bool = False,
    ) -> bytes:
        engine = self._engine
        return self._writer.write(
            status,
            body,
            now=engine.clock.time(),
            request_id=engine.request_id(),
            content_type=content_type,
            keep_alive=keep_alive,
            headers=headers,
            without_body=without_body,
        )


def _inflated(request: HttpRequest) -> bytes:
    """The JSON of a request; signatures and checksums are about what was sent.

    Raises:
        InflatesTooFar: it would be larger than a request may be.
    """
    if request.headers[b"content-encoding"].strip().lower() != GZIP or not request.body:
        return request.body
    found = inflated(request.body, REQUEST_MAX_BYTES)
    return _NO_JSON if found is None else found


def _allowed(headers: Mapping[bytes, bytes]) -> bytes:
    """What a page of another origin may send: whatever it asks for."""
    asked = ((allowed, headers.get(name)) for name, allowed in _PREFLIGHT.items())
    return _CORS_MAX_AGE + b"".join(b"%s: %s\r\n" % (allowed, value) for allowed, value in asked if value is not None)
