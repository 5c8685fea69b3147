"""A transport that writes down what goes through it.

Keeps requests and answers in memory, and makes a cassette of them at the end: off the event loop, in one step, so that
an interrupted recording leaves the file that was there. Must not know how a cassette is read.
"""

from __future__ import annotations

import asyncio
import os
from base64 import b64encode
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ..errors import DynamoDBError, NetworkError
from ..wire.transport import Request, Response, Transport
from .cassette import CUSTOM, Cassette, Recording, canonical, canonical_request, checked_path, json_of, write
from .injection import check_methods
from .redaction import Redact, Redaction

_REDACTED_GARBAGE = b"this was no JSON; it is left out, since it could not be redacted"


class _Taken(Struct):
    """One request that went through, and what became of it so far; without an outcome it counts as cancelled."""

    operation: str
    body: bytes
    status: int = 0
    answer: bytes = b""
    error: DynamoDBError | None = None
    repaired: bool = False


class _Origin(Struct):
    """Stands in ``Response.origin``: whose answer it is, and what the transport below had there."""

    taken: _Taken
    inner: object


class Recorder:
    """Records every request that goes through it, with its answer or error, in the order of sending.

    The file is written by ``close`` (the client's end) or ``save``; until then nothing is, and afterwards all of it.
    A request that nobody waited for to the end is recorded as cancelled.

    Args:
        transport: what carries the requests.
        path: the cassette; a file that is there is replaced. Folders are made.
        redact: names of attributes whose values must not get into the file, or a function: see ``Redact``.

    Raises:
        ConfigurationError, CassetteError: an argument is not what it may be.
    """

    def __init__(self, transport: Transport, path: str | os.PathLike[str], *, redact: Redact | None = None) -> None:
        check_methods("transport", transport, ("send", "repair", "close"))
        self.path = checked_path(path)
        self._transport = transport
        self._redaction = Redaction(redact)
        self._taken: list[_Taken] = []
        self._saved = -1
        self._closed = False

    def __repr__(self) -> str:
        return f"<Recorder of {len(self._taken)} requests for {str(self.path)!r} over {self._transport!r}>"

    async def send(self, request: Request) -> Response:
        if self._closed:
            return await self._transport.send(request)  # which says that it is closed
        taken = _Taken(request.operation, request.body)
        self._taken.append(taken)
        try:
            response = await self._transport.send(request)
        except DynamoDBError as error:
            taken.error = error
            raise
        taken.status, taken.answer = response.status, response.body
        response.origin = _Origin(taken, response.origin)
        return response

    def repair(self, error: DynamoDBError, response: Response) -> bool:
        origin = response.origin
        if not isinstance(origin, _Origin):
            return self._transport.repair(error, response)
        repaired = self._transport.repair(error, replace(response, origin=origin.inner))
        origin.taken.repaired = origin.taken.repaired or repaired
        return repaired

    async def close(self) -> None:
        """Write the cassette, and close the transport. Idempotent.

        Raises:
            CassetteError: it cannot be written; the transport is closed all the same.
        """
        first, self._closed = not self._closed, True
        try:
            if first:
                await asyncio.to_thread(self.save)
        finally:
            await self._transport.close()

    def save(self) -> None:
        """Write what has been recorded so far. Blocks until it is on disk; without news it does nothing.

        Raises:
            CassetteError: it cannot be written; a file that was there is as it was.
        """
        taken = list(self._taken)
        if len(taken) == self._saved:
            return
        redaction = self._redaction
        redacted = redaction.names if redaction.names is not None else CUSTOM if redaction.is_on else None
        write(self.path, Cassette([_recording(each, redaction) for each in taken], redacted))
        self._saved = len(taken)


def _recording(taken: _Taken, redaction: Redaction) -> Recording:
    answer = json_of(taken.answer)
    request, answer = redaction.exchange(canonical_request(taken.body), answer)
    found = Recording(operation=taken.operation, request=canonical(request))
    if taken.error is not None:
        found.error = type(taken.error).__name__
        found.sent = taken.error.sent if isinstance(taken.error, NetworkError) else None
    elif not taken.status:
        found.cancelled = True
    else:
        found.status, found.repaired = taken.status, taken.repaired
        _set_answer(found, answer, taken.answer, redaction)
    return found


def _set_answer(recording: Recording, answer: Any, body: bytes, redaction: Redaction) -> None:
    if answer is not None:
        recording.answer = answer
        return
    # damaged answers may hold anything: nobody can say what of it is an attribute
    text = _REDACTED_GARBAGE if redaction.is_on and body else body
    recording.answer_base64 = b64encode(text).decode()
