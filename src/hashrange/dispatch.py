"""The life of one call: encode → circuit → deadline → send → classify → retry, or decode.

Owns the order of these stages and nothing of what happens inside one. Must not know tables, models or sockets.
"""

from __future__ import annotations

import logging
from asyncio import CancelledError
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from .clock import Clock, Randomness
from .errors import (
    AmbiguousWrite,
    AuthenticationError,
    CircuitOpen,
    ConditionFailed,
    DeadlineExceeded,
    DynamoDBError,
)
from .operations.applied import Applied
from .operations.body import decode_answer, encode_body
from .resilience.breaker import CircuitBreaker, CircuitRule, CircuitState, Pass, verdict
from .resilience.quota import Quota
from .resilience.replay_safety import is_replay_safe, may_have_applied
from .resilience.retry import AMBIGUOUS, GIVE_UP, OUT_OF_TIME, Decision, RetryPolicy, decide, is_conflict
from .telemetry.events import NO_SOURCE, AttemptFailed, CallFinished, CircuitChanged, Observer, Source
from .telemetry.usage import TRACKERS, consumed_capacity
from .types import WireItem, WireObject
from .wire.transport import Request, Response, Transport

_log = logging.getLogger("hashrange")


class Call(Struct):
    """What is to be done.

    Attributes:
        operation: the service's name of it.
        payload: the request in wire shape.
        table, key: for errors and events.
        timeout: seconds for the whole call; None: the client's default.
        item: the item that the request writes whole, in wire shape; refused where it is over 400 KB.
        replay_safe: asked when the answer of a write was lost: whether it may be sent again; None: the request tells.
        applied: asked when a conditional write whose answer was lost was sent again and refused: its answer, if what is
            stored proves that it had been applied before.
        retry_conflicts: whether a conflict with another writer is retried.
        maybe_applied: set by the dispatcher with an answer: an attempt before the one that was answered may have been
            applied, too. (Of a call that failed, its error tells.)
    """

    operation: str
    payload: WireObject
    table: str | None = None
    key: Any = None
    timeout: float | None = None
    item: WireItem | None = None
    replay_safe: Callable[[], bool] | None = None
    applied: Applied | None = None
    retry_conflicts: bool = True
    maybe_applied: bool = False


def always() -> bool:
    """``Call.replay_safe`` of a caller for whom a write that is applied twice does no harm."""
    return True


class _Failures(Struct):
    """What has failed so far of one call.

    Attributes:
        count: attempts that failed.
        repaired: whether an authentication error was mended; once is enough.
        maybe_applied: whether one of them may have been applied.
        paid: what the last retry cost of the quota.
        events: what observers were told of them.
    """

    count: int = 0
    repaired: bool = False
    maybe_applied: bool = False
    paid: int = 0
    events: tuple[AttemptFailed, ...] = ()

    def note(self, operation: str, error: DynamoDBError) -> None:
        """Count one attempt in."""
        self.count += 1
        if may_have_applied(operation, error):
            self.maybe_applied = True


