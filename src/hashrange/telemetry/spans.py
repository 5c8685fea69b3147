"""OpenTelemetry spans: ``Config(observers=(SpanObserver(),))``; one for each call, as a child of the current one.

A span is made when its call has ended, with the times at which it began and ended, so a call without a span costs
nothing before. Owns the attributes. No item's value is shown; keys are shown as ``Config.trace_keys`` says. Uses the
tracing API only. Needs the extra ``otel``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from ..clock import SYSTEM_CLOCK, Clock
from ..extras import imported
from .events import AttemptFailed, CallFinished, CircuitChanged
from .shown import item_count, readable, shown_keys, snake_case, table_label, tables_of, write_counts

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

_NANOSECONDS: Final = 1_000_000_000
_SEVERAL: Final = frozenset({"TransactWriteItems", "TransactGetItems"})


class SpanObserver:
    """An observer that makes a span of each call.

    Args:
        tracer: None: that of the global tracer provider, named ``hashrange``.
        clock: whose time the spans have.

    Raises:
        ConfigurationError: opentelemetry-api is not installed.
    """

    def __init__(self, tracer: Tracer | None = None, *, clock: Clock = SYSTEM_CLOCK) -> None:
        api = imported("opentelemetry.trace", "otel")
        self._tracer: Any = api.get_tracer("hashrange") if tracer is None else tracer
        self._client: Any = api.SpanKind.CLIENT
        self._status: Any = api.Status
        self._error: Any = api.StatusCode.ERROR  # that all is well is for the program to say
        self._now = clock.time
        self._names: dict[str, str] = {}

    def attempt_failed(self, event: AttemptFailed) -> None:
        return None  # the end of the call tells them all

    def call_finished(self, event: CallFinished) -> None:
        ended = self._now()
        began = ended - event.elapsed
        operation = event.operation
        name = self._names.get(operation)
        if name is None:
            name = self._names[operation] = f"dynamodb.{snake_case(operation)}"
        began_ns = int(began * _NANOSECONDS)
        span = self._tracer.start_span(
            name, kind=self._client, attributes=attributes_of(event), start_time=began_ns, record_exception=False
        )
        if event.failures and span.is_recording():
            for failure in event.failures:
                span.add_event("attempt", _attempt(failure), began_ns + int(failure.elapsed * _NANOSECONDS))
            if event.attempts > len(event.failures):
                span.add_event("attempt", {"attempt": event.attempts}, int(ended * _NANOSECONDS))
        if event.cancelled:
            span.set_status(self._status(self._error, "cancelled"))
        elif event.error is not None:
            span.set_status(self._status(self._error, f"{type(event.error).__name__}: {event.error.message}"))
        span.end(int(ended * _NANOSECONDS))

    def circuit_changed(self, event: CircuitChanged) -> None:
        return None  # no call's


def attributes_of(event: CallFinished) -> dict[str, Any]:
    """The attributes of a call's span."""
    source, operation = event.source, event.operation
    table = table_label(event)
    found: dict[str, Any] = {
        "db.system": "dynamodb",
        "db.operation": operation,
        "attempts": event.attempts,
        "pool_wait_seconds": event.pool_wait,
        "connect_seconds": event.connect - event.pool_wait,
        "wait_seconds": event.wait,
        "decode_seconds": event.decode,
    }
    if table:
        found["aws.dynamodb.table"] = table
        if operation not in _SEVERAL:
            found["table"] = table
    if source.region:
        found["aws.region"] = source.region
    if event.request_id is not None:
        found["aws.request_id"] = event.request_id
    if event.answer.get("ConsumedCapacity"):
        found["aws.dynamodb.consumed_capacity"] = sum(event.units())
    own = _OWN.get(operation)
    if own is not None:
        own(event, found)
    if event.cancelled:
        found["cancelled"] = True
    elif event.error is not None:
        found["error.type"] = type(event.error).__name__
        if event.error.code is not None:
            found["error.code"] = event.error.code
    return found


def _attempt(failure: AttemptFailed) -> dict[str, Any]:
    found: dict[str, Any] = {"attempt": failure.attempt, "error.type": type(failure.error).__name__}
    if failure.error.code is not None:
        found["error.code"] = failure.error.code
    if failure.delay is not None:
        found["delay_seconds"] = failure.delay
    return found


# ── each operation's own ─────────────────────────────────────────────────────────────────────────────────────────────
def _keys(event: CallFinished, found: dict[str, Any]) -> None:
    trace_keys = event.source.trace_keys
    if trace_keys == "omit":
        return
    partition, sort = shown_keys(event.key, trace_keys)
    if partition is not None:
        found["pk"] = partition
    if sort is not None:
        found["sk"] = sort


def _expression(event: CallFinished, field: str, name: str, found: dict[str, Any]) -> None:
    expression = event.request.get(field)
    if expression is not None:
        found[name] = readable(expression, event.request.get("ExpressionAttributeNames"))


def _get(event: CallFinished, found: dict[str, Any]) -> None:
    _keys(event, found)
    found["consistent_read"] = event.request.get("ConsistentRead", False)


def _put(event: CallFinished, found: dict[str, Any]) -> None:
    _keys(event, found)
    _expression(event, "ConditionExpression", "condition", found)


def _update(event: CallFinished, found: dict[str, Any]) -> None:
    _keys(event, found)
    _expression(event, "UpdateExpression", "update_expr", found)


def _query(event: CallFinished, found: dict[str, Any]) -> None:
    _keys(event, found)
    if event.index is not None:
        found["index"] = event.index
    limit = event.request.get("Limit")
    if limit is not None:
        found["limit"] = limit


def _scan(event: CallFinished, found: dict[str, Any]) -> None:
    for field, name in (("Segment", "segment"), ("TotalSegments", "total_segments")):
        value = event.request.get(field)
        if value is not None:
            found[name] = value


def _batch_get(event: CallFinished, found: dict[str, Any]) -> None:
    found["item_count"] = item_count(event.request)


def _batch_write(event: CallFinished, found: dict[str, Any]) -> None:
    found["put_count"], found["delete_count"] = write_counts(event.request)


def _transaction(event: CallFinished, found: dict[str, Any]) -> None:
    found["item_count"] = item_count(event.request)
    found["tables"] = tables_of(event.request)


_OWN: Final[dict[str, Callable[[CallFinished, dict[str, Any]], None]]] = {
    "GetItem": _get,
    "PutItem": _put,
    "UpdateItem": _update,
    "DeleteItem": _keys,
    "Query": _query,
    "Scan": _scan,
    "BatchGetItem": _batch_get,
    "BatchWriteItem": _batch_write,
    "TransactWriteItems": _transaction,
    "TransactGetItems": _transaction,
}
