"""Log records: ``Config(observers=(LogObserver(),))``; logger ``hashrange``, with structured ``extra``.

ERROR: calls that failed. WARNING: throttling, retries, what a batch left undone; changes of a circuit are logged there
by the client itself. INFO: transactions that were committed, calls that were cancelled and, if wanted, all that
succeeded. DEBUG: requests and their expressions, without values. TRACE (5): whole requests and answers, only if wanted.
Below TRACE no item's value is shown; keys are shown as ``Config.trace_keys`` says.
"""

from __future__ import annotations

import logging
from typing import Any, Final

import msgspec

from ..errors import ConditionalCheckError, DynamoDBError, ThroughputError, TransactionCanceled
from .events import AttemptFailed, CallFinished, CircuitChanged
from .shown import item_count, readable, shown_keys, table_label

TRACE: Final = 5

#: parameter of a request → the field of a record; all of them hold placeholders for values
_EXPRESSIONS: Final = {
    "KeyConditionExpression": "key_condition",
    "FilterExpression": "filter",
    "ConditionExpression": "condition",
    "UpdateExpression": "update_expr",
    "ProjectionExpression": "projection",
}
_PARAMETERS: Final = {"Limit": "limit", "ConsistentRead": "consistent_read", "Segment": "segment"}


class LogObserver:
    """An observer that logs.

    Args:
        successes: log every call that succeeded at INFO.
        payloads: log whole requests and answers, with keys and items, at TRACE; the logger's level must be 5, too.
        logger: None: the logger ``hashrange``.
    """

    def __init__(
        self, *, successes: bool = False, payloads: bool = False, logger: logging.Logger | None = None
    ) -> None:
        self._log = logging.getLogger("hashrange") if logger is None else logger
        self._successes, self._payloads = successes, payloads
        if payloads:
            logging.addLevelName(TRACE, "TRACE")

    def __repr__(self) -> str:
        return f"<LogObserver to {self._log.name!r}>"

    def attempt_failed(self, event: AttemptFailed) -> None:
        error = event.error
        if event.delay is None and not error.throttling:
            return  # the call's end says it
        if not self._log.isEnabledFor(logging.WARNING):
            return
        what = "throttled" if error.throttling else "failed"
        then = "" if event.delay is None else f"; again in {event.delay:.3g} s"
        extra = _where(event) | _why(error) | {"attempt": event.attempt, "delay": event.delay, "retried": bool(then)}
        self._log.warning(
            "%s%s: attempt %d was %s (%s)%s", event.operation, f" on {event.table}" if event.table else "",
            event.attempt, what, type(error).__name__, then, extra=extra,
        )  # fmt: skip

    def call_finished(self, event: CallFinished) -> None:
        log = self._log
        if event.cancelled:
            self._cancelled(event)
        elif event.error is not None:
            self._failed(event, event.error)
        else:
            undone = _unprocessed(event.answer)
            if undone and log.isEnabledFor(logging.WARNING):
                extra = _where(event) | {"unprocessed": undone}
                log.warning("%s left %d items undone", event.operation, undone, extra=extra)
            committed = event.operation == "TransactWriteItems"
            if (committed or self._successes) and log.isEnabledFor(logging.INFO):
                self._succeeded(event, committed=committed)
        if log.isEnabledFor(logging.DEBUG):
            self._request(event)
            if self._payloads and log.isEnabledFor(TRACE):
                request, answer = msgspec.json.encode(event.request), msgspec.json.encode(event.answer)
                extra = _where(event) | {"request": request.decode(), "answer": answer.decode()}
                log.log(TRACE, "%s: %s → %s", event.operation, extra["request"], extra["answer"], extra=extra)

    def circuit_changed(self, event: CircuitChanged) -> None:
        return None  # the client logs it, whether there is an observer or not

    def _failed(self, event: CallFinished, error: DynamoDBError) -> None:
        level = level_of(error)
        if self._log.isEnabledFor(level):
            extra = _where(event) | _result(event) | _why(error)
            self._log.log(level, "%s failed: %s: %s", event.operation, type(error).__name__, str(error), extra=extra)

    def _cancelled(self, event: CallFinished) -> None:
        if self._log.isEnabledFor(logging.INFO):
            extra = _where(event) | _result(event) | {"cancelled": True}
            what = "%s on %s was cancelled after %.1f ms"
            self._log.info(what, event.operation, table_label(event) or "no table", event.elapsed * 1_000, extra=extra)

    def _succeeded(self, event: CallFinished, *, committed: bool) -> None:
        extra = _where(event) | _result(event)
        tables = table_label(event) or "no table"
        if committed:
            extra["item_count"] = item_count(event.request)
            what = "%s on %s was committed: %d actions in %.1f ms"
            self._log.info(what, event.operation, tables, extra["item_count"], event.elapsed * 1_000, extra=extra)
        else:
            self._log.info("%s on %s: %.1f ms", event.operation, tables, event.elapsed * 1_000, extra=extra)

    def _request(self, event: CallFinished) -> None:
        request = event.request
        names = request.get("ExpressionAttributeNames")
        said: dict[str, Any] = {
            name: readable(request[field], names) for field, name in _EXPRESSIONS.items() if field in request
        }
        said |= {name: request[field] for field, name in _PARAMETERS.items() if field in request}
        if count := item_count(request):
            said["item_count"] = count
        shown = "".join(f" {name}={value!r}" for name, value in said.items())
        extra = _where(event) | _result(event) | said
        self._log.debug("%s on %s%s", event.operation, table_label(event) or "no table", shown, extra=extra)


def level_of(error: DynamoDBError) -> int:
    """The level at which a call's failure is logged: what a caller expects to happen is no error of the service."""
    if isinstance(error, ThroughputError):
        return logging.WARNING
    if isinstance(error, (ConditionalCheckError, TransactionCanceled)):
        return logging.INFO
    return logging.ERROR


def _where(event: AttemptFailed | CallFinished) -> dict[str, Any]:
    source = event.source
    found: dict[str, Any] = {"operation": event.operation, "table": event.table, "index": event.index}
    found["region"], found["endpoint"] = source.region, source.endpoint
    partition, sort = shown_keys(event.key, source.trace_keys)
    if partition is not None:
        found["pk"] = partition
    if sort is not None:
        found["sk"] = sort
    return found


def _result(event: CallFinished) -> dict[str, Any]:
    reads, writes = event.units()
    return {
        "attempts": event.attempts,
        "elapsed": event.elapsed,
        "request_id": event.request_id,
        "read_units": reads,
        "write_units": writes,
    }


def _why(error: DynamoDBError) -> dict[str, Any]:
    return {"error_type": type(error).__name__, "error_code": error.code, "maybe_applied": error.maybe_applied}


def _unprocessed(answer: dict[str, Any]) -> int:
    items, keys = answer.get("UnprocessedItems"), answer.get("UnprocessedKeys")
    undone = sum(map(len, items.values())) if items else 0
    return undone + (sum(len(asked.get("Keys", ())) for asked in keys.values()) if keys else 0)
