"""The metrics: their names, kinds and labels, and which event counts for which of them.

``Measures`` is the observer that every metrics library's adapter builds on: it says what to add, the adapter adds it.
Must not know a metrics library. A table label is ``*`` where a call is about several tables at once, and empty where it
is about none.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct

from ..errors import ConditionFailed, DynamoDBError, TransactionCanceled
from .capacity import units_of
from .events import READS, AttemptFailed, CallFinished, CircuitChanged, Source
from .shown import tables_of, transact_tables

Labels: TypeAlias = tuple[str, ...]
Status: TypeAlias = Literal["ok", "condition_failed", "throttled", "error", "cancelled"]

SEVERAL_TABLES: Final = "*"  # no table can have this name


class Metric(Struct, frozen=True):
    """A metric.

    Attributes:
        name: as it is exposed.
        kind: what it is.
        labels: the names of its labels, in the order in which values are given.
        help: what it counts, for people.
        buckets: upper bounds of a histogram's buckets.
        unit: of its values, in UCUM.
    """

    name: str
    kind: Literal["counter", "histogram", "gauge"]
    labels: Labels
    help: str
    buckets: tuple[float, ...] = ()
    unit: str = "1"


#: of an action of a cancelled transaction ("TransactWriteItems", API reference)
_THROTTLED_REASONS: Final = frozenset({"ThrottlingError", "ProvisionedThroughputExceeded"})
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_WAITS: Final = (0.0001, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
_ITEMS: Final = (0.0, 1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1_000.0, 2_500.0)
_BY_TABLE: Final = ("table", "operation")
_BY_OPERATION: Final = ("operation", "table")
_BY_INDEX: Final = ("table", "index")

OPERATIONS: Final = Metric(
    "dynamodb_operations_total",
    "counter",
    ("operation", "table", "status"),
    "Calls that ended: ok, condition_failed, throttled, error or cancelled.",
)
DURATION: Final = Metric(
    "dynamodb_operation_duration_seconds", "histogram", _BY_OPERATION, "Time of calls, retries included.", _SECONDS, "s"
)
CAPACITY: Final = Metric("dynamodb_consumed_capacity_total", "counter", _BY_TABLE, "Consumed capacity units.")
READ_UNITS: Final = Metric("dynamodb_consumed_rcu_total", "counter", _BY_TABLE, "Consumed read units.")
WRITE_UNITS: Final = Metric("dynamodb_consumed_wcu_total", "counter", _BY_TABLE, "Consumed write units.")
GSI_READ_UNITS: Final = Metric(
    "dynamodb_gsi_consumed_rcu_total", "counter", _BY_INDEX, "Read units consumed from global indexes."
)
GSI_WRITE_UNITS: Final = Metric(
    "dynamodb_gsi_consumed_wcu_total", "counter", _BY_INDEX, "Write units consumed by global indexes."
)
ITEMS: Final = Metric("dynamodb_items_returned", "histogram", _BY_OPERATION, "Items in the answers of reads.", _ITEMS)
THROTTLES: Final = Metric("dynamodb_throttles_total", "counter", _BY_TABLE, "Requests that DynamoDB throttled.")
CONDITIONS: Final = Metric(
    "dynamodb_conditional_check_failures", "counter", _BY_TABLE, "Conditions of writes that did not hold."
)
ERRORS: Final = Metric(
    "dynamodb_errors_total", "counter", ("error_type", "table"), "Calls that raised, by the class of the error."
)
RETRIES: Final = Metric("dynamodb_retries_total", "counter", _BY_OPERATION, "Requests sent again after a failure.")
UNPROCESSED: Final = Metric(
    "dynamodb_batch_unprocessed_items", "counter", _BY_TABLE, "Items of batches that an answer left undone."
)
CIRCUIT: Final = Metric(
    "dynamodb_circuit_breaker_state", "gauge", ("endpoint",), "0 closed, 1 half-open, 2 open: calls are not sent."
)
CONNECTIONS: Final = Metric("dynamodb_pool_connections", "gauge", ("endpoint",), "Open connections, idle ones too.")
POOL_WAIT: Final = Metric(
    "dynamodb_pool_wait_seconds", "histogram", ("endpoint",), "Time until a connection was free.", _WAITS, "s"
)

METRICS: Final = (
    OPERATIONS, DURATION, CAPACITY, READ_UNITS, WRITE_UNITS, GSI_READ_UNITS, GSI_WRITE_UNITS, ITEMS, THROTTLES,
    CONDITIONS, ERRORS, RETRIES, UNPROCESSED, CIRCUIT, CONNECTIONS, POOL_WAIT,
)  # fmt: skip
CIRCUIT_STATES: Final = {"closed": 0.0, "half_open": 1.0, "open": 2.0}


class Measures(ABC):
    """An observer that turns events into additions to metrics."""

    def __init__(self) -> None:
        self.circuits: dict[str, float] = {}
        self._transports: list[tuple[str, Callable[[], int | None]]] = []

    @abstractmethod
    def count(self, metric: Metric, labels: Labels, value: float = 1.0) -> None:
        """Add to a counter."""

    @abstractmethod
    def observe(self, metric: Metric, labels: Labels, value: float) -> None:
        """Put a value into a histogram."""

    def connections(self) -> dict[str, int]:
        """Open connections by endpoint, of all clients that are still there."""
        found: dict[str, int] = {}
        for one in list(self._transports):
            endpoint, open_now = one[0], one[1]()
            if open_now is None:
                self._transports.remove(one)
            else:
                found[endpoint] = found.get(endpoint, 0) + open_now
        return found

    # ── Observer ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def transport_made(self, source: Source, connections: Callable[[], int | None]) -> None:
        self._transports.append((source.endpoint, connections))
        self.circuits.setdefault(source.endpoint, 0.0)

    def attempt_failed(self, event: AttemptFailed) -> None:
        table = event.table or SEVERAL_TABLES
        if _is_throttled(event.error):
            self.count(THROTTLES, (table, event.operation))
        if event.delay is not None:
            self.count(RETRIES, (event.operation, table))

    def call_finished(self, event: CallFinished) -> None:
        operation, error, endpoint = event.operation, event.error, event.source.endpoint
        table = event.table or (SEVERAL_TABLES if tables_of(event.request) else "")
        self.count(OPERATIONS, (operation, table, "cancelled" if event.cancelled else status_of(error)))
        self.observe(DURATION, (operation, table), event.elapsed)
        if endpoint:
            if endpoint not in self.circuits:
                self.circuits[endpoint] = 0.0
            if event.attempts and not event.cancelled:  # of which nobody knows how long it waited
                self.observe(POOL_WAIT, (endpoint,), event.pool_wait)
        if error is not None:
            self.count(ERRORS, (type(error).__name__, table))
            self._conditions(event, error, table)
        if error is not None or event.cancelled:
            return
        answer = event.answer
        if operation in READS:
            self._items(event, answer, table)
        if "ConsumedCapacity" in answer:
            self._units(event, answer["ConsumedCapacity"])
        if answer.get("UnprocessedItems") or answer.get("UnprocessedKeys"):
            self._unprocessed(operation, answer)

    def circuit_changed(self, event: CircuitChanged) -> None:
        self.circuits[event.source.endpoint] = CIRCUIT_STATES[event.after]

    # ── parts of a finished call ─────────────────────────────────────────────────────────────────────────────────────
    def _conditions(self, event: CallFinished, error: DynamoDBError, table: str) -> None:
        if isinstance(error, ConditionFailed):
            self.count(CONDITIONS, (table, event.operation))
        elif isinstance(error, TransactionCanceled):
            for reason, place in zip(error.wire_reasons, transact_tables(event.request), strict=False):
                if reason.get("Code") == "ConditionalCheckFailed":
                    self.count(CONDITIONS, (place, event.operation))

    def _items(self, event: CallFinished, answer: Mapping[str, Any], table: str) -> None:
        operation = event.operation
        if operation == "GetItem":
            self.observe(ITEMS, (operation, table), 1.0 if "Item" in answer else 0.0)
        elif operation == "BatchGetItem":
            for place, items in answer.get("Responses", {}).items():
                self.observe(ITEMS, (operation, place), float(len(items)))
        elif operation == "TransactGetItems":
            found = sum("Item" in response for response in answer.get("Responses", ()))
            self.observe(ITEMS, (operation, table), float(found))
        else:
            self.observe(ITEMS, (operation, table), float(answer.get("Count", 0)))

    def _units(self, event: CallFinished, reported: Any) -> None:
        operation, is_read = event.operation, event.operation in READS
        for part in reported if isinstance(reported, list) else [reported]:
            table = part.get("TableName") or event.table or ""
            reads, writes = units_of(part, reads=is_read)
            place = (table, operation)
            self.count(CAPACITY, place, reads + writes)
            if reads:
                self.count(READ_UNITS, place, reads)
            if writes:
                self.count(WRITE_UNITS, place, writes)
            for index, units in (part.get("GlobalSecondaryIndexes") or {}).items():
                reads, writes = units_of(units, reads=is_read)
                if reads:
                    self.count(GSI_READ_UNITS, (table, index), reads)
                if writes:
                    self.count(GSI_WRITE_UNITS, (table, index), writes)

    def _unprocessed(self, operation: str, answer: Mapping[str, Any]) -> None:
        for table, writes in (answer.get("UnprocessedItems") or {}).items():
            self.count(UNPROCESSED, (table, operation), float(len(writes)))
        for table, asked in (answer.get("UnprocessedKeys") or {}).items():
            self.count(UNPROCESSED, (table, operation), float(len(asked.get("Keys", ()))))


def status_of(error: DynamoDBError | None) -> Status:
    """The label ``status`` of a call that was not cancelled."""
    if error is None:
        return "ok"
    if error.throttling:
        return "throttled"
    return "condition_failed" if isinstance(error, ConditionFailed) else "error"


def _is_throttled(error: DynamoDBError) -> bool:
    """Whether an attempt was throttled: a transaction is where one of its actions was."""
    if isinstance(error, TransactionCanceled):
        return any(reason.get("Code") in _THROTTLED_REASONS for reason in error.wire_reasons)
    return error.throttling
