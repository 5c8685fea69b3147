"""The log of calls, for assertions in tests.

Keeps the bytes that came and went, and decodes them only for who asks. Bounded by count and by bytes: a server that
runs for days must not grow. Must not know operations.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Final

import msgspec
from msgspec import Struct

CALLS_MAX_COUNT: Final = 10_000
CALLS_MAX_BYTES: Final = 64 * 1024 * 1024

_decode = msgspec.json.Decoder().decode


class Call(Struct, frozen=True, gc=False):
    """One call that was answered.

    Attributes:
        operation: the service's name of it.
        body, answer_body: JSON as it came and went.
        status: HTTP status of the answer.
        time: seconds since the epoch, by the engine's clock.
    """

    operation: str
    body: bytes
    status: int
    answer_body: bytes
    time: float

    def __repr__(self) -> str:
        return f"<Call {self.operation}: {self.error or 'ok'}>"

    @property
    def request(self) -> dict[str, Any]:
        """The request in wire shape; empty where it was no JSON object."""
        try:
            request = _decode(self.body)
        except (ValueError, RecursionError):
            return {}
        return request if isinstance(request, dict) else {}

    @property
    def answer(self) -> dict[str, Any]:
        """The answer in wire shape; of an error its body."""
        return _decode(self.answer_body) if self.answer_body else {}

    @property
    def error(self) -> str | None:
        """The error's name, for example ``ConditionalCheckFailedException``; None where the call succeeded."""
        return self.answer["__type"].rpartition("#")[2] if self.status != 200 else None


class CallLog:
    """The latest calls; the oldest give way. ``calls_max=0`` keeps none."""

    __slots__ = ("_bytes", "_calls", "_calls_max")

    def __init__(self, calls_max: int = CALLS_MAX_COUNT) -> None:
        self._calls_max = calls_max
        self._calls: deque[Call] = deque()
        self._bytes = 0

    def __repr__(self) -> str:
        return f"<CallLog of {len(self._calls)} calls>"

    def add(self, operation: str, body: bytes, status: int, answer_body: bytes, time: float) -> None:
        if not self._calls_max:
            return
        self._calls.append(Call(operation, body, status, answer_body, time))
        self._bytes += len(body) + len(answer_body)
        while len(self._calls) > self._calls_max or self._bytes > CALLS_MAX_BYTES:
            oldest = self._calls.popleft()
            self._bytes -= len(oldest.body) + len(oldest.answer_body)

    def of(self, operation: str | None) -> list[Call]:
        """The calls of one operation, or all, oldest first."""
        return [call for call in self._calls if operation is None or call.operation == operation]

    def clear(self) -> None:
        self._calls.clear()
        self._bytes = 0
