"""A transport that answers from a cassette.

Owns the matching of requests and recordings. Sends nothing anywhere. Must not know how a cassette is written.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from typing import Any, Final, Literal, get_args

from ..clock import SYSTEM_CLOCK, Clock
from ..errors import AttemptTimeout, ClientClosed, ConfigurationError, DynamoDBError, NetworkError
from ..wire.transport import Request, Response
from .cassette import (
    CUSTOM,
    CassetteError,
    Recording,
    canonical,
    canonical_request,
    checked_path,
    error_class,
    matching_key,
    read,
)
from .differences import Near, near_to, nearest
from .injection import check_methods
from .redaction import Redact, Redaction

Mode = Literal["strict", "any_order"]

_FIRST_LINE: Final = 2  # line 1 is the header


class CassetteMiss(CassetteError):
    """A request is not in the cassette, or (strict) not at this place. Never retried.

    Attributes:
        nearest: the recordings that differ least, and what they differ in; if strict, first the one that was due.
    """

    nearest: tuple[Near, ...] = ()


class Replayer:
    """Answers requests with what was recorded for them.

    A request matches a recording of the same operation and the same body, whatever the order of keys and of members of
    sets, and without ClientRequestToken. Recorded errors are raised at once; a request that was cancelled waits to be
    cancelled again, up to its timeout.

    Args:
        path: the cassette, which is read here and now.
        mode: ``strict``: requests must come in the order in which they were recorded. ``any_order``: each recording
            answers one request, and equal ones in their order; for requests that run concurrently.
        redact: what the recorder was given, where that was a function; names are in the cassette.
        clock: on which a request that was cancelled waits.

    Raises:
        CassetteError: there is no cassette, or it is damaged, not whole, or of another format or version.
        ConfigurationError: an argument is not what it may be.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        mode: Mode = "strict",
        *,
        redact: Redact | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        if mode not in get_args(Mode):
            raise ConfigurationError(f"mode is {mode!r}; it must be one of {', '.join(map(repr, get_args(Mode)))}")
        check_methods("clock", clock, ("sleep",))
        self.path, self.mode, self._clock = checked_path(path), mode, clock
        cassette = read(self.path)
        self._redaction = self._redaction_of(cassette.redacted, redact)
        self._recordings = cassette.recordings
        self._used = [False] * len(self._recordings)
        self._waiting: dict[tuple[str, bytes], deque[int]] = {}
        for at, each in enumerate(self._recordings):
            self._waiting.setdefault(matching_key(each.operation, each.request), deque()).append(at)
        self._next = 0
        self._closed = False

    def _redaction_of(self, recorded: list[str] | str | None, given: Redact | None) -> Redaction:
        if given is not None:
            return Redaction(given)
        if recorded is None:
            return Redaction(None)
        if isinstance(recorded, list):
            return Redaction(recorded or None)
        if recorded != CUSTOM:
            raise CassetteError(f"the cassette {self.path}, line 1: redacted is {recorded[:60]!r}")
        hint = "give the same function as redact="
        raise CassetteError(f"the cassette {self.path} was redacted by a function", hint=hint)

    def __repr__(self) -> str:
        return f"<Replayer {self.mode}: {sum(self._used)} of {len(self._used)} recordings of {str(self.path)!r}>"

    @property
    def unused(self) -> tuple[Recording, ...]:
        """The recordings that nobody has asked for yet."""
        return tuple(each for each, used in zip(self._recordings, self._used, strict=True) if not used)

    async def send(self, request: Request) -> Response:
        if self._closed:
            closed = ClientClosed("the client was closed")
            closed.sent = False
            raise closed
        asked = canonical(self._redaction.request(canonical_request(request.body)))
        at = self._find(request.operation, asked)
        self._used[at] = True
        await asyncio.sleep(0)  # others may run, as while waiting for an answer
        return await self._replay(at, request)

    def repair(self, error: DynamoDBError, response: Response) -> bool:
        return isinstance(response.origin, Recording) and response.origin.repaired

    async def close(self) -> None:
        self._closed = True

    def _find(self, operation: str, asked: Any) -> int:
        key = matching_key(operation, asked)
        if self.mode == "any_order":
            waiting = self._waiting.get(key)
            if not waiting:
                raise self._miss(operation, asked)
            return waiting.popleft()
        at = self._next
        if at == len(self._recordings):
            raise self._miss(operation, asked)
        due = self._recordings[at]
        if key != matching_key(due.operation, due.request):
            raise self._miss(operation, asked)
        self._next += 1
        return at

    async def _replay(self, at: int, request: Request) -> Response:
        recording = self._recordings[at]
        if recording.cancelled:
            await self._clock.sleep(request.timeout)
            raise AttemptTimeout("nobody waited for the answer when this was recorded")
        if recording.error is not None:
            error = error_class(recording.error)(f"as recorded on line {at + _FIRST_LINE}")
            if isinstance(error, NetworkError) and recording.sent is not None:
                error.sent = recording.sent
            raise error
        request_id = f"{self.path.name}:{at + _FIRST_LINE}"
        return Response(recording.status, recording.answer_body, request_id, origin=recording)

    # ── a miss ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def _miss(self, operation: str, asked: Any) -> CassetteMiss:
        rows = list(zip(range(_FIRST_LINE, len(self._used) + _FIRST_LINE), self._recordings, self._used, strict=True))
        near = nearest(operation, asked, rows)
        what = f"{self.path} has no {operation} like this one left"
        if self.mode == "strict":
            if self._next == len(rows):
                what = f"{self.path} has no recording left, and there came a {operation}"
            else:
                line, due, used = rows[self._next]
                what = f"{self.path}, line {line}, has a {due.operation} next, and there came another {operation}"
                if due.operation == operation:
                    near = [near_to(asked, line, due, used), *(each for each in near if each.line != line)]
                else:
                    what = f"{self.path}, line {line}, has a {due.operation} next, and there came a {operation}"
        text = "; nearest: " + " | ".join(map(str, near)) if near else f"; {self._left()}"
        miss = CassetteMiss(what + text, hint="record the cassette again, if the program is meant to do this now")
        miss.nearest = tuple(near)
        return miss

    def _left(self) -> str:
        counts: dict[str, int] = {}
        for each in self.unused:
            counts[each.operation] = counts.get(each.operation, 0) + 1
        return "left are: " + (", ".join(f"{name} x {count}" for name, count in sorted(counts.items())) or "none")