class Dispatcher:
    """Takes calls through their life over one transport.

    Args:
        transport: what carries the requests.
        policy: how failures are retried.
        timeout, attempt_timeout: seconds for a call that brings no own timeout, and for each of its attempts.
        circuit: when it opens; None: never.
        region: what errors and events say of where it was; None where there is only one.
        source: what events say of the endpoint.
    """

    __slots__ = (
        "_attempt_timeout", "_clock", "_observers", "_policy", "_quota", "_randomness", "_region", "_source",
        "_timeout", "_transport", "circuit",
    )  # fmt: skip

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
        circuit: CircuitRule | None = None,
        region: str | None = None,
        source: Source = NO_SOURCE,
    ) -> None:
        self._transport, self._region, self._source = transport, region, source
        self._policy, self._timeout, self._attempt_timeout = policy, timeout, attempt_timeout
        self._clock, self._randomness, self._observers = clock, randomness, observers
        self._quota = None if policy.quota is None else Quota(policy.quota)
        self.circuit = CircuitBreaker(circuit, self._circuit_changed)

    async def dispatch(self, call: Call) -> WireObject:
        """The decoded answer of a call.

        Raises:
            DynamoDBError: of the class that says what went wrong, with table, operation, key, attempts and elapsed.
        """
        now, circuit = self._clock.monotonic, self.circuit
        started = now()
        body = encode_request(call)
        timeout = self._timeout if call.timeout is None else call.timeout
        try:
            admitted = circuit.admit(started)
        except CircuitOpen as error:
            raise self._final(call, error, GIVE_UP, _Failures(), 0.0, None) from None
        try:
            if not timeout > 0:  # NaN included
                raise self._final(call, _too_late(0), GIVE_UP, _Failures(), 0.0, None)
            answer = await self._carry_out(call, body, started, started + timeout)
        except BaseException as error:
            self._tell_circuit(admitted, error)
            raise
        circuit.succeeded(admitted)
        return answer

    async def _carry_out(self, call: Call, body: bytes, started: float, deadline: float) -> WireObject:
        """Attempt after attempt, until there is an answer or none can be had."""
        now = self._clock.monotonic
        failures: _Failures | None = None
        while True:
            response: Response | None = None
            try:
                response = await self._transport.send(
                    Request(call.operation, body, min(deadline - now(), self._attempt_timeout), call.table)
                )
                received = now()
                answer = decode_answer(response)
                break
            except CancelledError:
                self._report_cancelled(call, failures, started, under_way=1)
                raise
            except DynamoDBError as error:
                received = now()
                failures = failures or _Failures()
                failures.note(call.operation, error)
                settled = _settled(call, error, failures)
                if settled is not None:
                    answer = settled
                    break
                decision = self._decide(call, error, failures, response, deadline - received)
                if self._observers:
                    self._report_failure(call, failures, error, decision, received - started)
                if decision.retry:
                    await self._pause(call, failures, started, decision.delay)
                    if now() < deadline:
                        continue
                    decision = OUT_OF_TIME
                final = self._final(call, error, decision, failures, now() - started, response)
                if final is error:
                    raise
                raise final from error
        if failures is not None:
            call.maybe_applied = failures.maybe_applied
        if self._quota is not None:
            self._quota.give_back(0 if failures is None else failures.paid)
        if self._observers or TRACKERS.get():
            self._report_success(call, failures, started, received, response, answer)
        return answer

    async def _pause(self, call: Call, failures: _Failures, started: float, delay: float) -> None:
        try:
            await self._clock.sleep(delay)
        except CancelledError:
            self._report_cancelled(call, failures, started, under_way=0)
            raise

    def _decide(
        self, call: Call, error: DynamoDBError, failures: _Failures, response: Response | None, time_left: float
    ) -> Decision:
        """What follows a failed attempt."""
        if not failures.repaired and self._repaired(error, response):
            failures.repaired = True
            return Decision(retry=True)
        if may_have_applied(call.operation, error) and not _is_replay_safe(call):
            return AMBIGUOUS
        if not call.retry_conflicts and is_conflict(error):
            return GIVE_UP
        decision = decide(self._policy, error, failures.count, time_left, self._randomness.random())
        if decision.retry and self._quota is not None:
            paid = self._quota.take(error)
            if paid is None:
                return GIVE_UP
            failures.paid = paid
        return decision

    def _repaired(self, error: DynamoDBError, response: Response | None) -> bool:
        return (
            response is not None and isinstance(error, AuthenticationError) and self._transport.repair(error, response)
        )

    def _final(
        self,
        call: Call,
        error: DynamoDBError,
        decision: Decision,
        failures: _Failures,
        elapsed: float,
        response: Response | None,
    ) -> DynamoDBError:
        """The error that the caller gets, with its context; the end of the call is reported."""
        final = _outcome(error, decision, failures)
        for each in (error, final):
            each.with_context(
                table=call.table,
                operation=call.operation,
                key=call.key,
                region=self._region,
                request_id=response.request_id if response is not None else None,
                attempts=failures.count,
                elapsed=elapsed,
                maybe_applied=failures.maybe_applied,
            )
        self._report_end(call, failures, failures.count, elapsed, response, {}, 0.0, final)
        return final

    # ── the circuit ──────────────────────────────────────────────────────────────────────────────────────────────────
    def _tell_circuit(self, admitted: Pass, error: BaseException) -> None:
        told = verdict(error)
        if told == "failed":
            self.circuit.failed(admitted, self._clock.monotonic())
        elif told == "answered":
            self.circuit.succeeded(admitted)
        else:
            self.circuit.abandoned(admitted)

    def _circuit_changed(self, before: CircuitState, after: CircuitState) -> None:
        of_region = "" if self._region is None else f" of {self._region}"
        said = {"endpoint": self._source.endpoint, "state": after, "previous_state": before}
        _log.warning("the circuit%s is %s (it was %s)", of_region, after, before, extra=said)
        for observer in self._observers:
            _tell(observer.circuit_changed, CircuitChanged(before, after, self._region, self._source))

    # ── telling others ───────────────────────────────────────────────────────────────────────────────────────────────
    def _report_failure(
        self, call: Call, failures: _Failures, error: DynamoDBError, decision: Decision, elapsed: float
    ) -> None:
        event = AttemptFailed(
            operation=call.operation,
            table=call.table,
            attempt=failures.count,
            error=error,
            delay=decision.delay if decision.retry else None,
            region=self._region,
            key=call.key,
            index=call.payload.get("IndexName"),
            elapsed=elapsed,
            source=self._source,
        )
        failures.events += (event,)
        for observer in self._observers:
            _tell(observer.attempt_failed, event)

    def _report_success(
        self,
        call: Call,
        failures: _Failures | None,
        started: float,
        received: float,
        response: Response | None,
        answer: WireObject,
    ) -> None:
        ended = self._clock.monotonic()
        failed = 0 if failures is None else failures.count
        answered = response is not None and response.status == 200  # or else the last failure counts as success
        self._report_end(call, failures, failed + answered, ended - started, response, answer, ended - received, None)

    def _report_cancelled(self, call: Call, failures: _Failures | None, started: float, *, under_way: int) -> None:
        """The caller gave the call up, with so many requests (0 or 1) waiting for an answer."""
        attempts = (0 if failures is None else failures.count) + under_way
        elapsed = self._clock.monotonic() - started
        self._report_end(call, failures, attempts, elapsed, None, {}, 0.0, None, cancelled=True)

    def _report_end(
        self,
        call: Call,
        failures: _Failures | None,
        attempts: int,
        elapsed: float,
        response: Response | None,
        answer: WireObject,
        decode: float,
        error: DynamoDBError | None,
        *,
        cancelled: bool = False,
    ) -> None:
        for usage in TRACKERS.get():
            failed = cancelled or error is not None
            usage.add(attempts, elapsed, consumed_capacity(call.operation, answer), failed=failed)
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
                region=self._region,
                key=call.key,
                index=call.payload.get("IndexName"),
                pool_wait=found.pool_wait,
                request=call.payload,
                failures=() if failures is None else failures.events,
                source=self._source,
                cancelled=cancelled,
            )
            for observer in self._observers:
                _tell(observer.call_finished, event)


