"""The life of one call, from its request to its answer: encode → deadline → send → classify → retry or decode.

Owns the order of these stages and nothing of what happens inside one. Must not know tables, models or sockets.
"""

from __future__ import annotations

import logging
from typing import Any

import msgspec
from msgspec import Struct

from . import limits
from .clock import Clock, Randomness
from .errors import (
    AuthenticationError,
    BadResponse,
    DeadlineExceeded,
    DynamoDBError,
    ValidationError,
    error_from_wire,
)
from .operations.item import check_item_size
from .resilience.retry import GIVE_UP, OUT_OF_TIME, Decision, RetryPolicy, decide
from .telemetry.events import AttemptFailed, CallFinished, Observer
from .telemetry.usage import TRACKERS, consumed_capacity
from .types import WireItem, WireObject
from .wire.transport import Request, Response, Transport

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode
_log = logging.getLogger("hashrange")


class Call(Struct):
    """What is to be done.

    Attributes:
        operation: the service's name of it.
        payload: the request in wire shape.
        table, key: for errors and events.
        timeout: seconds for the whole call; None: the client's default.
        item: the item that the request writes whole, in wire shape; refused where it is over 400 KB.
    """

    operation: str
    payload: WireObject
    table: str | None = None
    key: Any = None
    timeout: float | None = None
    item: WireItem | None = None


class Dispatcher:
    """Takes calls through their life over one transport."""

    __slots__ = ("_attempt_timeout", "_clock", "_observers", "_policy", "_randomness", "_timeout", "_transport")

    def __init__(
        self,
        transport: Transport,
        *,
        policy: RetryPolicy,
        timeout: float,
        attempt_timeout: float,
        clock: Clock,
        randomness: Randomness,
        observers: tuple[Observer, ...] = (),
    ) -> None:
        self._transport = transport
        self._policy, self._timeout, self._attempt_timeout = policy, timeout, attempt_timeout
        self._clock, self._randomness, self._observers = clock, randomness, observers

    async def dispatch(self, call: Call) -> WireObject:
        """The decoded answer of a call.

        Raises:
            DynamoDBError: of the class that says what went wrong, with table, operation, key, attempts and elapsed.
        """
        now = self._clock.monotonic
        started = now()
        body = encode_request(call)
        timeout = self._timeout if call.timeout is None else call.timeout
        if not timeout > 0:  # NaN included
            raise self._give_up(call, _too_late(0), GIVE_UP, 0, 0.0, None)
        deadline = started + timeout
        failures, repaired = 0, False
        while True:
            response: Response | None = None
            try:
                response = await self._transport.send(
                    Request(call.operation, body, min(deadline - now(), self._attempt_timeout), call.table)
                )
                received = now()
                answer = decode_answer(response)
            except DynamoDBError as error:
                failures += 1
                if not repaired and self._repaired(error, response):
                    repaired, decision = True, Decision(retry=True)
                else:
                    decision = decide(self._policy, error, failures, deadline - now(), self._randomness.random())
                self._report_failure(call, failures, error, decision)
                if decision.retry:
                    await self._clock.sleep(decision.delay)
                    if now() < deadline:
                        continue
                    decision = OUT_OF_TIME
                final = self._give_up(call, error, decision, failures, now() - started, response)
                if final is error:
                    raise
                raise final from error
            else:
                if self._observers or TRACKERS.get():
                    self._report_success(call, failures + 1, started, received, response, answer)
                return answer

    def _repaired(self, error: DynamoDBError, response: Response | None) -> bool:
        return (
            response is not None and isinstance(error, AuthenticationError) and self._transport.repair(error, response)
        )

    def _give_up(
        self,
        call: Call,
        error: DynamoDBError,
        decision: Decision,
        failures: int,
        elapsed: float,
        response: Response | None,
    ) -> DynamoDBError:
        """The error that the caller gets."""
        context = {"table": call.table, "operation": call.operation, "key": call.key}
        context |= {"request_id": response.request_id if response is not None else None}
        context |= {"attempts": failures, "elapsed": elapsed}
        final = error.with_context(**context)
        if decision.out_of_time:
            final = _too_late(failures).with_context(**context)
        self._report_end(call, failures, elapsed, response, {}, 0.0, final)
        return final

    # ── telling others ───────────────────────────────────────────────────────────────────────────────────────────────
    def _report_failure(self, call: Call, attempt: int, error: DynamoDBError, decision: Decision) -> None:
        for observer in self._observers:
            event = AttemptFailed(
                call.operation, call.table, attempt, error, decision.delay if decision.retry else None
            )
            _tell(observer.attempt_failed, event)

    def _report_success(
        self, call: Call, attempts: int, started: float, received: float, response: Response, answer: WireObject
    ) -> None:
        ended = self._clock.monotonic()
        self._report_end(call, attempts, ended - started, response, answer, ended - received, None)

    def _report_end(
        self,
        call: Call,
        attempts: int,
        elapsed: float,
        response: Response | None,
        answer: WireObject,
        decode: float,
        error: DynamoDBError | None,
    ) -> None:
        for usage in TRACKERS.get():
            usage.add(attempts, elapsed, consumed_capacity(call.operation, answer), failed=error is not None)
        if self._observers:
            found = response if response is not None else Response(0, b"")
            event = CallFinished(
                operation=call.operation,
                table=call.table,
                error=error,
                attempts=attempts,
                elapsed=elapsed,
                request_id=found.request_id,
                answer=answer,
                connect=found.connect,
                wait=found.wait,
                decode=decode,
            )
            for observer in self._observers:
                _tell(observer.call_finished, event)


def _too_late(attempts: int) -> DeadlineExceeded:
    if attempts == 0:
        return DeadlineExceeded("the deadline came before anything was sent", hint="give a timeout= greater than 0")
    return DeadlineExceeded(f"the deadline came after {attempts} attempt{'s' if attempts > 1 else ''}")


def encode_request(call: Call) -> bytes:
    """The body of a call's request.

    Raises:
        ValidationError: it holds what JSON cannot carry, or is longer than the service takes.
    """
    try:
        body = _encode(call.payload)
        if len(body) > limits.ITEM_SIZE_MAX_BYTES:
            _check_sizes(call, len(body))
    except (UnicodeEncodeError, TypeError) as error:
        path = unwritable_path(call.payload).encode("ascii", "backslashreplace").decode()
        raise _context(
            call,
            ValidationError(
                f"{path or 'the request'}: it cannot be written as JSON: {error}",
                hint="text must be valid Unicode without lone surrogates; store other bytes as bytes",
            ),
        ) from None
    except RecursionError:
        raise _context(call, ValidationError("the request holds itself, or is nested too deeply for JSON")) from None
    except DynamoDBError as error:
        raise _context(call, error) from None
    return body


def unwritable_path(part: Any) -> str:
    """Where in a request JSON meets what it cannot carry: ``Item.name.S``, ``Item.tags.L[2].S``."""
    entries = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for step, inner in entries:
        try:
            _encode({step: inner} if isinstance(step, str) else inner)
        except (UnicodeEncodeError, TypeError):
            deeper = unwritable_path(inner)
            here = f"[{step}]" if isinstance(step, int) else str(step)
            return f"{here}{'.' if deeper and not deeper.startswith('[') else ''}{deeper}"
    return ""


def _check_sizes(call: Call, body_bytes: int) -> None:
    """JSON is never shorter than what it carries is for DynamoDB: a short body needs no count."""
    if call.item is not None:
        check_item_size(call.item)
    if body_bytes > limits.REQUEST_MAX_BYTES:
        raise ValidationError(
            f"the request has {body_bytes} bytes; DynamoDB takes at most {limits.REQUEST_MAX_BYTES}",
            hint="send less in one request",
        )


def _context(call: Call, error: DynamoDBError) -> DynamoDBError:
    return error.with_context(table=call.table, operation=call.operation, key=call.key)


def decode_answer(response: Response) -> WireObject:
    """The answer in wire shape.

    Raises:
        DynamoDBError: the answer is an error, or no answer of DynamoDB at all (BadResponse).
    """
    try:
        answer = _decode(response.body)
    except (ValueError, RecursionError) as error:
        if response.status != 200:
            raise _error_answer(response, None) from None
        if response.body:
            raise BadResponse(f"the answer is not JSON: {error}", status=200) from None
        if response.request_id is None:
            raise BadResponse("the answer is empty, and not the service's", status=200) from None
        return {}  # TagResource and a few others answer nothing
    if response.status != 200:
        raise _error_answer(response, answer)
    if not isinstance(answer, dict):
        raise BadResponse("the answer is not a JSON object", status=200)
    return answer


def _error_answer(response: Response, answer: Any) -> DynamoDBError:
    error = error_from_wire(response.status, answer)
    if error.code is None and response.status < 500:
        error.hint = "DynamoDB does not answer so: check the endpoint, and what stands between it and here"
    return error


def _tell(listen: Any, event: object) -> None:
    try:
        listen(event)
    except Exception:
        _log.exception("an observer failed")