def _is_replay_safe(call: Call) -> bool:
    return is_replay_safe(call.operation, call.payload) if call.replay_safe is None else call.replay_safe()


def _settled(call: Call, error: DynamoDBError, failures: _Failures) -> WireObject | None:
    """The answer, where an attempt was refused only because an earlier one of the same call was applied."""
    if failures.maybe_applied and call.applied is not None and isinstance(error, ConditionFailed):
        return call.applied(error.data.get("Item"))
    return None


def _outcome(error: DynamoDBError, decision: Decision, failures: _Failures) -> DynamoDBError:
    """What a call that failed for good raises."""
    if decision is AMBIGUOUS:
        return AmbiguousWrite("it is not known whether the write was applied: its answer was lost")
    return _too_late(failures.count) if decision.out_of_time else error


def _too_late(attempts: int) -> DeadlineExceeded:
    if attempts == 0:
        return DeadlineExceeded("the deadline came before anything was sent", hint="give a timeout= greater than 0")
    return DeadlineExceeded(f"the deadline came after {attempts} attempt{'s' if attempts > 1 else ''}")


def encode_request(call: Call) -> bytes:
    """The body of a call's request. Raises as ``encode_body``, with the call's context."""
    try:
        return encode_body(call.payload, call.item)
    except DynamoDBError as error:
        error.with_context(table=call.table, operation=call.operation, key=call.key)
        raise


def _tell(listen: Any, event: object) -> None:
    try:
        listen(event)
    except Exception:
        _log.exception("an observer failed")
